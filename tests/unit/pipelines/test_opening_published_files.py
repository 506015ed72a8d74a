"""Connections to a published file: many at once, and each can read nothing else."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread

import duckdb
import pytest

from pipelines.published.opening import open_published_file, search_published_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "the team's KPIs.duckdb"
    with duckdb.connect(str(path)) as connection:
        for schema in ("core", "mart", "meta"):
            connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute("CREATE TABLE core.fct AS SELECT TIMESTAMPTZ '2026-10-01 12:00:00+02' AS happened_at")
        connection.execute("CREATE VIEW mart.seen AS SELECT happened_at FROM core.fct")
        connection.execute("CREATE TABLE meta.run AS SELECT 1 AS number")
    return path


def test_many_readers_of_one_program_open_it_at_once(file: Path) -> None:
    """As those of a dashboard do."""
    everybody_has_it, found = Barrier(4, timeout=30), []

    def read() -> None:
        with open_published_file(file) as connection:
            everybody_has_it.wait()
            found.append(connection.execute("SELECT CAST(happened_at AS VARCHAR), number FROM seen, run").fetchall())

    readers = [Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(timeout=60)
    assert found == [[("2026-10-01 10:00:00+00", 1)]] * 4


def test_a_reader_sees_a_new_publication_while_another_reads_the_old_one(file: Path, tmp_path: Path) -> None:
    with open_published_file(file) as old:
        newer = tmp_path / "newer.duckdb"
        with duckdb.connect(str(newer)) as connection:
            connection.execute("CREATE SCHEMA mart; CREATE SCHEMA core; CREATE SCHEMA meta")
            connection.execute("CREATE TABLE meta.run AS SELECT 2 AS number")
        newer.replace(file)
        with open_published_file(file) as new:
            assert (old.execute("FROM run").fetchall(), new.execute("FROM run").fetchall()) == ([(1,)], [(2,)])


def test_names_are_found_with_and_without_that_of_the_file(file: Path) -> None:
    with open_published_file(file) as connection:
        assert connection.execute("SELECT run.number FROM run, kpi.meta.run AS again").fetchall() == [(1,)]
        cursor = connection.cursor()
        search_published_file(cursor)
        assert cursor.execute("SELECT number FROM meta.run, seen").fetchall() == [(1,)]


def test_what_does_not_fit_in_memory_goes_beside_the_file(file: Path) -> None:
    with open_published_file(file) as connection:
        place = connection.execute("SELECT current_setting('temp_directory')").fetchone()
    assert place == (f"{file}.tmp",)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mart.mine AS SELECT 1",
        "UPDATE meta.run SET number = 2",
        "SET TimeZone = 'Asia/Tokyo'",
        "SET enable_external_access = true",
        "SELECT * FROM read_csv('{other}')",
        "COPY meta.run TO '{other}'",
        "ATTACH '{other}'",
    ],
)
def test_nothing_else_is_read_or_changed(file: Path, tmp_path: Path, statement: str) -> None:
    other = tmp_path / "other"
    other.write_text("a\n1\n", encoding="utf-8")
    with open_published_file(file) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement.format(other=other))
    assert other.read_text(encoding="utf-8") == "a\n1\n"


def test_what_is_no_published_file_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(duckdb.Error):
        open_published_file(tmp_path / "missing.duckdb")
    assert not (tmp_path / "missing.duckdb").exists()

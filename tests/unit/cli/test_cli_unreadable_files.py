"""Databases that cannot be opened: damaged, of a later version, or open elsewhere. Each is said, with what to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipelines.home import Home

if TYPE_CHECKING:
    from conftest import Kpi

READERS = (("query", "FROM meta.run"), ("report",), ("metrics", "sla_attainment_ratio"), ("dashboard", "--no-open"))
EACH = pytest.mark.parametrize("command", READERS, ids=lambda command: command[0])


def _of_later_version(file: Path) -> None:
    """The file says that it is of a storage version that nobody knows yet, with a checksum that fits."""
    written = bytearray(file.read_bytes())
    written[12:20] = (9_999).to_bytes(8, "little")
    file.write_bytes(written)


@contextmanager
def _open_for_writing(*files: Path) -> Iterator[int]:
    program = (
        "import duckdb, sys; held = [duckdb.connect(each) for each in sys.argv[1:]]; print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, files)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            yield holder.pid
        finally:
            holder.communicate("\n")


def _build(home: Home) -> Path:
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("CREATE TABLE one AS SELECT 1 AS one")
    return home.warehouse


@EACH
def test_a_published_file_that_is_damaged(run_kpi: Kpi, published_home: Home, command: tuple[str, ...]) -> None:
    file = published_home.published_file
    for damaged in (b"", b"not a database at all" * 1000, bytes(reversed(file.read_bytes()[:9000]))):
        file.write_bytes(damaged)
        result = run_kpi(*command, "--home", published_home.folder)
        assert result.exit_code == 2
        assert result.output == (
            f"Error: {file} is damaged, or no DuckDB database: remove it and run 'kpi run', which publishes it again.\n"
        )


@EACH
def test_a_published_file_that_is_open_for_writing(
    run_kpi: Kpi, published_home: Home, command: tuple[str, ...]
) -> None:
    file = published_home.published_file
    with _open_for_writing(file) as process:
        result = run_kpi(*command, "--home", published_home.folder)
    assert result.exit_code == 2
    assert f"{file} is open for writing in another program (process {process}, python" in result.output
    assert "read_only=True" in result.output and "duckdb.org" not in result.output


def test_a_build_database_that_is_damaged_is_not_in_use(run_kpi: Kpi, published_home: Home) -> None:
    """DuckDB says 'in block at location 0' of it, which has the word lock in it."""
    _of_later_version(_build(published_home))
    for command in (("run",), ("status",), ("quarantine", "list")):
        result = run_kpi(*command, "--home", published_home.folder)
        assert result.exit_code == 1, command
        assert f"{published_home.warehouse} is damaged, or no DuckDB database." in result.output
        assert "What was published before still answers." in result.output
        assert "not foreseen" not in result.output and "in use" not in result.output


def test_a_build_database_that_another_program_has_open(run_kpi: Kpi, published_home: Home) -> None:
    with _open_for_writing(_build(published_home)) as process:
        result = run_kpi("run", "--home", published_home.folder)
    assert result.exit_code == 4
    assert f"another program has it open (process {process}, python" in result.output


def test_later_versions_are_told_apart() -> None:
    from pipelines.database_files import OpeningFault, opening_fault

    said = (
        "Trying to read a database file with version number 99, but we can only read versions between 64 and 68.\nThe "
        "database file was created with an newer version of DuckDB."
    )
    assert opening_fault(duckdb.IOException(said)) is OpeningFault.NEWER
    assert opening_fault(duckdb.IOException("Permission denied")) is OpeningFault.OTHER


def test_what_is_set_aside_is_not_known_before_the_first_run(run_kpi: Kpi, tmp_path: Path) -> None:
    assert run_kpi("init", tmp_path / "home").exit_code == 0
    result = run_kpi("quarantine", "list", "--home", tmp_path / "home")
    assert (result.exit_code, result.output) == (2, "Error: It has never run. 'kpi run' does that.\n")

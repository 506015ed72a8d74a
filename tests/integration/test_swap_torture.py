"""Swap torture: several processes read in a loop while publications come in turn, on PostgreSQL and on the file.

No reader may see an error, nor some of one publication and some of another. A short one is part of every test run;
`python -m pytest -m torture tests/integration/test_swap_torture.py` runs the long one, some minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from postgres_servers import PASSWORD

from metrics.registry import HEADLINES
from pipelines.home import PostgresqlSection
from pipelines.publish.duckdb_file import swap_in
from pipelines.publish.postgres import PostgresDatabase
from pipelines.publish.publication import Publication
from pipelines.publish.target import Build

if TYPE_CHECKING:
    import postgres_servers
    from conftest import CleanRun

pytestmark = pytest.mark.xdist_group("postgres")

READERS = 4

#: Every publication has one number in all its values and in meta.run; a reader that finds two has seen a mix.
_QUERIES = """
ONE = '''
    SELECT (SELECT publication_id FROM meta.run), min(value)::text, max(value)::text, count(*) FROM mart.metric_values
'''
MANY = (
    "SELECT publication_id FROM meta.run",
    "SELECT min(value)::text FROM mart.metric_values",
    "SELECT max(value)::text FROM mart.kpi_%s" % METRIC,
    "SELECT min(reopen_count)::text FROM mart.ticket_facts",
    "SELECT publication_id FROM meta.run",
)
"""

_READER = """
import json, sys, time
from pathlib import Path
METRIC, place, stop, is_file = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4] == "file"
QUERIES

def look_at_file():
    import duckdb
    with duckdb.connect(place, read_only=True) as connection:
        connection.execute("BEGIN TRANSACTION")
        found = [connection.execute(query).fetchall() for query in (ONE, *MANY)]
        connection.execute("COMMIT")
    return found

def looks_at_postgresql():
    import psycopg
    number = 0
    while True:
        # Connections that live, and new ones; single statements, and transactions; views in either order.
        with psycopg.connect(place, autocommit=True) as connection:
            for _ in range(10):
                number += 1
                found = [connection.execute(ONE).fetchall()]
                many = MANY if number % 2 else MANY[::-1]
                with connection.transaction():
                    found += [connection.execute(query).fetchall() for query in many]
                yield found

def check(found):
    (one,), *rest = found
    first = {one[0].rpartition("-")[2]} | {float(value).is_integer() and str(int(float(value))) for value in one[1:3]}
    if len(first) != 1:
        return f"mixed in one statement: {found}"
    numbers = {str(row[0][0]).rpartition("-")[2].removesuffix(".0") for row in rest}
    return f"mixed in one transaction: {found}" if len(numbers) != 1 else None

looks, seen, errors = 0, set(), []
source = looks_at_postgresql() if not is_file else None
print("ready", flush=True)
while not stop.exists():
    try:
        found = look_at_file() if is_file else next(source)
        looks += 1
        seen.add(found[0][0][0])
        wrong = check(found)
        if wrong:
            errors.append(wrong)
        time.sleep(0.005)
    except Exception as error:
        errors.append(f"{type(error).__name__}: {error}")
        source = looks_at_postgresql() if not is_file else None
print(json.dumps({"looks": looks, "seen": sorted(seen), "errors": errors[:5]}))
"""


@dataclass(frozen=True)
class Publications:
    """Files of publications, each with its own number in everything that the readers compare."""

    folder: Path
    source: Path

    def file(self, number: int) -> Path:
        """The file of the n-th publication."""
        path = self.folder / f"built-{number}.duckdb"
        path.write_bytes(self.source.read_bytes())
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"UPDATE meta.run SET publication_id = 'torture-{number}'")
            connection.execute(f"UPDATE mart.metric_values SET value = {number}")
            connection.execute(f"UPDATE core.fct_tickets SET reopen_count = {number}")
        return path

    def build(self, number: int) -> Build:
        """The n-th publication."""
        publication = Publication(f"20260101T{number:06}-abcdef-12345678", f"hash {number}", None, (), ())
        path = self.file(number)
        return Build(lambda: publication, lambda _: path)


@pytest.fixture
def publications(clean_run: CleanRun, tmp_path: Path) -> Publications:
    """Publications of a small file: a few views are enough to be mixed up, and are published quickly."""
    source = tmp_path / "source.duckdb"
    source.write_bytes(clean_run.demo.home.published_file.read_bytes())
    kept = {"ticket_facts", "aging_work", *(metric.view for metric in HEADLINES)}
    with duckdb.connect(str(source)) as connection:
        for (view,) in connection.execute("SELECT view_name FROM duckdb_views() WHERE schema_name = 'mart'").fetchall():
            if view not in kept:
                connection.execute(f"DROP VIEW mart.{view}")
    return Publications(tmp_path, source)


def _torture(
    folder: Path, place: str, kind: str, publish: Callable[[int], Any], seconds: float
) -> Iterator[dict[str, Any]]:
    script, stop = folder / "reader.py", folder / "stop"
    script.write_text(_READER.replace("QUERIES", _QUERIES), encoding="utf-8")
    command = [sys.executable, str(script), HEADLINES[0].name, place, str(stop), kind]
    readers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(READERS)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        end, number = time.monotonic() + seconds, 1
        while time.monotonic() < end or number < 4:
            number += 1
            publish(number)
        # Everybody looks at the last one, too.
        time.sleep(0.5)
    finally:
        stop.touch()
        told = [reader.communicate(timeout=60) for reader in readers]
    for reader, (output, complaints) in zip(readers, told, strict=True):
        assert reader.returncode == 0, complaints
        yield {**json.loads(output), "published": number}


def _judge(reports: list[dict[str, Any]]) -> None:
    for report in reports:
        assert report["errors"] == []
        assert report["looks"] >= 3
        assert f"torture-{report['published']}" in report["seen"]
    assert max(len(report["seen"]) for report in reports) >= 3
    looks, published = sum(report["looks"] for report in reports), reports[0]["published"]
    print(f"{looks} looks of {len(reports)} processes under {published} publications")


def _torture_postgresql(
    publications: Publications, database: postgres_servers.PostgresDatabase, seconds: float
) -> None:
    place = f"host={database.server.folder} port={database.server.port} dbname={database.name} user=reader_of_test"
    database.execute("CREATE ROLE reader_of_test LOGIN")
    section = PostgresqlSection(url=database.url, reader_role="reader_of_test")
    target = PostgresDatabase(section, home_name="Test", home_id="home-1", version="1.0.0", keep=1)
    target.write(publications.build(1))
    reports = _torture(
        publications.folder, place, "postgresql", lambda number: target.write(publications.build(number)), seconds
    )
    _judge(list(reports))


def _torture_file(publications: Publications, seconds: float) -> None:
    path = publications.folder / "kpi.duckdb"
    swap_in(publications.file(1), path)
    reports = _torture(
        publications.folder, str(path), "file", lambda number: swap_in(publications.file(number), path), seconds
    )
    _judge(list(reports))


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPI_POSTGRESQL_PASSWORD", PASSWORD)
    monkeypatch.delenv("KPI_POSTGRESQL_URL", raising=False)


@pytest.mark.slow
def test_readers_of_postgresql_see_whole_publications(
    publications: Publications, postgres: postgres_servers.PostgresDatabase
) -> None:
    _torture_postgresql(publications, postgres, seconds=5)


def test_readers_of_the_file_see_whole_publications(publications: Publications) -> None:
    _torture_file(publications, seconds=3)


@pytest.mark.torture
@pytest.mark.slow
def test_readers_of_postgresql_see_whole_publications_for_minutes(
    publications: Publications, postgres: postgres_servers.PostgresDatabase
) -> None:
    _torture_postgresql(publications, postgres, seconds=120)


@pytest.mark.torture
@pytest.mark.slow
def test_readers_of_the_file_see_whole_publications_for_minutes(publications: Publications) -> None:
    _torture_file(publications, seconds=60)

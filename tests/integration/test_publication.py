"""The published file and its Parquet twin: complete, described, readable by older drivers, and swapped in whole."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest
from demo_homes import DemoHome, states

from models.ddl import polars_schema
from models.vendor_performance import fct_vendor_recoverables
from pipelines.publish.bi_types import is_bi_type, require_bi_types
from pipelines.publish.duckdb_file import build_beside, swap_in, write_duckdb_file
from pipelines.publish.parquet import write_parquet
from pipelines.publish.publication import PUBLISHED_FACTS, PUBLISHED_MARTS, Publication, gather_publication
from pipelines.publish.target import Build, PublishError
from pipelines.session import Session, open_session

if TYPE_CHECKING:
    from conftest import CleanRun

pytestmark = pytest.mark.xdist_group("publication")

TABLES = "SELECT schema_name || '.' || table_name FROM duckdb_tables() ORDER BY ALL"
#: Each table's primary key, in the order of its index, with the types of its columns.
KEYS = """
    SELECT any_value(duckdb_columns.table_name), constraint_column_names AS keys,
           list(data_type ORDER BY list_position(constraint_column_names, column_name))
    FROM duckdb_constraints() JOIN duckdb_columns() USING (table_oid)
    WHERE constraint_type = 'PRIMARY KEY' AND list_contains(constraint_column_names, column_name)
    GROUP BY table_oid, constraint_column_names
"""
SWAPS = 15


def test_it_opens_read_only_and_nobody_can_write(clean_run: CleanRun) -> None:
    with (
        duckdb.connect(str(clean_run.demo.home.published_file), read_only=True) as connection,
        pytest.raises(duckdb.InvalidInputException, match="read-only"),
    ):
        connection.execute("DELETE FROM mart.metric_values")


def test_every_table_view_and_column_explains_itself(clean_run: CleanRun) -> None:
    demo = clean_run.demo
    assert {
        schema for (schema,) in demo.published("SELECT DISTINCT schema_name FROM duckdb_columns() WHERE NOT internal")
    } == {
        "core",
        "mart",
        "meta",
    }
    relations = """
        (SELECT schema_name, table_name, comment FROM duckdb_tables()
         UNION ALL SELECT schema_name, view_name, comment FROM duckdb_views() WHERE NOT internal)
    """
    assert demo.published(f"SELECT * FROM {relations} WHERE coalesce(comment, '') = ''") == []
    undescribed = """
        SELECT schema_name, table_name, column_name FROM duckdb_columns()
        WHERE NOT internal AND coalesce(comment, '') = ''
    """
    assert demo.published(undescribed) == []
    described = demo.published("SELECT DISTINCT schema_name, table_name FROM duckdb_columns() WHERE NOT internal")
    assert len(described) == demo.published(f"SELECT count(*) FROM {relations}")[0][0] >= 150


def test_readers_get_text_however_the_build_database_stores_it(clean: DemoHome) -> None:
    """Enumerations, or text as an older version wrote it: the same rows are published, and the same hash of them."""
    types = "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'metric_values' AND NOT internal"
    enumerated = {name for name, type_ in clean.warehouse(types) if type_.startswith("ENUM")}
    assert enumerated == {"metric", "period_grain", "dimension", "dimension_value", "unit"}
    staged = dict(clean.warehouse(types.replace("metric_values", "stg_ticket_events")))
    assert {staged[name].partition("(")[0] for name in ("source", "status", "team", "load_id")} == {"ENUM"}
    published = dict(clean.published(types))
    assert {published[name] for name in enumerated} == {"VARCHAR"}
    for fact in ("fct_tickets", "fct_ticket_intervals", "fct_sla_clocks", "fct_ticket_days"):
        of_fact = types.replace("metric_values", fact)
        assert dict(clean.warehouse(of_fact))["team"].startswith("ENUM"), fact
        assert not [name for name, type_ in clean.published(of_fact) if type_.startswith("ENUM")], fact
    numbers, content_hash = clean.numbers(), clean.content_hash()
    with duckdb.connect(str(clean.home.warehouse)) as connection:
        for name in enumerated:
            connection.execute(f"ALTER TABLE mart.metric_values ALTER {name} TYPE VARCHAR")
    with open_session(clean.project()) as session:
        assert gather_publication(session).content_hash == content_hash
    clean.run(is_full=True)
    assert {name for name, type_ in clean.warehouse(types) if type_.startswith("ENUM")} == enumerated
    assert (clean.numbers(), clean.content_hash()) == (numbers, content_hash)


def test_bi_tools_see_views_and_the_tables_that_are_meant_for_them(clean_run: CleanRun) -> None:
    """Facts lie in a schema of their own, so that a tool that shows `mart` and `meta` shows each thing once."""
    tables = {name for (name,) in clean_run.demo.published(TABLES)}
    assert {name for name in tables if name.startswith("mart.")} == {f"mart.{table.name}" for table in PUBLISHED_MARTS}
    assert {name for name in tables if name.startswith("core.")} == {f"core.{table.name}" for table in PUBLISHED_FACTS}
    views = {
        schema
        for (schema,) in clean_run.demo.published("SELECT DISTINCT schema_name FROM duckdb_views() WHERE NOT internal")
    }
    assert views == {"mart"}


def test_every_table_has_a_primary_key(clean_run: CleanRun) -> None:
    demo = clean_run.demo
    keyed = demo.published(
        "SELECT DISTINCT schema_name || '.' || table_name FROM duckdb_constraints() "
        "WHERE constraint_type = 'PRIMARY KEY' ORDER BY ALL"
    )
    # Of each row an index holds the end of its key that no other has, so keys end with what is short: days.
    for table, columns, kinds in demo.published(KEYS):
        assert kinds == sorted(kinds, key="DATE".__eq__), (table, columns)
    # Days are counted by breakdowns that may be empty, and a key must not be.
    assert {*keyed, ("core.fct_ticket_days",)} == set(demo.published(TABLES))
    breakdown = "day_date, status_category, team, priority, service, vendor"
    twice = f"SELECT {breakdown} FROM core.fct_ticket_days GROUP BY {breakdown} HAVING count(*) > 1"
    assert demo.published(twice) == []


def test_every_column_has_a_type_that_bi_tools_read_without_loss(clean_run: CleanRun) -> None:
    query = """
        SELECT schema_name || '.' || table_name || '.' || column_name, data_type
        FROM duckdb_columns() WHERE NOT internal
    """
    types = dict(clean_run.demo.published(query))
    assert len(types) > 3000
    known = {"VARCHAR", "BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP WITH TIME ZONE"}
    decimals = {f"DECIMAL(18,{scale})" for scale in (4, 6, 8)}
    assert {name: kind for name, kind in types.items() if kind not in known | decimals} == {}
    # What a reader gets is what the catalog says, also of sums, which DuckDB computes in 128 bits.
    for name in ("vendor_money_to_recover", "vendor_rate_card_variance", "contract_expiries", "vendor_concentration"):
        for column, kind, *_ in clean_run.demo.published(f"DESCRIBE FROM mart.{name}"):
            assert types[f"mart.{name}.{column}"] == kind


@pytest.mark.parametrize(
    "kind",
    [
        "HUGEINT",
        "UBIGINT",
        "DECIMAL(19,4)",
        "DECIMAL(38,4)",
        "INTERVAL",
        "BIGINT[]",
        "STRUCT(a BIGINT)",
        "TIME",
        "BLOB",
    ],
)
def test_a_type_that_some_tool_misreads_is_not_published(kind: str) -> None:
    assert not is_bi_type(kind)
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA mart")
        connection.execute(f"CREATE VIEW mart.odd AS SELECT NULL::{kind} AS strange")
        with pytest.raises(PublishError, match=r"mart\.odd\.strange"):
            require_bi_types(connection, [])


def test_a_sum_that_does_not_fit_is_an_error_and_not_a_number(clean: DemoHome) -> None:
    """Two amounts of 18 digits are each a valid amount; their sum is none."""
    largest = Decimal("99999999999999.9999")
    row = {
        "recoverable_kind": "over_billing",
        "vendor": "Northwind",
        "recovery_date": date(2026, 1, 31),
        "amount_reporting": largest,
        "is_quarantined": False,
    }
    rows = [{**row, "vendor_recoverable_id": str(number)} for number in range(2)]

    def publication_of(session: Session, count: int) -> Publication:
        publication = gather_publication(session)
        frame = pl.DataFrame([{**dict.fromkeys(found, None), **one} for one in rows[:count]], schema=found)
        tables = [
            replace(table, rows=frame) if table.name == fct_vendor_recoverables.name else table
            for table in publication.tables
        ]
        return replace(publication, tables=tuple(tables))

    found = polars_schema(fct_vendor_recoverables)
    path = clean.home.published / "apart" / "kpi.duckdb"
    with open_session(clean.project()) as session:
        write_duckdb_file(publication_of(session, 1), path)
        with pytest.raises(PublishError, match=r"mart\.vendor_money_to_recover .* out of range"):
            write_duckdb_file(publication_of(session, 2), path)
        # What was under way is undone, and the warehouse goes on.
        write_duckdb_file(publication_of(session, 1), path)
    assert [file.name for file in path.parent.iterdir()] == ["kpi.duckdb"]
    with duckdb.connect(str(path), read_only=True) as connection:
        kept = connection.execute("SELECT recoverable_reporting FROM mart.vendor_money_to_recover").fetchall()
    assert kept == [(largest,)]


def test_a_published_folder_on_another_disk_is_written_through_its_link(clean: DemoHome, tmp_path: Path) -> None:
    elsewhere = tmp_path / "an analyst's disk"
    clean.home.published.rename(elsewhere)
    clean.home.published.symlink_to(elsewhere, target_is_directory=True)
    (elsewhere / "kpi.duckdb").unlink()
    assert states(clean.run())["published_duckdb"] == "built"
    assert (elsewhere / "kpi.duckdb").is_file()


def test_a_published_file_that_is_a_link_stays_one(clean: DemoHome, tmp_path: Path) -> None:
    """Readers look at the other end, which went stale when the link was replaced by a file."""
    link, end = clean.home.published_file, tmp_path / "disk" / "numbers.duckdb"
    end.parent.mkdir()
    link.unlink()
    link.symlink_to(end)
    assert states(clean.run())["published_duckdb"] == "built"
    assert link.is_symlink()
    with duckdb.connect(str(end), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM meta.run").fetchall() == [(1,)]
    assert [path.name for path in end.parent.iterdir()] == ["numbers.duckdb"]


def test_a_home_that_is_called_otherwise_is_published_anew(clean: DemoHome) -> None:
    settings = clean.home.settings_file
    text = settings.read_text(encoding="utf-8")
    (before,) = clean.published("SELECT home_name FROM meta.run")[0]
    settings.write_text(text.replace(json.dumps(before), '"Another name"'), encoding="utf-8")
    assert states(clean.run())["published_duckdb"] == "built"
    assert clean.published("SELECT home_name FROM meta.run") == [("Another name",)]


def test_every_view_answers(clean_run: CleanRun) -> None:
    demo = clean_run.demo
    views = demo.published("SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL")
    counts = [f"SELECT '{name}', count(*) FROM {name}" for (name,) in views]
    answers = dict(demo.published(" UNION ALL ".join(counts)))
    assert answers.keys() == {name for (name,) in views}
    assert answers["mart.ticket_facts"] == demo.published("SELECT count(*) FROM core.fct_tickets")[0][0] > 0


def test_drivers_from_1_4_on_can_open_it(clean_run: CleanRun) -> None:
    path = clean_run.demo.home.published_file
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS published (READ_ONLY)")
        query = "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = 'published'"
        assert connection.execute(query).fetchall() == [("v1.4.0+",)]
    assert not path.with_name(path.name + ".wal").exists()
    assert [other.name for other in path.parent.iterdir() if "building" in other.name] == []


def test_parquet_equals_the_file_table_by_table(clean_run: CleanRun) -> None:
    demo = clean_run.demo
    folder = demo.home.published / "parquet"
    pointer = json.loads((folder / "latest.json").read_text(encoding="utf-8"))
    ((publication_id, content_hash, as_of),) = demo.published(
        "SELECT publication_id, content_hash, as_of_at FROM meta.run"
    )
    assert pointer["publication_id"] == publication_id
    assert pointer["content_hash"] == content_hash
    assert pointer["as_of_at"] == as_of.isoformat().replace("Z", "+00:00")
    assert pointer["tables"].keys() == {name for (name,) in demo.published(TABLES)}
    with duckdb.connect(str(demo.home.published_file), read_only=True) as connection:
        for name, path in pointer["tables"].items():
            is_partitioned = (folder / path).is_dir()
            assert is_partitioned == (name == "mart.metric_values")
            twin = f"read_parquet('{folder / path}{'/*/*.parquet' if is_partitioned else ''}')"
            differences = f"(FROM {name} EXCEPT ALL FROM {twin}) UNION ALL (FROM {twin} EXCEPT ALL FROM {name})"
            assert connection.execute(differences).fetchall() == [], name
            described = [
                [row[:2] for row in connection.execute(f"DESCRIBE FROM {relation}").fetchall()]
                for relation in (name, twin)
            ]
            assert described[0] == described[1], name
    grains = {part.name for part in (folder / pointer["tables"]["mart.metric_values"]).iterdir()}
    assert grains == {f"period_grain={grain}" for grain in ("day", "week", "month", "quarter")}


def test_old_parquet_folders_go_and_the_pointer_moves_last(clean: DemoHome) -> None:
    settings = clean.home.settings_file
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("# keep = 3 ", "keep = 2 "), encoding="utf-8")
    assert clean.home.settings.publish.keep == 2
    folder = clean.home.published / "parquet"
    made = []
    for _ in range(3):
        with open_session(clean.project()) as session:
            publication = gather_publication(session)
            build = Build(lambda: publication, lambda _: clean.home.published_file)  # noqa: B023
            made.append(write_parquet(build, folder, keep=clean.home.settings.publish.keep).name)
        pointer = json.loads((folder / "latest.json").read_text(encoding="utf-8"))
        assert pointer["publication_id"] == made[-1]
    left = sorted(path.name for path in folder.iterdir() if path.is_dir())
    assert left == sorted(made)[-2:]


def test_a_target_that_fails_does_not_keep_the_others_from_publishing(clean: DemoHome) -> None:
    """Somebody wrote to the published file and left a log beside it: it stays, and Parquet goes on."""
    wal = clean.home.published_file.with_name("kpi.duckdb.wal")
    wal.write_bytes(b"somebody's changes")
    before = clean.publish_to("duckdb", "parquet").content_hash
    pointer = clean.home.published / "parquet" / "latest.json"
    pointer.unlink()
    clean.home.published_file.rename(clean.home.published / "elsewhere.duckdb")
    outcome = clean.run()
    assert states(outcome)["published_parquet"] == "built"
    (failed,) = outcome.failed
    assert failed.asset == "published_duckdb"
    assert "kpi.duckdb.wal exists" in failed.note
    ((state, message),) = clean.warehouse("SELECT state, message FROM ops.ops_runs ORDER BY started_at DESC LIMIT 1")
    assert state == "failed"
    assert "published_duckdb" in message
    assert [path.name for path in clean.home.published.iterdir() if "building" in path.name] == []
    wal.unlink()
    again = clean.run()
    assert states(again)["published_duckdb"] == "built"
    assert states(again)["published_parquet"] == "unchanged"
    assert json.loads(pointer.read_text(encoding="utf-8"))["content_hash"] == before()


#: Opens the file anew for every look. DuckDB gives a process one view of a path for as long as any connection to it is
#: open, so whoever keeps one open goes on reading the old publication: that is what the second script does.
_READER = """
import json, sys, time
from pathlib import Path
import duckdb

path, stop = sys.argv[1], Path(sys.argv[2])
ID = "SELECT publication_id, content_hash FROM meta.run"
VALUES = "SELECT count(*), sum(hash(v))::VARCHAR FROM mart.metric_values AS v"
CLOCKS = "SELECT count(*), sum(hash(c))::VARCHAR FROM core.fct_sla_clocks AS c"
looks, mixed, errors, seen = 0, 0, [], {}
print("ready", flush=True)
while not stop.exists():
    try:
        with duckdb.connect(path, read_only=True) as connection:
            connection.execute("BEGIN TRANSACTION")
            first, *found, last = [connection.execute(query).fetchall() for query in (ID, VALUES, CLOCKS, ID)]
            connection.execute("COMMIT")
        looks += 1
        mixed += first != last or len(first) != 1
        seen.setdefault(first[0][1], set()).add(str(found))
        time.sleep(0.02)
    except Exception as error:
        errors.append(f"{type(error).__name__}: {error}")
print(json.dumps({
    "looks": looks, "mixed": mixed, "errors": errors[:5],
    "contents": {content: sorted(numbers) for content, numbers in seen.items()},
}))
"""

_OLD_READER = """
import sys, time
from pathlib import Path
import duckdb

ALL = "SELECT (SELECT publication_id FROM meta.run), count(*), sum(hash(v)) FROM mart.metric_values AS v"
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    first = connection.execute("SELECT publication_id FROM meta.run").fetchone()
    print("ready", flush=True)
    found = set()
    while not Path(sys.argv[2]).exists():
        found.add(connection.execute(ALL).fetchone())
        time.sleep(0.2)
    assert len(found) == 1 and found.pop()[0] == first[0]
print("unmoved")
"""


def start_reader(script: str, folder: Path, path: Path, stop: Path) -> subprocess.Popen[str]:
    """Start a reading process, and wait until it reads."""
    file = folder / f"reader_{len(list(folder.iterdir()))}.py"
    file.write_text(script, encoding="utf-8")
    command = [sys.executable, str(file), str(path), str(stop)]
    reader = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    return reader


@pytest.mark.slow
def test_readers_never_see_an_error_or_a_mix_while_it_is_swapped(clean: DemoHome, tmp_path: Path) -> None:
    """Two publications with other numbers take turns under a reader in another process."""
    as_of = clean.published("SELECT as_of_at FROM meta.run")[0][0]
    later = clean.copy_to(tmp_path / "later")
    later.run(as_of=as_of + timedelta(days=20), only=["tickets", "finance", "vendors", "kpis"])
    path, stop = clean.home.published_file, tmp_path / "stop"
    with (
        open_session(clean.project()) as one,
        open_session(later.project(), as_of=as_of + timedelta(days=20)) as other,
    ):
        # A warehouse writes to nothing but its own home's folder; from there, files are moved.
        turns = [(gather_publication(one), path), (gather_publication(other), later.home.published_file)]
        contents = {turn.content_hash for turn, _ in turns}
        assert len(contents) == 2
        readers = [start_reader(script, tmp_path, path, stop) for script in (_READER, _OLD_READER)]
        try:
            for number in range(SWAPS):
                swap_in(build_beside(*turns[(number + 1) % 2]), path)
        finally:
            stop.touch()
            (told, complaints), (told_by_old, old_complaints) = [reader.communicate(timeout=60) for reader in readers]
    assert (readers[0].returncode, readers[1].returncode) == (0, 0), complaints + old_complaints
    assert told_by_old == "unmoved\n"
    found = json.loads(told)
    assert found["errors"] == []
    assert found["mixed"] == 0
    assert found["looks"] >= SWAPS
    assert found["contents"].keys() == contents
    # Each publication always came with its own numbers, and the two differ.
    assert all(len(numbers) == 1 for numbers in found["contents"].values())
    assert len({numbers[0] for numbers in found["contents"].values()}) == 2


def test_an_extract_without_tableaus_library_says_what_to_install(
    clean: DemoHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tableauhyperapi", None)
    outcome = clean.publish_to("duckdb", "hyper").run()
    (failed,) = outcome.failed
    assert "pip install tableauhyperapi" in failed.note
    assert states(outcome)["published_duckdb"] == "unchanged"

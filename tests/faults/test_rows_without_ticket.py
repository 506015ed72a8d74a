"""Rows of ticket exports that name no ticket: counted, told with file and row, and many of them hold KPIs."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from demo_homes import DemoHome
from plain_exports import write_export, write_plain_home
from spoilt_rows import STATUSES

from models.vocabulary import Domain
from pipelines.broken_rules.rows_without_ticket import SOME, TOO_MANY
from pipelines.cli.main import kpi
from pipelines.gate.ingest import Batch, ingest_domain
from pipelines.session import SilentReporter, open_session

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

ROW = "fault matrix row"
RULES = (SOME, TOO_MANY)
NULLS = '  - {property: nullTokens, value: ["?"]}\n'
FED = {
    "tickets": ("ticket_id", "created_at", "status"),
    "ticket_events": ("ticket_id", "occurred_at", "status"),
}
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
Rows = list[dict[str, str]]


def _at(hours: int) -> str:
    return f"{START + timedelta(hours=hours):%Y-%m-%d %H:%M:%S}"


def _rows(first: int, count: int) -> Rows:
    """The life of so many tickets: created, and resolved two hours later."""
    return [
        {
            "ticket_id": f"T{number}", "created_at": _at(number),
            "occurred_at": _at(number + late), "status": status,
        }
        for number in range(first, first + count)
        for status, late in (("New", 0), ("Closed", 2))
    ]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_plain_home(tmp_path / "home", {"statuses.yaml": STATUSES})


def _write(home: Path, rows: Rows, *, shape: str = "event_log", required: Sequence[str] = ()) -> None:
    fed = FED if shape == "event_log" else {"tickets": FED["tickets"]}
    write_export(home, "desk", fed, rows, shape=shape, required=required)
    contract = home / "contracts" / "desk.yaml"
    contract.write_text(contract.read_text(encoding="utf-8") + NULLS, encoding="utf-8")


def _write_more(home: Path, name: str, rows: Rows) -> None:
    with (home / "landing" / "desk" / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _ingest(home: Path, *, is_full: bool = False) -> Batch:
    with open_session(DemoHome(home).project(), reporter=SilentReporter(), is_full=is_full) as session:
        return ingest_domain(session, Domain.TICKETS)


def _kpi(home: Path, *words: str) -> str:
    result = CliRunner().invoke(kpi, [*words, "--home", str(home)], catch_exceptions=False)
    return result.stdout


def _failed(batch: Batch) -> dict[str, tuple[int, int, str]]:
    """Rule -> rows that broke it, of how many, and what is said."""
    return {
        result.rule.id: (result.failed_count, result.evaluated_count, result.rule.message)
        for result in batch.results
        if result.failed_count
    }


@pytest.mark.parametrize("token", ["?", "", "  "])
@pytest.mark.parametrize("required", [(), ("ticket_id",)])
@pytest.mark.parametrize("shape", ["event_log", "snapshot"])
def test_a_few_rows_without_a_ticket_are_told_with_their_count(
    shape: str, required: tuple[str, ...], token: str, home: Path, record_property: Callable[[str, object], None]
) -> None:
    rows = _rows(0, 30)
    if shape == "snapshot":
        rows = rows[1::2]
    spoilt = [3, 7] if shape == "event_log" else [3]
    for number in spoilt:
        rows[number]["ticket_id"] = token
    _write(home, rows, shape=shape, required=required)
    batch = _ingest(home)
    count, looked_at, message = _failed(batch).pop(SOME)
    assert (count, looked_at) == (len(spoilt), len(rows))
    assert TOO_MANY not in _failed(batch)
    named = "2 rows of 60 of desk name" if len(spoilt) == 2 else "1 row of 30 of desk names"
    assert f"{named} no ticket in 'ticket_id', row 5 of landing/desk/rows.csv" in message
    assert ("and row 9 of landing/desk/rows.csv: fill it in" in message) is (len(spoilt) == 2)
    assert batch.verdict is not None
    assert batch.verdict.value == "pass"
    record_property(ROW, ["row: no ticket number", f"caught: {SOME}", "", "", ""])


def test_rows_looked_at_are_those_of_files_where_none_lacks_a_ticket(home: Path) -> None:
    _write(home, _rows(0, 30))
    batch = _ingest(home)
    looked_at = {result.rule.id: result.evaluated_count for result in batch.results}
    assert {rule: looked_at[rule] for rule in RULES} == dict.fromkeys(RULES, 60)
    assert not _failed(batch)


def test_blank_rows_name_no_ticket_and_nothing_else(home: Path) -> None:
    rows = _rows(0, 30)
    rows.insert(4, dict.fromkeys(rows[0], " "))
    _write(home, rows)
    assert not _failed(_ingest(home))


@pytest.mark.parametrize("spoilt", [4, 30, 60])
def test_many_rows_without_a_ticket_hold_all_kpis_of_tickets(
    spoilt: int, home: Path, record_property: Callable[[str, object], None]
) -> None:
    """More than may be set aside, half, and all, where no ticket is left to judge."""
    rows = _rows(0, 30)
    for row in rows[:spoilt]:
        row["ticket_id"] = "?"
    _write(home, rows)
    batch = _ingest(home)
    failed = _failed(batch)
    assert failed[TOO_MANY][:2] == (spoilt, 60)
    assert f"{spoilt} rows of 60 of desk name no ticket in 'ticket_id', such as row 2 of" in failed[TOO_MANY][2]
    assert SOME not in failed
    assert batch.verdict is not None
    assert batch.verdict.value == "hold"
    record_property(ROW, ["rows: many without a ticket number", f"holds: {TOO_MANY}", "", "", ""])


def test_the_limit_is_that_of_the_home(home: Path) -> None:
    rows = _rows(0, 30)
    for row in rows[:4]:
        row["ticket_id"] = "?"
    _write(home, rows)
    settings = home / "kpi.toml"
    given = settings.read_text(encoding="utf-8")
    text, count = re.subn(r"(?m)^# quarantine_limit_ratio = .*$", "quarantine_limit_ratio = 0.1", given)
    assert count == 1
    settings.write_text(text, encoding="utf-8")
    assert _failed(_ingest(home)).keys() & set(RULES) == {SOME}


def test_one_file_that_lost_the_column_holds_however_long_the_history_is(home: Path) -> None:
    _write(home, _rows(0, 400))
    assert not _failed(_ingest(home))
    _write_more(home, "second.csv", [{**row, "ticket_id": "?"} for row in _rows(400, 10)])
    assert _failed(_ingest(home))[TOO_MANY][:2] == (20, 820)


def test_what_new_files_tell_is_counted_as_all_are(home: Path) -> None:
    """Rows of old files stay counted when new ones are staged alone, and a corrected export takes them back."""
    first = _rows(0, 300)
    first[10]["ticket_id"] = "?"
    _write(home, first)
    _ingest(home)
    second = _rows(300, 10)
    second[1]["ticket_id"] = ""
    _write_more(home, "second.csv", second)
    batch = _ingest(home)
    assert "tickets were staged again" in batch.summary
    assert _failed(batch)[SOME][:2] == (2, 620)
    assert "row 12 of landing/desk/rows.csv and row 3 of landing/desk/second.csv" in _failed(batch)[SOME][2]
    assert _failed(_ingest(home, is_full=True)) == _failed(batch)


def test_repeated_snapshots_tell_rows_without_a_ticket_too(home: Path) -> None:
    rows = [{"ticket_id": f"T{number}", "status": "New"} for number in range(40)]
    write_export(
        home, "desk", {"tickets": ("ticket_id", "status")}, rows, shape="repeated_snapshots",
        settings='      - {property: snapshots, value: {instant: file_name, pattern: "desk_%Y-%m-%d.csv"}}\n',
    )  # fmt: skip
    (home / "landing" / "desk" / "rows.csv").rename(home / "landing" / "desk" / "desk_2026-03-02.csv")
    rows[5]["ticket_id"] = ""
    _write_more(home, "desk_2026-03-03.csv", rows)
    failed = _failed(_ingest(home))
    assert failed[SOME][:2] == (1, 80)
    assert "row 7 of landing/desk/desk_2026-03-03.csv" in failed[SOME][2]


def test_a_run_tells_them_under_please_note_and_where_instrumentation_is_told(home: Path) -> None:
    rows = _rows(0, 30)
    rows[3]["ticket_id"] = "?"
    _write(home, rows)
    told: dict[str, Any] = json.loads(_kpi(home, "run", "--json"))
    (note,) = [each for each in told["notices"] if each["code"] == "row_without_ticket"]
    assert "1 row of 60 of desk names no ticket in 'ticket_id', row 5 of landing/desk/rows.csv" in note["message"]
    for command in ("check", "instrumentation"):
        said = _kpi(home, command)
        assert SOME in said
        assert "1 row of 60 of desk names no ticket" in " ".join(said.split())

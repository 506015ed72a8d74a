"""Repeated snapshots from files to staged tickets and events, through real landings, in whichever order they come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from empty_warehouses import new_warehouse
from polars.testing import assert_frame_equal

from data_contracts.loader import load_export_contract
from data_contracts.spec import ExportContract
from metrics.tickets.data_clock import data_clock
from models.vocabulary import StatusCategory
from pipelines.landing.loads import land_export
from pipelines.policies.loading import StatusMeaning
from pipelines.readers import Limits
from pipelines.staging.snapshots import SnapshotHistory, read_snapshot_history
from pipelines.staging.tickets import assemble_events, assemble_tickets
from pipelines.warehouse import Warehouse

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: desk
version: 1.0.0
status: active
domain: tickets
servers:
  - {server: landing, type: local, path: "*.csv", format: csv}
schema:
  - name: tickets
    customProperties:
      - {property: shape, value: repeated_snapshots}
      - property: snapshots
        value: {instant: file_name, pattern: "t_%d.%m.%Y.csv", timeOfDay: "06:00"}
      - {property: ignoreRows, value: [{column: number, matches: "(?i)^total"}]}
    properties:
      - name: number
        logicalType: string
        required: true
        customProperties: [{property: feeds, value: tickets.ticket_id}]
      - name: state
        logicalType: string
        customProperties: [{property: feeds, value: tickets.status}]
      - name: team
        logicalType: string
        customProperties: [{property: feeds, value: tickets.team}]
      - name: opened
        logicalType: timestamp
        customProperties: [{property: feeds, value: tickets.created_at}]
      - name: solved
        logicalType: timestamp
        customProperties: [{property: feeds, value: tickets.resolved_at}]
      - name: title
        logicalType: string
        customProperties: [{property: feeds, value: tickets.summary}]
      - name: age
        logicalType: string
customProperties:
  - {property: source, value: desk}
  - {property: timeZone, value: UTC}
  - {property: nullTokens, value: ["-"]}
"""
BY_COLUMN = (
    CONTRACT.replace('instant: file_name, pattern: "t_%d.%m.%Y.csv", ', "")
    .replace("value: tickets.status}", "value: ticket_events.status}")
    .replace("value: tickets.ticket_id}", "value: [tickets.ticket_id, ticket_events.ticket_id]}")
    .replace(
        "      - name: age\n        logicalType: string\n",
        "      - name: exported\n        logicalType: date\n        required: true\n"
        "        customProperties: [{property: feeds, value: ticket_events.occurred_at}]\n",
    )
)
HEADER = "number,state,team,opened,solved,title,age\n"
POLICIES: Any = SimpleNamespace(
    statuses={
        "desk": {
            "New": StatusMeaning(StatusCategory.QUEUED),
            "Open": StatusMeaning(StatusCategory.ACTIVE),
            "On hold": StatusMeaning(StatusCategory.WAITING, "vendor"),
            "Done": StatusMeaning(StatusCategory.DONE),
        }
    },
    dimensions={"team": {"net ops": "Network", "network": "Backbone"}},
)
FIRST = date(2026, 3, 29)

#: Day -> rows of that day's file. A month's end lies in between, which names with the day first sort wrongly.
DAYS: Mapping[int, str] = {
    0: "T1,New,net ops,2026-03-28 09:00,,Printer,1\nT2,Done,Desk,2025-12-01 09:00,2026-01-02 10:00,Old one,99\n",
    1: "T1,Open,net ops,2026-03-28 09:00,,Printer,2\nT2,Done,Desk,2025-12-01 09:00,2026-01-02 10:00,Old one,99\n",
    2: "T1,Open,Network Operations,2026-03-28 09:00,,Printer,3\nT3, on HOLD ,Desk,2026-03-30 11:00,-,Screen,0\n",
    4: "T1,Done,-,2026-03-28 09:00,2026-04-01 14:05,Printer,3\nT3,Parked,Desk,2026-03-30 11:00,-,Screen,2\n"
    "Total,,,,,,\n",
    5: "T1,Done,-,2026-03-28 09:00,2026-04-01 14:05,New printer,3\nT3,Open,Desk,2026-03-30 11:00,soon,Screen,3\n",
}  # fmt: skip


def day(number: int, hour: int = 6) -> datetime:
    return datetime(FIRST.year, FIRST.month, FIRST.day, hour, tzinfo=UTC) + timedelta(days=number)


def _name(number: int) -> str:
    return f"t_{FIRST + timedelta(days=number):%d.%m.%Y}.csv"


@pytest.fixture
def contract() -> ExportContract:
    return load_export_contract(CONTRACT, "contracts/desk.yaml", {})


def _land(warehouse: Warehouse, contract: ExportContract, folder: Path, files: Iterable[tuple[str, str]]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files:
        (folder / name).write_text(text, encoding="utf-8")
    with warehouse.transaction():
        landing = land_export(warehouse, contract, folder, run_id="r1", limits=Limits())
    assert landing.refusals == ()


def _read(warehouse: Warehouse, contract: ExportContract, folder: Path, days: Iterable[int] = DAYS) -> SnapshotHistory:
    _land(warehouse, contract, folder, ((_name(number), HEADER + DAYS[number]) for number in days))
    with warehouse.transaction():
        return read_snapshot_history(warehouse, [contract], POLICIES)


@pytest.fixture
def history(warehouse: Warehouse, contract: ExportContract, tmp_path: Path) -> SnapshotHistory:
    return _read(warehouse, contract, tmp_path / "landing")


def test_differences_become_events_with_what_was_before(history: SnapshotHistory) -> None:
    events = history.events.filter(pl.col("ticket_id") == "desk:T1")
    told = events.select(
        "occurred_at", "status_before", "status", "status_category", "team_before", "team", "earliest_at"
    )
    assert told.rows() == [
        (day(-1, 9), None, "New", "queued", None, "Network", None),
        (day(1), "New", "Open", "active", None, None, day(0)),
        (day(2), None, None, None, "Network", "Network Operations", day(1)),
        (datetime(2026, 4, 1, 14, 5, tzinfo=UTC), "Open", "Done", "done", None, None, None),
    ]
    assert events["source"].unique().to_list() == ["desk"]
    assert [load_id.partition("#")[0] for load_id in events["load_id"]] == [
        f"desk/tickets/{_name(number)}" for number in (0, 1, 2, 4)
    ]


def test_another_spelling_or_title_is_no_event(history: SnapshotHistory) -> None:
    assert history.events.filter(pl.col("ticket_id") == "desk:T3")["status"].to_list() == ["on HOLD", "Parked", "Open"]
    assert history.events.filter(pl.col("ticket_id") == "desk:T1").height == 4


def test_what_was_done_before_the_first_export_has_no_history(history: SnapshotHistory) -> None:
    assert history.events.filter(pl.col("ticket_id") == "desk:T2").is_empty()
    old = history.tickets.row(by_predicate=pl.col("ticket_id") == "desk:T2", named=True)
    assert (old["status"], old["resolved_at"]) == ("Done", datetime(2026, 1, 2, 10, tzinfo=UTC))
    assert (old["first_seen_at"], old["last_seen_at"], old["has_disappeared"]) == (day(0), day(1), True)


def test_a_ticket_is_what_the_latest_export_shows_by_its_instant_not_its_name(history: SnapshotHistory) -> None:
    known = history.tickets.row(by_predicate=pl.col("ticket_id") == "desk:T1", named=True)
    assert (known["status"], known["team"], known["summary"]) == ("Done", "Network Operations", "New printer")
    assert (known["created_at"], known["last_seen_at"], known["has_disappeared"]) == (day(-1, 9), day(5), False)
    assert known["load_id"].startswith(f"desk/tickets/{_name(5)}#")
    assert known["row_number"] == 2


def test_problems_name_the_value_and_its_record(history: SnapshotHistory) -> None:
    found = history.problems.select("problem", "column_name", "canonical_column", "record_id", "row_number")
    assert set(found.iter_rows()) == {
        ("unmapped_status", "state", "tickets.status", "desk:T3", 3),
        ("unparsable", "solved", "tickets.resolved_at", "desk:T3", 3),
    }


def test_aliases_are_applied_once(warehouse: Warehouse, contract: ExportContract, tmp_path: Path) -> None:
    history = _read(warehouse, contract, tmp_path / "landing", [0])
    events, _ = assemble_events([], POLICIES, history.events)
    tickets, _ = assemble_tickets([], [], POLICIES, history.tickets)
    assert events["team"].to_list() == ["Network"]
    assert tickets.sort("ticket_id")["team"].to_list() == ["Network", "Desk"]


def _comparable(history: SnapshotHistory) -> tuple[list[Any], ...]:
    frames = (history.events, history.tickets, history.problems)
    return tuple(frame.sort(pl.all()).rows() for frame in frames)


@pytest.mark.parametrize("seed", range(2))
def test_the_order_of_landing_changes_nothing(contract: ExportContract, tmp_path: Path, seed: int) -> None:
    numbers = list(DAYS)
    with new_warehouse(tmp_path / "in order.duckdb") as warehouse:
        expected = _comparable(_read(warehouse, contract, tmp_path / "all at once"))
    Random(seed).shuffle(numbers)
    with new_warehouse(tmp_path / "late.duckdb") as warehouse:
        for count in range(1, len(numbers) + 1):
            found = _read(warehouse, contract, tmp_path / "one by one", numbers[:count])
    assert _comparable(found) == expected


def test_a_missing_day_only_makes_events_later(warehouse: Warehouse, contract: ExportContract, tmp_path: Path) -> None:
    history = _read(warehouse, contract, tmp_path / "landing", [0, 2, 4, 5])
    events = history.events.filter(pl.col("ticket_id") == "desk:T1")
    assert events["status"].to_list() == ["New", "Open", "Done"]
    assert events["occurred_at"][1] == day(2)
    assert events["team"].to_list() == ["Network", "Network Operations", None]


def test_the_data_reach_to_the_last_export_though_nothing_changed(
    warehouse: Warehouse, contract: ExportContract, tmp_path: Path
) -> None:
    folder = tmp_path / "landing"
    _land(warehouse, contract, folder, [(_name(number), HEADER + DAYS[0]) for number in (0, 1, 2, 3)])
    history = read_snapshot_history(warehouse, [contract], POLICIES)
    assert data_clock(history.tickets, history.events) == day(3)


def test_a_column_tells_the_instant_as_well_and_one_file_may_hold_many(warehouse: Warehouse, tmp_path: Path) -> None:
    contract = load_export_contract(BY_COLUMN, "contracts/desk.yaml", {})
    lines = [
        f"{line.rpartition(',')[0]},{FIRST + timedelta(days=number):%Y-%m-%d}"
        for number, text in DAYS.items()
        for line in text.splitlines()
    ]
    lines += ["T9,New,Desk,2026-03-30 11:00,,Undated,", "T9,New,Desk,2026-03-30 11:00,,Far away,2099-01-01"]
    Random(1).shuffle(lines)
    text = HEADER.replace("age", "exported") + "\n".join(lines) + "\n"
    _land(warehouse, contract, tmp_path / "landing", [("all.csv", text)])
    history = read_snapshot_history(warehouse, [contract], POLICIES)
    by_name = load_export_contract(CONTRACT, "contracts/desk.yaml", {})
    with new_warehouse(tmp_path / "other.duckdb") as other:
        expected = _read(other, by_name, tmp_path / "by name")
    for name in ("events", "tickets"):
        own = ("load_id", "row_number", "row_hash")
        found, wanted = (getattr(each, name).drop(own).sort(pl.all()) for each in (history, expected))
        assert found.rows() == wanted.rows()
    problems = set(history.problems.select("problem", "canonical_column", "record_id").iter_rows())
    assert ("missing", "ticket_events.occurred_at", "desk:T9") in problems
    assert ("in_future", "ticket_events.occurred_at", "desk:T9") in problems


def test_of_a_file_that_was_corrected_the_later_rows_count(warehouse: Warehouse, tmp_path: Path) -> None:
    contract = load_export_contract(BY_COLUMN, "contracts/desk.yaml", {})
    header = HEADER.replace("age", "exported")
    for state in ("New", "Open", "On hold", "Done"):
        row = f"T1,{state},Desk,2026-03-28 09:00,,Printer,2026-03-29\n"
        _land(warehouse, contract, tmp_path / "landing", [("all.csv", header + row)])
        history = read_snapshot_history(warehouse, [contract], POLICIES)
        assert history.tickets["status"].to_list() == [state]
    assert history.problems["problem"].unique().to_list() == ["repeated_in_snapshot"]


def test_an_event_log_of_the_same_tickets_says_more(
    warehouse: Warehouse, contract: ExportContract, tmp_path: Path
) -> None:
    history = _read(warehouse, contract, tmp_path / "landing")
    logged = history.events.filter(pl.col("ticket_id") == "desk:T1").with_columns(load_id=pl.lit("log/1"))
    events, _ = assemble_events([], POLICIES, history.events)
    assert events.height == history.events.height
    part: Any = SimpleNamespace(
        frame=logged, contract=SimpleNamespace(id="log"), item=SimpleNamespace(name="log", columns=())
    )
    events, _ = assemble_events([part], POLICIES, history.events)
    assert events.filter(pl.col("ticket_id") == "desk:T1")["load_id"].unique().to_list() == ["log/1"]
    assert events.filter(pl.col("ticket_id") == "desk:T3").height == 3


def test_an_event_log_of_the_same_tickets_tells_their_reopenings_and_what_became_of_them(
    warehouse: Warehouse, contract: ExportContract, tmp_path: Path
) -> None:
    history = _read(warehouse, contract, tmp_path / "landing")
    unseen = history.tickets.with_columns(
        reopened_unseen_at=pl.lit(day(4), dtype=pl.Datetime("us", "UTC")), has_disappeared=pl.lit(True)
    )
    logged = history.events.filter(pl.col("ticket_id") == "desk:T1").with_columns(load_id=pl.lit("log/log/1"))
    part: Any = SimpleNamespace(
        frame=logged, contract=SimpleNamespace(id="log"), item=SimpleNamespace(name="log", columns=())
    )
    tickets, _ = assemble_tickets([], [part], POLICIES, unseen)
    doubted = tickets.filter(pl.col("reopened_unseen_at").is_not_null())["ticket_id"].to_list()
    assert doubted == tickets.filter("has_disappeared")["ticket_id"].to_list() == ["desk:T2", "desk:T3"]


def test_snapshots_of_nobody_are_an_empty_history(warehouse: Warehouse, contract: ExportContract) -> None:
    history = read_snapshot_history(warehouse, [], POLICIES)
    assert (history.events.height, history.tickets.height, history.problems.height) == (0, 0, 0)
    with warehouse.transaction():
        land_export(warehouse, contract, Path("nowhere"), run_id="r1", limits=Limits())
    history = read_snapshot_history(warehouse, [contract], POLICIES)
    assert (history.events.height, history.tickets.height, history.problems.height) == (0, 0, 0)


@pytest.mark.parametrize("name", ["rowid", "row", "load", "load_id"])
def test_columns_may_be_called_as_the_database_calls_things(tmp_path: Path, name: str) -> None:
    """Exports from Oracle have a column ROWID; it is no place in the raw table."""
    plain = load_export_contract(CONTRACT, "contracts/desk.yaml", {})
    renamed = load_export_contract(
        CONTRACT.replace("name: number", f"name: {name}").replace("column: number", f"column: {name}"),
        "contracts/desk.yaml",
        {},
    )
    found = []
    for contract, header in ((plain, HEADER), (renamed, HEADER.replace("number", name.upper()))):
        with new_warehouse(tmp_path / f"{len(found)}.duckdb") as warehouse:
            _land(
                warehouse,
                contract,
                tmp_path / f"{len(found)}",
                ((_name(number), f"{header}{rows}") for number, rows in DAYS.items()),
            )
            history = read_snapshot_history(warehouse, [contract], POLICIES)
            found.append([frame.drop("load_id", "row_hash") for frame in (history.tickets, history.events)])
    for one, other in zip(*found, strict=True):
        assert_frame_equal(one, other)

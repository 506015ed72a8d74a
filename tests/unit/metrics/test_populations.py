from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
from made_up_operation import frame_of

from metrics.measuring.fact_records import clock_records, fact_or_empty
from models.catalog import table_named
from models.ddl import polars_schema

CREATED = datetime(2026, 3, 1, tzinfo=UTC)
RESOLVED = datetime(2026, 3, 2, tzinfo=UTC)
DECIDED = datetime(2026, 3, 3, tzinfo=UTC)


def _tickets(*rows: dict[str, object]) -> pl.DataFrame:
    common = {"source": "desk", "created_at": CREATED, "is_done": False, "is_cancelled": False, "is_quarantined": True}
    return frame_of("fct_tickets", [{**common, **row} for row in rows])


def _clocks(*rows: dict[str, object]) -> pl.DataFrame:
    return frame_of("fct_sla_clocks", [{"target": "resolution", "cycle_number": 1, **row} for row in rows])


def _judged(clocks: pl.DataFrame, tickets: pl.DataFrame) -> list[tuple[object, ...]]:
    columns = ["ticket_id", "target", "state", "decided_at", "is_quarantined"]
    return clock_records(clocks, tickets).select(columns).sort("ticket_id", "target").rows()


def test_a_set_aside_ticket_without_clock_stands_in_once_for_each_target_in_use() -> None:
    clocks = _clocks({"ticket_id": "a", "state": "met", "decided_at": DECIDED})
    tickets = _tickets({"ticket_id": "a", "is_quarantined": False}, {"ticket_id": "b", "resolved_at": RESOLVED})
    assert _judged(clocks, tickets) == [
        ("a", "resolution", "met", DECIDED, False),
        ("b", "resolution", None, RESOLVED, True),
    ]


def test_a_set_aside_ticket_with_a_clock_keeps_it() -> None:
    clocks = _clocks({"ticket_id": "a", "state": "running"})
    assert _judged(clocks, _tickets({"ticket_id": "a"})) == [("a", "resolution", "running", CREATED, True)]


def test_a_cancelled_ticket_has_no_stand_in() -> None:
    clocks = _clocks({"ticket_id": "a", "state": "met", "decided_at": DECIDED})
    tickets = _tickets({"ticket_id": "a", "is_quarantined": False}, {"ticket_id": "b", "is_cancelled": True})
    assert [row[0] for row in _judged(clocks, tickets)] == ["a"]


def test_where_no_policy_sets_a_target_nothing_was_missed() -> None:
    assert _judged(fact_or_empty({}, "fct_sla_clocks"), _tickets({"ticket_id": "a"})) == []


def test_clocks_without_their_ticket_are_taken_as_they_are() -> None:
    clocks = _clocks({"ticket_id": "a", "state": "met", "decided_at": DECIDED})
    assert _judged(clocks, fact_or_empty({}, "fct_tickets")) == [("a", "resolution", "met", DECIDED, False)]


def test_a_missing_fact_has_the_declared_columns_and_no_rows() -> None:
    empty = fact_or_empty({}, "fct_deliveries")
    assert empty.is_empty()
    assert empty.schema == polars_schema(table_named("fct_deliveries"))

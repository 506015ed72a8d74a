"""Rules about updates, on a few staged rows: what they must not take for a fault, however often they are asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from empty_warehouses import new_warehouse

from data_contracts.evaluation import evaluate, failing_keys
from data_contracts.loader import load_warehouse_contracts
from models.ddl import conform
from models.tickets import stg_ticket_events, stg_tickets
from models.vocabulary import Domain
from pipelines.staging.ticket_histories import store_histories
from pipelines.warehouse import Warehouse

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with new_warehouse(tmp_path / "warehouse.duckdb") as opened:
        yield opened


def _broken_by(warehouse: Warehouse, rule_id: str) -> list[str]:
    contracts = {contract.domain: contract for contract in load_warehouse_contracts()}
    rules = {rule.id: rule for rule in contracts[Domain.TICKETS].rules}
    (result,) = evaluate([rules[rule_id]], warehouse.connection)
    return failing_keys(result, warehouse.connection)


def _event(ticket: int, number: int, row: int, **values: Any) -> dict[str, Any]:
    return {
        "ticket_id": f"jira:{ticket:04}",
        "source": "jira",
        "occurred_at": START + timedelta(hours=ticket, minutes=row),
        "event_sequence": number,
        "load_id": "a",
        "row_number": row,
        **values,
    }


def _stage(warehouse: Warehouse, events: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(events)
    tickets = frame.group_by("ticket_id", maintain_order=True).agg(created_at=pl.col("occurred_at").min())
    warehouse.append(stg_ticket_events, conform(frame, stg_ticket_events))
    warehouse.append(stg_tickets, conform(tickets.with_columns(source=pl.lit("jira")), stg_tickets))
    store_histories(warehouse)


def test_numbers_of_one_row_for_all_tickets_have_no_usual_first_one(warehouse: Warehouse) -> None:
    """Each ticket begins with its own number, so that none of them is the first; whichever the database meets first."""
    _stage(warehouse, [_event(ticket, 1000 + 2 * ticket + place, place) for ticket in range(200) for place in (0, 1)])
    for _ in range(5):
        assert _broken_by(warehouse, "ticket_events.event_sequence.without_gaps") == []


def test_a_number_that_is_missing_is_found_where_every_ticket_counts_from_one(warehouse: Warehouse) -> None:
    """At the beginning, in the middle, and not where a ticket is told of whole."""
    numbers = {ticket: [1, 2, 3] for ticket in range(100)} | {90: [2, 3], 95: [1, 3]}
    _stage(warehouse, [_event(ticket, number, number) for ticket, found in numbers.items() for number in found])
    assert _broken_by(warehouse, "ticket_events.event_sequence.without_gaps") == ["jira:0090", "jira:0095"]


@pytest.mark.parametrize("length", [3, 64, 65, 150])
def test_a_missing_number_is_found_however_many_there_are(warehouse: Warehouse, length: int) -> None:
    """Also where another number is told twice, so that there are as many rows as there should be."""
    first = 62
    numbers = {ticket: list(range(first, first + length)) for ticket in range(60)}
    numbers[50] = [number for number in numbers[50] if number != first + 1]
    numbers[55] = [first if number == first + 1 else number for number in numbers[55]]
    numbers[58] = [*numbers[58], first + 1]
    events = [_event(ticket, number, row) for ticket, found in numbers.items() for row, number in enumerate(found)]
    _stage(warehouse, events)
    assert _broken_by(warehouse, "ticket_events.event_sequence.without_gaps") == ["jira:0050", "jira:0055"]


def test_a_change_that_is_told_twice_breaks_no_chain(warehouse: Warehouse) -> None:
    """And one that begins from another status does."""
    told_twice = [
        {**_event(1, 1, 1, status_before="New", status="Active"), "row_number": row, "load_id": load}
        for load, row in (("a", 1), ("b", 7))
    ]
    then = _event(1, 2, 2, status_before="Active", status="Done")
    lost = [
        _event(2, 1, 1, status_before="New", status="Active"),
        _event(2, 3, 3, status_before="Waiting", status="Done"),
    ]
    _stage(warehouse, [*told_twice, then, *lost])
    assert _broken_by(warehouse, "ticket_events.status.chained") == ["jira:0002"]

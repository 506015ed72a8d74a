"""The day of what is told of tickets is that of the reporting zone, whatever its offset and wherever clocks change."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from models.tickets import stg_ticket_events, stg_tickets
from pipelines.staging.source_drift import DaySpan, count_statuses, count_told_tickets
from pipelines.warehouse import Warehouse

#: Summer time ends in Amsterdam, begins on Lord Howe (by half an hour) within these days.
START, END = datetime(2026, 9, 20, 3, 17, tzinfo=UTC), datetime(2026, 10, 31, 22, 59, 59, 999999, tzinfo=UTC)
ZONES = ("Europe/Amsterdam", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham")


def near_midnight(draw: random.Random, zone: str) -> datetime:
    """An instant of the weeks around the span, mostly within moments of a day's beginning or a change of clocks."""
    at = START + timedelta(days=draw.randrange(-3, 45))
    midnight = at.astimezone(ZoneInfo(zone)).replace(
        hour=draw.choice([0, 0, 0, 2, 3]), minute=0, second=0, microsecond=0
    )
    moment = timedelta(microseconds=draw.choice([-1, 0, 1, 900_000_000 - 1, draw.randrange(86_400_000_000)]))
    return midnight.astimezone(UTC) + moment


@pytest.mark.parametrize("zone", ZONES)
def test_days_are_those_of_the_zone(warehouse: Warehouse, zone: str) -> None:
    draw = random.Random(zone)
    numbers = [f"desk:{number}" for number in range(30)]
    team_of = {number: draw.choice(["Ops", "Net", None]) for number in numbers}
    origin = {"load_id": "l", "row_number": 1, "row_hash": "h"}
    # Of a source that tells no events, creation is what is told.
    created = {f"mail:{number}": near_midnight(draw, zone) for number in range(20)}
    tickets = [
        *({"ticket_id": number, "source": "desk", "team": team_of[number], **origin} for number in numbers),
        *({"ticket_id": key, "source": "mail", "created_at": at, **origin} for key, at in created.items()),
    ]
    # One ticket that is not staged, as one that a contract's rule set aside.
    events = [
        {
            "ticket_id": draw.choice([*numbers, "desk:unknown"]),
            "source": "desk",
            "occurred_at": near_midnight(draw, zone),
            "team": draw.choice(["Ops", None]),
            "status": draw.choice(["New", "Done", None]),
            **origin,
        }
        for _ in range(600)
    ]
    whole = {"export_shape": "event_log"}
    warehouse.replace(stg_tickets, pl.DataFrame([whole | ticket for ticket in tickets], infer_schema_length=None))
    warehouse.replace(stg_ticket_events, pl.DataFrame(events, infer_schema_length=None))
    span = DaySpan(START, END, zone)

    within = [event for event in events if START <= event["occurred_at"] <= END]
    told = {
        (
            "desk",
            day_of(event["occurred_at"], zone),
            event["team"] or team_of.get(event["ticket_id"]),
            event["ticket_id"],
        )
        for event in within
    } | {("mail", day_of(at, zone), None, key) for key, at in created.items() if START <= at <= END}
    assert dict(rows(count_told_tickets(warehouse, span))) == Counter(key[:3] for key in told)
    statuses = [("desk", day_of(event["occurred_at"], zone), event["status"]) for event in within if event["status"]]
    assert dict(rows(count_statuses(warehouse, span))) == Counter(statuses)


def day_of(instant: datetime, zone: str) -> object:
    return instant.astimezone(ZoneInfo(zone)).date()


def rows(counted: pl.DataFrame) -> list[tuple[tuple[object, ...], int]]:
    return [(row[:3], row[3]) for row in counted.rows()]

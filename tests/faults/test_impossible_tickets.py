"""Tickets that cannot be true, or only seem so, among ordinary ones: what the gate makes of each, and of the rest.

`TICKETS` is to be read as a table. Ordinary tickets all lie in March 2016; files land today.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from demo_homes import DemoHome

from pipelines.notices.unmapped_statuses import UNMAPPED_STATUSES, UnmappedStatus, read_unmapped
from pipelines.scaffold import HomeFacts, write_home

pytestmark = pytest.mark.xdist_group("faults")

#: A row of the matrix that is printed after the tests.
ROW = "fault matrix row"
CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: updates
name: Ticket updates
version: 1.0.0
status: active
domain: tickets
servers:
  - {server: landing, type: local, path: "*.csv", format: csv}
schema:
  - name: updates
    logicalType: object
    physicalType: file
    customProperties:
      - {property: shape, value: event_log}
    properties:
      - name: ticket
        logicalType: string
        required: true
        customProperties: [{property: feeds, value: [tickets.ticket_id, ticket_events.ticket_id]}]
      - name: at
        logicalType: timestamp
        required: true
        customProperties: [{property: feeds, value: ticket_events.occurred_at}]
      - name: sequence
        logicalType: integer
        customProperties: [{property: feeds, value: ticket_events.event_sequence}]
      - name: state
        logicalType: string
        customProperties: [{property: feeds, value: [tickets.status, ticket_events.status]}]
      - name: created
        logicalType: timestamp
        customProperties: [{property: feeds, value: tickets.created_at}]
      - name: answered
        logicalType: timestamp
        customProperties: [{property: feeds, value: tickets.first_response_at}]
      - name: resolved
        logicalType: timestamp
        customProperties: [{property: feeds, value: tickets.resolved_at}]
      - name: closed
        logicalType: timestamp
        customProperties: [{property: feeds, value: tickets.closed_at}]
customProperties:
  - {property: source, value: desk}
  - {property: timeZone, value: UTC}
"""
STATUSES = """
statuses:
  desk: {New: queued, Active: active, Waiting: waiting, Closed: done}
"""
COLUMNS = ("ticket", "at", "sequence", "state", "created", "answered", "resolved", "closed")
#: The last event of the last ordinary ticket.
END = datetime(2016, 3, 21, 17, tzinfo=UTC)
ORDINARY = 160

Event = tuple[str, str]  # instant, state
USUAL = (("2016-03-10 09:00", "New"), ("2016-03-10 10:00", "Active"), ("2016-03-10 15:00", "Closed"))


@dataclass(frozen=True)
class Ticket:
    """One ticket that is out of the ordinary, and what has to become of it.

    Attributes:
        events: as they stand in the file, in this order.
        fields: columns of the ticket itself.
        rules: rules that name it.
        is_set_aside: eligible, but not measured.
        lead_hours: by the clock on the wall; checked where it is measured.
        facts: columns of `fct_tickets` and their values.
    """

    events: tuple[Event, ...] = USUAL
    created: str = "2016-03-10 09:00"
    fields: tuple[tuple[str, str], ...] = ()
    rules: frozenset[str] = frozenset()
    is_set_aside: bool = False
    lead_hours: float | None = None
    facts: tuple[tuple[str, Any], ...] = ()


def _broken(*rules: str, **told: Any) -> Ticket:
    return Ticket(rules=frozenset(rules), is_set_aside=True, **told)


BEFORE_CREATED = "ticket_events.occurred_at.not_before_created"
EVENT_IN_FUTURE = "ticket_events.occurred_at.not_in_future"

TICKETS = {
    # Cannot be true.
    "closed_before_created": _broken(
        BEFORE_CREATED, events=(("2016-03-10 08:00", "Closed"),), created="2016-03-10 09:00"
    ),
    "worked_on_before_created": _broken(
        BEFORE_CREATED, events=(("2016-03-10 08:54:59", "New"), *USUAL[1:]), created="2016-03-10 09:00"
    ),
    "resolved_field_before_created": _broken(
        "tickets.resolved_at.not_before_created", fields=(("resolved", "2016-03-10 08:59:59"),)
    ),
    "closed_field_before_created": _broken(
        "tickets.closed_at.not_before_created", fields=(("closed", "2016-03-09 15:00"),)
    ),
    "event_in_future": _broken(EVENT_IN_FUTURE, events=(*USUAL[:2], ("2099-01-01 00:00", "Closed"))),
    "only_event_in_future": _broken(
        EVENT_IN_FUTURE, "tickets.created_at.not_in_future",
        events=(("2099-01-01 00:00", "New"),), created="2099-01-01 00:00",
    ),
    # An event in its own time says when this one was there.
    "created_in_future": _broken(
        "tickets.created_at.not_in_future", BEFORE_CREATED, created="2098-03-10 09:00",
        facts=(("created_at", "2016-03-10 09:00"), ("resolved_at", "2016-03-10 15:00")),
    ),
    "resolved_in_future": _broken("tickets.resolved_at.not_in_future", fields=(("resolved", "2098-03-10 15:00"),)),
    "closed_in_future": _broken("tickets.closed_at.not_in_future", fields=(("closed", "2098-03-10 15:00"),)),
    "answered_in_future": _broken(
        "tickets.first_response_at.not_in_future", fields=(("answered", "2098-03-10 15:00"),)
    ),
    "unknown_status": _broken(
        "ticket_events.status.mapped", events=(*USUAL[:2], ("2016-03-10 12:00", "Parked"), USUAL[2])
    ),
    "unknown_status_now": _broken(
        "tickets.status.mapped", "ticket_events.status.mapped", events=(*USUAL[:2], ("2016-03-10 12:00", "Parked"))
    ),
    # Can be true.
    "created_closed": Ticket(
        events=(("2016-03-10 09:00", "Closed"),), lead_hours=0,
        facts=(("cycle_time_calendar_microseconds", None), ("queued_calendar_microseconds", 0), ("reopen_count", 0)),
    ),
    "clocks_differ": Ticket(
        events=(("2016-03-10 08:55", "New"), *USUAL[1:]), lead_hours=6 + 5 / 60,
        rules=frozenset(["ticket_events.occurred_at.not_shortly_before_created"]),
        facts=(("created_at", "2016-03-10 08:55"),),
    ),
    "told_twice_in_any_order": Ticket(
        events=(USUAL[2], USUAL[0], USUAL[1], USUAL[2], USUAL[1]), lead_hours=6,
        facts=(("event_count", 3), ("duplicate_event_count", 2), ("reopen_count", 0)),
    ),
    # Closed, reopened and closed in one minute, in the source's own order: see the sequences below.
    "all_in_one_minute": Ticket(
        events=(("2016-03-10 12:00", "Closed"), ("2016-03-10 12:00", "Active"), ("2016-03-10 12:00", "Closed")),
        lead_hours=3, facts=(("reopen_count", 1), ("active_calendar_microseconds", 0), ("duplicate_event_count", 0)),
    ),
    "years_long": Ticket(
        created="2009-03-10 09:00",
        events=(("2009-03-10 09:00", "New"), ("2009-03-10 10:00", "Waiting"), ("2016-03-10 09:00", "Closed")),
        lead_hours=24 * (7 * 365 + 2),
    ),
    # Two years after everything else, though before its file landed: seen as it was before.
    "alone_after_a_gap": Ticket(
        events=(*USUAL[:2], ("2018-05-02 10:00", "Closed")), rules=frozenset(["tickets.instants.not_isolated"]),
        facts=(("is_done", False), ("status_category", "active")),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """The home after one run, and what it says."""

    demo: DemoHome
    broken: dict[str, set[str]]


def _rows() -> Iterator[str]:
    step = (END - timedelta(hours=5) - datetime(2016, 3, 1, 9, tzinfo=UTC)) / (ORDINARY - 1)
    for number in range(ORDINARY):
        created = END - timedelta(hours=5) - number * step
        for hours, state in ((0, "New"), (1, "Active"), (5, "Closed")):
            told = [f"ordinary_{number}", created + timedelta(hours=hours), "", state, created, "", "", ""]
            yield ",".join(f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else value for value in told)
    for name, ticket in TICKETS.items():
        # Sequences count down, so that the last row of a minute is its first event.
        for place, (at, state) in enumerate(ticket.events):
            sequence = str(len(ticket.events) - place) if name == "all_in_one_minute" else ""
            row = {"ticket": name, "at": at, "sequence": sequence, "state": state, "created": ticket.created}
            row |= dict(ticket.fields)
            yield ",".join(row.get(column, "") for column in COLUMNS)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("impossible") / "home"
    write_home(folder, HomeFacts("Desk", "EUR", "UTC"), policies={"statuses.yaml": STATUSES})
    (folder / "contracts" / "updates.yaml").write_text(CONTRACT, encoding="utf-8")
    (folder / "landing" / "updates").mkdir()
    text = "\n".join([",".join(COLUMNS), *_rows()]) + "\n"
    (folder / "landing" / "updates" / "updates.csv").write_text(text, encoding="utf-8")
    demo = DemoHome(folder)
    demo.measure()
    queries = demo.warehouse("SELECT rule_id, failing_rows_query FROM ops.ops_rule_results WHERE state = 'failed'")
    broken: dict[str, set[str]] = {}
    for rule, query in queries:
        for (ticket,) in demo.warehouse(f"SELECT DISTINCT ticket_id FROM ({query})"):
            broken.setdefault(ticket.removeprefix("desk:"), set()).add(rule)
    return Desk(demo, broken)


def test_only_tickets_of_the_table_break_a_rule(desk: Desk) -> None:
    assert desk.broken == {name: set(ticket.rules) for name, ticket in TICKETS.items() if ticket.rules}
    assert desk.demo.warehouse("SELECT DISTINCT verdict FROM ops.ops_verdicts WHERE is_current") == [("pass",)]


@pytest.mark.parametrize("name", TICKETS)
def test_what_becomes_of_a_ticket(desk: Desk, name: str, record_property: Callable[[str, object], None]) -> None:
    ticket = TICKETS[name]
    first, *rest = sorted(desk.broken.get(name, ())) or ["harmless"]
    words = (f"caught: {first}" if name in desk.broken else first) + (f" and {len(rest)} more" if rest else "")
    effect = "lower coverage" if ticket.is_set_aside else "unchanged"
    record_property(ROW, [f"ticket: {name.replace('_', ' ')}", words, effect, effect, effect])
    columns = ["is_quarantined", "lead_time_calendar_microseconds", *(column for column, _ in ticket.facts)]
    query = f"SELECT {', '.join(columns)} FROM core.fct_tickets WHERE ticket_id = ?"
    (found,) = desk.demo.warehouse(query, [f"desk:{name}"])
    assert found[0] == ticket.is_set_aside
    if ticket.lead_hours is not None:
        assert found[1] == round(ticket.lead_hours * 3_600_000_000)
    for (column, wanted), value in zip(ticket.facts, found[2:], strict=True):
        told = f"{value.astimezone(UTC):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value
        assert (column, told) == (column, wanted)


def test_the_status_that_no_policy_maps_is_named(desk: Desk) -> None:
    assert read_unmapped(desk.demo.warehouse(UNMAPPED_STATUSES)) == (UnmappedStatus("desk", "Parked", 2),)


def test_no_garbled_date_moves_the_data_clock(desk: Desk) -> None:
    ((reach,),) = desk.demo.warehouse("SELECT max(ended_at) FROM core.fct_ticket_intervals")
    assert reach.astimezone(UTC) == END
    ((told,),) = desk.demo.warehouse("SELECT as_of_at FROM ops.data_clock")
    assert told.astimezone(UTC) == END


def test_what_is_set_aside_is_missing_in_its_month(desk: Desk) -> None:
    """Every ticket of the table that has a day in March 2016 is eligible there, and only the true ones are measured."""
    query = """
        SELECT eligible_count, measured_count FROM mart.metric_values
        WHERE metric = 'ticket_created_count' AND dimension = 'overall' AND period_grain = 'month'
          AND period_start_date = DATE '2016-03-01'
    """
    in_march = [ticket for name, ticket in TICKETS.items() if name not in ("years_long", "only_event_in_future")]
    true = sum(not ticket.is_set_aside for ticket in in_march)
    assert desk.demo.warehouse(query) == [(ORDINARY + len(in_march), ORDINARY + true)]

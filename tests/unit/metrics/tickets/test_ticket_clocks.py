"""What the oracle does not reach: the data's clock, the span, snapshots, and what a caller may leave to the kernel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from open_time_oracle import utc
from ticket_strategies import Case, cases

from metrics.calendars.business_time import OpenTime, always_open
from metrics.tickets.clocks import (
    TeamCalendars,
    build_intervals,
    close_tickets,
    covering_span,
    sources_with_replies,
)
from metrics.tickets.steps import trace_steps
from models.ddl import conform, polars_schema
from models.tickets import fct_ticket_intervals, fct_tickets, stg_ticket_events, stg_tickets

AS_OF = utc(2026, 3, 6)
NO_EVENTS = polars_schema(stg_ticket_events).to_frame()
NO_TICKETS = polars_schema(stg_tickets).to_frame()


def ticket_rows(*rows: dict[str, Any]) -> pl.DataFrame:
    told = [{"ticket_id": f"a:{number}", "source": "a", **row} for number, row in enumerate(rows)]
    return pl.DataFrame(told, schema=polars_schema(stg_tickets), orient="row")


def close(tickets: pl.DataFrame, events: pl.DataFrame = NO_EVENTS, **changes: Any) -> pl.DataFrame:
    shared: dict[str, Any] = {
        "as_of": AS_OF,
        "open_time": OpenTime.compile([always_open("24x7")], utc(2026, 1, 1), utc(2027, 1, 1)),
        "team_calendars": TeamCalendars(default="24x7"),
    }
    intervals = build_intervals(tickets, events, **shared)
    return close_tickets(tickets, events, intervals, **{"quarantined": frozenset(), **shared, **changes})


def test_one_impossible_date_does_not_widen_the_span_without_end() -> None:
    tickets = ticket_rows({"created_at": utc(1899, 12, 30)}, {"created_at": utc(2026, 3, 1)})
    start, end = covering_span(tickets, NO_EVENTS, AS_OF)
    assert start == utc(1969, 12, 31)
    assert end > AS_OF + timedelta(days=3650)
    assert covering_span(tickets[1:], NO_EVENTS, AS_OF)[0] == utc(2026, 2, 28)


def test_instants_before_the_first_year_are_bounded_like_any_other() -> None:
    """The first day of year 1, which some systems write for "never", lies before it by a clock east of Greenwich."""
    never = pl.Series([-62_135_600_400_000_000], dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    tickets = ticket_rows({}).with_columns(never.alias("created_at"))
    assert covering_span(tickets, NO_EVENTS, AS_OF)[0] == utc(1969, 12, 31)


def test_open_time_of_a_ticket_with_an_impossible_date_does_not_go_with_the_clock() -> None:
    """What is measured of a ticket that is over must stay, and with it the period in which its promise was broken."""
    tickets = ticket_rows({"created_at": utc(1899, 12, 30)})
    starts = {covering_span(tickets, NO_EVENTS, AS_OF + timedelta(days=days))[0] for days in (0, 1, 4000)}
    assert len(starts) == 1


def test_what_comes_after_the_clock_says_how_things_stood_before_it() -> None:
    tickets = ticket_rows(
        {"created_at": utc(2026, 1, 1), "export_shape": "event_log", "status_category": "done", "priority": "Low"}
    )
    event = {
        "ticket_id": "a:0",
        "source": "a",
        "occurred_at": utc(2026, 6, 1),
        "status_before": "In Progress",
        "status_category_before": "active",
        "status": "Done",
        "status_category": "done",
        "priority_before": "High",
        "priority": "Low",
    }
    events = pl.DataFrame([event], schema=polars_schema(stg_ticket_events), orient="row")
    closed = close(tickets, events).row(0, named=True)
    assert (closed["status"], closed["status_category"], closed["priority"]) == ("In Progress", "active", "High")
    assert (closed["has_history"], closed["is_done"], closed["event_count"]) == (True, False, 0)
    assert closed["age_calendar_microseconds"] == (AS_OF - utc(2026, 1, 1)) // timedelta(microseconds=1)


def test_nothing_in_nothing_out() -> None:
    closed = close(NO_TICKETS)
    assert conform(closed, fct_tickets).schema == polars_schema(fct_tickets)
    assert closed.columns == polars_schema(fct_tickets).names()
    assert closed.is_empty()


def test_what_a_snapshot_tells() -> None:
    day = utc(2026, 3, 1)
    closed = close(
        ticket_rows(
            {"export_shape": "snapshot", "created_at": day, "status_category": "active"},
            {"export_shape": "snapshot", "created_at": day, "closed_at": utc(2026, 3, 2)},
            {
                "export_shape": "snapshot",
                "created_at": day,
                "closed_at": utc(2026, 3, 3),
                "status_category": "cancelled",
            },
            {"export_shape": "snapshot", "created_at": day, "resolved_at": utc(2026, 2, 1), "status_category": "done"},
            {"export_shape": "snapshot", "created_at": day, "resolved_at": utc(2026, 4, 1), "status_category": "done"},
            {"export_shape": "snapshot", "created_at": utc(2026, 4, 1), "status_category": "queued"},
            {"export_shape": "snapshot", "created_at": day, "resolved_at": day, "status_category": "active"},
        )
    )
    day_long = 86_400_000_000
    assert closed.select(
        "ticket_id", "is_done", "is_cancelled", "lead_time_calendar_microseconds", "age_business_microseconds"
    ).rows() == [
        ("a:0", False, False, None, 5 * day_long),
        ("a:1", True, False, day_long, None),
        ("a:2", False, True, None, None),
        # Resolved before it was created: the contract sets it aside, and no duration is made up.
        ("a:3", True, False, None, None),
        # Resolved after the data's clock: not yet. The one created after it does not exist yet.
        ("a:4", False, False, None, 5 * day_long),
        # Its status is the newer word: it has been taken up again.
        ("a:6", False, False, None, 5 * day_long),
    ]
    assert closed["has_history"].to_list() == [False] * 6
    assert closed["reopen_count"].null_count() == 6


def test_tickets_set_aside_are_flagged() -> None:
    tickets = ticket_rows(
        {"created_at": AS_OF, "export_shape": "event_log"}, {"created_at": AS_OF, "export_shape": "event_log"}
    )
    for quarantined in (frozenset(["a:1"]), pl.Series(["a:1"])):
        assert close(tickets, quarantined=quarantined)["is_quarantined"].to_list() == [False, True]


@settings(max_examples=5, deadline=None)
@given(cases())
def test_steps_and_reply_sources_may_be_given_or_left_to_the_kernel(case: Case) -> None:
    tickets, events = case.ticket_frame(), case.event_frame()
    shared: dict[str, Any] = {"as_of": case.as_of, "open_time": case.open_time(), "team_calendars": case.teams}
    steps = trace_steps(tickets, events, as_of=case.as_of)
    intervals = build_intervals(tickets, events, **shared)
    assert intervals.equals(build_intervals(tickets, events, steps=steps, **shared))
    assert conform(intervals, fct_ticket_intervals).schema == polars_schema(fct_ticket_intervals)
    given_all = close_tickets(
        tickets,
        events,
        intervals.reverse(),
        quarantined=frozenset(),
        steps=steps,
        reply_sources=sources_with_replies(tickets, events),
        **shared,
    )
    assert given_all.equals(close_tickets(tickets, events, intervals, quarantined=frozenset(), **shared))


def test_sequences_too_wide_to_pack_keep_their_order() -> None:
    wide = [(-(2**62), "queued"), (2**62, "done"), (5, "active"), (None, "waiting")]
    events = pl.DataFrame(
        [
            {
                "ticket_id": "a:0",
                "source": "a",
                "occurred_at": utc(2026, 3, 2),
                "event_sequence": sequence,
                "status_category": category,
                "load_id": "x",
                "row_number": number,
            }
            for number, (sequence, category) in enumerate(wide)
        ],
        schema=polars_schema(stg_ticket_events),
        orient="row",
    )
    tickets = ticket_rows({"created_at": utc(2026, 3, 1), "export_shape": "event_log"})
    steps = trace_steps(tickets, events, as_of=AS_OF).steps
    assert steps["status_category"].cast(pl.String).to_list() == ["queued", "active", "done", "waiting"]

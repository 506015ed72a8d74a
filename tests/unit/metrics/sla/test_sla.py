"""What the oracle does not reach: policies that cannot be applied, and facts read back from the warehouse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from open_time_oracle import utc
from ticket_strategies import Case, cases

from metrics.calendars.business_time import CalendarError, OpenTime, always_open
from metrics.sla.clocks import SlaPolicy, SlaPolicyError, close_clocks
from metrics.tickets.clocks import TeamCalendars, build_intervals, close_tickets
from metrics.tickets.replies import gather_replies
from models.ddl import conform, polars_schema
from models.tickets import fct_sla_clocks, fct_ticket_intervals, fct_tickets, stg_ticket_events, stg_tickets
from models.vocabulary import SlaTarget

AS_OF = utc(2026, 3, 2)
SHARED: dict[str, Any] = {
    "as_of": AS_OF,
    "open_time": OpenTime.compile([always_open("24x7")], utc(2026, 1, 1), utc(2027, 1, 1)),
    "team_calendars": TeamCalendars(default="24x7"),
}
NOTHING = (polars_schema(fct_tickets).to_frame(), polars_schema(fct_ticket_intervals).to_frame())


def policy(**changes: Any) -> SlaPolicy:
    return SlaPolicy(**{"id": "p", "target": SlaTarget.RESOLUTION, "within_microseconds": 1, **changes})


def test_without_policies_or_tickets_there_are_no_clocks() -> None:
    schema = polars_schema(fct_sla_clocks)
    assert close_clocks(*NOTHING, policies=[], **SHARED).schema == schema
    assert close_clocks(*NOTHING, policies=[policy()], **SHARED).equals(schema.to_frame())


@pytest.mark.parametrize(
    "promise",
    [
        {"target": SlaTarget.PERIODIC_UPDATE},
        {"target": SlaTarget.VENDOR_RESPONSE, "scope": {"vendor": frozenset(["Acme"])}},
    ],
)
def test_a_target_that_needs_replies_is_not_measured_without(promise: dict[str, Any]) -> None:
    with pytest.raises(SlaPolicyError, match=f"policy 'p' has the target {promise['target']}, which needs replies"):
        close_clocks(*NOTHING, policies=[policy(**promise)], **SHARED)


def test_every_target_of_nothing_is_nothing() -> None:
    scope = {"vendor": frozenset(["Acme"])}
    tickets, events = polars_schema(stg_tickets).to_frame(), polars_schema(stg_ticket_events).to_frame()
    replies = gather_replies(tickets, events, as_of=AS_OF)
    policies = [policy(target=target, scope=scope) for target in SlaTarget]
    assert close_clocks(*NOTHING, policies=policies, replies=replies, **SHARED).is_empty()


def test_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(CalendarError, match="no calendar is called 'nights'"):
        close_clocks(*NOTHING, policies=[policy(calendar="nights")], **SHARED)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"within_microseconds": 0}, "allows no time"),
        ({"scope": {"prio": frozenset("1")}}, "applies by 'prio'"),
        ({"target": SlaTarget.VENDOR_RESOLUTION}, "names nobody whose promise it is; name the vendor or team"),
    ],
)
def test_a_policy_without_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SlaPolicyError, match=message):
        policy(**changes)


@settings(max_examples=8, deadline=None)
@given(cases())
def test_facts_read_back_in_any_order_give_the_same_clocks(case: Case) -> None:
    shared: dict[str, Any] = {"as_of": case.as_of, "open_time": case.open_time(), "team_calendars": case.teams}
    tickets, events = case.ticket_frame(), case.event_frame()
    intervals = build_intervals(tickets, events, **shared)
    facts = close_tickets(tickets, events, intervals, quarantined=frozenset(), **shared)
    shared["replies"] = gather_replies(tickets, events, as_of=case.as_of)
    clocks = close_clocks(facts, intervals, policies=case.policies, **shared)
    key = ["ticket_id", "target", "sla_policy", "cycle_number"]
    read_back = conform(facts, fct_tickets).reverse(), intervals.sample(fraction=1.0, shuffle=True, seed=1)
    again = close_clocks(*read_back, policies=case.policies, **shared)
    assert again.sort(key).equals(clocks.sort(key))


def test_intervals_of_a_ticket_that_is_not_there_are_refused() -> None:
    intervals = pl.DataFrame([{"ticket_id": "a:1", "interval_number": 1}])
    with pytest.raises(KeyError, match="ticket a:1 has intervals but is not among the tickets"):
        close_clocks(NOTHING[0], conform(intervals, fct_ticket_intervals), policies=[policy()], **SHARED)


def test_more_clock_time_than_64_bits_hold_in_all_still_gives_every_breach_its_instant() -> None:
    """An administrator renames the status that means done: nothing is resolved any more, and every ticket grows old.

    39 years are 1.2e15 microseconds; 9,000 tickets have 1.1e19 of them together, and 64 bits hold 9.2e18.
    """
    created_at = utc(1987, 3, 1)
    count = 9_000
    facts = pl.DataFrame({"ticket_id": [f"a:{number}" for number in range(count)]}).with_columns(
        source=pl.lit("a"),
        created_at=pl.lit(created_at),
        has_history=pl.lit(True),
        is_done=pl.lit(False),
        is_cancelled=pl.lit(False),
    )
    intervals = facts.select(
        "ticket_id",
        interval_number=pl.lit(1),
        started_at=pl.lit(created_at),
        ended_at=pl.lit(AS_OF),
        status_category=pl.lit("queued"),
        calendar=pl.lit("24x7"),
        cycle_number=pl.lit(1),
        is_last=pl.lit(True),
    )
    open_time = OpenTime.compile([always_open("24x7")], utc(1987, 1, 1), utc(2027, 1, 1))
    hour = 3_600_000_000
    elapsed = (AS_OF - created_at) // timedelta(microseconds=1)
    # One promise is broken within the hour, the other is used up to the last microsecond.
    policies = [policy(within_microseconds=hour), policy(target=SlaTarget.FIRST_RESPONSE, within_microseconds=elapsed)]
    clocks = close_clocks(
        conform(facts, fct_tickets),
        conform(intervals, fct_ticket_intervals),
        policies=policies,
        **{**SHARED, "open_time": open_time},
    )
    told = clocks.select("target", "state", "breached_at", "due_at", "elapsed_microseconds").unique()
    assert sorted(told.rows()) == [
        ("first_response", "running", None, AS_OF, elapsed),
        ("resolution", "breached", utc(1987, 3, 1, 1), None, elapsed),
    ]
    assert clocks.height == 2 * count

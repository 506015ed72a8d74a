"""Everything that is measured of some whole tickets, in one call: intervals, tickets, SLA clocks and daily changes.

Any set of whole tickets gives the same rows for them as all tickets would. That is what lets a run go through its
tickets slice by slice in flat memory, measure only those that changed, or spread them over machines. What each step
computes is said where it is computed; where tickets come from and facts go does not belong here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.sla.clocks import NEED_REPLIES, close_clocks
from metrics.sla.policy import SlaPolicy
from metrics.tickets.clocks import TeamCalendars, build_intervals, close_tickets
from metrics.tickets.data_clock import forget_later_creations
from metrics.tickets.flow import count_day_changes
from metrics.tickets.replies import gather_replies
from metrics.tickets.steps import SETTLED, trace_steps


@dataclass(frozen=True, slots=True)
class MeasuringRules:
    """All that measuring tickets needs besides the tickets.

    Attributes:
        as_of: the data's own clock, of all tickets (`metrics.tickets.clocks.data_clock`).
        reach: how far the data reach: `as_of`, unless they are measured as of another instant.
        open_time: every calendar that teams and policies name, compiled over the span of all tickets.
        reply_sources: sources that tell replies by agents (`metrics.tickets.clocks.sources_with_replies`).
        reply_event_sources: those whose events tell every reply (`metrics.tickets.replies.sources_with_reply_events`).
        team_sources: sources that tell who had a ticket when (`metrics.tickets.clocks.sources_with_teams`).
        time_zone: reporting time zone, in which days are cut.
    """

    as_of: datetime
    reach: datetime
    open_time: OpenTime
    team_calendars: TeamCalendars
    sla_policies: Sequence[SlaPolicy]
    reply_sources: Collection[str]
    reply_event_sources: Collection[str]
    team_sources: Collection[str]
    time_zone: str


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What was measured of some tickets.

    Attributes:
        intervals: `fct_ticket_intervals`.
        tickets: `fct_tickets`.
        clocks: `fct_sla_clocks`.
        day_changes: by how much they changed the count of tickets in work, see
        `metrics.tickets.flow.count_day_changes`.
    """

    intervals: pl.DataFrame
    tickets: pl.DataFrame
    clocks: pl.DataFrame
    day_changes: pl.DataFrame


def measure_tickets(
    tickets: pl.DataFrame, events: pl.DataFrame, rules: MeasuringRules, *, quarantined: Collection[str] | pl.Series = ()
) -> TicketFacts:
    """Measure some whole tickets.

    Args:
        tickets: rows of `stg_tickets`.
        events: rows of `stg_ticket_events`, all those of these tickets.
        quarantined: `ticket_id` of those that a contract rule set aside.
    """
    tickets = forget_later_creations(tickets, rules.reach, quarantined=quarantined)
    as_of, open_time, team_calendars = rules.as_of, rules.open_time, rules.team_calendars
    steps = trace_steps(tickets, events, as_of=as_of)
    intervals = build_intervals(
        tickets, events, steps=steps, as_of=as_of, open_time=open_time, team_calendars=team_calendars
    )
    closed = close_tickets(
        tickets,
        events,
        intervals,
        steps=steps,
        quarantined=quarantined,
        reply_sources=rules.reply_sources,
        team_sources=rules.team_sources,
        as_of=as_of,
        open_time=open_time,
        team_calendars=team_calendars,
    )
    replies = None
    if any(policy.target in NEED_REPLIES for policy in rules.sla_policies):
        replies = gather_replies(tickets, events, as_of=as_of, sources=rules.reply_event_sources, steps=steps)
    clocks = close_clocks(
        closed,
        intervals,
        policies=rules.sla_policies,
        replies=replies,
        as_of=as_of,
        open_time=open_time,
        team_calendars=team_calendars,
    )
    changes = count_day_changes(intervals, closed, time_zone=rules.time_zone)
    return TicketFacts(_leave_settled_open(intervals, closed), closed, clocks, changes)


def _leave_settled_open(intervals: pl.DataFrame, tickets: pl.DataFrame) -> pl.DataFrame:
    """Without the end of the stretch in which a ticket lies done or cancelled: nothing of it is measured any more.

    So the rows of such a ticket stay what they are, however far the data reach. Of one that left the exports while it
    was open, there is no end that anybody knows.
    """
    lost = tickets.filter(pl.col("unknown_since_at").is_not_null())["ticket_id"]
    is_over = pl.col("status_category").is_in(SETTLED)
    if not lost.is_empty():
        is_over |= pl.col("ticket_id").is_in(lost.implode())
    goes_on = ~(pl.col("is_last") & is_over)
    ends = ("ended_at", "duration_calendar_microseconds", "duration_business_microseconds")
    return intervals.with_columns(pl.when(goes_on).then(name).alias(name) for name in ends)

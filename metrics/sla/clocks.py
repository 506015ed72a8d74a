"""SLA clocks: how much of its promise each ticket used, whether it was kept, and when that was decided.

One row per ticket, policy and cycle. Here the targets are brought together: which policy applies is said in
`metrics.sla.policy`, where a clock can begin and end in `metrics.sla.stretches`, `metrics.sla.silences` and
`metrics.sla.holders`, how it runs in `metrics.sla.running` and whether it was kept in `metrics.sla.decisions`.
Attainment over a period is a metric, not a clock, and is computed elsewhere.

A clock is decided once, at the earlier of its stop and its breach. Elapsed time is open time outside pauses; it is
met if elapsed time never went beyond the target, to the microsecond.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.sla.decisions import decide_clocks
from metrics.sla.holders import find_holdings, vendor_resolution_stretches, vendor_response_stretches
from metrics.sla.late_priorities import find_late_priorities, measure_doubts
from metrics.sla.lives import Lives, gather_lives
from metrics.sla.policy import HOLDER_TARGETS, SlaPolicy, SlaPolicyError
from metrics.sla.running import (
    apply_policies,
    match_others,
    match_policies,
    measure_clocks,
    policies_that_continue,
)
from metrics.sla.silences import cut_at_replies, pick_answered_lives
from metrics.sla.stretches import first_response_stretches, resolution_stretches
from metrics.tickets.clocks import TeamCalendars
from metrics.tickets.replies import TicketReplies
from models.ddl import conform_encoded, polars_schema
from models.tickets import fct_sla_clocks
from models.vocabulary import SlaTarget

__all__ = ["SlaPolicy", "SlaPolicyError", "close_clocks"]

#: Targets whose clocks cannot be computed from facts and intervals alone.
NEED_REPLIES: Final = (SlaTarget.PERIODIC_UPDATE, SlaTarget.VENDOR_RESPONSE)


def close_clocks(
    fct_tickets: pl.DataFrame,
    intervals: pl.DataFrame,
    *,
    policies: Sequence[SlaPolicy],
    as_of: datetime,
    open_time: OpenTime,
    team_calendars: TeamCalendars,
    replies: TicketReplies | None = None,
) -> pl.DataFrame:
    """The clocks of whole tickets as of the data's own clock: `fct_sla_clocks`.

    - A clock starts where its cycle begins, or later, where a priority is first given that a policy covers.
    - Team and vendor in a policy's scope are those at the cycle's beginning; a change of priority, and only that,
      asks again which policy applies. A policy without a calendar of its own counts by that of the team that has the
      ticket where the clock starts, whoever has it later.
    - `breached_at` is the first instant at which elapsed time had reached the target that it then went beyond. A
      target that is lowered below the time already elapsed is breached at the instant of the change.
    - A breached clock stays breached, whatever follows, and goes on counting until it stops.
    - A clock that a cancellation ends undecided is cancelled; its `stopped_at` is the cancellation.
    - `due_at` is empty while paused, and where it lies beyond what `open_time` covers.
    - A clock of which the export leaves open whether it was kept is not measured: see `metrics.sla.gaps`. Of a ticket
      of which only a snapshot is known, it may be that a policy's pauses saved it.
    - Team, priority and vendor are those in force at the decision; as of now, or at the cancellation, if undecided.

    Silences between public replies (`periodic_update`) have clocks of the same cycles. What is elapsed of one is its
    longest silence of those that the target in force judged; what remains is left of the present silence. Tickets of
    sources that tell no replies, and snapshots, have none: see `metrics.sla.silences`.

    Promises of whoever holds a ticket (`vendor_response`, `vendor_resolution`) have clocks per holder, which start
    where it first has the open ticket in the cycle, and stand still while it has not. Their team and vendor are those
    of the last stretch in which it had it. Snapshots have none: see `metrics.sla.holders`.

    Args:
        fct_tickets: rows of `fct_tickets`, quarantined ones included.
        intervals: rows of `fct_ticket_intervals` of the same tickets, as `build_intervals` gives them.
        policies: in order of precedence.
        open_time: with every calendar that policies and `team_calendars` name.
        replies: what `gather_replies` gave for the same tickets; needed for `periodic_update` and `vendor_response`.

    Raises:
        SlaPolicyError: a policy needs replies, and none are given.
        CalendarError: a policy names a calendar that `open_time` does not have.
    """
    for policy in policies:
        if replies is None and policy.target in NEED_REPLIES:
            raise SlaPolicyError(f"policy '{policy.id}' has the target {policy.target.value}, which needs replies")
    open_time.codes(pl.Series([policy.calendar for policy in policies] + [team_calendars.default], dtype=pl.String))
    lives = gather_lives(fct_tickets, intervals, as_of, open_time)
    frames: list[pl.DataFrame] = []
    for target in SlaTarget:
        of_target = [policy for policy in policies if policy.target is target]
        if of_target:
            closed = _close(target, lives, of_target, as_of, open_time, replies)
            frames += [conform_encoded(clocks, fct_sla_clocks) for clocks in closed]
    return pl.concat(frames) if frames else polars_schema(fct_sla_clocks).to_frame()


def _close(
    target: SlaTarget,
    lives: Lives,
    policies: Sequence[SlaPolicy],
    as_of: datetime,
    open_time: OpenTime,
    replies: TicketReplies | None,
) -> Iterator[pl.DataFrame]:
    """The clocks of one target, for targets of a holder those of each holder."""
    if target in HOLDER_TARGETS:
        yield from _close_holders(target, lives, policies, as_of, open_time, replies)
        return
    if target is SlaTarget.FIRST_RESPONSE:
        stretches = first_response_stretches(lives, as_of)
    elif target is SlaTarget.PERIODIC_UPDATE and replies is not None:
        lives, replied = pick_answered_lives(lives, replies)
        stretches = cut_at_replies(resolution_stretches(lives, _continues(lives, policies), as_of), replied)
    else:
        stretches = resolution_stretches(lives, _continues(lives, policies), as_of)
    matched = match_policies(stretches, lives, policies)
    # Exports tell no replies, so there are no silences of them.
    doubted = find_late_priorities(stretches, lives) if target is not SlaTarget.PERIODIC_UPDATE else None
    if doubted is None:
        rows = measure_clocks(apply_policies(stretches, matched, lives, policies, open_time), open_time)
    else:
        others = match_others(doubted, "other_priority", pl.col("doubted_from").is_not_null(), lives, policies)
        formers = match_others(doubted, "former_priority", pl.col("begins_late"), lives, policies)
        rows = apply_policies(doubted, matched, lives, policies, open_time, others=others, formers=formers)
        rows = measure_doubts(measure_clocks(rows, open_time), open_time)
    yield decide_clocks(rows, lives, policies, open_time)


def _close_holders(
    target: SlaTarget,
    lives: Lives,
    policies: Sequence[SlaPolicy],
    as_of: datetime,
    open_time: OpenTime,
    replies: TicketReplies | None,
) -> Iterator[pl.DataFrame]:
    for holding in find_holdings(lives, policies):
        continues = policies_that_continue(holding.lives, holding.matched, policies)
        if target is SlaTarget.VENDOR_RESPONSE and replies is not None:
            stretches = vendor_response_stretches(holding, continues, replies, as_of)
        else:
            stretches = vendor_resolution_stretches(holding, continues, as_of)
        rows = apply_policies(
            stretches,
            holding.matched.gather(stretches["row"]),
            holding.lives,
            policies,
            open_time,
            is_held=holding.is_held.gather(stretches["row"]),
        )
        rows = measure_clocks(rows, open_time)
        yield decide_clocks(rows, holding.lives, policies, open_time, held_by=holding.held_by())


def _continues(lives: Lives, policies: Sequence[SlaPolicy]) -> pl.Series | None:
    """Per ticket, whether reopening continues its one clock; None if it never does."""
    if all(policy.on_reopen != "continue" for policy in policies):
        return None
    whole = lives.stretches.with_columns(begins=pl.col("life").ne_missing(pl.col("life").shift(1)))
    return policies_that_continue(lives, match_policies(whole, lives, policies), policies)

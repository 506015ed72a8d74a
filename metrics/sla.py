"""SLA clocks: how much of its promise each ticket used, whether it was kept, and when that was decided.

One row per ticket, target and cycle. Which policy applies is said in `metrics.sla_policy`, where a clock can begin and
end in `metrics.sla_stretches`; attainment over a period is a metric, not a clock, and is computed elsewhere.

A clock is decided once, at the earlier of its stop and its breach. Elapsed time is open time outside pauses; it is
met if elapsed time never went beyond the target, to the microsecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from metrics.business_time import OpenTime
from metrics.sla_policy import SlaPolicy, SlaPolicyError, first_covering, is_paused
from metrics.sla_stretches import Lives, first_response_stretches, gather_lives, resolution_stretches
from metrics.ticket_clocks import TeamCalendars
from models.ddl import polars_schema
from models.tickets import fct_sla_clocks
from models.vocabulary import ClockState, SlaTarget

__all__ = ["SUPPORTED_TARGETS", "SlaPolicy", "SlaPolicyError", "close_clocks"]

#: Targets whose clocks can be computed.
SUPPORTED_TARGETS: Final = (SlaTarget.FIRST_RESPONSE, SlaTarget.RESOLUTION)
_INSTANT: Final = pl.Datetime("us", "UTC")
#: Scope that is judged as it was when the clock's cycle began; priority is judged at every change.
_JUDGED_AT_START: Final = ("team", "vendor")


def close_clocks(
    fct_tickets: pl.DataFrame,
    intervals: pl.DataFrame,
    *,
    policies: Sequence[SlaPolicy],
    as_of: datetime,
    open_time: OpenTime,
    team_calendars: TeamCalendars,
) -> pl.DataFrame:
    """The clocks of whole tickets as of the data's own clock: `fct_sla_clocks`.

    - A clock starts where its cycle begins, or later, where a priority is first given that a policy covers.
    - Team and vendor in a policy's scope are those at the cycle's beginning; a change of priority, and only that,
      asks again which policy applies.
    - `breached_at` is the first instant at which elapsed time had reached the target that it then went beyond. A
      target that is lowered below the time already elapsed is breached at the instant of the change.
    - A breached clock stays breached, whatever follows, and goes on counting until it stops.
    - A clock that a cancellation ends undecided is cancelled; its `stopped_at` is the cancellation.
    - `due_at` is empty while paused, and where it lies beyond what `open_time` covers.
    - A ticket of which only a snapshot is known has clocks only under policies that never pause: for others, what its
      export cannot tell would change the result.
    - Team, priority and vendor are those in force at the decision; as of now, or at the cancellation, if undecided.

    Args:
        fct_tickets: rows of `fct_tickets`, quarantined ones included.
        intervals: rows of `fct_ticket_intervals` of the same tickets, as `build_intervals` gives them.
        policies: in order of precedence.
        open_time: with every calendar that policies and `team_calendars` name.

    Raises:
        SlaPolicyError: a policy has a target that is not supported.
        CalendarError: a policy names a calendar that `open_time` does not have.
    """
    for policy in policies:
        if policy.target not in SUPPORTED_TARGETS:
            raise SlaPolicyError(
                f"policy '{policy.id}' has the target {policy.target.value}, which is not measured yet; "
                f"use one of {', '.join(SUPPORTED_TARGETS)}, or remove the policy"
            )
    open_time.codes(pl.Series([policy.calendar for policy in policies] + [team_calendars.default], dtype=pl.String))
    lives = gather_lives(fct_tickets, intervals, as_of)
    schema = polars_schema(fct_sla_clocks)
    frames = [schema.to_frame()]
    for target in SUPPORTED_TARGETS:
        of_target = [policy for policy in policies if policy.target is target]
        if not of_target:
            continue
        if target is SlaTarget.RESOLUTION:
            stretches = resolution_stretches(lives, _continues(lives, of_target), as_of)
        else:
            stretches = first_response_stretches(lives, as_of)
        measured = _measure(_apply_policies(stretches, lives, of_target, open_time), open_time)
        clocks = _decide(measured, lives, of_target, open_time)
        frames.append(clocks.select(pl.col(name).cast(type_) for name, type_ in schema.items()))
    return pl.concat(frames)


def _scoped(rows: pl.DataFrame, lives: Lives, policies: Sequence[SlaPolicy]) -> pl.DataFrame:
    """The columns that decide whether a policy covers a row: only those that some policy asks about."""
    asked = {name for policy in policies for name in policy.scope}
    begins = pl.col("begins")
    frozen = [
        pl.when(begins).then(pl.col(name).fill_null("")).forward_fill().alias(name)
        for name in _JUDGED_AT_START
        if name in asked
    ]
    scoped = rows.select("priority", *frozen)
    if any(policy.effective_from or policy.effective_to for policy in policies):
        asked.add("created_at")
    of_ticket = [name for name in ("source", "service", "ticket_type", "created_at") if name in asked]
    return scoped.with_columns(lives.tickets[name].gather(rows["life"]) for name in of_ticket)


def _continues(lives: Lives, policies: Sequence[SlaPolicy]) -> pl.Series | None:
    """Per ticket, whether the first policy that applied to it lets the old clock go on after a reopening."""
    going_on = [position for position, policy in enumerate(policies) if policy.on_reopen == "continue"]
    if not going_on:
        return None
    rows = lives.stretches.with_columns(begins=pl.col("life") != pl.col("life").shift(1, fill_value=2**32 - 1))
    matched = _scoped(rows, lives, policies).with_columns(first_covering(policies).alias("policy"))["policy"]
    first = (
        rows.select("life", matched)
        .drop_nulls("policy")
        .filter(pl.col("life") != pl.col("life").shift(1, fill_value=2**32 - 1))
        .with_columns(continues=pl.col("policy").is_in(going_on))
    )
    every = pl.DataFrame({"life": pl.int_range(lives.tickets.height, dtype=pl.UInt32, eager=True)})
    joined = every.join(first, on="life", how="left", maintain_order="left")
    return joined["continues"].fill_null(False)


def _since(begins: pl.Expr, value: pl.Expr) -> pl.Expr:
    """The value at the last row that begins something, for every row."""
    return pl.when(begins).then(value).forward_fill()


def _apply_policies(
    stretches: pl.DataFrame, lives: Lives, policies: Sequence[SlaPolicy], open_time: OpenTime
) -> pl.DataFrame:
    """The policy in force in each stretch. Stretches before a clock's first policy are left out.

    Adds `policy` (position), `begins` (of the clock), `begins_attempt` (of the clock, or of a restart), `target`
    (microseconds), `calendar` (code) and `is_paused`.
    """
    matched = _scoped(stretches, lives, policies).with_columns(first_covering(policies).alias("matched"))["matched"]
    begins = pl.col("begins")
    rows = stretches.with_columns(matched).with_columns(
        policy=pl.when(begins).then(pl.col("matched").fill_null(-1)).otherwise("matched").forward_fill()
    )
    is_covered = pl.col("policy") >= 0
    rows = rows.with_columns(
        begins=is_covered & (begins | (pl.col("policy").shift(1) < 0)),
        previous_priority=pl.col("priority").shift(1),
    ).filter(is_covered)
    pausing = [position for position, policy in enumerate(policies) if policy.pauses]
    has_history = lives.tickets["has_history"].gather(rows["life"])
    if pausing and not has_history.all():
        can_be_told = has_history | ~rows["policy"].is_in(pausing)
        rows = rows.filter(can_be_told)
    rows = _keep_policies(rows, policies)
    modes = pl.Series([policy.on_priority_change == "restart" for policy in policies])
    restarts = modes.gather(rows["policy"].shift(1, fill_value=0)) & ~rows["begins"]
    changes_priority = pl.col("matched").is_not_null() & pl.col("priority").ne_missing(pl.col("previous_priority"))
    targets = pl.Series([policy.within_microseconds for policy in policies], dtype=pl.Int64)
    rows = rows.with_columns(
        begins_attempt=begins | (restarts & changes_priority),
        target=targets.gather(rows["policy"]),
        is_paused=is_paused(policies),
        team_calendar=open_time.codes(rows["calendar"]),
    )
    named = [open_time.names.index(policy.calendar) if policy.calendar is not None else None for policy in policies]
    own = pl.Series(named, dtype=pl.UInt32).gather(rows["policy"]).alias("own_calendar")
    return rows.with_columns(own).with_columns(
        calendar=pl.coalesce("own_calendar", _since(begins, pl.col("team_calendar")))
    )


def _keep_policies(rows: pl.DataFrame, policies: Sequence[SlaPolicy]) -> pl.DataFrame:
    """From the first stretch under a policy that is to be kept, that policy stays for the rest of the clock."""
    kept = [position for position, policy in enumerate(policies) if policy.on_priority_change == "keep"]
    if not kept:
        return rows
    keeps = pl.col("policy").is_in(kept).cast(pl.Int64)
    before = keeps.cum_sum() - keeps
    is_free = before == _since(pl.col("begins"), before)
    return rows.with_columns(policy=pl.when(is_free).then("policy").forward_fill())


def _measure(rows: pl.DataFrame, open_time: OpenTime) -> pl.DataFrame:
    """Run the clocks: one running total over all rows, of which each attempt's own is a difference.

    Adds `open_at_start`, `open_at_end` (of the calendar), `run_before`, `run_through` (running total of counted time),
    `paused_before`, `paused_through`, `run_at_attempt`, `paused_at_attempt`, `attempt_started_at` and `elapsed`
    (of the attempt, at the stretch's end).
    """
    open_at_start = open_time.open_before(rows["calendar"], rows["started_at"]).alias("open_at_start")
    open_at_end = open_time.open_before(rows["calendar"], rows["ended_at"]).alias("open_at_end")
    length = pl.col("open_at_end") - pl.col("open_at_start")
    runs = pl.when("is_paused").then(0).otherwise(length)
    stands = pl.when("is_paused").then(length).otherwise(0)
    attempt = pl.col("begins_attempt")
    return (
        rows.with_columns(open_at_start, open_at_end)
        .with_columns(
            run_through=runs.cum_sum(),
            run_before=runs.cum_sum() - runs,
            paused_through=stands.cum_sum(),
            paused_before=stands.cum_sum() - stands,
        )
        .with_columns(
            run_at_attempt=_since(attempt, pl.col("run_before")),
            paused_at_attempt=_since(attempt, pl.col("paused_before")),
            attempt_started_at=_since(attempt, pl.col("started_at")),
        )
        .with_columns(elapsed=pl.col("run_through") - pl.col("run_at_attempt"))
    )


def _decide(rows: pl.DataFrame, lives: Lives, policies: Sequence[SlaPolicy], open_time: OpenTime) -> pl.DataFrame:
    """One row per clock with its state: from its last stretch, and from the one in which it was breached if it was."""
    rows = rows.with_columns(
        clock=pl.col("begins").cast(pl.UInt32).cum_sum(),
        position=pl.int_range(pl.len(), dtype=pl.UInt32),
        begins_run=pl.col("begins_attempt") | (pl.col("target") != pl.col("target").shift(1)),
    ).with_columns(
        ran_before=_since(pl.col("run_through") != pl.col("run_before"), pl.col("position")).shift(1),
        run_position=_since(pl.col("begins_run"), pl.col("position")),
        run_started_at=_since(pl.col("begins_run"), pl.col("started_at")),
    )
    last = rows.filter(pl.col("clock").ne_missing(pl.col("clock").shift(-1)))
    beyond = rows.filter(pl.col("elapsed") > pl.col("target"))
    breaches = _reach(rows, beyond.filter(pl.col("clock").ne_missing(pl.col("clock").shift(1))), open_time)
    decisive = ("policy", "target", "calendar", "run_at_attempt", "paused_at_attempt", "attempt_started_at")
    breaches = breaches.select(
        "clock", "reached_at", "reached_row", *(pl.col(name).alias(f"breach_{name}") for name in decisive)
    )
    clocks = last.join(breaches, on="clock", how="left", maintain_order="left").rename({"reached_at": "breached_at"})
    is_breached = pl.col("breached_at").is_not_null()
    clocks = clocks.with_columns(
        pl.when(is_breached).then(f"breach_{name}").otherwise(name).alias(name) for name in decisive
    )
    is_ended = pl.col("is_stopped") | pl.col("is_cancelled")
    state = (
        pl.when(is_breached)
        .then(pl.lit(ClockState.BREACHED.value))
        .when("is_stopped")
        .then(pl.lit(ClockState.MET.value))
        .when("is_cancelled")
        .then(pl.lit(ClockState.CANCELLED.value))
        .when("is_paused")
        .then(pl.lit(ClockState.PAUSED.value))
        .otherwise(pl.lit(ClockState.RUNNING.value))
    )
    stopped_at = pl.when(is_ended).then("clock_ends_at")
    # The stretch that begins where the clock ends is in force at that instant, if there is one.
    ends_with_stretch = (pl.col("ended_at") == pl.col("stretch_ends_at")) & ~pl.col("is_last") & is_ended
    clocks = clocks.with_columns(
        state=state,
        stopped_at=stopped_at,
        decided_at=pl.when(is_breached).then("breached_at").when("is_stopped").then("clock_ends_at"),
        elapsed_microseconds=pl.col("run_through") - pl.col("run_at_attempt"),
        paused_microseconds=pl.col("paused_through") - pl.col("paused_at_attempt"),
        in_force=pl.coalesce("reached_row", pl.col("row") + ends_with_stretch.cast(pl.UInt32)),
        started_at=pl.col("attempt_started_at"),
    )
    remaining = pl.col("target") - pl.col("elapsed_microseconds")
    shows_remaining = pl.col("state").is_in(
        [ClockState.RUNNING.value, ClockState.PAUSED.value, ClockState.BREACHED.value]
    )
    clocks = clocks.with_columns(remaining_microseconds=pl.when(shows_remaining).then(remaining))
    clocks = clocks.with_columns(_due(rows, clocks, open_time))
    tickets, stretches = lives.tickets, lives.stretches
    ids = pl.Series([policy.id for policy in policies], dtype=pl.String)
    names = pl.Series(open_time.names, dtype=pl.String)
    target = policies[0].target.value
    return clocks.with_columns(
        *(tickets[name].gather(clocks["life"]) for name in ("ticket_id", "source", "service")),
        *(stretches[name].gather(clocks["in_force"]) for name in ("team", "priority", "vendor")),
        ids.gather(clocks["policy"]).alias("sla_policy"),
        names.gather(clocks["calendar"]).alias("calendar"),
        target=pl.lit(target),
        target_microseconds=pl.col("target"),
    )


def _reach(rows: pl.DataFrame, wanted: pl.DataFrame, open_time: OpenTime) -> pl.DataFrame:
    """When the clocks of some rows reached the targets of those rows, and the stretch in force at that instant.

    A row is one in which the clock went beyond its target, the first of its clock, or at whose end it stands exactly
    on it. So the target was reached in that row, or at the end of the row in which the clock last ran before it; the
    instant is found by the calendar's inverse. It cannot lie before the target was in force.

    Only differences of the running totals are used. The totals themselves wrap round where tickets are so many and so
    long that their time does not fit 64 bits; the differences are right all the same.
    """
    is_reached_here = wanted["run_before"] - wanted["run_at_attempt"] < wanted["target"]
    found = wanted.select(pl.when(is_reached_here).then("position").otherwise("ran_before")).to_series()
    names = ("calendar", "open_at_start", "run_before", "row", "ended_at")
    reached = pl.DataFrame({name: rows[name].gather(found) for name in names})
    open_wanted = reached["open_at_start"] + wanted["target"] - (reached["run_before"] - wanted["run_at_attempt"])
    reached = reached.with_columns(
        found.alias("found"),
        open_time.instant_at(reached["calendar"], open_wanted).alias("instant"),
        wanted["run_position"],
        wanted["run_started_at"],
        rows["row"].gather(wanted["run_position"]).alias("run_row"),
    )
    is_in_run = pl.col("found") >= pl.col("run_position")
    next_row = pl.col("row") + (pl.col("instant") == pl.col("ended_at")).cast(pl.UInt32)
    reached = reached.select(
        reached_at=pl.when(is_in_run).then("instant").otherwise("run_started_at"),
        reached_row=pl.when(is_in_run).then(next_row).otherwise("run_row"),
    )
    return wanted.with_columns(reached)


def _due(rows: pl.DataFrame, clocks: pl.DataFrame, open_time: OpenTime) -> pl.Series:
    """When each running clock will reach its target, if nothing pauses it."""
    running = clocks.filter(pl.col("state") == ClockState.RUNNING.value)
    at_target = _reach(rows, running.filter(pl.col("remaining_microseconds") == 0), open_time)
    before = running.filter(pl.col("remaining_microseconds") > 0)
    ahead = open_time.instant_at(before["calendar"], before["open_at_end"] + before["remaining_microseconds"])
    due = pl.concat(
        [
            at_target.select("clock", due_at="reached_at"),
            before.select("clock").with_columns(ahead.alias("due_at")),
        ]
    )
    return clocks.select("clock").join(due, on="clock", how="left", maintain_order="left")["due_at"]

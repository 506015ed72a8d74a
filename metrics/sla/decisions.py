"""Whether promises were kept: the state of each clock, the instant at which it was decided, and what is left of it.

How clocks run is said in `metrics.sla.running`; attainment over a period is a metric, and computed elsewhere. Not every
export tells all that a decision needs: which clocks it leaves open is said in `metrics.sla.gaps`, and between what
the instant of a decision lies in `metrics.sla.decision_windows`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.sla.decision_windows import find_decision_windows
from metrics.sla.gaps import count_unsure, find_gaps, is_surely_beyond, is_told_by_exports
from metrics.sla.late_priorities import break_for_sure, doubt_targets, has_doubts
from metrics.sla.lives import Lives
from metrics.sla.ordered_rows import since
from metrics.sla.policy import SlaPolicy
from metrics.sla.reaching import go_beyond, reach_targets
from metrics.sla.silences import longest_silences
from metrics.sla.unseen_returns import doubt_returns
from models.vocabulary import ClockState, SlaTarget

#: What a clock is judged by: as it was where it was breached, else as it is in the clock's last stretch.
_DECISIVE: Final = (
    "policy",
    "target",
    "target_position",
    "target_set_at",
    "target_set_after",
    "calendar",
    "run_at_attempt",
    "paused_at_attempt",
    "attempt_started_at",
)
_STATES: Final = pl.Enum([state.value for state in ClockState])
_TARGETS: Final = pl.Enum([target.value for target in SlaTarget])
_UNDECIDED: Final = (ClockState.RUNNING.value, ClockState.PAUSED.value)


def decide_clocks(
    rows: pl.DataFrame,
    lives: Lives,
    policies: Sequence[SlaPolicy],
    open_time: OpenTime,
    *,
    held_by: pl.Series | None = None,
) -> pl.DataFrame:
    """One row per clock with its state: from its last stretch, and from the one in which it was breached if it was.

    Args:
        rows: what `measure_clocks` gave.
        held_by: for each stretch of the lives, the last one up to it in which the clock's holder had the ticket: its
            team and vendor are the clock's. None where they are those in force at the decision.

    Returns:
        The columns of `fct_sla_clocks`, and others.
    """
    sets_target = pl.col("begins_attempt") | (pl.col("target") != pl.col("target").shift(1))
    rows = rows.with_columns(
        clock=pl.col("begins").cast(pl.UInt32).cum_sum(),
        position=pl.int_range(pl.len(), dtype=pl.UInt32),
        sets_target=sets_target,
    ).with_columns(
        ran_before=since(pl.col("run_through") != pl.col("run_before"), pl.col("position")).shift(1),
        target_position=since(pl.col("sets_target"), pl.col("position")),
        target_set_at=since(pl.col("sets_target"), pl.col("started_at")),
    )
    rows = rows.with_columns(target_set_after=pl.col("started_earliest_at").gather("target_position"))
    clocks = _join_breaches(rows, open_time)
    clocks = clocks.with_columns(_elapsed(rows, clocks))
    clocks = clocks.with_columns(count_unsure(rows, clocks.height, open_time))
    clocks = clocks.with_columns(*doubt_targets(rows, clocks.height), doubt_returns(rows, lives, clocks.height))
    clocks = clocks.with_columns(find_gaps(clocks, lives))
    is_open_question = pl.col("not_told").is_not_null()
    is_breached = pl.col("breached_at").is_not_null()
    is_ended = pl.col("is_stopped") | pl.col("is_cancelled")
    state = (
        pl.when(is_open_question)
        .then(_state(ClockState.NOT_MEASURED))
        .when(is_breached)
        .then(_state(ClockState.BREACHED))
        .when("is_stopped")
        .then(_state(ClockState.MET))
        .when("is_cancelled")
        .then(_state(ClockState.CANCELLED))
        .when("is_paused")
        .then(_state(ClockState.PAUSED))
        .otherwise(_state(ClockState.RUNNING))
    )
    # The stretch that begins where the clock ends is in force at that instant, if there is one.
    ends_with_stretch = (pl.col("ended_at") == pl.col("stretch_ends_at")) & ~pl.col("is_last") & is_ended
    clocks = clocks.with_columns(
        state=state,
        stopped_at=pl.when(is_ended).then("clock_ends_at"),
        decided_at=pl.when(is_open_question)
        .then("decided_by")
        .when(is_breached)
        .then("breached_at")
        .when("is_stopped")
        .then("clock_ends_at"),
        breached_at=pl.when(~is_open_question).then("breached_at"),
        went_beyond_at="breached_at",
        paused_microseconds=pl.col("paused_through") - pl.col("paused_at_attempt"),
        in_force=pl.coalesce("reached_row", pl.col("row") + ends_with_stretch.cast(pl.UInt32)),
        started_at=pl.col("attempt_started_at"),
        # A breach is measured by all that counted, what still runs by what counts now.
        remaining=pl.col("target") - pl.when(is_breached).then("elapsed_microseconds").otherwise("elapsed"),
    )
    clocks = clocks.with_columns(find_decision_windows(rows, clocks, open_time))
    is_undecided = pl.col("state").is_in(_UNDECIDED)
    unsure_left = pl.col("unsure_run") + pl.col("unsure_anew")
    is_left_open = is_undecided & ((unsure_left > 0) | (pl.col("unsure_pause") > 0))
    clocks = clocks.with_columns(
        remaining_microseconds=pl.when(is_undecided | is_breached).then("remaining"),
        remaining_lower_microseconds=pl.when(is_left_open).then(pl.col("remaining") - unsure_left),
        remaining_upper_microseconds=pl.when(is_left_open).then(
            pl.min_horizontal(pl.col("remaining") + pl.col("unsure_pause"), "target")
        ),
        used_ratio=pl.when(is_undecided).then((pl.col("target") - pl.col("remaining")) / pl.col("target")),
    )
    clocks = clocks.with_columns(_due(rows, clocks, open_time))
    return _describe(clocks, lives, policies, open_time, held_by)


def _state(state: ClockState) -> pl.Expr:
    return pl.lit(state.value, dtype=_STATES)


def _join_breaches(rows: pl.DataFrame, open_time: OpenTime) -> pl.DataFrame:
    """The last row of each clock, with what is decisive for it, and when and in which stretch it was breached."""
    last = rows.filter(pl.col("clock").ne_missing(pl.col("clock").shift(-1)))
    # Found by their positions first: the rows are wide, and few of them are the first of a breach.
    beyond = rows.select("clock", "position").filter(rows["elapsed"] > rows["target"])
    first_beyond = beyond.filter(pl.col("clock").ne_missing(pl.col("clock").shift(1)))
    breaches = reach_targets(rows, rows[first_beyond["position"]], open_time)
    # Where every instant is told, none is asked for.
    asked = breaches if is_told_by_exports(rows) else breaches.clear()
    beyond_at = pl.repeat(None, last.height, dtype=breaches.schema["reached_at"], eager=True)
    beyond_at = beyond_at.scatter(asked["clock"] - 1, go_beyond(asked, open_time))
    # Broken whichever priority was in force: perhaps later, perhaps never.
    sure = (
        break_for_sure(rows, pl.zeros(last.height, dtype=pl.Int64, eager=True), open_time)
        if has_doubts(rows)
        else breaches
    )
    # Clocks are numbered from 1 in order, so that their rows are found without a join, which would copy every column.
    is_breached = _mark(last.height, breaches["clock"])
    breach = pl.select(pl.when(is_breached).then(is_breached.cast(pl.UInt32).cum_sum() - 1)).to_series()
    return last.with_columns(
        breaches["reached_at"].gather(breach).alias("breached_at"),
        breaches["reached_row"].gather(breach),
        beyond_at.alias("beyond_at"),
        _mark(last.height, sure["clock"].filter(is_surely_beyond(sure, open_time))).alias("is_surely_beyond"),
        _mark(last.height, sure["clock"]).alias("is_beyond_any"),
        _is_as_in(breaches, breach, last, "target", "attempt_started_at").alias("keeps_target"),
        *(pl.when(is_breached).then(breaches[name].gather(breach)).otherwise(name).alias(name) for name in _DECISIVE),
    )


def _is_as_in(breaches: pl.DataFrame, breach: pl.Series, last: pl.DataFrame, *names: str) -> pl.Series:
    """Whether the last row of each clock is as the one in which it was breached; empty where it was not.

    What counted after a breach counts for it only under the same target, and if the clock did not start anew.
    """
    same = [last[name] == breaches[name].gather(breach) for name in names]
    return pl.select(pl.all_horizontal(same)).to_series()


def _mark(clock_count: int, clocks: pl.Series) -> pl.Series:
    """One flag per clock, set for those with a number, from 1."""
    return pl.repeat(False, clock_count, eager=True).scatter(clocks - 1, True)


def _elapsed(rows: pl.DataFrame, clocks: pl.DataFrame) -> pl.Series:
    """All time that counted since the decisive attempt began; of silences, the longest."""
    if "is_reply" in rows.columns:
        elapsed = longest_silences(rows, clocks)
    else:
        elapsed = clocks["run_through"] - clocks["run_at_attempt"]
    return elapsed.alias("elapsed_microseconds")


def _describe(
    clocks: pl.DataFrame,
    lives: Lives,
    policies: Sequence[SlaPolicy],
    open_time: OpenTime,
    held_by: pl.Series | None,
) -> pl.DataFrame:
    """Ticket, policy and breakdown of each clock."""
    tickets, stretches = lives.tickets, lives.stretches
    ids = pl.Series([policy.id for policy in policies], dtype=pl.String)
    names = pl.Series(open_time.names, dtype=pl.String)
    in_force = clocks["in_force"]
    holding = in_force if held_by is None else held_by.gather(in_force)
    return clocks.with_columns(
        *(tickets[name].gather(clocks["life"]) for name in ("ticket_id", "source", "service")),
        *(stretches[name].gather(holding) for name in ("team", "vendor")),
        stretches["priority"].gather(in_force),
        ids.gather(clocks["policy"]).alias("sla_policy"),
        names.gather(clocks["calendar"]).alias("calendar"),
        target=pl.lit(policies[0].target.value, dtype=_TARGETS),
        target_microseconds=pl.col("target"),
    )


def _due(rows: pl.DataFrame, clocks: pl.DataFrame, open_time: OpenTime) -> pl.Series:
    """When each running clock will reach its target, if nothing pauses it."""
    running = clocks.filter(pl.col("state") == ClockState.RUNNING.value)
    at_target = reach_targets(rows, running.filter(pl.col("remaining") == 0), open_time)
    before = running.filter(pl.col("remaining") > 0)
    ahead = open_time.instant_at(before["calendar"], before["open_at_end"] + before["remaining"])
    due = pl.concat(
        [
            at_target.select("clock", due_at="reached_at"),
            before.select("clock").with_columns(ahead.alias("due_at")),
        ]
    )
    return clocks.select("clock").join(due, on="clock", how="left", maintain_order="left")["due_at"]

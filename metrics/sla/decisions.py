"""Whether promises were kept: the state of each clock, the instant at which it was decided, and what is left of it.

How clocks run is said in `metrics.sla.running`; attainment over a period is a metric, and computed elsewhere. Not every
export tells all that a decision needs: which clocks it leaves open is said in `metrics.sla.gaps`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.sla.gaps import count_unsure, find_gaps, is_surely_beyond
from metrics.sla.lives import Lives
from metrics.sla.policy import SlaPolicy
from metrics.sla.running import since
from metrics.sla.silences import longest_silences
from models.vocabulary import ClockGap, ClockState, SlaTarget

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
    clocks = clocks.with_columns(_decision_window(rows, clocks, open_time))
    is_undecided = pl.col("state").is_in(_UNDECIDED)
    clocks = clocks.with_columns(
        remaining_microseconds=pl.when(is_undecided | is_breached).then("remaining"),
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
    breaches = _reach(rows, rows[first_beyond["position"]], open_time)
    surely = is_surely_beyond(breaches, open_time)
    # Clocks are numbered from 1 in order, so that their rows are found without a join, which would copy every column.
    is_breached = pl.repeat(False, last.height, eager=True).scatter(breaches["clock"] - 1, True)
    breach = pl.select(pl.when(is_breached).then(is_breached.cast(pl.UInt32).cum_sum() - 1)).to_series()
    return last.with_columns(
        breaches["reached_at"].gather(breach).alias("breached_at"),
        breaches["reached_row"].gather(breach),
        surely.gather(breach).alias("is_surely_beyond"),
        (last["target"] == breaches["target"].gather(breach)).alias("keeps_target"),
        *(pl.when(is_breached).then(breaches[name].gather(breach)).otherwise(name).alias(name) for name in _DECISIVE),
    )


def _decision_window(rows: pl.DataFrame, clocks: pl.DataFrame, open_time: OpenTime) -> list[pl.Series]:
    """Between what the decision of each clock lies, where exports date it only so closely: after the one, by the other.

    A clock that was kept can have stopped as soon as it no longer went on for certain. One that counted, perhaps, more
    than is known was not broken before the stretch through which it can have reached its target. One that paused,
    perhaps, before it is known to was broken by the time at which it had counted so much more.
    """
    stop_after = pl.when(pl.col("sure_until") < pl.col("clock_ends_at")).then("sure_until")
    broken_at, broken_after, broken_by = pl.col("went_beyond_at"), pl.lit(None, pl.Datetime("us", "UTC")), pl.lit(None)
    unsure = clocks.select(pl.col("unsure_run", "unsure_pause"))
    # The change of priority that broke it can have come as soon as the export before.
    changed_after = pl.when(broken_at == pl.col("target_set_at")).then("target_set_after")
    if (unsure["unsure_run"] > 0).any():
        broken_after = pl.lit(_first_possible(rows, unsure["unsure_run"]))
    if (unsure["unsure_pause"] > 0).any():
        later = _reach_later(rows, unsure["unsure_pause"], open_time)
        broken_by = pl.when(pl.col("unsure_pause") > 0).then(pl.coalesce(pl.lit(later), "clock_ends_at"))
    is_breached, is_open = (pl.col("state") == state.value for state in (ClockState.BREACHED, ClockState.NOT_MEASURED))
    is_between_exports = is_open & (pl.col("not_told") == ClockGap.INSTANTS.value)
    earliest = (
        pl.when(pl.col("state") == ClockState.MET.value)
        .then(stop_after)
        .when(is_breached)
        .then(pl.min_horizontal(broken_after, changed_after))
        .when(is_between_exports)
        .then(pl.min_horizontal(stop_after, broken_after, changed_after, broken_at))
    )
    decided_at = pl.col("decided_at")
    return clocks.select(
        decided_earliest_at=pl.when(earliest < decided_at).then(earliest),
        decided_latest_at=pl.when((is_breached | is_between_exports) & (broken_by > decided_at)).then(broken_by),
    ).get_columns()


def _first_possible(rows: pl.DataFrame, more: pl.Series) -> pl.Series:
    """Per clock, the earliest start of the first stretch through which it can have gone beyond its target.

    Args:
        more: how much more than is known each clock can have counted; empty where that is nothing.
    """
    extra = more.gather(rows["clock"] - 1)
    beyond = rows.filter((extra > 0) & (rows["elapsed"] + extra > rows["target"]))
    first = beyond.filter(pl.col("clock").ne_missing(pl.col("clock").shift(1)))
    nowhere = pl.repeat(None, len(more), dtype=rows.schema["started_at"], eager=True)
    # The clock itself can have begun as soon as the export before.
    began = first.select(pl.min_horizontal("started_at", pl.when("begins").then("started_earliest_at"))).to_series()
    return nowhere.scatter(first["clock"] - 1, began)


def _reach_later(rows: pl.DataFrame, more: pl.Series, open_time: OpenTime) -> pl.Series:
    """Per clock, when it had counted so much more than its target; empty where it never did, or that is nothing."""
    extra = more.gather(rows["clock"] - 1)
    target = rows["target"] + extra
    positions = rows.select("clock", "position").filter((extra > 0) & (rows["elapsed"] > target))
    first = positions.filter(pl.col("clock").ne_missing(pl.col("clock").shift(1)))["position"]
    wanted = rows[first].with_columns(target.gather(first))
    reached = _reach(rows, wanted, open_time)
    nowhere = pl.repeat(None, len(more), dtype=rows.schema["started_at"], eager=True)
    return nowhere.scatter(reached["clock"] - 1, reached["reached_at"])


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


def _reach(rows: pl.DataFrame, wanted: pl.DataFrame, open_time: OpenTime) -> pl.DataFrame:
    """When the clocks of some rows reached the targets of those rows, and the stretch in force at that instant.

    A row is one in which the clock went beyond its target, the first of its clock, or at whose end it stands exactly
    on it. So the target was reached in that row, or at the end of the row in which the clock last ran before it; the
    instant is found by the calendar's inverse. It cannot lie before the target was in force.

    Only differences of the running totals are used. The totals themselves wrap round where tickets are so many and so
    long that their time does not fit 64 bits; the differences are right all the same.
    """
    is_reached_here = wanted["run_before"] - wanted["run_at_count"] < wanted["target"]
    found = wanted.select(pl.when(is_reached_here).then("position").otherwise("ran_before")).to_series()
    names = ("calendar", "open_at_start", "run_before", "row", "ended_at")
    reached = pl.DataFrame({name: rows[name].gather(found) for name in names})
    open_wanted = reached["open_at_start"] + wanted["target"] - (reached["run_before"] - wanted["run_at_count"])
    reached = reached.with_columns(
        found.alias("found"),
        open_time.instant_at(reached["calendar"], open_wanted).alias("instant"),
        wanted["target_position"],
        wanted["target_set_at"],
        rows["row"].gather(wanted["target_position"]).alias("target_row"),
    )
    is_under_target = pl.col("found") >= pl.col("target_position")
    next_row = pl.col("row") + (pl.col("instant") == pl.col("ended_at")).cast(pl.UInt32)
    reached = reached.select(
        reached_at=pl.when(is_under_target).then("instant").otherwise("target_set_at"),
        reached_row=pl.when(is_under_target).then(next_row).otherwise("target_row"),
    )
    return wanted.with_columns(reached)


def _due(rows: pl.DataFrame, clocks: pl.DataFrame, open_time: OpenTime) -> pl.Series:
    """When each running clock will reach its target, if nothing pauses it."""
    running = clocks.filter(pl.col("state") == ClockState.RUNNING.value)
    at_target = _reach(rows, running.filter(pl.col("remaining") == 0), open_time)
    before = running.filter(pl.col("remaining") > 0)
    ahead = open_time.instant_at(before["calendar"], before["open_at_end"] + before["remaining"])
    due = pl.concat(
        [
            at_target.select("clock", due_at="reached_at"),
            before.select("clock").with_columns(ahead.alias("due_at")),
        ]
    )
    return clocks.select("clock").join(due, on="clock", how="left", maintain_order="left")["due_at"]

"""Clocks of which the export leaves open whether the promise was kept, and what it does not tell of them.

A clock was run until the latest instant at which it can have stopped, and without the pauses that nobody knows of: so
it counts the most that it can have counted. If that is within the target, the promise was kept whatever is not known.
If it is not, the promise was broken only where the clock had gone beyond its target while it went on for certain.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.sla.late_priorities import has_doubts, least_target
from metrics.sla.lives import Lives
from metrics.sla.unseen_returns import is_unseen
from metrics.sla.unshown import has_unshown
from metrics.tickets.steps import SETTLED
from models.vocabulary import ClockGap

_GAPS: Final = pl.Enum([gap.value for gap in ClockGap])


def find_gaps(clocks: pl.DataFrame, lives: Lives) -> list[pl.Series]:
    """What is not told of clocks that cannot be judged for it, and by when they were decided.

    - A clock that stopped at an instant that is not told is met if it had not gone beyond its target by the latest, and
      breached if it had by the earliest.
    - One of a ticket that left the exports while it was open may have stopped at any time since.
    - One of which it is not told whether it stopped at all may be met, even where it goes on or was cancelled.
    - One whose pauses are not told is met or cancelled if it was within its target without any. It is never breached.
    - One whose start or pauses are told to the granularity of exports is judged where that cannot matter, and so is
      one under whose priority another may have been in force already.
    - One of a ticket that came back unseen is not judged, unless it was broken before (`metrics.sla.unseen_returns`).

    Args:
        clocks: one row per clock, with `breached_at`, `is_beyond_any` (whether it is beyond whichever policy was in
            force), what `is_surely_beyond`, `count_unsure`, `metrics.sla.late_priorities.doubt_targets` and
            `metrics.sla.unseen_returns.doubt_returns` said, and the columns of its last row.

    Returns:
        `not_told` (a `ClockGap`, empty where the clock can be judged) and `decided_by`: where it cannot be, the latest
        instant known at which it can have been decided. That is the breach, if it was not kept before, else the clock's
        end; where pauses can have put off the breach, the clock's end, and while there is none the breach without
        pauses. Empty if it cannot have been decided yet. Of a ticket that left the exports, when it did.
    """
    is_stop_open = pl.col("sure_until") < pl.col("clock_ends_at")
    tells_pauses = pl.col("tells_pauses")
    looks_breached = pl.col("breached_at").is_not_null()
    least = pl.col("elapsed_microseconds") - pl.col("unsure_at_end") - pl.col("unsure_pause")
    is_beyond = (
        pl.col("is_beyond_any")
        & (~is_stop_open | pl.col("is_surely_beyond"))
        & (
            (pl.col("unsure_pause") == 0)
            | (pl.col("keeps_target") & (least > pl.max_horizontal("target", "greatest_other")))
        )
    )
    is_breach_open = looks_breached & ~(tells_pauses & is_beyond)
    is_ended = pl.col("is_stopped") | pl.col("is_cancelled")
    can_have_run = (pl.col("unsure_run") > 0) & (pl.col("run") + pl.col("unsure_run") > pl.col("least_target"))
    can_be_beyond = can_have_run | pl.col("is_beyond_other")
    can_be_spared = ~tells_pauses | (pl.col("unsure_pause") > 0) | ~pl.col("is_beyond_any")
    can_have_stopped = ~pl.col("tells_stop") & is_stop_open
    is_end_open = pl.when(can_have_stopped).then(~pl.col("is_stopped")).otherwise(~is_ended & ~tells_pauses)
    has_returned = pl.col("returned_after").is_not_null()
    is_open = has_returned | is_breach_open | (~looks_breached & (is_end_open | can_be_beyond))
    is_dated_by_sight = pl.col("has_history") | pl.col("settled_by_at").is_not_null()
    has_instants = pl.lit(lives.tickets.select(is_dated_by_sight).to_series().gather(clocks["life"]))
    decided_by = (
        pl.when(has_returned | (looks_breached & is_ended & can_be_spared))
        .then("clock_ends_at")
        .when(looks_breached)
        .then("breached_at")
        .when(can_have_stopped | can_be_beyond)
        .then("clock_ends_at")
    )
    unknown_since = pl.lit(lives.tickets["unknown_since_at"].gather(clocks["life"]))
    is_lost = unknown_since.is_not_null() & ~is_ended
    gap = (
        pl.when(is_lost)
        .then(_gap(ClockGap.WHEREABOUTS))
        .when(has_instants)
        .then(_gap(ClockGap.INSTANTS))
        .when(can_have_stopped)
        .then(_gap(ClockGap.FIRST_RESPONSE))
        .otherwise(_gap(ClockGap.PAUSES))
    )
    return clocks.select(
        not_told=pl.when(is_open).then(gap),
        # A promise that was kept when the ticket left was so by then: where its throughput may be, it is decided.
        decided_by=pl.when(is_open).then(pl.when(is_lost).then(unknown_since).otherwise(decided_by)),
    ).get_columns()


def is_told_by_exports(rows: pl.DataFrame) -> bool:
    """Whether exports date anything of the clocks, or leave open what no export shows. None does in a log."""
    told = ["started_earliest_at", *(["unshown_from"] if has_unshown(rows) else [])]
    return has_doubts(rows) or any(rows[name].null_count() < rows.height for name in told)


def count_unsure(rows: pl.DataFrame, clock_count: int, open_time: OpenTime) -> list[pl.Series]:
    """By how much each clock can have counted more or less, since exports date its start, its pauses and its stop.

    A change that an export first shows happened since the export before. Silences are cut by events, and told exactly.

    Args:
        rows: of the clocks, measured, with `clock`, from 1.

    Returns:
        For each clock, in microseconds: `run`, what it counted in all, and `least_target`, the lowest of its targets;
        `unsure_run`, what it can have counted before it is known to run; `unsure_pause`, what it can have stood still
        before it is known to; `unsure_at_end`, what it counted after it is known to go on; and `unsure_anew`, what it
        can have counted since it last started anew, beside all that is in `run`.
    """
    names = ("run", "least_target", "unsure_run", "unsure_pause", "unsure_at_end", "unsure_anew")
    if not is_told_by_exports(rows) or "is_reply" in rows.columns:
        return [pl.zeros(clock_count, dtype=pl.Int64, eager=True).alias(name) for name in names]
    # What no export showed may have counted, whatever pauses.
    is_run = ~pl.col("is_paused") | is_unseen(rows)
    # What starts anew counted nothing before.
    ran_before = is_run.shift(1) & ~pl.col("begins_attempt")
    # A clock that first stands still may have run before, where it begins because a policy first covers the ticket.
    stands_late = pl.lit(False)
    if has_doubts(rows):
        stands_late |= pl.col("begins") & pl.col("is_covered_late") & ~is_run
    if "may_have_begun" in rows.columns:
        comes_back = ~pl.col("begins") & pl.col("status_category").shift(1).is_in(SETTLED)
        may_have_run = (pl.col("begins") & ~pl.col("is_covered_late")) | comes_back
        stands_late |= may_have_run & ~is_run & pl.col("may_have_begun")
    changes = rows.select(
        "clock",
        "calendar",
        is_run=is_run | stands_late,
        is_blurred=(pl.col("started_earliest_at") < pl.col("started_at")) & (stands_late | (ran_before != is_run)),
        ended_at="started_at",
        started_at=pl.when("begins")
        .then("started_earliest_at")
        .otherwise(pl.max_horizontal("started_earliest_at", pl.col("started_at").shift(1))),
    )
    blurred = changes.filter(pl.col("is_blurred").fill_null(False))
    late = rows.filter((pl.col("ended_at") > pl.col("sure_until")) & ~pl.col("is_paused")).select(
        "clock", "calendar", "ended_at", started_at=pl.max_horizontal("started_at", "sure_until")
    )
    counted = rows.select("clock", target=least_target(rows), run=pl.col("run_through") - pl.col("run_before"))
    sums = counted.group_by("clock").agg(pl.col("run").sum(), pl.col("target").min()).sort("clock")
    unsure_run = _sum_time(blurred.filter("is_run"), clock_count, open_time)
    unsure_pause = _sum_time(blurred.filter(~pl.col("is_run")), clock_count, open_time)
    unsure_anew = pl.zeros(clock_count, dtype=pl.Int64, eager=True)
    if has_unshown(rows):
        unshown = _unshown_time(rows, changes["is_blurred"].fill_null(False))
        unsure_run += _sum_time(unshown.filter("is_paused"), clock_count, open_time)
        unsure_pause += _sum_time(unshown.filter(~pl.col("is_paused")), clock_count, open_time)
    if has_doubts(rows):
        # By another calendar or other pauses.
        doubted = rows.filter(pl.col("more_run").is_not_null() | (pl.col("former_run") > 0))
        more = doubted.group_by("clock").agg(pl.col("more_run", "former_run", "more_pause", "anew_run").sum())
        nothing = pl.zeros(clock_count, dtype=pl.Int64, eager=True)
        unsure_run += nothing.scatter(more["clock"] - 1, more["more_run"] + more["former_run"])
        unsure_pause += nothing.scatter(more["clock"] - 1, more["more_pause"])
        unsure_anew = unsure_anew.scatter(more["clock"] - 1, more["anew_run"])
    unsure_at_end = _sum_time(late, clock_count, open_time)
    counts = (sums["run"], sums["target"], unsure_run, unsure_pause, unsure_at_end, unsure_anew)
    return [count.alias(name) for count, name in zip(counts, names, strict=True)]


def _unshown_time(rows: pl.DataFrame, is_blurred: pl.Series) -> pl.DataFrame:
    """Stretches of time in which a clock would have run, or stood still, in the category that is not shown.

    Where the next stretch begins to count, or ceases to, some time before it is seen to, that time is counted already.
    """
    differs = pl.col("unshown_is_paused") != pl.col("is_paused")
    is_counted = pl.lit(is_blurred.shift(-1, fill_value=False)) & (pl.col("clock").shift(-1) == pl.col("clock"))
    is_first = pl.col("started_latest_at").is_not_null()
    found = rows.select(
        "clock",
        "calendar",
        "is_paused",
        started_at=pl.max_horizontal("started_at", "unshown_from"),
        ended_at=pl.min_horizontal("ended_at", "unshown_until"),
        is_open=differs & (is_first | ~is_counted.fill_null(False)),
    )
    return found.filter(pl.col("is_open") & (pl.col("started_at") < pl.col("ended_at")))


def _sum_time(stretches: pl.DataFrame, clock_count: int, open_time: OpenTime) -> pl.Series:
    """Open time of each clock's stretches."""
    time = open_time.between(*stretches.select("calendar", "started_at", "ended_at"))
    sums = stretches.select("clock", time.alias("time")).group_by("clock").agg(pl.col("time").sum())
    return pl.zeros(clock_count, dtype=pl.Int64, eager=True).scatter(sums["clock"] - 1, sums["time"])


def is_surely_beyond(breaches: pl.DataFrame, open_time: OpenTime) -> pl.Series:
    """Whether clocks had gone beyond their targets while they went on for certain.

    Args:
        breaches: for each, the row in which it went beyond its target, with `reached_at`, when it reached it.
    """
    is_unsure = (pl.col("ended_at") > pl.col("sure_until")) & ~pl.col("is_paused")
    since = breaches.select(pl.max_horizontal("started_at", "sure_until")).to_series()
    unsure = breaches.select(
        pl.when(is_unsure).then(open_time.between(breaches["calendar"], since, breaches["ended_at"])).otherwise(0)
    ).to_series()
    is_before = pl.col("reached_at") < pl.col("sure_until")
    return breaches.select(is_before & (pl.col("elapsed") - unsure > pl.col("target"))).to_series()


def _gap(gap: ClockGap) -> pl.Expr:
    return pl.lit(gap.value, dtype=_GAPS)

"""Between what the decision of a clock lies, where exports date only so closely what it follows from.

Whether a promise was kept is said in `metrics.sla.decisions`, and of which clocks that is open in `metrics.sla.gaps`.
In which periods such a clock may count is found by `metrics.measuring.uncertain_periods`.
"""

from __future__ import annotations

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.sla.late_priorities import break_for_sure, least_target
from models.vocabulary import ClockGap, ClockState


def find_decision_windows(rows: pl.DataFrame, clocks: pl.DataFrame, open_time: OpenTime) -> list[pl.Series]:
    """Per clock, `decided_earliest_at` and `decided_latest_at`: the decision came after the one, and by the other.

    A clock that was kept can have stopped as soon as it no longer went on for certain. One that counted, perhaps, more
    than is known was not broken before the stretch through which it can have reached its target. One that paused,
    perhaps, before it is known to was broken by the time at which it had counted so much more. One under which the
    priority changed, perhaps, before an export shows it was not broken by the new target before the export before; and
    it was broken by the time at which it was beyond both.

    Args:
        rows: what `metrics.sla.running.measure_clocks` gave, with `clock` and `position`.
        clocks: one row per clock with its `state`, `decided_at`, `went_beyond_at`, what `metrics.sla.gaps` said of it,
            and the columns of the row by which it was decided.
    """
    stop_after = pl.when(pl.col("sure_until") < pl.col("clock_ends_at")).then("sure_until")
    broken_at, broken_after, broken_by = pl.col("went_beyond_at"), pl.lit(None, pl.Datetime("us", "UTC")), pl.lit(None)
    unsure = clocks.select(pl.col("unsure_run", "unsure_pause"))
    # The change of priority that broke it can have come as soon as the export before.
    changed_after = pl.when(broken_at == pl.col("target_set_at")).then("target_set_after")
    if (unsure["unsure_run"] > 0).any():
        broken_after = pl.lit(_first_possible(rows, unsure["unsure_run"]))
    may_be_later = (pl.col("unsure_pause") > 0) | pl.col("greatest_other").is_not_null()
    if clocks.select(may_be_later.any()).item():
        reached = break_for_sure(rows, unsure["unsure_pause"], open_time)
        nowhere = pl.repeat(None, clocks.height, dtype=rows.schema["started_at"], eager=True)
        later = nowhere.scatter(reached["clock"] - 1, reached["broken_by"])
        broken_by = pl.when(may_be_later).then(pl.coalesce(pl.lit(later), "clock_ends_at"))
    is_breached, is_open = (pl.col("state") == state.value for state in (ClockState.BREACHED, ClockState.NOT_MEASURED))
    is_between_exports = is_open & (pl.col("not_told") == ClockGap.INSTANTS.value)
    earliest = (
        pl.when(pl.col("state") == ClockState.MET.value)
        .then(stop_after)
        .when(is_breached)
        .then(pl.min_horizontal(broken_after, changed_after, "beyond_other_after"))
        .when(is_between_exports)
        .then(
            pl.min_horizontal(
                *(stop_after, broken_after, changed_after, "beyond_other_after", broken_at, "returned_after")
            )
        )
    )
    # What stopped before it went beyond its target, though it had reached it, was kept.
    kept_by = pl.when(is_between_exports & stop_after.is_not_null()).then("beyond_at")
    latest = pl.max_horizontal(pl.when(is_breached | is_between_exports).then(broken_by), kept_by)
    decided_at = pl.col("decided_at")
    return clocks.select(
        decided_earliest_at=pl.when(earliest < decided_at).then(earliest),
        decided_latest_at=pl.when(latest > decided_at).then(latest),
    ).get_columns()


def _first_possible(rows: pl.DataFrame, more: pl.Series) -> pl.Series:
    """Per clock, the earliest start of the first stretch through which it can have reached its target.

    Args:
        more: how much more than is known each clock can have counted; empty where that is nothing.
    """
    extra = more.gather(rows["clock"] - 1)
    least = rows.select(least_target(rows)).to_series()
    # A target that was reached as a day closed was so then, though the clock went beyond it on another.
    beyond = rows.filter((extra > 0) & (rows["elapsed"] + extra >= least))
    first = beyond.filter(pl.col("clock").ne_missing(pl.col("clock").shift(1)))
    nowhere = pl.repeat(None, len(more), dtype=rows.schema["started_at"], eager=True)
    # The clock itself can have begun as soon as the export before.
    began = first.select(pl.min_horizontal("started_at", pl.when("begins").then("started_earliest_at"))).to_series()
    return nowhere.scatter(first["clock"] - 1, began)

"""When a clock reached a target and when it went beyond it, by its running totals."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from metrics.calendars.business_time import OpenTime


def reach_targets(rows: pl.DataFrame, wanted: pl.DataFrame, open_time: OpenTime) -> pl.DataFrame:
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


def go_beyond(rows: pl.DataFrame, open_time: OpenTime) -> pl.Series:
    """When clocks went beyond their targets: until then, a stop would have kept the promise.

    That is when they reached them, but for those that reached them as a day closed, or as a pause began.

    Args:
        rows: the first of each clock in which it went beyond its target.
    """
    missing = pl.col("target") - (pl.col("run_before") - pl.col("run_at_count"))
    # The microsecond that is too much, without it.
    too_much = rows.select(pl.col("open_at_start") + missing.clip(lower_bound=0) + 1).to_series()
    instant = open_time.instant_at(rows["calendar"], too_much) - timedelta(microseconds=1)
    # A target that was lowered is behind the clock at once.
    return rows.select(beyond_at=pl.when(missing < 0).then("started_at").otherwise(instant)).to_series()

"""Stays of tickets somewhere, each from a day until another, counted day by day."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from metrics.periods import Reporting


def count_stays(stays: pl.DataFrame, reporting: Reporting, *, by: Sequence[str]) -> pl.DataFrame:
    """How many stays contain the end of each day, by some columns; days on which none does have no row.

    A stay is worth +1 on the day it begins and -1 on the day it ends, and the running sum is the count: so it costs no
    more for being long.

    Args:
        stays: `comes`, the first day that ends in the stay, `goes`, a later one, the first that does not; and `by`.
        by: columns whose values are counted apart.

    Returns:
        `by`, `day_date` (until the data's clock) and `count`.
    """
    changes = pl.concat(
        [
            stays.select(*by, day_date="comes", change=pl.lit(1, dtype=pl.Int64)),
            stays.select(*by, day_date="goes", change=pl.lit(-1, dtype=pl.Int64)),
        ]
    )
    running = (
        changes.group_by(*by, "day_date")
        .agg(pl.col("change").sum())
        .sort(*by, "day_date")
        # All that comes goes, if only after the data's clock: so each group begins with a running sum of 0.
        .with_columns(count=pl.col("change").cum_sum(), until=pl.col("day_date").shift(-1))
        .filter(pl.col("count") > 0)
    )
    days = running.select(*by, "count", day_date=pl.date_ranges("day_date", "until", closed="left"))
    return days.explode("day_date", empty_as_null=False).filter(pl.col("day_date") <= reporting.as_of_date)

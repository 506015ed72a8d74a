"""Which values of closed periods are other ones than those told before.

Why they are is known to whoever computes them anew, not here: see `pipelines.kpis.restatements`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from models.vocabulary import Dimension, Grain

#: Days and weeks change with every record that is put right; people quote months and quarters.
GRAINS: Final = (Grain.MONTH.value, Grain.QUARTER.value)
#: Columns of `metric_values` that are compared or tell of what.
COMPARED: Final = (
    "metric",
    "metric_version",
    "period_grain",
    "period_start_date",
    "period_end_date",
    "is_period_closed",
    "dimension",
    "value",
    "unit",
    "eligible_count",
)
_KEY: Final = ("metric", "period_grain", "period_start_date")
#: Sums of the same numbers in another order differ in their last digits.
_SAME: Final = 1e-9


def find_restatements(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Values over everything of months and quarters that were told as closed, and are others now.

    What had no value before is told for the first time, which restates nothing.

    Args:
        before, now: columns `COMPARED` of `metric_values`, of the values told last and of those that take their place.

    Returns:
        `metric`, `period_grain`, `period_start_date`, `period_end_date`, `value_before`, `value_now` (empty where the
        period is not closed any more or has no value), `unit`, `eligible_before_count`, `eligible_now_count` and
        `is_redefined`, whether the metric has another version; in the order of the first three.
    """
    told, tells = (_closed(values) for values in (before, now))
    pairs = told.join(
        tells.select(
            *_KEY, value_now="value", eligible_now_count="eligible_count", metric_version_now="metric_version"
        ),
        on=_KEY,
        how="left",
    )
    distance = (pl.col("value_now") - pl.col("value")).abs()
    is_same = distance <= _SAME * pl.max_horizontal(pl.col("value").abs(), pl.col("value_now").abs())
    return (
        pairs.filter(~is_same.fill_null(False))
        .select(
            *_KEY,
            "period_end_date",
            "value_now",
            "unit",
            "eligible_now_count",
            value_before="value",
            eligible_before_count="eligible_count",
            is_redefined=(pl.col("metric_version") != pl.col("metric_version_now")).fill_null(False),
        )
        .sort(_KEY)
    )


def _closed(values: pl.DataFrame) -> pl.DataFrame:
    texts = [pl.col(name).cast(pl.String) for name in ("metric", "period_grain", "dimension", "unit")]
    return (
        values.select(COMPARED)
        .with_columns(texts)
        .filter(
            pl.col("is_period_closed"),
            pl.col("dimension") == Dimension.OVERALL.value,
            pl.col("period_grain").is_in(GRAINS),
            pl.col("value").is_not_null(),
        )
    )

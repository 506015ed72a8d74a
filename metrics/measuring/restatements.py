"""Which values of closed periods are other ones than those told before.

Why they are is known to whoever computes them anew, not here: see `pipelines.kpis.restatements`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import polars as pl

from metrics.periods import is_closed
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
#: Those that are left of values of closed periods over everything.
TOLD: Final = tuple(name for name in COMPARED if name not in ("is_period_closed", "dimension"))
_KEY: Final = ("metric", "period_grain", "period_start_date")
#: Sums of the same numbers in another order differ in their last digits.
_SAME: Final = 1e-9


def closed_values(values: pl.DataFrame) -> pl.DataFrame:
    """What is told of closed months and quarters over everything.

    Args:
        values: columns `COMPARED` of `metric_values`.

    Returns:
        Columns `TOLD`.
    """
    return _of_everything(values).filter(pl.col("is_period_closed"), pl.col("value").is_not_null()).select(TOLD)


def find_restatements(told: pl.DataFrame, now: pl.DataFrame, reaches: Mapping[str, date]) -> pl.DataFrame:
    """What was told of closed periods and is told otherwise now.

    What had no value before is told for the first time, which restates nothing; nor does a period that is only open
    again (`find_reopened`).

    Args:
        told: columns `TOLD`, of the values told last of periods that were closed then; and any others, which are kept.
        now: columns `COMPARED` of `metric_values`, of the values that take their place.
        reaches: by metric, the day of the clock that closes periods of the whole; metrics without one have no data.

    Returns:
        `metric`, `period_grain`, `period_start_date`, `period_end_date`, `value_before`, `value_now` (empty where there
        is none of the period any more), `unit`, `eligible_before_count`, `eligible_now_count` and `is_redefined`,
        whether the metric has another version; in the order of the first three.
    """
    distance = (pl.col("value_now") - pl.col("value")).abs()
    is_same = distance <= _SAME * pl.max_horizontal(pl.col("value").abs(), pl.col("value_now").abs())
    others = [name for name in told.columns if name not in TOLD]
    return (
        _pair(told, now, reaches)
        .filter(~pl.col("is_open"), ~is_same.fill_null(False))
        .select(
            *_KEY,
            "period_end_date",
            "value_now",
            "unit",
            pl.when(pl.col("value_now").is_not_null()).then("eligible_now_count").alias("eligible_now_count"),
            *others,
            value_before="value",
            eligible_before_count="eligible_count",
            is_redefined=(pl.col("metric_version") != pl.col("metric_version_now")).fill_null(False),
        )
        .sort(_KEY)
    )


def find_reopened(told: pl.DataFrame, now: pl.DataFrame, reaches: Mapping[str, date]) -> pl.DataFrame:
    """What was told of closed periods that the data do not reach beyond any more, or of which only a part is there.

    Whether they are told otherwise shows when they are closed again.

    Args:
        told, now, reaches: see `find_restatements`.

    Returns:
        Rows of `told`.
    """
    return _pair(told, now, reaches).filter("is_open").select(told.columns).sort(_KEY)


def _pair(told: pl.DataFrame, now: pl.DataFrame, reaches: Mapping[str, date]) -> pl.DataFrame:
    """What was told, with what is told now of the same, and whether its period is open."""
    tells = _of_everything(now).select(
        *_KEY,
        value_now="value",
        eligible_now_count="eligible_count",
        metric_version_now="metric_version",
        is_closed_now="is_period_closed",
    )
    clocks = pl.DataFrame(
        {"metric": list(reaches), "reach_date": list(reaches.values())},
        schema={"metric": pl.String, "reach_date": pl.Date},
    )
    # Of a period that the data do not reach there may be no row at all.
    is_open = pl.coalesce(~pl.col("is_closed_now"), ~is_closed(pl.col("period_end_date"), pl.col("reach_date")))
    return (
        told.join(tells, on=_KEY, how="left")
        .join(clocks, on="metric", how="left")
        .with_columns(is_open=is_open.fill_null(False))
    )


def _of_everything(values: pl.DataFrame) -> pl.DataFrame:
    texts = [pl.col(name).cast(pl.String) for name in ("metric", "period_grain", "dimension", "unit")]
    return (
        values.select(COMPARED)
        .with_columns(texts)
        .filter(pl.col("dimension") == Dimension.OVERALL.value, pl.col("period_grain").is_in(GRAINS))
    )

"""Periods in which nothing was counted: a count of 0 is a number that readers of a time series expect to see.

Only where it is known that there was nothing: from the first record of the fact to the data's own clock. What was
counted is computed elsewhere; ratios and percentiles of nothing have no row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from metrics.periods import local_date, period_start
from metrics.populations import fact_or_empty
from metrics.spec import Metric, Span
from models.vocabulary import Dimension, Grain

#: Grain in which values of a breakdown have zeros too. By day and week there would be far more zeros than numbers.
_BREAKDOWN_GRAIN: Final = Grain.MONTH

_KEYS: Final = ["period_grain", "period_start_date", "dimension", "dimension_value"]
_ZEROS: Final = ("value", "lower_bound", "upper_bound")
_NO_RECORDS: Final = ("eligible_count", "measured_count")


@dataclass(frozen=True, slots=True)
class KnownDays:
    """First and last day of which a fact tells everything."""

    first: date
    last: date

    def periods(self, grain: Grain, week_start: int) -> pl.Series:
        """First days of the periods that these days lie in, in order."""
        days = pl.date_range(self.first, self.last, eager=True).alias("period_start_date")
        starts = days.to_frame().select(period_start(pl.col("period_start_date"), grain, week_start))
        return starts.to_series().unique(maintain_order=True)


def known_days(span: Span, facts: Mapping[str, pl.DataFrame], *, time_zone: str, as_of_date: date) -> KnownDays | None:
    """The days that a span covers; None if its fact has no row before the data's clock."""
    rows = fact_or_empty(facts, span.fact).lazy().select(start=span.start)
    is_instant = isinstance(rows.collect_schema()["start"], pl.Datetime)
    earliest = rows.select(pl.col("start").min())
    first = earliest.select(local_date(pl.col("start"), time_zone) if is_instant else "start").collect().item()
    return None if first is None or first > as_of_date else KnownDays(first, as_of_date)


def add_zeros(measured: pl.DataFrame, metric: Metric, known: KnownDays | None, week_start: int) -> pl.DataFrame:
    """The cells of a count with 0 where nothing was counted: overall in every grain, in breakdowns by month.

    A value of a breakdown has zeros from its first record on: before, it may not have existed.

    Args:
        measured: cells of one metric, in the columns that `metrics.measure` completes.
        known: the days in which nothing means 0; None adds nothing.
    """
    if known is None:
        return measured
    expected = [
        pl.DataFrame({"period_start_date": known.periods(grain, week_start)}).select(
            period_grain=pl.lit(grain.value),
            period_start_date="period_start_date",
            dimension=pl.lit(Dimension.OVERALL.value),
            dimension_value=pl.lit(""),
        )
        for grain in metric.grains
        if Dimension.OVERALL in metric.dimensions
    ]
    if _BREAKDOWN_GRAIN in metric.grains:
        expected.append(_months_of_values(measured, known.periods(_BREAKDOWN_GRAIN, week_start)))
    missing = pl.concat(expected).join(measured, on=_KEYS, how="anti")
    return pl.concat(
        [
            measured,
            missing.with_columns(
                pl.lit(metric.name).alias("metric"),
                pl.lit(metric.version, dtype=pl.Int64).alias("metric_version"),
                pl.lit(metric.unit.value).alias("unit"),
                *(pl.lit(0.0).alias(name) for name in _ZEROS),
                *(pl.lit(0, dtype=pl.Int64).alias(name) for name in _NO_RECORDS),
                *(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("numerator", "denominator")),
            ).select(measured.columns),
        ]
    )


def _months_of_values(measured: pl.DataFrame, months: pl.Series) -> pl.DataFrame:
    """Every value of every breakdown with every month from its first one on."""
    first_months = (
        measured.filter(
            pl.col("period_grain") == _BREAKDOWN_GRAIN.value, pl.col("dimension") != Dimension.OVERALL.value
        )
        .group_by("dimension", "dimension_value")
        .agg(first_month=pl.col("period_start_date").min())
    )
    return (
        first_months.join(months.alias("period_start_date").to_frame(), how="cross")
        .filter(pl.col("period_start_date") >= pl.col("first_month"))
        .select(pl.lit(_BREAKDOWN_GRAIN.value).alias("period_grain"), *_KEYS[1:])
    )

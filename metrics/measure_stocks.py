"""Metrics of what there is at the end of a period: tickets in work, by status category.

A stock is not added up over time: a period shows its last day, and one that is still open the day of the data's clock.
How many tickets lie in which category each day is counted before, in `metrics.flow`; here the tickets of which that is
not known are set beside them, so that the gap shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import product
from typing import Final

import polars as pl

from metrics import bounds
from metrics.kinds import Stock
from metrics.periods import local_date, period_end, period_start
from metrics.populations import fact_or_empty
from metrics.spec import Metric
from models.vocabulary import NO_VALUE, Dimension, Grain, StatusCategory

_CATEGORIES: Final = (StatusCategory.QUEUED, StatusCategory.ACTIVE, StatusCategory.WAITING)
_UNKNOWN: Final = "unknown"
_COUNTS: Final = (*(category.value for category in _CATEGORIES), _UNKNOWN)


def measure_stocks(
    metrics: Sequence[Metric],
    facts: Mapping[str, pl.DataFrame],
    *,
    time_zone: str,
    as_of_date: date,
    week_start: int,
) -> list[pl.DataFrame]:
    """One frame per metric, in the columns that `metrics.measure` completes.

    Args:
        metrics: metrics of the kind Stock.
        facts: core tables by name; fct_ticket_days and fct_tickets are read.
        time_zone: reporting time zone; the days of fct_ticket_days are cut in it.
        as_of_date: day of the data's clock in that zone.
        week_start: ISO number of the first day of a week.
    """
    if not metrics:
        return []
    counted = fact_or_empty(facts, "fct_ticket_days").filter(pl.col("day_date") <= as_of_date)
    unknown = _stays_of_unknown(fact_or_empty(facts, "fct_tickets"), time_zone, as_of_date)
    grains = sorted({grain for metric in metrics for grain in metric.grains})
    dimensions = sorted({dimension for metric in metrics for dimension in metric.dimensions})
    daily = {dimension: _count_daily(counted, unknown, dimension, as_of_date) for dimension in dimensions}
    cells = pl.concat(
        [
            _at_period_ends(daily[dimension], grain, dimension, as_of_date, week_start)
            for grain, dimension in product(grains, dimensions)
        ]
    )
    return [_values(cells, metric) for metric in metrics]


def _stays_of_unknown(tickets: pl.DataFrame, time_zone: str, as_of_date: date) -> pl.DataFrame:
    """Tickets whose category on a day is not known: the day on which each comes, and that on which it is gone.

    One that is done or cancelled nobody knows when may have been in work until the data's clock. One that is open
    and was created nobody knows when is, on the day of the data's clock, in work.
    """
    is_over = pl.col("is_done") | pl.col("is_cancelled")
    ended_at = pl.when("is_done").then("resolved_at").when("is_cancelled").then("cancelled_at")
    today = pl.lit(as_of_date)
    return (
        tickets.filter(pl.col("is_quarantined") | ~pl.col("has_history"))
        .select(
            *(dimension.value for dimension in Dimension if dimension is not Dimension.OVERALL),
            comes=pl.coalesce(local_date(pl.col("created_at"), time_zone), pl.when(~is_over).then(today)),
            goes=pl.when(is_over)
            .then(pl.coalesce(local_date(ended_at, time_zone), today))
            .otherwise(today + timedelta(days=1)),
        )
        .filter(pl.col("comes") < pl.min_horizontal("goes", today + timedelta(days=1)))
    )


def _count_daily(counted: pl.DataFrame, unknown: pl.DataFrame, dimension: Dimension, as_of_date: date) -> pl.DataFrame:
    """Tickets of each category, and those of which it is not known, at the end of each day that has any."""
    known = (
        counted.lazy()
        .group_by("day_date", "status_category", _value(dimension))
        .agg(pl.col("ticket_count").sum())
        .select(
            "day_date",
            "dimension_value",
            *(
                pl.when(pl.col("status_category") == category.value).then("ticket_count").otherwise(0).alias(category)
                for category in _CATEGORIES
            ),
            pl.lit(0, dtype=pl.Int64).alias(_UNKNOWN),
        )
    )
    in_doubt = _expand_stays(unknown.select("comes", "goes", _value(dimension)), as_of_date).lazy()
    nothing = [pl.lit(0, dtype=pl.Int64).alias(category) for category in _CATEGORIES]
    return (
        pl.concat([known, in_doubt.select("day_date", "dimension_value", *nothing, _UNKNOWN)])
        .group_by("day_date", "dimension_value")
        .agg(pl.col(_COUNTS).sum())
        .collect()
    )


def _value(dimension: Dimension) -> pl.Expr:
    value = pl.lit("") if dimension is Dimension.OVERALL else pl.col(dimension.value).fill_null(NO_VALUE)
    return value.alias("dimension_value")


def _expand_stays(stays: pl.DataFrame, as_of_date: date) -> pl.DataFrame:
    """How many stays of each value contain the end of each day; days without any have no row.

    A stay is worth +1 on the day it begins and -1 on the day it ends, and the running sum is the count.
    """
    changes = pl.concat(
        [
            stays.select("dimension_value", day_date="comes", change=pl.lit(1, dtype=pl.Int64)),
            stays.select("dimension_value", day_date="goes", change=pl.lit(-1, dtype=pl.Int64)),
        ]
    )
    running = (
        changes.group_by("dimension_value", "day_date")
        .agg(pl.col("change").sum())
        .sort("dimension_value", "day_date")
        # All that comes goes, if only after the data's clock: so each value begins with a running sum of 0.
        .with_columns(pl.col("change").cum_sum().alias(_UNKNOWN), until=pl.col("day_date").shift(-1))
        .filter(pl.col(_UNKNOWN) > 0)
    )
    days = running.select("dimension_value", _UNKNOWN, day_date=pl.date_ranges("day_date", "until", closed="left"))
    return days.explode("day_date", empty_as_null=False).filter(pl.col("day_date") <= as_of_date)


def _at_period_ends(
    daily: pl.DataFrame, grain: Grain, dimension: Dimension, as_of_date: date, week_start: int
) -> pl.DataFrame:
    """The last day of each period, as the period's cell."""
    start = period_start(pl.col("day_date"), grain, week_start)
    last_day = pl.min_horizontal(period_end(start, grain), pl.lit(as_of_date))
    return daily.filter(pl.col("day_date") == last_day).select(
        pl.lit(grain.value).alias("period_grain"),
        start.alias("period_start_date"),
        pl.lit(dimension.value).alias("dimension"),
        "dimension_value",
        *_COUNTS,
    )


def _values(cells: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """Value and bounds of one metric in all its cells."""
    assert isinstance(metric.kind, Stock)
    counted = pl.sum_horizontal([category.value for category in metric.kind.categories])
    measured = pl.sum_horizontal([category.value for category in _CATEGORIES])
    eligible = measured + pl.col(_UNKNOWN)
    nothing = pl.lit(None, dtype=pl.Float64)
    lower, upper = bounds.stock_bounds(counted, measured, eligible)
    return cells.filter(
        pl.col("period_grain").is_in([grain.value for grain in metric.grains]),
        pl.col("dimension").is_in([dimension.value for dimension in metric.dimensions]),
    ).select(
        pl.lit(metric.name).alias("metric"),
        pl.lit(metric.version, dtype=pl.Int64).alias("metric_version"),
        pl.lit(metric.unit.value).alias("unit"),
        "period_grain",
        "period_start_date",
        "dimension",
        "dimension_value",
        # Where no ticket's category is known, there are not 0 in it.
        pl.when(measured > 0).then(counted).cast(pl.Float64).alias("value"),
        nothing.alias("numerator"),
        nothing.alias("denominator"),
        lower.alias("lower_bound"),
        upper.alias("upper_bound"),
        eligible.alias("eligible_count"),
        measured.alias("measured_count"),
    )

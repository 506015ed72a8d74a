"""Metrics of what there is at the end of a period: tickets in work, by status category.

A stock is not added up over time: a period shows its last day, and one that is still open the day of the data's clock.
How many tickets lie in which category each day is counted before, in `metrics.tickets.flow`; here the tickets of which
that is not known are set beside them, so that the gap shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import product
from typing import Final

import polars as pl

from metrics.kinds import Stock
from metrics.measuring import bounds
from metrics.measuring.cells import CELL, EncodedFact, encode_breakdown
from metrics.measuring.fact_records import fact_or_empty
from metrics.measuring.published_cells import Numbers, close_periods, publish_cells
from metrics.periods import Reporting, local_date, period_end, period_start
from metrics.spec import Metric
from models.vocabulary import NO_VALUE, Dimension, Grain, StatusCategory

_CATEGORIES: Final = tuple(
    category.value for category in (StatusCategory.QUEUED, StatusCategory.ACTIVE, StatusCategory.WAITING)
)
_UNKNOWN: Final = "unknown"
_COUNTS: Final = (*_CATEGORIES, _UNKNOWN)


def measure_stocks(
    metrics: Sequence[Metric],
    facts: Mapping[str, pl.DataFrame],
    reporting: Reporting,
) -> list[pl.DataFrame]:
    """Rows of `metric_values`, one frame per metric in the order of the metrics, each in order of its cells.

    Args:
        metrics: metrics of the kind Stock.
        facts: core tables by name; fct_ticket_days and fct_tickets are read.
        reporting: how periods are cut; the days of fct_ticket_days are cut in its time zone.
    """
    if not metrics:
        return []
    days = fact_or_empty(facts, "fct_ticket_days").filter(pl.col("day_date") <= reporting.as_of_date)
    counted = encode_breakdown(days)
    unknown = stays_of_unknown(fact_or_empty(facts, "fct_tickets"), reporting)
    grains = sorted({grain for metric in metrics for grain in metric.grains})
    dimensions = sorted({dimension for metric in metrics for dimension in metric.dimensions})
    daily = {dimension: _count_daily(counted, unknown, dimension, reporting.as_of_date) for dimension in dimensions}
    cells = pl.concat(
        [
            _at_period_ends(daily[dimension], grain, dimension, reporting)
            for grain, dimension in product(grains, dimensions)
        ]
    ).sort(CELL)
    closed = close_periods(cells, reporting)
    return [_values(closed, metric) for metric in metrics]


def stays_of_unknown(tickets: pl.DataFrame, reporting: Reporting, *, also: Sequence[str] = ()) -> pl.DataFrame:
    """Tickets whose category on a day is not known: the day on which each comes, and that on which it is gone.

    One that is done or cancelled nobody knows when may have been in work until an export first showed it so, else until
    the data's clock. One that is open and was created nobody knows when is, on the day of the data's clock, in work.
    One that left the exports while it was open may be in work since.

    Args:
        also: columns of the tickets to keep beside their breakdown.
    """
    is_over = pl.col("is_done") | pl.col("is_cancelled")
    ended_at = pl.when("is_done").then("resolved_at").when("is_cancelled").then("cancelled_at")
    today, time_zone = pl.lit(reporting.as_of_date), reporting.time_zone
    is_unknown, unknown_since = pl.col("is_quarantined") | ~pl.col("has_history"), pl.col("unknown_since_at")
    comes = pl.coalesce(local_date(pl.col("created_at"), time_zone), pl.when(~is_over).then(today))
    return (
        tickets.filter(is_unknown | unknown_since.is_not_null())
        .select(
            *(pl.col(dimension.value).cast(pl.String) for dimension in Dimension if dimension is not Dimension.OVERALL),
            *also,
            comes=pl.when(is_unknown).then(comes).otherwise(local_date(unknown_since, time_zone)),
            goes=pl.when(is_over)
            .then(pl.coalesce(local_date(pl.coalesce(ended_at, "settled_by_at"), time_zone), today))
            .otherwise(today + timedelta(days=1)),
        )
        .filter(pl.col("comes") < pl.min_horizontal("goes", today + timedelta(days=1)))
    )


def _count_daily(counted: EncodedFact, unknown: pl.DataFrame, dimension: Dimension, as_of_date: date) -> pl.DataFrame:
    """Tickets of each category, and those of which it is not known, at the end of each day that has any."""
    is_whole = dimension is Dimension.OVERALL
    code = pl.lit(0, dtype=pl.UInt32) if is_whole else pl.col(dimension.value)
    names = pl.Series([""]) if is_whole else counted.values[dimension]
    known = (
        counted.frame.lazy()
        .group_by("day_date", code.alias("code"))
        .agg(pl.col("ticket_count").filter(pl.col("status_category") == name).sum().alias(name) for name in _CATEGORIES)
        .collect(engine="streaming")
    )
    named = known.select("day_date", names.gather(known["code"]).alias("dimension_value"), *_CATEGORIES)
    value = pl.lit("") if is_whole else pl.col(dimension.value).fill_null(NO_VALUE)
    in_doubt = count_stays(unknown.select("comes", "goes", dimension_value=value), as_of_date)
    return (
        pl.concat([named, in_doubt], how="diagonal")
        .lazy()
        .group_by("day_date", "dimension_value")
        .agg(pl.col(_COUNTS).sum())
        .collect()
    )


def count_stays(stays: pl.DataFrame, as_of_date: date) -> pl.DataFrame:
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


def _at_period_ends(daily: pl.DataFrame, grain: Grain, dimension: Dimension, reporting: Reporting) -> pl.DataFrame:
    """The last day of each period, as the period's cell."""
    start = period_start(pl.col("day_date"), grain, reporting.week_start)
    last_day = pl.min_horizontal(period_end(start, grain), pl.lit(reporting.as_of_date))
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
    measured = pl.sum_horizontal(_CATEGORIES)
    eligible = measured + pl.col(_UNKNOWN)
    lower, upper = bounds.stock_bounds(counted, measured, eligible)
    numbers = Numbers(
        # Where no ticket's category is known, there are not 0 in it.
        value=pl.when(measured > 0).then(counted),
        lower=lower,
        upper=upper,
        eligible=eligible,
        measured=measured,
    )
    return publish_cells(cells, metric, numbers)

"""Metrics of what there is at the end of a period: tickets in work, by status category.

A stock is not added up over time: a period shows its last day, and one that is still open the day of the data's clock.
How many tickets lie in which category each day is counted before, in `metrics.tickets.flow`; here the tickets of which
that is not known are set beside them, so that the gap shows, and what exports leave open of those that they show
(`metrics.measuring.uncertain_stocks`) bounds the count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import product
from typing import Final

import polars as pl

from metrics.kinds import Stock
from metrics.measuring import bounds
from metrics.measuring.cells import CELL, EncodedFact, encode_breakdown
from metrics.measuring.fact_records import fact_or_empty
from metrics.measuring.published_cells import Numbers, close_periods, publish_cells
from metrics.measuring.stays import count_stays
from metrics.measuring.uncertain_stocks import (
    CERTAIN,
    POSSIBLE,
    SHOWN,
    count_uncertain,
    days_between_exports,
    trace_stretches,
)
from metrics.periods import Reporting, local_date, period_end, period_start
from metrics.spec import Metric
from models.vocabulary import BREAKDOWNS, NO_VALUE, WORK, Dimension, Grain

_UNKNOWN: Final = "unknown"
_COUNTS: Final = (*WORK, _UNKNOWN, *SHOWN, POSSIBLE, CERTAIN)


def measure_stocks(
    metrics: Sequence[Metric],
    facts: Mapping[str, pl.DataFrame],
    reporting: Reporting,
) -> list[pl.DataFrame]:
    """Rows of `metric_values`, one frame per metric in the order of the metrics, each in order of its cells.

    Args:
        metrics: metrics of the kind Stock.
        facts: core tables by name; fct_ticket_days, fct_tickets and, of tickets whose history is made of exports,
            fct_ticket_intervals are read.
        reporting: how periods are cut; the days of fct_ticket_days are cut in its time zone.
    """
    if not metrics:
        return []
    days = fact_or_empty(facts, "fct_ticket_days").filter(pl.col("day_date") <= reporting.as_of_date)
    counted = encode_breakdown(days)
    tickets = fact_or_empty(facts, "fct_tickets")
    unknown = stays_of_unknown(tickets, reporting)
    stretches = trace_stretches(fact_or_empty(facts, "fct_ticket_intervals"), tickets, reporting)
    between = days_between_exports(stretches, reporting)
    grains = sorted({grain for metric in metrics for grain in metric.grains})
    dimensions = sorted({dimension for metric in metrics for dimension in metric.dimensions})
    daily = {
        dimension: _add_up(
            _count_shown(counted, dimension),
            _count_unknown(unknown, dimension, reporting),
            count_uncertain(stretches, between, dimension, reporting),
        )
        for dimension in dimensions
    }
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
            *(pl.col(name).cast(pl.String) for name in BREAKDOWNS),
            *also,
            comes=pl.when(is_unknown).then(comes).otherwise(local_date(unknown_since, time_zone)),
            goes=pl.when(is_over)
            .then(pl.coalesce(local_date(pl.coalesce(ended_at, "settled_by_at"), time_zone), today))
            .otherwise(today + timedelta(days=1)),
        )
        .filter(pl.col("comes") < pl.min_horizontal("goes", today + timedelta(days=1)))
    )


def _count_shown(counted: EncodedFact, dimension: Dimension) -> pl.DataFrame:
    """Tickets of each category at the end of each day that has any, by value of a dimension."""
    is_whole = dimension is Dimension.OVERALL
    code = pl.lit(0, dtype=pl.UInt32) if is_whole else pl.col(dimension.value)
    names = pl.Series([""]) if is_whole else counted.values[dimension]
    known = (
        counted.frame.lazy()
        .group_by("day_date", code.alias("code"))
        .agg(pl.col("ticket_count").filter(pl.col("status_category") == name).sum().alias(name) for name in WORK)
        .collect(engine="streaming")
    )
    return known.select("day_date", names.gather(known["code"]).alias("dimension_value"), *WORK)


def _count_unknown(unknown: pl.DataFrame, dimension: Dimension, reporting: Reporting) -> pl.DataFrame:
    """Tickets whose category is not known at the end of each day that has any, by value of a dimension."""
    value = pl.lit("") if dimension is Dimension.OVERALL else pl.col(dimension.value).fill_null(NO_VALUE)
    stays = unknown.select("comes", "goes", dimension_value=value)
    return count_stays(stays, reporting, by=["dimension_value"]).rename({"count": _UNKNOWN})


def _add_up(*counts: pl.DataFrame) -> pl.DataFrame:
    """All counts of a day and a value in one row."""
    every = pl.concat(counts, how="diagonal").lazy()
    return every.group_by("day_date", "dimension_value").agg(pl.col(_COUNTS).sum()).collect()


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
    categories = [category.value for category in metric.kind.categories]
    counted, measured = pl.sum_horizontal(categories), pl.sum_horizontal(WORK)
    eligible = measured + pl.col(_UNKNOWN)
    in_doubt = pl.sum_horizontal([f"shown_{category}" for category in categories])
    # In which category they are is not known; that they are in one is of some.
    certain = pl.col(CERTAIN) if metric.kind.is_of_all_work else pl.lit(0)
    lower, upper = bounds.stock_bounds(
        counted, measured, eligible, in_doubt=in_doubt, certain=certain, possible=pl.col(POSSIBLE)
    )
    numbers = Numbers(
        # Where no ticket's category is known, there are not 0 in it.
        value=pl.when((measured > 0) | (eligible == 0)).then(counted),
        lower=lower,
        upper=upper,
        eligible=eligible,
        measured=measured,
    )
    return publish_cells(cells, metric, numbers)

"""Tickets that make a stock less than certain at the end of each month: where they are is not known, or only nearly.

Of how many that is so each day is said where stocks are measured (`metrics.measuring.stocks` and
`metrics.measuring.uncertain_stocks`); here by source, and why.
"""

from __future__ import annotations

import polars as pl

from metrics.instrumentation.inexact import IN_SEVERAL_PERIODS
from metrics.kinds import Stock
from metrics.measuring.stays import count_stays
from metrics.measuring.stocks import stays_of_unknown
from metrics.measuring.uncertain_stocks import (
    CERTAIN,
    POSSIBLE,
    count_uncertain,
    days_between_exports,
    trace_stretches,
)
from metrics.periods import Reporting, period_end, period_start
from metrics.spec import Metric
from models.vocabulary import Dimension, Grain


def count_unknown_stock(tickets: pl.DataFrame, reporting: Reporting) -> pl.DataFrame:
    """Tickets whose category at the end of a month is not known.

    Args:
        tickets: rows of `fct_tickets` with `reasons`.

    Returns:
        `period_start_date`, `source`, `table_name`, `reasons`, `record_count` and `span`.
    """
    stays = stays_of_unknown(tickets, reporting, also=("source", "reasons"))
    counts = _at_month_ends(count_stays(stays, reporting, by=["source", "reasons"]), reporting)
    return counts.select(
        "period_start_date",
        "source",
        "reasons",
        pl.lit("tickets").alias("table_name"),
        record_count="count",
        span=pl.col("count").cast(pl.Float64),
    )


def count_stock_in_doubt(intervals: pl.DataFrame, tickets: pl.DataFrame, reporting: Reporting) -> pl.DataFrame:
    """Tickets that exports show only before and after the end of a month: counts of `count_uncertain` by source."""
    stretches = trace_stretches(intervals, tickets, reporting)
    days = days_between_exports(stretches, reporting)
    counts = count_uncertain(stretches, days, Dimension.OVERALL, reporting, also=["source"])
    return _at_month_ends(counts, reporting)


def stock_width(in_doubt: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """How many of them set the bounds of a stock apart, and by how much: each by one.

    Args:
        in_doubt: from `count_stock_in_doubt`.

    Returns:
        `period_start_date`, `source`, `table_name`, `reasons` (`IN_SEVERAL_PERIODS`), `record_count` and `span`.
    """
    assert isinstance(metric.kind, Stock)
    # That a ticket is in work can be certain, but not in which category.
    count = pl.col(POSSIBLE) - pl.col(CERTAIN) if metric.kind.is_of_all_work else pl.col(POSSIBLE)
    return in_doubt.filter(count > 0).select(
        "period_start_date",
        "source",
        pl.lit("tickets").alias("table_name"),
        reasons=pl.lit(IN_SEVERAL_PERIODS),
        record_count=count,
        span=count.cast(pl.Float64),
    )


def _at_month_ends(daily: pl.DataFrame, reporting: Reporting) -> pl.DataFrame:
    """The last day of each month, as the month's."""
    start = period_start(pl.col("day_date"), Grain.MONTH)
    last_day = pl.min_horizontal(period_end(start, Grain.MONTH), pl.lit(reporting.as_of_date))
    return daily.filter(pl.col("day_date") == last_day).with_columns(period_start_date=start)

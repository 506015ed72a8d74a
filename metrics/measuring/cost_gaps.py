"""Months that the ledger lacks, within periods that are longer than a month or reach into two.

Months whose cost is not known although they have lines, which were set aside, are no gap: their lines are counted.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

import polars as pl

from metrics.costs.accrual import months_of
from metrics.periods import is_closed, period_end
from models.vocabulary import Grain

_START: Final = pl.col("period_start_date")


def line_days(fct_cost_lines: pl.DataFrame) -> pl.DataFrame:
    """start and end of the days on which each line lies, also of lines that could not be used; and is_measured."""
    start = pl.coalesce("cost_start_date", "posting_date")
    return fct_cost_lines.select(
        start=start,
        end=pl.max_horizontal(pl.coalesce("cost_end_date", "cost_start_date", "posting_date"), start),
        is_measured=pl.col("amount_reporting").is_not_null() & ~pl.col("is_quarantined"),
    ).drop_nulls("start")


def count_missing_months(
    periods: pl.DataFrame, fct_cost_lines: pl.DataFrame, as_of_date: date, unposted_months: Collection[date] = ()
) -> pl.Series:
    """How many months that are over and that the ledger lacks each period reaches into.

    Args:
        periods: period_grain and period_start_date.
        fct_cost_lines: `fct_cost_lines`; a month in which no line lies is missing.
        as_of_date: day of the clock of the ledger.
        unposted_months: months that are missing although lines of others lie on their days.
    """
    months = months_of(line_days(fct_cost_lines))
    months = months.filter(~months.is_in(list(unposted_months)))
    first = _START.dt.month_start()
    grain = pl.col("period_grain")
    end = pl.coalesce(pl.when(grain == each.value).then(period_end(_START, each)) for each in Grain)
    last, middle = end.dt.month_start(), first.dt.offset_by("1mo")
    reached = [(first, pl.lit(True)), (middle, middle < last), (last, first < last)]
    count = pl.sum_horizontal(is_there & _is_missing(month, months, as_of_date) for month, is_there in reached)
    return periods.select(count.cast(pl.Int64).alias("missing_month_count")).to_series()


def lies_in_unposted(periods: pl.DataFrame, unposted_months: Collection[date]) -> pl.Series:
    """Whether a period lies in months without postings alone: what lines of others spread over it says nothing of its
    cost.

    Args:
        periods: period_grain and period_start_date.
    """
    months = list(unposted_months)
    first = _START.dt.month_start()
    end = pl.coalesce(pl.when(pl.col("period_grain") == each.value).then(period_end(_START, each)) for each in Grain)
    last, middle = end.dt.month_start(), first.dt.offset_by("1mo")
    is_inside = first.is_in(months) & last.is_in(months) & (middle.is_in(months) | (middle >= last))
    return periods.select(is_inside.alias("lies_in_unposted")).to_series()


def _is_missing(month: pl.Expr, months: pl.Series, as_of_date: date) -> pl.Expr:
    return is_closed(period_end(month, Grain.MONTH), as_of_date) & ~month.is_in(months.implode())

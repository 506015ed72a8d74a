"""Which whole months of cost a period lacks, so that its sums are not held against those of other periods.

`metrics.measuring.cost_gaps` counts them from the cost lines, for the bounds; here they are named, from what is
published, so that they fit the values of a KPI that is held as well.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

import polars as pl

from metrics.kinds import BudgetVariance, BudgetVarianceShare, CostSum, ReworkCost, ReworkShare, UnitCost
from metrics.periods import is_closed, period_end
from metrics.spec import Metric
from models.ddl import polars_schema
from models.marts import missing_cost_months
from models.vocabulary import Dimension, Grain

#: Kinds that sum or divide the cost of the ledger. What was planned does not depend on it, and a forecast is of a year.
_OF_THE_LEDGER: Final = (BudgetVariance, BudgetVarianceShare, CostSum, ReworkCost, ReworkShare, UnitCost)
#: A month that has a value is there, and a day lies in one month, unless nothing at all was posted in it.
_GRAINS: Final = (Grain.WEEK.value, Grain.QUARTER.value)
#: It has a row in each month that has any cost line.
_LEDGER: Final = "cost_total_reporting"
_PERIOD: Final = ("metric", "period_grain", "period_start_date")


def find_missing_months(
    metric_values: pl.DataFrame,
    metrics: Sequence[Metric],
    as_of_date: date,
    unposted_months: Collection[date] = (),
) -> pl.DataFrame:
    """`missing_cost_months`: weeks and quarters of KPIs of the ledger's cost that reach into months without any line.

    A month that is not over on the day of the ledger's clock is not missing yet. One of which all postings are missing,
    though lines of others are spread over it, is missing itself, and so are its days.

    Args:
        metric_values: rows of `metric_values`.
        metrics: definitions; those of which the ledger's cost is no part are passed over.
        as_of_date: day of the clock of the ledger.
        unposted_months: first days of months of which all postings are missing.
    """
    unposted = list(unposted_months)
    names = [metric.name for metric in metrics if isinstance(metric.kind, _OF_THE_LEDGER)]
    overall = metric_values.filter(pl.col("dimension") == Dimension.OVERALL.value, pl.col("metric").is_in(names))
    known = overall.filter(
        pl.col("metric") == _LEDGER,
        pl.col("period_grain") == Grain.MONTH.value,
        pl.col("eligible_count") > 0,
        ~pl.col("period_start_date").is_in(unposted),
    )["period_start_date"]
    month = pl.col("month_date")
    return (
        overall.filter(
            pl.col("period_grain").is_in(_GRAINS) | pl.col("period_start_date").dt.month_start().is_in(unposted)
        )
        .select(
            *_PERIOD,
            pl.date_ranges(pl.col("period_start_date").dt.month_start(), "period_end_date", "1mo").alias("month_date"),
        )
        .explode("month_date")
        .filter(~month.is_in(known.implode()), is_closed(period_end(month, Grain.MONTH), as_of_date))
        .group_by(_PERIOD)
        .agg(
            month.dt.strftime("%Y-%m").sort().str.join(", ").alias("missing_months"),
            pl.len().cast(pl.Int64).alias("missing_month_count"),
        )
        .sort(_PERIOD)
        .select(list(polars_schema(missing_cost_months)))
    )


def leave_out_incomplete(metric_values: pl.DataFrame, *incomplete: pl.DataFrame) -> pl.DataFrame:
    """The values without those of periods that are not whole: what may be compared.

    Args:
        metric_values: rows of `metric_values`.
        incomplete: rows of `missing_cost_months` and of `partial_periods`.
    """
    periods = pl.concat([rows.select(_PERIOD) for rows in incomplete])
    return metric_values.join(periods, on=_PERIOD, how="anti", maintain_order="left")

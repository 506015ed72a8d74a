"""Metrics of plans and of what was made of costs: budget variance, the year's end, and what rework bears.

What is added up here was computed before, in the facts (`metrics.costs.budgets`, `year_end` and `rework`); amounts are
decimals until the last step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from metrics.costs.accrual import is_in_months, months_with_cost
from metrics.costs.year_end import MONTHS_PER_YEAR
from metrics.kinds import BudgetVariance, BudgetVarianceShare, ReworkCost, ReworkShare, YearEndForecast
from metrics.measuring import bounds
from metrics.measuring.cells import CELL
from metrics.measuring.cost_gaps import count_missing_months, lies_in_unposted, line_days
from metrics.measuring.fact_records import fact_or_empty
from metrics.measuring.published_cells import Numbers, close_periods, publish_cells
from metrics.periods import Reporting, period_start
from metrics.spec import Metric
from models.vocabulary import NO_VALUE, Dimension, Grain

_PERIOD: Final = ["period_grain", "period_start_date"]
_ELIGIBLE, _MEASURED = pl.col("eligible_count"), pl.col("measured_count")


def measure_plans(
    metrics: Sequence[Metric], facts: Mapping[str, pl.DataFrame], reporting: Reporting
) -> list[pl.DataFrame]:
    """Rows of `metric_values`, one frame per metric in the order of the metrics, each in order of its cells.

    Args:
        metrics: metrics of the kinds in `metrics.kinds.PLAN_KINDS`.
        facts: core tables by name.
        reporting: how periods are cut.
    """
    cells: dict[str, pl.DataFrame] = {}
    for metric in metrics:
        if metric.fact not in cells:
            found = _CELLS[metric.fact](facts, metric, reporting)
            cells[metric.fact] = close_periods(found.sort(CELL), reporting)
    return [publish_cells(cells[metric.fact], metric, _numbers(metric)) for metric in metrics]


def _numbers(metric: Metric) -> Numbers:
    eligible, measured = _ELIGIBLE, _MEASURED
    match metric.kind:
        case BudgetVariance():
            value = pl.col("variance").cast(pl.Float64)
            lower, upper = bounds.sum_bounds(value, measured, eligible)
            return Numbers(value=value, lower=lower, upper=upper, eligible=eligible, measured=measured)
        case BudgetVarianceShare():
            value = _ratio("variance", "budget")
            lower, upper = bounds.sum_bounds(value, measured, eligible)
            parts = {"numerator": pl.col("variance"), "denominator": pl.col("budget")}
            return Numbers(value=value, lower=lower, upper=upper, eligible=eligible, measured=measured, **parts)
        case YearEndForecast():
            value = pl.col("year_end").cast(pl.Float64)
            # Nothing bounds the future; a year that is over is what it was.
            known = pl.when((pl.col("remaining") == 0) & (measured == eligible)).then(value)
            return Numbers(value=value, lower=known, upper=known, eligible=eligible, measured=measured)
        case ReworkCost():
            value = pl.col("rework").cast(pl.Float64)
            lower, upper = (
                pl.when("is_cost_known").then(pl.col(end).cast(pl.Float64)) for end in ("at_least", "at_most")
            )
            return Numbers(value=value, lower=lower, upper=upper, eligible=eligible, measured=measured)
        case ReworkShare():
            lower, upper = (pl.when("is_cost_known").then(_ratio(end, "allocated")) for end in ("at_least", "at_most"))
            parts = {"numerator": pl.col("rework"), "denominator": pl.col("allocated")}
            value = _ratio("rework", "allocated")
            return Numbers(value=value, lower=lower, upper=upper, eligible=eligible, measured=measured, **parts)
        case _:
            raise TypeError(f"{type(metric.kind).__name__} is not computed from plans")


def _ratio(part: str, whole: str) -> pl.Expr:
    """One exact sum over another; empty unless the whole is above 0, for a share of nothing or of a credit is none."""
    return pl.when(pl.col(whole) > 0).then(pl.col(part).cast(pl.Float64) / pl.col(whole).cast(pl.Float64))


def _broken_down(frame: pl.DataFrame, dimension: Dimension) -> pl.DataFrame:
    value = pl.lit("") if dimension is Dimension.OVERALL else pl.col(dimension.value).fill_null(NO_VALUE)
    return frame.with_columns(pl.lit(dimension.value).alias("dimension"), value.alias("dimension_value"))


def _budget_cells(facts: Mapping[str, pl.DataFrame], metric: Metric, reporting: Reporting) -> pl.DataFrame:
    """Periods with months that have both cost and a budget, or lines of both that could not be used.

    The lines of a period are counted month by month, and the same for all teams: of a line that cannot be used, nobody
    knows whose it is.
    """
    variances = fact_or_empty(facts, "fct_budget_variances")
    months = (
        variances.group_by("month_date")
        .agg(
            pl.col(
                "cost_line_count", "measured_cost_line_count", "budget_line_count", "measured_budget_line_count"
            ).sum(),
            has_actual=pl.col("actual_reporting").is_not_null().any(),
        )
        .filter(pl.col("has_actual") | (pl.col("cost_line_count") > 0), pl.col("budget_line_count") > 0)
        .with_columns(
            eligible_count=pl.col("cost_line_count") + pl.col("budget_line_count"),
            measured_count=pl.col("measured_cost_line_count") + pl.col("measured_budget_line_count"),
        )
    )
    compared = variances.join(months, on="month_date", how="semi")
    known = pl.col("variance_reporting").is_not_null()
    cells = []
    for grain in metric.grains:
        start = period_start(pl.col("month_date"), grain, reporting.week_start).alias("period_start_date")
        counts = months.group_by(start).agg(pl.col("eligible_count", "measured_count").sum())
        for dimension in metric.dimensions:
            sums = (
                _broken_down(compared, dimension)
                .with_columns(start, period_grain=pl.lit(grain.value))
                .group_by(CELL)
                .agg(
                    variance=pl.when(known.any()).then(pl.col("variance_reporting").sum()),
                    budget=pl.when(known.any()).then(pl.col("budget_reporting").filter(known).sum()),
                )
            )
            cells.append(sums.join(counts, on="period_start_date", how="left"))
    return pl.concat(cells)


def _year_end_cells(facts: Mapping[str, pl.DataFrame], metric: Metric, _: Reporting) -> pl.DataFrame:
    """Closed months, each with what the fiscal year will have cost. A year of which a month is missing has none."""
    chosen = fact_or_empty(facts, "fct_year_end_forecasts").filter("is_chosen")
    amount = pl.col("year_end_reporting")
    return pl.concat(
        [
            _broken_down(chosen, dimension)
            .with_columns(period_grain=pl.lit(Grain.MONTH.value), period_start_date="month_date")
            .group_by(CELL)
            .agg(
                year_end=pl.when(amount.is_not_null().all()).then(amount.sum()),
                remaining=pl.col("remaining_month_count").first(),
                eligible_count=pl.lit(MONTHS_PER_YEAR, dtype=pl.Int64),
                measured_count=pl.col("measured_month_count").first(),
            )
            for dimension in metric.dimensions
        ]
    )


def _rework_cells(facts: Mapping[str, pl.DataFrame], metric: Metric, reporting: Reporting) -> pl.DataFrame:
    """Periods and breakdowns that bear cost, with what their reworked tickets bear of it, at least and at most."""
    costs = fact_or_empty(facts, "fct_rework_costs")
    unknown, rework = pl.col("unknown_reporting"), pl.col("rework_reporting")
    lines, transactions = fact_or_empty(facts, "fct_cost_lines"), fact_or_empty(facts, "fct_transactions")
    unmeasured = _unmeasured_periods(lines, reporting.week_start)
    months = months_with_cost(lines, reporting.unposted_months)
    costless = _resolved_outside(transactions, months, metric, reporting.week_start)
    cells = [
        _broken_down(costs, dimension)
        .group_by(CELL)
        .agg(
            rework=rework.sum(),
            allocated=pl.col("allocated_reporting").sum(),
            at_least=rework.sum() + unknown.filter(unknown < 0).sum(),
            at_most=rework.sum() + unknown.filter(unknown > 0).sum(),
            eligible_count=pl.col("ticket_count").sum(),
            measured_count=pl.col("ticket_count").sum() - pl.col("unknown_ticket_count").sum(),
        )
        for dimension in metric.dimensions
    ]
    found = (
        pl.concat(cells)
        .join(unmeasured.with_columns(is_cost_known=False), on=_PERIOD, how="left")
        .join(costless, on=CELL, how="left")
        .with_columns(
            pl.col("eligible_count") + pl.col("costless_count").fill_null(0), pl.col("is_cost_known").fill_null(True)
        )
    )
    as_of_date = reporting.whole_as_of_date or reporting.as_of_date
    missing = count_missing_months(found, lines, as_of_date, reporting.unposted_months)
    is_unknown = lies_in_unposted(found, reporting.unposted_months)
    return found.with_columns(
        pl.col("is_cost_known") & (missing == 0) & pl.col("costless_count").is_null(),
        # What other months spread over it is not what such a period cost.
        *(pl.when(~is_unknown).then(name).alias(name) for name in ("rework", "allocated", "at_least", "at_most")),
        measured_count=pl.when(is_unknown).then(0).otherwise("measured_count"),
    )


def _resolved_outside(
    fct_transactions: pl.DataFrame, months: pl.Series, metric: Metric, week_start: int
) -> pl.DataFrame:
    """Cells with the tickets resolved in months of which no cost is known: nobody knows what their rework cost."""
    outside = fct_transactions.filter(~is_in_months(pl.col("completed_date"), months), pl.col("transaction_count") > 0)
    periods = pl.concat(
        outside.with_columns(
            period_grain=pl.lit(grain.value),
            period_start_date=period_start(pl.col("completed_date"), grain, week_start),
        )
        for grain in Grain
    )
    return pl.concat(
        _broken_down(periods, dimension).group_by(CELL).agg(costless_count=pl.col("transaction_count").sum())
        for dimension in metric.dimensions
    )


def _unmeasured_periods(fct_cost_lines: pl.DataFrame, week_start: int) -> pl.DataFrame:
    """Periods in which a cost line lies that could not be used, so that nothing bounds what was allocated."""
    days = (
        line_days(fct_cost_lines)
        .filter(~pl.col("is_measured"))
        .unique()
        .select(day=pl.date_ranges("start", "end"))
        .explode("day")
        .unique()
    )
    return pl.concat(
        [
            days.select(
                pl.lit(grain.value).alias("period_grain"),
                period_start(pl.col("day"), grain, week_start).alias("period_start_date"),
            ).unique()
            for grain in Grain
        ]
    )


_CELLS: Final = {
    "fct_budget_variances": _budget_cells,
    "fct_year_end_forecasts": _year_end_cells,
    "fct_rework_costs": _rework_cells,
}

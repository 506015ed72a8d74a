"""Metrics of cost: sums of what was allocated and not, and cost per transaction.

How lines are spread and pools are allocated is decided before, in the facts. Here they are added up, exactly: amounts
are decimals until the last step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from metrics.costs.accrual import is_in_months, months_with_cost
from metrics.kinds import CostPart, CostSum
from metrics.measuring import bounds
from metrics.measuring.cells import CELL
from metrics.measuring.cost_gaps import count_missing_months, lies_in_unposted, line_days
from metrics.measuring.fact_records import fact_or_empty
from metrics.measuring.published_cells import Numbers, close_periods, publish_cells
from metrics.periods import Reporting, period_start
from metrics.spec import Metric
from models.vocabulary import NO_VALUE, Dimension, Grain

_PERIOD: Final = ["period_grain", "period_start_date"]
_COUNTS: Final = ["transaction_count", "set_aside_count"]
#: The same of months that no cost is known of: they are divided by nothing.
_COSTLESS_COUNT: Final = "costless_count"


def measure_costs(
    metrics: Sequence[Metric], facts: Mapping[str, pl.DataFrame], reporting: Reporting
) -> list[pl.DataFrame]:
    """Rows of `metric_values`, one frame per metric in the order of the metrics, each in order of its cells.

    A cell exists in each period that has cost, or cost lines that could not be used. Where there is no cost at all
    (say, before the ledger begins) there is no row, rather than a cost of nothing. A quarter may hold months without
    any, and a week reach into one: each that is over counts as one cost line that is not measured, and transactions
    completed in one are not measured either, as nobody knows what they cost. So does a month of which all postings are
    missing though lines of others are spread over it; what lies in such months alone has no value, and nothing of it
    is measured.

    Args:
        metrics: metrics of the kinds CostSum and UnitCost.
        facts: core tables by name; fct_cost_allocations, fct_cost_lines and fct_transactions are read.
        reporting: how periods are cut.
    """
    if not metrics:
        return []
    allocations = fact_or_empty(facts, "fct_cost_allocations")
    lines = fact_or_empty(facts, "fct_cost_lines")
    transactions = fact_or_empty(facts, "fct_transactions")
    periods = _periods(allocations, lines, reporting.week_start)
    unposted = reporting.unposted_months
    months = months_with_cost(lines, unposted)
    missing = count_missing_months(periods, lines, reporting.whole_as_of_date or reporting.as_of_date, unposted)
    periods = periods.with_columns(pl.col("eligible_count") + missing, lies_in_unposted(periods, unposted))
    periods = periods.with_columns(
        pl.when("lies_in_unposted").then(0).otherwise("measured_count").alias("measured_count")
    )
    cells = _cells(allocations, transactions, periods, months, reporting.week_start).sort(CELL)
    cells = close_periods(cells, reporting)
    return [_values(cells, metric) for metric in metrics]


def _periods(allocations: pl.DataFrame, lines: pl.DataFrame, week_start: int) -> pl.DataFrame:
    """One row per grain and period: cost lines eligible and measured, and what could still be added to a cell."""
    # By lines, not by pools: lines that cancel in a pool may go to different teams once they are allocated.
    open_ends = allocations.group_by(_PERIOD).agg(
        pl.col("unallocated_debit_reporting").sum().alias("unallocated_debits"),
        pl.col("unallocated_credit_reporting").sum().alias("unallocated_credits"),
    )
    days = line_days(lines)
    counted = pl.concat([_count_lines(allocations, days, grain, week_start) for grain in Grain])
    return counted.join(open_ends, on=_PERIOD, how="left").with_columns(
        pl.col("unallocated_debits", "unallocated_credits").fill_null(0)
    )


def _count_lines(allocations: pl.DataFrame, days: pl.DataFrame, grain: Grain, week_start: int) -> pl.DataFrame:
    """Cost lines that lie in each period of a grain: those begun by then less those that ended before."""
    spans = days.with_columns(period_start(pl.col("start", "end"), grain, week_start))
    known = allocations.filter(pl.col("period_grain") == grain.value)["period_start_date"]
    unmeasured = spans.filter(~pl.col("is_measured"))["start"]
    starts = pl.concat([known, unmeasured]).unique().sort()
    measured = spans.filter("is_measured")
    return pl.DataFrame(
        {
            "period_grain": pl.repeat(grain.value, len(starts), dtype=pl.String, eager=True),
            "period_start_date": starts,
            "eligible_count": _overlapping(spans, starts),
            "measured_count": _overlapping(measured, starts),
        }
    )


def _overlapping(spans: pl.DataFrame, starts: pl.Series) -> pl.Series:
    """How many spans of whole periods contain each period."""
    begun = spans["start"].sort().search_sorted(starts, side="right").cast(pl.Int64)
    ended = spans["end"].sort().search_sorted(starts, side="left").cast(pl.Int64)
    return begun - ended


def _cells(
    allocations: pl.DataFrame, transactions: pl.DataFrame, periods: pl.DataFrame, months: pl.Series, week_start: int
) -> pl.DataFrame:
    """One row per grain, period and breakdown value: exact sums, transactions, and the counts of the period."""
    completed = pl.concat(
        [
            transactions.with_columns(
                pl.lit(grain.value).alias("period_grain"),
                period_start(pl.col("completed_date"), grain, week_start).alias("period_start_date"),
            )
            for grain in Grain
        ]
    ).join(periods.select(_PERIOD), on=_PERIOD, how="semi")
    is_costed = is_in_months(pl.col("completed_date"), months)
    costless = pl.when(is_costed).then(0).otherwise(pl.sum_horizontal(_COUNTS)).alias(_COSTLESS_COUNT)
    completed = completed.with_columns(
        costless, *(pl.when(is_costed).then(pl.col(name)).otherwise(0).alias(name) for name in _COUNTS)
    )
    amount, is_allocated = pl.col("amount_reporting"), pl.col("is_allocated")
    sums = [
        amount.sum().alias(CostPart.TOTAL),
        amount.filter(is_allocated).sum().alias(CostPart.ALLOCATED),
        amount.filter(~is_allocated).sum().alias(CostPart.UNALLOCATED),
    ]
    cells = []
    for dimension in Dimension:
        costs = _broken_down(allocations, dimension).group_by(CELL).agg(sums)
        counts = _broken_down(completed, dimension).group_by(CELL).agg(pl.col(*_COUNTS, _COSTLESS_COUNT).sum())
        joined = costs.join(counts, on=CELL, how="full", coalesce=True)
        if dimension is Dimension.OVERALL:
            # A period whose every line was set aside has no sum; the gap must show nevertheless.
            every = periods.select(*_PERIOD, dimension=pl.lit(dimension.value), dimension_value=pl.lit(""))
            joined = every.join(joined, on=CELL, how="left")
        cells.append(joined)
    has_cost = allocations.group_by(_PERIOD).agg(has_cost=pl.lit(True), has_allocated=pl.col("is_allocated").any())
    nothing = pl.when(pl.col("has_cost")).then(0)
    return (
        pl.concat(cells, how="diagonal")
        .join(has_cost, on=_PERIOD, how="left")
        # In a period with costs, a breakdown value that bears none bears zero; without any the sum is unknown.
        .with_columns(pl.coalesce(pl.col(part), nothing.cast(pl.Decimal(38, 4))).alias(part) for part in CostPart)
        .join(periods, on=_PERIOD, how="left")
        # What other months spread over it is not what such a period cost.
        .with_columns(pl.when(~pl.col("lies_in_unposted")).then(part).alias(part) for part in CostPart)
    )


def _broken_down(frame: pl.DataFrame, dimension: Dimension) -> pl.DataFrame:
    """The frame with the columns dimension and dimension_value."""
    value = pl.lit("") if dimension is Dimension.OVERALL else pl.col(dimension.value).fill_null(NO_VALUE)
    return frame.with_columns(pl.lit(dimension.value).alias("dimension"), value.alias("dimension_value"))


def _values(cells: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """Value, parts and bounds of one metric in all its cells."""
    eligible, measured = pl.col("eligible_count"), pl.col("measured_count")
    if isinstance(metric.kind, CostSum):
        value = pl.col(metric.kind.part).cast(pl.Float64)
        lower, upper = bounds.sum_bounds(value, measured, eligible)
        numbers = Numbers(value=value, lower=lower, upper=upper, eligible=eligible, measured=measured)
        return publish_cells(cells, metric, numbers)
    count, set_aside, costless = (pl.col(name).fill_null(0) for name in (*_COUNTS, _COSTLESS_COUNT))
    allocated = pl.col(CostPart.ALLOCATED)
    lower, upper = bounds.unit_cost_bounds(
        allocated + pl.col("unallocated_credits"),
        allocated + pl.col("unallocated_debits"),
        count,
        set_aside,
        is_cost_known=(measured == eligible) & (costless == 0),
    )
    # Where no driver took anything, nobody knows what a transaction cost: nothing would look like an answer.
    numerator = pl.when("has_allocated").then(allocated)
    numbers = Numbers(
        value=numerator.cast(pl.Float64) / pl.when(count > 0).then(count),
        numerator=numerator,
        denominator=count,
        lower=lower,
        upper=upper,
        eligible=eligible + count + set_aside + costless,
        measured=measured + count,
    )
    return publish_cells(cells, metric, numbers)

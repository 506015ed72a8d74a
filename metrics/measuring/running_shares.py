"""Metrics of how far running totals have come: what was reached by the end of a period over what was to be reached.

A record of which more may have been reached than is known counts with what is known, and is not measured. Shares of
amounts that are known or not known at all are in `metrics.measuring.records`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from metrics.kinds import RunningShare
from metrics.measuring import bounds
from metrics.measuring.cells import CELL, DAY, Records, encode_breakdown
from metrics.measuring.fact_records import eligible_on_days, records_of
from metrics.measuring.published_cells import Numbers, close_periods, publish_cells
from metrics.periods import Reporting
from metrics.spec import Metric

_SUMS = {
    "part": pl.col("part").sum(),
    "whole": pl.col("whole").sum(),
    "counted_count": pl.col("part").count().cast(pl.Int64),
    "understated_count": pl.col("is_understated").sum().cast(pl.Int64),
    "eligible_count": pl.len().cast(pl.Int64),
}


def measure_running_shares(
    metrics: Sequence[Metric], facts: Mapping[str, pl.DataFrame], reporting: Reporting
) -> list[pl.DataFrame]:
    """Rows of `metric_values`, one frame per metric in the order of the metrics, each in order of its cells.

    Args:
        metrics: metrics of the kind RunningShare. Each record is what was reached by the end of one month, so that they
            are published by month.
        facts: core tables by name; the period of the population has to be a date.
        reporting: how periods are cut.
    """
    return [_measure(metric, records_of(facts, metric.fact), reporting) for metric in metrics]


def _measure(metric: Metric, fact: pl.DataFrame, reporting: Reporting) -> pl.DataFrame:
    kind, population = metric.kind, metric.population
    assert isinstance(kind, RunningShare)
    encoded = encode_breakdown(fact)
    breakdown = {each: names for each, names in encoded.values.items() if each in population.dimensions}
    counts = counts_in(kind)
    frame = (
        eligible_on_days(encoded.frame, population, reporting)
        .select(
            DAY,
            *(dimension.value for dimension in breakdown),
            part=pl.when(counts).then(pl.col(kind.part)),
            whole=pl.when(counts).then(pl.col(kind.whole)),
            is_understated=counts & pl.col(kind.is_understated),
        )
        .collect()
    )
    records = Records(frame, breakdown, reporting.week_start)
    daily = records.sum_daily(population.dimensions, _SUMS)
    cells = pl.concat(
        [records.name_cells(sums, dimension, grain) for dimension, sums in daily.items() for grain in metric.grains]
    ).sort(CELL)
    # The sums are exact; only a share of two of them is a float, as every published ratio is.
    part, whole = pl.col("part").cast(pl.Float64), pl.col("whole").cast(pl.Float64)
    value = pl.when(pl.col("whole") > 0).then(part / whole)
    eligible, understated = pl.col("eligible_count"), pl.col("understated_count")
    measured = pl.col("counted_count") - understated
    lower, upper = bounds.running_share_bounds(value, measured, understated, eligible)
    numbers = Numbers(
        value=value, lower=lower, upper=upper, eligible=eligible, measured=measured, numerator=part, denominator=whole
    )
    return publish_cells(close_periods(cells, reporting), metric, numbers)


def counts_in(kind: RunningShare) -> pl.Expr:
    """Whether a record counts in the share, be it measured or understated."""
    return ~pl.col("is_quarantined") & pl.col(kind.part).is_not_null() & pl.col(kind.whole).is_not_null()

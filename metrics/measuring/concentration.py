"""Metrics of how much of a sum of money comes from few: shares of each vendor, squared and added up.

Sums of money themselves are in `metrics.measuring.records`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from metrics.kinds import Concentration
from metrics.measuring import bounds
from metrics.measuring.cells import CELL, DAY
from metrics.measuring.fact_records import eligible_on_days, records_of
from metrics.measuring.published_cells import Numbers, close_periods, publish_cells
from metrics.periods import Reporting, period_start
from metrics.spec import Metric
from models.vocabulary import Dimension, Grain

_PERIOD: Final = ["period_grain", "period_start_date"]


def measure_concentration(
    metrics: Sequence[Metric], facts: Mapping[str, pl.DataFrame], reporting: Reporting
) -> list[pl.DataFrame]:
    """Rows of `metric_values`, one frame per metric in the order of the metrics, each in order of its cells.

    Args:
        metrics: metrics of the kind Concentration, over everything only: a part has no concentration of the whole.
        facts: core tables by name; the period of the population has to be a date.
        reporting: how periods are cut.
    """
    return [_measure(metric, records_of(facts, metric.fact), reporting) for metric in metrics]


def _measure(metric: Metric, fact: pl.DataFrame, reporting: Reporting) -> pl.DataFrame:
    kind = metric.kind
    assert isinstance(kind, Concentration)
    is_measured = ~pl.col("is_quarantined") & pl.col(kind.by).is_not_null()
    on_days = eligible_on_days(fact, metric.population, reporting)
    amount = pl.when(is_measured).then(pl.col(kind.amount))
    records = on_days.select(DAY, pl.col(kind.by).alias("by"), amount=amount).collect()
    starts = pl.concat(
        [
            records.select(
                pl.lit(grain.value).alias("period_grain"),
                period_start(pl.col(DAY), grain, reporting.week_start).alias("period_start_date"),
                "by",
                "amount",
            )
            for grain in Grain
        ]
    )
    sums = starts.group_by(*_PERIOD, "by").agg(
        pl.col("amount").sum(), eligible=pl.len(), measured=pl.col("amount").count()
    )
    # The sums are exact; only a share of two of them is a float, as every published ratio is.
    total = pl.col("positive").sum().over(_PERIOD).cast(pl.Float64)
    cells = (
        sums.with_columns(positive=pl.when(pl.col("amount") > 0).then(pl.col("amount")))
        .with_columns(share=pl.col("positive").cast(pl.Float64) / total)
        .sort(*_PERIOD, "by")
        .group_by(_PERIOD, maintain_order=True)
        .agg(
            index=(pl.col("share") ** 2).sum(),
            total=pl.col("positive").sum(),
            eligible_count=pl.col("eligible").sum().cast(pl.Int64),
            measured_count=pl.col("measured").sum().cast(pl.Int64),
        )
        .with_columns(dimension=pl.lit(Dimension.OVERALL.value), dimension_value=pl.lit(""))
        .sort(CELL)
    )
    value = pl.when(pl.col("total") > 0).then(pl.col("index"))
    eligible, measured = pl.col("eligible_count"), pl.col("measured_count")
    lower, upper = bounds.concentration_bounds(value, measured, eligible)
    numbers = Numbers(value=value, lower=lower, upper=upper, eligible=eligible, measured=measured)
    return publish_cells(close_periods(cells, reporting), metric, numbers)

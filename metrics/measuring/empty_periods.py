"""Periods in which nothing was counted: a count of 0 is a number that readers of a time series expect to see.

Only where it is known that there was nothing: from the first record of the fact, or where its data begin if that is
later, to the data's own clock. Before, nobody told of anything, and a 0 would be made up; so would be what of two sides
only one is told of. What was counted is computed elsewhere; ratios and percentiles of nothing have no row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import polars as pl

from metrics.kinds import KINDS_WITH_ZEROS, NetCount
from metrics.measuring.cells import CELL, list_days
from metrics.measuring.fact_records import fact_or_empty
from metrics.measuring.published_cells import Numbers, close_periods, publish_cells
from metrics.periods import Reporting, local_date, period_start
from metrics.spec import Metric, Span
from models.vocabulary import Dimension, Grain

#: Grains in which values of a breakdown have zeros too. By day and week there would be far more zeros than numbers.
_BREAKDOWN_GRAINS: Final = (Grain.MONTH, Grain.QUARTER)

_NONE: Final = pl.lit(0)
_ZERO: Final = Numbers(value=_NONE, lower=_NONE, upper=_NONE, eligible=_NONE, measured=_NONE)


def first_days(metrics: list[Metric], facts: Mapping[str, pl.DataFrame], reporting: Reporting) -> dict[Span, date]:
    """The day on which each span of the metrics' populations begins; none for a fact without rows by then."""
    found = {}
    for span in {metric.population.span for metric in metrics if metric.population.span}:
        rows = fact_or_empty(facts, span.fact).lazy().select(start=span.start)
        is_instant = isinstance(rows.collect_schema()["start"], pl.Datetime)
        day = local_date(pl.col("start"), reporting.time_zone) if is_instant else pl.col("start")
        first = rows.select(pl.col("start").min()).select(day).collect().item()
        if first is not None and first <= reporting.as_of_date:
            found[span] = first
    return found


def leave_out_one_side(published: pl.DataFrame, metric: Metric, told_from: date | None) -> pl.DataFrame:
    """The rows of a metric without periods that end before its data begin, where only one side is told of these.

    Of a net flow that is what came, which is dated by what stayed; what went is not known. Of promises, it is those
    that were broken by then: one that was kept stopped before, and nobody told of that.

    Args:
        told_from: first day of which the metric's data tell. None if they tell of all that their records date.
    """
    is_one_sided = isinstance(metric.kind, NetCount) or metric.fact == "fct_sla_clocks"
    if told_from is None or not is_one_sided:
        return published
    return published.filter(pl.col("period_end_date") >= told_from)


def add_zeros(
    published: pl.DataFrame,
    metric: Metric,
    spans: Mapping[Span, date],
    reporting: Reporting,
    told_from: date | None = None,
) -> pl.DataFrame:
    """The rows of a count with 0 where nothing was counted: overall in every grain, in breakdowns by month and quarter.

    A value of a breakdown has zeros from its first record on: before, it may not have existed. Rows of other
    kinds of metric, and those of a population whose span is not known, stay as they are.

    Args:
        published: rows of the metric, as `metrics.measuring.published_cells` gives them.
        spans: first day of each span, from `first_days`.
        told_from: first day of which the metric's data tell; a period that ends before has no zeros. None if they tell
            of all that their records date.
    """
    span = metric.population.span
    if not isinstance(metric.kind, KINDS_WITH_ZEROS) or span is None or span not in spans:
        return published
    days = list_days(pl.Series([spans[span], reporting.as_of_date])).to_frame()
    whole = [_cells_overall(_periods(days, grain, reporting), grain) for grain in Grain]
    by_value = [_cells_of_values(published, _periods(days, grain, reporting), grain) for grain in _BREAKDOWN_GRAINS]
    missing = pl.concat([*whole, *by_value]).join(published, on=CELL, how="anti")
    zeros = publish_cells(close_periods(missing, reporting), metric, _ZERO)
    if told_from is not None:
        zeros = zeros.filter(pl.col("period_end_date") >= told_from)
    return pl.concat([published, zeros]).sort(CELL)


def _periods(days: pl.DataFrame, grain: Grain, reporting: Reporting) -> pl.DataFrame:
    """First days of the periods that the days lie in."""
    return days.select(period_start_date=period_start(pl.col("day"), grain, reporting.week_start)).unique()


def _cells_overall(periods: pl.DataFrame, grain: Grain) -> pl.DataFrame:
    return periods.select(
        period_grain=pl.lit(grain.value),
        period_start_date="period_start_date",
        dimension=pl.lit(Dimension.OVERALL.value),
        dimension_value=pl.lit(""),
    )


def _cells_of_values(published: pl.DataFrame, periods: pl.DataFrame, grain: Grain) -> pl.DataFrame:
    """Every value of every breakdown with every period of a grain from its first one on."""
    first_periods = (
        published.filter(pl.col("period_grain") == grain.value, pl.col("dimension") != Dimension.OVERALL.value)
        .group_by("dimension", "dimension_value")
        .agg(first_start_date=pl.col("period_start_date").min())
    )
    return (
        first_periods.join(periods, how="cross")
        .filter(pl.col("period_start_date") >= pl.col("first_start_date"))
        .select(pl.lit(grain.value).alias("period_grain"), *CELL[1:])
    )

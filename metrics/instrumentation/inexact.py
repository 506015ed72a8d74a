"""Measured records whose value, or period, is not known exactly, and what they set the bounds of a metric apart.

Their export leaves open when something happened, or whether more did. Records that are not measured at all are counted
in `metrics.instrumentation.unmeasured`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from metrics.instrumentation.reasons import EXACT_INSTANTS, PERIOD, UNSEEN_CHANGES, reason_name
from metrics.kinds import Kind, Mean, Percentile, Ratio, TimeShare
from metrics.measuring.inexact_values import GREATEST, LEAST, doubt_of, ends_of, limit_of
from metrics.measuring.record_cells import contributions
from metrics.measuring.uncertain_periods import FROM_DAY, TO_DAY, possible_days
from metrics.periods import Reporting
from metrics.spec import Metric, Population

_NOT_EXACT: Final = reason_name("tickets", EXACT_INSTANTS)
_IN_DOUBT: Final = reason_name("tickets", UNSEEN_CHANGES)
#: Reasons of records that are measured, but not exactly.
OF_MEASURED: Final = (_NOT_EXACT, _IN_DOUBT)
#: Reason of records that are measured, and may belong to another period: in each they are one of unknown value.
IN_SEVERAL_PERIODS: Final = reason_name("tickets", PERIOD)


def count_in_several_months(
    eligible: pl.DataFrame, population: Population, reporting: Reporting
) -> pl.DataFrame | None:
    """Records that may belong to another month than their own, by each month that they may belong to, and source.

    Args:
        eligible: eligible records with `metrics.measuring.cells.DAY`, `source` and `table_name`.

    Returns:
        `period_start_date`, `source`, `table_name`, `record_count`, `reasons` (`IN_SEVERAL_PERIODS`) and `span`; None
        where no record can belong elsewhere.
    """
    is_trusted = ~pl.col("is_quarantined") & population.is_placed
    days = possible_days(population, eligible, is_trusted, reporting)
    if not days:
        return None
    first, last = (pl.col(name).dt.month_start() for name in (FROM_DAY, TO_DAY))
    return (
        eligible.select(pl.col("source").fill_null(""), "table_name", *days)
        .filter(first < last)
        .with_columns(period_start_date=pl.date_ranges(first, last, interval="1mo"))
        .explode("period_start_date")
        .group_by("period_start_date", "source", "table_name")
        .agg(record_count=pl.len(), span=pl.len().cast(pl.Float64))
        .with_columns(reasons=pl.lit(IN_SEVERAL_PERIODS))
    )


def count_inexact(eligible: pl.DataFrame, metric: Metric) -> pl.DataFrame | None:
    """Measured records that are not known exactly, by month and source; None where all of the metric's always are.

    Args:
        eligible: records of the metric that are known to lie in their period, with `period_start_date`, `source` and
            `table_name`.

    Returns:
        `period_start_date`, `source`, `table_name`, `record_count`, `reasons` (one of `OF_MEASURED`) and `span`, what
        they alone set the bounds apart, in the metric's unit; empty where they leave it without a bound.
    """
    kind = metric.kind
    if isinstance(kind, Percentile):
        ends = ends_of(kind, eligible)
        reason = _NOT_EXACT if kind.ends else _IN_DOUBT
        return _count_not_exact(eligible, kind, ends, reason) if ends else None
    doubt = doubt_of(kind, eligible)
    if doubt is None or not isinstance(kind, Ratio | Mean | TimeShare):
        return None
    return _count_in_doubt(eligible, metric, doubt)


def _count_not_exact(
    eligible: pl.DataFrame, kind: Percentile, ends: Mapping[str, pl.Expr], reason: str
) -> pl.DataFrame:
    """Measured records that are not known exactly, and what they alone set the bounds of a percentile apart.

    Each of a month has the same part of it, as any two of them can be exchanged for one another. Where one of them may
    be more by any amount, there is no such distance.
    """
    value = pl.col(kind.column)
    least, greatest = (ends.get(end, value).alias(end) for end in (LEAST, GREATEST))
    measured = eligible.filter(~pl.col("is_quarantined") & value.is_not_null()).select(
        "period_start_date", "table_name", pl.col("source").fill_null(""), least, greatest
    )
    is_apart = pl.col(LEAST) < pl.col(GREATEST)
    quantiles = {end: pl.col(end).quantile(kind.percent / 100, interpolation="linear") for end in (LEAST, GREATEST)}
    apart = (quantiles[GREATEST] - quantiles[LEAST]) / kind.scale
    of_months = measured.group_by("period_start_date").agg(
        apart=pl.lit(None, dtype=pl.Float64) if kind.may_be_more else apart, whole_count=is_apart.sum()
    )
    return (
        measured.filter(is_apart)
        .group_by("period_start_date", "source", "table_name")
        .agg(record_count=pl.len())
        .join(of_months, on="period_start_date", how="left")
        .select(
            "period_start_date",
            "source",
            "table_name",
            "record_count",
            reasons=pl.lit(reason),
            span=pl.col("apart") * pl.col("record_count") / pl.col("whole_count"),
        )
    )


def _count_in_doubt(eligible: pl.DataFrame, metric: Metric, doubt: pl.Expr) -> pl.DataFrame:
    """Measured records of a share that may be otherwise, or of a mean that may count more, which nothing bounds."""
    value = next(part for key, part in contributions([metric]).items() if key != "counted")
    weight, own = _weights(metric.kind, eligible, doubt)
    measured = eligible.filter(~pl.col("is_quarantined") & value.is_not_null()).select(
        "period_start_date",
        "table_name",
        pl.col("source").fill_null(""),
        is_open=doubt.is_not_null(),
        weight=weight,
        own=own,
    )
    return (
        measured.with_columns(span=pl.col("weight") / pl.col("own").sum().over("period_start_date"))
        .filter("is_open")
        .group_by("period_start_date", "source", "table_name")
        .agg(record_count=pl.len(), span=pl.when(pl.col("span").count() > 0).then(pl.col("span").sum()))
        .with_columns(reasons=pl.lit(_IN_DOUBT))
    )


def _weights(kind: Kind, eligible: pl.DataFrame, doubt: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """By how much a record in doubt can move a share, and how much each record is of the whole."""
    match kind:
        case Ratio():
            return pl.lit(1.0), pl.lit(1.0)
        case TimeShare():
            limit = limit_of(kind, eligible)
            return limit.cast(pl.Float64), pl.when(doubt.is_null()).then(kind.whole).otherwise(limit).cast(pl.Float64)
        case _:
            nothing = pl.lit(None, dtype=pl.Float64)
            return nothing, nothing

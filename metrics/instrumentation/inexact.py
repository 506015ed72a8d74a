"""Measured records whose value is not known exactly, and what they set the bounds of a metric apart.

Their export leaves open when something happened, or whether more did. Records that are not measured at all are counted
in `metrics.instrumentation.unmeasured`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import polars as pl

from metrics.instrumentation.reasons import EXACT_INSTANTS, UNSEEN_CHANGES, reason_name
from metrics.kinds import Mean, Percentile, Ratio
from metrics.measuring.records import contributions
from metrics.spec import Metric

_NOT_EXACT: Final = reason_name("tickets", EXACT_INSTANTS)
_IN_DOUBT: Final = reason_name("tickets", UNSEEN_CHANGES)
#: Reasons of records that are measured, but not exactly.
OF_MEASURED: Final = (_NOT_EXACT, _IN_DOUBT)


def count_inexact(eligible: pl.DataFrame, metric: Metric) -> pl.DataFrame | None:
    """Measured records that are not known exactly, by month and source; None where all of the metric's always are.

    Args:
        eligible: records of the metric that are known to lie in their period, with `period_start_date`, `source` and
            `table_name`.

    Returns:
        `period_start_date`, `source`, `table_name`, `record_count`, `reasons` (one of `OF_MEASURED`) and `span`, what
        they alone set the bounds apart, in the metric's unit; empty where they leave it without a bound.
    """
    if _has_doubt(metric, eligible.columns):
        return _count_in_doubt(eligible, metric)
    if isinstance(metric.kind, Percentile) and set(metric.kind.ends) & set(eligible.columns):
        return _count_not_exact(eligible, metric.kind)
    return None


def _count_not_exact(eligible: pl.DataFrame, kind: Percentile) -> pl.DataFrame:
    """Measured records that are not known exactly, and what they alone set the bounds of a percentile apart.

    Each of a month has the same part of it, as any two of them can be exchanged for one another.
    """
    value = pl.col(kind.column)
    ends = [
        pl.coalesce(name, value).alias(end) if name in eligible.columns else value.alias(end)
        for name, end in ((kind.least, "least"), (kind.greatest, "greatest"))
    ]
    measured = eligible.filter(~pl.col("is_quarantined") & value.is_not_null()).select(
        "period_start_date", "table_name", pl.col("source").fill_null(""), *ends
    )
    is_apart = pl.col("least") < pl.col("greatest")
    quantiles = {end: pl.col(end).quantile(kind.percent / 100, interpolation="linear") for end in ("least", "greatest")}
    apart = measured.group_by("period_start_date").agg(
        apart=(quantiles["greatest"] - quantiles["least"]) / kind.scale, whole_count=is_apart.sum()
    )
    return (
        measured.filter(is_apart)
        .group_by("period_start_date", "source", "table_name")
        .agg(record_count=pl.len())
        .join(apart, on="period_start_date", how="left")
        .select(
            "period_start_date",
            "source",
            "table_name",
            "record_count",
            reasons=pl.lit(_NOT_EXACT),
            span=pl.col("apart") * pl.col("record_count") / pl.col("whole_count"),
        )
    )


def _count_in_doubt(eligible: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """Measured records of a ratio that may be otherwise, or of a count that may be more, which nothing bounds."""
    parts = contributions([metric])
    value = next(part for key, part in parts.items() if key != "counted")
    kind = metric.kind
    assert isinstance(kind, Ratio | Mean | Percentile)
    flag = kind.doubt if isinstance(kind, Ratio) else kind.may_be_more
    is_open = pl.col(flag) & ((value if kind.hits_in_doubt else ~value) if isinstance(kind, Ratio) else pl.lit(True))
    measured = eligible.filter(~pl.col("is_quarantined") & value.is_not_null()).select(
        "period_start_date", "table_name", pl.col("source").fill_null(""), is_open=is_open.fill_null(False)
    )
    whole = pl.len().over("period_start_date")
    return (
        measured.with_columns(span=1.0 / whole if isinstance(kind, Ratio) else pl.lit(None, dtype=pl.Float64))
        .filter("is_open")
        .group_by("period_start_date", "source", "table_name")
        .agg(record_count=pl.len(), span=pl.when(pl.col("span").count() > 0).then(pl.col("span").sum()))
        .with_columns(reasons=pl.lit(_IN_DOUBT))
    )


def _has_doubt(metric: Metric, columns: Collection[str]) -> bool:
    """Whether records of the metric may have the flag that its values may be otherwise."""
    match metric.kind:
        case Ratio(doubt=flag) | Mean(may_be_more=flag) | Percentile(may_be_more=flag):
            return flag in columns
        case _:
            return False

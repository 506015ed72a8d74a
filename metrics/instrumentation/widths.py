"""How much of the distance between a metric's bounds each gap in instrumentation makes.

The bounds of a value are where it must lie whatever the unmeasured records were, and for nearly every kind of metric
they depend on those records only by how many there are. Then each of them adds the same part of the distance: that is
their Shapley value, equal for players that can be exchanged for one another (Shapley, "A Value for n-Person Games",
1953). For ratios, counts and stocks it is also exactly what the distance shrinks by when the record is measured. Where
records say themselves how far they can move the value (time shares, amounts with bounds), each adds what it says.

Measured records that are known only to between two exports set bounds apart as well. They have what they would do
alone, as far as there is so much, and the unmeasured ones the rest. One that may belong to several periods bounds each
of them as if it was not measured, and so has the same part there, though it lacks in no coverage.

A record that n rules set aside is a gap of n rules, and each has one n-th of it. So the parts of a value add up to the
whole: to its unmeasured records and to the distance between its bounds. What bounds are is in
`metrics.measuring.bounds`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from metrics.instrumentation.inexact import IN_SEVERAL_PERIODS, OF_MEASURED
from metrics.instrumentation.reasons import missing_of
from metrics.instrumentation.unmeasured import DERIVED, SEPARATOR
from metrics.kinds import UnitCost, YearEndForecast
from metrics.measuring.fact_records import fact_or_empty
from metrics.spec import Metric
from models.ddl import conform
from models.marts import instrumentation_gaps
from models.vocabulary import Dimension, GapKind, Grain

#: Reason of cost that no driver took: it may belong to any transaction, and to none.
UNALLOCATED: Final = "cost_lines.pool.allocated"
#: Reason of unmeasured records of which the facts keep no more than how many there are.
UNKNOWN: Final = "unknown"

_CELL: Final = ["metric", "period_start_date"]


def attribute_widths(
    metrics: Sequence[Metric],
    metric_values: pl.DataFrame,
    unmeasured: pl.DataFrame,
    facts: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """The part of each gap in the unmeasured records and the bounds of each metric and month, over everything.

    Args:
        metrics: those that were measured from the same facts.
        metric_values: rows of `metric_values`.
        unmeasured: from `metrics.instrumentation.unmeasured.count_unmeasured`.
        facts: core tables by name; of fct_cost_allocations the cost that no driver took is read.

    Returns:
        `models.marts.instrumentation_gaps`, sorted by metric, month, source, table and rule.
    """
    # Nothing bounds a year that is not over, however well it is instrumented.
    names = [metric.name for metric in metrics if not isinstance(metric.kind, YearEndForecast)]
    cells = metric_values.filter(
        pl.col("metric").is_in(names),
        pl.col("period_grain") == Grain.MONTH.value,
        pl.col("dimension") == Dimension.OVERALL.value,
    ).select(
        *_CELL, "is_period_closed", "eligible_count", "unit", "numerator", "denominator",
        unmeasured_count=pl.col("eligible_count") - pl.col("measured_count"),
        bounds_width_value=pl.col("upper_bound") - pl.col("lower_bound"),
    )  # fmt: skip
    is_not_exact = pl.col("reasons").is_in(OF_MEASURED)
    parts = _with_not_exact(_parts(cells, unmeasured.filter(~is_not_exact)), cells, unmeasured.filter(is_not_exact))
    unit_costs = [metric.name for metric in metrics if isinstance(metric.kind, UnitCost)]
    parts = _with_unallocated(parts, cells.filter(pl.col("metric").is_in(unit_costs)), facts)
    return conform(parts.sort(*_CELL, "source", "table_name", "rule_id"), instrumentation_gaps)


def _parts(cells: pl.DataFrame, unmeasured: pl.DataFrame) -> pl.DataFrame:
    """One row per metric, month, source, table and single reason."""
    joined = unmeasured.join(cells, on=_CELL, how="inner")
    # What the facts do not tell apart is told as such, so that the parts make the whole nevertheless.
    is_measured = pl.col("reasons") == IN_SEVERAL_PERIODS
    known = joined.filter(~is_measured).group_by(_CELL).agg(known_count=pl.col("record_count").sum())
    rest = (
        cells.join(known, on=_CELL, how="left")
        .with_columns(record_count=pl.col("unmeasured_count") - pl.col("known_count").fill_null(0))
        .filter(pl.col("record_count") > 0)
        .with_columns(
            source=pl.lit(""),
            table_name=pl.lit(""),
            reasons=pl.lit(UNKNOWN),
            span=pl.col("record_count") * 1.0,
            source_eligible_count=pl.lit(None, dtype=pl.Int64),
        )
        .select(joined.columns)
    )
    every = pl.concat([joined, rest])
    reasons = pl.col("reasons").str.split(SEPARATOR)
    count = pl.col("record_count")
    # Where one record limits nothing, none of the others is what makes the bounds so wide: all are alike again.
    span = pl.when(pl.col("span").is_not_null().all().over(_CELL)).then(pl.col("span")).otherwise(count * 1.0)
    return (
        every.with_columns(span=span)
        .with_columns(whole=pl.col("span").sum().over(_CELL), share=1.0 / reasons.list.len(), rule_id=reasons)
        .explode("rule_id")
        .group_by(*_CELL, "source", "table_name", "rule_id", maintain_order=True)
        .agg(
            pl.col(
                "is_period_closed", "eligible_count", "unmeasured_count", "bounds_width_value", "unit", "whole"
            ).first(),
            pl.col("source_eligible_count").max(),
            count.sum(),
            sole_record_count=count.filter((pl.col("share") == 1.0) & ~is_measured).sum(),
            attributed_record_count=(count * pl.col("share")).filter(~is_measured).sum(),
            span=(pl.col("span") * pl.col("share")).sum(),
        )
        .with_columns(
            gap_kind=_kind(),
            is_unbounded=pl.col("bounds_width_value").is_null(),
            lost_coverage_ratio=pl.col("attributed_record_count") / pl.col("eligible_count"),
            width_value=pl.when(pl.col("whole") > 0)
            .then(pl.col("bounds_width_value") * pl.col("span") / pl.col("whole"))
            .otherwise(pl.col("bounds_width_value") * 0.0),
        )
    )


def _kind() -> pl.Expr:
    is_missing = pl.col("rule_id").map_elements(lambda name: missing_of(name) is not None, return_dtype=pl.Boolean)
    return (
        pl.when(pl.col("rule_id") == UNKNOWN)
        .then(pl.lit(GapKind.NOT_ATTRIBUTED.value))
        .when(is_missing)
        .then(pl.lit(GapKind.NOT_INSTRUMENTED.value))
        .when(pl.col("rule_id") == DERIVED)
        .then(pl.lit(GapKind.NOT_ATTRIBUTED.value))
        .otherwise(pl.lit(GapKind.QUARANTINED.value))
    )


def _with_not_exact(parts: pl.DataFrame, cells: pl.DataFrame, not_exact: pl.DataFrame) -> pl.DataFrame:
    """With records that are measured, but not for certain: they are a gap too, beside those that are not measured."""
    width = pl.col("bounds_width_value")
    others = parts.group_by(_CELL).agg(other_count=pl.col("record_count").sum())
    is_alone = pl.col("other_count").fill_null(0) == 0
    known = (
        not_exact.group_by(_CELL)
        .agg(alone=pl.col("span").sum(), whole_count=pl.col("record_count").sum())
        .join(cells, on=_CELL, how="inner")
        .join(others, on=_CELL, how="left")
        .with_columns(
            own=pl.when(is_alone).then(width).otherwise(pl.min_horizontal("alone", width)),
        )
        .with_columns(own=pl.when(width.is_not_null()).then("own"))
    )
    shares = known.select(*_CELL, "own", "whole_count", *(name for name in cells.columns if name not in _CELL))
    rows = (
        not_exact.join(shares, on=_CELL, how="inner")
        .filter((pl.col("own") > 0) | pl.col("own").is_null())
        .with_columns(
            rule_id="reasons",
            gap_kind=pl.lit(GapKind.NOT_INSTRUMENTED.value),
            sole_record_count=pl.lit(0, dtype=pl.Int64),
            attributed_record_count=pl.lit(0.0),
            lost_coverage_ratio=pl.lit(0.0),
            is_unbounded=width.is_null(),
            width_value=pl.col("own") * pl.col("record_count") / pl.col("whole_count"),
        )
    )
    columns = [column.name for column in instrumentation_gaps.columns]
    return pl.concat([_shrink(parts, known).select(columns), rows.select(columns)], how="vertical_relaxed")


def _shrink(parts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Parts without what of the distance between the bounds is another gap's `own`."""
    width = pl.col("bounds_width_value")
    return parts.join(known.select(*_CELL, "own"), on=_CELL, how="left").with_columns(
        width_value=pl.when(pl.col("own").is_not_null() & (width > 0))
        .then(pl.col("width_value") * (1 - pl.col("own") / width))
        .otherwise(pl.col("width_value"))
    )


def _with_unallocated(parts: pl.DataFrame, cells: pl.DataFrame, facts: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Cost per transaction: what no driver took is a gap too, beside transactions that were set aside.

    With cost A over N transactions, debits U⁺ and credits U⁻ that no driver took, and S transactions set aside, the
    distance is known without either: (U⁺ − U⁻)/N for the first alone, A/N − A/(N + S) for the second alone, both for
    both. Each has the mean of what it adds first and what it adds last, which is the Shapley value of two.
    """
    allocations = fact_or_empty(facts, "fct_cost_allocations")
    debit, credit = pl.col("unallocated_debit_reporting"), pl.col("unallocated_credit_reporting")
    open_cost = (
        allocations.filter(pl.col("period_grain") == Grain.MONTH.value)
        .group_by("period_start_date")
        .agg(unallocated=(debit.sum() - credit.sum()).cast(pl.Float64))
    )
    few = pl.max_horizontal(pl.col("denominator"), 1.0)
    known = (
        cells.filter(pl.col("bounds_width_value").is_not_null())
        .join(open_cost, on="period_start_date", how="left")
        .with_columns(pl.col("unallocated").fill_null(0.0))
        .with_columns(
            alone=pl.col("unallocated") / few,
            others=pl.col("numerator").fill_null(0.0).abs() / few
            - pl.col("numerator").fill_null(0.0).abs() / (pl.col("denominator") + pl.col("unmeasured_count")),
        )
        .with_columns(
            own=((pl.col("alone") + pl.col("bounds_width_value") - pl.col("others")) / 2).clip(
                0.0, pl.col("bounds_width_value")
            )
        )
        .with_columns(
            own=pl.when(pl.col("unmeasured_count") == 0)
            .then(pl.col("bounds_width_value"))
            .when(pl.col("unallocated") == 0)
            .then(0.0)
            .otherwise(pl.col("own"))
        )
    )
    rows = known.filter(pl.col("own") > 0).with_columns(
        source=pl.lit(""),
        table_name=pl.lit("cost_lines"),
        rule_id=pl.lit(UNALLOCATED),
        gap_kind=pl.lit(GapKind.UNALLOCATED.value),
        record_count=pl.lit(0, dtype=pl.Int64),
        sole_record_count=pl.lit(0, dtype=pl.Int64),
        source_eligible_count=pl.lit(None, dtype=pl.Int64),
        attributed_record_count=pl.lit(0.0),
        lost_coverage_ratio=pl.lit(0.0),
        is_unbounded=pl.lit(False),
        width_value="own",
    )
    columns = [column.name for column in instrumentation_gaps.columns]
    return pl.concat([_shrink(parts, known).select(columns), rows.select(columns)], how="vertical_relaxed")

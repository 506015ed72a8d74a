"""The cells of one metric as rows of `models.marts.metric_values`, however they were computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from metrics.periods import Reporting, is_closed, period_end
from metrics.spec import Metric
from models.ddl import polars_schema
from models.marts import metric_values
from models.vocabulary import Dimension, Grain

_SCHEMA: Final = polars_schema(metric_values)
_NOTHING: Final = pl.lit(None, dtype=pl.Float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of a cell as expressions over the frame of cells; what is left out is empty."""

    value: pl.Expr
    lower: pl.Expr
    upper: pl.Expr
    eligible: pl.Expr
    measured: pl.Expr
    numerator: pl.Expr = _NOTHING
    denominator: pl.Expr = _NOTHING


def close_periods(cells: pl.DataFrame, reporting: Reporting) -> pl.DataFrame:
    """Cells with `period_end_date` and `is_period_closed`, which are the same for all metrics that share them."""
    as_of_date = pl.lit(reporting.as_of_date)
    if reporting.whole_as_of_date is not None:
        is_whole = pl.col("dimension") == Dimension.OVERALL.value
        as_of_date = pl.when(is_whole).then(pl.lit(reporting.whole_as_of_date)).otherwise(as_of_date)
    start, grain_of = pl.col("period_start_date"), pl.col("period_grain")
    end = pl.coalesce(pl.when(grain_of == grain.value).then(period_end(start, grain)) for grain in Grain)
    return cells.with_columns(period_end_date=end).with_columns(
        is_period_closed=is_closed(pl.col("period_end_date"), as_of_date)
    )


def publish_cells(cells: pl.DataFrame, metric: Metric, numbers: Numbers) -> pl.DataFrame:
    """Rows of one metric, in the grains and breakdowns that it is published for and in the order of the cells.

    Args:
        cells: one row per cell, as `close_periods` gives them.
        numbers: what is published of each.
    """
    if set(metric.grains) != set(Grain):
        cells = cells.filter(pl.col("period_grain").is_in([grain.value for grain in metric.grains]))
    if set(metric.dimensions) != set(Dimension):
        cells = cells.filter(pl.col("dimension").is_in([dimension.value for dimension in metric.dimensions]))
    columns = {
        "metric": pl.lit(metric.name),
        "metric_version": pl.lit(metric.version),
        "value": numbers.value,
        "numerator": numbers.numerator,
        "denominator": numbers.denominator,
        "lower_bound": numbers.lower,
        "upper_bound": numbers.upper,
        "eligible_count": numbers.eligible,
        "measured_count": numbers.measured,
        "coverage_ratio": pl.when(numbers.eligible > 0).then(numbers.measured / numbers.eligible),
        "unit": pl.lit(metric.unit.value),
    }
    return cells.select(columns.get(name, pl.col(name)).cast(type_).alias(name) for name, type_ in _SCHEMA.items())

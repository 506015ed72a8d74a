"""Metrics that are computed from single records: percentiles, ratios, counts and sums.

All metrics of one population share one grouping per grain and dimension; what each needs is gathered there once.
Costs, whose records are already sums, are in `metrics.measure_costs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import product
from typing import Final

import polars as pl

from metrics import bounds
from metrics.periods import local_date, period_start
from metrics.populations import records_of
from metrics.spec import AS_OF_DATE, Count, Kind, Metric, Percentile, Population, Ratio, Sum
from models.vocabulary import NO_VALUE, Dimension, Grain

_MICROSECONDS_PER_HOUR: Final = 3_600_000_000

_DAY: Final = "period_day"
_ELIGIBLE: Final = "eligible_count"
_MEASURED: Final = "measured_count"


def measure_records(
    metrics: Sequence[Metric],
    facts: Mapping[str, pl.DataFrame],
    *,
    time_zone: str,
    as_of_date: date,
    week_start: int,
) -> list[pl.DataFrame]:
    """One frame per metric, in the columns that `metrics.measure` completes.

    Args:
        metrics: metrics of the kinds Percentile, Ratio, Count and Sum.
        facts: core tables by name.
        time_zone: reporting time zone.
        as_of_date: day of the data's clock in that zone.
        week_start: ISO number of the first day of a week.
    """
    by_population: dict[Population, list[Metric]] = {}
    for metric in metrics:
        by_population.setdefault(metric.population, []).append(metric)
    measured = []
    for population, members in by_population.items():
        records = _eligible_records(population, facts, time_zone, as_of_date, {_parts_key(m.kind): m for m in members})
        cells = _cells(records, members, week_start)
        measured += [_values(cells, metric) for metric in members]
    return measured


def _parts_key(kind: Kind) -> str:
    """Name of the column that a kind's records are gathered under. Percentiles of one duration share it."""
    match kind:
        case Percentile(duration=duration):
            return f"duration.{duration}"
        case Sum(amount=amount):
            return f"amount.{amount}"
        case Count():
            return "measured"
        case Ratio():
            return f"hit.{id(kind)}"
        case _:
            raise TypeError(f"{type(kind).__name__} is not computed from single records")


def _record_value(kind: Kind) -> pl.Expr:
    """What one record contributes; empty where it is not measured for that alone."""
    match kind:
        case Percentile(duration=duration):
            return pl.col(duration)
        case Sum(amount=amount):
            return pl.col(amount)
        case Ratio(is_hit=is_hit):
            return is_hit
        case _:
            return pl.lit(True)


def _eligible_records(
    population: Population,
    facts: Mapping[str, pl.DataFrame],
    time_zone: str,
    as_of_date: date,
    parts: Mapping[str, Metric],
) -> pl.LazyFrame:
    """Eligible records with the day that decides their period, their breakdown and what each contributes."""
    records = records_of(facts, population.fact).lazy().with_columns(pl.lit(as_of_date).alias(AS_OF_DATE))
    is_instant = isinstance(records.select(population.period).collect_schema().dtypes()[0], pl.Datetime)
    day = local_date(population.period, time_zone) if is_instant else population.period
    breakdown = [dimension.value for dimension in population.dimensions if dimension is not Dimension.OVERALL]
    contributions = [
        pl.when(~pl.col("is_quarantined")).then(_record_value(metric.kind)).alias(key) for key, metric in parts.items()
    ]
    # The rule is evaluated as a column first: it may look at other records, which a pushed-down filter would hide.
    return (
        records.with_columns(day.alias(_DAY), population.is_eligible.alias("is_eligible"))
        .filter(pl.col("is_eligible") & pl.col(_DAY).is_not_null())
        # Integers group faster than texts, and there are few values.
        .select(_DAY, *(pl.col(name).fill_null(NO_VALUE).cast(pl.Categorical) for name in breakdown), *contributions)
        .collect()
        .lazy()
    )


def _gathered(metrics: Iterable[Metric]) -> list[pl.Expr]:
    """Aggregations of one cell: what every metric's parts need, each once."""
    gathered: dict[str, list[pl.Expr]] = {}
    for metric in metrics:
        key = _parts_key(metric.kind)
        part = pl.col(key)
        match metric.kind:
            case Percentile():
                gathered[key] = [part.drop_nulls().sort()]
            case _:
                gathered[key] = [part.sum(), part.count().cast(pl.Int64).alias(f"{key}.count")]
    return [expression for expressions in gathered.values() for expression in expressions]


def _cells(records: pl.LazyFrame, metrics: Sequence[Metric], week_start: int) -> pl.DataFrame:
    """One row per grain, period and breakdown value, with the parts of all metrics."""
    grains = sorted({grain for metric in metrics for grain in metric.grains})
    dimensions = sorted({dimension for metric in metrics for dimension in metric.dimensions})
    gathered = [pl.len().cast(pl.Int64).alias(_ELIGIBLE), *_gathered(metrics)]
    return pl.concat(
        pl.collect_all(
            [
                _grouped(records, grain, dimension, gathered, week_start)
                for grain, dimension in product(grains, dimensions)
            ]
        )
    )


def _grouped(
    records: pl.LazyFrame, grain: Grain, dimension: Dimension, gathered: list[pl.Expr], week_start: int
) -> pl.LazyFrame:
    value = pl.lit("") if dimension is Dimension.OVERALL else pl.col(dimension.value)
    start = period_start(pl.col(_DAY), grain, week_start)
    keys = [start.alias("period_start_date")]
    if dimension is not Dimension.OVERALL:
        keys.append(value)
    return (
        records.group_by(keys)
        .agg(gathered)
        .with_columns(
            pl.lit(grain.value).alias("period_grain"),
            pl.lit(dimension.value).alias("dimension"),
            value.cast(pl.String).alias("dimension_value"),
        )
        .select(
            "period_grain",
            "period_start_date",
            "dimension",
            "dimension_value",
            *(e.meta.output_name() for e in gathered),
        )
    )


def _values(cells: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """Value, parts and bounds of one metric in all its cells."""
    key = _parts_key(metric.kind)
    part, eligible, measured = pl.col(key), pl.col(_ELIGIBLE), pl.col(_MEASURED)
    nothing = pl.lit(None, dtype=pl.Float64)
    numerator, denominator = nothing, nothing
    match metric.kind:
        case Percentile(percent=percent):
            count = part.list.len().cast(pl.Int64)
            value = bounds.percentile(part, measured, percent, _MICROSECONDS_PER_HOUR)
            lower, upper = bounds.percentile_bounds(part, measured, eligible, percent, _MICROSECONDS_PER_HOUR)
        case Ratio():
            count = pl.col(f"{key}.count")
            numerator, denominator = part, measured
            value = pl.when(measured > 0).then(part / measured)
            lower, upper = bounds.ratio_bounds(part, measured, eligible)
        case Count():
            count = pl.col(f"{key}.count")
            value = measured
            lower, upper = bounds.count_bounds(measured, eligible)
        case _:
            count = pl.col(f"{key}.count")
            # Exact to here; only the published number is a float.
            value = pl.when(measured > 0).then(part.cast(pl.Float64))
            lower, upper = bounds.sum_bounds(value, measured, eligible)
    return (
        cells.lazy()
        .filter(
            pl.col("period_grain").is_in([grain.value for grain in metric.grains]),
            pl.col("dimension").is_in([dimension.value for dimension in metric.dimensions]),
        )
        .with_columns(count.alias(_MEASURED))
        .select(
            pl.lit(metric.name).alias("metric"),
            pl.lit(metric.version, dtype=pl.Int64).alias("metric_version"),
            pl.lit(metric.unit.value).alias("unit"),
            "period_grain",
            "period_start_date",
            "dimension",
            "dimension_value",
            value.cast(pl.Float64).alias("value"),
            numerator.cast(pl.Float64).alias("numerator"),
            denominator.cast(pl.Float64).alias("denominator"),
            lower.alias("lower_bound"),
            upper.alias("upper_bound"),
            _ELIGIBLE,
            _MEASURED,
        )
        .collect()
    )

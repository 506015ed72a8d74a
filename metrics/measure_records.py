"""Metrics that are computed from single records: percentiles, ratios, means, counts and sums.

All metrics of one population share one grouping per grain and dimension; what each needs is gathered there once.
Costs, whose records are already sums, are in `metrics.measure_costs`; what lies there at a day's end is in
`metrics.measure_stocks`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import product
from typing import Final

import polars as pl

from metrics import bounds
from metrics.kinds import Count, Kind, Mean, NetCount, Percentile, Ratio, Sum, TimeShare
from metrics.periods import local_date, period_start
from metrics.populations import records_of
from metrics.spec import AS_OF_DATE, Metric, Population
from models.vocabulary import NO_VALUE, Dimension, Grain

_DAY: Final = "period_day"
_COUNTED: Final = "counted"
_ELIGIBLE: Final = "eligible_count"
_MEASURED: Final = "measured_count"
_CELL: Final = ["period_grain", "period_start_date", "dimension", "dimension_value"]


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
        if isinstance(metric.kind, NetCount):
            by_population.setdefault(metric.kind.less, [])
    cells = {}
    for population, members in by_population.items():
        records = _eligible_records(population, facts, time_zone, as_of_date, _contributions(members))
        cells[population] = _cells(records, members, population.dimensions, week_start)
    return [
        _net_values(cells[metric.population], cells[metric.kind.less], metric)
        if isinstance(metric.kind, NetCount)
        else _values(cells[metric.population], metric)
        for metric in metrics
    ]


def _contributions(metrics: Sequence[Metric]) -> dict[str, pl.Expr]:
    """What one record contributes to the metrics, each thing once; empty where it is not measured for that alone."""
    parts: dict[str, pl.Expr] = {_COUNTED: pl.lit(True)}
    for metric in metrics:
        key = _key(metric.kind)
        match metric.kind:
            case Percentile(column=column) | Mean(column=column) | Sum(amount=column):
                parts[key] = pl.col(column)
            case Ratio(is_hit=is_hit):
                parts[key] = is_hit
            case TimeShare(part=part, whole=whole, whole_at_most=at_most):
                is_known = part.is_not_null() & whole.is_not_null()
                # Sums of microseconds over many years and tickets do not fit 64 bits.
                parts[f"{key}.part"] = pl.when(is_known).then(part).cast(pl.Int128)
                parts[f"{key}.whole"] = pl.when(is_known).then(whole).cast(pl.Int128)
                parts[f"{key}.missing"] = pl.when(~is_known).then(at_most).cast(pl.Int128)
            case Count() | NetCount():
                pass
            case _:
                raise TypeError(f"{type(metric.kind).__name__} is not computed from single records")
    return parts


def _key(kind: Kind) -> str:
    """Name that a kind's contributions are gathered under. Percentiles and the mean of one column share it."""
    match kind:
        case Percentile(column=column) | Mean(column=column) | Sum(amount=column):
            return f"column.{column}"
        case Count() | NetCount():
            return _COUNTED
        case _:
            return f"kind.{id(kind)}"


def _eligible_records(
    population: Population,
    facts: Mapping[str, pl.DataFrame],
    time_zone: str,
    as_of_date: date,
    parts: Mapping[str, pl.Expr],
) -> pl.LazyFrame:
    """Eligible records with the day that decides their period, their breakdown and what each contributes."""
    records = records_of(facts, population.fact).lazy().with_columns(pl.lit(as_of_date).alias(AS_OF_DATE))
    is_instant = isinstance(records.select(population.period).collect_schema().dtypes()[0], pl.Datetime)
    day = local_date(population.period, time_zone) if is_instant else population.period
    breakdown = [dimension.value for dimension in population.dimensions if dimension is not Dimension.OVERALL]
    contributions = [pl.when(~pl.col("is_quarantined")).then(part).alias(key) for key, part in parts.items()]
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
    gathered: dict[str, pl.Expr] = {f"{_COUNTED}.count": pl.col(_COUNTED).count()}
    for metric in metrics:
        key = _key(metric.kind)
        match metric.kind:
            case Percentile():
                gathered[f"{key}.sorted"] = pl.col(key).drop_nulls().sort()
                gathered[f"{key}.count"] = pl.col(key).count()
            case TimeShare():
                gathered |= {f"{key}.{part}": pl.col(f"{key}.{part}").sum() for part in ("part", "whole", "missing")}
                gathered[f"{key}.count"] = pl.col(f"{key}.part").count()
                gathered[f"{key}.limited"] = pl.col(f"{key}.missing").count()
            case Ratio() | Mean() | Sum():
                gathered[f"{key}.sum"] = pl.col(key).sum()
                gathered[f"{key}.count"] = pl.col(key).count()
    counts = (".count", ".limited")
    return [(part.cast(pl.Int64) if name.endswith(counts) else part).alias(name) for name, part in gathered.items()]


def _cells(
    records: pl.LazyFrame, metrics: Sequence[Metric], dimensions: Sequence[Dimension], week_start: int
) -> pl.DataFrame:
    """One row per grain, period and breakdown value, with the parts of all metrics."""
    gathered = [pl.len().cast(pl.Int64).alias(_ELIGIBLE), *_gathered(metrics)]
    return pl.concat(
        pl.collect_all(
            [
                _grouped(records, grain, dimension, gathered, week_start)
                for grain, dimension in product(Grain, dimensions)
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
    key = _key(metric.kind)
    eligible, measured, total = pl.col(_ELIGIBLE), pl.col(f"{key}.count"), pl.col(f"{key}.sum")
    nothing = pl.lit(None, dtype=pl.Float64)
    numerator, denominator = nothing, nothing
    match metric.kind:
        case Percentile(percent=percent, scale=scale):
            ascending = pl.col(f"{key}.sorted")
            value = bounds.percentile(ascending, measured, percent, scale)
            lower, upper = bounds.percentile_bounds(ascending, measured, eligible, percent, scale)
        case Ratio():
            numerator, denominator = total, measured
            value = pl.when(measured > 0).then(total / measured)
            lower, upper = bounds.ratio_bounds(total, measured, eligible)
        case Mean():
            numerator, denominator = total, measured
            value = pl.when(measured > 0).then(total / measured)
            lower, upper = bounds.mean_bounds(total, measured, eligible)
        case TimeShare(scale=scale):
            part, whole, missing = (pl.col(f"{key}.{name}") for name in ("part", "whole", "missing"))
            numerator, denominator = (time.cast(pl.Float64) / scale for time in (part, whole))
            value = pl.when(whole > 0).then(part.cast(pl.Float64) / whole.cast(pl.Float64))
            is_limited = pl.col(f"{key}.limited") == eligible - measured
            lower, upper = bounds.time_share_bounds(part, whole, missing, is_limited)
        case Count():
            value = measured
            lower, upper = bounds.count_bounds(measured, eligible)
        case _:
            # Exact to here; only the published number is a float.
            value = pl.when(measured > 0).then(total.cast(pl.Float64))
            lower, upper = bounds.sum_bounds(value, measured, eligible)
    return _published(cells, metric, eligible, measured, (value, numerator, denominator, lower, upper))


def _net_values(cells: pl.DataFrame, less: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """Records of one population less those of another, in all cells that either has."""
    counts = [_ELIGIBLE, f"{_COUNTED}.count"]
    joined = cells.select(*_CELL, *counts).join(
        less.select(*_CELL, *counts), on=_CELL, how="full", coalesce=True, suffix=".less"
    )
    filled = joined.with_columns(pl.col(count, f"{count}.less").fill_null(0) for count in counts)
    eligible, measured = ((pl.col(count), pl.col(f"{count}.less")) for count in counts)
    nothing = pl.lit(None, dtype=pl.Float64)
    numbers = (measured[0] - measured[1], nothing, nothing, *bounds.net_count_bounds(measured, eligible))
    return _published(filled, metric, eligible[0] + eligible[1], measured[0] + measured[1], numbers)


def _published(
    cells: pl.DataFrame, metric: Metric, eligible: pl.Expr, measured: pl.Expr, numbers: Sequence[pl.Expr]
) -> pl.DataFrame:
    """The cells of one metric in the columns that `metrics.measure` completes."""
    value, numerator, denominator, lower, upper = (number.cast(pl.Float64) for number in numbers)
    return (
        cells.lazy()
        .filter(
            pl.col("period_grain").is_in([grain.value for grain in metric.grains]),
            pl.col("dimension").is_in([dimension.value for dimension in metric.dimensions]),
        )
        .select(
            pl.lit(metric.name).alias("metric"),
            pl.lit(metric.version, dtype=pl.Int64).alias("metric_version"),
            pl.lit(metric.unit.value).alias("unit"),
            *_CELL,
            value.alias("value"),
            numerator.alias("numerator"),
            denominator.alias("denominator"),
            lower.alias("lower_bound"),
            upper.alias("upper_bound"),
            eligible.alias(_ELIGIBLE),
            measured.alias(_MEASURED),
        )
        .collect()
    )

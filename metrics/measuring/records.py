"""Metrics that are computed from single records: percentiles, ratios, means, counts and sums.

All metrics of one population share their records and their cells; what each needs is summed or sorted there once.
Costs, whose records are already sums, are in `metrics.measuring.costs`; what lies there at a day's end is in
`metrics.measuring.stocks`, and what has to be added up by vendor first in `metrics.measuring.concentration`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import polars as pl

from metrics.kinds import AmountShare, BoundedSum, Count, Kind, Mean, NetCount, Percentile, Ratio, Sum, TimeShare
from metrics.measuring import bounds
from metrics.measuring.cells import CELL, DAY, EncodedFact, Records, encode_breakdown
from metrics.measuring.fact_records import eligible_on_days, records_of
from metrics.measuring.percentiles import Floats, Integers, Measure, SortedCells
from metrics.measuring.published_cells import Numbers, close_periods, publish_cells
from metrics.periods import Reporting
from metrics.spec import Metric, Population
from models.vocabulary import Dimension, Grain

_COUNTED: Final = "counted"
_ELIGIBLE: Final = "eligible_count"
_DOUBT: Final = "doubt"
#: Stands for what nothing bounds: no count of anything comes near it, and it fits 64 bits a thousand times over.
_BEYOND: Final = 1 << 40


def measure_records(
    metrics: Sequence[Metric],
    facts: Mapping[str, pl.DataFrame],
    reporting: Reporting,
) -> list[pl.DataFrame]:
    """Rows of `metric_values`, one frame per metric in the order of the metrics, each in order of its cells.

    Args:
        metrics: metrics of the kinds Percentile, Ratio, TimeShare, Mean, Count, NetCount, Sum, BoundedSum and
            AmountShare.
        facts: core tables by name.
        reporting: how periods are cut.
    """
    cells: dict[Population, pl.DataFrame] = {}
    for fact, populations in _populations_by_fact(metrics).items():
        encoded = encode_breakdown(records_of(facts, fact))
        for population, members in populations.items():
            found = _cells(_eligible_records(population, encoded, reporting, members), members, population.dimensions)
            cells[population] = close_periods(found, reporting)
    return [
        _net_values(cells[metric.population], cells[metric.kind.less], metric)
        if isinstance(metric.kind, NetCount)
        else _values(cells[metric.population], metric)
        for metric in metrics
    ]


def _populations_by_fact(metrics: Sequence[Metric]) -> dict[str, dict[Population, list[Metric]]]:
    """Metrics by the population that they are about, and those by the fact that they are taken from."""
    by_fact: dict[str, dict[Population, list[Metric]]] = {}
    for metric in metrics:
        by_fact.setdefault(metric.fact, {}).setdefault(metric.population, []).append(metric)
        if isinstance(metric.kind, NetCount):
            by_fact.setdefault(metric.kind.less.fact, {}).setdefault(metric.kind.less, [])
    return by_fact


def _key(kind: Kind) -> str:
    """Name that a kind's contributions are gathered under. Percentiles and the mean of one column share it."""
    match kind:
        case Percentile(column=column) | Mean(column=column) | Sum(amount=column):
            return f"column.{column}"
        case Count() | NetCount():
            return _COUNTED
        case _:
            return f"kind.{id(kind)}"


def contributions(metrics: Sequence[Metric]) -> dict[str, pl.Expr]:
    """What one record contributes to the metrics, each thing once; empty where it is not measured for that alone."""
    parts: dict[str, pl.Expr] = {_COUNTED: pl.lit(True)}
    for metric in metrics:
        key = _key(metric.kind)
        match metric.kind:
            case Percentile(column=column) | Mean(column=column) | Sum(amount=column):
                parts[key] = pl.col(column)
            case Ratio(is_hit=is_hit):
                parts[key] = is_hit
            case BoundedSum(amount=amount, least=least, greatest=greatest):
                parts[key], parts[f"{key}.least"], parts[f"{key}.greatest"] = map(pl.col, (amount, least, greatest))
                parts[f"{key}.counted"] = pl.coalesce(amount, _sure_amount(least, greatest))
            case TimeShare(part=part, whole=whole, whole_at_most=at_most):
                is_known = part.is_not_null() & whole.is_not_null()
                parts[f"{key}.part"] = pl.when(is_known).then(part)
                parts[f"{key}.whole"] = pl.when(is_known).then(whole)
                parts[f"{key}.missing"] = pl.when(~is_known).then(at_most)
            case AmountShare(part=amount, whole=of):
                is_known = pl.col(amount).is_not_null() & pl.col(of).is_not_null()
                parts[f"{key}.part"] = pl.when(is_known).then(pl.col(amount))
                parts[f"{key}.whole"] = pl.when(is_known).then(pl.col(of))
            case Count() | NetCount():
                pass
            case _:
                raise TypeError(f"{type(metric.kind).__name__} is not computed from single records")
    return parts


def _ends(metrics: Sequence[Metric], fact: pl.DataFrame) -> dict[str, pl.Expr]:
    """Between what the value of a measured record lies, for columns of which it is not known exactly of any record."""
    parts: dict[str, pl.Expr] = {}
    for metric in metrics:
        if not isinstance(metric.kind, Percentile):
            continue
        if _is_any(metric.kind.may_be_more, fact):
            known = pl.when(metric.kind.may_be_more).then(pl.lit(_BEYOND)).otherwise(metric.kind.column)
            parts[f"{_key(metric.kind)}.greatest"] = pl.when(pl.col(metric.kind.column).is_not_null()).then(known)
            continue
        told = [name for name in metric.kind.ends if name in fact.columns and fact[name].count()]
        value = pl.col(metric.kind.column)
        for end, name in (("least", metric.kind.least), ("greatest", metric.kind.greatest)):
            if told:
                known = pl.coalesce(name, value) if name in told else value
                parts[f"{_key(metric.kind)}.{end}"] = pl.when(value.is_not_null()).then(known)
    return parts


def _doubts(metrics: Sequence[Metric], fact: pl.DataFrame) -> dict[str, pl.Expr]:
    """What is measured of a record and may be otherwise, or more; nothing where that is so of no record."""
    parts: dict[str, pl.Expr] = {}
    for metric in metrics:
        key = f"{_key(metric.kind)}.{_DOUBT}"
        match metric.kind:
            case Ratio(is_hit=is_hit, hits_in_doubt=are_hits, doubt=flag) if _is_any(flag, fact):
                parts[key] = pl.when(pl.col(flag) & (is_hit if are_hits else ~is_hit)).then(is_hit)
            case Mean(column=column, may_be_more=flag) if _is_any(flag, fact):
                parts[key] = pl.when(flag).then(column)
    return parts


def _is_any(flag: str, fact: pl.DataFrame) -> bool:
    """Whether there is such a flag, and any record has it."""
    return flag in fact.columns and bool(fact[flag].any())


def _sure_amount(least: str, greatest: str) -> pl.Expr:
    """What an amount comes to in any case, given its ends: the one of them that is nearer to 0, unless 0 is between."""
    nothing = pl.lit(0, dtype=pl.Decimal(18, 4))
    sure = pl.max_horizontal(least, pl.min_horizontal(greatest, nothing))
    return pl.when(sure != 0).then(sure)


def _eligible_records(
    population: Population,
    fact: EncodedFact,
    reporting: Reporting,
    metrics: Sequence[Metric],
) -> Records:
    """Eligible records with the day that decides their period, their breakdown and what each contributes."""
    breakdown = {dimension: names for dimension, names in fact.values.items() if dimension in population.dimensions}
    is_trusted = ~pl.col("is_quarantined") & population.is_placed
    contributed = {**contributions(metrics), **_ends(metrics, fact.frame), **_doubts(metrics, fact.frame)}
    parts = [pl.when(is_trusted).then(part).alias(key) for key, part in contributed.items()]
    frame = (
        eligible_on_days(fact.frame, population, reporting)
        .select(DAY, *(dimension.value for dimension in breakdown), *parts)
        .collect()
    )
    return Records(frame, breakdown, reporting.week_start)


def _sums(metrics: Sequence[Metric], told: Collection[str]) -> dict[str, pl.Expr]:
    """Sums of contributions and counts of measured records that the metrics need, each once.

    Args:
        told: contributions that there are.
    """
    sums: dict[str, pl.Expr] = {_ELIGIBLE: pl.len(), f"{_COUNTED}.count": pl.col(_COUNTED).count()}
    for metric in metrics:
        key = _key(metric.kind)
        match metric.kind:
            case Percentile():
                sums[f"{key}.count"] = pl.col(key).count()
            case TimeShare():
                for part in ("part", "whole", "missing"):
                    # Microseconds of many tickets over many years do not fit 64 bits.
                    sums[f"{key}.{part}"] = pl.col(f"{key}.{part}").cast(pl.Int128).sum()
                sums[f"{key}.count"] = pl.col(f"{key}.part").count()
                sums[f"{key}.limited"] = pl.col(f"{key}.missing").count()
            case BoundedSum():
                for name in (key, f"{key}.counted", f"{key}.least", f"{key}.greatest"):
                    sums[f"{name}.sum"] = pl.col(name).sum()
                    sums[f"{name}.count"] = pl.col(name).count()
            case AmountShare():
                for part in ("part", "whole"):
                    sums[f"{key}.{part}"] = pl.col(f"{key}.{part}").sum()
                sums[f"{key}.count"] = pl.col(f"{key}.part").count()
            case Ratio() | Mean() | Sum():
                if (doubt := f"{key}.{_DOUBT}") in told:
                    sums[f"{doubt}.sum"], sums[f"{doubt}.count"] = pl.col(doubt).sum(), pl.col(doubt).count()
                sums[f"{key}.sum"] = pl.col(key).sum()
                sums[f"{key}.count"] = pl.col(key).count()
    counts = (_ELIGIBLE, ".count", ".limited")
    return {name: sum_.cast(pl.Int64) if name.endswith(counts) else sum_ for name, sum_ in sums.items()}


def _cells(records: Records, metrics: Sequence[Metric], dimensions: Sequence[Dimension]) -> pl.DataFrame:
    """One row per grain, period and breakdown value, in that order, with the parts of all metrics."""
    percentiles: dict[str, list[Metric]] = {}
    for metric in metrics:
        if isinstance(metric.kind, Percentile):
            percentiles.setdefault(_key(metric.kind), []).append(metric)
    sums = records.sum_daily(dimensions, _sums(metrics, records.parts.columns))
    taken = [
        name
        for key in percentiles
        for name in (key, f"{key}.least", f"{key}.greatest")
        if name in records.parts.columns
    ]
    measures = {name: Measure(records.take(name)) for name in taken}
    groupings = []
    for dimension, daily in sums.items():
        for grain in Grain:
            cells = records.name_cells(daily, dimension, grain)
            if measures:
                number = records.number_cells(dimension, grain)
                cells = cells.with_columns(_percentiles(cells, number, measures, percentiles))
            groupings.append(cells)
    return pl.concat(groupings).sort(CELL)


def _percentiles(
    cells: pl.DataFrame, number: Integers, measures: Mapping[str, Measure], metrics: Mapping[str, Sequence[Metric]]
) -> list[pl.Series]:
    """Value and bounds of every percentile of some cells, in columns named after the metric.

    Args:
        cells: the cells in order of their number, with counts of eligible and measured records.
        number: of every record the number of its cell.
        measures: values of the records, by the key of the contribution; and their ends, where they are not exact.
        metrics: percentiles of each of them.
    """
    eligible = cells[_ELIGIBLE].to_numpy()

    def compute(key: str) -> list[pl.Series]:
        measured = cells[f"{key}.count"].to_numpy()
        ascending = SortedCells.sort(number, measures[key], eligible, measured)
        least, greatest = (
            SortedCells.sort(number, measures[end], eligible, measured) if end in measures else ascending
            for end in (f"{key}.least", f"{key}.greatest")
        )
        found: dict[str, Floats] = {}
        for metric in metrics[key]:
            assert isinstance(metric.kind, Percentile)
            percent, scale = metric.kind.percent, metric.kind.scale
            found[f"{metric.name}.value"] = ascending.percentile(percent, scale)
            found[f"{metric.name}.lower"] = least.lower_bound(
                percent, scale, can_be_negative=metric.kind.can_be_negative
            )
            upper = greatest.upper_bound(percent, scale)
            # Between a count and what stands for no bound there is no bound either.
            found[f"{metric.name}.upper"] = (
                np.where(upper * 100 < _BEYOND, upper, np.nan) if metric.kind.may_be_more else upper
            )
        return [pl.Series(name, numbers).fill_nan(None) for name, numbers in found.items()]

    # NumPy sorts outside Python's lock, so that every processor can sort another column.
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        return [column for columns in threads.map(compute, metrics) for column in columns]


def _values(cells: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """Value, parts and bounds of one metric in all its cells."""
    key = _key(metric.kind)
    eligible, measured, total = pl.col(_ELIGIBLE), pl.col(f"{key}.count"), pl.col(f"{key}.sum")
    parts: dict[str, pl.Expr] = {}
    match metric.kind:
        case Percentile():
            value, lower, upper = (pl.col(f"{metric.name}.{number}") for number in ("value", "lower", "upper"))
        case Ratio():
            parts = {"numerator": total, "denominator": measured}
            value = pl.when(measured > 0).then(total / measured)
            hits, in_doubt = _in_doubt(cells, key)
            lower, upper = bounds.ratio_bounds(
                total, measured, eligible, hits_in_doubt=hits, misses_in_doubt=in_doubt - hits
            )
        case Mean():
            parts = {"numerator": total, "denominator": measured}
            value = pl.when(measured > 0).then(total / measured)
            _, in_doubt = _in_doubt(cells, key)
            lower, upper = bounds.mean_bounds(total, measured, eligible, in_doubt=in_doubt)
        case TimeShare(scale=scale):
            part, whole, missing = (pl.col(f"{key}.{name}") for name in ("part", "whole", "missing"))
            parts = {"numerator": part.cast(pl.Float64) / scale, "denominator": whole.cast(pl.Float64) / scale}
            value = pl.when(whole > 0).then(part.cast(pl.Float64) / whole.cast(pl.Float64))
            is_limited = pl.col(f"{key}.limited") == eligible - measured
            lower, upper = bounds.time_share_bounds(part, whole, missing, is_limited)
        case BoundedSum():
            value = pl.when(pl.col(f"{key}.counted.count") > 0).then(pl.col(f"{key}.counted.sum").cast(pl.Float64))
            lower, upper = (
                pl.when(pl.col(f"{key}.{end}.count") == eligible).then(pl.col(f"{key}.{end}.sum").cast(pl.Float64))
                for end in ("least", "greatest")
            )
        case AmountShare():
            part, whole = (pl.col(f"{key}.{name}").cast(pl.Float64) for name in ("part", "whole"))
            parts = {"numerator": part, "denominator": whole}
            value = pl.when((measured > 0) & (whole > 0)).then(part / whole)
            lower, upper = bounds.sum_bounds(value, measured, eligible)
        case Count():
            value = measured
            lower, upper = bounds.count_bounds(measured, eligible)
        case Sum(is_never_negative=is_never_negative):
            # Exact to here; only the published number is a float.
            value = pl.when(measured > 0).then(total.cast(pl.Float64))
            lower, upper = bounds.sum_bounds(value, measured, eligible, is_never_negative=is_never_negative)
        case _:
            raise TypeError(f"{type(metric.kind).__name__} is not computed from single records")
    numbers = Numbers(value=value, lower=lower, upper=upper, eligible=eligible, measured=measured, **parts)
    return publish_cells(cells, metric, numbers)


def _in_doubt(cells: pl.DataFrame, key: str) -> tuple[pl.Expr, pl.Expr]:
    """What measured records that may be otherwise come to, and how many they are."""
    names = (f"{key}.{_DOUBT}.sum", f"{key}.{_DOUBT}.count")
    total, count = (
        pl.col(name).cast(pl.Int64) if name in cells.columns else pl.lit(0, dtype=pl.Int64) for name in names
    )
    return total, count


def _net_values(cells: pl.DataFrame, less: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """Records of one population less those of another, in all cells that either has."""
    names, counts = [*CELL, "period_end_date", "is_period_closed"], [_ELIGIBLE, f"{_COUNTED}.count"]
    joined = cells.select(*names, *counts).join(
        less.select(*names, *counts), on=names, how="full", coalesce=True, suffix=".less"
    )
    filled = joined.with_columns(pl.col(count, f"{count}.less").fill_null(0) for count in counts).sort(CELL)
    eligible, measured = ((pl.col(count), pl.col(f"{count}.less")) for count in counts)
    lower, upper = bounds.net_count_bounds(measured, eligible)
    numbers = Numbers(
        value=measured[0] - measured[1],
        lower=lower,
        upper=upper,
        eligible=eligible[0] + eligible[1],
        measured=measured[0] + measured[1],
    )
    return publish_cells(filled, metric, numbers)

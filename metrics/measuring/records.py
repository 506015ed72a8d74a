"""Metrics that are computed from single records: percentiles, ratios, means, counts and sums.

All metrics of one population share their records and their cells; what each needs is summed or sorted there once.
Costs, whose records are already sums, are in `metrics.measuring.costs`; what lies there at a day's end is in
`metrics.measuring.stocks`, and what has to be added up by vendor first in `metrics.measuring.concentration`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from metrics.kinds import AmountShare, BoundedSum, Count, Kind, Mean, NetCount, Percentile, Ratio, Sum, TimeShare
from metrics.measuring import bounds
from metrics.measuring.cells import CELL, DAY, EncodedFact, Records, encode_breakdown
from metrics.measuring.fact_records import eligible_on_days, records_of
from metrics.measuring.inexact_values import BEYOND, GREATEST, LEAST, doubt_of, ends_of, limit_of
from metrics.measuring.percentiles import Floats, Integers, Measure, SortedCells
from metrics.measuring.published_cells import Numbers, close_periods, publish_cells
from metrics.measuring.uncertain_periods import FROM_DAY, TO_DAY, possible_days, spread_over_periods
from metrics.periods import Reporting
from metrics.spec import Metric, Population
from models.vocabulary import Dimension, Grain

_COUNTED: Final = "counted"
_ELIGIBLE: Final = "eligible_count"
_DOUBT: Final = "doubt"
_LOWER: Final = "lower_bound"
_UPPER: Final = "upper_bound"
#: What a net count takes of both its populations.
_NET_COUNTS: Final = (_ELIGIBLE, f"{_COUNTED}.count")
#: Ends of the names of columns that are no sums.
_OF_PERCENTILES: Final = (".value", ".lower", ".upper")
#: Of the measured records of a time share that may be anything: their part, their whole, and what limits that.
_DOUBTS_OF_SHARES: Final = (_DOUBT, f"{_DOUBT}.whole", f"{_DOUBT}.limit")


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
    cells: dict[Population, _Cells] = {}
    for fact, populations in _populations_by_fact(metrics).items():
        encoded = encode_breakdown(records_of(facts, fact))
        for population, members in populations.items():
            cells[population] = _measure_cells(population, encoded, reporting, members)
    return [
        _net_values(cells[metric.population], cells[metric.kind.less], metric)
        if isinstance(metric.kind, NetCount)
        else _values(cells[metric.population], metric)
        for metric in metrics
    ]


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells of a population, as `metrics.measuring.published_cells.close_periods` gives them.

    Attributes:
        frame: what they hold.
        at_edges: what bounds them, the same cells in the same order: the frame itself where every record is known to
            belong to its period.
    """

    frame: pl.DataFrame
    at_edges: pl.DataFrame


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


def _uncertain(metrics: Sequence[Metric], fact: pl.DataFrame) -> dict[str, pl.Expr]:
    """What of the contributions is not certain; nothing where all of them are."""
    parts: dict[str, pl.Expr] = {}
    for metric in metrics:
        key = _key(metric.kind)
        if isinstance(metric.kind, Percentile):
            parts.update({f"{key}.{end}": at for end, at in ends_of(metric.kind, fact).items()})
        elif (doubt := doubt_of(metric.kind, fact)) is not None:
            parts[f"{key}.{_DOUBT}"] = doubt
            if isinstance(metric.kind, TimeShare):
                parts[f"{key}.{_DOUBT}.whole"] = pl.when(doubt.is_not_null()).then(metric.kind.whole)
                parts[f"{key}.{_DOUBT}.limit"] = pl.when(doubt.is_not_null()).then(limit_of(metric.kind, fact))
    return parts


def _sure_amount(least: str, greatest: str) -> pl.Expr:
    """What an amount comes to in any case, given its ends: the one of them that is nearer to 0, unless 0 is between."""
    nothing = pl.lit(0, dtype=pl.Decimal(18, 4))
    sure = pl.max_horizontal(least, pl.min_horizontal(greatest, nothing))
    return pl.when(sure != 0).then(sure)


def _measure_cells(
    population: Population, fact: EncodedFact, reporting: Reporting, metrics: Sequence[Metric]
) -> _Cells:
    """What the cells of a population hold, and what bounds them."""
    breakdown = {dimension: names for dimension, names in fact.values.items() if dimension in population.dimensions}
    records = _eligible_records(population, fact, breakdown, reporting, metrics)
    if FROM_DAY not in records.columns:
        # Nothing else may hold on to the frame: there are many records, and each is long.
        sorted_in = Records(records, breakdown, reporting.week_start)
        del records
        found = close_periods(_cells(sorted_in, metrics, population.dimensions), reporting)
        return _Cells(found, found)
    named = [dimension.value for dimension in breakdown]
    own = Records(records.drop(FROM_DAY, TO_DAY), breakdown, reporting.week_start)
    found = _cells(own, metrics, population.dimensions)
    of_grains = []
    for grain in Grain:
        spread = spread_over_periods(records, named, grain, reporting.week_start)
        if spread is None:
            of_grains.append(found.filter(pl.col("period_grain") == grain.value))
            continue
        possible = Records(spread, breakdown, reporting.week_start)
        of_grains.append(_cells(possible, metrics, population.dimensions, [grain]))
    at_edges = pl.concat(of_grains).sort(CELL)
    # Where records may belong, there need be none that do.
    held = at_edges.select(CELL).join(found, on=CELL, how="left", maintain_order="left")
    added_up = [name for name in held.columns if name not in CELL and not name.endswith(_OF_PERCENTILES)]
    held = held.with_columns(pl.col(name).fill_null(0) for name in added_up)
    return _Cells(close_periods(held, reporting), close_periods(at_edges, reporting))


def _eligible_records(
    population: Population,
    fact: EncodedFact,
    breakdown: Mapping[Dimension, pl.Series],
    reporting: Reporting,
    metrics: Sequence[Metric],
) -> pl.DataFrame:
    """Eligible records with the day that decides their period, their breakdown and what each contributes.

    Where that day is not certain of all of them, also with the first and the last one that it can be.
    """
    is_trusted = ~pl.col("is_quarantined") & population.is_placed
    contributed = {**contributions(metrics), **_uncertain(metrics, fact.frame)}
    parts = [pl.when(is_trusted).then(part).alias(key) for key, part in contributed.items()]
    days = possible_days(population, fact.frame, is_trusted, reporting)
    return (
        eligible_on_days(fact.frame, population, reporting)
        .select(DAY, *days, *(dimension.value for dimension in breakdown), *parts)
        .collect()
    )


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
                doubts = [each for part in _DOUBTS_OF_SHARES if (each := f"{key}.{part}") in told]
                for name in (f"{key}.part", f"{key}.whole", f"{key}.missing", *doubts):
                    # Microseconds of many tickets over many years do not fit 64 bits.
                    sums[name] = pl.col(name).cast(pl.Int128).sum()
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


def _cells(
    records: Records, metrics: Sequence[Metric], dimensions: Sequence[Dimension], grains: Sequence[Grain] = tuple(Grain)
) -> pl.DataFrame:
    """One row per grain, period and breakdown value, in that order, with the parts of all metrics."""
    percentiles: dict[str, list[Metric]] = {}
    for metric in metrics:
        if isinstance(metric.kind, Percentile):
            percentiles.setdefault(_key(metric.kind), []).append(metric)
    sums = records.sum_daily(dimensions, _sums(metrics, records.parts.columns))
    taken = [
        name
        for key in percentiles
        for name in (key, f"{key}.{LEAST}", f"{key}.{GREATEST}")
        if name in records.parts.columns
    ]
    measures = {name: Measure(records.take(name)) for name in taken}
    groupings = []
    for dimension, daily in sums.items():
        for grain in grains:
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
            for end in (f"{key}.{LEAST}", f"{key}.{GREATEST}")
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
                np.where(upper * 100 < BEYOND, upper, np.nan) if metric.kind.may_be_more else upper
            )
        return [pl.Series(name, numbers).fill_nan(None) for name, numbers in found.items()]

    # NumPy sorts outside Python's lock, so that every processor can sort another column.
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        return [column for columns in threads.map(compute, metrics) for column in columns]


def _values(cells: _Cells, metric: Metric) -> pl.DataFrame:
    """Value, parts and bounds of one metric in all its cells."""
    frame, at_edges = cells.frame, cells.at_edges
    if at_edges is not frame and not isinstance(metric.kind, Count):
        # A count of nothing is 0 where something may belong; of anything else there is no value.
        is_held = frame[_ELIGIBLE] > 0
        frame, at_edges = frame.filter(is_held), at_edges.filter(is_held)
    key = _key(metric.kind)
    eligible, measured, total = pl.col(_ELIGIBLE), pl.col(f"{key}.count"), pl.col(f"{key}.sum")
    parts: dict[str, pl.Expr] = {}
    match metric.kind:
        case Percentile():
            value, lower, upper = (pl.col(f"{metric.name}.{number}") for number in ("value", "lower", "upper"))
        case Ratio():
            parts = {"numerator": total, "denominator": measured}
            value = pl.when(measured > 0).then(total / measured)
            hits, in_doubt = _in_doubt(at_edges, key)
            lower, upper = bounds.ratio_bounds(
                total, measured, eligible, hits_in_doubt=hits, misses_in_doubt=in_doubt - hits
            )
        case Mean():
            parts = {"numerator": total, "denominator": measured}
            value = pl.when(measured > 0).then(total / measured)
            _, in_doubt = _in_doubt(at_edges, key)
            lower, upper = bounds.mean_bounds(total, measured, eligible, in_doubt=in_doubt)
        case TimeShare(scale=scale):
            part, whole, missing = (pl.col(f"{key}.{name}") for name in ("part", "whole", "missing"))
            parts = {"numerator": part.cast(pl.Float64) / scale, "denominator": whole.cast(pl.Float64) / scale}
            value = pl.when(whole > 0).then(part.cast(pl.Float64) / whole.cast(pl.Float64))
            is_limited = pl.col(f"{key}.limited") == eligible - measured
            open_part, open_whole, limit = (
                pl.col(name) if (name := f"{key}.{each}") in at_edges.columns else pl.lit(0, dtype=pl.Int128)
                for each in _DOUBTS_OF_SHARES
            )
            # What may be anything up to a limit bounds as little as what is not measured and has that limit.
            lower, upper = bounds.time_share_bounds(part - open_part, whole - open_whole, missing + limit, is_limited)
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
    ends = at_edges.select(lower.alias(_LOWER), upper.alias(_UPPER))
    numbers = Numbers(
        value=value, lower=pl.col(_LOWER), upper=pl.col(_UPPER), eligible=eligible, measured=measured, **parts
    )
    return publish_cells(frame.hstack(ends), metric, numbers)


def _in_doubt(cells: pl.DataFrame, key: str) -> tuple[pl.Expr, pl.Expr]:
    """What measured records that may be otherwise come to, and how many they are."""
    names = (f"{key}.{_DOUBT}.sum", f"{key}.{_DOUBT}.count")
    total, count = (
        pl.col(name).cast(pl.Int64) if name in cells.columns else pl.lit(0, dtype=pl.Int64) for name in names
    )
    return total, count


def _net_values(cells: _Cells, less: _Cells, metric: Metric) -> pl.DataFrame:
    """Records of one population less those of another, in all cells that either has."""
    eligible, measured = ((pl.col(count), pl.col(f"{count}.less")) for count in _NET_COUNTS)
    lower, upper = bounds.net_count_bounds(measured, eligible)
    ends = _both_counts(cells.at_edges, less.at_edges).select(lower.alias(_LOWER), upper.alias(_UPPER))
    numbers = Numbers(
        value=measured[0] - measured[1],
        lower=pl.col(_LOWER),
        upper=pl.col(_UPPER),
        eligible=eligible[0] + eligible[1],
        measured=measured[0] + measured[1],
    )
    return publish_cells(_both_counts(cells.frame, less.frame).hstack(ends), metric, numbers)


def _both_counts(cells: pl.DataFrame, less: pl.DataFrame) -> pl.DataFrame:
    """The counts of all cells that either has, in order."""
    names = [*CELL, "period_end_date", "is_period_closed"]
    joined = cells.select(*names, *_NET_COUNTS).join(
        less.select(*names, *_NET_COUNTS), on=names, how="full", coalesce=True, suffix=".less"
    )
    return joined.with_columns(pl.col(count, f"{count}.less").fill_null(0) for count in _NET_COUNTS).sort(CELL)

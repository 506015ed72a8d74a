"""Eligible records summed and sorted into the cells of a population, once for all metrics that share it.

What each record contributes, how far that is certain, and to which periods it may belong: all that a value and its
bounds need. What they come to is said in `metrics.measuring.records`; how cells are numbered, in
`metrics.measuring.cells`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from metrics.kinds import AmountShare, BoundedSum, Count, Kind, Mean, NetCount, Percentile, Ratio, Sum, TimeShare
from metrics.measuring.cells import CELL, DAY, EncodedFact, Records
from metrics.measuring.fact_records import eligible_on_days
from metrics.measuring.inexact_values import BEYOND, GREATEST, LEAST, doubt_of, ends_of, limit_of
from metrics.measuring.percentiles import Floats, Integers, Measure, SortedCells
from metrics.measuring.published_cells import close_periods
from metrics.measuring.uncertain_periods import FROM_DAY, TO_DAY, possible_days, spread_over_periods
from metrics.periods import Reporting
from metrics.spec import Metric, Population
from models.vocabulary import Dimension, Grain

COUNTED: Final = "counted"
ELIGIBLE: Final = "eligible_count"
DOUBT: Final = "doubt"
#: Of the measured records of a time share that may be anything: their part, their whole, and what limits that.
DOUBTS_OF_SHARES: Final = (DOUBT, f"{DOUBT}.whole", f"{DOUBT}.limit")
#: Ends of the names of columns that are no sums.
_OF_PERCENTILES: Final = (".value", ".lower", ".upper")


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of a population, as `metrics.measuring.published_cells.close_periods` gives them.

    Attributes:
        frame: what they hold.
        at_edges: what bounds them, the same cells in the same order: the frame itself where every record is known to
            belong to its period.
    """

    frame: pl.DataFrame
    at_edges: pl.DataFrame


def measure_cells(population: Population, fact: EncodedFact, reporting: Reporting, metrics: Sequence[Metric]) -> Cells:
    """What the cells of a population hold, and what bounds them."""
    breakdown = {dimension: names for dimension, names in fact.values.items() if dimension in population.dimensions}
    records = _eligible_records(population, fact, breakdown, reporting, metrics)
    if FROM_DAY not in records.columns:
        # Nothing else may hold on to the frame: there are many records, and each is long.
        sorted_in = Records(records, breakdown, reporting.week_start)
        del records
        found = close_periods(_cells(sorted_in, metrics, population.dimensions), reporting)
        return Cells(found, found)
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
    return Cells(close_periods(held, reporting), close_periods(at_edges, reporting))


def key_of(kind: Kind) -> str:
    """Name that a kind's contributions are gathered under. Percentiles and the mean of one column share it."""
    match kind:
        case Percentile(column=column) | Mean(column=column) | Sum(amount=column):
            return f"column.{column}"
        case Count() | NetCount():
            return COUNTED
        case _:
            return f"kind.{id(kind)}"


def contributions(metrics: Sequence[Metric]) -> dict[str, pl.Expr]:
    """What one record contributes to the metrics, each thing once; empty where it is not measured for that alone."""
    parts: dict[str, pl.Expr] = {COUNTED: pl.lit(True)}
    for metric in metrics:
        key = key_of(metric.kind)
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
        key = key_of(metric.kind)
        if isinstance(metric.kind, Percentile):
            parts.update({f"{key}.{end}": at for end, at in ends_of(metric.kind, fact).items()})
        elif (doubt := doubt_of(metric.kind, fact)) is not None:
            parts[f"{key}.{DOUBT}"] = doubt
            if isinstance(metric.kind, TimeShare):
                parts[f"{key}.{DOUBT}.whole"] = pl.when(doubt.is_not_null()).then(metric.kind.whole)
                parts[f"{key}.{DOUBT}.limit"] = pl.when(doubt.is_not_null()).then(limit_of(metric.kind, fact))
    return parts


def _sure_amount(least: str, greatest: str) -> pl.Expr:
    """What an amount comes to in any case, given its ends: the one of them that is nearer to 0, unless 0 is between."""
    nothing = pl.lit(0, dtype=pl.Decimal(18, 4))
    sure = pl.max_horizontal(least, pl.min_horizontal(greatest, nothing))
    return pl.when(sure != 0).then(sure)


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
    sums: dict[str, pl.Expr] = {ELIGIBLE: pl.len(), f"{COUNTED}.count": pl.col(COUNTED).count()}
    for metric in metrics:
        key = key_of(metric.kind)
        match metric.kind:
            case Percentile():
                sums[f"{key}.count"] = pl.col(key).count()
            case TimeShare():
                doubts = [each for part in DOUBTS_OF_SHARES if (each := f"{key}.{part}") in told]
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
                if (doubt := f"{key}.{DOUBT}") in told:
                    sums[f"{doubt}.sum"], sums[f"{doubt}.count"] = pl.col(doubt).sum(), pl.col(doubt).count()
                sums[f"{key}.sum"] = pl.col(key).sum()
                sums[f"{key}.count"] = pl.col(key).count()
    counts = (ELIGIBLE, ".count", ".limited")
    return {name: sum_.cast(pl.Int64) if name.endswith(counts) else sum_ for name, sum_ in sums.items()}


def _cells(
    records: Records, metrics: Sequence[Metric], dimensions: Sequence[Dimension], grains: Sequence[Grain] = tuple(Grain)
) -> pl.DataFrame:
    """One row per grain, period and breakdown value, in that order, with the parts of all metrics."""
    percentiles: dict[str, list[Metric]] = {}
    for metric in metrics:
        if isinstance(metric.kind, Percentile):
            percentiles.setdefault(key_of(metric.kind), []).append(metric)
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
    eligible = cells[ELIGIBLE].to_numpy()

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

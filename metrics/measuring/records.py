"""Metrics that are computed from single records: percentiles, ratios, means, counts and sums.

All metrics of one population share their records and their cells (`metrics.measuring.record_cells`); here is what these
come to. Costs, whose records are already sums, are in `metrics.measuring.costs`; what lies there at a day's end is in
`metrics.measuring.stocks`, and what has to be added up by vendor first in `metrics.measuring.concentration`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from metrics.kinds import AmountShare, BoundedSum, Count, Mean, NetCount, Percentile, Ratio, Sum, TimeShare
from metrics.measuring import bounds
from metrics.measuring.cells import CELL, encode_breakdown
from metrics.measuring.fact_records import records_of
from metrics.measuring.published_cells import Numbers, publish_cells
from metrics.measuring.record_cells import COUNTED, DOUBT, DOUBTS_OF_SHARES, ELIGIBLE, Cells, key_of, measure_cells
from metrics.periods import Reporting
from metrics.spec import Metric, Population

_LOWER: Final = "lower_bound"
_UPPER: Final = "upper_bound"
#: What a net count takes of both its populations.
_NET_COUNTS: Final = (ELIGIBLE, f"{COUNTED}.count")


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
    cells: dict[Population, Cells] = {}
    for fact, populations in _populations_by_fact(metrics).items():
        encoded = encode_breakdown(records_of(facts, fact))
        for population, members in populations.items():
            cells[population] = measure_cells(population, encoded, reporting, members)
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


def _values(cells: Cells, metric: Metric) -> pl.DataFrame:
    """Value, parts and bounds of one metric in all its cells."""
    frame, at_edges = cells.frame, cells.at_edges
    if at_edges is not frame and not isinstance(metric.kind, Count):
        # A count of nothing is 0 where something may belong; of anything else there is no value.
        is_held = frame[ELIGIBLE] > 0
        frame, at_edges = frame.filter(is_held), at_edges.filter(is_held)
    key = key_of(metric.kind)
    eligible, measured, total = pl.col(ELIGIBLE), pl.col(f"{key}.count"), pl.col(f"{key}.sum")
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
                for each in DOUBTS_OF_SHARES
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
    names = (f"{key}.{DOUBT}.sum", f"{key}.{DOUBT}.count")
    total, count = (
        pl.col(name).cast(pl.Int64) if name in cells.columns else pl.lit(0, dtype=pl.Int64) for name in names
    )
    return total, count


def _net_values(cells: Cells, less: Cells, metric: Metric) -> pl.DataFrame:
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

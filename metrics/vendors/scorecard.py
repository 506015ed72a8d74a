"""Vendors' scorecards: metrics scored on declared scales, weighted, with every part visible.

What a metric says is computed elsewhere; here is only what it is worth. A vendor of which nothing is known has no
score: neither none nor full marks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

import polars as pl

from metrics.vendors.scorecard_policy import SCORED_GRAINS, Scorecard, ScorecardPart, ScorePoint
from models.ddl import conform, polars_schema
from models.vendor_performance import vendor_scorecard_parts, vendor_scorecards
from models.vocabulary import NO_VALUE, Dimension, ScoreState

_PERIOD: Final = ("period_grain", "period_start_date", "period_end_date", "is_period_closed")


@dataclass(frozen=True, slots=True)
class Scores:
    """`vendor_scorecard_parts` and `vendor_scorecards`."""

    parts: pl.DataFrame
    totals: pl.DataFrame


def build_scorecards(
    scorecard: Scorecard | None, metric_values: pl.DataFrame, promises: pl.DataFrame, held: Collection[str] = ()
) -> Scores:
    """Every vendor's parts and total in every month and quarter.

    A vendor has a row in each period that its contract touches, whether anything is known of it or not, and in each
    in which a part has a value. A part without a value has no score; the total is the weighted mean of those that
    have one. It is published if they weigh enough. Its bounds take each measured part at the ends of its metric's
    bounds, and each other one at 0 and at 1.

    Args:
        metric_values: rows of `metric_values`.
        promises: `fct_contract_promises`.
        held: metrics that a contract holds back; their values are of the last good batch.
    """
    parts = list(_score_parts(scorecard, metric_values, promises, held)) if scorecard is not None else []
    schema = polars_schema(vendor_scorecard_parts)
    frame = pl.DataFrame(parts, schema=schema, orient="row")
    if scorecard is None:
        return Scores(frame, polars_schema(vendor_scorecards).to_frame())
    return Scores(frame, _add_up(frame, scorecard))


def score_of(value: float, scale: tuple[ScorePoint, ...]) -> float:
    """The score of a value: on the line between the two points around it, beyond the ends that of the end."""
    points = [(float(point.value), float(point.score)) for point in scale]
    if value <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in pairwise(points):
        if value <= right:
            return high if value == right else low + (high - low) * (value - left) / (right - left)
    return points[-1][1]


def _score_parts(
    scorecard: Scorecard, metric_values: pl.DataFrame, promises: pl.DataFrame, held: Collection[str]
) -> Iterator[dict[str, Any]]:
    grains = [grain.value for grain in SCORED_GRAINS]
    names = [part.metric for part in scorecard.parts]
    rows = metric_values.filter(pl.col("metric").is_in(names), pl.col("period_grain").is_in(grains))
    of_vendors = rows.filter(pl.col("dimension") == Dimension.VENDOR.value, pl.col("dimension_value") != NO_VALUE)
    found = {
        (row["metric"], row["period_grain"], row["period_start_date"], row["dimension_value"]): row
        for row in of_vendors.iter_rows(named=True)
    }
    scored = {(grain, start, vendor) for _, grain, start, vendor in found}
    terms = _terms_by_vendor(promises)
    # A period is closed for a vendor when it is closed for every metric of the scorecard.
    periods = rows.group_by(_PERIOD[:3]).agg(pl.col("is_period_closed").all()).sort("period_grain", "period_start_date")
    vendors = sorted({vendor for *_, vendor in scored} | set(terms))
    for period in periods.iter_rows(named=True):
        grain, start, end = (period[name] for name in _PERIOD[:3])
        for vendor in vendors:
            if (grain, start, vendor) in scored or _touches(terms.get(vendor, ()), start, end):
                for part in scorecard.parts:
                    row = found.get((part.metric, grain, start, vendor), {})
                    yield {**period, "vendor": vendor, **_score_part(part, row), "is_held": part.metric in held}


def _score_part(part: ScorecardPart, row: dict[str, Any]) -> dict[str, Any]:
    value = row.get("value")
    at_least, at_most = 0.0, 1.0
    if value is not None:
        lower, upper = row["lower_bound"], row["upper_bound"]
        ends = (
            float(part.scale[0].score) if lower is None else score_of(lower, part.scale),
            float(part.scale[-1].score) if upper is None else score_of(upper, part.scale),
        )
        at_least, at_most = min(ends), max(ends)
    return {
        "part": part.id,
        "metric": part.metric,
        "weight_ratio": part.weight,
        "value": value,
        "unit": row.get("unit"),
        "metric_coverage_ratio": row.get("coverage_ratio"),
        "score_ratio": None if value is None else score_of(value, part.scale),
        "at_least_ratio": at_least,
        "at_most_ratio": at_most,
        "is_measured": value is not None,
    }


def _add_up(parts: pl.DataFrame, scorecard: Scorecard) -> pl.DataFrame:
    weight = pl.col("weight_ratio")
    measured = weight.filter("is_measured").sum()
    exact = pl.col("weight_ratio").cast(pl.Float64)
    totals = parts.group_by("vendor", *_PERIOD, maintain_order=True).agg(
        measured.alias("measured_weight"),
        (exact * pl.col("score_ratio")).sum().alias("points"),
        lower_bound=(exact * pl.col("at_least_ratio")).sum(),
        upper_bound=(exact * pl.col("at_most_ratio")).sum(),
        part_count=pl.len(),
        measured_part_count=pl.col("is_measured").sum(),
        is_held=pl.col("is_held").any(),
    )
    is_enough = (pl.col("measured_weight") > 0) & (pl.col("measured_weight") >= scorecard.minimum_coverage)
    totals = totals.with_columns(
        score_ratio=pl.when(is_enough).then(pl.col("points") / pl.col("measured_weight").cast(pl.Float64)),
        coverage_ratio=pl.col("measured_weight").cast(pl.Float64),
    )
    score = pl.col("score_ratio").round(12)
    state = (
        pl.when(score >= float(scorecard.good_from))
        .then(pl.lit(ScoreState.GOOD.value))
        .when(score >= float(scorecard.watch_from))
        .then(pl.lit(ScoreState.WATCH.value))
        .when(score.is_not_null())
        .then(pl.lit(ScoreState.ACT.value))
    )
    return conform(totals.with_columns(score_state=state), vendor_scorecards)


def _terms_by_vendor(promises: pl.DataFrame) -> dict[str, list[tuple[date, date | None]]]:
    """First and last days of the contracts of each vendor."""
    terms: dict[str, list[tuple[date, date | None]]] = {}
    rows = promises.select("vendor", "contract_start_date", "contract_end_date").unique(maintain_order=True)
    for vendor, start, end in rows.iter_rows():
        terms.setdefault(vendor, []).append((start, end))
    return terms


def _touches(terms: Collection[tuple[date, date | None]], start: date, end: date) -> bool:
    return any(first <= end and (last is None or last >= start) for first, last in terms)

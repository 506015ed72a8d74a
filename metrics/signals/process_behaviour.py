"""Signal or noise: XmR charts (individual values and moving ranges) of published values.

The centre line is the mean of a baseline, the limits lie 2.66 times its mean moving range to either side: 3 / 1.128,
where 1.128 is how much longer than one standard deviation the mean range of two values is (Shewhart; Wheeler,
*Understanding Variation*). A baseline is the first twelve closed periods with a value; it stays what it is until a
recorded decision begins another one. Limits are those of these periods as they are published now: where a value of a
baseline is restated, a limit drawn from the withdrawn one would be wrong.

Where not everything is measured, a point is certain if it is a signal wherever in its bounds the truth lies, the limits
being what they are: of a value the bound that is nearer to the centre counts, of two neighbours of a trend those that
are nearer to each other.

All is computed in fractions, so that a process that never varies has no signal by rounding. A period without a value is
no point: ranges are taken between neighbouring periods only, runs and trends count points in their order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

import polars as pl

from models.ddl import polars_schema
from models.marts import kpi_signals
from models.vocabulary import Dimension, Grain, SignalState

#: Points that a baseline has; with fewer there are no limits.
BASELINE_POINTS: Final = 12
#: Periods that are judged. A day is too short: what it shows is the day of the week.
JUDGED_GRAINS: Final = (Grain.WEEK, Grain.MONTH, Grain.QUARTER)

_POINT: Final = ("period_start_date", "period_end_date", "value", "lower_bound", "upper_bound")
_FACTOR: Final = Fraction(266, 100)
#: The upper limit of moving ranges is so many times their mean.
_RANGE_FACTOR: Final = Fraction(3267, 1000)
_RUN: Final = 8
_TREND: Final = 6


class BrokenRule(StrEnum):
    """By which a point is told from usual variation."""

    OUTSIDE_LIMITS = "outside_limits"
    RUN_OF_EIGHT = "run_of_eight"
    TREND_OF_SIX = "trend_of_six"
    TWO_OF_THREE = "two_of_three"


@dataclass(frozen=True, slots=True)
class Baseline:
    """A recorded decision that a new baseline begins.

    Attributes:
        metric: whose.
        start_date: periods that begin on or after this day are in it.
        reason: why, for whoever reads the limits.
    """

    metric: str
    start_date: date
    reason: str


@dataclass(frozen=True, slots=True)
class Point:
    """A period's value, exactly, and between which values the truth lies.

    Attributes:
        lower, upper: None where nothing bounds it.
    """

    start: date
    end: date
    value: Fraction
    lower: Fraction | None
    upper: Fraction | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a baseline says of usual variation."""

    centre: Fraction
    lower: Fraction
    upper: Fraction
    count: int


def natural_limits(points: Sequence[Point]) -> Limits | None:
    """Limits of a baseline; None with too few points, or where no two of them are neighbours."""
    if len(points) < BASELINE_POINTS:
        return None
    ranges = [
        abs(later.value - earlier.value)
        for earlier, later in pairwise(points)
        if earlier.end + timedelta(days=1) == later.start
    ]
    if not ranges:
        return None
    centre = sum((point.value for point in points), Fraction(0)) / len(points)
    reach = _FACTOR * sum(ranges, Fraction(0)) / len(ranges)
    return Limits(centre, centre - reach, centre + reach, len(points))


def largest_usual_change(centre: float, upper: float) -> float:
    """The upper limit of moving ranges: a larger change from one period to the next is unusual, also where both values
    lie within the limits.

    Args:
        centre, upper: centre line and upper limit of the values, from which the mean moving range follows.
    """
    return (upper - centre) * float(_RANGE_FACTOR / _FACTOR)


def broken_rules(values: Sequence[Fraction], limits: Limits) -> list[list[BrokenRule]]:
    """The rules that each point breaks, in the order of the points.

    A point breaks a rule when it completes what the rule is about: the eighth point on one side and each that follows
    there, the sixth of a trend, the second of three that lies beyond two thirds of the way to a limit.
    """
    centre = limits.centre
    third = (limits.upper - centre) * Fraction(2, 3)
    found: list[list[BrokenRule]] = []
    run = side = 0
    trend = way = 1
    for index, value in enumerate(values):
        broken: list[BrokenRule] = []
        if not limits.lower <= value <= limits.upper:
            broken.append(BrokenRule.OUTSIDE_LIMITS)
        now = _sign(value - centre)
        run = run + 1 if now == side and now else int(now != 0)
        side = now
        if run >= _RUN:
            broken.append(BrokenRule.RUN_OF_EIGHT)
        if index:
            step = _sign(value - values[index - 1])
            # Two points make a trend of two in either direction; an equal point ends it.
            trend = (trend + 1 if step == way or trend == 1 else 2) if step else 1
            way = step
        if trend >= _TREND:
            broken.append(BrokenRule.TREND_OF_SIX)
        if now and _is_beyond(value, centre, third, now):
            before = values[max(index - 2, 0) : index]
            if any(_is_beyond(other, centre, third, now) for other in before):
                broken.append(BrokenRule.TWO_OF_THREE)
        found.append(broken)
    return found


def are_certain(points: Sequence[Point], limits: Limits) -> list[bool]:
    """Whether each point breaks a rule wherever in its bounds the truth of each point lies, in the order of the points.

    The limits are taken for what they are.
    """
    nearest = [_nearest_to(limits.centre, point) for point in points]
    found: list[bool] = []
    trend = way = 1
    for index, broken in enumerate(broken_rules(nearest, limits)):
        if index:
            step = _certain_step(points[index - 1], points[index])
            trend = (trend + 1 if step == way or trend == 1 else 2) if step else 1
            way = step
        # A trend of the nearest values is none of the truth's.
        found.append(bool(set(broken) - {BrokenRule.TREND_OF_SIX}) or trend >= _TREND)
    return found


def _nearest_to(centre: Fraction, point: Point) -> Fraction:
    """The value within a point's bounds that is nearest to the centre; the centre itself where it is among them."""
    if point.value > centre:
        return centre if point.lower is None else max(point.lower, centre)
    return centre if point.upper is None else min(point.upper, centre)


def _certain_step(before: Point, after: Point) -> int:
    """Whether the truth rose (1) or fell (-1) from one point to the next; 0 where that cannot be told."""
    if before.upper is not None and after.lower is not None and after.lower > before.upper:
        return 1
    if before.lower is not None and after.upper is not None and after.upper < before.lower:
        return -1
    return 0


def find_signals(metric_values: pl.DataFrame, baselines: Collection[Baseline] = ()) -> pl.DataFrame:
    """`kpi_signals`: every closed period of every metric that has a value, with its limits and what it breaks.

    Args:
        metric_values: rows of `metric_values`.
        baselines: recorded decisions.
    """
    chosen = metric_values.filter(
        pl.col("dimension") == Dimension.OVERALL.value,
        pl.col("period_grain").is_in([grain.value for grain in JUDGED_GRAINS]),
        "is_period_closed",
        pl.col("value").is_not_null(),
    ).sort("metric", "period_grain", "period_start_date")
    rows: list[dict[str, Any]] = []
    for (metric, grain), group in chosen.group_by(["metric", "period_grain"], maintain_order=True):
        reasons = {item.start_date: item.reason for item in baselines if item.metric == metric}
        records = list(group.select(*_POINT, "unit").iter_rows())
        for start, stretch in _stretches(records, sorted(reasons)):
            known = {"metric": metric, "period_grain": grain, "baseline_reason": reasons.get(start)}
            rows += [{**known, **row} for row in _judge(stretch)]
    return pl.DataFrame(rows, schema=polars_schema(kpi_signals), orient="row")


def _stretches(
    records: Sequence[tuple[Any, ...]], starts: Sequence[date]
) -> Iterable[tuple[date, list[tuple[Any, ...]]]]:
    """Each baseline's beginning with the records from it to the next."""
    edges = [date.min, *starts, date.max]
    for first, after in pairwise(edges):
        stretch = [record for record in records if first <= record[0] < after]
        if stretch:
            yield first, stretch


def _judge(records: Sequence[tuple[Any, ...]]) -> Iterable[dict[str, Any]]:
    points = [
        Point(start, end, Fraction(value), *(None if bound is None else Fraction(bound) for bound in bounds))
        for start, end, value, *bounds, _ in records
    ]
    limits = natural_limits(points[:BASELINE_POINTS])
    broken = broken_rules([point.value for point in points], limits) if limits else [[]] * len(points)
    certain = are_certain(points, limits) if limits else [False] * len(points)
    last = records[BASELINE_POINTS - 1][0] if limits else None
    for (start, end, value, *_, unit), rules, is_certain in zip(records, broken, certain, strict=True):
        state = SignalState.SIGNAL if rules else SignalState.NOISE
        yield {
            "period_start_date": start,
            "period_end_date": end,
            "value": value,
            "unit": unit,
            "signal_state": (state if limits else SignalState.NOT_JUDGED).value,
            "broken_rules": ", ".join(rule.value for rule in rules) or None,
            "is_certain": is_certain if rules else None,
            "centre_value": float(limits.centre) if limits else None,
            "lower_limit_value": float(limits.lower) if limits else None,
            "upper_limit_value": float(limits.upper) if limits else None,
            "baseline_start_date": records[0][0] if limits else None,
            "baseline_end_date": last,
            "point_count": len(records),
        }


def _sign(number: Fraction) -> int:
    return (number > 0) - (number < 0)


def _is_beyond(value: Fraction, centre: Fraction, distance: Fraction, side: int) -> bool:
    return (value - centre) * side > distance

"""Targets: what a KPI is to be from a day on, and whether its closed periods were.

A target is at least or at most, as the KPI's direction says. It holds for periods that begin while it is in force: what
began before is not judged by what was decided later. An amount that adds up over periods has another size in a week
than in a month, so its target names the length of its periods.

A value meets its target or misses it as it is published. Where the truth may lie on the other side of the target,
because not everything was measured, that is said (`is_certain`); the bounds decide it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import polars as pl

from metrics.kinds import Aggregation, Concentration, Count, Mean, Percentile, Ratio, Stock, Sum, TimeShare
from metrics.spec import Direction, Metric, Unit
from models.ddl import polars_schema
from models.marts import kpi_targets
from models.vocabulary import Dimension, Grain, TargetState

#: Periods that may have a target. A day is too short: what it shows is the day of the week.
TARGET_GRAINS: Final = (Grain.WEEK, Grain.MONTH, Grain.QUARTER)

_SUMS: Final = frozenset({Aggregation.SUM, Aggregation.BREAKDOWN_SUM})
_PLACES: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Target:
    """What a KPI is to be.

    Attributes:
        metric: whose.
        value: in the metric's unit.
        grain: of the periods that it is for; None for all of `TARGET_GRAINS`.
        first_date: periods that begin on or after this day have it; None for all before the next one.
        last_date: periods that begin after this day have it no longer; None if it ends with the next one only.
    """

    metric: str
    value: Decimal
    grain: Grain | None = None
    first_date: date | None = None
    last_date: date | None = None


def find_trouble(target: Target, metric: Metric | None) -> tuple[str, str] | None:
    """What is wrong with a target, and what to do; None if nothing is."""
    if metric is None:
        return f"'{target.metric}' is no KPI", "'kpi metrics' lists them."
    if metric.direction is Direction.NEUTRAL:
        what = f"'{metric.name}' has no good direction, so that nothing says whether a target is met"
        return what, "Leave it out, or set a target for a KPI that should go up or down."
    if metric.unit is Unit.RATIO and abs(target.value) > 1:
        return f"{target.value} is more than the whole: 1 is 100 %", f"Write {target.value / 100} for {target.value} %."
    if target.value < 0 and _is_never_negative(metric):
        return f"{target.value} is below 0, where '{metric.name}' never is", "Write 0 or more."
    if metric.aggregation in _SUMS and target.grain is None:
        what = f"'{metric.name}' adds up over time, so a month has another target than a week"
        return what, "Add the length of the periods that it is for, such as 'period: month'."
    if target.grain is not None and target.grain not in TARGET_GRAINS:
        return f"a {target.grain.value} is too short for a target", "Use week, month or quarter."
    if target.grain is not None and target.grain not in metric.grains:
        return f"'{metric.name}' has no values by {target.grain.value}", "Name another period."
    if target.first_date and target.last_date and target.last_date < target.first_date:
        return f"it would end on {target.last_date}, before it begins on {target.first_date}", "Swap the dates."
    return None


def _is_never_negative(metric: Metric) -> bool:
    """Whether no value can be below 0: amounts, net flow and delays can."""
    match metric.kind:
        case Percentile():
            return not metric.kind.can_be_negative
        case Sum():
            return metric.kind.is_never_negative
        case _:
            return isinstance(metric.kind, Ratio | TimeShare | Mean | Count | Stock | Concentration)


def target_in_force(targets: Sequence[Target], grain: Grain, start: date) -> Target | None:
    """The target of a period, of those of one KPI: the latest that has begun, one for the very grain before others."""
    begun = [
        target
        for target in targets
        if target.grain in (None, grain) and (target.first_date is None or target.first_date <= start)
    ]
    own = [target for target in begun if target.grain is not None] or begun
    latest = max(own, key=lambda target: target.first_date or date.min, default=None)
    return None if latest is None or (latest.last_date is not None and latest.last_date < start) else latest


def judge_targets(metric_values: pl.DataFrame, targets: Sequence[Target], metrics: Iterable[Metric]) -> pl.DataFrame:
    """`kpi_targets`: closed periods of KPIs that have a target, and whether they met it.

    Args:
        metric_values: rows of `metric_values`.
        targets: without trouble.
        metrics: definitions.
    """
    by_metric: dict[str, list[Target]] = {}
    for target in targets:
        by_metric.setdefault(target.metric, []).append(target)
    directions = {metric.name: metric.direction for metric in metrics}
    chosen = metric_values.filter(
        pl.col("dimension") == Dimension.OVERALL.value,
        pl.col("period_grain").is_in([grain.value for grain in TARGET_GRAINS]),
        "is_period_closed",
        pl.col("metric").is_in(list(by_metric)),
    ).sort("metric", "period_grain", "period_start_date")
    rows = []
    for row in chosen.iter_rows(named=True):
        held_to = target_in_force(by_metric[row["metric"]], Grain(row["period_grain"]), row["period_start_date"])
        if held_to is not None:
            rows.append(_judge(row, held_to, is_least=directions[row["metric"]] is Direction.UP_IS_GOOD))
    return pl.DataFrame(rows, schema=polars_schema(kpi_targets), orient="row")


def _judge(row: dict[str, Any], target: Target, *, is_least: bool) -> dict[str, Any]:
    state, is_certain, distance = TargetState.NOT_MEASURED, None, None
    if row["value"] is not None:
        is_met = _meets(row["value"], target.value, is_least=is_least)
        state = TargetState.MET if is_met else TargetState.MISSED
        bounds = (row["lower_bound"], row["upper_bound"])
        is_certain = all(
            bound is not None and _meets(bound, target.value, is_least=is_least) == is_met for bound in bounds
        )
        distance = (_decimal(row["value"]) - target.value).quantize(_PLACES)
    kept = ("metric", "period_grain", "period_start_date", "period_end_date", "value", "unit")
    return {
        **{name: row[name] for name in kept},
        "target_value": target.value,
        "distance_value": distance,
        "target_state": state.value,
        "is_certain": is_certain,
    }


def _meets(value: float, target: Decimal, *, is_least: bool) -> bool:
    return _decimal(value) >= target if is_least else _decimal(value) <= target


def _decimal(value: float) -> Decimal:
    """The number as it is written: 0.95 is no less than a target of 0.95."""
    return Decimal(repr(value))

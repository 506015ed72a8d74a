"""Targets: what a KPI is to be from a day on, and whether its closed periods were.

A target is at least or at most, as the KPI's direction says. It holds for periods that begin while it is in force: what
began before is not judged by what was decided later. An amount that adds up over periods has another size in a week
than in a month, so its target names the length of its periods. One of a team, priority, service or vendor is for the
value of that breakdown alone, and says nothing of the whole, as one of the whole says nothing of its parts.

A value meets its target or misses it as it is published. Where the truth may lie on the other side of the target,
because not everything was measured, that is said (`is_certain`); the bounds decide it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
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
#: What tells apart whose targets are.
_CELL: Final = ["metric", "dimension", "dimension_value"]


@dataclass(frozen=True, slots=True)
class Target:
    """What a KPI is to be.

    Attributes:
        metric: whose.
        value: in the metric's unit.
        grain: of the periods that it is for; None for all of `TARGET_GRAINS`.
        first_date: periods that begin on or after this day have it; None for all before the next one.
        last_date: periods that begin after this day have it no longer; None if it ends with the next one only.
        dimension: the breakdown of whose value it is; overall for the whole.
        dimension_value: which one, such as a team; empty for the whole.
    """

    metric: str
    value: Decimal
    grain: Grain | None = None
    first_date: date | None = None
    last_date: date | None = None
    dimension: Dimension = Dimension.OVERALL
    dimension_value: str = ""

    @property
    def held_to(self) -> tuple[Dimension, str]:
        """Whose it is: breakdown and value."""
        return self.dimension, self.dimension_value

    @property
    def described(self) -> str:
        """The KPI, and the breakdown's value if it is of one: `sla_attainment_ratio of the team 'Facilities'`."""
        if self.dimension is Dimension.OVERALL:
            return self.metric
        return f"{self.metric} of the {self.dimension.value} '{self.dimension_value}'"


def find_trouble(target: Target, metric: Metric | None) -> tuple[str, str] | None:
    """What is wrong with a target, and what to do; None if nothing is."""
    if metric is None:
        return f"'{target.metric}' is no KPI", "'kpi metrics' lists them."
    if metric.direction is Direction.NEUTRAL:
        what = f"'{metric.name}' has no good direction, so that nothing says whether a target is met"
        return what, "Leave it out, or set a target for a KPI that should go up or down."
    if target.dimension not in metric.dimensions:
        known = [dimension.value for dimension in metric.dimensions if dimension is not Dimension.OVERALL]
        what = f"'{metric.name}' has no values by {target.dimension.value}"
        remedy = f"It has them by {', '.join(known)}." if known else "It is of the whole only."
        return what, f"{remedy} Leave '{target.dimension.value}' out, or set a target for another KPI."
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


def find_contradiction(earlier: Sequence[Target], target: Target) -> tuple[str, str] | None:
    """What is wrong with a target beside those before it, and what to do; None if one follows the other.

    Targets of the same KPI, value and periods follow each other. Two that begin together contradict each other, and so
    does one that is to hold to a day on which another has begun.
    """
    for other in earlier:
        if (other.metric, other.held_to, other.grain) != (target.metric, target.held_to, target.grain):
            continue
        if other.first_date == target.first_date:
            since = f"begin on {target.first_date}" if target.first_date else "begin on no day"
            what = f"two targets of {target.described} for the same periods {since}"
            return what, "Leave one, or give one an effective_from."
        first, second = sorted((other, target), key=lambda each: each.first_date or date.min)
        if first.last_date is not None and second.first_date is not None and first.last_date >= second.first_date:
            what = (
                f"two targets of {target.described} hold on the same days: the one of {first.value} to "
                f"{first.last_date}, the one of {second.value} from {second.first_date}"
            )
            day_before = second.first_date - timedelta(days=1)
            return what, f"End the first on {day_before}, or leave its effective_to out: the next one ends it."
    return None


def target_in_force(
    targets: Sequence[Target],
    grain: Grain,
    start: date,
    dimension: Dimension = Dimension.OVERALL,
    dimension_value: str = "",
) -> Target | None:
    """The target of a period, of those of one KPI: the latest that has begun, one for the very grain before others.

    Args:
        dimension, dimension_value: of whose value; the whole if not named.
    """
    begun = [
        target
        for target in targets
        if target.held_to == (dimension, dimension_value)
        and target.grain in (None, grain)
        and (target.first_date is None or target.first_date <= start)
    ]
    own = [target for target in begun if target.grain is not None] or begun
    latest = max(own, key=lambda target: target.first_date or date.min, default=None)
    return None if latest is None or (latest.last_date is not None and latest.last_date < start) else latest


def judge_targets(metric_values: pl.DataFrame, targets: Sequence[Target], metrics: Iterable[Metric]) -> pl.DataFrame:
    """`kpi_targets`: closed periods of KPIs that have a target, whole or broken down, and whether they met it.

    Args:
        metric_values: rows of `metric_values`.
        targets: without trouble.
        metrics: definitions.
    """
    by_cell: dict[tuple[str, str, str], list[Target]] = {}
    for target in targets:
        by_cell.setdefault((target.metric, target.dimension.value, target.dimension_value), []).append(target)
    aimed_at = pl.DataFrame(list(by_cell), schema=dict.fromkeys(_CELL, pl.String), orient="row")
    directions = {metric.name: metric.direction for metric in metrics}
    chosen = (
        metric_values.filter(
            pl.col("period_grain").is_in([grain.value for grain in TARGET_GRAINS]),
            "is_period_closed",
            pl.col("metric").is_in(aimed_at["metric"].to_list()),
        )
        .with_columns(pl.col(_CELL).cast(pl.String))
        .join(aimed_at, on=_CELL, how="semi")
        .sort("metric", "dimension", "dimension_value", "period_grain", "period_start_date")
    )
    rows = []
    for row in chosen.iter_rows(named=True):
        metric, dimension, value = cell = tuple(row[name] for name in _CELL)
        grain, start = Grain(row["period_grain"]), row["period_start_date"]
        held_to = target_in_force(by_cell[cell], grain, start, Dimension(dimension), value)
        if held_to is not None:
            rows.append(_judge(row, held_to, is_least=directions[metric] is Direction.UP_IS_GOOD))
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
    kept = (*_CELL, "period_grain", "period_start_date", "period_end_date", "value", "unit")
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

"""What drove a change between two periods, in parts that add up to it exactly.

A ratio R = Σ n / Σ d over groups is the mean of their own rates r = n / d, weighted by their shares w of the whole
denominator. From period 0 to period 1 each group contributes

- mix: (w1 − w0) · ((r0 + r1) / 2 − (R0 + R1) / 2): more of the whole fell to a group that does better or worse than it;
- rate: (w0 + w1) / 2 · (r1 − r0): the group itself did better or worse. Of cost per transaction,
  `metrics.costs.unit_cost_bridge` takes it apart once more, into volume and cost.

Each change of the product is split with the mean of the other factor, so the parts leave no remainder and do not depend
on which period is called the first: the two-factor case of the Shapley value, as in `metrics.costs.unit_cost_bridge`.
A group with a denominator in one of the periods only has no rate to compare, and contributes mix alone.

A sum is the sum of its groups, so each contributes its own change. Percentiles and indices of concentration are no sum
of anything that groups have: nothing is published for them, and nothing should be made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from metrics.costs.unit_cost_bridge import round_parts
from metrics.kinds import Aggregation
from metrics.periods import Period
from metrics.spec import Metric
from models.ddl import polars_schema
from models.marts import kpi_change_drivers
from models.vocabulary import ChangePart, Dimension, Grain

#: Closed periods whose change is explained, the latest ones.
EXPLAINED_PERIODS: Final[dict[Grain, int]] = {Grain.WEEK: 5, Grain.MONTH: 13, Grain.QUARTER: 5}

#: Aggregations of KPIs that are a numerator by a denominator; of the others values themselves add up over a breakdown.
RATIOS: Final = frozenset({Aggregation.PARTS, Aggregation.BREAKDOWN_PARTS, Aggregation.STOCK_PARTS})
_HALF: Final = Fraction(1, 2)
_PLACES: Final = 6
#: Twelve digits before the point and six behind it are what the column holds.
_TOO_LARGE: Final = 10**12
#: How far the groups of a breakdown may be from the whole; more is not the rounding of published numbers.
_TOLERANCE: Final = Fraction(1, 10**9)


@dataclass(frozen=True, slots=True)
class Parts:
    """Numerator and denominator of a group."""

    numerator: Fraction
    denominator: Fraction


@dataclass(frozen=True, slots=True)
class Contribution:
    """One part of a change."""

    group: str
    part: ChangePart
    change: Fraction


def explain_ratio(before: Mapping[str, Parts], after: Mapping[str, Parts]) -> list[Contribution]:
    """The parts by which a ratio moved; their sum is the change, exactly.

    Raises:
        ValueError: the denominators of a period add up to nothing, so that there is no ratio.
    """
    whole0, whole1 = _total(before), _total(after)
    if not whole0.denominator or not whole1.denominator:
        raise ValueError("a period without a denominator has no ratio to compare with")
    reference = (ratio(before) + ratio(after)) * _HALF
    nothing = Parts(Fraction(0), Fraction(0))
    found: list[Contribution] = []
    for group in sorted({*before, *after}):
        old, new = before.get(group, nothing), after.get(group, nothing)
        share0, share1 = old.denominator / whole0.denominator, new.denominator / whole1.denominator
        rates = [item.numerator / item.denominator for item in (old, new) if item.denominator]
        mix = (share1 - share0) * (sum(rates, Fraction(0)) / len(rates) - reference) if rates else Fraction(0)
        # What is no mix is the group's own: also a numerator that it had without a denominator.
        own = new.numerator / whole1.denominator - old.numerator / whole0.denominator
        rate = own - (share1 - share0) * reference - mix
        found += [Contribution(group, ChangePart.MIX, mix), Contribution(group, ChangePart.RATE, rate)]
    return [item for item in found if item.change]


def explain_sum(before: Mapping[str, Fraction], after: Mapping[str, Fraction]) -> list[Contribution]:
    """The change of each group of a sum; a group that is missing has nothing."""
    nothing = Fraction(0)
    changes = ((group, after.get(group, nothing) - before.get(group, nothing)) for group in sorted({*before, *after}))
    return [Contribution(group, ChangePart.AMOUNT, change) for group, change in changes if change]


def ratio(groups: Mapping[str, Parts]) -> Fraction:
    """The ratio over all groups; their denominators must not add up to nothing."""
    whole = _total(groups)
    return whole.numerator / whole.denominator


def _total(groups: Mapping[str, Parts]) -> Parts:
    return Parts(
        sum((group.numerator for group in groups.values()), Fraction(0)),
        sum((group.denominator for group in groups.values()), Fraction(0)),
    )


def explain_changes(metric_values: pl.DataFrame, metrics: Sequence[Metric]) -> pl.DataFrame:
    """`kpi_change_drivers`: the latest closed periods of each KPI against the period before each, by every breakdown.

    A change is explained where both periods have a value, and where the groups of the breakdown add up to the whole in
    both; otherwise it has no rows.

    Args:
        metric_values: rows of `metric_values`.
        metrics: definitions; those that nothing adds up for are passed over.
    """
    rows: list[dict[str, Any]] = []
    exact = {metric.name: metric for metric in metrics if metric.aggregation is not Aggregation.NONE}
    for grain, count in EXPLAINED_PERIODS.items():
        of_grain = metric_values.filter(
            pl.col("period_grain") == grain.value, "is_period_closed", pl.col("metric").is_in(list(exact))
        )
        # The latest of each KPI: domains end at different times, some years before others.
        latest = (
            of_grain.filter(pl.col("dimension") == Dimension.OVERALL.value)
            .select("metric", "period_start_date")
            .sort("period_start_date")
            .group_by("metric", maintain_order=True)
            .tail(count + 1)
        )
        cells = _cells(of_grain.join(latest, on=["metric", "period_start_date"], how="semi"))
        for (name, start), whole in cells.whole.items():
            before = Period(grain, start).previous.start
            previous = cells.whole.get((name, before))
            if previous is None:
                continue
            metric = exact[name]
            for dimension in metric.dimensions:
                if dimension is Dimension.OVERALL:
                    continue
                groups = [cells.groups.get((name, dimension.value, day), {}) for day in (before, start)]
                known = {"metric": name, "period_grain": grain.value, "period_start_date": start,
                         "previous_period_start_date": before, "dimension": dimension.value,
                         "unit": metric.unit.value}  # fmt: skip
                rows += [{**known, **row} for row in _explain(metric, [previous, whole], groups)]
    return pl.DataFrame(rows, schema=polars_schema(kpi_change_drivers), orient="row")


_Cell = tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class _Cells:
    """Values, numerators and denominators by metric and period: of the whole, and by breakdown of the groups."""

    whole: dict[tuple[str, date], _Cell]
    groups: dict[tuple[str, str, date], dict[str, _Cell]]


def _cells(values: pl.DataFrame) -> _Cells:
    found = _Cells({}, {})
    columns = ("metric", "dimension", "dimension_value", "period_start_date", "value", "numerator", "denominator")
    for metric, dimension, group, start, *cell in values.select(columns).iter_rows():
        if dimension == Dimension.OVERALL.value:
            found.whole[metric, start] = tuple(cell)
        else:
            found.groups.setdefault((metric, dimension, start), {})[group] = tuple(cell)
    return found


def _explain(
    metric: Metric, wholes: Sequence[_Cell], groups: Sequence[Mapping[str, _Cell]]
) -> Iterable[dict[str, Any]]:
    if any(whole[0] is None for whole in wholes):
        return
    if metric.aggregation in RATIOS:
        parts = [_parts(whole, cells) for whole, cells in zip(wholes, groups, strict=True)]
        if parts[0] is None or parts[1] is None:
            return
        values = [ratio(parts[0]), ratio(parts[1])]
        found = explain_ratio(parts[0], parts[1])
    else:
        amounts = [_amounts(whole, cells) for whole, cells in zip(wholes, groups, strict=True)]
        if amounts[0] is None or amounts[1] is None:
            return
        values = [sum(amounts[0].values(), Fraction(0)), sum(amounts[1].values(), Fraction(0))]
        found = explain_sum(amounts[0], amounts[1])
    if any(abs(value) >= _TOO_LARGE for value in (*values, *(item.change for item in found))):
        return
    old, new = (round(value * 10**_PLACES) for value in values)
    for item, change in zip(found, round_parts([item.change for item in found], new - old, _PLACES), strict=True):
        yield {
            "dimension_value": item.group,
            "part": item.part.value,
            "change_value": Decimal(change).scaleb(-_PLACES),
            "value_before": Decimal(old).scaleb(-_PLACES),
            "value_after": Decimal(new).scaleb(-_PLACES),
        }


def _parts(whole: _Cell, cells: Mapping[str, _Cell]) -> dict[str, Parts] | None:
    """The groups of a ratio, if they are the whole."""
    if whole[1] is None or not whole[2] or any(None in (cell[1], cell[2]) for cell in cells.values()):
        return None
    found = {group: Parts(_exact(cell[1]), _exact(cell[2])) for group, cell in cells.items()}
    total = _total(found)
    is_whole = _is_equal(total.numerator, _exact(whole[1])) and _is_equal(total.denominator, _exact(whole[2]))
    return found if is_whole and total.denominator else None


def _amounts(whole: _Cell, cells: Mapping[str, _Cell]) -> dict[str, Fraction] | None:
    """The groups of a sum, if they are the whole."""
    if any(cell[0] is None for cell in cells.values()):
        return None
    found = {group: _exact(cell[0]) for group, cell in cells.items()}
    return found if _is_equal(sum(found.values(), Fraction(0)), _exact(whole[0])) else None


def _exact(number: float | None) -> Fraction:
    """The number as it is written: money and counts are decimals that a double stands for."""
    return Fraction(repr(number or 0.0))


def _is_equal(found: Fraction, wanted: Fraction) -> bool:
    return abs(found - wanted) <= _TOLERANCE * max(Fraction(1), abs(wanted))

"""What moved cost per transaction from one period to another, in parts that add up to the change exactly.

Overall cost per transaction U is the mean of its groups' (teams' or services'): U = Σ w·u, with w a group's share of
all transactions and u = C/n its cost per transaction. From period 0 to period 1 each group contributes

- mix: (w1 − w0) · ((u0 + u1) / 2 − (U0 + U1) / 2): more of the transactions fell to a dear group, or to a cheap one;
- volume: (w0 + w1) / 2 · (C0 + C1) / 2 · (1 / n1 − 1 / n0): the same cost was borne by more or fewer transactions;
- cost, for every pool: (w0 + w1) / 2 · (C1 − C0) · (1 / n0 + 1 / n1) / 2: the pool itself cost the group more or less.

Volume and cost together are what the group's own cost per transaction did, the rate of
`metrics.signals.change_drivers`, which has the same mix: a word means the same wherever a change is taken apart.

That each change of a product is split with the mean of the other factor makes the parts add up without a remainder,
and independent of which period is called the first: the two-factor case of the Shapley value. A group with
transactions in one of the periods only contributes mix alone, at the cost that it had there. A group that bears cost
without transactions contributes that cost as cost.

All is computed in fractions; only what is published is rounded, to the four decimals of stored amounts, by largest
remainder, so that the rounded parts add up to the difference of the rounded unit costs.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, Final

import polars as pl

from metrics.costs.accrual import is_in_months
from metrics.periods import MONDAY, is_closed, period_end, period_start
from models.ddl import polars_schema
from models.planning import fct_unit_cost_bridges
from models.vocabulary import Dimension, Grain

MIX: Final = "mix"
VOLUME: Final = "volume"
COST: Final = "cost"

#: By what the whole is taken apart.
BRIDGED: Final = (Dimension.TEAM, Dimension.SERVICE)
#: Periods that are compared with the one before; days and weeks are too short for a cost to mean something.
BRIDGED_GRAINS: Final = tuple(grain for grain in Grain if grain not in (Grain.DAY, Grain.WEEK))

_PLACES: Final = 4
_HALF: Final = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class GroupCost:
    """What a group bore in a period, by pool, and its transactions."""

    costs: Mapping[str, Fraction]
    transaction_count: int

    @property
    def cost(self) -> Fraction:
        """The cost of all pools."""
        return sum(self.costs.values(), Fraction(0))


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a change. `pool` is empty text for mix and volume."""

    group: str
    part: str
    pool: str
    change: Fraction


def bridge(before: Mapping[str, GroupCost], after: Mapping[str, GroupCost]) -> list[Part]:
    """The parts by which overall cost per transaction moved; their sum is the change, exactly.

    Args:
        before: groups of the earlier period.
        after: groups of the later one.

    Raises:
        ValueError: there are no transactions in one of the periods, so that it has no cost per transaction.
    """
    count0, count1 = _count(before), _count(after)
    if not count0 or not count1:
        raise ValueError("a period without transactions has no cost per transaction to compare with")
    reference = (unit_cost(before) + unit_cost(after)) * _HALF
    nothing = GroupCost({}, 0)
    parts: list[Part] = []
    for group in sorted({*before, *after}):
        old, new = before.get(group, nothing), after.get(group, nothing)
        share0, share1 = Fraction(old.transaction_count, count0), Fraction(new.transaction_count, count1)
        units = [item.cost / item.transaction_count for item in (old, new) if item.transaction_count]
        if units:
            mean_unit = sum(units, Fraction(0)) / len(units)
            parts.append(Part(group, MIX, "", (share1 - share0) * (mean_unit - reference)))
        if len(units) == 2:
            share = (share0 + share1) * _HALF
            inverse0, inverse1 = Fraction(1, old.transaction_count), Fraction(1, new.transaction_count)
            mean_cost = (old.cost + new.cost) * _HALF
            parts.append(Part(group, VOLUME, "", share * mean_cost * (inverse1 - inverse0)))
            factor0 = factor1 = share * (inverse0 + inverse1) * _HALF
        else:
            # What a group bears without a transaction is spread over everybody's.
            factor0 = Fraction(0) if old.transaction_count else Fraction(1, count0)
            factor1 = Fraction(0) if new.transaction_count else Fraction(1, count1)
        for pool in sorted({*old.costs, *new.costs}):
            cost0, cost1 = old.costs.get(pool, Fraction(0)), new.costs.get(pool, Fraction(0))
            parts.append(Part(group, COST, pool, cost1 * factor1 - cost0 * factor0))
    return [part for part in parts if part.change]


def unit_cost(groups: Mapping[str, GroupCost]) -> Fraction:
    """Cost per transaction over all groups; there must be transactions."""
    return sum((group.cost for group in groups.values()), Fraction(0)) / _count(groups)


def _count(groups: Mapping[str, GroupCost]) -> int:
    return sum(group.transaction_count for group in groups.values())


def round_parts(parts: Sequence[Fraction], total: int, places: int = _PLACES) -> list[int]:
    """Parts in units of the last place, which add up to `total`: each cut down, then the largest remainders up.

    Args:
        parts: exact amounts, whose sum is less than one unit away from the total.
        total: whole units.
    """
    scaled = [part * 10**places for part in parts]
    floors = [floor(part) for part in scaled]
    left_over = total - sum(floors)
    order = sorted(range(len(parts)), key=lambda position: (floors[position] - scaled[position], position))
    # Two roundings may move the total down by a whole unit although no part has a remainder.
    step, chosen = (1, order[:left_over]) if left_over >= 0 else (-1, order[left_over:])
    for position in chosen:
        floors[position] += step
    return floors


def bridge_unit_costs(
    fct_cost_allocations: pl.DataFrame,
    fct_transactions: pl.DataFrame,
    *,
    months: pl.Series,
    as_of_date: date,
    week_start: int = MONDAY,
) -> pl.DataFrame:
    """`fct_unit_cost_bridges`: every closed period that has a cost per transaction, against the one before that has.

    Args:
        fct_cost_allocations: `fct_cost_allocations`, of all grains.
        fct_transactions: `fct_transactions`.
        months: those that have cost, see `metrics.costs.accrual.months_with_cost`.
        as_of_date: day of the data's clock of cost per transaction: the earliest of finance, transactions and drivers.
    """
    rows: list[dict[str, Any]] = []
    fct_transactions = fct_transactions.filter(is_in_months(pl.col("completed_date"), months))
    for grain in BRIDGED_GRAINS:
        for dimension in BRIDGED:
            periods = _group_periods(fct_cost_allocations, fct_transactions, grain, dimension, as_of_date, week_start)
            for (start0, before), (start1, after) in itertools.pairwise(periods):
                known = {"period_grain": grain.value, "period_start_date": start1, "dimension": dimension.value}
                rows += [{**known, "previous_period_start_date": start0, **row} for row in _publish(before, after)]
    return pl.DataFrame(rows, schema=polars_schema(fct_unit_cost_bridges), orient="row")


def _publish(before: Mapping[str, GroupCost], after: Mapping[str, GroupCost]) -> Iterable[dict[str, Any]]:
    parts = bridge(before, after)
    old, new = (round(unit_cost(groups) * 10**_PLACES) for groups in (before, after))
    rounded = round_parts([part.change for part in parts], new - old)
    for part, change in zip(parts, rounded, strict=True):
        yield {
            "dimension_value": part.group,
            "part": part.part,
            "cost_pool": part.pool,
            "change_reporting": Decimal(change).scaleb(-_PLACES),
            "unit_cost_before_reporting": Decimal(old).scaleb(-_PLACES),
            "unit_cost_after_reporting": Decimal(new).scaleb(-_PLACES),
        }


def _group_periods(
    allocations: pl.DataFrame,
    transactions: pl.DataFrame,
    grain: Grain,
    dimension: Dimension,
    as_of_date: date,
    week_start: int,
) -> list[tuple[date, dict[str, GroupCost]]]:
    """Closed periods with cost and transactions, in order, each with its groups."""
    start = period_start(pl.col("completed_date"), grain, week_start).alias("period_start_date")
    is_over = is_closed(period_end(pl.col("period_start_date"), grain), as_of_date)
    costs = (
        allocations.filter(pl.col("period_grain") == grain.value, "is_allocated", is_over)
        .group_by("period_start_date", dimension.value, "cost_pool")
        .agg(pl.col("amount_reporting").sum())
    )
    counts = (
        transactions.with_columns(start)
        .filter(is_over)
        .group_by("period_start_date", dimension.value)
        .agg(pl.col("transaction_count").sum())
    )
    by_pool: defaultdict[date, defaultdict[str, dict[str, Fraction]]] = defaultdict(lambda: defaultdict(dict))
    for period, group, pool, amount in costs.iter_rows():
        by_pool[period][group][pool] = Fraction(amount)
    by_count: defaultdict[date, dict[str, int]] = defaultdict(dict)
    for period, group, count in counts.iter_rows():
        by_count[period][group] = count
    return [
        (
            period,
            {
                group: GroupCost(by_pool[period].get(group, {}), by_count[period].get(group, 0))
                for group in {*by_pool[period], *by_count[period]}
            },
        )
        for period in sorted(by_pool)
        if sum(by_count[period].values())
    ]

"""A change of cost per transaction in parts: by hand, and that nothing is left over."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from finance_frames import rows_of, transactions
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.costs.unit_cost_bridge import (
    COST,
    MIX,
    VOLUME,
    GroupCost,
    Part,
    bridge,
    bridge_unit_costs,
    round_parts,
    unit_cost,
)
from metrics.signals.change_drivers import Parts, explain_ratio
from models.finance import fct_cost_allocations
from models.vocabulary import ChangePart


def group(count: int, **costs: int) -> GroupCost:
    return GroupCost({pool: Fraction(cost) for pool, cost in costs.items()}, count)


def test_a_dearer_pool_is_cost_alone() -> None:
    # 10 tickets each, 50 % of all. Payroll of A goes from 100 to 120: its unit cost from 10 to 12, the whole from 10
    # to 11. Half of 20 / 10.
    before = {"A": group(10, payroll=100), "B": group(10, payroll=100)}
    after = {"A": group(10, payroll=120), "B": group(10, payroll=100)}
    assert bridge(before, after) == [Part("A", COST, "payroll", Fraction(1))]


def test_more_transactions_that_bear_the_same_cost_are_volume() -> None:
    # One group: 100 over 10 is 10, 100 over 20 is 5.
    parts = bridge({"A": group(10, payroll=100)}, {"A": group(20, payroll=100)})
    assert parts == [Part("A", VOLUME, "", Fraction(-5))]


def test_more_transactions_of_a_dear_group_are_mix() -> None:
    # A costs 20 a ticket, B 10, before and after. A's share goes from 1/2 to 3/4: the whole from 15 to 17.5.
    # Each is measured against the mean of the wholes, 16.25: A + 1/4 x 3.75, B - 1/4 x -6.25.
    before = {"A": group(10, x=200), "B": group(10, x=100)}
    after = {"A": group(30, x=600), "B": group(10, x=100)}
    parts = {(part.group, part.part): part.change for part in bridge(before, after)}
    assert parts[("A", MIX)] == Fraction(15, 16)
    assert parts[("B", MIX)] == Fraction(25, 16)
    # A's own cost per ticket did not move: three times the cost over three times the tickets.
    assert parts[("A", VOLUME)] + parts[("A", COST)] == 0


def test_a_group_that_comes_or_goes_is_mix() -> None:
    # 10 a ticket; then B comes with as many at 30: the whole is 20.
    parts = bridge({"A": group(10, x=100)}, {"A": group(10, x=100), "B": group(10, x=300)})
    assert {part.part for part in parts} == {MIX}
    assert sum(part.change for part in parts) == 10


def test_cost_without_a_transaction_stays_cost() -> None:
    parts = bridge({"A": group(10, x=100)}, {"A": group(10, x=100), "B": group(0, licence=50)})
    assert parts == [Part("B", COST, "licence", Fraction(5))]


def test_a_period_without_transactions_is_refused() -> None:
    with pytest.raises(ValueError, match="without transactions"):
        bridge({"A": group(0, x=1)}, {"A": group(1, x=1)})


COSTS = st.dictionaries(
    st.sampled_from(["payroll", "rent", "licences"]),
    st.integers(-(10**7), 10**9).map(lambda cents: Fraction(cents, 100)),
    max_size=3,
)
GROUPS = st.dictionaries(
    st.sampled_from(["A", "B", "C", "D"]), st.builds(GroupCost, COSTS, st.integers(0, 10**6)), min_size=1
).filter(lambda groups: sum(item.transaction_count for item in groups.values()) > 0)


@settings(deadline=None)
@given(GROUPS, GROUPS)
def test_the_parts_add_up_to_the_change_exactly(before: dict[str, GroupCost], after: dict[str, GroupCost]) -> None:
    parts = bridge(before, after)
    assert sum((part.change for part in parts), Fraction(0)) == unit_cost(after) - unit_cost(before)
    assert len({(part.group, part.part, part.pool) for part in parts}) == len(parts)


@settings(deadline=None)
@given(GROUPS, GROUPS)
def test_the_way_back_is_the_way_there_with_other_signs(
    before: dict[str, GroupCost], after: dict[str, GroupCost]
) -> None:
    there, back = bridge(before, after), bridge(after, before)
    assert {(part.group, part.part, part.pool): -part.change for part in back} == {
        (part.group, part.part, part.pool): part.change for part in there
    }


@settings(deadline=None)
@given(GROUPS, GROUPS)
def test_mix_is_that_of_the_drivers_and_volume_and_cost_are_their_rate(
    before: dict[str, GroupCost], after: dict[str, GroupCost]
) -> None:
    def as_parts(groups: dict[str, GroupCost]) -> dict[str, Parts]:
        return {name: Parts(item.cost, Fraction(item.transaction_count)) for name, item in groups.items()}

    steps: Counter[tuple[str, ChangePart]] = Counter()
    for part in bridge(before, after):
        steps[part.group, ChangePart.MIX if part.part == MIX else ChangePart.RATE] += part.change
    drivers = {(item.group, item.part): item.change for item in explain_ratio(as_parts(before), as_parts(after))}
    assert {key: change for key, change in steps.items() if change} == drivers


@settings(deadline=None)
@given(GROUPS)
def test_nothing_moves_where_nothing_changed(groups: dict[str, GroupCost]) -> None:
    assert bridge(groups, groups) == []


@settings(deadline=None)
@given(GROUPS, GROUPS)
def test_rounded_parts_add_up_to_the_rounded_change(before: dict[str, GroupCost], after: dict[str, GroupCost]) -> None:
    exact = [part.change for part in bridge(before, after)]
    total = round(unit_cost(after) * 10_000) - round(unit_cost(before) * 10_000)
    rounded = round_parts(exact, total)
    assert sum(rounded) == total
    assert all(abs(whole - part * 10_000) <= 2 for whole, part in zip(rounded, exact, strict=True))


def test_rounding_may_go_below_whole_parts() -> None:
    # From 1.5 units, rounded to 2, down to 0.5, rounded to 0: one whole unit less, shown as two.
    assert round_parts([Fraction(-1, 10_000)], -2) == [-2]


def allocated(month: int, team: str, pool: str, amount: str, grain: str = "month") -> dict[str, object]:
    return {
        "period_grain": grain,
        "period_start_date": date(2026, month, 1),
        "cost_pool": pool,
        "team": team,
        "priority": "P1",
        "service": "Mail",
        "vendor": "(none)",
        "is_allocated": True,
        "amount_reporting": Decimal(amount),
    }


def test_closed_months_are_bridged_and_chained() -> None:
    allocations = rows_of(
        fct_cost_allocations,
        [
            allocated(1, "Desk", "payroll", "100.00"),
            allocated(2, "Desk", "payroll", "100.00"),
            allocated(2, "Network", "payroll", "50.00"),
            # Nothing was completed in March; April is compared with February.
            allocated(4, "Desk", "payroll", "40.00"),
            allocated(5, "Desk", "payroll", "1.00"),
            {**allocated(4, "(none)", "travel", "99.00"), "is_allocated": False},
        ],
    )
    done = transactions(
        (date(2026, 1, 5), "Desk", "P1", "Mail", "(none)", 3),
        (date(2026, 2, 5), "Desk", "P1", "Mail", "(none)", 3),
        (date(2026, 2, 6), "Network", "P1", "Mail", "(none)", 4),
        (date(2026, 4, 5), "Desk", "P1", "Mail", "(none)", 1),
        (date(2026, 5, 5), "Desk", "P1", "Mail", "(none)", 1),
    )
    months = pl.Series([date(2026, month, 1) for month in (1, 2, 4, 5)])
    # May is still open on the 20th.
    found = bridge_unit_costs(allocations, done, months=months, as_of_date=date(2026, 5, 20)).filter(
        period_grain="month", dimension="team"
    )
    steps = found.group_by("previous_period_start_date", "period_start_date", maintain_order=True).agg(
        before=pl.col("unit_cost_before_reporting").first(),
        after=pl.col("unit_cost_after_reporting").first(),
        change=pl.col("change_reporting").sum(),
    )
    # 100 / 3, then 150 / 7, then 40.
    assert steps.rows() == [
        (date(2026, 1, 1), date(2026, 2, 1), Decimal("33.3333"), Decimal("21.4286"), Decimal("-11.9047")),
        (date(2026, 2, 1), date(2026, 4, 1), Decimal("21.4286"), Decimal("40.0000"), Decimal("18.5714")),
    ]
    assert found["change_reporting"].sum() == Decimal("40.0000") - Decimal("33.3333")

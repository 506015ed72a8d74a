"""Cost that nobody bears is told in money, with why and what would change it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from metrics.costs.policy import CostPolicy, Driver, StepDown
from pipelines.unallocated_costs import DriverGap, PoolGap, find_cost_notices


def gap(driver: Driver, *, team: str = "(none)", service: str = "(none)", months: int = 1) -> DriverGap:
    last = date(2026, months, 1)
    amount = Decimal("1234.5000")
    return DriverGap("premises", driver.value, team, service, "(none)", amount, months, date(2026, 1, 1), last)


def told(*gaps: DriverGap, pool_gap: PoolGap | None = None, policy: CostPolicy | None = None) -> list[str]:
    return [notice.message for notice in find_cost_notices(pool_gap, gaps, policy or CostPolicy(), "EUR")]


def test_nothing_open_is_no_notice() -> None:
    assert told() == []


def test_lines_in_no_pool() -> None:
    (message,) = told(pool_gap=PoolGap(24, Decimal("9891.5900"), 1369))
    assert message.startswith("9,891.59 EUR of cost in 24 of 1,369 cost lines is in no pool of policies/costs.yaml")


@pytest.mark.parametrize("driver", list(Driver))
def test_every_driver_says_why_it_left_cost_and_what_to_do(driver: Driver) -> None:
    (message,) = told(gap(driver))
    assert message.startswith(f"1,234.50 EUR of the pool 'premises' ({driver}) stays unallocated in 2026-01: ")
    assert message.count(". ") == 1
    assert message.endswith(".")


def test_a_named_bearer_without_transactions_is_named() -> None:
    (message,) = told(gap(Driver.DIRECT, team="Facilities", months=3))
    assert "in 3 months from 2026-01 to 2026-03: the team 'Facilities' completed no transaction then." in message
    (message,) = told(gap(Driver.DIRECT, service="Email"))
    assert "the service 'Email' completed no transaction then. Look whether tickets write that service" in message


def test_a_supporting_team_is_told_by_its_step() -> None:
    policy = CostPolicy(step_down=(StepDown("IT Office", Driver.HEADCOUNT),))
    (message,) = told(gap(Driver.DIRECT, team="IT Office"), policy=policy)
    assert ": the team 'IT Office' hands its cost on by headcount, and no team has headcount there. " in message


def test_many_gaps_end_with_their_sum() -> None:
    messages = told(*(gap(driver) for driver in Driver), gap(Driver.DIRECT, team="Facilities"))
    assert len(messages) == 6
    assert messages[-1].startswith("2 smaller amounts, 2,469.00 EUR together, stay unallocated for like reasons")

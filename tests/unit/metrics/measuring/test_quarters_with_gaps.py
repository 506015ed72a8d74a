"""Quarters of which a month has no ledger: what nobody knows the cost of is not divided by."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import rows_of, transactions

from metrics.costs.unit_cost_bridge import bridge_unit_costs
from metrics.measuring.measure import measure
from metrics.registry import metric_named
from models.finance import fct_cost_allocations, fct_cost_lines

NUMBERS = ("value", "numerator", "denominator", "lower_bound", "upper_bound", "eligible_count", "measured_count")
COSTS = {1: "100.00", 2: "80.00", 4: "60.00", 5: "60.00", 6: "60.00"}

#: Ten tickets in January, eight in February, nine in March, of which no cost is known; twelve in the second quarter.
DONE = transactions(
    (date(2026, 1, 5), "Desk", "P1", "Mail", "(none)", 10),
    (date(2026, 2, 5), "Desk", "P1", "Mail", "(none)", 8),
    (date(2026, 3, 5), "Network", "P1", "Mail", "(none)", 9),
    (date(2026, 4, 5), "Desk", "P1", "Mail", "(none)", 4),
    (date(2026, 5, 5), "Desk", "P1", "Mail", "(none)", 4),
    (date(2026, 6, 5), "Desk", "P1", "Mail", "(none)", 4),
)


def _allocations() -> pl.DataFrame:
    quarters = {1: "180.00", 4: "180.00"}
    return rows_of(
        fct_cost_allocations,
        [
            {
                "period_grain": grain,
                "period_start_date": date(2026, month, 1),
                "cost_pool": "payroll",
                "team": "Desk",
                "priority": "P1",
                "service": "Mail",
                "vendor": "(none)",
                "is_allocated": True,
                "amount_reporting": Decimal(amount),
            }
            for grain, amounts in (("month", COSTS), ("quarter", quarters))
            for month, amount in amounts.items()
        ],
    )


def _quarter(name: str, month: int, as_of: datetime, dimension: str = "overall", value: str = "") -> dict[str, Any]:
    lines = rows_of(
        fct_cost_lines,
        [
            {
                "cost_line_id": f"ledger:{month}",
                "source": "ledger",
                "posting_date": date(2026, month, 3),
                "amount_reporting": Decimal(amount),
                "is_quarantined": False,
            }
            for month, amount in COSTS.items()
        ],
    )
    facts = {"fct_cost_lines": lines, "fct_cost_allocations": _allocations(), "fct_transactions": DONE}
    (row,) = (
        measure([metric_named(name)], facts, time_zone="UTC", as_of=as_of)
        .filter(
            period_grain="quarter", period_start_date=date(2026, month, 1), dimension=dimension, dimension_value=value
        )
        .rows(named=True)
    )
    return row


def test_a_quarter_is_divided_by_transactions_of_months_that_have_cost() -> None:
    cell = _quarter("cost_per_transaction_reporting", 1, datetime(2026, 7, 10, tzinfo=UTC))
    # 180 over 10 + 8. Eligible are two lines, March in place of a third, and 27 tickets; measured are 2 and 18.
    assert tuple(cell[name] for name in NUMBERS) == (10.0, 180.0, 18.0, None, None, 30, 20)
    whole = _quarter("cost_per_transaction_reporting", 4, datetime(2026, 7, 10, tzinfo=UTC))
    assert tuple(whole[name] for name in NUMBERS) == (15.0, 180.0, 12.0, 15.0, 15.0, 15, 15)


def test_a_team_of_such_a_month_alone_has_transactions_that_are_not_measured() -> None:
    cell = _quarter("cost_per_transaction_reporting", 1, datetime(2026, 7, 10, tzinfo=UTC), "team", "Network")
    assert (cell["value"], cell["eligible_count"], cell["measured_count"]) == (None, 12, 2)


@pytest.mark.parametrize(("day", "missing"), [(31, 0), (32, 1)])
def test_a_month_is_missing_once_it_is_over(day: int, missing: int) -> None:
    as_of = datetime.combine(date.fromordinal(date(2026, 3, 1).toordinal() + day - 1), datetime.min.time(), tzinfo=UTC)
    cell = _quarter("cost_total_reporting", 1, as_of)
    bound = None if missing else 180.0
    assert (cell["value"], cell["lower_bound"], cell["upper_bound"]) == (180.0, bound, bound)
    assert cell["eligible_count"] - cell["measured_count"] == missing


def test_the_bridge_between_quarters_ends_at_the_published_values() -> None:
    found = bridge_unit_costs(_allocations(), DONE, as_of_date=date(2026, 7, 10)).filter(
        period_grain="quarter", dimension="team"
    )
    assert found["unit_cost_before_reporting"].unique().to_list() == [Decimal("10.0000")]
    assert found["unit_cost_after_reporting"].unique().to_list() == [Decimal("15.0000")]
    assert found["change_reporting"].sum() == Decimal("5.0000")

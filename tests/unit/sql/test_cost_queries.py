"""Questions about what work costs, on a small published file whose answers are known by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from asked_questions import Answer, Fill, Row, value_of

OCTOBER = date(2026, 10, 1)
UNIT_COST = "cost_per_transaction_reporting"


def test_cost_per_transaction(fill: Fill, answer: Answer) -> None:
    service = {"dimension": "service", "dimension_value": "Mail"}
    fill(
        "metric_values",
        value_of(UNIT_COST, OCTOBER, 2.5, denominator=8.0, upper_bound=3.0, **service),
        value_of("cost_total_reporting", OCTOBER, 50.0),
        value_of("cost_unallocated_reporting", OCTOBER, 5.0),
    )
    assert answer("cost_per_transaction") == [(OCTOBER, "Mail", 8, 2.5, 3.0, 0.1)]


def test_cost_lines_and_pools(fill: Fill, answer: Answer) -> None:
    def line(key: str, amount: str, **columns: Any) -> Row:
        common = {"cost_line_id": key, "source": "gl", "is_quarantined": False, "account": "6320"}
        return {**common, "amount_reporting": Decimal(amount), **columns}

    nowhere = {"cost_pool": "(none)", "matching_pool_count": 0}
    twice = {"cost_pool": "payroll", "matching_pool_count": 2, "other_cost_pools": "rest"}
    fill(
        "fct_cost_lines",
        line("1", "10.00", **nowhere),
        line("2", "-2.50", **nowhere),
        line("3", "99.00", vendor="Acme", **nowhere),
        line("4", "5.00", is_quarantined=True, **nowhere),
        line("5", "7.00", account="6110", **twice),
        line("6", "1.00", account="6110", cost_pool="payroll", matching_pool_count=1),
    )
    assert answer("cost_lines_and_pools") == [
        ("in no pool", "(none)", None, "6320", None, "Acme", 1, Decimal("99.0000")),
        ("in no pool", "(none)", None, "6320", None, None, 2, Decimal("7.5000")),
        ("in several pools", "payroll", "rest", "6110", None, None, 1, Decimal("7.0000")),
    ]

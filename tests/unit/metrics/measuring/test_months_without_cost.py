"""Periods that reach into a month without a ledger: what was done in it is not divided by, and weighs nothing.

The demands of a quarter are worked by hand: 100 in January, 80 in February, nothing known of March.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import active_time, headcounts, rows_of, transactions

from metrics.costs.accrual import months_with_cost
from metrics.costs.allocation import allocate_costs
from metrics.costs.policy import CostPolicy, CostPool, Driver
from metrics.costs.rework import divide_rework_costs
from metrics.costs.unit_cost_bridge import bridge_unit_costs
from metrics.costs.weights import DriverData
from metrics.measuring.measure import measure
from metrics.registry import metric_named
from models.ddl import polars_schema
from models.finance import fct_cost_lines
from models.marts import metric_values
from models.tickets import fct_sla_clocks, fct_tickets
from models.vocabulary import Grain

NUMBERS = ("value", "numerator", "denominator", "lower_bound", "upper_bound", "eligible_count", "measured_count")
COSTS = {1: "100.00", 2: "80.00", 4: "60.00", 5: "60.00", 6: "60.00"}
JULY = datetime(2026, 7, 10, tzinfo=UTC)

#: The day on which each team resolved its tickets, and how many.
DONE = (
    (date(2026, 1, 5), "Desk", 10),
    (date(2026, 2, 26), "Desk", 4),
    (date(2026, 2, 26), "Network", 4),
    (date(2026, 3, 1), "Network", 6),
    (date(2026, 3, 5), "Field", 3),
    (date(2026, 4, 5), "Desk", 4),
    (date(2026, 5, 5), "Desk", 4),
    (date(2026, 6, 5), "Desk", 4),
)
COUNTS = transactions(*((day, team, "P1", "Mail", "(none)", count) for day, team, count in DONE))


def _lines() -> pl.DataFrame:
    return rows_of(
        fct_cost_lines,
        [
            {
                "cost_line_id": f"ledger:{month}",
                "source": "ledger",
                "posting_date": date(2026, month, 3),
                "cost_start_date": date(2026, month, 1),
                # The last seven days of February alone, so that its last week is easily worked.
                "cost_end_date": date(2026, month, 28),
                "cost_pool": "payroll",
                "amount_reporting": Decimal(amount),
                "is_quarantined": False,
            }
            for month, amount in COSTS.items()
        ],
    )


def _allocations(driver: Driver = Driver.RESOLVED_TICKETS) -> pl.DataFrame:
    drivers = DriverData(
        headcount=headcounts(),
        active_hours=active_time(*((day, team, count) for day, team, count in DONE)),
        resolved_tickets=COUNTS,
        metric_values=polars_schema(metric_values).to_frame(),
    )
    policy = CostPolicy(pools=(CostPool(id="payroll", driver=driver),))
    return pl.concat(allocate_costs(_lines(), COUNTS, policy=policy, drivers=drivers, grain=grain) for grain in Grain)


def _tickets() -> pl.DataFrame:
    """The tickets of `DONE`; the first of each day and team was reopened."""
    rows = [
        {
            "ticket_id": f"{day} {team} {number}",
            "team": team,
            "priority": "P1",
            "service": "Mail",
            "resolved_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
            "reopen_count": int(number == 0),
            "is_done": True,
            "is_cancelled": False,
            "is_quarantined": False,
        }
        for day, team, count in DONE
        for number in range(count)
    ]
    return rows_of(fct_tickets, rows)


def _cells(name: str, as_of: datetime = JULY) -> dict[tuple[str, date, str], dict[str, Any]]:
    """(grain, first day, team or empty text) -> the row."""
    allocations = _allocations()
    facts = {
        "fct_cost_lines": _lines(),
        "fct_cost_allocations": allocations,
        "fct_transactions": COUNTS,
        "fct_rework_costs": divide_rework_costs(
            allocations,
            _tickets(),
            rows_of(fct_sla_clocks, []),
            months=months_with_cost(_lines()),
            time_zone="UTC",
        ),
    }
    found = measure([metric_named(name)], facts, time_zone="UTC", as_of=as_of)
    return {
        (row["period_grain"], row["period_start_date"], row["dimension_value"]): row
        for row in found.filter(pl.col("dimension").is_in(["overall", "team"])).rows(named=True)
    }


def _numbers(cell: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(cell[name] for name in NUMBERS)


def test_months_with_cost_are_those_in_which_a_line_lies() -> None:
    lines = _lines().with_columns(
        cost_end_date=pl.when(pl.col("posting_date") == date(2026, 2, 3))
        .then(date(2026, 3, 1))
        .otherwise("cost_end_date"),
        is_quarantined=pl.col("posting_date") == date(2026, 1, 3),
    )
    assert months_with_cost(lines).to_list() == [date(2026, month, 1) for month in range(2, 7)]
    assert months_with_cost(lines.clear()).to_list() == []


def test_a_quarter_is_divided_by_transactions_of_months_that_have_cost() -> None:
    cells = _cells("cost_per_transaction_reporting")
    # 180 over 10 + 8. Eligible are two lines, March in place of a third, and 27 tickets; measured are 2 and 18.
    assert _numbers(cells["quarter", date(2026, 1, 1), ""]) == (10.0, 180.0, 18.0, None, None, 30, 20)
    assert _numbers(cells["quarter", date(2026, 4, 1), ""]) == (15.0, 180.0, 12.0, 15.0, 15.0, 15, 15)


@pytest.mark.parametrize("driver", [Driver.RESOLVED_TICKETS, Driver.ACTIVE_BUSINESS_HOURS])
def test_a_quarter_is_shared_out_by_what_was_done_in_months_that_have_cost(driver: Driver) -> None:
    quarter = _allocations(driver).filter(period_grain="quarter", period_start_date=date(2026, 1, 1))
    # 14 and 4 of 18 tickets bear 180; what Network and Field did in March is in no month that has cost.
    assert dict(quarter.select("team", "amount_reporting").iter_rows()) == {
        "Desk": Decimal("140.0000"),
        "Network": Decimal("40.0000"),
    }
    assert quarter["transaction_count"].to_list() == [14, 4]


def test_every_team_of_such_a_quarter_has_the_unit_cost_of_its_months() -> None:
    cells = _cells("cost_per_transaction_reporting")
    quarter = {team: cells["quarter", date(2026, 1, 1), team] for team in ("Desk", "Network", "Field")}
    assert {team: cell["value"] for team, cell in quarter.items()} == {"Desk": 10.0, "Network": 10.0, "Field": None}
    # Two lines and March, with each team's own tickets.
    assert {team: (cell["eligible_count"], cell["measured_count"]) for team, cell in quarter.items()} == {
        "Desk": (17, 16),
        "Network": (13, 6),
        "Field": (6, 2),
    }


def test_a_week_that_reaches_into_such_a_month_counts_its_days_before_alone() -> None:
    cells = _cells("cost_per_transaction_reporting")
    # Monday 23 February to Sunday 1 March: 6 of the 28 days of 80.00, to the cent 17.14 or 17.15, over 8 of 14 tickets.
    cell = cells["week", date(2026, 2, 23), ""]
    assert cell["denominator"] == 8
    assert 17.10 <= cell["numerator"] <= 17.16
    assert cell["value"] == pytest.approx(cell["numerator"] / 8)
    assert (cell["lower_bound"], cell["upper_bound"]) == (None, None)
    assert (cell["eligible_count"], cell["measured_count"]) == (1 + 1 + 14, 1 + 8)


def test_rework_of_such_a_quarter_is_that_of_its_months_and_not_wholly_measured() -> None:
    costs, shares = _cells("cost_of_rework_reporting"), _cells("cost_of_rework_ratio")
    quarter = ("quarter", date(2026, 1, 1), "")
    # Desk has 2 of 14 tickets reopened of 140.00, Network 1 of 4 of 40.00; nine more were resolved in March.
    assert _numbers(costs[quarter]) == (30.0, None, None, None, None, 27, 18)
    assert _numbers(shares[quarter]) == (30 / 180, 30.0, 180.0, None, None, 27, 18)
    # 3 of 12 tickets of 180.00, all known.
    assert _numbers(costs["quarter", date(2026, 4, 1), ""]) == (45.0, None, None, 45.0, 45.0, 12, 12)


@pytest.mark.parametrize(("day", "missing"), [(date(2026, 3, 31), 0), (date(2026, 4, 1), 1)])
def test_a_month_is_missing_once_it_is_over(day: date, missing: int) -> None:
    cell = _cells("cost_total_reporting", datetime(day.year, day.month, day.day, tzinfo=UTC))[
        "quarter", date(2026, 1, 1), ""
    ]
    bound = None if missing else 180.0
    assert (cell["value"], cell["lower_bound"], cell["upper_bound"]) == (180.0, bound, bound)
    assert cell["eligible_count"] - cell["measured_count"] == missing


def test_the_bridge_between_quarters_ends_at_the_published_values() -> None:
    found = bridge_unit_costs(_allocations(), COUNTS, months=months_with_cost(_lines()), as_of_date=JULY.date()).filter(
        period_grain="quarter", dimension="team"
    )
    assert found["unit_cost_before_reporting"].unique().to_list() == [Decimal("10.0000")]
    assert found["unit_cost_after_reporting"].unique().to_list() == [Decimal("15.0000")]
    assert found["change_reporting"].sum() == Decimal("5.0000")

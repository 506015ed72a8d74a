"""What reworked tickets bear of the cost of their cell."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
from finance_frames import rows_of
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.costs.rework import divide_rework_costs
from models.ddl import polars_schema
from models.finance import fct_cost_allocations
from models.planning import fct_rework_costs
from models.tickets import fct_sla_clocks, fct_tickets


def tickets(*rows: dict[str, Any]) -> pl.DataFrame:
    defaults = {
        "team": "Desk",
        "is_done": True,
        "is_cancelled": False,
        "is_quarantined": False,
        "has_history": True,
        "reopen_count": 0,
        "resolved_at": datetime(2026, 1, 5, 12, tzinfo=UTC),
    }
    return rows_of(fct_tickets, [{"ticket_id": str(n), **defaults, **row} for n, row in enumerate(rows)])


def clocks(*rows: tuple[int, str, str]) -> pl.DataFrame:
    names = ("ticket_id", "target", "state")
    return rows_of(
        fct_sla_clocks, [dict(zip(names, (str(n), target, state), strict=True)) for n, target, state in rows]
    )


def allocated(amount: str, *, grain: str = "month", pool: str = "payroll", **more: Any) -> dict[str, Any]:
    place = {"team": "Desk", "priority": "(none)", "service": "(none)", "vendor": "(none)"}
    return {
        "period_grain": grain,
        "period_start_date": date(2026, 1, 1),
        "cost_pool": pool,
        **place,
        "is_allocated": True,
        "amount_reporting": Decimal(amount),
        **more,
    }


def divide(costs: list[dict[str, Any]], of: pl.DataFrame, sla: pl.DataFrame | None = None) -> pl.DataFrame:
    found = divide_rework_costs(
        rows_of(fct_cost_allocations, costs),
        of,
        clocks() if sla is None else sla,
        months=pl.Series([date(2026, month, 1) for month in range(1, 13)]),
        time_zone="Europe/Amsterdam",
    )
    assert found.schema == polars_schema(fct_rework_costs)
    return found


NUMBERS = (
    "ticket_count",
    "reworked_ticket_count",
    "unknown_ticket_count",
    "allocated_reporting",
    "rework_reporting",
    "unknown_reporting",
)


def test_a_month_by_hand() -> None:
    # Seven tickets bear 60.00 + 10.01 = 70.01. Reopened: 0 and 1. Late: 1 and 2. Of the snapshot 3 it is not known
    # whether it was reopened, but it was late; of 4 nothing is known. 5 kept its promise, 6 was promised nothing.
    of = tickets(
        {"reopen_count": 1},
        {"reopen_count": 2},
        {},
        {"has_history": False, "reopen_count": None},
        {"has_history": False, "reopen_count": None},
        {},
        {},
    )
    sla = clocks(
        (1, "resolution", "breached"),
        (2, "resolution", "breached"),
        (3, "resolution", "breached"),
        (5, "resolution", "met"),
        # Late with its first answer is another promise.
        (6, "first_response", "breached"),
    )
    found = divide([allocated("60.00"), allocated("10.01", pool="rent")], of, sla)
    # 4/7 of 7001 cents is 4000.57, 1/7 is 1000.14, 2/7 is 2000.29: the odd cent goes to the largest remainder.
    assert found.select(NUMBERS).row(0) == (7, 4, 1, Decimal("70.01"), Decimal("40.01"), Decimal("10.00"))
    assert found.height == 1


def test_a_ticket_of_which_it_is_open_whether_it_was_late_is_clean_in_no_case() -> None:
    of = tickets({}, {"reopen_count": 1}, {})
    sla = clocks((0, "resolution", "not_measured"), (1, "resolution", "not_measured"), (2, "resolution", "met"))
    assert divide([allocated("9.00")], of, sla).select(NUMBERS).row(0) == (
        *(3, 1, 1),
        *(Decimal("9.00"), Decimal("3.00"), Decimal("3.00")),
    )


def test_tickets_that_are_no_transactions_bear_nothing() -> None:
    of = tickets({"reopen_count": 1, "is_quarantined": True}, {"reopen_count": 1, "is_cancelled": True}, {})
    assert divide([allocated("8.00")], of).select(NUMBERS).row(0)[:3] == (1, 0, 0)


def test_each_period_has_its_own_tickets() -> None:
    of = tickets({"reopen_count": 1}, {"resolved_at": datetime(2026, 1, 31, 23, 30, tzinfo=UTC)})
    costs = [
        allocated("8.00"),
        allocated("6.00", grain="quarter"),
        allocated("4.00", grain="day", period_start_date=date(2026, 1, 5)),
        allocated("5.00", period_start_date=date(2026, 2, 1)),
        {**allocated("99.00"), "is_allocated": False},
    ]
    found = {
        (row["period_grain"], row["period_start_date"]): (row["ticket_count"], row["rework_reporting"])
        for row in divide(costs, of).rows(named=True)
    }
    assert found == {
        # Half past midnight in Amsterdam is February.
        ("month", date(2026, 1, 1)): (1, Decimal(8)),
        ("month", date(2026, 2, 1)): (1, Decimal(0)),
        ("quarter", date(2026, 1, 1)): (2, Decimal(3)),
        ("day", date(2026, 1, 5)): (1, Decimal(4)),
    }


def test_cost_of_no_ticket_is_not_known_to_be_anything() -> None:
    found = divide([allocated("8.00", team="Network")], tickets({}))
    assert found.select(NUMBERS).row(0) == (1, 0, 1, Decimal(8), Decimal(0), Decimal(8))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["clean", "reopened", "unknown"]), min_size=1, max_size=12),
    st.lists(st.integers(-(10**7), 10**9), min_size=1, max_size=5),
)
def test_parts_are_within_a_cent_of_their_share_and_add_up(states: list[str], cents: list[int]) -> None:
    reopened = {"clean": 0, "reopened": 1, "unknown": None}
    of = tickets(*({"reopen_count": reopened[state]} for state in states))
    pools = [allocated(str(Decimal(amount) / 100), pool=str(n)) for n, amount in enumerate(cents)]
    (row,) = divide(pools, of).rows(named=True)
    counts, total = Counter(states), Decimal(sum(cents)) / 100
    assert row["allocated_reporting"] == total
    for part, state in (("rework_reporting", "reopened"), ("unknown_reporting", "unknown")):
        assert abs(row[part] - total * counts[state] / len(states)) < Decimal("0.01")
    if not counts["clean"]:
        assert row["rework_reporting"] + row["unknown_reporting"] == total
    if not counts["reopened"]:
        assert row["rework_reporting"] == 0

"""Plans in the reporting currency, and months held against them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import cost_lines, exchange_rates, rows_of
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.costs.budgets import compare_with_budget, convert_budget_lines
from metrics.costs.exchange_rates import FxPolicy, FxRateRule
from metrics.costs.planning_policy import BudgetPolicy
from metrics.costs.policy import CostPolicy
from models.ddl import polars_schema
from models.planning import fct_budget_lines, fct_budget_variances, stg_budget_lines

JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in (1, 2, 3, 4))


def staged(*rows: dict[str, Any]) -> pl.DataFrame:
    defaults = {"source": "plan", "kind": "budget", "month_date": JANUARY, "currency_code": "EUR"}
    return rows_of(
        stg_budget_lines,
        [{**defaults, "budget_line_id": f"plan:{n}", "row_number": n, **row} for n, row in enumerate(rows)],
    )


def planned(*rows: dict[str, Any]) -> pl.DataFrame:
    defaults = {"source": "plan", "kind": "budget", "cost_centre": "100", "account": "61", "is_quarantined": False}
    return rows_of(fct_budget_lines, [{**defaults, "budget_line_id": f"plan:{n}", **row} for n, row in enumerate(rows)])


def spent(amount: str | None, first: date, last: date | None = None, **more: Any) -> dict[str, Any]:
    return {
        "posting_date": first,
        "cost_start_date": first,
        "cost_end_date": last or first,
        "amount_reporting": None if amount is None else Decimal(amount),
        "cost_centre": "100",
        "account": "61",
        **more,
    }


def convert(lines: pl.DataFrame, policy: CostPolicy, rates: pl.DataFrame | None = None) -> pl.DataFrame:
    found = convert_budget_lines(
        lines,
        exchange_rates() if rates is None else rates,
        policy=policy,
        reporting_currency="EUR",
        quarantined=frozenset({"plan:99"}),
    )
    assert found.schema == polars_schema(fct_budget_lines)
    return found


def test_planning_rates_are_used_for_plans_alone() -> None:
    lines = staged({"currency_code": "USD", "amount_original": Decimal("1000.00")})
    fixed = FxPolicy(rate=FxRateRule.FIXED, fixed={"USD": Decimal("0.9205")})
    rates = exchange_rates((JANUARY, "USD", "EUR", "0.85"))
    with_own = convert(lines, CostPolicy(budget=BudgetPolicy(fx=fixed)), rates)
    without = convert(lines, CostPolicy(), rates)
    assert with_own.get_column("amount_reporting").to_list() == [Decimal("920.5000")]
    assert without.get_column("amount_reporting").to_list() == [Decimal("850.0000")]


def test_without_a_rate_a_plan_has_no_amount() -> None:
    found = convert(staged({"currency_code": "USD", "amount_original": Decimal(5)}), CostPolicy())
    assert found.select("amount_reporting", "fx_rate").rows() == [(None, None)]


def test_month_kind_and_team_are_made_even() -> None:
    lines = staged(
        {"month_date": date(2026, 1, 31), "kind": " Budget ", "cost_centre": "CC1"},
        {"kind": "FORECAST", "cost_centre": "CC1", "team": "Desk"},
    )
    found = convert(lines, CostPolicy(cost_centre_teams={"CC1": "Network"}))
    assert found.select("month_date", "kind", "team").rows() == [
        (JANUARY, "budget", "Network"),
        (JANUARY, "forecast", "Desk"),
    ]


def compare(costs: pl.DataFrame, plans: pl.DataFrame, as_of: date = date(2026, 3, 15)) -> pl.DataFrame:
    found = compare_with_budget(costs, plans, as_of_date=as_of)
    assert found.schema == polars_schema(fct_budget_variances)
    return found


def test_a_year_by_hand() -> None:
    # 90.00 over 1 January to 31 March, 90 days: a euro a day. 31, 28 and 31 in the three months.
    # 50.00 in February of another account, which no budget names; a credit of 5.00 in February.
    costs = cost_lines(
        spent("90.00", JANUARY, date(2026, 3, 31)),
        spent("50.00", FEBRUARY, account="62"),
        spent("-5.00", date(2026, 2, 9)),
    )
    plans = planned(
        {"month_date": FEBRUARY, "amount_reporting": Decimal(20)},
        {"month_date": MARCH, "amount_reporting": Decimal(40)},
        {"month_date": MARCH, "account": "63", "amount_reporting": Decimal(7)},
        {"month_date": APRIL, "amount_reporting": Decimal(44)},
        {"month_date": APRIL, "kind": "forecast", "amount_reporting": Decimal(46)},
    )
    found = compare(costs, plans)
    columns = ("month_date", "account", "is_month_closed", "actual_reporting", "budget_reporting", "variance_reporting")
    assert found.select(columns).rows() == [
        # No budget in January; none in April yet to be held against.
        (JANUARY, "61", True, Decimal(31), None, None),
        (FEBRUARY, "61", True, Decimal(23), Decimal(20), Decimal(3)),
        (FEBRUARY, "62", True, Decimal(50), Decimal(0), Decimal(50)),
        (MARCH, "61", False, Decimal(31), Decimal(40), Decimal(-9)),
        (MARCH, "63", False, Decimal(0), Decimal(7), Decimal(-7)),
        (APRIL, "61", False, None, Decimal(44), None),
    ]
    assert found.get_column("forecast_reporting").to_list() == [None] * 5 + [Decimal(46)]
    assert found.get_column("cost_line_count").to_list() == [1, 2, 1, 1, 0, 0]


def test_what_was_paid_in_advance_is_not_yet_cost_of_a_later_month() -> None:
    costs = cost_lines(spent("120.00", JANUARY, date(2026, 4, 30)))
    months = compare(costs, planned(), as_of=date(2026, 2, 10)).get_column("month_date").to_list()
    assert months == [JANUARY, FEBRUARY]


def test_lines_that_cannot_be_used_are_counted_and_unknown_is_not_zero() -> None:
    costs = cost_lines(spent("10.00", JANUARY), spent(None, JANUARY), spent("9.00", JANUARY, is_quarantined=True))
    plans = planned(
        {"month_date": JANUARY, "amount_reporting": None},
        # It may be budget or forecast.
        {"month_date": JANUARY, "kind": None, "is_quarantined": True, "amount_reporting": Decimal(3)},
    )
    (row,) = compare(costs, plans).rows(named=True)
    assert (row["actual_reporting"], row["budget_reporting"], row["variance_reporting"]) == (Decimal(10), None, None)
    assert (row["cost_line_count"], row["measured_cost_line_count"]) == (3, 1)
    assert (row["budget_line_count"], row["measured_budget_line_count"]) == (2, 0)
    assert (row["forecast_line_count"], row["measured_forecast_line_count"]) == (1, 0)


def test_a_month_of_which_no_line_could_be_used_did_not_cost_nothing() -> None:
    costs = cost_lines(spent("10.00", JANUARY), spent(None, FEBRUARY), spent("5.00", MARCH))
    plans = planned(*({"month_date": month, "amount_reporting": Decimal(8)} for month in (JANUARY, FEBRUARY, MARCH)))
    found = compare(costs, plans).select("actual_reporting", "variance_reporting").rows()
    assert found == [(Decimal(10), Decimal(2)), (None, None), (Decimal(5), Decimal(-3))]


def test_a_month_within_the_ledger_that_no_line_lies_in_is_held_against_no_budget() -> None:
    costs = cost_lines(spent("10.00", JANUARY), spent("5.00", MARCH))
    plans = planned(*({"month_date": month, "amount_reporting": Decimal(8)} for month in (JANUARY, FEBRUARY, MARCH)))
    found = compare(costs, plans).select("actual_reporting", "variance_reporting").rows()
    # February may have cost nothing, or its ledger was never exported.
    assert found == [(Decimal(10), Decimal(2)), (None, None), (Decimal(5), Decimal(-3))]


DAYS = st.dates(date(2025, 11, 1), date(2026, 3, 31))
CENTS = st.integers(-(10**9), 10**9).map(lambda cents: Decimal(cents) / 100)
PLACES = st.fixed_dictionaries(
    {
        "cost_centre": st.sampled_from(["100", "200", None]),
        "account": st.sampled_from(["61", "62"]),
        "team": st.sampled_from(["Desk", "Network", None]),
    }
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(DAYS, st.integers(0, 200), CENTS, PLACES), max_size=12),
    st.lists(st.tuples(st.sampled_from([JANUARY, FEBRUARY]), CENTS, PLACES), max_size=8),
)
def test_nothing_is_lost_between_lines_and_months(
    costs: list[tuple[date, int, Decimal, dict[str, str | None]]],
    plans: list[tuple[date, Decimal, dict[str, str | None]]],
) -> None:
    as_of = date(2026, 12, 31)  # every day of every line is over by then
    lines = cost_lines(
        *(spent(str(amount), first, first + timedelta(days=length), **place) for first, length, amount, place in costs)
    )
    budget = planned(*({"month_date": month, "amount_reporting": amount, **place} for month, amount, place in plans))
    found = compare(lines, budget, as_of)
    totals: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for _, _, amount, place in costs:
        totals[place["cost_centre"] or "(none)", place["account"] or "(none)", place["team"] or "(none)"] += amount
    for (cost_centre, account, team), total in totals.items():
        of_place = found.filter(cost_centre=cost_centre, account=account, team=team)
        assert of_place["actual_reporting"].sum() == total
    assert (found["budget_reporting"].sum() or Decimal(0)) == sum((amount for _, amount, _ in plans), Decimal(0))
    assert found["budget_line_count"].sum() == len(plans)
    assert found.select("month_date", "cost_centre", "account", "team").is_duplicated().sum() == 0


def test_amounts_finer_than_a_cent_are_refused() -> None:
    with pytest.raises(ValueError, match="finer than"):
        compare(cost_lines(spent("0.001", JANUARY)), planned())

"""What a fiscal year will have cost, by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import rows_of
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.costs.planning_policy import BudgetPolicy, YearEndMethod
from metrics.costs.year_end import fiscal_year_start, forecast_year_end
from models.ddl import polars_schema
from models.planning import fct_budget_variances, fct_year_end_forecasts


def month(number: int) -> date:
    """The first of January 2026 is 1, that of January 2027 is 13, that of December 2025 is 0."""
    return date(2026 + (number - 1) // 12, (number - 1) % 12 + 1, 1)


def cell(number: int, **columns: Any) -> dict[str, Any]:
    counts = {name: 1 for name in polars_schema(fct_budget_variances) if name.endswith("_line_count")}
    amounts = {
        f"{name}_reporting": None if columns.get(name) is None else Decimal(columns[name])
        for name in ("actual", "budget", "forecast")
    }
    more = {name: value for name, value in columns.items() if name not in ("actual", "budget", "forecast")}
    place = {"cost_centre": "100", "account": "61", "team": "Desk"}
    return {"month_date": month(number), **place, "is_month_closed": True, **counts, **amounts, **more}


def forecast(*rows: dict[str, Any], start: int = 1, **policy: Any) -> pl.DataFrame:
    found = forecast_year_end(
        rows_of(fct_budget_variances, rows), policy=BudgetPolicy(**policy), fiscal_year_start_month=start
    )
    assert found.schema == polars_schema(fct_year_end_forecasts)
    return found


def by_method(found: pl.DataFrame, seen_from: int, team: str = "Desk") -> dict[str, tuple[Any, ...]]:
    rows = found.filter(month_date=month(seen_from), team=team)
    columns = ("actual_to_date_reporting", "rest_of_year_reporting", "year_end_reporting", "missing_month_count")
    return {row["method"]: tuple(row[column] for column in columns) for row in rows.rows(named=True)}


#: Ten closed months of 100.00 but for the last three: 100.01, 100.01 and 100.02. Budget 90, forecast 120 a month.
YEAR = [
    *(cell(n, actual="100.00", budget="90.00") for n in range(1, 8)),
    cell(8, actual="100.01", budget="90.00"),
    cell(9, actual="100.01", budget="90.00"),
    cell(10, actual="100.02", budget="90.00"),
    cell(11, actual="3.00", budget="90.00", forecast="120.00", is_month_closed=False),
    cell(12, budget="90.00", forecast="120.00", is_month_closed=False),
]


def test_three_methods_seen_from_october() -> None:
    found = forecast(*YEAR)
    # The mean of 100.01, 100.01 and 100.02 twice is 200.0266..., so 200.03; what November has so far is no month yet.
    assert by_method(found, 10) == {
        "forecast": (Decimal("1000.04"), Decimal("240.00"), Decimal("1240.04"), 0),
        "budget": (Decimal("1000.04"), Decimal("180.00"), Decimal("1180.04"), 0),
        "run_rate": (Decimal("1000.04"), Decimal("200.03"), Decimal("1200.07"), 0),
    }
    assert set(found["month_date"]) == {month(n) for n in range(1, 11)}
    assert set(found["fiscal_year_start_date"]) == {date(2026, 1, 1)}
    assert found.filter("is_chosen")["method"].unique().to_list() == ["run_rate"]
    assert found.filter(month_date=month(10))["remaining_month_count"].unique().to_list() == [2]


def test_early_in_the_year_a_run_rate_is_of_the_months_that_there_are() -> None:
    found = forecast(*YEAR).filter(month_date=month(2), method="run_rate").row(0, named=True)
    assert (found["run_rate_month_count"], found["rest_of_year_reporting"]) == (2, Decimal("1000.00"))


def test_a_month_that_no_line_plans_leaves_the_year_unknown() -> None:
    found = by_method(forecast(*YEAR, year_end=YearEndMethod.FORECAST), 9)
    # Of October there is no forecast.
    assert found["forecast"] == (Decimal("900.02"), None, None, 1)
    assert found["budget"][2] == Decimal("1170.02")


def test_months_before_the_ledger_leave_the_year_unknown() -> None:
    found = by_method(forecast(*YEAR[2:]), 10)
    assert found["run_rate"] == (Decimal("800.04"), Decimal("200.03"), None, 2)


def test_a_run_rate_does_not_reach_over_a_gap() -> None:
    # October and November 2025, then nothing until January 2026, as where a year of exports is missing.
    rows = [cell(-2, actual="500.00"), cell(-1, actual="700.00"), cell(1, actual="100.00"), cell(2, actual="120.00")]
    found = forecast(*rows).filter(method="run_rate")
    january, february = (found.filter(month_date=month(number)).row(0, named=True) for number in (1, 2))
    # November, December and January: of December nothing is known, so nothing is of the eleven months to come.
    assert january["rest_of_year_reporting"] is None
    assert january["year_end_reporting"] is None
    assert (january["missing_month_count"], january["measured_month_count"]) == (1, 1)
    # December, January and February; January and February themselves are known.
    assert (february["missing_month_count"], february["measured_month_count"]) == (1, 2)
    assert february["actual_to_date_reporting"] == Decimal("220.00")
    assert february["year_end_reporting"] is None


def test_a_gap_that_the_run_rate_has_left_behind_no_longer_matters() -> None:
    rows = [cell(-3, actual="900.00"), *(cell(number, actual="100.00") for number in (1, 2, 3))]
    found = by_method(forecast(*rows), 3)
    assert found["run_rate"] == (Decimal("300.00"), Decimal("900.00"), Decimal("1200.00"), 0)


def numbers_of(found: pl.DataFrame, seen_from: int) -> dict[str, Any]:
    return found.filter(month_date=month(seen_from), method="run_rate").row(0, named=True)


def test_a_first_month_that_could_not_be_used_is_part_of_the_ledger() -> None:
    found = forecast(cell(1, measured_cost_line_count=0), *YEAR[1:10])
    february, march, april = (numbers_of(found, number) for number in (2, 3, 4))
    assert [row["run_rate_month_count"] for row in (february, march, april)] == [2, 3, 3]
    assert [row["rest_of_year_reporting"] for row in (february, march, april)] == [None, None, Decimal("800.00")]


def test_a_year_that_is_over_needs_no_run_rate() -> None:
    year = [cell(number, actual="1.00") for number in range(1, 13)]
    december = numbers_of(forecast(cell(-3, actual="5.00"), *year, run_rate_months=14), 12)
    # Fourteen months back is November 2025, which no line lies in.
    assert (december["rest_of_year_reporting"], december["missing_month_count"]) == (Decimal(0), 0)
    assert (december["year_end_reporting"], december["measured_month_count"]) == (Decimal("12.00"), 12)


def test_a_fiscal_year_from_july() -> None:
    found = forecast(*YEAR, start=7)
    assert set(found["fiscal_year_start_date"]) == {date(2025, 7, 1), date(2026, 7, 1)}
    # June closes the year that began in July, of which six months are before the ledger; July begins the next.
    june, july = (by_method(found, number)["run_rate"] for number in (6, 7))
    assert june == (Decimal("600.00"), Decimal(0), None, 6)
    assert july == (Decimal("100.00"), Decimal("1100.00"), Decimal("1200.00"), 0)


def test_a_team_that_others_plan_without_has_nothing_planned() -> None:
    found = forecast(*YEAR, cell(10, actual="7.00", team="Network"))
    assert by_method(found, 10, "Network") == {
        "forecast": (Decimal(7), Decimal(0), Decimal(7), 0),
        "budget": (Decimal(7), Decimal(0), Decimal(7), 0),
        # A third of 7.00 for two months is 4.666..., so 4.67.
        "run_rate": (Decimal(7), Decimal("4.67"), Decimal("11.67"), 0),
    }


def test_a_line_that_could_not_be_used_makes_its_months_doubtful() -> None:
    rows = [*YEAR]
    rows[9] = cell(10, actual="100.02", budget="90.00", measured_cost_line_count=0)
    rows[11] = cell(12, budget="90.00", forecast="120.00", is_month_closed=False, measured_budget_line_count=0)
    found = forecast(*rows).filter(month_date=month(10))
    measured = {row["method"]: row["measured_month_count"] for row in found.rows(named=True)}
    # October itself; for the budget December too; for the run-rate the two months that are drawn from October.
    assert measured == {"forecast": 11, "budget": 10, "run_rate": 9}


def test_a_year_that_is_over_is_what_it_was() -> None:
    found = by_method(forecast(*YEAR[:10], cell(11, actual="1.00"), cell(12, actual="2.00")), 12)
    assert {numbers[1:] for numbers in found.values()} == {(Decimal(0), Decimal("1003.04"), 0)}


def test_a_month_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="month 1 to 12, not in 13"):
        forecast(start=13)


@settings(deadline=None)
@given(st.integers(1, 12), st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_a_month_lies_in_the_year_that_begins_at_most_eleven_months_before(start: int, day: date) -> None:
    first = fiscal_year_start(day.replace(day=1), start)
    months = (day.year - first.year) * 12 + day.month - first.month
    assert first.month == start
    assert 0 <= months <= 11


@settings(deadline=None)
@given(st.lists(st.integers(-(10**8), 10**8), min_size=1, max_size=11), st.integers(1, 6))
def test_a_run_rate_is_the_mean_to_half_a_cent(cents: list[int], back: int) -> None:
    rows = [cell(n, actual=str(Decimal(amount) / 100)) for n, amount in enumerate(cents, start=1)]
    found = forecast(*rows, run_rate_months=back).filter(method="run_rate").row(-1, named=True)
    recent, remaining = cents[-back:], 12 - len(cents)
    exact = Decimal(sum(recent)) * remaining / len(recent)
    assert abs(found["rest_of_year_reporting"] * 100 - exact) <= Decimal("0.5")
    assert found["year_end_reporting"] == found["actual_to_date_reporting"] + found["rest_of_year_reporting"]


@settings(deadline=None)
@given(st.sets(st.integers(1, 40), min_size=1), st.integers(1, 6), st.integers(1, 12))
def test_a_run_rate_is_of_calendar_months_or_there_is_none(known: set[int], back: int, start: int) -> None:
    found = forecast(*(cell(n, actual=str(n)) for n in known), run_rate_months=back, start=start)
    for row in found.filter(method="run_rate").rows(named=True):
        now = (row["month_date"].year - 2026) * 12 + row["month_date"].month
        window = range(max(min(known), now - back + 1), now + 1)
        first = now - (now - start) % 12
        remaining = first + 11 - now
        gaps = {n for n in window if n not in known} if remaining else set()
        assert row["run_rate_month_count"] == len(window)
        if gaps:
            assert row["rest_of_year_reporting"] is None
        else:
            exact = Decimal(sum(window)) * remaining / len(window)
            assert abs(row["rest_of_year_reporting"] - exact) <= Decimal("0.005")
        past = {n for n in range(first, now + 1) if n not in known}
        assert row["missing_month_count"] == len(past | gaps)
        assert row["measured_month_count"] == 12 - len(past) - (remaining if gaps else 0)
        assert (row["year_end_reporting"] is None) == bool(past | gaps)

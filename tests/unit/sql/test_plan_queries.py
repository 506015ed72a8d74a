"""The questions about plans and returns, on a small published file whose answers are known by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from pipelines.cli.questions import fill_parameters, question_named

Fill = Callable[..., None]
JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))
HOUR = 3_600_000_000


def ask(published: duckdb.DuckDBPyConnection, name: str, **given: str) -> list[tuple[Any, ...]]:
    question = question_named(name)
    return published.execute(question.text, fill_parameters(question, given) or None).fetchall()


def test_budget_variance(published: duckdb.DuckDBPyConnection, fill: Fill) -> None:
    def cell(month: date, account: str, actual: int | None, budget: int | None, **more: Any) -> dict[str, Any]:
        is_compared = actual is not None and budget is not None
        return {
            "month_date": month,
            "cost_centre": "100",
            "account": account,
            "team": "Desk",
            "is_month_closed": True,
            "actual_reporting": actual,
            "budget_reporting": budget,
            "variance_reporting": actual - budget if is_compared else None,  # type: ignore[operator]
            "budget_line_count": 1,
            **more,
        }

    fill(
        "fct_budget_variances",
        cell(JANUARY, "61", 120, 100),
        cell(FEBRUARY, "61", 95, 100),
        cell(JANUARY, "62", 10, 0),
        cell(FEBRUARY, "62", 30, 0, budget_line_count=0),
        cell(FEBRUARY, "63", 7, None),
        cell(MARCH, "61", 1, 100, is_month_closed=False),
    )
    assert ask(published, "budget_variance") == [
        # In January it had a budget of 0, in February none.
        ("100", "62", "Desk", 2, Decimal(40), Decimal(0), Decimal(40), None, Decimal(30), 1),
        ("100", "61", "Desk", 2, Decimal(215), Decimal(200), Decimal(15), 0.075, Decimal(0), 0),
    ]
    assert [row[1] for row in ask(published, "budget_variance", at_least="20")] == ["62"]
    assert [row[6] for row in ask(published, "budget_variance", from_month="2026-01-01", to_month="2026-01-01")] == [
        20,
        10,
    ]


def test_year_end_forecast(published: duckdb.DuckDBPyConnection, fill: Fill) -> None:
    def seen(month: date, team: str, method: str, to_date: int, rest: int | None) -> dict[str, Any]:
        return {
            "fiscal_year_start_date": JANUARY,
            "month_date": month,
            "team": team,
            "method": method,
            "is_chosen": method == "budget",
            "actual_to_date_reporting": to_date,
            "rest_of_year_reporting": rest,
            "year_end_reporting": None if rest is None else to_date + rest,
            "remaining_month_count": 12 - month.month,
            "missing_month_count": 0 if rest is not None else 3,
            "measured_month_count": 12 if rest is not None else 9,
        }

    fill(
        "fct_year_end_forecasts",
        seen(JANUARY, "Desk", "budget", 10, 110),
        seen(FEBRUARY, "Desk", "budget", 20, 100),
        seen(FEBRUARY, "(none)", "budget", 3, 4),
        seen(FEBRUARY, "Desk", "forecast", 20, None),
        seen(FEBRUARY, "(none)", "forecast", 3, None),
    )
    assert ask(published, "year_end_forecast") == [
        (JANUARY, FEBRUARY, "budget", True, 23, 104, 127, 10, 0, 12, 3),
        (JANUARY, FEBRUARY, "forecast", False, 23, None, None, 10, 3, 9, 3),
    ]
    assert ask(published, "year_end_forecast", seen_from="2026-01-01")[0][4:7] == (10, 110, 120)


def test_what_made_unit_cost_move(published: duckdb.DuckDBPyConnection, fill: Fill) -> None:
    def part(month: date, before: date, value: str, change: str, **more: Any) -> dict[str, Any]:
        return {
            "period_grain": "month",
            "period_start_date": month,
            "previous_period_start_date": before,
            "dimension": "team",
            "dimension_value": value,
            "part": "cost",
            "cost_pool": "payroll",
            "change_reporting": Decimal(change),
            **more,
        }

    fill(
        "fct_unit_cost_bridges",
        part(FEBRUARY, JANUARY, "Desk", "1.5000"),
        part(FEBRUARY, JANUARY, "Network", "-0.2500"),
        part(MARCH, FEBRUARY, "Desk", "-0.5000"),
        part(MARCH, FEBRUARY, "Desk", "0.1000", part="mix", cost_pool=""),
        part(MARCH, FEBRUARY, "Mail", "9.0000", dimension="service"),
        part(MARCH, FEBRUARY, "Desk", "9.0000", period_grain="quarter"),
    )
    latest = [
        ("cost", "Desk", "payroll", Decimal("-0.5"), Decimal("-0.4"), FEBRUARY, MARCH),
        ("mix", "Desk", "", Decimal("0.1"), Decimal("-0.4"), FEBRUARY, MARCH),
    ]
    assert ask(published, "what_made_unit_cost_move") == latest
    assert ask(published, "what_made_unit_cost_move", from_month="2026-01-01") == [
        ("cost", "Desk", "payroll", Decimal("1.0"), Decimal("0.85"), JANUARY, MARCH),
        ("cost", "Network", "payroll", Decimal("-0.25"), Decimal("0.85"), JANUARY, MARCH),
        ("mix", "Desk", "", Decimal("0.1"), Decimal("0.85"), JANUARY, MARCH),
    ]
    only_february = ask(published, "what_made_unit_cost_move", to_month="2026-02-01")
    assert [row[3] for row in only_february] == [Decimal("1.5"), Decimal("-0.25")]
    assert [row[1] for row in ask(published, "what_made_unit_cost_move", dimension="service")] == ["Mail"]


def test_initiative_returns(published: duckdb.DuckDBPyConnection, fill: Fill) -> None:
    fill(
        "fct_initiative_returns",
        {"initiative_id": "later", "initiative_name": "Later", "is_declared": True, "line_count": 0},
        {
            "initiative_id": "portal",
            "owner": "Support",
            "is_declared": False,
            "cost_to_date_reporting": 100,
            "benefit_to_date_reporting": 130,
            "net_to_date_reporting": 30,
            "return_ratio": 0.3,
            "payback_date": MARCH,
            "paid_back_since_date": date(2026, 4, 2),
            "is_paid_back": True,
            "line_count": 4,
            "measured_line_count": 3,
        },
    )
    assert ask(published, "initiative_returns") == [
        ("portal", "Support", 100, 130, 30, 0.3, MARCH, date(2026, 4, 2), None, True, 0.75),
        ("Later", None, None, None, None, None, None, None, None, None, None),
    ]


def test_cost_of_delay(published: duckdb.DuckDBPyConnection, fill: Fill) -> None:
    fill("meta_run", {"reporting_time_zone": "Europe/Amsterdam"})
    common = {
        "delay_rule": "waiting",
        "measure": "waiting",
        "clock": "business",
        "team": "Desk",
        "resolved_at": datetime(2026, 2, 4, tzinfo=UTC),
        "delay_microseconds": 2 * HOUR,
        "amount_reporting": 20,
        "is_capped": False,
        "is_quarantined": False,
    }
    fill(
        "fct_ticket_delays",
        {**common, "ticket_id": "a"},
        {**common, "ticket_id": "b", "is_capped": True, "amount_reporting": 50},
        {**common, "ticket_id": "c", "amount_reporting": None, "delay_microseconds": None},
        {**common, "ticket_id": "d", "is_quarantined": True},
        {**common, "ticket_id": "e", "resolved_at": datetime(2026, 1, 4, tzinfo=UTC), "vendor": "Acme"},
    )
    desk = ("waiting", "waiting", "business", "Desk")
    assert ask(published, "cost_of_delay") == [(*desk, None, 4, 2, 4.0, 70, 1), (*desk, "Acme", 1, 1, 2.0, 20, 0)]
    assert len(ask(published, "cost_of_delay", from_date="2026-02-01")) == 1

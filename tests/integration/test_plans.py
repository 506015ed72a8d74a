"""Plans, initiatives, rework, delay and the bridge of unit cost on a simulated home, against what was planted in it and
against plain computations over the facts below them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from demo_homes import DemoHome

from pipelines.cli.demo_home import DemoFacts, write_demo_home
from pipelines.sample import SampleSummary
from pipelines.sample.company import TROUBLED_TEAM

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("plans")]

FACTS = DemoFacts(tickets=900, years=1.5, seed=7)
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[DemoHome, SampleSummary]:
    """A home of a year and a half, measured, and what is true of it."""
    folder = tmp_path_factory.mktemp("plans")
    summary = write_demo_home(folder, FACTS)
    home = DemoHome(folder)
    home.measure()
    return home, summary


@pytest.fixture(scope="module")
def home(made: tuple[DemoHome, SampleSummary]) -> DemoHome:
    return made[0]


@pytest.fixture(scope="module")
def summary(made: tuple[DemoHome, SampleSummary]) -> SampleSummary:
    return made[1]


def _months(home: DemoHome, metric: str, columns: str = "value") -> dict[date, Any]:
    query = f"""
        SELECT period_start_date, {columns} FROM mart.metric_values
        WHERE metric = ? AND period_grain = 'month' AND dimension = 'overall'
    """
    rows = home.warehouse(query, [metric])
    return {row[0]: row[1] if len(row) == 2 else row[1:] for row in rows}


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=shift) for shift in range((last - first).days + 1))


def _spread(amount: Decimal, first: date, last: date) -> dict[date, int]:
    """Cents of each day: as even as it can be, the odd ones first."""
    cents, count = int(abs(amount) * 100), (last - first).days + 1
    sign = 1 if amount > 0 else -1
    return {day: sign * (cents // count + (number < cents % count)) for number, day in enumerate(_days(first, last))}


def test_budgets_are_those_that_were_planted(home: DemoHome, summary: SampleSummary) -> None:
    begun = {month: amount for month, amount in summary.money.budget_by_month.items() if month <= summary.last_date}
    assert {month: Decimal(str(value)) for month, value in _months(home, "cost_budget_reporting").items()} == begun
    assert max(summary.money.budget_by_month) > max(begun), "no month is planned that has not begun"


def test_variance_is_every_line_spread_by_hand_less_the_budget(home: DemoHome, summary: SampleSummary) -> None:
    actual: defaultdict[tuple[date, str], int] = defaultdict(int)
    lines = home.warehouse("SELECT amount_reporting, cost_start_date, cost_end_date, team FROM core.fct_cost_lines")
    for amount, first, last, team in lines:
        for day, cents in _spread(amount, first, last).items():
            actual[day.replace(day=1), team or "(none)"] += cents
    planned = {
        (month, team): amount
        for month, team, amount in home.warehouse(
            "SELECT month_date, coalesce(team, '(none)'), sum(amount_reporting) FROM core.fct_budget_lines "
            "WHERE kind = 'budget' GROUP BY ALL"
        )
    }
    teams = {team for _, team in (*actual, *planned)}
    months = [month for month in summary.money.budget_by_month if month <= summary.last_date]
    expected = {
        (month, team): Decimal(actual[month, team]) / 100 - planned.get((month, team), Decimal(0))
        for month in months
        for team in teams
    }
    found = home.warehouse(
        "SELECT period_start_date, dimension_value, value, coverage_ratio FROM mart.metric_values "
        "WHERE metric = 'cost_budget_variance_reporting' AND period_grain = 'month' AND dimension = 'team'"
    )
    assert {(month, team): Decimal(str(round(value, 2))) for month, team, value, _ in found} == {
        key: variance
        for key, variance in expected.items()
        if key in {(month, team) for month, team, *_ in found} or variance
    }
    assert {coverage for *_, coverage in found} == {1.0}
    overall = _months(home, "cost_budget_variance_reporting")
    by_month: defaultdict[date, Decimal] = defaultdict(Decimal)
    for (month, _), variance in expected.items():
        by_month[month] += variance
    assert {month: Decimal(str(round(value, 2))) for month, value in overall.items()} == by_month


def test_a_quarter_is_its_months(home: DemoHome) -> None:
    for metric in ("cost_budget_reporting", "cost_budget_variance_reporting"):
        months: defaultdict[date, float] = defaultdict(float)
        for month, value in _months(home, metric).items():
            months[date(month.year, (month.month - 1) // 3 * 3 + 1, 1)] += value
        quarters = home.warehouse(
            "SELECT period_start_date, value FROM mart.metric_values "
            "WHERE metric = ? AND period_grain = 'quarter' AND dimension = 'overall'",
            [metric],
        )
        assert dict(quarters) == pytest.approx(dict(months))


def test_the_year_is_what_was_spent_and_three_views_of_the_rest(home: DemoHome, summary: SampleSummary) -> None:
    closed = dict(
        home.warehouse(
            "SELECT period_start_date, CAST(sum(amount_reporting) AS DECIMAL(18, 2)) FROM core.fct_cost_allocations "
            "WHERE period_grain = 'month' GROUP BY ALL HAVING period_start_date + INTERVAL 1 MONTH <= ?",
            [summary.last_date],
        )
    )
    last = max(closed)
    year = [date(last.year, number, 1) for number in range(1, 13)]
    rest = [month for month in year if month > last]
    assert rest, "nothing is left of the year"
    budget = sum((summary.money.budget_by_month[month] for month in rest), Decimal(0))
    to_date = sum((amount for month, amount in closed.items() if month in year), Decimal(0))
    found = home.warehouse(
        "SELECT method, sum(actual_to_date_reporting), sum(rest_of_year_reporting), sum(year_end_reporting), "
        "count(*) FROM core.fct_year_end_forecasts WHERE month_date = ? GROUP BY ALL",
        [last],
    )
    rows = {method: numbers for method, *numbers in found}
    assert set(rows) == {"forecast", "budget", "run_rate"}
    for past, more, whole, _ in rows.values():
        assert (past, whole) == (to_date, past + more)
    assert rows["budget"][1] == budget
    # Each team's mean is rounded on its own.
    recent = [closed[month] for month in sorted(closed)[-3:]]
    assert abs(rows["run_rate"][1] - sum(recent) / 3 * len(rest)) <= CENT * rows["run_rate"][3] / 2
    (chosen,) = home.warehouse(
        "SELECT value, eligible_count, measured_count, lower_bound FROM mart.metric_values WHERE dimension = 'overall' "
        "AND metric = 'cost_year_end_forecast_reporting' AND period_start_date = ?",
        [last],
    )
    assert chosen == (float(rows["run_rate"][2]), 12, 12, None)


def test_the_initiative_pays_back_on_the_planted_day(home: DemoHome, summary: SampleSummary) -> None:
    planted = summary.initiative
    found = home.warehouse(
        "SELECT initiative_name, cost_to_date_reporting, benefit_to_date_reporting, payback_date, is_paid_back, owner "
        "FROM core.fct_initiative_returns WHERE is_declared AND line_count > 0"
    )
    assert planted.payback_date is not None
    assert planted.benefit > planted.cost > 0
    assert found == [
        (planted.name, planted.cost, planted.benefit, planted.payback_date, True, TROUBLED_TEAM),
    ]
    (last,) = home.warehouse(
        "SELECT month_date, cost_to_date_reporting, benefit_to_date_reporting FROM core.fct_initiative_months "
        "ORDER BY month_date DESC LIMIT 1"
    )
    assert last == (summary.last_date.replace(day=1), planted.cost, planted.benefit)


def test_the_bad_month_shows_in_the_bridge(home: DemoHome, summary: SampleSummary) -> None:
    bad = summary.bad_month
    rows = home.warehouse(
        "SELECT dimension_value, cost_pool, change_reporting FROM core.fct_unit_cost_bridges WHERE dimension = 'team' "
        "AND period_grain = 'month' AND period_start_date = ? AND part = 'cost' ORDER BY change_reporting DESC",
        [bad.month],
    )
    assert rows[0][:2] == (bad.team, "vendor_services")
    # The overtime of the change is in its payroll.
    assert (bad.team, "payroll") in [row[:2] for row in rows if row[2] > 0]


@pytest.mark.parametrize("dimension", ["team", "service"])
@pytest.mark.parametrize("grain", ["month", "quarter"])
def test_the_parts_of_every_bridge_add_up_to_the_published_change(home: DemoHome, dimension: str, grain: str) -> None:
    unit_costs = {
        start: Decimal(allocated) / Decimal(count)
        for start, allocated, count in home.warehouse(
            """
            SELECT costs.period_start_date, costs.allocated, counts.n
            FROM (
                SELECT period_start_date, sum(amount_reporting) AS allocated FROM core.fct_cost_allocations
                WHERE is_allocated AND period_grain = ? GROUP BY ALL
            ) AS costs
            JOIN (
                SELECT CAST(date_trunc(?, completed_date) AS DATE) AS period_start_date, sum(transaction_count) AS n
                FROM core.fct_transactions GROUP BY ALL
            ) AS counts USING (period_start_date)
            """,
            [grain, grain],
        )
    }
    shown = {start: value.quantize(Decimal("0.0001"), ROUND_HALF_EVEN) for start, value in unit_costs.items()}
    bridges = home.warehouse(
        "SELECT previous_period_start_date, period_start_date, sum(change_reporting), "
        "any_value(unit_cost_after_reporting) "
        "FROM core.fct_unit_cost_bridges WHERE dimension = ? AND period_grain = ? GROUP BY ALL ORDER BY ALL",
        [dimension, grain],
    )
    assert len(bridges) >= (12 if grain == "month" else 3)
    for before, start, change, after in bridges:
        assert (change, after) == (shown[start] - shown[before], shown[start])


def test_rework_is_the_count_of_tickets_and_a_share_to_the_cent(home: DemoHome) -> None:
    late = {
        row[0]
        for row in home.warehouse(
            "SELECT ticket_id FROM core.fct_sla_clocks WHERE target = 'resolution' AND state = 'breached'"
        )
    }
    zone = ZoneInfo("Europe/Amsterdam")
    counts: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    tickets = home.warehouse(
        "SELECT ticket_id, resolved_at, team, priority, service, vendor, reopen_count FROM core.fct_tickets "
        "WHERE is_done AND NOT is_cancelled AND NOT is_quarantined"
    )
    for ticket, resolved_at, *breakdown, reopened in tickets:
        month = resolved_at.astimezone(zone).date().replace(day=1)
        state = "reworked" if ticket in late or reopened else "unknown" if reopened is None else "clean"
        counts[month, *(value or "(none)" for value in breakdown)][state] += 1
    rows = home.warehouse(
        "SELECT period_start_date, team, priority, service, vendor, ticket_count, reworked_ticket_count, "
        "unknown_ticket_count, allocated_reporting, rework_reporting FROM core.fct_rework_costs "
        "WHERE period_grain = 'month'"
    )
    assert len(rows) > 50
    assert any(row[6] for row in rows)
    for *cell, count, reworked, unknown, allocated, rework in rows:
        of_cell = counts[tuple(cell)]
        assert (count, reworked, unknown) == (sum(of_cell.values()), of_cell["reworked"], of_cell["unknown"])
        assert abs(rework - allocated * reworked / count) < CENT
    total = sum((row[-1] for row in rows if row[0] == rows[0][0]), Decimal(0))
    assert _months(home, "cost_of_rework_reporting")[rows[0][0]] == pytest.approx(float(total))


def test_delay_is_priced_ticket_by_ticket_as_the_policy_says(home: DemoHome) -> None:
    tickets = home.warehouse(
        "SELECT ticket_id, source, priority, service, waiting_calendar_microseconds, waiting_business_microseconds, "
        "has_history FROM core.fct_tickets WHERE is_done AND NOT is_cancelled AND NOT is_quarantined"
    )
    late = dict(
        home.warehouse(
            "SELECT ticket_id, sum(greatest(elapsed_microseconds - target_microseconds, 0)) FROM core.fct_sla_clocks "
            "WHERE target = 'resolution' AND state <> 'cancelled' GROUP BY ALL"
        )
    )
    expected: dict[str, tuple[str, Decimal | None]] = {}
    for ticket, source, priority, service, calendar, business, has_history in tickets:
        if service == "Network" and priority == "P1 Critical":
            name, price, time, cap = "network_down", Fraction(180), calendar, None
        elif service == "Network":
            name, price, time, cap = "network_waiting", Fraction("12.5"), business, Fraction(400)
        elif source == "zendesk" and (ticket in late or not has_history):
            name, price, time, cap = "late_for_customers", Fraction("9.75"), late.get(ticket), None
        else:
            continue
        exact = None if time is None else Fraction(int(time), 3_600_000_000) * price
        if exact is not None and cap is not None:
            exact = min(exact, cap)
        expected[ticket] = name, None if exact is None else Decimal(round(exact * 100)) / 100
    found = home.warehouse(
        "SELECT ticket_id, delay_rule, amount_reporting FROM core.fct_ticket_delays WHERE NOT is_quarantined"
    )
    assert {ticket: (name, amount) for ticket, name, amount in found} == expected
    assert {name for name, _ in expected.values()} == {"network_down", "network_waiting", "late_for_customers"}
    total = sum((amount for _, amount in expected.values() if amount), Decimal(0))
    assert sum(_months(home, "cost_of_delay_reporting").values()) == pytest.approx(float(total))


def test_totals_between_the_lines_of_a_budget_count_no_money_twice(home: DemoHome, tmp_path: Path) -> None:
    write_demo_home(tmp_path, DemoFacts(FACTS.tickets, FACTS.years, FACTS.seed, ("totals_in_budget",)))
    spoilt = DemoHome(tmp_path)
    spoilt.measure()
    for metric in ("cost_budget_reporting", "cost_budget_variance_reporting"):
        assert _months(spoilt, metric) == _months(home, metric)
        coverage = _months(spoilt, metric, "coverage_ratio, lower_bound")
        assert all(ratio < 1 and bound is None for ratio, bound in coverage.values())
    assert "budget_lines.place.is_no_total" in spoilt.failed_rules()
    assert _months(spoilt, "cost_total_reporting") == _months(home, "cost_total_reporting")

"""Who bears what in the demo, computed again from its lines and tickets by plain arithmetic.

Two pools: what a supporting team hands on, and what a KPI divides.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from demo_homes import DemoHome, write_small_company

from pipelines.sample.company import TEAM_BY_NAME

pytestmark = pytest.mark.xdist_group("allocation")

HEAD_OFFICE = "Head Office"
ZONE = "Europe/Amsterdam"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    made = write_small_company(tmp_path_factory.mktemp("allocation") / "home")
    made.measure()
    return made


def _cents_by_month(home: DemoHome, pool: str) -> dict[date, int]:
    """What the lines of a pool cost in each month: a line's cents lie evenly on its days, the odd ones on the first."""
    found: dict[date, int] = defaultdict(int)
    lines = home.warehouse(
        "SELECT amount_reporting, cost_start_date, cost_end_date FROM core.fct_cost_lines WHERE cost_pool = ?", [pool]
    )
    assert lines
    for amount, first, last in lines:
        cents, days = int(abs(amount) * 100), (last - first).days + 1
        for number in range(days):
            part = cents // days + (number < cents % days)
            found[(first + timedelta(days=number)).replace(day=1)] += part if amount > 0 else -part
    return found


def _divide(cents: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Largest remainder: whole cents first, then one more to the largest rests, the first of equal ones before."""
    exact = {team: Fraction(cents * weight, sum(weights.values())) for team, weight in sorted(weights.items())}
    parts = {team: int(share) for team, share in exact.items()}
    by_rest = sorted(exact, key=lambda team: exact[team] - parts[team], reverse=True)
    for team in by_rest[: cents - sum(parts.values())]:
        parts[team] += 1
    return parts


def _tickets(home: DemoHome, counted: str, day: str) -> dict[date, Counter[str]]:
    found: dict[date, Counter[str]] = defaultdict(Counter)
    rows = home.warehouse(
        f"""
        SELECT CAST(date_trunc('month', timezone('{ZONE}', {day})) AS DATE), coalesce(team, '(none)'), count(*)
        FROM core.fct_tickets WHERE {counted} AND NOT is_cancelled AND NOT is_quarantined GROUP BY ALL
        """
    )
    for month, team, count in rows:
        found[month][team] = count
    return found


def _borne(home: DemoHome, pool: str) -> dict[date, dict[str, int]]:
    found: dict[date, dict[str, int]] = defaultdict(dict)
    rows = home.warehouse(
        "SELECT period_start_date, team, sum(amount_reporting) FROM core.fct_cost_allocations "
        "WHERE period_grain = 'month' AND cost_pool = ? GROUP BY ALL",
        [pool],
    )
    for month, team, amount in rows:
        found[month][team] = int(amount * 100)
        assert Decimal(found[month][team]) / 100 == amount
    return found


@pytest.mark.parametrize(
    ("pool", "counted", "day"),
    [("head_office", "is_done", "resolved_at"), ("ticket_systems", "true", "created_at")],
)
def test_the_cost_of_a_team_is_its_share_to_the_cent(pool: str, counted: str, day: str, home: DemoHome) -> None:
    weights, borne = _tickets(home, counted, day), _borne(home, pool)
    compared = 0
    for month, cents in _cents_by_month(home, pool).items():
        if not weights[month]:
            continue
        expected = {team: part for team, part in _divide(cents, weights[month]).items() if part}
        assert {team: part for team, part in borne[month].items() if part} == expected
        compared += 1
    assert compared >= 2


def test_head_office_bears_nothing_itself_and_the_teams_that_it_serves_do(home: DemoHome) -> None:
    months = _borne(home, "head_office")
    served = {team for teams in months.values() for team in teams}
    assert HEAD_OFFICE not in TEAM_BY_NAME
    assert set(TEAM_BY_NAME) <= served
    transactions = home.warehouse("SELECT count(*) FROM core.fct_transactions WHERE team = ?", [HEAD_OFFICE])
    assert transactions == [(0,)]
    kept = home.warehouse(
        "SELECT count(*) FROM core.fct_cost_allocations WHERE is_allocated AND team = ?", [HEAD_OFFICE]
    )
    assert kept == [(0,)]


def test_the_drivers_of_the_demo(home: DemoHome) -> None:
    """What people see in the demo: five of the six drivers, and a step."""
    project = home.project()
    drivers = {pool.driver.value for pool in project.policies.costs.divisions}
    assert drivers == {"direct", "fixed_shares", "headcount", "metric", "resolved_tickets"}
    assert [step.team for step in project.policies.costs.step_down] == [HEAD_OFFICE]


def test_head_office_keeps_nothing_in_months_in_which_tickets_were_resolved(home: DemoHome) -> None:
    months = set(_tickets(home, "is_done", "resolved_at"))
    left = home.warehouse(
        "SELECT period_start_date, amount_reporting FROM core.fct_cost_allocations "
        "WHERE period_grain = 'month' AND NOT is_allocated AND cost_pool = 'head_office' AND amount_reporting <> 0"
    )
    assert [row for row in left if row[0] in months] == []

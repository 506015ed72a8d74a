"""The demo's home: policies that say of the simulated company what the simulator knows of it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from pipelines.cli.demo_home import MARK, demo_policies
from pipelines.policies.loading import Policies, load_policies
from pipelines.sample.company import (
    PRIORITIES,
    STATUS_NAMES,
    TEAMS,
    VENDORS,
    Status,
    Team,
    public_holidays,
)
from pipelines.sample.ledger import ACCOUNTS, OVERHEAD

if TYPE_CHECKING:
    from conftest import Kpi

FIRST, LAST = date(2024, 11, 1), date(2026, 10, 31)
_CATEGORIES = {
    Status.NEW: "queued",
    Status.ACTIVE: "active",
    Status.REVIEW: "active",
    Status.WAITING_CUSTOMER: "waiting",
    Status.WAITING_VENDOR: "waiting",
    Status.WAITING_PROBLEM: "waiting",
    Status.RESOLVED: "done",
    Status.CLOSED: "done",
    Status.CANCELLED: "cancelled",
}


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Policies:
    folder = tmp_path_factory.mktemp("policies")
    for name, text in demo_policies(FIRST, LAST, FIRST).items():
        (folder / name).write_text(text, encoding="utf-8")
    return load_policies(folder)


@pytest.mark.parametrize("team", TEAMS, ids=lambda team: team.name)
def test_calendar_is_open_when_the_team_works(policies: Policies, team: Team) -> None:
    name = policies.team_calendars.teams[team.name]
    calendar = next(calendar for calendar in policies.calendars if calendar.name == name)
    if team.works_round_the_clock:
        assert name == "24x7"
        return
    assert calendar.time_zone == team.zone
    (version,) = calendar.versions
    for weekday, hours in enumerate(team.week):
        expected = [(round(start * 60), round(end * 60)) for start, end in hours]
        assert list(version.week.get(weekday, ())) == expected, weekday
    closed = {day for day in version.holidays if FIRST <= day <= LAST}
    assert closed == public_holidays(team.country, FIRST, LAST)


def test_holidays_reach_beyond_the_data(policies: Policies) -> None:
    for calendar in policies.calendars:
        for version in calendar.versions:
            if version.holidays:
                assert min(version.holidays).year == FIRST.year - 1
                assert max(version.holidays).year == LAST.year + 1


def test_every_status_has_its_category(policies: Policies) -> None:
    for system, names in STATUS_NAMES.items():
        meanings = policies.statuses[system.value]
        assert set(meanings) == set(names.values())
        for status, name in names.items():
            assert meanings[name].category.value == _CATEGORIES[status], name


def test_every_priority_has_one_common_name_and_a_promise(policies: Policies) -> None:
    for priority in PRIORITIES:
        common = {policies.dimensions["priority"][name.lower()] for name in priority.names.values()}
        assert len(common) == 1
        (name,) = common
        promise = next(
            policy for policy in policies.sla
            if policy.target == "resolution" and policy.scope == {"priority": frozenset({name})}
        )  # fmt: skip
        assert promise.within_microseconds == priority.target_hours * 3_600_000_000
        assert promise.pauses


def test_cost_centres_and_accounts_are_those_of_the_ledger(policies: Policies) -> None:
    of_teams = {team.cost_centre: team.name for team in TEAMS}
    # Overhead is that of a team without tickets, which hands on its cost.
    assert policies.costs.cost_centre_teams == {**of_teams, OVERHEAD: "Head Office"}
    assert [step.team for step in policies.costs.step_down] == ["Head Office"]
    assert {vendor.cost_centre for vendor in VENDORS} <= set(policies.costs.cost_centre_teams)
    patterns = [pattern for pool in policies.costs.pools for pattern in pool.accounts]
    taken = {
        account for account in ACCOUNTS for pattern in patterns if account.startswith(pattern.rstrip("*"))
        and (pattern.endswith("*") or account == pattern)
    }  # fmt: skip
    assert set(ACCOUNTS) - taken == {"6320"}, "all but mobile telephony, which is left unallocated on purpose"


def test_working_week_is_what_a_person_would_read(policies: Policies) -> None:
    """One hand-checked Friday: New York's lunch break and evening, in UTC on either side of the clock change."""
    calendar = next(calendar for calendar in policies.calendars if calendar.name == "new_york_office")
    zone = ZoneInfo(calendar.time_zone)
    for day in (date(2026, 3, 6), date(2026, 3, 13)):
        (version,) = calendar.versions
        hours = version.week[day.weekday()]
        assert sum(end - start for start, end in hours) == 8 * 60 + 30
        assert all(before[1] < after[0] for before, after in pairwise(hours))
        opens = datetime.combine(day, datetime.min.time(), zone) + timedelta(minutes=hours[0][0])
        assert opens.astimezone(UTC).hour == (13 if day < date(2026, 3, 8) else 12)


def test_folder_that_is_no_demo_stays_as_it_is(run_kpi: Kpi, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    result = run_kpi("demo", tmp_path)
    assert result.exit_code == 2
    assert "not a demo" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_home_of_ones_own_is_not_taken_for_a_demo(run_kpi: Kpi, tmp_path: Path) -> None:
    folder = tmp_path / "ops"
    run_kpi("init", folder)
    result = run_kpi("demo", folder)
    assert result.exit_code == 2
    assert "not a demo" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tickets", "500"), "tickets: 300"),
        (("--seed", "8"), "seed: 7"),
        (("--defect", "empty_file"), "defects: none"),
    ],
)
def test_other_data_need_another_folder(run_kpi: Kpi, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    made_with = {"tickets": 300, "years": 0.5, "seed": 7, "defects": [], "is_complete": True}
    (tmp_path / MARK).write_text(json.dumps(made_with))
    result = run_kpi("demo", tmp_path, *arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "another folder" in result.output


def test_broken_mark_says_what_to_do(run_kpi: Kpi, tmp_path: Path) -> None:
    (tmp_path / MARK).write_text("{")
    result = run_kpi("demo", tmp_path)
    assert result.exit_code == 2
    assert "cannot be read" in result.output

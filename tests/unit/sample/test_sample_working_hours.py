"""Open hours of the simulated teams against a count of every single minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sample.company import TEAMS, Team, public_holidays
from pipelines.sample.working_hours import OpenHours

# Five weeks around both ends of a summer time in Amsterdam and New York, and a holiday of every country.
FIRST, LAST = date(2025, 12, 20), date(2026, 4, 20)
HOLIDAYS = {team.name: public_holidays(team.country, FIRST, LAST) for team in TEAMS}
HOURS = {team.name: OpenHours(team, FIRST, LAST) for team in TEAMS}
START = int(datetime(2025, 12, 20, tzinfo=UTC).timestamp())
END = int(datetime(2026, 4, 20, tzinfo=UTC).timestamp())

teams = st.sampled_from(TEAMS)
instants = st.integers(START, END)


def is_open(team: Team, at: int) -> bool:
    local = datetime.fromtimestamp(at, ZoneInfo(team.zone))
    if not team.works_round_the_clock and local.date() in HOLIDAYS[team.name]:
        return False
    hour = local.hour + local.minute / 60
    return any(opens <= hour < closes for opens, closes in team.week[local.weekday()])


@settings(deadline=None)
@given(teams, instants, st.integers(0, 4 * 24 * 60))
def test_open_seconds_equal_a_count_of_minutes(team: Team, at: int, minutes: int) -> None:
    start = at // 60 * 60
    counted = 60 * sum(is_open(team, start + 60 * minute) for minute in range(minutes))
    assert HOURS[team.name].open_seconds_between(start, start + 60 * minutes) == counted


@given(teams, instants, instants, instants)
def test_open_seconds_add_up_over_any_split(team: Team, one: int, two: int, three: int) -> None:
    start, middle, end = sorted((one, two, three))
    hours = HOURS[team.name]
    parts = hours.open_seconds_between(start, middle) + hours.open_seconds_between(middle, end)
    assert parts == hours.open_seconds_between(start, end)


@given(teams, instants, st.integers(0, 400_000))
def test_advancing_passes_exactly_the_open_seconds_and_ends_when_open(team: Team, at: int, seconds: int) -> None:
    hours = HOURS[team.name]
    later = hours.advance(at, seconds)
    assert later >= at
    assert hours.open_seconds_between(at, later) == seconds
    assert is_open(team, later)


def test_a_round_the_clock_team_has_25_hours_on_the_long_day() -> None:
    (team,) = (team for team in TEAMS if team.works_round_the_clock)
    hours = OpenHours(team, date(2026, 10, 1), date(2026, 10, 31))
    midnight = datetime(2026, 10, 25, tzinfo=ZoneInfo(team.zone))
    next_midnight = datetime.combine(midnight.date() + timedelta(days=1), midnight.timetz())
    seconds = hours.open_seconds_between(int(midnight.timestamp()), int(next_midnight.timestamp()))
    assert seconds == 25 * 3600

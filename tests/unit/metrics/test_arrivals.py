"""How old the newest event is and which periods have none, by hand and against a plainer way to count."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.arrivals import age_in_days, believed_days, expected_periods, list_periods
from models.vocabulary import Grain

DATES = st.dates(date(1995, 1, 1), date(2035, 12, 31))


def _is_weekday(day: date) -> bool:
    return day.weekday() < 5


@given(DATES, st.integers(0, 900), st.sampled_from(Grain))
def test_periods_cover_every_day_once(first: date, length: int, grain: Grain) -> None:
    last = first + timedelta(days=length)
    periods = list_periods(first, last, grain)
    assert periods[0].start <= first <= periods[0].end
    assert periods[-1].start <= last <= periods[-1].end
    for before, after in itertools.pairwise(periods):
        assert after.start == before.end + timedelta(days=1)
        assert (before.following, after.previous) == (after, before)
    assert len({period.name for period in periods}) == len(periods)


@pytest.mark.parametrize(
    ("grain", "names"),
    [
        (Grain.DAY, ["2026-12-30", "2026-12-31", "2027-01-01"]),
        # 30 December 2026 is a Wednesday of the 53rd ISO week, which ends on Sunday, 3 January.
        (Grain.WEEK, ["2026-W53"]),
        (Grain.MONTH, ["2026-12", "2027-01"]),
        (Grain.QUARTER, ["2026-Q4", "2027-Q1"]),
    ],
)
def test_names_of_periods_over_a_new_year(grain: Grain, names: list[str]) -> None:
    assert [period.name for period in list_periods(date(2026, 12, 30), date(2027, 1, 1), grain)] == names


@given(DATES, st.integers(-30, 400))
def test_age_without_a_calendar_is_the_difference(newest: date, later: int) -> None:
    assert age_in_days(newest, newest + timedelta(days=later)) == max(later, 0)


def test_a_weekend_is_no_age_on_a_calendar_of_weekdays() -> None:
    # Friday's data looked at on Friday, Sunday, Monday and Tuesday.
    friday = date(2026, 3, 6)
    assert [age_in_days(friday, friday + timedelta(days=n), _is_weekday) for n in (0, 2, 3, 4)] == [0, 0, 1, 2]


def test_a_weekend_is_not_expected_on_a_calendar_of_weekdays() -> None:
    periods = expected_periods(date(2026, 3, 5), date(2026, 3, 10), Grain.DAY, is_counted=_is_weekday)
    assert [period.name for period in periods] == ["2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10"]


@pytest.mark.parametrize(
    ("until", "limit_days", "last"),
    [
        # Wednesday and Thursday, the first of October, are over on Friday; of Thursday something may be on its way.
        (date(2026, 10, 2), 0, date(2026, 9, 30)),
        (date(2026, 10, 2), 3, date(2026, 9, 28)),
        (date(2026, 10, 2), 30, date(2026, 9, 22)),
        (date(2026, 9, 23), 0, date(2026, 9, 22)),
        (date(2026, 9, 10), 0, date(2026, 9, 22)),
        (None, 0, date(2026, 9, 22)),
    ],
)
def test_what_was_over_on_a_chosen_day_is_expected(until: date | None, limit_days: int, last: date) -> None:
    begun, ended = date(2026, 9, 21), date(2026, 9, 22)
    periods = expected_periods(begun, ended, Grain.DAY, is_counted=_is_weekday, until=until, limit_days=limit_days)
    days = [begun + timedelta(days=ahead) for ahead in range((last - begun).days + 1)]
    assert [period.start for period in periods] == [day for day in days if _is_weekday(day)]


def test_a_month_is_expected_when_the_next_one_is_over() -> None:
    ended = date(2026, 8, 30)
    for until, names in ((date(2026, 10, 31), ["2026-08"]), (date(2026, 11, 1), ["2026-08", "2026-09"])):
        periods = expected_periods(ended, ended, Grain.MONTH, until=until)
        assert [period.name for period in periods] == names


def test_only_a_period_that_is_excused_as_a_whole_is_not_expected() -> None:
    february = frozenset(date(2026, 2, day) for day in range(1, 29))
    months = expected_periods(date(2026, 1, 5), date(2026, 4, 2), Grain.MONTH, excused=february)
    assert [period.name for period in months] == ["2026-01", "2026-03", "2026-04"]
    most = february - {date(2026, 2, 14)}
    months = expected_periods(date(2026, 1, 5), date(2026, 4, 2), Grain.MONTH, excused=most)
    assert [period.name for period in months] == ["2026-01", "2026-02", "2026-03", "2026-04"]


@given(st.dictionaries(DATES, st.integers(1, 50), min_size=1, max_size=40))
def test_a_busy_end_is_believed(counts: dict[date, int]) -> None:
    """What holds more than one event in a thousand, and more than one event at all, is where an export ends."""
    newest = max(counts)
    busy = {**counts, newest: sum(counts.values()) + 1}
    assert believed_days(busy)[-1] == newest


def test_one_garbled_date_is_neither_the_newest_nor_the_first() -> None:
    days = {date(2026, 1, 1) + timedelta(days=n): 10 for n in range(60)}
    garbled = {**days, date(1970, 1, 1): 1, date(2026, 9, 1): 1}
    assert believed_days(garbled) == sorted(days)
    # Two lines after the gap are more than one in a thousand of 602.
    assert believed_days({**days, date(2026, 9, 1): 2})[-1] == date(2026, 9, 1)


def test_what_lies_after_the_day_of_looking_is_not_seen() -> None:
    days = {date(2026, 1, day): 5 for day in range(1, 20)}
    assert believed_days(days, until=date(2026, 1, 7))[-1] == date(2026, 1, 7)
    assert believed_days(days, until=date(2025, 12, 31)) == []
    assert believed_days({}) == []

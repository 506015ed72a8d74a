"""Calendars laid open day by day: each day as the clock on the wall shows it, all of them what the kernel counts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from open_time_oracle import MinuteCounter, utc
from ticket_strategies import WINDOW_DAYS, WINDOWS, calendars

from metrics.calendars.business_time import OpenTime
from metrics.calendars.calendar_days import DayKind, in_zone, list_days
from metrics.calendars.open_stretches import to_instant
from metrics.calendars.working_calendar import CalendarVersion, WorkingCalendar, always_open

HOUR = 3_600_000_000
WEEK = dict.fromkeys(range(5), ((540, 750), (780, 1050)))


def _calendar(zone: str = "Europe/Amsterdam", **changes: object) -> WorkingCalendar:
    version = CalendarVersion(**{"effective_from": date(2000, 1, 1), "week": WEEK, **changes})  # type: ignore[arg-type]
    return WorkingCalendar("office", zone, (version,))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_days_are_what_the_wall_shows_and_add_up_to_what_the_kernel_counts(data: st.DataObject) -> None:
    window = data.draw(st.sampled_from(WINDOWS))
    end_of_window = window + timedelta(days=WINDOW_DAYS)
    length = (end_of_window - window) // timedelta(microseconds=1)
    first, last = sorted(data.draw(st.lists(st.integers(0, length), min_size=2, max_size=2, unique=True)))
    start, end = (window + timedelta(microseconds=offset) for offset in (first, last))
    calendar = in_zone(data.draw(calendars(window, "drawn")), "Australia/Lord_Howe")
    days = list(list_days(calendar, start, end))

    counter = MinuteCounter(calendar, window, end_of_window)
    open_time = OpenTime.compile([calendar], window, end_of_window)
    instants = [pl.Series([instant], dtype=pl.Datetime("us", "UTC")) for instant in (start, end)]
    total = sum(day.open_microseconds for day in days)
    assert total == counter.between(start, end) == open_time.between(pl.Series(["drawn"]), *instants).item()

    zone = ZoneInfo(calendar.time_zone)
    first_day, last_day = (instant.astimezone(zone).date() for instant in (start, end - timedelta(microseconds=1)))
    assert [day.day for day in days] == [first_day + timedelta(days=n) for n in range((last_day - first_day).days + 1)]
    for day in days:
        for piece in day.pieces:
            opens_at, closes_at = to_instant(piece.opens_at), to_instant(piece.closes_at)
            assert start <= opens_at < closes_at <= end
            assert opens_at.astimezone(zone).date() == day.day
            assert (closes_at - timedelta(microseconds=1)).astimezone(zone).date() == day.day
            assert counter.between(opens_at, closes_at) == piece.closes_at - piece.opens_at
            assert opens_at.astimezone(zone).utcoffset() == timedelta(microseconds=piece.offset)


def test_a_day_says_why_it_is_as_it_is() -> None:
    holidays = frozenset({date(2026, 4, 6), date(2026, 4, 11), date(2026, 4, 27)})
    calendar = WorkingCalendar(
        "office",
        "Europe/Amsterdam",
        (
            CalendarVersion(
                date(2000, 1, 1),
                {**WEEK, 2: ()},
                holidays,
                {date(2026, 4, 27): ((540, 600),)},
                {date(2026, 4, 6): "Easter Monday", date(2026, 4, 27): "King's Day"},
            ),
            CalendarVersion(date(2026, 4, 13), WEEK, holidays),
        ),
    )
    found = {day.day: day for day in list_days(calendar, utc(2026, 3, 31, 22), utc(2026, 4, 28))}
    assert {str(day): found[day].kind for day in found if found[day].kind is not DayKind.WORKING_DAY} == {
        "2026-04-01": DayKind.CLOSED,  # a Wednesday
        "2026-04-04": DayKind.WEEKEND,
        "2026-04-05": DayKind.WEEKEND,
        "2026-04-06": DayKind.HOLIDAY,
        "2026-04-08": DayKind.CLOSED,
        "2026-04-11": DayKind.HOLIDAY,  # on a Saturday
        "2026-04-12": DayKind.WEEKEND,
        "2026-04-18": DayKind.WEEKEND,
        "2026-04-19": DayKind.WEEKEND,
        "2026-04-25": DayKind.WEEKEND,
        "2026-04-26": DayKind.WEEKEND,
        "2026-04-27": DayKind.HOLIDAY,  # the version in effect has no exceptional day
    }
    assert found[date(2026, 4, 6)].name == "Easter Monday"
    assert found[date(2026, 4, 27)].name is None
    assert [str(day) for day in found if found[day].begins_version] == ["2026-04-13"]


def test_the_day_on_which_the_clock_changes_has_both_offsets() -> None:
    calendar = in_zone(always_open("24x7"), "Europe/Amsterdam")
    start = datetime(2026, 10, 24, tzinfo=ZoneInfo("Europe/Amsterdam"))
    days = list(list_days(calendar, start, start + timedelta(days=3)))
    assert [day.open_microseconds // HOUR for day in days] == [24, 25, 24]
    assert [day.offsets for day in days] == [(2 * HOUR,), (2 * HOUR, HOUR), (HOUR,)]
    assert [day.offset_before for day in days] == [None, 2 * HOUR, HOUR]
    assert [len(day.pieces) for day in days] == [1, 1, 1]  # the hour that comes twice is not two openings


@pytest.mark.parametrize(
    ("zone", "day", "minutes", "pieces"),
    [
        # 02:00-02:30 comes twice, with half an hour between; 02:00-03:00 is open throughout.
        ("Europe/Amsterdam", date(2026, 10, 25), (120, 150), ["00:00-00:30", "01:00-01:30"]),
        ("Europe/Amsterdam", date(2026, 10, 25), (120, 180), ["00:00-02:00"]),
        # 02:15-02:45 does not exist in spring; of 01:45-03:15 half an hour does.
        ("Europe/Amsterdam", date(2026, 3, 29), (135, 165), []),
        ("Europe/Amsterdam", date(2026, 3, 29), (105, 195), ["00:45-01:15"]),
        # Cairo's clock skips the hour after midnight: the day begins at 01:00.
        ("Africa/Cairo", date(2026, 4, 24), (0, 120), ["22:00-23:00"]),
        # Lord Howe's clock changes by half an hour, back at 02:00.
        ("Australia/Lord_Howe", date(2026, 4, 5), (90, 120), ["14:30-15:30"]),
    ],
)
def test_an_hour_that_comes_twice_is_open_twice_and_one_that_is_skipped_never(
    zone: str, day: date, minutes: tuple[int, int], pieces: list[str]
) -> None:
    calendar = _calendar(zone, week={}, exceptional_days={day: (minutes,)})
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    found = list(list_days(calendar, noon - timedelta(days=1), noon))
    assert [
        f"{to_instant(piece.opens_at):%H:%M}-{to_instant(piece.closes_at):%H:%M}" for piece in found[-1].pieces
    ] == pieces


def test_a_calendar_of_its_own_keeps_its_zone() -> None:
    office = _calendar()
    assert in_zone(office, "UTC") is office

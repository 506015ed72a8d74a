from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from open_time_oracle import MinuteCounter, utc
from ticket_strategies import WINDOW_DAYS, WINDOWS, calendars

from metrics.calendars.business_time import CalendarError, CalendarVersion, OpenTime, WorkingCalendar, always_open
from metrics.calendars.public_holidays import region_holidays

INSTANT = pl.Datetime("us", "UTC")
WEEKDAYS = dict.fromkeys(range(5), ((540, 1020),))


def office(**changes: object) -> WorkingCalendar:
    version = CalendarVersion(date(2000, 1, 1), WEEKDAYS)
    return WorkingCalendar(**{"name": "office", "time_zone": "Europe/Amsterdam", "versions": (version,), **changes})  # type: ignore[arg-type]


def column(*instants: datetime | None) -> pl.Series:
    return pl.Series(instants, dtype=INSTANT)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_open_time_is_that_counted_minute_by_minute_and_its_inverse_is_the_earliest_instant(
    data: st.DataObject,
) -> None:
    start = data.draw(st.sampled_from(WINDOWS))
    end = start + timedelta(days=WINDOW_DAYS)
    length = (end - start) // timedelta(microseconds=1)
    calendar = data.draw(calendars(start, "drawn"))
    counter = MinuteCounter(calendar, start, end)
    other = office()
    open_time = OpenTime.compile([other, calendar], start, end)
    minutes = [start + timedelta(minutes=60 * hour + 1) for hour in range(24 * WINDOW_DAYS)]
    drawn = data.draw(st.lists(st.integers(0, length), min_size=2, max_size=20))
    at = column(*minutes, *(start + timedelta(microseconds=offset) for offset in drawn))
    names = pl.Series(["drawn"] * len(at))
    before = open_time.open_before(names, at)
    assert before.to_list() == [counter.open_before(instant) for instant in at]

    inverse = open_time.instant_at(names, before)
    assert (inverse <= at).all()
    assert open_time.open_before(names, inverse).equals(before)
    earlier = inverse.filter(inverse > start).dt.offset_by("-1us")
    assert (open_time.open_before(names.head(len(earlier)), earlier) < before.filter(inverse > start)).all()

    shuffled = at.sample(fraction=1.0, shuffle=True, seed=1)
    whole = open_time.between(names, at, at.reverse())
    split = open_time.between(names, at, shuffled) + open_time.between(names, shuffled, at.reverse())
    assert whole.equals(split)


def test_each_row_is_counted_by_its_own_calendar() -> None:
    span = (utc(2026, 3, 1), utc(2026, 4, 1))
    open_time = OpenTime.compile([office(), always_open("24x7")], *span)
    names = pl.Series(["24x7", "office", "office", None])
    at = column(utc(2026, 3, 2, 12), utc(2026, 3, 2, 12), None, utc(2026, 3, 2, 12))
    hours = [None if value is None else value / 3_600_000_000 for value in open_time.open_before(names, at)]
    assert hours == [36, 4, None, None]


def test_outside_the_span_counts_as_its_end_and_beyond_its_open_time_is_no_instant() -> None:
    open_time = OpenTime.compile([office()], utc(2026, 3, 2), utc(2026, 3, 3))
    names = pl.Series(["office"] * 2)
    assert open_time.open_before(names, column(utc(1999, 1, 1), utc(2999, 1, 1))).to_list() == [0, 8 * 3_600_000_000]
    assert open_time.instant_at(names, pl.Series([8 * 3_600_000_000, 8 * 3_600_000_000 + 1])).to_list() == [
        utc(2026, 3, 2, 16),
        None,
    ]


def test_closed_time_is_reached_at_closing() -> None:
    open_time = OpenTime.compile([office()], utc(2026, 3, 2), utc(2026, 3, 9))
    after_hours = open_time.open_before(pl.Series(["office"]), column(utc(2026, 3, 3, 3)))
    assert open_time.instant_at(pl.Series(["office"]), after_hours).to_list() == [utc(2026, 3, 2, 16)]


def test_a_calendar_without_a_single_open_minute_in_the_span_counts_nothing() -> None:
    open_time = OpenTime.compile([office()], utc(2026, 3, 7), utc(2026, 3, 8))
    assert open_time.open_before(pl.Series(["office"]), column(utc(2026, 3, 7, 12))).to_list() == [0]
    assert open_time.instant_at(pl.Series(["office"]), pl.Series([1])).to_list() == [None]


def test_the_first_version_holds_before_its_own_date() -> None:
    early = office(versions=(CalendarVersion(date(2030, 1, 1), WEEKDAYS),))
    assert early.intervals_on(date(2026, 3, 2)) == ((540, 1020),)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: CalendarVersion(date(2000, 1, 1), {0: ((540, 720), (700, 800))}),
            "09:00-12:00 and 11:40-13:20 overlap",
        ),
        (lambda: CalendarVersion(date(2000, 1, 1), {0: ((1320, 360),)}), "split a night shift at midnight"),
        (lambda: CalendarVersion(date(2000, 1, 1), {0: ((0, 1441),)}), "Monday: 00:00-24:01"),
        (lambda: CalendarVersion(date(2000, 1, 1), {7: ((0, 60),)}), "weekday 7 does not exist"),
        (lambda: CalendarVersion(date(2000, 1, 1), {}, frozenset(), {date(2026, 3, 2): ((5, 5),)}), "2026-03-02"),
        (lambda: office(time_zone="Europe/Amsterdm"), "no time zone is called 'Europe/Amsterdm'"),
        (lambda: office(time_zone=""), "no time zone is called ''"),
        (lambda: office(versions=()), "has no version"),
        (lambda: office(versions=(CalendarVersion(date(2000, 1, 1), {0: ()}),)), "is never open"),
        (
            lambda: office(versions=tuple(CalendarVersion(date(year, 1, 1), WEEKDAYS) for year in (2026, 2025))),
            "the version from 2025-01-01 stands after the one from 2026-01-01",
        ),
        (lambda: OpenTime.compile([office(), office()], utc(2026, 1, 1), utc(2027, 1, 1)), "two calendars"),
        (lambda: OpenTime.compile([office()], utc(2026, 1, 1), utc(2026, 1, 1)), "no time lies between"),
        (
            lambda: OpenTime.compile([office()], utc(2026, 1, 1), utc(2027, 1, 1)).codes(pl.Series(["offce"])),
            "no calendar is called 'offce'; known are office",
        ),
        (lambda: region_holidays("ZZ", None, [2026]), "no holidays are known for ZZ"),
        (lambda: region_holidays("DE", "ZZ", [2026]), "DE, subdivision ZZ"),
    ],
)
def test_what_is_wrong_with_a_calendar_is_said(build: object, message: str) -> None:
    with pytest.raises(CalendarError, match=message):
        build()  # type: ignore[operator]


def test_regional_holidays() -> None:
    bavaria = region_holidays("DE", "BY", [2026])
    assert date(2026, 1, 6) in bavaria
    assert date(2026, 1, 6) not in region_holidays("DE", None, [2026])
    assert date(2026, 4, 27) in region_holidays("NL", None, range(2025, 2027))

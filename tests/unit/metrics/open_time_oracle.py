"""Open time counted the slow and obvious way: by reading the clock on the wall once a minute.

Shares nothing with `metrics.calendars.business_time` but the record that says what a calendar is.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from metrics.calendars.working_calendar import WorkingCalendar

MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)


def open_minutes_on(calendar: WorkingCalendar, day: date) -> tuple[tuple[int, int], ...]:
    version = calendar.versions[0]
    for candidate in calendar.versions:
        if candidate.effective_from <= day:
            version = candidate
    if day in version.exceptional_days:
        return tuple(version.exceptional_days[day])
    if day in version.holidays:
        return ()
    return tuple(version.week.get(day.weekday(), ()))


class MinuteCounter:
    """Open microseconds of one calendar in a window, counted minute by minute."""

    def __init__(self, calendar: WorkingCalendar, start: datetime, end: datetime) -> None:
        assert start.second == start.microsecond == 0
        self.start = start
        minutes = (end - start) // MINUTE + 1
        days: dict[date, tuple[tuple[int, int], ...]] = {}
        zone = ZoneInfo(calendar.time_zone)
        self.is_open = []
        for index in range(minutes):
            wall = (start + index * MINUTE).astimezone(zone)
            day = wall.date()
            if day not in days:
                days[day] = ((0, 1440),) if calendar.is_always_open else open_minutes_on(calendar, day)
            minute = wall.hour * 60 + wall.minute
            self.is_open.append(any(opens <= minute < closes for opens, closes in days[day]))
        self.open_minutes_before = [0, *accumulate(self.is_open)]

    def open_before(self, instant: datetime) -> int:
        minute, rest = divmod(instant - self.start, MINUTE)
        partial = rest // MICROSECOND if self.is_open[minute] else 0
        return self.open_minutes_before[minute] * 60_000_000 + partial

    def between(self, start: datetime, end: datetime) -> int:
        return self.open_before(end) - self.open_before(start)

    def pieces(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """The open pieces of a stretch, none longer than a minute, in order."""
        pieces = []
        minute = (start - self.start) // MINUTE
        while (opens := self.start + minute * MINUTE) < end:
            if self.is_open[minute]:
                pieces.append((max(opens, start), min(opens + MINUTE, end)))
            minute += 1
        return pieces


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)

"""Open time counted the slow and obvious way: by reading the clock on the wall once a minute.

Shares nothing with `metrics.business_time` but the record that says what a calendar is.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from metrics.working_calendar import WorkingCalendar

MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)


def is_open_at(calendar: WorkingCalendar, instant: datetime) -> bool:
    if calendar.is_always_open:
        return True
    wall = instant.astimezone(ZoneInfo(calendar.time_zone))
    minute = wall.hour * 60 + wall.minute
    return any(start <= minute < end for start, end in open_minutes_on(calendar, wall.date()))


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
        self.is_open = [is_open_at(calendar, start + index * MINUTE) for index in range(minutes)]
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

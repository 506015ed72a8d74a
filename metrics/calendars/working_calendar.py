"""Working calendars: when a team is open, as its policy says it.

A calendar is open whenever the clock on its wall reads an open time of that day: an hour that the clock repeats in
autumn counts twice, one that it skips in spring does not exist. How open time is counted between instants is in
`metrics.calendars.business_time`; which days are public holidays somewhere is known in
`metrics.calendars.public_holidays`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MINUTES_OF_A_DAY: Final = 1440

#: Open minutes of one day, each from start to end; 1440 is midnight at the day's end.
Intervals = tuple[tuple[int, int], ...]


class CalendarError(ValueError):
    """A calendar that cannot be worked by, or a name that no calendar has."""


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """What a calendar looks like from a date on.

    Attributes:
        effective_from: first day of this version. The first version of a calendar also holds for the days before it.
        week: weekday (Monday is 0) to open minutes of the day; a weekday left out is closed.
        holidays: days that are closed whatever their weekday.
        exceptional_days: days with open minutes of their own, whatever week and holidays say.
        day_names: what holidays and exceptional days are called, where it is known; for people.
        holiday_region: whose public holidays are among the holidays, such as DE-BY; for people.

    Raises:
        CalendarError: intervals overlap, end before they start or leave the day, or a weekday is not 0 to 6.
    """

    effective_from: date
    week: Mapping[int, Intervals]
    holidays: frozenset[date] = frozenset()
    exceptional_days: Mapping[date, Intervals] = field(default_factory=dict)
    day_names: Mapping[date, str] = field(default_factory=dict)
    holiday_region: str | None = None

    def __post_init__(self) -> None:
        for weekday, intervals in self.week.items():
            if not 0 <= weekday <= 6:
                raise CalendarError(f"weekday {weekday} does not exist; Monday is 0, Sunday is 6")
            _check_intervals(_WEEKDAYS[weekday], intervals)
        for day, intervals in self.exceptional_days.items():
            _check_intervals(day.isoformat(), intervals)

    def intervals_on(self, day: date) -> Intervals:
        """Open minutes of a day."""
        if day in self.exceptional_days:
            return self.exceptional_days[day]
        return () if day in self.holidays else self.week.get(day.weekday(), ())

    def has_open_time(self) -> bool:
        """Whether any day can be open."""
        return any(self.week.values()) or any(self.exceptional_days.values())


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """When a team or a promise works: a zone's wall clock, and versions of its week.

    Attributes:
        time_zone: IANA name, such as Europe/Amsterdam.
        versions: in order of `effective_from`; none for a calendar that is always open.
        is_always_open: 24x7; zone and versions then mean nothing.

    Raises:
        CalendarError: unknown zone, no version, versions out of order, or no open time at all.
    """

    name: str
    time_zone: str
    versions: tuple[CalendarVersion, ...]
    is_always_open: bool = False

    def __post_init__(self) -> None:
        if self.is_always_open:
            return
        self.zone()
        if not self.versions:
            raise CalendarError(f"calendar '{self.name}' has no version; give it at least one week")
        for earlier, later in pairwise(self.versions):
            if earlier.effective_from >= later.effective_from:
                raise CalendarError(
                    f"calendar '{self.name}': the version from {later.effective_from} stands after the one from "
                    f"{earlier.effective_from}; list versions by date, each date once"
                )
        if not any(version.has_open_time() for version in self.versions):
            raise CalendarError(f"calendar '{self.name}' is never open; give at least one weekday open hours")

    def zone(self) -> ZoneInfo:
        """The zone whose clock hangs on the calendar's wall.

        Raises:
            CalendarError: no zone has that name.
        """
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise CalendarError(
                f"calendar '{self.name}': no time zone is called '{self.time_zone}'; "
                "use an IANA name such as Europe/Amsterdam"
            ) from error

    def intervals_on(self, day: date) -> Intervals:
        """Open minutes of a day, by the version in effect on it."""
        return self.version_on(day).intervals_on(day)

    def version_on(self, day: date) -> CalendarVersion:
        """The version in effect on a day, for a calendar that has any."""
        position = bisect_right(self.versions, day, key=lambda version: version.effective_from)
        return self.versions[max(position - 1, 0)]


def always_open(name: str) -> WorkingCalendar:
    """A calendar that never closes: a day of 25 hours has 25 open hours."""
    return WorkingCalendar(name=name, time_zone="UTC", versions=(), is_always_open=True)


def _check_intervals(day: str, intervals: Intervals) -> None:
    for start, end in intervals:
        if not 0 <= start < end <= MINUTES_OF_A_DAY:
            raise CalendarError(
                f"{day}: {_clock(start)}-{_clock(end)} is no stretch of one day; split a night shift at midnight"
            )
    ordered = sorted(intervals)
    for earlier, later in pairwise(ordered):
        if later[0] < earlier[1]:
            raise CalendarError(
                f"{day}: {_clock(earlier[0])}-{_clock(earlier[1])} and {_clock(later[0])}-{_clock(later[1])} overlap"
            )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"

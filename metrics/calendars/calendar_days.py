"""A working calendar laid open day by day, so that a person can check by hand what is counted.

The days are made of the same open pieces that `metrics.calendars.business_time` counts, so their sum is its number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from metrics.calendars.open_stretches import OpenPiece, local_days, offset_stretches, open_pieces, to_microseconds
from metrics.calendars.working_calendar import MINUTES_OF_A_DAY, CalendarVersion, WorkingCalendar

_SATURDAY: Final = 5


class DayKind(StrEnum):
    """Why a day has the open hours that it has."""

    WORKING_DAY = "working_day"
    WEEKEND = "weekend"
    CLOSED = "closed"
    HOLIDAY = "holiday"
    EXCEPTIONAL_DAY = "exceptional_day"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day on the calendar's wall, as far as it lies in the span that was asked for.

    Attributes:
        pieces: its open time, in order, none touching the next. The offset of a piece is that at its opening.
        kind: `closed` is a weekday from Monday to Friday without hours.
        name: what the holiday or exceptional day is called, if that is known.
        version: the version of the calendar in effect.
        begins_version: whether that version takes effect on this day.
        offsets: what the wall clock is ahead of UTC, in microseconds; two where it changes within the day.
        offset_before: the same before the day began; None on the first day of the span.
    """

    day: date
    pieces: tuple[OpenPiece, ...]
    kind: DayKind
    name: str | None
    version: CalendarVersion
    begins_version: bool
    offsets: tuple[int, ...]
    offset_before: int | None

    @property
    def open_microseconds(self) -> int:
        """Open time of the day."""
        return sum(piece.closes_at - piece.opens_at for piece in self.pieces)


def in_zone(calendar: WorkingCalendar, time_zone: str) -> WorkingCalendar:
    """A calendar that can be listed by day: one that is always open has no days of its own, and takes a zone's."""
    if not calendar.is_always_open:
        return calendar
    every_day = CalendarVersion(date.min, dict.fromkeys(range(7), ((0, MINUTES_OF_A_DAY),)))
    return replace(calendar, time_zone=time_zone, versions=(every_day,), is_always_open=False)


def list_days(calendar: WorkingCalendar, start: datetime, end: datetime) -> Iterator[CalendarDay]:
    """The days of a calendar that has versions, from one instant to another, both with an offset."""
    first, last = to_microseconds(start), to_microseconds(end)
    offsets: dict[date, list[int]] = {}
    for earliest, latest, offset in offset_stretches(calendar.zone(), first, last):
        for day, _ in local_days(earliest, latest, offset):
            offsets.setdefault(day, []).append(offset)
    pieces: dict[date, list[OpenPiece]] = {}
    for piece in open_pieces(calendar, first, last):
        of_day = pieces.setdefault(piece.day, [])
        if of_day and of_day[-1].closes_at == piece.opens_at:
            of_day[-1] = of_day[-1]._replace(closes_at=piece.closes_at)
        else:
            of_day.append(piece)
    offset_before = None
    for day, offsets_of_day in offsets.items():
        version = calendar.version_on(day)
        yield CalendarDay(
            day=day,
            pieces=tuple(pieces.get(day, ())),
            kind=_kind(version, day),
            name=version.day_names.get(day),
            version=version,
            begins_version=version.effective_from == day,
            offsets=tuple(offsets_of_day),
            offset_before=offset_before,
        )
        offset_before = offsets_of_day[-1]


def _kind(version: CalendarVersion, day: date) -> DayKind:
    if day in version.exceptional_days:
        return DayKind.EXCEPTIONAL_DAY
    if day in version.holidays:
        return DayKind.HOLIDAY
    if version.week.get(day.weekday()):
        return DayKind.WORKING_DAY
    return DayKind.WEEKEND if day.weekday() >= _SATURDAY else DayKind.CLOSED

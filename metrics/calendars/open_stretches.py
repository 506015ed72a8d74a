"""The open time of a working calendar as stretches of UTC time, in whole microseconds since 1970.

This is where a calendar's wall clock meets UTC: an hour that the clock repeats is open twice, one that it skips does
not exist. Looking open time up for whole columns of instants is in `metrics.calendars.business_time`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from metrics.calendars.working_calendar import MINUTES_OF_A_DAY, WorkingCalendar

_MINUTE: Final = 60_000_000
DAY_MICROSECONDS: Final = MINUTES_OF_A_DAY * _MINUTE
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


class OpenPiece(NamedTuple):
    """Open time within one interval of one local day, while the zone keeps one offset.

    Attributes:
        opens_at, closes_at: microseconds since 1970 UTC.
        offset: what the wall clock is ahead of UTC, in microseconds.
    """

    day: date
    opens_at: int
    closes_at: int
    offset: int


def open_stretches(calendar: WorkingCalendar, start: int, end: int) -> list[tuple[int, int]]:
    """Open stretches between two instants, in order, none touching the next."""
    if calendar.is_always_open:
        return [(start, end)]
    stretches: list[tuple[int, int]] = []
    for _, opens_at, closes_at, _ in open_pieces(calendar, start, end):
        if stretches and stretches[-1][1] == opens_at:
            stretches[-1] = (stretches[-1][0], closes_at)
        else:
            stretches.append((opens_at, closes_at))
    return stretches


def open_pieces(calendar: WorkingCalendar, start: int, end: int) -> Iterator[OpenPiece]:
    """The pieces that open time between two instants is made of, in order; for a calendar that has versions."""
    for earliest, latest, offset in offset_stretches(calendar.zone(), start, end):
        for day, midnight in local_days(earliest, latest, offset):
            for first_minute, last_minute in sorted(calendar.intervals_on(day)):
                opens_at = max(midnight + first_minute * _MINUTE, earliest)
                closes_at = min(midnight + last_minute * _MINUTE, latest)
                if opens_at < closes_at:
                    yield OpenPiece(day, opens_at, closes_at, offset)


def local_days(start: int, end: int, offset: int) -> Iterator[tuple[date, int]]:
    """The days on the wall between two instants in which its offset stays, each with the instant of its midnight."""
    for number in range((start + offset) // DAY_MICROSECONDS, (end - 1 + offset) // DAY_MICROSECONDS + 1):
        yield date.fromordinal(_EPOCH_ORDINAL + number), number * DAY_MICROSECONDS - offset


@lru_cache(maxsize=64)
def offset_stretches(zone: ZoneInfo, start: int, end: int) -> tuple[tuple[int, int, int], ...]:
    """Stretches of UTC time in which a zone keeps one offset: start, end and offset in microseconds.

    No zone changes its offset twice within a day, so days are probed and the change is found by bisection. Calendars
    share zones and are all compiled for one span.
    """
    stretches = []
    offset = _offset(zone, start)
    since = start
    probe = start
    while probe < end:
        next_probe = min(probe + DAY_MICROSECONDS, end)
        if _offset(zone, next_probe) != offset:
            low, high = probe, next_probe
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
            stretches.append((since, high, offset))
            since, offset = high, _offset(zone, high)
        probe = next_probe
    if since < end:
        stretches.append((since, end, offset))
    return tuple(stretches)


def to_microseconds(instant: datetime) -> int:
    """Microseconds since 1970 UTC of an instant with an offset."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def to_instant(microseconds: int) -> datetime:
    """The UTC instant so many microseconds after 1970 began."""
    return _EPOCH + timedelta(microseconds=microseconds)


def _offset(zone: ZoneInfo, instant: int) -> int:
    offset = to_instant(instant).astimezone(zone).utcoffset()
    return 0 if offset is None else offset // timedelta(microseconds=1)

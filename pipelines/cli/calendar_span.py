"""Which span of time somebody means who asks for a calendar's open time: dates, instants, or so much open time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from pipelines.cli.exits import CommandError

if TYPE_CHECKING:
    from metrics.calendars.working_calendar import WorkingCalendar

_FIRST, _LAST = date(1970, 1, 1), date(2100, 12, 31)
#: As far as SLA clocks look for the instant at which a promise is due.
_FARTHEST: Final = timedelta(days=3653)


@dataclass(frozen=True, slots=True)
class Span:
    """A span of UTC time.

    Attributes:
        start, end: UTC instants; the end is not part of it.
        is_whole_days: whether it begins and ends at midnights of the calendar's zone that were given as dates.
        open_microseconds: the open time that was asked for, if the end follows from that.
    """

    start: datetime
    end: datetime
    is_whole_days: bool
    open_microseconds: int | None = None


def find_span(calendar: WorkingCalendar, start: str | None, end: str | None, duration: str | None) -> Span:
    """The span that the options --from, --to and --for name, on the calendar's wall.

    Raises:
        CommandError: an option cannot be read, or no time lies between them.
    """
    first = None if start is None else _moment(start, "--from")
    last = None if end is None else _moment(end, "--to")
    if first is None:
        first = (datetime.now(calendar.zone()).date() if last is None else _day_of(last, calendar)).replace(day=1)
    starts_at = _instant(first, calendar)
    if duration is not None:
        if last is not None:
            raise CommandError("Give --to or --for, not both: --for finds the end.")
        wanted = _microseconds(duration)
        return Span(starts_at, _when_over(calendar, starts_at, wanted, duration), False, wanted)
    if last is None:
        next_month = _day_of(first, calendar).replace(day=28) + timedelta(days=4)
        last = next_month - timedelta(days=next_month.day)
    ends_at = _instant(last if isinstance(last, datetime) else last + timedelta(days=1), calendar)
    if starts_at >= ends_at:
        raise CommandError(f"No time lies between --from {first} and --to {last}.")
    return Span(starts_at, ends_at, not isinstance(first, datetime) and not isinstance(last, datetime))


def _moment(text: str, option: str) -> date | datetime:
    """A date, or an instant with or without an offset."""
    words = text.strip()
    try:
        found = date.fromisoformat(words) if len(words) <= len("2026-12-24") else datetime.fromisoformat(words)
    except ValueError:
        raise CommandError(
            f'{option} "{text}" is neither a date such as 2026-12-24 nor an instant such as "2026-12-24 16:30".'
        ) from None
    day = found.date() if isinstance(found, datetime) else found
    if not _FIRST <= day <= _LAST:
        raise CommandError(
            f"{option} {text}: give a day from {_FIRST} to {_LAST}; public holidays are known for those."
        )
    return found


def _day_of(moment: date | datetime, calendar: WorkingCalendar) -> date:
    if isinstance(moment, datetime):
        return moment.astimezone(calendar.zone()).date() if moment.tzinfo else moment.date()
    return moment


def _instant(moment: date | datetime, calendar: WorkingCalendar) -> datetime:
    """In UTC. An hour that the wall clock repeats is its first pass; one that it skips moves forward."""
    local = moment if isinstance(moment, datetime) else datetime.combine(moment, time.min)
    return (local if local.tzinfo else local.replace(tzinfo=calendar.zone())).astimezone(UTC)


def _microseconds(duration: str) -> int:
    from pydantic import TypeAdapter, ValidationError

    from pipelines.policies.spelling import Duration

    try:
        return TypeAdapter(Duration).validate_python(duration)
    except ValidationError as error:
        raise CommandError(f"--for {error.errors()[0]['msg'].removeprefix('Value error, ')}.") from None


def _when_over(calendar: WorkingCalendar, start: datetime, wanted: int, duration: str) -> datetime:
    import polars as pl

    from metrics.calendars.business_time import OpenTime

    open_time = OpenTime.compile([calendar], start, start + _FARTHEST)
    found = open_time.instant_at(pl.Series([calendar.name]), pl.Series([wanted])).item()
    if not isinstance(found, datetime):
        raise CommandError(f"Calendar '{calendar.name}' is not open for {duration} within ten years.")
    return found

"""What people write behind `--as-of`: a day of the home's time zone, or an instant.

What is measured as of it does not belong here.
"""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import click

_Day = TypeVar("_Day", bound=date)


class InstantType(click.ParamType):
    """A calendar day, or an ISO 8601 instant with its offset, so that it means the same everywhere."""

    name = "DAY or INSTANT"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date | datetime:
        """The instant in UTC; a day without an offset as a date, because only a home knows in which zone it begins."""
        text = str(value).strip()
        try:
            if _DAY.fullmatch(text):
                return _within_reach(date.fromisoformat(text))
            of_day = _DAY_WITH_OFFSET.fullmatch(text)
            instant = datetime.fromisoformat(f"{of_day[1]}T00:00{of_day[2]}" if of_day else text)
            _within_reach(instant)
        except ValueError:
            self.fail(
                f"'{value}' is neither a day nor an ISO 8601 instant; write one such as 2026-11-01 or "
                "2026-11-01T00:00:00Z.",
                param,
                ctx,
            )
        if instant.tzinfo is None:
            told = instant.isoformat()
            self.fail(f"'{value}' has no offset; write {told}Z for UTC, or one such as {told}+01:00.", param, ctx)
        return instant.astimezone(UTC)


_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
#: Python would read the offset behind a day as a time.
_DAY_WITH_OFFSET: Final = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:?\d\d)")


def _within_reach(day: _Day) -> _Day:
    """The day, where another time zone cannot move it out of the calendar."""
    if not MINYEAR < day.year < MAXYEAR:
        raise ValueError(f"the year {day.year} is out of reach")
    return day


def instant_of(as_of: date | datetime, time_zone: str) -> datetime:
    """The instant that `--as-of` means: itself, or the moment at which the day begins in a time zone.

    Where clocks skip midnight a day begins after it, and where midnight comes twice it begins with the first.
    """
    if isinstance(as_of, datetime):
        return as_of
    return datetime(as_of.year, as_of.month, as_of.day, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)

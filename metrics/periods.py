"""Periods: the day, ISO week, month or calendar quarter of the reporting time zone that a date or an instant lies in.

Expressions only, so that they serve any frame. Working calendars and open hours do not belong here; see
`metrics.calendars.business_time`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from models.vocabulary import Grain

#: ISO number of the day that weeks begin with unless kpi.toml says otherwise.
MONDAY: Final = 1


@dataclass(frozen=True, slots=True)
class Reporting:
    """How time is cut into periods, and how far the data reach.

    Attributes:
        time_zone: reporting time zone, an IANA name.
        as_of_date: day of the data's clock in that zone.
        week_start: ISO number of the first day of a week, 1 (Monday) to 7 (Sunday).
        whole_as_of_date: day that closes periods of the whole, where the whole is known before its breakdowns are.
    """

    time_zone: str
    as_of_date: date
    week_start: int = MONDAY
    whole_as_of_date: date | None = None


def local_date(instant: pl.Expr, time_zone: str) -> pl.Expr:
    """The calendar date of a UTC instant in a time zone.

    Args:
        instant: `Datetime("us", "UTC")`.
        time_zone: IANA name, for example `Europe/Amsterdam`.
    """
    return instant.dt.convert_time_zone(time_zone).dt.date()


def local_date_of(instant: datetime, time_zone: str) -> date:
    """The calendar date of one instant in a time zone.

    Raises:
        ValueError: the instant has no offset, so that nobody can say which day it lies in elsewhere.
    """
    if instant.tzinfo is None:
        raise ValueError(f"the instant {instant.isoformat()} has no UTC offset; give one, for example +00:00")
    return instant.astimezone(ZoneInfo(time_zone)).date()


def period_start(day: pl.Expr, grain: Grain, week_start: int = MONDAY) -> pl.Expr:
    """First day of the period that a calendar date lies in.

    Args:
        day: `Date`; make it from an instant by `local_date`.
        grain: length of the period.
        week_start: ISO number of the first day of a week, 1 (Monday) to 7 (Sunday).

    Raises:
        ValueError: `week_start` is no day of the week.
    """
    if not 1 <= week_start <= 7:
        raise ValueError(f"a week starts on day 1 (Monday) to 7 (Sunday), not on {week_start}")
    match grain:
        case Grain.DAY:
            return day
        case Grain.WEEK:
            shift = week_start - MONDAY
            return day.dt.offset_by(f"-{shift}d").dt.truncate("1w").dt.offset_by(f"{shift}d")
        case Grain.MONTH:
            return day.dt.month_start()
        case Grain.QUARTER:
            return day.dt.truncate("1q")


def period_end(start: pl.Expr, grain: Grain) -> pl.Expr:
    """Last day, inclusive, of the period that begins on `start`."""
    match grain:
        case Grain.DAY:
            return start
        case Grain.WEEK:
            return start.dt.offset_by("6d")
        case Grain.MONTH:
            return start.dt.month_end()
        case Grain.QUARTER:
            return start.dt.offset_by("2mo").dt.month_end()


def is_closed(end: pl.Expr, as_of_date: date | pl.Expr) -> pl.Expr:
    """Whether the data's clock has passed the last day of a period.

    A period whose last day is the day of the data's clock is still open: the rest of that day is unknown.
    """
    return end < (as_of_date if isinstance(as_of_date, pl.Expr) else pl.lit(as_of_date))

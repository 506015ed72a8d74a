"""Periods: the day, ISO week, month or calendar quarter of the reporting time zone that a date or an instant lies in.

`Period` is one of them; the expressions are for frames. What a period is called for people is said where it is shown,
and working calendars and open hours do not belong here either; see `metrics.calendars.business_time`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Self
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
        unposted_months: first days of months of which the ledger lacks all postings, whatever cost of other months is
            spread over their days.
    """

    time_zone: str
    as_of_date: date
    week_start: int = MONDAY
    whole_as_of_date: date | None = None
    unposted_months: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Period:
    """A day, week, month or quarter.

    Attributes:
        grain: its length.
        start: its first day. Of a week that is any day of the week; use `period_holding` for the one that holds a day.
    """

    grain: Grain
    start: date

    @property
    def end(self) -> date:
        """Last day, inclusive."""
        return self.following.start - timedelta(days=1)

    @property
    def following(self) -> Self:
        """The period after it."""
        return self._stepped(1)

    @property
    def previous(self) -> Self:
        """The period before it."""
        return self._stepped(-1)

    @property
    def name(self) -> str:
        """Its ISO name: `2026-03-14`, `2026-W11`, `2026-03` or `2026-Q1`. A week is named after its fourth day."""
        match self.grain:
            case Grain.DAY:
                return self.start.isoformat()
            case Grain.WEEK:
                year, week, _ = (self.start + timedelta(days=3)).isocalendar()
                return f"{year}-W{week:02}"
            case Grain.MONTH:
                return f"{self.start:%Y-%m}"
            case Grain.QUARTER:
                return f"{self.start.year}-Q{(self.start.month + 2) // 3}"

    def _stepped(self, count: int) -> Self:
        if self.grain in _MONTHS_OF:
            months = self.start.year * 12 + self.start.month - 1 + count * _MONTHS_OF[self.grain]
            return replace(self, start=date(months // 12, months % 12 + 1, 1))
        return replace(self, start=self.start + timedelta(days=count * (7 if self.grain is Grain.WEEK else 1)))


#: Months of the periods that are made of months.
_MONTHS_OF: Final = {Grain.MONTH: 1, Grain.QUARTER: 3}


def period_holding(day: date, grain: Grain) -> Period:
    """The period that a calendar date lies in; weeks begin on Monday."""
    if grain is Grain.WEEK:
        return Period(grain, day - timedelta(days=day.weekday()))
    if grain in _MONTHS_OF:
        months = _MONTHS_OF[grain]
        return Period(grain, date(day.year, (day.month - 1) // months * months + 1, 1))
    return Period(grain, day)


def last_whole_month(until: date) -> Period:
    """The last month that is over at the end of a day."""
    return period_holding(until + timedelta(days=1), Grain.MONTH).previous


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

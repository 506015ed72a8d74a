"""The time that a simulation covers: its months, its end and the month that goes wrong.

Only dates and instants are worked out here; what happens in them is drawn elsewhere.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipelines.sample.company import HEADQUARTERS_ZONE


def month_start(year: int, month_index: int) -> date:
    """First day of the month `month_index` months after January of `year`; the index may pass a year's end."""
    return date(year + month_index // 12, month_index % 12 + 1, 1)


def next_month(month: date) -> date:
    """First day of the month after the one that begins on `month`."""
    return month_start(month.year, month.month)


def last_day(month: date) -> date:
    """Last day of the month that begins on `month`."""
    return next_month(month) - timedelta(days=1)


def local_midnight(day: date, zone: str) -> int:
    """Epoch seconds of the first moment of `day` in `zone`."""
    return int(datetime.combine(day, time(), ZoneInfo(zone)).timestamp())


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `first` to `last`, both included, cut into calendar months."""

    first: date
    last: date
    #: First day of each month that the span touches.
    months: tuple[date, ...]
    #: First day of the month in which the new network vendor takes over.
    bad_month: date
    #: Epoch seconds of the beginning, and of the first moment that no longer belongs to the span.
    start_at: int
    end_at: int
    #: Epoch seconds at which each month begins at headquarters.
    month_starts: tuple[int, ...]

    @classmethod
    def ending(cls, last: date, years: float) -> Span:
        """The span of `years` (rounded to whole months, one at least) whose last day is `last`.

        The bad month lies seven tenths into the span, and is never an incomplete last month unless it is the
        only one.
        """
        count = max(1, round(years * 12))
        first = month_start(last.year, last.month - count)
        months = tuple(month_start(first.year, first.month - 1 + offset) for offset in range(count))
        complete = count if last == last_day(months[-1]) else max(1, count - 1)
        bad_month = months[min(complete - 1, int(count * 0.7 + 0.5))]
        return cls(
            first=first,
            last=last,
            months=months,
            bad_month=bad_month,
            start_at=local_midnight(first, HEADQUARTERS_ZONE),
            end_at=local_midnight(last + timedelta(days=1), HEADQUARTERS_ZONE),
            month_starts=tuple(local_midnight(month, HEADQUARTERS_ZONE) for month in months),
        )

    def month_of(self, at: int) -> date:
        """First day of the month that holds the instant `at` (epoch seconds), at headquarters."""
        return self.months[max(0, bisect_right(self.month_starts, at) - 1)]

    @property
    def price_change(self) -> date:
        """First day of the month from which later prices of rate cards hold; before the bad month if there is room."""
        return self.months[len(self.months) * 2 // 5]

    def last_day_in(self, month: date) -> date:
        """Last day of the month, or of the span if that comes first."""
        return min(last_day(month), self.last)

    def progress(self, day: date) -> float:
        """How far into the span a day lies, 0 to 1."""
        return (day - self.first).days / max(1, (self.last - self.first).days)

"""Calendars as the table that most warehouses keep: one row per open stretch, in UTC.

Made day by day with the standard library, and shares nothing with `metrics.calendars.business_time`, so that the rival
forms can bear witness against the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

import polars as pl

from metrics.calendars.working_calendar import WorkingCalendar

_MICROSECOND = timedelta(microseconds=1)


def list_open_segments(calendars: Sequence[WorkingCalendar], start: datetime, end: datetime) -> pl.DataFrame:
    """Open stretches from `start` to `end`, cut at both.

    Returns:
        By calendar and time: `calendar`, `opens_at`, `length` (microseconds) and `open_before` (open microseconds of
        the calendar from `start` to `opens_at`).
    """
    rows: list[dict[str, object]] = []
    for calendar in calendars:
        open_before = 0
        for opens_at, closes_at in _segments(calendar, start, end):
            length = (closes_at - opens_at) // _MICROSECOND
            rows.append({"calendar": calendar.name, "opens_at": opens_at, "length": length, "open_before": open_before})
            open_before += length
    schema = {"calendar": pl.String, "opens_at": pl.Datetime("us", "UTC"), "length": pl.Int64, "open_before": pl.Int64}
    return pl.DataFrame(rows, schema=schema)


def _segments(calendar: WorkingCalendar, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    if calendar.is_always_open:
        return [(start, end)]
    segments = []
    day = start.date() - timedelta(days=1)
    while day <= end.date() + timedelta(days=1):
        midnight = datetime.combine(day, time(), calendar.zone())
        for first_minute, last_minute in sorted(calendar.intervals_on(day)):
            # Adding to a local time moves the hands of the clock: right also on days of 23 or 25 hours.
            opens_at = (midnight + timedelta(minutes=first_minute)).astimezone(UTC)
            closes_at = (midnight + timedelta(minutes=last_minute)).astimezone(UTC)
            if max(opens_at, start) < min(closes_at, end):
                segments.append((max(opens_at, start), min(closes_at, end)))
        day += timedelta(days=1)
    return segments


def add_open_time(frame: pl.DataFrame, segments: pl.DataFrame, instant: str, name: str) -> pl.DataFrame:
    """Add the open microseconds of each row's `calendar` before an instant."""
    matched = frame.sort(instant).join_asof(
        segments, left_on=instant, right_on="opens_at", by="calendar", check_sortedness=False
    )
    since = pl.min_horizontal(microseconds_between("opens_at", instant), "length")
    return matched.with_columns((pl.col("open_before") + since).fill_null(0).alias(name)).drop(
        "opens_at", "length", "open_before"
    )


def microseconds_between(start: str, end: str) -> pl.Expr:
    """Time by the clock on the wall from one column to another."""
    return (pl.col(end) - pl.col(start)).dt.total_microseconds()

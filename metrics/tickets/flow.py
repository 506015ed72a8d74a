"""Tickets in work, day by day.

Counts of what began and ended in a period are metrics over `fct_tickets`; here is only what was there at a day's end.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from metrics.tickets.rows import match_rows
from metrics.tickets.steps import CATEGORIES
from models.ddl import conform_encoded
from models.tickets import fct_ticket_days
from models.vocabulary import WORK

_BREAKDOWN: Final = ("status_category", "team", "priority", "service", "vendor")


def count_ticket_days(
    intervals: pl.DataFrame, tickets: pl.DataFrame, *, as_of: datetime, time_zone: str
) -> pl.DataFrame:
    """Tickets queued, active or waiting at the end of each day, by category and breakdown: `fct_ticket_days`.

    Args:
        intervals: rows of `fct_ticket_intervals`.
        tickets: rows of `fct_tickets` of the same tickets.
        time_zone: IANA name of the zone in which days are cut.
    """
    return add_up_days(count_day_changes(intervals, tickets, time_zone=time_zone), as_of=as_of, time_zone=time_zone)


def count_day_changes(intervals: pl.DataFrame, tickets: pl.DataFrame, *, time_zone: str) -> pl.DataFrame:
    """By how much some tickets changed the number of tickets in work, by day and breakdown.

    Each interval is worth +1 on the day it begins and -1 on the day it ends, and the running sum is the count: so a
    ticket costs no more for lying long. Tickets that a contract rule set aside, and tickets of which only a snapshot is
    known, change nothing. A ticket that left the exports while it was open is taken out when it is known no longer.

    Args:
        intervals: rows of `fct_ticket_intervals`.
        tickets: rows of `fct_tickets` of the same tickets.
        time_zone: IANA name of the zone in which days are cut.

    Returns:
        The breakdown's columns as categories, `day_date` and `change`. Changes of several sets of tickets can be put
        one under the other.
    """
    in_work = _in_work(intervals, tickets, _local_days(intervals, time_zone), time_zone)
    # What begins and ends on one day changes no day's end.
    days = in_work.filter(pl.col("is_last") | (pl.col("begun") != pl.col("ended")))
    begun = days.select(*_BREAKDOWN, day_date=pl.col("begun"), change=pl.lit(1, dtype=pl.Int64))
    ended = days.filter(~pl.col("is_last")).select(
        *_BREAKDOWN, day_date=pl.col("ended"), change=pl.lit(-1, dtype=pl.Int64)
    )
    return _sum_changes(pl.concat([begun, ended]))


def no_day_changes() -> pl.DataFrame:
    """What `count_day_changes` gives for no ticket."""
    categories = {name: CATEGORIES if name == "status_category" else pl.Categorical for name in _BREAKDOWN}
    return pl.DataFrame(schema={**categories, "day_date": pl.Date, "change": pl.Int64})


def add_up_days(changes: pl.DataFrame, *, as_of: datetime, time_zone: str) -> pl.DataFrame:
    """The number of tickets at the end of each day: `fct_ticket_days`, from all changes.

    The end of a day is the instant before the next midnight of the time zone; of the day of `as_of`, it is `as_of`.
    Days on which there is nothing to count have no row. Rows are in order of breakdown and day.

    Args:
        changes: what `count_day_changes` gave, for all tickets.
    """
    return _count_days(changes, _day_after(as_of, time_zone))


def compare_days(
    now: pl.DataFrame, before: pl.DataFrame, *, as_of: datetime, last: datetime, time_zone: str
) -> pl.DataFrame:
    """What some tickets add to the number at the end of each day, or take from it, since they were counted last.

    It is what `add_up_days` gives for them now less what it gave before, without the days on which that is nothing. The
    changes are taken from each other first: of tickets that have lain open for years, only the last days differ, and
    nothing else is written out day by day.

    Args:
        now: what `count_day_changes` gives for the tickets.
        before: what it gave for them when they were counted last.
        as_of, last: the data's clock now and then.

    Returns:
        `fct_ticket_days` with a `ticket_count` that is not 0 and may be negative.
    """
    end = _day_after(last, time_zone)
    counted = before.filter(pl.col("day_date") < end)
    undone = counted.with_columns(-pl.col("change"))
    # No day after `last` was counted: there the counts of then have come to their end.
    ended = counted.with_columns(pl.lit(end).alias("day_date"))
    return _count_days(pl.concat([now, undone, ended]), _day_after(as_of, time_zone))


def _count_days(changes: pl.DataFrame, end: date) -> pl.DataFrame:
    """The running sum of changes for each breakdown and day before `end`, where it is not 0, in that order."""
    changes, breakdowns = _number_breakdowns(_sum_changes(changes))
    begins = pl.col("breakdown").ne_missing(pl.col("breakdown").shift(1))
    ends = pl.col("breakdown").ne_missing(pl.col("breakdown").shift(-1))
    running = changes.with_columns(
        count=pl.col("change").cum_sum(),
        until=pl.when(ends).then(end).otherwise(pl.min_horizontal(pl.col("day_date").shift(-1), pl.lit(end))),
    )
    base = pl.when(begins).then(pl.col("count") - pl.col("change")).forward_fill()
    counted = running.with_columns(ticket_count=pl.col("count") - base).filter(pl.col("ticket_count") != 0)
    days = counted.select(
        "breakdown", "ticket_count", day_date=pl.date_ranges("day_date", "until", closed="left")
    ).explode("day_date", empty_as_null=False)
    named = days.with_columns(breakdowns[name].gather(days["breakdown"]) for name in _BREAKDOWN)
    return conform_encoded(named, fct_ticket_days)


def _local_days(intervals: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """The days on which intervals begin and end, `begun` and `ended`.

    Where an interval ends as the next row's begins, it ends on that row's day. Only other ends are asked of the time
    zone, which costs more than all else here.
    """
    started_at, ended_at = intervals["started_at"], intervals["ended_at"]
    begun = started_at.dt.convert_time_zone(time_zone).dt.date()
    apart = (ended_at != started_at.shift(-1)).fill_null(True).arg_true()
    ended = begun.shift(-1).scatter(apart, ended_at.gather(apart).dt.convert_time_zone(time_zone).dt.date())
    return pl.DataFrame({"begun": begun, "ended": ended})


def _in_work(intervals: pl.DataFrame, tickets: pl.DataFrame, days: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Days of intervals in work, their breakdown as categories: small numbers are grouped many times faster than texts.

    Args:
        days: what `_local_days` gave.
    """
    lived = tickets.filter("has_history").select(
        "ticket_id", "is_quarantined", "unknown_since_at", pl.col("service").cast(pl.Categorical)
    )
    position = match_rows(intervals["ticket_id"], lived["ticket_id"])
    is_in_work = intervals["status_category"].is_in(WORK) & ~lived["is_quarantined"].gather(position)
    encoded = [pl.col(name).cast(pl.Categorical) for name in _BREAKDOWN if name not in ("service", "status_category")]
    if lived["unknown_since_at"].count():
        since = lived["unknown_since_at"].gather(position)
        lost = (intervals["is_last"] & since.is_not_null()).arg_true()
        until = since.gather(lost).dt.convert_time_zone(time_zone).dt.date()
        days = days.with_columns(days["ended"].scatter(lost, until))
        intervals = intervals.with_columns(intervals["is_last"].scatter(lost, False))
    return (
        intervals.select("is_last", pl.col("status_category").cast(CATEGORIES), *encoded)
        .with_columns(lived["service"].gather(position), *days.get_columns())
        .filter(is_in_work)
    )


def _sum_changes(changes: pl.DataFrame) -> pl.DataFrame:
    """One row per breakdown and day, without those that come to nothing.

    Breakdown and day are packed into one number, which is grouped several times faster than six columns.
    """
    codes = changes.select(pl.col(_BREAKDOWN).to_physical().cast(pl.Int64).fill_null(-1) + 1)
    key = changes["day_date"].to_physical().cast(pl.Int64)
    first, width = key.min(), 1
    if not isinstance(first, int):
        return changes
    key = key - first
    width = _size(key)
    for name in _BREAKDOWN:
        size = _size(codes[name])
        if width * size >= 1 << 63:
            # Beyond what one number holds: begin anew with the places of the distinct keys so far.
            key = key.rank("dense").cast(pl.Int64) - 1
            width = _size(key)
        key = key + codes[name] * width
        width *= size
    summed = (
        changes.lazy()
        .select("change", key=key, row=pl.int_range(pl.len(), dtype=pl.UInt32))
        .group_by("key")
        .agg(pl.col("change").sum(), pl.col("row").first())
        .filter(pl.col("change") != 0)
        .collect()
    )
    return changes.select(*_BREAKDOWN, "day_date")[summed["row"]].with_columns(summed["change"])


def _size(codes: pl.Series) -> int:
    largest = codes.max()
    return largest + 1 if isinstance(largest, int) else 1


def _number_breakdowns(changes: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Changes in order of breakdown (a number) and day; and the breakdowns."""
    breakdowns = changes.select(_BREAKDOWN).unique().sort(pl.col(name).cast(pl.String) for name in _BREAKDOWN)
    numbered = breakdowns.with_row_index("breakdown")
    placed = changes.join(numbered, on=list(_BREAKDOWN), nulls_equal=True).select("breakdown", "day_date", "change")
    return placed.sort("breakdown", "day_date"), breakdowns


def _day_after(as_of: datetime, time_zone: str) -> date:
    return date.fromordinal(as_of.astimezone(ZoneInfo(time_zone)).toordinal() + 1)

"""Tickets in work, day by day.

Counts of what began and ended in a period are metrics over `fct_tickets`; here is only what was there at a day's end.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from metrics.ticket_rows import match_rows
from metrics.ticket_steps import WORK
from models.ddl import polars_schema
from models.tickets import fct_ticket_days

_BREAKDOWN: Final = ("status_category", "team", "priority", "service", "vendor")


def count_ticket_days(
    intervals: pl.DataFrame, tickets: pl.DataFrame, *, as_of: datetime, time_zone: str
) -> pl.DataFrame:
    """Tickets queued, active or waiting at the end of each day, by category and breakdown: `fct_ticket_days`.

    The end of a day is the instant before the next midnight of the time zone; of the day of `as_of`, it is `as_of`.
    Days on which there is nothing to count have no row. Tickets that a contract rule set aside, and tickets of which
    only a snapshot is known, are not counted.

    Each interval is worth +1 on the day it begins and -1 on the day it ends, and the running sum is the count: so a
    ticket costs no more for lying long. Rows are in order of breakdown and day.

    Args:
        intervals: rows of `fct_ticket_intervals`.
        tickets: rows of `fct_tickets` of the same tickets.
        time_zone: IANA name of the zone in which days are cut.
    """
    changes, breakdowns = _count_changes(_in_work(intervals, tickets), time_zone)
    begins = pl.col("breakdown").ne_missing(pl.col("breakdown").shift(1))
    ends = pl.col("breakdown").ne_missing(pl.col("breakdown").shift(-1))
    running = changes.with_columns(
        count=pl.col("change").cum_sum(),
        until=pl.when(ends).then(_day_after(as_of, time_zone)).otherwise(pl.col("day_date").shift(-1)),
    )
    base = pl.when(begins).then(pl.col("count") - pl.col("change")).forward_fill()
    counted = running.with_columns(ticket_count=pl.col("count") - base).filter(pl.col("ticket_count") > 0)
    days = counted.select(
        "breakdown", "ticket_count", day_date=pl.date_ranges("day_date", "until", closed="left")
    ).explode("day_date", empty_as_null=False)
    named = days.with_columns(breakdowns[name].gather(days["breakdown"]) for name in _BREAKDOWN)
    return named.select(pl.col(name).cast(type_) for name, type_ in polars_schema(fct_ticket_days).items())


def _in_work(intervals: pl.DataFrame, tickets: pl.DataFrame) -> pl.DataFrame:
    """Intervals in work, their breakdown as categories: small numbers are grouped many times faster than texts."""
    lived = tickets.filter("has_history").select("ticket_id", "is_quarantined", pl.col("service").cast(pl.Categorical))
    position = match_rows(intervals["ticket_id"], lived["ticket_id"])
    is_in_work = intervals["status_category"].is_in(WORK) & ~lived["is_quarantined"].gather(position)
    encoded = [pl.col(name).cast(pl.Categorical) for name in _BREAKDOWN if name != "service"]
    return (
        intervals.select("started_at", "ended_at", "is_last", *encoded)
        .with_columns(lived["service"].gather(position))
        .filter(is_in_work)
    )


def _count_changes(in_work: pl.DataFrame, time_zone: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """By how much each breakdown grew on each day, in order of breakdown (a number) and day; and the breakdowns."""
    day_of = {name: pl.col(name).dt.convert_time_zone(time_zone).dt.date() for name in ("started_at", "ended_at")}
    begun = in_work.select(*_BREAKDOWN, day_date=day_of["started_at"], change=pl.lit(1, dtype=pl.Int64))
    ended = in_work.filter(~pl.col("is_last")).select(
        *_BREAKDOWN, day_date=day_of["ended_at"], change=pl.lit(-1, dtype=pl.Int64)
    )
    grouped = (
        pl.concat([begun, ended])
        .lazy()
        .group_by(*_BREAKDOWN, "day_date")
        .agg(pl.col("change").sum())
        .filter(pl.col("change") != 0)
        .collect()
    )
    breakdowns = grouped.select(_BREAKDOWN).unique().sort(pl.col(name).cast(pl.String) for name in _BREAKDOWN)
    numbered = breakdowns.with_row_index("breakdown")
    changes = grouped.join(numbered, on=list(_BREAKDOWN), nulls_equal=True).select("breakdown", "day_date", "change")
    return changes.sort("breakdown", "day_date"), breakdowns


def _day_after(as_of: datetime, time_zone: str) -> date:
    return date.fromordinal(as_of.astimezone(ZoneInfo(time_zone)).toordinal() + 1)

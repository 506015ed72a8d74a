"""Tickets in work, day by day.

Counts of what began and ended in a period are metrics over `fct_tickets`; here is only what was there at a day's end.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from metrics.ticket_clocks import match_rows
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
    ticket costs no more for lying long.

    Args:
        intervals: rows of `fct_ticket_intervals`.
        tickets: rows of `fct_tickets` of the same tickets.
        time_zone: IANA name of the zone in which days are cut.
    """
    lived = tickets.filter("has_history")
    position = match_rows(intervals["ticket_id"], lived["ticket_id"])
    in_work = intervals.with_columns(
        lived["service"].gather(position), lived["is_quarantined"].gather(position)
    ).filter(pl.col("status_category").is_in(WORK) & ~pl.col("is_quarantined"))
    local = {name: pl.col(name).dt.convert_time_zone(time_zone).dt.date() for name in ("started_at", "ended_at")}
    begun = in_work.select(*_BREAKDOWN, day_date=local["started_at"], change=pl.lit(1, dtype=pl.Int64))
    ended = in_work.filter(~pl.col("is_last")).select(
        *_BREAKDOWN, day_date=local["ended_at"], change=pl.lit(-1, dtype=pl.Int64)
    )
    changes = (
        pl.concat([begun, ended])
        .lazy()
        .group_by(*_BREAKDOWN, "day_date")
        .agg(pl.col("change").sum())
        .filter(pl.col("change") != 0)
        .sort(*_BREAKDOWN, "day_date")
        .collect()
    )
    after = _day_after(as_of, time_zone)
    is_same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(-1)) for name in _BREAKDOWN)
    running = changes.with_columns(ticket_count=pl.col("change").cum_sum())
    begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in _BREAKDOWN)
    base = pl.when(begins).then(pl.col("ticket_count") - pl.col("change")).forward_fill()
    counted = running.with_columns(
        ticket_count=pl.col("ticket_count") - base,
        until=pl.when(is_same).then(pl.col("day_date").shift(-1)).otherwise(pl.lit(after)),
    ).filter(pl.col("ticket_count") > 0)
    days = counted.with_columns(day_date=pl.date_ranges("day_date", "until", closed="left")).explode("day_date")
    schema = polars_schema(fct_ticket_days)
    return days.select(pl.col(name).cast(type_) for name, type_ in schema.items()).sort("day_date", *_BREAKDOWN)


def _day_after(as_of: datetime, time_zone: str) -> date:
    return date.fromordinal(as_of.astimezone(ZoneInfo(time_zone)).toordinal() + 1)

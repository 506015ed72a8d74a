"""Clocks of tickets that came back between two exports, of which only a resolution that moved tells.

Somebody may as well have corrected the field. So the clock of such a cycle is not judged, and one that goes on over
cycles only where it was broken before. That the ticket came back, as late as can be and without a status, is said in
`metrics.tickets.repeated_snapshots`; how clocks run is in `metrics.sla.running`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from metrics.tickets.steps import IS_UNSEEN_RETURN

_JUST_BEFORE: Final = timedelta(microseconds=1)


def mark_unseen_returns(intervals: pl.DataFrame, tickets: pl.DataFrame) -> pl.DataFrame:
    """Intervals with `is_unseen`: that of a ticket between its unseen return and its next resolution.

    Where no ticket came back unseen, as in a log, there is no such column.

    Args:
        intervals: rows of `fct_ticket_intervals`.
        tickets: their rows of `fct_tickets`.
    """
    came_back = tickets.filter(pl.col("is_sampled") & pl.col("has_history") & pl.col("reopen_count").is_null())
    if came_back.is_empty():
        return intervals
    is_theirs = pl.col("ticket_id").is_in(came_back["ticket_id"].implode())
    return intervals.with_columns(is_unseen=is_theirs & IS_UNSEEN_RETURN)


def has_unseen_returns(rows: pl.DataFrame) -> bool:
    """Whether any ticket came back unseen."""
    return "is_unseen" in rows.columns


def is_unseen(rows: pl.DataFrame) -> pl.Expr:
    """Whether a ticket is said to be in work only by a resolution that moved. Nothing is known to count then."""
    return pl.col("is_unseen") if has_unseen_returns(rows) else pl.lit(False)


def doubt_returns(rows: pl.DataFrame, clock_count: int) -> pl.Series:
    """Per clock, `returned_after`: an instant before its end if an unseen return leaves open whether it was kept.

    It was decided after that instant, if at all. Empty for all other clocks.

    Args:
        rows: of the clocks, measured, with `clock`, from 1, and `position`.
    """
    nowhere = pl.repeat(None, clock_count, dtype=rows.schema["started_at"], eager=True).alias("returned_after")
    if not has_unseen_returns(rows):
        return nowhere
    begun_after = pl.coalesce("started_earliest_at", pl.col("started_at") - _JUST_BEFORE)
    # Of a clock that goes on over cycles, the row before is the one in which the ticket was done.
    returned_after = pl.when("begins").then(begun_after).otherwise(begun_after.shift(1))
    returned = rows.with_columns(returned_after=returned_after).filter(pl.col("is_unseen") & pl.col("is_stopped"))
    first = returned.unique("clock", keep="first", maintain_order=True)
    beyond = rows.filter(pl.col("elapsed") > pl.col("target")).unique("clock", keep="first", maintain_order=True)
    broken = first.join(beyond.select("clock", broken_in="position"), on="clock", how="left", maintain_order="left")
    open_ = broken.filter((pl.col("broken_in") >= pl.col("position")).fill_null(True))
    return nowhere.scatter(open_["clock"] - 1, open_["returned_after"])

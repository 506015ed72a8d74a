"""Clocks of tickets that came back between two exports, of which only a resolution that moved tells.

Somebody may as well have corrected the field. So the clock of such a cycle is not judged, and one that goes on over
cycles only where it was broken before. That the ticket came back, as late as can be and without a status, is said in
`metrics.tickets.repeated_snapshots`; how clocks run is in `metrics.sla.running`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.tickets.steps import IS_UNSEEN_RETURN
from models.vocabulary import StatusCategory

if TYPE_CHECKING:
    from metrics.sla.lives import Lives

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


def doubt_returns(rows: pl.DataFrame, lives: Lives, clock_count: int) -> pl.Series:
    """Per clock, `returned_after`: an instant before its end if an unseen return leaves open whether it was kept.

    It was decided after that instant, if at all. Empty for all other clocks. A clock that goes on over cycles is
    decided where it would have stopped if its ticket had not come back: as that was resolved for the first time since
    it was last known to be open.

    Args:
        rows: of the clocks, measured, with `clock`, from 1.
    """
    nowhere = pl.repeat(None, clock_count, dtype=rows.schema["started_at"], eager=True).alias("returned_after")
    if not has_unseen_returns(rows):
        return nowhere
    returned = rows.filter(pl.col("is_unseen") & pl.col("is_stopped")).unique(
        "clock", keep="first", maintain_order=True
    )
    returned = returned.join(_resolutions_before(lives), on="row", how="left", maintain_order="left")
    beyond = rows.filter(pl.col("elapsed") > pl.col("target")).unique("clock", keep="first", maintain_order=True)
    returned = returned.join(beyond.select("clock", broken_in="row"), on="clock", how="left", maintain_order="left")
    after = pl.when("begins").then(_begun_after()).otherwise("resolved_after")
    is_broken = ~pl.col("begins") & (pl.col("broken_in") < pl.col("resolved_in"))
    open_ = returned.with_columns(returned_after=after).filter(~is_broken.fill_null(False))
    return nowhere.scatter(open_["clock"] - 1, open_["returned_after"])


def _begun_after() -> pl.Expr:
    return pl.coalesce("started_earliest_at", pl.col("started_at") - _JUST_BEFORE)


def _resolutions_before(lives: Lives) -> pl.DataFrame:
    """Of each unseen stretch, `row`: in which one the cycle before it was resolved first, and after which instant."""
    stretches = lives.stretches
    is_done = pl.col("status_category") == StatusCategory.DONE.value
    theirs = stretches.filter(pl.col("life").is_in(stretches.filter("is_unseen")["life"].unique().implode()))
    resolved = theirs.filter(is_done).unique(["life", "cycle_number"], keep="first", maintain_order=True)
    cycle = pl.col("cycle_number") + 1
    resolved = resolved.select("life", cycle, resolved_in="row", resolved_after=_begun_after())
    return (
        theirs.filter("is_unseen")
        .select("life", "cycle_number", "row")
        .join(resolved, on=["life", "cycle_number"], how="left", maintain_order="left")
        .drop("life", "cycle_number")
    )

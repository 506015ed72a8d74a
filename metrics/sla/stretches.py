"""From when to when each SLA clock can run: a ticket's stretches, cut into cycles and up to the clock's stop.

Which policy a clock has is decided in `metrics.sla.policy`, what it measures in `metrics.sla.running`. Silences between
replies are cut in `metrics.sla.silences`, and who holds a ticket is judged in `metrics.sla.holders`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl

from metrics.sla.lives import Lives
from metrics.sla.unseen_returns import is_unseen
from models.vocabulary import StatusCategory

_INSTANT: Final = pl.Datetime("us", "UTC")


def first_response_stretches(lives: Lives, as_of: datetime) -> pl.DataFrame:
    """The stretches of each ticket's first-response clock, the last one cut at the clock's end.

    It stops at the first response. A resolution is a response too: where it comes first, the clock stops there. Where
    no export tells when the response came, the clock ends where it must have come by, and can have stopped before.

    Returns:
        Stretches with `cycle_number`, `clock_ends_at` (stop, cancellation or `as_of`), `sure_until` (until when the
        clock went on for certain: `clock_ends_at` where that is exact), `counts_until` (until when time counts, as
        `_doubt_lost` says), `is_stopped`, `is_cancelled` and `tells_stop` (whether a stop would be known).
    """
    until = pl.lit(as_of, dtype=_INSTANT)
    stop = pl.max_horizontal(
        pl.when(pl.any_horizontal(pl.col("first_response_at", "first_resolved_at").is_not_null())).then("created_at"),
        pl.min_horizontal("first_response_at", "first_resolved_at"),
    )
    is_cancelled = (pl.col("is_cancelled") & (stop.is_null() | (stop > pl.col("cancelled_at")))).fill_null(False)
    ends = lives.tickets.select(
        clock_ends_at=pl.when(is_cancelled).then("cancelled_at").otherwise(pl.coalesce(stop, until)),
        is_stopped=stop.is_not_null() & ~is_cancelled,
        is_cancelled=is_cancelled,
        created_at="created_at",
        stopped_after="first_response_earliest_at",
        tells_stop=pl.col("first_response_earliest_at").is_null(),
    )
    by_resolution = lives.tickets.select(
        (pl.col("first_resolved_at") < pl.col("first_response_at")).fill_null(pl.col("first_response_at").is_null())
    ).to_series()
    ended_after = pl.coalesce(
        "stopped_after",
        pl.when("is_cancelled").then(_entered_after(lives, StatusCategory.CANCELLED, "cancelled_at")),
        pl.when(pl.col("is_stopped") & by_resolution).then(
            _entered_after(lives, StatusCategory.DONE, "first_resolved_at")
        ),
    )
    sure_until = pl.min_horizontal(pl.max_horizontal("created_at", ended_after), "clock_ends_at")
    ends = ends.with_columns(
        sure_until=pl.when(ended_after.is_not_null()).then(sure_until).otherwise("clock_ends_at")
    ).drop("created_at", "stopped_after")
    ends = _doubt_lost(ends, lives.tickets["unknown_since_at"])
    stretches = lives.stretches
    begins = stretches["life"] != stretches["life"].shift(1, fill_value=_NO_LIFE)
    rows = stretches.with_columns(ends[name].gather(stretches["life"]) for name in ends.columns)
    rows = rows.with_columns(cycle_number=pl.lit(1, dtype=pl.Int64), begins=begins)
    return cut_at_end(rows)


_NO_LIFE: Final = 2**32 - 1


def _doubt_lost(clocks: pl.DataFrame, unknown_since: pl.Series) -> pl.DataFrame:
    """Clocks that go on of tickets that left the exports while they were open: they can have stopped since.

    Nobody knows what became of such a ticket, so its time counts until it left, which is `counts_until`; else it would
    grow for ever. That of any other clock counts until the clock's end.

    Args:
        unknown_since: of each clock's ticket.
    """
    if not unknown_since.count():
        return clocks.with_columns(counts_until="clock_ends_at")
    is_lost = GOES_ON & pl.lit(unknown_since.is_not_null())
    left_at = pl.lit(unknown_since)
    return clocks.with_columns(
        sure_until=pl.when(is_lost).then(pl.min_horizontal("sure_until", left_at)).otherwise("sure_until"),
        counts_until=pl.when(is_lost).then(pl.min_horizontal("clock_ends_at", left_at)).otherwise("clock_ends_at"),
        tells_stop=pl.col("tells_stop") & ~is_lost,
    )


def _entered_after(lives: Lives, category: StatusCategory, instant: str) -> pl.Series:
    """Per life, the export before the one that first shows it done or cancelled, where nothing dates that better.

    Args:
        instant: column of the tickets with the entry that is meant.
    """
    entered = lives.stretches.filter(
        pl.col("started_earliest_at").is_not_null() & (pl.col("status_category") == category.value)
    )
    entered = entered.filter(entered["started_at"] == lives.tickets[instant].gather(entered["life"]))
    nowhere = pl.repeat(None, lives.tickets.height, dtype=_INSTANT, eager=True)
    return nowhere.scatter(entered["life"], entered["started_earliest_at"])


def resolution_stretches(lives: Lives, continues: pl.Series | None, as_of: datetime) -> pl.DataFrame:
    """The stretches of each ticket's resolution clocks, one clock per cycle, each up to the clock's end.

    A cycle runs from creation or reopening to the next entry into done. An entry into done that a cancellation at the
    very same instant takes back does not stop it.

    Args:
        continues: per ticket, whether reopening continues the one clock; None if none does.

    Returns:
        The columns of `first_response_stretches`.
    """
    stretches = lives.stretches
    key = stretches.select(pl.col("life").cast(pl.Int64) * (1 << 24) + pl.col("cycle_number")).to_series()
    begins = key.ne_missing(key.shift(1))
    cycle = (begins.cast(pl.UInt32).cum_sum() - 1).alias("cycle")
    cycles = _close_cycles(lives, stretches.with_columns(cycle, begins.alias("begins")), as_of)
    unseen = _unseen_cycles(stretches, cycles)
    if continues is not None:
        is_one = continues.gather(cycles["life"])
        cycles = cycles.with_columns(is_one.alias("is_one"))
        last = pl.col("is_last_cycle")
        cycles = cycles.with_columns(
            pl.when("is_one").then(pl.when(last).then(name).backward_fill()).otherwise(name).alias(name)
            for name in ("clock_ends_at", "sure_until", "counts_until", "is_stopped", "is_cancelled")
        ).with_columns(
            begins=~pl.col("is_one") | (pl.col("life") != pl.col("life").shift(1, fill_value=_NO_LIFE)),
            cycle_number=pl.when("is_one").then(1).otherwise("cycle_number"),
        )
        unseen = unseen.filter(~continues.gather(unseen["life"]))
    else:
        cycles = cycles.with_columns(begins=pl.lit(True))
    ends = ("clock_ends_at", "sure_until", "counts_until", "tells_stop", "is_stopped", "is_cancelled")
    names = ("cycle_number", *ends, "begins")
    rows = stretches.with_columns(cycles[name].gather(cycle) for name in names)
    rows = rows.with_columns(begins=pl.col("begins") & begins)
    rows = cut_at_end(rows)
    return (
        pl.concat([rows, unseen.select(rows.columns)]).sort("life", "cycle_number", "started_at", maintain_order=True)
        if unseen.height
        else rows
    )


def _close_cycles(lives: Lives, stretches: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """One row per cycle that has stretches: where it begins, and how and when its clock ends."""
    until = pl.lit(as_of, dtype=_INSTANT)
    done = stretches.filter(pl.col("status_category") == StatusCategory.DONE.value)
    first_done = done.filter(pl.col("cycle").ne_missing(pl.col("cycle").shift(1)))
    cycles = stretches.filter("begins").select("row", "cycle", "life", "cycle_number", "started_at")
    cycles = cycles.join(
        first_done.select("cycle", done_at="started_at", done_earliest_at="started_earliest_at"),
        on="cycle",
        how="left",
        maintain_order="left",
    )
    is_last = pl.col("life").ne_missing(pl.col("life").shift(-1))
    stop = pl.coalesce("done_at", pl.when(~is_last).then(pl.col("started_at").shift(-1)))
    tickets = lives.tickets.select("is_cancelled", "cancelled_at")
    cycles = cycles.with_columns(tickets[name].gather(cycles["life"]) for name in tickets.columns)
    is_cancelled = stop.is_null() & pl.col("is_cancelled")
    ended_after = (
        pl.when(is_cancelled)
        .then(_entered_after(lives, StatusCategory.CANCELLED, "cancelled_at").gather(cycles["life"]))
        .otherwise("done_earliest_at")
    )
    clock_ends_at = pl.when(is_cancelled).then("cancelled_at").otherwise(pl.coalesce(stop, until))
    closed = cycles.with_columns(
        clock_ends_at=clock_ends_at,
        sure_until=pl.when(ended_after.is_not_null())
        .then(pl.min_horizontal(pl.max_horizontal("started_at", ended_after), clock_ends_at))
        .otherwise(clock_ends_at),
        tells_stop=pl.lit(True),
        is_stopped=stop.is_not_null(),
        is_cancelled=is_cancelled,
        is_last_cycle=is_last,
    )
    return _doubt_lost(closed, lives.tickets["unknown_since_at"].gather(closed["life"]))


def _unseen_cycles(stretches: pl.DataFrame, cycles: pl.DataFrame) -> pl.DataFrame:
    """Cycles that ended at the instant they began: the numbers that the stretches leap over."""
    previous = pl.when(pl.col("life") == pl.col("life").shift(1)).then(pl.col("cycle_number").shift(1)).fill_null(0)
    leaps = cycles.with_columns(previous=previous).filter(pl.col("cycle_number") > pl.col("previous") + 1)
    unseen = leaps.select("row", cycle_number=pl.int_ranges(pl.col("previous") + 1, pl.col("cycle_number"))).explode(
        "cycle_number", empty_as_null=False
    )
    at = stretches[unseen["row"].to_list()] if unseen.height else stretches.clear()
    return at.with_columns(
        unseen["cycle_number"],
        clock_ends_at=pl.col("started_at"),
        sure_until=pl.col("started_at"),
        counts_until=pl.col("started_at"),
        tells_stop=pl.lit(True),
        is_stopped=pl.lit(True),
        is_cancelled=pl.lit(False),
        begins=pl.lit(True),
        stretch_ends_at=pl.col("ended_at"),
        ended_at=pl.col("started_at"),
    )


#: Whether a clock has neither stopped nor been cancelled.
GOES_ON: Final = ~(pl.col("is_stopped") | pl.col("is_cancelled"))


def cut_at_end(rows: pl.DataFrame) -> pl.DataFrame:
    """Only what lies before the clock's end. The first stretch always, be it without length; so too the last of a
    clock that goes on, which says what it is doing now, and one in which its ticket came back unseen.

    Each ends where time counts no longer. The end of the whole stretch stays in `stretch_ends_at`.
    """
    is_before_end = pl.col("started_at") < pl.col("clock_ends_at")
    is_at_end = is_unseen(rows) & (pl.col("started_at") == pl.col("clock_ends_at"))
    counted = rows.filter(is_before_end | pl.col("begins") | (pl.col("is_last") & GOES_ON) | is_at_end)
    whole = pl.col("stretch_ends_at" if "stretch_ends_at" in rows.columns else "ended_at")
    # Of a ticket that left the exports, something can be told of later: that stretch counts nothing.
    ended_at = pl.max_horizontal("started_at", pl.min_horizontal(whole, "counts_until"))
    return counted.with_columns(stretch_ends_at=whole, ended_at=ended_at)

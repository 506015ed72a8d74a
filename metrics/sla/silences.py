"""Silences: the time from a cycle's start to the first public reply, from one to the next, and to the cycle's stop.

Which replies there were is told by `metrics.tickets.replies`; how a clock counts them is in `metrics.sla.running`.
"""

from __future__ import annotations

import polars as pl

from metrics.sla.lives import Lives
from metrics.sla.stretches import GOES_ON
from metrics.tickets.replies import TicketReplies


def pick_answered_lives(lives: Lives, replies: TicketReplies) -> tuple[Lives, pl.DataFrame]:
    """The lives of which every reply is told, and those replies: columns `life` and `replied_at`.

    Left out are snapshots, tickets of sources whose events tell no replies, and tickets that name a first response of
    which no event tells: how long they were silent nobody can say, and a breach might be false.
    """
    is_told = lives.tickets["has_history"] & lives.tickets["source"].is_in(sorted(replies.sources))
    told = lives.locate(replies.replies)
    counted = told.group_by("life").agg(pl.col("is_event").any())
    in_doubt = counted.filter(~pl.col("is_event"))["life"]
    picked = lives.pick(is_told.scatter(in_doubt, False))
    return picked, picked.locate(replies.replies).select("life", "replied_at")


def cut_at_replies(stretches: pl.DataFrame, replies: pl.DataFrame) -> pl.DataFrame:
    """The stretches of clocks, each cut where a reply falls into it, with `is_reply`: whether one begins the stretch.

    A reply at the instant of a clock's stop comes too late to matter. One at the data's own clock begins a silence of
    no length: it is the last word on a clock that goes on.

    Args:
        stretches: of the clocks, in order of ticket and time.
        replies: `life` and `replied_at`, in any order.
    """
    placed = _place(stretches, replies)
    position, replied_at = placed["position"], placed["replied_at"]
    at_start = replied_at == stretches["started_at"].gather(position)
    is_reply = pl.repeat(False, stretches.height, eager=True).scatter(position.filter(at_start), True)
    inside = placed.filter(~at_start)
    # Every stretch once, and once more for each reply in it.
    origin = pl.concat([pl.int_range(stretches.height, dtype=pl.UInt32, eager=True), inside["position"]]).sort()
    is_cut = (origin == origin.shift(1)).fill_null(False)
    cut = stretches.with_columns(is_reply.alias("is_reply"))[origin]
    started_at = cut["started_at"].scatter(is_cut.arg_true(), inside["replied_at"])
    is_cut_next = is_cut.shift(-1, fill_value=False)
    return cut.with_columns(
        started_at,
        ended_at=pl.when(is_cut_next).then(started_at.shift(-1)).otherwise("ended_at"),
        begins=pl.col("begins") & ~is_cut,
        is_reply=pl.col("is_reply") | is_cut,
    )


def _place(stretches: pl.DataFrame, replies: pl.DataFrame) -> pl.DataFrame:
    """In which stretch each reply falls, as `position`; in order, each instant once. Others are left out."""
    # One number for ticket and instant, which is found by bisection. 64 bits would not hold it.
    by_life = pl.col("life").cast(pl.Int128) * (1 << 64)
    key = stretches.select(by_life + pl.col("started_at").to_physical()).to_series()
    wanted = replies.select("life", "replied_at", key=by_life + pl.col("replied_at").to_physical())
    wanted = wanted.sort("key").filter(pl.col("key").ne_missing(pl.col("key").shift(1)))
    position = key.search_sorted(wanted["key"], side="right").cast(pl.Int64) - 1
    placed = wanted.select("life", "replied_at", position.alias("position")).filter(pl.col("position") >= 0)
    found = stretches.select("life", "ended_at", goes_on_to=pl.when(pl.col("is_last") & GOES_ON).then("ended_at"))
    found = found[placed["position"]].rename({"life": "found_life"})
    both = pl.concat([placed, found], how="horizontal").filter(pl.col("life") == pl.col("found_life"))
    replied_at = pl.col("replied_at")
    is_in = (replied_at < pl.col("ended_at")) | (replied_at == pl.col("goes_on_to")).fill_null(False)
    return both.filter(is_in).select(pl.col("position").cast(pl.UInt32), "replied_at")


def longest_silences(rows: pl.DataFrame, clocks: pl.DataFrame) -> pl.Series:
    """The longest silence of each clock, of those that its target judged: the ones that ended, or go on, under it.

    A silence that was over before the target came into force was judged by the target of its time. After a breach
    nothing but a reply ends a silence, for a breached clock is not started anew.

    Args:
        rows: of the clocks, measured, with `clock`, from 1, and `position`.
        clocks: one row per clock in order, with what is decisive for it.
    """
    clock = rows["clock"] - 1
    silence = pl.min_horizontal(
        pl.col("run_through") - pl.col("run_at_reply"),
        pl.col("run_through") - clocks["run_at_attempt"].gather(clock),
    )
    is_judged = pl.col("position") >= clocks["target_position"].gather(clock)
    longest = (
        rows.lazy()
        .select("clock", silence=pl.when(is_judged).then(silence))
        .group_by("clock")
        .agg(pl.col("silence").max())
    )
    return longest.sort("clock").collect()["silence"]

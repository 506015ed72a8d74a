"""Tickets with a history, measured: milestones from their steps, durations from their intervals.

What each measure means is said with `metrics.tickets.clocks.close_tickets`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.tickets.leeways import bound_lives
from metrics.tickets.rows import length, match_rows
from metrics.tickets.steps import SETTLED, TicketSteps
from models.vocabulary import ExportShape, StatusCategory

_INSTANT: Final = pl.Datetime("us", "UTC")
_PARTS: Final = tuple(
    f"{part}_{clock}_microseconds"
    for part in ("queued", "active", "waiting", "reopened_gap")
    for clock in ("calendar", "business")
)
#: What an export shows is so at its instant, and not known from the next one on.
_NEXT: Final = timedelta(microseconds=1)


def close_lives(
    tickets: pl.DataFrame,
    intervals: pl.DataFrame,
    steps: TicketSteps,
    reply_sources: Collection[str],
    team_sources: Collection[str],
    as_of: datetime,
    open_time: OpenTime,
) -> pl.DataFrame:
    """Columns of `fct_tickets` for the tickets that have a history, in order, with `ticket`, their position.

    Args:
        tickets: rows of `stg_tickets` with `ticket`, their position.
        intervals: their rows of `fct_ticket_intervals`, in any order.
        steps: their steps, and tallies of their events.
        reply_sources: sources that tell replies by agents.
        team_sources: sources that tell who had a ticket when.
    """
    until = pl.lit(as_of, dtype=_INSTANT)
    has_replies = pl.col("source").is_in(sorted(reply_sources))
    own = tickets.select(
        *("ticket", "ticket_id", "source", "ticket_type", "service", "is_sla_met_at_source", "first_response_at"),
        *("first_seen_at", "last_seen_at", "queued_until_at", "has_disappeared", "reopened_unseen_at"),
        is_compared=pl.col("export_shape") == ExportShape.REPEATED_SNAPSHOTS.value,
    )
    milestones = (
        _milestones(steps.steps)
        .join(own, on="ticket", how="left", maintain_order="left")
        .join(
            steps.tallies.select("ticket", "first_reply_at", "reply_count"),
            on="ticket",
            how="left",
            maintain_order="left",
        )
    )
    reply = pl.min_horizontal("first_response_at", "first_reply_at")
    reply_count = pl.col("reply_count").fill_null(0)
    # A field that names the first response, without events that tell replies, leaves open how many there were.
    is_told = (reply_count > 0) | pl.col("first_response_at").is_null()
    is_compared = pl.col("is_compared") & ~has_replies
    # First seen at work, it can have been so since its creation, and is known to be only by that export.
    seen_active_at = pl.when(is_compared & (pl.col("first_active_at") == pl.col("created_at"))).then("first_seen_at")
    active_at = pl.coalesce(seen_active_at, "first_active_at")
    queued_until = pl.max_horizontal("created_at", pl.when(pl.col("queued_until_at") <= until).then("queued_until_at"))
    milestones = milestones.with_columns(
        first_response_at=pl.when(has_replies & (reply <= until))
        .then(reply)
        .when(~has_replies & (active_at <= until))
        .then(active_at),
        # Whatever took it out of the queue, somebody can have answered on the way.
        first_response_earliest_at=pl.when(is_compared & pl.col("has_left_queue")).then(queued_until),
        life_ends_at=pl.coalesce("resolved_at", "cancelled_at", until),
        handoff_count=pl.when(pl.col("source").is_in(sorted(team_sources))).then("handoff_count"),
        # That it came back is seen only by a resolution that moved: how often it did is not known.
        reopen_count=pl.when(~(pl.col("reopened_unseen_at") <= until).fill_null(False)).then("reopen_count"),
        touch_count=pl.when(~has_replies).then("active_entry_count").when(is_told).then(reply_count),
    )
    measured = milestones.with_columns(_sum_intervals(milestones, intervals, open_time))
    is_done = pl.col("resolved_at").is_not_null()
    is_cancelled = pl.col("cancelled_at").is_not_null()
    is_open = ~(is_done | is_cancelled)
    is_lost = is_open & pl.col("is_compared") & pl.col("has_disappeared") & (pl.col("last_seen_at") < until)
    is_followed = ~is_lost.fill_null(False)
    is_resolved_once = pl.col("first_resolved_at").is_not_null()
    is_active_once = pl.col("first_active_at").is_not_null()
    has_response = pl.col("first_response_at").is_not_null()
    closed = measured.with_columns(
        is_done=is_done,
        is_cancelled=is_cancelled,
        has_history=pl.lit(True),
        is_sampled="is_compared",
        unknown_since_at=pl.when(~is_followed).then(pl.col("last_seen_at") + _NEXT),
        lead_time_calendar_microseconds=length("created_at", "resolved_at"),
        lead_time_business_microseconds=pl.when(is_done).then("life_business"),
        cycle_time_calendar_microseconds=length("first_active_at", "resolved_at"),
        cycle_time_business_microseconds=pl.when(is_done & is_active_once).then("cycle_business"),
        first_resolution_calendar_microseconds=length("created_at", "first_resolved_at"),
        first_resolution_business_microseconds=pl.when(is_resolved_once).then("first_resolution_business"),
        first_response_calendar_microseconds=length("created_at", "first_response_at").clip(0),
        first_response_business_microseconds=pl.when(has_response).then("first_response_business"),
        age_calendar_microseconds=pl.when(is_open & is_followed).then(length("created_at", "life_ends_at")),
        age_business_microseconds=pl.when(is_open & is_followed).then("life_business"),
    )
    if closed["unknown_since_at"].count():
        # How long it lay where since it left the exports nobody knows.
        closed = closed.with_columns(
            pl.when(pl.col("unknown_since_at").is_null()).then(name).alias(name) for name in _PARTS
        )
    return closed.with_columns(bound_lives(closed, intervals, steps.steps, as_of, open_time))


def _milestones(steps: pl.DataFrame) -> pl.DataFrame:
    """One row per ticket in order: what it entered and when, how often it changed hands, and its dimensions."""
    begins = pl.col("is_first")
    category = pl.col("status_category")
    is_new = begins | (category != category.shift(1))
    is_handoff = (~begins & (pl.col("team") != pl.col("team").shift(1))).fill_null(False)
    started_at = pl.col("started_at")
    done, cancelled = StatusCategory.DONE.value, StatusCategory.CANCELLED.value
    marked = steps.select(
        "ticket",
        "started_at",
        *("status", "status_category", "team", "priority", "vendor", "cycle_number", "is_last"),
        is_handoff=is_handoff,
        is_out_of_queue=category != StatusCategory.QUEUED.value,
        active_at=pl.when(category == StatusCategory.ACTIVE.value).then(started_at),
        enters_active=is_new & (category == StatusCategory.ACTIVE.value),
        done_at=pl.when(is_new & (category == done)).then(started_at),
        cancelled_at=pl.when(is_new & (category == cancelled)).then(started_at),
    )
    entered = (
        marked.lazy()
        .group_by("ticket")
        .agg(
            created_at=pl.col("started_at").min(),
            first_active_at=pl.col("active_at").min(),
            first_resolved_at=pl.col("done_at").min(),
            last_done_at=pl.col("done_at").max(),
            last_cancelled_at=pl.col("cancelled_at").max(),
            handoff_count=pl.col("is_handoff").sum().cast(pl.Int64),
            active_entry_count=pl.col("enters_active").sum().cast(pl.Int64),
            has_left_queue=pl.col("is_out_of_queue").any(),
        )
        .collect()
    )
    dimensions = ("team", "priority", "vendor")
    resolutions = marked.filter(pl.col("done_at").is_not_null())
    last_resolution = resolutions.filter(pl.col("ticket").ne_missing(pl.col("ticket").shift(-1)))
    at_resolution = last_resolution.select(
        "ticket", *(pl.col(name).alias(f"{name}_at_resolution") for name in dimensions)
    )
    latest = marked.filter("is_last").drop(
        *("active_at", "done_at", "cancelled_at", "is_handoff", "enters_active", "is_out_of_queue", "is_last"),
        "started_at",
    )
    joined = latest.join(entered, on="ticket", how="left", maintain_order="left")
    joined = joined.join(at_resolution, on="ticket", how="left", maintain_order="left")
    is_done = category == done
    return joined.with_columns(
        *(pl.when(is_done).then(f"{name}_at_resolution").otherwise(name).alias(name) for name in dimensions),
        resolved_at=pl.when(is_done).then("last_done_at"),
        cancelled_at=pl.when(category == cancelled).then("last_cancelled_at"),
        reopen_count=pl.col("cycle_number") - 1,
    )


def _business_before_response(rows: pl.DataFrame, open_time: OpenTime) -> pl.Series:
    """Open time of each interval before its ticket's first response.

    Only the one interval in which the response came has to be looked up; those before it count in full.
    """
    started, ended, response = pl.col("started_at"), pl.col("ended_at"), pl.col("first_response_at")
    business = rows.select(
        pl.when(started >= response).then(0).otherwise("duration_business_microseconds").alias("business")
    ).to_series()
    is_split = rows.select(((started < response) & (response < ended)).fill_null(False)).to_series()
    split = rows.filter(is_split)
    before = open_time.between(split["calendar"], split["started_at"], split["first_response_at"])
    return business.scatter(is_split.arg_true(), before)


def _sum_intervals(milestones: pl.DataFrame, intervals: pl.DataFrame, open_time: OpenTime) -> list[pl.Series]:
    """Sums over each ticket's intervals, aligned with the milestones.

    Every milestone but the first response is the border of two intervals, so whole intervals are summed.
    """
    position = match_rows(intervals["ticket_id"], milestones["ticket_id"])
    names = ("first_active_at", "first_resolved_at", "first_response_at", "life_ends_at")
    rows = intervals.with_columns(position, *(milestones[name].gather(position) for name in names))
    started = pl.col("started_at")
    counts = started < pl.col("life_ends_at")
    business = pl.col("duration_business_microseconds")
    masked: dict[str, pl.Expr] = {
        "life_business": pl.when(counts).then(business),
        "cycle_business": pl.when(counts & (started >= pl.col("first_active_at"))).then(business),
        "first_resolution_business": pl.when(started < pl.col("first_resolved_at")).then(business),
        "first_response_business": pl.lit(_business_before_response(rows, open_time)),
    }
    category = pl.col("status_category")
    parts = {
        "queued": category == StatusCategory.QUEUED.value,
        "active": category == StatusCategory.ACTIVE.value,
        "waiting": category == StatusCategory.WAITING.value,
        "reopened_gap": category.is_in(SETTLED),
    }
    for part, is_in_part in parts.items():
        for clock in ("calendar", "business"):
            duration = pl.col(f"duration_{clock}_microseconds")
            masked[f"{part}_{clock}_microseconds"] = pl.when(counts & is_in_part).then(duration)
    summed = (
        rows.lazy().select("position", **masked).group_by("position").agg(pl.all().sum()).sort("position").collect()
    )
    return summed.drop("position").get_columns()

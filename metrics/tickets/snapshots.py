"""Tickets of which only a snapshot is known, measured. What a snapshot cannot tell stays empty; it is not zero."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.tickets.rows import length
from metrics.tickets.steps import SETTLED, TicketSteps
from models.vocabulary import StatusCategory

_INSTANT: Final = pl.Datetime("us", "UTC")


def close_snapshots(
    tickets: pl.DataFrame,
    steps: TicketSteps,
    reply_sources: Collection[str],
    as_of: datetime,
    open_time: OpenTime,
) -> pl.DataFrame:
    """Columns of `fct_tickets` for the tickets that have no steps: as much as their own timestamps tell.

    Args:
        tickets: rows of `stg_tickets` with `ticket`, their position, and `own_calendar`, that of their team.
        steps: the steps of those that have any.
        reply_sources: sources that tell replies by agents.
    """
    until = pl.lit(as_of, dtype=_INSTANT)
    lived = steps.steps.filter("is_last").select("ticket")
    known = tickets.join(lived, on="ticket", how="anti")
    known = known.filter((pl.col("created_at") <= until) | pl.col("created_at").is_null())
    category = pl.col("status_category")
    ended_at = pl.coalesce("resolved_at", "closed_at")
    is_ended = ended_at.is_null() | (ended_at <= until)
    is_done = is_ended & ((category == StatusCategory.DONE.value) | (category.is_null() & ended_at.is_not_null()))
    is_cancelled = is_ended & (category == StatusCategory.CANCELLED.value)
    is_settled = category.is_in(SETTLED)
    known = known.with_columns(
        is_done=is_done.fill_null(False),
        is_cancelled=is_cancelled.fill_null(False),
        status_category=pl.when(is_ended | ~is_settled).then(category),
    ).with_columns(
        has_history=pl.lit(False),
        is_sampled=pl.lit(False),
        resolved_at=pl.when("is_done").then(ended_at),
        cancelled_at=pl.when("is_cancelled").then(pl.coalesce("closed_at", "resolved_at")),
        settled_by_at=pl.when(ended_at.is_null() & (pl.col("is_done") | pl.col("is_cancelled"))).then(
            pl.min_horizontal("first_seen_at", until)
        ),
        first_response_at=pl.when(pl.col("first_response_at") <= until).then("first_response_at"),
        first_response_earliest_at=pl.when(~pl.col("source").is_in(sorted(reply_sources))).then("created_at"),
        as_of=until,
    )
    is_open = ~(pl.col("is_done") | pl.col("is_cancelled"))
    ends = {
        "lead_time": pl.when(pl.col("resolved_at") >= pl.col("created_at")).then("resolved_at"),
        "first_response": pl.max_horizontal("first_response_at", "created_at"),
        "age": pl.when(is_open).then("as_of"),
    }
    ends["first_response"] = pl.when(pl.col("first_response_at").is_not_null()).then(ends["first_response"])
    ended = known.select("created_at", **ends)
    durations: list[pl.Series] = []
    for measure in ends:
        business = open_time.between(known["own_calendar"], known["created_at"], ended[measure])
        calendar = ended.select(length("created_at", measure)).to_series()
        durations += [
            calendar.alias(f"{measure}_calendar_microseconds"),
            business.alias(f"{measure}_business_microseconds"),
        ]
    return known.with_columns(durations).with_columns(
        first_resolved_at=pl.col("resolved_at"),
        first_resolution_calendar_microseconds=pl.col("lead_time_calendar_microseconds"),
        first_resolution_business_microseconds=pl.col("lead_time_business_microseconds"),
        # A field dates the last resolution. Whether it was the first one only a history tells.
        **{
            f"first_resolution_{end}_{clock}_microseconds": pl.when(pl.col(f"lead_time_{clock}_microseconds") > 0).then(
                value
            )
            for clock in ("calendar", "business")
            for end, value in (
                ("least", pl.lit(0, dtype=pl.Int64)),
                ("greatest", pl.col(f"lead_time_{clock}_microseconds")),
            )
        },
    )

"""What shows that somebody works on a ticket: public replies to the requester, and entries into active.

Only what the exports tell of them. What a promise makes of them is in `metrics.sla.clocks`; how many there were, and
when the first was, is measured in `metrics.tickets.clocks`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from metrics.tickets.steps import TicketSteps, trace_steps
from models.vocabulary import StatusCategory

_INSTANT: Final = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class TicketReplies:
    """Replies on some whole tickets, and the instants at which work on them began.

    Attributes:
        replies: public replies by agents up to the data's clock, in any order, those told twice perhaps twice.
            Columns: `ticket_id`, `replied_at`, and `is_event`, false where the ticket itself names its first response.
        active_entries: moves into active from another category, those of no length included. Columns: `ticket_id`,
            `entered_at`, and the `team` and `vendor` that the ticket had then.
        sources: sources whose events tell every reply.
    """

    replies: pl.DataFrame
    active_entries: pl.DataFrame
    sources: frozenset[str]


def sources_with_reply_events(events: pl.DataFrame) -> frozenset[str]:
    """Sources whose events tell of public replies by agents, be it that there was none.

    A source that names only the first response, in a field of the ticket, is not one: what was said later it does not
    tell, and silence cannot be told from replies that nobody exported.

    Args:
        events: rows of `stg_ticket_events`, all those of their sources.
    """
    told = events.lazy().filter(pl.col("is_public_agent_reply").is_not_null()).select(pl.col("source").unique())
    return frozenset(told.collect()["source"])


def gather_replies(
    tickets: pl.DataFrame,
    events: pl.DataFrame,
    *,
    as_of: datetime,
    sources: Collection[str] | None = None,
    steps: TicketSteps | None = None,
) -> TicketReplies:
    """Replies and entries into active of whole tickets.

    Args:
        tickets: rows of `stg_tickets`.
        events: rows of `stg_ticket_events`, all those of the tickets; with `ticket`, the position of each event's
            ticket in `tickets`, they need no ids.
        as_of: the data's own clock; what comes later is left out.
        sources: see `sources_with_reply_events`; from these events if not given. Give it when these are not all
            events of their sources.
        steps: what `trace_steps` gave for the same arguments, to save doing it again.
    """
    steps = steps or trace_steps(tickets, events, as_of=as_of)
    until = pl.lit(as_of, dtype=_INSTANT)
    told = events.filter(pl.col("is_public_agent_reply") & (pl.col("occurred_at") <= until))
    ids = told["ticket_id"] if "ticket_id" in told.columns else tickets["ticket_id"].gather(told["ticket"])
    named = tickets.filter(pl.col("first_response_at") <= until)
    replies = pl.concat(
        [
            told.select(ids.cast(pl.String), replied_at="occurred_at", is_event=pl.lit(True)),
            named.select(pl.col("ticket_id").cast(pl.String), replied_at="first_response_at", is_event=pl.lit(False)),
        ]
    )
    category = pl.col("status_category")
    is_active = category == StatusCategory.ACTIVE.value
    entries = steps.steps.filter(is_active & (pl.col("is_first") | (category != category.shift(1))))
    return TicketReplies(
        replies=replies,
        active_entries=entries.select(
            tickets["ticket_id"].gather(entries["ticket"]), "team", "vendor", entered_at="started_at"
        ),
        sources=sources_with_reply_events(events) if sources is None else frozenset(sources),
    )

"""A ticket's life as ordered steps: events put in order, exact duplicates collapsed, empty attributes filled in.

A step begins where status, team, priority or vendor of a ticket changes. Here is what happened and in which order;
how long it took, in whose open hours, is measured in `metrics.ticket_clocks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from models.vocabulary import ExportShape, StatusCategory

CATEGORIES: Final = pl.Enum([category.value for category in StatusCategory])
#: Categories in which somebody still has to do something.
WORK: Final = (StatusCategory.QUEUED.value, StatusCategory.ACTIVE.value, StatusCategory.WAITING.value)
#: Categories in which nobody has to.
SETTLED: Final = (StatusCategory.DONE.value, StatusCategory.CANCELLED.value)

#: What a step is made of: a change of any of these begins a new one.
STATE: Final = ("status", "status_category", "waiting_reason", "team", "priority", "vendor")
#: What must be equal, besides ticket, instant and sequence, for two events to be one event told twice.
_TOLD: Final = (
    "status_before",
    "status",
    "waiting_reason",
    "team_before",
    "team",
    "priority_before",
    "priority",
    "vendor",
    "is_public_agent_reply",
    "actor",
)
#: Stands for "has none" while values are filled forward, so that no ticket takes a value of the ticket before it.
_NONE: Final = ""
_KEY_BITS: Final = 126


@dataclass(frozen=True, slots=True)
class TicketSteps:
    """The lives of some whole tickets.

    Attributes:
        steps: one row per step in order of ticket and time, steps of no length included. Columns: `ticket` (position
            of the ticket in the frame of tickets), `started_at`, `ended_at`, the columns of `STATE`, `is_first`,
            `is_last` (of its ticket) and `cycle_number` (1, and one more for every reopening).
        tallies: one row per ticket with events: `ticket`, `event_count` (duplicates counted once),
            `duplicate_event_count`, `first_reply_at` (first public reply by an agent).
    """

    steps: pl.DataFrame
    tallies: pl.DataFrame


def trace_steps(tickets: pl.DataFrame, events: pl.DataFrame, *, as_of: datetime) -> TicketSteps:
    """Order the events of whole tickets and say what each ticket's state was from when to when.

    - Events are ordered by instant, the source's sequence (those without one last), load, and row in the load.
      Events after `as_of`, without an instant, or of a ticket that is not in `tickets` are left out.
    - A life begins at `created_at`, or at the first event if that is earlier or there is no `created_at`, and goes
      on to `as_of`. A ticket created after `as_of` has none.
    - An empty attribute of an event means unchanged. Before the first event that names an attribute, it is what that
      event says was before, else what it says is after; if no event names it, it is what the ticket itself says.
    - The category before the first status event is the one it says was before, else queued. An unmapped status keeps
      the category before it: a contract rule sets such tickets aside.
    - A ticket whose export is a snapshot without status events has no steps: what happened in between is not known.
      The same goes for one that is settled though no event told so.

    Args:
        tickets: rows of `stg_tickets`.
        events: rows of `stg_ticket_events`.
    """
    ordered = _collapse_duplicates(_sort(_with_beginnings(tickets, events, as_of)))
    tallies = _tally(ordered)
    ordered = ordered.filter(~pl.col("is_duplicate"))
    return TicketSteps(_steps(_fill(ordered), as_of), tallies)


def _with_beginnings(tickets: pl.DataFrame, events: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Events and, for each ticket, a row that stands for its beginning and holds what the ticket says of itself."""
    until = pl.lit(as_of, dtype=pl.Datetime("us", "UTC"))
    positions = tickets.select("ticket_id", pl.int_range(pl.len(), dtype=pl.UInt32).alias("ticket"))
    loads = pl.Enum(events["load_id"].unique().drop_nulls().sort())
    told = events.filter(pl.col("occurred_at") <= until).select(
        "ticket_id",
        "occurred_at",
        "event_sequence",
        pl.col("load_id").cast(loads).to_physical().cast(pl.Int64).alias("load"),
        "row_number",
        *_TOLD,
        pl.col("status_category").cast(CATEGORIES),
        pl.col("status_category_before").cast(CATEGORIES),
        pl.lit(False).alias("is_beginning"),
    )
    told = told.join(positions, on="ticket_id").drop("ticket_id")
    beginnings = tickets.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("ticket"),
        pl.col("created_at").alias("occurred_at"),
        "status",
        pl.col("status_category").cast(CATEGORIES),
        "waiting_reason",
        "team",
        "priority",
        "vendor",
        pl.lit(True).alias("is_beginning"),
        (pl.col("export_shape") == ExportShape.SNAPSHOT.value).alias("is_snapshot"),
    ).filter((pl.col("occurred_at") <= until) | pl.col("occurred_at").is_null())
    # An inner join would do as well, but is dearer than filtering on the tickets that have begun.
    if beginnings.height < tickets.height:
        told = told.join(beginnings.select("ticket"), on="ticket", how="semi")
    return pl.concat([told, beginnings], how="diagonal")


def _sort(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by ticket, its beginning first, then instant, sequence, load and row.

    All five are packed into one 128-bit key, which sorts several times faster than five columns. Numbers too far
    apart to fit are sorted by column instead.
    """
    rows = rows.with_columns(at=pl.col("occurred_at").to_physical())
    events = rows.filter(~pl.col("is_beginning"))
    fields = [("at", 1), ("event_sequence", 1), ("load", 0), ("row_number", 0)]
    key = pl.col("ticket").cast(pl.Int128)
    bits = rows.height.bit_length() + 1
    for name, empty_last in fields:
        least, greatest = int(events[name].min() or 0), int(events[name].max() or 0)  # type: ignore[arg-type]
        width = (greatest - least + 2).bit_length()
        bits += width
        value = (pl.col(name) - least).fill_null(greatest - least + empty_last)
        value = pl.when("is_beginning").then(0).otherwise(value + 1 if name == "at" else value)
        key = key * (1 << width) + value
    columns = [name for name in rows.columns if name not in ("at", "load", "row_number")]
    if bits > _KEY_BITS:
        by_column = ["ticket", ~pl.col("is_beginning"), "at", "event_sequence", "load", "row_number"]
        return rows.sort(by_column, nulls_last=True).select(columns)
    return rows.select(*columns, key=key).sort("key").drop("key")


def _collapse_duplicates(ordered: pl.DataFrame) -> pl.DataFrame:
    """Mark each event that an earlier one of the same ticket, instant and sequence already told.

    Only events that share all three with a neighbour are compared. The copy need not stand next to its original:
    two loads may each hold the same pair of changes.
    """
    place = ("ticket", "is_beginning", "occurred_at", "event_sequence")
    follows = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in place)
    indexed = ordered.with_row_index("row").with_columns(follows=follows.fill_null(False))
    tied = indexed.filter(pl.col("follows") | pl.col("follows").shift(-1, fill_value=False))
    copies = tied.filter(~pl.struct(*place, *_TOLD).is_first_distinct())["row"]
    if copies.is_empty():
        return ordered.with_columns(is_duplicate=pl.lit(False))
    return ordered.with_columns(is_duplicate=pl.int_range(pl.len(), dtype=pl.UInt32).is_in(copies.implode()))


def _tally(ordered: pl.DataFrame) -> pl.DataFrame:
    reply = pl.when(pl.col("is_public_agent_reply")).then("occurred_at")
    return (
        ordered.lazy()
        .filter(~pl.col("is_beginning"))
        .select("ticket", "is_duplicate", reply=reply)
        .group_by("ticket")
        .agg(
            event_count=(~pl.col("is_duplicate")).sum().cast(pl.Int64),
            duplicate_event_count=pl.col("is_duplicate").sum().cast(pl.Int64),
            first_reply_at=pl.col("reply").min(),
        )
        .sort("ticket")
        .collect()
    )


def _fill(ordered: pl.DataFrame) -> pl.DataFrame:
    """The state after each event. Every ticket's first row is its beginning; tickets without history are left out."""
    begins = pl.col("is_beginning")
    tells_status = ~begins & pl.any_horizontal(
        pl.col("status", "status_before", "status_category", "status_category_before").is_not_null()
    )
    queued = pl.lit(StatusCategory.QUEUED.value, dtype=CATEGORIES)
    status_is_told = _next_is_of_ticket(tells_status)
    status_at_first = _next_value(tells_status, pl.col("status_before").fill_null(_NONE))
    category_at_first = _next_value(tells_status, pl.col("status_category_before").fill_null(queued))
    next_at = pl.when(pl.col("ticket").shift(-1) == pl.col("ticket")).then(pl.col("occurred_at").shift(-1))
    has_life = status_is_told | ~(pl.col("is_snapshot") | pl.col("status_category").is_in(SETTLED).fill_null(False))
    started_at = pl.when(begins).then(pl.min_horizontal("occurred_at", next_at)).otherwise("occurred_at")
    begun = ordered.select(
        "ticket",
        is_first=begins,
        has_life=pl.when(begins).then(has_life & started_at.is_not_null()).forward_fill(),
        started_at=started_at,
        status=pl.when(~begins | ~status_is_told).then("status").otherwise(status_at_first),
        status_category=pl.when(~begins | ~status_is_told).then("status_category").otherwise(category_at_first),
        waiting_reason=pl.when(~(begins & status_is_told)).then("waiting_reason"),
        team=_from_first_naming("team", "team_before"),
        priority=_from_first_naming("priority", "priority_before"),
        vendor=pl.when(begins & _next_is_of_ticket(~begins & pl.col("vendor").is_not_null()))
        .then(None)
        .otherwise("vendor"),
    )
    # A reason belongs to its status: a new category without one takes the old one away.
    reason = pl.when(pl.col("status_category").is_not_null()).then(pl.col("waiting_reason").fill_null(_NONE))
    filled = begun.with_columns(
        pl.when("is_first").then(reason.fill_null(_NONE)).otherwise(reason).alias("waiting_reason"),
        pl.when("is_first")
        .then(pl.col("status_category").fill_null(queued))
        .otherwise("status_category")
        .alias("status_category"),
        *(
            pl.when("is_first").then(pl.col(name).fill_null(_NONE)).otherwise(name).alias(name)
            for name in ("status", "team", "priority", "vendor")
        ),
    )
    return filled.filter("has_life").with_columns(pl.col(STATE).forward_fill()).drop("has_life")


def _next_is_of_ticket(wanted: pl.Expr) -> pl.Expr:
    """Whether the next row that is wanted belongs to the same ticket."""
    return (pl.when(wanted).then("ticket").backward_fill() == pl.col("ticket")).fill_null(False)


def _next_value(wanted: pl.Expr, value: pl.Expr) -> pl.Expr:
    """The value of the next row that is wanted, of whichever ticket."""
    return pl.when(wanted).then(value).backward_fill()


def _from_first_naming(name: str, before: str) -> pl.Expr:
    """An attribute, at a ticket's beginning taken from the first event that names it, if any does."""
    begins = pl.col("is_beginning")
    names = ~begins & pl.coalesce(before, name).is_not_null()
    at_beginning = (
        pl.when(_next_is_of_ticket(names)).then(_next_value(names, pl.coalesce(before, name))).otherwise(name)
    )
    return pl.when(begins).then(at_beginning).otherwise(name)


def _steps(states: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """One row per change of state, from its instant to the next change's."""
    changed = pl.any_horizontal(pl.col(name) != pl.col(name).shift(1) for name in STATE)
    steps = states.filter(pl.col("is_first") | changed)
    ends_life = (pl.col("ticket") != pl.col("ticket").shift(-1)).fill_null(True)
    until = pl.lit(as_of, dtype=pl.Datetime("us", "UTC"))
    texts = [pl.when(pl.col(name) != _NONE).then(name).alias(name) for name in STATE if name != "status_category"]
    return steps.with_columns(
        *texts,
        ended_at=pl.when(ends_life).then(until).otherwise(pl.col("started_at").shift(-1)),
        is_last=ends_life,
        cycle_number=_cycle_number(),
    )


def _cycle_number() -> pl.Expr:
    """1, and one more for every move from done back to work. Lying cancelled in between changes nothing about it.

    Counted over all rows at once and made relative to each ticket's first row: far cheaper than a window per ticket.
    """
    category = pl.col("status_category")
    uncancelled = (
        pl.when(pl.col("is_first") | (category != StatusCategory.CANCELLED.value)).then(category).forward_fill()
    )
    reopens = ~pl.col("is_first") & category.is_in(WORK) & (uncancelled.shift(1) == StatusCategory.DONE.value)
    running = reopens.fill_null(False).cast(pl.Int64).cum_sum()
    return running - pl.when("is_first").then(running).forward_fill() + 1

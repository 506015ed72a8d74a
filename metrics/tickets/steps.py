"""A ticket's life as ordered steps: events put in order, exact duplicates collapsed, empty attributes filled in.

A step begins where status, team, priority or vendor of a ticket changes. Here is what happened and in which order;
how long it took, in whose open hours, is measured in `metrics.tickets.clocks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from metrics.tickets.settled_before import settle_by_fields
from models.vocabulary import WORK, ExportShape, StatusCategory

CATEGORIES: Final = pl.Enum([category.value for category in StatusCategory])
#: Categories in which nobody has anything to do any more.
SETTLED: Final = (StatusCategory.DONE.value, StatusCategory.CANCELLED.value)

#: What a step is made of: a change of any of these begins a new one.
STATE: Final = ("status", "status_category", "waiting_reason", "team", "priority", "vendor")
#: What an event says of the state before and after it.
_CHANGES: Final = (
    "status_before",
    "status",
    "waiting_reason",
    "team_before",
    "team",
    "priority_before",
    "priority",
    "vendor",
)
#: What must be equal, besides ticket, instant and sequence, for two events to be one event told twice.
_TOLD: Final = (*_CHANGES, "is_public_agent_reply", "actor")
#: Stands for "has none" while values are filled forward, so that no ticket takes a value of the ticket before it.
_NONE: Final = ""
#: A step that no export showed: a ticket that came back, as only a resolution that moved tells
#: (`metrics.tickets.repeated_snapshots`). In no other one after its first resolution is it without a status.
IS_UNSEEN_RETURN: Final = pl.col("status").is_null() & (pl.col("cycle_number") > 1)
#: What is counted of events, and of those that were told twice.
_TALLIED: Final = ("ticket", "occurred_at", "is_public_agent_reply")
#: What orders the events of a ticket at one instant: those without a sequence come last.
_IN_A_TIE: Final = ("event_sequence", "load_id", "row_number")


@dataclass(frozen=True, slots=True)
class TicketSteps:
    """The lives of some whole tickets.

    Attributes:
        steps: one row per step in order of ticket and time, steps of no length included. Columns: `ticket` (position
            of the ticket in the frame of tickets), `started_at`, `ended_at`, the columns of `STATE`, `is_first`,
            `is_last` (of its ticket), `cycle_number` (1, and one more for every reopening) and `earliest_at` (of the
            event that began it).
        tallies: one row per ticket with events: `ticket`, `event_count` (duplicates counted once),
            `duplicate_event_count` (of those that tell something), `first_reply_at` and `reply_count` (public replies
            by an agent).
    """

    steps: pl.DataFrame
    tallies: pl.DataFrame


def trace_steps(tickets: pl.DataFrame, events: pl.DataFrame, *, as_of: datetime) -> TicketSteps:
    """Order the events of whole tickets and say what each ticket's state was from when to when.

    - Events are ordered by instant, the source's sequence (those without one last), load, and row in the load.
      Events without an instant, or of a ticket that is not in `tickets`, are left out. Of events after `as_of` only
      what they say of the state before them counts, where nothing earlier says it.
    - A life begins at `created_at`, or at the first event if that is earlier or there is no `created_at`, and goes
      on to `as_of`. A ticket created after `as_of` has none.
    - An empty attribute of an event means unchanged. Before the first event that names an attribute, it is what that
      event says was before, else what it says is after; if no event names it, it is what the ticket itself says.
    - A category without a status means that which one is not known: no export shows it.
    - The category before the first status event is the one it says was before, else queued. An unmapped status keeps
      the category before it: a contract rule sets such tickets aside.
    - A ticket of whose life the events tell only from a row on that shows it done or cancelled already, and not what it
      was before, was so since the ticket's own `resolved_at` or `closed_at`, where that lies between its creation and
      this row. Repeated snapshots have dated it so themselves, as far as they believe it.
    - A ticket whose export is a snapshot without status events has no steps: what happened in between is not known.
      The same goes for one that is settled though no event told so.

    Args:
        tickets: rows of `stg_tickets`.
        events: rows of `stg_ticket_events`. A column `ticket`, the position of each event's ticket in `tickets`, saves
            looking its id up.

    Text may be encoded as `pl.Categorical`, which is faster, and comes out as it came in.
    """
    until = pl.lit(as_of, dtype=pl.Datetime("us", "UTC"))
    told = _locate(tickets, events, as_of)
    rows, copies = _order(told, _beginnings(tickets, as_of))
    states = _fill(settle_by_fields(rows, tickets)).filter(pl.col("started_at") <= until)
    is_past = pl.col("occurred_at") <= until
    return TicketSteps(_steps(states, as_of), _tally(told.filter(is_past), copies.filter(is_past)))


def _locate(tickets: pl.DataFrame, events: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The events of tickets that have begun, with `ticket`, the position of their ticket.

    Those after `as_of` too: the first one may be the only one to say how things stood before it.
    """
    until = pl.lit(as_of, dtype=pl.Datetime("us", "UTC"))
    if "ticket" not in events.columns:
        # Only the column of ids is joined: to join all columns would copy each of them.
        positions = tickets.select("ticket_id", ticket=pl.int_range(pl.len(), dtype=pl.UInt32))
        ticket = events.select("ticket_id").join(positions, on="ticket_id", how="left", maintain_order="left")["ticket"]
        events = events.with_columns(ticket)
    counts = events.select(pl.col("ticket").is_not_null() & pl.col("occurred_at").is_not_null()).to_series()
    is_born = tickets.select((pl.col("created_at") <= until) | pl.col("created_at").is_null()).to_series()
    if not is_born.all():
        counts &= is_born.gather(events["ticket"])
    return events if counts.all(ignore_nulls=False) else events.filter(counts)


def _beginnings(tickets: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """A row for each ticket that stands for its beginning and holds what the ticket says of itself."""
    until = pl.lit(as_of, dtype=pl.Datetime("us", "UTC"))
    return tickets.select(
        "status",
        "waiting_reason",
        "team",
        "priority",
        "vendor",
        pl.col("status_category").cast(CATEGORIES),
        ticket=pl.int_range(pl.len(), dtype=pl.UInt32),
        occurred_at=pl.col("created_at"),
        is_beginning=pl.lit(True),
        is_snapshot=pl.col("export_shape") == ExportShape.SNAPSHOT.value,
    ).filter((pl.col("occurred_at") <= until) | pl.col("occurred_at").is_null())


def _order(told: pl.DataFrame, beginnings: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events and beginnings in order, without events told twice; and what is counted of those left out.

    Ticket and instant are packed into one number, which sorts many times faster than columns do. Sequence, load, row
    and content are looked at only where it is the same.
    """
    changes = told.select(
        "ticket",
        "occurred_at",
        "earliest_at",
        *_CHANGES,
        pl.col("status_category").cast(CATEGORIES),
        pl.col("status_category_before").cast(CATEGORIES),
        is_beginning=pl.lit(False),
    )
    # In one piece, because rows are about to be picked from all over it.
    rows = pl.concat([changes, beginnings], how="diagonal", rechunk=True)
    key = rows.select(_sort_key(rows)).to_series()
    order = key.arg_sort()
    in_order = key.gather(order)
    follows = (in_order == in_order.shift(1)).fill_null(False)
    if not follows.any():
        return rows[order], told.select(*_TALLIED, is_duplicate=pl.lit(True)).clear()
    tie = pl.DataFrame(
        {
            "place": pl.int_range(len(order), dtype=pl.UInt32, eager=True),
            "row": order,
            "tie": (~follows).cast(pl.UInt32).cum_sum(),
        }
    ).filter(follows | follows.shift(-1, fill_value=False))
    settled = tie.with_columns(told[name].gather(tie["row"]) for name in (*_IN_A_TIE, *_TOLD))
    settled = settled.sort("tie", *_IN_A_TIE, "row", nulls_last=True)
    is_first = settled.select(pl.struct("tie", "event_sequence", *_TOLD).is_first_distinct()).to_series()
    order = order.scatter(tie["place"], settled["row"])
    # Rows that tell nothing, such as changes of fields that the contract does not read, only look alike.
    says_something = pl.any_horizontal(pl.col(*_CHANGES, "is_public_agent_reply").is_not_null())
    copied = settled.filter(~is_first).select("row", is_duplicate=says_something)
    copies = told.select(_TALLIED)[copied["row"]].with_columns(copied["is_duplicate"])
    is_copy = pl.repeat(False, len(order), eager=True).scatter(tie["place"].filter(~is_first), True)
    return rows[order.filter(~is_copy)], copies


def _sort_key(rows: pl.DataFrame) -> pl.Expr:
    """Ticket, then its beginning, then instant as one number: of 64 bits if they are enough, else of twice as many.

    64 bits hold 100,000 tickets over two years, to the microsecond.
    """
    bounds = rows.select(
        pl.col("occurred_at").to_physical().min().alias("first"),
        pl.col("occurred_at").to_physical().max().alias("last"),
        pl.col("ticket").max().alias("highest"),
    )
    first, last, highest = (0 if bound is None else int(bound) for bound in bounds.row(0))
    width = last - first + 2
    number = pl.Int64 if (highest + 1) * width < 1 << 63 else pl.Int128
    since = pl.when("is_beginning").then(0).otherwise(pl.col("occurred_at").to_physical() - first + 1)
    return pl.col("ticket").cast(number) * width + since


def _tally(told: pl.DataFrame, copies: pl.DataFrame) -> pl.DataFrame:
    reply_at = pl.when("is_public_agent_reply").then("occurred_at")
    counted = (
        told.lazy()
        .select("ticket", reply_at=reply_at)
        .group_by("ticket")
        .agg(
            event_count=pl.len().cast(pl.Int64),
            first_reply_at=pl.col("reply_at").min(),
            reply_count=pl.col("reply_at").count().cast(pl.Int64),
        )
    )
    copied = (
        copies.lazy()
        .group_by("ticket")
        .agg(
            copy_count=pl.len().cast(pl.Int64),
            duplicate_event_count=pl.col("is_duplicate").sum().cast(pl.Int64),
            duplicate_reply_count=pl.col("is_public_agent_reply").sum().cast(pl.Int64),
        )
    )
    duplicates = pl.col("copy_count", "duplicate_event_count", "duplicate_reply_count").fill_null(0)
    tallies = counted.join(copied, on="ticket", how="left").with_columns(duplicates)
    return (
        tallies.with_columns(
            event_count=pl.col("event_count") - pl.col("copy_count"),
            reply_count=pl.col("reply_count") - pl.col("duplicate_reply_count"),
        )
        .drop("copy_count", "duplicate_reply_count")
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
        earliest_at="earliest_at",
        status=pl.when(~begins | ~status_is_told).then("status").otherwise(status_at_first),
        status_category=pl.when(~begins | ~status_is_told).then("status_category").otherwise(category_at_first),
        waiting_reason=pl.when(~(begins & status_is_told)).then("waiting_reason"),
        team=_from_first_naming("team", "team_before"),
        priority=_from_first_naming("priority", "priority_before"),
        vendor=pl.when(begins & _next_is_of_ticket(~begins & pl.col("vendor").is_not_null()))
        .then(None)
        .otherwise("vendor"),
    )
    status = pl.col("status")
    is_without = ~pl.col("is_first") & pl.col("status_category").is_not_null() & status.is_null()
    # Asked for first, because filling costs much, and a log never has any.
    if begun.select(is_without.any()).item():
        status = pl.when(is_without).then(pl.lit(_NONE)).otherwise(status)
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
            for name in ("team", "priority", "vendor")
        ),
        pl.when("is_first").then(pl.col("status").fill_null(_NONE)).otherwise(status).alias("status"),
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

"""Staged tickets and their events as slices of whole tickets, their texts encoded: what keeps memory flat.

Events are read in passes over the staged table, each for as many tickets as fit in memory as small numbers, and are
handed out slice by slice. What is measured of a slice is in `metrics.tickets.facts`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import polars as pl

from metrics.tickets.steps import CATEGORIES
from models.ddl import polars_schema, qualified_name
from models.tickets import stg_ticket_events, stg_tickets
from pipelines.warehouse import Warehouse

#: Events that one slice holds, more or less: few enough for flat memory, enough that calls cost nothing beside rows.
SLICE_EVENTS: Final = 400_000
#: Events that one pass over the staged table holds, some 80 bytes each; of a longer history, a part: every pass looks
#: at the tickets of all events once more.
PASS_EVENTS: Final = 5_000_000
_MOST_PASSES: Final = 5
#: Rows that DuckDB hands over at once.
_BATCH_ROWS: Final = 500_000

#: Whether a ticket seems to be open. The facts of those that are will be replaced tomorrow: where they lie together, at
#: the end of their tables, the database writes little anew.
_IS_OPEN: Final = "coalesce(status_category NOT IN ('done', 'cancelled'), true)"

#: What of a staged ticket decides what is measured of it.
TICKET_COLUMNS: Final = (
    "ticket_id",
    "source",
    "export_shape",
    "created_at",
    "ticket_type",
    "status",
    "status_category",
    "waiting_reason",
    "priority",
    "team",
    "service",
    "vendor",
    "first_response_at",
    "resolved_at",
    "closed_at",
    "is_sla_met_at_source",
    "first_seen_at",
    "last_seen_at",
    "queued_until_at",
    "has_disappeared",
    "reopened_unseen_at",
)
#: What of a staged event does.
EVENT_COLUMNS: Final = (
    "occurred_at",
    "earliest_at",
    "event_sequence",
    "status_before",
    "status",
    "status_category",
    "status_category_before",
    "waiting_reason",
    "team_before",
    "team",
    "priority_before",
    "priority",
    "vendor",
    "is_public_agent_reply",
    "actor",
    "load_id",
    "row_number",
)


@dataclass(frozen=True, slots=True)
class TicketSlice:
    """Some whole tickets.

    Attributes:
        tickets: rows of `stg_tickets`, in the order of that table, after those of settled tickets those of open ones.
        events: all their rows of `stg_ticket_events`, with `ticket`, the position in `tickets`.
        quarantined: `ticket_id` of those that a contract rule set aside.
    """

    tickets: pl.DataFrame
    events: pl.DataFrame
    quarantined: pl.Series


def read_slices(
    warehouse: Warehouse,
    *,
    only: str | None = None,
    slice_events: int = SLICE_EVENTS,
    pass_events: int = PASS_EVENTS,
) -> Iterator[TicketSlice]:
    """All staged tickets with their events, slice by slice: settled tickets, then open ones, each in the order of
    `stg_tickets`.

    Args:
        only: name of a table with the `ticket_id` of those wanted; all if None.
        slice_events: events of a slice, on average.
        pass_events: events held in memory at once, on average; more where that would take many passes.
    """
    ticket_count = _number_tickets(warehouse, only)
    if not ticket_count:
        return
    event_count = warehouse.count(stg_ticket_events)
    events_a_ticket = max(event_count / max(warehouse.count(stg_tickets), 1), 1.0)
    slice_tickets = max(int(slice_events / events_a_ticket), 1)
    pass_events = max(pass_events, event_count // _MOST_PASSES)
    pass_tickets = max(int(pass_events / events_a_ticket) // slice_tickets, 1) * slice_tickets
    told = EVENT_COLUMNS if only else _told_columns(warehouse)
    for first in range(0, ticket_count, pass_tickets):
        end = min(first + pass_tickets, ticket_count)
        tickets = _read_tickets(warehouse, first, end)
        pieces = _read_events(warehouse, first, end, slice_tickets, told)
        for number in range(len(pieces)):
            events = _join_pieces(pieces[number])
            pieces[number] = []
            own = tickets.slice(number * slice_tickets, slice_tickets)
            set_aside = own.filter("is_quarantined")["ticket_id"]
            yield TicketSlice(own.drop("is_quarantined"), events, set_aside)
        # Before the next pass reads as much again.
        del tickets, own, events, set_aside


def _number_tickets(warehouse: Warehouse, only: str | None) -> int:
    """Give every wanted ticket its place, and say whether a rule set it aside. Returns how many there are."""
    wanted = f"WHERE ticket_id IN (SELECT ticket_id FROM {only})" if only else ""
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE numbered_tickets AS
        SELECT
            ticket_id,
            (row_number() OVER (ORDER BY {_IS_OPEN}, rowid) - 1)::UINTEGER AS ticket,
            ticket_id IN (
                SELECT record_id FROM ops.ops_quarantined_records
                WHERE table_name IN ('{stg_tickets.name}', '{stg_ticket_events.name}')
            ) AS is_quarantined
        FROM {qualified_name(stg_tickets)} {wanted}
        """
    )
    return int(warehouse.rows("SELECT count(*) FROM numbered_tickets")[0][0])


def _read_tickets(warehouse: Warehouse, first: int, end: int) -> pl.DataFrame:
    names = ", ".join(f"tickets.{name}" for name in TICKET_COLUMNS)
    tickets = warehouse.encoded_frame(
        f"""
        SELECT numbered.ticket, {names}, numbered.is_quarantined
        FROM {qualified_name(stg_tickets)} AS tickets JOIN numbered_tickets AS numbered USING (ticket_id)
        WHERE numbered.ticket >= {first} AND numbered.ticket < {end}
        """
    )
    # Put in order here: the database would sort whole rows of text.
    return _encode(tickets).sort("ticket").drop("ticket")


def _told_columns(warehouse: Warehouse) -> list[str]:
    """The columns of events that hold anything: a source that tells only what changed leaves many empty."""
    counts = ", ".join(f"count({name})" for name in EVENT_COLUMNS)
    found = warehouse.rows(f"SELECT {counts} FROM {qualified_name(stg_ticket_events)}")[0]
    return [name for name, count in zip(EVENT_COLUMNS, found, strict=True) if count]


def _read_events(
    warehouse: Warehouse, first: int, end: int, slice_tickets: int, told: Sequence[str]
) -> list[list[pl.DataFrame]]:
    """The events of a range of tickets: for each slice, the pieces that every batch had of it.

    Args:
        told: the columns to read.
    """
    names = ", ".join(f"events.{name}" for name in told)
    query = f"""
        SELECT (numbered.ticket - {first})::UINTEGER AS ticket, {names}
        FROM {qualified_name(stg_ticket_events)} AS events JOIN numbered_tickets AS numbered USING (ticket_id)
        WHERE numbered.ticket >= {first} AND numbered.ticket < {end}
        """
    # Each batch is taken out as it is cut, so that its memory is free again.
    batches = dict(enumerate(warehouse.batches_at_once(query, _BATCH_ROWS)))
    slice_count = -(-(end - first) // slice_tickets)
    borders = pl.int_range(slice_count + 1, dtype=pl.UInt32, eager=True)

    def cut(batch: int) -> list[tuple[int, pl.DataFrame]]:
        """One batch in pieces, with the numbers of their slices."""
        events = _encode(pl.DataFrame(batches.pop(batch)))
        slice_number = events["ticket"] // slice_tickets
        events = events.with_columns(pl.col("ticket") % slice_tickets)[slice_number.arg_sort()]
        offsets = slice_number.sort().search_sorted(borders, side="left").to_list()
        ranges = enumerate(pairwise(offsets))
        return [(number, events.slice(begin, end - begin)) for number, (begin, end) in ranges if end > begin]

    pieces: list[list[pl.DataFrame]] = [[] for _ in range(slice_count)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for cut_batch in pool.map(cut, list(batches)):
            for number, piece in cut_batch:
                pieces[number].append(piece)
    return pieces


def _join_pieces(pieces: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The events of a slice, with the columns that nothing was read of."""
    schema = polars_schema(stg_ticket_events)
    every = _encode(pl.DataFrame(schema={"ticket": pl.UInt32(), **{name: schema[name] for name in EVENT_COLUMNS}}))
    if not pieces:
        return every
    events = pl.concat(pieces, rechunk=True)
    return events.select(
        name if name in events.columns else pl.lit(None, dtype=type_).alias(name)
        for name, type_ in every.schema.items()
    )


def _encode(frame: pl.DataFrame) -> pl.DataFrame:
    """Texts as categories, which are compared and filled many times faster."""
    categories = [name for name in ("status_category", "status_category_before") if name in frame.columns]
    texts = [
        name
        for name, type_ in frame.schema.items()
        if type_ == pl.String and name not in categories and name != "ticket_id"
    ]
    return frame.with_columns(pl.col(categories).cast(CATEGORIES), pl.col(texts).cast(pl.Categorical))

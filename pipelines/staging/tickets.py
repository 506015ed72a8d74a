"""The canonical ticket tables from every ticket export: one row per ticket, one row per event.

Statuses get their category and dimensions their common names here, from policies. Intervals and durations are
computed in `metrics.tickets.clocks`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

import polars as pl
from sqlalchemy import Table

from models.ddl import conform_encoded, polars_schema
from models.enumerations import categorise_texts, spell_out
from models.ops import ops_value_problems
from models.tickets import stg_ticket_events, stg_tickets
from models.vocabulary import ExportShape
from pipelines.policies.loading import Policies
from pipelines.staging.dimensions import apply_aliases
from pipelines.staging.mapping import PROVENANCE, StagedPart
from pipelines.staging.row_order import ROW_ORDER, in_order

#: Rows whose texts are spelled out at once: a history may have millions.
_SLICE_ROWS: Final = 250_000


def assemble_events(
    parts: Sequence[StagedPart], policies: Policies, compared: pl.DataFrame | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All events of all exports, and the value problems that only show here (unmapped statuses).

    An event without ticket or instant cannot be placed in a ticket's life; it stays in the raw table, and its value
    problem sets the ticket aside.

    Args:
        compared: events that repeated snapshots tell. Where an event log tells the statuses of a ticket, they tell
            nothing new, and nothing as exactly.

    Returns:
        Rows of `stg_ticket_events`, texts with few values as categories; and rows of `ops_value_problems`.
    """

    def interpret(events: pl.DataFrame) -> pl.DataFrame:
        events = apply_aliases(events, policies.dimensions)
        events = categorise(events, policies, "status", "status_category", "waiting_reason")
        return categorise(events, policies, "status_before", "status_category_before", None)

    frames = [_events_of(part) for part in parts]
    events = pl.concat([_encoded(polars_schema(stg_ticket_events).to_frame(), stg_ticket_events), *frames])
    events = _in_slices(events, stg_ticket_events, interpret)
    problems = pl.concat([_unmapped(part, events) for part in parts]) if parts else no_problems()
    if compared is not None and not compared.is_empty():
        logged = events.filter(pl.col("status").is_not_null())
        new = compared.join(logged, on="ticket_id", how="anti", maintain_order="left")
        events = pl.concat([events, _encoded(new, stg_ticket_events)])
    return events, problems


def assemble_tickets(
    parts: Sequence[StagedPart],
    event_parts: Sequence[StagedPart],
    policies: Policies,
    compared: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per ticket: each attribute as the latest row that has one says it.

    Rows are in the order of the contracts' ids and their objects; then of the updates that they are, if they are any
    (see `pipelines.staging.row_order`); then of the files, the later one last, and of the file itself. A ticket known
    only by its events gets a row too.

    Args:
        compared: tickets that repeated snapshots tell, one row each. Of those whose statuses an event log tells, it is
            the log that tells of reopenings, and of what became of those that an export leaves out.

    Returns:
        Rows of `stg_tickets`, texts with few values as categories; and rows of `ops_value_problems`.
    """

    def interpret(tickets: pl.DataFrame) -> pl.DataFrame:
        tickets = apply_aliases(tickets, policies.dimensions)
        return categorise(tickets, policies, "status", "status_category", "waiting_reason")

    frames = [(part.contract.id, part.item.name, part.frame) for part in parts]
    frames += [] if compared is None else _by_object(_leave_to_logs(compared, event_parts))
    frames += [
        (part.contract.id, part.item.name, _implied_by(part)) for part in event_parts if not _feeds_tickets(part, parts)
    ]
    none = polars_schema(stg_tickets).to_frame()
    told = [none, *(frame for *_, frame in sorted(frames, key=lambda told: told[:2]))]
    rows = pl.concat([in_order(number, _encoded(frame, stg_tickets), frame) for number, frame in enumerate(told)])
    tickets = latest_values(rows.filter(pl.col("ticket_id").is_not_null()), ROW_ORDER).drop(ROW_ORDER)
    tickets = _in_slices(tickets, stg_tickets, interpret)
    problems = [_unmapped(part, tickets) for part in parts if "status" in part.frame.columns]
    problems += [_created_otherwise(part) for part in parts if "created_at" in part.frame.columns]
    return tickets, pl.concat(problems) if problems else no_problems()


def _leave_to_logs(compared: pl.DataFrame, event_parts: Sequence[StagedPart]) -> pl.DataFrame:
    """Tickets that repeated snapshots tell, without doubts about what an event log tells of them."""
    doubted = compared.filter(pl.col("reopened_unseen_at").is_not_null() | pl.col("has_disappeared"))["ticket_id"]
    if doubted.is_empty():
        return compared
    logs = [part.frame for part in event_parts if "status" in part.frame.columns]
    told = [log.filter(pl.col("status").is_not_null())["ticket_id"].cast(pl.String) for log in logs]
    logged = pl.concat([doubted.clear(), *(ids.filter(ids.is_in(doubted.implode())) for ids in told)])
    is_logged = pl.col("ticket_id").is_in(logged.implode())
    return compared.with_columns(
        pl.when(~is_logged).then(name).alias(name) for name in ("reopened_unseen_at", "has_disappeared")
    )


def _by_object(compared: pl.DataFrame) -> list[tuple[str, str, pl.DataFrame]]:
    """Tickets that repeated snapshots tell, with contract and object."""
    place = pl.col("load_id").cast(pl.String).str.splitn("/", 3)
    told = compared.with_columns(
        place.struct.field("field_0").alias("contract of the ticket"),
        place.struct.field("field_1").alias("object of the ticket"),
    )
    keys = ("contract of the ticket", "object of the ticket")
    return [(str(a), str(b), rows) for (a, b), rows in told.partition_by(keys, include_key=False, as_dict=True).items()]


def _encoded(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The frame with exactly the table's columns, texts with few values as categories."""
    return categorise_texts(conform_encoded(frame, table), table)


def _in_slices(frame: pl.DataFrame, table: Table, interpret: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """What becomes of rows by a function that reads plain text, which is given some of them at a time."""
    slices = [frame.clear(), *frame.iter_slices(_SLICE_ROWS)]
    return pl.concat([_encoded(interpret(spell_out(rows)), table) for rows in slices])


def _events_of(part: StagedPart) -> pl.DataFrame:
    events = _encoded(part.frame, stg_ticket_events)
    return events.filter(pl.col("ticket_id").is_not_null() & pl.col("occurred_at").is_not_null())


def _implied_by(part: StagedPart) -> pl.DataFrame:
    frame = part.frame.with_columns(pl.lit(ExportShape.EVENT_LOG.value).alias("export_shape"))
    columns = ["ticket_id", "source", "export_shape", *PROVENANCE]
    return _encoded(frame.select(columns).unique("ticket_id", keep="first", maintain_order=True), stg_tickets)


def _feeds_tickets(part: StagedPart, ticket_parts: Sequence[StagedPart]) -> bool:
    return any(other.contract.id == part.contract.id for other in ticket_parts)


def latest_values(rows: pl.DataFrame, order: Sequence[str] = ()) -> pl.DataFrame:
    """Per ticket, the last value of each column that is not empty.

    Args:
        order: columns that say which row is the later one; if none do, it is the one that stands later.
    """
    attributes = [name for name in rows.columns if name != "ticket_id"]
    ordered = rows.sort("ticket_id", *order, maintain_order=True)
    is_last = pl.col("ticket_id").ne_missing(pl.col("ticket_id").shift(-1))
    is_first = pl.col("ticket_id").ne_missing(pl.col("ticket_id").shift(1))
    # Filling forward within a ticket: a running count of the ticket's rows says how far back a value may lie, which
    # is far cheaper than a window over each ticket.
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    ordered = ordered.with_columns(pl.when(is_first).then(row).forward_fill().alias("first_row"))
    filled = [
        pl.when(pl.when(pl.col(name).is_not_null()).then(row).forward_fill() >= pl.col("first_row"))
        .then(pl.col(name).forward_fill())
        .alias(name)
        for name in attributes
    ]
    return ordered.with_columns(filled).filter(is_last).drop("first_row")


def sources_with_creations(parts: Sequence[StagedPart], compared: pl.DataFrame | None = None) -> frozenset[str]:
    """The sources of which any row tells when its ticket was created.

    Args:
        parts: what exports contribute to tickets.
        compared: tickets that repeated snapshots tell.
    """
    frames = [part.frame for part in parts if {"ticket_id", "created_at"} <= set(part.frame.columns)]
    frames += [] if compared is None else [compared]
    told = [frame.filter(pl.col("ticket_id").is_not_null() & pl.col("created_at").is_not_null()) for frame in frames]
    return frozenset(str(source) for frame in told for source in frame["source"].unique().drop_nulls())


def begin_with_events(tickets: pl.DataFrame, events: pl.DataFrame, creation_sources: Collection[str]) -> pl.DataFrame:
    """The tickets, those of sources that tell no creations with their first event in its place.

    Args:
        tickets: rows of `stg_tickets`.
        events: all rows of `stg_ticket_events` of them.
        creation_sources: see `sources_with_creations`; of all tickets, where these are some of them.
    """
    if events.is_empty() or not tickets["created_at"].has_nulls():
        return tickets
    first = events.group_by("ticket_id").agg(pl.col("occurred_at").min().alias("first_event_at"))
    joined = tickets.join(first, on="ticket_id", how="left")
    # Comparing snapshots has found out already when tickets were created, as far as it can be known.
    has_no_creations = ~pl.col("source").cast(pl.String).is_in(sorted(creation_sources))
    filled = pl.when(has_no_creations & pl.col("first_seen_at").is_null()).then("first_event_at")
    return joined.with_columns(filled.otherwise("created_at").alias("created_at")).drop("first_event_at")


def categorise(frame: pl.DataFrame, policies: Policies, status: str, category: str, reason: str | None) -> pl.DataFrame:
    """Give every status its category, matching source and status without regard to case and outer blanks."""
    mapping = pl.DataFrame(
        [
            {
                "source": source,
                "_status": name.strip().casefold(),
                category: meaning.category.value,
                "_reason": meaning.reason,
            }
            for source, statuses in policies.statuses.items()
            for name, meaning in statuses.items()
        ],
        schema={"source": pl.String, "_status": pl.String, category: pl.String, "_reason": pl.String},
    )
    keyed = frame.drop(category, *([reason] if reason else []))
    keyed = keyed.with_columns(pl.col(status).str.strip_chars().str.to_lowercase().alias("_status"))
    joined = keyed.join(mapping, on=["source", "_status"], how="left", maintain_order="left")
    return joined.rename({"_reason": reason}).drop("_status") if reason else joined.drop("_status", "_reason")


def _unmapped(part: StagedPart, categorised: pl.DataFrame) -> pl.DataFrame:
    """A value problem for each row of a part whose status no policy maps."""
    table = "tickets" if "status_category_before" not in categorised.columns else "ticket_events"
    column = next(
        (
            column.name
            for column in part.item.columns
            for feed in column.feeds
            if (feed.table, feed.column) == (table, "status")
        ),
        None,
    )
    if column is None:
        return no_problems()
    rows = categorised.filter(
        pl.col("status").is_not_null()
        & pl.col("status_category").is_null()
        & pl.col("load_id").cast(pl.String).str.starts_with(f"{part.contract.id}/{part.item.name}/")
    )
    return spell_out(rows).select(
        "load_id",
        "row_number",
        pl.lit(column).alias("column_name"),
        pl.lit(f"{table}.status").alias("canonical_column"),
        pl.lit("unmapped_status").alias("problem"),
        pl.col("ticket_id").alias("record_id"),
    )


def _created_otherwise(part: StagedPart) -> pl.DataFrame:
    """A value problem for each ticket of which a later file tells another creation than the first that tells any."""
    told = (
        part.frame.lazy()
        .with_columns(pl.col("load_id").cast(pl.String))
        .filter(pl.col("ticket_id").is_not_null() & pl.col("created_at").is_not_null())
        .group_by("ticket_id", "load_id", maintain_order=True)
        .agg(pl.col("created_at").min(), pl.col("row_number").min())
        .filter(pl.col("created_at").n_unique().over("ticket_id") > 1)
        .filter(pl.col("load_id") == pl.col("load_id").last().over("ticket_id"))
        .collect()
    )
    column = next(
        (
            column.name
            for column in part.item.columns
            for feed in column.feeds
            if (feed.table, feed.column) == ("tickets", "created_at")
        ),
        None,
    )
    if column is None:
        return no_problems()
    return told.select(
        "load_id",
        "row_number",
        pl.lit(column).alias("column_name"),
        pl.lit("tickets.created_at").alias("canonical_column"),
        pl.lit("differs_between_files").alias("problem"),
        pl.col("ticket_id").alias("record_id"),
    )


def no_problems() -> pl.DataFrame:
    """No rows of `ops_value_problems`, without domain and what is known by the load."""
    schema = polars_schema(ops_value_problems)
    columns = ("load_id", "row_number", "column_name", "canonical_column", "problem", "record_id")
    return pl.Schema({name: schema[name] for name in columns}).to_frame()

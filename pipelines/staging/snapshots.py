"""Repeated snapshots into tickets and events: the rows that tell something new, typed, named and compared.

Which rows these are is found out in `pipelines.staging.sightings`; what their differences mean is said in
`metrics.tickets.repeated_snapshots`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from data_contracts.snapshot_settings import INSTANT_COLUMN
from data_contracts.spec import ExportContract
from metrics.tickets.repeated_snapshots import Comparison, compare_snapshots
from models.ddl import conform, polars_schema, quote_identifier
from models.tickets import stg_ticket_events, stg_tickets
from pipelines.landing.raw_rows import placed_rows
from pipelines.policies.loading import Policies
from pipelines.staging.dimensions import apply_aliases
from pipelines.staging.mapping import fed_tables, leave_out_ignored, needed_columns, stage_object
from pipelines.staging.sightings import PLACE, Sightings, SnapshotObject, find_sightings, is_in_future
from pipelines.staging.tickets import categorise, latest_values, no_problems
from pipelines.warehouse import Warehouse

#: Columns that a contract may feed in either table; what is compared is what stands in the event's.
_STATE: Final = ("ticket_id", "status", "team", "priority", "vendor")
#: Where a contract feeds both, the tickets' columns are the ground on which the events' stand.
_TABLES: Final = ("tickets", "ticket_events")
_LANDED: Final = ("_load_id", "_row_number", "_row_hash")
#: What the comparison alone can say of a ticket.
_COMPARED: Final = (
    "created_at", "first_response_at", "resolved_at", "closed_at",
    "first_seen_at", "last_seen_at", "queued_until_at", "has_disappeared", "reopened_unseen_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SnapshotHistory:
    """What all repeated snapshots tell.

    Attributes:
        events: rows of `stg_ticket_events`, with categories and common names.
        tickets: rows of `stg_tickets`, one per ticket, statuses and dimensions still in the source's words.
        problems: rows of `ops_value_problems` without domain.
    """

    events: pl.DataFrame
    tickets: pl.DataFrame
    problems: pl.DataFrame


def read_snapshot_history(
    warehouse: Warehouse, contracts: Iterable[ExportContract], policies: Policies
) -> SnapshotHistory:
    """Compare all repeated snapshots of some contracts.

    Tickets are compared over all exports of their source, so that one which moves from an export to another goes on.
    """
    found = find_sightings(warehouse, contracts)
    if found is None:
        empty = polars_schema(stg_ticket_events).to_frame(), polars_schema(stg_tickets).to_frame()
        return SnapshotHistory(*empty, no_problems())
    staged = [_stage(warehouse, found, position) for position in range(len(found.objects))]
    read = pl.concat([rows for rows, _ in staged])
    rows = read.filter(pl.all_horizontal(pl.col("ticket_id", "snapshot_at").is_not_null()) & ~is_in_future())
    named = apply_aliases(rows, policies.dimensions)
    named = categorise(named, policies, "status", "status_category", "waiting_reason")
    comparison = compare_snapshots(named, found.exports)
    is_unmapped = pl.col("status").is_not_null() & pl.col("status_category").is_null()
    problems = [
        *(problems for _, problems in staged),
        _problems(found.objects, read.filter(is_in_future()), INSTANT_COLUMN, "in_future"),
        _problems(found.objects, named.filter(is_unmapped), "tickets.status", "unmapped_status"),
        *(
            _problems(found.objects, doubts, f"tickets.{field}", problem)
            for (field, problem), doubts in comparison.doubts.group_by("field", "problem", maintain_order=True)
        ),
    ]
    return SnapshotHistory(_events(comparison, rows), _tickets(comparison, rows), pl.concat(problems))


def _stage(warehouse: Warehouse, found: Sightings, position: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The kept rows of one object, typed, and what could not be used of them.

    Columns are those of `stg_tickets`, `actor`, and what a comparison needs besides.
    """
    each = found.objects[position]
    raw = leave_out_ignored(_read_rows(warehouse, each, found.kept.filter(pl.col("object") == position)), each.item)
    fed = fed_tables(each.item)
    parts = {name: stage_object(raw, each.contract, each.item, name) for name in _TABLES if name in fed}
    shape = pl.lit(each.item.shape.value).alias("export_shape")
    rows = conform(next(iter(parts.values())).frame.with_columns(shape), stg_tickets)
    actor: pl.Series | pl.Expr = pl.lit(None, pl.String).alias("actor")
    if "ticket_events" in parts:
        events = conform(parts["ticket_events"].frame, stg_ticket_events)
        rows = rows.with_columns(events[name].zip_with(events[name].is_not_null(), rows[name]) for name in _STATE)
        actor = events["actor"]
    rows = rows.with_columns(
        pl.lit(each.export).alias("export"),
        actor,
        *(raw[f"_{name}"].cast(type_).alias(name) for name, type_ in PLACE.items()),
    )
    return rows, pl.concat([part.problems for part in parts.values()])


def _read_rows(warehouse: Warehouse, each: SnapshotObject, kept: pl.DataFrame) -> pl.DataFrame:
    names = [f"raw.{quote_identifier(name)}" for name in (*needed_columns(each.item), *_LANDED)]
    places = [f"kept.{name} AS _{name}" for name in PLACE]
    query = f"""
        SELECT {", ".join([*names, *places])}
        FROM {placed_rows(warehouse, each.item)} AS raw
        JOIN kept_rows AS kept ON kept.row = raw._row
        ORDER BY raw._row
    """
    return warehouse.frame(query, {"kept_rows": kept})


def _events(comparison: Comparison, rows: pl.DataFrame) -> pl.DataFrame:
    said = rows.select("load_id", "row_number", "source", "actor")
    events = comparison.events.join(said, on=["load_id", "row_number"], how="left", maintain_order="left")
    return conform(events, stg_ticket_events)


def _tickets(comparison: Comparison, rows: pl.DataFrame) -> pl.DataFrame:
    latest = latest_values(rows, ("snapshot_at", "load", "row_number")).drop(_COMPARED)
    known = comparison.tickets.select("ticket_id", *_COMPARED)
    return conform(latest.join(known, on="ticket_id", how="left", maintain_order="left"), stg_tickets)


def _problems(objects: Sequence[SnapshotObject], rows: pl.DataFrame, target: str, problem: str) -> pl.DataFrame:
    """A value problem for each row, under the raw column that feeds the canonical one."""
    _, _, name = target.partition(".")
    frames = [no_problems()]
    for each in objects:
        own = rows.filter(pl.col("load_id").str.starts_with(f"{each.export}/"))
        column = each.column_feeding(target, f"ticket_events.{name}")
        frames.append(
            own.select(
                "load_id",
                "row_number",
                column_name=pl.lit(column),
                canonical_column=pl.lit(target),
                problem=pl.lit(problem),
                record_id="ticket_id",
            )
        )
    return pl.concat(frames)

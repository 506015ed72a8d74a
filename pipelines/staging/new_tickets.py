"""Which raw rows have to be staged again when files came: those of the tickets that the new files tell of.

What is staged of a ticket depends on all raw rows that tell of it and on no other, so a daily run types the rows of
some thousand tickets in the place of a whole history. Where that is not certain, `find_new_tickets` finds nothing and
everything is staged: after a change of code, contracts or policies, when a load was replaced, at the first load of an
export, where exports are compared (repeated snapshots, two contracts with one source, cases of several rows) or bring
totals, and where so much is new that it would cost more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import polars as pl

from data_contracts.spec import ExportColumn, ExportContract, ExportObject
from models.ddl import polars_schema, qualified_name, quote_text
from models.ops import ops_ticket_stagings
from models.vocabulary import Domain
from pipelines.landing.loads import active_loads, raw_table_name
from pipelines.session import Session
from pipelines.staging.mapping import fed_tables, needed_columns, stage_rows
from pipelines.staging.sightings import is_repeated
from pipelines.warehouse import Warehouse

#: Canonical tables whose rows belong to a ticket.
_TABLES: Final = ("tickets", "ticket_events")
#: Raw rows whose keys are read at once.
_BATCH_ROWS: Final = 500_000
#: Staging everything is cheaper than staging more than one row in so many apart.
_MOST_NEW: Final = 10
_KEYS: Final = pl.Schema({"row": pl.Int64, "ticket_id": pl.String})


@dataclass(frozen=True, slots=True)
class NewTickets:
    """The tickets that new loads tell of, and where all that is told of them lies.

    Attributes:
        contracts: by which the new loads were read.
        ticket_ids: each once.
        rows: raw table -> `rowid` of its rows that tell of these tickets, in ascending order; of new loads also those
            that name no ticket.
        creation_sources: sources that told creations when everything was staged last.
    """

    contracts: tuple[ExportContract, ...]
    ticket_ids: pl.Series
    rows: Mapping[str, pl.Series]
    creation_sources: frozenset[str]


def find_new_tickets(session: Session, contracts: Sequence[ExportContract], *, rules_hash: str) -> NewTickets | None:
    """What to stage again; None where everything is to be staged.

    Args:
        rules_hash: of all that decides what is staged of a raw row.
    """
    warehouse = session.warehouse
    known = None if session.is_full else _last_staging(warehouse, rules_hash)
    if known is None:
        return None
    staged, creation_sources = known
    active = {load_id for contract in contracts for load_id, _ in active_loads(warehouse, contract.id)}
    new = active - staged
    told_by = [contract for contract in contracts if any(load_id.startswith(f"{contract.id}/") for load_id in new)]
    only_adds = staged <= active and {_object_of(load_id) for load_id in new} <= {_object_of(load) for load in staged}
    if not (new and only_adds and _are_apart(told_by, contracts) and _are_few(warehouse, new, told_by)):
        return None
    objects = [(contract, item) for contract in told_by for item in contract.objects]
    named = ", ".join(map(quote_text, sorted(new)))
    told = {item.raw_table: _keys(warehouse, contract, item, f"_load_id IN ({named})") for contract, item in objects}
    ticket_ids = pl.concat([keys["ticket_id"] for keys in told.values()]).drop_nulls().unique().sort()
    rows = {}
    for contract, item in objects:
        before = _keys(warehouse, contract, item, f"_load_id NOT IN ({named})", of=ticket_ids)
        rows[item.raw_table] = pl.concat([before["row"], told[item.raw_table]["row"]]).unique().sort()
    return NewTickets(tuple(told_by), ticket_ids, rows, creation_sources)


def remember_staging(
    session: Session, contracts: Sequence[ExportContract], *, rules_hash: str, creation_sources: Collection[str]
) -> None:
    """Note with what all tickets are staged by now. Call in the transaction that staged them.

    Args:
        creation_sources: sources that tell when tickets were created.
    """
    loads = [load_id for contract in contracts for load_id, _ in active_loads(session.warehouse, contract.id)]
    record = {
        "rules_hash": rules_hash,
        "load_ids": json.dumps(sorted(loads)),
        "creation_sources": json.dumps(sorted(creation_sources)),
        "staged_at": datetime.now(UTC),
        "run_id": session.run_id,
    }
    schema = polars_schema(ops_ticket_stagings)
    session.warehouse.replace(ops_ticket_stagings, pl.DataFrame([record], schema=schema))


def _last_staging(warehouse: Warehouse, rules_hash: str) -> tuple[set[str], frozenset[str]] | None:
    """The loads that the staged tickets come from and the sources that told creations, if by the same rules."""
    # Tables that another run has written since, such as one of an older version, are not those that are remembered.
    found = warehouse.rows(
        f"""
        SELECT staged.load_ids, staged.creation_sources
        FROM {qualified_name(ops_ticket_stagings)} AS staged
        JOIN ops.ops_steps AS steps ON steps.asset = 'stage_{Domain.TICKETS.value}' AND steps.run_id = staged.run_id
        WHERE staged.rules_hash = ?
        """,
        [rules_hash],
    )
    return (set(json.loads(found[0][0])), frozenset(json.loads(found[0][1]))) if found else None


def _are_apart(told_by: Iterable[ExportContract], contracts: Sequence[ExportContract]) -> bool:
    """Whether what is staged of a ticket of some contracts depends on its own rows alone."""
    sources = Counter(contract.source for contract in contracts)
    return all(
        sources[contract.source] == 1 and item.cases is None and not item.control_totals and not is_repeated(item)
        for contract in told_by
        for item in contract.objects
    )


def _are_few(warehouse: Warehouse, new: Collection[str], told_by: Iterable[ExportContract]) -> bool:
    counts = dict(warehouse.rows("SELECT load_id, row_count FROM ops.ops_loads"))
    active = [load_id for contract in told_by for load_id, _ in active_loads(warehouse, contract.id)]
    return sum(counts[load_id] for load_id in new) * _MOST_NEW <= sum(counts[load_id] for load_id in active)


def _object_of(load_id: str) -> str:
    """Contract and schema object of a load."""
    return "/".join(load_id.split("/")[:2])


def _keys(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, where: str, *, of: pl.Series | None = None
) -> pl.DataFrame:
    """Where raw rows lie, and the ticket that each tells of: of all, or of those that tell of some tickets."""
    is_wanted = pl.lit(True) if of is None else pl.col("ticket_id").is_in(of.implode())
    found = [keys.filter(is_wanted) for keys in _read_keys(warehouse, contract, item, where)]
    return pl.concat([_KEYS.to_frame(), *found])


def _read_keys(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, where: str
) -> Iterator[pl.DataFrame]:
    # Typed as all rows are, so that what is the same ticket there is here, too.
    keyed = _keys_alone(item)
    names = ", ".join(f'"{name}"' for name in needed_columns(keyed))
    query = f"""
        SELECT {names}, '' AS _load_id, rowid AS _row_number, '' AS _row_hash
        FROM {raw_table_name(item)} WHERE {where}
    """
    tables = [name for name in fed_tables(keyed) if name in _TABLES]
    for batch in warehouse.batches(query, _BATCH_ROWS):
        for name in tables:
            frame = stage_rows(batch, contract, keyed, name).frame
            yield frame.select(pl.col("row_number").alias("row"), "ticket_id")
        # Rows that are left out here, having no key, tell of no ticket; they are read with their load.
        yield batch.select(pl.col("_row_number").alias("row"), pl.lit(None, pl.String).alias("ticket_id"))


def _keys_alone(item: ExportObject) -> ExportObject:
    """The object with what says to which ticket a row belongs, and nothing else."""
    keyed = [_feeding_keys(column) for column in item.columns]
    asked = {name for column in keyed for feed in column.feeds for name in feed.when}
    columns = tuple(column for column in keyed if column.feeds or column.name in asked)
    return replace(item, columns=columns, constants={}, ignore_rows=())


def _feeding_keys(column: ExportColumn) -> ExportColumn:
    feeds = tuple(feed for feed in column.feeds if feed.table in _TABLES and feed.column == "ticket_id")
    return replace(column, feeds=feeds)

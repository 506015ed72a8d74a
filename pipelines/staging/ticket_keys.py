"""Which ticket each raw row tells of, read without typing anything else of the row.

By it the rows of some tickets can be staged apart from all others: of those that new files tell of
(`pipelines.staging.new_tickets`), or of one slice of all tickets after the other (`slice_tickets`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from data_contracts.spec import ExportColumn, ExportContract, ExportObject
from models.ddl import quote_identifier
from pipelines.landing.raw_rows import placed_rows
from pipelines.staging.mapping import fed_tables, needed_columns, stage_rows
from pipelines.staging.sightings import is_repeated
from pipelines.warehouse import Warehouse

#: Canonical tables whose rows belong to a ticket.
_TABLES: Final = ("tickets", "ticket_events")
#: Raw rows whose keys are read at once.
_BATCH_ROWS: Final = 500_000
_KEYS: Final = pl.Schema({"row": pl.Int64, "ticket_id": pl.String})


def are_apart(some: Iterable[ExportContract], contracts: Sequence[ExportContract]) -> bool:
    """Whether what is staged of a ticket of some contracts depends on its own rows alone, and each row tells of one.

    It does not where exports are compared (repeated snapshots, two contracts with one source), where several rows tell
    of one line, and where files bring totals.
    """
    # Tickets of the source "desk" and those of "desk:2" may be called the same.
    sources = Counter(contract.source.partition(":")[0] for contract in contracts)
    return all(
        sources[contract.source.partition(":")[0]] == 1
        and item.cases is None
        and not item.control_totals
        and not is_repeated(item)
        and len({columns for columns in _key_columns(item) if columns}) == 1
        for contract in some
        for item in contract.objects
    )


def find_keys(
    warehouse: Warehouse,
    contract: ExportContract,
    item: ExportObject,
    where: str = "true",
    *,
    of: pl.Series | None = None,
) -> pl.DataFrame:
    """Where raw rows lie, and the ticket that each tells of: `row` (see `placed_rows`) and `ticket_id`.

    Args:
        where: SQL condition on the rows of the raw table.
        of: tickets, of which alone rows are wanted; without it, also those that name no ticket.
    """
    is_wanted = pl.lit(True) if of is None else pl.col("ticket_id").is_in(of.implode())
    found = [keys.filter(is_wanted) for keys in _read_keys(warehouse, contract, item, where)]
    return pl.concat([_KEYS.to_frame(), *found])


def slice_tickets(
    warehouse: Warehouse, contracts: Sequence[ExportContract], count: int
) -> Iterator[Mapping[str, pl.Series]]:
    """So many parts of all raw rows of some contracts, each with all that is told of its tickets.

    Contracts must be apart.

    Yields:
        raw table -> places of its rows in ascending order. Rows that name no ticket are in one of the parts.
    """
    sliced = {}
    for contract in contracts:
        for item in contract.objects:
            part = (pl.col("ticket_id").hash() % count).cast(pl.UInt16)
            keys = [keys.select("row", part=part) for keys in _read_keys(warehouse, contract, item, "true")]
            empty = pl.Schema({"row": pl.Int64, "part": pl.UInt16}).to_frame()
            sliced[item.raw_table] = pl.concat([empty, *keys])
    for number in range(count):
        yield {name: keys.filter(pl.col("part") == number)["row"] for name, keys in sliced.items()}


def _read_keys(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, where: str
) -> Iterator[pl.DataFrame]:
    # Typed as all rows are, so that what is the same ticket there is here, too.
    keyed = _keys_alone(item)
    names = ", ".join(map(quote_identifier, needed_columns(keyed)))
    query = f"""
        SELECT {names}, '' AS _load_id, _row AS _row_number, '' AS _row_hash
        FROM {placed_rows(warehouse, item)} WHERE {where}
    """
    tables = [name for name in fed_tables(keyed) if name in _TABLES]
    for batch in warehouse.batches(query, _BATCH_ROWS):
        told = [stage_rows(batch, contract, keyed, name).frame for name in tables]
        ids = pl.coalesce(frame["ticket_id"] for frame in told).alias("ticket_id")
        # Rows without a key are left out of what is staged, as blank ones.
        rows = batch.select(pl.col("_row_number").alias("row"))
        yield rows.join(
            told[0].select(pl.col("row_number").alias("row"), ids), on="row", how="left", maintain_order="left"
        )


def _keys_alone(item: ExportObject) -> ExportObject:
    """The object with what says to which ticket a row belongs, and nothing else."""
    keyed = [_feeding_keys(column) for column in item.columns]
    asked = {name for column in keyed for feed in column.feeds for name in feed.when}
    columns = tuple(column for column in keyed if column.feeds or column.name in asked)
    return replace(item, columns=columns, constants={}, ignore_rows=())


def _feeding_keys(column: ExportColumn) -> ExportColumn:
    feeds = tuple(feed for feed in column.feeds if feed.table in _TABLES and feed.column == "ticket_id")
    return replace(column, feeds=feeds)


def _key_columns(item: ExportObject) -> list[tuple[str, ...]]:
    """The raw columns that name the ticket, for each canonical table; none where the object does not feed it."""
    return [
        tuple(
            column.name for column in item.columns if any(feed.target == f"{table}.ticket_id" for feed in column.feeds)
        )
        for table in _TABLES
    ]

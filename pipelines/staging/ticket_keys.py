"""Which ticket each raw row tells of, read without typing anything else of the row.

By it the rows of some tickets can be staged apart from all others (`pipelines.staging.chosen_rows`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from data_contracts.spec import ExportColumn, ExportContract, ExportObject, Feed
from models.ddl import quote_identifier
from pipelines.landing.raw_rows import placed_rows
from pipelines.readers.values import PADDING
from pipelines.staging.mapping import fed_tables, needed_columns, stage_rows
from pipelines.staging.sightings import is_repeated
from pipelines.warehouse import Warehouse

#: Canonical tables whose rows belong to a ticket.
_TABLES: Final = ("tickets", "ticket_events")
#: Raw rows whose keys are read at once.
_BATCH_ROWS: Final = 500_000


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


def read_keys(warehouse: Warehouse, contract: ExportContract, item: ExportObject, where: str) -> Iterator[pl.DataFrame]:
    """Where raw rows lie, and the ticket that each tells of, in batches.

    Yields:
        `row` (see `placed_rows`) and `ticket_id`, which is empty where a row names none.

    Args:
        where: SQL condition on the rows of the raw table.
    """
    names = ", ".join(map(quote_identifier, needed_columns(_keys_alone(item))))
    query = f"""
        SELECT {names}, _row, '' AS _load_id, '' AS _row_hash FROM {placed_rows(warehouse, item)} WHERE {where}
    """
    for batch in warehouse.batches(query, _BATCH_ROWS):
        yield pl.DataFrame({"row": batch["_row"], "ticket_id": type_keys(batch, contract, item)})


def type_keys(raw: pl.DataFrame, contract: ExportContract, item: ExportObject) -> pl.Series:
    """The ticket that each of some raw rows tells of, in their order.

    Args:
        raw: with the columns that staging reads, `_load_id` and `_row_hash`, and the rows' places as `_row`.
    """
    # Typed as all rows are, so that what is the same ticket there is here, too.
    keyed = _keys_alone(item)
    placed = raw.with_columns(pl.col("_row").alias("_row_number"))
    tables = [name for name in fed_tables(keyed) if name in _TABLES]
    told = [stage_rows(placed, contract, keyed, name).frame for name in tables]
    ids = told[0].select(pl.col("row_number").alias("_row"), pl.coalesce(frame["ticket_id"] for frame in told))
    # Rows without a key are left out of what is staged, as blank ones.
    return raw.select("_row").join(ids, on="_row", how="left", maintain_order="left")["ticket_id"]


def may_name(item: ExportObject, wanted: str) -> str:
    """SQL condition that all raw rows meet that tell of some tickets, and hardly any other.

    To type the keys of a whole history costs many times what the database takes to look texts up.

    Args:
        wanted: table with `text`, what stands in the key's column once the padding is taken away.
    """
    keys = {column.name: column for column in item.columns if any(_is_key(feed) for feed in column.feeds)}
    if len(keys) > 1 or any(column.replace for column in keys.values()):
        # What stands in one column is not what a ticket is called.
        return "true"
    (name,) = map(quote_identifier, keys)
    # Text beyond ASCII is told by its length alone, what begins with a blank by its order, and what ends with one by
    # each of them: to cut out a character takes three times as long as all else.
    blanks = sorted(ord(character) for character in PADDING if character.isascii())
    begins = f"{name} < chr({max(blanks) + 1})"
    ends = [f"suffix({name}, chr({code}))" for code in blanks]
    is_padded = " OR ".join([f"strlen({name}) <> length({name})", begins, *ends])
    return f"({name} IN (SELECT text FROM {wanted}) OR {is_padded})"


def _is_key(feed: Feed) -> bool:
    return feed.table in _TABLES and feed.column == "ticket_id"


def _keys_alone(item: ExportObject) -> ExportObject:
    """The object with what says to which ticket a row belongs, and nothing else."""
    keyed = [_feeding_keys(column) for column in item.columns]
    asked = {name for column in keyed for feed in column.feeds for name in feed.when}
    columns = tuple(column for column in keyed if column.feeds or column.name in asked)
    return replace(item, columns=columns, constants={}, ignore_rows=())


def _feeding_keys(column: ExportColumn) -> ExportColumn:
    feeds = tuple(feed for feed in column.feeds if _is_key(feed))
    return replace(column, feeds=feeds)


def _key_columns(item: ExportObject) -> list[tuple[str, ...]]:
    """The raw columns that name the ticket, for each canonical table; none where the object does not feed it."""
    return [
        tuple(
            column.name for column in item.columns if any(feed.target == f"{table}.ticket_id" for feed in column.feeds)
        )
        for table in _TABLES
    ]

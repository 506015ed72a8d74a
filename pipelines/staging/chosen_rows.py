"""Some of the raw rows of tickets, to be staged apart from all others: how they are chosen, and how they are read.

Either all that is told of some tickets (`RowsOfTickets`), or one part of everything after the other (`slice_tickets`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from data_contracts.spec import ExportContract, ExportObject
from models.ddl import quote_identifier, quote_text
from pipelines.landing.raw_rows import placed_rows
from pipelines.staging.ticket_keys import may_name, read_keys, type_keys
from pipelines.warehouse import Warehouse


class ChosenRows(Protocol):
    """Some rows of raw tables."""

    def read(
        self,
        warehouse: Warehouse,
        contract: ExportContract,
        item: ExportObject,
        columns: Sequence[str],
        batch_rows: int,
    ) -> Iterator[pl.DataFrame]:
        """Columns of the chosen rows of one object, in the order in which these landed, in batches of so many rows at
        most.

        Args:
            columns: of the raw table, `_load_id` and `_row_hash` among them.
        """


@dataclass(frozen=True, slots=True)
class RowsOfTickets:
    """All rows that tell of some tickets; of new loads, also those that name none.

    Attributes:
        ticket_ids: each once.
        new_loads: loads that tell of no other tickets.
    """

    ticket_ids: pl.Series
    new_loads: frozenset[str]

    def read(
        self,
        warehouse: Warehouse,
        contract: ExportContract,
        item: ExportObject,
        columns: Sequence[str],
        batch_rows: int,
    ) -> Iterator[pl.DataFrame]:
        """See `ChosenRows`."""
        texts = self.ticket_ids.str.strip_prefix(f"{contract.source}:").to_frame("text")
        names = ", ".join(map(quote_identifier, columns))
        with warehouse.registered(texts) as wanted:
            rows = placed_rows(warehouse, item)
            # Their places first, by two columns: a row group that holds one of them is read with all that it needs
            # only then. In the order in which they landed: of equal ones, the first or the last counts.
            query = f"""
                SELECT {names}, _row FROM {rows} WHERE _row IN (
                    SELECT _row FROM {rows} WHERE _load_id IN ({self._named_loads()}) OR {may_name(item, wanted)}
                )
                ORDER BY _row
            """
            for batch in warehouse.batches(query, batch_rows):
                is_of_tickets = type_keys(batch, contract, item).is_in(self.ticket_ids.implode()).fill_null(False)
                yield batch.filter(is_of_tickets | batch["_load_id"].is_in(list(self.new_loads))).select(columns)

    def _named_loads(self) -> str:
        return ", ".join(map(quote_text, sorted(self.new_loads)))


@dataclass(frozen=True, slots=True)
class PlacedRows:
    """Rows by their places.

    Attributes:
        places: raw table -> places (see `placed_rows`).
    """

    places: Mapping[str, pl.Series]

    def read(
        self,
        warehouse: Warehouse,
        contract: ExportContract,
        item: ExportObject,
        columns: Sequence[str],
        batch_rows: int,
    ) -> Iterator[pl.DataFrame]:
        """See `ChosenRows`; places need no contract."""
        del contract
        names = ", ".join(f"raw.{quote_identifier(name)}" for name in columns)
        with warehouse.registered(self.places[item.raw_table].to_frame("row")) as chosen:
            yield from warehouse.batches(
                f"""
                SELECT {names} FROM {placed_rows(warehouse, item)} AS raw JOIN {chosen} ON raw._row = {chosen}.row
                ORDER BY raw._row
                """,
                batch_rows,
            )


def find_told_tickets(
    warehouse: Warehouse, contracts: Sequence[ExportContract], new_loads: frozenset[str]
) -> RowsOfTickets:
    """All that is told of the tickets of which some loads of contracts tell."""
    named = ", ".join(map(quote_text, sorted(new_loads)))
    told = [
        keys["ticket_id"]
        for contract in contracts
        for item in contract.objects
        for keys in read_keys(warehouse, contract, item, f"_load_id IN ({named})")
    ]
    return RowsOfTickets(pl.concat([pl.Series([], dtype=pl.String), *told]).drop_nulls().unique().sort(), new_loads)


def slice_tickets(warehouse: Warehouse, contracts: Sequence[ExportContract], count: int) -> Iterator[PlacedRows]:
    """So many parts of all raw rows of some contracts, each with all that is told of its tickets.

    Contracts must be apart. Rows that name no ticket are in one of the parts.
    """
    sliced = {}
    for contract in contracts:
        for item in contract.objects:
            part = (pl.col("ticket_id").hash() % count).cast(pl.UInt16)
            keys = [keys.select("row", part=part) for keys in read_keys(warehouse, contract, item, "true")]
            empty = pl.Schema({"row": pl.Int64, "part": pl.UInt16}).to_frame()
            sliced[item.raw_table] = pl.concat([empty, *keys])
    for number in range(count):
        yield PlacedRows({name: keys.filter(pl.col("part") == number)["row"] for name, keys in sliced.items()})

"""Where the rows of a raw table lie, so that some of them can be asked for by their places."""

from __future__ import annotations

from typing import Final

from data_contracts.spec import ExportObject
from models.ddl import quote_identifier
from pipelines.warehouse import Warehouse

#: The database's own name for the place of a row.
_DATABASE_PLACE: Final = "rowid"


def raw_table_name(item: ExportObject) -> str:
    """The qualified, quoted name of an object's raw table."""
    return f"raw.{quote_identifier(item.raw_table)}"


def placed_rows(warehouse: Warehouse, item: ExportObject) -> str:
    """SQL for all rows of an object's raw table, with a column `_row` beside its own: the place of each.

    Places ascend in the order in which rows landed, and hold as long as nothing lands. No export has a column of this
    name: those that landing takes over begin with a letter.
    """
    # An export may well have a column of that name, as those from Oracle do; then it is what the name stands for.
    query = "SELECT count(*) FROM duckdb_columns() WHERE schema_name = 'raw' AND table_name = ? AND column_name ILIKE ?"
    is_taken = warehouse.rows(query, [item.raw_table, _DATABASE_PLACE])[0][0]
    place = "row_number() OVER ()" if is_taken else _DATABASE_PLACE
    return f"(SELECT *, {place} AS _row FROM {raw_table_name(item)})"

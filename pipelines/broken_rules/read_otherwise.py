"""Files of which some dates can only be read with day and month the other way round, and none only as they should be.

29 February, written 2/29/2016, is no date with the day first. Where every date of a file can be one with the month
first, those that can be read both ways have the month first too.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from data_contracts.spec import ExportColumn, ExportContract, ExportObject
from models.ddl import quote_identifier
from pipelines.broken_rules.days_of_files import rival_formats
from pipelines.landing.raw_rows import raw_table_name
from pipelines.readers import values
from pipelines.staging.typed_values import zone_of
from pipelines.warehouse import Warehouse

#: One or two may be typing errors.
_FEWEST: Final = 3
#: Of very many that cannot be read, so many tell as much.
_MOST: Final = 1_000
_UNREADABLE: Final = """
    SELECT load_id, column_name, list(DISTINCT row_number)[:{most}]
    FROM ops.ops_value_problems
    WHERE domain = 'tickets' AND problem = 'unparsable' AND starts_with(load_id, ?)
    GROUP BY ALL
"""


def find_read_otherwise(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, files: frozenset[str]
) -> dict[str, int]:
    """Such files of an object -> how many dates can only be read the other way round.

    Whole columns are read of those files alone in which the values that cannot be read are such dates.

    Args:
        files: load ids of those that are asked about.
    """
    columns = {column.name: column for column in item.columns if column.feeds and rival_formats(column)}
    if not files:
        return {}
    found = dict.fromkeys(files, 0)
    query = _UNREADABLE.format(most=_MOST)
    for load_id, name, rows in warehouse.rows(query, [f"{contract.id}/{item.name}/"]):
        if load_id in found and name in columns:
            where = f"_row_number IN ({', '.join(map(str, rows))})"
            found[load_id] += _count(warehouse, contract, item, columns[name], load_id, where)[1]
    enough = {load_id: count for load_id, count in found.items() if count >= _FEWEST}
    return {
        load_id: count
        for load_id, count in enough.items()
        if not any(_count(warehouse, contract, item, each, load_id, "TRUE")[0] for each in columns.values())
    }


def _count(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, column: ExportColumn, load_id: str, where: str
) -> tuple[int, int]:
    """How many values of some rows can only be read as the contract says, and how many only the other way round."""
    name = quote_identifier(column.name)
    query = f"SELECT {name} AS text, count(*) AS number FROM {raw_table_name(item)} WHERE _load_id = ? AND {where}"
    rows = warehouse.rows(f"{query} GROUP BY ALL", [load_id])
    texts = pl.DataFrame(rows, schema={"text": pl.String, "number": pl.Int64}, orient="row")
    as_said, otherwise = (
        texts.select(
            values.parse_instant(pl.col("text"), formats, zone_of(column, contract), null_tokens=contract.null_tokens)
        ).to_series().is_not_null()
        for formats in (column.formats, rival_formats(column))
    )  # fmt: skip
    number = texts["number"]
    return int(number.filter(as_said & ~otherwise).sum()), int(number.filter(otherwise & ~as_said).sum())

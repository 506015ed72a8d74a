"""What several files of an export tell of, by the columns that name a line or a ticket: what is told again or lacks.

Read from the raw texts, before anything is typed: rows whose names are spelt in another way are different ones here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import polars as pl

from data_contracts.spec import ExportColumn, ExportContract, ExportObject
from models.catalog import table_named
from models.ddl import quote_identifier, quote_text
from models.vocabulary import ExportShape
from pipelines.landing.load_order import LoadedFile
from pipelines.landing.raw_rows import raw_table_name
from pipelines.warehouse import Warehouse

#: Of a hundred lines of a file, so many have to be told again by the next one for that to look like its correction.
_NEARLY_ALL: Final = 75
#: The day that a line of a table is of.
_DAYS: Final = {
    "cost_lines": "posting_date",
    "vendor_invoice_lines": "invoice_date",
    "budget_lines": "month_date",
    "benefit_lines": "benefit_date",
    "purchase_orders": "start_date",
    "deliveries": "promised_date",
}


@dataclass(frozen=True, slots=True)
class LackingLines:
    """Lines of an earlier file that a later one lacks, although it tells nearly all others of that file again.

    Attributes:
        shared, whole: how many lines of the earlier file the later tells again, and how many it has.
        count: how many lines still count by the earlier file alone, on days that the later one covers.
        example: key of one of them.
        sums: currency and amount of them; empty where amounts are not told by one column alone.
    """

    earlier: LoadedFile
    later: LoadedFile
    shared: int
    whole: int
    count: int
    example: str
    sums: tuple[tuple[str | None, Decimal], ...]


def key_of(item: ExportObject) -> str | None:
    """SQL for what names the line or ticket of a raw row; None where no column does."""
    table = _keyed_table(item)
    named = _fed_by(item, table, _key_column(table)) if table else []
    return " || '/' || ".join(f"trim({quote_identifier(column.name)})" for column in named) or None


def share_other_rows(
    warehouse: Warehouse, item: ExportObject, load: LoadedFile, others: Sequence[LoadedFile]
) -> list[LoadedFile]:
    """Those of other files that tell otherwise of a line or ticket that a file tells of, too."""
    key = key_of(item)
    if key is None or not others:
        return []
    named = ", ".join(quote_text(each.load_id) for each in others)
    found = warehouse.rows(
        f"""
        WITH told AS (SELECT DISTINCT {key} AS key, _row_hash FROM {raw_table_name(item)} WHERE _load_id = ?)
        SELECT DISTINCT rows._load_id
        FROM (SELECT _load_id, _row_hash, {key} AS key FROM {raw_table_name(item)} WHERE _load_id IN ({named})) AS rows
        JOIN told ON told.key = rows.key AND told._row_hash <> rows._row_hash
        """,
        [load.load_id],
    )
    telling = {load_id for (load_id,) in found}
    return [each for each in others if each.load_id in telling]


def find_lacking_lines(
    warehouse: Warehouse,
    contract: ExportContract,
    item: ExportObject,
    loads: Sequence[LoadedFile],
    new: Collection[str],
) -> list[LackingLines]:
    """Earlier files of which a new one looks like the corrected edition, under another name, and lacks lines.

    A file is held against the next one that tells its lines again. One that goes on after the days of the earlier
    file may be a window that was moved: then only lines after its first day are looked for.

    Args:
        loads: as `pipelines.landing.load_order.ordered_loads` gives them.
        new: loads of this run.
    """
    key = key_of(item)
    if key is None or item.shape is not ExportShape.LINES or item.cases is not None or len(loads) < 2:
        return []
    order = pl.DataFrame(
        {
            "_load_id": [load.load_id for load in loads],
            "_position": range(len(loads)),
            "_is_new": [load.load_id in new for load in loads],
        }
    )
    with warehouse.registered(order) as files:
        # Most files tell of nothing that was told before: then no more is read than what names the lines.
        again = warehouse.rows(_TOLD_BEFORE.format(key=key, raw=raw_table_name(item), files=files))
        positions = sorted({position for pair in again for position in pair})
        rows = warehouse.rows(_query(contract, item, key, files, positions)) if positions else []
    return [_lacking(row, loads) for row in rows]


def _lacking(row: tuple[Any, ...], loads: Sequence[LoadedFile]) -> LackingLines:
    earlier, later, shared, whole, count, example, sums = row
    told = tuple((currency, amount) for currency, amount in sums if amount is not None)
    return LackingLines(
        loads[earlier], loads[later], shared, whole, count, example, told if len(told) == len(sums) else ()
    )


#: The files that have a line which a later, new one tells again, each with the last of these. What is added to a raw
#: row begins with an underscore, as no column of an export does.
_TOLD_BEFORE: Final = """
    WITH keyed AS (SELECT _position, _is_new, {key} AS _key FROM {raw} JOIN {files} USING (_load_id)),
    news AS (SELECT _key, max(_position) AS newest FROM keyed WHERE _is_new AND _key IS NOT NULL GROUP BY _key)
    SELECT DISTINCT _position, newest FROM keyed JOIN news USING (_key) WHERE _position < newest
"""


def _query(contract: ExportContract, item: ExportObject, key: str, files: str, positions: Sequence[int]) -> str:
    table = _keyed_table(item)
    day, amount = _day(item, table), _amount(contract, item, table)
    currency, raw = _currency(item, table), raw_table_name(item)
    return f"""
        WITH keyed AS (SELECT *, {key} AS _key FROM {raw} JOIN {files} USING (_load_id)),
        asked AS (SELECT DISTINCT _key FROM keyed WHERE _position IN ({", ".join(map(str, positions))})),
        told AS (
            SELECT _position AS position, _is_new AS is_new, _key AS key, {day} AS day, {amount} AS amount,
                {currency} AS currency
            FROM keyed SEMI JOIN asked USING (_key)
        ),
        held AS MATERIALIZED (
            SELECT position, is_new, key, min(day) AS day, min(currency) AS currency,
                CASE WHEN count(*) = count(amount) THEN sum(amount) END AS amount,
                lead(position) OVER (PARTITION BY key ORDER BY position) AS next_position
            FROM told GROUP BY position, is_new, key
        ),
        spans AS (
            SELECT position, is_new, min(day) AS first_day, max(day) AS last_day, count(*) AS whole
            FROM held GROUP BY ALL
        ),
        pairs AS (
            SELECT position, next_position, count(*) AS shared FROM held WHERE next_position IS NOT NULL GROUP BY ALL
        ),
        looked_at AS (
            SELECT pairs.*, earlier.whole, earlier.first_day, later.first_day AS from_day,
                coalesce(later.last_day <= earlier.last_day, earlier.last_day IS NULL) AS is_within
            FROM pairs
            JOIN spans AS earlier USING (position)
            JOIN spans AS later ON later.position = next_position AND later.is_new
            WHERE shared * 100 >= {_NEARLY_ALL} * earlier.whole
        ),
        lacking AS (
            SELECT looked_at.position, looked_at.next_position, shared, whole, held.currency, count(*) AS line_count,
                min(key) AS example, CASE WHEN count(*) = count(amount) THEN sum(amount) END AS amount
            FROM looked_at
            JOIN held ON held.position = looked_at.position AND held.next_position IS NULL
            WHERE is_within OR from_day = first_day OR day > from_day
            GROUP BY ALL
        )
        SELECT position, next_position, shared, whole, CAST(sum(line_count) AS BIGINT), min(example),
            list((currency, amount) ORDER BY currency)
        FROM lacking GROUP BY ALL ORDER BY position
    """


def _keyed_table(item: ExportObject) -> str:
    """The canonical table whose key the object feeds; empty where it feeds none that is one column."""
    tables = dict.fromkeys(feed.table for column in item.columns for feed in column.feeds)
    return next((table for table in tables if _fed_by(item, table, _key_column(table))), "")


def _key_column(table: str) -> str:
    key = [str(column.name) for column in table_named(f"stg_{table}").primary_key.columns]
    return key[0] if len(key) == 1 else ""


def _fed_by(item: ExportObject, table: str, name: str) -> list[ExportColumn]:
    return [
        column for column in item.columns if any((feed.table, feed.column) == (table, name) for feed in column.feeds)
    ]


def _day(item: ExportObject, table: str) -> str:
    columns = _fed_by(item, table, _DAYS.get(table, ""))
    if len(columns) != 1:
        return "CAST(NULL AS DATE)"
    (column,) = columns
    text = f"trim({quote_identifier(column.name)})"
    if not column.formats:
        return f"TRY_CAST({text} AS DATE)"
    formats = ", ".join(map(quote_text, column.formats))
    return f"CAST(try_strptime({text}, [{formats}]) AS DATE)"


def _amount(contract: ExportContract, item: ExportObject, table: str) -> str:
    columns = _fed_by(item, table, "amount_original")
    feeds = [feed for column in columns for feed in column.feeds if feed.target == f"{table}.amount_original"]
    if len(columns) != 1 or feeds[0].sign is not None or feeds[0].when:
        return "CAST(NULL AS DECIMAL(38, 4))"
    text = f"trim({quote_identifier(columns[0].name)})"
    if contract.thousands_separator is not None:
        text = f"replace({text}, {quote_text(contract.thousands_separator)}, '')"
    return f"TRY_CAST(replace({text}, {quote_text(contract.decimal_separator)}, '.') AS DECIMAL(38, 4))"


def _currency(item: ExportObject, table: str) -> str:
    columns = _fed_by(item, table, "currency_code")
    if len(columns) == 1:
        return f"upper(trim({quote_identifier(columns[0].name)}))"
    constant = item.constants.get(f"{table}.currency_code")
    return "CAST(NULL AS VARCHAR)" if constant is None else quote_text(constant)

"""Columns that may name a line, which only a person can decide: with what speaks for it, and what would follow.

A number of a document that stands on one row only may be on two in the next file, as where an invoice has two lines. A
number that is missing or repeated on a few rows may be the key all the same. Both are offered and not drafted: a key
that is none lets lines replace others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from models.catalog import table_named
from pipelines.infer.findings import ColumnFinding
from pipelines.words.numbers import count_of

#: Columns that name a document, of which an export tells by lines.
_DOCUMENTS: Final = frozenset(
    {"cost_lines.document_id", "purchase_orders.purchase_order_id", "vendor_invoice_lines.invoice_id"}
)
#: Of the rows of a column that may be a key, so many have a value, and so many have it alone.
_NEARLY_ALL: Final = 0.99
_FEWEST_ROWS: Final = 20


def offer_key(columns: Sequence[ColumnFinding], table: str) -> None:
    """Say of the number of a document that it may name the line, where no column feeds the key of the lines."""
    key = next(iter(table_named(f"stg_{table}").primary_key.columns.keys()))
    target = f"{table}.{key}"
    if not key.endswith("_line_id") or any(target in column.feeds for column in columns):
        return
    column = next((column for column in columns if _DOCUMENTS & column.feeds.keys()), None)
    if column is None or column.row_count < _FEWEST_ROWS:
        return
    counts = pl.Series(column.text).drop_nulls().value_counts()["count"]
    alone = int((counts == 1).sum())
    if min(column.present_count, alone) >= _NEARLY_ALL * column.row_count:
        column.key_offer = (target, _describe(column, alone))


def _describe(column: ColumnFinding, alone: int) -> str:
    shared, missing = column.present_count - alone, column.row_count - column.present_count
    told = (
        f"{alone:,} of {count_of(column.row_count, 'row')} have a value of their own here. If every line has, in all "
        "files, write the line below instead: then a line that a later file brings again replaces the first one, and "
        "does not count twice."
    )
    if missing:
        told += f" Lines without a value ({missing:,}) count all the same."
    if shared:
        told += f" Lines that share one within a file ({shared:,}) would hold what is made of the export."
    return told

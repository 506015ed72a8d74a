"""The key of lines that no column names alone: the columns that name one together, so that a later file replaces it.

A document and its line do, and so does what a figure of a plan is of: its month, cost centre, account and kind. Whether
they name a line is judged within each file, because files tell of the same again: corrections and revisions do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from models.catalog import table_named
from pipelines.infer.findings import ColumnFinding, Grain
from pipelines.words.numbers import list_all

_LINE_NAME: Final = re.compile(r"(^|_)(line|pos|position|item)(_|$)")
_IS_LINE: Final = re.compile(r"^(line|pos|position)(_|$)|_(line|pos|position)(_(no|number))?$")
#: Columns that name a document, of which an export tells by lines.
_DOCUMENTS: Final = frozenset({"purchase_orders.purchase_order_id", "vendor_invoice_lines.invoice_id"})
#: Where numbers of documents are those of whoever sends them, who that is.
_SENDERS: Final = frozenset({"vendor_invoice_lines.vendor"})
#: What a line of a table is of, where it has no number: what has to be fed, and what else belongs to it.
_PLANNED: Final = (
    "budget_lines.month_date",
    ("budget_lines.cost_centre", "budget_lines.account", "budget_lines.team", "budget_lines.kind"),
)


def files_of(row_numbers: pl.Series) -> pl.Series:
    """The number of the file that each row is of, for files that were read one after the other."""
    return (row_numbers.diff() <= 0).fill_null(False).cum_sum()


def join_key(columns: Sequence[ColumnFinding], table: str, grain: Grain, files: pl.Series) -> Grain:
    """Let the columns that name a line together feed its key, with the reason; returns what a row is then.

    Args:
        table: canonical table that the lines feed.
        files: number of the file that each row is of.
    """
    key = next(iter(table_named(f"stg_{table}").primary_key.columns.keys()))
    target = f"{table}.{key}"
    if not key.endswith("_line_id") or any(target in column.feeds for column in columns):
        return grain
    if table == "budget_lines":
        return _join_planned(columns, target, grain, files)
    pair = next((pair for pair in grain.keys if len(pair) == 2 and _LINE_NAME.search(pair[1])), None)
    if pair is not None:
        named = [column for column in columns if column.name in pair]
        return _feed(named, target, f"{' and '.join(pair)} are unique together", grain)
    document = next((column for column in columns if _DOCUMENTS & column.feeds.keys()), None)
    line = next((column for column in columns if _IS_LINE.search(column.name) and not column.feeds), None)
    if document is None or line is None:
        return grain
    if document.is_unique and line.logical_type == "integer":
        return _feed([document, line], target, f"{document.name} is a document, and {line.name} a line of it", grain)
    if not _are_unique([document, line], files):
        return grain
    senders = [column for column in columns if _SENDERS & column.feeds.keys() and _is_full(column)]
    return _feed(
        [document, line, *senders],
        target,
        f"{document.name} and {line.name} are unique together, and name the line"
        + (", by whoever sends it" if senders else ""),
        grain,
    )


def _join_planned(columns: Sequence[ColumnFinding], target: str, grain: Grain, files: pl.Series) -> Grain:
    """A figure of a plan is known by what it is of; where that repeats, a revision would add to what it revises."""
    needed, others = _PLANNED
    named = [column for column in columns if needed in column.feeds]
    named += [column for name in others for column in columns if name in column.feeds and _is_full(column)]
    if named and _is_full(named[0]) and _are_unique(named, files):
        names = list_all([column.name for column in named])
        return _feed(named, target, f"{names} say which figure it is, so that a revised one replaces it", grain)
    repeated = f"lines repeat {list_all([column.name for column in named])} within a file"
    doubt = (
        f"no key: {repeated if named and _is_full(named[0]) else 'a month is missing'}, so that "
        "what a revised file tells again will add to the earlier one. Is there a column that tells such lines apart? "
        f"Let it feed {target}, beside those that say which figure it is; or land a revision under the name of the "
        "file that it replaces"
    )
    return replace(grain, doubts=(*grain.doubts, doubt))


def _feed(named: Sequence[ColumnFinding], target: str, reason: str, grain: Grain) -> Grain:
    for column in named:
        column.feeds[target] = reason
    names = [column.name for column in named]
    evidence = [sentence for sentence in grain.evidence if not sentence.startswith("No column and no pair")]
    # A line of a document need not stay unique by itself, nor does any other part of a key; and rows that repeat each
    # other are of two files then.
    return replace(
        grain,
        description=f"one row per {list_all(names)}",
        entity=None if grain.entity in names else grain.entity,
        evidence=tuple(evidence),
        doubts=(),
    )


def _are_unique(named: Sequence[ColumnFinding], files: pl.Series) -> bool:
    if not all(_is_full(column) for column in named):
        return False
    return bool(
        pl.DataFrame([files.alias("of_file"), *(column.text.alias(column.name) for column in named)]).is_unique().all()
    )


def _is_full(column: ColumnFinding) -> bool:
    return 0 < column.row_count == column.present_count - sum(column.null_texts.values())

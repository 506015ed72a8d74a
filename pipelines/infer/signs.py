"""Amounts whose sign stands elsewhere: in columns for debit and credit, or in a column that says which each is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from models.catalog import table_named
from pipelines.infer.findings import ColumnFinding

_DEBIT: Final = re.compile(r"(^|_)(debits?|dr|soll)(_|$)")
_CREDIT: Final = re.compile(r"(^|_)(credits?|cr|haben)(_|$)")
_FLAG: Final = re.compile(r"(^|_)(dc|dr_?cr|cr_?dr|debit_?credit|sign|indicator|flag|type|s_?h)(_|$)")
#: Marks for debit and for credit that go together, in lower case.
_MARKS: Final = (
    ("d", "c"),
    ("dr", "cr"),
    ("debit", "credit"),
    ("s", "h"),
    ("soll", "haben"),
    ("dbt", "crd"),
)
_AMOUNT: Final = "amount_original"


def find_signs(columns: Sequence[ColumnFinding], table: str) -> None:
    """Let two columns for debit and credit feed the amount together, or a column of marks say its sign."""
    if _AMOUNT not in table_named(f"stg_{table}").columns:
        return
    target = f"{table}.{_AMOUNT}"
    numbers = [column for column in columns if column.logical_type in ("number", "integer")]
    debits = [column for column in numbers if _DEBIT.search(column.name) and not _CREDIT.search(column.name)]
    credits_ = [column for column in numbers if _CREDIT.search(column.name) and not _DEBIT.search(column.name)]
    if len(debits) == len(credits_) == 1:
        for column in columns:
            column.feeds.pop(target, None)
        for column, sign in ((debits[0], "debit"), (credits_[0], "credit")):
            column.logical_type = "number"
            column.feeds[target] = f"its header says {sign}"
            column.settings[target] = f"sign: {sign}"
            column.doubts.append(f"does a {sign} {'add to' if sign == 'debit' else 'take from'} cost here?")
        return
    amount = next((column for column in numbers if target in column.feeds), None)
    if amount is None or _has_minus(amount):
        return
    for column in columns:
        marks = _marks_of(column)
        if marks is not None and column is not amount:
            debit, credit = marks
            amount.settings[target] = f"sign: {{column: {column.name}, debit: [{debit}], credit: [{credit}]}}"
            amount.doubts.append(f"no amount has a minus, and {column.header} seems to say which are credits: does it?")
            return


def _has_minus(column: ColumnFinding) -> bool:
    return bool(column.text.str.contains(r"[(\-\u2212]").any())


def _marks_of(column: ColumnFinding) -> tuple[str, str] | None:
    """The texts for debit and credit, as they are written, if the column holds nothing else."""
    written = {text.lower(): text for text in column.text.drop_nulls().unique().sort()} if _may_mark(column) else {}
    return next(
        ((written[debit], written[credit]) for debit, credit in _MARKS if set(written) == {debit, credit}), None
    )


def _may_mark(column: ColumnFinding) -> bool:
    return column.distinct_count <= 4 and (bool(_FLAG.search(column.name)) or _is_short(column.text))


def _is_short(text: pl.Series) -> bool:
    longest = text.str.len_chars().max()
    return isinstance(longest, int) and longest <= len("credit")

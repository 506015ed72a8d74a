"""Debit or credit: the sign of amounts that do not carry it themselves, as contracts tell it.

A debit adds to cost, a credit takes from it. What a row does not say clearly has no sign, and so no amount: the value
problem `unknown_sign` tells it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from data_contracts.spec import Sign
from pipelines.readers.values import clean_text

#: What may stand between an amount and its mark.
_GAP: Final = r"[\s\u00a0\u202f]*"


def amount_text(column: str, sign: Sign | None) -> pl.Expr:
    """The text of an amount without the mark of its sign that stands in it."""
    text = pl.col(column)
    if sign is None or sign.always is not None or sign.column is not None:
        return text
    marks = _alternatives((*sign.debit, *sign.credit))
    without = text.str.replace(rf"(?i)^{_GAP}(?:{marks})([^\p{{L}}])", "$1")
    return without.str.replace(rf"(?i)([^\p{{L}}])(?:{marks}){_GAP}$", "$1")


def signed(amount: pl.Expr, column: str, sign: Sign | None, null_tokens: Sequence[str]) -> pl.Expr:
    """The amount with its sign; empty where the row does not say which it is, or says it twice.

    Args:
        amount: as it is written, without a mark.
    """
    if sign is None or sign.always == "debit":
        return amount
    if sign.always == "credit":
        return -amount
    if sign.column is not None:
        word = clean_text(pl.col(sign.column), null_tokens=null_tokens).str.to_lowercase()
        is_debit, is_credit = (
            word.is_in([text.strip().lower() for text in texts]) for texts in (sign.debit, sign.credit)
        )
    else:
        is_debit, is_credit = _is_marked(column, sign.debit), _is_marked(column, sign.credit)
    # A minus beside a mark: nobody knows whether it says the same again or takes it back.
    is_plain = amount >= 0
    return pl.when(is_plain & is_debit & ~is_credit).then(amount).when(is_plain & is_credit & ~is_debit).then(-amount)


def _is_marked(column: str, texts: Sequence[str]) -> pl.Expr:
    """Whether one of the marks stands at either end, and is no part of a longer word such as a currency's."""
    marks = _alternatives(texts)
    return pl.col(column).str.contains(rf"(?i)^{_GAP}(?:{marks})[^\p{{L}}]|[^\p{{L}}](?:{marks}){_GAP}$")


def _alternatives(texts: Sequence[str]) -> str:
    return "|".join(sorted((re.escape(text.strip()) for text in texts), key=len, reverse=True))

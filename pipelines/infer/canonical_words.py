"""How it is written down which words in a header speak for which canonical column.

The words themselves are in `ticket_words`, `money_words` and `plan_words`, the choosing is in `mapping`. A pattern is
searched in the slug of a header (`net_amount`). Its weight says how sure it is: 1.0 says it in so many words, 0.5 could
well be something else. `kinds` are the logical types that can feed the column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

TEXT: Final = ("string", "integer", "number", "boolean", "date", "timestamp")
NAME: Final = ("string",)
ID: Final = ("string", "integer")
TIME: Final = ("timestamp", "date")
AMOUNT: Final = ("number", "integer")
COUNT: Final = ("integer",)
FLAG: Final = ("boolean",)


@dataclass(frozen=True, slots=True)
class Words:
    """Patterns, most telling first, with their weights, for one canonical column."""

    column: str
    kinds: tuple[str, ...]
    patterns: tuple[tuple[float, re.Pattern[str]], ...]


@dataclass(frozen=True, slots=True)
class TableWords:
    """The columns of one canonical table.

    Attributes:
        needs: sets of columns of which at least one set must be fed for the table to be meant.
        hints: words in headers or the file's name that speak for the table.
    """

    table: str
    columns: tuple[Words, ...]
    needs: tuple[frozenset[str], ...]
    hints: re.Pattern[str]


def words(column: str, kinds: tuple[str, ...], *patterns: tuple[float, str]) -> Words:
    """Words for one canonical column, from (weight, pattern) pairs."""
    return Words(column, kinds, tuple((weight, re.compile(pattern)) for weight, pattern in patterns))


def needs(*sets: str) -> tuple[frozenset[str], ...]:
    """Sets of columns, each written as words with spaces between."""
    return tuple(frozenset(each.split()) for each in sets)


VENDOR: Final = words(
    "vendor",
    NAME,
    (1.0, r"^(vendor|supplier)(_name)?$|^supplier_.*name$"),
    (0.8, r"(vendor|supplier|beneficiary|payee|merchant).*name|^(payee|beneficiary|merchant)$"),
)
CURRENCY: Final = words("currency_code", NAME, (1.0, r"^currency(_code)?$|^(ccy|curr)$"), (0.8, r"currency"))

"""When two invoice numbers may be one number: written differently, with letters added, or with a typing error.

What else two invoices must have in common is decided in `metrics.vendors.duplicates`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

#: Numbers shorter than this are never one typing error apart: 17 and 18 are two numbers.
SHORTEST_WITH_TYPING_ERROR: Final = 4
_LEADING_ZEROS: Final = r"(^|[^0-9])0+([0-9])"


def without_signs(number: pl.Expr) -> pl.Expr:
    """Letters and digits alone, lower case, digits without leading zeros: `INV-00123` and `inv 123` are `inv123`."""
    joined = number.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", "")
    return joined.str.replace_all(_LEADING_ZEROS, "${1}${2}")


def by_parts(number: pl.Expr) -> pl.Expr:
    """Parts without leading zeros, however they are divided: `2026/0001` and `2026-1` are `2026.1`."""
    parts = number.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", ".").str.strip_chars(".")
    return parts.str.replace_all(_LEADING_ZEROS, "${1}${2}")


def stem(number: pl.Expr) -> pl.Expr:
    """A number without up to four letters after its last digit, as `without_signs` gives it: `inv123a` is `inv123`."""
    return number.str.replace(r"([0-9])\p{L}{1,4}$", "${1}")


def spellings_with_gap(numbers: pl.DataFrame, column: str) -> pl.DataFrame:
    """Each row once for each way to leave one character of its number out, and once whole, as `spelling`.

    Two numbers that are one typing error apart share at least one of these. The converse does not hold: look at each
    such pair with `is_typing_error`.
    """
    number = pl.col(column)
    return (
        numbers.with_columns(gap=pl.int_ranges(0, number.str.len_chars() + 1))
        .explode("gap", empty_as_null=False)
        .with_columns(spelling=number.str.slice(0, pl.col("gap")) + number.str.slice(pl.col("gap").cast(pl.Int64) + 1))
        .drop("gap")
        .unique()
    )


def is_typing_error(one: str, other: str) -> bool:
    """Whether one character was changed, left out or added, or two neighbours were swapped."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    if len(left) == len(right):
        is_swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
        return left[1:] == right[1:] or is_swapped
    longer, shorter = (left, right) if len(left) > len(right) else (right, left)
    return longer[1:] == shorter


def is_next_number(one: str, other: str) -> bool:
    """Whether only the last digit or the last letter differs, as in numbers that are given one after the other."""
    if len(one) != len(other) or one[:-1] != other[:-1]:
        return False
    last = one[-1:], other[-1:]
    return all(sign.isdigit() for sign in last) or all(sign.isalpha() for sign in last)

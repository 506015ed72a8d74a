"""How an export writes numbers: which separators, found over all its columns at once, as contracts state them once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from pipelines.infer.findings import Notation
from pipelines.readers import values

_NOTATIONS: Final[tuple[tuple[str, str | None], ...]] = (
    (".", None),
    (",", None),
    (".", ","),
    (",", "."),
    (",", " "),
    (".", " "),
    (".", "'"),
)
_NUMBER_LIKE: Final = r"^[^\p{L}0-9]*(?:[A-Z]{3}\s*)?[0-9][0-9.,\s\u00a0'’]*(?:[eE][+\-]?[0-9]+)?[^0-9]{0,5}$"
_SAMPLED_VALUES: Final = 20_000


def find_notation(columns: Iterable[pl.Series]) -> Notation:
    """Choose the separators under which most of the values that look like numbers with separators are numbers.

    Args:
        columns: distinct values of each text column, without nulls or padding.
    """
    marked = [_marked_numbers(texts) for texts in columns]
    texts = pl.concat(marked) if marked else pl.Series("x", [], dtype=pl.String)
    if texts.is_empty():
        return Notation(evidence="No number has a separator.")
    readings = {notation: _read(texts, notation) for notation in _NOTATIONS}
    totals = {notation: int(mask.sum()) for notation, mask in readings.items()}
    best = max(_NOTATIONS, key=lambda notation: totals[notation])
    point, thousands = best
    rival_point = "," if point == "." else "."
    rivals = [notation for notation in _NOTATIONS if notation[0] == rival_point]
    rival = max(rivals, key=lambda notation: totals[notation])
    proof = int((readings[best] & ~readings[rival]).sum())
    against = int((readings[rival] & ~readings[best]).sum())
    grouped = int((readings[best] & ~readings[(point, None)]).sum()) if thousands else 0
    evidence = f"{proof:,} distinct numbers can only have '{point}' for decimals"
    evidence += f", {grouped:,} have '{thousands}' between thousands" if thousands else ""
    evidence += f"; {against:,} can only have '{rival_point}'" if against else ""
    return Notation(point, thousands, f"{evidence}.", is_certain=proof > 20 * against and proof > 0)


def _marked_numbers(texts: pl.Series) -> pl.Series:
    """Values that look like numbers and hold a separator, if that is what most of the column looks like."""
    if texts.is_empty():
        return texts.alias("x").cast(pl.String)
    numbers = texts.filter(texts.str.contains(_NUMBER_LIKE))
    if len(numbers) < 0.5 * len(texts):
        numbers = numbers.clear()
    # `01.02.2020` and `192.168.0.1` hold several points and short groups: no number in any notation.
    return numbers.filter(numbers.str.contains(r"[0-9][.,\s\u00a0'’][0-9]")).head(_SAMPLED_VALUES).alias("x")


def _read(texts: pl.Series, notation: tuple[str, str | None]) -> pl.Series:
    point, thousands = notation
    parsed = values.parse_decimal(pl.col("x"), decimal_separator=point, thousands_separator=thousands, scale=6)
    return texts.to_frame("x").select(parsed.is_not_null()).to_series()

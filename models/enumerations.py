"""Texts with few values as enumerations: small numbers that a list of the values gives their names.

DuckDB takes a tenth of the time to write an enumeration that it takes for the same text, and compares, joins, orders
and prints it as text. Only the build database has such columns; what is published has plain text, which every tool
reads. How a table gets the enumerations that its rows need is in `pipelines.warehouse`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import polars as pl
from sqlalchemy import Table

#: Values of a column up to which they are worth an enumeration: what tells rows apart is not.
MOST_VALUES: Final = 50_000
_TEXTS: Final = (pl.String, pl.Categorical, pl.Enum)


def columns_with_few_values(table: Table) -> list[str]:
    """The columns that are declared to have few values."""
    return [column.name for column in table.columns if column.info.get("has_few_values")]


def categorise_texts(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The frame with the columns that are declared to have few values as categories, which frames of one table share.

    They are for frames that are put together from many, of which none knows all values yet.
    """
    texts = [name for name in columns_with_few_values(table) if frame.schema.get(name) == pl.String]
    return frame.with_columns(pl.col(texts).cast(pl.Categorical))


def enumerate_texts(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The frame with the columns that are declared to have few values as enumerations of those that they hold.

    Values are in ascending order, so that rows ordered by an enumeration are in the order of the text. A column without
    values, with too many, or with one that cannot be written into a statement stays as it is.
    """
    texts = [name for name in columns_with_few_values(table) if isinstance(frame.schema.get(name), _TEXTS)]
    values = {name: frame[name].drop_nulls().unique().cast(pl.String).sort() for name in texts}
    return frame.with_columns(pl.col(name).cast(pl.Enum(found)) for name, found in values.items() if _is_worth(found))


def missing_values(frame: pl.DataFrame, known: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What columns hold that their enumerations do not, by column; empty if the frame fits.

    Args:
        known: the values of enumerations, by column of the frame.
    """
    missing = {}
    for name, values in known.items():
        found = frame[name].drop_nulls().unique().cast(pl.String)
        if lacking := set(found) - set(values):
            missing[name] = sorted(lacking)
    return missing


def widened(known: Mapping[str, Sequence[str]], missing: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Enumerations with further values, in ascending order; without those that are not worth it any longer."""
    names = dict.fromkeys([*known, *missing])
    values = {
        name: pl.Series(sorted({*known.get(name, ()), *missing.get(name, ())}), dtype=pl.String) for name in names
    }
    return {name: found.to_list() for name, found in values.items() if _is_worth(found)}


def enumerations_of(frame: pl.DataFrame) -> dict[str, list[str]]:
    """The values of every enumeration of a frame, in their order."""
    return {name: type_.categories.to_list() for name, type_ in frame.schema.items() if isinstance(type_, pl.Enum)}


def spell_out(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with enumerations and categories as plain text."""
    encoded = [name for name, type_ in frame.schema.items() if isinstance(type_, pl.Categorical | pl.Enum)]
    return frame.with_columns(pl.col(encoded).cast(pl.String))


def _is_worth(values: pl.Series) -> bool:
    return 0 < len(values) <= MOST_VALUES and not values.str.contains("\0", literal=True).any()

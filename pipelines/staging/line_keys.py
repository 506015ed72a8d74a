"""The key of a line from the columns that feed it, each by what it means and not by how it is spelt.

A budget for the kind `Budget` is the one for `budget`, an invoice of a vendor's other name is the vendor's. Built of
the spelling, a key would let a line that came again count twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from sqlalchemy import Table

from data_contracts.spec import ExportColumn, ExportContract, Feed
from models.ddl import polars_type
from pipelines.staging.dimensions import Spellings, spelt_alike


def slot(column: ExportColumn, feed: Feed) -> str:
    """Name of the column that holds what a raw column gives a canonical one, until these are put together."""
    told = (sorted(feed.when.items()), *([feed.take] if feed.take else []))
    return f"{column.name} -> {feed.table}.{feed.column} {told}"


def join_key(
    name: str,
    feeds: Sequence[tuple[ExportColumn, Feed]],
    table: Table,
    contract: ExportContract,
    spellings: Spellings,
) -> pl.Expr:
    """The values of all columns that feed a key, joined by `/` and qualified by the source; empty where one of them is.

    What a column means is said by the other canonical columns that it feeds: names and words by their `spellings`, and
    a date that may be written in several ways is the day, as in ISO 8601.

    Args:
        name: canonical column that is the key.
        feeds: all of the object into the table.
        spellings: canonical column -> a spelling in lower case -> what it means.
    """
    parts = [
        _meaning(pl.col(slot(column, feed)), column, feeds, table, spellings)
        for column, feed in feeds
        if feed.column == name
    ]
    joined = pl.concat_str(parts, separator="/", ignore_nulls=False)
    return pl.concat_str(pl.lit(f"{contract.source}:"), joined, ignore_nulls=False).alias(name)


def _meaning(
    part: pl.Expr,
    column: ExportColumn,
    feeds: Sequence[tuple[ExportColumn, Feed]],
    table: Table,
    spellings: Spellings,
) -> pl.Expr:
    for other, feed in feeds:
        if other.name != column.name:
            continue
        if feed.column in spellings:
            return spelt_alike(part, spellings[feed.column])
        is_date = isinstance(polars_type(table.columns[feed.column]), pl.Date) and column.logical_type == "date"
        if is_date and len(column.formats) > 1:
            return pl.coalesce(pl.col(slot(other, feed)).cast(pl.String), part)
    return part

"""The values of one raw column, typed as its contract says: text, numbers, dates and instants.

Nothing is guessed here: the contract names formats, zone, separators and null tokens. Which canonical column a value
goes to is for `pipelines.staging.mapping`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl
from sqlalchemy import Table

from data_contracts.spec import ExportColumn, ExportContract, Feed
from models.ddl import polars_type
from pipelines.readers import values
from pipelines.staging.signs import amount_text

#: Formats that need no contract: the unambiguous ones of ISO 8601.
ISO_INSTANTS: Final = (
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
)
ISO_DATES: Final = ("%Y-%m-%d",)


def read_instants(raw: pl.DataFrame, contract: ExportContract, column: ExportColumn) -> pl.Series:
    """The instants of one raw column, as the contract says; empty where a value does not follow it."""
    return raw.select(read_column(column, contract)).to_series().struct.field("instant")


def clean_key(contract: ExportContract, columns: Sequence[ExportColumn]) -> pl.Expr:
    """The text that names a record: the values of all columns that feed its key; empty where one of them is."""
    return pl.concat_str([clean_value(column, contract) for column in columns], separator="/", ignore_nulls=False)


def clean_value(column: ExportColumn, contract: ExportContract) -> pl.Expr:
    text = values.clean_text(pl.col(column.name), null_tokens=contract.null_tokens)
    if not column.replace:
        return text
    read = text.str.to_lowercase().replace_strict(
        list(column.replace), list(column.replace.values()), default=None, return_dtype=pl.String
    )
    return pl.coalesce(read, text)


def applies(feed: Feed, texts: dict[str, pl.Expr]) -> pl.Expr:
    return all_of(feed.when, texts)


def all_of(wanted: Mapping[str, tuple[str, ...]], texts: dict[str, pl.Expr]) -> pl.Expr:
    conditions = [texts[name].is_in(list(accepted)) for name, accepted in wanted.items()]
    return pl.all_horizontal(conditions).fill_null(False) if conditions else pl.lit(True)


def instant_columns(feeds: list[tuple[ExportColumn, Feed]], table: Table) -> list[ExportColumn]:
    """The raw columns whose values are read as instants, each once."""
    read = {
        column.name: column
        for column, feed in feeds
        if isinstance(polars_type(table.columns[feed.column]), pl.Datetime) or is_day_of_instant(column, feed, table)
    }
    return list(read.values())


def is_day_of_instant(column: ExportColumn, feed: Feed, table: Table) -> bool:
    return column.logical_type == "timestamp" and isinstance(polars_type(table.columns[feed.column]), pl.Date)


def _reading_name(column: ExportColumn) -> str:
    return f"{column.name} as instant"


def read_column(column: ExportColumn, contract: ExportContract) -> pl.Expr:
    return values.read_instant(
        pl.col(column.name),
        column.formats or ISO_INSTANTS,
        zone_of(column, contract),
        null_tokens=contract.null_tokens,
    ).alias(_reading_name(column))


def instant_part(column: ExportColumn, part: str) -> pl.Expr:
    return pl.col(_reading_name(column)).struct.field(part)


def parse_value(column: ExportColumn, feed: Feed, table: Table, contract: ExportContract) -> pl.Expr:
    """The typed value of a raw column for the canonical column that it feeds."""
    kind = polars_type(table.columns[feed.column])
    text = amount_text(column.name, feed.sign)
    nulls = contract.null_tokens
    if isinstance(kind, pl.Datetime):
        return instant_part(column, "instant")
    if isinstance(kind, pl.Date):
        if is_day_of_instant(column, feed, table):
            return instant_part(column, "instant").dt.convert_time_zone(zone_of(column, contract)).dt.date()
        return values.parse_date(text, column.formats or ISO_DATES, null_tokens=nulls)
    if isinstance(kind, pl.Decimal):
        return values.parse_decimal(
            text,
            decimal_separator=contract.decimal_separator,
            thousands_separator=contract.thousands_separator,
            scale=kind.scale,
            null_tokens=nulls,
        )
    if isinstance(kind, pl.Int64):
        return values.parse_integer(text, thousands_separator=contract.thousands_separator, null_tokens=nulls)
    if isinstance(kind, pl.Boolean):
        return values.parse_boolean(
            text,
            true_tokens=column.true_tokens or values.TRUE_TOKENS,
            false_tokens=column.false_tokens or values.FALSE_TOKENS,
            null_tokens=nulls,
        )
    return clean_value(column, contract)


def zone_of(column: ExportColumn, contract: ExportContract) -> str:
    return column.time_zone or contract.time_zone or "UTC"

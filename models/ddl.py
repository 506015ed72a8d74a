"""From a declared table to DDL with comments, for DuckDB and PostgreSQL, and to a Polars schema.

DuckDB enforces keys only where asked: staged tables must be able to hold the faults that the audit is to find.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import polars as pl
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Float, Numeric, Table, Text

Dialect = Literal["duckdb", "postgresql"]

_SQL_TYPES: Final[dict[type, dict[Dialect, str]]] = {
    Text: {"duckdb": "VARCHAR", "postgresql": "text"},
    DateTime: {"duckdb": "TIMESTAMP WITH TIME ZONE", "postgresql": "timestamp with time zone"},
    Date: {"duckdb": "DATE", "postgresql": "date"},
    BigInteger: {"duckdb": "BIGINT", "postgresql": "bigint"},
    Boolean: {"duckdb": "BOOLEAN", "postgresql": "boolean"},
    Float: {"duckdb": "DOUBLE", "postgresql": "double precision"},
}

_POLARS_TYPES: Final[dict[type, pl.DataType]] = {
    Text: pl.String(),
    DateTime: pl.Datetime("us", "UTC"),
    Date: pl.Date(),
    BigInteger: pl.Int64(),
    Boolean: pl.Boolean(),
    Float: pl.Float64(),
}


def sql_type(column: Column[Any], dialect: Dialect) -> str:
    """The type of a column in a dialect's own words."""
    type_ = column.type
    if isinstance(type_, Numeric) and not isinstance(type_, Float):
        return f"DECIMAL({type_.precision},{type_.scale})"
    return _SQL_TYPES[type(type_)][dialect]


def polars_type(column: Column[Any]) -> pl.DataType:
    """The Polars type that holds a column without loss."""
    type_ = column.type
    if isinstance(type_, Numeric) and not isinstance(type_, Float):
        return pl.Decimal(type_.precision, type_.scale or 0)
    return _POLARS_TYPES[type(type_)]


def polars_schema(table: Table) -> pl.Schema:
    """Column names and Polars types of a table, in declaration order."""
    return pl.Schema({column.name: polars_type(column) for column in table.columns})


def conform(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The frame with exactly the table's columns and types: missing ones empty, others left out."""
    return frame.select(_column_of(frame, name).cast(type_) for name, type_ in polars_schema(table).items())


def conform_encoded(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """What `conform` gives, but text that comes as categories or an enumeration stays so.

    It is the same text in a fraction of the memory, and databases take it as text.
    """
    given = frame.schema
    return frame.select(
        pl.col(name)
        if type_ == pl.String and isinstance(given.get(name), pl.Categorical | pl.Enum)
        else _column_of(frame, name).cast(type_)
        for name, type_ in polars_schema(table).items()
    )


def _column_of(frame: pl.DataFrame, name: str) -> pl.Expr:
    return (pl.col(name) if name in frame.columns else pl.lit(None)).alias(name)


def quote_identifier(name: str) -> str:
    """A name as SQL identifier, quoted."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def quote_text(value: str) -> str:
    """A text as SQL literal."""
    escaped = value.replace("'", "''")
    return f"'{escaped}'"


def qualified_name(table: Table, schema: str | None = None) -> str:
    """`schema.table`, quoted; `schema` overrides the declared one."""
    return f"{quote_identifier(schema or table.schema or 'main')}.{quote_identifier(table.name)}"


def create_table(
    table: Table,
    *,
    dialect: Dialect = "duckdb",
    schema: str | None = None,
    with_keys: bool = False,
    key_follows: bool = False,
    enumerations: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """`CREATE TABLE` for a declared table.

    Args:
        dialect: whose type names to write.
        schema: where to create it; the declared schema if None.
        with_keys: whether to state NOT NULL and the primary key, as published targets do.
        key_follows: leave the key out, for it comes by `add_key` once the rows are there.
        enumerations: values of the columns to be stored as enumerations, by column; DuckDB only.
    """
    lines = []
    for column in table.columns:
        required = " NOT NULL" if with_keys and not column.nullable else ""
        values = (enumerations or {}).get(column.name)
        type_ = f"ENUM({', '.join(map(quote_text, values))})" if values else sql_type(column, dialect)
        lines.append(f"    {quote_identifier(column.name)} {type_}{required}")
    if with_keys and not key_follows and key_columns(table):
        lines.append(f"    {_primary_key(table)}")
    body = ",\n".join(lines)
    return f"CREATE TABLE IF NOT EXISTS {qualified_name(table, schema)} (\n{body}\n)"


def add_key(table: Table, *, schema: str | None = None) -> list[str]:
    """The statement that gives a table its primary key, or none: for DuckDB a third cheaper than row by row."""
    name = qualified_name(table, schema)
    return [f"ALTER TABLE {name} ADD {_primary_key(table)}"] if key_columns(table) else []


def _primary_key(table: Table) -> str:
    return f"PRIMARY KEY ({', '.join(quote_identifier(column.name) for column in key_columns(table))})"


def key_columns(table: Table) -> list[Column[Any]]:
    """The primary key in the order in which it is indexed: the shortest and most varied columns, days, come last.

    DuckDB's index stores of each row what follows the last letter that its key shares with another. With days last that
    is a byte or two; with a name last it is the name, and the index outgrew the table five times.
    """
    return sorted(table.primary_key.columns, key=lambda column: isinstance(column.type, Date))


def comment_statements(table: Table, *, schema: str | None = None) -> list[str]:
    """`COMMENT ON` statements for a table and each of its columns; the same in both dialects."""
    name = qualified_name(table, schema)
    statements = [f"COMMENT ON TABLE {name} IS {quote_text(table.comment or '')}"]
    for column in table.columns:
        target = f"{name}.{quote_identifier(column.name)}"
        statements.append(f"COMMENT ON COLUMN {target} IS {quote_text(column.comment or '')}")
    return statements

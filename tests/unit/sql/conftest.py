from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import polars as pl
import pytest
from sqlalchemy import MetaData, Table

import sql
from models.catalog import table_named, tables_of
from models.ddl import create_table, polars_schema
from models.vocabulary import Layer

Row = dict[str, Any]
Fill = Callable[..., None]


@pytest.fixture
def published() -> Iterator[duckdb.DuckDBPyConnection]:
    """A published file without rows: every table and view of its three schemas."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for table in (*tables_of(Layer.CORE), *tables_of(Layer.MART)):
            schema, name = _published_as(table)
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            connection.execute(create_table(table.to_metadata(MetaData(), schema=schema, name=name), schema=schema))
        for view in sql.load_views():
            connection.execute(view.text)
        yield connection


@pytest.fixture
def fill(published: duckdb.DuckDBPyConnection) -> Fill:
    """Adds rows to a table by its declared name."""

    def add(name: str, *rows: Row) -> None:
        table = table_named(name)
        schema, published_name = _published_as(table)
        columns = polars_schema(table)
        given = pl.DataFrame([{column: row.get(column) for column in columns} for row in rows], schema=columns)
        published.register("given_rows", given.to_arrow())
        published.execute(f"INSERT INTO {schema}.{published_name} FROM given_rows")
        published.unregister("given_rows")

    return add


def _published_as(table: Table) -> tuple[str, str]:
    if table.name.startswith("meta_"):
        return "meta", table.name.removeprefix("meta_")
    return str(table.schema), table.name

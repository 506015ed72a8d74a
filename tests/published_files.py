"""Published files made for tests: every table and view that a publication has, with the rows that a test wants.

What the tests expect of them is in the tests.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from sqlalchemy import MetaData, Table

import sql
from models.catalog import table_named, tables_of
from models.ddl import create_table, polars_schema
from models.vocabulary import Layer

Row = dict[str, Any]


@contextmanager
def new_published(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new published file with every table and view of the three schemas, without rows, open to be filled."""
    path.write_bytes(_empty_published_file())
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@cache
def _empty_published_file() -> bytes:
    """To make all views takes forty times as long as to copy a file that has them, and hundreds of tests want one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kpi.duckdb"
        with duckdb.connect(str(path)) as connection:
            for table in (*tables_of(Layer.CORE), *tables_of(Layer.MART)):
                schema, name = _published_as(table)
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
                connection.execute(create_table(table.to_metadata(MetaData(), schema=schema, name=name), schema=schema))
            for view in sql.load_views():
                connection.execute(view.text)
        return path.read_bytes()


def fill_table(connection: duckdb.DuckDBPyConnection, name: str, rows: list[Row] | pl.DataFrame) -> None:
    """Add rows to a table by its declared name; columns that a row does not have are empty."""
    table = table_named(name)
    schema, published_name = _published_as(table)
    columns = polars_schema(table)
    if isinstance(rows, pl.DataFrame):
        given = rows.select(list(columns))
    else:
        given = pl.DataFrame([{column: row.get(column) for column in columns} for row in rows], schema=columns)
    connection.register("given_rows", given.to_arrow())
    connection.execute(f"INSERT INTO {schema}.{published_name} FROM given_rows")
    connection.unregister("given_rows")


def _published_as(table: Table) -> tuple[str, str]:
    if table.name.startswith("meta_"):
        return "meta", table.name.removeprefix("meta_")
    return str(table.schema), table.name

"""What other targets take from the built file: each table and view that readers see, with its columns, meaning and key.

Facts are not among them: readers of other targets get them by the views of `mart`, in hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from metrics.render.record_views import RECORD_VIEWS
from metrics.render.views import FACT_VIEWS
from metrics.render.written_views import KEYS_OF_WRITTEN_VIEWS
from models.ddl import quote_identifier, quote_text

#: Schemas that readers of every target see.
READER_SCHEMAS: Final = ("mart", "meta")


@dataclass(frozen=True, slots=True)
class PublishedColumn:
    """A column: its name, its type in DuckDB's words, and what it means."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view of the published file.

    Attributes:
        key: columns that tell one row from another; none where they may be empty.
        is_view: whether it is a view in the file.
    """

    schema: str
    name: str
    meaning: str
    columns: tuple[PublishedColumn, ...]
    key: tuple[str, ...]
    is_view: bool

    @property
    def full_name(self) -> str:
        """`schema.name`, for people."""
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """`schema.name`, for SQL."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.name)}"


@contextmanager
def reading(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to a built file."""
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        # What is read streams on; whatever needs more writes beside the file.
        connection.execute("SET memory_limit = '1GB'")
        yield connection


def read_relations(connection: duckdb.DuckDBPyConnection) -> list[Relation]:
    """Everything that readers see, tables first, by schema and name."""
    schemas = ", ".join(map(quote_text, READER_SCHEMAS))
    found = connection.execute(
        f"""
        SELECT schema_name, table_name, comment, false FROM duckdb_tables() WHERE schema_name IN ({schemas})
        UNION ALL
        SELECT schema_name, view_name, comment, true FROM duckdb_views() WHERE schema_name IN ({schemas})
        ORDER BY 4, 1, 2
        """
    ).fetchall()
    columns: dict[tuple[str, str], list[PublishedColumn]] = {}
    query = (
        "SELECT schema_name, table_name, column_name, data_type, comment FROM duckdb_columns() ORDER BY column_index"
    )
    for schema, table, name, type_, comment in connection.execute(query).fetchall():
        columns.setdefault((schema, table), []).append(PublishedColumn(name, type_, comment or ""))
    query = (
        "SELECT schema_name, table_name, constraint_column_names FROM duckdb_constraints() "
        "WHERE constraint_type = 'PRIMARY KEY'"
    )
    keys = {(schema, table): tuple(names) for schema, table, names in connection.execute(query).fetchall()}
    return [
        Relation(
            schema,
            name,
            comment or "",
            tuple(columns[schema, name]),
            _key_of_view(name, columns[schema, name]) if is_view else keys.get((schema, name), ()),
            is_view,
        )
        for schema, name, comment, is_view in found
    ]


def _key_of_view(name: str, columns: list[PublishedColumn]) -> tuple[str, ...]:
    fact = FACT_VIEWS.get(name)
    if fact is not None:
        key = tuple(column.name for column in fact.primary_key.columns)
        return key if set(key) <= {column.name for column in columns} else ()
    records = {view.name: view.keys for view in RECORD_VIEWS}
    return records.get(name) or KEYS_OF_WRITTEN_VIEWS.get(name, ())

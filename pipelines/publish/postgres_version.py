"""One publication in a schema of its own: tables with the rows of all that readers see, loaded before anybody looks.

Rows are copied from the built file, computed there once; nothing is computed in PostgreSQL but the views of single
metrics, which only pick rows. Switching readers over is `pipelines.publish.postgres_views`' work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc
import duckdb
import psycopg

from metrics.registry import METRICS
from metrics.render.views import kpi_select
from models.ddl import quote_identifier, quote_text
from pipelines.publish.postgres_address import Address, first_line
from pipelines.publish.relations import Relation, reading
from pipelines.publish.target import PublishError

#: How comments on our schemas begin: what has no such comment is somebody else's.
MARK: Final = "KPI warehouse"

_TYPES: Final = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
}
_KPI_VIEWS: Final = {metric.view: metric for metric in METRICS}
_BATCH_ROWS: Final = 50_000


def type_of(duckdb_type: str) -> str:
    """PostgreSQL's name, as its catalog writes it, of a type of the published file."""
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", duckdb_type)
    return f"numeric({decimal[1]},{decimal[2]})" if decimal else _TYPES[duckdb_type]


@dataclass(frozen=True, slots=True)
class Version:
    """A publication's schema."""

    schema: str
    relations: Sequence[Relation]

    def name_of(self, schema: str, name: str) -> str:
        """The name in this schema of what readers know as `schema.name`, quoted for SQL."""
        inner = name if schema == "mart" else f"{schema}_{name}"
        return f"{quote_identifier(self.schema)}.{quote_identifier(inner)}"

    @property
    def tables(self) -> list[Relation]:
        """What has rows of its own here."""
        return [relation for relation in self.relations if relation.name not in _KPI_VIEWS]

    @property
    def views(self) -> list[Relation]:
        """What picks rows of a table here: views of single metrics."""
        return [relation for relation in self.relations if relation.name in _KPI_VIEWS]


def create_version(connection: psycopg.Connection, version: Version, publication_id: str) -> None:
    """Make the schema with empty tables. Nobody but its owner sees it."""
    schema = quote_identifier(version.schema)
    comment = f"{MARK}: publication {publication_id}; readers see it through views"
    statements = [f"CREATE SCHEMA {schema}", f"COMMENT ON SCHEMA {schema} IS {quote_text(comment)}"]
    for relation in version.tables:
        lines = ", ".join(
            f"{quote_identifier(column.name)} {type_of(column.type)}"
            f"{' NOT NULL' if column.name in relation.key else ''}"
            for column in relation.columns
        )
        statements.append(f"CREATE TABLE {version.name_of(relation.schema, relation.name)} ({lines})")
    with connection.transaction():
        connection.execute(";\n".join(statements))


def load_version(address: Address, version: Version, file: Path) -> None:
    """Fill the tables by ADBC, all in one transaction.

    ADBC sends Arrow batches in PostgreSQL's binary form: decimals and instants arrive exactly, four times as fast as
    by rows.

    Raises:
        PublishError: the database did not take all rows.
    """
    try:
        with adbc.connect(address.conninfo) as connection, connection.cursor() as cursor, reading(file) as built:
            for relation in version.tables:
                _load(cursor, built, version, relation)
            connection.commit()
    except (adbc_driver_manager.Error, duckdb.Error) as error:
        raise PublishError(
            f"{address.place}: loading failed: {first_line(error)}. Readers see the old publication; the next run "
            "tries again."
        ) from error


def _load(cursor: adbc.Cursor, built: duckdb.DuckDBPyConnection, version: Version, relation: Relation) -> None:
    columns = ", ".join(_exported(column.name, column.type) for column in relation.columns)
    expected = built.execute(f"SELECT count(*) FROM {relation.quoted}").fetchall()[0][0]
    if expected == 0:
        return
    rows = built.execute(f"SELECT {columns} FROM {relation.quoted}").to_arrow_reader(_BATCH_ROWS)
    table = version.name_of(relation.schema, relation.name).rpartition(".")[2].strip('"')
    loaded = cursor.adbc_ingest(table, rows, mode="append", db_schema_name=version.schema)
    if loaded != expected:
        raise PublishError(f"{relation.full_name}: {loaded} of {expected} rows arrived in PostgreSQL.")


def _exported(name: str, duckdb_type: str) -> str:
    quoted = quote_identifier(name)
    # PostgreSQL's text cannot hold the character NUL; U+FFFD is what stands for a character that cannot be shown.
    return f"replace({quoted}, chr(0), chr(65533)) AS {quoted}" if duckdb_type == "VARCHAR" else quoted


def finish_version(connection: psycopg.Connection, version: Version) -> None:
    """Give the loaded tables keys, comments and statistics, and add the views of single metrics."""
    statements = []
    for relation in version.tables:
        if relation.key:
            columns = ", ".join(map(quote_identifier, relation.key))
            statements.append(
                f"ALTER TABLE {version.name_of(relation.schema, relation.name)} ADD PRIMARY KEY ({columns})"
            )
    for relation in version.views:
        query = kpi_select(
            _KPI_VIEWS[relation.name],
            values=version.name_of("mart", "metric_values"),
            definitions=version.name_of("meta", "metrics"),
        )
        statements.append(f"CREATE VIEW {version.name_of(relation.schema, relation.name)} AS {query}")
    statements += comments_on_tables(version)
    try:
        with connection.transaction():
            connection.execute(";\n".join(statements))
    except psycopg.errors.UniqueViolation as error:
        raise PublishError(
            f"Two published rows have the same key: {first_line(error)}; {error.diag.message_detail}"
        ) from error
    connection.execute(
        "ANALYZE " + ", ".join(version.name_of(relation.schema, relation.name) for relation in version.tables)
    )


def comments_on_tables(version: Version) -> list[str]:
    """`COMMENT ON` statements for every table of the version and each of its columns."""
    statements = []
    for relation in version.tables:
        name = version.name_of(relation.schema, relation.name)
        statements.append(f"COMMENT ON TABLE {name} IS {quote_text(relation.meaning)}")
        statements += [
            f"COMMENT ON COLUMN {name}.{quote_identifier(column.name)} IS {quote_text(column.meaning)}"
            for column in relation.columns
        ]
    return statements


def drop_version(connection: psycopg.Connection, schema: str) -> bool:
    """Drop a version's schema unless somebody still reads it or has built something on it; says whether it is gone."""
    query = """
        SELECT format('%%I.%%I', nspname, relname), relkind FROM pg_class
        JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = %s AND relkind IN ('r', 'v')
    """
    found = connection.execute(query, [schema]).fetchall()
    try:
        with connection.transaction():
            # Shorter than the second after which PostgreSQL looks for deadlocks, so that no reader is ended for one.
            connection.execute("SET LOCAL lock_timeout = '300ms'")
            for kind, word in (("v", "VIEW"), ("r", "TABLE")):
                _drop_all(connection, word, [name for name, relkind in found if relkind == kind])
            connection.execute(f"DROP SCHEMA {quote_identifier(schema)}")
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DependentObjectsStillExist):
        return False
    return True


def _drop_all(connection: psycopg.Connection, word: str, names: Iterable[str]) -> None:
    together = ", ".join(names)
    if together:
        connection.execute(f"DROP {word} {together}")

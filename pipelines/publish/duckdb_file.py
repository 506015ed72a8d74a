"""The published DuckDB file: built beside the old one, checked, closed, and swapped in by one rename.

Readers that have the old file open keep reading it whole; the next open sees the new one. See
docs/adr/0002-publish-by-rename.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import duckdb
from sqlalchemy import MetaData

from models.ddl import (
    add_key,
    comment_statements,
    create_table,
    polars_schema,
    qualified_name,
    quote_identifier,
    quote_text,
)
from pipelines.lent_frames import lend
from pipelines.publish.bi_types import require_bi_types
from pipelines.publish.publication import Publication, PublishedTable
from pipelines.publish.target import Build, OneFile, PublishError
from pipelines.warehouse import Warehouse

#: Any driver from 1.4 on opens it; BI tools ship those.
STORAGE_VERSION: Final = "v1.4.0"


class DuckdbFile(OneFile):
    """The target `duckdb`: one file, which is what most readers open."""

    name: Final = "duckdb"

    def write(self, build: Build) -> None:
        """Swap the build's file in."""
        swap_in(build.file, self.path)


def write_duckdb_file(publication: Publication, path: Path) -> None:
    """Write a publication to `path`, atomically.

    Raises:
        PublishError: a value does not fit, the new file did not close cleanly, or another program keeps the old one
            from being replaced.
    """
    swap_in(build_beside(publication, path), path)


def build_beside(publication: Publication, path: Path) -> Path:
    """Build a publication as a file that nobody knows of, on the same disk as `path`.

    Raises:
        PublishError: a column or a value is not what BI tools read.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f".{path.name}.*.building*"):
        leftover.unlink()
    building = path.parent / f".{path.name}.{publication.publication_id}.building"
    try:
        _build(publication, building)
    except BaseException:
        for unfinished in path.parent.glob(f"{building.name}*"):
            unfinished.unlink()
        raise
    return building


def swap_in(building: Path, path: Path) -> None:
    """Let a built file take the place of the published one, in one step.

    Raises:
        PublishError: the new file did not close cleanly, or another program keeps the old one from being replaced.
    """
    _require_no_wal(building)
    _require_no_wal(path)
    _sync(building)
    try:
        building.replace(path)
    except PermissionError as error:
        building.unlink()
        raise PublishError(
            f"{path} is held open by another program and could not be replaced; the old publication stays. "
            "Close that program (on Windows an open reader blocks the swap), then run again."
        ) from error
    _sync(path.parent)


def _build(publication: Publication, path: Path) -> None:
    with _connect(publication.warehouse) as connection:
        # The folder may be a link to another disk, and the warehouse may write to the one it leads to.
        place = path.parent.resolve() / path.name
        connection.execute(
            f"ATTACH {quote_text(str(place))} AS published (STORAGE_VERSION {quote_text(STORAGE_VERSION)})"
        )
        ((source,),) = connection.execute("SELECT current_database()").fetchall()
        connection.execute("USE published")
        try:
            # One transaction: hundreds of comments would otherwise each be synced to disk.
            connection.execute("BEGIN TRANSACTION")
            _fill(connection, publication, source)
            connection.execute("COMMIT")
            connection.execute("CHECKPOINT published")
        except BaseException:
            # A commit that failed has ended the transaction already.
            with suppress(duckdb.TransactionException):
                connection.execute("ROLLBACK")
            raise
        finally:
            connection.execute(f"USE {quote_identifier(source)}")
            connection.execute("DETACH published")


@contextmanager
def _connect(warehouse: Warehouse | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection from which a file can be attached, and to whose database rows are copied from the warehouse."""
    if warehouse is not None:
        with warehouse.beside() as connection:
            yield connection
        return
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def _fill(connection: duckdb.DuckDBPyConnection, publication: Publication, source: str) -> None:
    """Write all tables and views into the database that is in use.

    Args:
        source: the warehouse as the connection calls it.
    """
    for schema in ("core", "mart", "meta"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for published in publication.tables:
        _write_table(connection, published, source)
    for view in publication.views:
        connection.execute(view.text)
    require_bi_types(connection, publication.views)


def _write_table(connection: duckdb.DuckDBPyConnection, published: PublishedTable, source: str) -> None:
    name = f"{quote_identifier(published.schema)}.{quote_identifier(published.name)}"
    renamed = published.table.to_metadata(MetaData(), schema=published.schema, name=published.name)
    connection.execute(create_table(renamed, schema=published.schema, with_keys=True, key_follows=True))
    names = ", ".join(map(quote_identifier, polars_schema(renamed)))
    if published.rows is None:
        # From database to database: as frames, millions of rows with all their texts took four times the memory.
        rows = f"{quote_identifier(source)}.{qualified_name(published.table)}"
        connection.execute(f"INSERT INTO {name} ({names}) SELECT {names} FROM {rows}")
    else:
        with lend(connection, "published_rows", published.rows):
            connection.execute(f"INSERT INTO {name} ({names}) SELECT {names} FROM published_rows")
    for statements in (add_key, comment_statements):
        for statement in statements(renamed, schema=published.schema):
            connection.execute(statement)


def _require_no_wal(path: Path) -> None:
    wal = path.with_name(path.name + ".wal")
    if wal.exists():
        raise PublishError(
            f"{wal} exists: someone wrote to the published file, and that file still holds their changes. "
            "Open and close the database once with the program that wrote to it, then run again."
        )


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Opening a published file for reading, and nothing else: no other files, no network, no change of settings."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from models.ddl import quote_text

#: What the file is called within a connection, as in other tools that open `kpi.duckdb`.
_NAME: Final = "kpi"
_SEARCHED: Final = ",".join(f"{_NAME}.{schema}" for schema in ("mart", "core", "meta"))


def open_published_file(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a published file. Tables of `mart`, `core` and `meta` need no schema before their name.

    Any number of them can be open at once, also in one program, as in the dashboard that several people look at. Where
    one of these closes, POSIX systems give up the lock on the file for all of them; no run writes to the file, for
    each puts a new one in its place.

    Raises:
        duckdb.Error: the file cannot be opened.
    """
    # Connections of one program to one file share a database and its settings: where the first has locked them, as it
    # does here, no other could set its own. So each attaches the file to a database of its own.
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"ATTACH {quote_text(str(path))} AS {_NAME} (TYPE duckdb, READ_ONLY)")
        # What does not fit in memory goes beside the file, as it would if that were the database itself.
        connection.execute(f"SET temp_directory = {quote_text(f'{path}.tmp')}")
        search_published_file(connection)
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
    except duckdb.Error:
        connection.close()
        raise
    return connection


def search_published_file(connection: duckdb.DuckDBPyConnection) -> None:
    """Let a connection find the tables of the file by their names: a cursor of one that does is told so anew."""
    connection.execute(f"USE {_NAME}")
    connection.execute(f"SET search_path = {quote_text(_SEARCHED)}")

"""Opening a published file for reading, and nothing else: no other files, no network, no change of settings."""

from __future__ import annotations

from pathlib import Path

import duckdb


def open_published_file(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a published file. Tables of `mart`, `core` and `meta` need no schema before their name.

    Raises:
        duckdb.Error: the file cannot be opened.
    """
    connection = duckdb.connect(str(path), read_only=True)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET search_path = 'mart,core,meta'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection

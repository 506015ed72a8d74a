from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import pytest
from published_files import Row, create_published, fill_table

Fill = Callable[..., None]


@pytest.fixture
def published() -> Iterator[duckdb.DuckDBPyConnection]:
    """A published file without rows: every table and view of its three schemas."""
    with duckdb.connect() as connection:
        create_published(connection)
        yield connection


@pytest.fixture
def fill(published: duckdb.DuckDBPyConnection) -> Fill:
    """Adds rows to a table by its declared name."""

    def add(name: str, *rows: Row) -> None:
        fill_table(published, name, list(rows))

    return add

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from published_files import Row, fill_table, new_published

Fill = Callable[..., None]


@pytest.fixture
def published(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A published file without rows: every table and view of its three schemas."""
    with new_published(tmp_path / "kpi.duckdb") as connection:
        yield connection


@pytest.fixture
def fill(published: duckdb.DuckDBPyConnection) -> Fill:
    """Adds rows to a table by its declared name."""

    def add(name: str, *rows: Row) -> None:
        fill_table(published, name, list(rows))

    return add

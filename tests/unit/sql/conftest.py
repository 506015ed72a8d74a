from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from asked_questions import Answer, Fill, ask
from published_files import Row, fill_table, new_published

from pipelines.cli.questions import question_named


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


@pytest.fixture
def answer(published: duckdb.DuckDBPyConnection) -> Answer:
    """The rows that a query of some name gives, with some of its parameters."""

    def of(name: str, **given: str) -> list[tuple[Any, ...]]:
        return ask(published, question_named(name), **given).fetchall()

    return of

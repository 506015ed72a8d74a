"""Build databases for tests that want one of their own, without rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from pipelines.warehouse import Warehouse, open_warehouse


@contextmanager
def new_warehouse(path: Path) -> Iterator[Warehouse]:
    """A new build database, open, as the first run of a home makes it."""
    with path.open("xb") as file:
        file.write(_empty_warehouse())
    with open_warehouse(path) as warehouse:
        yield warehouse


@cache
def _empty_warehouse() -> bytes:
    """To create all tables takes ten times as long as to copy a file that has them, and a hundred tests want one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        with open_warehouse(path):
            pass
        return path.read_bytes()

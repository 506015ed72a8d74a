"""BI tools in environments of their own, which `make bi-test` installs; elsewhere their tests are skipped, visibly."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

if TYPE_CHECKING:
    from conftest import CleanRun

Tool = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def tool() -> Tool:
    """Path of a program of a tool's environment."""
    checkout = os.environ.get("KPI_BI_TOOLS")

    def program(environment: str, name: str) -> Path:
        if not checkout:
            pytest.skip("KPI_BI_TOOLS names no folder with BI tools; run `make bi-test`")
        found = Path(checkout) / f".venv-bi-{environment}" / "bin" / name
        if not found.exists():
            pytest.skip(f"{found} is not installed; run `make bi-test`")
        return found

    return program


@pytest.fixture(scope="session")
def published_file(clean_run: CleanRun) -> Path:
    """The published file of a home that the whole pipeline ran on."""
    return clean_run.demo.home.published_file.resolve()


@pytest.fixture(scope="session")
def published(published_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to it."""
    with duckdb.connect(str(published_file), read_only=True) as reader:
        yield reader

"""One small company, simulated and run once per test process; tests that change it take a copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo_homes import DemoHome
    from postgres_servers import PostgresDatabase, PostgresServer

    from pipelines.run import RunOutcome

# How long an example takes says more of what else the machine does than of the code; benchmarks measure that.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@dataclass(frozen=True)
class CleanRun:
    """A home after its first run, that run, and the same home before it."""

    demo: DemoHome
    outcome: RunOutcome
    never_run: DemoHome


@pytest.fixture(scope="session")
def clean_run(tmp_path_factory: pytest.TempPathFactory) -> CleanRun:
    """The small company after one run. Nobody changes it: see `clean` and `never_run`."""
    from demo_homes import write_small_company

    folder = tmp_path_factory.mktemp("company")
    never_run = write_small_company(folder / "never_run")
    demo = never_run.copy_to(folder / "clean")
    return CleanRun(demo, demo.run(), never_run)


@pytest.fixture
def clean(clean_run: CleanRun, tmp_path: Path) -> DemoHome:
    """A copy of the home that was run once. From now on it publishes to the file alone; see `publish_to`."""
    return clean_run.demo.copy_to(tmp_path / "home").publish_to("duckdb")


@pytest.fixture
def never_run(clean_run: CleanRun, tmp_path: Path) -> DemoHome:
    """A copy of the home as it was before its first run. It publishes to the file alone; see `publish_to`."""
    return clean_run.never_run.copy_to(tmp_path / "home").publish_to("duckdb")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server, started when a test first needs it; skipped where none is installed."""
    from postgres_servers import running_server

    with running_server() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Iterator[PostgresDatabase]:
    """An empty database of that server."""
    from postgres_servers import new_database

    with new_database(postgres_server) as database:
        yield database

"""What tests of the whole pipeline run on, and what they have to tell beside whether they passed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from demo_homes import DemoHome
from postgres_servers import PASSWORD
from postgres_targets import few_views
from simulated_desks import Desk

if TYPE_CHECKING:
    from tests.conftest import CleanRun

#: Under which a test records how many of its kills hit a run before it had ended.
KILLS = "kills that hit"


@pytest.fixture(scope="session")
def real_exports() -> Path:
    """The folder that KPI_REAL_EXPORTS names; without it the test is skipped, and says so."""
    folder = os.environ.get("KPI_REAL_EXPORTS")
    if not folder:
        pytest.skip("KPI_REAL_EXPORTS is not set: no real exports to check against")
    return Path(folder)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def logged(desk: Desk) -> DemoHome:
    """The desk as its event log tells it."""
    return desk.home("logged", ["servicenow_incidents"])


@pytest.fixture
def postgresql_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPI_POSTGRESQL_PASSWORD", PASSWORD)
    monkeypatch.delenv("KPI_POSTGRESQL_URL", raising=False)


@pytest.fixture
def file(clean_run: CleanRun, tmp_path: Path) -> Path:
    """A published file with a few views."""
    return few_views(clean_run.demo.home.published_file, tmp_path / "built.duckdb")


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many kills hit a running run, also where the tests ran in several processes."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    told = [
        value
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, value in report.user_properties
        if name == KILLS
    ]
    if told:
        terminalreporter.section("kills")
        for line in told:
            terminalreporter.write_line(str(line))

"""Homes that tests run the whole pipeline on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_exports() -> Path:
    """The folder that KPI_REAL_EXPORTS names; without it the test is skipped, and says so."""
    folder = os.environ.get("KPI_REAL_EXPORTS")
    if not folder:
        pytest.skip("KPI_REAL_EXPORTS is not set: no real exports to check against")
    return Path(folder)

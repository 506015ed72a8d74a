from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
from made_up_operation import AS_OF, core_facts


@pytest.fixture(scope="session")
def as_of() -> datetime:
    """The data's own clock of the made-up operation; a summer-time evening in the middle of a week and a month."""
    return AS_OF


@pytest.fixture(scope="session")
def facts() -> dict[str, pl.DataFrame]:
    """Core facts of the made-up operation, by table."""
    return core_facts()

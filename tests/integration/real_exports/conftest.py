"""Homes that were run on real exports, each once, with the same numbers by plain SQL beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from real_exports.real_homes import (
    OTHER_PROMISES,
    PAUSING,
    RealHome,
    compute_plainly,
    run_home,
    run_with_other_promises,
)


def _each(names: dict[str, object]) -> list[object]:
    """One parameter for each export. All tests of one export go to one worker, so that its home is run once."""
    return [pytest.param(name, marks=pytest.mark.xdist_group(f"real_{name}")) for name in names]


@pytest.fixture(scope="session")
def home_of(real_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], RealHome]:
    """The home of that name, run."""
    made: dict[str, RealHome] = {}

    def run_once(name: str) -> RealHome:
        if name not in made:
            made[name] = run_home(name, real_exports, tmp_path_factory.mktemp("real"))
        return made[name]

    return run_once


@pytest.fixture(scope="session", params=_each(dict(PAUSING)))
def event_log(
    request: pytest.FixtureRequest, home_of: Callable[[str], RealHome]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """What plain SQL makes of one event log, and in the catalog `ours` what was published of it."""
    real = home_of(request.param)
    with compute_plainly(real, pausing=PAUSING[real.name]) as connection:
        connection.execute(f"ATTACH '{real.home.published_file}' AS ours (READ_ONLY)")
        yield connection


@pytest.fixture(scope="session", params=_each(dict(OTHER_PROMISES)))
def event_log_under_other_promises(
    request: pytest.FixtureRequest, home_of: Callable[[str], RealHome]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same once more, where waiting stops the clocks (or no longer does), mostly as of an earlier instant."""
    real = home_of(request.param)
    promises = run_with_other_promises(real)
    with compute_plainly(real, pausing=promises.pausing, as_of=promises.as_of) as connection:
        connection.execute(f"ATTACH '{real.home.warehouse}' AS ours (READ_ONLY)")
        yield connection

"""Pages of the dashboard as Streamlit runs them, without a browser, over the small company's publication."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.dashboard.snapshot import Answers, Snapshot, open_snapshot

if TYPE_CHECKING:
    from demo_homes import DemoHome

    from tests.conftest import CleanRun

#: Draws one page; with what is chosen in the address, as a link to it would.
Draw = Callable[..., AppTest]

_SCRIPT = """
from pipelines.dashboard.app import PAGES, page_function
page_function(next(show for _, name, _, show in PAGES if name == {address!r}))()
"""


@pytest.fixture(scope="session")
def published(clean_run: CleanRun) -> DemoHome:
    """The small company after one run. Nobody changes it."""
    return clean_run.demo


@pytest.fixture
def snapshot(published: DemoHome) -> Iterator[Snapshot]:
    """Its publication."""
    with open_snapshot(published.home, Answers()) as opened:
        yield opened


@pytest.fixture
def draw(published: DemoHome, monkeypatch: pytest.MonkeyPatch) -> Draw:
    """Draws a page of the small company's publication, or of another home's."""

    def run(address: str, home: Path | None = None, **chosen: str | list[str]) -> AppTest:
        monkeypatch.setenv("KPI_HOME", str(home or published.folder))
        page = AppTest.from_string(_SCRIPT.format(address=address), default_timeout=60)
        for name, value in chosen.items():
            page.query_params[name] = value
        return page.run()

    return run

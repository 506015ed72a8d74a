"""The report can be read by everybody: what needs no browser of that. The rest is in `tests/bi/test_in_browser.py`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from page_accessibility import contrast, problems

if TYPE_CHECKING:
    from conftest import CleanRun


@pytest.fixture(scope="module")
def pages(clean_run: CleanRun) -> dict[str, str]:
    """Every page that a run writes."""
    folder = clean_run.demo.home.published / "report"
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.html")}


def test_no_page_of_the_report_keeps_anybody_from_reading_it(pages: dict[str, str]) -> None:
    assert len(pages) >= 4
    assert "<svg" in pages["latest.html"]
    assert "<table" in pages["latest.html"]
    assert {name: found for name, text in pages.items() if (found := problems(text))} == {}


@pytest.mark.parametrize(
    ("pattern", "replacement", "said"),
    [
        (r' lang="en"', "", "as its language"),
        (r"<title>[^<]*", "<title>", "titles are"),
        (r"<main ", "<div ", "elements main"),
        (r"width=device-width", "width=device-width, user-scalable=no", "nobody may enlarge"),
        (r'tabindex="0"', 'tabindex="3"', "tabindex 3"),
        (r"<h1>", "<h2>", "level 1"),
        (r"<(/?)h2", r"<\1h4", "stands under one of level"),
        (r"<h3>.*?</h3>", "<h3></h3>", "is empty"),
        (r'(<svg[^>]*?) aria-label="[^"]*"', r"\1", "a chart has no role or no name"),
        (r"<summary>[^<]*", "<summary>", "summary says nothing"),
        (r' aria-label="Contents"', "", "(nav) has no name"),
        (r' scope="col"', "", "does not say what it heads"),
        (r"<caption.*?</caption>", "", "no caption"),
        (r"--quiet: #5a6470", "--quiet: #9aa4b0", "quiet on paper"),
        (r"--quiet: #a2abb5", "--quiet: #62707d", "in the dark scheme"),
    ],
)
def test_a_page_that_does_is_found(pattern: str, replacement: str, said: str, pages: dict[str, str]) -> None:
    spoilt, count = re.subn(pattern, replacement, pages["latest.html"])
    assert count
    assert any(said in problem for problem in problems(spoilt)), problems(spoilt)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == pytest.approx(1)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)

from __future__ import annotations

import re
from html.parser import HTMLParser

from metrics.registry import METRICS
from metrics.render.dictionary import data_dictionary
from metrics.render.dictionary_page import dictionary_page
from models.catalog import TABLES

PAGE = data_dictionary()


def _section(name: str) -> str:
    found = re.search(rf"^### {re.escape(name)}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"no section {name}"
    return found[1]


def test_every_metric_has_a_section_that_explains_it() -> None:
    for metric in METRICS:
        section = _section(metric.name)
        for text in (metric.label, metric.meaning, metric.formula, metric.unit.label, metric.owner):
            assert text in section


def test_every_column_of_every_table_has_a_row_with_its_meaning() -> None:
    for table in TABLES:
        section = _section(table.name)
        assert table.comment and table.comment in section
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert len(rows) == len(table.columns)
        for row, column in zip(rows, table.columns, strict=True):
            assert row.startswith(f"| `{column.name}`")
            assert row.count(" | ") == 3, f"a bar in a meaning breaks the row: {row}"
            assert (column.comment or "") in row


def test_links_of_the_contents_lead_to_headings() -> None:
    headings = {re.sub(r"[ ]", "-", heading.lower()) for heading in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)}
    links = re.findall(r"\]\(#([^)]+)\)", PAGE)
    assert len(links) > len(METRICS) + len(TABLES)
    assert set(links) <= headings


def test_meta_tables_are_named_as_readers_find_them() -> None:
    assert "Published as `meta.metrics`." in _section("meta_metrics")
    assert "View: `mart.ticket_facts`." in _section("fct_tickets")


class _Page(HTMLParser):
    """Ids, links and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.text = ""
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given["id"]} if "id" in given else set()
        self.links |= {given["href"]} if "href" in given else set()
        self.fetched += [given["src"]] if "src" in given else []

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_says_the_same_and_needs_nothing_else() -> None:
    page = _Page()
    page.feed(dictionary_page(PAGE, "Data <dictionary>"))
    assert not page.fetched and "<title>Data &lt;dictionary&gt;</title>" in dictionary_page(PAGE, "Data <dictionary>")
    inner = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert len(inner) > len(METRICS) + len(TABLES) and inner <= page.ids
    for metric in METRICS:
        assert metric.meaning in page.text

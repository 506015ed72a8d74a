"""The report as a PDF: it says what the page says, nothing leaves a page, and names from anywhere stay texts."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_companies import HOSTILE, Company, publish
from made_up_facts import SLA, answer, driver, facts
from pypdf import PdfReader

from pipelines.report.document import build_document
from pipelines.report.facts import ReportFacts
from pipelines.report.paper import HEIGHT, MARGIN, WIDTH, Block, set_into_pages
from pipelines.report.reading import read_facts
from pipelines.report.sections import build_sections
from pipelines.report.sentences import summarize
from pipelines.report.text_width import text_lines, text_width

LONG = "Of 12 running promises with 8 open hours or less left, the 10 that break first are here."


def without_spaces(text: str) -> str:
    """Where lines end is no part of what is said."""
    return "".join(text.split())


@pytest.fixture(scope="module")
def of_a_large_company(tmp_path_factory: pytest.TempPathFactory) -> tuple[ReportFacts, PdfReader]:
    file = publish(
        tmp_path_factory.mktemp("document") / "kpi.duckdb",
        Company(teams=200, months=120, tickets=1000, vendors=300, name=HOSTILE),
    )
    found = read_facts(file)
    return found, PdfReader(BytesIO(build_document(found)))


def test_it_says_what_the_page_says(of_a_large_company: tuple[ReportFacts, PdfReader]) -> None:
    given_facts, document = of_a_large_company
    said = without_spaces(" ".join(page.extract_text() for page in document.pages))
    # Of letters that no font of the machine has, a picture stands in the place of the text.
    plain = [sentence for sentence in summarize(given_facts) if sentence.isascii()]
    assert len(plain) > 4
    assert all(without_spaces(sentence) in said for sentence in plain)
    sections = build_sections(given_facts)
    assert [item["/Title"] for item in document.outline] == ["Summary", *(section.title for section in sections)]
    figures = [figure for section in sections for figure in section.figures]
    assert len(figures) > 10
    assert sum(without_spaces(figure.title) in said for figure in figures) == len(figures)
    # Of 300 vendors as many as on the page.
    assert "and276more" in said


def test_every_page_is_a_sheet_of_paper_with_its_number(of_a_large_company: tuple[ReportFacts, PdfReader]) -> None:
    _, document = of_a_large_company
    assert 5 < len(document.pages) < 40
    for number, page in enumerate(document.pages, start=1):
        assert (page.mediabox.width, page.mediabox.height) == (WIDTH, HEIGHT)
        assert f"{number} of {len(document.pages)}" in page.extract_text()
    assert document.metadata is not None
    assert document.metadata.title.endswith("October 2026")


def test_names_from_anywhere_are_texts_and_fit() -> None:
    names = (HOSTILE, "a\x00b\x0bc\ufffe\u202eright", "x" * 5000, "&amp; <a:t>", "\U0001f389 日本")
    rows = [driver("team", name, "0.07") for name in names]
    given_facts = facts(**{f"drivers {SLA}": answer("what_drove_a_change", *rows)})
    document = PdfReader(BytesIO(build_document(given_facts)))
    said = without_spaces(" ".join(page.extract_text() for page in document.pages))
    assert "<script>" in said, "it is a text like any other"
    assert len(document.pages) < 10


def test_the_columns_are_named_on_every_page_of_a_table() -> None:
    held = [{"domain": "tickets", "rule_id": f"rule {n}", "failed_count": n, "reason": " ".join([LONG] * 6)}
            for n in range(24)]  # fmt: skip
    document = PdfReader(BytesIO(build_document(facts(held=answer("held_metrics_and_rules", *held)))))
    with_rows = [text for page in document.pages if "rule 1" in (text := page.extract_text()) or "rule 2" in text]
    assert len(with_rows) > 1
    assert all("what it means" in text for text in with_rows)


def test_nothing_to_report_is_a_page_that_says_so() -> None:
    publication = facts().publication
    (page,) = PdfReader(BytesIO(build_document(ReportFacts(publication, None, {}, {}, {})))).pages
    assert "No period is closed yet, so there is no number to report." in " ".join(page.extract_text().split())


def test_the_same_facts_are_the_same_pages() -> None:
    one, other = (PdfReader(BytesIO(build_document(facts()))) for _ in range(2))
    assert [page.extract_text() for page in one.pages] == [page.extract_text() for page in other.pages]
    assert one.metadata == other.metadata


def _blocks(heights: list[tuple[float, bool, bool]]) -> Iterator[Block]:
    heading = Block(20, lambda _: "")
    for height, is_kept, has_heading in heights:
        yield Block(height, lambda _: "", is_kept, heading=heading if has_heading else None)


@given(st.lists(st.tuples(st.floats(1, 700), st.booleans(), st.booleans()), max_size=40))
def test_every_block_is_on_a_page_once_and_none_leaves_it(heights: list[tuple[float, bool, bool]]) -> None:
    blocks = list(_blocks(heights))
    pages = set_into_pages(blocks)
    own = [block for page in pages for _, block in page if any(block is each for each in blocks)]
    assert list(map(id, own)) == list(map(id, blocks))
    for page in pages:
        edges = [(top, top + block.height) for top, block in page]
        assert edges[0][0] == MARGIN
        assert all(end <= begin + 1e-6 for (_, end), (begin, _) in pairwise(edges))
        assert edges[-1][1] <= HEIGHT - MARGIN


def test_a_heading_stands_with_what_it_is_of() -> None:
    pages = set_into_pages(_blocks([(700, False, False), (20, True, False), (100, False, False)]))
    assert [len(page) for page in pages] == [1, 2]


@given(st.text(min_size=1, max_size=200), st.floats(20, 400), st.booleans())
def test_lines_are_no_wider_than_their_place_and_lose_nothing(text: str, width: float, is_bold: bool) -> None:
    lines = text_lines(text, width, 10, is_bold=is_bold)
    assert without_spaces("".join(lines)) == without_spaces(text)
    assert all(text_width(line, 10, is_bold=is_bold) <= width + 1e-9 for line in lines)


def test_a_sentence_is_broken_between_its_words() -> None:
    lines = text_lines(LONG, 150, 10)
    assert " ".join(lines) == LONG
    assert len(lines) == 3

"""The report as a PDF: it says what the page says, nothing leaves a page, and names from anywhere stay texts."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from made_companies import HOSTILE, Company, publish
from made_up_facts import SLA, answer, driver, facts
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from pipelines.report.document import ROOM, build_document
from pipelines.report.facts import ReportFacts
from pipelines.report.headlines import headline_cards
from pipelines.report.reading import read_facts
from pipelines.report.sections import build_sections
from pipelines.report.sentences import summarize

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
    # Letters that are read from right to left come out of a file in another order.
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
        assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
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


def _tagged(document: PdfReader) -> list[tuple[str, DictionaryObject]]:
    """What programs that read aloud are told, in its order: kinds of elements, with the elements."""
    root = document.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    found = []
    waiting = [root["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop()
        if "/S" in element:
            found.append((element["/S"], element))
        parts = element.get("/K", [])
        inner = [part.get_object() for part in (parts if isinstance(parts, list) else [parts])]
        waiting += [part for part in reversed(inner) if isinstance(part, DictionaryObject)]
    return found


def test_it_is_tagged_for_those_who_do_not_see_it() -> None:
    rows = [driver("team", "Desk", "0.07"), driver("team", "Field", "-0.03")]
    held = {"domain": "tickets", "rule_id": "rule", "failed_count": 1, "reason": "why"}
    given_facts = facts(
        **{f"drivers {SLA}": answer("what_drove_a_change", *rows), "held": answer("held_metrics_and_rules", held)}
    )
    given_facts = replace(given_facts, publication=replace(given_facts.publication, home_name="Halden"))
    written = build_document(given_facts)
    # The standard for documents that everybody can use; the writer refuses to name it where something lacks.
    assert b"pdfuaid:part" in written
    elements = _tagged(PdfReader(BytesIO(written)))
    kinds = [kind for kind, _ in elements]
    sections = build_sections(given_facts)
    figures = [figure for section in sections for figure in section.figures]
    assert kinds.count("/H1") == len(sections) + 1
    assert kinds.count("/H2") == len(figures)
    tables = [figure.table for figure in figures if figure.table is not None and figure.is_table_open]
    assert kinds.count("/TH") == sum(len(table.columns) for table in tables) > 0
    told = [element["/Alt"] for kind, element in elements if kind == "/Figure"]
    drawn = [figure.alternative or figure.title for figure in figures if figure.draw is not None]
    trends = [f"Trend of {card.label}" for card in headline_cards(given_facts)]
    assert told == trends + drawn


def test_letters_that_no_font_has_are_told_by_their_names() -> None:
    """Boxes are all alike: two teams would have one name. A person of several letters is told by these."""
    names = ("Desk \U000f0000", "\U0001f9d1\u200d\U0001fa9b\ufe0f", "日本", "𓀀")
    rows = [driver("team", name, "0.07") for name in names]
    given_facts = facts(**{f"drivers {SLA}": answer("what_drove_a_change", *rows)})
    written = build_document(given_facts)
    assert b"pdfuaid:part" in written
    document = PdfReader(BytesIO(written))
    said = without_spaces("".join(page.extract_text() for page in document.pages))
    assert "\x00" not in said
    assert "Desk[replacementcharacter]" in said or "Desk\ufffd" in said
    assert "[adult][screwdriver]" in said or "\U0001f9d1" in said
    for shown, name in (("𓀀", "[U+13000]"), ("日本", "[U+65E5][U+672C]")):
        assert (shown in said) != (name in said), "as it is where a font has it"


def test_a_long_name_is_broken_within_the_paper_and_copied_as_it_is() -> None:
    name = "tickets." + "x" * 150
    held = {"domain": "tickets", "rule_id": name, "failed_count": 1, "reason": "y" * 150}
    document = PdfReader(BytesIO(build_document(facts(held=answer("held_metrics_and_rules", held)))))
    text = "".join(page.extract_text() for page in document.pages)
    lines = [line for line in text.splitlines() if "xx" in line or "yy" in line]
    assert len(lines) > 3
    # An x and a y are half as wide as they are high.
    assert all(len(line) * 7.5 / 2 <= ROOM for line in lines)
    assert name in without_spaces(text)
    assert "\u200b" not in text

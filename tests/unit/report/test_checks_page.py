"""The page of an audit: everything is told, nothing of it can run, and it needs nothing but itself."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.report.checks import Audit, CheckedDomain, CheckedRule, HeldMetric, RefusedFile, render_checks
from pipelines.report.markup import Html, element, page

EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><script>alert(1)</script>",
    "</pre></code><iframe src=//example.org>",
    "javascript:alert(1)",
    "&lt;script&gt;",
    "<!--",
    "]]>",
    "\u202egnp.exe",
)
RULE = CheckedRule(
    rule="tickets.created_at.present",
    contract="warehouse_tickets",
    tier="row",
    action="block",
    state="failed",
    evaluated_count=20_000,
    failed_count=3,
    message="The ticket does not say when it was created.",
    remedy="Export again with it.",
    sample_keys=("desk:1", "desk:2"),
    query="SELECT *\nFROM stg.stg_tickets WHERE created_at IS NULL",
    metrics=("ticket_*",),
)
#: Elements that the page is made of.
KNOWN = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "h1", "h2", "h3", "p",
    "ul", "li", "a", "span", "div", "code", "pre", "details", "summary", "dl", "dt", "dd",
}  # fmt: skip
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "id", "open", "href"}


class Reader(HTMLParser):
    """Reads a page as a browser does: which elements and attributes there are, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.depth = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.depth += tag != "meta"

    def handle_endtag(self, tag: str) -> None:
        assert tag in KNOWN
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data}")

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())


def audit(rule: CheckedRule = RULE, **words: Any) -> Audit:
    told = {
        "home": "Desk",
        "summary": "tickets held by 1 rule.",
        "place": "landing/tickets/a.csv",
        "message": "a.csv is empty.",
        **words,
    }
    passed = replace(RULE, rule="tickets.x.passed", state="passed", failed_count=0, sample_keys=())
    return Audit(
        home=told["home"],
        audited_at=datetime(2026, 11, 1, 12, 30, tzinfo=UTC),
        domains=[
            CheckedDomain("tickets", "hold", told["summary"], [rule, passed]),
            CheckedDomain("finance", "pass", "finance passed 0 rules.", []),
            CheckedDomain("vendors", None, "no file of vendors was loaded yet", []),
        ],
        refused=[RefusedFile(told["place"], "empty", told["message"])],
        held=[HeldMetric("ticket_created_count", "Tickets created", told["summary"])],
    )


def read(text: str) -> Reader:
    found = Reader(text)
    assert found.depth == 0, "every element that begins ends"
    for tag, attributes in found.elements:
        assert tag in KNOWN
        assert attributes.keys() <= ATTRIBUTES
        if "href" in attributes:
            assert re.fullmatch(r"#[a-z]+", str(attributes["href"])), "links lead within the page only"
    return found


def test_all_is_told() -> None:
    text = read(render_checks(audit())).text
    for told in (
        "Checks of Desk", "2026-11-01 12:30 UTC", "tickets is held", "finance passes", "vendors no files",
        "1 KPI keeps its last good values", "ticket_created_count", "landing/tickets/a.csv", "a.csv is empty.",
        "Rows, one by one", "tickets.created_at.present", "3 of 20,000 rows (< 0.1 %)", RULE.message, RULE.remedy,
        "desk:1 desk:2", "ticket_*", "warehouse_tickets", "FROM stg.stg_tickets WHERE created_at IS NULL",
        "1 failed, 1 passed",
    ):  # fmt: skip
        assert told in text


def test_what_is_broken_comes_first_and_open() -> None:
    found = read(render_checks(audit()))
    opened = [attributes for tag, attributes in found.elements if tag == "details"]
    assert ["open" in attributes for attributes in opened] == [True, False]


@pytest.mark.parametrize("evil", EVIL)
def test_no_text_of_strangers_runs(evil: str) -> None:
    rule = replace(
        RULE, rule=evil, contract=evil, message=evil, remedy=evil, sample_keys=(evil,), query=evil, metrics=(evil,),
        state="failed",
    )  # fmt: skip
    written = render_checks(audit(rule, home=evil, summary=evil, place=evil, message=evil))
    found = read(written)
    assert "<script" not in written
    assert written.count("<style>") == 1
    assert "\u202e" not in written
    assert " ".join(evil.replace("\u202e", "\ufffd").split()) in found.text


@given(st.text(max_size=40))
def test_any_text_stays_text(text: str) -> None:
    found = read(page(text, "", element("p", text, element("code", text), class_=text)))
    shown = [attributes["class"] for tag, attributes in found.elements if tag == "p"]
    assert len(found.elements) == 12
    assert len(shown) == 1


def test_the_page_needs_nothing_but_itself_and_may_load_nothing() -> None:
    written = render_checks(audit())
    assert "http:" not in written
    assert "https:" not in written
    assert "url(" not in written
    assert "@import" not in written
    policy = next(a["content"] for t, a in read(written).elements if a.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).startswith("default-src 'none'")
    assert "prefers-color-scheme: dark" in written
    assert "@media print" in written
    assert "width=device-width" in written


def test_only_markup_is_not_escaped() -> None:
    assert element("p", "<b>", Html("<b></b>")) == "<p>&lt;b&gt;<b></b></p>"
    assert element("p", class_=None, open="") == "<p open></p>"

"""A page of the report as a test reads it, and what must hold of every one."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

from page_accessibility import problems


class Page(HTMLParser):
    """The tags of a page, its texts, and how many rows each table has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.texts: list[str] = []
        self.rows: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))
        if tag == "table":
            self.rows.append(0)
        elif tag == "tr":
            self.rows[-1] += 1

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def seen(text: str) -> Page:
    """A page, after everything that must hold of any page: small, harmless, well-made, bounded and readable."""
    page = Page(text)
    assert len(text.encode()) < 3_000_000
    assert not {"script", "iframe", "img", "object", "form", "link"} & {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name, _ in attributes if name.startswith("on")]
    assert not [value for _, attributes in page.tags for name, value in attributes if name == "href" and "#" not in
                (value or "")]  # fmt: skip
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(svg)
        assert "NaN" not in svg
    assert max(page.rows, default=0) <= 25
    assert "\u202e" not in text
    assert problems(text) == []
    return page

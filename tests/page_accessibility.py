"""What of a page's accessibility can be told without a browser: its language, outline, names, tables and colours.

`tests/bi/test_in_browser.py` has the rest checked by axe-core. What is expected of which page is in the tests.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Final

_VOID: Final = frozenset({"meta", "br", "hr", "img", "link", "input", "stop", "path", "line", "rect", "circle"})
_LEAST_CONTRAST: Final = 4.5
#: Texts of these colours stand on these grounds in the report's style.
_TEXTS: Final = ("ink", "quiet", "good", "bad", "link")
_GROUNDS: Final = ("paper", "panel")

Attributes = dict[str, str | None]


class _Outline(HTMLParser):
    """The elements of a page in their order, and the text of each."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes, list[str]]] = []
        self._open: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        texts: list[str] = []
        self.elements.append((tag, dict(attrs), texts))
        if tag not in _VOID:
            self._open.append((tag, texts))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, texts in self._open:
            texts.append(data)


def problems(text: str) -> list[str]:
    """What keeps somebody from reading a page, in words; empty if nothing was found."""
    page = _Outline()
    page.feed(text)
    found = [*_of_document(page), *_of_headings(page), *_of_names(page), *_of_tables(page)]
    for scheme, colors in _schemes(text).items():
        for name in _TEXTS:
            for ground in _GROUNDS:
                ratio = contrast(colors[name], colors[ground])
                if ratio < _LEAST_CONTRAST:
                    found.append(f"{name} on {ground} has a contrast of {ratio:.2f} in the {scheme} scheme")
    return found


def contrast(first: str, second: str) -> float:
    """The contrast of two colours as WCAG 2.2 defines it, 1 to 21 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _schemes(text: str) -> dict[str, dict[str, str]]:
    """The colours by name: those of the first rule for light paper, those that the second replaces for dark."""
    rules = re.findall(r":root\s*\{([^}]*)\}", text)
    light, dark = (dict(re.findall(r"--(\w+):\s*(#[0-9a-f]{6})", rule)) for rule in rules[:2])
    return {"light": light, "dark": light | dark}


def _of_document(page: _Outline) -> list[str]:
    found = []
    languages = [attributes.get("lang") for tag, attributes, _ in page.elements if tag == "html"]
    if languages != ["en"]:
        found.append(f"the page names {languages} as its language")
    titles = ["".join(texts).strip() for tag, _, texts in page.elements if tag == "title"]
    if len(titles) != 1 or not titles[0]:
        found.append(f"its titles are {titles}")
    mains = sum(tag == "main" for tag, _, _ in page.elements)
    if mains != 1:
        found.append(f"there are {mains} elements main")
    if any((attributes.get("name"), "no" in (attributes.get("content") or "")) == ("viewport", True)
           for _, attributes, _ in page.elements):  # fmt: skip
        found.append("nobody may enlarge it")
    found += [
        f"tabindex {attributes['tabindex']} changes the order in which the keyboard goes"
        for _, attributes, _ in page.elements
        if (attributes.get("tabindex") or "0") not in ("0", "-1")
    ]
    return found


def _of_headings(page: _Outline) -> list[str]:
    headings = [
        (int(tag[1]), "".join(texts).strip()) for tag, _, texts in page.elements if re.fullmatch(r"h[1-6]", tag)
    ]
    found = []
    if [level for level, _ in headings].count(1) != 1 or headings[0][0] != 1:
        found.append("the first heading, and no other, has to be of level 1")
    for (above, _), (level, words) in pairwise(headings):
        if level > above + 1:
            found.append(f"heading '{words}' of level {level} stands under one of level {above}")
    return found + [f"a heading of level {level} is empty" for level, words in headings if not words]


def _of_names(page: _Outline) -> list[str]:
    found = []
    for tag, attributes, texts in page.elements:
        words = "".join(texts).strip()
        name = (attributes.get("aria-label") or "").strip()
        if tag == "svg" and not (attributes.get("role") == "img" and name):
            found.append(f"a chart has no role or no name: {words[:60]}")
        if tag == "img" and not (attributes.get("alt") or "").strip():
            found.append("a picture has no text in its place")
        if tag in ("a", "summary", "button") and not (words or name):
            found.append(f"an element {tag} says nothing")
        if (tag == "nav" or attributes.get("role") == "region") and not (name or attributes.get("aria-labelledby")):
            found.append(f"a region of the page ({tag}) has no name")
    return found


def _of_tables(page: _Outline) -> list[str]:
    found = [
        f"a heading of a table, '{''.join(texts).strip()}', does not say what it heads"
        for tag, attributes, texts in page.elements
        if tag == "th" and attributes.get("scope") not in ("col", "row")
    ]
    tables, captions = (sum(tag == name for tag, _, _ in page.elements) for name in ("table", "caption"))
    return found + ([f"{tables - captions} tables have no caption"] if tables != captions else [])

"""The report as a document for paper and mail: headline figures, summary, charts and tables in their order, as a PDF.

It says what the page says (`pipelines.report.sections`), without what can be unfolded there: data of charts, sources
and definitions. Nothing is computed here. How it looks is in `document.typ`, which Typst sets into pages; the file is
tagged, so that programs read headings, tables and what charts show aloud.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from pipelines.report.charts import sparkline
from pipelines.report.completeness import describe_reaches
from pipelines.report.drawing import FONT, PALETTE, color, draw_svg, unchecked_charts
from pipelines.report.facts import ReportFacts
from pipelines.report.figures import Figure, Table
from pipelines.report.headlines import Card, headline_cards
from pipelines.report.markup import shown_text
from pipelines.report.sections import build_sections
from pipelines.report.sentences import summarize
from pipelines.words.numbers import format_instant
from pipelines.words.periods import sentence_case

if TYPE_CHECKING:
    from datetime import datetime

    from typst import PDFStandard

#: What is between the margins of the paper, in points.
ROOM: Final = 507
#: Width for which charts are drawn, in pixels, and what a pixel is on paper, in points. Names beside a chart take more.
_CHART, _PIXEL = 570, 0.78
#: Characters of a sentence and of a cell at most: names of strangers may be of any length, and paper does not scroll.
_LONGEST, _LONGEST_CELL = 900, 160
_CARD_INKS: Final = {"better": "green", "worse": "red", "met": "green", "missed": "red"}
#: Those that there are on a machine, the first first. The last comes with Typst.
_FONTS: Final = ("Liberation Sans", "Arial", "Helvetica", "Noto Sans", "DejaVu Sans", "Libertinus Serif")
#: How Typst names a text that no font has, and how often it is asked at most.
_UNSEEN: Final = re.compile(r'the text `"(.*?)"` could not be displayed')
_MOST_TRIES: Final = 4
_SIGN: Final = "[\U0001f000-\U0001faff]"
#: What follows a sign and makes another one of it: joined signs, variants, skins.
_JOINED: Final = "\u200d.|[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]"


@unchecked_charts()
def build_document(facts: ReportFacts) -> bytes:
    """The report as a PDF."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        described = _Document(folder).describe(facts)
        (folder / "report.json").write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
        template = (resources.files("pipelines.report") / "document.typ").read_text(encoding="utf-8")
        (folder / "document.typ").write_text(template, encoding="utf-8")
        return _set_into_pages(folder, facts.publication.published_at.replace(microsecond=0))


def _set_into_pages(folder: Path, made_at: datetime) -> bytes:
    """The document, with letters that no font of the machine has told by their names: they would all be one box."""
    # Only who wants a PDF waits for it to be read.
    import typst

    def write(standards: list[PDFStandard]) -> bytes:
        template = folder / "document.typ"
        return bytes(typst.compile(template, format="pdf", timestamp=made_at, pdf_standards=standards))

    for _ in range(_MOST_TRIES):
        try:
            return write(["ua-1"])
        except typst.TypstError as refused:
            # The standard for documents that everybody can use wants letters that can be seen.
            unseen = {_unescaped(text) for text in _UNSEEN.findall(refused.diagnostic)}
            if not unseen:
                break
            _tell_names(folder, unseen)
    return write([])


def _tell_names(folder: Path, unseen: Collection[str]) -> None:
    """Put names in the place of letters, in texts and charts.

    A person with a tool is a person, a joiner and a tool: Typst names the first only, or in charts an empty text, so
    what is joined goes along.
    """
    letters = [re.escape(text) for text in sorted(unseen, key=len, reverse=True) if text]
    if "" in unseen:
        letters.append(rf"{_SIGN}(?=\u200d)")
    pattern = re.compile(rf"(?:{'|'.join(letters)})(?:{_JOINED})*")
    for file in (folder / "report.json", *folder.glob("*.svg")):
        text = file.read_text(encoding="utf-8")
        told = pattern.sub(lambda found: "".join(map(_name_of, found[0])), text)
        file.write_text(told, encoding="utf-8")


def _name_of(letter: str) -> str:
    """A letter in letters that every font has: `[direct hit]`, `[U+65E5]`. What joins or varies others is left out."""
    match unicodedata.category(letter):
        case "So":
            return f"[{unicodedata.name(letter, f'U+{ord(letter):04X}').lower()}]"
        case "Cf" | "Mn":
            return ""
        case _:
            return f"[U+{ord(letter):04X}]"


def _unescaped(text: str) -> str:
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), text)


@cache
def _known_fonts() -> tuple[str, ...]:
    import typst

    known = set(typst.Fonts().families())
    return tuple(font for font in _FONTS if font in known)


class _Document:
    """What the template is told. Charts become files beside it.

    Attributes:
        folder: where they are written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._charts = folder, 0

    def describe(self, facts: ReportFacts) -> dict[str, Any]:
        """The whole report."""
        period, publication = facts.period, facts.publication
        label = sentence_case(period.label) if period else "Nothing to report yet"
        made, made_at = publication.published_at, format_instant(publication.published_at)
        days = f"{period.days}. " if period else ""
        home = _short(publication.home_name, 120)
        return {
            "title": f"{home}: {label}",
            "author": home,
            "home": home,
            "label": label,
            "lead": f"{days}{describe_reaches(facts)}.",
            "made": {name: getattr(made, name) for name in ("year", "month", "day", "hour", "minute", "second")},
            "footer": f"{_short(home, 60)} · {label} · publication {publication.publication_id}, made {made_at}",
            "fonts": _known_fonts(),
            "colors": {name: color(name) for name in PALETTE},
            "sentences": [_short(sentence) for sentence in summarize(facts)],
            "cards": self._cards(headline_cards(facts)),
            "sections": [
                {
                    "title": section.title,
                    "lead": _short(section.lead),
                    "figures": [self._figure(figure) for figure in section.figures],
                }
                for section in build_sections(facts)
            ],
        }

    def _figure(self, figure: Figure) -> dict[str, Any]:
        drawn = draw_svg(figure.draw(_CHART)) if figure.draw is not None else None
        return {
            "title": _short(figure.title),
            "sentences": [_short(sentence) for sentence in figure.sentences],
            "chart": self._chart(drawn, figure.alternative or figure.title, ROOM) if drawn else None,
            "table": _table(figure.table) if figure.table is not None and figure.is_table_open else None,
        }

    def _cards(self, cards: Sequence[Card]) -> list[dict[str, Any]]:
        """The headline numbers, which stand beside each other."""
        room = ROOM / max(len(cards), 1) - 28
        found = []
        for card in cards:
            has_trend = len([point for point in card.trend if point.value is not None]) > 1
            drawn = draw_svg(sparkline(card.trend, width=int(room), height=28)) if has_trend else None
            chart = self._chart(drawn, f"Trend of {card.label}", room) if drawn else None
            found.append({"lines": _card_lines(card), "chart": chart})
        return found

    def _chart(self, svg: str, label: str, room: float) -> dict[str, Any]:
        """A drawn chart, made smaller where it is wider than its place."""
        self._charts += 1
        file = f"{self._charts}.svg"
        (self._folder / file).write_text(svg.replace(FONT, ", ".join(_FONTS)), encoding="utf-8")
        width = float(re.search(r'\bwidth="([\d.]+)"', svg)[1])  # type: ignore[index]
        return {"file": file, "width": min(width * _PIXEL, room), "alternative": shown_text(label)}


def _card_lines(card: Card) -> list[dict[str, Any]]:
    """Lines of a card with size, colour and weight."""
    judged = f"{card.movement} {card.judgement}".rstrip()
    told = (
        (card.label, 8.5, "ink", True),
        (card.value, 18.0, "ink", True),
        (card.period, 8.0, "quiet", False),
        (judged, 8.0, _CARD_INKS.get(card.judgement, "quiet"), False),
        (card.target, 8.0, _CARD_INKS.get(card.target_state, "quiet"), False),
        (card.certainty, 7.0, "quiet", False),
        (card.late, 7.0, "amber", False),
        (card.restated, 7.0, "amber", False),
        (card.held, 7.0, "red", False),
    )
    return [
        {"text": _short(text, 300), "size": size, "ink": ink, "weight": "bold" if is_bold else "regular"}
        for text, size, ink, is_bold in told
        if text
    ]


def _table(table: Table) -> dict[str, Any]:
    more = max(len(table.rows) - table.most_rows, 0)
    return {
        "columns": [{"name": _short(name), "is_number": name in table.numbers} for name in table.columns],
        "rows": [[_short(cell, _LONGEST_CELL) for cell in row] for row in table.rows[: table.most_rows]],
        "more": more,
        "more_told": f"{more:,}",
    }


def _short(text: str, most: int = _LONGEST) -> str:
    shown = shown_text(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"

"""The key pages of a report as slides: texts that stay texts, charts as pictures with a description.

What the slides say is what the page says (`pipelines.report.sections`); nothing is computed here.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import PP_ALIGN
from pptx.util import Emu, Inches, Pt

from pipelines.report.charts import sparkline
from pipelines.report.completeness import describe_reaches
from pipelines.report.drawing import color, draw_png
from pipelines.report.facts import ReportFacts
from pipelines.report.figures import Figure, Table
from pipelines.report.headlines import Card, headline_cards
from pipelines.report.markup import shown_text
from pipelines.report.sections import build_sections
from pipelines.report.sentences import summarize

_WIDTH, _HEIGHT, _MARGIN = 13.333, 7.5, 0.6
#: Placeholder layouts of the library's own template, by position.
_TITLE_ONLY: Final = 5
_CHART_PIXELS: Final = 800
#: Rows of a table that fit on a slide, its head not counted.
_MOST_ROWS: Final = 16
#: Characters of a table's cell that fit beside each other.
_CHARACTERS_IN_AN_INCH: Final = 11
#: Characters of a text at most; a slide does not scroll.
_MOST_CHARACTERS: Final = 400


def build_slides(facts: ReportFacts) -> bytes:
    """A presentation: the summary, the headlines, and a slide for each figure that has a chart, and for the numbers."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(_WIDTH), Inches(_HEIGHT)
    period, publication = facts.period, facts.publication
    name = f"{_short(publication.home_name)}: {period.label if period else 'nothing to report yet'}"
    deck.core_properties.title = name
    deck.core_properties.author = _short(publication.home_name)
    deck.core_properties.created = deck.core_properties.modified = publication.published_at.replace(tzinfo=None)
    footer = f"{describe_reaches(facts)} · publication {publication.publication_id}"

    sentences = summarize(facts)
    slide = _slide(deck, name)
    _text(slide, sentences, top=1.5, height=5.2, size=20 if len(sentences) < 9 else 15)
    _add_footer(slide, footer)
    cards = headline_cards(facts)
    if cards and period is not None:
        slide = _slide(deck, f"Headlines of {period.label}")
        _add_headlines(slide, cards)
        _add_footer(slide, footer)
    for figure in (figure for section in build_sections(facts) for figure in section.figures):
        if figure.draw is not None or (figure.table is not None and figure.is_wide):
            slide = _slide(deck, figure.title)
            _add_figure(slide, figure)
            # Beside a command there is no room for more than where it is asked.
            _add_footer(slide, f"{figure.answer.command} · {publication.publication_id}" if figure.answer else footer)
    written = BytesIO()
    deck.save(written)
    return written.getvalue()


def _slide(deck: Any, title: str) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[_TITLE_ONLY])
    shape = slide.shapes.title
    shape.left, shape.top = Inches(_MARGIN), Inches(0.35)
    shape.width, shape.height = Inches(_WIDTH - 2 * _MARGIN), Inches(0.9)
    shape.text_frame.text = _short(title)
    _style(shape.text_frame, 24, "ink", is_bold=True)
    return slide


def _add_footer(slide: Any, text: str) -> None:
    """Where the slide comes from. It is added last, because those who have it read to them hear it in this order."""
    _text(slide, [text], top=_HEIGHT - 0.5, height=0.35, size=10, ink="quiet")


def _add_headlines(slide: Any, cards: Sequence[Card]) -> None:
    width = (_WIDTH - 2 * _MARGIN) / len(cards)
    for position, card in enumerate(cards):
        left = _MARGIN + position * width
        told = [card.label, card.value, card.period, f"{card.movement} {card.judgement}".rstrip()]
        frame = _text(
            slide, [text for text in told if text], left=left, top=1.5, width=width - 0.3, height=2.0, size=16
        )
        _style(frame, 36, "ink", is_bold=True, paragraph=1)
        more = [text for text in (card.target, card.certainty, card.late, card.held) if text]
        _text(slide, more, left=left, top=5.0, width=width - 0.3, height=1.8, size=13, ink="quiet")
        if sum(point.value is not None for point in card.trend) > 1:
            picture = draw_png(sparkline(card.trend, width=300, height=90))
            _add_picture(slide, picture, f"Trend of {card.label}", left, 3.6, width - 0.6, 1.2)


def _add_figure(slide: Any, figure: Figure) -> None:
    if figure.draw is None:
        if figure.table is not None:
            _add_table(slide, figure.table)
        return
    _text(slide, figure.sentences, top=1.25, height=1.3, size=14)
    top = 1.3 + 0.42 * max(1, len(figure.sentences))
    picture = draw_png(figure.draw(_CHART_PIXELS))
    described = figure.alternative or figure.title
    _add_picture(slide, picture, described, _MARGIN, top, _WIDTH - 2 * _MARGIN, _HEIGHT - 0.7 - top)


def _add_table(slide: Any, table: Table) -> None:
    rows = table.rows[:_MOST_ROWS]
    if len(table.rows) > _MOST_ROWS:
        more = f"and {len(table.rows) - _MOST_ROWS + 1:,} more, in the report"
        rows = (*table.rows[: _MOST_ROWS - 1], (more, *("" for _ in table.columns[1:])))
    place = (Inches(_MARGIN), Inches(1.35), Inches(_WIDTH - 2 * _MARGIN), Inches(0.32 * (len(rows) + 1)))
    grid = slide.shapes.add_table(len(rows) + 1, len(table.columns), *place).table
    widths = _column_widths(table.columns, rows)
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Inches(width)
    for line, cells in enumerate((table.columns, *rows)):
        grid.rows[line].height = Inches(0.32)
        for position, text in enumerate(cells):
            cell = grid.cell(line, position)
            cell.margin_top = cell.margin_bottom = Emu(0)
            cell.text_frame.text = _short(text, int(widths[position] * _CHARACTERS_IN_AN_INCH))
            for paragraph in cell.text_frame.paragraphs:
                paragraph.font.size = Pt(11)


def _column_widths(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """Widths in inches by what stands in the columns, so that a row is one line; longer texts are cut."""
    longest = [max(len(text) for text in texts) for texts in zip(columns, *rows, strict=True)]
    weights = [min(max(length, 8), 60) for length in longest]
    return [(_WIDTH - 2 * _MARGIN) * weight / sum(weights) for weight in weights]


def _add_picture(
    slide: Any, picture: bytes, described: str, left: float, top: float, width: float, height: float
) -> None:
    """A picture as large as fits into a box, in inches, with what it shows for those who do not see it."""
    pixels = struct.unpack(">II", picture[16:24])
    scale = min(width / pixels[0], height / pixels[1])
    size = (Inches(pixels[0] * scale), Inches(pixels[1] * scale))
    shape = slide.shapes.add_picture(BytesIO(picture), Inches(left), Inches(top), *size)
    shape.name = _short(described)
    shape._element.nvPicPr.cNvPr.set("descr", _short(described))  # the library has no other way to describe a picture


def _text(
    slide: Any,
    lines: Sequence[str],
    *,
    top: float,
    height: float,
    size: int,
    left: float = _MARGIN,
    width: float = _WIDTH - 2 * _MARGIN,
    ink: str = "ink",
) -> Any:
    frame = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height)).text_frame
    frame.word_wrap = True
    frame.text = "\n".join(_short(line) for line in lines)
    _style(frame, size, ink)
    return frame


def _style(frame: Any, size: int, ink: str, *, is_bold: bool = False, paragraph: int | None = None) -> None:
    chosen = frame.paragraphs if paragraph is None else frame.paragraphs[paragraph : paragraph + 1]
    for item in chosen:
        item.font.size = Pt(size)
        item.font.bold = is_bold
        item.font.color.rgb = RGBColor.from_string(color(ink).removeprefix("#").upper())
        item.space_after = Pt(4)
        item.alignment = PP_ALIGN.LEFT


def _short(text: str, most: int = _MOST_CHARACTERS) -> str:
    """A text of others on one line, as it may be shown."""
    line = " ".join(shown_text(text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"

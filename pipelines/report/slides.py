"""The key pages of a report as slides: texts that stay texts, charts as pictures with a description.

What the slides say is what the page says (`pipelines.report.sections`); nothing is computed here.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from io import BytesIO
from textwrap import wrap
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
#: Where the content of a slide begins and ends, in inches.
_TOP, _BOTTOM = 1.35, 6.9
#: Slides that one table takes at most.
_MOST_SLIDES: Final = 3
#: Characters that stand beside each other in an inch of a cell, and of a sentence.
_CELL_CHARACTERS, _SENTENCE_CHARACTERS = 11.0, 10.0
#: Left and right of a cell's text, in inches.
_CELL_MARGIN: Final = 0.06
#: Characters of a word at most for which a column is made wider.
_LONGEST_WORD: Final = 32
#: Characters of a text at most; a slide does not scroll.
_MOST_CHARACTERS: Final = 400


def build_slides(facts: ReportFacts) -> bytes:
    """A presentation: the summary, the headlines, and the figures: each chart, and each table that is a figure
    itself."""
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
        # Beside a command there is no room for more than where it is asked.
        source = f"{figure.answer.command} · {publication.publication_id}" if figure.answer else footer
        if figure.draw is not None:
            slide = _slide(deck, figure.title)
            _add_figure(slide, figure)
            _add_footer(slide, source)
        elif figure.table is not None and figure.is_table_open:
            _add_table_slides(deck, figure, figure.table, source)
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
        more = [text for text in (card.target, card.certainty, card.late, card.restated, card.held) if text]
        _text(slide, more, left=left, top=5.0, width=width - 0.3, height=1.8, size=13, ink="quiet")
        if sum(point.value is not None for point in card.trend) > 1:
            picture = draw_png(sparkline(card.trend, width=300, height=90))
            _add_picture(slide, picture, f"Trend of {card.label}", left, 3.6, width - 0.6, 1.2)


def _add_figure(slide: Any, figure: Figure) -> None:
    """A figure's chart below what it says."""
    top = _add_sentences(slide, figure)
    picture = draw_png(figure.draw(_CHART_PIXELS)) if figure.draw else b""
    described = figure.alternative or figure.title
    _add_picture(slide, picture, described, _MARGIN, top, _WIDTH - 2 * _MARGIN, _BOTTOM - top)


def _add_sentences(slide: Any, figure: Figure) -> float:
    """What a figure says. Returns where what stands below it begins, in inches."""
    if not figure.sentences:
        return _TOP
    height = _sentences_height(figure)
    _text(slide, figure.sentences, top=_TOP - 0.1, height=height, size=14)
    return _TOP + height


def _add_table_slides(deck: Any, figure: Figure, table: Table, footer: str) -> None:
    """A table on as many slides as it needs, up to a few: nobody scrolls a slide, and no cell is cut.

    What the figure says stands on the first of them.
    """
    widths = _column_widths(table)
    pages: list[list[Sequence[str]]] = [[]]
    room = _BOTTOM - _TOP - _row_height(table.columns, widths)
    left = room - _sentences_height(figure)
    shown = 0
    for row in table.rows[: table.most_rows]:
        height = _row_height(row, widths)
        if height > left and (pages[-1] or left < room):
            if len(pages) == _MOST_SLIDES:
                break
            pages.append([])
            left = room
        pages[-1].append(row)
        left -= height
        shown += 1
    more = len(table.rows) - shown
    for number, rows in enumerate(pages, start=1):
        slide = _slide(deck, figure.title + (f" ({number} of {len(pages)})" if len(pages) > 1 else ""))
        top = _add_sentences(slide, figure) if number == 1 else _TOP
        _add_table(slide, table, rows, widths, top)
        rest = f"and {more:,} more, which the command gives · " if more and number == len(pages) else ""
        _add_footer(slide, f"{rest}{footer}")


def _add_table(slide: Any, table: Table, rows: Sequence[Sequence[str]], widths: Sequence[float], top: float) -> None:
    heights = [_row_height(cells, widths) for cells in (table.columns, *rows)]
    place = (Inches(_MARGIN), Inches(top), Inches(sum(widths)), Inches(sum(heights)))
    grid = slide.shapes.add_table(len(heights), len(table.columns), *place).table
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Inches(width)
    for line, cells in enumerate((table.columns, *rows)):
        grid.rows[line].height = Inches(heights[line])
        for position, text in enumerate(cells):
            cell = grid.cell(line, position)
            cell.margin_top = cell.margin_bottom = Emu(0)
            cell.margin_left = cell.margin_right = Inches(_CELL_MARGIN)
            cell.text_frame.word_wrap = True
            cell.text_frame.text = _short(text)
            for paragraph in cell.text_frame.paragraphs:
                paragraph.font.size = Pt(11)
                paragraph.alignment = PP_ALIGN.RIGHT if table.columns[position] in table.numbers else PP_ALIGN.LEFT


def _column_widths(table: Table) -> list[float]:
    """Widths in inches by what stands in the columns. A number and the longest word are never broken; longer texts wrap
    in the room that is left."""
    texts = list(zip(table.columns, *table.rows[: table.most_rows], strict=True))
    least = [
        max(
            max(len(_short(text)) for text in column[1:]) if name in table.numbers and len(column) > 1 else 0,
            min(max((len(word) for text in column for word in _short(text).split()), default=1), _LONGEST_WORD),
        )
        for name, column in zip(table.columns, texts, strict=True)
    ]
    wished = [max(max(len(_short(text)) for text in column), few) for column, few in zip(texts, least, strict=True)]
    room = (_WIDTH - 2 * _MARGIN - 2 * _CELL_MARGIN * len(texts)) * _CELL_CHARACTERS
    spare = max(room - sum(least), 0.0)
    asked = [wish - few for wish, few in zip(wished, least, strict=True)]
    share = min(1.0, spare / sum(asked)) if sum(asked) else 0.0
    characters = [few + ask * share for few, ask in zip(least, asked, strict=True)]
    scale = (_WIDTH - 2 * _MARGIN) / (sum(characters) / _CELL_CHARACTERS + 2 * _CELL_MARGIN * len(texts))
    return [(count / _CELL_CHARACTERS + 2 * _CELL_MARGIN) * scale for count in characters]


def _row_height(cells: Sequence[str], widths: Sequence[float]) -> float:
    lines = max(
        _line_count(text, width - 2 * _CELL_MARGIN, _CELL_CHARACTERS) for text, width in zip(cells, widths, strict=True)
    )
    return 0.13 + 0.19 * lines


def _sentences_height(figure: Figure) -> float:
    lines = sum(_line_count(sentence, _WIDTH - 2 * _MARGIN, _SENTENCE_CHARACTERS) for sentence in figure.sentences)
    return 0.28 * lines + 0.06 * len(figure.sentences) + 0.1 if figure.sentences else 0.0


def _line_count(text: str, width: float, characters: float) -> int:
    """On how many lines a text stands in a width in inches; words are broken only where one is longer than a line."""
    most = max(int(width * characters), 1)
    return max(len(wrap(_short(text), most, break_on_hyphens=False)), 1)


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

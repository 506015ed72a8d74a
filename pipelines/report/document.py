"""The report as a document for paper and mail: headline figures, summary, charts and tables in their order, as a PDF.

It says what the page says (`pipelines.report.sections`), without what can be unfolded there: data of charts, sources
and definitions. Nothing is computed here. How blocks become pages is in `pipelines.report.paper`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pipelines.report.charts import sparkline
from pipelines.report.completeness import describe_reaches
from pipelines.report.drawing import color, draw_svg, unchecked_charts
from pipelines.report.facts import ReportFacts
from pipelines.report.figures import Figure, Table
from pipelines.report.headlines import Card, headline_cards
from pipelines.report.markup import shown_text
from pipelines.report.paper import (
    MARGIN,
    ROOM,
    Block,
    paragraph,
    picture,
    place_chart,
    rule,
    space,
    text_at,
    write_pdf,
)
from pipelines.report.sections import build_sections
from pipelines.report.sentences import summarize
from pipelines.report.text_width import text_lines, text_width
from pipelines.words.numbers import format_instant
from pipelines.words.periods import sentence_case

#: Width for which charts are drawn, in pixels, and what a pixel is on paper, in points. Names beside a chart take more.
_CHART, _PIXEL = 570, 0.78
_GAP, _INSET = 10.0, 9.0
_CELL, _CELL_GAP, _MOST_MORE = 7.5, 9.0, 26.0
#: Characters of a sentence and of a cell at most: names of strangers may be of any length, and paper does not scroll.
_LONGEST, _LONGEST_CELL = 900, 160
_CARD_INKS: Final = {"better": "green", "worse": "red", "met": "green", "missed": "red"}


@unchecked_charts()
def build_document(facts: ReportFacts) -> bytes:
    """The report as a PDF."""
    period, publication = facts.period, facts.publication
    label = sentence_case(period.label) if period else "Nothing to report yet"
    made = f"publication {publication.publication_id}, made {format_instant(publication.published_at)}"
    return write_pdf(
        _blocks(facts, label),
        title=f"{publication.home_name}: {label}",
        author=publication.home_name,
        made_at=publication.published_at,
        footer=f"{_short(publication.home_name, 60)} · {label} · {made}",
    )


def _blocks(facts: ReportFacts, label: str) -> Iterator[Block]:
    days = f"{facts.period.days}. " if facts.period else ""
    yield from paragraph(_short(facts.publication.home_name, 120), 10, ink="quiet", is_bold=True)
    yield from paragraph(label, 22, is_bold=True, title="Summary")
    yield from paragraph(f"{days}{describe_reaches(facts)}.", 8.5, ink="quiet")
    yield space(8)
    for sentence in summarize(facts):
        yield from paragraph(_short(sentence), 10.5)
    yield space(8)
    cards = headline_cards(facts)
    if cards:
        yield _cards(cards)
    for section in build_sections(facts):
        yield space(18)
        yield from paragraph(section.title, 15, is_bold=True, is_kept=True, title=section.title)
        if section.lead:
            yield from paragraph(_short(section.lead), 9, ink="quiet", is_kept=True)
        for figure in section.figures:
            yield from _figure(figure)


def _figure(figure: Figure) -> Iterator[Block]:
    table = figure.table if figure.is_table_open else None
    has_more = figure.draw is not None or table is not None
    yield rule()
    yield from paragraph(_short(figure.title), 11, is_bold=True, is_kept=True)
    for sentence in figure.sentences:
        yield from paragraph(_short(sentence), 9.5, is_kept=has_more)
    if figure.draw is not None:
        yield picture(draw_svg(figure.draw(_CHART)), figure.alternative or figure.title, _PIXEL)
    if table is not None:
        yield from _table(table)
    yield space(10)


def _cards(cards: Sequence[Card]) -> Block:
    """The headline numbers beside each other."""
    width = (ROOM - _GAP * (len(cards) - 1)) / len(cards)
    lines = [_card_lines(card, width - 2 * _INSET) for card in cards]
    height = max(sum(size * 1.32 for _, size, _, _ in each) for each in lines) + 42 + 2 * _INSET

    def draw(top: float) -> str:
        parts = []
        for number, (card, each) in enumerate(zip(cards, lines, strict=True)):
            x, y = MARGIN + number * (width + _GAP), top + _INSET
            parts.append(
                f'<rect x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="5" '
                f'fill="{color("band")}"/>'
            )
            for text, size, ink, is_bold in each:
                parts.append(text_at(text, x + _INSET, y + size, size, ink=ink, is_bold=is_bold))
                y += size * 1.32
            if len([point for point in card.trend if point.value is not None]) > 1:
                svg = draw_svg(sparkline(card.trend, width=int(width - 2 * _INSET) - 10, height=28))
                parts.append(place_chart(svg, f"Trend of {card.label}", x + _INSET, top + height - 44))
        return "".join(parts)

    return Block(height, draw)


def _card_lines(card: Card, width: float) -> list[tuple[str, float, str, bool]]:
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
        (card.held, 7.0, "red", False),
    )
    return [
        (line, size, ink, is_bold)
        for text, size, ink, is_bold in told
        if text
        for line in text_lines(_short(text, 300), width, size, is_bold=is_bold)
    ]


def _table(table: Table) -> Iterator[Block]:
    """A table, a block for each row; the names of the columns stand on each of its pages."""
    rows = [tuple(_short(cell, _LONGEST_CELL) for cell in row) for row in table.rows[: table.most_rows]]
    widths = _column_widths(table, rows)
    heading = _row(table, table.columns, widths, is_heading=True)
    yield heading
    for row in rows:
        block = _row(table, row, widths)
        yield Block(block.height, block.draw, heading=heading)
    more = len(table.rows) - table.most_rows
    if more > 0:
        yield from paragraph(f"and {more:,} more", 8, ink="quiet")


def _column_widths(table: Table, rows: Sequence[Sequence[str]]) -> list[float]:
    """As wide as what stands in them; where that is too much, the widest give way, whose texts then have more lines."""
    widths = [
        max(
            text_width(cell, _CELL, is_bold=row is table.columns)
            for row in (table.columns, *rows)
            for cell in [row[at]]
        )
        for at in range(len(table.columns))
    ]
    room = ROOM - _CELL_GAP * (len(widths) - 1)
    # A hundredth is nothing on paper, and more than what sums of fractions are wrong by.
    while sum(widths) > room + 0.01:
        widest = max(widths)
        next_to_it = max((width for width in widths if width < widest), default=0.0)
        those = [at for at, width in enumerate(widths) if width == widest]
        cut = max(next_to_it, widest - (sum(widths) - room) / len(those))
        for at in those:
            widths[at] = cut
    # What is left goes between the columns, as far as their texts can still be seen to stand beside each other.
    more = min(max(0.0, room - sum(widths)) / len(widths), _MOST_MORE)
    return [width + more for width in widths]


def _row(table: Table, cells: Sequence[str], widths: Sequence[float], *, is_heading: bool = False) -> Block:
    lines = [
        text_lines(cell, width + 0.01, _CELL, is_bold=is_heading) for cell, width in zip(cells, widths, strict=True)
    ]
    height = max(map(len, lines)) * _CELL * 1.32 + 5
    line_color, ink = color("line"), "quiet" if is_heading else "ink"

    def draw(top: float) -> str:
        parts = [f'<path d="M{MARGIN} {top + height:.1f}h{ROOM}" stroke="{line_color}" stroke-width="0.6"/>']
        x: float = MARGIN
        for name, width, each in zip(table.columns, widths, lines, strict=True):
            is_right = name in table.numbers
            for number, line in enumerate(each):
                baseline = top + 3 + _CELL + number * _CELL * 1.32
                end = x + width if is_right else x
                parts.append(text_at(line, end, baseline, _CELL, ink=ink, is_bold=is_heading, is_right=is_right))
            x += width + _CELL_GAP
        return "".join(parts)

    return Block(height, draw, is_kept=is_heading)


def _short(text: str, most: int = _LONGEST) -> str:
    shown = shown_text(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"

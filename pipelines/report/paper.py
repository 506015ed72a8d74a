"""Sheets of paper: blocks one below the other, set into pages and written as a PDF. No browser is needed.

Each page is a drawing of its own. Texts stay texts, with the fonts in the file; charts stay lines. What stands in the
blocks is in `pipelines.report.document`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from io import BytesIO
from itertools import count
from typing import Final

import vl_convert

from pipelines.report.drawing import color, inline_svg
from pipelines.report.markup import shown_text
from pipelines.report.text_width import text_lines

#: A4 in points.
WIDTH, HEIGHT = 595, 842
MARGIN: Final = 44
#: What is between the margins.
ROOM: Final = WIDTH - 2 * MARGIN
_BOTTOM: Final = HEIGHT - MARGIN - 14
_FONT: Final = "Liberation Sans, Arial, Helvetica, sans-serif"
_LINE: Final = 1.32
_chart_numbers = count()


@dataclass(frozen=True)
class Block:
    """A strip of a page.

    Attributes:
        draw: the strip as SVG, given its upper edge.
        is_kept: whether the next one stands on the same page.
        title: what it is called in the outline of the document, if it is there.
        heading: what is drawn above it once more where it is the first of a page.
    """

    height: float
    draw: Callable[[float], str]
    is_kept: bool = False
    title: str = ""
    heading: Block | None = None


def space(height: float, *, is_kept: bool = False) -> Block:
    """Nothing, so high."""
    return Block(height, lambda _: "", is_kept)


def rule(*, is_kept: bool = True) -> Block:
    """A level line."""
    line = color("line")
    return Block(6, lambda y: f'<path d="M{MARGIN} {y + 3:g}H{WIDTH - MARGIN}" stroke="{line}" fill="none"/>', is_kept)


def text_at(
    text: str,
    x: float,
    baseline: float,
    size: float,
    *,
    ink: str = "ink",
    is_bold: bool = False,
    is_right: bool = False,
) -> str:
    """A line of text as SVG.

    Args:
        ink: name of its colour.
        is_right: whether `x` is its right end.
    """
    weight = ' font-weight="bold"' if is_bold else ""
    anchor = ' text-anchor="end"' if is_right else ""
    return (
        f'<text x="{x:.1f}" y="{baseline:.1f}" font-size="{size:g}" fill="{color(ink)}"{weight}{anchor}>'
        f"{escape(shown_text(text))}</text>"
    )


def paragraph(
    text: str, size: float, *, ink: str = "ink", is_bold: bool = False, is_kept: bool = False, title: str = ""
) -> Iterator[Block]:
    """A text, a block for each of its lines."""
    lines = text_lines(text, ROOM, size, is_bold=is_bold)
    for number, line in enumerate(lines):
        yield Block(
            size * _LINE,
            lambda y, line=line: text_at(line, MARGIN, y + size, size, ink=ink, is_bold=is_bold),  # type: ignore[misc]
            is_kept or (number == 0 and len(lines) > 1),
            title if number == 0 else "",
        )
    yield space(size * 0.4, is_kept=is_kept)


def picture(svg: str, label: str, pixel: float) -> Block:
    """A drawn chart, made smaller where it is wider than the page.

    Args:
        pixel: size of a pixel of it, in points.
    """
    width, height = chart_size(svg)
    scale = min(pixel, ROOM / width)
    return Block(height * scale, lambda y: place_chart(svg, label, MARGIN, y, scale))


def chart_size(svg: str) -> tuple[float, float]:
    """Width and height of a drawn chart."""
    found = {name: float(value) for name, value in re.findall(r'\b(width|height)="([\d.]+)"', svg.partition(">")[0])}
    return found["width"], found["height"]


def place_chart(svg: str, label: str, x: float, y: float, scale: float = 1) -> str:
    """A drawn chart at a place of a page. What it calls by name is its own, whatever other charts are there."""
    width, height = chart_size(svg)
    own = f"c{next(_chart_numbers)}-"
    inner = re.sub(r'(\bid="|url\(#)', rf"\g<1>{own}", inline_svg(svg, label))
    placed = f'<svg x="{x:.1f}" y="{y:.1f}" width="{width * scale:.1f}" height="{height * scale:.1f}" '
    return inner.replace("<svg ", placed, 1)


def set_into_pages(blocks: Iterable[Block]) -> list[list[tuple[float, Block]]]:
    """The blocks of each page with their upper edges."""
    pages: list[list[tuple[float, Block]]] = [[]]
    y: float = MARGIN
    for chain in _chains(blocks):
        needed = sum(block.height for block in chain)
        if y > MARGIN and y + needed > _BOTTOM and (needed <= _BOTTOM - MARGIN or len(chain) == 1):
            pages.append([])
            y = MARGIN
        for block in chain:
            if y > MARGIN and y + block.height > _BOTTOM:
                pages.append([])
                y = MARGIN
            if not pages[-1] and block.heading is not None:
                pages[-1].append((y, block.heading))
                y += block.heading.height
            pages[-1].append((y, block))
            y += block.height
    return [page for page in pages if page]


def _chains(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks that stand on one page, as far as one page has room for them."""
    chain: list[Block] = []
    for block in blocks:
        chain.append(block)
        if not block.is_kept:
            yield chain
            chain = []
    if chain:
        yield chain


def write_pdf(blocks: Iterable[Block], *, title: str, author: str, made_at: datetime, footer: str) -> bytes:
    """A document of such blocks, with an outline and the number of each page.

    Args:
        made_at: the instant that the document tells as its own.
        footer: what stands at the foot of each page, beside its number.
    """
    # Only who wants a PDF waits for it to be read.
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    pages = set_into_pages(blocks)
    for number, page in enumerate(pages, start=1):
        svg = _sheet(page, footer, f"{number} of {len(pages)}")
        (sheet,) = PdfReader(BytesIO(vl_convert.svg_to_pdf(svg))).pages
        writer.add_page(sheet)
        for _, block in page:
            if block.title:
                writer.add_outline_item(title=shown_text(block.title), page_number=number - 1)
    moment = f"D:{made_at:%Y%m%d%H%M%S}Z"
    writer.add_metadata(
        {"/Title": shown_text(title), "/Author": shown_text(author), "/CreationDate": moment, "/ModDate": moment}
    )
    # Fonts that several pages have are in the file once.
    writer.compress_identical_objects()
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def _sheet(page: Sequence[tuple[float, Block]], footer: str, number: str) -> str:
    foot = HEIGHT - MARGIN + 6
    lines = text_lines(footer, ROOM - 60, 7)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="{_FONT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        f"{''.join(block.draw(y) for y, block in page)}"
        f"{text_at(lines[0], MARGIN, foot, 7, ink='quiet')}"
        f"{text_at(number, WIDTH - MARGIN, foot, 7, ink='quiet', is_right=True)}</svg>"
    )

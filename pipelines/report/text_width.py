"""How wide a text beside a chart is, and what of it fits there: no browser measures it where charts are drawn.

Widths are those of Helvetica, which Arial and Liberation Sans share, in thousandths of the size of the letters. Other
letters are taken for wider than they are, so that nothing runs over an edge.
"""

from __future__ import annotations

import unicodedata
from typing import Final

#: Of the printable characters of ASCII, from the space on.
_OF_ASCII: Final = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 "
    "584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 "
    "667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 "
    "278 556 500 722 500 500 500 334 260 334 584"
)
_WIDTHS: Final = {chr(32 + at): int(width) for at, width in enumerate(_OF_ASCII.split())}
_OTHER, _WIDE = 700, 1050


def text_width(text: str, size: float) -> float:
    """The width of a line, in the unit of the size."""
    return sum(map(_width, text)) / 1000 * size


def cut_text(text: str, width: float, size: float) -> str:
    """A text that is no wider than `width`: of a longer one its two ends, for names of one kind differ at the end."""
    if text_width(text, size) <= width:
        return text
    room = width - text_width("…", size)
    end = _fitting(text[::-1], room / 3, size)[::-1]
    begin = _fitting(text[: len(text) - len(end)], room - text_width(end, size), size)
    return f"{begin.rstrip()}…{end.lstrip()}"


def _fitting(text: str, width: float, size: float) -> str:
    """As many letters from the beginning as fit."""
    kept = 0
    while kept < len(text) and text_width(text[: kept + 1], size) <= width:
        kept += 1
    return text[:kept]


def _width(character: str) -> int:
    if character in _WIDTHS:
        return _WIDTHS[character]
    if unicodedata.combining(character):
        return 0
    return _WIDE if unicodedata.east_asian_width(character) in ("W", "F") or ord(character) > 0xFFFF else _OTHER

"""Texts that a spreadsheet would run: exports hold what anybody may have typed, and people open what they are given.

Where and how it is said differs by format; what is taken for a formula is decided here alone.
"""

from __future__ import annotations

import re
from typing import Final

_FORMULA_STARTS: Final = tuple("=+-@＝＋－＠")
#: What spreadsheets skip before a formula: blanks, and what cannot be seen.
_SKIPPED: Final = "".join(map(chr, range(33))) + "\u00a0\u200b\u2060\ufeff"
_PLAIN_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)*\s?%?|[+-]\d\d:\d\d|[+-]+\s*")


def without_formula(text: str) -> str:
    """A text with an apostrophe before it if a spreadsheet would take it for a formula; plain numbers are none.

    Spreadsheets run what begins with = + - or @, also after blanks or control characters and in full width.
    """
    bare = text.lstrip(_SKIPPED)
    if bare[:1] in _FORMULA_STARTS and bare and not _PLAIN_NUMBER.fullmatch(bare):
        return f"'{text}"
    return f"'{text}" if text[:1] in ("\t", "\r") else text

"""How values are written, without what they say, and some values of a file to look at."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

#: Rows of a file that are tried, spread over all of it: enough to tell a type, and quick for any file.
_TRIED_ROWS: Final = 1_000


def shape_of(value: str) -> str:
    """How a value is written, without what it says: `2026-01-31` and `1999-12-01` are both `9999-99-99`."""
    shape = re.sub(r"[^\W\d_]+", lambda found: "A" * min(len(found[0]), 3), re.sub(r"\d", "9", value.strip()))
    return shape[:40]


def some_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Up to a thousand rows or a few more, spread over all of a frame."""
    return frame.gather_every(max(1, frame.height // _TRIED_ROWS)) if frame.height > _TRIED_ROWS else frame

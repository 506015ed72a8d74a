"""Frames that outlive the batch of raw rows that they were made of.

A column that is taken over as it is, and a text of which only blanks were cut, lie where the database put the whole
batch; and while one of them is there, so are all columns of that batch, most of which nobody needs any longer.
"""

from __future__ import annotations

from io import BytesIO

import polars as pl


def in_memory_of_its_own(frame: pl.DataFrame) -> pl.DataFrame:
    """The same frame, which holds no memory but that of its own values."""
    # Categories are numbers that were made when the text was looked up: they lie apart already.
    shared = [name for name, type_ in frame.schema.items() if not isinstance(type_, pl.Categorical | pl.Enum)]
    if frame.is_empty() or not shared:
        return frame
    written = BytesIO()
    # The older of two ways to write text has the text of these rows; the newer one, all text that they lie in.
    frame.select(shared).write_ipc(written, compat_level=pl.CompatLevel.oldest())
    written.seek(0)
    return frame.with_columns(pl.read_ipc(written))

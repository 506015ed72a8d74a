"""The last step of every reader: columns by position become the landed frame.

Parsing and header matching do not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.readers.headers import HeaderMatch
from pipelines.readers.options import ROW_NUMBER, SURPLUS, LandedFrame, ReadOptions


def land_columns(
    frame: pl.DataFrame,
    match: HeaderMatch,
    options: ReadOptions,
    *,
    first_row: int,
    encoding: str | None = None,
    delimiter: str | None = None,
    notes: Sequence[str] = (),
) -> LandedFrame:
    """Name the columns ``0, 1, ...`` of a text frame as matched, and number its rows.

    A column without a header lands only if it holds something: trailing delimiters make no column.

    Args:
        first_row: row number of the frame's first record.
    """
    notes = list(notes)
    unknown = dict(match.unknown)
    kept: dict[str, pl.Series] = {}
    for position, name in enumerate(match.names):
        column = frame[str(position)]
        if position in match.unnamed:
            if column.count() == 0:
                del unknown[name]
                continue
            notes.append(f"Column {position + 1} has no header; it landed as {name}.")
        kept[name] = column.alias(name)

    missing = {name: pl.lit(None, pl.String).alias(name) for name in match.missing}
    extra = [frame[SURPLUS]] if SURPLUS in frame.columns else []
    landed = (
        pl.DataFrame([*kept.values(), *extra])
        .with_columns(*missing.values(), number_rows(frame.height, first_row))
        .select(*options.columns, *unknown, *(column.name for column in extra), ROW_NUMBER)
    )
    return LandedFrame(landed, encoding, delimiter, unknown, match.missing, tuple(notes))


def number_rows(count: int, first_row: int) -> pl.Series:
    """Return the row numbers ``first_row, first_row + 1, ...`` of ``count`` records."""
    return pl.Series(ROW_NUMBER, range(first_row, first_row + count), dtype=pl.Int64)

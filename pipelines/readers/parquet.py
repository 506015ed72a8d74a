"""Parquet files, every column as text that reads back to the same value.

Instants become ISO text with their offset, decimals keep their scale, lists and structs become JSON.
"""

from __future__ import annotations

from typing import Final

import polars as pl
import pyarrow as pa
from pyarrow import parquet

from pipelines.readers.files import FileFacts, read_content
from pipelines.readers.headers import match_headers
from pipelines.readers.landing import land_columns
from pipelines.readers.options import LandedFrame, ReadOptions
from pipelines.readers.refusals import RefusalCode, RefusedFile

#: What is raised of damaged files; a panic of names and zones that are no text.
_DAMAGED: Final = (
    pa.ArrowException,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    OSError,
    UnicodeDecodeError,
)


def read_parquet(facts: FileFacts, options: ReadOptions) -> LandedFrame:
    """Read a Parquet file. Rows are numbered from 1: there is no header row.

    Raises:
        RefusedFile: ``format``, ``truncated`` or ``corrupt`` for what is no whole Parquet file; ``header``.
    """
    data = read_content(facts)
    if not data.startswith(b"PAR1"):
        raise RefusedFile(
            RefusalCode.FORMAT,
            f"{facts.name} is not a Parquet file.",
            "Correct the format in the contract's server entry.",
        )
    if not data.endswith(b"PAR1") or len(data) < 12:
        raise RefusedFile(
            RefusalCode.TRUNCATED, f"{facts.name} is cut off: its footer is missing.", "Transfer the file again."
        )
    try:
        frame = _read(data)
    except _DAMAGED as error:
        raise RefusedFile(
            RefusalCode.CORRUPT, f"{facts.name} is a damaged Parquet file ({error}).", "Transfer or export it again."
        ) from error
    headers = frame.columns
    match = match_headers(headers, options.columns, options.required, file_name=facts.name)
    text = pl.DataFrame([_to_text(frame[header]).alias(str(position)) for position, header in enumerate(headers)])
    notes = [*match.notes, *([] if frame.height else ["The file holds no records."])]
    return land_columns(text, match, options, first_row=1, notes=notes)


def _read(data: bytes) -> pl.DataFrame:
    """By Arrow's own reader: of some damaged pages that of Polars ends the whole process, which nobody can catch."""
    table = parquet.read_table(pa.BufferReader(data))
    # Text that is no text is found only so.
    table.validate(full=True)
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _to_text(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if isinstance(kind, pl.Datetime):
        offset = "%:z" if kind.time_zone else ""
        text = column.dt.to_string(f"%Y-%m-%dT%H:%M:%S%.f{offset}")
    elif kind.is_nested():
        text = _to_json(column)
    elif kind == pl.Binary:
        text = column.bin.encode("hex")
    elif kind == pl.Duration:
        text = column.dt.to_string("iso")
    else:
        text = column.cast(pl.String)
    return text.replace("", None) if text.dtype == pl.String else text


def _to_json(column: pl.Series) -> pl.Series:
    # A struct around the column is what Polars' JSON writer takes; its one member is then cut out again.
    wrapped = column.alias("v").to_frame().select(pl.struct("v").struct.json_encode().str.slice(5)).to_series()
    return wrapped.str.head(-1).zip_with(column.is_not_null(), pl.Series([None], dtype=pl.String))

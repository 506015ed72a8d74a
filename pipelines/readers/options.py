"""What a reader is told about an export, and what it hands back.

Types, units, null tokens and the mapping to canonical columns are not the readers' business: they land text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

FORMATS: Final = ("csv", "json", "jsonl", "xlsx", "parquet", "xes")

ROW_NUMBER: Final = "_row_number"
SURPLUS: Final = "_surplus"
RECORD: Final = "_record"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """One schema object of a contract, reduced to what reading needs.

    Attributes:
        format: one of ``FORMATS``.
        encoding: a Python encoding name; None detects it. A byte-order mark in the file always wins.
        delimiter: one character; None detects it among comma, semicolon, tab and bar.
        quote: the quote character of a CSV; an empty string switches quoting off.
        header_row: the record (CSV) or sheet row (XLSX) that holds the headers, counted from 1.
        sheet: the sheet of a workbook; None takes its only sheet.
        record_path: which nested record makes a row: ``changelog.histories[].items[]`` in JSON, ``event`` or
            ``trace`` in XES. None takes the root records, in XES the events.
        columns: property name -> accepted spellings, the contract's own first. A spelling is a header, or for JSON
            an absolute path.
        required: names of the properties whose column must be present.
    """

    format: str
    encoding: str | None = None
    delimiter: str | None = None
    quote: str = '"'
    header_row: int = 1
    sheet: str | None = None
    record_path: str | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LandedFrame:
    """An export as text.

    Attributes:
        frame: one row per record, in the order of the file. First every property of the contract (null where the file
            has no such column), then the columns no property names, in the order of the file; ``_surplus`` (JSON array
            of the fields beyond the header) where there are any; ``_record`` (JSON of the innermost record) for JSON;
            last ``_row_number`` (Int64). All others are String. Empty text is null, everything else is untouched.
        encoding: encoding the text was read in; None where the format has none of its own.
        delimiter: field separator of a CSV, else None.
        unknown_columns: landed name -> header as written, for the columns that no property names.
        missing_columns: properties, none of them required, whose column the file does not have.
        notes: sentences on everything that was not as expected, for the load's log.
    """

    frame: pl.DataFrame
    encoding: str | None
    delimiter: str | None
    unknown_columns: Mapping[str, str]
    missing_columns: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def record_count(self) -> int:
        """Number of records that landed."""
        return self.frame.height

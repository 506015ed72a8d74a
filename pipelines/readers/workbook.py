"""XLSX workbooks, one sheet as text.

Numbers come as the shortest text that reads back to the same value (``0.1``, ``1213``), dates as ISO text: only the
date where every date of the column is at midnight, else date and time (``2024-01-05 10:11:12``). Excel stores times of
day and durations as dates around 1900; they come as hours, minutes and seconds (``30:00:00``). A formula comes as the
value that was last calculated.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import fastexcel
import polars as pl

from pipelines.readers.files import FileFacts, read_content
from pipelines.readers.headers import count_matches, match_headers
from pipelines.readers.landing import land_columns
from pipelines.readers.options import LandedFrame, ReadOptions
from pipelines.readers.refusals import RefusalCode, RefusedFile
from pipelines.words.numbers import count_of

_ZIP: Final = b"PK\x03\x04"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0"
_DATE_TIME: Final = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$"
_MIDNIGHT: Final = " 00:00:00"
_HEADER_SEARCH: Final = 20
_SERIAL_ZERO: Final = datetime(1899, 12, 31)  # noqa: DTZ001 (a spreadsheet's dates have no zone)
_PHANTOM_DAY: Final = datetime(1900, 3, 1)  # noqa: DTZ001


def read_workbook(facts: FileFacts, options: ReadOptions) -> LandedFrame:
    """Read one sheet of a workbook. Rows have the numbers that the spreadsheet shows; blank ones land too.

    Raises:
        RefusedFile: ``format``, ``encrypted`` or ``corrupt`` for what is no readable workbook; ``sheet``; ``header``.
    """
    data = read_content(facts)
    _refuse_other_format(data, facts.name)
    try:
        workbook = fastexcel.read_excel(data)
        sheet = _pick_sheet(workbook.sheet_names, options.sheet, facts.name)
        # Every row counts, so that row numbers are the spreadsheet's; the reader would skip blank ones at the top.
        cells = workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars()
    except fastexcel.FastExcelError as error:
        raise RefusedFile(
            RefusalCode.CORRUPT,
            f"{facts.name} is a damaged workbook ({str(error).splitlines()[0]}).",
            "Open it in a spreadsheet program and save it again, or export it again.",
        ) from error

    if cells.height < options.header_row:
        raise RefusedFile(
            RefusalCode.HEADER,
            f"{facts.name}, sheet '{sheet}' has {cells.height} rows, "
            f"but the contract says that the header is row {options.header_row}.",
            "Correct headerRow or sheet in the contract, or export again.",
            row=options.header_row,
        )
    headers = _row(cells, options.header_row)
    place = f"{facts.name}, sheet '{sheet}'"
    try:
        match = match_headers(
            headers, options.columns, options.required, file_name=place, header_row=options.header_row
        )
    except RefusedFile as refusal:
        hint = _find_header_elsewhere(cells, headers, options)
        raise RefusedFile(
            refusal.code, refusal.message, hint or refusal.remedy, row=refusal.row, column=refusal.column
        ) from refusal
    body = cells.slice(options.header_row)
    text = pl.DataFrame([_to_text(column).alias(str(position)) for position, column in enumerate(body)])
    notes = [*_describe_preamble(cells, options.header_row), *match.notes]
    if not text.height:
        notes.append("The sheet holds a header and no records.")
    return land_columns(text, match, options, first_row=options.header_row + 1, notes=notes)


def _refuse_other_format(data: bytes, name: str) -> None:
    if data.startswith(_COMPOUND):
        raise RefusedFile(
            RefusalCode.ENCRYPTED,
            f"{name} is protected by a password, or in the old .xls format.",
            "Save it as .xlsx without a password.",
        )
    if not data.startswith(_ZIP):
        raise RefusedFile(
            RefusalCode.FORMAT,
            f"{name} is not an Excel workbook.",
            "Correct the format in the contract's server entry, or export as .xlsx.",
        )


def _pick_sheet(present: list[str], wanted: str | None, name: str) -> str:
    listed = ", ".join(f"'{sheet}'" for sheet in present)
    if wanted is None:
        if len(present) == 1:
            return present[0]
        raise RefusedFile(
            RefusalCode.SHEET,
            f"{name} has {len(present)} sheets: {listed}.",
            "Say in the contract (sheet) which one holds the export.",
        )
    if wanted in present:
        return wanted
    alike = [sheet for sheet in present if sheet.strip().casefold() == wanted.strip().casefold()]
    if len(alike) == 1:
        return alike[0]
    raise RefusedFile(
        RefusalCode.SHEET,
        f"{name} has no sheet '{wanted}'; it has {listed}.",
        "Correct sheet in the contract, or rename the sheet.",
    )


def _row(cells: pl.DataFrame, number: int) -> list[str]:
    return [str(value) if value is not None else "" for value in cells.row(number - 1)]


def _find_header_elsewhere(cells: pl.DataFrame, headers: list[str], options: ReadOptions) -> str | None:
    numbers = range(1, min(cells.height, _HEADER_SEARCH) + 1)
    matches = {number: count_matches(_row(cells, number), options.columns) for number in numbers}
    best = max(matches, key=matches.__getitem__)
    if matches[best] <= count_matches(headers, options.columns):
        return None
    return f"Row {best} looks like the header: write headerRow: {best} into the contract."


def _to_text(column: pl.Series) -> pl.Series:
    is_date = column.str.contains(_DATE_TIME).fill_null(False)
    if not is_date.any():
        return column.replace("", None)
    dates = column.filter(is_date)
    # Excel counts days from the last one of 1899, and believes in a 29 February 1900.
    days = dates.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
    is_time = days.dt.year() <= 1900
    only_dates = bool(dates.filter(~is_time).str.ends_with(_MIDNIGHT).all())
    texts = [
        _to_elapsed(instant) if short else text.removesuffix(_MIDNIGHT) if only_dates else text
        for text, instant, short in zip(dates, days, is_time, strict=True)
    ]
    values = column.to_list()
    for position, text in zip(is_date.arg_true(), texts, strict=True):
        values[position] = text
    return pl.Series(column.name, values, pl.String).replace("", None)


def _to_elapsed(instant: datetime) -> str:
    """Return what Excel shows for a stretch of time that it stores as a date of the year 1900."""
    start = _SERIAL_ZERO if instant < _PHANTOM_DAY else _SERIAL_ZERO - timedelta(days=1)
    microseconds = (instant - start) // timedelta(microseconds=1)
    seconds, fraction = divmod(microseconds, 1_000_000)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{fraction:06d}".rstrip("0") if fraction else text


def _describe_preamble(cells: pl.DataFrame, header_row: int) -> list[str]:
    rows = [" ".join(field for field in _row(cells, number) if field) for number in range(1, header_row)]
    if not any(rows):
        return []
    shown = " / ".join(row for row in rows if row)
    told = count_of(len(rows), "row above the header is no record", "rows above the header are not records")
    return [f"{told} and did not land: {shown[:300]}"]

"""Sheets of Excel workbooks: cells that hold what was published, to the last digit that Excel can keep.

Cells are numbers, dates and texts, never formulas: everything is computed already, and a text that looks like a formula
stays one, also when somebody edits its cell. What stands on which sheet is the business of `pipelines.publish.excel`
and of `pipelines.cli.query_workbook`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from metrics.spec import Unit
from pipelines.spreadsheet_text import without_formula

#: What a sheet can hold at most, beside its header.
MOST_ROWS: Final = 1_048_575
MOST_COLUMNS: Final = 16_384
#: Characters of a cell at most.
LONGEST_TEXT: Final = 32_767
#: Digits of a number that Excel keeps: of what has more, it shows and saves zeros in their place.
MOST_DIGITS: Final = 15
#: Days before this one are no dates in Excel.
FIRST_DATE: Final = date(1900, 1, 1)

_WIDEST: Final = 60
#: Rows that decide how wide a column is.
_MEASURED_ROWS: Final = 1_000
_OPTIONS: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}

_UNIT_FORMATS: Final = {
    Unit.BUSINESS_HOURS: '#,##0.0" h"',
    Unit.CALENDAR_HOURS: '#,##0.0" h"',
    Unit.RATIO: "#,##0.0%",
    Unit.COUNT: "#,##0",
    Unit.DAYS: '#,##0.0" d"',
    Unit.REPORTING: "#,##0.00",
}
_FORMATS: Final[dict[str, dict[str, Any]]] = {
    "header": {"bold": True, "bottom": 1, "bg_color": "#EDEDED", "text_wrap": True},
    "number header": {"bold": True, "bottom": 1, "bg_color": "#EDEDED", "text_wrap": True, "align": "right"},
    "quoted header": {"bold": True, "bottom": 1, "bg_color": "#EDEDED", "text_wrap": True, "quote_prefix": True},
    "text": {},
    "prose": {"text_wrap": True},
    "quoted": {"quote_prefix": True},
    "date": {"num_format": "yyyy-mm-dd"},
    "instant": {"num_format": "yyyy-mm-dd hh:mm"},
    "exact instant": {"num_format": "yyyy-mm-dd hh:mm:ss.000"},
    "count": {"num_format": "#,##0"},
    "ratio": {"num_format": "#,##0.0%"},
    "number": {"num_format": "#,##0.00"},
    "money": {"num_format": "#,##0.00"},
    "hours": {"num_format": "#,##0.0"},
    "plain": {},
    **{unit.value: {"num_format": shown} for unit, shown in _UNIT_FORMATS.items()},
}  # fmt: skip
#: Formats of texts; those of numbers and dates stand to the right, and so do their headers.
_TEXTS: Final = frozenset({"text", "prose", "plain"})


class ExactFloat(float):
    """A number that is written with all its digits: xlsxwriter writes 16, and a double may need 17."""

    def __format__(self, specification: str) -> str:
        return float.__repr__(self)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet.

    Attributes:
        title: its header.
        format: names one of the workbook's; `value` for that of each row's unit.
        note: what it means, for whoever points at its header.
    """

    title: str
    format: str = "plain"
    note: str = ""


@contextmanager
def open_workbook(path: Path, written_at: datetime, *, is_streamed: bool = False) -> Iterator[SheetWriter]:
    """A new workbook. The same sheets make the same file, byte for byte.

    Args:
        written_at: instant that the file says of itself.
        is_streamed: whether rows are written as they come, for tables of any length; each sheet is then to be
            finished before the next.

    Raises:
        OSError: the file could not be written.
    """
    workbook = xlsxwriter.Workbook(str(path), {**_OPTIONS, "constant_memory": is_streamed})
    # Excel writes no zone, and reads what has none as UTC here.
    workbook.set_properties({"created": written_at.astimezone(UTC).replace(tzinfo=None)})
    try:
        with workbook:
            yield SheetWriter(workbook)
    except FileCreateError as error:
        if isinstance(error.__cause__ or error.args[0], OSError):
            raise (error.__cause__ or error.args[0]) from error
        raise


class SheetWriter:
    """Writes the sheets of one workbook. Use `open_workbook`."""

    def __init__(self, workbook: xlsxwriter.Workbook) -> None:
        self._workbook = workbook
        self._formats: dict[str, Format] = {
            name: workbook.add_format({**shown, "valign": "top"}) for name, shown in _FORMATS.items()
        }
        self._names: set[str] = set()

    def add_format(self, num_format: str) -> str:
        """The name of a format for numbers that are to be shown so."""
        if num_format not in self._formats:
            self._formats[num_format] = self._workbook.add_format({"num_format": num_format, "valign": "top"})
        return num_format

    def write_table(
        self,
        name: str,
        columns: Sequence[Column],
        rows: Sequence[Sequence[Any]],
        units: Sequence[Unit] = (),
        *,
        nothing: str = "",
    ) -> Worksheet:
        """A sheet of a table whose header stays in view.

        Args:
            units: of each row, for columns of the format `value`.
            nothing: what is said in place of rows if there are none.
        """
        sheet = self.start_table(name, columns, rows)
        for number, row in enumerate(rows, start=1):
            for index, (column, value) in enumerate(zip(columns, row, strict=True)):
                kind = units[number - 1].value if column.format == "value" else column.format
                self.write_cell(sheet, number, index, value, kind)
        if not rows and nothing:
            self.write_cell(sheet, 1, 0, nothing, "text")
        self.finish_table(sheet, len(columns), len(rows))
        return sheet

    def start_table(self, name: str, columns: Sequence[Column], first_rows: Sequence[Sequence[Any]]) -> Worksheet:
        """A sheet with a header only, as wide as the first rows need; `write_cell` fills it."""
        sheet = self._workbook.add_worksheet(self._sheet_name(name))
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        measured = first_rows[:_MEASURED_ROWS]
        for index, column in enumerate(columns):
            is_like_formula = without_formula(column.title) != column.title
            aligned = "header" if column.format in _TEXTS else "number header"
            header = self._formats["quoted header" if is_like_formula else aligned]
            sheet.write_string(0, index, column.title, header)
            shown = [_width_of(row[index]) for row in measured]
            sheet.set_column(index, index, min(_WIDEST, max([len(column.title) + 2, *shown])))
            if column.note:
                write_note(sheet, 0, index, column.note)
        return sheet

    def finish_table(self, sheet: Worksheet, column_count: int, row_count: int) -> None:
        """Give a table that has rows its filters."""
        if row_count:
            sheet.autofilter(0, 0, row_count, column_count - 1)

    def write_cell(self, sheet: Worksheet, row: int, column: int, value: Any, kind: str) -> None:
        """A value as Excel knows it; as a text what it would not keep. Nothing stays an empty cell.

        Args:
            kind: name of a format.
        """
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value, self._formats["text"])
        elif isinstance(value, datetime) and is_kept_date(value):
            shown = kind if kind in ("instant", "exact instant") else "instant"
            sheet.write_datetime(row, column, in_utc(value), self._formats[shown])
        elif isinstance(value, date) and not isinstance(value, datetime) and is_kept_date(value):
            sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), self._formats["date"])  # noqa: DTZ001
        elif isinstance(value, int | float | Decimal) and is_kept_number(value):
            sheet.write_number(row, column, ExactFloat(value), self._formats[kind])
        else:
            text = f"{value:f}" if isinstance(value, Decimal) else str(value)
            text = text[:LONGEST_TEXT]
            is_like_formula = without_formula(text) != text
            plain = kind if kind in ("text", "prose") else "text"
            sheet.write_string(row, column, text, self._formats["quoted" if is_like_formula else plain])

    def _sheet_name(self, name: str) -> str:
        """A sheet's name: at most 31 characters, without those that Excel does not allow, and no other's."""
        plain = "".join(" " if character in "[]:*?/\\'" else character for character in name)
        plain = " ".join(plain.split()) or "Sheet"
        chosen, number = plain[:31].strip(), 1
        while chosen.casefold() in self._names:
            number += 1
            chosen = f"{plain[: 30 - len(str(number))].strip()} {number}"
        self._names.add(chosen.casefold())
        return chosen


def write_note(sheet: Worksheet, row: int, column: int, text: str) -> None:
    """What stands beside a cell when somebody points at it. Of a streamed sheet the cell is one of the latest row."""
    sheet.write_comment(row, column, text, {"width": 320, "height": 30 + 18 * (len(text) // 45 + 1)})


def is_kept_number(value: float | Decimal) -> bool:
    """Whether Excel keeps a number as it is. A float is: it is no more exact than Excel's own numbers."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return abs(value) < 10**MOST_DIGITS
    if not value.is_finite():
        return False
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    return len(digits) <= MOST_DIGITS


def is_kept_date(value: date) -> bool:
    """Whether a day is one in Excel; an instant lies on the day of its start in UTC."""
    day = in_utc(value).date() if isinstance(value, datetime) else value
    return day >= FIRST_DATE


def in_utc(value: datetime) -> datetime:
    """An instant without its zone, which no cell has; one without a zone is as it is."""
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


def _width_of(value: Any) -> int:
    if isinstance(value, datetime):
        return 18
    if isinstance(value, date):
        return 12
    return (
        14 if isinstance(value, int | float | Decimal) or value is None else _longest_line(str(value).splitlines()) + 2
    )


def _longest_line(lines: Iterable[str]) -> int:
    return max((len(line) for line in lines), default=0)

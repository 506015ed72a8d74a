"""The target `excel`: one workbook for those who want one, with the headline KPIs, their periods and what they mean.

Cells are numbers, dates and texts, never formulas: everything is computed already. A text that looks like a formula
stays a text, also when somebody edits the cell. What is not here: records. They are in the file and in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from metrics.registry import HEADLINES
from metrics.spec import Metric, Unit
from pipelines.publish.relations import reading
from pipelines.publish.target import Build, replace_file
from pipelines.spreadsheet_text import without_formula

_LONGEST_TEXT: Final = 32_767
_WIDEST: Final = 60

_FORMATS: Final = {
    Unit.BUSINESS_HOURS: '#,##0.0" h"',
    Unit.CALENDAR_HOURS: '#,##0.0" h"',
    Unit.RATIO: "0.0%",
    Unit.COUNT: "#,##0",
    Unit.DAYS: '#,##0.0" d"',
    Unit.REPORTING: "#,##0.00",
}

_PERIODS: Final = """
    SELECT period_grain, period_start_date, period_end_date, is_period_closed, dimension, dimension_value,
           value, lower_bound, upper_bound, numerator, denominator, eligible_count, measured_count, coverage_ratio
    FROM mart.metric_values
    WHERE metric = $metric AND period_grain IN ('month', 'quarter')
    ORDER BY dimension <> 'overall', dimension, dimension_value, period_grain, period_start_date
"""

_LATEST: Final = """
    WITH closed AS (
        SELECT *, row_number() OVER (PARTITION BY metric ORDER BY period_start_date DESC) AS position
        FROM mart.metric_values
        WHERE period_grain = 'month' AND dimension = 'overall' AND is_period_closed
    )
    SELECT definition.label, definition.metric, latest.period_start_date, latest.value, before.value AS value_before,
           latest.lower_bound, latest.upper_bound, latest.coverage_ratio, latest.eligible_count, latest.measured_count,
           definition.publication_state, definition.held_reason, definition.fresh_as_of_at
    FROM meta.metrics AS definition
    LEFT JOIN closed AS latest ON latest.metric = definition.metric AND latest.position = 1
    LEFT JOIN closed AS before ON before.metric = definition.metric AND before.position = 2
        AND before.period_start_date = latest.period_start_date - INTERVAL 1 MONTH
    WHERE definition.metric = $metric
"""

_DEFINITIONS: Final = """
    SELECT metric, label, unit, meaning, formula, direction, aggregation, owner, period_date, requires,
           publication_state, held_reason, fresh_as_of_at, metric_version
    FROM meta.metrics ORDER BY rowid
"""


class ExactFloat(float):
    """A number that is written with all its digits: xlsxwriter writes 16, and a double may need 17."""

    def __format__(self, specification: str) -> str:
        return float.__repr__(self)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet. `format` names one of the workbook's."""

    title: str
    format: str


class ExcelWorkbook:
    """The target `excel`: `published/kpi.xlsx`."""

    name: Final = "excel"
    options: Final = ()

    def __init__(self, path: Path, place: str) -> None:
        self.path, self.place = path, place

    def holds(self, publication_id: str) -> bool:  # noqa: ARG002
        """Whether the workbook is there."""
        return self.path.exists()

    def write(self, build: Build) -> None:
        """Write the workbook beside the old one, then let it take its place."""
        replace_file(self.path, lambda unfinished: write_workbook(build.file, unfinished), "workbook")


def write_workbook(file: Path, path: Path) -> None:
    """Write a workbook of a published file: headlines, a sheet for each headline KPI, definitions, publication."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as workbook, reading(file) as built:
        writer = _Writer(workbook, built)
        writer.write_headlines()
        for metric in HEADLINES:
            writer.write_kpi(metric)
        writer.write_definitions()
        writer.write_publication()


class _Writer:
    def __init__(self, workbook: xlsxwriter.Workbook, built: duckdb.DuckDBPyConnection) -> None:
        self._workbook, self._built = workbook, built
        top = {"valign": "top"}
        self._formats: dict[str, Format] = {
            "header": workbook.add_format({"bold": True, "bottom": 1, "bg_color": "#EDEDED", "text_wrap": True, **top}),
            "text": workbook.add_format(top),
            "prose": workbook.add_format({"text_wrap": True, **top}),
            "quoted": workbook.add_format({"quote_prefix": True, **top}),
            "date": workbook.add_format({"num_format": "yyyy-mm-dd", **top}),
            "instant": workbook.add_format({"num_format": "yyyy-mm-dd hh:mm", **top}),
            "count": workbook.add_format({"num_format": "#,##0", **top}),
            "ratio": workbook.add_format({"num_format": "0.0%", **top}),
            "number": workbook.add_format({"num_format": "#,##0.00", **top}),
            **{unit.value: workbook.add_format({"num_format": shown, **top}) for unit, shown in _FORMATS.items()},
        }

    def write_headlines(self) -> None:
        """One row for each headline KPI: its latest closed month."""
        columns = [
            Column("KPI", "text"),
            Column("Metric", "text"),
            Column("Unit", "text"),
            Column("Month", "date"),
            Column("Value", "value"),
            Column("Month before", "value"),
            Column("At least", "value"),
            Column("At most", "value"),
            Column("Coverage", "ratio"),
            Column("Records that should count", "count"),
            Column("Records measured", "count"),
            Column("State", "text"),
            Column("Held because", "prose"),
            Column("Data until (UTC)", "instant"),
        ]
        rows, units = [], []
        for metric in HEADLINES:
            for row in self._built.execute(_LATEST, {"metric": metric.name}).fetchall():
                rows.append((*row[:2], metric.unit.label, *row[2:]))
                units.append(metric.unit)
        self._write_table("Headlines", columns, rows, units)

    def write_kpi(self, metric: Metric) -> None:
        """A sheet of one KPI: every month and quarter, over all and by every breakdown."""
        columns = [
            Column("Grain", "text"),
            Column("From", "date"),
            Column("To", "date"),
            Column("Closed", "text"),
            Column("Breakdown", "text"),
            Column("Of", "text"),
            Column("Value", "value"),
            Column("At least", "value"),
            Column("At most", "value"),
            Column("Numerator", "number"),
            Column("Denominator", "number"),
            Column("Records that should count", "count"),
            Column("Records measured", "count"),
            Column("Coverage", "ratio"),
        ]
        rows = self._built.execute(_PERIODS, {"metric": metric.name}).fetchall()
        sheet = self._write_table(_sheet_name(metric), columns, rows, [metric.unit] * len(rows))
        sheet.write_comment(0, 6, f"{metric.label}, {metric.unit.label}. {metric.meaning} {metric.formula}")

    def write_definitions(self) -> None:
        """What every KPI means, and whether it is held."""
        titles = (
            "Metric", "KPI", "Unit", "Meaning", "Formula", "Direction", "To combine", "Owner", "Period", "Requires",
            "State", "Held because", "Data until (UTC)", "Version",
        )  # fmt: skip
        kinds = {"Meaning": "prose", "Formula": "prose", "Held because": "prose", "Data until (UTC)": "instant"}
        columns = [Column(title, kinds.get(title, "count" if title == "Version" else "text")) for title in titles]
        self._write_table("Definitions", columns, self._built.execute(_DEFINITIONS).fetchall(), [])

    def write_publication(self) -> None:
        """Which run this is of."""
        cursor = self._built.execute("SELECT * FROM meta.run")
        names = [str(column[0]) for column in cursor.description or ()]
        rows = [(name, value) for row in cursor.fetchall() for name, value in zip(names, row, strict=True)]
        sheet = self._write_table("Publication", [Column("What", "text"), Column("Value", "instant")], rows, [])
        sheet.set_column(1, 1, _WIDEST)

    def _write_table(
        self, name: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]], units: Sequence[Unit]
    ) -> Worksheet:
        sheet = self._workbook.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        for index, column in enumerate(columns):
            sheet.write_string(0, index, column.title, self._formats["header"])
            shown = [_width_of(row[index]) for row in rows[:1000]]
            sheet.set_column(index, index, min(_WIDEST, max([len(column.title) + 2, *shown])))
        for number, row in enumerate(rows, start=1):
            for index, (column, value) in enumerate(zip(columns, row, strict=True)):
                kind = units[number - 1].value if column.format == "value" else column.format
                self._write_cell(sheet, number, index, value, kind)
        if rows:
            sheet.autofilter(0, 0, len(rows), len(columns) - 1)
        return sheet

    def _write_cell(self, sheet: Worksheet, row: int, column: int, value: Any, kind: str) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value, self._formats["text"])
        elif isinstance(value, datetime):
            sheet.write_datetime(row, column, value.replace(tzinfo=None), self._formats["instant"])
        elif isinstance(value, date):
            sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), self._formats["date"])  # noqa: DTZ001
        elif isinstance(value, int | float):
            sheet.write_number(row, column, ExactFloat(value), self._formats[kind])
        else:
            text = str(value)[:_LONGEST_TEXT]
            is_like_formula = without_formula(text) != text
            plain = kind if kind in ("text", "prose") else "text"
            sheet.write_string(row, column, text, self._formats["quoted" if is_like_formula else plain])


def _sheet_name(metric: Metric) -> str:
    """A sheet's name: at most 31 characters, without those that Excel does not allow."""
    plain = "".join(" " if character in "[]:*?/\\'" else character for character in metric.label)
    return " ".join(plain.split())[:31].strip()


def _width_of(value: Any) -> int:
    if isinstance(value, datetime):
        return 18
    if isinstance(value, date):
        return 12
    return 14 if isinstance(value, int | float) or value is None else _longest_line(str(value).splitlines()) + 2


def _longest_line(lines: Iterable[str]) -> int:
    return max((len(line) for line in lines), default=0)

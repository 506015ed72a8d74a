"""The target `excel`: one workbook for those who want one: KPIs, vendors, what is at risk and held, what it all means.

How cells are written is in `pipelines.workbook_sheets`. What is not here: records. They are in the file and in
PostgreSQL.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from metrics.registry import HEADLINES
from metrics.spec import Metric
from models.vocabulary import Dimension, Grain
from pipelines.publish.excel_kpis import write_breakdown, write_kpis_by_period
from pipelines.publish.excel_records import write_records
from pipelines.publish.relations import reading
from pipelines.publish.target import Build, OneFile, replace_file
from pipelines.workbook_sheets import Column, SheetWriter, open_workbook

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
    SELECT definition.label, definition.metric, latest.period_start_date, partial.told_from_date,
           latest.value, before.value AS value_before,
           latest.lower_bound, latest.upper_bound, latest.coverage_ratio, latest.eligible_count, latest.measured_count,
           wanted.target_value, wanted.target_state, definition.publication_state, definition.held_reason,
           definition.fresh_as_of_at
    FROM meta.metrics AS definition
    LEFT JOIN closed AS latest ON latest.metric = definition.metric AND latest.position = 1
    LEFT JOIN mart.partial_periods AS partial ON partial.metric = latest.metric AND partial.period_grain = 'month'
        AND partial.period_start_date = latest.period_start_date
    LEFT JOIN mart.partial_periods AS partial_before
        ON partial_before.metric = latest.metric AND partial_before.period_grain = 'month'
        AND partial_before.period_start_date = latest.period_start_date - INTERVAL 1 MONTH
    LEFT JOIN closed AS before ON before.metric = definition.metric AND before.position = 2
        AND before.period_start_date = latest.period_start_date - INTERVAL 1 MONTH
        -- A month that data tell only in part is compared with no other.
        AND partial.metric IS NULL AND partial_before.metric IS NULL
    LEFT JOIN mart.kpi_targets AS wanted ON wanted.metric = definition.metric AND wanted.period_grain = 'month'
        AND wanted.dimension = 'overall' AND wanted.period_start_date = latest.period_start_date
    WHERE definition.metric = $metric
"""

_DEFINITIONS: Final = """
    SELECT metric, label, unit, meaning, formula, direction, aggregation, owner, period_date, requires,
           publication_state, held_reason, fresh_as_of_at, metric_version
    FROM meta.metrics ORDER BY rowid
"""


class ExcelWorkbook(OneFile):
    """The target `excel`: `published/kpi.xlsx`."""

    name: Final = "excel"

    def write(self, build: Build) -> None:
        """Write the workbook beside the old one, then let it take its place."""
        replace_file(self.path, lambda unfinished: write_workbook(build.file, unfinished), "workbook")


def write_workbook(file: Path, path: Path) -> None:
    """Write a workbook of a published file.

    Headlines and a sheet for each; all KPIs by month and week, and by each breakdown; promises at risk, vendors, what
    is held; definitions and publication.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with reading(file) as built:
        published_at = built.execute("SELECT published_at FROM meta.run").fetchall()[0][0]
        with open_workbook(path, published_at) as sheets:
            writer = _Writer(sheets, built)
            writer.write_headlines()
            for metric in HEADLINES:
                writer.write_kpi(metric)
            for grain in (Grain.MONTH, Grain.WEEK):
                write_kpis_by_period(sheets, built, grain)
            for dimension in Dimension:
                if dimension is not Dimension.OVERALL:
                    write_breakdown(sheets, built, dimension)
            write_records(sheets, built)
            writer.write_definitions()
            writer.write_publication()


class _Writer:
    def __init__(self, sheets: SheetWriter, built: duckdb.DuckDBPyConnection) -> None:
        self._sheets, self._built = sheets, built

    def write_headlines(self) -> None:
        """One row for each headline KPI: its latest closed month."""
        columns = [
            Column("KPI", "text"),
            Column("Metric", "text"),
            Column("Unit", "text"),
            Column("Month", "date"),
            Column("Told only from", "date"),
            Column("Value", "value"),
            Column("Month before", "value"),
            Column("At least", "value"),
            Column("At most", "value"),
            Column("Coverage", "ratio"),
            Column("Records that should count", "count"),
            Column("Records measured", "count"),
            Column("Target", "value"),
            Column("Met or missed", "text"),
            Column("State", "text"),
            Column("Held because", "prose"),
            Column("Data until (UTC)", "instant"),
        ]
        rows, units = [], []
        for metric in HEADLINES:
            for row in self._built.execute(_LATEST, {"metric": metric.name}).fetchall():
                rows.append((*row[:2], metric.unit.label, *row[2:]))
                units.append(metric.unit)
        self._sheets.write_table("Headlines", columns, rows, units)

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
        sheet = self._sheets.write_table(metric.label, columns, rows, [metric.unit] * len(rows))
        sheet.write_comment(0, 6, f"{metric.label}, {metric.unit.label}. {metric.meaning} {metric.formula}")

    def write_definitions(self) -> None:
        """What every KPI means, and whether it is held."""
        titles = (
            "Metric", "KPI", "Unit", "Meaning", "Formula", "Direction", "To combine", "Owner", "Period", "Requires",
            "State", "Held because", "Data until (UTC)", "Version",
        )  # fmt: skip
        kinds = {"Meaning": "prose", "Formula": "prose", "Held because": "prose", "Data until (UTC)": "instant"}
        columns = [Column(title, kinds.get(title, "count" if title == "Version" else "text")) for title in titles]
        self._sheets.write_table("Definitions", columns, self._built.execute(_DEFINITIONS).fetchall(), [])

    def write_publication(self) -> None:
        """Which run this is of."""
        cursor = self._built.execute("SELECT * FROM meta.run")
        names = [str(column[0]) for column in cursor.description or ()]
        rows = [(name, value) for row in cursor.fetchall() for name, value in zip(names, row, strict=True)]
        sheet = self._sheets.write_table("Publication", [Column("What", "text"), Column("Value", "instant")], rows, [])
        sheet.set_column(1, 1, 60)

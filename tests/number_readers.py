"""Readers of published numbers, each by the way that its users have: what they find has to be the same.

What is compared is in the tests: those of the default suite, and `tests/bi` for tools that are installed apart.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import duckdb
import fastexcel
import polars as pl

from metrics.registry import HEADLINES
from models.vocabulary import BREAKDOWNS, Dimension, Grain
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.numbers_shown import read_breakdown, read_values
from pipelines.dashboard.snapshot import Answers, open_snapshot

if TYPE_CHECKING:
    from postgres_servers import PostgresDatabase

    from pipelines.home import Home

COLUMNS: Final = "period_start_date, dimension, dimension_value, value, lower_bound, upper_bound, measured_count"
_TITLES: Final = ["From", "Breakdown", "Of", "Value", "At least", "At most", "Records measured"]
_SHOWN: Final = re.compile(r'<data value="([^"]*)" data-metric="(\w+)" data-period="([^"]*)">')


class Cell(NamedTuple):
    """A month of a KPI, over all or of one value of a breakdown; numbers by their bits, so that nothing is rounded."""

    month: date
    dimension: str
    dimension_value: str
    value: bytes | None
    lower_bound: bytes | None
    upper_bound: bytes | None
    measured_count: int


#: Finds every month of a KPI, by every breakdown.
Reader = Callable[[str], set[Cell]]


def bits(number: object) -> bytes | None:
    """A number as its eight bytes."""
    return None if number is None else struct.pack("<d", float(str(number)))


def cells(rows: Iterable[tuple[Any, ...]]) -> set[Cell]:
    """Cells of rows of `COLUMNS`, whatever types a reader has for them."""
    found = set()
    for day, dimension, dimension_value, *numbers, count in rows:
        assert isinstance(day, date)
        month = day.date() if isinstance(day, datetime) else day
        measured = int(str(count).removesuffix(".0"))
        found.add(Cell(month, str(dimension), str(dimension_value or ""), *map(bits, numbers), measured))
    return found


def of_file(file: Path) -> Reader:
    """Plain SQL on the published file's table: what all others are held to."""

    def read(metric: str) -> set[Cell]:
        with duckdb.connect(str(file), read_only=True) as published:
            query = f"SELECT {COLUMNS} FROM mart.metric_values WHERE metric = ? AND period_grain = 'month'"
            return cells(published.execute(query, [metric]).fetchall())

    return read


def of_view(file: Path) -> Reader:
    """The view of the KPI in the published file."""

    def read(metric: str) -> set[Cell]:
        with duckdb.connect(str(file), read_only=True) as published:
            return cells(published.execute(_view(metric)).fetchall())

    return read


def of_postgresql(database: PostgresDatabase) -> Reader:
    """The view of the KPI in PostgreSQL."""
    return lambda metric: cells(database.rows(_view(metric)))


def _view(metric: str) -> str:
    return f"SELECT {COLUMNS} FROM mart.kpi_{metric} WHERE period_grain = 'month'"


def of_parquet(folder: Path) -> Reader:
    """The Parquet files that the pointer leads to."""
    latest = json.loads((folder / "latest.json").read_text(encoding="utf-8"))
    frame = pl.read_parquet(folder / latest["tables"]["mart.metric_values"]).filter(period_grain="month")
    return lambda metric: cells(frame.filter(metric=metric).select(COLUMNS.split(", ")).rows())


def of_workbook(path: Path) -> Reader:
    """The sheet of a headline KPI; other KPIs have none."""
    book = fastexcel.read_excel(path)
    positions = {metric.name: position for position, metric in enumerate(HEADLINES, start=1)}

    def read(metric: str) -> set[Cell]:
        frame = book.load_sheet(positions[metric], schema_sample_rows=None).to_polars()
        return cells(frame.filter(Grain="month").select(_TITLES).rows())

    return read


def of_workbook_lists(path: Path) -> Reader:
    """The sheets that list all KPIs: closed months of the whole, and the last ones of each breakdown."""
    book = fastexcel.read_excel(path)
    sheets = {"KPIs by month": ("overall", None)} | {f"By {name}": (name, name.capitalize()) for name in BREAKDOWNS}
    frames = []
    for sheet, (dimension, of) in sheets.items():
        listed = book.load_sheet(sheet, schema_sample_rows=None).to_polars()
        named = listed.with_columns(Breakdown=pl.lit(dimension), Of=pl.lit("") if of is None else pl.col(of))
        frames.append(named.select("Metric", *_TITLES).cast(dict.fromkeys(_TITLES[3:], pl.Float64)))
    found = pl.concat(frames)
    return lambda metric: cells(found.filter(Metric=metric).select(_TITLES).rows())


def of_dashboard(home: Home) -> Reader:
    """What the dashboard's cards, trends and bars are drawn of."""

    def read(metric: str) -> set[Cell]:
        always = Filters(Grain.MONTH, date(2000, 1, 1), date(2100, 1, 1), {})
        with open_snapshot(home, Answers()) as snapshot:
            frames = [read_values(snapshot, [metric], always)]
            frames += [read_breakdown(snapshot, metric, Dimension(name), always) for name in BREAKDOWNS]
        return cells(pl.concat(frames).select(COLUMNS.split(", ")).rows())

    return read


def values_in_report(page: Path) -> dict[str, bytes | None]:
    """KPI -> its value in the report's period, of every KPI that the report shows and that has one.

    A KPI whose data end earlier is told of an earlier period; in the homes of these tests there is none.
    """
    found = _SHOWN.findall(page.read_text(encoding="utf-8"))
    assert len({period for _, _, period in found}) == 1
    return {metric: bits(value) for value, metric, _ in found}

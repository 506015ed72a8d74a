"""One golden test over all targets: a headline KPI is the same number, to the last digit, wherever it is read."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import fastexcel
import polars as pl
import pytest
from demo_homes import DemoHome, states
from postgres_servers import PASSWORD

from metrics.registry import HEADLINES

if TYPE_CHECKING:
    from postgres_servers import PostgresDatabase

pytestmark = pytest.mark.xdist_group("publication")


class Cell(NamedTuple):
    """A month of a KPI, over all or of one team; numbers by their bits, so that nothing is rounded away."""

    month: date
    dimension: str
    dimension_value: str
    value: bytes | None
    lower_bound: bytes | None
    upper_bound: bytes | None
    measured_count: int


Reader = Callable[[str], set[Cell]]

COLUMNS = "period_start_date, dimension, dimension_value, value, lower_bound, upper_bound, measured_count"


def cell(row: tuple[object, ...]) -> Cell:
    day, dimension, dimension_value, *numbers, count = row
    bits = [None if number is None else struct.pack("<d", float(str(number))) for number in numbers]
    assert isinstance(day, date)
    return Cell(
        day.date() if isinstance(day, datetime) else day, str(dimension), str(dimension_value or ""), *bits,
        int(str(count).removesuffix(".0")),
    )  # fmt: skip


def test_every_reader_sees_the_same_number(
    clean: DemoHome, postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_POSTGRESQL_URL", postgres.url)
    monkeypatch.setenv("KPI_POSTGRESQL_PASSWORD", PASSWORD)
    settings = clean.home.settings_file
    text = settings.read_text(encoding="utf-8")
    targets = 'targets = ["duckdb", "parquet", "postgresql", "excel"]'
    settings.write_text(text.replace("[publish]\n", f"[publish]\n{targets}\n"), encoding="utf-8")
    outcome = clean.run()
    assert states(outcome)["published_excel"] == states(outcome)["published_postgresql"] == "built"
    assert not outcome.failed

    def from_file(metric: str) -> set[Cell]:
        query = f"SELECT {COLUMNS} FROM mart.metric_values WHERE metric = ? AND period_grain = 'month'"
        return {cell(row) for row in clean.published(query, [metric])}

    def from_view(metric: str) -> set[Cell]:
        return {
            cell(row)
            for row in clean.published(f"SELECT {COLUMNS} FROM mart.kpi_{metric} WHERE period_grain = 'month'")
        }

    def from_postgresql(metric: str) -> set[Cell]:
        return {
            cell(row) for row in postgres.rows(f"SELECT {COLUMNS} FROM mart.kpi_{metric} WHERE period_grain = 'month'")
        }

    def from_parquet(metric: str) -> set[Cell]:
        folder = clean.home.published / "parquet"
        latest = json.loads((folder / "latest.json").read_text(encoding="utf-8"))
        frame = pl.read_parquet(folder / latest["tables"]["mart.metric_values"])
        found = frame.filter((pl.col("metric") == metric) & (pl.col("period_grain") == "month"))
        return {cell(row) for row in found.select(COLUMNS.split(", ")).rows()}

    def from_workbook(metric: str) -> set[Cell]:
        book = fastexcel.read_excel(clean.home.published / "kpi.xlsx")
        position = 1 + [headline.name for headline in HEADLINES].index(metric)
        frame = book.load_sheet(position, schema_sample_rows=None).to_polars()
        titles = ["From", "Breakdown", "Of", "Value", "At least", "At most", "Records measured"]
        return {cell(row) for row in frame.filter(pl.col("Grain") == "month").select(titles).rows()}

    readers: tuple[Reader, ...] = (from_view, from_postgresql, from_parquet, from_workbook)
    for metric in HEADLINES:
        expected = from_file(metric.name)
        assert len(expected) > 5
        assert any(each.value is not None for each in expected)
        for reader in readers:
            assert reader(metric.name) == expected, f"{metric.name} by {reader.__name__}"
    ids = set(postgres.rows("SELECT publication_id, content_hash FROM meta.run"))
    with duckdb.connect(str(clean.home.published_file), read_only=True) as connection:
        assert ids == set(connection.execute("SELECT publication_id, content_hash FROM meta.run").fetchall())

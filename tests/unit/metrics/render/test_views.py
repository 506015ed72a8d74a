"""The generated views, run by DuckDB on a file laid out as the publication lays it out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sqlalchemy import MetaData, Table

from metrics.measuring.measure import measure
from metrics.registry import METRICS
from metrics.render.views import FACT_VIEWS, kpi_view, mart_views
from metrics.spec import Metric
from models.catalog import tables_of
from models.ddl import conform, create_table
from models.marts import meta_metrics, metric_values
from models.vocabulary import Layer
from pipelines.generate import outdated_files

HELD = "sla_attainment_ratio"


def _store(connection: duckdb.DuckDBPyConnection, schema: str, name: str, table: Table, rows: pl.DataFrame) -> None:
    renamed = table.to_metadata(MetaData(), schema=schema, name=name)
    connection.execute(create_table(renamed, schema=schema))
    connection.register("stored_rows", conform(rows, table).to_arrow())
    connection.execute(f"INSERT INTO {schema}.{name} FROM stored_rows")
    connection.unregister("stored_rows")


@pytest.fixture(scope="module")
def values(facts: dict[str, pl.DataFrame], as_of: datetime) -> pl.DataFrame:
    return measure(METRICS, facts, time_zone="Europe/Amsterdam", as_of=as_of)


@pytest.fixture(scope="module")
def published(
    facts: dict[str, pl.DataFrame], values: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The views on made-up facts; written, closed and opened again, as readers do."""
    path: Path = tmp_path_factory.mktemp("published") / "kpi.duckdb"
    definitions = pl.DataFrame(
        [
            {
                **metric.definition(),
                "publication_state": "held" if metric.name == HELD else "published",
                "held_reason": "an unmapped status" if metric.name == HELD else None,
                "fresh_as_of_at": datetime(2026, 4, 9, tzinfo=UTC),
            }
            for metric in METRICS
        ],
        infer_schema_length=None,
    )
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS published (STORAGE_VERSION 'v1.4.0')")
        connection.execute("USE published")
        for schema in ("core", "mart", "meta"):
            connection.execute(f"CREATE SCHEMA {schema}")
        for table in tables_of(Layer.CORE):
            _store(connection, "core", table.name, table, facts.get(table.name, pl.DataFrame()))
        _store(connection, "mart", "metric_values", metric_values, values)
        _store(connection, "meta", "metrics", meta_metrics, definitions)
        for text in mart_views().values():
            connection.execute(text)
    with duckdb.connect(str(path), read_only=True) as reader:
        yield reader


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_kpi_view_gives_every_cell_of_its_metric(
    metric: Metric, published: duckdb.DuckDBPyConnection, values: pl.DataFrame
) -> None:
    shown = published.sql(f"FROM mart.{metric.view}").pl()
    keys = ["period_grain", "period_start_date", "dimension", "dimension_value"]
    assert_frame_equal(
        shown.select(values.columns).sort(keys), values.filter(metric=metric.name).sort(keys), check_exact=True
    )
    assert shown["label"].unique().to_list() == [metric.label]
    assert shown["is_held"].unique().to_list() == [metric.name == HELD]
    assert shown["held_reason"].unique().to_list() == (["an unmapped status"] if metric.name == HELD else [None])


@pytest.mark.parametrize("name", FACT_VIEWS)
def test_a_fact_view_gives_the_same_rows_with_hours(name: str, published: duckdb.DuckDBPyConnection) -> None:
    fact = FACT_VIEWS[name]
    shown = published.sql(f"FROM mart.{name}").pl()
    stored = published.sql(f"FROM core.{fact.name}").pl()
    hours = [column for column in stored.columns if column.endswith("_microseconds")]
    expected = stored.with_columns((pl.col(column) / 3_600_000_000).alias(column) for column in hours).rename(
        {column: column.replace("_microseconds", "_hours") for column in hours}
    )
    assert_frame_equal(shown, expected, check_row_order=False, rel_tol=1e-12)


def test_every_published_fact_has_a_view() -> None:
    facts = {table.name for table in tables_of(Layer.CORE) if table.name.startswith("fct_")}
    assert {table.name for table in FACT_VIEWS.values()} == facts


def test_readers_see_what_every_view_and_column_means(published: duckdb.DuckDBPyConnection) -> None:
    views = published.sql("SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'mart'").pl()
    assert set(views["view_name"]) == set(mart_views())
    assert views["comment"].null_count() == 0
    columns = published.sql(
        "SELECT c.comment FROM duckdb_columns() c JOIN duckdb_views() v USING (schema_name) "
        "WHERE c.table_name = v.view_name AND schema_name = 'mart'"
    ).pl()
    assert columns.height > len(METRICS) * 20
    assert columns["comment"].null_count() == 0


def test_text_with_quotes_and_comment_marks_stays_text() -> None:
    odd = dataclasses.replace(METRICS[0], label="Team's -- own; time")
    with duckdb.connect() as connection:
        usual, unusual = (connection.extract_statements(kpi_view(metric)) for metric in (METRICS[0], odd))
    assert len(unusual) == len(usual)
    assert "'Team''s -- own; time' AS label" in unusual[0].query


def test_committed_views_and_dictionary_are_up_to_date() -> None:
    assert outdated_files() == [], "run `python -m pipelines.generate` and commit what it writes"

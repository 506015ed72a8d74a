"""The generated views, run by DuckDB on a file laid out as the publication lays it out."""

from __future__ import annotations

import dataclasses

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from metrics.registry import METRICS
from metrics.render.held_records import record_views
from metrics.render.views import FACT_VIEWS, kpi_view, mart_views
from metrics.spec import Metric
from models.catalog import tables_of
from models.vocabulary import Layer
from pipelines.generate import outdated_files


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
    assert shown["is_held"].unique().to_list() == [metric.name == "sla_attainment_ratio"]
    assert shown["held_reason"].unique().to_list() == (
        ["an unmapped status"] if metric.name == "sla_attainment_ratio" else [None]
    )


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
    assert set(views["view_name"]) == {*mart_views(), *record_views()}
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

"""The published file of the made-up operation: facts, values and generated views, laid out as the publication does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from sqlalchemy import MetaData, Table

from metrics.measuring.measure import measure
from metrics.registry import METRICS
from metrics.render.held_records import record_views
from metrics.render.views import mart_views
from models.catalog import tables_of
from models.ddl import conform, create_table
from models.marts import meta_metrics, meta_run, metric_values
from models.vocabulary import Layer

HELD = "sla_attainment_ratio"
TIME_ZONE = "Europe/Amsterdam"


def _store(connection: duckdb.DuckDBPyConnection, schema: str, name: str, table: Table, rows: pl.DataFrame) -> None:
    renamed = table.to_metadata(MetaData(), schema=schema, name=name)
    connection.execute(create_table(renamed, schema=schema).replace(" NOT NULL", ""))
    connection.register("stored_rows", conform(rows, table).to_arrow())
    connection.execute(f"INSERT INTO {schema}.{name} FROM stored_rows")
    connection.unregister("stored_rows")


@pytest.fixture(scope="session")
def values(facts: dict[str, pl.DataFrame], as_of: datetime) -> pl.DataFrame:
    return measure(METRICS, facts, time_zone=TIME_ZONE, as_of=as_of)


@pytest.fixture(scope="session")
def published(
    facts: dict[str, pl.DataFrame], values: pl.DataFrame, as_of: datetime, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The views on made-up facts; written, closed and opened again, as readers do."""
    path: Path = tmp_path_factory.mktemp("published") / "kpi.duckdb"
    definitions = pl.DataFrame(
        [
            {
                **metric.definition(),
                "publication_state": "held" if metric.name == HELD else "published",
                "held_reason": "an unmapped status" if metric.name == HELD else None,
                "fresh_as_of_at": as_of,
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
        _store(
            connection, "meta", "run", meta_run, pl.DataFrame([{"reporting_time_zone": TIME_ZONE, "as_of_at": as_of}])
        )
        for text in [*mart_views().values(), *record_views().values()]:
            connection.execute(text)
    with duckdb.connect(str(path), read_only=True) as reader:
        yield reader

"""The bundle in a real Superset: it is imported, every chart answers, and every metric gives its published values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from superset_server import Superset

from metrics.registry import HEADLINES
from metrics.render.measures import CELLS
from metrics.render.places import Place
from metrics.render.relations import Relation, relations
from pipelines.semantic_exports import export_named, write_export

if TYPE_CHECKING:
    from conftest import Tool

pytestmark = [pytest.mark.bi, pytest.mark.slow]

RELATIONS = [relation for relation in relations() if relation.measures]


@pytest.fixture(scope="module")
def superset(published_file: Path, tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """Superset with the bundle imported as a dashboard, and once more as assets, which overwrites the first ones."""
    folder = tmp_path_factory.mktemp("superset")
    (bundle,) = write_export(export_named("superset"), Place(published_file.as_posix()), folder / "export")
    found = Superset(folder, tool)
    found.run("import-dashboards", "-p", str(bundle), "-u", "admin")
    try:
        found.start()
        assert found.upload("assets/import/", "bundle", bundle) == {"message": "OK"}
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def datasets(superset: Superset) -> dict[str, int]:
    """Number of each dataset, by the name of its relation."""
    listed = superset.ask("dataset/?q=(page_size:100)")["result"]
    assert len(listed) == len(RELATIONS)
    return {entry["table_name"]: entry["id"] for entry in listed}


def _day(milliseconds: float) -> date:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date()


def _ask(superset: Superset, dataset: int, query: dict[str, Any]) -> list[dict[str, Any]]:
    document = {
        "datasource": {"id": dataset, "type": "table"},
        "queries": [{"row_limit": 50_000, **query}],
        "result_format": "json",
        "result_type": "full",
    }
    (answer,) = superset.ask("chart/data", document)["result"]
    assert answer["status"] == "success", answer
    rows: list[dict[str, Any]] = answer["data"]
    return rows


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.name)
def test_chart_data_gives_every_published_month(
    relation: Relation, superset: Superset, datasets: dict[str, int], published: duckdb.DuckDBPyConnection
) -> None:
    """Overall, by month, through the API that charts use: equal to the published value to the last digit."""
    axis = {"columnType": "BASE_AXIS", "expressionType": "SQL", "sqlExpression": relation.date, "label": "month"}
    of_cells = relation.name == CELLS
    chosen = [("period_grain", "month"), ("dimension", "overall")] if of_cells else []
    query = {
        "columns": [axis if of_cells else {**axis, "timeGrain": "P1M"}],
        "metrics": [measure.name for measure in relation.measures],
        "filters": [{"col": column, "op": "==", "val": value} for column, value in chosen],
    }
    found = {_day(row["month"]): row for row in _ask(superset, datasets[relation.name], query)}
    compared = 0
    for measure in relation.measures:
        rows = published.sql(
            f"SELECT period_start_date, value FROM mart.kpi_{measure.name} "
            "WHERE period_grain = 'month' AND dimension = 'overall' AND value <> 0"
        ).fetchall()
        for start, value in rows:
            assert float(found[start][measure.name]) == value, (measure.name, start)
            compared += 1
    assert compared or relation.name == "first_promised_delivery_records"


def test_every_chart_of_the_dashboard_answers(superset: Superset) -> None:
    charts = superset.ask("chart/?q=(page_size:100)")["result"]
    (dashboard,) = superset.ask("dashboard/")["result"]
    on_dashboard = superset.ask(f"dashboard/{dashboard['id']}/charts")["result"]
    assert {chart["slice_name"] for chart in charts} == {chart["slice_name"] for chart in on_dashboard}
    assert {metric.label for metric in HEADLINES} <= {chart["slice_name"] for chart in charts}
    for chart in charts:
        (answer,) = superset.ask(f"chart/{chart['id']}/data/")["result"]
        assert answer["status"] == "success", (chart["slice_name"], answer)
        assert answer["rowcount"] or "first promise" in chart["slice_name"], chart["slice_name"]


def test_the_database_is_open_for_reading_only(superset: Superset, published_file: Path) -> None:
    (database,) = superset.ask("database/")["result"]
    extra = json.loads(superset.ask(f"database/{database['id']}/connection")["result"]["extra"])
    assert extra["engine_params"]["connect_args"]["read_only"] is True
    before = published_file.read_bytes()
    statement = {"database_id": database["id"], "sql": "CREATE TABLE mart.mine AS SELECT 1", "runAsync": False}
    with pytest.raises(AssertionError, match=r"read-only|not allow|DML|only SELECT"):
        superset.ask("sqllab/execute/", statement)
    assert published_file.read_bytes() == before

"""The bundle in a real Superset: it is imported, every chart answers, and every metric gives its published values."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from superset_server import Superset

from metrics.registry import HEADLINES
from metrics.render.lists import LABELS
from metrics.render.relations import Relation, relations

pytestmark = [pytest.mark.bi, pytest.mark.slow]

RELATIONS = [relation for relation in relations() if relation.measures]


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.name)
def test_chart_data_gives_every_published_month(
    relation: Relation, superset: Superset, datasets: dict[str, int], published: duckdb.DuckDBPyConnection
) -> None:
    """Overall, by month, through the API that charts use: equal to the published value to the last digit."""
    found = superset.months(datasets[relation.name], relation, [measure.name for measure in relation.measures])
    compared = 0
    for measure in relation.measures:
        rows = published.sql(
            f"SELECT period_start_date, value FROM mart.kpi_{measure.name} "
            "WHERE period_grain = 'month' AND dimension = 'overall' AND value <> 0"
        ).fetchall()
        for start, value in rows:
            assert found[measure.name][start] == value, (measure.name, start)
            compared += 1
    assert compared or relation.name == "first_promised_delivery_records"


def test_every_chart_of_the_dashboards_answers(superset: Superset) -> None:
    charts = superset.ask("chart/?q=(page_size:100)")["result"]
    dashboards = superset.ask("dashboard/")["result"]
    titles = {
        dashboard["dashboard_title"].partition(":")[0]: {
            chart["slice_name"] for chart in superset.ask(f"dashboard/{dashboard['id']}/charts")["result"]
        }
        for dashboard in dashboards
    }
    assert set(titles) == {"KPIs", "Lists behind the KPIs"}
    assert {chart["slice_name"] for chart in charts} == set().union(*titles.values())
    assert {metric.label for metric in HEADLINES} <= titles["KPIs"]
    assert titles["Lists behind the KPIs"] == set(LABELS.values())
    for chart in charts:
        (answer,) = superset.ask(f"chart/{chart['id']}/data/")["result"]
        assert answer["status"] == "success", (chart["slice_name"], answer)
        assert answer["rowcount"] or "first promise" in chart["slice_name"], chart["slice_name"]


@pytest.mark.parametrize("name", LABELS)
def test_lists_are_counted_as_they_are_published(
    name: str, superset: Superset, datasets: dict[str, int], published: duckdb.DuckDBPyConnection
) -> None:
    query = {"columns": [], "metrics": [f"{name}_row_count"], "filters": [], "row_limit": 10}
    document = {
        "datasource": {"id": datasets[name], "type": "table"},
        "queries": [query],
        "result_format": "json",
        "result_type": "full",
    }
    (answer,) = superset.ask("chart/data", document)["result"]
    (expected,) = published.sql(f"SELECT count(*) FROM mart.{name}").fetchall()
    assert answer["data"] == [{f"{name}_row_count": expected[0]}]


def test_the_database_is_open_for_reading_only(superset: Superset, published_file: Path) -> None:
    (database,) = superset.ask("database/")["result"]
    extra = json.loads(superset.ask(f"database/{database['id']}/connection")["result"]["extra"])
    assert extra["engine_params"]["connect_args"]["read_only"] is True
    before = published_file.read_bytes()
    statement = {"database_id": database["id"], "sql": "CREATE TABLE mart.mine AS SELECT 1", "runAsync": False}
    with pytest.raises(AssertionError, match=r"read-only|not allow|DML|only SELECT"):
        superset.ask("sqllab/execute/", statement)
    assert published_file.read_bytes() == before

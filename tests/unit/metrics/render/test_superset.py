"""The Superset bundle as text: everything that is named exists. What Superset says of it is in tests/bi."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
import yaml

from metrics.registry import HEADLINES, METRICS
from metrics.render.measures import measures
from metrics.render.places import Place
from metrics.render.superset import superset_assets

PLACE = Place("/somewhere/kpi.duckdb", "USD", "Team's home")


def _assets(place: Place, kind: str) -> dict[str, dict[str, Any]]:
    files = superset_assets(place)
    return {name: yaml.safe_load(text) for name, text in files.items() if name.split("/")[1] == kind}


DATASETS = {entry["uuid"]: entry for entry in _assets(PLACE, "datasets").values()}
CHARTS = list(_assets(PLACE, "charts").values())


def test_every_metric_is_in_one_dataset_with_its_sql() -> None:
    found = {metric["metric_name"]: metric for dataset in DATASETS.values() for metric in dataset["metrics"]}
    assert set(found) == {metric.name for metric in METRICS}
    for measure in measures():
        assert found[measure.name]["expression"] == measure.sql
        assert found[measure.name]["verbose_name"] == measure.metric.label
    money = found["cost_per_transaction_reporting"]
    assert money["currency"] == {"symbol": "USD", "symbolPosition": "suffix"}


def test_assets_refer_to_each_other() -> None:
    (database,) = _assets(PLACE, "databases").values()
    (dashboard,) = _assets(PLACE, "dashboards").values()
    assert {dataset["database_uuid"] for dataset in DATASETS.values()} == {database["uuid"]}
    assert {chart["dataset_uuid"] for chart in CHARTS} == set(DATASETS), "a dataset without chart is not imported"
    placed = [
        each["meta"]["uuid"] for each in dashboard["position"].values() if "meta" in each and "uuid" in each["meta"]
    ]
    assert sorted(placed) == sorted(chart["uuid"] for chart in CHARTS)
    names = [chart["slice_name"] for chart in CHARTS]
    assert len(names) == len(set(names))
    assert {metric.label for metric in HEADLINES} <= set(names)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart["slice_name"])
def test_a_chart_asks_for_what_its_dataset_has(chart: dict[str, Any]) -> None:
    dataset = DATASETS[chart["dataset_uuid"]]
    columns = {column["column_name"] for column in dataset["columns"]}
    offered = {metric["metric_name"] for metric in dataset["metrics"]}
    assert set(chart["params"]["metrics"]) <= offered
    (query,) = json.loads(chart["query_context"])["queries"]
    asked = [each if isinstance(each, str) else each["sqlExpression"] for each in query["columns"]]
    filtered = [each["col"] for each in query["filters"]] + [
        each["subject"] for each in chart["params"]["adhoc_filters"]
    ]
    assert {*asked, *filtered} <= columns
    assert query["metrics"] == chart["params"]["metrics"]


def test_columns_are_those_of_the_relation(published: duckdb.DuckDBPyConnection) -> None:
    """In type too: a date that is said to be text cannot be cut into months."""
    for dataset in DATASETS.values():
        found = published.sql(f"FROM {dataset['schema']}.{dataset['table_name']} LIMIT 0")
        types = dict(zip(found.columns, (str(each) for each in found.types), strict=True))
        for column in dataset["columns"]:
            kind = types[column["column_name"]].replace("DECIMAL(18,4)", "DECIMAL(18, 4)").replace("INTEGER", "BIGINT")
            assert kind == column["type"], (dataset["table_name"], column)
            assert column["description"]


def test_the_file_is_opened_for_reading_only() -> None:
    (database,) = _assets(PLACE, "databases").values()
    assert database["extra"]["engine_params"]["connect_args"] == {"read_only": True}
    assert database["sqlalchemy_uri"] == "duckdb:////somewhere/kpi.duckdb"
    assert not any(database[right] for right in ("allow_dml", "allow_ctas", "allow_cvas", "allow_csv_upload"))


def test_two_homes_in_one_superset_do_not_overwrite_each_other() -> None:
    other = Place("/elsewhere/kpi.duckdb", "USD", "Another home")
    for kind in ("databases", "datasets", "charts", "dashboards"):
        keys, others = ({asset["uuid"] for asset in _assets(place, kind).values()} for place in (PLACE, other))
        assert not keys & others
        assert keys == {asset["uuid"] for asset in _assets(PLACE, kind).values()}

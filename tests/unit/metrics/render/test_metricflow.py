"""The dbt project as text: it parses, and everything that is named exists. What dbt says of it is in tests/bi."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from metrics.registry import METRICS
from metrics.render.metricflow import dbt_project
from metrics.render.places import Place
from metrics.render.record_views import RECORD_VIEWS
from models.marts import metric_values

FILES = dbt_project(
    Place(
        "/somewhere/kpi.duckdb", postgres_server="db.example.com:5433", postgres_database="numbers", postgres_schema="k"
    )
)
DOCUMENTS = {name: yaml.safe_load(text) for name, text in FILES.items() if name.endswith(".yml")}
MODELS = [model for document in DOCUMENTS.values() for model in document.get("semantic_models", [])]
#: Metrics of the project by their name.
OFFERED: dict[str, dict[str, Any]] = {
    metric["name"]: metric
    for document in DOCUMENTS.values()
    if "semantic_models" in document
    for metric in document["metrics"]
}


def _columns(relation: str) -> set[str]:
    if relation == metric_values.name:
        return {column.name for column in metric_values.columns}
    return set(next(view for view in RECORD_VIEWS if view.name == relation).column_meanings())


def test_every_metric_is_offered_with_its_words() -> None:
    for metric in METRICS:
        offered = OFFERED[metric.name]
        assert offered["label"] == metric.label
        assert metric.meaning in offered["description"] and metric.formula in offered["description"]
        assert offered["config"]["meta"]["version"] == metric.version


def test_names_are_unique_and_what_metricflow_allows() -> None:
    names = [metric["name"] for document in DOCUMENTS.values() for metric in document.get("metrics", [])]
    measures = [measure["name"] for model in MODELS for measure in model["measures"]]
    assert len(names) == len(set(names)) and len(measures) == len(set(measures))
    assert not [name for name in [*names, *measures] if "__" in name or not name.islower()]


def test_metrics_are_made_of_measures_and_metrics_that_exist() -> None:
    measures = {measure["name"] for model in MODELS for measure in model["measures"]}
    for metric in OFFERED.values():
        parameters = metric["type_params"]
        if metric["type"] == "simple":
            assert parameters["measure"] in measures
        else:
            inputs = [entry["name"] for entry in parameters["metrics"]]
            assert all(OFFERED[name]["type"] == "simple" for name in inputs)
            assert all(name in parameters["expr"] for name in inputs)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model["name"])
def test_a_model_names_columns_of_its_relation(model: dict[str, Any]) -> None:
    columns = _columns(model["name"])
    assert {dimension["name"] for dimension in model["dimensions"]} <= columns
    assert model["defaults"]["agg_time_dimension"] in columns
    assert model["model"] == f"ref('{model['name']}')"
    assert f"source('mart', '{model['name']}')" in FILES[f"models/{model['name']}.sql"]
    for measure in model["measures"]:
        assert any(column in measure["expr"] for column in columns), measure["expr"]


def test_percentiles_are_percentiles() -> None:
    """Never a mean of percentiles: each is taken over records, continuously."""
    taken = [measure for model in MODELS for measure in model["measures"] if measure["agg"] == "percentile"]
    assert len(taken) == sum("_p50_" in m.name or "_p85_" in m.name or "_p95_" in m.name for m in METRICS)
    assert all(not measure["agg_params"]["use_discrete_percentile"] for measure in taken)
    assert not [measure for model in MODELS for measure in model["measures"] if measure["agg"] == "average"]


def test_the_published_file_is_opened_for_reading_only() -> None:
    (attached,) = DOCUMENTS["profiles.yml"]["kpi_warehouse"]["outputs"]["duckdb"]["attach"]
    assert attached["read_only"] is True
    assert "/somewhere/kpi.duckdb" in attached["path"]


def test_the_database_is_the_one_that_the_home_publishes_to() -> None:
    profile = DOCUMENTS["profiles.yml"]["kpi_warehouse"]["outputs"]["postgres"]
    assert "'db.example.com'" in profile["host"] and "'5433'" in profile["port"] and "'numbers'" in profile["dbname"]
    (source,) = DOCUMENTS["models/sources.yml"]["sources"]
    assert source["schema"] == "{{ 'mart' if target.type == 'duckdb' else 'k' }}"

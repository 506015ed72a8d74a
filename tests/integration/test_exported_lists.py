"""What semantic layers are told beside KPIs: targets, signals, promises at risk and other lists, as published."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import duckdb
import lkml
import pytest
import yaml

from metrics.registry import METRICS
from metrics.render.lists import LABELS
from metrics.render.places import Place
from metrics.render.power_bi import MODEL
from metrics.render.record_views import RECORD_VIEWS
from metrics.render.views import FACT_VIEWS
from pipelines.semantic_exports import export_named

if TYPE_CHECKING:
    from tests.conftest import CleanRun

#: Relations of `mart` that no format is told of, and why: whoever adds a view decides here.
LEFT_OUT = {
    "daily_work_in_progress": "cumulative_flow and the KPIs of work in progress say it",
    "latest_periods": "of use to SQL only",
    "vendor_concentration": "rows of no vendor have no key; the KPI says it",
    "vendor_rate_card_variance": "rows of no vendor have no key; the KPI and the invoice lines say it",
}
Columns = dict[str, str]


@pytest.fixture(scope="module")
def reader(clean_run: CleanRun) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(clean_run.demo.home.published_file), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def columns(reader: duckdb.DuckDBPyConnection) -> dict[str, Columns]:
    """Type of every column of `mart`, by relation, in the words that all formats tell apart."""
    found: dict[str, Columns] = {}
    query = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'mart' ORDER BY ALL"
    for relation, column, type_ in reader.sql(query).fetchall():
        kind = type_ if type_ == "DECIMAL(18,4)" else re.sub(r"DECIMAL.*", "DOUBLE", type_)
        found.setdefault(relation, {})[column] = kind.replace("INTEGER", "BIGINT")
    return found


@cache  # To render all files of a format takes half a second, and every list is looked for in each.
def _files(export: str) -> Mapping[str, str]:
    return MappingProxyType(dict(export_named(export).render(Place(currency="USD"))))


def test_every_relation_of_the_mart_is_offered_or_left_out_with_a_reason(columns: dict[str, Columns]) -> None:
    known = {*LABELS, *LEFT_OUT, "metric_values"}
    of_others = {metric.view for metric in METRICS} | {view.name for view in RECORD_VIEWS} | set(FACT_VIEWS)
    assert set(columns) - of_others - known == set(), "offer it in metrics/render/lists.py, or say here why not"
    assert set(LABELS) <= set(columns) and not set(LABELS) & set(LEFT_OUT)


@pytest.mark.parametrize("name", LABELS)
def test_the_keys_tell_rows_apart(name: str, reader: duckdb.DuckDBPyConnection) -> None:
    (dataset,) = [each for each in _ossie_datasets() if each["name"] == name]
    keys = ", ".join(dataset["primary_key"])
    assert reader.sql(f"SELECT {keys} FROM mart.{name} GROUP BY ALL HAVING count(*) > 1").fetchall() == []


@cache
def _ossie_datasets() -> list[dict[str, Any]]:
    (model,) = yaml.safe_load(_files("ossie")["kpi_warehouse.yaml"])["semantic_model"]
    return list(model["datasets"])


@pytest.mark.parametrize("name", LABELS)
def test_ossie_has_every_column_with_its_meaning(name: str, columns: dict[str, Columns]) -> None:
    (dataset,) = [each for each in _ossie_datasets() if each["name"] == name]
    assert dataset["source"] == f"mart.{name}" and dataset["description"]
    assert {field["name"] for field in dataset["fields"]} == set(columns[name])
    assert all(field["description"] for field in dataset["fields"])
    times = {field["name"] for field in dataset["fields"] if field.get("dimension") == {"is_time": True}}
    assert times == {name for name, kind in columns[name].items() if kind in ("DATE", "TIMESTAMP WITH TIME ZONE")}


@pytest.mark.parametrize("name", LABELS)
def test_looker_has_an_explore_whose_fields_resolve(name: str, columns: dict[str, Columns]) -> None:
    files = _files("lookml")
    explores = {each["name"]: each for each in lkml.load(files["kpi_warehouse.model.lkml"])["explores"]}
    assert explores[name]["label"] == LABELS[name]
    (view,) = lkml.load(files[f"views/{name}.view.lkml"])["views"]
    assert view["sql_table_name"] == f"mart.{name}"
    groups = view.get("dimension_groups", [])
    fields = [*(each for each in view["dimensions"] if each["name"] != "record_key"), *groups]
    assert {re.fullmatch(r"\$\{TABLE\}\.(\w+)", each["sql"])[1] for each in fields} == set(columns[name])  # type: ignore[index]
    assert all(each["description"] for each in fields)
    offered = [each["name"] for each in (*view["dimensions"], *view["measures"])]
    offered += [f"{group['name']}_{timeframe}" for group in groups for timeframe in group["timeframes"]]
    assert len(offered) == len(set(offered))
    assert set(view["sets"][0]["fields"]) <= set(offered)
    kinds = {"string": "VARCHAR", "yesno": "BOOLEAN"}
    for each in view["dimensions"]:
        kind = columns[name].get(each["name"], "VARCHAR")
        assert kinds.get(each["type"], kind) == kind and (each["type"] != "number" or kind not in kinds.values())
    for group in groups:
        is_instant = "time" in group["timeframes"]
        assert columns[name][group["sql"].partition(".")[2]] == ("TIMESTAMP WITH TIME ZONE" if is_instant else "DATE")


@pytest.mark.parametrize("name", LABELS)
def test_tableau_and_power_bi_have_every_column_in_its_type(name: str, columns: dict[str, Columns]) -> None:
    tableau = {"string": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE", "datetime": "TIMESTAMP WITH TIME ZONE"}
    power_bi = {"string": "VARCHAR", "boolean": "BOOLEAN", "int64": "BIGINT", "decimal": "DECIMAL(18,4)"}
    source = ElementTree.fromstring(_files("tableau")[f"{name}.tds"])
    relation = source.find(".//relation")
    assert relation is not None and relation.get("table") == f"[mart].[{name}]"
    told = {each.get("name", "")[1:-1]: each for each in source.findall("column")}
    (counted,) = set(told) - set(columns[name])
    assert counted == f"{name}_row_count" and set(columns[name]) < set(told)
    for column, kind in columns[name].items():
        datatype = told[column].get("datatype", "")
        assert tableau.get(datatype, {"integer": "BIGINT"}.get(datatype, kind)) == kind, column
        assert datatype != "real" or kind in ("DOUBLE", "DECIMAL(18,4)"), column
        assert told[column].get("role") == "dimension" and told[column].get("hidden") is None
        assert "".join(told[column].itertext()).strip(), "without a description"
    files = _files("power-bi")
    table = files[f"{MODEL}/definition/tables/{name}.tmdl"]
    assert f"ref table {name}\n" in files[f"{MODEL}/definition/model.tmdl"]
    assert f"measure {name}_row_count = COUNTROWS('{name}')" in table
    typed = dict(re.findall(r"^\tcolumn (\w+)\n\t\tdataType: (\w+)$", table, re.MULTILINE))
    assert set(typed) == set(columns[name]) and "isHidden" not in table
    for column, kind in columns[name].items():
        days = {"dateTime": kind if kind in ("DATE", "TIMESTAMP WITH TIME ZONE") else "", "double": "DOUBLE"}
        assert {**power_bi, **days}[typed[column]] == kind, column


@pytest.mark.parametrize("name", LABELS)
def test_superset_shows_the_rows_on_a_dashboard_of_lists(
    name: str, columns: dict[str, Columns], reader: duckdb.DuckDBPyConnection
) -> None:
    files = _files("superset")
    dataset = yaml.safe_load(files[f"kpi_warehouse/datasets/kpi_warehouse/{name}.yaml"])
    types = {
        each["column_name"]: each["type"].replace("DECIMAL(18, 4)", "DECIMAL(18,4)") for each in dataset["columns"]
    }
    assert types == columns[name]
    (metric,) = dataset["metrics"]
    (rows,) = reader.sql(f"SELECT {metric['expression']}, count(*) FROM mart.{name}").fetchall()
    assert rows[0] == rows[1] > 0
    chart = yaml.safe_load(files[f"kpi_warehouse/charts/{name}_rows.yaml"])
    (query,) = json.loads(chart["query_context"])["queries"]
    assert set(query["columns"]) == set(columns[name]) == set(chart["params"]["all_columns"])
    assert "metrics" not in query and {each[0] for each in query["orderby"]} <= set(columns[name])
    dashboard = yaml.safe_load(files["kpi_warehouse/dashboards/kpi_warehouse_lists.yaml"])
    placed = {each["meta"].get("uuid") for each in dashboard["position"].values() if "meta" in each}
    assert chart["uuid"] in placed and chart["dataset_uuid"] == dataset["uuid"]


def test_what_names_a_kpi_leads_to_what_it_means(
    columns: dict[str, Columns], reader: duckdb.DuckDBPyConnection
) -> None:
    """Definition, unit, direction and owner stand beside the numbers in tools that join, each row once."""
    offered = {*LABELS, "metric_values"} - {"metric_definitions"}
    naming = {name for name in offered if "metric" in columns[name]}
    assert naming >= {"metric_values", "kpi_targets", "kpi_signals", "kpi_change_drivers"}
    joined = {each["name"]: each["joins"] for each in _explores() if "joins" in each}
    assert set(joined) == naming
    for name, (join,) in joined.items():
        assert (join["name"], join["relationship"]) == ("metric_definitions", "many_to_one")
        assert join["sql_on"] == f"${{{name}.metric}} = ${{metric_definitions.metric}}"
        kpis = f"SELECT metric FROM mart.{name} WHERE metric IS NOT NULL"
        query = f"SELECT count(*), count(label) FROM ({kpis}) LEFT JOIN mart.metric_definitions USING (metric)"
        ((all_rows, defined_rows),) = reader.sql(query).fetchall()
        assert all_rows == defined_rows == len(reader.sql(kpis).fetchall()) > 0
    related = _files("power-bi")[f"{MODEL}/definition/relationships.tmdl"]
    found = re.findall(
        r"^relationship \w+\n\tfromColumn: (\w+)\.metric\n\ttoColumn: (\w+)\.metric$", related, re.MULTILINE
    )
    assert set(found) == {(name, "metric_definitions") for name in naming}
    (model,) = yaml.safe_load(_files("ossie")["kpi_warehouse.yaml"])["semantic_model"]
    assert {each["from"]: each["to"] for each in model["relationships"]} == dict(found)
    assert all(each["from_columns"] == each["to_columns"] == ["metric"] for each in model["relationships"])


def _explores() -> list[dict[str, Any]]:
    return list(lkml.load(_files("lookml")["kpi_warehouse.model.lkml"])["explores"])


@pytest.mark.parametrize("name", LABELS)
def test_dbt_and_the_dictionary_describe_it(name: str, columns: dict[str, Columns]) -> None:
    (source,) = yaml.safe_load(_files("dbt")["models/sources.yml"])["sources"]
    (table,) = [each for each in source["tables"] if each["name"] == name]
    assert {each["name"] for each in table["columns"]} == set(columns[name])
    assert table["description"] and all(each["description"] for each in table["columns"])
    dictionary = _files("dictionary")["data-dictionary.md"]
    assert f"`mart.{name}`" in dictionary or f"\n### {name}\n" in dictionary

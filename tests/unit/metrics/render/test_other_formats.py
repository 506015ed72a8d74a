"""Ossie, Power BI and Tableau: what is named exists, and what is computed is what is published.

None of these tools runs here. Their formulas are put into SQL by `foreign_formulas` and run by DuckDB.
"""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest
import yaml
from foreign_formulas import sql_of_dax, sql_of_tableau

from metrics.registry import METRICS
from metrics.render.dax import dax_lines
from metrics.render.measures import CELLS, Measure, measures
from metrics.render.ossie import ossie_model
from metrics.render.places import Place
from metrics.render.power_bi import MODEL, power_bi_model
from metrics.render.relations import Relation, relations
from metrics.render.tableau import tableau_formula, tableau_sources

PLACE = Place("/somewhere/kpi.duckdb", "USD", "Team's home", "db.example.com:5433", "warehouse")
RELATIONS = [relation for relation in relations() if relation.measures]
MEASURES = measures()
_IDS = [measure.name for measure in MEASURES]


def _months(reader: duckdb.DuckDBPyConnection, measure: Measure, expression: str) -> dict[Any, float | None]:
    """The expression by month, overall."""
    relation = next(relation for relation in RELATIONS if relation.name == measure.relation)
    chosen = "period_grain = 'month' AND dimension = 'overall'" if measure.reads_cells else "TRUE"
    rows = reader.sql(
        f"SELECT CAST(date_trunc('month', {relation.date}) AS DATE), {expression} "
        f"FROM mart.{relation.name} AS {relation.name} WHERE {chosen} GROUP BY 1"
    ).fetchall()
    return {month: value if value is None else float(value) for month, value in rows}


def _published(reader: duckdb.DuckDBPyConnection, name: str) -> dict[Any, float]:
    rows = reader.sql(
        f"SELECT period_start_date, value FROM mart.kpi_{name} "
        "WHERE period_grain = 'month' AND dimension = 'overall' AND value <> 0"
    ).fetchall()
    return dict(rows)


def _is_published(reader: duckdb.DuckDBPyConnection, measure: Measure, expression: str) -> None:
    if measure.name == "sla_attainment_ratio":
        pytest.skip("it is held")
    found, expected = _months(reader, measure, expression), _published(reader, measure.name)
    assert {month: found[month] for month in expected} == expected
    others = {month: value for month, value in found.items() if month not in expected}
    assert all(value is None or value == 0 for value in others.values()), others


# --- Open Semantic Interchange ---

_OSSIE = yaml.safe_load(ossie_model(PLACE)["kpi_warehouse.yaml"])
(_MODEL,) = _OSSIE["semantic_model"]

#: Keys that the specification knows, those that it asks for first.
_KNOWN = {
    "document": (["version", "semantic_model"], ["dialects", "vendors"]),
    "model": (
        ["name", "datasets"],
        ["description", "ai_context", "relationships", "metrics", "custom_extensions"],
    ),
    "dataset": (
        ["name", "source"],
        ["primary_key", "unique_keys", "description", "ai_context", "fields", "custom_extensions"],
    ),
    "field": (["name", "expression"], ["dimension", "label", "description", "ai_context", "custom_extensions"]),
    "metric": (["name", "expression"], ["description", "ai_context", "custom_extensions"]),
}


def _has_known_keys(kind: str, entry: dict[str, Any]) -> None:
    required, optional = _KNOWN[kind]
    assert set(required) <= set(entry) <= {*required, *optional}, (kind, entry)


def test_ossie_has_the_keys_of_the_specification() -> None:
    assert _OSSIE["version"] == "0.1.1"
    _has_known_keys("document", _OSSIE)
    _has_known_keys("model", _MODEL)
    for dataset in _MODEL["datasets"]:
        _has_known_keys("dataset", dataset)
        for field in dataset["fields"]:
            _has_known_keys("field", field)
            assert set(field["dimension"]) == {"is_time"} if "dimension" in field else True
    for metric in _MODEL["metrics"]:
        _has_known_keys("metric", metric)
        assert [each["dialect"] for each in metric["expression"]["dialects"]] == ["ANSI_SQL"]
        (extension,) = metric["custom_extensions"]
        assert extension["vendor_name"] == "COMMON" and json.loads(extension["data"])["version"] >= 1
    assert [metric["name"] for metric in _MODEL["metrics"]] == [
        measure.name for relation in RELATIONS for measure in relation.measures
    ]


def test_ossie_names_columns_that_exist(published: duckdb.DuckDBPyConnection) -> None:
    for dataset in _MODEL["datasets"]:
        columns = set(published.sql(f"FROM {dataset['source']} LIMIT 0").columns)
        assert {field["name"] for field in dataset["fields"]} <= columns
        assert set(dataset["primary_key"]) <= columns


@pytest.mark.parametrize("measure", MEASURES, ids=_IDS)
def test_ossie_expressions_give_the_published_months(measure: Measure, published: duckdb.DuckDBPyConnection) -> None:
    (metric,) = [metric for metric in _MODEL["metrics"] if metric["name"] == measure.name]
    _is_published(published, measure, metric["expression"]["dialects"][0]["expression"])


# --- Power BI ---

_TMDL = power_bi_model(PLACE)


@pytest.mark.parametrize("measure", MEASURES, ids=_IDS)
def test_dax_gives_the_published_months(measure: Measure, published: duckdb.DuckDBPyConnection) -> None:
    _is_published(published, measure, sql_of_dax(dax_lines(measure)))


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.name)
def test_tmdl_declares_the_table_with_all_that_its_measures_name(relation: Relation) -> None:
    text = _TMDL[f"{MODEL}/definition/tables/{relation.name}.tmdl"]
    assert re.findall(r"^table (\w+)$", text, re.MULTILINE) == [relation.name]
    columns = re.findall(r"^\tcolumn (\w+)$", text, re.MULTILINE)
    assert columns == [field.name for field in relation.columns]
    assert re.findall(r"^\t\tsourceColumn: (\w+)$", text, re.MULTILINE) == columns
    assert re.findall(r"^\tmeasure (\w+) =$", text, re.MULTILINE) == [each.name for each in relation.measures]
    assert {table for table, _ in re.findall(r"'(\w+)'\[(\w+)\]", text)} == {relation.name}
    assert {column for _, column in re.findall(r"'(\w+)'\[(\w+)\]", text)} <= set(columns)
    assert f'Source{{[Schema="mart",Item="{relation.name}"]}}[Data]' in text


def test_tmdl_is_indented_by_tabs_and_described() -> None:
    for name, text in _TMDL.items():
        if name.endswith(".tmdl"):
            assert not [line for line in text.splitlines() if re.match(r"\t* +\S", line)], name
    model = _TMDL[f"{MODEL}/definition/model.tmdl"]
    assert re.findall(r"^ref table (\w+)$", model, re.MULTILINE) == [relation.name for relation in RELATIONS]
    described = "".join(_TMDL.values())
    for metric in METRICS:
        assert f"/// {metric.label}. {metric.meaning} {metric.formula}" in described


def test_power_bi_connects_to_the_postgresql_database() -> None:
    (connection,) = json.loads(_TMDL["kpi_warehouse.pbids"])["connections"]
    assert connection["details"]["address"] == {"server": "db.example.com:5433", "database": "warehouse"}
    parameters = _TMDL[f"{MODEL}/definition/expressions.tmdl"]
    assert 'expression Server = "db.example.com:5433" meta' in parameters
    assert 'expression Database = "warehouse" meta' in parameters


# --- Tableau ---

_TDS = {name.removesuffix(".tds"): ElementTree.fromstring(text) for name, text in tableau_sources(PLACE).items()}


@pytest.mark.parametrize("measure", MEASURES, ids=_IDS)
def test_tableau_formulas_give_the_published_months(measure: Measure, published: duckdb.DuckDBPyConnection) -> None:
    published.execute("CREATE OR REPLACE TEMP MACRO to_double(number) AS CAST(number AS DOUBLE)")
    _is_published(published, measure, sql_of_tableau(tableau_formula(measure)))


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.name)
def test_a_tableau_source_has_columns_and_formulas_that_resolve(relation: Relation) -> None:
    source = _TDS[relation.name]
    columns = {column.get("name", ""): column for column in source.findall("column")}
    assert len(columns) == len(relation.columns) + len(relation.measures)
    for measure in relation.measures:
        column = columns[f"[{measure.name}]"]
        assert column.get("caption") == measure.metric.label
        calculation = column.find("calculation")
        assert calculation is not None
        named = set(re.findall(r"\[\w+\]", calculation.get("formula", "")))
        assert named and named <= {f"[{field.name}]" for field in relation.columns}
    hidden = {name for name, column in columns.items() if column.get("hidden") == "true"}
    assert hidden == {f"[{field.name}]" for field in relation.numbers}, "a part of a KPI can be dragged and summed"


def test_a_tableau_source_connects_to_the_view(published: duckdb.DuckDBPyConnection) -> None:
    for name, source in _TDS.items():
        relation, connection = source.find(".//relation"), source.find(".//named-connection/connection")
        assert relation is not None and connection is not None
        schema, table = re.fullmatch(r"\[(\w+)\]\.\[(\w+)\]", relation.get("table", "")).groups()  # type: ignore[union-attr]
        assert (schema, table) == ("mart", name)
        assert published.sql(f"FROM {schema}.{table} LIMIT 0").columns
        address = [connection.get(key) for key in ("class", "server", "port", "dbname")]
        assert address == ["postgres", "db.example.com", "5433", "warehouse"]
        assert source.find("date-options").get("start-of-week") == "monday"  # type: ignore[union-attr]


def test_parts_of_kpis_are_asked_of_cells_with_guards() -> None:
    """A stock over several days, in every language: the periods are counted before anything is added up."""
    stock = next(measure for measure in MEASURES if measure.name == "ticket_work_in_progress_count")
    assert stock.relation == CELLS
    assert "COUNTD(IF [metric] = 'ticket_work_in_progress_count' THEN [period_start_date] END) = 1" in tableau_formula(
        stock
    )
    assert "Periods = 1" in dax_lines(stock)[-1]

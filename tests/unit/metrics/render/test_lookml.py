"""LookML as text: its grammar reads it, every reference leads somewhere, and its SQL gives the published values."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import lkml
import pytest

from metrics.registry import METRICS
from metrics.render.lookml import lookml_project
from metrics.render.measures import CELLS
from metrics.render.places import Place

FILES = lookml_project(Place(currency="USD"))
MODEL = lkml.load(next(text for name, text in FILES.items() if name.endswith(".model.lkml")))
VIEWS: dict[str, dict[str, Any]] = {
    view["name"]: view
    for name, text in FILES.items()
    if name.endswith(".view.lkml")
    for view in lkml.load(text)["views"]
}
MEASURES = [(view, measure) for view in VIEWS.values() for measure in view["measures"]]


def _fields(view: dict[str, Any]) -> set[str]:
    """Every field of a view, as an explore names it: a group of dates is a field for each of its timeframes."""
    dates = {f"{group['name']}_{timeframe}" for group in view["dimension_groups"] for timeframe in group["timeframes"]}
    return {field["name"] for kind in ("dimensions", "measures") for field in view[kind]} | dates


def test_every_metric_is_a_measure_with_its_words() -> None:
    found = {measure["name"]: measure for _, measure in MEASURES}
    assert set(found) == {metric.name for metric in METRICS}
    for metric in METRICS:
        assert found[metric.name]["label"].replace('\\"', '"') == metric.label
        assert metric.formula in found[metric.name]["description"].replace('\\"', '"')


def test_explores_are_about_views_and_ask_for_what_cells_need() -> None:
    assert [explore["name"] for explore in MODEL["explores"]] == list(VIEWS)
    assert MODEL["includes"] == ["/views/*.view.lkml"]
    filtered = {
        field
        for explore in MODEL["explores"]
        for filters in explore.get("always_filter", {}).get("filters__all", [])
        for entry in filters
        for field in entry
    }
    assert filtered == {f"{CELLS}.period_grain", f"{CELLS}.dimension"}
    for field in filtered:
        view, name = field.split(".")
        assert name in _fields(VIEWS[view])


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view["name"])
def test_names_and_references_resolve(view: dict[str, Any], published: duckdb.DuckDBPyConnection) -> None:
    columns = set(published.sql(f"FROM {view['sql_table_name']} LIMIT 0").columns)
    named = [field for kind in ("dimensions", "dimension_groups", "measures") for field in view[kind]]
    assert len(named) == len({field["name"] for field in named})
    for field in named:
        assert set(re.findall(r"\$\{TABLE\}\.(\w+)", field["sql"])) <= columns, field["name"]
        assert set(re.findall(r"\$\{([^}]+)\}", field["sql"])) <= {"TABLE"} | _fields(view)
    assert [field["name"] for field in view["dimensions"] if field.get("primary_key") == "yes"] == ["record_key"]
    for drilled in view["sets"]:
        assert set(drilled["fields"]) <= _fields(view)


@pytest.mark.parametrize(("view", "measure"), MEASURES, ids=[measure["name"] for _, measure in MEASURES])
def test_the_sql_of_a_measure_gives_the_published_months(
    view: dict[str, Any], measure: dict[str, Any], published: duckdb.DuckDBPyConnection
) -> None:
    """As Looker would ask: the table under the view's name, by month."""
    if measure["name"] == "sla_attainment_ratio":
        pytest.skip("it is held")
    (group,) = view["dimension_groups"]
    chosen = "period_grain = 'month' AND dimension = 'overall'" if view["name"] == CELLS else "TRUE"
    query = (
        f"SELECT CAST(date_trunc('month', {group['sql']}) AS DATE) AS month, {measure['sql']} AS value "
        f"FROM {view['sql_table_name']} AS {view['name']} WHERE {chosen} GROUP BY 1"
    ).replace("${TABLE}", view["name"])
    found = dict(published.sql(query).fetchall())
    expected = published.sql(
        f"SELECT period_start_date, value FROM mart.kpi_{measure['name']} WHERE period_grain = 'month' "
        "AND dimension = 'overall' AND value <> 0"
    ).fetchall()
    assert {day: float(found[day]) for day, _ in expected} == dict(expected)

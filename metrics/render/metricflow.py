"""A dbt project with MetricFlow's semantic models and metrics over the published file or a PostgreSQL database.

The YAML is the specification that dbt-metricflow 0.15 validates: semantic models with measures, and metrics over them.
Every metric has its own name; the aggregates that it is made of are metrics too, because MetricFlow combines metrics
only. What a metric computes is decided in `metrics.render.measures`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import yaml

from metrics.registry import METRICS
from metrics.render.lists import ListedRelation
from metrics.render.measures import Aggregate, Function, Measure, Shape
from metrics.render.places import Place
from metrics.render.relations import Field, FieldKind, Relation, relations
from metrics.spec import Metric

#: Name of the project and of its profile.
PROJECT: Final = "kpi_warehouse"
#: Environment variable that names the published file, if it is not where it was when the project was written.
FILE_VARIABLE: Final = "KPI_PUBLISHED_FILE"
#: Environment variable that names the output to read from, `duckdb` or `postgres`: MetricFlow has no option for it.
TARGET_VARIABLE: Final = "KPI_DBT_TARGET"

_GENERATED: Final = "# Generated from metrics/registry.py by `kpi export dbt`; edits are lost.\n"

_PROJECT_FILE: Final = f"""\
{_GENERATED}name: {PROJECT}
version: "1.0.0"
config-version: 2
profile: {PROJECT}
model-paths: [models]
models:
  {PROJECT}:
    +materialized: view
flags:
  send_anonymous_usage_stats: false
"""

_TIME_SPINE: Final = """\
-- Every day, so that MetricFlow can fill gaps in time.
{{ config(materialized='table') }}
SELECT CAST(day AS DATE) AS date_day
FROM {% if target.type == 'duckdb' %}range(DATE '2000-01-01', DATE '2050-01-01', INTERVAL 1 DAY) AS days(day)
{% else %}generate_series(DATE '2000-01-01', DATE '2049-12-31', INTERVAL '1 day') AS days(day)
{% endif %}
"""


def dbt_project(
    place: Place, metrics: Sequence[Metric] = METRICS, lists: Sequence[ListedRelation] = ()
) -> dict[str, str]:
    """The files of the project by their path in it.

    Args:
        place: where the numbers are.
        metrics: metrics to offer.
        lists: relations to offer row by row: sources with their columns, since no metric is computed from them.
    """
    found = [relation for relation in relations(metrics) if relation.measures]
    models = {
        f"models/{relation.name}.sql": f"SELECT * FROM {{{{ source('mart', '{relation.name}') }}}}\n"
        for relation in found
    }
    return {
        "dbt_project.yml": _PROJECT_FILE,
        "profiles.yml": _profiles(place),
        "models/metricflow_time_spine.sql": _TIME_SPINE,
        "models/metricflow_time_spine.yml": _written(_time_spine()),
        "models/sources.yml": _written(_sources(found, lists, place)),
        **models,
        **{f"models/{relation.name}.yml": _written(_semantics(relation)) for relation in found},
    }


def _written(document: dict[str, Any]) -> str:
    return _GENERATED + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _profiles(place: Place) -> str:
    """Where the numbers are. The project's own file holds views only; the published one is never written to."""
    host, _, port = place.postgres_server.partition(":")
    outputs = {
        "duckdb": {
            "type": "duckdb",
            "path": "target/semantic.duckdb",
            "threads": 1,
            "attach": [
                {
                    "path": f"{{{{ env_var('{FILE_VARIABLE}', '{place.published_file}') }}}}",
                    "alias": "published",
                    "read_only": True,
                }
            ],
        },
        "postgres": {
            "type": "postgres",
            "host": f"{{{{ env_var('KPI_POSTGRES_HOST', '{host}') }}}}",
            "port": f"{{{{ env_var('KPI_POSTGRES_PORT', '{port}') | as_number }}}}",
            "user": "{{ env_var('KPI_POSTGRES_USER', 'analyst') }}",
            "password": "{{ env_var('KPI_POSTGRES_PASSWORD', '') }}",
            "dbname": f"{{{{ env_var('KPI_POSTGRES_DATABASE', '{place.postgres_database}') }}}}",
            "schema": "semantic",
            "threads": 1,
        },
    }
    target = f"{{{{ env_var('{TARGET_VARIABLE}', 'duckdb') }}}}"
    return _written({PROJECT: {"target": target, "outputs": outputs}})


def _time_spine() -> dict[str, Any]:
    return {
        "models": [
            {
                "name": "metricflow_time_spine",
                "description": "Every day from 2000 to 2049.",
                "time_spine": {"standard_granularity_column": "date_day"},
                "columns": [{"name": "date_day", "granularity": "day", "description": "Calendar date"}],
            }
        ]
    }


def _sources(found: Sequence[Relation], lists: Sequence[ListedRelation], place: Place) -> dict[str, Any]:
    return {
        "sources": [
            {
                "name": "mart",
                "description": "What the KPI warehouse publishes.",
                "database": "{{ 'published' if target.type == 'duckdb' else target.database }}",
                "schema": f"{{{{ 'mart' if target.type == 'duckdb' else '{place.postgres_schema}' }}}}",
                "tables": [
                    *({"name": relation.name, "description": relation.meaning} for relation in found),
                    *(_listed(listed) for listed in lists),
                ],
            }
        ]
    }


def _listed(listed: ListedRelation) -> dict[str, Any]:
    columns = [{"name": field.name, "description": field.meaning} for field in listed.fields]
    return {"name": listed.name, "description": listed.meaning, "columns": columns}


def _semantics(relation: Relation) -> dict[str, Any]:
    """The semantic model of a relation, and the metrics that are computed from it."""
    aggregates = [aggregate for measure in relation.measures for aggregate in measure.aggregates]
    model = {
        "name": relation.name,
        "label": relation.label,
        "description": relation.meaning,
        "model": f"ref('{relation.name}')",
        "defaults": {"agg_time_dimension": relation.date},
        "primary_entity": relation.entity,
        "dimensions": [
            {"name": relation.date, "type": "time", "type_params": {"time_granularity": "day"}},
            *(_dimension(field) for field in relation.fields),
        ],
        "measures": [_measure(aggregate) for aggregate in aggregates],
    }
    of_measures = [entry for measure in relation.measures for entry in _metrics(measure)]
    return {"semantic_models": [model], "metrics": of_measures}


def _dimension(field: Field) -> dict[str, Any]:
    if field.kind is FieldKind.DATE:
        params = {"time_granularity": "day"}
        return {"name": field.name, "type": "time", "type_params": params, "description": field.meaning}
    return {"name": field.name, "type": "categorical", "description": field.meaning}


def _measure(aggregate: Aggregate) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": aggregate.name,
        "agg": aggregate.function.value,
        "expr": aggregate.expression,
    }
    if aggregate.function is Function.PERCENTILE:
        entry["agg_params"] = {
            "percentile": (aggregate.percent or 0) / 100,
            "use_discrete_percentile": False,
            "use_approximate_percentile": False,
        }
    return entry


def _metrics(measure: Measure) -> list[dict[str, Any]]:
    """The metric itself, after the aggregates that it is made of."""
    metric = measure.metric
    words = {
        "label": metric.label,
        "description": f"{metric.meaning} {metric.formula} Unit: {metric.unit.label}.",
    }
    meta = {"meta": {"unit": metric.unit.value, "owner": metric.owner, "version": metric.version}}
    if measure.shape is Shape.TOTAL:
        params: dict[str, Any] = {"measure": measure.aggregates[0].name}
        return [{"name": metric.name, "type": "simple", **words, "type_params": params, "config": meta}]
    parts = [
        {
            "name": aggregate.name,
            "type": "simple",
            "label": f"{metric.label}: {aggregate.name.removeprefix(metric.name).replace('_', ' ').strip()}",
            "description": f"Part of {metric.name}; not a number to show.",
            "type_params": {"measure": aggregate.name},
        }
        for aggregate in measure.aggregates
    ]
    names = {aggregate.name: aggregate.name for aggregate in measure.aggregates}
    params = {"expr": measure.formula.format(**names), "metrics": [{"name": name} for name in names]}
    return [*parts, {"name": metric.name, "type": "derived", **words, "type_params": params, "config": meta}]

"""Open Semantic Interchange (Apache Ossie) 0.1.1: one YAML document of datasets, fields and metrics.

Expressions are in the dialect ANSI_SQL, with columns named after their dataset, as the specification asks for. What a
metric computes is decided in `metrics.render.measures`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import yaml

from metrics.registry import METRICS
from metrics.render.lists import DEFINITIONS, METRIC, ListedRelation, naming_a_metric
from metrics.render.measures import CELLS, Measure
from metrics.render.places import Place
from metrics.render.relations import CELLS_MEANING, Field, FieldKind, Relation, qualify, relations
from metrics.spec import Metric

#: Version of the specification.
VERSION: Final = "0.1.1"

_GENERATED: Final = "# Generated from metrics/registry.py by `kpi export ossie`; edits are lost.\n"
_INSTRUCTIONS: Final = (
    "Metrics over the datasets of records may be cut by any dates and dimensions. Metrics over "
    f"{CELLS} are of published cells. {CELLS_MEANING} Ratios are sums over sums and percentiles are taken over "
    "records; neither is ever averaged."
)


def ossie_model(
    place: Place, metrics: Sequence[Metric] = METRICS, lists: Sequence[ListedRelation] = ()
) -> dict[str, str]:
    """The document, by its file name.

    Args:
        place: where the numbers are; of it, the currency is told.
        metrics: metrics to offer.
        lists: relations to offer row by row.
    """
    found = [relation for relation in relations(metrics) if relation.measures]
    named = naming_a_metric((*found, *lists))
    model = {
        "name": "kpi_warehouse",
        "description": f"Audited KPIs of operations. Reporting amounts are in {place.currency}.",
        "ai_context": {"instructions": _INSTRUCTIONS},
        "datasets": [
            *(_dataset(relation, relation.columns) for relation in found),
            *(_dataset(listed, listed.fields) for listed in lists),
        ],
        **({"relationships": [_relationship(each) for each in named]} if named else {}),
        "metrics": [_metric(measure, relation) for relation in found for measure in relation.measures],
    }
    document = {"version": VERSION, "semantic_model": [model]}
    return {"kpi_warehouse.yaml": _GENERATED + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)}


def _expression(sql: str) -> dict[str, Any]:
    return {"dialects": [{"dialect": "ANSI_SQL", "expression": sql}]}


def _relationship(named: Relation | ListedRelation) -> dict[str, Any]:
    """From a relation that names a KPI to what it means: many rows to one."""
    return {
        "name": f"{named.name}_to_{DEFINITIONS}",
        "from": named.name,
        "to": DEFINITIONS,
        "from_columns": [METRIC],
        "to_columns": [METRIC],
    }


def _dataset(relation: Relation | ListedRelation, fields: Sequence[Field]) -> dict[str, Any]:
    return {
        "name": relation.name,
        "source": f"mart.{relation.name}",
        "primary_key": list(relation.keys),
        "description": relation.meaning,
        "fields": [_field(field) for field in fields],
    }


def _field(field: Field) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": field.name, "expression": _expression(field.name)}
    is_time = field.kind in (FieldKind.DATE, FieldKind.INSTANT)
    if is_time or field.kind in (FieldKind.TEXT, FieldKind.FLAG):
        entry["dimension"] = {"is_time": is_time}
    return {**entry, "description": field.meaning}


def _metric(measure: Measure, relation: Relation) -> dict[str, Any]:
    metric = measure.metric
    told = {
        "unit": metric.unit.value,
        "direction": metric.direction.value,
        "aggregation": metric.aggregation.value,
        "owner": metric.owner,
        "version": metric.version,
        "view": f"mart.{metric.view}",
    }
    return {
        "name": metric.name,
        "expression": _expression(qualify(measure.sql, relation, f"{relation.name}.")),
        "description": f"{metric.label}. {metric.meaning} {metric.formula}",
        "ai_context": {"synonyms": [metric.label]},
        "custom_extensions": [{"vendor_name": "COMMON", "data": json.dumps(told)}],
    }

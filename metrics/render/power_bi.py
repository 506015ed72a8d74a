"""A semantic model for Power BI as TMDL, and a .pbids file that only connects.

Power BI speaks PostgreSQL out of the box, so both read the database that the warehouse is published to; server and
database are parameters of the model. Tables are imported, because percentiles need the records. The measures are in
`metrics.render.dax`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

from metrics.registry import METRICS
from metrics.render.dax import dax_lines
from metrics.render.lists import DEFINITIONS, METRIC, ListedRelation, naming_a_metric
from metrics.render.measures import Measure
from metrics.render.number_formats import number_pattern
from metrics.render.places import Place
from metrics.render.relations import Field, FieldKind, Relation, relations
from metrics.spec import Metric

#: Folder of the semantic model, as Power BI names it.
MODEL: Final = "kpi_warehouse.SemanticModel"
_COMPATIBILITY_LEVEL: Final = 1567

_TYPES: Final[dict[FieldKind, str]] = {
    FieldKind.TEXT: "string",
    FieldKind.DATE: "dateTime",
    FieldKind.INSTANT: "dateTime",
    FieldKind.FLAG: "boolean",
    FieldKind.INTEGER: "int64",
    FieldKind.MONEY: "decimal",
    FieldKind.REAL: "double",
}

#: How days and instants are shown.
_DAYS: Final[dict[FieldKind, str]] = {
    FieldKind.DATE: "yyyy-mm-dd",
    FieldKind.INSTANT: "yyyy-mm-dd hh:nn:ss",
}


def power_bi_model(
    place: Place, metrics: Sequence[Metric] = METRICS, lists: Sequence[ListedRelation] = ()
) -> dict[str, str]:
    """The files of the model by their path.

    Args:
        place: where the numbers are.
        metrics: metrics to offer.
        lists: relations to offer row by row.
    """
    found = [relation for relation in relations(metrics) if relation.measures]
    named = naming_a_metric((*found, *lists))
    return {
        "kpi_warehouse.pbids": _connection(place),
        f"{MODEL}/definition.pbism": json.dumps({"version": "4.0", "settings": {}}, indent=2) + "\n",
        f"{MODEL}/definition/database.tmdl": f"database\n\tcompatibilityLevel: {_COMPATIBILITY_LEVEL}\n",
        f"{MODEL}/definition/model.tmdl": _model((*found, *lists)),
        f"{MODEL}/definition/expressions.tmdl": _parameters(place),
        **({f"{MODEL}/definition/relationships.tmdl": _relationships(named)} if named else {}),
        **{f"{MODEL}/definition/tables/{each.name}.tmdl": _table(each, place) for each in found},
        **{f"{MODEL}/definition/tables/{each.name}.tmdl": _table_of_list(each, place) for each in lists},
    }


def _connection(place: Place) -> str:
    address = {"server": place.postgres_server, "database": place.postgres_database}
    connection = {"details": {"protocol": "postgresql", "address": address}, "mode": "Import"}
    return json.dumps({"version": "0.1", "connections": [connection]}, indent=2) + "\n"


def _model(found: Sequence[Relation | ListedRelation]) -> str:
    head = [
        "/// Generated from metrics/registry.py by `kpi export power-bi`; edits are lost.",
        "model Model",
        "\tculture: en-US",
        "\tdefaultPowerBIDataSourceVersion: powerBI_V3",
        "\tdiscourageImplicitMeasures",
        "\tsourceQueryCulture: en-US",
        "",
        *(f"ref table {relation.name}" for relation in found),
    ]
    return "\n".join(head) + "\n"


def _relationships(named: Iterable[Relation | ListedRelation]) -> str:
    """From what names a KPI to what it means: many to one, as relationships are unless they say otherwise."""
    return "\n".join(
        f"relationship {each.name}_to_{DEFINITIONS}\n"
        f"\tfromColumn: {each.name}.{METRIC}\n\ttoColumn: {DEFINITIONS}.{METRIC}\n"
        for each in named
    )


def _parameters(place: Place) -> str:
    meta = 'meta [IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]'
    values = {"Server": place.postgres_server, "Database": place.postgres_database}
    return "\n".join(f'expression {name} = "{value}" {meta}\n' for name, value in values.items())


def _table(relation: Relation, place: Place) -> str:
    parts = [
        [*_described(relation.meaning, 0), f"table {relation.name}"],
        *(_measure(measure, place.currency) for measure in relation.measures),
        *(_column(field, is_hidden=field in relation.numbers) for field in relation.columns),
        _partition(relation.name, place.postgres_schema),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _table_of_list(listed: ListedRelation, place: Place) -> str:
    counted = [
        *_described(f"{listed.row_count_label}. {listed.meaning}", 1),
        f"\tmeasure {listed.row_count} = COUNTROWS('{listed.name}')",
        "\t\tformatString: #,##0",
    ]
    parts = [
        [*_described(listed.meaning, 0), f"table {listed.name}"],
        counted,
        *(_column(field, is_hidden=False) for field in listed.fields),
        _partition(listed.name, place.postgres_schema),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _described(text: str, depth: int) -> list[str]:
    indent = "\t" * depth
    return [f"{indent}/// {text}"]


def _measure(measure: Measure, currency: str) -> list[str]:
    metric = measure.metric
    return [
        *_described(f"{metric.label}. {metric.meaning} {metric.formula}", 1),
        f"\tmeasure {measure.name} =",
        *(f"\t\t\t{line}" for line in dax_lines(measure)),
        f"\t\tformatString: {number_pattern(metric.unit, currency)}",
    ]


def _column(field: Field, *, is_hidden: bool) -> list[str]:
    lines: Iterable[str] = (
        *_described(field.meaning, 1),
        f"\tcolumn {field.name}",
        f"\t\tdataType: {_TYPES[field.kind]}",
        *([f"\t\tformatString: {_DAYS[field.kind]}"] if field.kind in _DAYS else []),
        # What is only aggregated within a KPI would be summed by whoever drags it.
        *(["\t\tisHidden"] if is_hidden else []),
        "\t\tsummarizeBy: none",
        f"\t\tsourceColumn: {field.name}",
    )
    return list(lines)


def _partition(relation: str, schema: str) -> list[str]:
    return [
        f"\tpartition {relation} = m",
        "\t\tmode: import",
        "\t\tsource =",
        "\t\t\t\tlet",
        "\t\t\t\t\tSource = PostgreSQL.Database(Server, Database),",
        f'\t\t\t\t\tRows = Source{{[Schema="{schema}",Item="{relation}"]}}[Data]',
        "\t\t\t\tin",
        "\t\t\t\t\tRows",
    ]

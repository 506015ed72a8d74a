"""LookML for Looker: a view per relation with dimensions and measures, and a model with an explore per view.

Looker has no driver for DuckDB, so this reads the PostgreSQL database that the warehouse is published to. Every measure
of a metric is of the type `number` with its own SQL: Looker's `sum` gives 0 where nothing was measured, and 0 is not
what is unknown. What a measure computes is decided in `metrics.render.measures`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from metrics.registry import METRICS
from metrics.render.lists import DEFINITIONS, METRIC, ListedRelation, naming_a_metric
from metrics.render.measures import CELLS, Measure
from metrics.render.number_formats import number_pattern
from metrics.render.places import Place
from metrics.render.relations import Field, FieldKind, Relation, qualify, relations
from metrics.spec import Metric

#: Name of Looker's connection, and of the model.
CONNECTION: Final = "kpi_warehouse"

_GENERATED: Final = "# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.\n"

_TYPES: Final[dict[FieldKind, str]] = {FieldKind.TEXT: "string", FieldKind.FLAG: "yesno"}


def lookml_project(
    place: Place, metrics: Sequence[Metric] = METRICS, lists: Sequence[ListedRelation] = ()
) -> dict[str, str]:
    """The files of the project by their path in it.

    Args:
        place: where the numbers are.
        metrics: metrics to offer.
        lists: relations to offer row by row.
    """
    found = [relation for relation in relations(metrics) if relation.measures]
    views = {f"views/{relation.name}.view.lkml": _view(relation, place) for relation in found}
    views |= {f"views/{listed.name}.view.lkml": _view_of_list(listed, place) for listed in lists}
    return {f"{CONNECTION}.model.lkml": _model(found, lists), **views}


def _model(found: Sequence[Relation], lists: Sequence[ListedRelation]) -> str:
    offered: tuple[Relation | ListedRelation, ...] = (*found, *lists)
    named = naming_a_metric(offered)
    explores = "\n".join(_explore(each, is_defined=each in named) for each in offered)
    return f'{_GENERATED}connection: "{CONNECTION}"\ninclude: "/views/*.view.lkml"\n\n{explores}'


def _explore(relation: Relation | ListedRelation, *, is_defined: bool) -> str:
    lines = [_text("label", relation.label), _text("description", relation.meaning)]
    if relation.name == CELLS:
        # Looker asks for both, and lets nobody remove them.
        filters = f'filters: [{CELLS}.period_grain: "month", {CELLS}.dimension: "overall"]'
        lines += ["  always_filter: {", f"    {filters}", "  }"]
    if is_defined:
        condition = f"${{{relation.name}.{METRIC}}} = ${{{DEFINITIONS}.{METRIC}}}"
        lines += [
            f"  join: {DEFINITIONS} {{",
            "    type: left_outer",
            "    relationship: many_to_one",
            f"    sql_on: {condition} ;;",
            "  }",
        ]
    body = "\n".join(lines)
    return f"explore: {relation.name} {{\n{body}\n}}\n"


def _view(relation: Relation, place: Place) -> str:
    parts = [
        _block("dimension", "record_key", _key(relation.keys)),
        _block("dimension_group", relation.date.removesuffix("_date"), _time(relation.date)),
        *(_block("dimension", field.name, _dimension(field)) for field in relation.fields),
        *(
            _block("measure", measure.name, _measure(measure, relation, place.currency))
            for measure in relation.measures
        ),
    ]
    details = ", ".join([f"{relation.date.removesuffix('_date')}_date", *(field.name for field in relation.fields)])
    return _view_text(relation.name, place, parts, details)


def _view_of_list(listed: ListedRelation, place: Place) -> str:
    parts = [
        _block("dimension", "record_key", _key(listed.keys)),
        *(_field_of_list(field) for field in listed.fields),
        _block(
            "measure",
            listed.row_count,
            ["  type: count", _text("label", listed.row_count_label), "  drill_fields: [detail*]"],
        ),
    ]
    names = (_in_detail(field) for field in listed.fields)
    return _view_text(listed.name, place, parts, ", ".join(names))


def _view_text(name: str, place: Place, parts: Iterable[str], details: str) -> str:
    head = f"view: {name} {{\n  sql_table_name: {place.postgres_schema}.{name} ;;\n\n"
    drill = f"  set: detail {{\n    fields: [{details}]\n  }}\n"
    return f"{_GENERATED}{head}{''.join(parts)}{drill}}}\n"


def _field_of_list(field: Field) -> str:
    match field.kind:
        case FieldKind.DATE:
            lines = [*_time(field.name), _text("description", field.meaning)]
            return _block("dimension_group", field.name.removesuffix("_date"), lines)
        case FieldKind.INSTANT:
            # With its zone, which Looker turns into the reader's.
            lines = ["  type: time", "  timeframes: [time, date, week, month, quarter, year]"]
            lines += [_text("description", field.meaning), f"  sql: ${{TABLE}}.{field.name} ;;"]
            return _block("dimension_group", field.name.removesuffix("_at"), lines)
        case _:
            return _block("dimension", field.name, _dimension(field))


def _in_detail(field: Field) -> str:
    """What the field is called where single rows are shown."""
    return f"{field.name.removesuffix('_at')}_time" if field.kind is FieldKind.INSTANT else field.name


def _block(kind: str, name: str, lines: Iterable[str]) -> str:
    body = "\n".join(f"  {line}" for line in lines)
    return f"  {kind}: {name} {{\n{body}\n  }}\n\n"


def _key(keys: Iterable[str]) -> list[str]:
    parts = [f"COALESCE(CAST(${{TABLE}}.{name} AS VARCHAR), '')" for name in keys]
    joined = " || '|' || ".join(parts)
    return ["  primary_key: yes", "  hidden: yes", "  type: string", f"  sql: {joined} ;;"]


def _time(column: str) -> list[str]:
    return [
        "  type: time",
        "  timeframes: [date, week, month, quarter, year]",
        # The day is one of the reporting time zone already.
        "  convert_tz: no",
        "  datatype: date",
        f"  sql: ${{TABLE}}.{column} ;;",
    ]


def _dimension(field: Field) -> list[str]:
    if field.kind is FieldKind.DATE:
        head = ["  type: date", "  convert_tz: no", "  datatype: date"]
    else:
        head = [f"  type: {_TYPES.get(field.kind, 'number')}"]
    return [*head, _text("description", field.meaning), f"  sql: ${{TABLE}}.{field.name} ;;"]


def _measure(measure: Measure, relation: Relation, currency: str) -> list[str]:
    metric = measure.metric
    return [
        "  type: number",
        _text("label", metric.label),
        _text("description", f"{metric.meaning} {metric.formula} Owner: {metric.owner}."),
        _text("value_format", number_pattern(metric.unit, currency)),
        "  drill_fields: [detail*]",
        f"  sql: {qualify(measure.sql, relation, '${TABLE}.')} ;;",
    ]


def _text(parameter: str, text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'  {parameter}: "{escaped}"'

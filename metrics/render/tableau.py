"""Tableau data sources: one .tds file per relation, with every KPI as a calculated field.

They read the PostgreSQL database that the warehouse is published to, which Tableau speaks out of the box. What a
measure computes is decided in `metrics.render.measures`; here the same is said in Tableau's own language. A calculated
field that aggregates cannot be aggregated again, so nobody averages a ratio or a percentile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree

from metrics.registry import METRICS
from metrics.render.lists import ListedRelation
from metrics.render.measures import Aggregate, Function, Measure, Shape, cell_rule
from metrics.render.number_formats import number_pattern
from metrics.render.places import Place
from metrics.render.relations import Field, FieldKind, Relation, relations
from metrics.spec import Metric, Unit

#: Version of the format that Tableau writes since 2018.
VERSION: Final = "18.1"
_CONNECTION: Final = "postgres.kpi_warehouse"

#: Type, role and kind of a column to group by.
_TYPES: Final[dict[FieldKind, tuple[str, str, str]]] = {
    FieldKind.TEXT: ("string", "dimension", "nominal"),
    FieldKind.DATE: ("date", "dimension", "ordinal"),
    FieldKind.INSTANT: ("datetime", "dimension", "ordinal"),
    FieldKind.FLAG: ("boolean", "dimension", "nominal"),
    FieldKind.INTEGER: ("integer", "dimension", "ordinal"),
}
_NUMBERS: Final[dict[FieldKind, str]] = {
    FieldKind.INTEGER: "integer",
    FieldKind.MONEY: "real",
    FieldKind.REAL: "real",
}


def tableau_sources(
    place: Place, metrics: Sequence[Metric] = METRICS, lists: Sequence[ListedRelation] = ()
) -> dict[str, str]:
    """The files by their name.

    Args:
        place: where the numbers are.
        metrics: metrics to offer.
        lists: relations to offer row by row.
    """
    found = [relation for relation in relations(metrics) if relation.measures]
    return {
        **{f"{relation.name}.tds": _source(relation, place) for relation in found},
        **{f"{listed.name}.tds": _source_of_list(listed, place) for listed in lists},
    }


def _source(relation: Relation, place: Place) -> str:
    root = _begin(relation, place)
    for field in relation.columns:
        _add_column(root, field, is_number=field in relation.numbers)
    for measure in relation.measures:
        _add_measure(root, measure, place.currency)
    return _finish(root)


def _source_of_list(listed: ListedRelation, place: Place) -> str:
    root = _begin(listed, place)
    for field in listed.fields:
        # A number of one row: whoever drags it sees each, not a sum of what does not add up.
        datatype, role, kind = _TYPES.get(field.kind) or (_NUMBERS[field.kind], "dimension", "quantitative")
        attributes = {"name": f"[{field.name}]", "datatype": datatype, "role": role, "type": kind}
        _describe(ElementTree.SubElement(root, "column", attributes), field.meaning)
    counted = ElementTree.SubElement(
        root,
        "column",
        {
            "caption": listed.row_count_label,
            "datatype": "integer",
            "default-format": "n#,##0",
            "name": f"[{listed.row_count}]",
            "role": "measure",
            "type": "quantitative",
        },
    )
    ElementTree.SubElement(counted, "calculation", {"class": "tableau", "formula": "SUM(1)"})
    _describe(counted, listed.meaning)
    return _finish(root)


def _begin(relation: Relation | ListedRelation, place: Place) -> ElementTree.Element:
    root = ElementTree.Element("datasource", {"formatted-name": relation.label, "inline": "true", "version": VERSION})
    root.append(ElementTree.Comment(" Generated from metrics/registry.py by `kpi export tableau`; edits are lost. "))
    _connect(root, relation.name, place)
    ElementTree.SubElement(root, "aliases", {"enabled": "yes"})
    return root


def _finish(root: ElementTree.Element) -> str:
    ElementTree.SubElement(root, "date-options", {"start-of-week": "monday"})
    ElementTree.indent(root)
    return "<?xml version='1.0' encoding='utf-8' ?>\n" + ElementTree.tostring(root, encoding="unicode") + "\n"


def _connect(root: ElementTree.Element, relation: str, place: Place) -> None:
    server, _, port = place.postgres_server.partition(":")
    federated = ElementTree.SubElement(root, "connection", {"class": "federated"})
    named = ElementTree.SubElement(
        ElementTree.SubElement(federated, "named-connections"),
        "named-connection",
        {"caption": place.postgres_server, "name": _CONNECTION},
    )
    ElementTree.SubElement(
        named,
        "connection",
        {
            "authentication": "username-password",
            "class": "postgres",
            "dbname": place.postgres_database,
            "port": port or "5432",
            "server": server,
        },
    )
    ElementTree.SubElement(
        federated,
        "relation",
        {
            "connection": _CONNECTION,
            "name": relation,
            "table": f"[{place.postgres_schema}].[{relation}]",
            "type": "table",
        },
    )


def _add_column(root: ElementTree.Element, field: Field, *, is_number: bool) -> None:
    name = f"[{field.name}]"
    if is_number:
        # What is only aggregated within a KPI would be summed by whoever drags it.
        kind = {"datatype": _NUMBERS[field.kind], "hidden": "true", "role": "measure", "type": "quantitative"}
    else:
        kind = dict(zip(("datatype", "role", "type"), _TYPES[field.kind], strict=True))
    _describe(ElementTree.SubElement(root, "column", {"name": name, **kind}), field.meaning)


def _add_measure(root: ElementTree.Element, measure: Measure, currency: str) -> None:
    metric = measure.metric
    column = ElementTree.SubElement(
        root,
        "column",
        {
            "caption": metric.label,
            "datatype": "real",
            "default-format": _format(metric.unit, currency),
            "name": f"[{metric.name}]",
            "role": "measure",
            "type": "quantitative",
        },
    )
    ElementTree.SubElement(column, "calculation", {"class": "tableau", "formula": tableau_formula(measure)})
    _describe(column, f"{metric.meaning} {metric.formula}")


def _describe(column: ElementTree.Element, text: str) -> None:
    described = ElementTree.SubElement(ElementTree.SubElement(column, "desc"), "formatted-text")
    ElementTree.SubElement(described, "run").text = text


def _format(unit: Unit, currency: str) -> str:
    """The pattern with Tableau's letter for what kind of number it is: percentage, currency or number."""
    kind = {Unit.RATIO: "p", Unit.REPORTING: "c"}.get(unit, "n")
    return kind + number_pattern(unit, currency)


def tableau_formula(measure: Measure) -> str:
    """The measure in Tableau's language of calculations."""
    match measure.shape:
        case Shape.TOTAL:
            return _aggregate(measure.aggregates[0])
        case Shape.QUOTIENT:
            numerator, denominator = (_aggregate(each) for each in measure.aggregates)
            return f"IF {denominator} > 0 THEN FLOAT({numerator}) / FLOAT({denominator}) END"
        case Shape.PERCENTILE:
            (taken,) = measure.aggregates
            percentile = f"PERCENTILE([{taken.expression}], {(taken.percent or 0) / 100})"
            return f"ROUND({percentile} * {measure.parts}) / {measure.parts * measure.scale}"
        case Shape.CELLS:
            return _cells(measure)


def _aggregate(aggregate: Aggregate) -> str:
    function = {Function.SUM: "SUM", Function.COUNT: "COUNT"}[aggregate.function]
    return f"{function}([{aggregate.expression}])"


def _cells(measure: Measure) -> str:
    """One cell as it is; of several, what may be put together, else nothing."""
    rule = cell_rule(measure.metric)

    def theirs(expression: str) -> str:
        return f"IF [metric] = '{measure.name}' THEN {expression} END"

    cells = f"COUNT({theirs('1')})"
    one = f"IF {cells} = 1 THEN MAX({theirs('[value]')})"
    if rule.is_single:
        return f"{one} END"
    guards = ["period_grain", "dimension"]
    guards += [] if rule.over_periods else ["period_start_date"]
    guards += [] if rule.over_breakdown else ["dimension_value"]
    conditions = [f"COUNTD({theirs(f'[{column}]')}) = 1" for column in guards]
    conditions += [f"COUNT({theirs(f'[{part}]')}) = {cells}" for part in rule.parts]
    totals = [f"SUM({theirs(f'[{part}]')})" for part in rule.parts]
    if len(totals) == 2:
        conditions.append(f"{totals[1]} > 0")
    return f"{one} ELSEIF {' AND '.join(conditions)} THEN {' / '.join(totals)} END"

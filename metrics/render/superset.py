"""Superset assets: a read-only database, a dataset per relation with its metrics, charts, and two dashboards of them:
one of KPIs, one of lists.

The files are those of Superset's own export format, version 1.0.0, which its import of dashboards and its command line
take as one archive. Every asset has a key that depends on the home and its name only, so that a later import meets the
one before. What a metric computes is decided in `metrics.render.measures`; how charts lie on the dashboard, in
`metrics.render.superset_charts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import yaml

from metrics.registry import METRICS
from metrics.render.lists import ListedRelation
from metrics.render.measures import Measure
from metrics.render.places import Place
from metrics.render.relations import Field, FieldKind, Relation, relations
from metrics.render.superset_charts import (
    Chart,
    chart_of_list,
    charts_of,
    dashboard_metadata,
    dashboard_position,
    query_context,
)
from metrics.spec import Metric, Unit

#: Folder in the archive that everything lies in.
ROOT: Final = "kpi_warehouse"
VERSION: Final = "1.0.0"

_TYPES: Final[dict[FieldKind, str]] = {
    FieldKind.TEXT: "VARCHAR",
    FieldKind.DATE: "DATE",
    FieldKind.INSTANT: "TIMESTAMP WITH TIME ZONE",
    FieldKind.FLAG: "BOOLEAN",
    FieldKind.INTEGER: "BIGINT",
    FieldKind.MONEY: "DECIMAL(18, 4)",
    FieldKind.REAL: "DOUBLE",
}

#: How D3 writes a value of a unit.
_FORMATS: Final[dict[Unit, str]] = {
    Unit.RATIO: ",.1%",
    Unit.REPORTING: ",.2f",
    Unit.COUNT: ",.2~f",
    Unit.DAYS: ",.1f",
    Unit.BUSINESS_HOURS: ",.1f",
    Unit.CALENDAR_HOURS: ",.1f",
}


_OF_KPIS: Final = "Every number from the definitions of the KPI warehouse."
_OF_LISTS: Final = "Targets, signals, promises at risk and what else the report is made of, row by row."


def superset_assets(
    place: Place, metrics: Sequence[Metric] = METRICS, lists: Sequence[ListedRelation] = ()
) -> dict[str, str]:
    """The files of the archive by their path in it.

    Args:
        place: where the numbers are.
        metrics: metrics to offer.
        lists: relations to offer row by row.
    """
    found = [relation for relation in relations(metrics) if relation.measures]
    charts = [chart for relation in found for chart in charts_of(relation)]
    tables = [chart_of_list(listed) for listed in lists]
    documents = {
        # Without a type, the archive is taken as a dashboard and as assets: the first import and every later one.
        "metadata.yaml": {"version": VERSION},
        f"databases/{ROOT}.yaml": _database(place),
        **{f"datasets/{ROOT}/{relation.name}.yaml": _dataset(relation, place) for relation in found},
        **{f"datasets/{ROOT}/{listed.name}.yaml": _dataset_of_list(listed, place) for listed in lists},
        **{f"charts/{chart.name}.yaml": _chart(chart, place) for chart in (*charts, *tables)},
        f"dashboards/{ROOT}.yaml": _dashboard(ROOT, f"KPIs: {place.home_name}", _OF_KPIS, charts, place),
    }
    if tables:
        name = f"{ROOT}_lists"
        documents[f"dashboards/{name}.yaml"] = _dashboard(
            name, f"Lists behind the KPIs: {place.home_name}", _OF_LISTS, tables, place
        )
    return {f"{ROOT}/{name}": _written(document) for name, document in documents.items()}


def _written(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _key(place: Place, kind: str, name: str) -> str:
    """Of one home, kind and name always the same."""
    return str(uuid5(NAMESPACE_URL, f"kpi-warehouse/{place.published_file}/{kind}/{name}"))


def _database(place: Place) -> dict[str, Any]:
    return {
        "database_name": f"KPI warehouse: {place.home_name}",
        "sqlalchemy_uri": f"duckdb:///{place.published_file}",
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        # Opened for writing, the file could not be replaced by the next publication.
        "extra": {"engine_params": {"connect_args": {"read_only": True}}, "allows_virtual_table_explore": True},
        "uuid": _key(place, "database", ROOT),
        "version": VERSION,
    }


def _dataset(relation: Relation, place: Place) -> dict[str, Any]:
    metrics = [_metric(measure, place) for measure in relation.measures]
    return _dataset_of(relation, relation.date, relation.columns, metrics, place)


def _dataset_of_list(listed: ListedRelation, place: Place) -> dict[str, Any]:
    counted = {
        "metric_name": listed.row_count,
        "verbose_name": listed.row_count_label,
        "expression": "COUNT(*)",
        "description": listed.meaning,
        "d3format": ",d",
    }
    return _dataset_of(listed, chart_of_list(listed).date, listed.fields, [counted], place)


def _dataset_of(
    relation: Relation | ListedRelation,
    date: str | None,
    fields: Sequence[Field],
    metrics: Sequence[dict[str, Any]],
    place: Place,
) -> dict[str, Any]:
    return {
        "table_name": relation.name,
        "main_dttm_col": date,
        "description": relation.meaning,
        "schema": "mart",
        "filter_select_enabled": True,
        "uuid": _key(place, "dataset", relation.name),
        "database_uuid": _key(place, "database", ROOT),
        "columns": [_column(field) for field in fields],
        "metrics": list(metrics),
        "version": VERSION,
    }


def _column(field: Field) -> dict[str, Any]:
    is_grouped = field.kind in (FieldKind.TEXT, FieldKind.DATE, FieldKind.INSTANT, FieldKind.FLAG)
    return {
        "column_name": field.name,
        "type": _TYPES[field.kind],
        "is_dttm": field.kind in (FieldKind.DATE, FieldKind.INSTANT),
        "is_active": True,
        "groupby": is_grouped,
        "filterable": True,
        "description": field.meaning,
    }


def _metric(measure: Measure, place: Place) -> dict[str, Any]:
    metric = measure.metric
    entry: dict[str, Any] = {
        "metric_name": metric.name,
        "verbose_name": metric.label,
        "expression": measure.sql,
        "description": f"{metric.meaning} {metric.formula}",
        "d3format": _FORMATS[metric.unit],
    }
    if metric.unit is Unit.REPORTING:
        entry["currency"] = {"symbol": place.currency, "symbolPosition": "suffix"}
    return entry


def _chart(chart: Chart, place: Place) -> dict[str, Any]:
    return {
        "slice_name": chart.title,
        "description": chart.meaning,
        "viz_type": chart.kind,
        "params": chart.parameters,
        "query_context": query_context(chart),
        "uuid": _key(place, "chart", chart.name),
        "version": VERSION,
        "dataset_uuid": _key(place, "dataset", chart.relation),
    }


def _dashboard(name: str, title: str, meaning: str, charts: Sequence[Chart], place: Place) -> dict[str, Any]:
    keys = {chart.name: _key(place, "chart", chart.name) for chart in charts}
    return {
        "dashboard_title": title,
        "description": meaning,
        "uuid": _key(place, "dashboard", name),
        "position": dashboard_position(charts, keys, title),
        "metadata": dashboard_metadata(),
        "published": True,
        "version": VERSION,
    }

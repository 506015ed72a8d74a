"""Superset assets: a read-only database, a dataset per relation with its metrics, charts, and a dashboard of them.

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
from metrics.render.measures import Measure
from metrics.render.places import Place
from metrics.render.relations import Field, FieldKind, Relation, relations
from metrics.render.superset_charts import Chart, charts_of, dashboard_metadata, dashboard_position, query_context
from metrics.spec import Metric, Unit

#: Folder in the archive that everything lies in.
ROOT: Final = "kpi_warehouse"
VERSION: Final = "1.0.0"

_TYPES: Final[dict[FieldKind, str]] = {
    FieldKind.TEXT: "VARCHAR",
    FieldKind.DATE: "DATE",
    FieldKind.FLAG: "BOOLEAN",
    FieldKind.INTEGER: "BIGINT",
    FieldKind.MONEY: "DECIMAL(18, 4)",
    FieldKind.REAL: "DOUBLE",
}

#: How D3 writes a value of a unit.
_FORMATS: Final[dict[Unit, str]] = {
    Unit.RATIO: ".1%",
    Unit.REPORTING: ",.2f",
    Unit.COUNT: ",.2~f",
    Unit.DAYS: ",.1f",
    Unit.BUSINESS_HOURS: ",.1f",
    Unit.CALENDAR_HOURS: ",.1f",
}


def superset_assets(place: Place, metrics: Sequence[Metric] = METRICS) -> dict[str, str]:
    """The files of the archive by their path in it.

    Args:
        place: where the numbers are.
        metrics: metrics to offer.
    """
    found = [relation for relation in relations(metrics) if relation.measures]
    charts = [chart for relation in found for chart in charts_of(relation)]
    documents = {
        # Without a type, the archive is taken as a dashboard and as assets: the first import and every later one.
        "metadata.yaml": {"version": VERSION},
        f"databases/{ROOT}.yaml": _database(place),
        **{f"datasets/{ROOT}/{relation.name}.yaml": _dataset(relation, place) for relation in found},
        **{f"charts/{chart.name}.yaml": _chart(chart, place) for chart in charts},
        f"dashboards/{ROOT}.yaml": _dashboard(charts, place),
    }
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
    return {
        "table_name": relation.name,
        "main_dttm_col": relation.date,
        "description": relation.meaning,
        "schema": "mart",
        "filter_select_enabled": True,
        "uuid": _key(place, "dataset", relation.name),
        "database_uuid": _key(place, "database", ROOT),
        "columns": [_column(field) for field in relation.columns],
        "metrics": [_metric(measure, place) for measure in relation.measures],
        "version": VERSION,
    }


def _column(field: Field) -> dict[str, Any]:
    is_grouped = field.kind in (FieldKind.TEXT, FieldKind.DATE, FieldKind.FLAG)
    return {
        "column_name": field.name,
        "type": _TYPES[field.kind],
        "is_dttm": field.kind is FieldKind.DATE,
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


def _dashboard(charts: Sequence[Chart], place: Place) -> dict[str, Any]:
    keys = {chart.name: _key(place, "chart", chart.name) for chart in charts}
    return {
        "dashboard_title": f"KPIs: {place.home_name}",
        "description": "Every number from the definitions of the KPI warehouse.",
        "uuid": _key(place, "dashboard", ROOT),
        "position": dashboard_position(charts, keys, f"KPIs: {place.home_name}"),
        "metadata": dashboard_metadata(),
        "published": True,
        "version": VERSION,
    }

"""The charts of the Superset dashboards: each headline by month, the measures of each relation as lines and a table.

A list has a table of its rows.

What the numbers are is `metrics.render.superset`'s; here is only how they are shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from metrics.render.lists import ListedRelation
from metrics.render.measures import CELLS, Measure
from metrics.render.relations import FieldKind, Relation

_LINE: Final = "echarts_timeseries_line"
_TABLE: Final = "table"
#: Measures of a relation that one chart shows; more would not be told apart.
_LINES_SHOWN: Final = 3
_COLUMNS: Final = 12
_CHARTS_PER_ROW: Final = 2
_HEIGHT: Final = 50
#: Rows of a list that a dashboard shows; whoever wants more filters, or asks in SQL Lab.
_ROWS_SHOWN: Final = 1_000


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Attributes:
        name: unique over all charts.
        title: what stands above it.
        meaning: what it shows.
        kind: Superset's name of the visualisation.
        relation: name of the dataset.
        date: its column of days; None where it has none.
        metrics: names of the metrics shown.
        breakdown: column that a table has a row for, if it is one.
        grain: ISO 8601 duration that days are put together to; None for periods that are cut already.
        filters: column and value of what is asked only.
        rows: columns of a table that shows single rows, if it is one.
    """

    name: str
    title: str
    meaning: str
    kind: str
    relation: str
    date: str | None
    metrics: tuple[str, ...]
    breakdown: str | None
    grain: str | None
    filters: tuple[tuple[str, str], ...]
    rows: tuple[str, ...] = ()

    @property
    def row_limit(self) -> int:
        """Rows that are asked for at most."""
        return _ROWS_SHOWN if self.rows else 10_000

    @property
    def order(self) -> list[list[Any]]:
        """Of a table of rows the column that it begins with, and whether the least comes first: else the latest."""
        return [[self.date, False]] if self.rows and self.date else []

    @property
    def parameters(self) -> dict[str, Any]:
        """The form of the chart."""
        common: dict[str, Any] = {
            "viz_type": self.kind,
            "adhoc_filters": [
                *(_equals(*each) for each in self.filters),
                *([_any_time(self.date)] if self.date else []),
            ],
            "row_limit": self.row_limit,
        }
        if self.rows:
            return {
                **common,
                "query_mode": "raw",
                "all_columns": list(self.rows),
                "order_by_cols": [json.dumps(each) for each in self.order],
                "server_pagination": False,
            }
        if self.kind == _TABLE:
            return {
                **common,
                "query_mode": "aggregate",
                "groupby": [self.breakdown],
                "metrics": list(self.metrics),
                "all_columns": [],
                "order_desc": True,
            }
        return {
            **common,
            "x_axis": self.date,
            "time_grain_sqla": self.grain,
            "metrics": list(self.metrics),
            "groupby": [],
            "markerEnabled": True,
            "show_legend": True,
            "rich_tooltip": True,
            "truncateXAxis": True,
        }


def charts_of(relation: Relation) -> list[Chart]:
    """The charts of one relation."""
    by_month = (None, (("period_grain", "month"), ("dimension", "overall"))) if relation.name == CELLS else ("P1M", ())
    headlines = [measure for measure in relation.measures if measure.metric.is_headline]
    charts = [_lines(f"headline_{each.name}", each.metric.label, relation, [each], *by_month) for each in headlines]
    shown = [measure for measure in relation.measures if measure not in headlines][:_LINES_SHOWN]
    if shown:
        charts.append(_lines(f"{relation.name}_by_month", f"{relation.label} by month", relation, shown, *by_month))
    names = tuple(measure.name for measure in relation.measures)[: 2 * _LINES_SHOWN]
    if relation.name == CELLS:
        return charts
    breakdown = next(field.name for field in relation.fields if field.name in ("team", "vendor"))
    charts.append(
        Chart(
            name=f"{relation.name}_by_{breakdown}",
            title=f"{relation.label} by {breakdown}",
            meaning=relation.meaning,
            kind=_TABLE,
            relation=relation.name,
            date=relation.date,
            metrics=names,
            breakdown=breakdown,
            grain=None,
            filters=(),
        )
    )
    return charts


def chart_of_list(listed: ListedRelation) -> Chart:
    """The rows of a list as a table."""
    dates = [field.name for field in listed.fields if field.kind is FieldKind.DATE]
    return Chart(
        name=f"{listed.name}_rows",
        title=listed.label,
        meaning=listed.meaning,
        kind=_TABLE,
        relation=listed.name,
        date=dates[0] if dates else None,
        metrics=(),
        breakdown=None,
        grain=None,
        filters=(),
        rows=tuple(field.name for field in listed.fields),
    )


def _lines(
    name: str,
    title: str,
    relation: Relation,
    shown: Sequence[Measure],
    grain: str | None,
    filters: tuple[tuple[str, str], ...],
) -> Chart:
    return Chart(
        name=name,
        title=title,
        meaning=shown[0].metric.meaning if len(shown) == 1 else relation.meaning,
        kind=_LINE,
        relation=relation.name,
        date=relation.date,
        metrics=tuple(measure.name for measure in shown),
        breakdown=None,
        grain=grain,
        filters=filters,
    )


def _equals(column: str, value: str) -> dict[str, Any]:
    return {
        "clause": "WHERE",
        "expressionType": "SIMPLE",
        "subject": column,
        "operator": "==",
        "operatorId": "EQUALS",
        "comparator": value,
    }


def _any_time(column: str) -> dict[str, Any]:
    """Where the dashboard's time range is put."""
    return {
        "clause": "WHERE",
        "expressionType": "SIMPLE",
        "subject": column,
        "operator": "TEMPORAL_RANGE",
        "comparator": "No filter",
    }


def query_context(chart: Chart) -> str:
    """What the chart asks, as Superset's chart data API takes it; Superset fills in the dataset's number."""
    if chart.rows:
        columns: list[Any] = list(chart.rows)
    elif chart.breakdown:
        columns = [chart.breakdown]
    else:
        axis = {"columnType": "BASE_AXIS", "expressionType": "SQL", "sqlExpression": chart.date, "label": chart.date}
        columns = [{**axis, "timeGrain": chart.grain} if chart.grain else axis]
    query: dict[str, Any] = {
        "columns": columns,
        "metrics": list(chart.metrics),
        "filters": [{"col": column, "op": "==", "val": value} for column, value in chart.filters],
        "orderby": chart.order,
        "row_limit": chart.row_limit,
        "time_range": "No filter",
    }
    if chart.rows:
        # With metrics, even with none, Superset groups the rows.
        del query["metrics"]
    context = {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [query],
        "form_data": chart.parameters,
        "result_format": "json",
        "result_type": "full",
    }
    return json.dumps(context)


def dashboard_position(charts: Sequence[Chart], keys: Mapping[str, str], title: str) -> dict[str, Any]:
    """Where each chart lies: two in a row, in their order; tables of rows have a row of their own.

    Args:
        charts: all charts of the dashboard.
        keys: of each chart, by its name, its key.
        title: what the dashboard is called.
    """
    per_row = 1 if any(chart.rows for chart in charts) else _CHARTS_PER_ROW
    rows = [charts[first : first + per_row] for first in range(0, len(charts), per_row)]
    names = [f"ROW-{number}" for number in range(1, len(rows) + 1)]
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "GRID_ID": {"id": "GRID_ID", "type": "GRID", "children": names, "parents": ["ROOT_ID"]},
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": title}},
    }
    for name, row in zip(names, rows, strict=True):
        children = [f"CHART-{chart.name}" for chart in row]
        position[name] = {
            "id": name,
            "type": "ROW",
            "children": children,
            "parents": ["ROOT_ID", "GRID_ID"],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        for child, chart in zip(children, row, strict=True):
            position[child] = {
                "id": child,
                "type": "CHART",
                "children": [],
                "parents": ["ROOT_ID", "GRID_ID", name],
                "meta": {
                    "chartId": 0,
                    "uuid": keys[chart.name],
                    "sliceName": chart.title,
                    "width": _COLUMNS // per_row,
                    "height": _HEIGHT,
                },
            }
    return position


def dashboard_metadata() -> dict[str, Any]:
    """The dashboard's settings: one filter of the time range over all charts."""
    return {
        "native_filter_configuration": [
            {
                "id": "NATIVE_FILTER-period",
                "type": "NATIVE_FILTER",
                "name": "Period",
                "filterType": "filter_time",
                "targets": [{}],
                "defaultDataMask": {"extraFormData": {}, "filterState": {}},
                "controlValues": {},
                "cascadeParentIds": [],
                "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
            }
        ],
        "cross_filters_enabled": True,
        "color_scheme": "supersetColors",
    }

"""The record views, each column with the KPIs that it stands for: while one of them is held, the column is empty.

A held KPI keeps its last good value, and the facts beside it move on. What today's records come to is the number that
may not be published, so a semantic layer must not add it up. How a view is written is in
`metrics.render.record_view_sql`, which views there are in `metrics.render.record_views`.
"""

from __future__ import annotations

from metrics.render.measures import measures
from metrics.render.record_view_sql import record_view
from metrics.render.record_views import RECORD_VIEWS


def record_views() -> dict[str, str]:
    """SQL of all record views, by name."""
    return {view.name: record_view(view, metrics_by_column(view.name)) for view in RECORD_VIEWS}


def metrics_by_column(view: str) -> dict[str, tuple[str, ...]]:
    """Of each column of a view the KPIs that are computed from it."""
    found: dict[str, list[str]] = {}
    for measure in measures():
        if measure.relation == view:
            for column in {aggregate.expression for aggregate in measure.aggregates}:
                found.setdefault(column, []).append(measure.name)
    return {column: tuple(names) for column, names in found.items()}

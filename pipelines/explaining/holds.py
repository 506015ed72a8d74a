"""Which KPIs the gate holds, by what, and of which others it takes the records away with them.

A held KPI keeps its last good value, while the facts beside it move on: what they come to today may not be published.
So the columns of record views from which it is computed are empty, also for KPIs that share them and are not held.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from metrics.kinds import NetCount
from metrics.registry import METRICS
from metrics.render.held_records import metrics_by_column
from metrics.render.record_view_sql import MEASURED
from metrics.spec import Metric
from pipelines.explaining.records import contributing_columns, view_of
from pipelines.published.rows import read_rows

if TYPE_CHECKING:
    import duckdb

#: What net flow is counted from: whether the records of these views were set aside.
_VIEWS_OF_NET_FLOW: Final = ("created_ticket_records", "resolved_ticket_records")


@dataclass(frozen=True, slots=True)
class Hold:
    """Why some KPIs are held.

    Attributes:
        reason: the rule that broke, and what to do.
        since_at: since when; None if that is not known.
        metrics: the KPIs, in the order of the registry.
    """

    reason: str
    since_at: datetime | None
    metrics: tuple[str, ...]


def read_holds(connection: duckdb.DuckDBPyConnection) -> tuple[Hold, ...]:
    """What is held, one for each reason.

    Args:
        connection: to a published file.
    """
    rows = read_rows(
        connection,
        "SELECT metric, coalesce(held_reason, '') AS reason, held_since_at AS since_at FROM meta.metrics "
        "WHERE publication_state = 'held'",
    )
    held = {row["metric"]: (row["reason"], row["since_at"]) for row in rows}
    by_reason: dict[tuple[str, datetime | None], list[str]] = {}
    for metric in METRICS:
        if metric.name in held:
            by_reason.setdefault(held[metric.name], []).append(metric.name)
    return tuple(Hold(reason, since_at, tuple(names)) for (reason, since_at), names in by_reason.items())


def names_held(holds: tuple[Hold, ...]) -> frozenset[str]:
    """All KPIs that are held."""
    return frozenset(name for hold in holds for name in hold.metrics)


def withheld_with(metric: Metric, held: frozenset[str]) -> tuple[str, ...]:
    """Held KPIs because of which it is not told what the records of a KPI come to: itself, or else those with which it
    shares columns of a record view. Empty where all is told.
    """
    if metric.name in held:
        return (metric.name,)
    return tuple(name for name in _sharing(metric) if name in held)


def _sharing(metric: Metric) -> tuple[str, ...]:
    """KPIs that are computed from a column which this one needs, too, in the order of the registry."""
    if isinstance(metric.kind, NetCount):
        found = {name for view in _VIEWS_OF_NET_FLOW for name in metrics_by_column(view).get(MEASURED, ())}
    else:
        view = view_of(metric)
        if view is None:
            return ()
        needed = {MEASURED, *contributing_columns(metric)}
        found = {name for column, names in metrics_by_column(view.name).items() if column in needed for name in names}
    return tuple(each.name for each in METRICS if each.name in found)

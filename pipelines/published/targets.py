"""Targets of KPIs as a published file has them, also of KPIs that have no value.

Which target is in force when, and whether a value meets it, is in `metrics.signals.targets`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.signals.targets import Target
from models.vocabulary import Dimension, Grain

if TYPE_CHECKING:
    import duckdb


def read_targets(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Target]]:
    """The targets of each KPI that has any, also of breakdowns' values, in the order of policies/targets.yaml."""
    rows = connection.execute(
        """
        SELECT metric, target_value, period_grain, effective_from_date, effective_to_date, dimension,
               dimension_value
        FROM meta.targets ORDER BY target_number
        """
    ).fetchall()
    found: dict[str, list[Target]] = {}
    for metric, value, grain, first_date, last_date, dimension, of in rows:
        target = Target(metric, value, Grain(grain) if grain else None, first_date, last_date, Dimension(dimension), of)
        found.setdefault(metric, []).append(target)
    return found

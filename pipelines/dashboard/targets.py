"""What KPIs were to be, and whether they were, under filters for which it is published: the whole, or one value."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from models.vocabulary import Dimension, Grain
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.snapshot import Snapshot
from pipelines.words.targets import describe_outcome, describe_wanted

#: Columns of `mart.kpi_targets` that pages show.
TARGET_COLUMNS = ("target_value", "target_state", "is_certain")


def read_targets(snapshot: Snapshot, metric: str, filters: Filters) -> pl.DataFrame:
    """`period_start_date` and `TARGET_COLUMNS` of the closed periods that had one; none where filters are measured."""
    dimension, value = filters.published_breakdown or (None, "")
    return snapshot.ask(
        f"""
        SELECT period_start_date, {", ".join(TARGET_COLUMNS)} FROM mart.kpi_targets
        WHERE metric = $metric AND period_grain = $grain AND dimension = $dimension AND dimension_value = $value
        ORDER BY period_start_date
        """,
        {"metric": metric, "grain": filters.grain.value, "dimension": dimension and dimension.value, "value": value},
    )


def read_breakdown_targets(snapshot: Snapshot, metric: str, dimension: Dimension, filters: Filters) -> pl.DataFrame:
    """Values of a breakdown that have targets of their own, each in its latest closed period of the chosen days; only
    those of the chosen values if some are chosen."""
    chosen = filters.chosen.get(dimension.value)
    return snapshot.ask(
        """
        SELECT dimension_value, period_start_date, value, target_value, target_state, is_certain FROM mart.kpi_targets
        WHERE metric = $metric AND period_grain = $grain AND dimension = $dimension
            AND period_start_date BETWEEN $first AND $last
            AND ($is_all OR list_contains($chosen, dimension_value))
        QUALIFY row_number() OVER (PARTITION BY dimension_value ORDER BY period_start_date DESC) = 1
        ORDER BY dimension_value
        """,
        {
            "metric": metric,
            "grain": filters.grain.value,
            "dimension": dimension.value,
            "first": filters.first,
            "last": filters.last,
            "is_all": chosen is None,
            "chosen": list(chosen or [""]),
        },
    )


def describe_target(snapshot: Snapshot, definition: dict[str, Any], start: date, filters: Filters) -> str:
    """What was wanted of a period and what became of it, `Target at least 93.0 %: met`; empty if there is no target."""
    if filters.published_breakdown is None or filters.grain is Grain.DAY:
        return ""
    found = snapshot.ask(
        """
        SELECT target_value, target_state, is_certain, distance_value FROM mart.kpi_targets
        WHERE metric = $metric AND period_grain = $grain AND dimension = $dimension AND dimension_value = $value
            AND period_start_date = $start
        """,
        {
            "metric": definition["metric"],
            "grain": filters.grain.value,
            "dimension": filters.published_breakdown[0].value,
            "value": filters.published_breakdown[1],
            "start": start,
        },
    )
    if found.is_empty():
        return ""
    row, direction = found.row(0, named=True), definition["direction"]
    unit, currency = definition["unit"], snapshot.publication.currency
    outcome = describe_outcome(row["target_state"], row["distance_value"], unit, currency, is_certain=row["is_certain"])
    return f"Target {describe_wanted(row['target_value'], direction, unit, currency)}: {outcome}."

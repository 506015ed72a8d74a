"""What became of each metric: measured from the latest data, or held since when, why, and with the values of when.

Stored with the values, in the transaction that computes them; publication reads nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

import polars as pl

from metrics.registry import METRICS
from models.ops import ops_metric_states
from pipelines.gate.holds import Reason
from pipelines.warehouse import Warehouse


def store_metric_states(
    warehouse: Warehouse,
    reasons: Mapping[str, Sequence[Reason]],
    fresh: Mapping[str, datetime | None],
    valued: Collection[str],
    *,
    run_id: str,
) -> None:
    """Replace the state of every metric. Call in the transaction that replaces the values.

    Args:
        reasons: held metrics, each with the rules that hold it.
        fresh: metrics that were measured now, each with the data's clock.
        valued: metrics that have values.
        run_id: that measured those which are not held.
    """
    before = {row["metric"]: row for row in warehouse.read(ops_metric_states).to_dicts()}
    now = datetime.now(UTC)
    rows = []
    for metric in METRICS:
        found, last = reasons.get(metric.name, ()), before.get(metric.name)
        since = last["held_since_at"] if last is not None and last["is_held"] else now
        as_of = fresh.get(metric.name) if not found else last["fresh_as_of_at"] if last is not None else None
        rows.append(
            {
                "metric": metric.name,
                "is_held": bool(found),
                "held_reason": " ".join(reason.text for reason in found) or None,
                "held_by": json.dumps([reason.rule_id for reason in found]),
                "held_since_at": since if found else None,
                "fresh_as_of_at": as_of if metric.name in valued else None,
                "measured_run_id": run_id if not found else last["measured_run_id"] if last is not None else None,
            }
        )
    warehouse.replace(ops_metric_states, pl.DataFrame(rows, infer_schema_length=None))


def read_metric_states(warehouse: Warehouse) -> dict[str, dict[str, object]]:
    """The state of every metric, by its name; empty before anything was measured."""
    return {row["metric"]: row for row in warehouse.read(ops_metric_states).to_dicts()}

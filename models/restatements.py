"""What was told of closed periods and is told otherwise now: as the warehouse remembers it, and as readers get it.

What makes a value another one is for `metrics.measuring.restatements`; the values themselves are in `models.marts`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column

from models.schema import day, instant, integer, real, table, text
from models.vocabulary import Layer


def _columns() -> tuple[Column[Any], ...]:
    return (
        text("run_id", "Run that told another value", key=True),
        text("metric", "Name of the metric; see meta_metrics", key=True),
        text("period_grain", "month or quarter", key=True),
        day("period_start_date", "First day of the period in the reporting time zone", key=True),
        day("period_end_date", "Last day of the period, inclusive", required=True),
        instant("restated_at", "When the other value was computed", required=True),
        real("value_before", "What was told until then, when the period was closed already", required=True),
        real("value_now", "What was told from then on; empty where the period was no longer closed, or had no value"),
        text("unit", "Unit of both values", required=True),
        text("currency_code", "ISO 4217 code of both values, where the unit is the reporting currency"),
        integer("eligible_before_count", "Records that should count, until then", required=True),
        integer("eligible_now_count", "Records that should count, from then on; empty where value_now is"),
        text(
            "reason",
            "Everything that is other than when the value before was computed, by commas. definition: the metric has "
            "another version. files: files came of exports that it needs. rules: contracts, policies or settings. "
            "program: the program is another version. as_of: somebody chose, or had chosen, as of when to measure. "
            "held: none of these; an earlier version of a file counts again, or what was held was released",
            required=True,
        ),
        text("files", "The files that came since then, by commas; empty where none did"),
    )


ops_restatements = table(
    Layer.OPS,
    "ops_restatements",
    "One row per run, KPI and month or quarter that was closed when its value was told, and has another one since.",
    *_columns(),
)

meta_restated_values = table(
    Layer.MART,
    "meta_restated_values",
    "What was told before of closed periods: one row per run, KPI and month or quarter whose value over everything the "
    "run changed after the period had been told as closed. The latest value is in metric_values.",
    *_columns(),
)

TABLES = (ops_restatements, meta_restated_values)

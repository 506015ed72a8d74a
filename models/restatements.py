"""What was told of closed periods and is told otherwise now: as the warehouse remembers it, and as readers get it.

What makes a value another one is for `metrics.measuring.restatements`; the values themselves are in `models.marts`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column

from models.schema import day, flag, instant, integer, real, table, text
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
        real("value_now", "What was told from then on; empty where the period, though closed, had no value any more"),
        text("unit", "Unit of both values", required=True),
        text("currency_code", "ISO 4217 code of both values, where the unit is the reporting currency"),
        integer("eligible_before_count", "Records that should count, until then", required=True),
        integer("eligible_now_count", "Records that should count, from then on; empty where value_now is"),
        text(
            "reason",
            "Everything that is other than when the value before was measured, by commas. definition: the metric has "
            "another version. files_came: files of exports that it needs count that did not. files_replaced: files "
            "have another content under their old name. files_went: files no longer count that did. rules: contracts, "
            "policies or settings. program: the program is another version. as_of: somebody chose, or had chosen, as "
            "of when to measure. held: none of these, so what was held was released",
            required=True,
        ),
        text(
            "files_came",
            "Files that count and did not then, by commas; empty where there are none. Those that hold records of the "
            "period stand first; where there are such, those that hold only later ones are counted at the end and not "
            "named",
        ),
        text(
            "files_replaced",
            "Files that had another content under the same name, by commas; empty where none had. In the same order",
        ),
        text("files_went", "Files that counted then and no longer do, by commas; empty where there are none"),
        text(
            "rules_changed",
            "Files of contracts, policies and settings that say something else, by commas; empty where none does, or "
            "where it is not known of then",
        ),
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

ops_reopened_values = table(
    Layer.OPS,
    "ops_reopened_values",
    "One row per KPI and month or quarter that was closed when its value was told, and is open again: as what it was "
    "told last. When it is closed again, its value is held against this one.",
    text("metric", "Name of the metric; see meta_metrics", key=True),
    text("period_grain", "month or quarter", key=True),
    day("period_start_date", "First day of the period in the reporting time zone", key=True),
    day("period_end_date", "Last day of the period, inclusive", required=True),
    integer("metric_version", "Version of the metric's definition", required=True),
    real("value", "What was told of the period while it was closed", required=True),
    text("unit", "Unit of the value", required=True),
    integer("eligible_count", "Records that should count, then", required=True),
    text("measured_run_id", "Run that measured the value", required=True),
    instant("reopened_at", "When it was first found open; empty while somebody only chose as of when to measure"),
)

ops_counted_loads = table(
    Layer.OPS,
    "ops_counted_loads",
    "Which loads counted when a run measured values that are still told: one row per run and contract.",
    text("run_id", "Run that measured", key=True),
    text("export", "Contract", key=True),
    text("domain", "tickets, finance or vendors", required=True),
    flag("tells_exchange_rates", "Whether it told exchange rates", required=True),
    text("load_ids", "Loads that counted, as a JSON list; see ops_loads", required=True),
)

TABLES = (ops_restatements, meta_restated_values, ops_reopened_values, ops_counted_loads)

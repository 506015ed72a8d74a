"""Sheets of the workbook that tell of KPIs: by month and week, and by each breakdown in the last closed months.

Every number is a published one, or, as what changed, the difference of two. Sheets of records are in
`pipelines.publish.excel_records`.
"""

from __future__ import annotations

from typing import Final

import duckdb

from metrics.spec import Unit
from models.headings import heading_of
from models.vocabulary import Dimension, Grain
from pipelines.workbook_sheets import Column, SheetWriter

#: Weeks that are told of each KPI: a year, and the same week of the year before.
MOST_WEEKS: Final = 53
#: Months that are told of each value of a breakdown: the latest, the one before, and where that came from.
BREAKDOWN_MONTHS: Final = 3

#: Beside each value: the one of the period before, if there is one, what was wanted, and whether it is a signal.
_COMPARED: Final = """
    SELECT
        definition.label, definition.metric, definition.unit, now.dimension_value,
        now.period_start_date, now.period_end_date, partial.told_from_date, now.is_period_closed,
        now.value, before.value AS value_before, now.value - before.value AS change_value,
        now.lower_bound, now.upper_bound, now.coverage_ratio, now.eligible_count, now.measured_count,
        wanted.target_value, wanted.target_state, wanted.is_certain, judged.signal_state,
        definition.publication_state
    FROM ({chosen}) AS now
    JOIN meta.metrics AS definition ON definition.metric = now.metric
    LEFT JOIN mart.missing_cost_months AS lacking
        ON lacking.metric = now.metric AND lacking.period_grain = now.period_grain
        AND lacking.period_start_date = now.period_start_date
    LEFT JOIN mart.missing_cost_months AS lacking_before
        ON lacking_before.metric = now.metric AND lacking_before.period_grain = now.period_grain
        AND lacking_before.period_start_date = now.period_start_date - 7
    LEFT JOIN mart.partial_periods AS partial
        ON partial.metric = now.metric AND partial.period_grain = now.period_grain
        AND partial.period_start_date = now.period_start_date
    LEFT JOIN mart.partial_periods AS partial_before
        ON partial_before.metric = now.metric AND partial_before.period_grain = now.period_grain
        AND partial_before.period_start_date = CASE now.period_grain
            WHEN 'week' THEN now.period_start_date - 7
            ELSE CAST(now.period_start_date - INTERVAL 1 MONTH AS DATE)
        END
    LEFT JOIN mart.metric_values AS before
        ON before.metric = now.metric AND before.period_grain = now.period_grain
        AND before.dimension = now.dimension AND before.dimension_value = now.dimension_value
        AND before.period_start_date = CASE now.period_grain
            WHEN 'week' THEN now.period_start_date - 7
            ELSE CAST(now.period_start_date - INTERVAL 1 MONTH AS DATE)
        END
        -- A week of cost that reaches into a month without any is compared with no other, nor is a period that data
        -- tell only in part.
        AND lacking.metric IS NULL AND lacking_before.metric IS NULL
        AND partial.metric IS NULL AND partial_before.metric IS NULL
    LEFT JOIN mart.kpi_targets AS wanted
        ON wanted.metric = now.metric AND wanted.period_grain = now.period_grain
        AND wanted.period_start_date = now.period_start_date
        AND wanted.dimension = now.dimension AND wanted.dimension_value = now.dimension_value
    LEFT JOIN mart.kpi_signals AS judged
        ON now.dimension = 'overall' AND judged.metric = now.metric AND judged.period_grain = now.period_grain
        AND judged.period_start_date = now.period_start_date
    ORDER BY definition.rowid, now.dimension_value, now.period_start_date DESC
"""
#: Closed periods; of what is measured as of the data's clock, and has none, the latest.
_OF_THE_WHOLE: Final = """
    SELECT * FROM mart.metric_values
    WHERE period_grain = $grain AND dimension = 'overall'
        AND (is_period_closed
             OR metric IN (SELECT metric FROM meta.metrics WHERE contains(period_date, '(as_of_date)')))
    QUALIFY row_number() OVER (PARTITION BY metric ORDER BY period_start_date DESC) <= $most
"""
_OF_A_BREAKDOWN: Final = """
    SELECT * FROM mart.metric_values
    WHERE period_grain = 'month' AND dimension = $dimension AND is_period_closed AND eligible_count > 0
    QUALIFY dense_rank() OVER (PARTITION BY metric ORDER BY period_start_date DESC) <= $most
"""

_VALUE: Final = frozenset({"value", "value_before", "change_value", "lower_bound", "upper_bound", "target_value"})
_TITLES: Final = {
    "value_before": "Period before",
    "change_value": "Change",
    "signal_state": "Signal or noise",
    "publication_state": "State",
}
_KINDS: Final = {
    "period_start_date": "date",
    "period_end_date": "date",
    "told_from_date": "date",
    "coverage_ratio": "ratio",
    "eligible_count": "count",
    "measured_count": "count",
}
_NOTES: Final = {
    "told_from_date": "First day of which data tell, where that is later than the first of the period: it is compared "
    "with no other then. Empty of a whole period.",
    "change_value": "Value less that of the period before, in the KPI's unit; of a ratio 1 % is a percentage point.",
    "lower_bound": "Least value that what is not known allows; empty if unbounded.",
    "upper_bound": "Greatest value that what is not known allows; empty if unbounded.",
    "is_certain": "no: the truth may lie on the other side of the target, because not everything is known.",
    "signal_state": "By the XmR chart of the KPI, whose rules docs/concepts.md tells.",
}


def write_kpis_by_period(sheets: SheetWriter, built: duckdb.DuckDBPyConnection, grain: Grain) -> None:
    """Every KPI of the whole by month or week, the latest first, with target, change and certainty."""
    most = MOST_WEEKS if grain is Grain.WEEK else 1_000_000
    query = _COMPARED.format(chosen=_OF_THE_WHOLE)
    _write(sheets, f"KPIs by {grain.value}", built.execute(query, {"grain": grain.value, "most": most}), {})


def write_breakdown(sheets: SheetWriter, built: duckdb.DuckDBPyConnection, dimension: Dimension) -> None:
    """Every KPI by the values of one breakdown in its last closed months, with targets of their own."""
    query = _COMPARED.format(chosen=_OF_A_BREAKDOWN)
    cursor = built.execute(query, {"dimension": dimension.value, "most": BREAKDOWN_MONTHS})
    _write(sheets, f"By {dimension.value}", cursor, {"dimension_value": dimension.value.capitalize()})


def _write(sheets: SheetWriter, name: str, cursor: duckdb.DuckDBPyConnection, titles: dict[str, str]) -> None:
    names = [str(described[0]) for described in cursor.description or ()]
    # Values of the whole have no name, those of breakdowns are no signals, and only closed ones are told of them.
    left_out = {"signal_state", "is_period_closed"} if titles else {"dimension_value"}
    kept = [index for index, each in enumerate(names) if each not in left_out]
    columns = [
        Column(
            titles.get(each) or _TITLES.get(each) or heading_of(each),
            "value" if each in _VALUE else _KINDS.get(each, "text"),
            _NOTES.get(each, ""),
        )
        for each in (names[index] for index in kept)
    ]
    unit_at = names.index("unit")
    rows = cursor.fetchall()
    units = [Unit(row[unit_at]) for row in rows]
    told = [
        tuple(units[number].label if index == unit_at else _in_words(names[index], row[index]) for index in kept)
        for number, row in enumerate(rows)
    ]
    sheets.write_table(name, columns, told, units, nothing="No period is closed yet.")


def _in_words(name: str, value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.replace("_", " ") if name.endswith("_state") and isinstance(value, str) else value

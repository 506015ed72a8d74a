"""Of which months of a period the cost is known, as far as what is published says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from metrics.periods import Period, period_holding
from models.vocabulary import Grain
from pipelines.published.rows import read_rows

if TYPE_CHECKING:
    import duckdb

    from pipelines.explaining.cell import Cell


@dataclass(frozen=True, slots=True)
class CostMonths:
    """The months of a period, and which of them the ledger lacks.

    Attributes:
        missing: ISO names of those that it lacks, as `2026-01, 2026-02`; empty if none.
        missing_count: how many they are.
        lies_in_unposted: whether nothing was posted in any month of the period.
        known_sql: query for the first days of all months that have cost.
    """

    missing: str
    missing_count: int
    lies_in_unposted: bool
    known_sql: str


def read_cost_months(connection: duckdb.DuckDBPyConnection, cell: Cell) -> CostMonths:
    """What `mart.missing_cost_months` says of a period, and from cost lines which months have any."""
    rows = read_rows(
        connection,
        "SELECT missing_months, missing_month_count FROM mart.missing_cost_months "
        "WHERE metric = 'cost_total_reporting' AND period_grain = $grain AND period_start_date = $start",
        {"grain": cell.period.grain.value, "start": cell.period.start},
    )
    unposted = {
        row["period_start_date"]
        for row in read_rows(
            connection,
            "SELECT period_start_date FROM mart.missing_cost_months "
            "WHERE metric = 'cost_total_reporting' AND period_grain = 'month'",
        )
    }
    listed = ", ".join(f"DATE '{month}'" for month in sorted(unposted))
    known = (
        "SELECT unnest(generate_series(date_trunc('month', cost_start_date), date_trunc('month', cost_end_date), "
        "INTERVAL 1 MONTH)) AS month_date FROM core.fct_cost_lines "
        "WHERE NOT is_quarantined AND amount_reporting IS NOT NULL AND cost_start_date <= cost_end_date"
    )
    return CostMonths(
        missing=rows[0]["missing_months"] if rows else "",
        missing_count=rows[0]["missing_month_count"] if rows else 0,
        lies_in_unposted=set(_months_of(cell.period)) <= unposted,
        known_sql=f"SELECT month_date FROM ({known})" + (f" WHERE month_date NOT IN ({listed})" if listed else ""),
    )


def _months_of(period: Period) -> list[date]:
    """First days of the months that a period lies in."""
    month = period_holding(period.start, Grain.MONTH)
    months = [month.start]
    while month.end < period.end:
        month = month.following
        months.append(month.start)
    return months

"""Which records a KPI has and how its value is computed from them: the one place that knows all kinds of KPI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.kinds import (
    BudgetVariance,
    BudgetVarianceShare,
    CostSum,
    NetCount,
    ReworkCost,
    ReworkShare,
    Stock,
    UnitCost,
    YearEndForecast,
)
from pipelines.explaining.arithmetic import Arithmetic
from pipelines.explaining.cell import Cell
from pipelines.explaining.costs import compute_costs, cost_records
from pipelines.explaining.flow import compute_net, compute_stock, net_records, stock_records
from pipelines.explaining.plans import (
    budget_records,
    commitment_records,
    compute_commitments,
    compute_rework,
    compute_variance,
    compute_year_end,
    rework_records,
    variance_records,
    year_end_records,
)
from pipelines.explaining.record_values import compute
from pipelines.explaining.records import Records, view_of, view_records

if TYPE_CHECKING:
    import duckdb


def find_records(cell: Cell) -> Records:
    """The records that a published value is made of."""
    match cell.metric.kind:
        case NetCount():
            return net_records(cell)
        case Stock():
            return stock_records(cell)
        case CostSum() | UnitCost():
            return cost_records(cell)
        case BudgetVariance() | BudgetVarianceShare():
            return variance_records(cell)
        case YearEndForecast():
            return year_end_records(cell)
        case ReworkCost() | ReworkShare():
            return rework_records(cell)
    if cell.metric.fact == "fct_budget_lines":
        return budget_records(cell)
    if cell.metric.fact == "fct_vendor_commitment_months":
        return commitment_records(cell)
    view = view_of(cell.metric)
    if view is None:
        raise TypeError(f"nobody knows which records {cell.metric.name} is made of")
    return view_records(cell, view)


def compute_value(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records) -> Arithmetic:
    """What those records come to.

    Args:
        connection: to a published file.
        records: what `find_records` gave.
    """
    match cell.metric.kind:
        case NetCount():
            return compute_net(connection, cell, records)
        case Stock():
            return compute_stock(connection, cell, records)
        case CostSum() | UnitCost():
            return compute_costs(connection, cell, records)
        case BudgetVariance() | BudgetVarianceShare():
            return compute_variance(connection, cell, records)
        case YearEndForecast():
            return compute_year_end(connection, cell, records)
        case ReworkCost() | ReworkShare():
            return compute_rework(connection, cell, records)
    if cell.metric.fact == "fct_vendor_commitment_months":
        return compute_commitments(connection, cell, records)
    return compute(connection, cell, records)

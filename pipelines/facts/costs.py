"""Cost lines, transactions and allocations: staged tables and facts in, three facts out.

The arithmetic is in `metrics.costs`; whether a verdict allows it is decided in `pipelines.facts.steps`. Tables are read
with the columns that are used, and each grain is written before the next is allocated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl
from sqlalchemy import Table

from metrics.costs.allocation import allocate_costs
from metrics.costs.countable_facts import counted_table
from metrics.costs.driving_metrics import driving_metrics
from metrics.costs.lines import convert_cost_lines
from metrics.costs.policy import CostPolicy, Driver, TransactionKind
from metrics.costs.transactions import count_transactions, sum_active_time
from metrics.costs.weights import DriverData
from metrics.measuring.measure import measure
from metrics.measuring.needed_columns import needed_columns
from models.catalog import table_named
from models.ddl import conform, polars_schema, qualified_name
from models.finance import (
    fct_cost_allocations,
    fct_cost_lines,
    fct_transactions,
    stg_cost_lines,
    stg_fx_rates,
    stg_headcount,
)
from models.marts import metric_values
from models.tickets import fct_tickets
from models.vocabulary import Grain
from pipelines.facts.data_clocks import DataClocks
from pipelines.session import Session

#: Columns of tickets that transactions and drivers are computed from.
_OF_TICKETS: Final = (
    *("team", "priority", "service", "vendor", "created_at", "resolved_at", "settled_by_at", "unknown_since_at"),
    *("is_done", "is_cancelled", "is_quarantined", "active_business_microseconds"),
)
#: Lines that are converted at once.
_SLICE_ROWS: Final = 500_000

_OF_COST_LINES: Final = (
    *("cost_start_date", "cost_end_date", "cost_pool", "team", "service", "vendor"),
    *("amount_reporting", "is_quarantined"),
)


def build_cost_tables(
    session: Session, *, quarantined: frozenset[str], clocks: Callable[[], DataClocks]
) -> dict[str, int | None]:
    """Replace the three facts. Call in a transaction.

    Args:
        quarantined: `cost_line_id` of lines that a contract rule set aside.
        clocks: how far each domain's facts reach, for the metrics that drive cost.

    Returns:
        Rows by table.

    Raises:
        NegativeWeightError: a driving metric is below zero for a team.
    """
    warehouse, reporting = session.warehouse, session.project.home.settings.reporting
    policy = session.project.policies.costs
    _convert_lines(session, policy, quarantined)
    transactions = _count(session, policy, quarantined)
    warehouse.replace(fct_transactions, transactions)
    drivers = _driver_data(session, transactions, clocks)
    lines = warehouse.read(fct_cost_lines, _OF_COST_LINES)
    warehouse.execute(f"DELETE FROM {qualified_name(fct_cost_allocations)}")
    for grain in Grain:
        allocated = allocate_costs(
            lines,
            transactions,
            policy=policy,
            drivers=drivers,
            grain=grain,
            minor_unit_digits=reporting.minor_unit_digits,
        )
        warehouse.append(fct_cost_allocations, allocated)
    counted = (fct_cost_lines, fct_transactions, fct_cost_allocations)
    return {table.name: warehouse.count(table) for table in counted}


def _convert_lines(session: Session, policy: CostPolicy, quarantined: frozenset[str]) -> None:
    """Replace the cost lines, a slice of the ledger after the other: each line is converted by itself."""
    warehouse, reporting = session.warehouse, session.project.home.settings.reporting
    rates = warehouse.read(stg_fx_rates)
    staged = qualified_name(stg_cost_lines)
    warehouse.execute(f"DELETE FROM {qualified_name(fct_cost_lines)}")
    first, last = warehouse.rows(f"SELECT coalesce(min(rowid), 0), coalesce(max(rowid), -1) FROM {staged}")[0]
    for start in range(first, last + 1, _SLICE_ROWS):
        within = f"rowid BETWEEN {start} AND {start + _SLICE_ROWS - 1}"
        lines = conform(warehouse.frame(f"SELECT * FROM {staged} WHERE {within} ORDER BY rowid"), stg_cost_lines)
        converted = convert_cost_lines(
            lines,
            rates,
            policy=policy,
            reporting_currency=reporting.currency,
            minor_unit_digits=reporting.minor_unit_digits,
            quarantined=quarantined,
        )
        warehouse.append(fct_cost_lines, converted)


def _count(session: Session, policy: CostPolicy, quarantined: frozenset[str]) -> pl.DataFrame:
    table = counted_table(policy.transaction)
    is_tickets = policy.transaction is TransactionKind.RESOLVED_TICKETS
    facts = {table.name: session.warehouse.read(table, _OF_TICKETS if is_tickets else None)}
    zone = session.project.home.settings.reporting.time_zone
    return count_transactions(policy, facts, time_zone=zone, quarantined_cost_lines=quarantined)


def _driver_data(session: Session, transactions: pl.DataFrame, clocks: Callable[[], DataClocks]) -> DriverData:
    """What the policy's drivers are computed from; what none of them needs is empty."""
    warehouse, policy = session.warehouse, session.project.policies.costs
    zone = session.project.home.settings.reporting.time_zone
    used = {divided.driver for divided in policy.divisions}
    is_by_tickets = used & {Driver.RESOLVED_TICKETS, Driver.ACTIVE_BUSINESS_HOURS}
    tickets = warehouse.read(fct_tickets, _OF_TICKETS) if is_by_tickets else polars_schema(fct_tickets).to_frame()
    resolved = transactions
    if policy.transaction is not TransactionKind.RESOLVED_TICKETS:
        resolved = count_transactions(CostPolicy(), {fct_tickets.name: tickets}, time_zone=zone)
    return DriverData(
        headcount=warehouse.read(stg_headcount),
        active_hours=sum_active_time(tickets, zone),
        resolved_tickets=resolved,
        metric_values=_measure_drivers(session, policy, clocks) if Driver.METRIC in used else _NO_VALUES,
    )


_NO_VALUES: Final = polars_schema(metric_values).to_frame()


def _measure_drivers(session: Session, policy: CostPolicy, clocks: Callable[[], DataClocks]) -> pl.DataFrame:
    """The driving metrics by team, measured on the facts as they are now and not as they were published."""
    reaches = clocks()
    measured = []
    for metric in driving_metrics(policy):
        known = (reaches.of(domain, metric, session.project.policies) for domain in metric.requires)
        as_of = min((clock for clock in known if clock is not None), default=None)
        if as_of is None:
            continue
        facts = {
            name: session.warehouse.read(table_named(name), columns)
            for name, columns in needed_columns([metric]).items()
        }
        zone = session.project.home.settings.reporting.time_zone
        measured.append(measure([metric], facts, time_zone=zone, as_of=as_of).filter(pl.col("dimension") == "team"))
    return pl.concat([_NO_VALUES, *measured])


def upstream_tables(policy: CostPolicy) -> tuple[Table, ...]:
    """The facts that cost facts are computed from under a policy."""
    used = {divided.driver for divided in policy.divisions}
    tables = {counted_table(policy.transaction).name}
    if used & {Driver.RESOLVED_TICKETS, Driver.ACTIVE_BUSINESS_HOURS}:
        tables.add(fct_tickets.name)
    for metric in driving_metrics(policy):
        tables |= set(needed_columns([metric]))
    return tuple(table_named(name) for name in sorted(tables))

"""The one list of all declared tables, by layer and by name."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table

from models import (
    finance,
    findings,
    marts,
    ops,
    planning,
    restatements,
    tickets,
    vendor_ledger,
    vendor_performance,
    vendors,
)
from models.vocabulary import Domain, Layer

TABLES: Final[tuple[Table, ...]] = (
    *tickets.TABLES,
    *finance.TABLES,
    *planning.TABLES,
    *vendors.TABLES,
    *vendor_ledger.TABLES,
    *vendor_performance.TABLES,
    *marts.TABLES,
    *restatements.TABLES,
    *ops.TABLES,
    *findings.TABLES,
)

_DOMAINS: Final[dict[str, Domain]] = {
    table.name: domain
    for domain, tables in (
        (Domain.TICKETS, tickets.TABLES),
        (Domain.FINANCE, (*finance.TABLES, *planning.TABLES)),
        (Domain.VENDORS, (*vendors.TABLES, *vendor_ledger.TABLES, *vendor_performance.TABLES)),
    )
    for table in tables
}

_BY_NAME: Final[dict[str, Table]] = {table.name: table for table in TABLES}

#: Staged tables that exports feed, by domain, in the order in which they are built.
STAGED: Final[dict[Domain, tuple[Table, ...]]] = {
    Domain.TICKETS: (tickets.stg_tickets, tickets.stg_ticket_events),
    Domain.FINANCE: (
        finance.stg_cost_lines,
        finance.stg_fx_rates,
        finance.stg_headcount,
        *planning.STAGED_TABLES,
    ),
    Domain.VENDORS: (
        vendors.stg_vendor_contracts,
        vendors.stg_vendor_invoice_lines,
        vendors.stg_purchase_orders,
        vendors.stg_deliveries,
    ),
}


def table_named(name: str) -> Table:
    """The declared table of that name.

    Raises:
        KeyError: no table has that name.
    """
    return _BY_NAME[name]


def domain_of(table: Table) -> Domain:
    """The domain that a table of the raw, staged or core layer belongs to.

    Raises:
        KeyError: the table belongs to no domain.
    """
    return _DOMAINS[table.name]


def tables_of(layer: Layer) -> tuple[Table, ...]:
    """All declared tables of a layer, in declaration order."""
    return tuple(table for table in TABLES if table.schema == layer.value)

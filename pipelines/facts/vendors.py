"""Reads what the vendor facts are made of, and builds them together: they are all as of one clock.

The arithmetic is in `metrics.vendors`; whether they may be built is decided in `pipelines.facts.steps`.
"""

from __future__ import annotations

from typing import Final

import polars as pl
from sqlalchemy import Table

from metrics.periods import local_date_of
from metrics.vendors.commitments import build_commitments
from metrics.vendors.contracts import build_contracts, day_after_last, find_as_of_date
from metrics.vendors.duplicates import find_duplicates
from metrics.vendors.invoices import build_invoice_lines
from metrics.vendors.performance import build_deliveries
from metrics.vendors.purchase_orders import add_up_orders
from metrics.vendors.rate_cards import build_rates
from models.finance import stg_fx_rates
from models.vendor_ledger import (
    fct_invoice_duplicate_suspects,
    fct_purchase_orders,
    fct_vendor_commitment_months,
    fct_vendor_commitments,
    fct_vendor_contracts,
    fct_vendor_rates,
)
from models.vendors import (
    fct_deliveries,
    fct_vendor_invoice_lines,
    stg_deliveries,
    stg_purchase_orders,
    stg_vendor_contracts,
    stg_vendor_invoice_lines,
)
from pipelines.session import Session
from pipelines.warehouse import Warehouse

VENDOR_FACTS: Final[tuple[Table, ...]] = (
    fct_deliveries,
    fct_vendor_contracts,
    fct_vendor_rates,
    fct_vendor_invoice_lines,
    fct_purchase_orders,
    fct_invoice_duplicate_suspects,
    fct_vendor_commitments,
    fct_vendor_commitment_months,
)


def build_vendor_tables(session: Session) -> dict[Table, pl.DataFrame]:
    """All vendor facts, from what is staged now."""
    warehouse, reporting = session.warehouse, session.project.home.settings.reporting
    policy, fx = session.project.policies.vendors, session.project.policies.costs.fx
    staged_contracts, orders = warehouse.read(stg_vendor_contracts), warehouse.read(stg_purchase_orders)
    staged_lines, fx_rates = warehouse.read(stg_vendor_invoice_lines), warehouse.read(stg_fx_rates)
    set_aside = quarantined_records(warehouse, stg_vendor_invoice_lines)
    deliveries = build_deliveries(
        warehouse.read(stg_deliveries), quarantined=quarantined_records(warehouse, stg_deliveries)
    )
    if session.as_of_option is not None:
        as_of_date = billed_until = local_date_of(session.as_of_option, reporting.time_zone)
    else:
        trusted = staged_lines.with_columns(is_quarantined=pl.col("vendor_invoice_line_id").is_in(sorted(set_aside)))
        as_of_date = find_as_of_date(deliveries, trusted)
        # Deliveries may be known of months whose invoices have not come: these months did not cost nothing.
        billed_until = day_after_last(trusted, "invoice_date") or as_of_date
    contracts = build_contracts(
        staged_contracts,
        fx_rates,
        fx=fx,
        as_of_date=as_of_date,
        reporting_currency=reporting.currency,
        minor_unit_digits=reporting.minor_unit_digits,
    )
    rates = build_rates(staged_contracts, contracts, policy)
    lines = build_invoice_lines(
        staged_lines,
        orders,
        contracts,
        rates,
        fx_rates,
        policy=policy,
        fx=fx,
        reporting_currency=reporting.currency,
        minor_unit_digits=reporting.minor_unit_digits,
        quarantined=set_aside,
    )
    suspects, lines = find_duplicates(lines, policy.duplicates)
    commitments, commitment_months = build_commitments(
        contracts,
        lines,
        fx_rates,
        fx=fx,
        reporting_currency=reporting.currency,
        as_of_date=billed_until,
        run_rate_months=policy.run_rate_months,
        minor_unit_digits=reporting.minor_unit_digits,
    )
    return {
        fct_deliveries: deliveries,
        fct_vendor_contracts: contracts,
        fct_vendor_rates: rates,
        fct_vendor_invoice_lines: lines,
        fct_purchase_orders: add_up_orders(orders, lines),
        fct_invoice_duplicate_suspects: suspects,
        fct_vendor_commitments: commitments,
        fct_vendor_commitment_months: commitment_months,
    }


def quarantined_records(warehouse: Warehouse, table: Table) -> frozenset[str]:
    """Keys of the records of a staged table that a contract rule set aside."""
    query = "SELECT DISTINCT record_id FROM ops.ops_quarantined_records WHERE table_name = ?"
    return frozenset(str(row[0]) for row in warehouse.rows(query, [table.name]))

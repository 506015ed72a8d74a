"""Reads what service credits and recoverable money are made of, and builds their facts together.

The arithmetic is in `metrics.vendors`; whether they may be built is decided in `pipelines.facts.steps`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl
from sqlalchemy import Table

from metrics.periods import local_date_of
from metrics.sla.policy import HOLDER_TARGETS
from metrics.vendors.promise_cases import Evidence
from metrics.vendors.recoverables import list_recoverables
from metrics.vendors.service_credits import Currency, build_service_credits
from models.ddl import qualified_name, quote_text
from models.finance import stg_fx_rates
from models.tickets import fct_sla_clocks, fct_tickets
from models.vendor_performance import (
    fct_service_credit_clocks,
    fct_service_credit_notes,
    fct_service_credits,
    fct_vendor_recoverables,
)
from models.vendors import fct_contract_promises, fct_deliveries, fct_vendor_invoice_lines
from pipelines.session import Session

CREDIT_FACTS: Final[tuple[Table, ...]] = (
    fct_service_credits,
    fct_service_credit_clocks,
    fct_service_credit_notes,
    fct_vendor_recoverables,
)
#: Facts that they are made of.
CREDIT_SOURCES: Final[tuple[Table, ...]] = (
    fct_contract_promises,
    fct_tickets,
    fct_sla_clocks,
    fct_deliveries,
    fct_vendor_invoice_lines,
)


def build_credit_tables(
    session: Session, *, tickets_until: datetime | None, deliveries_until: datetime | None
) -> dict[Table, pl.DataFrame]:
    """Service credits with what proves them, and all that may be recovered.

    Args:
        tickets_until, deliveries_until: how far the cases reach that promises are judged by; None without data.
    """
    warehouse, reporting = session.warehouse, session.project.home.settings.reporting
    policies = session.project.policies
    zone = reporting.time_zone
    lines = warehouse.read(fct_vendor_invoice_lines)
    evidence = Evidence(
        clocks=_vendor_clocks(session),
        tickets=_judged_tickets(session),
        deliveries=warehouse.read(fct_deliveries),
        time_zone=zone,
        tickets_as_of=local_date_of(tickets_until, zone) if tickets_until is not None else None,
        deliveries_as_of=local_date_of(deliveries_until, zone) if deliveries_until is not None else None,
    )
    built = build_service_credits(
        policies.vendors.credits,
        warehouse.read(fct_contract_promises),
        evidence,
        lines,
        Currency(
            reporting=reporting.currency,
            fx_rates=warehouse.read(stg_fx_rates),
            policy=policies.costs.fx,
            minor_unit_digits=reporting.minor_unit_digits,
        ),
    )
    return {
        fct_service_credits: built.credits,
        fct_service_credit_clocks: built.clocks,
        fct_service_credit_notes: built.notes,
        fct_vendor_recoverables: list_recoverables(lines, built.credits, built.notes),
    }


def _vendor_clocks(session: Session) -> pl.DataFrame:
    targets = ", ".join(quote_text(target.value) for target in HOLDER_TARGETS)
    return session.warehouse.frame(f"SELECT * FROM {qualified_name(fct_sla_clocks)} WHERE target IN ({targets})")


def _judged_tickets(session: Session) -> pl.DataFrame:
    """The tickets that were set aside, and the first of the others, with which the data begin."""
    table = qualified_name(fct_tickets)
    return session.warehouse.frame(
        f"""
        SELECT ticket_id, created_at, resolved_at, is_quarantined FROM {table}
        WHERE is_quarantined OR created_at = (SELECT min(created_at) FROM {table} WHERE NOT is_quarantined)
        """
    )

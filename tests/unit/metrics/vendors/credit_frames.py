"""Contracts, clocks, deliveries and invoices from a few written-out columns, for the tests of service credits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
from finance_frames import exchange_rates, rows_of

from metrics.vendors.credit_policy import CreditTerms
from metrics.vendors.promise_cases import Evidence
from metrics.vendors.service_credits import Currency, ServiceCredits, build_service_credits
from models.tickets import fct_sla_clocks, fct_tickets
from models.vendors import fct_contract_promises, fct_deliveries, fct_vendor_invoice_lines

Row = Mapping[str, Any]

#: Ten days into October: September is over, October is not.
AS_OF = date(2026, 10, 10)


def contract(**columns: Any) -> dict[str, Any]:
    """A row of `fct_contract_promises`: contract A1 of Acme in euros, from January 2026 on."""
    return {
        "contract_promise_id": f"register:{columns.get('vendor_contract_id', 'A1')}:{columns.get('item', 'Visit')}",
        "vendor_contract_id": "A1",
        "vendor": "Acme",
        "item": "Visit",
        "contract_start_date": date(2026, 1, 1),
        "currency_code": "EUR",
        **columns,
    }


def clocks(day: date, met: int = 0, breached: int = 0, **columns: Any) -> list[dict[str, Any]]:
    """Decided clocks of one day at noon UTC; their tickets are named after the day and counted."""
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return [
        {
            "ticket_id": f"{columns.get('vendor', 'Acme')}:{day}:{number}",
            "sla_policy": "repairs",
            "cycle_number": 1,
            "target": "vendor_resolution",
            "source": "desk",
            "vendor": "Acme",
            "state": "met" if number < met else "breached",
            "decided_at": at,
            "breached_at": None if number < met else at,
            **columns,
        }
        for number in range(met + breached)
    ]


def fee(month: date, amount: str, **columns: Any) -> dict[str, Any]:
    """A line of `fct_vendor_invoice_lines` for a whole month, billed on the fifth of the next one."""
    following = date(month.year + month.month // 12, month.month % 12 + 1, 5)
    return {
        "vendor_invoice_line_id": f"ap:{month}:{columns.get('item', 'Managed line')}:{amount}",
        "source": "ap",
        "invoice_id": f"I-{month:%Y%m}",
        "vendor": "Acme",
        "invoice_date": following,
        "service_start_date": month,
        "service_end_date": pl.select(pl.lit(month).dt.month_end()).item(),
        "item": "Managed line",
        "amount_original": Decimal(amount),
        "currency_code": "EUR",
        "vendor_contract_id": "A1",
        "match_state": "matched",
        "duplicate_at_stake_reporting": Decimal(0),
        "is_quarantined": False,
        **columns,
    }


def build(
    terms: CreditTerms | Sequence[CreditTerms],
    *,
    contracts: Sequence[Row] = (),
    cases: Sequence[Row] = (),
    deliveries: Sequence[Row] = (),
    invoices: Sequence[Row] = (),
    set_aside: Sequence[str] = (),
    as_of: date = AS_OF,
    since: date = date(2026, 1, 1),
    rates: pl.DataFrame | None = None,
) -> ServiceCredits:
    """What is due, with tickets since a day and the data of all kinds until another."""
    at = datetime(since.year, since.month, since.day, 12, tzinfo=UTC)
    first = {"ticket_id": "first", "created_at": at, "is_quarantined": False}
    asides = [{"ticket_id": key, "created_at": at, "is_quarantined": True} for key in set_aside]
    evidence = Evidence(
        clocks=rows_of(fct_sla_clocks, cases),
        tickets=rows_of(fct_tickets, [first, *asides]),
        deliveries=rows_of(fct_deliveries, [{"is_quarantined": False, **row} for row in deliveries]),
        time_zone="Europe/Amsterdam",
        tickets_as_of=as_of,
        deliveries_as_of=as_of,
    )
    return build_service_credits(
        [terms] if isinstance(terms, CreditTerms) else terms,
        rows_of(fct_contract_promises, contracts or [contract()]),
        evidence,
        rows_of(fct_vendor_invoice_lines, invoices),
        Currency("EUR", exchange_rates() if rates is None else rates),
    )

"""Frames of the vendor tables from a few written-out columns, and the facts that are built of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
from finance_frames import exchange_rates, rows_of

from metrics.costs.exchange_rates import FxPolicy
from metrics.vendors.contracts import build_contracts
from metrics.vendors.invoices import build_invoice_lines
from metrics.vendors.policy import VendorPolicy
from metrics.vendors.rate_cards import build_rates
from models.vendors import stg_purchase_orders, stg_vendor_contracts, stg_vendor_invoice_lines

#: Day of the data's clock in these tests.
TODAY = date(2026, 7, 1)
YEAR = {"start_date": date(2026, 1, 1), "end_date": date(2026, 12, 31)}

Row = Mapping[str, Any]


def _provenance(number: int) -> dict[str, Any]:
    return {"load_id": "load1", "row_number": number, "row_hash": "hash"}


def card(*rows: Row) -> pl.DataFrame:
    """`stg_vendor_contracts`: Acme's contract C1 over 2026 in EUR for the item Visit, unless a row says otherwise."""
    defaults = {"source": "register", "vendor_contract_id": "C1", "vendor": "Acme", "currency_code": "EUR", **YEAR}
    return rows_of(
        stg_vendor_contracts,
        [
            {
                **defaults,
                "item": "Visit",
                **row,
                "vendor_contract_line_id": f"register:{row.get('vendor_contract_id', 'C1')}/{row.get('item', 'Visit')}",
                **_provenance(number),
            }
            for number, row in enumerate(rows, start=2)
        ],
    )


def billed(*rows: Row) -> pl.DataFrame:
    """`stg_vendor_invoice_lines`: Acme bills a Visit in EUR on 15 May 2026, unless a row says otherwise."""
    defaults = {
        "source": "ap",
        "vendor": "Acme",
        "item": "Visit",
        "currency_code": "EUR",
        "invoice_date": date(2026, 5, 15),
        "quantity": Decimal(1),
    }
    return rows_of(
        stg_vendor_invoice_lines,
        [
            {**defaults, "vendor_invoice_line_id": f"ap:{number}", "invoice_id": f"R{number}", **row,
             **_provenance(number)}
            for number, row in enumerate(rows, start=2)
        ],
    )  # fmt: skip


def orders(*rows: Row) -> pl.DataFrame:
    """`stg_purchase_orders`: order PO1 to Acme in EUR, unless a row says otherwise."""
    defaults = {"source": "erp", "purchase_order_id": "PO1", "vendor": "Acme", "currency_code": "EUR"}
    return rows_of(
        stg_purchase_orders,
        [
            {**defaults, "purchase_order_line_id": f"erp:{number}", **row, **_provenance(number)}
            for number, row in enumerate(rows, start=2)
        ],
    )


@dataclass(frozen=True)
class Built:
    """Facts built of one set of staged rows."""

    contracts: pl.DataFrame
    rates: pl.DataFrame
    lines: pl.DataFrame

    def column(self, name: str) -> list[Any]:
        """A column of the billed lines."""
        return self.lines[name].to_list()


def build(
    contract_rows: pl.DataFrame,
    lines: pl.DataFrame,
    order_rows: pl.DataFrame | None = None,
    *,
    rates: pl.DataFrame | None = None,
    policy: VendorPolicy | None = None,
    as_of_date: date | None = TODAY,
    quarantined: Sequence[str] = (),
) -> Built:
    """Contracts, prices and matched lines, in EUR."""
    fx_rates = exchange_rates() if rates is None else rates
    chosen = policy or VendorPolicy()
    contracts = build_contracts(contract_rows, fx_rates, fx=FxPolicy(), as_of_date=as_of_date, reporting_currency="EUR")
    prices = build_rates(contract_rows, contracts, chosen)
    found = build_invoice_lines(
        lines,
        orders() if order_rows is None else order_rows,
        contracts,
        prices,
        fx_rates,
        policy=chosen,
        fx=FxPolicy(),
        reporting_currency="EUR",
        quarantined=frozenset(quarantined),
    )
    return Built(contracts, prices, found)

"""Purchase orders: one a year for each vendor that is ordered from, open for anything under its contract.

The invoices that name them are in `vendor_billing`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Final, NamedTuple

from pipelines.sample.company import VENDOR_BY_NAME
from pipelines.sample.summary import SampleFile
from pipelines.sample.vendor_billing import OVERCHARGING_VENDOR, InvoiceLine

EXPORT: Final = "purchase_orders"
COLUMNS: Final = (
    "order_number", "line", "vendor", "contract_id", "item", "approved_amount", "currency", "valid_from", "valid_to",
)  # fmt: skip
#: What is approved of what will be billed: enough, but for the vendor that charges too much.
_APPROVED: Final = Decimal("1.15")
_APPROVED_TOO_LITTLE: Final = Decimal("0.90")
_HUNDRED: Final = Decimal(100)


class PurchaseOrder(NamedTuple):
    """One order, what was approved, and what was billed on it."""

    number: str
    vendor: str
    year: int
    approved: Decimal
    billed: Decimal


def draw_orders(lines: Iterable[InvoiceLine]) -> list[PurchaseOrder]:
    """An order for each number that invoices name, in order of the numbers."""
    billed: dict[tuple[str, str, int], Decimal] = {}
    for line in lines:
        if line.purchase_order:
            key = (line.purchase_order, line.vendor, line.service_from.year)
            billed[key] = billed.get(key, Decimal(0)) + line.amount
    return [
        PurchaseOrder(number, vendor, year, _approve(vendor, total), total)
        for (number, vendor, year), total in sorted(billed.items())
    ]


def _approve(vendor: str, billed: Decimal) -> Decimal:
    """Whole hundreds."""
    share = _APPROVED_TOO_LITTLE if vendor == OVERCHARGING_VENDOR else _APPROVED
    return (billed * share / _HUNDRED).quantize(Decimal(1), ROUND_UP) * _HUNDRED


def write_orders(landing: Path, orders: Iterable[PurchaseOrder]) -> list[SampleFile]:
    """Write one CSV with all orders."""
    folder = landing / EXPORT
    folder.mkdir(parents=True, exist_ok=True)
    path = f"{EXPORT}/purchase_orders.csv"
    row_count = 0
    with (landing / path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for order in orders:
            vendor = VENDOR_BY_NAME[order.vendor]
            first, last = date(order.year, 1, 1), date(order.year, 12, 31)
            writer.writerow(
                (order.number, 1, order.vendor, vendor.contract_id, "", order.approved, vendor.currency, first, last)
            )
            row_count += 1
    return [SampleFile(EXPORT, path, {"orders": row_count})]

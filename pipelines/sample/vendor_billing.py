"""What vendors bill: an invoice per vendor and month, with the faults that real invoices have.

Among them are prices above the rate card, an item that no rate card knows, credit notes, one of them for promises that
were not kept, and the same invoice sent twice under another number. The vendors' contracts are in `vendor_contracts`.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from pipelines.sample.company import (
    NEW_NETWORK_VENDOR,
    OLD_NETWORK_VENDOR,
    VENDOR_BY_NAME,
    VENDORS,
    RateCardItem,
    Vendor,
)
from pipelines.sample.plan import Plan, to_cents
from pipelines.sample.span import Span, next_month
from pipelines.sample.summary import SampleFile
from pipelines.sample.vendor_contracts import price_in

EXPORT: Final = "vendor_invoices"
COLUMNS: Final = (
    "Invoice Number", "Line", "Vendor", "Invoice Date", "Service From", "Service To", "Purchase Order", "Item",
    "Quantity", "Unit Price", "Amount", "Currency",
)  # fmt: skip

#: Vendor that bills above its rate card, by how much, and in every which month.
OVERCHARGING_VENDOR: Final = "Brightway Facilities"
_OVERCHARGE: Final = Decimal("1.12")
_OVERCHARGED_EVERY: Final = 5
#: Vendor whose invoice comes twice, and that has to give credit now and then.
CARELESS_VENDOR: Final = "Kestrel Devices"
_CREDIT_NOTE_EVERY: Final = 4
#: Vendor whose invoices name no purchase order: it bills what was used.
VENDOR_WITHOUT_ORDERS: Final = "Nimbus Cloud"
#: Item by which a credit note for broken promises is known.
SERVICE_CREDIT: Final = "Service credit"
_SERVICE_CREDIT_PER_TICKET: Final = Decimal("0.25")
_MIGRATION_PER_TICKET: Final = Decimal("2.10")

#: Visits by vendor, first day of the month, and whether they were expedited.
VisitCounts = Counter[tuple[str, date, bool]]


class InvoiceLine(NamedTuple):
    """One line of an invoice; quantity and amount of a credit note are negative."""

    invoice: str
    line: int
    vendor: str
    invoice_date: date
    service_from: date
    service_to: date
    purchase_order: str
    item: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    currency: str


class Billing(NamedTuple):
    """All invoice lines, and what is wrong with some of them."""

    lines: list[InvoiceLine]
    #: Lines of invoices that will come after the end of the span: known to nobody yet, but to be accrued for.
    lines_to_come: list[InvoiceLine]
    duplicate_invoices: tuple[str, ...]
    billed_above_rate_card: dict[str, Decimal]
    service_credits_given: dict[str, Decimal]


def works_for_us(vendor: Vendor, month: date, span: Span) -> bool:
    """Whether a vendor's contract covers a month: the network vendor changes with the bad month."""
    if vendor.name == OLD_NETWORK_VENDOR:
        return month < span.bad_month
    if vendor.name == NEW_NETWORK_VENDOR:
        return month >= span.bad_month
    return True


def draw_invoices(span: Span, plan: Plan, visits: VisitCounts, random: Random) -> Billing:
    """Invoices for every month's visits and fees, dated in the month after."""
    lines: list[InvoiceLine] = []
    above_rate_card: dict[str, Decimal] = {}
    duplicates: list[str] = []
    for index, month in enumerate(span.months):
        for vendor in VENDORS:
            if not works_for_us(vendor, month, span):
                continue
            invoice_date = next_month(month) + timedelta(days=2 + int(random.random() * 5))
            positions = _positions(vendor, month, span, plan, visits)
            if not positions:
                continue
            is_issued = invoice_date <= span.last
            if vendor.name == OVERCHARGING_VENDOR and is_issued and index % _OVERCHARGED_EVERY == 2:
                positions, excess = _overcharge(positions, vendor.visit)
                above_rate_card[vendor.name] = above_rate_card.get(vendor.name, Decimal(0)) + excess
            number = f"{vendor.contract_id[:2]}-{month:%Y%m}-{100 + int(random.random() * 900)}"
            invoice = _invoice(number, vendor, invoice_date, month, span, positions)
            lines += invoice
            if vendor.name == CARELESS_VENDOR and is_issued:
                if index == len(span.months) // 2:
                    again = _send_again(invoice, span)
                    lines += again
                    duplicates += sorted({line.invoice for line in again})
                if index % _CREDIT_NOTE_EVERY == 1:
                    price = vendor.visit.unit_price
                    credit = [(vendor.visit.name, Decimal(-2), price)]
                    lines += _invoice(f"{number}-CN", vendor, invoice_date, month, span, credit)
    given = _give_service_credit(span, plan)
    lines += given
    issued = [line for line in lines if line.invoice_date <= span.last]
    to_come = [line for line in lines if line.invoice_date > span.last]
    service_credits = {line.vendor: -line.amount for line in given}
    return Billing(issued, to_come, tuple(duplicates), above_rate_card, service_credits)


Position = tuple[str, Decimal, Decimal]


def _positions(vendor: Vendor, month: date, span: Span, plan: Plan, visits: VisitCounts) -> list[Position]:
    """What a vendor bills for one month: (item, quantity, unit price)."""
    expedited = visits[vendor.name, month, True]
    usual = visits[vendor.name, month, False]
    if vendor.expedite is None:
        usual, expedited = usual + expedited, 0
    counts: list[tuple[RateCardItem, int]] = [(vendor.visit, usual)]
    if vendor.expedite is not None:
        counts.append((vendor.expedite, expedited))
    planned = plan.planned_tickets(month)
    counts += [(item, round(planned * Decimal(str(per_ticket)))) for item, per_ticket in vendor.monthly]
    positions = [(item.name, Decimal(count), price_in(item, month, span)) for item, count in counts if count]
    if vendor.name == NEW_NETWORK_VENDOR and month == span.bad_month:
        positions.append(("Circuit migration", Decimal(1), to_cents(planned * _MIGRATION_PER_TICKET)))
    return positions


def _overcharge(positions: list[Position], item: RateCardItem) -> tuple[list[Position], Decimal]:
    """The same positions with a higher price for one item, and how much more that makes."""
    higher = to_cents(item.unit_price * _OVERCHARGE)
    changed = [(name, count, higher if name == item.name else price) for name, count, price in positions]
    excess = sum((count * (higher - item.unit_price) for name, count, _ in positions if name == item.name), Decimal(0))
    return changed, excess


def _invoice(
    number: str, vendor: Vendor, invoice_date: date, month: date, span: Span, positions: Iterable[Position]
) -> list[InvoiceLine]:
    purchase_order = "" if vendor.name == VENDOR_WITHOUT_ORDERS else f"PO-{vendor.contract_id[:2]}-{month.year}"
    return [
        InvoiceLine(
            number, line, vendor.name, invoice_date, month, span.last_day_in(month), purchase_order, item,
            quantity, price, to_cents(quantity * price), vendor.currency,
        )
        for line, (item, quantity, price) in enumerate(positions, start=1)
    ]  # fmt: skip


def _give_service_credit(span: Span, plan: Plan) -> list[InvoiceLine]:
    """The new network vendor's credit note for the bad month, six weeks after it: less than its contract says."""
    vendor = VENDOR_BY_NAME[NEW_NETWORK_VENDOR]
    invoice_date = next_month(span.bad_month) + timedelta(days=42)
    if invoice_date > span.last:
        return []
    amount = to_cents(plan.planned_tickets(span.bad_month) * _SERVICE_CREDIT_PER_TICKET)
    number = f"{vendor.contract_id[:2]}-{span.bad_month:%Y%m}-SC"
    return _invoice(number, vendor, invoice_date, span.bad_month, span, [(SERVICE_CREDIT, Decimal(-1), amount)])


def _send_again(invoice: list[InvoiceLine], span: Span) -> list[InvoiceLine]:
    """The same invoice under a number that differs by a letter, dated a little later."""
    again = invoice[0].invoice_date + timedelta(days=9)
    if again > span.last:
        return []
    return [line._replace(invoice=f"{line.invoice}A", invoice_date=again) for line in invoice]


def write_invoices(landing: Path, lines: Iterable[InvoiceLine]) -> list[SampleFile]:
    """Write a file per year of invoice date: dates M/D/Y, amounts with a thousands comma, credits in parentheses."""
    folder = landing / EXPORT
    folder.mkdir(parents=True, exist_ok=True)
    by_year: dict[int, list[InvoiceLine]] = {}
    for line in sorted(lines, key=lambda line: (line.invoice_date, line.invoice, line.line)):
        by_year.setdefault(line.invoice_date.year, []).append(line)
    written = []
    for year, year_lines in by_year.items():
        path = f"{EXPORT}/invoices_{year}.csv"
        with (landing / path).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow(COLUMNS)
            for line in year_lines:
                writer.writerow(
                    (
                        line.invoice, line.line, line.vendor, _write_date(line.invoice_date),
                        _write_date(line.service_from), _write_date(line.service_to), line.purchase_order,
                        line.item, line.quantity, line.unit_price, _write_amount(line.amount), line.currency,
                    )
                )  # fmt: skip
        written.append(SampleFile(EXPORT, path, {"invoice_lines": len(year_lines)}))
    return written


def _write_date(day: date) -> str:
    return day.strftime("%m/%d/%Y")


def _write_amount(amount: Decimal) -> str:
    return f"({-amount:,.2f})" if amount < 0 else f"{amount:,.2f}"

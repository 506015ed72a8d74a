"""The contract register: a CSV row per contract, rate-card item and price, contract terms repeated on each row."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from pipelines.sample.company import NEW_NETWORK_VENDOR, OLD_NETWORK_VENDOR, VENDORS, RateCardItem, Vendor
from pipelines.sample.plan import Plan
from pipelines.sample.span import Span, last_day, month_start
from pipelines.sample.summary import SampleFile

EXPORT: Final = "vendor_contracts"
COLUMNS: Final = (
    "contract_id", "vendor", "start_date", "end_date", "notice_days", "currency", "committed_spend", "item",
    "unit_price", "price_from", "price_to", "sla_target_hours", "sla_target_ratio", "service_credit_ratio",
)  # fmt: skip
_HUNDRED: Final = Decimal(100)


def write_contracts(landing: Path, span: Span, plan: Plan) -> list[SampleFile]:
    """Write the register as it stands at the end of the span, ended contracts included."""
    folder = landing / EXPORT
    folder.mkdir(parents=True, exist_ok=True)
    path = f"{EXPORT}/contract_register.csv"
    row_count = 0
    with (landing / path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for vendor in VENDORS:
            start, end = contract_term(vendor, span)
            commitment = committed_spend(vendor, span, plan)
            for item in vendor.rate_card:
                for price, price_from, price_to in _prices(item, span):
                    writer.writerow(
                        (
                            vendor.contract_id, vendor.name, start.isoformat(), end.isoformat(), vendor.notice_days,
                            vendor.currency, commitment, item.name, price, price_from, price_to,
                            item.sla_target_hours or "",
                            vendor.sla_target_ratio if item.sla_target_hours else "",
                            vendor.service_credit_ratio if item.sla_target_hours else "",
                        )
                    )  # fmt: skip
                    row_count += 1
    return [SampleFile(EXPORT, path, {"contract_items": row_count})]


def _prices(item: RateCardItem, span: Span) -> list[tuple[Decimal, str, str]]:
    """Prices of an item with their first and last days, empty where the contract's term says them."""
    if item.later_unit_price is None:
        return [(item.unit_price, "", "")]
    last = span.price_change - timedelta(days=1)
    return [(item.unit_price, "", last.isoformat()), (item.later_unit_price, span.price_change.isoformat(), "")]


def price_in(item: RateCardItem, month: date, span: Span) -> Decimal:
    """The contracted price of an item in a month."""
    is_later = item.later_unit_price is not None and month >= span.price_change
    return item.later_unit_price if is_later and item.later_unit_price is not None else item.unit_price


def contract_term(vendor: Vendor, span: Span) -> tuple[date, date]:
    """First and last day of a contract. The network contracts meet at the bad month; others outlast the span."""
    start = month_start(span.first.year, span.first.month - 4)
    end = last_day(month_start(span.last.year, span.last.month + 4))
    if vendor.name == OLD_NETWORK_VENDOR:
        return start, span.bad_month - timedelta(days=1)
    if vendor.name == NEW_NETWORK_VENDOR:
        return span.bad_month, last_day(month_start(span.bad_month.year, span.bad_month.month + 22))
    return start, end


def committed_spend(vendor: Vendor, span: Span, plan: Plan) -> Decimal:
    """Spend committed over the term, in whole hundreds."""
    start, end = contract_term(vendor, span)
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    amount = months * plan.planned_tickets(span.first) * vendor.commitment_per_ticket
    return (amount / _HUNDRED).quantize(Decimal(1)) * _HUNDRED

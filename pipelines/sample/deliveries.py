"""Deliveries of devices and parts: a CSV with a byte order mark, dates such as 2-Jun-26, some never captured.

A promise may move once: the first promise and the one in force stand side by side. Orders still under way at the end
have no delivery date; their promises may lie after the end.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from pipelines.sample.company import NEW_NETWORK_VENDOR, VENDOR_BY_NAME, VENDORS
from pipelines.sample.plan import Plan, to_cents
from pipelines.sample.span import Span
from pipelines.sample.summary import DeliveryTotals, SampleFile
from pipelines.sample.vendor_billing import works_for_us

EXPORT: Final = "deliveries"
COLUMNS: Final = (
    "Delivery ID", "Order Date", "Vendor", "Product Group", "Item", "Ordered By", "Quantity", "First Promised Date",
    "Promised Date", "Delivered Date", "Value", "Currency",
)  # fmt: skip
NOT_CAPTURED: Final = "Date Not Captured"

_ITEMS: Final = {
    "Kestrel Devices": (("Workplace", "Rugged tablet", "Service Desk"), ("Workplace", "Headset", "Support Europe")),
    "Orbit Telecom": (("Network", "Line card", "Network Operations"),),
    "Tessera Networks": (("Network", "Edge router", "Network Operations"),),
    "Brightway Facilities": (
        ("Buildings", "Badge reader", "Facilities"), ("Buildings", "Heat pump part", "Facilities"),
    ),
}  # fmt: skip
_ON_TIME_SHARE: Final = {
    "Kestrel Devices": 0.93, "Orbit Telecom": 0.9, "Tessera Networks": 0.9, "Brightway Facilities": 0.82,
}  # fmt: skip
_ON_TIME_SHARE_IN_BAD_MONTH: Final = 0.45
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Delivery(NamedTuple):
    """One delivery line; `delivered_date` is None while it is under way."""

    ordered_date: date
    vendor: str
    product_group: str
    item: str
    team: str
    quantity: int
    first_promised_date: date
    promised_date: date
    delivered_date: date | None
    is_captured: bool
    value: Decimal


def draw_deliveries(span: Span, plan: Plan, random: Random) -> list[Delivery]:
    """Deliveries ordered within the span, in order of the order date."""
    deliveries = []
    for month in span.months:
        vendors = [vendor for vendor in VENDORS if vendor.name in _ITEMS and works_for_us(vendor, month, span)]
        days = (span.last_day_in(month) - month).days + 1
        for _ in range(6 + round(plan.planned_tickets(month) / 30)):
            vendor = vendors[int(random.random() * len(vendors))]
            ordered = month + timedelta(days=int(random.random() * days))
            deliveries.append(_draw_delivery(vendor.name, ordered, span, random))
    deliveries.sort(key=lambda delivery: delivery.ordered_date)
    return deliveries


def _draw_delivery(vendor: str, ordered: date, span: Span, random: Random) -> Delivery:
    group, item, team = random.choice(_ITEMS[vendor])
    first_promised = ordered + timedelta(days=5 + int(random.random() * 20))
    has_moved = random.random() < 0.15
    promised = first_promised + timedelta(days=3 + int(random.random() * 6)) if has_moved else first_promised
    is_troubled = vendor == NEW_NETWORK_VENDOR and (ordered.year, ordered.month) == (
        span.bad_month.year, span.bad_month.month
    )  # fmt: skip
    on_time_share = _ON_TIME_SHARE_IN_BAD_MONTH if is_troubled else _ON_TIME_SHARE[vendor]
    is_on_time = random.random() < on_time_share
    delay = -int(random.random() * 3) if is_on_time else 1 + int(random.random() * 12)
    delivered = max(ordered, promised + timedelta(days=delay))
    quantity = 1 + int(random.random() * 12)
    value = to_cents(quantity * Decimal(int(2500 + random.random() * 24000)) / 100)
    is_captured = random.random() >= 0.03
    return Delivery(
        ordered, vendor, group, item, team, quantity, first_promised, promised,
        delivered if delivered <= span.last else None, is_captured, value,
    )  # fmt: skip


def write_deliveries(landing: Path, deliveries: list[Delivery]) -> list[SampleFile]:
    """Write all deliveries into one file."""
    folder = landing / EXPORT
    folder.mkdir(parents=True, exist_ok=True)
    path = f"{EXPORT}/deliveries.csv"
    with (landing / path).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for number, delivery in enumerate(deliveries, start=1):
            writer.writerow(
                (
                    f"DL-{number:06}", _write_date(delivery.ordered_date), delivery.vendor, delivery.product_group,
                    delivery.item, delivery.team, delivery.quantity, _write_date(delivery.first_promised_date),
                    _write_date(delivery.promised_date), _write_delivered(delivery), f"{delivery.value:,.2f}",
                    VENDOR_BY_NAME[delivery.vendor].currency,
                )
            )  # fmt: skip
    return [SampleFile(EXPORT, path, {"deliveries": len(deliveries)})]


def count_deliveries(deliveries: list[Delivery]) -> DeliveryTotals:
    """How many came on time, late, without a usable date, or not yet."""
    delivered = [delivery for delivery in deliveries if delivery.delivered_date is not None]
    captured = [delivery for delivery in delivered if delivery.is_captured]
    on_time = sum(delivery.delivered_date <= delivery.promised_date for delivery in captured if delivery.delivered_date)
    return DeliveryTotals(
        delivery_count=len(deliveries),
        on_time_count=on_time,
        late_count=len(captured) - on_time,
        not_captured_count=len(delivered) - len(captured),
        not_yet_delivered_count=len(deliveries) - len(delivered),
    )


def _write_delivered(delivery: Delivery) -> str:
    if delivery.delivered_date is None:
        return ""
    return _write_date(delivery.delivered_date) if delivery.is_captured else NOT_CAPTURED


def _write_date(day: date) -> str:
    """2-Jun-26, whatever the machine's language."""
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year % 100:02}"

"""Metrics of vendors: what they promised, delivered and billed.

Meanings follow docs/decisions.md.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.kinds import Ratio, Sum
from metrics.populations import DUE_DELIVERIES, VENDOR_INVOICE_LINES
from metrics.spec import Direction, Metric, Unit
from models.vocabulary import Domain

_VENDOR_MANAGEMENT: Final = "Vendor management"

VENDOR_METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        name="vendor_on_time_delivery_ratio",
        label="On-time delivery",
        meaning="Share of the deliveries promised for the period that came on or before the promised date.",
        formula=(
            "Deliveries with delivered_date <= promised_date / deliveries due, by promised_date. One that is still "
            "missing when its promised day is over is late."
        ),
        unit=Unit.RATIO,
        direction=Direction.UP_IS_GOOD,
        owner=_VENDOR_MANAGEMENT,
        requires=(Domain.VENDORS,),
        population=DUE_DELIVERIES,
        kind=Ratio((pl.col("delivered_date") <= pl.col("promised_date")).fill_null(False)),
    ),
    Metric(
        name="vendor_billed_reporting",
        label="Billed by vendors",
        meaning="What vendors invoiced in the period, credit notes taken off.",
        formula="Sum of amount_reporting of fct_vendor_invoice_lines, by invoice_date.",
        unit=Unit.REPORTING,
        direction=Direction.NEUTRAL,
        owner=_VENDOR_MANAGEMENT,
        requires=(Domain.VENDORS,),
        population=VENDOR_INVOICE_LINES,
        kind=Sum("amount_reporting"),
    ),
)

"""Metrics of vendors: what they promised, delivered and billed.

Meanings follow docs/decisions.md.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.kinds import Percentile, Ratio, Sum
from metrics.populations import DUE_DELIVERIES, FIRST_PROMISED_DELIVERIES, VENDOR_INVOICE_LINES
from metrics.spec import Direction, Metric, Unit
from models.vocabulary import Domain

_VENDOR_MANAGEMENT: Final = "Vendor management"


def _delay(percent: int) -> tuple[Metric, Metric]:
    """A percentile of the delay against the promise in force, and against the first promise."""
    in_force = Metric(
        name=f"vendor_delivery_delay_p{percent}_days",
        label=f"Delivery delay, p{percent}",
        meaning=(
            f"{percent} of 100 deliveries promised for the period came by so many days after the promise in force; "
            "negative is early."
        ),
        formula=(
            f"Percentile {percent} of delivered_date - promised_date, by promised_date. A delivery that is due and has "
            "not come, or whose date is unknown, is not measured."
        ),
        unit=Unit.DAYS,
        direction=Direction.DOWN_IS_GOOD,
        owner=_VENDOR_MANAGEMENT,
        requires=(Domain.VENDORS,),
        population=DUE_DELIVERIES,
        kind=Percentile(percent, "delay_days", can_be_negative=True),
    )
    first = Metric(
        name=f"vendor_delivery_first_promise_delay_p{percent}_days",
        label=f"Delivery delay by the first promise, p{percent}",
        meaning=(
            f"{percent} of 100 deliveries first promised for the period came by so many days after that first promise; "
            "negative is early."
        ),
        formula=(
            f"Percentile {percent} of delivered_date - first_promised_date, by first_promised_date. A delivery that is "
            "due and has not come, or of which either date is unknown, is not measured."
        ),
        unit=Unit.DAYS,
        direction=Direction.DOWN_IS_GOOD,
        owner=_VENDOR_MANAGEMENT,
        requires=(Domain.VENDORS,),
        population=FIRST_PROMISED_DELIVERIES,
        kind=Percentile(percent, "first_promise_delay_days", can_be_negative=True),
    )
    return in_force, first


_DELAYS: Final = [_delay(percent) for percent in (50, 85, 95)]

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
        name="vendor_on_time_delivery_first_promise_ratio",
        label="On-time delivery by the first promise",
        meaning=(
            "Share of the deliveries first promised for the period that came on or before that first date, whatever "
            "was promised later."
        ),
        formula=(
            "Deliveries with delivered_date <= first_promised_date / deliveries due, by first_promised_date. One that "
            "is still missing when that day is over is late; one without a first promise is not measured."
        ),
        unit=Unit.RATIO,
        direction=Direction.UP_IS_GOOD,
        owner=_VENDOR_MANAGEMENT,
        requires=(Domain.VENDORS,),
        population=FIRST_PROMISED_DELIVERIES,
        kind=Ratio(
            pl.when(pl.col("first_promised_date").is_not_null()).then(
                (pl.col("delivered_date") <= pl.col("first_promised_date")).fill_null(False)
            )
        ),
    ),
    *(metric for pair in _DELAYS for metric in pair),
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

"""Metrics of what vendors owe: service credits for broken promises, and all money that is to come back.

Meanings follow docs/decisions.md. How credits are computed is in `metrics.vendors.service_credits`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.kinds import BoundedSum, Kind, Ratio, Sum
from metrics.spec import Direction, Metric, Population, Unit
from metrics.vendor_populations import (
    CREDITS_TO_CLAIM,
    DUPLICATES_AT_STAKE,
    JUDGED_PROMISES,
    OVER_BILLINGS,
    RECOVERABLES,
    SERVICE_CREDITS,
)
from models.vocabulary import Domain

_VENDOR_MANAGEMENT: Final = "Vendor management"
_RECOVERABLE: Final = BoundedSum("amount_reporting", "at_least_reporting", "at_most_reporting")


def _money(
    name: str,
    label: str,
    meaning: str,
    formula: str,
    population: Population,
    kind: Kind,
    *,
    follows_promises: bool = True,
    version: int = 1,
) -> Metric:
    return Metric(
        name=f"vendor_{name}_reporting",
        label=label,
        meaning=meaning,
        formula=formula,
        unit=Unit.REPORTING,
        direction=Direction.DOWN_IS_GOOD,
        owner=_VENDOR_MANAGEMENT,
        requires=(Domain.VENDORS,),
        population=population,
        kind=kind,
        follows_promises=follows_promises,
        version=version,
    )


VENDOR_PERFORMANCE_METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        name="vendor_promise_kept_ratio",
        label="Contract promises kept",
        meaning="Share of the contracts' promises of the period whose attainment reached what the contract asks for.",
        formula="Promises with credit_ratio = 0 / promises with cases, of fct_service_credits, by covered_end_date.",
        unit=Unit.RATIO,
        direction=Direction.UP_IS_GOOD,
        owner=_VENDOR_MANAGEMENT,
        requires=(Domain.VENDORS,),
        population=JUDGED_PROMISES,
        kind=Ratio(pl.col("credit_ratio") == 0),
        follows_promises=True,
    ),
    _money(
        "service_credit_due",
        "Service credits due",
        "What vendors owe for promises of the period that they did not keep, under their contracts' bands and caps.",
        "Sum of credit_due_reporting of fct_service_credits, by covered_end_date. Only periods that are over count.",
        SERVICE_CREDITS,
        Sum("credit_due_reporting"),
    ),
    _money(
        "service_credit_given",
        "Service credits given",
        "What vendors gave by credit notes for promises of the period.",
        "Sum of given_reporting of fct_service_credits, by covered_end_date, at the rates of the credit notes' dates.",
        SERVICE_CREDITS,
        Sum("given_reporting"),
    ),
    _money(
        "recoverable",
        "Money to recover",
        "What is to come back from vendors: billed above contract, billed twice, and owed for broken promises.",
        (
            "Sum of amount_reporting of fct_vendor_recoverables, by recovery_date. A record that is not measured "
            "adds what is sure of it. The bounds add what each record may be at the least and at the most: of a "
            "suspected duplicate nothing at the least."
        ),
        RECOVERABLES,
        _RECOVERABLE,
        version=3,
    ),
    _money(
        "recoverable_over_billing",
        "To recover: billed above contract",
        "What vendors billed above the prices of their contracts, less what they credited of it.",
        (
            "Sum of amount_reporting of fct_vendor_recoverables of kind over_billing, by invoice_date. A line without "
            "a contracted price is not measured; one that may be billed twice counts there."
        ),
        OVER_BILLINGS,
        _RECOVERABLE,
        follows_promises=False,
        version=3,
    ),
    _money(
        "recoverable_duplicate",
        "To recover: billed twice",
        "What vendors billed on invoices that are suspected to be sent twice and were not credited.",
        "Sum of amount_reporting of fct_vendor_recoverables of kind duplicate_invoice, by invoice_date.",
        DUPLICATES_AT_STAKE,
        _RECOVERABLE,
        follows_promises=False,
        version=2,
    ),
    _money(
        "recoverable_service_credit",
        "To recover: service credits",
        "Service credits of the period that are due and not given yet.",
        (
            "Sum of to_claim_reporting of fct_service_credits, by covered_end_date: due less given, never below 0. The "
            "bounds are those of all unmeasured cases kept, and all broken."
        ),
        CREDITS_TO_CLAIM,
        _RECOVERABLE,
        version=2,
    ),
)

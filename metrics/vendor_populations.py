"""Which deliveries, invoices, contracts and amounts to recover the metrics of vendors are about.

As in `metrics.populations`, which has tickets and cost: who is eligible, and which date decides the period.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.spec import AS_OF_DATE, Population
from models.vocabulary import CreditState, Dimension, InvoiceMatch, RecoverableKind

_is_quarantined: Final = pl.col("is_quarantined")

DUE_DELIVERIES: Final = Population(
    fact="fct_deliveries",
    records="deliveries",
    period_column="promised_date",
    period_meaning="promised date in force",
    period=pl.when(_is_quarantined)
    .then(pl.coalesce("promised_date", "first_promised_date", "delivered_date"))
    .otherwise(pl.col("promised_date")),
    # A delivery is decided when it is made or when its day is over, whichever comes first: as an SLA clock is.
    is_eligible=_is_quarantined
    | (pl.col("promised_date") < pl.col(AS_OF_DATE))
    | (pl.col("promised_date").is_not_null() & pl.col("delivered_date").is_not_null()),
    eligibility="Deliveries that were made, or whose promised day is over by the data's clock.",
    dimensions=(Dimension.OVERALL, Dimension.TEAM, Dimension.SERVICE, Dimension.VENDOR),
)

#: The same deliveries, in the period in which they were promised at first.
FIRST_PROMISED_DELIVERIES: Final = Population(
    fact="fct_deliveries",
    records="deliveries",
    period_column="first_promised_date",
    period_meaning="first promised date",
    period=pl.coalesce("first_promised_date", "promised_date", pl.when(_is_quarantined).then("delivered_date")),
    is_eligible=_is_quarantined
    | (pl.coalesce("first_promised_date", "promised_date") < pl.col(AS_OF_DATE))
    | (pl.coalesce("first_promised_date", "promised_date").is_not_null() & pl.col("delivered_date").is_not_null()),
    eligibility=(
        "Deliveries that were made, or whose first promised day is over by the data's clock. One without a first "
        "promise counts by the promise in force, and is not measured."
    ),
    dimensions=(Dimension.OVERALL, Dimension.TEAM, Dimension.SERVICE, Dimension.VENDOR),
)

#: Credit notes for missed promises have no price that a rate card could tell: they are counted as service credits.
PRICED_INVOICE_LINES: Final = Population(
    fact="fct_vendor_invoice_lines",
    records="invoice lines",
    period_column="invoice_date",
    period_meaning="date of the invoice",
    period=pl.col("invoice_date"),
    is_eligible=pl.col("match_state").ne_missing(InvoiceMatch.SERVICE_CREDIT.value),
    eligibility="All invoice and credit note lines but credit notes for missed promises.",
    dimensions=(Dimension.OVERALL, Dimension.VENDOR),
)

VENDOR_INVOICE_LINES: Final = Population(
    fact="fct_vendor_invoice_lines",
    records="invoice lines",
    period_column="invoice_date",
    period_meaning="date of the invoice",
    period=pl.col("invoice_date"),
    is_eligible=pl.lit(True),
    eligibility="All invoice and credit note lines.",
    dimensions=(Dimension.OVERALL, Dimension.VENDOR),
)


SERVICE_CREDITS: Final = Population(
    fact="fct_service_credits",
    records="promises and periods",
    period_column="covered_end_date",
    period_meaning="last day of the measured period on which the contract holds",
    period=pl.col("covered_end_date"),
    is_eligible=pl.col("credit_state") != CreditState.PERIOD_OPEN.value,
    eligibility="Contracts, promises and periods that policies/vendors.yaml has terms for and that are over.",
    dimensions=(Dimension.OVERALL, Dimension.VENDOR),
)

#: Promises that something was decided of: without a case nothing was kept or broken.
JUDGED_PROMISES: Final = Population(
    fact="fct_service_credits",
    records="promises and periods",
    period_column="covered_end_date",
    period_meaning="last day of the measured period on which the contract holds",
    period=pl.col("covered_end_date"),
    is_eligible=SERVICE_CREDITS.is_eligible
    & (pl.sum_horizontal("met_count", "breached_count", "unmeasured_count") > 0),
    eligibility="Contracts, promises and periods that are over and in which at least one case was decided.",
    dimensions=(Dimension.OVERALL, Dimension.VENDOR),
)

COMMITMENT_MONTHS: Final = Population(
    fact="fct_vendor_commitment_months",
    records="commitments",
    period_column="month_date",
    period_meaning="month of a contract's term, until the data's clock",
    period=pl.col("month_date"),
    is_eligible=pl.lit(True),
    eligibility=(
        "Contracts with committed spend, in each month of their term. One with lines that cannot be added up is not "
        "measured from the month of the first of them on, and none is in months before the first invoice that is known "
        "of its vendor. One that began before that invoice counts with what was billed since, and is not measured."
    ),
    dimensions=(Dimension.OVERALL, Dimension.VENDOR),
)


def _recoverables(kind: RecoverableKind | None, eligibility: str) -> Population:
    return Population(
        fact="fct_vendor_recoverables",
        records="amounts",
        period_column="recovery_date",
        period_meaning="date of the invoice; for a service credit, the last covered day of its period",
        period=pl.col("recovery_date"),
        is_eligible=pl.lit(True) if kind is None else pl.col("recoverable_kind") == kind.value,
        eligibility=eligibility,
        dimensions=(Dimension.OVERALL, Dimension.VENDOR),
    )


RECOVERABLES: Final = _recoverables(
    None, "Billed lines, lines that may be billed twice, and service credits of periods that are over."
)
OVER_BILLINGS: Final = _recoverables(RecoverableKind.OVER_BILLING, "All billed lines and credit note lines.")
DUPLICATES_AT_STAKE: Final = _recoverables(
    RecoverableKind.DUPLICATE_INVOICE,
    "Lines of invoices that are suspected to be sent twice, or of which that cannot be judged.",
)
CREDITS_TO_CLAIM: Final = _recoverables(
    RecoverableKind.SERVICE_CREDIT, "Service credits of contracts, promises and periods that are over."
)

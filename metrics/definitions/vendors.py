"""Metrics of vendors: what they promised, delivered and billed.

Meanings follow docs/decisions.md.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.kinds import AmountShare, Concentration, Percentile, Ratio, RunningShare, Sum
from metrics.rules_of_facts import CONTRACT_RULES
from metrics.spec import Direction, Metric, Unit
from metrics.vendor_populations import (
    COMMITMENT_MONTHS,
    DUE_DELIVERIES,
    FIRST_PROMISED_DELIVERIES,
    PRICED_INVOICE_LINES,
    VENDOR_INVOICE_LINES,
)
from models.vocabulary import Dimension, Domain, Grain

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
    Metric(
        name="vendor_rate_card_variance_reporting",
        label="Rate-card variance",
        meaning=(
            "What vendors billed above (or, below 0, under) the prices of their contracts, credit notes taken off. "
            "Lines without a contracted price are not measured; credit notes for missed promises do not count."
        ),
        formula=(
            "Sum of amount_reporting - contracted_reporting of fct_vendor_invoice_lines, by invoice_date; contracted "
            "is quantity times the price in force, rounded as invoices are. Of a credit that corrects a price it is 0, "
            "and of one that takes back what was billed at a price, the one agreed then."
        ),
        unit=Unit.REPORTING,
        direction=Direction.DOWN_IS_GOOD,
        owner=_VENDOR_MANAGEMENT,
        requires=(Domain.VENDORS,),
        population=PRICED_INVOICE_LINES,
        version=3,
        kind=Sum("rate_card_variance_reporting"),
        rules=CONTRACT_RULES,
    ),
    Metric(
        name="vendor_billed_off_contract_reporting",
        label="Billed off contract",
        meaning="What vendors billed for days on which no contract with them was in force.",
        formula=(
            "Sum of amount_reporting of the lines of fct_vendor_invoice_lines whose match_state is no_contract, "
            "before_term, between_terms or after_term, by invoice_date."
        ),
        unit=Unit.REPORTING,
        direction=Direction.DOWN_IS_GOOD,
        owner=_VENDOR_MANAGEMENT,
        requires=(Domain.VENDORS,),
        population=VENDOR_INVOICE_LINES,
        version=2,
        kind=Sum("off_contract_reporting"),
        rules=CONTRACT_RULES,
    ),
    Metric(
        name="vendor_off_contract_ratio",
        label="Share billed off contract",
        meaning="Share of what vendors billed that no contract covers.",
        formula="Billed off contract / billed, of the lines of which both are known.",
        unit=Unit.RATIO,
        direction=Direction.DOWN_IS_GOOD,
        owner=_VENDOR_MANAGEMENT,
        requires=(Domain.VENDORS,),
        population=VENDOR_INVOICE_LINES,
        version=2,
        kind=AmountShare(part="off_contract_reporting", whole="amount_reporting"),
        rules=CONTRACT_RULES,
    ),
    Metric(
        name="vendor_duplicate_at_stake_reporting",
        label="Suspected duplicates",
        meaning=(
            "Amounts of invoices that may have been sent before and that no credit note took back. A suspicion: the "
            "sum of what was billed contains them."
        ),
        formula=(
            "Sum of amount_reporting of the later invoices of fct_invoice_duplicate_suspects that are open, by their "
            "invoice_date."
        ),
        unit=Unit.REPORTING,
        direction=Direction.DOWN_IS_GOOD,
        owner=_VENDOR_MANAGEMENT,
        requires=(Domain.VENDORS,),
        population=VENDOR_INVOICE_LINES,
        kind=Sum("duplicate_at_stake_reporting"),
    ),
    Metric(
        name="vendor_committed_spend_used_ratio",
        label="Committed spend used",
        meaning=(
            "How much of the spend committed over the whole term of the contracts was billed by the end of the month; "
            "above 1 is more than was committed."
        ),
        formula=(
            "Sum of cumulative_spend_reporting / sum of committed_spend_reporting of fct_vendor_commitment_months, "
            "each contract at the exchange rate of its first day. Of one that began before the first invoice that is "
            "known of its vendor, at least so much is used."
        ),
        unit=Unit.RATIO,
        direction=Direction.NEUTRAL,
        owner=_VENDOR_MANAGEMENT,
        requires=(Domain.VENDORS,),
        population=COMMITMENT_MONTHS,
        version=2,
        kind=RunningShare("cumulative_spend_reporting", "committed_spend_reporting", is_understated="is_understated"),
        # It grows over the term: a quarter shows no more than its last month does.
        grains=(Grain.MONTH,),
    ),
    Metric(
        name="vendor_spend_concentration_ratio",
        label="Concentration of vendor spend",
        meaning=(
            "Whether spend lies with few vendors: 1 is all with one, 0.25 is as with four equal ones "
            "(Herfindahl-Hirschman index)."
        ),
        formula=(
            "Sum over vendors of (amount_reporting of the vendor / that of all)^2, by invoice_date; a vendor whose "
            "credit notes outweigh its invoices has no share."
        ),
        unit=Unit.RATIO,
        direction=Direction.NEUTRAL,
        owner=_VENDOR_MANAGEMENT,
        requires=(Domain.VENDORS,),
        population=VENDOR_INVOICE_LINES,
        kind=Concentration("amount_reporting", by="vendor"),
        dimensions=(Dimension.OVERALL,),
    ),
)

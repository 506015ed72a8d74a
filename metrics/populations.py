"""Which records the metrics are about: who is eligible, and which date decides the period.

A record that a contract rule set aside is eligible and not measured. It is attributed to the period of the best date
it has, because a gap must show in some period. What is computed from the records is in `metrics.registry`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from metrics.spec import AS_OF_DATE, Population, Span
from models.catalog import table_named
from models.ddl import polars_schema
from models.vocabulary import ClockState, CreditState, Dimension, InvoiceMatch, RecoverableKind, SlaTarget

_ALL_DIMENSIONS: Final = tuple(Dimension)
_is_quarantined: Final = pl.col("is_quarantined")

#: A ticket that was set aside does not begin the span: its creation may be the very thing that is wrong.
_SPAN_OF_TICKETS: Final = Span("fct_tickets", pl.when(~_is_quarantined).then("created_at"))

RESOLVED_TICKETS: Final = Population(
    fact="fct_tickets",
    records="tickets",
    period_column="resolved_at",
    period_meaning="last entry of the ticket into done",
    period=pl.when(_is_quarantined).then(pl.coalesce("resolved_at", "created_at")).otherwise(pl.col("resolved_at")),
    is_eligible=~pl.col("is_cancelled") & (pl.col("is_done") | _is_quarantined),
    eligibility=(
        "Tickets that are done and not cancelled. A ticket that was set aside counts where it was resolved or, if that "
        "is unknown, created."
    ),
    dimensions=_ALL_DIMENSIONS,
    span=_SPAN_OF_TICKETS,
)

TICKETS_WITH_SOURCE_CLAIM: Final = Population(
    fact="fct_tickets",
    records="tickets",
    period_column="resolved_at",
    period_meaning="last entry of the ticket into done",
    period=RESOLVED_TICKETS.period,
    # A source that never sets the flag makes no claim: its tickets are no gap in one.
    is_eligible=RESOLVED_TICKETS.is_eligible
    & pl.col("source").is_in(pl.col("source").filter(pl.col("is_sla_met_at_source").is_not_null()).unique().implode()),
    eligibility="Tickets that are done and not cancelled, of sources that set an SLA flag of their own.",
    dimensions=_ALL_DIMENSIONS,
)

CREATED_TICKETS: Final = Population(
    fact="fct_tickets",
    records="tickets",
    period_column="created_at",
    period_meaning="creation of the ticket",
    period=pl.col("created_at"),
    is_eligible=~pl.col("is_cancelled"),
    eligibility="Tickets that are not cancelled.",
    dimensions=_ALL_DIMENSIONS,
    span=_SPAN_OF_TICKETS,
)

CANCELLED_TICKETS: Final = Population(
    fact="fct_tickets",
    records="tickets",
    period_column="cancelled_at",
    period_meaning="entry of the ticket into cancelled",
    period=pl.when(_is_quarantined).then(pl.coalesce("cancelled_at", "created_at")).otherwise(pl.col("cancelled_at")),
    is_eligible=pl.col("is_cancelled"),
    eligibility="Tickets that are cancelled.",
    dimensions=_ALL_DIMENSIONS,
    span=_SPAN_OF_TICKETS,
)

OPEN_TICKETS: Final = Population(
    fact="fct_tickets",
    records="tickets",
    period_column=AS_OF_DATE,
    period_meaning="day of the data's clock",
    period=pl.col(AS_OF_DATE),
    is_eligible=~pl.col("is_done") & ~pl.col("is_cancelled"),
    eligibility=(
        "Tickets that are neither done nor cancelled as of the data's clock. One that was set aside counts if it says "
        "that it is open."
    ),
    dimensions=_ALL_DIMENSIONS,
)

TICKETS_IN_WORK: Final = Population(
    fact="fct_ticket_days",
    records="tickets",
    period_column="day_date",
    period_meaning="last day of the period; of an open period, the day of the data's clock",
    period=pl.col("day_date"),
    is_eligible=pl.lit(True),
    eligibility=(
        "Tickets queued, active or waiting at the end of that day. A ticket of which only a snapshot is known, or that "
        "was set aside, is eligible from its creation to its resolution or cancellation, and not measured."
    ),
    dimensions=_ALL_DIMENSIONS,
    span=_SPAN_OF_TICKETS,
)


def _decided_clocks(target: SlaTarget) -> Population:
    decided = pl.col("state").is_in([ClockState.MET.value, ClockState.BREACHED.value])
    set_aside = _is_quarantined & pl.col("state").ne_missing(pl.lit(ClockState.CANCELLED.value))
    return Population(
        fact="fct_sla_clocks",
        records="SLA clocks",
        period_column="decided_at",
        period_meaning="stop or breach of the clock, whichever came first",
        period=pl.col("decided_at"),
        is_eligible=(pl.col("target") == target.value) & (decided | set_aside),
        eligibility=(
            f"Clocks for {target.replace('_', ' ')} that are met or breached; running, paused and cancelled ones are "
            "in neither part. A ticket that was set aside counts with its clocks, or with one if it has none."
        ),
        dimensions=_ALL_DIMENSIONS,
    )


RESOLUTION_CLOCKS: Final = _decided_clocks(SlaTarget.RESOLUTION)
FIRST_RESPONSE_CLOCKS: Final = _decided_clocks(SlaTarget.FIRST_RESPONSE)
PERIODIC_UPDATE_CLOCKS: Final = _decided_clocks(SlaTarget.PERIODIC_UPDATE)
VENDOR_RESPONSE_CLOCKS: Final = _decided_clocks(SlaTarget.VENDOR_RESPONSE)
VENDOR_RESOLUTION_CLOCKS: Final = _decided_clocks(SlaTarget.VENDOR_RESOLUTION)

COST_ALLOCATIONS: Final = Population(
    fact="fct_cost_allocations",
    records="cost lines",
    period_column="period_start_date",
    period_meaning="days on which the cost lies under the policy's basis",
    period=pl.col("period_start_date"),
    is_eligible=pl.lit(True),
    eligibility=(
        "Cost lines that lie in the period. A line that was set aside or has no rate may bear on any breakdown value, "
        "so every value of a period has the coverage of the whole period."
    ),
    dimensions=_ALL_DIMENSIONS,
)

#: Months that have not begun have a budget, but nothing that could be held against it yet.
_HAS_BEGUN: Final = pl.col("month_date") <= pl.col(AS_OF_DATE)

BUDGET_LINES: Final = Population(
    fact="fct_budget_lines",
    records="budget lines",
    period_column="month_date",
    period_meaning="month that is planned",
    period=pl.col("month_date"),
    # A line that does not say whether it is budget or forecast was set aside, and may be either.
    is_eligible=_HAS_BEGUN & (pl.col("kind").is_null() | (pl.col("kind") != "forecast")),
    eligibility="Budget lines of months that have begun by the data's clock.",
    dimensions=(Dimension.OVERALL, Dimension.TEAM),
)

BUDGET_VARIANCES: Final = Population(
    fact="fct_budget_variances",
    records="cost lines and budget lines",
    period_column="month_date",
    period_meaning="month in which the cost lies and that is planned",
    period=pl.col("month_date"),
    is_eligible=pl.lit(True),
    eligibility=(
        "Cost lines and budget lines of the months that have both. A line that was set aside or has no rate may be "
        "any team's, so every team has the coverage of the whole period."
    ),
    dimensions=(Dimension.OVERALL, Dimension.TEAM),
)

YEAR_END_FORECASTS: Final = Population(
    fact="fct_year_end_forecasts",
    records="months",
    period_column="month_date",
    period_meaning="closed month from whose end the fiscal year is seen",
    period=pl.col("month_date"),
    is_eligible=pl.lit(True),
    eligibility=(
        "The twelve months of the fiscal year. Not measured are those of which a line could not be used, those before "
        "the ledger begins, and those that the method cannot estimate."
    ),
    dimensions=(Dimension.OVERALL, Dimension.TEAM),
)

REWORK_COSTS: Final = Population(
    fact="fct_rework_costs",
    records="tickets",
    period_column="period_start_date",
    period_meaning="days on which the cost lies under the policy's basis",
    period=pl.col("period_start_date"),
    is_eligible=pl.lit(True),
    eligibility=(
        "Tickets that were resolved in the period. Not measured are those of which only a snapshot is known, unless a "
        "resolution clock of theirs was breached."
    ),
    dimensions=_ALL_DIMENSIONS,
)

TICKET_DELAYS: Final = Population(
    fact="fct_ticket_delays",
    records="tickets",
    period_column="resolved_at",
    period_meaning="last entry of the ticket into done",
    period=pl.col("resolved_at"),
    is_eligible=pl.lit(True),
    eligibility=(
        "Resolved tickets that a delay rule of policies/costs.yaml prices; no others. A ticket that was set aside "
        "counts where it was resolved or, if that is unknown, created."
    ),
    dimensions=_ALL_DIMENSIONS,
)

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
        "measured from the month of the first of them on."
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


def fact_or_empty(facts: Mapping[str, pl.DataFrame], name: str) -> pl.DataFrame:
    """The fact of that name, or the same columns without rows where the home has no such data."""
    found = facts.get(name)
    return pl.DataFrame(schema=polars_schema(table_named(name))) if found is None else found


def records_of(facts: Mapping[str, pl.DataFrame], fact: str) -> pl.DataFrame:
    """The records of a fact as the populations above expect them."""
    if fact == "fct_sla_clocks":
        return clock_records(fact_or_empty(facts, fact), fact_or_empty(facts, "fct_tickets"))
    return fact_or_empty(facts, fact)


#: Targets that every ticket of a policy's scope has.
_OF_EVERY_TICKET: Final = (SlaTarget.RESOLUTION.value, SlaTarget.FIRST_RESPONSE.value)


def clock_records(clocks: pl.DataFrame, tickets: pl.DataFrame) -> pl.DataFrame:
    """SLA clocks with `is_quarantined` of their ticket, and one stand-in per set-aside ticket that has no clock.

    A stand-in has no state, the breakdown of its ticket and, as `decided_at`, the ticket's resolution or creation.
    There is one for resolution and for first response if any clock has that target: where no policy sets it, nothing
    was missed. Whether a ticket was ever in a vendor's hands, or should have been talked about, is not known of one
    without such a clock: the other targets have no stand-ins. Cancelled tickets have none.

    Args:
        clocks: rows of `fct_sla_clocks`.
        tickets: rows of `fct_tickets`.

    Returns:
        The columns ticket_id, target, state, decided_at, team, priority, service, vendor, is_quarantined.
    """
    breakdown = ["team", "priority", "service", "vendor"]
    set_aside = tickets.filter(_is_quarantined).select(
        "ticket_id", "is_cancelled", *breakdown, best_known_at=pl.coalesce("resolved_at", "created_at")
    )
    is_quarantined = clocks["ticket_id"].is_in(set_aside["ticket_id"].implode())
    judged = clocks.select("ticket_id", "target", "state", "decided_at", *breakdown, is_quarantined=is_quarantined)
    # Few tickets are set aside: only their clocks are looked up.
    places = is_quarantined.arg_true()
    theirs = judged[places].join(set_aside.select("ticket_id", "best_known_at"), on="ticket_id", maintain_order="left")
    decided_at = judged["decided_at"].scatter(
        places, theirs.select(pl.coalesce("decided_at", "best_known_at")).to_series()
    )
    stand_ins = (
        set_aside.filter(~pl.col("is_cancelled"))
        .join(clocks.select(pl.col("target").unique()).filter(pl.col("target").is_in(_OF_EVERY_TICKET)), how="cross")
        .join(theirs, on=["ticket_id", "target"], how="anti")
        .with_columns(state=pl.lit(None, dtype=pl.String), decided_at="best_known_at", is_quarantined=pl.lit(True))
    )
    return pl.concat([judged.with_columns(decided_at), stand_ins.select(judged.columns)])

"""Which records the metrics are about: who is eligible, and which date decides the period.

A record that a contract rule set aside is eligible and not measured. It is attributed to the period of the best date
it has, because a gap must show in some period. What is computed from the records is in `metrics.registry`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.spec import AS_OF_DATE, Population, Span
from models.vocabulary import ClockState, Dimension, SlaTarget

_ALL_DIMENSIONS: Final = tuple(Dimension)
_is_quarantined: Final = pl.col("is_quarantined")


def _best_known(instant: str) -> pl.Expr:
    """The instant, or else the one by which a ticket that may belong there is attributed to a period.

    What left the exports while it was open can have ended since. What was done by the first export that shows it, and
    is dated by nothing, ended by then, unless it was set aside, perhaps for what that export says.
    """
    set_aside = pl.when(_is_quarantined).then("created_at")
    return pl.coalesce(instant, "unknown_since_at", set_aside, "settled_by_at", "created_at")


_may_have_ended: Final = pl.col("unknown_since_at").is_not_null()

#: A ticket that was set aside does not begin the span: its creation may be the very thing that is wrong.
_SPAN_OF_TICKETS: Final = Span("fct_tickets", pl.when(~_is_quarantined).then("created_at"))

RESOLVED_TICKETS: Final = Population(
    fact="fct_tickets",
    records="tickets",
    period_column="resolved_at",
    period_meaning="last entry of the ticket into done",
    period=_best_known("resolved_at"),
    is_eligible=~pl.col("is_cancelled") & (pl.col("is_done") | _is_quarantined | _may_have_ended),
    is_placed=pl.col("resolved_at").is_not_null(),
    eligibility=(
        "Tickets that are done and not cancelled. A ticket that was set aside counts where it was resolved or, if that "
        "is unknown, created. Not measured is one that is done nobody knows since when, where an export first showed "
        "it done or else where it was created; nor one that left the exports while it was open, where it left them."
    ),
    dimensions=_ALL_DIMENSIONS,
    earliest="resolved_earliest_at",
    span=_SPAN_OF_TICKETS,
)

TICKETS_WITH_SOURCE_CLAIM: Final = Population(
    fact="fct_tickets",
    records="tickets",
    period_column="resolved_at",
    period_meaning="last entry of the ticket into done",
    period=RESOLVED_TICKETS.period,
    is_placed=RESOLVED_TICKETS.is_placed,
    # A source that never sets the flag makes no claim: its tickets are no gap in one.
    is_eligible=RESOLVED_TICKETS.is_eligible
    & pl.col("source").is_in(pl.col("source").filter(pl.col("is_sla_met_at_source").is_not_null()).unique().implode()),
    eligibility="Tickets that are done and not cancelled, of sources that set an SLA flag of their own.",
    dimensions=_ALL_DIMENSIONS,
    earliest=RESOLVED_TICKETS.earliest,
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
    earliest="created_earliest_at",
    span=_SPAN_OF_TICKETS,
)

CANCELLED_TICKETS: Final = Population(
    fact="fct_tickets",
    records="tickets",
    period_column="cancelled_at",
    period_meaning="entry of the ticket into cancelled",
    period=_best_known("cancelled_at"),
    is_eligible=pl.col("is_cancelled") | _may_have_ended,
    is_placed=pl.col("cancelled_at").is_not_null(),
    eligibility=(
        "Tickets that are cancelled. Not measured is one of which nobody knows since when, where an export first "
        "showed it cancelled or else where it was created; nor one that left the exports while it was open, where it "
        "left them."
    ),
    dimensions=_ALL_DIMENSIONS,
    earliest="cancelled_earliest_at",
    span=_SPAN_OF_TICKETS,
)

OPEN_TICKETS: Final = Population(
    fact="fct_tickets",
    records="tickets",
    period_column=AS_OF_DATE,
    period_meaning="day of the data's clock",
    period=pl.col(AS_OF_DATE),
    is_eligible=~pl.col("is_done") & ~pl.col("is_cancelled"),
    is_placed=~_may_have_ended,
    eligibility=(
        "Tickets that are neither done nor cancelled as of the data's clock. One that was set aside counts if it says "
        "that it is open. One that left the exports while it was open is not measured."
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
        "was set aside, is eligible from its creation to its resolution or cancellation, and not measured; so is one "
        "that left the exports while it was open, since then."
    ),
    dimensions=_ALL_DIMENSIONS,
    span=_SPAN_OF_TICKETS,
)


def _decided_clocks(target: SlaTarget) -> Population:
    # One that cannot be judged counts in the period in which it was decided at the latest, as a gap.
    decided = pl.col("state").is_in([ClockState.MET.value, ClockState.BREACHED.value, ClockState.NOT_MEASURED.value])
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
            "in neither part. Not measured are those of which the export leaves open whether they were kept, by the "
            "instant at which that was decided at the latest. A ticket that was set aside counts with its clocks, or "
            "with one if it has none."
        ),
        dimensions=_ALL_DIMENSIONS,
        earliest="decided_earliest_at",
        latest="decided_latest_at",
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
        "Cost lines that lie in the period; in a quarter or week, a month that is over without any counts as one that "
        "is not measured. A line that was set aside or has no rate may bear on any breakdown value, so every value of "
        "a period has the coverage of the whole period."
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
        "Tickets that were resolved in the period. Not measured are those of which it is not known whether they came "
        "back, as where only a snapshot is, or a resolution clock is not measured, unless one of theirs was breached."
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

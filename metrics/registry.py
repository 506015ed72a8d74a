"""All metrics, in one explicit tuple. A new metric is a new entry here; those of tickets are in
`metrics.ticket_metrics`.

Meanings follow docs/decisions.md. How a kind is computed is in `metrics.measure_records`, `metrics.measure_stocks` and
`metrics.measure_costs`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.kinds import CostPart, CostSum, Ratio, Sum, UnitCost
from metrics.populations import (
    COST_ALLOCATIONS,
    DUE_DELIVERIES,
    FIRST_RESPONSE_CLOCKS,
    PERIODIC_UPDATE_CLOCKS,
    RESOLUTION_CLOCKS,
    TICKETS_WITH_SOURCE_CLAIM,
    VENDOR_INVOICE_LINES,
    VENDOR_RESOLUTION_CLOCKS,
    VENDOR_RESPONSE_CLOCKS,
)
from metrics.spec import Direction, Metric, Population, Unit
from metrics.ticket_metrics import TICKET_METRICS
from metrics.unit_cost import CostPolicy, Driver, TransactionKind
from models.vocabulary import ClockState, Domain

_SERVICE_MANAGEMENT: Final = "Service management"
_FINANCE: Final = "Finance"
_VENDOR_MANAGEMENT: Final = "Vendor management"

_CLOCK_IS_MET: Final = (
    pl.when(pl.col("state") == ClockState.MET.value)
    .then(True)
    .when(pl.col("state") == ClockState.BREACHED.value)
    .then(False)
)


def _attainment(target: str, label: str, clocks: str, population: Population) -> Metric:
    """Attainment of a target other than resolution, which is a headline and says more."""
    return Metric(
        name=f"sla_{target}_attainment_ratio",
        label=f"SLA attainment, {label}",
        meaning=f"Share of the {clocks} decided in the period that were met.",
        formula=f"met / (met + breached) of {label} clocks, by decided_at.",
        unit=Unit.RATIO,
        direction=Direction.UP_IS_GOOD,
        owner=_SERVICE_MANAGEMENT,
        requires=(Domain.TICKETS,),
        population=population,
        kind=Ratio(_CLOCK_IS_MET),
    )


METRICS: Final[tuple[Metric, ...]] = (
    *TICKET_METRICS,
    Metric(
        name="sla_attainment_ratio",
        label="SLA attainment, resolution",
        meaning="Share of the resolution clocks decided in the period that were met.",
        formula=(
            "met / (met + breached) of resolution clocks, by decided_at. A clock is decided once, at its stop or its "
            "breach, so leaving a ticket open improves nothing. Per clock, never per exported row."
        ),
        unit=Unit.RATIO,
        direction=Direction.UP_IS_GOOD,
        owner=_SERVICE_MANAGEMENT,
        requires=(Domain.TICKETS,),
        population=RESOLUTION_CLOCKS,
        kind=Ratio(_CLOCK_IS_MET),
        is_headline=True,
    ),
    _attainment("first_response", "first response", "first response clocks", FIRST_RESPONSE_CLOCKS),
    _attainment(
        "periodic_update",
        "periodic update",
        "clocks of the longest silence between public replies",
        PERIODIC_UPDATE_CLOCKS,
    ),
    _attainment(
        "vendor_response",
        "vendor response",
        "vendor response clocks, which run while that vendor or team has the ticket,",
        VENDOR_RESPONSE_CLOCKS,
    ),
    _attainment(
        "vendor_resolution",
        "vendor resolution",
        "vendor resolution clocks, which run while that vendor or team has the ticket,",
        VENDOR_RESOLUTION_CLOCKS,
    ),
    Metric(
        name="sla_source_attainment_ratio",
        label="SLA attainment as the source system claims it",
        meaning=(
            "Share of the tickets resolved in the period that the source system itself flagged as within SLA. A claim, "
            "not a measurement: compare it with sla_attainment_ratio."
        ),
        formula="Tickets with is_sla_met_at_source true / tickets with the flag, one per ticket, by resolved_at.",
        unit=Unit.RATIO,
        direction=Direction.UP_IS_GOOD,
        owner=_SERVICE_MANAGEMENT,
        requires=(Domain.TICKETS,),
        population=TICKETS_WITH_SOURCE_CLAIM,
        kind=Ratio(pl.col("is_sla_met_at_source")),
    ),
    Metric(
        name="cost_total_reporting",
        label="Cost",
        meaning="All cost that lies in the period, allocated or not.",
        formula=(
            "Sum of amount_reporting of fct_cost_allocations. Under the accrual basis a line with a service period is "
            "spread over its days, to the cent; otherwise it lies in its posting period."
        ),
        unit=Unit.REPORTING,
        direction=Direction.DOWN_IS_GOOD,
        owner=_FINANCE,
        requires=(Domain.FINANCE,),
        population=COST_ALLOCATIONS,
        kind=CostSum(CostPart.TOTAL),
        # The breakdown of a pool follows its driver, so even the total by team needs what the drivers need.
        follows_transactions=True,
    ),
    Metric(
        name="cost_allocated_reporting",
        label="Allocated cost",
        meaning="The part of the period's cost that a driver assigned to teams, priorities, services and vendors.",
        formula="Sum of amount_reporting of fct_cost_allocations where is_allocated.",
        unit=Unit.REPORTING,
        direction=Direction.NEUTRAL,
        owner=_FINANCE,
        requires=(Domain.FINANCE,),
        population=COST_ALLOCATIONS,
        kind=CostSum(CostPart.ALLOCATED),
        follows_transactions=True,
    ),
    Metric(
        name="cost_unallocated_reporting",
        label="Unallocated cost",
        meaning="The part of the period's cost that no driver took. Shown, never spread in silence.",
        formula="Sum of amount_reporting of fct_cost_allocations where not is_allocated.",
        unit=Unit.REPORTING,
        direction=Direction.DOWN_IS_GOOD,
        owner=_FINANCE,
        requires=(Domain.FINANCE,),
        population=COST_ALLOCATIONS,
        kind=CostSum(CostPart.UNALLOCATED),
        follows_transactions=True,
    ),
    Metric(
        name="cost_per_transaction_reporting",
        label="Cost per transaction",
        meaning="What one completed transaction cost: a resolved ticket, or what policies/costs.yaml names instead.",
        formula=(
            "Allocated cost of the period / transactions completed in it; empty if none was completed. The bounds are "
            "the same without and with the unallocated cost of the period."
        ),
        unit=Unit.REPORTING,
        direction=Direction.DOWN_IS_GOOD,
        owner=_FINANCE,
        requires=(Domain.FINANCE,),
        population=COST_ALLOCATIONS,
        kind=UnitCost(),
        is_headline=True,
        follows_transactions=True,
    ),
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

HEADLINES: Final[tuple[Metric, ...]] = tuple(metric for metric in METRICS if metric.is_headline)

_BY_NAME: Final[dict[str, Metric]] = {metric.name: metric for metric in METRICS}

#: Domain that each kind of transaction of policies/costs.yaml comes from.
TRANSACTION_DOMAINS: Final[dict[TransactionKind, Domain]] = {
    TransactionKind.RESOLVED_TICKETS: Domain.TICKETS,
    TransactionKind.PAID_DOCUMENTS: Domain.FINANCE,
    TransactionKind.DELIVERIES: Domain.VENDORS,
}

#: Drivers of policies/costs.yaml that are computed from another domain than finance.
_DRIVER_DOMAINS: Final[dict[Driver, Domain]] = {
    Driver.RESOLVED_TICKETS: Domain.TICKETS,
    Driver.ACTIVE_BUSINESS_HOURS: Domain.TICKETS,
}


def metric_named(name: str) -> Metric:
    """The metric of that name.

    Raises:
        KeyError: no metric has that name.
    """
    return _BY_NAME[name]


def required_domains(metric: Metric, policy: CostPolicy) -> tuple[Domain, ...]:
    """Domains whose contracts must pass before a metric is published, under a home's cost policy.

    Cost is broken down by drivers and divided by transactions, and the policy decides where those come from: a home
    that counts paid documents and allocates directly needs no tickets for its cost per transaction.
    """
    domains = set(metric.requires)
    if metric.follows_transactions:
        domains.add(TRANSACTION_DOMAINS[policy.transaction])
        domains.update(_DRIVER_DOMAINS[pool.driver] for pool in policy.pools if pool.driver in _DRIVER_DOMAINS)
    return tuple(domain for domain in Domain if domain in domains)

"""Metrics of cost: what a period cost, who bears it, and what one transaction cost.

Meanings follow docs/decisions.md. How costs are spread and allocated is in `metrics.costs`.
"""

from __future__ import annotations

from typing import Final

from metrics.kinds import CostPart, CostSum, UnitCost
from metrics.populations import COST_ALLOCATIONS
from metrics.spec import Direction, Metric, Unit
from models.vocabulary import Domain

_FINANCE: Final = "Finance"

COST_METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        name="cost_total_reporting",
        label="Cost",
        meaning=(
            "All cost that lies in the period, allocated or not. By team, priority, service and vendor it is the cost "
            "that these bear, not the cost of the lines that name them."
        ),
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
        # What a period cost is known when its ledger is. Only who bears it waits for drivers and transactions.
        whole_requires=(Domain.FINANCE,),
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
            "Allocated cost of the period / transactions completed in it; empty if none was completed or if no driver "
            "took any cost of the period. In a quarter or week, transactions of months without any cost line are not "
            "counted: they are not measured, and the bounds are empty. The lower bound adds all unallocated credits of "
            "the period, line by line, and the upper one all unallocated debits; transactions that were set aside are "
            "counted or not, whichever lies further out."
        ),
        unit=Unit.REPORTING,
        direction=Direction.DOWN_IS_GOOD,
        owner=_FINANCE,
        requires=(Domain.FINANCE,),
        population=COST_ALLOCATIONS,
        kind=UnitCost(),
        version=4,
        is_headline=True,
        follows_transactions=True,
    ),
)

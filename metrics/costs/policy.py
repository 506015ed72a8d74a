"""What a cost line is for and what cost is divided by: the records of policies/costs.yaml.

How lines are made by them is in `metrics.costs.lines`, who bears the cost in `metrics.costs.allocation`, which facts
and metrics they may name in `metrics.costs.countable_facts` and `metrics.costs.driving_metrics`, and what contradicts
itself in `metrics.costs.policy_mistakes`. Reading the policy file is the pipeline's work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from metrics.costs.exchange_rates import FxPolicy
from metrics.costs.planning_policy import BudgetPolicy, DelayRule

#: Decimal places of a fixed share that the allocation carries exactly.
SHARE_PLACES = 12


class CostBasis(StrEnum):
    """When a cost counts: over the service it pays for, or on the day it was posted."""

    ACCRUAL = "accrual"
    CASH = "cash"


class TransactionKind(StrEnum):
    """What is counted below the line of cost per transaction, where the policy uses a short name."""

    RESOLVED_TICKETS = "resolved_tickets"
    PAID_DOCUMENTS = "paid_documents"
    DELIVERIES = "deliveries"


@dataclass(frozen=True, slots=True)
class CountedFact:
    """Any fact whose records are transactions, where the policy says more than a short name.

    Attributes:
        fact: table of the core layer.
        date_column: date or instant of a record that decides on which day it counts. Without it, it does not count.
        distinct: columns whose values together name one transaction, however many records it has; it counts once, on
            its first day. A record that lacks one of them does not count. Empty: every record is a transaction.
        patterns: text column -> patterns of which one must match, written as those of a pool.
        flags: boolean column -> what it must be.
    """

    fact: str
    date_column: str
    distinct: tuple[str, ...] = ()
    patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)


class Driver(StrEnum):
    """By what a cost is divided among teams."""

    DIRECT = "direct"
    FIXED_SHARES = "fixed_shares"
    HEADCOUNT = "headcount"
    RESOLVED_TICKETS = "resolved_tickets"
    ACTIVE_BUSINESS_HOURS = "active_business_hours"
    METRIC = "metric"


@dataclass(frozen=True, slots=True)
class CostPool:
    """Lines that are allocated in one way.

    A line belongs to the pool if each of the four lists is empty or has a pattern that matches. In a pattern `*`
    stands for any text, also none, and `?` for one character; capitals do not matter; a missing value reads as "".

    Attributes:
        id: name of the pool, unique in the policy.
        accounts: patterns of the account.
        cost_centres: patterns of the cost centre.
        vendors: patterns of the vendor.
        descriptions: patterns of the whole text of the line; write `*licence*` for a part of it.
        driver: by what the pool is divided among teams.
        shares: for fixed shares, the part of each team, 0 to 1. What they leave of 1 stays unallocated.
        metric: for a metric, its name: each team's value in the period is its weight.
    """

    id: str
    accounts: tuple[str, ...] = ()
    cost_centres: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    driver: Driver = Driver.DIRECT
    shares: Mapping[str, Decimal] = field(default_factory=dict)
    metric: str | None = None

    @property
    def described(self) -> str:
        """The pool as messages call it."""
        return f"pool {self.id!r}"


@dataclass(frozen=True, slots=True)
class StepDown:
    """A supporting team whose cost other teams bear.

    Attributes:
        team: the team. All cost that reached it is handed on; from then on it receives nothing.
        driver: by what its cost is divided among the teams that are not closed yet; any but `direct`.
        shares: for fixed shares; what they leave of 1 stays unallocated, under the team.
        metric: for a metric, its name.
    """

    team: str
    driver: Driver
    shares: Mapping[str, Decimal] = field(default_factory=dict)
    metric: str | None = None

    @property
    def described(self) -> str:
        """The step as messages call it."""
        return f"step_down of {self.team!r}"


@dataclass(frozen=True, slots=True)
class CostPolicy:
    """How lines become cost per transaction.

    Attributes:
        basis: when a cost counts.
        transaction: what is counted.
        fx: how amounts reach the reporting currency.
        cost_centres: all that are listed, as they are to be written.
        cost_centre_teams: team of each cost centre, for lines that name no team.
        cost_centre_services: service of each cost centre, for lines that name no service.
        pools: in order; the first that selects a line has it.
        step_down: supporting teams in the order in which they hand on their cost.
        budget: how plans are converted, and how the year's end is forecast.
        delay: what delay costs, in order; the first rule whose scope a ticket is in prices it.
    """

    basis: CostBasis = CostBasis.ACCRUAL
    transaction: TransactionKind | CountedFact = TransactionKind.RESOLVED_TICKETS
    fx: FxPolicy = field(default_factory=FxPolicy)
    cost_centres: frozenset[str] = frozenset()
    cost_centre_teams: Mapping[str, str] = field(default_factory=dict)
    cost_centre_services: Mapping[str, str] = field(default_factory=dict)
    pools: tuple[CostPool, ...] = ()
    step_down: tuple[StepDown, ...] = ()
    budget: BudgetPolicy = field(default_factory=BudgetPolicy)
    delay: tuple[DelayRule, ...] = ()

    @property
    def divisions(self) -> tuple[CostPool | StepDown, ...]:
        """Everything that a driver divides: the pools, and then the steps."""
        return (*self.pools, *self.step_down)

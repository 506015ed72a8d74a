"""What policies say of plans: budgets and the year's end, what delay costs, and which initiatives there are.

The records of costs.yaml that decide how cost becomes cost per transaction are in `metrics.costs.policy`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from metrics.costs.exchange_rates import FxPolicy


class YearEndMethod(StrEnum):
    """How the rest of a fiscal year is estimated."""

    FORECAST = "forecast"
    BUDGET = "budget"
    RUN_RATE = "run_rate"


@dataclass(frozen=True, slots=True)
class BudgetPolicy:
    """How plans are converted, and how the year's end is forecast.

    Attributes:
        fx: planning rates for budget and forecast lines; None for the rates that cost lines have.
        year_end: the method that the metric follows. All three are always in the table.
        run_rate_months: how many of the last closed months the run-rate is the mean of.
    """

    fx: FxPolicy | None = None
    year_end: YearEndMethod = YearEndMethod.RUN_RATE
    run_rate_months: int = 3


class DelayMeasure(StrEnum):
    """Which time of a ticket a delay rule prices."""

    WAITING = "waiting"
    LEAD_TIME = "lead_time"
    PAST_TARGET = "past_target"


class DelayClock(StrEnum):
    """On which clock that time passes."""

    BUSINESS = "business"
    CALENDAR = "calendar"


#: Columns of a ticket that the scope of a delay rule may name.
DELAY_SCOPE = ("source", "team", "service", "priority", "ticket_type", "vendor")


@dataclass(frozen=True, slots=True)
class DelayRule:
    """What an hour of delay costs, for the tickets in its scope.

    Attributes:
        id: name of the rule, unique in the policy.
        price_per_hour: in `currency`, at most four decimals, above 0.
        currency: ISO 4217 code; None for the reporting currency.
        measure: which time is priced.
        clock: whose hours those are.
        cap_per_ticket: what one ticket costs at most, in `currency`; None for no limit.
        scope: column of the ticket -> accepted values; a ticket has to fit all that are named.
    """

    id: str
    price_per_hour: Decimal
    currency: str | None = None
    measure: DelayMeasure = DelayMeasure.WAITING
    clock: DelayClock = DelayClock.BUSINESS
    cap_per_ticket: Decimal | None = None
    scope: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BenefitLines:
    """Which tagged ledger lines are benefits; both patterns must match, and one that is left out matches all.

    Attributes:
        accounts: patterns of the account, as in cost pools.
        descriptions: patterns of the whole text of the line.
    """

    accounts: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Initiative:
    """Something that costs money first and is to bring it back.

    Attributes:
        id: how it is known in all tables; lines may be tagged with it.
        name: name for people; lines may be tagged with it as well.
        owner: who answers for it.
        start_date: when it begins.
        payback_target_date: by when its benefit is to have covered its cost.
        tags: further words by which lines are tagged to it.
        benefits: which of its ledger lines are benefits. None are if this is empty.
    """

    id: str
    name: str
    owner: str | None = None
    start_date: date | None = None
    payback_target_date: date | None = None
    tags: tuple[str, ...] = ()
    benefits: tuple[BenefitLines, ...] = ()

    @property
    def words(self) -> frozenset[str]:
        """All tags of its lines, in lower case."""
        return frozenset(word.strip().lower() for word in (self.id, self.name, *self.tags))

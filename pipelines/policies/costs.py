"""How policies/costs.yaml and policies/initiatives.yaml are spelt, and the records that they mean.

What the records mean is documented in `metrics.costs.policy` and `metrics.costs.planning_policy`.
"""

from __future__ import annotations

from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag

from data_contracts.documents import Document, Problem
from metrics.costs.countable_facts import find_mistakes
from metrics.costs.driving_metrics import find_metric_mistakes
from metrics.costs.exchange_rates import FxPolicy, FxRateRule
from metrics.costs.planning_policy import (
    BenefitLines,
    BudgetPolicy,
    DelayClock,
    DelayMeasure,
    DelayRule,
    Initiative,
    YearEndMethod,
)
from metrics.costs.policy import CostBasis, CostPolicy, CostPool, CountedFact, Driver, StepDown, TransactionKind
from metrics.costs.policy_mistakes import find_initiative_mistakes, find_policy_mistakes
from pipelines.policies.spelling import Day, Exact, Scope, Strict, Texts, as_texts


class _Fx(Strict):
    """Which exchange rates convert lines."""

    rate: FxRateRule = FxRateRule.POSTING_DATE
    fixed: dict[str, Decimal] = Field(default_factory=dict)
    max_age_days: int = Field(default=7, ge=0)


class _CostCentre(Strict):
    team: str | None = None
    service: str | None = None


class _PoolLines(Strict):
    account: Texts = ()
    cost_centre: Texts = ()
    vendor: Texts = ()
    description: Texts = ()


class _Pool(Strict):
    id: str = Field(min_length=1)
    where: _PoolLines = _PoolLines()
    driver: Driver
    shares: dict[str, Exact] = Field(default_factory=dict)
    metric: str | None = None


class _StepDown(Strict):
    team: str = Field(min_length=1)
    driver: Driver
    shares: dict[str, Exact] = Field(default_factory=dict)
    metric: str | None = None


def _as_condition(value: Any) -> Any:
    return value if isinstance(value, bool) else as_texts(value)


class _CountedFact(Strict):
    """Any fact whose records are transactions."""

    fact: str
    date: str
    distinct: Texts = ()
    where: dict[str, Annotated[bool | tuple[str, ...], BeforeValidator(_as_condition)]] = Field(default_factory=dict)


def _check_transaction(value: Any) -> Any:
    kinds = [kind.value for kind in TransactionKind]
    if isinstance(value, dict) or value in kinds:
        return value
    shown = "nothing" if value is None else f"'{value}'"
    near = get_close_matches(str(value), kinds, n=1)
    write = f"did you mean '{near[0]}'? Write" if near else "write"
    any_fact = "any fact and the date on which it counts, such as {fact: fct_deliveries, date: delivered_date}"
    raise ValueError(f"{shown} is no transaction; {write} one of {', '.join(kinds)}, or {any_fact}")


# Told apart beforehand, so that a mistake in a fact is not also called a misspelt short name.
_Transaction = Annotated[
    Annotated[_CountedFact, Tag("Fact")] | Annotated[TransactionKind, Tag("Kind")],
    Discriminator(lambda value: "Fact" if isinstance(value, dict | _CountedFact) else "Kind"),
    BeforeValidator(_check_transaction),
]


class _BudgetRules(Strict):
    fx: _Fx | None = None
    year_end: YearEndMethod = YearEndMethod.RUN_RATE
    run_rate_months: int = Field(default=3, ge=1, le=60)


class _DelayRule(Strict):
    id: str = Field(min_length=1)
    applies_to: Scope = Scope()
    price_per_hour: Decimal
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    measure: DelayMeasure = DelayMeasure.WAITING
    clock: DelayClock = DelayClock.BUSINESS
    cap_per_ticket: Decimal | None = None


class CostFile(Strict):
    """`costs.yaml`."""

    basis: CostBasis = CostBasis.ACCRUAL
    transaction: _Transaction = TransactionKind.RESOLVED_TICKETS
    fx: _Fx = _Fx()
    cost_centres: dict[str, _CostCentre] = Field(default_factory=dict)
    pools: tuple[_Pool, ...] = ()
    step_down: tuple[_StepDown, ...] = ()
    budget: _BudgetRules = _BudgetRules()
    delay: tuple[_DelayRule, ...] = ()


class _BenefitLines(Strict):
    account: Texts = ()
    description: Texts = ()


class _Initiative(Strict):
    id: str = Field(min_length=1)
    name: str | None = None
    owner: str | None = None
    start: Day | None = None
    payback_target: Day | None = None
    tags: Texts = ()
    benefits: tuple[_BenefitLines, ...] = ()


class InitiativeFile(Strict):
    """`initiatives.yaml`."""

    initiatives: tuple[_Initiative, ...] = ()


def build_cost_policy(file: CostFile, document: Document, problems: list[Problem]) -> CostPolicy:
    """The cost policy; what contradicts itself or names an unknown metric or fact is added to the problems."""
    centres = file.cost_centres.items()
    policy = CostPolicy(
        basis=file.basis,
        transaction=_transaction(file, document, problems),
        fx=_fx_policy(file.fx),
        cost_centres=frozenset(file.cost_centres),
        cost_centre_teams={name: centre.team for name, centre in centres if centre.team},
        cost_centre_services={name: centre.service for name, centre in centres if centre.service},
        pools=tuple(
            CostPool(
                id=pool.id,
                accounts=pool.where.account,
                cost_centres=pool.where.cost_centre,
                vendors=pool.where.vendor,
                descriptions=pool.where.description,
                driver=pool.driver,
                shares=dict(pool.shares),
                metric=pool.metric,
            )
            for pool in file.pools
        ),
        step_down=tuple(
            StepDown(team=step.team, driver=step.driver, shares=dict(step.shares), metric=step.metric)
            for step in file.step_down
        ),
        budget=BudgetPolicy(
            fx=None if file.budget.fx is None else _fx_policy(file.budget.fx),
            year_end=file.budget.year_end,
            run_rate_months=file.budget.run_rate_months,
        ),
        delay=tuple(
            DelayRule(
                id=rule.id,
                price_per_hour=rule.price_per_hour,
                currency=rule.currency,
                measure=rule.measure,
                clock=rule.clock,
                cap_per_ticket=rule.cap_per_ticket,
                scope={name: frozenset(accepted) for name, accepted in rule.applies_to if accepted},
            )
            for rule in file.delay
        ),
    )
    mistakes = (*find_policy_mistakes(policy), *find_metric_mistakes(policy))
    problems += [document.problem(mistake.place, mistake.what, mistake.remedy) for mistake in mistakes]
    return policy


def _transaction(file: CostFile, document: Document, problems: list[Problem]) -> TransactionKind | CountedFact:
    """What is counted; a fact with mistakes is reported, and the default stands in for it."""
    named = file.transaction
    if isinstance(named, TransactionKind):
        return named
    counted = CountedFact(
        fact=named.fact,
        date_column=named.date,
        distinct=named.distinct,
        patterns={column: globs for column, globs in named.where.items() if not isinstance(globs, bool)},
        flags={column: wanted for column, wanted in named.where.items() if isinstance(wanted, bool)},
    )
    mistakes = list(find_mistakes(counted))
    problems += [document.problem(("transaction", key), what, remedy) for key, what, remedy in mistakes]
    return TransactionKind.RESOLVED_TICKETS if mistakes else counted


def _fx_policy(fx: _Fx) -> FxPolicy:
    return FxPolicy(rate=fx.rate, fixed=dict(fx.fixed), max_age_days=fx.max_age_days)


def build_initiatives(file: InitiativeFile, document: Document, problems: list[Problem]) -> tuple[Initiative, ...]:
    """The initiatives; those that a tag could not tell apart, or that no line could pay back, are problems."""
    initiatives = tuple(
        Initiative(
            id=item.id,
            name=item.name or item.id,
            owner=item.owner,
            start_date=item.start,
            payback_target_date=item.payback_target,
            tags=item.tags,
            benefits=tuple(BenefitLines(lines.account, lines.description) for lines in item.benefits),
        )
        for item in file.initiatives
    )
    mistakes = find_initiative_mistakes(initiatives)
    problems += [document.problem(mistake.place, mistake.what, mistake.remedy) for mistake in mistakes]
    return initiatives

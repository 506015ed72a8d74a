"""What contradicts itself in policies/costs.yaml and initiatives.yaml: where, what is wrong, and what to write.

What the policies mean is documented with their records in `metrics.costs.policy` and `metrics.costs.planning_policy`.
Which metrics may drive cost is told in `metrics.costs.driving_metrics`, which facts may be counted in
`metrics.costs.countable_facts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from metrics.costs.planning_policy import DelayRule, Initiative
from metrics.costs.policy import SHARE_PLACES, CostPolicy, CostPool, Driver, StepDown
from models.vocabulary import NO_VALUE

#: Keys and list indices of a policy file, from the top.
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class PolicyMistake:
    """One thing that contradicts itself.

    Attributes:
        place: where it stands in its file.
        what: what is wrong, without a full stop.
        remedy: what to write instead, as a sentence.
    """

    place: Place
    what: str
    remedy: str


def find_policy_mistakes(policy: CostPolicy) -> Iterator[PolicyMistake]:
    """Everything that contradicts itself in a cost policy."""
    seen: set[str] = set()
    for index, pool in enumerate(policy.pools):
        place: Place = ("pools", index)
        if not pool.id.strip() or pool.id == NO_VALUE:
            what = f"a pool is called {pool.id!r}"
            yield PolicyMistake((*place, "id"), what, f"Give it a name of its own, not empty and not {NO_VALUE}.")
        elif pool.id in seen:
            yield PolicyMistake((*place, "id"), f"pool {pool.id!r} is declared twice", "Give each pool its own name.")
        seen.add(pool.id)
        yield from _find_driver_mistakes(pool, place)
    yield from _find_step_mistakes(policy.step_down)
    yield from _find_rate_mistakes(policy.fx.fixed, ("fx", "fixed"), "fx: the fixed rate")
    if policy.fx.max_age_days < 0:
        what = f"fx: max_age_days is {policy.fx.max_age_days}"
        yield PolicyMistake(("fx", "max_age_days"), what, "Write 0 or more days.")
    if policy.budget.fx is not None:
        place = ("budget", "fx", "fixed")
        yield from _find_rate_mistakes(policy.budget.fx.fixed, place, "budget: the planning rate")
    yield from _find_delay_mistakes(policy.delay)


def find_initiative_mistakes(initiatives: Iterable[Initiative]) -> Iterator[PolicyMistake]:
    """Initiatives that a tag could not tell apart, or that no line could pay back."""
    owners: dict[str, str] = {}
    for index, initiative in enumerate(initiatives):
        place: Place = ("initiatives", index)
        for word in sorted(initiative.words):
            if word in owners:
                what = f"initiatives {owners[word]!r} and {initiative.id!r} are both tagged {word!r}"
                remedy = "A line could belong to either: give each its own id, name and tags."
                yield PolicyMistake(place, what, remedy)
            owners[word] = initiative.id
        start, target = initiative.start_date, initiative.payback_target_date
        if start is not None and target is not None and target < start:
            what = f"initiative {initiative.id!r} is to pay back on {target}, before it begins on {start}"
            yield PolicyMistake((*place, "payback_target"), what, "Correct one of the dates.")
        for number, lines in enumerate(initiative.benefits):
            if not lines.accounts and not lines.descriptions:
                what = (
                    f"initiative {initiative.id!r}: benefits without account and description would make every line a "
                    "benefit"
                )
                yield PolicyMistake((*place, "benefits", number), what, 'Name a pattern, such as {account: ["8*"]}.')


def _find_rate_mistakes(rates: Mapping[str, Decimal], place: Place, named: str) -> Iterator[PolicyMistake]:
    for currency, rate in rates.items():
        if not rate.is_finite() or rate <= 0:
            yield PolicyMistake((*place, currency), f"{named} of {currency} is {rate}", "Write a number above 0.")


def _find_step_mistakes(steps: Iterable[StepDown]) -> Iterator[PolicyMistake]:
    closed: list[str] = []
    for index, step in enumerate(steps):
        place: Place = ("step_down", index)
        named = step.described
        if not step.team.strip() or step.team == NO_VALUE:
            what = f"a step of step_down names the team {step.team!r}"
            yield PolicyMistake((*place, "team"), what, "Write the name of a team.")
        if step.team in closed:
            what = f"{named} is declared twice"
            yield PolicyMistake((*place, "team"), what, "A team hands its cost on once: leave one of them out.")
        closed.append(step.team)
        if step.driver is Driver.DIRECT:
            what = f"{named} is direct, but its cost is to leave the team"
            yield PolicyMistake((*place, "driver"), what, "Write another driver.")
        yield from _find_driver_mistakes(step, place)
        for team in step.shares:
            if team in closed:
                what = f"{named} gives a share to {team!r}, which has handed on its cost by then"
                remedy = "Name a team further down, or one that is not in step_down."
                yield PolicyMistake((*place, "shares", team), what, remedy)


def _find_driver_mistakes(divided: CostPool | StepDown, place: Place) -> Iterator[PolicyMistake]:
    named = divided.described
    if divided.driver is Driver.METRIC and not divided.metric:
        what = f"{named} is driven by a metric but names none"
        yield PolicyMistake(place, what, "Write metric: ticket_resolved_count.")
    if divided.driver is not Driver.METRIC and divided.metric:
        what = f"{named} names a metric but is driven by {divided.driver}"
        yield PolicyMistake((*place, "metric"), what, "Write driver: metric, or leave out the metric.")
    if divided.driver is not Driver.FIXED_SHARES:
        if divided.shares:
            what = f"{named} has shares but is driven by {divided.driver}"
            yield PolicyMistake((*place, "shares"), what, "Write driver: fixed_shares, or leave out the shares.")
        return
    if not divided.shares:
        what = f"{named} is driven by fixed shares but names none"
        yield PolicyMistake(place, what, "Write shares: {Team A: 0.4}.")
        return
    wrong = tuple(_find_share_mistakes(divided.shares, named, (*place, "shares")))
    yield from wrong
    total = sum(divided.shares.values(), Decimal(0)) if not wrong else Decimal(0)
    if total > 1:
        percents = " (a share of 40 % is written 0.4)" if any(share > 1 for share in divided.shares.values()) else ""
        what = f"{named}: the shares add up to {total}, more than 1"
        yield PolicyMistake((*place, "shares"), what, f"Lower them to 1 or less{percents}.")


def _find_share_mistakes(shares: Mapping[str, Decimal], named: str, place: Place) -> Iterator[PolicyMistake]:
    for team, share in shares.items():
        if not team.strip() or team == NO_VALUE:
            what = f"{named} gives a share to {team!r}"
            yield PolicyMistake((*place, team), what, "Name a team; what no share takes stays open.")
        if not share.is_finite() or share < 0:
            what = f"{named}: the share of {team} is {share}"
            yield PolicyMistake((*place, team), what, "Write a number from 0 to 1.")
            continue
        exponent = share.normalize().as_tuple().exponent
        if isinstance(exponent, int) and exponent < -SHARE_PLACES:
            what = f"{named}: the share of {team} has more than {SHARE_PLACES} decimals"
            yield PolicyMistake((*place, team), what, "Round it.")


def _find_delay_mistakes(rules: Iterable[DelayRule]) -> Iterator[PolicyMistake]:
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        place: Place = ("delay", index)
        if rule.id in seen:
            what = f"delay rule {rule.id!r} is declared twice"
            yield PolicyMistake((*place, "id"), what, "Give each rule its own id.")
        seen.add(rule.id)
        for name, amount in (("price_per_hour", rule.price_per_hour), ("cap_per_ticket", rule.cap_per_ticket)):
            if amount is None:
                continue
            if not amount.is_finite() or not 0 < amount < 10**14:
                what = f"delay rule {rule.id!r}: {name} is {amount}"
                yield PolicyMistake((*place, name), what, "Write an amount above 0.")
            elif amount != round(amount, 4):
                what = f"delay rule {rule.id!r}: {name} {amount} has more than four decimals"
                yield PolicyMistake((*place, name), what, "Round it.")

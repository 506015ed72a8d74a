"""How policies/sla.yaml spells SLA policies, and the records that it means.

What a policy means is documented in `metrics.sla.policy`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from data_contracts.documents import Document, Problem
from metrics.sla.policy import HOLDER_SCOPE, HOLDER_TARGETS, SlaPolicy
from models.vocabulary import SlaTarget, StatusCategory
from pipelines.policies.spelling import ALWAYS_OPEN, Day, Duration, Scope, Strict


class Pause(Strict):
    """When an SLA clock stands still."""

    categories: tuple[StatusCategory, ...] = ()
    reasons: tuple[str, ...] = ()


class ContractPromise(Strict):
    """What a vendor's contract promises for an item of its rate card."""

    contract_item: str = Field(min_length=1)


# Told apart beforehand, so that a mistake in one is not also called a mistake in the other.
_Within = Annotated[
    Annotated[Duration, Tag("Duration")] | Annotated[ContractPromise, Tag("Contract")],
    Discriminator(lambda value: "Contract" if isinstance(value, dict | ContractPromise) else "Duration"),
]


class _SlaPolicy(Strict):
    id: str = Field(min_length=1)
    target: SlaTarget
    within: _Within
    calendar: str = "team"
    applies_to: Scope = Scope()
    pause_on: Pause = Pause()
    effective_from: Day | None = None
    effective_to: Day | None = None
    on_priority_change: Literal["retarget", "keep", "restart"] = "retarget"
    on_reopen: Literal["new_cycle", "continue"] = "new_cycle"


class SlaFile(Strict):
    """`sla.yaml`."""

    policies: tuple[_SlaPolicy, ...] = ()


def build_sla_policies(
    file: SlaFile, calendars: set[str], document: Document, problems: list[Problem]
) -> tuple[SlaPolicy, ...]:
    """The SLA policies; what contradicts itself or names an unknown calendar is added to the problems."""
    policies = []
    seen: set[str] = set()
    for index, policy in enumerate(file.policies):

        def wrong(key: str, what: str, remedy: str, index: int = index) -> None:
            problems.append(document.problem(("policies", index, key), what, remedy))

        if policy.id in seen:
            wrong("id", f"two policies have the id '{policy.id}'", "Give each its own id.")
        seen.add(policy.id)
        if policy.calendar not in calendars | {"team", ALWAYS_OPEN}:
            remedy = f"Use 'team' or one of {', '.join(sorted(calendars | {ALWAYS_OPEN}))}."
            wrong("calendar", f"policy '{policy.id}': unknown calendar '{policy.calendar}'", remedy)
        if policy.target in HOLDER_TARGETS and not any(getattr(policy.applies_to, name) for name in HOLDER_SCOPE):
            what = f"policy '{policy.id}': target '{policy.target}' without anybody whose promise it is"
            wrong("target", what, "Name them, such as: applies_to: {vendor: Acme}, or {team: Network}.")
            continue
        first, last = policy.effective_from, policy.effective_to
        if first is not None and last is not None and last < first:
            what = f"policy '{policy.id}' would end on {last}, before it begins on {first}, and count for no ticket"
            wrong("effective_to", what, "Swap the dates, or correct one of them.")
        promise = policy.within if isinstance(policy.within, ContractPromise) else None
        if promise is not None:
            what = f"policy '{policy.id}' takes its time from a contract"
            if policy.target not in HOLDER_TARGETS or len(policy.applies_to.vendor) != 1:
                remedy = "Give it the target vendor_response or vendor_resolution, and one vendor in applies_to."
                wrong("within", f"{what}, which is one vendor's promise for the time it has a ticket", remedy)
            if first is not None or last is not None:
                key = "effective_from" if first is not None else "effective_to"
                wrong(key, f"{what}, whose own dates count", f"Leave out '{key}'.")
        policies.append(
            SlaPolicy(
                id=policy.id,
                target=policy.target,
                within_microseconds=0 if isinstance(policy.within, ContractPromise) else policy.within,
                contract_item=promise.contract_item if promise is not None else None,
                calendar=None if policy.calendar == "team" else policy.calendar,
                scope={name: frozenset(accepted) for name, accepted in policy.applies_to if accepted},
                pause_categories=_pause_categories(policy.pause_on),
                pause_reasons=frozenset(policy.pause_on.reasons),
                effective_from=policy.effective_from,
                effective_to=policy.effective_to,
                on_priority_change=policy.on_priority_change,
                on_reopen=policy.on_reopen,
            )
        )
    return tuple(policies)


def _pause_categories(pause: Pause) -> frozenset[StatusCategory]:
    """Reasons belong to waiting, so naming only reasons means: pause while waiting for one of them."""
    return frozenset(pause.categories or ((StatusCategory.WAITING,) if pause.reasons else ()))

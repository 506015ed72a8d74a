"""How policies/vendors.yaml is spelt, and the records that it means.

What the records mean is documented in `metrics.vendors.policy`, `metrics.vendors.credit_policy` and
`metrics.vendors.scorecard_policy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from difflib import get_close_matches
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import Field

from data_contracts.documents import Document, Problem
from data_contracts.problems import Path
from metrics.sla.policy import HOLDER_TARGETS, SlaPolicy
from metrics.spec import Metric
from metrics.vendors.credit_policy import (
    DEFAULT_CREDIT_NOTES,
    CreditBand,
    CreditCaps,
    CreditPeriod,
    CreditPromise,
    CreditTerms,
)
from metrics.vendors.policy import DuplicatePolicy, VendorPolicy
from metrics.vendors.scorecard_policy import Scorecard, ScorecardPart, ScorePoint, find_trouble
from models.vocabulary import PromiseKind, SlaTarget
from pipelines.policies.spelling import Exact, Strict, Texts

_KINDS: Final = {
    "promise_in_force": PromiseKind.DELIVERIES_IN_FORCE,
    "first_promise": PromiseKind.DELIVERIES_FIRST_PROMISE,
}


Ratio = Annotated[Exact, Field(ge=0, le=1, decimal_places=6)]
Amount = Annotated[Exact, Field(ge=0, max_digits=18, decimal_places=4)]


class _Band(Strict):
    below: Ratio
    credit: Ratio


class _Caps(Strict):
    period_ratio: Ratio | None = None
    period_amount: Amount | None = None
    contract_year_ratio: Ratio | None = None
    contract_year_amount: Amount | None = None


class _Fee(Strict):
    items: Texts = ()
    monthly: Amount | None = None


class _Promise(Strict):
    id: str = Field(min_length=1)
    sla: Texts = ()
    target: SlaTarget | None = None
    deliveries: Literal["promise_in_force", "first_promise"] | None = None
    item: str | None = None
    bands: Annotated[tuple[_Band, ...], Field(min_length=1)] | None = None
    minimum_count: int = Field(default=1, ge=1)


class CreditTermsEntry(Strict):
    """One entry of `service_credits`."""

    contract: Texts
    period: CreditPeriod = "month"
    fee: _Fee = _Fee()
    cap: _Caps = _Caps()
    credit_notes: Texts = DEFAULT_CREDIT_NOTES
    promises: tuple[_Promise, ...] = Field(min_length=1)


class _Part(Strict):
    id: str = Field(min_length=1)
    metric: str
    weight: Ratio
    scale: dict[Exact, Ratio]


class _States(Strict):
    good: Ratio = Decimal("0.8")
    watch: Ratio = Decimal("0.6")


class ScorecardEntry(Strict):
    """`scorecard`."""

    minimum_coverage: Ratio = Decimal("0.5")
    states: _States = _States()
    parts: Annotated[tuple[_Part, ...], Field(min_length=1)]


class _Duplicates(Strict):
    window_days: int = Field(default=60, ge=0)
    amount_tolerance_ratio: Decimal = Field(default=Decimal(0), ge=0, lt=1)
    typing_error_days: int = Field(default=7, ge=0)
    recurring_count: int = Field(default=3, ge=2)


class _Commitments(Strict):
    run_rate_months: int = Field(default=3, ge=1)


class VendorPolicyFile(Strict):
    """`vendors.yaml`."""

    duplicates: _Duplicates = _Duplicates()
    commitments: _Commitments = _Commitments()
    items: dict[str, Texts] = Field(default_factory=dict)
    service_credits: tuple[CreditTermsEntry, ...] = ()
    scorecard: ScorecardEntry | None = None


def build_vendor_policy(
    file: VendorPolicyFile,
    metrics: Sequence[Metric],
    sla: Sequence[SlaPolicy],
    document: Document,
    problems: list[Problem],
) -> VendorPolicy:
    """The vendor policy; what contradicts itself or names what is not known is added to the problems.

    Args:
        metrics: all metrics that there are.
        sla: the home's SLA policies, which promises may name.
    """
    item_names: dict[str, str] = {}
    for item, aliases in file.items.items():
        for alias in aliases:
            known = item_names.setdefault(" ".join(alias.lower().split()), item)
            if known != item:
                what = f"'{alias}' is another name of both '{known}' and '{item}'"
                problems.append(document.problem(("items", item), what, "Leave it with one of them."))
    return VendorPolicy(
        duplicates=DuplicatePolicy(
            window_days=file.duplicates.window_days,
            amount_tolerance_ratio=file.duplicates.amount_tolerance_ratio,
            typing_error_days=file.duplicates.typing_error_days,
            recurring_count=file.duplicates.recurring_count,
        ),
        run_rate_months=file.commitments.run_rate_months,
        item_names=item_names,
        credits=_build_credit_terms(file.service_credits, sla, document, problems),
        scorecard=_build_scorecard(file.scorecard, metrics, document, problems),
    )


def _build_scorecard(
    entry: ScorecardEntry | None, metrics: Sequence[Metric], document: Document, problems: list[Problem]
) -> Scorecard | None:
    """How vendors are scored; what contradicts itself or names an unknown metric is added to the problems.

    Args:
        metrics: all metrics that there are.
    """
    if entry is None:
        return None
    by_name = {metric.name: metric for metric in metrics}
    parts = []
    seen: set[str] = set()
    for index, told in enumerate(entry.parts):
        place: Path = ("scorecard", "parts", index)
        points = tuple(ScorePoint(value, told.scale[value]) for value in sorted(told.scale))
        part = ScorecardPart(told.id, told.metric, told.weight, points)
        trouble = find_trouble(part, by_name.get(told.metric))
        if trouble is not None:
            near = get_close_matches(told.metric, sorted(by_name), n=1) if told.metric not in by_name else []
            remedy = f"Did you mean '{near[0]}'? {trouble.remedy}" if near else trouble.remedy
            what = f"part '{told.id}': {trouble.what}"
            problems.append(document.problem((*place, trouble.key), what, remedy))
        if told.id in seen:
            problems.append(document.problem(place, f"two parts have the id '{told.id}'", "Give each its own id."))
        seen.add(told.id)
        parts.append(part)
    total = sum((part.weight for part in parts), Decimal(0))
    if total != 1:
        what = f"the weights of the scorecard's parts add up to {total.normalize():f}, not to 1"
        listed = ", ".join(f"{part.id} {part.weight.normalize():f}" for part in parts)
        problems.append(document.problem(("scorecard", "parts"), what, f"Change them so that they do: {listed}."))
    if entry.states.watch >= entry.states.good:
        what = f"watch begins at {entry.states.watch}, and good at {entry.states.good}"
        problems.append(document.problem(("scorecard", "states"), what, "Let good begin above watch."))
    return Scorecard(tuple(parts), entry.minimum_coverage, entry.states.good, entry.states.watch)


def _build_credit_terms(
    entries: Sequence[CreditTermsEntry], sla: Sequence[SlaPolicy], document: Document, problems: list[Problem]
) -> tuple[CreditTerms, ...]:
    """The terms of all entries; what contradicts itself or names an unknown SLA policy is added to the problems."""
    found = []
    for index, entry in enumerate(entries):
        place: Path = ("service_credits", index)
        if entry.fee.items and entry.fee.monthly is not None:
            what = "the fee is both invoiced items and a fixed monthly amount"
            problems.append(document.problem((*place, "fee"), what, "Keep 'items' or 'monthly'."))
        seen: set[str] = set()
        promises = []
        for number, promise in enumerate(entry.promises):
            _check_promise(promise, (*place, "promises", number), seen, sla, document, problems)
            promises.append(_promise(promise))
        found.append(
            CreditTerms(
                contracts=entry.contract,
                promises=tuple(promises),
                period=entry.period,
                fee_items=entry.fee.items or ("*",),
                fee_monthly=entry.fee.monthly,
                caps=CreditCaps(**entry.cap.model_dump()),
                credit_notes=entry.credit_notes,
            )
        )
    return tuple(found)


def _promise(promise: _Promise) -> CreditPromise:
    bands = None
    if promise.bands is not None:
        bands = tuple(CreditBand(band.below, band.credit) for band in promise.bands)
    return CreditPromise(
        id=promise.id,
        kind=_KINDS[promise.deliveries] if promise.deliveries is not None else PromiseKind.SLA,
        sla_policies=frozenset(promise.sla),
        target=promise.target,
        bands=bands,
        item=promise.item,
        minimum_count=promise.minimum_count,
    )


def _check_promise(
    promise: _Promise,
    place: Path,
    seen: set[str],
    sla: Sequence[SlaPolicy],
    document: Document,
    problems: list[Problem],
) -> None:
    name = f"promise '{promise.id}'"

    def wrong(key: str, what: str, remedy: str) -> None:
        problems.append(document.problem((*place, key), f"{name}: {what}", remedy))

    if promise.id in seen:
        wrong("id", "the contract has two promises of this name", "Give each its own id.")
    seen.add(promise.id)
    given = [key for key in ("sla", "target", "deliveries") if getattr(promise, key)]
    if len(given) != 1:
        told = f"{' and '.join(given)} say" if given else "nothing says"
        remedy = "Write one of: sla: [policy ids of sla.yaml], target: vendor_resolution, deliveries: promise_in_force."
        wrong(given[-1] if given else "id", f"{told} whose cases count", remedy)
    holders = {policy.id for policy in sla if policy.target in HOLDER_TARGETS}
    for unknown in sorted(set(promise.sla) - holders):
        listed = ", ".join(sorted(holders)) or "none yet"
        what = f"'{unknown}' is no SLA policy with a vendor target"
        wrong("sla", what, f"Policies with one in sla.yaml: {listed}.")
    if promise.target is not None and promise.target not in HOLDER_TARGETS:
        wrong("target", f"{promise.target} is not what a vendor promises", "Use vendor_response or vendor_resolution.")
    if promise.bands is not None and promise.item is not None:
        wrong("item", "the bands stand here, so no item of the contract gives them", "Leave out 'bands' or 'item'.")
    for above, below in pairwise(promise.bands or ()):
        if below.below >= above.below or below.credit <= above.credit:
            what = f"below {below.below} a credit of {below.credit} follows below {above.below} one of {above.credit}"
            wrong("bands", what, "Let thresholds fall and credits rise from band to band.")

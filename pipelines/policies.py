"""The files of a home's `policies/` folder, decoded strictly into the records that `metrics` computes with.

Every file may be missing: then its defaults hold, which are the plainest possible (a 24x7 calendar, no SLA policy,
no cost pool). What a policy means is documented with its record in `metrics`; here is only its spelling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from data_contracts.documents import Document, DocumentError, Problem, decode, parse_document
from metrics.calendars.working_calendar import WorkingCalendar
from metrics.costs.countable_facts import find_mistakes
from metrics.costs.driving_metrics import check_driving_metrics
from metrics.costs.exchange_rates import FxPolicy
from metrics.costs.planning_policy import BenefitLines, BudgetPolicy, DelayRule, Initiative, check_initiatives
from metrics.costs.policy import CostPolicy, CostPool, CountedFact, StepDown, TransactionKind, check_policy
from metrics.registry import METRICS
from metrics.signals.process_behaviour import Baseline
from metrics.signals.targets import Target
from metrics.sla.policy import HOLDER_SCOPE, HOLDER_TARGETS, SlaPolicy
from metrics.tickets.clocks import TeamCalendars
from metrics.vendors.policy import DuplicatePolicy, VendorPolicy
from models.vocabulary import StatusCategory
from pipelines.calendar_policy import any_public_holidays, build_calendars, build_team_calendars
from pipelines.fingerprint import hash_parts
from pipelines.policy_files import (
    ALWAYS_OPEN,
    CalendarFile,
    ContractPromise,
    CostFile,
    DimensionFile,
    Fx,
    InitiativeFile,
    Pause,
    SlaFile,
    StatusFile,
)
from pipelines.target_policy import TargetFile, build_baselines, build_targets
from pipelines.vendor_policy import VendorPolicyFile, build_credit_terms, build_scorecard


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """What a source's status means: its category and, when waiting, whom for."""

    category: StatusCategory
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies of a home.

    Attributes:
        statuses: source -> status as the source writes it -> meaning.
        dimensions: dimension -> alias in lower case -> common name.
        hashes: policy file name -> hash of its content, so that a change is seen; of calendars with public holidays
            also of the version of the package that knows them.
        documents: policy file name -> what stands in it, with its lines.
    """

    calendars: tuple[WorkingCalendar, ...]
    team_calendars: TeamCalendars
    statuses: Mapping[str, Mapping[str, StatusMeaning]]
    sla: tuple[SlaPolicy, ...]
    costs: CostPolicy
    vendors: VendorPolicy
    initiatives: tuple[Initiative, ...]
    targets: tuple[Target, ...]
    baselines: tuple[Baseline, ...]
    dimensions: Mapping[str, Mapping[str, str]]
    hashes: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict)

    def place(self, file: str, *path: str | int) -> str:
        """Where something stands in a policy file, or the nearest thing around it: `sla.yaml:12`."""
        document = self.documents.get(file)
        return file if document is None else f"{file}:{document.position(path).line}"


_File = TypeVar("_File", bound=BaseModel)


def load_policies(folder: Path) -> Policies:
    """All policies of a folder.

    Raises:
        DocumentError: with file, line and remedy of everything that is wrong, over all files.
    """
    problems: list[Problem] = []
    hashes: dict[str, str] = {}
    documents: dict[str, Document] = {}

    def read(name: str, model: type[_File]) -> _File:
        path = folder / name
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        hashes[name] = hash_parts(text)
        try:
            documents[name] = parse_document(text, f"{folder.name}/{name}")
            return decode(documents[name], model)
        except DocumentError as error:
            problems.extend(error.problems)
            return model()

    calendar_file = read("calendars.yaml", CalendarFile)
    status_file = read("statuses.yaml", StatusFile)
    sla_file = read("sla.yaml", SlaFile)
    cost_file = read("costs.yaml", CostFile)
    initiative_file = read("initiatives.yaml", InitiativeFile)
    dimension_file = read("dimensions.yaml", DimensionFile)
    vendor_file = read("vendors.yaml", VendorPolicyFile)
    target_file = read("targets.yaml", TargetFile)
    unknown = sorted(path.name for path in folder.glob("*.y*ml") if path.name not in hashes) if folder.is_dir() else []
    problems += [
        Problem(f"{folder.name}/{name}", None, "no policy has this file name", f"Known are {', '.join(hashes)}.")
        for name in unknown
    ]
    if problems:
        raise DocumentError(problems)
    dimensions = {
        dimension: {alias.strip().lower(): common for common, aliases in names.items() for alias in aliases}
        for dimension, names in dimension_file
    }
    calendars = build_calendars(calendar_file, documents["calendars.yaml"], problems)
    team_calendars = build_team_calendars(calendar_file, documents["calendars.yaml"], dimensions["team"], problems)
    sla = _sla_policies(sla_file, set(calendar_file.calendars), documents["sla.yaml"], problems)
    costs = _cost_policy(cost_file, documents["costs.yaml"], problems)
    vendors = _vendor_policy(vendor_file, sla, documents["vendors.yaml"], problems)
    initiatives = _initiatives(initiative_file, documents["initiatives.yaml"], problems)
    targets = build_targets(target_file, METRICS, documents["targets.yaml"], problems)
    baselines = build_baselines(target_file, METRICS, documents["targets.yaml"], problems)
    if problems:
        raise DocumentError(problems)
    if any_public_holidays(calendar_file):
        # Another version of the package may know other holidays, and then everything has to be measured again.
        hashes["calendars.yaml"] = hash_parts(hashes["calendars.yaml"], version("holidays"))
    return Policies(
        calendars=calendars,
        team_calendars=team_calendars,
        statuses={
            source: {name: StatusMeaning(status.category, status.reason) for name, status in statuses.items()}
            for source, statuses in status_file.statuses.items()
        },
        sla=sla,
        costs=costs,
        vendors=vendors,
        initiatives=initiatives,
        targets=targets,
        baselines=baselines,
        dimensions=dimensions,
        hashes=hashes,
        documents=documents,
    )


def _sla_policies(
    file: SlaFile, calendars: set[str], document: Document, problems: list[Problem]
) -> tuple[SlaPolicy, ...]:
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


def _cost_policy(file: CostFile, document: Document, problems: list[Problem]) -> CostPolicy:
    centres = file.cost_centres.items()
    policy = CostPolicy(
        basis=file.basis,
        transaction=_transaction(file, document, problems),
        fx=_fx_policy(file.fx),
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
    try:
        check_policy(policy)
        check_driving_metrics(policy)
    except ValueError as error:
        problems.append(document.problem((_wrong_key(str(error)),), str(error), "Correct it and run again."))
    return policy


def _vendor_policy(
    file: VendorPolicyFile, sla: Sequence[SlaPolicy], document: Document, problems: list[Problem]
) -> VendorPolicy:
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
        credits=build_credit_terms(file.service_credits, sla, document, problems),
        scorecard=build_scorecard(file.scorecard, METRICS, document, problems),
    )


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


def _wrong_key(message: str) -> str:
    """The part of costs.yaml that a message of `check_policy` is about."""
    return "delay" if message.startswith("delay") else "budget" if message.startswith("budget") else "pools"


def _fx_policy(fx: Fx) -> FxPolicy:
    return FxPolicy(rate=fx.rate, fixed=dict(fx.fixed), max_age_days=fx.max_age_days)


def _initiatives(file: InitiativeFile, document: Document, problems: list[Problem]) -> tuple[Initiative, ...]:
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
    try:
        check_initiatives(initiatives)
    except ValueError as error:
        problems.append(document.problem(("initiatives",), str(error), "Correct it and run again."))
    return initiatives

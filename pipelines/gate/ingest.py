"""Load, stage, audit and judge one domain in one transaction: the gate.

Either the new files, their typed rows, the quarantine and the verdict are all there, or none of it is. A verdict is
for exactly one batch: these files, contracts, policies and this code.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from data_contracts.spec import ExportContract
from data_contracts.verdict import RuleResult, Verdict, decide
from models.catalog import STAGED
from models.vocabulary import Domain, VerdictState
from pipelines.broken_rules.explaining import evidence_of, explain_broken, find_evidence
from pipelines.fingerprint import hash_parts
from pipelines.gate.arrivals import judge
from pipelines.gate.audit import AuditAbortedError, audit, settings_of
from pipelines.gate.holds import HeldBack, read_holds
from pipelines.gate.verdicts import count_quarantined, current_verdict, find_quarantined, store_verdict
from pipelines.landing.loads import Landing, active_loads, land_export
from pipelines.landing.raw_rows import raw_table_name
from pipelines.landing.refusals import refuse_unclaimed
from pipelines.notices.unknown_names import KNOWN_NAMES, Names, read_names
from pipelines.notices.unmapped_statuses import UNMAPPED_STATUSES, UnmappedStatus, read_unmapped
from pipelines.notices.unused_aliases import find_told_aliases
from pipelines.readers import Limits
from pipelines.session import Session, Step
from pipelines.staging.domain import stage_domain

#: Files in folders that no contract reads belong to no domain; they are told with this one, once.
_FIRST_DOMAIN: Final = next(iter(Domain))


@dataclass(frozen=True, slots=True)
class Batch:
    """The judged state of a domain's staging tables.

    Attributes:
        verdict: None where no file of the domain was ever loaded: there is nothing to judge.
        is_new: whether this run staged and audited it; else it was known already.
        row_counts: raw and staged table -> rows.
        unmapped_statuses: of tickets, those that no policy maps.
        held: what its rules hold back; only where everything is rolled back and lost again.
        known_names: dimension -> names that the data hold; only where everything is rolled back and lost again.
        told_aliases: dimension -> aliases that its files say; only where everything is rolled back and lost again.
        arrivals: what was found of when its exports came; only where everything is rolled back and lost again.
    """

    domain: Domain
    batch_hash: str
    verdict: VerdictState | None
    summary: str
    landings: tuple[Landing, ...]
    results: tuple[RuleResult, ...]
    row_counts: dict[str, int]
    is_new: bool
    unmapped_statuses: tuple[UnmappedStatus, ...] = ()
    known_names: Names = field(default_factory=dict)
    told_aliases: Names = field(default_factory=dict)
    held: tuple[HeldBack, ...] = ()
    arrivals: tuple[RuleResult, ...] = ()


def ingest_domain(session: Session, domain: Domain) -> Batch:
    """Bring a domain up to date with its landing folders, and judge it."""
    asset = f"stage_{domain.value}"
    session.reporter.began(asset)
    started = time.perf_counter()
    errors: dict[str, str] = {}
    batch: Batch | None = None
    while batch is None:
        try:
            with session.warehouse.transaction():
                judged = _ingest(session, domain, errors)
                if judged.is_new:
                    staged = sum(judged.row_counts.get(table.name, 0) for table in STAGED[domain])
                    session.remember(asset, judged.batch_hash, staged, time.perf_counter() - started)
            batch = judged
        except AuditAbortedError as aborted:
            # The rule's own query broke the transaction. Once more without it: it then counts as errored.
            errors |= aborted.errors
    session.report(_step_of(asset, batch, time.perf_counter() - started))
    return batch


def look_at_domains(session: Session) -> dict[Domain, Batch]:
    """What `ingest_domain` would make of every domain, and nothing kept of it.

    All domains are in one transaction that is rolled back at the end, because a later one is judged by what an earlier
    one staged: whether an invoice can be converted, by the rates of finance.
    """
    errors: dict[str, str] = {}
    while True:
        try:
            with session.warehouse.transaction():
                batches = {domain: _look_at(session, domain, errors) for domain in Domain}
                _, arrivals = judge(session, "look")
                held = tuple(read_holds(session.warehouse, session.project.contracts))
                told = find_told_aliases(session.warehouse.rows, session.project.contracts, session.project.policies)
                raise _LookedOnlyError(
                    {
                        domain: replace(
                            batch,
                            held=held,
                            told_aliases=told,
                            arrivals=tuple(result for result in arrivals if result.rule.domain is domain),
                        )
                        for domain, batch in batches.items()
                    }
                )
        except _LookedOnlyError as looked:
            return looked.batches
        except AuditAbortedError as aborted:
            errors |= aborted.errors


def _look_at(session: Session, domain: Domain, errors: Mapping[str, str]) -> Batch:
    asset = f"stage_{domain.value}"
    session.reporter.began(asset)
    started = time.perf_counter()
    judged = _ingest(session, domain, errors)
    query = KNOWN_NAMES.get(domain)
    names = read_names(session.warehouse.rows(query)) if query else {}
    batch = replace(judged, known_names=names)
    session.report(_step_of(asset, batch, time.perf_counter() - started))
    return batch


class _LookedOnlyError(Exception):
    def __init__(self, batches: dict[Domain, Batch]) -> None:
        super().__init__()
        self.batches = batches


def _ingest(session: Session, domain: Domain, errors: Mapping[str, str]) -> Batch:
    project, warehouse = session.project, session.warehouse
    contracts = project.contracts_of(domain)
    limits = _limits(session)
    landings = tuple(
        land_export(
            warehouse,
            contract,
            project.home.landing / contract.id,
            run_id=session.run_id,
            limits=limits,
            is_full=session.is_full,
        )
        for contract in contracts
    )
    if domain is _FIRST_DOMAIN:
        refused = refuse_unclaimed(warehouse, project.home, project.contracts, run_id=session.run_id)
        landings += (Landing("(no contract)", 0, 0, 0, refused, ()),) if refused else ()
    loads = [load_id for contract in contracts for load_id, _ in active_loads(warehouse, contract.id)]
    rules_hash = _rules_hash(session, domain, contracts)
    batch_hash = hash_parts(rules_hash, loads)
    if not loads:
        summary = f"no file of {domain.value} was loaded yet"
        return Batch(domain, batch_hash, None, summary, landings, (), _row_counts(session, domain), False)
    known = current_verdict(warehouse, domain)
    if known is not None and known[0] == batch_hash and not session.is_full:
        counts, unmapped = _row_counts(session, domain), _unmapped_statuses(session, domain)
        return Batch(domain, batch_hash, known[1], known[2], landings, (), counts, False, unmapped)
    note = stage_domain(session, domain, contracts, rules_hash=rules_hash)
    results = _audit(session, domain, contracts, errors)
    quarantined = find_quarantined(warehouse, results)
    verdict = _judge(session, domain, contracts, results, batch_hash, count_quarantined(quarantined))
    store_verdict(warehouse, verdict, results, quarantined, run_id=session.run_id)
    results = [replace(result, hold=verdict.holds.get(result.rule.id)) for result in results]
    counts, unmapped = _row_counts(session, domain), _unmapped_statuses(session, domain)
    summary = " ".join(part for part in (verdict.summary, note) if part)
    return Batch(domain, batch_hash, verdict.state, summary, landings, tuple(results), counts, True, unmapped)


def _limits(session: Session) -> Limits:
    landing = session.project.home.settings.landing
    return Limits(settle_seconds=landing.settle_seconds, max_bytes=landing.largest_file_megabytes * 1_000_000)


def _rules_hash(session: Session, domain: Domain, contracts: Sequence[ExportContract]) -> str:
    """Hash of everything that staging and the audit of a domain depend on beside its own loads."""
    project = session.project
    policies = {name: project.policies.hashes.get(name) for name in ("statuses.yaml", "dimensions.yaml", "costs.yaml")}
    settings = project.home.settings
    return hash_parts(
        session.code_hash,
        domain.value,
        {contract.id: contract.content_hash for contract in contracts},
        _rates_of(session) if domain is Domain.VENDORS else (),
        policies,
        settings.reporting.model_dump(mode="json"),
        settings.gate.model_dump(mode="json"),
    )


def _rates_of(session: Session) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """What exchange rates there are, by which the audit of vendors' invoices says whether a line could be converted."""
    return tuple(
        (
            contract.id,
            contract.content_hash,
            tuple(load_id for load_id, _ in active_loads(session.warehouse, contract.id)),
        )
        for contract in session.project.contracts_of(Domain.FINANCE)
        if contract.tells_exchange_rates
    )


def _audit(
    session: Session, domain: Domain, contracts: Sequence[ExportContract], errors: Mapping[str, str]
) -> list[RuleResult]:
    rules = [rule for contract in contracts for rule in contract.rules]
    rules += session.project.warehouse_contract(domain).rules
    evidence = evidence_of(session, contracts)
    find_evidence(evidence, domain)
    results = audit(session.warehouse, rules, known_errors=errors, **settings_of(session.project))
    return explain_broken(results, evidence)


def _judge(
    session: Session,
    domain: Domain,
    contracts: Sequence[ExportContract],
    results: Sequence[RuleResult],
    batch_hash: str,
    quarantined_count: int,
) -> Verdict:
    versions = {contract.id: contract.version for contract in contracts}
    warehouse_contract = session.project.warehouse_contract(domain)
    versions[warehouse_contract.id] = warehouse_contract.version
    limit = Decimal(str(session.project.home.settings.gate.quarantine_limit_ratio))
    return decide(domain, results, batch_hash, versions, quarantine_limit=limit, quarantined_count=quarantined_count)


def _row_counts(session: Session, domain: Domain) -> dict[str, int]:
    warehouse = session.warehouse
    counts = {table.name: warehouse.count(table) for table in STAGED[domain]}
    for contract in session.project.contracts_of(domain):
        for item in contract.objects:
            counts[item.raw_table] = int(warehouse.rows(f"SELECT count(*) FROM {raw_table_name(item)}")[0][0])
    return counts


def _unmapped_statuses(session: Session, domain: Domain) -> tuple[UnmappedStatus, ...]:
    return read_unmapped(session.warehouse.rows(UNMAPPED_STATUSES)) if domain is Domain.TICKETS else ()


def _step_of(asset: str, batch: Batch, seconds: float) -> Step:
    rows = sum(batch.row_counts.get(table.name, 0) for table in STAGED[batch.domain])
    if batch.verdict is VerdictState.HOLD:
        return Step(asset, "held", rows, seconds, batch.summary)
    if batch.verdict is None:
        return Step(asset, "empty", 0, seconds, batch.summary)
    return Step(asset, "built" if batch.is_new else "unchanged", rows, seconds, batch.summary)

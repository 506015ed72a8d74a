"""The second gate: cost facts are kept only if the books balance, and a verdict says so.

The rules stand in `data_contracts/warehouse/cost_facts.yaml` and are evaluated in the transaction that builds the
facts. If one is broken or errored, the transaction is rolled back, the verdict is stored, and metrics that need finance
keep their last good values. How rules are evaluated is in `data_contracts`; metrics are held in
`pipelines.kpis.values`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from data_contracts.loader import load_fact_contract
from data_contracts.spec import Rule
from data_contracts.verdict import RuleResult, Verdict, decide
from models.finance import fct_cost_lines, stg_cost_lines
from models.vocabulary import Domain, RuleState, VerdictState
from pipelines.gate.audit import AuditAbortedError, audit, settings_of
from pipelines.gate.verdicts import current_verdict, store_verdict
from pipelines.session import Session

#: Under this name the verdict on cost facts stands beside those on domains.
COST_FACTS: Final = "cost_facts"


@dataclass
class NotReconciledError(Exception):
    """The cost facts that were just built may not be kept."""

    verdict: Verdict
    results: Sequence[RuleResult]


def reconcile_cost_facts(session: Session, input_hash: str) -> None:
    """Evaluate the rules over the cost facts of the open transaction, and store the verdict if it is pass.

    Raises:
        NotReconciledError: a rule is broken or could not be evaluated. Roll back, then call `hold_cost_facts`.
    """
    warehouse = session.warehouse
    rules = load_fact_contract(COST_FACTS).rules
    if warehouse.count(stg_cost_lines) == warehouse.count(fct_cost_lines) == 0:
        verdict = Verdict(
            domain=Domain.FINANCE,
            state=VerdictState.PASS,
            batch_hash=input_hash,
            contract_versions=_versions(),
            summary="cost_facts: there are no cost lines to reconcile.",
        )
        store_verdict(warehouse, verdict, (), run_id=session.run_id, name=COST_FACTS)
        return
    try:
        results = audit(warehouse, rules, **settings_of(session.project))
    except AuditAbortedError as aborted:
        raise _errored(rules, "; ".join(aborted.errors.values()), input_hash) from aborted
    verdict = _judge(results, input_hash)
    if verdict.state is VerdictState.HOLD:
        raise NotReconciledError(verdict, results)
    store_verdict(warehouse, verdict, results, run_id=session.run_id, name=COST_FACTS)


def refuse_allocation(error: Exception, input_hash: str) -> NotReconciledError:
    """What becomes of cost facts that could not be computed at all: every rule counts as errored."""
    return _errored(load_fact_contract(COST_FACTS).rules, str(error), input_hash)


def hold_cost_facts(session: Session, error: NotReconciledError, assets: Sequence[str]) -> None:
    """Store the verdict that holds the cost facts, and let the next run try them again. Opens a transaction."""
    with session.warehouse.transaction():
        store_verdict(session.warehouse, error.verdict, error.results, run_id=session.run_id, name=COST_FACTS)
        for asset in assets:
            session.warehouse.execute("DELETE FROM ops.ops_steps WHERE asset = ?", [asset])


def reason_to_hold(session: Session) -> str | None:
    """Why the cost facts are held; None if they are not."""
    verdict = current_verdict(session.warehouse, COST_FACTS)
    return verdict[2] if verdict is not None and verdict[1] is VerdictState.HOLD else None


def _errored(rules: Sequence[Rule], message: str, input_hash: str) -> NotReconciledError:
    results = [RuleResult(rule=rule, state=RuleState.ERRORED, error=message) for rule in rules]
    return NotReconciledError(_judge(results, input_hash), results)


def _judge(results: Sequence[RuleResult], input_hash: str) -> Verdict:
    verdict = decide(Domain.FINANCE, results, input_hash, _versions())
    told = verdict.summary.replace(f"{Domain.FINANCE.value} ", f"{COST_FACTS} ", 1)
    return Verdict(
        domain=verdict.domain,
        state=verdict.state,
        batch_hash=verdict.batch_hash,
        contract_versions=verdict.contract_versions,
        summary=told,
        blocking=verdict.blocking,
        warnings=verdict.warnings,
        holds=verdict.holds,
    )


def _versions() -> dict[str, str]:
    contract = load_fact_contract(COST_FACTS)
    return {contract.id: contract.version}

"""Verdicts as stored data: what the gate decided, by which rules, and which records it set aside.

Stored in the transaction that loaded and judged the batch; facts and publication read nothing else. How a batch is
judged is in `data_contracts.verdict`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from data_contracts.spec import Rule
from data_contracts.verdict import RuleResult, Verdict
from models.ops import ops_quarantined_records, ops_rule_results, ops_verdicts
from models.vocabulary import Domain, RuleAction, RuleState, VerdictState
from pipelines.audit import failing_keys
from pipelines.warehouse import Warehouse


def current_verdict(warehouse: Warehouse, judged: str) -> tuple[str, VerdictState, str] | None:
    """(batch hash, verdict, summary) of what the tables hold now; None if it was never judged.

    Args:
        judged: a domain, for its staging tables, or the name of facts that are judged after they were built.
    """
    query = "SELECT batch_hash, verdict, summary FROM ops.ops_verdicts WHERE domain = ? AND is_current"
    found = warehouse.rows(query, [str(judged)])
    return (str(found[0][0]), VerdictState(found[0][1]), str(found[0][2])) if found else None


def stored_results(warehouse: Warehouse, domain: Domain, rules: Sequence[Rule]) -> list[RuleResult]:
    """The outcome of each rule in the domain's latest audit, as stored with its verdict."""
    query = """
        SELECT rule_id, state, evaluated_count, failed_count, sample_keys, failing_rows_query
        FROM ops.ops_rule_results WHERE domain = ?
    """
    stored = {row[0]: row[1:] for row in warehouse.rows(query, [domain.value])}
    return [
        RuleResult(
            rule=rule,
            state=RuleState(found[0]),
            evaluated_count=found[1],
            failed_count=found[2],
            sample_keys=tuple(json.loads(found[3])),
            failing_rows_query=found[4],
        )
        for rule in rules
        if (found := stored.get(rule.id))
    ]


def store_verdict(
    warehouse: Warehouse, verdict: Verdict, results: Sequence[RuleResult], *, run_id: str, name: str | None = None
) -> None:
    """Make a verdict the current one of its domain, with its rule results and quarantine. Call in a transaction.

    Args:
        name: of the facts that were judged, if it is not the domain's staging tables.
    """
    domain = name or verdict.domain.value
    for table in ("ops_rule_results", "ops_quarantined_records"):
        warehouse.execute(f"DELETE FROM ops.{table} WHERE domain = ?", [domain])
    if results:
        warehouse.append(ops_rule_results, pl.DataFrame([_result_row(domain, verdict, result) for result in results]))
    for result in results:
        if result.rule.action is RuleAction.QUARANTINE and result.failed_count:
            _quarantine(warehouse, verdict, result)
    warehouse.execute("UPDATE ops.ops_verdicts SET is_current = false WHERE domain = ?", [domain])
    query = "DELETE FROM ops.ops_verdicts WHERE domain = ? AND batch_hash = ?"
    warehouse.execute(query, [domain, verdict.batch_hash])
    record = {
        "domain": domain,
        "batch_hash": verdict.batch_hash,
        "verdict": verdict.state.value,
        "is_current": True,
        "contract_versions": json.dumps(dict(verdict.contract_versions), sort_keys=True),
        "summary": verdict.summary,
        "decided_at": datetime.now(UTC),
        "run_id": run_id,
    }
    warehouse.append(ops_verdicts, pl.DataFrame([record]))


def _result_row(domain: str, verdict: Verdict, result: RuleResult) -> dict[str, object]:
    rule = result.rule
    return {
        "domain": domain,
        "batch_hash": verdict.batch_hash,
        "rule_id": rule.id,
        "contract_id": rule.contract_id,
        "contract_version": rule.contract_version,
        "tier": rule.tier.value,
        "quality_dimension": rule.quality_dimension.value,
        "action": rule.action.value,
        "state": result.state.value,
        "evaluated_count": result.evaluated_count,
        "failed_count": result.failed_count,
        "message": rule.message if result.error is None else f"{rule.message} ({_why(result)}.)",
        "sample_keys": json.dumps(list(result.sample_keys), ensure_ascii=False),
        "failing_rows_query": result.failing_rows_query,
        "protects": json.dumps(list(rule.protects)),
    }


def _why(result: RuleResult) -> str:
    verb = "Not evaluated" if result.state is RuleState.SKIPPED else "Could not be evaluated"
    return f"{verb}: {result.error}".rstrip(".")


def _quarantine(warehouse: Warehouse, verdict: Verdict, result: RuleResult) -> None:
    keys = failing_keys(warehouse, result.rule)
    if not keys:
        return
    frame = pl.DataFrame({"record_id": keys}).with_columns(
        pl.lit(verdict.domain.value).alias("domain"),
        pl.lit(result.rule.record_table).alias("table_name"),
        pl.lit(result.rule.id).alias("rule_id"),
        pl.lit(result.rule.message).alias("reason"),
        pl.lit(verdict.batch_hash).alias("batch_hash"),
    )
    warehouse.append(ops_quarantined_records, frame)

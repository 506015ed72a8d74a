"""Verdicts as stored data: what the gate decided, by which rules, and which records it set aside.

Stored in the transaction that loaded and judged the batch; facts and publication read nothing else. How a batch is
judged is in `data_contracts.verdict`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import polars as pl

from data_contracts.spec import Rule
from data_contracts.verdict import Hold, RuleResult, Verdict, meaning_of
from models.catalog import STAGED, table_named
from models.ddl import quote_identifier, quote_text
from models.ops import ops_quarantined_records, ops_rule_results, ops_verdicts
from models.tickets import stg_tickets
from models.vocabulary import HoldLevel, RuleAction, RuleState, VerdictState
from pipelines.gate.audit import failing_keys
from pipelines.gate.rule_outcomes import remember_outcomes
from pipelines.warehouse import Warehouse

#: Problems of a value for which its record may be set aside: then it is the one to be put right.
_UNUSABLE: Final = ("unparsable", "missing", "unmapped_status")
_FOUND: Final = ("table_name", "record_id", "rule_id", "reason")


def current_verdict(warehouse: Warehouse, judged: str) -> tuple[str, VerdictState, str] | None:
    """(batch hash, verdict, summary) of what the tables hold now; None if it was never judged.

    Args:
        judged: a domain, for its staging tables, or the name of facts that are judged after they were built.
    """
    query = "SELECT batch_hash, verdict, summary FROM ops.ops_verdicts WHERE domain = ? AND is_current"
    found = warehouse.rows(query, [str(judged)])
    return (str(found[0][0]), VerdictState(found[0][1]), str(found[0][2])) if found else None


def stored_results(warehouse: Warehouse, judged: str, rules: Sequence[Rule]) -> list[RuleResult]:
    """The outcome of each rule in the latest audit of a domain, or of facts, as stored with its verdict."""
    query = """
        SELECT rule_id, state, evaluated_count, failed_count, sample_keys, failing_rows_query, holds, held_reason,
            failed_months
        FROM ops.ops_rule_results WHERE domain = ?
    """
    stored = {row[0]: row[1:] for row in warehouse.rows(query, [str(judged)])}
    return [
        RuleResult(
            rule=rule,
            state=RuleState(found[0]),
            evaluated_count=found[1],
            failed_count=found[2],
            sample_keys=tuple(json.loads(found[3])),
            failing_rows_query=found[4],
            hold=Hold(HoldLevel(found[5]), str(found[6])) if found[5] else None,
            failed_months=tuple(json.loads(found[7] or "{}").items()),
        )
        for rule in rules
        if (found := stored.get(rule.id))
    ]


def find_quarantined(warehouse: Warehouse, results: Sequence[RuleResult]) -> pl.DataFrame:
    """The records that rules set aside: `table_name`, `record_id`, `rule_id` and `reason`, one row per record and rule.

    A record is one however many rules set it aside; count it by `count_quarantined`.
    """
    frames = [
        pl.DataFrame({"record_id": failing_keys(warehouse, result)}, schema={"record_id": pl.String}).select(
            pl.lit(result.rule.record_table).alias("table_name"),
            "record_id",
            pl.lit(result.rule.id).alias("rule_id"),
            pl.lit(result.rule.message).alias("reason"),
        )
        for result in results
        if result.rule.action is RuleAction.QUARANTINE and result.failed_count
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=dict.fromkeys(_FOUND, pl.String))


def count_quarantined(found: pl.DataFrame) -> int:
    """How many records are set aside: each once."""
    return found.select("table_name", "record_id").n_unique()


def store_verdict(
    warehouse: Warehouse,
    verdict: Verdict,
    results: Sequence[RuleResult],
    quarantined: pl.DataFrame | None = None,
    *,
    run_id: str,
    name: str | None = None,
) -> None:
    """Make a verdict the current one of its domain, with its rule results and quarantine. Call in a transaction.

    Args:
        quarantined: what `find_quarantined` found in the same transaction; None if no rule sets records aside.
        name: of the facts that were judged, if it is not the domain's staging tables.
    """
    domain = name or verdict.domain.value
    decided_at = datetime.now(UTC)
    set_aside = None if quarantined is None else _with_provenance(warehouse, verdict, quarantined)
    remember_outcomes(warehouse, domain, verdict, results, run_id=run_id, decided_at=decided_at)
    for table in ("ops_rule_results", "ops_quarantined_records"):
        warehouse.execute(f"DELETE FROM ops.{table} WHERE domain = ?", [domain])
    if results:
        warehouse.append(ops_rule_results, pl.DataFrame([_result_row(domain, verdict, result) for result in results]))
    if set_aside is not None and not set_aside.is_empty():
        warehouse.append(ops_quarantined_records, set_aside)
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
        "decided_at": decided_at,
        "run_id": run_id,
    }
    warehouse.append(ops_verdicts, pl.DataFrame([record]))


def _result_row(domain: str, verdict: Verdict, result: RuleResult) -> dict[str, object]:
    rule, hold = result.rule, verdict.holds.get(result.rule.id)
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
        "message": meaning_of(result),
        "sample_keys": json.dumps(list(result.sample_keys), ensure_ascii=False),
        "failing_rows_query": result.failing_rows_query,
        "protects": json.dumps(list(rule.protects)),
        "holds": hold.level.value if hold else None,
        "held_reason": hold.reason if hold else None,
        "record_table": rule.record_table,
        "table_name": rule.table_name,
        "failed_record_count": result.failed_record_count,
        "record_count": result.record_count,
        "failed_months": json.dumps(dict(result.failed_months)) if result.failed_months else None,
        "counted": rule.counted,
        "quarantine_limit_ratio": _limit_of(rule, verdict),
    }


def _limit_of(rule: Rule, verdict: Verdict) -> float | None:
    if rule.action is not RuleAction.QUARANTINE:
        return None
    return float(verdict.quarantine_limit if rule.quarantine_limit is None else rule.quarantine_limit)


def _with_provenance(warehouse: Warehouse, verdict: Verdict, quarantined: pl.DataFrame) -> pl.DataFrame:
    """The records set aside with the file and row they come from, and since when each rule has set them aside."""
    parts = [_places(warehouse, table, part) for (table,), part in quarantined.group_by("table_name")]
    if not parts:
        return quarantined.clear()
    before = warehouse.frame("SELECT table_name, record_id, rule_id, first_seen_at FROM ops.ops_quarantined_records")
    now = pl.lit(datetime.now(UTC)).cast(pl.Datetime("us", "UTC"))
    return (
        pl.concat(parts)
        .join(before, on=["table_name", "record_id", "rule_id"], how="left")
        .with_columns(
            pl.lit(verdict.domain.value).alias("domain"),
            pl.lit(verdict.batch_hash).alias("batch_hash"),
            pl.col("first_seen_at").fill_null(now),
        )
        .sort("table_name", "record_id", "rule_id")
    )


def _places(warehouse: Warehouse, table: object, part: pl.DataFrame) -> pl.DataFrame:
    """The records of one table with the first row that has a value of theirs which could not be used; of others with
    the latest file that tells of each, and the first row there.
    """
    name = str(table)
    is_raw = name not in {staged.name for tables in STAGED.values() for staged in tables}
    key = "_row_number" if is_raw else str(next(iter(table_named(name).primary_key.columns)).name)
    load, row = ("_load_id", "_row_number") if is_raw else ("load_id", "row_number")
    fed = [name.removeprefix("stg_"), *(["ticket_events"] if name == stg_tickets.name else [])]
    query = f"""
        WITH told AS (
            SELECT CAST({quote_identifier(key)} AS VARCHAR) AS record_id, {load} AS load_id, min({row}) AS row_number
            FROM {"raw" if is_raw else "stg"}.{quote_identifier(name)}
            SEMI JOIN found ON found.record_id = CAST({quote_identifier(key)} AS VARCHAR)
            GROUP BY record_id, load_id
            QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY load_id DESC) = 1
        ),
        unusable AS (
            SELECT record_id, load_id, row_number FROM ops.ops_value_problems
            SEMI JOIN found USING (record_id)
            WHERE problem IN ({", ".join(map(quote_text, _UNUSABLE))})
                AND split_part(canonical_column, '.', 1) IN ({", ".join(map(quote_text, fed))})
            QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY load_id, row_number) = 1
        )
        SELECT found.*, loads.export, loads.file_name, coalesce(unusable.row_number, told.row_number) AS row_number
        FROM found
        LEFT JOIN told ON told.record_id = found.record_id
        LEFT JOIN unusable ON unusable.record_id = found.record_id
        LEFT JOIN ops.ops_loads AS loads ON loads.load_id = coalesce(unusable.load_id, told.load_id)
    """
    return warehouse.frame(query, {"found": part})

"""What each rule found each time a domain was judged: the history behind the instrumentation scorecard.

Written in the transaction that stores the verdict. The latest results, with keys and queries, are in
`ops_rule_results`, which `pipelines.gate.verdicts` keeps; what follows from the history is in
`metrics.instrumentation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from data_contracts.spec import ONE_NUMBER, Rule
from data_contracts.verdict import RuleResult, Verdict
from models.catalog import STAGED, table_named
from models.ddl import conform, qualified_name, quote_identifier
from models.ops import ops_rule_outcomes
from models.vocabulary import Layer, RuleState
from pipelines.warehouse import Warehouse

#: Row of all sources together.
ALL_SOURCES: Final = ""

#: For how long every judgement is kept, and after that the last of each day; of older ones the last of each month.
EVERY_JUDGEMENT: Final = timedelta(days=31)
EVERY_DAY: Final = timedelta(days=400)

_SPLIT: Final = frozenset(table.name for tables in STAGED.values() for table in tables)
_JUDGED: Final = (RuleState.PASSED, RuleState.FAILED)
#: When and in which run something was found; all else of an outcome says what was found.
_OCCASION: Final = ("run_id", "decided_at")


def remember_outcomes(
    warehouse: Warehouse,
    domain: str,
    verdict: Verdict,
    results: Sequence[RuleResult],
    *,
    run_id: str,
    decided_at: datetime,
) -> None:
    """Add what was found to the history, unless the same batch was judged with the same outcome just before.

    Call in the transaction that stores the verdict, while the latest results still stand in `ops_rule_results`.

    Args:
        domain: under which the verdict is stored: a domain, or the name of facts.
    """
    _take_over_latest(warehouse, domain)
    rows = [row for result in results for row in _outcomes(warehouse, domain, verdict, result)]
    occasion = {"run_id": run_id, "decided_at": decided_at}
    frame = pl.DataFrame([{**row, **occasion} for row in rows], infer_schema_length=None)
    if rows and not _is_known(warehouse, domain, frame):
        warehouse.execute("DELETE FROM ops.ops_rule_outcomes WHERE domain = ? AND run_id = ?", [domain, run_id])
        warehouse.append(ops_rule_outcomes, frame)
    _forget_old(warehouse, domain, decided_at)


def _take_over_latest(warehouse: Warehouse, domain: str) -> None:
    """Begin the history of a home that was judged before there was one: with its latest results."""
    warehouse.execute(
        """
        INSERT INTO ops.ops_rule_outcomes BY NAME
        SELECT domain, rule_id, '' AS source, run_id, decided_at, results.batch_hash, verdict, contract_id,
            contract_version, table_name, record_table, action, state, holds, evaluated_count, failed_count,
            record_count, failed_record_count
        FROM ops.ops_rule_results AS results JOIN ops.ops_verdicts AS verdicts USING (domain)
        WHERE domain = ? AND verdicts.is_current
            AND NOT EXISTS (SELECT 1 FROM ops.ops_rule_outcomes AS known WHERE known.domain = results.domain)
        """,
        [domain],
    )


def _outcomes(warehouse: Warehouse, domain: str, verdict: Verdict, result: RuleResult) -> list[dict[str, object]]:
    """The outcome of a rule over all sources and, if it was broken, of each source."""
    rule, hold = result.rule, verdict.holds.get(result.rule.id)
    common: dict[str, object] = {
        "domain": domain,
        "rule_id": rule.id,
        "batch_hash": verdict.batch_hash,
        "verdict": verdict.state.value,
        "contract_id": rule.contract_id,
        "contract_version": rule.contract_version,
        "table_name": rule.table_name,
        "record_table": rule.record_table,
        "action": rule.action.value,
        "state": result.state.value,
        "holds": hold.level.value if hold else None,
    }
    whole: dict[str, object] = {
        **common,
        "source": ALL_SOURCES,
        "evaluated_count": result.evaluated_count,
        "failed_count": result.failed_count,
        "record_count": None,
        "failed_record_count": None,
    }
    if result.state not in _JUDGED or not _counts_records(rule):
        return [whole]
    if result.failed_count == 0:
        return [{**whole, "record_count": _record_count(warehouse, result), "failed_record_count": 0}]
    whole |= {"record_count": result.record_count, "failed_record_count": result.failed_record_count}
    if rule.record_table not in _SPLIT:
        # Facts that were judged and rolled back are not there any more, so that nothing can be told apart by source.
        return [whole]
    return [
        whole,
        *(
            {**common, "source": source, "record_count": records, "failed_record_count": failed}
            for source, records, failed in _by_source(warehouse, result)
        ),
    ]


def _counts_records(rule: Rule) -> bool:
    """Whether the rule's key names records: rows of a table that has it for its primary key, or of a landed file."""
    if rule.key_column is None or rule.measure in ONE_NUMBER:
        return False
    if rule.table_name.startswith(f"{Layer.RAW.value}."):
        return True
    return [column.name for column in table_named(rule.record_table).primary_key.columns] == [rule.key_column]


def _record_count(warehouse: Warehouse, result: RuleResult) -> int:
    """Records of the kind that the key names, of a rule that nothing broke."""
    rule = result.rule
    if rule.table_name.rpartition(".")[2] == rule.record_table:
        return result.evaluated_count
    return warehouse.count(table_named(rule.record_table))


def _by_source(warehouse: Warehouse, result: RuleResult) -> list[tuple[str, int, int]]:
    """Source, its records, and those of them that broke the rule."""
    rule = result.rule
    query = f"""
        SELECT source, count(*), count(failing_key)
        FROM {qualified_name(table_named(rule.record_table))} AS records
        LEFT JOIN ({result.failing_keys_query}) AS failing
            ON failing_key = CAST(records.{quote_identifier(str(rule.key_column))} AS VARCHAR)
        GROUP BY source ORDER BY source
    """
    return [(str(source), int(records), int(failed)) for source, records, failed in warehouse.rows(query)]


def _is_known(warehouse: Warehouse, domain: str, frame: pl.DataFrame) -> bool:
    """Whether the latest judgement in the history found exactly this in the same batch."""
    known = warehouse.read(ops_rule_outcomes).filter(pl.col("domain") == domain)
    latest = known.filter(pl.col("decided_at") == pl.col("decided_at").max())
    found = conform(frame, ops_rule_outcomes)
    return _finding(found).equals(_finding(latest))


def _finding(outcomes: pl.DataFrame) -> pl.DataFrame:
    return outcomes.drop(_OCCASION).sort("rule_id", "source")


def _forget_old(warehouse: Warehouse, domain: str, now: datetime) -> None:
    """Thin out what is older: see `EVERY_JUDGEMENT` and `EVERY_DAY`. Days and months are those of UTC."""
    warehouse.execute(
        """
        DELETE FROM ops.ops_rule_outcomes AS old
        WHERE domain = $1 AND decided_at < $2 AND decided_at < (
            SELECT max(decided_at) FROM ops.ops_rule_outcomes AS later
            WHERE later.domain = old.domain
                AND date_trunc(CASE WHEN old.decided_at < $3 THEN 'month' ELSE 'day' END, later.decided_at)
                  = date_trunc(CASE WHEN old.decided_at < $3 THEN 'month' ELSE 'day' END, old.decided_at)
        )
        """,
        [domain, now - EVERY_JUDGEMENT, now - EVERY_DAY],
    )


def read_outcomes_by_day(warehouse: Warehouse) -> pl.DataFrame:
    """Rows of `models.marts.meta_rule_outcomes`: of each day on which a domain was judged, its last judgement."""
    return warehouse.frame(
        """
        SELECT domain, rule_id, source, CAST(decided_at AS DATE) AS decided_date, decided_at, run_id, batch_hash,
            verdict, contract_id, contract_version, action, state, holds, evaluated_count, failed_count, record_count,
            failed_record_count,
            CASE WHEN record_count > 0 THEN (record_count - failed_record_count) / record_count
                 WHEN failed_count = 0 AND state = 'passed' THEN 1.0 END AS captured_ratio
        FROM ops.ops_rule_outcomes
        QUALIFY decided_at = max(decided_at) OVER (PARTITION BY domain, CAST(decided_at AS DATE))
        ORDER BY domain, rule_id, source, decided_at
        """
    )

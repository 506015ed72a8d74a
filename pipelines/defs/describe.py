"""How the graph explains itself: asset and check specs made from models, contracts and rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import dagster as dg
from sqlalchemy import Table

from data_contracts.spec import ExportContract, ExportObject, Rule
from data_contracts.verdict import RuleResult
from models.ddl import sql_type
from models.vocabulary import RuleAction, RuleState
from pipelines.gate.affected_metrics import metrics_protected, name_briefly
from pipelines.session import Step

OWNERS = ["team:operations-analytics"]


def table_spec(table: Table, group: str, deps: Iterable[str], *, kinds: Iterable[str] = ("duckdb",)) -> dg.AssetSpec:
    """The asset of a declared table: its meaning, columns and what it is made from."""
    columns = [
        dg.TableColumn(column.name, sql_type(column, "duckdb"), description=column.comment) for column in table.columns
    ]
    return dg.AssetSpec(
        table.name,
        deps=list(deps),
        description=table.comment,
        group_name=group,
        owners=OWNERS,
        kinds=set(kinds),
        metadata={
            "dagster/table_name": f"{table.schema}.{table.name}",
            "dagster/column_schema": dg.TableSchema(columns=columns),
        },
    )


def raw_spec(contract: ExportContract, item: ExportObject) -> dg.AssetSpec:
    """The asset of a raw table: the export as it arrived."""
    columns = [
        dg.TableColumn(column.name, "VARCHAR", description=column.description or None) for column in item.columns
    ]
    return dg.AssetSpec(
        item.raw_table,
        deps=[landing_key(contract)],
        description=f"{contract.name}: every row of every file, as text, with the file and row it came from.",
        group_name=contract.domain.value,
        owners=OWNERS,
        kinds={"duckdb"},
        metadata={
            "dagster/table_name": f"raw.{item.raw_table}",
            "dagster/column_schema": dg.TableSchema(columns=columns),
            "contract": f"{contract.id} {contract.version}",
        },
    )


def landing_key(contract: ExportContract) -> dg.AssetKey:
    """The key of an export's landing folder."""
    return dg.AssetKey(["landing", contract.id])


def landing_spec(contract: ExportContract) -> dg.AssetSpec:
    """The folder in which an export's files arrive: not made by the pipeline, but what everything comes from."""
    return dg.AssetSpec(
        landing_key(contract),
        description=f"{contract.name}: files matching {contract.file_pattern} in landing/{contract.id}/.",
        group_name=contract.domain.value,
        owners=OWNERS,
        kinds={contract.format if contract.format != "jsonl" else "json"},
    )


def check_name(rule: Rule) -> str:
    """A rule's id as Dagster allows names."""
    return re.sub(r"[^A-Za-z0-9_]+", "__", rule.id)


def rule_asset(rule: Rule) -> str:
    """The asset whose rows a rule judges: its table, without the layer."""
    return rule.table_name.rpartition(".")[2]


def check_spec(rule: Rule, asset: str) -> dg.AssetCheckSpec:
    """The asset check of one contract rule."""
    metrics = metrics_protected(rule.id, rule.protects, rule.domain.value)
    protected = ", ".join(name_briefly(metrics) or rule.protects) or "nothing"
    return dg.AssetCheckSpec(
        check_name(rule),
        asset=asset,
        description=f"{rule.message} On failure: {rule.action.value}. Protects: {protected}.",
        metadata={"rule": rule.id, "contract": f"{rule.contract_id} {rule.contract_version}"},
    )


def check_result(result: RuleResult, asset: str) -> dg.AssetCheckResult:
    """A rule's outcome as Dagster shows it. The gate itself reads the stored verdict, never this."""
    # As the gate sees it: too many records set aside hold as much as a block; so does a rule that could not be asked.
    holds = result.hold is not None or result.rule.action is RuleAction.BLOCK
    things = f"{result.rule.counted}s"
    metadata: dict[str, object] = {
        "state": result.state.value,
        f"{things} looked at": result.evaluated_count,
        f"{things} that broke it": result.failed_count,
        "share that broke it": round(result.failing_share, 6),
        "tier": result.rule.tier.value,
        "action": result.rule.action.value,
        "sample keys": json.dumps(list(result.sample_keys), ensure_ascii=False),
    }
    if result.failed_months:
        metadata["records that broke it, by month"] = _month_table(result)
    if result.hold is not None:
        metadata["holds"] = f"{result.hold.level.value}: {result.hold.reason}"
    if result.failing_rows_query:
        metadata["query of all such rows"] = dg.MetadataValue.md(f"```sql\n{result.failing_rows_query}\n```")
    return dg.AssetCheckResult(
        passed=result.state in (RuleState.PASSED, RuleState.SKIPPED),
        check_name=check_name(result.rule),
        asset_key=asset,
        severity=dg.AssetCheckSeverity.ERROR if holds else dg.AssetCheckSeverity.WARN,
        description=_not_asked(result),
        metadata=metadata,
    )


def _not_asked(result: RuleResult) -> str | None:
    """What stands beside the tick of a check that was skipped: Dagster has no third state, and none may be left out."""
    if result.state is not RuleState.SKIPPED:
        return None
    return f"Skipped, so neither kept nor broken: {result.error or 'there was nothing to judge'}."


def _month_table(result: RuleResult) -> dg.TableMetadataValue:
    """Which months of the source broke a rule: no asset has partitions, see ADR 14, so its check says them."""
    records = [dg.TableRecord({"month": month, "records": count}) for month, count in result.failed_months]
    columns = [dg.TableColumn("month", "string"), dg.TableColumn("records", "int")]
    return dg.MetadataValue.table(records, schema=dg.TableSchema(columns=columns))


def step_result(step: Step, asset: str | None = None) -> dg.MaterializeResult:
    """A step as Dagster shows it."""
    metadata: dict[str, object] = {"state": step.state, "seconds": round(step.seconds, 3)}
    if step.row_count is not None:
        metadata["dagster/row_count"] = step.row_count
    if step.note:
        metadata["note"] = step.note
    return dg.MaterializeResult(asset_key=asset or step.asset, metadata=metadata)

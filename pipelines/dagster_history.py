"""The home's own Dagster storage, told of what `kpi run` has built since it was opened last.

Runs that Dagster starts record themselves. Runs of `kpi run` do not: hundreds of small writes would take longer than
the run. So they are recorded here, all at once, when somebody opens the UI.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import dagster as dg
from dagster._core.instance import InstanceRef

from data_contracts.loader import load_fact_contract
from data_contracts.spec import Rule
from models.catalog import STAGED
from models.finance import fct_cost_lines
from models.findings import ops_source_arrivals
from models.vocabulary import Domain
from pipelines.defs.describe import check_name, check_result, rule_asset
from pipelines.gate.arrivals import ARRIVALS, arrival_rules
from pipelines.gate.reconciliation import COST_FACTS
from pipelines.gate.verdicts import stored_results
from pipelines.home import Home
from pipelines.project import Project
from pipelines.warehouse import Warehouse, open_warehouse

_RECORDED = "recorded.json"
#: No telemetry, and no invitation to a newsletter in front of the graph.
_SETTINGS = "telemetry:\n  enabled: false\nnux:\n  enabled: false\n"


@contextmanager
def dagster_instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """The home's own Dagster storage, made when it is first needed; sends nothing anywhere."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        settings.write_text(_SETTINGS, encoding="utf-8")
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home.dagster.resolve()))) as instance:
        yield instance


def record_history(project: Project) -> int:
    """Report every asset and rule that was built or judged since the last call, with its row count.

    Returns:
        The number of events that were reported.

    Raises:
        WarehouseBusyError: a run has the warehouse open.
    """
    home = project.home
    recorded = home.dagster / _RECORDED
    if not home.warehouse.exists():
        return 0
    with open_warehouse(home.warehouse) as warehouse:
        known = json.loads(recorded.read_text(encoding="utf-8")) if recorded.exists() else {}
        built = {
            str(asset): built_at for asset, built_at in warehouse.rows("SELECT asset, built_at FROM ops.ops_steps")
        }
        new = {asset for asset, built_at in built.items() if known.get(asset) != built_at.isoformat()}
        # In the order in which they were built, or Dagster takes each asset for older than what it was made from.
        in_order = sorted(new, key=lambda asset: built[asset])
        events = [event for asset in in_order for event in _events_of(project, warehouse, asset, built[asset])]
    with dagster_instance(home) as instance:
        for event in events:
            instance.report_runless_asset_event(event)
    recorded.write_text(json.dumps({asset: at.isoformat() for asset, at in built.items()}), encoding="utf-8")
    return len(events)


def _events_of(
    project: Project, warehouse: Warehouse, asset: str, built_at: datetime
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """Events of one step of `ops_steps`; staging a domain is one step with many assets and checks."""
    domain = next((domain for domain in Domain if asset == f"stage_{domain.value}"), None)
    if domain is None:
        count = warehouse.rows("SELECT row_count FROM ops.ops_steps WHERE asset = ?", [asset])[0][0]
        yield _materialization(asset, count, built_at)
        if asset == fct_cost_lines.name:
            yield from _evaluations(warehouse, COST_FACTS, load_fact_contract(COST_FACTS).rules)
        if asset == ops_source_arrivals.name:
            yield from _evaluations(warehouse, ARRIVALS, arrival_rules(project.contracts))
        return
    tables = [f"raw.{item.raw_table}" for contract in project.contracts_of(domain) for item in contract.objects]
    tables += [f"stg.{table.name}" for table in STAGED[domain]]
    for table in tables:
        layer, _, name = table.partition(".")
        yield _materialization(name, warehouse.rows(f'SELECT count(*) FROM {layer}."{name}"')[0][0], built_at)
    rules = [rule for contract in project.contracts_of(domain) for rule in contract.rules]
    rules += project.warehouse_contract(domain).rules
    yield from _evaluations(warehouse, domain.value, rules)


def _materialization(asset: str, row_count: int | None, built_at: datetime) -> dg.AssetMaterialization:
    metadata: dict[str, object] = {"built by kpi run at": built_at.isoformat(timespec="seconds")}
    if row_count is not None:
        metadata["dagster/row_count"] = row_count
    return dg.AssetMaterialization(asset_key=asset, metadata=metadata)


def _evaluations(warehouse: Warehouse, judged: str, rules: Sequence[Rule]) -> Iterator[dg.AssetCheckEvaluation]:
    """What the latest audit found, as the run of a Dagster job tells it."""
    for result in stored_results(warehouse, judged, rules):
        told = check_result(result, rule_asset(result.rule))
        yield dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(rule_asset(result.rule)),
            check_name=check_name(result.rule),
            passed=told.passed,
            severity=told.severity,
            metadata=told.metadata,
        )

"""Landing to staged tables, a domain at a time: one multi-asset each, because load, audit and verdict commit together.

The checks of a domain's contracts are yielded by the same call that evaluates them, so that they cannot drift.
"""

# No postponed annotations here: Dagster reads the type of `context` itself.

from collections.abc import Iterator

import dagster as dg

from data_contracts.verdict import RuleResult
from models.catalog import STAGED
from models.tickets import stg_ticket_events, stg_tickets
from models.vocabulary import Domain, RuleState
from pipelines.defs.describe import (
    check_result,
    check_spec,
    landing_spec,
    raw_spec,
    rule_asset,
    step_result,
    table_spec,
)
from pipelines.gate.ingest import ingest_domain
from pipelines.gate.verdicts import stored_results
from pipelines.project import Project
from pipelines.session import Session, Step, StepState
from pipelines.staging.sightings import is_repeated


def staging_assets(project: Project, domain: Domain) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Landing folders, raw tables and staged tables of a domain, with the rules of its contracts as checks."""
    contracts = project.contracts_of(domain)
    raw = [raw_spec(contract, item) for contract in contracts for item in contract.objects]
    staged = [
        table_spec(table, domain.value, _feeding(project, domain, table.name), kinds=("duckdb", "polars"))
        for table in STAGED[domain]
    ]
    rules = [rule for contract in contracts for rule in contract.rules]
    rules += project.warehouse_contract(domain).rules
    assets = {rule.id: rule_asset(rule) for rule in rules}

    @dg.multi_asset(
        name=f"stage_{domain.value}",
        specs=[*raw, *staged],
        check_specs=[check_spec(rule, assets[rule.id]) for rule in rules],
        required_resource_keys={"session"},
    )
    def stage(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        session: Session = context.resources.session
        batch = ingest_domain(session, domain)
        for refused in (refusal for landing in batch.landings for refusal in landing.refusals):
            context.log.error(f"{refused.file_name} of {refused.export} was refused: {refused.message}")
        results = {
            result.rule.id: result for result in batch.results or stored_results(session.warehouse, domain, rules)
        }
        for spec in (*raw, *staged):
            name = spec.key.path[-1]
            state: StepState = "empty" if batch.verdict is None else "built" if batch.is_new else "unchanged"
            yield step_result(Step(name, state, batch.row_counts.get(name), 0.0, batch.summary))
        for rule in rules:
            # Dagster wants a result of every check, also where no file has arrived that could be judged.
            unjudged = RuleResult(rule=rule, state=RuleState.SKIPPED, error=batch.summary)
            yield check_result(results.get(rule.id, unjudged), assets[rule.id])

    return [*(landing_spec(contract) for contract in contracts), stage]


def _feeding(project: Project, domain: Domain, table_name: str) -> list[str]:
    fed = table_name.removeprefix("stg_")
    return [
        item.raw_table
        for contract in project.contracts_of(domain)
        for item in contract.objects
        if any(feed.table == fed for column in item.columns for feed in column.feeds)
        # Comparing snapshots makes events, whichever of the two tables their columns feed.
        or (is_repeated(item) and table_name in (stg_tickets.name, stg_ticket_events.name))
    ]

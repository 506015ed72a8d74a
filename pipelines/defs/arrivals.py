"""When exports came, judged when all domains are staged: one asset, with a check per promise of a contract."""

# No postponed annotations here: Dagster reads the type of `context` itself.

from collections.abc import Iterator

import dagster as dg

from data_contracts.verdict import RuleResult
from models.catalog import STAGED
from models.findings import ops_source_arrivals
from models.vocabulary import RuleState
from pipelines.defs.describe import check_result, check_spec, rule_asset, step_result, table_spec
from pipelines.gate.arrivals import ARRIVALS, arrival_rules, judge_arrivals
from pipelines.gate.verdicts import stored_results
from pipelines.project import Project
from pipelines.session import Session


def arrival_asset(project: Project) -> dg.AssetsDefinition:
    """The table of what came when, with the contracts' latencies and frequencies as checks."""
    rules = arrival_rules(project.contracts)
    staged = [table.name for tables in STAGED.values() for table in tables]

    @dg.multi_asset(
        name="judge_arrivals",
        specs=[table_spec(ops_source_arrivals, "kpis", staged)],
        check_specs=[check_spec(rule, rule_asset(rule)) for rule in rules],
        required_resource_keys={"session"},
    )
    def arrivals(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        session: Session = context.resources.session
        step = judge_arrivals(session)
        yield step_result(step)
        results = {result.rule.id: result for result in stored_results(session.warehouse, ARRIVALS, rules)}
        for rule in rules:
            unjudged = RuleResult(rule=rule, state=RuleState.SKIPPED, error=step.note)
            yield check_result(results.get(rule.id, unjudged), rule_asset(rule))

    return arrivals

"""Facts and metric values: what the staged tables mean."""

# No postponed annotations here: Dagster reads the type of `context` itself.

from collections.abc import Callable, Iterator, Sequence

import dagster as dg
from sqlalchemy import Table

from data_contracts.loader import load_fact_contract
from data_contracts.verdict import RuleResult
from metrics.costs.countable_facts import COUNTABLE_FACTS
from models.finance import fct_cost_allocations, fct_cost_lines, fct_transactions
from models.findings import ops_source_arrivals
from models.marts import (
    instrumentation_gaps,
    instrumentation_scorecard,
    kpi_change_drivers,
    kpi_signals,
    kpi_targets,
    metric_values,
    missing_cost_months,
    partial_periods,
)
from models.planning import (
    fct_budget_lines,
    fct_budget_variances,
    fct_initiative_lines,
    fct_initiative_months,
    fct_initiative_returns,
    fct_rework_costs,
    fct_ticket_delays,
    fct_unit_cost_bridges,
    fct_year_end_forecasts,
)
from models.tickets import fct_sla_clocks, fct_ticket_days, fct_ticket_intervals, fct_tickets
from models.vendor_ledger import (
    fct_invoice_duplicate_suspects,
    fct_purchase_orders,
    fct_vendor_commitment_months,
    fct_vendor_commitments,
    fct_vendor_contracts,
    fct_vendor_rates,
)
from models.vendor_performance import (
    fct_service_credit_clocks,
    fct_service_credit_notes,
    fct_service_credits,
    fct_vendor_recoverables,
    vendor_scorecard_parts,
    vendor_scorecards,
)
from models.vendors import fct_contract_promises, fct_deliveries, fct_vendor_invoice_lines
from models.vocabulary import RuleState
from pipelines.defs.describe import check_result, check_spec, rule_asset, step_result, table_spec
from pipelines.facts.steps import (
    build_contract_promises,
    build_cost_facts,
    build_credit_facts,
    build_delay_facts,
    build_planning_facts,
    build_ticket_facts,
    build_vendor_facts,
)
from pipelines.facts.vendor_credits import CREDIT_SOURCES
from pipelines.gate.reconciliation import COST_FACTS
from pipelines.gate.verdicts import stored_results
from pipelines.kpis.instrumentation import build_instrumentation
from pipelines.kpis.values import MEASURED_FACTS, build_kpi_signals, build_metric_values, build_vendor_scorecards
from pipelines.session import Session, Step

_KINDS = ("polars", "duckdb")


def fact_assets() -> list[dg.AssetsDefinition]:
    """All facts, and the metric values measured on them."""
    tickets = ["stg_tickets", "stg_ticket_events"]
    return [
        _facts(
            "contract_promises",
            "vendors",
            {fct_contract_promises: ["stg_vendor_contracts"]},
            build_contract_promises,
        ),
        _facts(
            "ticket_facts",
            "tickets",
            {
                fct_ticket_intervals: tickets,
                fct_tickets: [*tickets, fct_ticket_intervals.name],
                fct_sla_clocks: [fct_tickets.name, fct_ticket_intervals.name, fct_contract_promises.name],
                fct_ticket_days: [fct_ticket_intervals.name],
            },
            build_ticket_facts,
        ),
        _facts(
            "vendor_facts",
            "vendors",
            {
                fct_deliveries: ["stg_deliveries"],
                fct_vendor_contracts: ["stg_vendor_contracts", "stg_fx_rates"],
                fct_vendor_rates: ["stg_vendor_contracts", fct_vendor_contracts.name],
                fct_vendor_invoice_lines: [
                    "stg_vendor_invoice_lines",
                    "stg_purchase_orders",
                    "stg_fx_rates",
                    fct_vendor_contracts.name,
                    fct_vendor_rates.name,
                ],
                fct_purchase_orders: ["stg_purchase_orders", fct_vendor_invoice_lines.name],
                fct_invoice_duplicate_suspects: [fct_vendor_invoice_lines.name],
                fct_vendor_commitments: [fct_vendor_contracts.name, fct_vendor_invoice_lines.name],
                fct_vendor_commitment_months: [fct_vendor_contracts.name, fct_vendor_invoice_lines.name],
            },
            build_vendor_facts,
        ),
        _facts(
            "vendor_credits",
            "vendors",
            {
                fct_service_credits: [*(table.name for table in CREDIT_SOURCES), "stg_fx_rates"],
                fct_service_credit_clocks: [fct_service_credits.name, fct_sla_clocks.name, fct_deliveries.name],
                fct_service_credit_notes: [fct_service_credits.name, fct_vendor_invoice_lines.name],
                fct_vendor_recoverables: [fct_service_credits.name, fct_vendor_invoice_lines.name],
            },
            build_credit_facts,
        ),
        _facts(
            "cost_facts",
            "finance",
            {
                fct_cost_lines: ["stg_cost_lines", "stg_fx_rates"],
                # The policy says which fact is counted, and metrics of which facts drive cost: it may be any of them.
                fct_transactions: [*sorted(COUNTABLE_FACTS), "stg_cost_lines"],
                fct_cost_allocations: [
                    *(fct_cost_lines.name, fct_transactions.name, "stg_headcount"),
                    *(fct_tickets.name, fct_ticket_days.name, fct_sla_clocks.name, fct_deliveries.name),
                ],
            },
            build_cost_facts,
            judged_as=COST_FACTS,
        ),
        _facts(
            "planning_facts",
            "finance",
            {
                fct_budget_lines: ["stg_budget_lines", "stg_fx_rates"],
                fct_budget_variances: [fct_cost_lines.name, fct_budget_lines.name],
                fct_year_end_forecasts: [fct_budget_variances.name],
                fct_initiative_lines: [fct_cost_lines.name, "stg_benefit_lines", "stg_fx_rates"],
                fct_initiative_months: [fct_initiative_lines.name],
                fct_initiative_returns: [fct_initiative_lines.name],
                fct_rework_costs: [fct_cost_allocations.name, fct_tickets.name, fct_sla_clocks.name],
                fct_unit_cost_bridges: [fct_cost_allocations.name, fct_transactions.name],
            },
            build_planning_facts,
        ),
        _facts(
            "delay_facts",
            "tickets",
            {fct_ticket_delays: [fct_tickets.name, fct_sla_clocks.name, "stg_fx_rates"]},
            build_delay_facts,
        ),
        _facts(
            "kpis",
            "kpis",
            {metric_values: [ops_source_arrivals.name, *(table.name for table in MEASURED_FACTS)]},
            lambda session: [build_metric_values(session)],
        ),
        _facts(
            "scorecards",
            "kpis",
            {
                vendor_scorecard_parts: [metric_values.name, fct_contract_promises.name],
                vendor_scorecards: [vendor_scorecard_parts.name],
            },
            build_vendor_scorecards,
        ),
        _facts(
            "signals",
            "kpis",
            {
                table: [metric_values.name]
                for table in (missing_cost_months, partial_periods, kpi_signals, kpi_targets, kpi_change_drivers)
            },
            build_kpi_signals,
        ),
        _facts(
            "instrumentation",
            "kpis",
            {
                instrumentation_gaps: [metric_values.name, *(table.name for table in MEASURED_FACTS)],
                instrumentation_scorecard: [instrumentation_gaps.name],
            },
            build_instrumentation,
        ),
    ]


def _facts(
    name: str,
    group: str,
    tables: dict[Table, list[str]],
    build: Callable[[Session], Sequence[Step]],
    *,
    judged_as: str | None = None,
) -> dg.AssetsDefinition:
    """Facts that are made together; with the rules as checks that judge them after they were built, if any do."""
    rules = load_fact_contract(judged_as).rules if judged_as else ()

    @dg.multi_asset(
        name=name,
        specs=[table_spec(table, group, deps, kinds=_KINDS) for table, deps in tables.items()],
        check_specs=[check_spec(rule, rule_asset(rule)) for rule in rules],
        required_resource_keys={"session"},
    )
    def facts(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        session: Session = context.resources.session
        steps = build(session)
        for step in steps:
            yield step_result(step)
        stored = stored_results(session.warehouse, judged_as, rules) if judged_as else ()
        results = {result.rule.id: result for result in stored}
        for rule in rules:
            unjudged = RuleResult(rule=rule, state=RuleState.SKIPPED, error=steps[0].note)
            yield check_result(results.get(rule.id, unjudged), rule_asset(rule))

    return facts

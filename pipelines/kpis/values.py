"""Metric values, and what is made of what is published of them: scorecards of vendors, signals, targets and drivers.

A metric that is held keeps the values of its last good batch; which are held, and why, is told here. Facts are built
in `pipelines.facts.steps`, the arithmetic is in `metrics`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

import polars as pl
from sqlalchemy import Table

from metrics.measuring.measure import measure
from metrics.measuring.missing_months import find_missing_months, leave_out_incomplete
from metrics.measuring.partial_periods import data_needed, find_partial_periods, first_told_days
from metrics.periods import local_date_of
from metrics.registry import METRICS
from metrics.signals.change_drivers import explain_changes
from metrics.signals.process_behaviour import find_signals
from metrics.signals.targets import judge_targets
from metrics.vendors.scorecard import build_scorecards
from models.ddl import quote_text
from models.finance import fct_cost_allocations, fct_cost_lines, fct_transactions
from models.marts import (
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
    fct_rework_costs,
    fct_ticket_delays,
    fct_year_end_forecasts,
)
from models.tickets import fct_sla_clocks, fct_ticket_days, fct_ticket_intervals, fct_tickets
from models.vendor_ledger import fct_vendor_commitment_months
from models.vendor_performance import (
    fct_service_credits,
    fct_vendor_recoverables,
    vendor_scorecard_parts,
    vendor_scorecards,
)
from models.vendors import fct_contract_promises, fct_deliveries, fct_vendor_invoice_lines
from pipelines.facts.beginnings import read_beginnings
from pipelines.facts.data_clocks import data_clocks, data_ends, group_by_reach, unposted_months
from pipelines.facts.steps import replace_tables, reporting_settings
from pipelines.fingerprint import hash_parts
from pipelines.gate.holds import Reason, read_holds, reasons_to_hold
from pipelines.kpis.fact_columns import columns_to_read, rows_to_read
from pipelines.kpis.restatements import store_restatements
from pipelines.kpis.states import read_metric_states, store_metric_states
from pipelines.session import Built, Session, Step

#: Facts that metrics are measured on, by name.
MEASURED_FACTS: tuple[Table, ...] = (
    fct_tickets,
    fct_ticket_days,
    fct_ticket_intervals,
    fct_sla_clocks,
    fct_cost_lines,
    fct_cost_allocations,
    fct_transactions,
    fct_budget_lines,
    fct_budget_variances,
    fct_year_end_forecasts,
    fct_rework_costs,
    fct_ticket_delays,
    fct_deliveries,
    fct_vendor_invoice_lines,
    fct_service_credits,
    fct_vendor_recoverables,
    fct_vendor_commitment_months,
)


def build_metric_values(session: Session) -> Step:
    """All metric values, and the state of each metric. One that is held keeps the values of its last good batch."""
    reasons = find_reasons(session)
    upstream = [session.input_hash_of(table.name) for table in MEASURED_FACTS]
    unposted = unposted_months(session)
    told = {name: [[reason.rule_id, reason.text] for reason in found] for name, found in reasons.items()}
    reach = str(data_clocks(session)), str(unposted)
    input_hash = hash_parts(session.code_hash, upstream, told, reach, reporting_settings(session))
    held = [metric for metric in METRICS if metric.name in reasons]
    note = f"{len(METRICS) - len(held)} metrics measured" + (f", {len(held)} held" if held else "")
    return session.run_step(
        metric_values.name, input_hash, lambda: _metric_values(session, reasons, unposted), note=note
    )


def build_vendor_scorecards(session: Session) -> list[Step]:
    """Vendors' scorecards, from what is published of them: a held metric has the values of its last good batch."""
    held = set(find_reasons(session))

    def build() -> Built:
        scores = build_scorecards(
            session.project.policies.vendors.scorecard,
            session.warehouse.read(metric_values),
            session.warehouse.read(fct_contract_promises),
            held,
        )
        return replace_tables(session, {vendor_scorecard_parts: scores.parts, vendor_scorecards: scores.totals})

    upstream = [session.input_hash_of(table.name) for table in (metric_values, fct_contract_promises)]
    policy = session.project.policies.hashes.get("vendors.yaml")
    input_hash = hash_parts(session.code_hash, upstream, policy, sorted(held))
    return session.run_steps([vendor_scorecard_parts.name, vendor_scorecards.name], input_hash, build)


def build_kpi_signals(session: Session) -> list[Step]:
    """Whether values are complete, are signals and meet their targets, and what drove their changes."""
    policies = session.project.policies
    held, unposted = sorted(find_reasons(session)), unposted_months(session)

    def build() -> Built:
        values = session.warehouse.read(metric_values)
        missing = find_missing_months(values, METRICS, _ledger_day(session), unposted)
        partial = _partial_periods(session, values, held)
        comparable = leave_out_incomplete(values, missing, partial)
        frames = {
            missing_cost_months: missing,
            partial_periods: partial,
            kpi_signals: find_signals(comparable, policies.baselines),
            kpi_targets: judge_targets(values, policies.targets, METRICS),
            kpi_change_drivers: explain_changes(comparable, METRICS),
        }
        return replace_tables(session, frames)

    upstream = session.input_hash_of(metric_values.name)
    input_hash = hash_parts(session.code_hash, upstream, policies.hashes.get("targets.yaml"), held)
    tables = (missing_cost_months, partial_periods, kpi_signals, kpi_targets, kpi_change_drivers)
    return session.run_steps([table.name for table in tables], input_hash, build)


def _partial_periods(session: Session, values: pl.DataFrame, held: Collection[str]) -> pl.DataFrame:
    """Periods that data tell only in part. A KPI that is held keeps the values of its last good batch, and with them
    what was known of these."""
    needed = _data_needed(session, held)
    kept = session.warehouse.read(partial_periods).filter(pl.col("metric").is_in(held))
    found = find_partial_periods(values, needed, read_beginnings(session), data_ends(session))
    return pl.concat([kept, found]).sort("metric", "period_grain", "period_start_date")


def _data_needed(session: Session, held: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The kinds of data that each metric counts that is not held."""
    policies = session.project.policies
    return {
        metric.name: data_needed(metric, policies.costs, policies.vendors)
        for metric in METRICS
        if metric.name not in held
    }


def _ledger_day(session: Session) -> date:
    """The day of the clock that the published values of the ledger's cost go by, held or not; the first if none has."""
    as_of = read_metric_states(session.warehouse).get("cost_total_reporting", {}).get("fresh_as_of_at")
    zone = session.project.home.settings.reporting.time_zone
    return local_date_of(as_of, zone) if isinstance(as_of, datetime) else date.min


def find_reasons(session: Session) -> dict[str, list[Reason]]:
    """Metrics that may not be published anew, each with the rules that hold it."""
    held = read_holds(session.warehouse, session.project.contracts)
    reasons = {metric.name: reasons_to_hold(metric, held, session.project.policies) for metric in METRICS}
    return {name: found for name, found in reasons.items() if found}


def _metric_values(session: Session, reasons: Mapping[str, Sequence[Reason]], unposted: Collection[date]) -> int:
    warehouse = session.warehouse
    needed = columns_to_read(warehouse, [metric for metric in METRICS if metric.name not in reasons])
    facts = {
        table.name: warehouse.read_encoded(table, needed[table.name], where=rows_to_read(table))
        for table in MEASURED_FACTS
        if table.name in needed
    }
    zone = session.project.home.settings.reporting.time_zone
    told_from = first_told_days(_data_needed(session, reasons), read_beginnings(session))
    frames = [_kept_values(session, reasons)]
    groups = group_by_reach(
        [metric for metric in METRICS if metric.name not in reasons], session.project.policies, data_clocks(session)
    )
    for reach, metrics in groups.items():
        if reach is not None:
            frames.append(
                measure(
                    metrics,
                    facts,
                    time_zone=zone,
                    as_of=reach.breakdowns_until,
                    whole_as_of=reach.whole_until,
                    unposted_months=unposted,
                    told_from=told_from,
                )
            )
    values = pl.concat(frames)
    fresh = {metric.name: reach.whole_until if reach else None for reach, found in groups.items() for metric in found}
    reaches = {name: local_date_of(until, zone) for name, until in fresh.items() if until is not None}
    store_restatements(session, values, held=reasons, reaches=reaches)
    warehouse.replace(metric_values, values)
    store_metric_states(warehouse, reasons, fresh, set(values["metric"].unique()), run_id=session.run_id)
    return values.height


def _kept_values(session: Session, names: Collection[str]) -> pl.DataFrame:
    """The values that the metrics have now."""
    # Asked for by name: to read millions of values in order to keep none takes as long as to sort them for percentiles.
    named = ", ".join(map(quote_text, sorted(names))) or "NULL"
    return session.warehouse.read(metric_values, where=f"metric IN ({named})")

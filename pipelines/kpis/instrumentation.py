"""The instrumentation scorecard as a step of the run: gaps by KPI and month, and what to put right first.

The arithmetic is in `metrics.instrumentation`; here are only reading, writing and what rules and metrics have to do
with each other. A KPI that is held has no gaps here: its values are of older data than the facts beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from metrics.costs.countable_facts import counted_table
from metrics.instrumentation.scorecard import JudgedRule, build_scorecard
from metrics.instrumentation.unmeasured import columns_of_gaps, count_unmeasured
from metrics.instrumentation.widths import attribute_widths
from metrics.periods import Reporting, local_date_of
from metrics.registry import METRICS
from metrics.spec import Metric
from models.catalog import table_named
from models.ddl import polars_schema
from models.marts import instrumentation_gaps, instrumentation_scorecard, metric_values
from models.ops import ops_rule_outcomes
from models.tickets import fct_tickets
from models.vocabulary import Dimension, Grain, RuleAction
from pipelines.facts.data_clocks import data_clocks, group_by_reach
from pipelines.fingerprint import hash_parts
from pipelines.gate.affected_metrics import metrics_counting, metrics_protected
from pipelines.kpis.fact_columns import columns_to_read, rows_to_read
from pipelines.kpis.states import read_metric_states
from pipelines.kpis.values import MEASURED_FACTS
from pipelines.session import Built, Session, Step
from pipelines.warehouse import Warehouse

#: The scorecard of a home is made of its own past: equal numbers may have different ones.
INSTRUMENTATION: Final = (instrumentation_gaps, instrumentation_scorecard)


def build_instrumentation(session: Session) -> list[Step]:
    """Gaps and scorecard, from facts, values and the history of rule results as they are kept."""
    names = [table.name for table in INSTRUMENTATION]
    judged = session.warehouse.rows("SELECT domain, max(decided_at) FROM ops.ops_rule_outcomes GROUP BY ALL ORDER BY 1")
    upstream = [session.input_hash_of(table.name) for table in (*MEASURED_FACTS, metric_values)]
    input_hash = hash_parts(session.code_hash, upstream, [[domain, str(at)] for domain, at in judged])
    return session.run_steps(names, input_hash, lambda: _build(session))


def _build(session: Session) -> Built:
    warehouse = session.warehouse
    by_month = f"period_grain = '{Grain.MONTH.value}' AND dimension = '{Dimension.OVERALL.value}'"
    values = warehouse.read(metric_values, where=by_month)
    gaps = _gaps(session, values)
    outcomes = warehouse.read(ops_rule_outcomes)
    scorecard = build_scorecard(METRICS, outcomes, gaps, _judged_rules(warehouse), values.filter("is_period_closed"))
    warehouse.replace(instrumentation_gaps, gaps)
    warehouse.replace(instrumentation_scorecard, scorecard)
    open_count = scorecard["fix_rank"].count()
    note = f"{open_count} to put right" if open_count else "nothing to put right"
    return Built({instrumentation_gaps.name: gaps.height, instrumentation_scorecard.name: scorecard.height}, note)


def _gaps(session: Session, values: pl.DataFrame) -> pl.DataFrame:
    warehouse, project = session.warehouse, session.project
    states = read_metric_states(warehouse)
    measured = [metric for metric in METRICS if not states.get(metric.name, {}).get("is_held")]
    facts = _read_facts(warehouse, measured)
    set_aside = warehouse.frame("SELECT table_name, record_id, rule_id FROM ops.ops_quarantined_records")
    counts_tickets = counted_table(project.policies.costs.transaction) is fct_tickets
    zone = project.home.settings.reporting.time_zone
    frames = [pl.DataFrame(schema=polars_schema(instrumentation_gaps))]
    for reach, metrics in group_by_reach(measured, project.policies, data_clocks(session)).items():
        if reach is None:
            continue
        reporting = Reporting(zone, local_date_of(reach.whole_until, zone))
        unmeasured = count_unmeasured(metrics, facts, set_aside, reporting, counts_tickets=counts_tickets)
        frames.append(attribute_widths(metrics, values, unmeasured, facts))
    return pl.concat(frames).sort("metric", "period_start_date", "source", "table_name", "rule_id")


def _read_facts(warehouse: Warehouse, metrics: Sequence[Metric]) -> dict[str, pl.DataFrame]:
    found = {}
    for fact, columns in columns_to_read(warehouse, metrics).items():
        table = table_named(fact)
        named = [*columns, *(name for name in columns_of_gaps(fact) if name in table.columns)]
        found[fact] = warehouse.read(table, list(dict.fromkeys(named)), where=rows_to_read(table))
    return found


def _judged_rules(warehouse: Warehouse) -> Mapping[str, JudgedRule]:
    """The rules of the latest audits, each with the metrics that it protects and those that it holds."""
    holds: dict[str, list[str]] = {}
    for name, state in read_metric_states(warehouse).items():
        for rule in json.loads(str(state["held_by"] or "[]")):
            holds.setdefault(rule, []).append(name)
    query = "SELECT rule_id, domain, message, protects, action, record_table FROM ops.ops_rule_results"
    rules = {}
    for rule_id, domain, message, protects, action, record_table in warehouse.rows(query):
        protected = metrics_protected(rule_id, json.loads(protects or "[]"), domain)
        if action == RuleAction.QUARANTINE.value and record_table:
            protected = list(dict.fromkeys([*protected, *metrics_counting(record_table)]))
        rules[rule_id] = JudgedRule(message, protected, holds.get(rule_id, ()))
    return rules

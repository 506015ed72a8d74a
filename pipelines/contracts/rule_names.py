"""Names by which contracts and metrics speak of each other, and which the other does not have.

A rule that protects a misspelt metric protects nothing, and a metric that requires a rule nobody defines is held by
nothing: both are errors before any data are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import sql
from data_contracts.feeds import canonical_tables
from data_contracts.loader import load_fact_contract, packaged_fact_contracts
from data_contracts.problems import Problem, suggest
from data_contracts.spec import ExportContract, Rule, WarehouseContract
from metrics.calendars.working_calendar import WorkingCalendar
from metrics.registry import METRICS
from metrics.spec import Metric
from pipelines.facts.inputs import FACT_OF_RECORDS
from pipelines.gate.affected_metrics import is_named, is_required

_ARRIVAL_ASSERTIONS: Final = ("fresh", "periods_present")


def faults_of_protects(contract: ExportContract | WarehouseContract) -> Iterator[Problem]:
    """Rules that protect a name which neither a metric nor a published view has."""
    rules = [*contract.rules, *(contract.arrival_rules if isinstance(contract, ExportContract) else ())]
    named = [(rule, name) for rule in rules for name in rule.protects]
    views = {view.name for view in sql.load_views()} if named else set()
    for rule, name in named:
        if name not in views and not any(is_named(metric.name, [name]) for metric in METRICS):
            what = f"rule '{rule.id}': it protects '{name}', which is neither a metric nor a published view"
            remedy = "Name metrics of 'kpi metrics', a pattern such as ticket_*, or a view."
            known = [*(metric.name for metric in METRICS), *sorted(views)]
            yield Problem(rule.file, rule.line, what, remedy, suggest(name, known))


def faults_of_requirements(
    contracts: Sequence[WarehouseContract], metrics: Iterable[Metric] = METRICS
) -> Iterator[Problem]:
    """Metrics that require rules which no contract of the warehouse defines."""
    defined = [rule.id for rule in _all_rules(contracts)]
    # Contracts of a home may promise when the data of any table come.
    promised = [f"{table}.(export).{assertion}" for table in canonical_tables() for assertion in _ARRIVAL_ASSERTIONS]
    defined += [*promised, *(f"{table.removeprefix('stg_')}.rows.present" for table in FACT_OF_RECORDS)]
    for metric in metrics:
        for pattern in metric.rules:
            if not any(is_required(rule_id, [pattern]) for rule_id in defined):
                what = f"metric '{metric.name}': it requires the rule '{pattern}', which no contract defines"
                remedy = "Correct the metric's rules, or define the rule in data_contracts/warehouse."
                yield Problem("metrics/definitions", None, what, remedy, suggest(pattern, defined))


def faults_of_calendars(contracts: Sequence[ExportContract], calendars: Iterable[WorkingCalendar]) -> Iterator[Problem]:
    """Service levels that count the working days of a calendar which no policy has."""
    known = [calendar.name for calendar in calendars]
    for contract in contracts:
        for level in contract.service_levels:
            if level.calendar is not None and level.calendar not in known:
                what = f"{level.kind.value} of {level.element}: no calendar is called '{level.calendar}'"
                remedy = "Name a calendar of policies/calendars.yaml."
                yield Problem(level.rule.file, level.rule.line, what, remedy, suggest(level.calendar, known))


def _all_rules(contracts: Sequence[WarehouseContract]) -> list[Rule]:
    of_facts = [load_fact_contract(name) for name in packaged_fact_contracts()]
    return [rule for contract in (*contracts, *of_facts) for rule in contract.rules]

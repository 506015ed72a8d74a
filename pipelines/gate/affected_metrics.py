"""Which KPIs a rule protects, and which a canonical column touches.

Metrics name the rules that they require, by patterns, and rules of a home name the metrics that they protect; here the
two are brought together. Which rules hold at the moment is in `pipelines.gate.holds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Final

from data_contracts.comparing.difference import Difference
from data_contracts.spec import Rule, WarehouseContract
from metrics.registry import METRICS
from models.catalog import STAGED
from models.vocabulary import Domain


def metrics_protected(rule_id: str, protects: Sequence[str], domain: str) -> list[str]:
    """The metrics that require a rule, and those that its own names and patterns match, in the registry's order.

    A rule that no metric requires and that names none protects all that need its domain.
    """
    requiring = _metrics_requiring(rule_id)
    found = [metric.name for metric in METRICS if metric.name in requiring or is_named(metric.name, protects)]
    return found if protects or requiring else metrics_of_domain(domain)


#: Patterns of rules that metrics require: many metrics have the same ones.
_PATTERNS: Final = frozenset(pattern for metric in METRICS for pattern in metric.rules)


@cache  # A run asks for each of its rules several times, and there are some hundred metrics.
def _metrics_requiring(rule_id: str) -> frozenset[str]:
    matching = {pattern for pattern in _PATTERNS if fnmatchcase(rule_id, pattern)}
    return frozenset(metric.name for metric in METRICS if not matching.isdisjoint(metric.rules))


def is_required(rule_id: str, patterns: Iterable[str]) -> bool:
    """Whether any of a metric's patterns matches a rule."""
    return any(fnmatchcase(rule_id, pattern) for pattern in patterns)


def is_named(metric: str, protects: Iterable[str]) -> bool:
    """Whether any of the names and patterns of a rule matches a metric."""
    return any(fnmatchcase(metric, name) for name in protects)


def metrics_of_domain(domain: str) -> list[str]:
    """All metrics that need a domain, in the order of the registry."""
    return [metric.name for metric in METRICS if domain in {required.value for required in metric.requires}]


def metrics_touched(targets: Iterable[str], contracts: Sequence[WarehouseContract]) -> list[str]:
    """The metrics that canonical columns touch, as far as contracts say it, in the order of the registry.

    A column touches what the rules about it protect; one that no rule is about, what the rules on its table protect;
    and where there is none either, all that needs its domain.

    Args:
        targets: `<table>.<column>`, the table without its `stg_`.
        contracts: those of the canonical tables.
    """
    rules = [rule for contract in contracts for rule in contract.rules]
    found: set[str] = set()
    for target in targets:
        table = target.partition(".")[0]
        on_table = [rule for rule in rules if rule.object_name == table]
        about = [rule for rule in on_table if _is_about(rule, target)] or on_table
        for rule in about:
            found |= set(metrics_protected(rule.id, rule.protects, rule.domain.value))
        if not about:
            found |= set(metrics_of_domain(_domain_of(table).value))
    return [metric.name for metric in METRICS if metric.name in found]


#: Staged table whose records can be set aside -> facts that count them.
FACTS_OF_RECORDS: Final = {
    "stg_tickets": (
        "fct_tickets", "fct_ticket_days", "fct_sla_clocks", "fct_rework_costs", "fct_ticket_delays",
        "fct_service_credits", "fct_vendor_recoverables",
    ),
    "stg_cost_lines": (
        "fct_cost_allocations", "fct_budget_variances", "fct_year_end_forecasts", "fct_rework_costs",
    ),
    "stg_budget_lines": ("fct_budget_lines", "fct_budget_variances", "fct_year_end_forecasts"),
    # Benefits are told by initiative, in a view of their own.
    "stg_benefit_lines": (),
    "stg_vendor_invoice_lines": ("fct_vendor_invoice_lines", "fct_vendor_recoverables", "fct_vendor_commitment_months"),
    "stg_deliveries": ("fct_deliveries", "fct_service_credits", "fct_vendor_recoverables"),
}  # fmt: skip


def metrics_counting(table_name: str) -> list[str]:
    """The metrics that count the records of a staged table, and whose coverage drops where one is set aside."""
    facts = FACTS_OF_RECORDS.get(table_name, ())
    is_ticket = table_name == "stg_tickets"
    return [metric.name for metric in METRICS if metric.fact in facts or (is_ticket and metric.follows_transactions)]


def name_briefly(names: Iterable[str]) -> list[str]:
    """Names of metrics, with `<subject>_*` in the place of all of a subject where none of it is left out."""
    wanted = set(names)
    subjects: dict[str, list[str]] = {}
    for metric in METRICS:
        subjects.setdefault(metric.name.partition("_")[0], []).append(metric.name)
    brief: list[str] = []
    for subject, members in subjects.items():
        found = [name for name in members if name in wanted]
        brief += [f"{subject}_*"] if len(found) == len(members) > 1 else found
    return brief


def metrics_of_difference(difference: Difference, contracts: Sequence[WarehouseContract]) -> list[str]:
    """The metrics that a change of a contract touches, in the order of the registry."""
    if difference.kind.startswith(("rule_", "protects_")):
        return metrics_protected(difference.place, difference.protects, difference.domain.value)
    return metrics_touched(difference.feeds, contracts)


def _is_about(rule: Rule, target: str) -> bool:
    column = target.partition(".")[2]
    return column in rule.columns or rule.id.split(".")[1] == column or f"'{target}'" in (rule.query or "")


def _domain_of(table: str) -> Domain:
    return next(domain for domain, tables in STAGED.items() if f"stg_{table}" in {found.name for found in tables})

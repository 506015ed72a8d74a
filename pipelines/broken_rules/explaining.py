"""Which explanation belongs to which rule: the only door to this package.

A rule of which no explanation knows keeps the words of its contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from data_contracts.spec import ExportContract, Rule
from data_contracts.verdict import RuleResult
from models.vocabulary import Domain
from pipelines.broken_rules import (
    known_incidents,
    late_data,
    missing_rates,
    planned_twice,
    repeated_rows,
    repeated_values,
    rows_without_ticket,
    shared_keys,
    shared_tickets,
    swapped_dates,
    swapped_lines,
    total_lines,
    unknown_currencies,
    unlisted_names,
    unreadable_values,
    unusable_rates,
)
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.broken_rules.failed_months import add_failed_months

if TYPE_CHECKING:
    from pipelines.session import Session

#: No rule has two; a test sees to it.
EXPLANATIONS: Final[tuple[Explanation, ...]] = (
    missing_rates.EXPLANATION,
    shared_keys.EXPLANATION,
    shared_tickets.EXPLANATION,
    swapped_dates.EXPLANATION,
    swapped_lines.EXPLANATION,
    repeated_values.EXPLANATION,
    repeated_rows.EXPLANATION,
    planned_twice.EXPLANATION,
    total_lines.EXPLANATION,
    rows_without_ticket.EXPLANATION,
    unreadable_values.EXPLANATION,
    unusable_rates.EXPLANATION,
    unknown_currencies.EXPLANATION,
    unlisted_names.EXPLANATION,
    late_data.EXPLANATION,
    known_incidents.EXPLANATION,
)


def evidence_of(session: Session, contracts: Sequence[ExportContract]) -> Evidence:
    """What the explanations may ask in a run, of the exports of some contracts."""
    settings = session.project.home.settings
    return Evidence(
        session.warehouse,
        contracts,
        session.project.policies,
        settings.reporting.currency,
        settings.reporting.time_zone,
        bool(settings.gate.known_incidents),
    )


def find_evidence(evidence: Evidence, domain: Domain) -> None:
    """Make the tables of `ops` that rules and their explanations read. Call after staging, before the audit."""
    for explanation in EXPLANATIONS:
        explanation.find(evidence, domain)


def explain_broken(results: Sequence[RuleResult], evidence: Evidence) -> list[RuleResult]:
    """The results with the rows that were looked at; the broken ones with what their explanation tells in the message,
    and the months of their records.

    Call in the transaction in which the rules were evaluated.
    """
    return [
        _explained(result, evidence)
        for result in add_failed_months(evidence.warehouse, results, evidence.time_zone)
    ]  # fmt: skip


def explain_record(connection: Any, domain: str, rule_id: str, record: str) -> str:
    """What is told of one record that broke a rule; empty if only the rule's own message is there to tell.

    Args:
        connection: to the build database.
    """
    return unreadable_values.tell_record(connection, domain, rule_id, record)


def explanation_of(rule: Rule) -> Explanation | None:
    """The explanation that belongs to a rule, if there is one."""
    return next((each for each in EXPLANATIONS if each.belongs_to(rule)), None)


def _explained(result: RuleResult, evidence: Evidence) -> RuleResult:
    explanation = explanation_of(result.rule)
    if explanation is not None and explanation.looked_at is not None:
        result = replace(result, evaluated_count=explanation.looked_at(result.rule, evidence))
    said = explanation.tell(result.rule, evidence) if explanation is not None and result.failed_count else ""
    if not said:
        return result
    return replace(result, rule=replace(result.rule, message=f"{result.rule.message} {said}".strip()))

"""What `kpi check` found as a page: the audit's results in the words of `pipelines.report.checks`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from data_contracts.loader import load_fact_contract
from metrics.registry import METRICS
from models.vocabulary import Domain, RuleAction, RuleState
from pipelines.cli.build_records import RefusalRecord, RuleRecord, read_build_records
from pipelines.cli.query_output import replaced
from pipelines.gate.affected_metrics import metrics_protected, name_briefly
from pipelines.gate.arrivals import ARRIVALS
from pipelines.gate.holds import reasons_to_hold
from pipelines.gate.ingest import Batch
from pipelines.project import Project
from pipelines.report.checks import Audit, CheckedDomain, CheckedRule, HeldMetric, RefusedFile, render_checks


def write_page(
    path: Path,
    project: Project,
    batches: Mapping[Domain, Batch],
    rules: Sequence[RuleRecord],
    refusals: Sequence[RefusalRecord],
) -> None:
    """Write the page, whole or not at all."""
    shown = {rule.domain for rule in rules}
    audit = Audit(
        home=project.home.settings.home.name,
        audited_at=datetime.now(UTC),
        domains=[
            CheckedDomain(
                domain.value,
                batch.verdict.value if batch.verdict else None,
                batch.summary,
                [_checked(rule) for rule in rules if rule.domain == domain.value],
            )
            for domain, batch in batches.items()
            if domain.value in shown or batch.verdict is None
        ]
        + _judged_facts(project, shown),
        refused=[RefusedFile(one.place, one.code, one.message) for one in refusals],
        held=list(_held_metrics(project, batches)),
    )
    with replaced(path) as building:
        building.write_text(render_checks(audit), encoding="utf-8")
    click.echo(f"Wrote {path}", err=True)


def _judged_facts(project: Project, shown: Collection[str]) -> list[CheckedDomain]:
    """What is judged after it was built, as the last run judged it: a check builds no facts.

    Args:
        shown: domains on the page; facts are shown with theirs.
    """
    stored = read_build_records(project.home.warehouse, project.home.settings.reporting.time_zone)
    domains = {domain.value for domain in Domain}
    return [
        CheckedDomain(
            verdict.domain,
            verdict.verdict,
            f"As of the last run, {verdict.decided_at:%Y-%m-%d %H:%M} UTC: {verdict.summary}",
            [_checked(rule) for rule in stored.rules if rule.domain == verdict.domain],
        )
        for verdict in (stored.verdicts if stored else ())
        # Arrivals were judged just now, and stand among the rules of their domains.
        if verdict.domain not in domains | {ARRIVALS} and load_fact_contract(verdict.domain).domain.value in shown
    ]


def _checked(rule: RuleRecord) -> CheckedRule:
    return CheckedRule(
        rule=rule.rule_id,
        contract=rule.contract_id,
        tier=rule.tier,
        action=rule.action,
        state=rule.state,
        evaluated_count=rule.evaluated_count,
        failed_count=rule.failed_count,
        message=rule.message,
        remedy=_remedy(rule),
        sample_keys=rule.sample_keys,
        query=rule.query,
        counted=rule.counted,
        metrics=name_briefly(metrics_protected(rule.rule_id, rule.protects, rule.domain)),
    )


def _remedy(rule: RuleRecord) -> str:
    if rule.state == RuleState.ERRORED.value:
        return f"Correct the query of the rule in {rule.contract_id}; kpi contract lint tells what is wrong with it."
    if rule.action == RuleAction.QUARANTINE.value:
        return (
            f"kpi quarantine list --rule {rule.rule_id} names file and row of each. "
            "Correct the files and put them in place under their old names."
        )
    return (
        "Correct the export and put it in place under its old name; if the export is right, correct its contract or a "
        "policy. Then kpi check tells whether it holds, and kpi run publishes."
    )


def _held_metrics(project: Project, batches: Mapping[Domain, Batch]) -> Iterator[HeldMetric]:
    # A domain that comes later was not judged yet when this one was: of each, its own look counts.
    judged = {domain.value for domain in batches}
    held = [
        one
        for domain, batch in batches.items()
        for one in batch.held
        if one.judged == domain.value or one.judged not in judged
    ]
    for metric in METRICS:
        reasons = dict.fromkeys(reason.text for reason in reasons_to_hold(metric, held, project.policies))
        if reasons:
            yield HeldMetric(metric.name, metric.label, " ".join(reasons))

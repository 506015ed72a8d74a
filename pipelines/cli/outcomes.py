"""What kept data out of the numbers: refused files, and domains that the gate holds, each with its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from pipelines.cli.build_records import BuildRecords, RefusalRecord, RuleRecord
from pipelines.cli.numbers import count_of
from pipelines.cli.tables import show_heading


def show_refusals(refusals: Sequence[RefusalRecord]) -> None:
    """Print each refused file with what is wrong and what to do."""
    if not refusals:
        return
    click.echo()
    show_heading(f"{count_of(len(refusals), 'file')} refused", "kept in place; everything else went on")
    for refusal in refusals:
        click.echo(f"  {click.style(f'landing/{refusal.export}/{refusal.file_name}', fg='yellow')} ({refusal.code})")
        click.echo(f"    {refusal.message}")


def show_holds(records: BuildRecords) -> None:
    """Print each held domain: the rules that broke, their rows, the KPIs they protect, and what to do."""
    for domain in records.held_domains:
        verdict = next(verdict for verdict in records.verdicts if verdict.domain == domain)
        click.echo()
        show_heading(click.style(f"{domain} is held", fg="red"), verdict.summary)
        for rule in blocking_rules(records.rules, domain):
            show_broken_rule(rule)
    if records.held_domains:
        click.echo()
        click.echo(
            "  The last good publication still answers. Correct the export and put it into the landing folder, or"
        )
        click.echo("  correct the contract; then 'kpi check' tells whether it is right, and 'kpi run' publishes.")


def blocking_rules(rules: Sequence[RuleRecord], domain: str) -> list[RuleRecord]:
    """The broken rules of a domain that can hold it; those that only warn are left out."""
    broken = [rule for rule in rules if rule.domain == domain and rule.is_broken]
    return [rule for rule in broken if rule.action != "warn" or rule.state == "errored"]


def show_broken_rule(rule: RuleRecord) -> None:
    """Print one broken rule."""
    click.echo(f"  {click.style(rule.rule_id, fg='red')} ({rule.contract_id}, {rule.action})")
    click.echo(f"    {rule.message}")
    if rule.state == "errored":
        click.echo("    It could not be evaluated, which counts as broken.")
    else:
        click.echo(f"    {count_of(rule.failed_count, 'row')} of {rule.evaluated_count:,} broke it{_samples(rule)}")
    protected = protected_metrics(rule)
    if protected:
        click.echo(f"    protects {', '.join(protected)}")


def protected_metrics(rule: RuleRecord) -> list[str]:
    """The metrics that a rule protects: those it names, else all that need its domain."""
    if rule.protects:
        return list(rule.protects)
    from metrics.registry import METRICS

    return [metric.name for metric in METRICS if rule.domain in {domain.value for domain in metric.requires}]


def describe_outcome(records: BuildRecords) -> dict[str, Any]:
    """Refusals and holds, for programs."""
    return {
        "refusals": list(records.refusals),
        "held": [
            {
                "domain": domain,
                "summary": next(verdict.summary for verdict in records.verdicts if verdict.domain == domain),
                "rules": [
                    {**describe_rule(rule), "protects": protected_metrics(rule)}
                    for rule in blocking_rules(records.rules, domain)
                ],
            }
            for domain in records.held_domains
        ],
    }


def describe_rule(rule: RuleRecord) -> dict[str, Any]:
    """One rule's outcome, for programs."""
    return {
        "domain": rule.domain,
        "rule": rule.rule_id,
        "contract": rule.contract_id,
        "action": rule.action,
        "state": rule.state,
        "evaluated_count": rule.evaluated_count,
        "failed_count": rule.failed_count,
        "message": rule.message,
        "sample_keys": list(rule.sample_keys),
        "protects": list(rule.protects),
    }


def _samples(rule: RuleRecord) -> str:
    if not rule.sample_keys:
        return ""
    shown = ", ".join(rule.sample_keys[:5])
    more = ", ..." if rule.failed_count > 5 or len(rule.sample_keys) > 5 else ""
    return f", such as {shown}{more}"

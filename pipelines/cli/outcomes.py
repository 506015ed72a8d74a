"""What kept data out of the numbers: refused files, and domains that the gate holds, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import click

from data_contracts.spec import PROMISE
from pipelines.cli.build_records import BuildRecords, RefusalRecord, RuleRecord
from pipelines.cli.tables import show_heading, show_paragraph
from pipelines.notices.unmapped_statuses import UnmappedStatus
from pipelines.words.numbers import count_of, format_ratio

if TYPE_CHECKING:
    from pipelines.notices.finding import Notice
    from pipelines.session import Step

_MOST_NAMES: Final = 5


def show_refusals(refusals: Sequence[RefusalRecord]) -> None:
    """Print each refused file with what is wrong and what to do."""
    if not refusals:
        return
    click.echo()
    show_heading(f"{count_of(len(refusals), 'file')} refused", "kept in place; everything else went on")
    for refusal in refusals:
        click.echo(f"  {click.style(refusal.place, fg='yellow')} ({refusal.code})")
        show_paragraph(refusal.message, indent=4)


def show_notices(notices: Sequence[Notice]) -> None:
    """Print what a person should know of contracts and policies though nothing of it stops the run."""
    if not notices:
        return
    click.echo()
    show_heading(click.style("Please note", fg="yellow"))
    for notice in notices:
        show_paragraph(notice.message, indent=2)


def note_drift(notes: Iterable[tuple[str, str]]) -> tuple[Notice, ...]:
    """Columns that came or seem to be renamed, by file."""
    from pipelines.notices.finding import Notice

    return tuple(Notice("schema_drift", place, f"{place}: {note}") for place, note in dict.fromkeys(notes))


def note_names(notes: Iterable[tuple[str, str]]) -> tuple[Notice, ...]:
    """What follows from the names of files and may not be meant, by file."""
    from pipelines.notices.finding import Notice

    return tuple(Notice("file_name", place, f"{place}: {note}") for place, note in dict.fromkeys(notes))


def note_copies(notes: Iterable[tuple[str, str]]) -> tuple[Notice, ...]:
    """Files that are ignored because their content was read from another one, by that one."""
    from pipelines.notices.finding import Notice

    return tuple(Notice("ignored_copy", place, f"{place}: {note}") for place, note in dict.fromkeys(notes))


def show_unmapped_statuses(statuses: Sequence[UnmappedStatus]) -> None:
    """Print the statuses that no policy maps as lines to put into the policy, each with a first guess."""
    if not statuses:
        return
    from pipelines.infer.rendering import quote
    from pipelines.infer.status_words import guess_meaning

    click.echo()
    told = count_of(len(statuses), "status has", "statuses have")
    whose = "its" if len(statuses) == 1 else "their"
    show_heading(click.style(f"{told} no meaning yet", fg="yellow"), f"{whose} tickets are set aside")
    show_paragraph(
        "Add these lines to policies/statuses.yaml, below the source if it stands there already. The categories are "
        "guesses by the words alone; whether a status is queued, active, waiting, done or cancelled is yours to say.",
        indent=2,
    )
    click.echo("    statuses:")
    for source, found in groupby(statuses, key=lambda status: status.source):
        click.echo(f"      {source}:")
        for status in found:
            guess = guess_meaning(status.status)
            remark = f"# {count_of(status.ticket_count, 'ticket')}" + ("" if guess else "; no known word: look it up")
            line = f"        {quote(status.status)}: {guess or 'queued'}"
            click.echo(f"{line}  {click.style(remark, dim=True)}")


def show_holds(records: BuildRecords) -> None:
    """Print what is held: which KPIs by which rule, that the others are published, and what each rule found."""
    if not (records.held_domains or records.held_metrics):
        return
    click.echo()
    show_heading(click.style(_count_held(records), fg="red"), _count_published(records))
    for verdict in records.verdicts:
        if verdict.verdict != "hold":
            continue
        click.echo()
        broken = blocking_rules(records.rules, verdict.domain)
        show_paragraph(_head_of(verdict.summary, broken), indent=2)
        # Those that hold first: of the others there are often more.
        for rule in sorted(broken, key=lambda rule: not held_by(records, rule.rule_id)):
            _show_broken_rule(rule, held_by(records, rule.rule_id))
    click.echo()
    show_paragraph(
        "KPIs that are held keep their last good values. Correct what the rule says (the export, its contract or a "
        "policy); 'kpi check' then tells whether it is right, and 'kpi run' publishes.",
        indent=2,
    )


def _head_of(summary: str, broken: Sequence[RuleRecord]) -> str:
    """A verdict's summary without what the rules below it say themselves."""
    head, colon, _ = summary.partition(": ")
    return f"{head}:" if colon and broken else summary


def _count_held(records: BuildRecords) -> str:
    if not records.held_metrics:
        return "A rule is broken, and holds no KPI yet"
    rules = len({rule for found in records.held_metrics for rule in found.held_by})
    held = count_of(len(records.held_metrics), "KPI is held", "KPIs are held")
    return f"{held} by {count_of(rules, 'rule')}"


def _count_published(records: BuildRecords) -> str:
    count = records.published_metric_count
    return f"{count_of(count, 'other is', 'others are')} published" if count else "no other has values"


def held_by(records: BuildRecords, rule_id: str) -> list[str]:
    """The KPIs that a rule holds now."""
    return [found.metric for found in records.held_metrics if rule_id in found.held_by]


def show_failures(failed: Sequence[Step]) -> None:
    """Print each target that could not be published to, and why."""
    if not failed:
        return
    click.echo()
    told = count_of(len(failed), "target")
    show_heading(click.style(f"{told} not published to", fg="red"), "everything else went on; the next run tries again")
    for step in failed:
        click.echo(f"  {click.style(step.asset.removeprefix('published_'), fg='red')}")
        show_paragraph(step.note, indent=4)


def blocking_rules(rules: Sequence[RuleRecord], domain: str) -> list[RuleRecord]:
    """The broken rules of a domain that can hold it; those that only warn are left out."""
    broken = [rule for rule in rules if rule.domain == domain and rule.is_broken]
    return [rule for rule in broken if rule.action != "warn" or rule.state == "errored"]


def protected_metrics(rule: RuleRecord) -> list[str]:
    """The metrics that a rule protects: those that require it or that it names, else all that need its domain."""
    from pipelines.gate.affected_metrics import metrics_protected

    return metrics_protected(rule.rule_id, rule.protects, rule.domain)


def _show_broken_rule(rule: RuleRecord, held: Sequence[str]) -> None:
    click.echo()
    click.echo(f"  {click.style(rule.rule_id, fg='red')} ({rule.contract_id}, {rule.action})")
    show_paragraph(rule.message, indent=4)
    if rule.state == "errored":
        click.echo("    It could not be evaluated, which counts as broken.")
    elif rule.counted != PROMISE:
        show_paragraph(_count_broken(rule), indent=4)
    if held:
        show_paragraph(f"holds {_named(held)}", indent=4)
    elif metrics := protected_metrics(rule):
        show_paragraph(f"holds none now; protects {_named(metrics)}", indent=4)


def _count_broken(rule: RuleRecord) -> str:
    """How much broke a rule; of one that holds because it sets too much aside, also how much may be."""
    counted = f"{rule.failed_count:,} of {count_of(rule.evaluated_count, rule.counted)}"
    if rule.counted != "row":
        return f"{counted} {'is' if rule.failed_count == 1 else 'are'} missing"
    limit, share = rule.quarantine_limit_ratio, rule.set_aside_ratio
    is_too_much = limit is not None and share > limit
    told = f" ({format_ratio(share)} of the records; {format_ratio(limit)} may be set aside)" if is_too_much else ""
    return f"{counted} broke it{told}{_samples(rule)}"


def _named(metrics: Sequence[str]) -> str:
    from pipelines.gate.affected_metrics import name_briefly

    names = name_briefly(metrics)
    more = ", ..." if len(names) > _MOST_NAMES else ""
    return f"{count_of(len(metrics), 'KPI')}: {', '.join(names[:_MOST_NAMES])}{more}"


def describe_outcome(records: BuildRecords) -> dict[str, Any]:
    """Refusals and holds, for programs."""
    return {
        "refusals": list(records.refusals),
        "unmapped_statuses": list(records.unmapped_statuses),
        "held_metrics": list(records.held_metrics),
        "held": [
            {
                "domain": domain,
                "summary": next(verdict.summary for verdict in records.verdicts if verdict.domain == domain),
                "rules": [
                    {
                        **describe_rule(rule),
                        "protects": protected_metrics(rule),
                        "holds": held_by(records, rule.rule_id),
                    }
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

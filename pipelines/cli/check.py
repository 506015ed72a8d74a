"""`kpi check`: the contracts alone. Looks as a run would, and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.exits import ExitCode, of_outcome
from pipelines.cli.options import chosen_home, common_options, json_option

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from models.vocabulary import Domain
    from pipelines.cli.build_records import RefusalRecord, RuleRecord
    from pipelines.gate.ingest import Batch
    from pipelines.home import Home
    from pipelines.notices.finding import Notice
    from pipelines.notices.unmapped_statuses import UnmappedStatus
    from pipelines.project import Project


@click.command()
@click.option("--domain", type=click.Choice(["tickets", "finance", "vendors"]), help="Show this domain's rules only.")
@click.option("--all", "show_all", is_flag=True, help="Show the rules that passed as well.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write what was found as one page for the browser.",
)
@json_option
@common_options
def check(domain: str | None, show_all: bool, html: Path | None, as_json: bool) -> ExitCode:
    """Audit the landing folders against the contracts, and change nothing.

    Shows per rule how many rows were looked at, how many broke it and the keys of some of them.

    Exit codes: 0 all domains would pass, 3 one would be held, 5 files would be refused and nothing held.
    """
    from pipelines.cli.outcomes import note_copies, note_drift, note_names
    from pipelines.cli.progress import progress_reporter
    from pipelines.landing.reading_notes import is_copy_note, is_drift_note, is_name_note
    from pipelines.notices.business_hours import note_business_hours
    from pipelines.notices.finding import find_notices
    from pipelines.notices.unknown_names import find_unknown_names
    from pipelines.notices.unused_aliases import find_unused_aliases
    from pipelines.project import load_project

    home = chosen_home()
    project = load_project(home)
    with progress_reporter(quiet=as_json) as reporter:
        reporter.began("starting the audit")
        from pipelines.run import check_project

        batches = check_project(project, reporter=reporter)
    rules = [rule for rule in _rule_records(home, batches) if domain in (None, rule.domain)]
    refusals = _refusals(batches)
    names = {dimension: found for batch in batches.values() for dimension, found in batch.known_names.items()}
    told = {dimension: found for batch in batches.values() for dimension, found in batch.told_aliases.items()}
    notices = (
        *find_notices(project),
        *note_business_hours(project),
        *find_unknown_names(project.policies, names),
        *find_unused_aliases(project.policies, told, names),
        *note_drift(_notes(batches, is_drift_note)),
        *note_names(_notes(batches, is_name_note)),
        *note_copies(_notes(batches, is_copy_note)),
    )
    if html is not None:
        from pipelines.cli.check_page import write_page

        write_page(html, project, batches, rules, refusals)
    if as_json:
        _show_json(batches, rules, refusals, notices)
    else:
        unasked = _Unasked(_unfed_tables(project), _rules_without_a_list(project), _rules_without_a_feed(project))
        _show(batches, rules, refusals, notices, unasked, show_all=show_all)
    held = [batch for batch in batches.values() if _verdict(batch) == "hold"]
    is_late = any(result.hold is not None for batch in batches.values() for result in batch.arrivals)
    return of_outcome(has_held=bool(held) or is_late, has_refused=bool(refusals))


def _verdict(batch: Batch) -> str | None:
    """The verdict's word; None for a domain of which no file ever came."""
    return batch.verdict.value if batch.verdict else None


def _rule_records(home: Home, batches: Mapping[Domain, Batch]) -> list[RuleRecord]:
    """The rules as just audited; where a batch was judged before and nothing changed, as they stand stored."""
    from data_contracts.verdict import meaning_of
    from pipelines.cli.build_records import RuleRecord, read_build_records

    records: list[RuleRecord] = []
    stored = read_build_records(home.warehouse, home.settings.reporting.time_zone)
    for domain, batch in batches.items():
        if not batch.is_new and not batch.results:
            records += [rule for rule in (stored.rules if stored else ()) if rule.domain == domain.value]
        records += [
            RuleRecord(
                domain=domain.value,
                rule_id=result.rule.id,
                contract_id=result.rule.contract_id,
                action=result.rule.action.value,
                state=result.state.value,
                evaluated_count=result.evaluated_count,
                failed_count=result.failed_count,
                message=meaning_of(result),
                sample_keys=tuple(map(str, result.sample_keys)),
                protects=tuple(result.rule.protects),
                tier=result.rule.tier.value,
                query=result.failing_rows_query,
                counted=result.rule.counted,
            )
            for result in (*batch.results, *batch.arrivals)
        ]
    return records


def _refusals(batches: Mapping[Domain, Batch]) -> list[RefusalRecord]:
    from datetime import UTC, datetime

    from pipelines.cli.build_records import RefusalRecord

    now = datetime.now(UTC)
    return [
        RefusalRecord(refusal.export, refusal.file_name, refusal.code, refusal.message, now)
        for batch in batches.values()
        for landing in batch.landings
        for refusal in landing.refusals
    ]


def _notes(batches: Mapping[Domain, Batch], is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """The wanted notes on reading, each with its file."""
    for batch in batches.values():
        for landing in batch.landings:
            for told in landing.notes:
                file_name, _, note = told.partition(": ")
                if is_wanted(note):
                    yield f"landing/{landing.export}/{file_name}", note


def _unmapped_statuses(batches: Mapping[Domain, Batch]) -> list[UnmappedStatus]:
    return [status for batch in batches.values() for status in batch.unmapped_statuses]


def _show(
    batches: Mapping[Domain, Batch],
    rules: list[RuleRecord],
    refusals: list[RefusalRecord],
    notices: Sequence[Notice],
    unasked: _Unasked,
    *,
    show_all: bool,
) -> None:
    from pipelines.cli.outcomes import show_notices, show_refusals, show_unmapped_statuses
    from pipelines.cli.tables import Column, in_short, show_table

    click.echo()
    # What could not be judged for want of data needs nobody: it stands below what is broken, or only as a number.
    skipped = [rule for rule in rules if not show_all and rule.state == "skipped"]
    idle = [rule for rule in skipped if _table_of(rule) in unasked.unfed_tables]
    unlisted = [rule for rule in skipped if rule not in idle and rule.rule_id in unasked.without_list]
    unfed = [rule for rule in skipped if rule.rule_id in unasked.without_feed]
    told = [rule for rule in rules if rule not in (*idle, *unlisted, *unfed) and (show_all or rule.state != "passed")]
    shown = sorted(told, key=lambda rule: not rule.is_broken)
    if shown:
        show_table(
            [
                Column("rule"), Column("state"), Column("action"), Column("looked at", is_right=True),
                Column("broke it", is_right=True), Column("such as", is_cut=True),
            ],
            [
                (
                    rule.rule_id, rule.state, rule.action, f"{rule.evaluated_count:,}", f"{rule.failed_count:,}",
                    ", ".join(rule.sample_keys[:3]),
                )
                for rule in shown
            ],
        )  # fmt: skip
        click.echo()
    for rule in rules:
        if rule.is_broken:
            click.echo(f"{click.style(rule.rule_id, bold=True)}: {rule.message}")
    if any(rule.is_broken for rule in rules):
        click.echo()
    click.echo(
        _count_rules(
            rules,
            idle,
            [unasked.without_list[rule.rule_id] for rule in unlisted],
            [unasked.without_feed[rule.rule_id] for rule in unfed],
        )
        + ("" if show_all or not rules else " --all shows them too.")
    )
    show_table(
        [Column("domain"), Column("verdict"), Column("summary")],
        [
            (domain.value, _verdict(batch) or "no files", in_short(batch.summary, "told above"))
            for domain, batch in batches.items()
        ],
    )
    show_refusals(refusals)
    show_unmapped_statuses(_unmapped_statuses(batches))
    show_notices(notices)


@dataclass(frozen=True)
class _Unasked:
    """Why rules of a home have nothing to judge, or to judge by.

    Attributes:
        unfed_tables: canonical tables that no contract of the home feeds.
        without_list: rules that hold names against a list which nobody made -> of which dimension.
        without_feed: rules of an export that feeds nothing by which they judge -> which column that is.
    """

    unfed_tables: Collection[str]
    without_list: Mapping[str, str]
    without_feed: Mapping[str, str]


def _unfed_tables(project: Project) -> frozenset[str]:
    """The canonical tables that no contract of the home feeds: rules on them have nothing to judge."""
    from pipelines.staging.mapping import fed_tables

    promised = {table for contract in project.warehouse_contracts for table in contract.tables}
    fed = {table for contract in project.contracts for item in contract.objects for table in fed_tables(item)}
    return frozenset(promised - fed)


def _table_of(rule: RuleRecord) -> str:
    return rule.rule_id.partition(".")[0]


def _rules_without_a_list(project: Project) -> dict[str, str]:
    """The rules that hold names against a list which policies/dimensions.yaml does not have, and of which dimension."""
    contracts = (*project.contracts, *project.warehouse_contracts)
    return {
        rule.id: rule.listed_dimension
        for contract in contracts
        for rule in contract.rules
        if rule.listed_dimension is not None and rule.listed_dimension not in project.policies.listed_names
    }


def _rules_without_a_feed(project: Project) -> dict[str, str]:
    """The rules of exports that feed nothing by which they judge, and the canonical column that it would take."""
    return {
        rule.id: rule.needed_feed
        for contract in project.contracts
        for rule in contract.rules
        if rule.needed_feed is not None and not rule.has_needed_feed
    }


def _count_rules(
    rules: Sequence[RuleRecord], idle: Sequence[RuleRecord], unlisted: Sequence[str], unfed: Sequence[str]
) -> str:
    """How many rules passed, and of the others why not.

    Args:
        idle: those about tables that nothing feeds.
        unlisted: of each rule that needs a list which nobody made, of which dimension.
        unfed: of each rule of an export that feeds nothing by which it judges, the column that it would take.
    """
    from data_contracts.problems import list_words
    from pipelines.words.numbers import count_of, list_all

    if not rules:
        return "No rule had anything to judge."
    passed, broken = sum(rule.state == "passed" for rule in rules), sum(rule.is_broken for rule in rules)
    without_rows = len(rules) - passed - broken - len(idle) - len(unlisted) - len(unfed)
    parts = [f"{passed:,} of {count_of(len(rules), 'rule')} passed"]
    parts += [count_of(broken, "is broken", "are broken")] if broken else []
    parts += [f"{without_rows:,} had no rows to judge"] if without_rows else []
    if idle:
        tables = list_all(sorted({_table_of(rule) for rule in idle}))
        parts.append(f"{count_of(len(idle), 'is', 'are')} about what no contract of this home feeds ({tables})")
    if unlisted:
        told = count_of(len(unlisted), "was not asked, because", "were not asked, because")
        parts.append(f"{told} policies/dimensions.yaml lists no known {list_words(sorted(set(unlisted)))}")
    if unfed:
        told = count_of(len(unfed), "was not asked, because its export feeds", "were not asked, because exports feed")
        parts.append(f"{told} no {list_words(sorted(set(unfed)))}")
    return f"{', '.join(parts)}."


def _show_json(
    batches: Mapping[Domain, Batch],
    rules: list[RuleRecord],
    refusals: list[RefusalRecord],
    notices: Sequence[Notice],
) -> None:
    from pipelines.cli.outcomes import describe_rule
    from pipelines.cli.tables import show_json

    document: dict[str, Any] = {
        "domains": [
            {"domain": domain.value, "verdict": _verdict(batch), "summary": batch.summary}
            for domain, batch in batches.items()
        ],
        "rules": [describe_rule(rule) for rule in rules],
        "refusals": [
            {"export": refusal.export, "file_name": refusal.file_name, "code": refusal.code, "message": refusal.message}
            for refusal in refusals
        ],
        "unmapped_statuses": _unmapped_statuses(batches),
        "notices": list(notices),
    }
    show_json(document)

"""`kpi run`: the pipeline on one home, shown as it goes, then the headline KPIs and whatever was kept out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from pipelines.cli.as_of import InstantType, instant_of
from pipelines.cli.exits import CommandError, ExitCode, of_outcome
from pipelines.cli.options import chosen_home, common_options, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from pipelines.cli.build_records import BuildRecords
    from pipelines.home import Home
    from pipelines.notices.finding import Notice
    from pipelines.notices.unknown_names import Names
    from pipelines.project import Project
    from pipelines.run import RunOutcome


@click.command()
@click.option("--only", multiple=True, metavar="NAME", help="Only this asset or group. Repeatable.")
@click.option(
    "--as-of",
    type=InstantType(),
    help="Measure as of this day (its start in the home's time zone) or this instant, "
    "instead of where the data end. The day after a month closes it.",
)
@click.option(
    "--full", is_flag=True, help="Compute everything again from the landed files, whatever is known to be unchanged."
)
@click.option("--quiet", "-q", is_flag=True, help="No progress, no KPIs: only what was refused, held or set aside.")
@json_option
@common_options
def run(only: tuple[str, ...], as_of: date | datetime | None, full: bool, quiet: bool, as_json: bool) -> ExitCode:
    """Read new files, audit them, compute the KPIs and publish.

    Only what has changed since the last run is done again; of tickets, those that are open or have new rows. A file
    that cannot be read is refused and stays where it is. Data that breaks its contract is held: its KPIs keep their
    last good values.

    Groups for --only: tickets, finance, vendors, kpis, publication.

    Exit codes: 0 ok, 1 a target could not be published to, 3 something is held, 5 files were refused and nothing is
    held, 4 another run is under way.
    """
    home = chosen_home()
    instant = None if as_of is None else instant_of(as_of, home.settings.reporting.time_zone)
    if instant is not None:
        _refuse_before_all_data(home, instant)
    return run_home(home, only=only, as_of=instant, is_full=full, quiet=quiet, as_json=as_json)


def _refuse_before_all_data(home: Home, as_of: datetime) -> None:
    """Refuse an instant at which nothing that is published had happened: a mistyped year would publish nothing over it.

    Raises:
        CommandError: it is.
    """
    from pipelines.cli.published import first_month, open_published

    if not home.published_file.is_file():
        return
    try:
        with open_published(home) as connection:
            first = first_month(connection)
    except CommandError:
        return  # What cannot be read is published anew.
    if first is not None and as_of <= instant_of(first, home.settings.reporting.time_zone):
        raise CommandError(
            f"--as-of {as_of:%Y-%m-%d} lies before all data of this home, which begin in {first:%B %Y}: what is "
            "published would be replaced by nothing. Name a later day. If older files were landed since the last run, "
            "run once without --as-of first.",
            ExitCode.USAGE,
        )


def run_home(
    home: Home,
    *,
    only: tuple[str, ...] = (),
    as_of: datetime | None = None,
    is_full: bool = False,
    quiet: bool = False,
    as_json: bool = False,
) -> ExitCode:
    """Run a home and report; shared with `kpi demo`."""
    from data_contracts.lasting_imports import lasting_imports

    with lasting_imports():
        from pipelines.cli.build_records import BuildRecords, read_build_records
        from pipelines.cli.outcomes import (
            note_copies,
            note_drift,
            note_names,
            show_failures,
            show_holds,
            show_notices,
            show_refusals,
            show_unmapped_statuses,
        )
        from pipelines.cli.progress import progress_reporter
        from pipelines.notices.business_hours import note_business_hours
        from pipelines.notices.finding import (
            find_notices,
            note_arrivals,
            note_empty_folders,
            note_lost_folders,
            note_part_months,
            note_rows_without_ticket,
            note_swapped_dates,
            note_unlisted,
        )
        from pipelines.notices.missing_rates import note_missing_rates
        from pipelines.notices.restatements import note_reopened, note_restatements
        from pipelines.notices.set_aside import SET_ASIDE, note_set_aside
        from pipelines.notices.unallocated_costs import find_cost_notices
        from pipelines.notices.unknown_names import find_unknown_names
        from pipelines.notices.unused_aliases import find_unused_aliases
        from pipelines.project import load_project
        from pipelines.staging.shared_tickets import note_shared_tickets

    project = load_project(home)
    started = time.perf_counter()
    with progress_reporter(quiet=quiet or as_json) as reporter:
        reporter.began("starting the pipeline")
        with lasting_imports():
            from pipelines.run import run_project  # takes seconds to import, so it comes after the first sign of life

        try:
            outcome = run_project(project, reporter=reporter, only=only, as_of=as_of, is_full=is_full)
        except Exception as error:
            if reporter.current is not None:
                error.add_note(f"It happened in {reporter.current}; what was published before still answers.")
            raise
    seconds = time.perf_counter() - started
    records = read_build_records(home.warehouse, home.settings.reporting.time_zone) or BuildRecords(
        (), (), (), (), (), ()
    )
    read = {export.export for export in records.exports}
    notices = (
        *find_notices(project),
        *note_business_hours(project),
        *note_empty_folders(project, read),
        *note_lost_folders(project, read),
        *find_unknown_names(project.policies, records.known_names),
        *find_unused_aliases(project.policies, _told_aliases(project), records.known_names),
        *note_unlisted(project, ((rule.rule_id, rule.state, rule.message) for rule in records.rules)),
        *note_drift(records.drift_notes),
        *note_names(records.name_notes),
        *note_copies(records.copy_notes),
        *note_shared_tickets(records.shared_tickets, {each.id: each.origin for each in project.contracts}),
        *note_restatements(records.restatements, home.settings.reporting.currency),
        *note_reopened(records.reopened),
        *note_set_aside(records.newly_set_aside, records.held_domains),
        *note_rows_without_ticket((rule.rule_id, rule.state, rule.message) for rule in records.rules),
        *note_swapped_dates(
            (rule.rule_id, rule.state, rule.message)
            for rule in records.rules
            if rule.domain not in records.held_domains
        ),
        *note_part_months((rule.rule_id, rule.state, rule.message, rule.sample_keys) for rule in records.rules),
        *note_arrivals(
            (rule.contract_id, rule.state, rule.message)
            for rule in records.rules
            if rule.domain == "arrivals" and rule.action == "warn"
        ),
        *note_missing_rates(
            (rule.rule_id, rule.state, rule.message, rule.failed_count, rule.evaluated_count)
            for rule in records.rules
            if rule.action == "warn"
        ),
        *find_cost_notices(records.unallocated, project.policies.costs, home.settings.reporting.currency),
    )
    if as_json:
        _show_json_outcome(home, outcome, records, notices, seconds)
    else:
        if not quiet:
            _show_summary(home, outcome, seconds)
        show_refusals(records.refusals)
        show_holds(records)
        show_failures(outcome.failed)
        if not quiet or "tickets" in records.held_domains:
            show_unmapped_statuses(records.unmapped_statuses)
        # Records are told as set aside once, by the run that does it, so a quiet one says it, too.
        show_notices([notice for notice in notices if not quiet or notice.code == SET_ASIDE])
    has_held = bool(outcome.held or records.held_domains)
    return of_outcome(has_held=has_held, has_refused=bool(records.refusals), has_failed=bool(outcome.failed))


def _told_aliases(project: Project) -> Names:
    """The aliases that the landed files say; none where another run has the build database."""
    from pipelines.cli.build_records import open_build
    from pipelines.notices.unused_aliases import find_told_aliases

    with open_build(project.home.warehouse) as connection:
        if connection is None:
            return {}
        return find_told_aliases(
            lambda query: connection.execute(query).fetchall(), project.contracts, project.policies
        )


def _show_summary(home: Home, outcome: RunOutcome, seconds: float) -> None:
    from pipelines.cli.headlines import read_headlines, show_headlines
    from pipelines.words.numbers import count_of

    built = sum(step.state == "built" for step in outcome.steps)
    unchanged = sum(step.state == "unchanged" for step in outcome.steps)
    click.echo(f"{count_of(built, 'asset')} built, {unchanged} unchanged in {seconds:.1f} s", err=True)
    click.echo()
    headlines = read_headlines(home)
    if headlines is None:
        click.echo("Nothing is published yet.")
        if all(step.state in ("empty", "unchanged") for step in outcome.steps):
            click.echo(f"Put files into {home.landing} and a contract for each export into {home.contracts}.")
        return
    show_headlines(headlines)
    report = home.published / "report" / "latest.html"
    if "report" in home.settings.publish.targets and report.is_file():
        click.echo()
        click.echo(f"The report for people is {click.style(str(report), bold=True)}")


def _show_json_outcome(
    home: Home, outcome: RunOutcome, records: BuildRecords, notices: Sequence[Notice], seconds: float
) -> None:
    from pipelines.cli.headlines import describe_headlines, read_headlines
    from pipelines.cli.outcomes import describe_outcome
    from pipelines.cli.tables import show_json

    headlines = read_headlines(home)
    show_json(
        {
            "run_id": outcome.run_id,
            "home": home.folder,
            "seconds": round(seconds, 3),
            "published_file": home.published_file if headlines else None,
            "report_file": report if (report := home.published / "report" / "latest.html").is_file() else None,
            "steps": list(outcome.steps),
            **describe_outcome(records),
            "failed": [{"asset": step.asset, "message": step.note} for step in outcome.failed],
            "notices": list(notices),
            "headlines": describe_headlines(headlines) if headlines else [],
        }
    )

"""`kpi status`: where a home stands, from the published file and, unless a run holds it, the build database."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.options import chosen_home, common_options, json_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipelines.cli.build_records import BuildRecords, ExportRecord, RuleRecord
    from pipelines.cli.trends import MetricTrend
    from pipelines.home import Home
    from pipelines.published.publication import PublicationFacts, Reach

_DOMAINS = ("tickets", "finance", "vendors")
#: As in `pipelines.gate.arrivals`, which takes long to import.
_ARRIVALS = "arrivals"
_MOST_PERIODS = 3


@click.command()
@json_option
@common_options
def status(as_json: bool) -> None:
    """Show the last run, how fresh each domain is, verdicts, quarantine, and what is held and why.

    Reads the published file and, for a moment, the build database; while a run has that to itself, it says so and
    shows what is published.
    """
    from pipelines.cli.build_records import read_build_records
    from pipelines.cli.published import open_published, publication_of
    from pipelines.cli.trends import read_trends
    from pipelines.published.publication import read_reaches

    home = chosen_home()
    publication: PublicationFacts | None = None
    reaches: list[Reach] = []
    trends: list[MetricTrend] = []
    if home.published_file.is_file():
        with open_published(home) as connection:
            publication, reaches = publication_of(connection), read_reaches(connection)
            trends = read_trends(connection, count=1)
    records = read_build_records(home.warehouse, home.settings.reporting.time_zone)
    if as_json:
        _show_json(home, publication, trends, records)
        return
    _show_publication(home, publication, reaches)
    if records is None:
        click.echo(click.style("A run is under way", fg="yellow") + " and has the build database to itself.")
    else:
        _show_runs(records)
        _show_restated(records)
    _show_domains(trends, records, reaches)
    if records is not None:
        _show_loads(records.exports, records.copy_notes)
        _show_quarantine(records)
        _show_kept_out(records)


def _show_publication(home: Home, publication: PublicationFacts | None, reaches: Sequence[Reach]) -> None:
    from pipelines.cli.published import describe_reaches
    from pipelines.cli.tables import show_heading
    from pipelines.words.numbers import format_instant

    name = publication.home_name if publication else home.settings.home.name
    show_heading(name, str(home.folder))
    if publication is None:
        click.echo("Nothing is published yet; 'kpi run' does that.")
        return
    click.echo(f"Published  {format_instant(publication.published_at)}  {home.published_file}")
    if any(reach.data_end_date for reach in reaches):
        click.echo(f"Data until {describe_reaches(reaches).removeprefix('data until: ')}")
    else:
        click.echo(f"Data until {format_instant(publication.as_of_at)}")


def _show_runs(records: BuildRecords) -> None:
    from pipelines.cli.tables import STATE_STYLES
    from pipelines.words.numbers import format_instant

    if not records.runs:
        click.echo("It has never run.")
        return
    last = records.runs[0]
    color = STATE_STYLES.get(last.state, "white").split()[-1]
    seconds = f" in {(last.ended_at - last.started_at).total_seconds():.1f} s" if last.ended_at else ""
    click.echo(f"Last run   {format_instant(last.started_at)}  {click.style(last.state, fg=color)}{seconds}")
    if last.message:
        click.echo(f"           {last.message.splitlines()[0]}")


def _show_restated(records: BuildRecords) -> None:
    """What was told otherwise last, in one line: a run with --quiet did not say it, and none after it does."""
    from pipelines.notices.restatements import describe_restated
    from pipelines.words.numbers import format_instant

    latest = records.latest_restatements
    if latest:
        at = format_instant(latest[0].restated_at)
        click.echo(f"Restated   {at}  {describe_restated(latest)}; 'kpi query restated_values' lists them.")


def _domain_rows(trends: Sequence[MetricTrend], records: BuildRecords | None) -> list[dict[str, Any]]:
    """Per domain: verdict, how far its published data reach, and which of its metrics are held."""
    rows = []
    for domain in _DOMAINS:
        verdict = next((found for found in records.verdicts if found.domain == domain), None) if records else None
        touched = [trend for trend in trends if domain in trend.requires.split(", ")]
        # A metric of several domains reaches no further than the shortest, so metrics of this one alone say most.
        own = [trend for trend in touched if trend.requires == domain] or touched
        reaches = [trend.fresh_as_of_at for trend in own if trend.fresh_as_of_at is not None]
        rows.append(
            {
                "domain": domain,
                "verdict": verdict.verdict if verdict else None,
                "summary": verdict.summary if verdict else _why_nothing_came(own),
                "decided_at": verdict.decided_at if verdict else None,
                "fresh_as_of_at": max(reaches, default=None),
                "published_metric_count": sum(trend.publication_state == "published" for trend in touched),
                "no_value_reasons": {
                    trend.metric: trend.no_value_reason
                    for trend in touched
                    if trend.publication_state == "published" and trend.no_value_reason
                },
                "held_metrics": (held := [trend.metric for trend in touched if trend.publication_state == "held"]),
                "held_by": _rules_holding(records, held),
            }
        )
    return rows


def _why_nothing_came(trends: Sequence[MetricTrend]) -> str | None:
    """Why a domain was never judged: nothing brings its data."""
    return next((trend.no_value_reason for trend in trends if trend.publication_state == "empty"), None)


def _rules_holding(records: BuildRecords | None, metrics: Sequence[str]) -> list[str]:
    """The rules that hold any of some KPIs; a KPI of several domains may be held by a rule of another one."""
    held = records.held_metrics if records else ()
    return sorted({rule for found in held if found.metric in metrics for rule in found.held_by})


def _held_elsewhere(row: dict[str, Any]) -> str:
    """Which rules hold KPIs of a domain whose own rules hold none."""
    first, *others = row["held_by"] or [""]
    more = f" and {len(others)} more" if others else ""
    return f"held by {first}{more}; " if row["verdict"] == "pass" and first else ""


def _late_exports(records: BuildRecords | None) -> list[RuleRecord]:
    """The promises of contracts on when data come that are not kept."""
    return [rule for rule in (records.rules if records else ()) if rule.domain == _ARRIVALS and rule.is_broken]


def _arrivals_row(records: BuildRecords | None) -> Iterator[tuple[object, ...]]:
    """What came late or is missing, by export; nothing where that was never judged."""
    from pipelines.cli.outcomes import held_by

    verdict = next((found for found in records.verdicts if found.domain == _ARRIVALS), None) if records else None
    if records is None or verdict is None:
        return
    late = _late_exports(records)
    held = {metric for rule in late for metric in held_by(records, rule.rule_id)}
    told = "; ".join(map(describe_lateness, late)) or verdict.summary
    yield _ARRIVALS, verdict.verdict, "", "", len(held), told


def describe_lateness(rule: RuleRecord) -> str:
    """What a broken rule on arrivals found, in a few words: the export, and how late or what is missing."""
    if rule.state == "errored":
        return f"{rule.contract_id} could not be judged"
    if rule.rule_id.endswith(".fresh"):
        return f"{rule.contract_id} is late (newest {rule.sample_keys[0]})"
    named = ", ".join(rule.sample_keys[:_MOST_PERIODS])
    more = rule.failed_count - min(len(rule.sample_keys), _MOST_PERIODS)
    return f"{rule.contract_id} lacks {named}" + (f" and {more:,} more" if more else "")


def _data_until(row: dict[str, Any], reaches: Sequence[Reach]) -> str:
    """How far a domain's data reach: to its clock; where somebody chose a later one, to the day on which they end."""
    from pipelines.words.numbers import format_instant

    own = [reach for reach in reaches if reach.domain == row["domain"] and reach.last_date is not None]
    if any(reach.data_end_date is None for reach in own) or not own:
        return format_instant(row["fresh_as_of_at"])
    return f"{max(reach.data_end_date for reach in own)} (as of {max(reach.last_date for reach in own)})"


def _show_domains(trends: Sequence[MetricTrend], records: BuildRecords | None, reaches: Sequence[Reach]) -> None:
    from pipelines.cli.tables import Column, in_short, show_table

    rows = _domain_rows(trends, records)
    click.echo()
    show_table(
        [
            Column("domain"), Column("verdict"), Column("data until"), Column("published", is_right=True),
            Column("held", is_right=True), Column("summary"),
        ],
        [
            (
                row["domain"],
                row["verdict"] or ("never judged" if records else "unknown"),
                _data_until(row, reaches),
                row["published_metric_count"],
                len(row["held_metrics"]),
                _held_elsewhere(row) + in_short(row["summary"] or ""),
            )
            for row in rows
        ]
        + list(_arrivals_row(records)),
    )  # fmt: skip
    if trends:
        click.echo(_count_kpis(trends, rows))
        _show_missing(trends)


def _count_kpis(trends: Sequence[MetricTrend], rows: Sequence[dict[str, Any]]) -> str:
    """All KPIs once by their state, how many of them show no value, and why those of the domains are more."""
    from pipelines.words.numbers import count_of, list_all

    counts = Counter(trend.publication_state for trend in trends)
    lacking = Counter(trend.publication_state for trend in trends if trend.no_value_reason)
    words = (("published", "published"), ("held", "held"), ("empty", "without values"))
    parts = []
    for state, word in words:
        if counts[state]:
            of_them = f" ({lacking[state]:,} of them with no value to show)"
            parts.append(f"{counts[state]:,} {word}{of_them if lacking[state] and state != 'empty' else ''}")
    listed = sum(row["published_metric_count"] + len(row["held_metrics"]) for row in rows)
    is_overlapping = listed > counts["published"] + counts["held"]
    overlap = " Those that need several domains stand with each." if is_overlapping else ""
    return f"{count_of(len(trends), 'KPI')}: {list_all(parts)}.{overlap}"


def _show_missing(trends: Sequence[MetricTrend]) -> None:
    """Why KPIs that are published have no value of their latest closed month; of the others it stands elsewhere."""
    from pipelines.cli.metrics import group_by_reason, name_some
    from pipelines.cli.tables import show_paragraph

    published = [trend for trend in trends if trend.publication_state == "published"]
    for reason, names in group_by_reason(published).items():
        show_paragraph(f"No value of {name_some(names)}: {reason}.", indent=2)


def _show_loads(exports: Sequence[ExportRecord], copies: Sequence[tuple[str, str]]) -> None:
    from pipelines.cli.tables import Column, show_paragraph, show_table
    from pipelines.words.numbers import format_instant

    if not exports:
        return
    click.echo()
    show_table(
        [Column("export"), Column("files", is_right=True), Column("rows", is_right=True), Column("last loaded")],
        [
            (export.export, f"{export.file_count:,}", f"{export.row_count:,}", format_instant(export.last_loaded_at))
            for export in exports
        ],
    )
    for place, note in copies:
        show_paragraph(f"{place}: {note}")


def _show_quarantine(records: BuildRecords) -> None:
    from pipelines.cli.tables import Column, show_table
    from pipelines.words.numbers import count_of

    if not records.quarantine:
        return
    click.echo()
    show_table(
        [Column("quarantined by rule"), Column("records", is_right=True), Column("why")],
        [(found.rule_id, f"{found.record_count:,}", found.reason) for found in records.quarantine],
    )
    click.echo()
    told = count_of(records.quarantined_count, "record is set aside", "records are set aside")
    click.echo(f"{told}, each counted once; 'kpi quarantine list' shows them.")


def _show_kept_out(records: BuildRecords) -> None:
    from pipelines.cli.outcomes import show_holds, show_refusals, show_unmapped_statuses

    show_refusals(records.refusals)
    show_holds(records)
    show_unmapped_statuses(records.unmapped_statuses)


def _show_json(
    home: Home, publication: PublicationFacts | None, trends: Sequence[MetricTrend], records: BuildRecords | None
) -> None:
    from pipelines.cli.outcomes import describe_outcome, describe_rule
    from pipelines.cli.tables import show_json

    show_json(
        {
            "home": home.folder,
            "published_file": home.published_file if publication else None,
            "publication": publication,
            "is_run_under_way": records is None,
            "last_run": records.runs[0] if records and records.runs else None,
            "restated": list(records.latest_restatements) if records else None,
            "domains": _domain_rows(trends, records),
            "late_exports": [describe_rule(rule) for rule in _late_exports(records)] if records else None,
            "exports": list(records.exports) if records else None,
            "ignored_copies": [f"{place}: {note}" for place, note in records.copy_notes] if records else None,
            "quarantine": list(records.quarantine) if records else None,
            "quarantined_count": records.quarantined_count if records else None,
            **(
                describe_outcome(records)
                if records
                else {"refusals": None, "unmapped_statuses": None, "held": None, "held_metrics": None}
            ),
        }
    )

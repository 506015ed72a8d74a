"""`kpi instrumentation`: what to put right first, and why the bounds of a KPI are as wide as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.completing import complete_metric
from pipelines.cli.exits import CommandError
from pipelines.cli.options import chosen_home, common_options, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALL = "SELECT {columns} FROM mart.instrumentation_scorecard ORDER BY fix_rank NULLS LAST, source, table_name, rule_id"
_OPEN = "SELECT {columns} FROM mart.instrumentation_scorecard WHERE fix_rank IS NOT NULL ORDER BY fix_rank"
_OF_METRIC = """
    SELECT {columns} FROM mart.instrumentation_gaps WHERE metric = $metric
    ORDER BY period_start_date DESC, lost_coverage_ratio DESC, width_value DESC NULLS LAST, source, rule_id
"""


@click.command()
@click.argument("metric", required=False, metavar="[NAME]", shell_complete=complete_metric)
@click.option("--all", "show_all", is_flag=True, help="Also what is captured whole.")
@click.option("--rows", type=click.IntRange(0), default=10, metavar="N", help="Gaps to show, 0 for all. [default: 10]")
@click.option("--csv", "as_csv", is_flag=True, help="All rows as CSV, for a spreadsheet.")
@json_option
@common_options
def instrumentation(metric: str | None, show_all: bool, rows: int, as_csv: bool, as_json: bool) -> None:
    """Show what to put right first, so that KPIs rest on more of their records.

    Per source, table and rule: how much is captured and how that changed, what it does to a KPI, and what to do. With
    the NAME of a KPI: month by month, which reason makes how much of the distance between its bounds.

    Reads the published file.
    """
    from models.marts import instrumentation_gaps, instrumentation_scorecard
    from pipelines.cli.published import open_published, publication_of
    from pipelines.cli.query_output import write_csv_rows
    from pipelines.cli.tables import show_json
    from pipelines.published.rows import read_rows

    name = _metric_named(metric) if metric else None
    with open_published(chosen_home()) as connection:
        currency = publication_of(connection).currency
        # By their names, so that a file which lacks one is known for one of another version.
        columns = (instrumentation_gaps if name else instrumentation_scorecard).columns.keys()
        query = (_OF_METRIC if name else _ALL if show_all else _OPEN).format(columns=", ".join(columns))
        found = read_rows(connection, query, {"metric": name} if name else None)
    if as_json:
        show_json(found)
    elif as_csv:
        write_csv_rows(columns, (["" if cell is None else cell for cell in row.values()] for row in found), None)
    elif name:
        _show_gaps(name, found, rows, currency)
    else:
        _show_scorecard(found, rows, currency, show_all=show_all)


def _metric_named(name: str) -> str:
    import difflib

    from metrics.registry import METRICS

    wanted = name.removeprefix("mart.").removeprefix("kpi_")
    names = [metric.name for metric in METRICS]
    if wanted in names:
        return wanted
    near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.4)
    hint = f"Did you mean '{near[0]}'?" if near else "'kpi metrics' lists them all."
    raise CommandError(f"There is no metric '{name}'. {hint}")


def _show_scorecard(found: Sequence[dict[str, Any]], limit: int, currency: str, *, show_all: bool) -> None:
    from pipelines.cli.tables import show_heading
    from pipelines.words.numbers import count_of

    to_do = [row for row in found if row["fix_rank"] is not None]
    if not to_do:
        click.echo("Nothing is to be put right: every rule is kept, and every KPI measures all of its records.")
    shown = to_do if limit == 0 else to_do[:limit]
    if shown:
        show_heading("What to put right first")
    for row in shown:
        _show_gap(row, currency)
    if len(shown) < len(to_do):
        more = count_of(len(to_do) - len(shown), "gap")
        click.echo()
        click.echo(click.style(f"{more} more: --rows 0 shows all.", dim=True))
    if show_all:
        _show_whole([row for row in found if row["fix_rank"] is None])


def _show_gap(row: dict[str, Any], currency: str) -> None:
    from pipelines.cli.tables import STATE_STYLES, one_line, show_paragraph
    from pipelines.words.instrumentation import describe_capture, describe_effect, describe_place, describe_records

    color = {"holding": "red", "quarantined": "yellow"}.get(row["gap_kind"], STATE_STYLES.get("", None))
    click.echo()
    click.echo(f"{row['fix_rank']:>3}  {click.style(one_line(row['rule_id']), bold=True, fg=color)}")
    facts = [describe_place(row), row["gap_kind"].replace("_", " "), describe_records(row), describe_capture(row)]
    show_paragraph(" · ".join(fact for fact in facts if fact), indent=5)
    show_paragraph(describe_effect(row, currency), indent=5)
    show_paragraph(f"→ {row['what_to_do']}", indent=5)


def _show_whole(found: Sequence[dict[str, Any]]) -> None:
    from pipelines.cli.tables import Column, show_table
    from pipelines.words.numbers import format_count, format_ratio

    click.echo()
    show_table(
        [Column("captured whole"), Column("source", left_out=2), Column("records", is_right=True, left_out=1),
         Column("captured", is_right=True), Column("KPIs", is_right=True)],
        [
            (row["rule_id"], row["source"] or "all sources", format_count(row["record_count"]),
             format_ratio(row["captured_ratio"]), row["protected_metric_count"])
            for row in found
        ],
    )  # fmt: skip


def _show_gaps(metric: str, found: Sequence[dict[str, Any]], limit: int, currency: str) -> None:
    from pipelines.cli.tables import Column, show_heading, show_table
    from pipelines.words.instrumentation import format_added, format_width
    from pipelines.words.numbers import NOTHING, count_of, format_month, format_ratio

    if not found:
        click.echo(f"{metric} has no gap: all of its records are measured, or it is held.")
        return
    shown = found if limit == 0 else found[:limit]
    show_heading(metric, "what widens its bounds, by reason")
    show_table(
        [Column("month"), Column("reason"), Column("source", left_out=3), Column("records", is_right=True),
         Column("coverage", is_right=True, left_out=1), Column("adds", is_right=True),
         Column("of", is_right=True, left_out=2)],
        [
            (
                format_month(row["period_start_date"]), row["rule_id"], row["source"] or NOTHING,
                f"{row['record_count']:,}",
                f"-{format_ratio(row['lost_coverage_ratio'])}".replace("-<", "<")
                if row["lost_coverage_ratio"]
                else NOTHING,
                "no bound" if row["is_unbounded"] else format_added(row["width_value"], row["unit"], currency),
                NOTHING if row["is_unbounded"]
                else format_width(row["bounds_width_value"], row["unit"], currency),
            )
            for row in shown
        ],
    )  # fmt: skip
    if len(shown) < len(found):
        click.echo()
        click.echo(click.style(f"{count_of(len(found) - len(shown), 'row')} more: --rows 0 shows all.", dim=True))

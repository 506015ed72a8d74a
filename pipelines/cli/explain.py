"""`kpi explain`: from a published value to its records, and from a record to its file, row and hash."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.completing import complete_metric
from pipelines.cli.exits import CommandError, ExitCode
from pipelines.cli.file_formats import asked_format, choose_format
from pipelines.cli.options import chosen_home, common_options, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metrics.spec import Metric
    from pipelines.home import Home

_FILE_FORMATS = ("csv", "json", "parquet", "xlsx")
#: Records that a page shows where nobody says how many.
_MATTER = 10
#: Names that a message lists at most.
_MOST_NAMES = 5


@click.command()
@click.argument("kpi", required=False, metavar="[KPI]", shell_complete=complete_metric)
@click.argument("period", required=False, metavar="[PERIOD]")
@click.option(
    "--by",
    "breakdowns",
    multiple=True,
    metavar="DIMENSION=VALUE",
    help='A value of a breakdown, such as "team=Service Desk".',
)
@click.option(
    "--limit", type=click.IntRange(0), metavar="N", help="Records to show, 0 for all. [default: 10, of a list 40]"
)
@click.option("--records", "is_list", is_flag=True, help="List all records of the value; into a file with -o.")
@click.option("--sql", "is_sql", is_flag=True, help="Print the SQL that lists them, for kpi query and other tools.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(("table", *_FILE_FORMATS)),
    help="Of the list. Else by the name of -o.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the list to this file.")
@click.option("--record", metavar="KEY", help="Walk one record back to its files and rows, and on to its KPIs.")
@click.option(
    "--values", is_flag=True, help="With --record: show the raw rows with all values, names of people included."
)
@json_option
@common_options
def explain(
    kpi: str | None,
    period: str | None,
    breakdowns: tuple[str, ...],
    limit: int | None,
    is_list: bool,
    is_sql: bool,
    output_format: str | None,
    output: Path | None,
    record: str | None,
    values: bool,
    as_json: bool,
) -> ExitCode:
    """Say what a published value is made of, and compute it anew from its records.

    PERIOD is a month 2026-10, a week 2026-W43, a quarter 2026-Q3 or a day 2026-10-14; without it, the latest closed
    month that has any. If the records do not come to the published value, it says so and ends with exit code 1; while
    the KPI is held, what they come to is not told, and the exit code is 3.

    \b
    kpi explain sla_attainment_ratio 2026-10 --by "team=Service Desk"
    kpi explain cost_per_transaction_reporting --records -o cost_lines.xlsx
    kpi explain --record servicenow:INC0010001
    """
    home = chosen_home()
    if record is not None:
        of_values = {
            "--by": breakdowns, "--limit": limit is not None, "--records": is_list, "--sql": is_sql,
            "--format": output_format, "--output": output,
        }  # fmt: skip
        _refuse_beside_record(kpi, [option for option, said in of_values.items() if said])
        return _explain_record(home, record, with_values=values, as_json=as_json)
    if values:
        raise CommandError("--values belongs to --record KEY.")
    if kpi is None:
        raise CommandError("Name a KPI, or a record with --record KEY. 'kpi metrics' lists the KPIs.")
    if len(breakdowns) > 1:
        raise CommandError(
            "--by is there twice, and a value is published of one breakdown at a time. List the records of one with "
            "--records or -o, or with --sql for kpi query: each row has its team, priority, service and vendor."
        )
    if is_sql and (as_json or output is not None or output_format is not None):
        raise CommandError(
            "--sql prints one statement and nothing else: leave out --json, --format and --output. The page that "
            "--json prints has it as records.sql."
        )
    if as_json and output is not None and not is_list:
        raise CommandError(
            "--json prints the whole page, --output writes the list of the records. Leave out --output, and let "
            f"'> {output}' keep the page; or leave out --json, and the name {output} or --format says what the list is."
        )
    if output is not None or output_format is not None:
        is_list = True
    return _explain_value(
        home, kpi, period, breakdowns[0] if breakdowns else None, limit, is_list=is_list, is_sql=is_sql,
        output_format=output_format, output=output, as_json=as_json,
    )  # fmt: skip


def _refuse_beside_record(kpi: str | None, options: Sequence[str]) -> None:
    """Refuse what would do nothing beside --record.

    Raises:
        CommandError: something would; the message says what to do instead.
    """
    if kpi is None and not options:
        return
    named = [*([f"the KPI '{kpi}'"] if kpi is not None else []), *options]
    remedy = " For a file of it, write --json and let '> FILE' keep it." if "--output" in options else ""
    raise CommandError(f"--record walks one record: leave out {', '.join(named)}.{remedy}")


def _explain_value(
    home: Home,
    kpi: str,
    period: str | None,
    by: str | None,
    limit: int | None,
    *,
    is_list: bool,
    is_sql: bool,
    output_format: str | None,
    output: Path | None,
    as_json: bool,
) -> ExitCode:
    from pipelines.cli.explain_list import list_records, refuse_if_held
    from pipelines.cli.explain_page import describe, show_explanation
    from pipelines.cli.published import open_published, tell_other_version
    from pipelines.cli.tables import show_json
    from pipelines.explaining.cell import find_cell
    from pipelines.explaining.explanation import all_records_sql, explain
    from pipelines.explaining.values import find_records

    metric = _metric_named(kpi)
    with open_published(home) as connection:
        cell = find_cell(connection, metric, period, by)
        if is_sql or is_list:
            refuse_if_held(connection, cell)
        if is_sql:
            click.echo(all_records_sql(find_records(cell), limit))
            return ExitCode.OK
        if is_list:
            asked = asked_format(output_format, as_json=as_json)
            chosen = choose_format(asked, output, _FILE_FORMATS, on_screen="table")
            list_records(connection, cell, chosen, output, limit)
            return ExitCode.OK
        explained = explain(connection, cell, _MATTER if limit is None else limit)
        other_version = "" if explained.is_true else tell_other_version(connection)
    if as_json:
        show_json(describe(explained))
    else:
        show_explanation(explained)
        if other_version:
            click.echo()
            click.echo(other_version)
    if explained.withheld_with:
        return ExitCode.HELD
    return ExitCode.OK if explained.is_true else ExitCode.FAILED


def _metric_named(name: str) -> Metric:
    """The KPI of that name; the name of its view does as well.

    Raises:
        CommandError: there is none; the message says what is near.
    """
    import difflib

    from metrics.registry import METRICS, metric_named
    from pipelines.cli.finding import find_by_words

    wanted = name.strip().lower().removeprefix("mart.").removeprefix("kpi_")
    try:
        return metric_named(wanted)
    except KeyError:
        near = difflib.get_close_matches(wanted, [metric.name for metric in METRICS], n=3, cutoff=0.6)
        told = [found.name for found in find_by_words([name]) if found.kind == "metric"]
        found = list(dict.fromkeys([*near, *told]))
        more = f" and {len(found) - _MOST_NAMES} more" if len(found) > _MOST_NAMES else ""
        hint = f"Near are {', '.join(found[:_MOST_NAMES])}{more}." if found else "'kpi metrics' lists them all."
        raise CommandError(f"There is no KPI '{name}'. {hint}") from None


def _explain_record(home: Home, key: str, *, with_values: bool, as_json: bool) -> ExitCode:
    from pipelines.cli.explain_record_page import show_record
    from pipelines.cli.tables import show_json
    from pipelines.explaining.one_record import walk_record

    walked = walk_record(home, key, with_values=with_values)
    if as_json:
        show_json(walked)
    else:
        show_record(walked, with_values=with_values)
    return ExitCode.OK

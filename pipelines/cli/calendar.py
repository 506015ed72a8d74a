"""`kpi calendar`: which working calendars a home has, and what one makes of real days.

What is printed of a calendar is made in `pipelines.cli.calendar_output`; which span was meant, in
`pipelines.cli.calendar_span`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.exits import CommandError
from pipelines.cli.file_formats import asked_format, choose_format
from pipelines.cli.options import chosen_home, common_options, json_option

if TYPE_CHECKING:
    from metrics.calendars.working_calendar import WorkingCalendar
    from pipelines.policies.loading import Policies


#: What a file can be; its name ends in the same word.
_FILE_FORMATS = ("csv", "json")


@click.group()
@common_options
def calendar() -> None:
    """Show the working calendars and their open time."""


@calendar.command("list")
@json_option
@common_options
def list_calendars(as_json: bool) -> None:
    """List the calendars: zone, versions, weekly hours, holidays, and who works by them."""
    from pipelines.cli.calendar_output import describe_calendars, show_calendars
    from pipelines.cli.tables import show_json
    from pipelines.policies.loading import load_policies

    described = describe_calendars(load_policies(chosen_home().policies))
    if as_json:
        show_json(described)
    else:
        show_calendars(described)


@calendar.command("show")
@click.argument("name")
@click.option("--from", "start", metavar="WHEN", help="Date or instant. Else the month of --to begins, or this month.")
@click.option("--to", "end", metavar="WHEN", help="Date, counted to its end, or instant. Else the end of that month.")
@click.option("--for", "duration", metavar="DURATION", help="Instead of --to: until so much open time is over, as 4h.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(("table", *_FILE_FORMATS)),
    help="Else by the name of -o, else a table.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the days to this file.")
@json_option
@common_options
def show(
    name: str,
    start: str | None,
    end: str | None,
    duration: str | None,
    output_format: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Show the open time of calendar NAME, one line per day of its zone.

    WHEN is a date, or an instant such as "2026-03-27 16:30", on the calendar's wall unless it has an offset of its own.
    Between two instants the total is the business time that KPIs count; with --for, its end is when a promise is due.

    \b
    kpi calendar show office --from 2026-12-01 --to 2026-12-31
    kpi calendar show office --from "2026-03-27 16:30" --to "2026-03-30 09:15"
    kpi calendar show office --from "2026-03-27 16:30" --for 4h
    """
    from metrics.calendars.calendar_days import in_zone
    from pipelines.cli.calendar_output import lay_open, show_days, write_days
    from pipelines.cli.calendar_span import find_span
    from pipelines.policies.loading import load_policies

    home = chosen_home()
    chosen = choose_format(asked_format(output_format, as_json=as_json), output, _FILE_FORMATS, on_screen="table")
    named = _calendar_named(name, load_policies(home.policies))
    calendar = in_zone(named, home.settings.reporting.time_zone)
    span = find_span(calendar, start, end, duration)
    laid_open = lay_open(calendar, span)
    if chosen == "table":
        show_days(laid_open)
    else:
        write_days(laid_open, chosen, output)


def _calendar_named(name: str, policies: Policies) -> WorkingCalendar:
    from data_contracts.problems import suggest

    calendars = {calendar.name: calendar for calendar in policies.calendars}
    if name in calendars:
        return calendars[name]
    if name in policies.team_calendars.teams:
        works_by = policies.team_calendars.teams[name]
        raise CommandError(f"There is no calendar '{name}', but a team. It works by '{works_by}'.")
    near = suggest(name, calendars)
    hint = f"Did you mean '{near}'?" if near else "'kpi calendar list' lists them all."
    raise CommandError(f"There is no calendar '{name}'. {hint}")

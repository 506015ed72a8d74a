"""`kpi init`: an empty home for a team's own exports."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.exits import CommandError
from pipelines.cli.options import chosen_home_folder, common_options, home_on_command_line, json_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False, metavar="[DIR]")
@click.option("--name", help="What the home is called. Else the folder's name.")
@click.option("--currency", default="EUR", show_default=True, help="Reporting currency, ISO 4217.")
@click.option("--time-zone", default="UTC", show_default=True, help="Zone in which periods are cut, IANA name.")
@click.option(
    "--with-template", "templates", multiple=True, metavar="ID", help="Add a contract that extends this. Repeatable."
)
@click.option("--list-templates", is_flag=True, help="List the packaged contract templates.")
@json_option
@common_options
def init(
    folder: Path | None,
    name: str | None,
    currency: str,
    time_zone: str,
    templates: tuple[str, ...],
    list_templates: bool,
    as_json: bool,
) -> None:
    """Make a home in DIR (else --home, KPI_HOME or ./home): settings, contracts, policies and a landing folder.

    Run it again to add what is missing; nothing that exists is overwritten.
    """
    if list_templates:
        from pipelines.cli.contract import show_templates

        show_templates(as_json=as_json)
        return
    from pipelines.cli.tables import show_json
    from pipelines.home import DEFAULT_HOME, SETTINGS_FILE
    from pipelines.scaffold import HomeFacts, write_home
    from pipelines.words.commands import pasted
    from pipelines.words.numbers import count_of

    said = home_on_command_line()
    if folder is not None and said is not None and folder.resolve() != said.resolve():
        raise CommandError(
            f"DIR says {folder}, and --home says {said}: one home is made at a time. Leave out one of them."
        )
    target = folder or chosen_home_folder() or DEFAULT_HOME
    _check_facts(currency, time_zone)
    written = write_home(target, HomeFacts(name or target.resolve().name, currency, time_zone), templates=templates)
    if as_json:
        show_json({"home": target, "created": list(written.created), "kept": list(written.kept)})
        return
    for path in written.created:
        click.echo(f"  {click.style('+', fg='green')} {path}")
    if written.kept:
        kept = count_of(len(written.kept), "file existed and stays as it is", "files existed and stay as they are")
        click.echo(f"  {kept}.")
    option = "" if target == DEFAULT_HOME else f" --home {pasted(target)}"
    first = templates[0] if templates else "my_export"
    click.echo()
    click.echo("Next:")
    steps = []
    if not templates:
        draft = target / "contracts" / f"{first}.yaml"
        steps.append((f"kpi contract infer FILE -o {pasted(draft)}", f"describe an export, named {first}"))
    landing = pasted(target / "landing" / first)
    # Folders are made with the contracts that read them, and this one has none yet.
    make = "" if templates else f"mkdir -p {landing} && "
    steps += [
        (f"{make}cp FILE {landing}/", "put its files there"),
        (f"kpi contract check{option}", f"validate {SETTINGS_FILE}, contracts, policies"),
        (f"kpi check{option}", "audit the data"),
        (f"kpi run{option}", "compute and publish"),
    ]
    width = max(len(command) for command, _ in steps)
    for command, purpose in steps:
        click.echo(f"  {command:<{width}}  {click.style(purpose, dim=True)}")


def _check_facts(currency: str, time_zone: str) -> None:
    """Refuse what the settings would refuse, before anything is written."""
    import difflib
    import re
    from zoneinfo import available_timezones

    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise CommandError(f"'{currency}' is not a currency code; write three capitals such as EUR.")
    zones = available_timezones()
    if time_zone not in zones:
        near = difflib.get_close_matches(time_zone, zones, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else "Write one such as Europe/Amsterdam."
        raise CommandError(f"'{time_zone}' is not an IANA time zone. {hint}")

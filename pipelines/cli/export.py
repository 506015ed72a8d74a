"""`kpi export`: the KPIs as a BI tool or semantic layer wants them, written from their definitions."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click

from pipelines.cli.completing import complete_export
from pipelines.cli.exits import CommandError
from pipelines.cli.options import chosen_home, common_options, json_option

if TYPE_CHECKING:
    from metrics.render.places import Place
    from pipelines.home import Home
    from pipelines.semantic_exports import SemanticExport


#: Exports by names that people look for: of what the files are written in.
_ALSO_CALLED: Final = {
    "metricflow": "dbt",
    "looker": "lookml",
    "powerbi": "power-bi",
    "power_bi": "power-bi",
    "power bi": "power-bi",
    "osi": "ossie",
}
#: What a run publishes to, by what it is.
_TARGETS: Final = {
    "hyper": "an extract for Tableau",
    "excel": "a workbook",
    "parquet": "a folder of Parquet files",
    "postgresql": "a database",
}
_PUBLISHING_PAGE: Final = "docs/how-to/read-the-published-warehouse.md"


@click.command()
@click.argument("name", required=False, shell_complete=complete_export)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder to write to. Else published/bi/NAME of the home.",
)
@click.option(
    "--postgresql",
    "postgres_url",
    metavar="URL",
    help="Database that Looker, Tableau and Power BI read. Else that of [publish.postgresql] in kpi.toml.",
)
@click.option("--list", "is_list_wanted", is_flag=True, help="List the exports, as no name does.")
@json_option
@common_options
def export(
    name: str | None, output: Path | None, postgres_url: str | None, is_list_wanted: bool, as_json: bool
) -> None:
    """List the exports for BI tools, or write the one called NAME.

    Each is made from the same definitions as the published numbers, and asks the published warehouse for them. Write it
    again after an update: what has changed is overwritten, what is no more is removed.

    \b
    kpi export --list
    kpi export dbt
    kpi export lookml -o ../looker/views
    """
    if name is None or is_list_wanted:
        _list(as_json=as_json)
        return
    from pipelines.cli.tables import show_json
    from pipelines.semantic_exports import write_export
    from pipelines.words.numbers import count_of

    chosen = _export_named(name)
    home = chosen_home()
    folder = output or home.published / "bi" / chosen.name
    place = _place_of(home, postgres_url)
    written = write_export(chosen, place, folder)
    if as_json:
        show_json([{"file": str(path)} for path in written])
    else:
        click.echo(f"Wrote {count_of(len(written), 'file')} to {folder}: {chosen.what}.")
    is_unnamed = postgres_url is None and not home.settings.publish.postgresql.url
    if is_unnamed and chosen.names_database:
        click.echo(
            f"kpi.toml names no database under [publish.postgresql], so '{place.postgres_server}' and "
            f"'{place.postgres_database}' stand where yours belong: write its url there, or give --postgresql.",
            err=True,
        )


def _place_of(home: Home, postgres_url: str | None) -> Place:
    """Where the home's numbers can be read."""
    from metrics.render.places import Place

    settings = home.settings
    place = Place(
        home.published_file.resolve().as_posix(),
        settings.reporting.currency,
        settings.home.name,
        postgres_schema=f"{settings.publish.postgresql.schema_prefix}mart",
    )
    if postgres_url is not None:
        address = _postgres_address(postgres_url)
        if address is None:
            raise CommandError(
                f"'{postgres_url}' is not the address of a PostgreSQL database; write one such as "
                "postgresql://db.example.com:5432/analytics."
            )
    else:
        address = _postgres_address(settings.publish.postgresql.url or "")
    return place if address is None else replace(place, postgres_server=address[0], postgres_database=address[1])


def _postgres_address(url: str) -> tuple[str, str] | None:
    """Server and database of an address; who reads is for the tool to ask, so neither user nor password is kept."""
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError:
        return None
    database = parts.path.strip("/")
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname or not database:
        return None
    return f"{parts.hostname}:{port}", database


def _export_named(name: str) -> SemanticExport:
    from pipelines.semantic_exports import EXPORTS, export_named
    from pipelines.words.numbers import list_all

    wanted = name.casefold()
    try:
        return export_named(wanted)
    except KeyError:
        if wanted in _TARGETS:
            page = "docs/how-to/publish-to-postgresql.md" if wanted == "postgresql" else _PUBLISHING_PAGE
            raise CommandError(
                f"'{name}' is no export but a target that 'kpi run' publishes to: {_TARGETS[wanted]}. Add it to "
                f"targets under [publish] in kpi.toml; {page} says how."
            ) from None
        if wanted in _ALSO_CALLED:
            raise CommandError(
                f"'{name}' is in the export '{_ALSO_CALLED[wanted]}': kpi export {_ALSO_CALLED[wanted]}."
            ) from None
        names = [each.name for each in EXPORTS]
        near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.4)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise CommandError(
            f"There is no export '{name}'.{hint} There are {list_all(names)}; 'kpi export --list' says what each is."
        ) from None


def _list(*, as_json: bool) -> None:
    from pipelines.cli.tables import Column, show_json, show_table
    from pipelines.semantic_exports import EXPORTS
    from pipelines.words.numbers import list_all

    if as_json:
        show_json([{"name": each.name, "what": each.what} for each in EXPORTS])
        return
    show_table([Column("export"), Column("what it is")], [(each.name, each.what) for each in EXPORTS])
    click.echo()
    hints = (
        "Write one with 'kpi export NAME'. docs/how-to/connect-bi-tools.md says how to use it.",
        f"'kpi run' publishes {list_all(list(_TARGETS.values()))}, where kpi.toml asks for it: {_PUBLISHING_PAGE}.",
    )
    for hint in hints:
        click.echo(click.style(hint, dim=True))

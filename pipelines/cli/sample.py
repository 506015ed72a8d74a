"""`kpi sample`: only the simulated exports, without a home; and the options that `kpi demo` shares with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from pipelines.cli.exits import CommandError
from pipelines.cli.options import common_options, json_option

_Function = TypeVar("_Function", bound=Callable[..., Any])

DEFAULT_TICKETS: Final = 12_000
DEFAULT_YEARS: Final = 2.0
DEFAULT_SEED: Final = 7


def sample_options(function: _Function) -> _Function:
    """Give a command the simulator's options."""
    for option in (
        click.option("--list-defects", is_flag=True, help="List the faults that --defect can inject."),
        click.option("--defect", "defects", multiple=True, metavar="NAME", help="Inject one named fault. Repeatable."),
        click.option("--seed", type=int, default=DEFAULT_SEED, metavar="N", help="Same seed, same bytes. [default: 7]"),
        click.option(
            "--years", type=click.FloatRange(0.1, 20), default=DEFAULT_YEARS, metavar="N", help="Years. [default: 2]"
        ),
        click.option(
            "--tickets",
            type=click.IntRange(100),
            default=DEFAULT_TICKETS,
            metavar="N",
            help="Tickets. [default: 12000]",
        ),
    ):
        function = option(function)
    return function


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--daily-exports",
    type=click.IntRange(0, 3660),
    default=0,
    metavar="DAYS",
    help="Also write tickets as they stood on each of the last days.",
)
@sample_options
@json_option
@common_options
def sample(
    folder: Path | None,
    daily_exports: int,
    tickets: int,
    years: float,
    seed: int,
    defects: tuple[str, ...],
    list_defects: bool,
    as_json: bool,
) -> None:
    """Write the simulated company's exports below FOLDER, one folder per export.

    To run them as well, use 'kpi demo'.
    """
    from pipelines.cli.tables import Column, show_json, show_table
    from pipelines.sample import write_sample_exports
    from pipelines.words.numbers import count_of

    if list_defects:
        show_defects(as_json=as_json)
        return
    if folder is None:
        raise click.UsageError("Missing argument 'FOLDER'.", click.get_current_context())
    if folder.exists() and any(folder.iterdir()):
        raise CommandError(f"{folder} is not empty. Name a new folder, so that no file of yours is overwritten.")
    check_defects(defects)
    written = write_sample_exports(
        folder, seed=seed, tickets=tickets, years=years, defects=defects, daily_exports=daily_exports
    )
    if as_json:
        show_json({"company": written.company, "folder": folder, "files": list(written.files)})
        return
    show_table(
        [Column("file"), Column("rows", is_right=True)],
        [(file.path, f"{sum(file.rows.values()):,}") for file in written.files],
    )
    click.echo()
    click.echo(f"{written.company}: {count_of(len(written.files), 'file')} in {folder}")


def check_defects(names: tuple[str, ...]) -> None:
    """Refuse a fault that the simulator does not know.

    Raises:
        CommandError: with the name that was probably meant.
    """
    import difflib

    from pipelines.sample import DEFECTS

    for name in names:
        if name not in DEFECTS:
            near = difflib.get_close_matches(name, DEFECTS, n=1, cutoff=0.4)
            hint = f"Did you mean '{near[0]}'?" if near else "--list-defects lists them."
            raise CommandError(f"There is no defect '{name}'. {hint}")


def show_defects(*, as_json: bool) -> None:
    """List the faults that can be injected."""
    from pipelines.cli.tables import Column, show_json, show_table
    from pipelines.sample import DEFECTS

    if as_json:
        show_json(
            [
                {
                    "name": defect.name,
                    "description": defect.description,
                    "domain": defect.domain,
                    "export": defect.export,
                    "expected": defect.expected,
                }
                for defect in DEFECTS.values()
            ]
        )
        return
    show_table(
        [Column("defect"), Column("export"), Column("what it does"), Column("what should happen")],
        [(defect.name, defect.export, defect.description, defect.expected) for defect in DEFECTS.values()],
    )

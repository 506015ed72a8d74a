"""Options that every command takes, before or after its name: --home, --json where it lists something, --no-color."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from pipelines.home import Home

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass
class Choices:
    """What was said on the command line for every command; the rightmost one counts."""

    home: Path | None = None


def common_options(function: _Function) -> _Function:
    """Give a command --home and --no-color."""
    for option in (
        click.option(
            "--no-color",
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_switch_color_off,
            help="Plain text without colours. NO_COLOR does the same.",
        ),
        click.option(
            "--home",
            type=click.Path(path_type=Path, file_okay=False),
            expose_value=False,
            is_eager=True,
            callback=_remember_home,
            metavar="DIR",
            help="The home to work on. Else KPI_HOME, else ./home.",
        ),
    ):
        function = option(function)
    return function


#: For every command that lists something.
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")


def home_on_command_line() -> Path | None:
    """What --home says, wherever it stands on the command line; None if it is not there."""
    chosen: Path | None = click.get_current_context().ensure_object(Choices).home
    return chosen


def chosen_home_folder() -> Path | None:
    """What --home says, wherever it stands on the command line; else what KPI_HOME says."""
    chosen = home_on_command_line()
    variable = os.environ.get("KPI_HOME")
    return chosen or (Path(variable) if variable else None)


def chosen_home() -> Home:
    """The home to work on.

    Raises:
        HomeError: there is none.
    """
    from pipelines.home import find_home

    return find_home(chosen_home_folder())


def _remember_home(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    choices = context.ensure_object(Choices)
    if value is not None:
        choices.home = value


def _switch_color_off(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value or os.environ.get("NO_COLOR"):
        context.color = False

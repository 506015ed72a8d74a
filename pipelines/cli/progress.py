"""How a run shows itself while it goes: a live line on a terminal, one plain line per asset elsewhere, or nothing.

Progress goes to stderr, so that stdout holds only results.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.numbers import NOTHING
from pipelines.cli.tables import STATE_STYLES

if TYPE_CHECKING:
    from pipelines.session import Reporter, Step

_NAME_WIDTH = 26


@contextmanager
def progress_reporter(*, quiet: bool) -> Iterator[Reporter]:
    """A reporter for one run."""
    if quiet:
        from pipelines.session import SilentReporter

        yield SilentReporter()
    elif sys.stderr.isatty():
        with _live_reporter() as reporter:
            yield reporter
    else:
        yield LineReporter()


class LineReporter:
    """Prints one line per asset, when it has ended."""

    def began(self, asset: str) -> None:
        """Do nothing: the line comes at the end."""

    def ended(self, step: Step) -> None:
        """Print the asset's line."""
        click.echo(format_step(step), err=True)


class LiveReporter(LineReporter):
    """Shows what is being built and for how long, under the lines of what has ended."""

    def __init__(self, live: Any) -> None:
        self._live = live
        self._asset = "starting"
        self._began = time.monotonic()

    def began(self, asset: str) -> None:
        """Show the asset as being built."""
        self._asset, self._began = asset, time.monotonic()

    def ended(self, step: Step) -> None:
        """Print the asset's line above the live one."""
        from rich.text import Text

        self._live.console.print(Text.from_ansi(format_step(step)), soft_wrap=True)
        self._asset, self._began = "", time.monotonic()

    def __rich__(self) -> Any:
        from rich.spinner import Spinner
        from rich.text import Text

        if not self._asset:
            return Text("")
        self._spinner = getattr(self, "_spinner", None) or Spinner("dots")
        self._spinner.update(text=Text(f"{self._asset}  {time.monotonic() - self._began:.0f} s", style="dim"))
        return self._spinner


def format_step(step: Step) -> str:
    """One aligned line: asset, state, rows, seconds, note."""
    rows = NOTHING if step.row_count is None else f"{step.row_count:,} rows"
    style = STATE_STYLES.get(step.state, "")
    state = click.style(
        f"{step.state:<9}",
        fg=next((word for word in style.split() if word not in ("bold", "dim")), None),
        bold="bold" in style or None,
        dim="dim" in style or None,
    )
    note = click.style(f"  {step.note}", dim=True) if step.note else ""
    return f"{step.asset:<{_NAME_WIDTH}}  {state}  {rows:>16}  {step.seconds:>7.2f} s{note}"


@contextmanager
def _live_reporter() -> Iterator[Reporter]:
    from rich.console import Console
    from rich.live import Live

    color = click.get_current_context().color
    console = Console(stderr=True, highlight=False, no_color=color is False)
    with Live(console=console, refresh_per_second=8, transient=True) as live:
        reporter = LiveReporter(live)
        live.update(reporter, refresh=True)
        yield reporter

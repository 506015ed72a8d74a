"""How a run shows itself while it goes: a live line on a terminal, one plain line per asset elsewhere, or nothing.

Progress goes to stderr, so that stdout holds only results.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

import click

from pipelines.cli.tables import STATE_STYLES, in_short
from pipelines.words.numbers import NOTHING, count_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.spinner import Spinner

    from pipelines.session import Step

_NAME_WIDTH: Final = 30


@contextmanager
def progress_reporter(*, quiet: bool) -> Iterator[ProgressReporter]:
    """A reporter for one run."""
    if quiet:
        yield ProgressReporter()
        return
    with _own_stderr() as stream:
        if stream.isatty():
            with _live_reporter(stream) as reporter:
                yield reporter
        else:
            yield LineReporter(stream)


class ProgressReporter:
    """Shows nothing, but knows what is being built: where a run fails, that is worth saying."""

    def __init__(self) -> None:
        self.current: str | None = None
        self._notes: set[str] = set()

    def began(self, asset: str) -> None:
        """Take note of what is being built."""
        self.current = asset

    def ended(self, step: Step) -> None:
        """Take note that it ended."""
        self.describe(step)

    def describe(self, step: Step) -> str | None:
        """The line of an asset that ended; what was said of one before is not said again.

        None where that leaves nothing to say: of the twenty assets of a domain without files, one line is enough.
        """
        self.current = None
        is_said = step.note in self._notes
        self._notes.add(step.note)
        if step.state == "empty" and is_said:
            return None
        return format_step(step, "" if is_said else step.note)


class LineReporter(ProgressReporter):
    """Prints one line per asset, when it has ended."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__()
        self._stream = stream

    def ended(self, step: Step) -> None:
        """Print the asset's line."""
        if (line := self.describe(step)) is not None:
            click.echo(line, file=self._stream)


class LiveReporter(ProgressReporter):
    """Shows what is being built and for how long, under the lines of what has ended."""

    def __init__(self, console: Console, spinner: Spinner) -> None:
        super().__init__()
        self._console = console
        self._spinner = spinner
        self._began_at = time.monotonic()

    def began(self, asset: str) -> None:
        """Show the asset as being built."""
        super().began(asset)
        self._began_at = time.monotonic()

    def ended(self, step: Step) -> None:
        """Print the asset's line above the live one."""
        from rich.text import Text

        if (line := self.describe(step)) is not None:
            self._console.print(Text.from_ansi(line), soft_wrap=True)

    def __rich__(self) -> Spinner | str:
        if self.current is None:
            return ""
        self._spinner.update(text=f"{self.current}  {time.monotonic() - self._began_at:.0f} s")
        return self._spinner


def format_step(step: Step, note: str) -> str:
    """One aligned line: asset, state, rows, seconds, and a note, in short."""
    rows = NOTHING if step.row_count is None else count_of(step.row_count, "row")
    style = STATE_STYLES.get(step.state, "")
    state = click.style(
        f"{step.state:<9}",
        fg=next((word for word in style.split() if word not in ("bold", "dim")), None),
        bold="bold" in style or None,
        dim="dim" in style or None,
    )
    shown = click.style(f"  {in_short(note)}", dim=True) if note else ""
    return f"{step.asset:<{_NAME_WIDTH}}  {state}  {rows:>16}  {step.seconds:>7.2f} s{shown}"


@contextmanager
def _own_stderr() -> Iterator[IO[str]]:
    """A stream to where stderr leads now: while a step runs, Dagster leads stderr itself into its log."""
    try:
        descriptor = os.dup(sys.stderr.fileno())
    except (OSError, ValueError):
        yield sys.stderr  # not a real file, such as in a notebook or a test
        return
    with os.fdopen(descriptor, "w", encoding=sys.stderr.encoding, errors="replace", buffering=1) as stream:
        yield stream


@contextmanager
def _live_reporter(stream: IO[str]) -> Iterator[ProgressReporter]:
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner

    color = click.get_current_context().color
    console = Console(file=stream, highlight=False, no_color=color is False)
    reporter = LiveReporter(console, Spinner("dots"))
    with Live(reporter, console=console, refresh_per_second=8, transient=True):
        yield reporter

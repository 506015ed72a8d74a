"""The entry point of `kpi`: which commands there are, and how a command that fails says so."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Any, Final

import click

from pipelines.cli.exits import ExitCode, expected_exit
from pipelines.cli.full_disk import explain_full_disk
from pipelines.cli.options import common_options
from pipelines.cli.unwritable import explain_unwritable

#: Command -> module with a function of that command's name, and its one line of help. In the order of a first day.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("pipelines.cli.demo", "Make a home of a simulated company, run it, show its KPIs."),
    "init": ("pipelines.cli.init", "Make an empty home for your own exports."),
    "contract": ("pipelines.cli.contract", "Draft, check, compare and list contracts."),
    "run": ("pipelines.cli.run", "Read new files, audit, compute and publish."),
    "check": ("pipelines.cli.check", "Audit the data against its contracts; change nothing."),
    "status": ("pipelines.cli.status", "Last run, freshness, verdicts, and what is held and why."),
    "quarantine": ("pipelines.cli.quarantine", "Which records are set aside, why, and what brings them back."),
    "instrumentation": ("pipelines.cli.instrumentation", "What to put right first, so that KPIs are surer."),
    "metrics": ("pipelines.cli.metrics", "List the KPIs, or describe one."),
    "explain": ("pipelines.cli.explain", "What a published value is made of, down to file and row."),
    "calendar": ("pipelines.cli.calendar", "Show the working calendars and their open time."),
    "query": ("pipelines.cli.query", "Ask the published warehouse in SQL."),
    "report": ("pipelines.cli.report", "Make the executive report, of any period and in any format."),
    "export": ("pipelines.cli.export", "Write the KPIs for a BI tool or semantic layer."),
    "dashboard": ("pipelines.cli.dashboard", "Explore the published numbers in the browser."),
    "dagster": ("pipelines.cli.dagster", "Open the pipeline's graph in the browser."),
    "sample": ("pipelines.cli.sample", "Write the simulated company's exports into a folder."),
}

#: What people call a command who know other tools, and whose name is like none of ours -> the command.
_CALLED_OTHERWISE: Final = {
    "audit": "explain",
    "build": "run",
    "kpis": "metrics",
    "lineage": "explain",
    "list": "metrics",
    "serve": "dashboard",
    "show": "metrics",
    "sql": "query",
    "test": "check",
    "trace": "explain",
    "trend": "metrics",
    "trends": "metrics",
    "validate": "check",
    "values": "metrics",
}

#: Those that commit step by step, so that what was done stays.
_COMMITTING: Final = ("demo", "run")


class KpiGroup(click.Group):
    """Loads a command when it is used, suggests the one that was meant, and turns errors into one clear block."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name.lower(), COMMANDS, n=1, cutoff=0.5)
            meant = _CALLED_OTHERWISE.get(name.lower()) or next(iter(near), None)
            hint = f" Did you mean 'kpi {meant}'?" if meant else " 'kpi --help' lists them all."
            raise click.UsageError(f"There is no command '{name}'.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a reader that has seen enough, such as `head`, is no error."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return ExitCode.OK

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:  # type: ignore[override]
        """Run a command and exit with its code; commands return an `ExitCode`, or nothing for OK."""
        extra["standalone_mode"] = False
        command = next(iter(sys.argv[1:] if args is None else args), "")
        try:
            code = super().main(args, prog_name or "kpi", **extra)
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        except click.Abort:
            code = _say_interrupted(command)
        except Exception as error:
            # Of a Ctrl-C in the midst of a short query of the main thread, DuckDB makes an error of its own.
            code = _say_interrupted(command) if isinstance(error.__cause__, KeyboardInterrupt) else _explain(error)
        sys.exit(code if isinstance(code, int) else ExitCode.OK)


def _say_interrupted(command: str) -> ExitCode:
    kept = " What was committed stays; run again to go on." if command in _COMMITTING else ""
    click.echo(f"Interrupted.{kept}", err=True)
    return ExitCode.INTERRUPTED


def _explain(error: Exception) -> ExitCode:
    """Say what went wrong, in one block on stderr, and how the command ends."""
    code = expected_exit(error)
    if os.environ.get("KPI_DEBUG"):
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    label = click.style("Error:", fg="red", bold=True)
    if code is not None:
        lines = str(error).splitlines() or [type(error).__name__]
        text = f" {lines[0]}" if len(lines) == 1 else "".join(f"\n  {line}" for line in lines)
        click.echo(f"{label}{text}", err=True)
        return code
    told = explain_full_disk(error) or explain_unwritable(error)
    first_line = (str(error).strip().splitlines() or [""])[0]
    click.echo(f"{label} {told or f'{type(error).__name__}: {first_line}'.rstrip(': ')}", err=True)
    for note in getattr(error, "__notes__", ()):
        click.echo(note, err=True)
    if told is None and not os.environ.get("KPI_DEBUG"):
        click.echo("This was not foreseen. Set KPI_DEBUG=1 and run again for the whole story.", err=True)
    return ExitCode.FAILED


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("kpi-warehouse")
    except PackageNotFoundError:
        found = "(not installed: running from the source folder)"
    click.echo(f"kpi {found}")
    context.exit()


@click.group(
    cls=KpiGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with 'kpi demo'. Exit codes: 0 ok, 1 failed, 2 usage or settings, 3 held by the gate, "
    "4 warehouse busy, 5 files refused, 6 a contract's change breaks something.",
)
@common_options
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version, help="Show the version."
)
def kpi() -> None:
    """Audited KPIs from the exports you already have.

    Files land in a home, are audited against their contracts, and become cycle time, SLA attainment and cost per
    transaction in one published warehouse.
    """


def main() -> None:
    """Run the command line."""
    if not sys.warnoptions and not os.environ.get("KPI_DEBUG"):
        warnings.simplefilter("ignore")
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets a stand-in for it, not an error.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    kpi.main()


if __name__ == "__main__":
    main()

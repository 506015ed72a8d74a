"""`kpi demo`: a home filled by the simulator, run, with its headline KPIs and where to go from there."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.exits import CommandError, ExitCode
from pipelines.cli.options import chosen_home_folder, common_options, json_option
from pipelines.cli.sample import check_defects, sample_options, show_defects

if TYPE_CHECKING:
    from pipelines.cli.demo_home import DemoFacts
    from pipelines.home import Home
    from pipelines.sample import SampleSummary

_DATA_OPTIONS = ("tickets", "years", "seed", "defects")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False, metavar="[DIR]")
@sample_options
@json_option
@common_options
def demo(
    folder: Path | None,
    tickets: int,
    years: float,
    seed: int,
    defects: tuple[str, ...],
    list_defects: bool,
    as_json: bool,
) -> ExitCode | None:
    """Make a home in DIR (else --home, KPI_HOME or ./home) filled by the simulator, run it and show its KPIs.

    The company is believable and has one bad month, whose cause the data tell. Where DIR is a demo already, it is
    only run again.
    """
    if list_defects:
        show_defects(as_json=as_json)
        return None
    from pipelines.cli.demo_home import DemoFacts
    from pipelines.cli.run import run_home
    from pipelines.home import DEFAULT_HOME, find_home

    target = folder or chosen_home_folder() or DEFAULT_HOME
    check_defects(defects)
    _make(target, DemoFacts(tickets, years, seed, defects), is_quiet=as_json)
    home = find_home(target)
    code = run_home(home, as_json=as_json)
    if not as_json and home.published_file.is_file():
        _show_ways_on(home)
    return code


def _make(target: Path, facts: DemoFacts, *, is_quiet: bool) -> None:
    """Make the demo home unless it is there. Options that say something else than what is there are an error."""
    from pipelines.cli.demo_home import read_mark, write_demo_home

    marked = read_mark(target)
    if marked is not None:
        made_with, is_complete = marked
        _require_same(target, made_with, facts)
        if is_complete:
            if not is_quiet:
                click.echo(f"{target} is a demo already; running it again.", err=True)
            return
        facts = made_with
    if not is_quiet:
        from pipelines.words.numbers import count_of

        years = "1 year" if facts.years == 1 else f"{facts.years:g} years"
        click.echo(f"Simulating {count_of(facts.tickets, 'ticket')} over {years} in {target} ...", err=True)
    written = write_demo_home(target, facts)
    if not is_quiet:
        _show_sample(written)


def _require_same(target: Path, made_with: DemoFacts, asked: DemoFacts) -> None:
    context = click.get_current_context()
    for option in _DATA_OPTIONS:
        source = context.get_parameter_source(option)
        is_said = source is not None and source.name == "COMMANDLINE"
        if is_said and getattr(made_with, option) != getattr(asked, option):
            had = getattr(made_with, option)
            shown = (", ".join(had) or "none") if isinstance(had, tuple) else f"{had:g}"
            raise CommandError(
                f"{target} is a demo that was made with {option}: {shown}. Name another folder for another one, or "
                "leave the option out to run this one again."
            )


def _show_sample(written: SampleSummary) -> None:
    from pipelines.words.numbers import count_of

    rows = sum(sum(file.rows.values()) for file in written.files)
    click.echo(
        f"{written.company}: {count_of(len(written.files), 'file')}, {rows:,} rows, "
        f"{written.first_date} to {written.last_date}",
        err=True,
    )
    click.echo(err=True)


def _show_ways_on(home: Home) -> None:
    from pipelines.home import DEFAULT_HOME
    from pipelines.words.commands import pasted

    option = "" if home.folder == DEFAULT_HOME else f" --home {pasted(home.folder)}"
    read = f"duckdb.connect('{home.published_file.as_posix()}', read_only=True)"
    installed = Path(sys.executable).with_name("kpi")
    kpi = _runnable("kpi", str(installed)) if installed.exists() else "kpi"
    python = _runnable("python", sys.executable)
    steps = [
        (f"{kpi} report{option} --open", "the report, in the browser"),
        (f"{kpi} metrics{option}", "every KPI"),
        (f"{kpi} query{option} \"FROM kpi_sla_attainment_ratio WHERE dimension = 'team'\"", "ask in SQL"),
        (f"{kpi} dagster{option}", "the pipeline's graph in the browser"),
        (
            f"{python} -c \"import duckdb; {read}.sql('FROM mart.metric_values').show()\"",
            "",
        ),
    ]
    if shutil.which("duckdb"):
        steps.append((f"duckdb -readonly {home.published_file}", "the DuckDB command line"))
    click.echo()
    click.echo(f"The published warehouse is {click.style(str(home.published_file), bold=True)}. Open it with")
    for command, purpose in steps:
        click.echo(f"  {command}  {click.style(f'# {purpose}', dim=True) if purpose else ''}".rstrip())


def _runnable(name: str, path: str) -> str:
    """How to start a program from here: by its name if that finds it, else by its path."""
    found = shutil.which(name)
    if found is not None and Path(found).absolute() == Path(path).absolute():
        return name
    try:
        return Path(path).absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path

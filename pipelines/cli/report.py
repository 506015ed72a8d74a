"""`kpi report`: the executive report of any closed period, made from the published file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pipelines.cli.exits import CommandError
from pipelines.cli.file_formats import format_of_name, require_agreement, what_name_says
from pipelines.cli.options import chosen_home, common_options, json_option

if TYPE_CHECKING:
    from pipelines.home import Home
    from pipelines.report.facts import ReportFacts

_GRAINS = ("month", "week", "quarter")
_FORMATS: Final = ("html", "pdf", "png", "pptx")
#: The formats in which each chart may be a file of its own, in a folder.
_OF_CHARTS: Final = ("pdf", "png")


@click.command()
@click.option("--period", metavar="PERIOD", help="A month 2026-10, a week 2026-W45 or a quarter 2026-Q3.")
@click.option("--by", "grain", type=click.Choice(_GRAINS), help="The latest closed period of this kind.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(_FORMATS),
    help="html is the report, pdf the report for paper, pptx its key pages as slides, png its charts, one file each; "
    "pdf, too, if -o is a folder. Else by the name of -o, else html.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="File of the report or the slides; folder of its charts.",
)
@click.option("--open", "is_opened", is_flag=True, help="Open it in the browser.")
@json_option
@common_options
def report(
    period: str | None, grain: str | None, kind: str | None, output: Path | None, is_opened: bool, as_json: bool
) -> None:
    """Make the executive report again, of the latest closed month or of any closed period.

    A KPI whose data end before that period does, such as cost while the ledger is late, is shown for its own last
    complete period, and the report says so.

    Everything in it is read from the published file, so it says what was published last. 'kpi run' makes it by itself.

    \b
    kpi report --open
    kpi report --period 2026-03
    kpi report --by quarter -o q3.html
    kpi report --format png -o charts/
    kpi report -o october.pptx
    kpi report -o october.pdf
    """
    from pipelines.cli.tables import show_json

    kind = choose_format(kind, output)
    home = chosen_home()
    facts = _facts(home, period, grain)
    if kind == "html":
        written = [_write_page(home, facts, output, is_latest=period is None and grain is None)]
    elif kind == "pptx":
        written = [_write_slides(home, facts, output)]
    elif kind == "pdf" and not _is_folder(output):
        written = [_write_document(home, facts, output)]
    else:
        written = _write_pictures(home, facts, kind, output)
    if as_json:
        show_json([{"file": str(path)} for path in written])
    elif len(written) == 1:
        click.echo(f"Wrote {written[0]}")
    else:
        click.echo(f"Wrote {len(written)} files to {written[0].parent}" if written else "There is no chart to draw.")
    if is_opened and written:
        click.launch(str(written[0]))


def choose_format(asked: str | None, output: Path | None) -> str:
    """What to write: what was asked for, or else what the file's name says, or else the report itself.

    Raises:
        CommandError: nobody says what the file is to be, its name says something else than what was asked for, or it
            is the name of one file and charts are several.
    """
    if output is None:
        return asked or "html"
    by_name = None if output.is_dir() else format_of_name(output)
    if asked is not None and by_name is not None:
        require_agreement(asked, output)
    if by_name == "png":
        raise CommandError(
            f"{output} is the name of one file, and each chart of a report is a picture of its own: name a folder for "
            f"them, as in --format {by_name} -o {output.with_suffix('')}. The report as one file is .html or .pdf, its "
            "slides .pptx."
        )
    if asked is None and by_name not in _FORMATS and not output.is_dir():
        raise CommandError(
            f"{what_name_says(output)} Known are .html and .pdf for the report, and .pptx for its slides: let its "
            f"name end in one of them. A folder for its charts needs --format {' or '.join(_OF_CHARTS)}."
        )
    return asked or by_name or "html"


def _facts(home: Home, period: str | None, grain: str | None) -> ReportFacts:
    """The facts of the wanted period, in words of the command line where there are none."""
    from models.vocabulary import Grain
    from pipelines.cli.published import open_published
    from pipelines.report.facts import NothingToReportError
    from pipelines.report.period import parse_period
    from pipelines.report.reading import read_facts

    if period and grain:
        raise CommandError("Give --period or --by, not both: a period says itself what it is.")
    with open_published(home):
        pass  # says clearly what is wrong where nothing is published
    try:
        wanted = parse_period(period) if period else None
        return read_facts(home.published_file, wanted, Grain(grain or "month"))
    except (ValueError, NothingToReportError) as error:
        raise CommandError(str(error)) from error


def _write_page(home: Home, facts: ReportFacts, output: Path | None, *, is_latest: bool) -> Path:
    from pipelines.report.archive import LATEST, write_index, write_issue, write_whole
    from pipelines.report.page import render_report

    folder = home.published / "report"
    if output is not None:
        if output.is_dir():
            raise CommandError(f"{output} is a folder; name a file such as {output / 'report.html'}.")
        write_whole(output, render_report(facts))
        return output
    if facts.period is None:
        write_whole(folder / LATEST, render_report(facts))
        write_index(folder, home.settings.home.name)
        return folder / LATEST
    issue = write_issue(facts, folder)
    if is_latest:
        write_whole(folder / LATEST, issue.path.read_text(encoding="utf-8"))
    write_index(folder, home.settings.home.name)
    return folder / LATEST if is_latest else issue.path


def _write_slides(home: Home, facts: ReportFacts, output: Path | None) -> Path:
    from pipelines.report.archive import write_whole
    from pipelines.report.slides import build_slides

    name = facts.period.name if facts.period else "latest"
    file = output or home.published / "report" / "pptx" / f"{name}.pptx"
    if file.is_dir():
        raise CommandError(f"{file} is a folder; name a file such as {file / 'report.pptx'}.")
    write_whole(file, build_slides(facts))
    return file


def _is_folder(output: Path | None) -> bool:
    """Whether charts are to be written one by one: the report itself is a file that is named as one."""
    return output is not None and (output.is_dir() or output.suffix.lower() != ".pdf")


def _write_document(home: Home, facts: ReportFacts, output: Path | None) -> Path:
    from pipelines.report.archive import write_whole
    from pipelines.report.document import build_document

    name = facts.period.name if facts.period else "latest"
    file = output or home.published / "report" / "pdf" / f"{name}.pdf"
    write_whole(file, build_document(facts))
    return file


def _write_pictures(home: Home, facts: ReportFacts, kind: str, output: Path | None) -> list[Path]:
    from pipelines.report.pictures import write_pictures

    name = facts.period.name if facts.period else "latest"
    folder = output or home.published / "report" / kind / name
    if folder.is_file():
        raise CommandError(f"{folder} is a file; name a folder for the charts.")
    return write_pictures(facts, folder, kind)

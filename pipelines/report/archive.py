"""The folder of reports: every issue of every period, an index of them, and the latest under a name that stays.

An issue is one file named by the publication that it shows, `month/2026-10/<publication>.html`. No other
publication changes it: what was said of a period at the time can be read again after a restatement, beside what is said
of it now. The same publication shown anew, by a later version of the report, takes its place.
`latest.html` and `index.html` are swapped by rename when the issues that they name are complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final
from uuid import uuid4

from models.vocabulary import Grain
from pipelines.report.facts import NothingToReportError, ReportFacts
from pipelines.report.markup import element, page
from pipelines.report.page import render_report
from pipelines.report.period import ReportPeriod, parse_period
from pipelines.report.reading import read_latest_facts
from pipelines.words.periods import sentence_case

#: Periods of which every publication gives an issue.
ISSUED_GRAINS: Final = (Grain.MONTH, Grain.WEEK)
#: Issues of one period that stay. The latest is one of them, so that no period is ever lost.
_KEPT_ISSUES: Final = 12
LATEST: Final = "latest.html"
INDEX: Final = "index.html"


@dataclass(frozen=True, slots=True)
class Issue:
    """A report as it was published once."""

    period: ReportPeriod
    publication_id: str
    path: Path


def write_issues(file: Path, folder: Path, home_name: str) -> list[Issue]:
    """Write the reports of the latest closed month and week from a published file, then the index.

    Returns:
        The issues; the first is the one that `latest.html` shows. Where no period is closed, that says so.
    """
    found = read_latest_facts(file, ISSUED_GRAINS)
    known = [facts for facts in found if facts.period is not None]
    issues = [write_issue(facts, folder) for facts in known]
    text = issues[0].path.read_text(encoding="utf-8") if issues else render_report(found[0])
    write_whole(folder / LATEST, text)
    write_index(folder, home_name)
    return issues


def write_issue(facts: ReportFacts, folder: Path) -> Issue:
    """Write one report into the archive. One that the same publication gave before is written anew.

    Raises:
        NothingToReportError: no period is closed yet.
    """
    if facts.period is None:
        raise NothingToReportError("No period is closed yet, so there is no number to report.")
    period, publication = facts.period, facts.publication.publication_id
    path = folder / period.grain.value / period.name / f"{publication}.html"
    write_whole(path, render_report(facts))
    for old in sorted(path.parent.glob("[!.]*.html"))[:-_KEPT_ISSUES]:
        old.unlink()
    return Issue(period, publication, path)


def list_issues(folder: Path) -> list[Issue]:
    """All issues: months before weeks before quarters, the latest period and issue first."""
    grains = (*ISSUED_GRAINS, Grain.QUARTER)
    found = []
    for grain in grains:
        for path in sorted((folder / grain.value).glob("*/[!.]*.html"), reverse=True):
            try:
                period = parse_period(path.parent.name)
            except ValueError:
                continue
            found.append(Issue(period, path.stem, path))
    return sorted(found, key=lambda issue: (grains.index(issue.period.grain), -issue.period.start.toordinal()))


def write_index(folder: Path, home_name: str) -> None:
    """Write the page that lists all issues."""
    issues = list_issues(folder)
    parts = []
    for grain in dict.fromkeys(issue.period.grain for issue in issues):
        periods: dict[ReportPeriod, list[Issue]] = {}
        for issue in issues:
            if issue.period.grain is grain:
                periods.setdefault(issue.period, []).append(issue)
        parts.append(element("h2", f"{grain.value.capitalize()}s"))
        parts.append(element("ul", *(_entry(folder, *listed) for listed in periods.values()), class_="issues"))
    style = resources.files("pipelines.report").joinpath("report.css").read_text(encoding="utf-8")
    body = element(
        "main",
        element("p", home_name, class_="home"),
        element("h1", "Reports"),
        element("p", element("a", "The latest report", href=LATEST)),
        *parts,
        element(
            "p",
            "No later publication changes a report. Where a period was published more than once, as after "
            "a correction, its earlier issues stand beside the latest.",
            class_="quiet",
        ),
    )
    write_whole(folder / INDEX, page(f"{home_name}: reports", style, body))


def _entry(folder: Path, latest: Issue, *earlier: Issue) -> str:
    label = sentence_case(latest.period.label)
    parts = [element("a", label, href=_link(folder, latest)), f" {latest.period.days}"]
    if earlier:
        parts.append(" · earlier issues: ")
        for position, issue in enumerate(earlier):
            parts += [", " if position else "", element("a", _issued(issue), href=_link(folder, issue))]
    return element("li", *parts)


def _link(folder: Path, issue: Issue) -> str:
    return issue.path.relative_to(folder).as_posix()


def _issued(issue: Issue) -> str:
    """The instant with which a publication's name begins, as people read it; else the name."""
    day, _, clock = issue.publication_id.split("-")[0].partition("T")
    if len(day) == 8 and len(clock) == 6 and (day + clock).isdigit():
        return f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:4]}"
    return issue.publication_id


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside its place and rename it, so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    building = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        building.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        building.replace(path)
    finally:
        building.unlink(missing_ok=True)

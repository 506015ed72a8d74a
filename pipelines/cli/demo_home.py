"""The home of the simulated company: settings, contracts, policies and exports, and the mark by which it is known.

The company itself is in `pipelines.sample`; its policies are text files there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

from pipelines.cli.exits import CommandError

if TYPE_CHECKING:
    from pipelines.sample import SampleSummary

#: Says that a home is a demo, what its exports were made with, and whether they were all written.
MARK: Final = ".demo.json"
_POLICIES: Final = (
    "calendars.yaml",
    "statuses.yaml",
    "sla.yaml",
    "costs.yaml",
    "initiatives.yaml",
    "dimensions.yaml",
    "vendors.yaml",
    "targets.yaml",
)


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """What the exports of a demo home are made with; the same facts make the same exports."""

    tickets: int
    years: float
    seed: int
    defects: tuple[str, ...] = ()


def read_mark(folder: Path) -> tuple[DemoFacts, bool] | None:
    """What a demo home was made with, and whether it was finished; None if the folder is free.

    Raises:
        CommandError: the folder holds something that is not a demo.
    """
    mark = folder / MARK
    if not mark.is_file():
        if folder.exists() and any(folder.iterdir()):
            raise CommandError(
                f"{folder} is not empty and not a demo, so it stays as it is. Name another folder: kpi demo DIR."
            )
        return None
    try:
        found = json.loads(mark.read_text(encoding="utf-8"))
        facts = DemoFacts(found["tickets"], found["years"], found["seed"], tuple(found["defects"]))
        return facts, bool(found["is_complete"])
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{mark} cannot be read. Remove {folder}, and run 'kpi demo' again.") from error


def write_demo_home(folder: Path, facts: DemoFacts) -> SampleSummary:
    """Make the home and its exports. One that was not finished is made again."""
    from pipelines.sample import write_sample_exports
    from pipelines.sample.company import COMPANY_NAME, HEADQUARTERS_ZONE, REPORTING_CURRENCY
    from pipelines.scaffold import HomeFacts, write_home

    folder.mkdir(parents=True, exist_ok=True)
    _write_mark(folder, facts, is_complete=False)
    written = write_sample_exports(
        folder / "landing", seed=facts.seed, tickets=facts.tickets, years=facts.years, defects=facts.defects
    )
    write_home(
        folder,
        HomeFacts(COMPANY_NAME, REPORTING_CURRENCY, HEADQUARTERS_ZONE),
        templates=sorted({file.export for file in written.files}),
        policies=demo_policies(written.first_date, written.last_date, written.bad_month.month),
    )
    _write_mark(folder, facts, is_complete=True)
    return written


def demo_policies(first: date, last: date, bad_month: date) -> dict[str, str]:
    """File name -> text of the company's policies, with its holidays from the year of `first` to that of `last`.

    Args:
        bad_month: first day of the month in which the network vendor changes.
    """
    from pipelines.sample.company import public_holidays

    start, end = date(first.year - 1, 1, 1), date(last.year + 1, 12, 31)
    values = {f"{country}_HOLIDAYS": _listed(public_holidays(country, start, end)) for country in ("NL", "US", "IN")}
    folder = resources.files("pipelines.sample") / "policies"
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in _POLICIES}
    values |= {
        "BAD_MONTH": bad_month.isoformat(),
        "YEAR_AFTER_BAD_MONTH": bad_month.replace(year=bad_month.year + 1).isoformat(),
    }
    return texts | {
        name: Template(texts[name]).substitute(values)
        for name in ("calendars.yaml", "initiatives.yaml", "targets.yaml")
    }


def _listed(days: Iterable[date]) -> str:
    return ", ".join(map(str, sorted(days)))


def _write_mark(folder: Path, facts: DemoFacts, *, is_complete: bool) -> None:
    text = json.dumps({**asdict(facts), "is_complete": is_complete}, indent=2)
    (folder / MARK).write_text(text + "\n", encoding="utf-8")

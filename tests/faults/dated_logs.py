"""Event logs of one small desk, written day first, month first or year first, and what the gate makes of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from demo_homes import DemoHome
from plain_exports import write_export

from models.vocabulary import Domain
from pipelines.broken_rules.swapped_dates import RULE
from pipelines.cli.main import kpi
from pipelines.gate.ingest import Batch, ingest_domain
from pipelines.session import SilentReporter, open_session

FED = {
    "tickets": ("ticket_id", "created_at", "status"),
    "ticket_events": ("ticket_id", "occurred_at", "status"),
}
DAY_FIRST, MONTH_FIRST, ISO = "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%Y-%m-%d %H:%M:%S"
Rows = list[dict[str, str]]
#: Name of a file -> its rows.
Files = Mapping[str, Rows]


def rows_of(days: Iterable[datetime], form: str = DAY_FIRST, *, tickets: int = 8, prefix: str = "T") -> Rows:
    """So many tickets a day, each created in the morning and resolved in the afternoon."""
    return [
        {
            "ticket_id": f"{prefix}{day:%y%m%d}{number}", "created_at": f"{created:{form}}",
            "occurred_at": f"{created + timedelta(hours=late):{form}}", "status": status,
        }
        for day in days
        for number in range(tickets)
        for created in [day + timedelta(hours=8, minutes=7 * number)]
        for status, late in (("New", 0), ("Closed", 6))
    ]  # fmt: skip


def days_from(first: str, count: int, *, step: int = 1) -> list[datetime]:
    return [datetime.fromisoformat(first) + timedelta(days=step * number) for number in range(count)]


def day_of(month: int, day: int, year: int = 2026) -> datetime:
    return datetime.fromisoformat(f"{year}-{month:02}-{day:02}")


def write_log(home: Path, files: Files, *, form: str = DAY_FIRST, zone: str = "UTC", settings: str = "") -> None:
    """A contract that reads dates in a form, and files.

    Args:
        settings: further custom properties of the object, as lines of YAML.
    """
    write_export(home, "desk", FED, [], shape="event_log", zone=zone, settings=settings)
    contract = home / "contracts" / "desk.yaml"
    contract.write_text(contract.read_text(encoding="utf-8").replace(ISO, form), encoding="utf-8")
    landing = home / "landing" / "desk"
    (landing / "rows.csv").unlink()
    for name, rows in files.items():
        land_file(landing / name, rows)


def land_file(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def ingest(home: Path, *, is_full: bool = False) -> Batch:
    with open_session(DemoHome(home).project(), reporter=SilentReporter(), is_full=is_full) as session:
        return ingest_domain(session, Domain.TICKETS)


def message_of(batch: Batch) -> str | None:
    """What is said of such files; None where there is none."""
    (result,) = [result for result in batch.results if result.rule.id == RULE]
    assert result.state.value == ("failed" if result.failed_count else "passed")
    return result.rule.message if result.failed_count else None


def run_home(home: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        CliRunner().invoke(kpi, ["run", "--json", "--home", str(home)], catch_exceptions=False).stdout
    )
    return told

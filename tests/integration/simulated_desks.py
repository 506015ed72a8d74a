"""A simulated desk, told by its event log, by daily exports, and by the last of these alone."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

import yaml
from demo_homes import DemoHome

from data_contracts.loader import packaged_templates
from pipelines.cli.demo_home import demo_policies
from pipelines.sample import SampleSummary, write_sample_exports
from pipelines.scaffold import HomeFacts, write_home

DAYS = 45
END = date(2026, 11, 15)

#: The statuses of the daily export are those of the system that the event log comes from.
DESK_STATUSES = """
  {source}:
    New: queued
    Active: active
    Awaiting User Info: {{category: waiting, reason: customer}}
    Awaiting Vendor: {{category: waiting, reason: vendor}}
    Awaiting Problem: {{category: waiting, reason: problem}}
    Resolved: done
    Closed: done
    Canceled: cancelled
"""


def _snapshot_contract() -> str:
    """A contract for one of the daily files alone: a snapshot as any system can export it."""
    text = packaged_templates()["daily_tickets"]
    start, end = text.index("      - property: snapshots"), text.index("    properties:")
    text = text[:start] + text[end:]
    start, end = text.index("    quality:"), text.index("customProperties:\n  - {property: source")
    text = text[:start] + text[end:]
    return (
        text.replace("value: repeated_snapshots", "value: snapshot")
        .replace("id: daily_tickets", "id: last_day")
        .replace("source, value: desk", "source, value: once")
    )


def _leave_untold(contract: Path, columns: Collection[str]) -> None:
    """Read the contract's files as if some of their columns were not there."""
    told = yaml.safe_load(packaged_templates()["daily_tickets"])
    for item in told["schema"]:
        for column in item["properties"]:
            settings = column.get("customProperties", [])
            if any(each["property"] == "feeds" and each["value"] in columns for each in settings):
                del column["customProperties"]
    contract.write_text(yaml.safe_dump(told, sort_keys=False), encoding="utf-8")


class Desk:
    """One simulated desk, told by its event log, by daily exports, and by the last of these alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.summary: SampleSummary = write_sample_exports(
            folder / "exports", seed=5, tickets=700, years=0.5, end=END, daily_exports=DAYS
        )

    def home(
        self,
        name: str,
        exports: Sequence[str],
        *,
        without: str = "",
        promise: str = "",
        untold: Collection[str] = (),
        time_zone: str = "Europe/Amsterdam",
        measure: bool = True,
    ) -> DemoHome:
        """A home that reads some of the exports.

        Args:
            without: name of a daily export that never came.
            untold: canonical columns that the daily exports do not feed.
            time_zone: in which days are reported; days of the exports' names end in Amsterdam.
            promise: key that the contract of daily exports has besides those of its template.
            measure: whether it has been run.
        """
        folder = self.folder / name
        policies = demo_policies(self.summary.first_date, self.summary.last_date, self.summary.bad_month.month)
        policies["statuses.yaml"] += "".join(DESK_STATUSES.format(source=source) for source in ("desk", "once"))
        templates = [export for export in exports if export != "last_day"]
        write_home(folder, HomeFacts("desk", "EUR", time_zone), templates=templates, policies=policies)
        for export in exports:
            source = self.folder / "exports" / ("daily_tickets" if export == "last_day" else export)
            target = folder / "landing" / export
            target.mkdir(parents=True, exist_ok=True)
            for path in sorted(source.iterdir())[-1 if export == "last_day" else 0 :]:
                if path.name != without:
                    shutil.copy2(path, target)
        if "last_day" in exports:
            (folder / "contracts" / "last_day.yaml").write_text(_snapshot_contract(), encoding="utf-8")
        if promise:
            contract = folder / "contracts" / "daily_tickets.yaml"
            contract.write_text(f"{promise}{contract.read_text(encoding='utf-8')}", encoding="utf-8")
        if untold:
            _leave_untold(folder / "contracts" / "daily_tickets.yaml", untold)
        home = DemoHome(folder)
        if measure:
            home.measure()
        return home

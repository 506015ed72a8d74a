"""A home of a few tickets in closed months, which files, contracts and policies let be told otherwise later on."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from demo_homes import DemoHome
from plain_exports import Row, write_export, write_plain_home
from spoilt_rows import STATUSES

COLUMNS: Final = ("ticket_id", "created_at", "status", "resolved_at")
RESOLVED: Final = "ticket_resolved_count"
JANUARY, FEBRUARY, MARCH, APRIL, MAY = (date(2026, month, 1) for month in range(1, 6))
_RESTATED: Final = """
    SELECT period_start_date, value_before, value_now, reason, files_came, files_replaced, files_went
    FROM ops.ops_restatements WHERE metric = ? AND period_grain = 'month'
    ORDER BY restated_at, period_start_date
"""


def write_home_of_tickets(folder: Path) -> DemoHome:
    """An empty home that publishes nothing but its file."""
    return DemoHome(write_plain_home(folder, {"statuses.yaml": STATUSES})).publish_to("duckdb")


def resolved_tickets() -> list[dict[str, str]]:
    """Ten tickets a month that are resolved on its tenth, from January to May."""
    return [
        {
            "ticket_id": f"T{month}{number}",
            "status": "Closed",
            "created_at": f"2026-0{month}-0{number % 9 + 1} 09:00:00",
            "resolved_at": f"2026-0{month}-10 1{number}:00:00",
        }
        for month in range(1, 6)
        for number in range(10)
    ]


def ticket(name: str, resolved: str) -> dict[str, str]:
    """A ticket of February that is resolved on a day."""
    return {
        "ticket_id": name,
        "status": "Closed",
        "created_at": "2026-02-01 09:00:00",
        "resolved_at": f"{resolved} 09:00:00",
    }


def land_tickets(home: DemoHome, rows: Iterable[Row]) -> None:
    """A contract of snapshots, and its file `rows.csv`."""
    write_export(home.folder, "desk", {"tickets": COLUMNS}, rows, shape="snapshot")


def land_beside(home: DemoHome, name: str, rows: Iterable[Row], *, export: str = "desk") -> None:
    """Another file of the export, in the place of what lies there under its name."""
    with (home.landing / export / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def ignore_files(home: DemoHome, *names: str) -> None:
    """Let the contract leave files out, and no others."""
    path = home.home.contracts / "desk.yaml"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if "ignoreFiles" not in line]
    listed = ", ".join(f'"{name}"' for name in names)
    more = [f"  - {{property: ignoreFiles, value: [{listed}]}}"] if names else []
    path.write_text("\n".join([*kept, *more]) + "\n", encoding="utf-8")


def months_told_otherwise(home: DemoHome, metric: str = RESOLVED) -> Sequence[tuple[Any, ...]]:
    """Month, value before and now, reason, and files that came, were replaced and went, in the order of telling."""
    return home.warehouse(_RESTATED, [metric])

"""Writes tickets as a ServiceNow incident audit log: CSV, one row per update of an incident, a file per quarter.

As in real exports, a row repeats the whole incident as it stood after the update; the resolution and closing times
are those known when the quarter was exported. Times are local at headquarters, without an offset.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from pipelines.sample.company import HEADQUARTERS_ZONE, PRIORITIES, STATUS_NAMES, TEAM_BY_NAME, Status, System
from pipelines.sample.span import Span
from pipelines.sample.summary import SampleFile
from pipelines.sample.ticket_life import HOUR, Change, Ticket
from pipelines.sample.working_hours import OpenHours

EXPORT: Final = "servicenow_incidents"
COLUMNS: Final = (
    "number", "incident_state", "active", "reassignment_count", "reopen_count", "sys_mod_count", "made_sla",
    "caller_id", "opened_at", "sys_created_at", "sys_updated_by", "sys_updated_at", "contact_type", "location",
    "category", "business_service", "cmdb_ci", "impact", "urgency", "priority", "assignment_group", "assigned_to",
    "vendor", "closed_code", "resolved_by", "resolved_at", "closed_at",
)  # fmt: skip

_ZONE: Final = ZoneInfo(HEADQUARTERS_ZONE)
_NULL: Final = "?"
_CONTACT_TYPES: Final = ("Phone", "Email", "Self service", "Monitoring")
_CATEGORIES: Final[Mapping[str, tuple[str, ...]]] = {
    "Workplace": ("Laptop", "Account", "Printing", "Mail"),
    "Network": ("Circuit down", "Slow link", "Wireless", "Firewall"),
    "Buildings": ("Heating", "Access badge", "Lighting", "Cleaning"),
    "Field App": ("Sign-in", "Sync"),
}
_LEVELS: Final = {1: "1 - High", 2: "1 - High", 3: "2 - Medium", 4: "3 - Low"}
_PRIORITY_NAMES: Final = {priority.rank: priority.names[System.SERVICENOW] for priority in PRIORITIES}
_TARGET_SECONDS: Final = {priority.rank: int(priority.target_hours * HOUR) for priority in PRIORITIES}
_STATUS_NAMES: Final = STATUS_NAMES[System.SERVICENOW]
#: Statuses in which the promise to the requester stands still. Waiting for a vendor is no excuse.
_CLOCK_STOPPED: Final = {Status.WAITING_CUSTOMER, Status.RESOLVED, Status.CLOSED, Status.CANCELLED}


def write_incidents(
    landing: Path, tickets: Iterable[Ticket], hours: Mapping[str, OpenHours], span: Span, random: Random
) -> list[SampleFile]:
    """Write every update of the tickets into the file of its quarter; a row per update, sorted by incident."""
    folder = landing / EXPORT
    folder.mkdir(parents=True, exist_ok=True)
    names = {
        (month.year, (month.month - 1) // 3): f"incident_audit_{month.year}_Q{(month.month + 2) // 3}.csv"
        for month in span.months
    }
    row_counts = dict.fromkeys(names, 0)
    with ExitStack() as files:
        writers = {}
        for quarter, name in names.items():
            file = files.enter_context((folder / name).open("w", encoding="utf-8", newline=""))
            writers[quarter] = csv.writer(file, lineterminator="\n")
            writers[quarter].writerow(COLUMNS)
        for ticket in tickets:
            for quarter, row in _rows(ticket, hours, random):
                writers[quarter].writerow(row)
                row_counts[quarter] += 1
    return [
        SampleFile(EXPORT, f"{EXPORT}/{name}", {"incident_audit": row_counts[quarter]})
        for quarter, name in names.items()
    ]


Quarter = tuple[int, int]


def write_local(at: int) -> str:
    """An instant as D/M/YYYY HH:MM:SS at headquarters, day and month without a leading zero."""
    local = datetime.fromtimestamp(at, _ZONE)
    return f"{local.day}/{local.month}/{local.year} {local.hour:02}:{local.minute:02}:{local.second:02}"


def _rows(ticket: Ticket, hours: Mapping[str, OpenHours], random: Random) -> list[tuple[Quarter, Iterable[Any]]]:
    """The rows of one incident, in `COLUMNS` order, with the quarter of each: creation, then one per update."""
    incident = _Incident(ticket, hours, random)
    rows = [incident.row(ticket.created_at)]
    for at, changes in ticket.updates():
        incident.apply(at, changes)
        rows.append(incident.row(at))
    quarters = [_quarter(row["sys_updated_at"]) for row in rows]
    last_of_quarter = dict(zip(quarters, rows, strict=True))
    for quarter, row in zip(quarters, rows, strict=True):
        row["resolved_at"] = last_of_quarter[quarter]["resolved_at"]
        row["closed_at"] = last_of_quarter[quarter]["closed_at"]
    return [(quarter, row.values()) for quarter, row in zip(quarters, rows, strict=True)]


def _quarter(written: str) -> Quarter:
    """Year and quarter (from 0) of a time as this module writes it."""
    _, month, rest = written.split("/")
    return int(rest[:4]), (int(month) - 1) // 3


class _Incident:
    """The fields of an incident as they stand while its changes are applied."""

    def __init__(self, ticket: Ticket, hours: Mapping[str, OpenHours], random: Random) -> None:
        self._random = random
        self._hours = hours
        self._status = Status.NEW
        self._team = ticket.team
        self._priority = ticket.priority
        self._clock_read_at = ticket.created_at
        self._elapsed_seconds = 0
        category = random.choice(_CATEGORIES[ticket.service])
        opened_at = write_local(ticket.created_at)
        self._fields: dict[str, Any] = dict.fromkeys(COLUMNS, _NULL) | {
            "number": f"INC{ticket.number:07}",
            "incident_state": _STATUS_NAMES[Status.NEW],
            "active": "true",
            "reassignment_count": 0,
            "reopen_count": 0,
            "sys_mod_count": 0,
            "made_sla": "true",
            "caller_id": f"Caller {_number(random, 900)}",
            "opened_at": opened_at,
            "sys_created_at": opened_at,
            "sys_updated_by": f"Updated by {_number(random, 60)}",
            "contact_type": random.choice(_CONTACT_TYPES),
            "location": f"Location {_number(random, 40)}",
            "category": category,
            "business_service": ticket.service,
            "cmdb_ci": f"{TEAM_BY_NAME[ticket.team].code}-{_number(random, 300):03}"
            if random.random() < 0.3
            else _NULL,
            "assignment_group": ticket.team,
        }
        self._set_priority(ticket.priority)

    def row(self, at: int) -> dict[str, Any]:
        """The incident as it stands, updated at `at`."""
        return self._fields | {"sys_updated_at": write_local(at)}

    def apply(self, at: int, changes: list[Change]) -> None:
        """Take over the changes that were made in one update."""
        self._read_clock(at)
        fields = self._fields
        fields["sys_mod_count"] += 1
        fields["sys_updated_by"] = f"Updated by {_number(self._random, 60)}"
        for change in changes:
            if change.what == "status":
                self._set_status(Status(change.after), at)
            elif change.what == "team":
                self._team = change.after
                fields["assignment_group"] = self._team
                fields["assigned_to"] = _NULL
                fields["reassignment_count"] += 1
            elif change.what == "priority":
                self._set_priority(change.after)
            elif change.what == "vendor":
                fields["vendor"] = change.after

    def _set_status(self, status: Status, at: int) -> None:
        fields = self._fields
        if self._status is Status.RESOLVED and status is Status.ACTIVE:
            fields["reopen_count"] += 1
        elif status is Status.ACTIVE and fields["assigned_to"] == _NULL:
            fields["assigned_to"] = f"Resolver {_number(self._random, 45)}"
        elif status is Status.RESOLVED:
            fields["resolved_at"] = write_local(at)
            fields["resolved_by"] = f"Resolved by {_number(self._random, 45)}"
            fields["closed_code"] = f"code {_number(self._random, 9)}"
        elif status in (Status.CLOSED, Status.CANCELLED):
            fields["closed_at"] = write_local(at)
            fields["active"] = "false"
        fields["incident_state"] = _STATUS_NAMES[status]
        self._status = status

    def _set_priority(self, rank: int) -> None:
        self._priority = rank
        self._fields["priority"] = _PRIORITY_NAMES[rank]
        self._fields["impact"] = self._fields["urgency"] = _LEVELS[rank]

    def _read_clock(self, at: int) -> None:
        """Count the open time since the last update and see whether the promise still holds."""
        if self._status not in _CLOCK_STOPPED:
            open_seconds = self._hours[self._team].open_seconds_between(self._clock_read_at, at)
            self._elapsed_seconds += open_seconds
            if self._elapsed_seconds > _TARGET_SECONDS[self._priority]:
                self._fields["made_sla"] = "false"
        self._clock_read_at = at


def _number(random: Random, up_to: int) -> int:
    """A whole number from 1 to `up_to`."""
    return int(random.random() * up_to) + 1

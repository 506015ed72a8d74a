"""Writes tickets as a daily export that knows no history: CSV, a file a day, every ticket as it stood at the day's end.

The tickets are those of a system with an event log, so that what is made of these files can be held against it.
Tickets that were closed long ago are left out of later files, as archives do.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from pipelines.sample.company import HEADQUARTERS_ZONE, PRIORITIES, STATUS_NAMES, Status, System
from pipelines.sample.span import Span, local_midnight
from pipelines.sample.summary import SampleFile
from pipelines.sample.ticket_life import DAY, Change, Ticket

EXPORT: Final = "daily_tickets"
SYSTEM: Final = System.SERVICENOW
COLUMNS: Final = (
    "number", "state", "assigned_team", "priority", "service", "vendor", "opened", "first_reply", "resolved", "closed",
)  # fmt: skip
#: So long after its closure a ticket is in no export any more.
ARCHIVED_AFTER: Final = 30 * DAY

_ZONE: Final = ZoneInfo(HEADQUARTERS_ZONE)
_STATUS_NAMES: Final = STATUS_NAMES[SYSTEM]
_PRIORITY_NAMES: Final = {priority.rank: priority.names[SYSTEM] for priority in PRIORITIES}
_SETTLED: Final = {_STATUS_NAMES[status] for status in (Status.CLOSED, Status.CANCELLED)}


def write_daily_tickets(landing: Path, tickets: Iterable[Ticket], span: Span, day_count: int) -> list[SampleFile]:
    """Write the tickets as they stood at the end of each of the last days of the span, one file a day."""
    folder = landing / EXPORT
    folder.mkdir(parents=True, exist_ok=True)
    days = [span.last - timedelta(days=ago) for ago in range(day_count - 1, -1, -1)]
    rows: dict[date, list[tuple[Any, ...]]] = {day: [] for day in days}
    ends = [(day, local_midnight(day + timedelta(days=1), HEADQUARTERS_ZONE)) for day in days]
    for ticket in tickets:
        record = _Record(ticket)
        changes = iter(ticket.changes)
        change = next(changes, None)
        for day, end in ends:
            while change is not None and change.at < end:
                record.apply(change)
                change = next(changes, None)
            if ticket.created_at < end and not record.is_archived(end):
                rows[day].append(tuple(record.fields[name] for name in COLUMNS))
    return [_write(folder / f"tickets_{day:%Y-%m-%d}.csv", rows[day]) for day in days]


def _write(path: Path, rows: list[tuple[Any, ...]]) -> SampleFile:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return SampleFile(EXPORT, f"{EXPORT}/{path.name}", {"tickets": len(rows)})


class _Record:
    """The fields of a ticket as they stand while its changes are applied."""

    def __init__(self, ticket: Ticket) -> None:
        self.fields: dict[str, Any] = dict.fromkeys(COLUMNS) | {
            "number": f"INC{ticket.number:07}",
            "state": _STATUS_NAMES[Status.NEW],
            "assigned_team": ticket.team,
            "priority": _PRIORITY_NAMES[ticket.priority],
            "service": ticket.service,
            "opened": _write_instant(ticket.created_at),
        }
        self._settled_at: int | None = None

    def is_archived(self, at: int) -> bool:
        """Whether the ticket was closed so long before that exports leave it out."""
        return self._settled_at is not None and self._settled_at + ARCHIVED_AFTER < at

    def apply(self, change: Change) -> None:
        """Take over one change."""
        fields = self.fields
        if change.what == "status":
            self._set_status(Status(change.after), change.at)
        elif change.what == "team":
            fields["assigned_team"] = change.after
        elif change.what == "priority":
            fields["priority"] = _PRIORITY_NAMES[change.after]
        elif change.what == "vendor":
            fields["vendor"] = change.after
        elif change.what == "agent_reply" and fields["first_reply"] is None:
            fields["first_reply"] = _write_instant(change.at)

    def _set_status(self, status: Status, at: int) -> None:
        fields = self.fields
        fields["state"] = _STATUS_NAMES[status]
        self._settled_at = at if fields["state"] in _SETTLED else None
        if status is Status.RESOLVED:
            fields["resolved"] = _write_instant(at)
        elif status in (Status.CLOSED, Status.CANCELLED):
            fields["closed"] = _write_instant(at)
        else:
            fields["resolved"] = fields["closed"] = None


def _write_instant(at: int) -> str:
    """An instant with its offset at headquarters, such as 2026-03-02T09:15:04+0100."""
    return datetime.fromtimestamp(at, _ZONE).strftime("%Y-%m-%dT%H:%M:%S%z")

"""Writes tickets as Jira issues with their changelog, one JSON object a line, in the shape of the REST interface.

Timestamps carry the offset of the team's zone and milliseconds. The changelog holds changes only: the values an
issue was created with show nowhere but in the first change's `fromString`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from pipelines.sample.company import PRIORITIES, STATUS_NAMES, TEAM_BY_NAME, TEAMS, Status, System
from pipelines.sample.summary import SampleFile
from pipelines.sample.ticket_life import Change, Ticket

EXPORT: Final = "jira_issues"
#: Custom fields of this instance.
TEAM_FIELD: Final = "customfield_10050"
SERVICE_FIELD: Final = "customfield_10060"
VENDOR_FIELD: Final = "customfield_10070"

_STATUS_NAMES: Final = STATUS_NAMES[System.JIRA]
_STATUS_IDS: Final = {"To Do": "10000", "In Progress": "3", "In Review": "10001", "Blocked": "10002",
                      "Done": "10003", "Won't Do": "10004"}  # fmt: skip
_PRIORITY_NAMES: Final = {priority.rank: priority.names[System.JIRA] for priority in PRIORITIES}
_ISSUE_TYPES: Final = ("Bug", "Task", "Story")
_SUMMARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "Field App": ("App loses the work order after sync", "Photo upload stops at 99 %", "Signature pad is blank"),
    "Customer Portal": ("Appointment page shows “unknown error”", "Invoice download times out"),
    "Scheduling": ("Engineer is booked twice", "Travel time ignores the ferry", "Slots vanish after midnight"),
}


def write_issues(landing: Path, tickets: Iterable[Ticket], random: Random) -> list[SampleFile]:
    """Write all issues into one JSON lines file, in order of creation."""
    folder = landing / EXPORT
    folder.mkdir(parents=True, exist_ok=True)
    writer = _IssueWriter(random)
    issue_count = 0
    with (folder / "issues.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for ticket in tickets:
            file.write(json.dumps(writer.issue(ticket), ensure_ascii=False))
            file.write("\n")
            issue_count += 1
    rows = {"issues": issue_count, "issue_changes": writer.item_count}
    return [SampleFile(EXPORT, f"{EXPORT}/issues.jsonl", rows)]


class _IssueWriter:
    """Turns tickets into issues, and numbers issues by project and changes over all."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._keys = {team.code: count(1) for team in TEAMS}
        self._history_ids = count(700001)
        self.item_count = 0

    def issue(self, ticket: Ticket) -> dict[str, Any]:
        """One issue as the REST interface returns it, with its whole changelog."""
        random = self._random
        team = TEAM_BY_NAME[ticket.team]
        zone = ZoneInfo(team.zone)
        fields: dict[str, Any] = {
            "project": {"key": team.code, "name": team.name},
            "issuetype": {"name": random.choice(_ISSUE_TYPES), "subtask": False},
            "summary": random.choice(_SUMMARIES[ticket.service]),
            "created": _write_instant(ticket.created_at, ticket.number, zone),
            "updated": _write_instant(ticket.created_at, ticket.number, zone),
            "resolutiondate": None,
            "duedate": _due_date(ticket, zone, random),
            "priority": {"name": _PRIORITY_NAMES[ticket.priority], "id": str(ticket.priority)},
            "status": _status("To Do"),
            "resolution": None,
            "reporter": {"displayName": f"Reporter {1 + int(random.random() * 200)}"},
            "assignee": None,
            TEAM_FIELD: {"value": ticket.team},
            SERVICE_FIELD: {"value": ticket.service},
            VENDOR_FIELD: None,
            "labels": [],
        }
        histories = []
        for at, changes in ticket.updates():
            written = _write_instant(at, ticket.number, zone)
            items = [item for change in changes for item in self._items(change, fields, written)]
            if items:
                fields["updated"] = written
                author = {"displayName": f"Engineer {1 + int(random.random() * 40)}"}
                histories.append(
                    {"id": str(next(self._history_ids)), "author": author, "created": written, "items": items}
                )
                self.item_count += len(items)
        return {
            "id": str(300000 + ticket.number),
            "key": f"{team.code}-{next(self._keys[team.code])}",
            "fields": fields,
            "changelog": {
                "startAt": 0, "maxResults": len(histories), "total": len(histories), "histories": histories
            },
        }  # fmt: skip

    def _items(self, change: Change, fields: dict[str, Any], written: str) -> list[dict[str, Any]]:
        """The changelog items of one change; the issue's own fields follow along."""
        if change.what == "status":
            return self._status_items(change, fields, written)
        if change.what == "priority":
            before, after = _PRIORITY_NAMES[change.before], _PRIORITY_NAMES[change.after]
            fields["priority"] = {"name": after, "id": str(change.after)}
            return [_item("priority", before, after, str(change.before), str(change.after))]
        if change.what == "team":
            fields[TEAM_FIELD] = {"value": change.after}
            return [_item("Team", str(change.before), str(change.after), fieldtype="custom")]
        if change.what == "vendor":
            fields[VENDOR_FIELD] = {"value": change.after}
            before_vendor = None if change.before is None else str(change.before)
            return [_item("Vendor", before_vendor, str(change.after), fieldtype="custom")]
        return []

    def _status_items(self, change: Change, fields: dict[str, Any], written: str) -> list[dict[str, Any]]:
        before = _STATUS_NAMES[Status(change.before)]
        status = Status(change.after)
        after = _STATUS_NAMES[status]
        items = [_item("status", before, after, _STATUS_IDS[before], _STATUS_IDS[after])]
        fields["status"] = _status(after)
        if status in (Status.RESOLVED, Status.CANCELLED):
            fields["resolution"] = {"name": after}
            fields["resolutiondate"] = written
            items.append(_item("resolution", None, after))
        elif fields["resolution"] is not None:
            items.append(_item("resolution", before, None))
            fields["resolution"] = fields["resolutiondate"] = None
        if status is Status.ACTIVE and fields["assignee"] is None:
            assignee = f"Engineer {1 + int(self._random.random() * 40)}"
            fields["assignee"] = {"displayName": assignee}
            items.append(_item("assignee", None, assignee))
        return items


def _item(
    field: str,
    from_string: str | None,
    to_string: str | None,
    from_id: str | None = None,
    to_id: str | None = None,
    fieldtype: str = "jira",
) -> dict[str, Any]:
    return {
        "field": field, "fieldtype": fieldtype,
        "from": from_id, "fromString": from_string, "to": to_id, "toString": to_string,
    }  # fmt: skip


def _status(name: str) -> dict[str, str]:
    return {"name": name, "id": _STATUS_IDS[name]}


def _write_instant(at: int, ticket_number: int, zone: ZoneInfo) -> str:
    """An instant with milliseconds and offset, such as 2026-03-02T09:15:04.120+0530."""
    milliseconds = (at * 7919 + ticket_number * 104729) % 1000
    return datetime.fromtimestamp(at, zone).strftime(f"%Y-%m-%dT%H:%M:%S.{milliseconds:03}%z")


def _due_date(ticket: Ticket, zone: ZoneInfo, random: Random) -> str | None:
    """A due date on some issues, some days after creation."""
    if random.random() > 0.4:
        return None
    created = datetime.fromtimestamp(ticket.created_at, zone).date()
    return (created + timedelta(days=3 + int(random.random() * 20))).isoformat()

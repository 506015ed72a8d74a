"""Writes tickets as a Zendesk export: JSON, tickets with their audits, a file per quarter of creation.

Each audit holds the events of one update: `Create` for the first values, `Change` with the previous value, and
`Comment`, public or private, by an agent or the requester. The first values of a ticket are in its first audit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from pipelines.sample.company import HEADQUARTERS_ZONE, PRIORITIES, STATUS_NAMES, Status, System
from pipelines.sample.span import Span
from pipelines.sample.summary import SampleFile
from pipelines.sample.ticket_life import Change, Ticket

EXPORT: Final = "zendesk_tickets"

_ZONE: Final = ZoneInfo(HEADQUARTERS_ZONE)
_STATUS_NAMES: Final = STATUS_NAMES[System.ZENDESK]
_PRIORITY_NAMES: Final = {priority.rank: priority.names[System.ZENDESK] for priority in PRIORITIES}
_CHANNELS: Final = ("web", "email", "chat", "voice")
_TYPES: Final = ("question", "incident", "problem", "task")
_SUBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Customer Portal": ("Cannot log in", "Where is my invoice?", "Change my address"),
    "Scheduling": ("Engineer did not show up", "Please move my appointment", "Wrong time window"),
    "Field App": ("Report was never sent", "Signature missing on the report"),
}
#: Which role comments, and whether the requester can read it.
_COMMENTS: Final = {
    "agent_reply": ("agent", True),
    "agent_note": ("agent", False),
    "customer_reply": ("end-user", True),
}


def write_tickets(landing: Path, tickets: Iterable[Ticket], span: Span, random: Random) -> list[SampleFile]:
    """Write each ticket, with its audits up to the end of the span, into the file of the quarter it was created in."""
    folder = landing / EXPORT
    folder.mkdir(parents=True, exist_ok=True)
    names = {
        (month.year, (month.month - 1) // 3): f"tickets_{month.year}_q{(month.month + 2) // 3}.json"
        for month in span.months
    }
    ticket_counts = dict.fromkeys(names, 0)
    event_counts = dict.fromkeys(names, 0)
    writer = _TicketWriter(random)
    with ExitStack() as stack:
        files = {}
        for quarter, name in names.items():
            files[quarter] = stack.enter_context((folder / name).open("w", encoding="utf-8", newline="\n"))
            files[quarter].write('{"tickets": [')
        for ticket in tickets:
            created = datetime.fromtimestamp(ticket.created_at, _ZONE)
            quarter = (created.year, (created.month - 1) // 3)
            written, event_count = writer.ticket(ticket)
            files[quarter].write(",\n" if ticket_counts[quarter] else "\n")
            files[quarter].write(json.dumps(written, ensure_ascii=False))
            ticket_counts[quarter] += 1
            event_counts[quarter] += event_count
        for quarter, file in files.items():
            file.write(f'\n], "count": {ticket_counts[quarter]}, "end_of_stream": true}}\n')
    return [
        SampleFile(
            EXPORT,
            f"{EXPORT}/{name}",
            {"tickets": ticket_counts[quarter], "ticket_audit_events": event_counts[quarter]},
        )
        for quarter, name in names.items()
    ]


class _TicketWriter:
    """Turns tickets into the export's JSON and numbers audits and events."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._audit_ids = count(81_000_001)
        self._event_ids = count(95_000_001)

    def ticket(self, ticket: Ticket) -> tuple[dict[str, Any], int]:
        """One ticket with its audits, and the number of events in them."""
        random = self._random
        created = _write_instant(ticket.created_at)
        requester_id = 20_000 + int(random.random() * 5000)
        record: dict[str, Any] = {
            "id": ticket.number,
            "created_at": created,
            "updated_at": created,
            "subject": random.choice(_SUBJECTS[ticket.service]),
            "type": random.choice(_TYPES),
            "status": _STATUS_NAMES[Status.NEW],
            "priority": _PRIORITY_NAMES[ticket.priority],
            "group": {"name": ticket.team},
            "requester_id": requester_id,
            "via": {"channel": random.choice(_CHANNELS)},
            "custom_fields": {"service": ticket.service, "vendor": None},
            "satisfaction_rating": {"score": "unoffered"},
        }
        first_events = [
            self._event("Create", field_name=name, value=value)
            for name, value in (
                ("status", record["status"]), ("priority", record["priority"]), ("group", ticket.team),
            )
        ]  # fmt: skip
        first_events.append(self._event("Comment", public=True))
        audits = [self._audit(created, requester_id, "end-user", first_events)]
        for at, changes in ticket.updates():
            events = [self._change(change, record) for change in changes]
            by_requester = any(change.what == "customer_reply" for change in changes)
            record["updated_at"] = _write_instant(at)
            author_id = requester_id if by_requester else 300 + int(random.random() * 30)
            role = "end-user" if by_requester else "agent"
            audits.append(self._audit(record["updated_at"], author_id, role, events))
        if record["status"] in ("solved", "closed") and random.random() < 0.4:
            record["satisfaction_rating"] = {"score": "good" if random.random() < 0.86 else "bad"}
        record["audits"] = audits
        return record, sum(len(audit["events"]) for audit in audits)

    def _change(self, change: Change, record: dict[str, Any]) -> dict[str, Any]:
        """The event of one change; the ticket's own fields follow along."""
        if change.what in _COMMENTS:
            return self._event("Comment", public=_COMMENTS[change.what][1])
        before, after = change.before, change.after
        if change.what == "status":
            before, after = _STATUS_NAMES[Status(before)], _STATUS_NAMES[Status(after)]
            record["status"] = after
        elif change.what == "priority":
            before, after = _PRIORITY_NAMES[before], _PRIORITY_NAMES[after]
            record["priority"] = after
        elif change.what == "team":
            record["group"] = {"name": after}
        else:
            record["custom_fields"]["vendor"] = after
        name = "group" if change.what == "team" else change.what
        return self._event("Change", field_name=name, value=after, previous_value=before)

    def _event(self, kind: str, **details: Any) -> dict[str, Any]:
        return {"id": next(self._event_ids), "type": kind, **details}

    def _audit(self, written: str, author_id: int, role: str, events: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": next(self._audit_ids),
            "created_at": written,
            "author_id": author_id,
            "author": {"role": role},
            "events": events,
        }


def _write_instant(at: int) -> str:
    """An instant in UTC, such as 2026-03-02T09:15:04Z."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

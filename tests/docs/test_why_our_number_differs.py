"""Every number of the page "Why our number differs": ours from the kernel, the tools' from their own rules."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from fenced_blocks import CHECKOUT, Block, blocks_of

from metrics.calendars.business_time import OpenTime
from metrics.sla.clocks import close_clocks
from metrics.tickets.clocks import build_intervals, close_tickets, covering_span
from metrics.tickets.replies import gather_replies
from models.ddl import polars_schema
from models.tickets import stg_ticket_events, stg_tickets
from pipelines.policies.loading import Policies, load_policies

PAGE: Final = CHECKOUT / "docs" / "why-our-number-differs.md"
ZONE: Final = ZoneInfo("Europe/Amsterdam")
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Change:
    """A row of a ticket's history, as its tool told it."""

    at: datetime
    status: str
    team: str | None
    priority: str | None
    reply: bool


@dataclass
class Example:
    """A ticket of the page with the policies that hold at that place, and the rows of a table of its numbers."""

    line: int
    source: str
    as_of: datetime
    changes: tuple[Change, ...]
    policies: dict[str, str]
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def duration(self, *statuses: str) -> timedelta:
        """Time by the clock on the wall in some statuses, until the last change."""
        changes = zip(self.changes, self.changes[1:], strict=False)
        return sum((later.at - earlier.at for earlier, later in changes if earlier.status in statuses), timedelta())


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def _read_changes(block: Block) -> tuple[Change, ...]:
    rows = csv.DictReader(io.StringIO(block.text))
    return tuple(
        Change(
            _local(row["at"]),
            row["status"],
            row.get("team") or None,
            row.get("priority") or None,
            bool(row.get("reply")),
        )
        for row in rows
    )


def _tables() -> Iterator[tuple[int, list[tuple[str, str, str]]]]:
    """Line and rows of each table of numbers."""
    table: list[tuple[str, str, str]] = []
    start = 0
    for number, line in enumerate([*PAGE.read_text(encoding="utf-8").splitlines(), ""], start=1):
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if len(cells) == 4 and cells[0] == "whose":
            start, table = number, []
        elif start and len(cells) == 4 and not set(cells[0]) <= set("-"):
            table.append((cells[0], cells[1], cells[2]))
        elif start and not cells:
            yield start, table
            start = 0


def _examples() -> list[Example]:
    """The tables of the page, each with the latest ticket and the latest policies before it."""
    found: list[Example] = []
    blocks = blocks_of(PAGE)
    for line, rows in _tables():
        policies = {
            block.options["policy"]: block.text for block in blocks if "policy" in block.options and block.line < line
        }
        ticket = [block for block in blocks if "ticket" in block.options and block.line < line][-1]
        as_of = _local(ticket.options["as-of"])
        found.append(Example(line, ticket.options["ticket"], as_of, _read_changes(ticket), policies, rows))
    return found


def _measure(example: Example, policies: Policies) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the kernel makes of the ticket: its row of `fct_tickets`, and its clocks."""
    first, last = example.changes[0], example.changes[-1]
    shared = {"ticket_id": "page:1", "source": example.source, "load_id": "page", "row_hash": ""}
    ticket = {
        **shared, "export_shape": "event_log", "created_at": first.at, "row_number": 1,
        "team": last.team, "priority": last.priority,
    }  # fmt: skip
    events = []
    for number, change in enumerate(example.changes, start=2):
        meaning = policies.statuses[example.source][change.status]
        events.append(
            {
                **shared, "occurred_at": change.at, "row_number": number, "status": change.status,
                "status_category": meaning.category.value, "waiting_reason": meaning.reason,
                "team": change.team, "priority": change.priority, "is_public_agent_reply": change.reply,
            }
        )  # fmt: skip
    tickets = pl.DataFrame([ticket], schema=polars_schema(stg_tickets), orient="row")
    told = pl.DataFrame(events, schema=polars_schema(stg_ticket_events), orient="row")
    open_time = OpenTime.compile(policies.calendars, *covering_span(tickets, told, example.as_of))
    rules: dict[str, Any] = {"as_of": example.as_of, "open_time": open_time, "team_calendars": policies.team_calendars}
    intervals = build_intervals(tickets, told, **rules)
    facts = close_tickets(tickets, told, intervals, quarantined=frozenset(), **rules)
    replies = gather_replies(tickets, told, as_of=example.as_of)
    clocks = close_clocks(facts, intervals, policies=policies.sla, replies=replies, **rules)
    return facts.row(0, named=True), clocks.to_dicts()


def _shown(value: Any) -> str:
    """A value as the page writes it."""
    if isinstance(value, timedelta):
        hours, rest = divmod(value, HOUR)
        minutes = rest // timedelta(minutes=1)
        assert rest == timedelta(minutes=minutes)
        return f"{hours}h{minutes}m" if minutes else f"{hours}h"
    if isinstance(value, datetime):
        return f"{value.astimezone(ZONE):%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value * 100:.0f} %"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _ours(number: str, fact: dict[str, Any], clocks: list[dict[str, Any]]) -> Any:
    if number == "attainment":
        states = [clock["state"] for clock in clocks]
        return states.count("met") / (states.count("met") + states.count("breached"))
    match = re.fullmatch(r"`(\w+)`(?: of cycle (\d+))?", number)
    assert match, f"no number of ours is written '{number}'"
    name, cycle = match.groups()
    row = fact
    if cycle:
        (row,) = [clock for clock in clocks if clock["cycle_number"] == int(cycle)]
    duration = f"{name}_microseconds"
    return timedelta(microseconds=row[duration]) if duration in row else row[name]


def _networkdays(example: Example) -> int:
    """Monday to Friday from the first day to the last, both counted, as the function is documented."""
    first, last = (change.at.astimezone(ZONE).date() for change in (example.changes[0], example.changes[-1]))
    return sum((first + timedelta(days=day)).weekday() < 5 for day in range((last - first).days + 1))


def _nine_to_five(start: datetime, end: datetime) -> timedelta:
    """Whole minutes of Monday to Friday from nine to five, one by one."""
    minutes = (start.astimezone(ZONE) + timedelta(minutes=number) for number in range(round((end - start) / HOUR * 60)))
    return timedelta(minutes=sum(minute.weekday() < 5 and 9 <= minute.hour < 17 for minute in minutes))


def _entered(example: Example, status: str) -> list[datetime]:
    return [change.at for change in example.changes if change.status == status]


def _cycles_in_open_hours(example: Example) -> list[timedelta]:
    """From each start to the next Done. All of these lie within one working day, so they need no calendar."""
    cycles: list[timedelta] = []
    started: datetime | None = None
    for change in example.changes:
        started = started or change.at
        if change.status == "Done":
            cycles.append(change.at - started)
            started = None
    return cycles


def _wall_difference(example: Example) -> timedelta:
    """What subtracting two cells gives: the difference of the times on the wall."""
    first, last = (
        change.at.astimezone(ZONE).replace(tzinfo=None) for change in (example.changes[0], example.changes[-1])
    )
    return last - first


def _since_priority(example: Example, priority: str) -> timedelta:
    raised = next(change.at for change in example.changes if change.priority == priority)
    return example.changes[-1].at - raised


#: What each tool counts, by its documentation. Nothing of this uses the kernel.
TOOLS: Final[dict[tuple[str, str], Callable[[Example], Any]]] = {
    ("Zendesk", "first resolution time"): lambda it: _entered(it, "Solved")[0] - it.changes[0].at,
    ("Zendesk", "full resolution time"): lambda it: _entered(it, "Solved")[-1] - it.changes[0].at,
    ("Zendesk", "agent wait time"): lambda it: it.duration("Pending"),
    ("Zendesk", "requester wait time"): lambda it: it.duration("New", "Open", "On-hold"),
    ("Zendesk", "first reply time"): lambda it: next(c.at for c in it.changes if c.reply) - it.changes[0].at,
    # The schedule at the time of the event is that of the watch, which never closes.
    ("Zendesk", "full resolution time, business hours"): lambda it: _entered(it, "Solved")[-1] - it.changes[0].at,
    ("Jira", "breached()"): lambda it: _cycles_in_open_hours(it)[-1] > 4 * HOUR,
    ("Jira", "everBreached()"): lambda it: any(cycle > 4 * HOUR for cycle in _cycles_in_open_hours(it)),
    ("Jira", "control chart, column In Progress"): lambda it: it.duration("In Progress"),
    ("Jira", "control chart, all columns but Done"): lambda it: it.duration(
        "To Do", "In Progress", "Waiting for customer"
    ),
    ("ServiceNow", "elapsed, without retroactive start"): lambda it: _since_priority(it, "1 - Critical"),
    ("ServiceNow", "elapsed, with retroactive start at Created"): lambda it: it.changes[-1].at - it.changes[0].at,
    ("ServiceNow", "actual elapsed time"): lambda it: it.as_of - it.changes[0].at,
    ("ServiceNow", "actual elapsed percentage"): lambda it: (it.as_of - it.changes[0].at) / (8 * HOUR),
    ("ServiceNow", "Duration"): lambda it: _entered(it, "Closed")[-1] - it.changes[0].at,
    ("ServiceNow", "Business duration"): lambda it: _nine_to_five(it.changes[0].at, _entered(it, "Closed")[-1]),
    ("BoldDesk", "due"): lambda it: it.changes[0].at + 8 * HOUR + it.duration("Closed"),
    ("GLPI", "elapsed, earlier pause lost"): lambda it: (
        it.changes[-1].at - it.changes[0].at - (it.changes[3].at - it.changes[2].at)
    ),
    ("spreadsheet", "NETWORKDAYS times 8 hours"): lambda it: _networkdays(it) * 8 * HOUR,
    ("spreadsheet", "closed minus opened"): _wall_difference,
}


@pytest.mark.parametrize("example", _examples(), ids=lambda example: f"line {example.line}")
def test_every_number_of_the_page_is_what_is_counted(example: Example, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    for name, text in example.policies.items():
        (folder / name).write_text(text, encoding="utf-8")
    fact, clocks = _measure(example, load_policies(folder))
    assert example.rows
    counted = [
        (whose, number, _shown(_ours(number, fact, clocks) if whose == "ours" else TOOLS[whose, number](example)))
        for whose, number, _ in example.rows
    ]
    assert counted == example.rows


def test_every_ticket_of_the_page_has_a_table_and_every_rule_is_used() -> None:
    examples = _examples()
    tickets = [block for block in blocks_of(PAGE) if "ticket" in block.options]
    assert len(tickets) >= 11
    assert {example.changes for example in examples} == {_read_changes(block) for block in tickets}
    assert {(whose, number) for example in examples for whose, number, _ in example.rows if whose != "ours"} == set(
        TOOLS
    )


def test_march_2nd_is_a_monday() -> None:
    assert f"{date(2026, 3, 2):%A}" == "Monday"

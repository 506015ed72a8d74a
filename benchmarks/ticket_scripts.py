"""What can happen to a ticket, as scripts that many tickets share.

Here are the columns of each step that depend on the script only.
A drawn ticket takes a script and adds its own instants, team, priority and vendor; see `benchmarks.ticket_events`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

SCRIPTS_PER_SOURCE: Final = 400
_WORDS: Final = {
    "servicenow": {
        "queued": "New",
        "active": "In Progress",
        "customer": "Awaiting Caller",
        "vendor": "Awaiting Vendor",
        "team": "Awaiting Change",
        "done": "Resolved",
        "closed": "Closed",
        "cancelled": "Canceled",
    },
    "jira": {
        "queued": "To Do",
        "active": "In Progress",
        "customer": "Waiting for customer",
        "vendor": "Waiting for vendor",
        "team": "Blocked",
        "done": "Done",
        "closed": "Released",
        "cancelled": "Won't do",
    },
    "helpdesk": {
        "queued": "open",
        "active": "assigned",
        "customer": "pending",
        "vendor": "third party",
        "team": "on hold",
        "done": "solved",
        "closed": "closed",
        "cancelled": "deleted",
    },
}
SOURCES: Final = tuple(_WORDS)
#: Of ten tickets, how many each source has.
SOURCE_WEIGHTS: Final = (5, 4, 1)
REASONS: Final = ("customer", "vendor", "team")


@dataclass(frozen=True)
class Step:
    """What one event tells. `hours` is the mean time since the event before; 0 is the same instant.

    `state` is a key of the source's words; None leaves the status as it is.
    """

    hours: float
    state: str | None = None
    changes_team: bool = False
    changes_priority: bool = False
    is_reply: bool = False


_CATEGORY: Final = {"customer": "waiting", "vendor": "waiting", "team": "waiting", "closed": "done"}


def _draw(rng: random.Random) -> Iterator[Step]:
    """One life, from the second event on."""
    if rng.random() < 0.25:
        yield Step(3, changes_team=True)
    if rng.random() < 0.1:
        yield Step(0 if rng.random() < 0.5 else 2, changes_priority=True)
    if rng.random() < 0.03:
        yield Step(20, "cancelled")
        return
    if rng.random() < 0.93:
        yield Step(5, "active", changes_team=rng.random() < 0.1)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3))):
        yield from _draw_work(rng)
    if rng.random() < 0.005:
        return
    yield from _draw_end(rng)
    while rng.random() < 0.07:
        yield Step(30, "queued" if rng.random() < 0.5 else "active")
        if rng.random() < 0.5:
            yield Step(4, "active")
        yield from _draw_end(rng)


def _draw_work(rng: random.Random) -> Iterator[Step]:
    kind = rng.random()
    if kind < 0.35:
        yield Step(2, is_reply=True)
    elif kind < 0.8:
        reason = rng.choice(("customer", "customer", "vendor", "team"))
        yield Step(3, reason, is_reply=reason == "customer")
        if rng.random() < 0.1:
            yield Step(10, rng.choice(REASONS))
        # Now and then the ticket goes straight from waiting to done.
        if rng.random() < 0.85:
            yield Step(24, "active")
    elif kind < 0.92:
        yield Step(6, changes_team=True)
    else:
        yield Step(4, changes_priority=True)


def _draw_end(rng: random.Random) -> Iterator[Step]:
    if rng.random() < 0.3:
        yield Step(8, is_reply=True)
        yield Step(0, "done")
    else:
        yield Step(9, "done", is_reply=rng.random() < 0.4)
    if rng.random() < 0.45:
        yield Step(60, "closed")


def draw_scripts(seed: int) -> pl.DataFrame:
    """All steps of all scripts, grouped by script. The first step of each is the creation.

    Returns:
        Columns `script`, `source` (position), `step` (from 0), `mean_hours`, `is_told` (whether the export has an event
        for the step), what the event tells: `status_before`, `status`, `category_before`, `category`, `waiting_reason`,
        `tells_team`, `tells_team_before`, `tells_priority`, `tells_priority_before`, `tells_vendor`, `is_reply`; and
        what is so after it: `latest_status`, `latest_category`, `latest_reason`, `team_changes`, `priority_changes`,
        `has_vendor`.
    """
    rng = random.Random(seed)
    rows: list[dict[str, object]] = []
    for source in range(len(SOURCES)):
        for number in range(SCRIPTS_PER_SOURCE):
            steps = [Step(0, "queued"), *_draw(rng)]
            rows.extend(_tell(source * SCRIPTS_PER_SOURCE + number, source, steps))
    return pl.DataFrame(rows, infer_schema_length=None)


def _tell(script: int, source: int, steps: list[Step]) -> Iterator[dict[str, object]]:
    """ServiceNow tells the whole state at every event, the others only what changed, with what was before."""
    name = SOURCES[source]
    words, is_whole = _WORDS[name], name == "servicenow"
    state, teams, priorities, has_vendor = "queued", 0, 0, False
    for number, told in enumerate(steps):
        step = replace(told, state=None) if number and told.state == state else told
        before, state = state, step.state or state
        has_status = is_whole or step.state is not None
        starts_vendor = state == "vendor" and not has_vendor
        has_vendor |= state == "vendor"
        teams += step.changes_team
        priorities += step.changes_priority
        category = _CATEGORY.get(state, state)
        reason = state if category == "waiting" else None
        yield {
            "script": script,
            "source": source,
            "step": number,
            "mean_hours": float(step.hours),
            "is_told": is_whole or number > 0,
            "status_before": words[before] if has_status and not is_whole else None,
            "status": words[state] if has_status else None,
            "category_before": _CATEGORY.get(before, before) if has_status and not is_whole else None,
            "category": category if has_status else None,
            "waiting_reason": reason if has_status else None,
            "tells_team": is_whole or step.changes_team,
            "tells_team_before": step.changes_team and not is_whole,
            "tells_priority": is_whole or step.changes_priority,
            "tells_priority_before": step.changes_priority and not is_whole,
            "tells_vendor": has_vendor and (is_whole or starts_vendor),
            "is_reply": None if name == "helpdesk" else step.is_reply,
            "latest_status": words[state],
            "latest_category": category,
            "latest_reason": reason,
            "team_changes": teams,
            "priority_changes": priorities,
            "has_vendor": has_vendor,
        }

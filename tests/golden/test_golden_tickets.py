"""Tickets worked out by hand: each file tells a story, and the arithmetic stands beside the numbers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import yaml

from data_contracts.documents import Problem, decode, parse_document
from metrics.calendars.business_time import CalendarVersion, OpenTime, WorkingCalendar, always_open
from metrics.sla.clocks import SlaPolicy, close_clocks
from metrics.tickets.clocks import TeamCalendars, build_intervals, close_tickets, covering_span
from metrics.tickets.replies import gather_replies
from models.ddl import polars_schema
from models.tickets import stg_ticket_events, stg_tickets
from models.vocabulary import SlaTarget, StatusCategory
from pipelines.policies.calendars import build_calendars, build_team_calendars
from pipelines.policies.spelling import CalendarFile

FOLDER: Final = Path(__file__).parent
FILES: Final = sorted((FOLDER / "tickets").glob("*.yaml"))
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNITS: Final = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "us": 1}


def duration(text: str) -> int:
    """`2h30m`, `1us` or `-2h` in microseconds."""
    parts = re.findall(r"(\d+)(us|h|m|s)", text)
    assert "".join(number + unit for number, unit in parts) == text.removeprefix("-"), text
    total = sum(int(number) * UNITS[unit] for number, unit in parts)
    return -total if text.startswith("-") else total


def instant(value: Any, zone: str) -> datetime | None:
    """A time on the wall of the story's zone, or one with an offset of its own."""
    if value is None:
        return None
    parsed = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    local = parsed if parsed.tzinfo else parsed.replace(tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC)


def intervals_of(texts: list[str]) -> tuple[tuple[int, int], ...]:
    edges = [re.fullmatch(r"(\d+):(\d+)-(\d+):(\d+)", text) for text in texts]
    return tuple((int(e[1]) * 60 + int(e[2]), int(e[3]) * 60 + int(e[4])) for e in edges if e)


def calendars() -> tuple[tuple[WorkingCalendar, ...], TeamCalendars]:
    told = yaml.safe_load((FOLDER / "calendars.yaml").read_text(encoding="utf-8"))
    teams = told.pop("teams")
    made = []
    for name, calendar in told.items():
        if calendar == "always_open":
            made.append(always_open(name))
            continue
        versions = [
            CalendarVersion(
                effective_from=version["from"],
                week={WEEKDAYS.index(day): intervals_of(texts) for day, texts in version["week"].items()},
                holidays=frozenset(version.get("holidays", ())),
                exceptional_days={
                    day: intervals_of(texts) for day, texts in version.get("exceptional_days", {}).items()
                },
            )
            for version in calendar["versions"]
        ]
        made.append(WorkingCalendar(name, calendar["time_zone"], tuple(versions)))
    return tuple(made), TeamCalendars(default=teams.pop("default"), teams=teams)


def own_calendars(story: dict[str, Any]) -> tuple[tuple[WorkingCalendar, ...], TeamCalendars]:
    """The calendars that a story brings itself, spelt as in a home's calendars.yaml and read as that is."""
    told = {key: story[key] for key in ("calendars", "team_calendars")}
    document = parse_document(yaml.safe_dump(told), "calendars.yaml")
    file = decode(document, CalendarFile)
    problems: list[Problem] = []
    made = build_calendars(file, document, problems), build_team_calendars(file, document, {}, problems)
    assert not problems
    return made


def policy(told: dict[str, Any]) -> SlaPolicy:
    return SlaPolicy(
        id=told["id"],
        target=SlaTarget(told["target"]),
        within_microseconds=duration(told["within"]),
        calendar=told.get("calendar"),
        scope={name: frozenset([told[name]]) for name in ("priority", "team", "vendor") if name in told},
        effective_from=told.get("effective_from"),
        effective_to=told.get("effective_to"),
        pause_categories=frozenset(StatusCategory(name) for name in told.get("pause_on", ())),
        pause_reasons=frozenset(told.get("pause_reasons", ())),
        on_priority_change=told.get("on_priority_change", "retarget"),
        on_reopen=told.get("on_reopen", "new_cycle"),
        is_dated_by_taking=told.get("dated_by") == "taking",
    )


def frames(story: dict[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    zone, ticket = story["zone"], story["ticket"]
    category = ticket.get("category")
    ticket_row = {
        "ticket_id": "golden:1",
        "source": "golden",
        "export_shape": story.get("shape", "event_log"),
        "created_at": instant(ticket["created_at"], zone),
        "resolved_at": instant(ticket.get("resolved_at"), zone),
        "status": category and category.title(),
        "status_category": category,
        "team": ticket.get("team"),
        "priority": ticket.get("priority"),
        "vendor": ticket.get("vendor"),
        "load_id": "golden",
        "row_number": 2,
        "row_hash": "",
    }
    event_rows = [
        {
            "ticket_id": "golden:1",
            "source": "golden",
            "occurred_at": instant(event["at"], zone),
            "event_sequence": event.get("sequence"),
            "status": event.get("status", event["category"].title()) if "category" in event else None,
            "status_category": event.get("category"),
            "waiting_reason": event.get("reason"),
            "team": event.get("team"),
            "priority": event.get("priority"),
            "vendor": event.get("vendor"),
            "is_public_agent_reply": event.get("reply"),
            "load_id": event.get("load", "golden"),
            "row_number": event.get("row", number),
            "row_hash": "",
        }
        for number, event in enumerate(story.get("events", ()), start=2)
    ]
    return (
        pl.DataFrame([ticket_row], schema=polars_schema(stg_tickets), orient="row"),
        pl.DataFrame(event_rows, schema=polars_schema(stg_ticket_events), orient="row"),
    )


def expected(told: dict[str, Any], zone: str) -> dict[str, Any]:
    """The columns and values that a story names: durations in microseconds, instants in UTC."""
    wanted: dict[str, Any] = {}
    for name, value in told.items():
        is_duration = name.endswith(("_calendar", "_business")) or name in ("elapsed", "paused", "remaining")
        if is_duration:
            wanted[f"{name}_microseconds"] = None if value is None else duration(value)
        else:
            wanted[name] = instant(value, zone) if name.endswith("_at") else value
    return wanted


def test_there_are_stories() -> None:
    assert len(FILES) >= 12


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_golden_ticket(file: Path) -> None:
    story = yaml.safe_load(file.read_text(encoding="utf-8"))
    zone = story["zone"]
    as_of = instant(story["as_of"], zone)
    assert as_of is not None
    tickets, events = frames(story)
    made, teams = own_calendars(story) if "calendars" in story else calendars()
    open_time = OpenTime.compile(made, *covering_span(tickets, events, as_of))
    shared: dict[str, Any] = {"as_of": as_of, "open_time": open_time, "team_calendars": teams}
    intervals = build_intervals(tickets, events, **shared)
    facts = close_tickets(tickets, events, intervals, quarantined=frozenset(), **shared)
    policies = [policy(told) for told in story["policies"]]
    replies = gather_replies(tickets, events, as_of=as_of)
    clocks = close_clocks(facts, intervals, policies=policies, replies=replies, **shared)

    wanted = expected(story["expect"]["ticket"], zone)
    fact = facts.row(0, named=True)
    assert {name: fact[name] for name in wanted} == wanted
    wanted_clocks = [expected(told, zone) for told in story["expect"]["clocks"]]
    assert [
        {name: row[name] for name in told}
        for row, told in zip(clocks.iter_rows(named=True), wanted_clocks, strict=False)
    ] == wanted_clocks
    assert clocks.height == len(wanted_clocks)


def test_calendar_day_of_the_stories_is_what_they_say() -> None:
    made, _ = calendars()
    office = made[0]
    assert office.intervals_on(date(2026, 3, 2)) == ((540, 750), (780, 1050))
    assert office.intervals_on(date(2026, 5, 8)) == ()

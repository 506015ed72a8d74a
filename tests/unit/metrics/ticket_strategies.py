"""Calendars, tickets, events and policies for hypothesis to make up: small, but full of coincidences.

Instants fall on few minutes of a few days around a change of daylight saving time, so that events tie, pauses begin
when targets are reached, and tickets are resolved at closing time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st
from open_time_oracle import MinuteCounter, utc

from metrics.business_time import OpenTime
from metrics.sla import SlaPolicy
from metrics.ticket_clocks import TeamCalendars
from metrics.working_calendar import CalendarVersion, WorkingCalendar, always_open
from models.ddl import polars_schema
from models.tickets import stg_ticket_events, stg_tickets
from models.vocabulary import SlaTarget, StatusCategory

#: First midnights of windows that hold a change of clocks: Europe, New York, Lord Howe (half an hour), back again.
WINDOWS = (utc(2026, 3, 27), utc(2026, 3, 6), utc(2026, 4, 3), utc(2026, 10, 23), utc(2026, 10, 30))
ZONES = ("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
WINDOW_DAYS = 8
TEAMS = ("Front Desk", "Network")
PRIORITIES = ("P1", "P2", "P3")
CATEGORIES = ("queued", "active", "waiting", "done", "cancelled")
REASONS = ("customer", "vendor")
HOUR = 3_600_000_000


@dataclass(frozen=True)
class Case:
    """Everything that the kernel needs, as rows and as frames."""

    start: datetime
    end: datetime
    as_of: datetime
    calendars: tuple[WorkingCalendar, ...]
    teams: TeamCalendars
    tickets: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]
    policies: tuple[SlaPolicy, ...]

    def open_time(self) -> OpenTime:
        return OpenTime.compile(self.calendars, self.start, self.end)

    def counters(self) -> dict[str, MinuteCounter]:
        return {calendar.name: MinuteCounter(calendar, self.start, self.end) for calendar in self.calendars}

    def ticket_frame(self) -> pl.DataFrame:
        return pl.DataFrame(list(self.tickets), schema=polars_schema(stg_tickets), orient="row")

    def event_frame(self) -> pl.DataFrame:
        return pl.DataFrame(list(self.events), schema=polars_schema(stg_ticket_events), orient="row")


@st.composite
def day_intervals(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    edges = draw(st.lists(st.sampled_from([0, 61, 120, 150, 180, 540, 750, 780, 1020, 1380, 1440]), unique=True))
    edges = sorted(edges)[: len(edges) // 2 * 2]
    return tuple((edges[index], edges[index + 1]) for index in range(0, len(edges), 2))


@st.composite
def versions(draw: st.DrawFn, start: datetime, effective_from: date) -> CalendarVersion:
    days = [start.date() + timedelta(days=offset) for offset in range(WINDOW_DAYS)]
    # One shape for most days, another for a few: weeks look alike.
    usual = draw(day_intervals().filter(bool))
    week = {day: usual for day in range(7)}
    week.update(draw(st.dictionaries(st.integers(0, 6), day_intervals(), max_size=2)))
    return CalendarVersion(
        effective_from=effective_from,
        week=week,
        holidays=frozenset(draw(st.lists(st.sampled_from(days), max_size=1))),
        exceptional_days=draw(st.dictionaries(st.sampled_from(days), day_intervals(), max_size=1)),
    )


@st.composite
def calendars(draw: st.DrawFn, start: datetime, name: str) -> WorkingCalendar:
    if draw(st.integers(0, 5)) == 0:
        return always_open(name)
    history = [draw(versions(start, date(2000, 1, 1)))]
    if draw(st.booleans()):
        history.append(draw(versions(start, start.date() + timedelta(days=draw(st.integers(1, 4))))))
    return WorkingCalendar(name, draw(st.sampled_from(ZONES)), tuple(history))


def instants(start: datetime) -> st.SearchStrategy[datetime]:
    """Instants in the window: mostly on few full hours, sometimes a microsecond aside."""
    return st.builds(
        lambda day, minutes, micros: start + timedelta(days=day, minutes=minutes, microseconds=micros),
        st.integers(1, 3),
        st.sampled_from([0, 60, 120, 455, 540, 600, 840, 1020]),
        st.sampled_from([0, 0, 0, 0, 1, -1, 30_000_000, 59_999_999]),
    )


def maybe(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.sampled_from(values))


@st.composite
def events(draw: st.DrawFn, start: datetime, ticket_id: str, row_number: int) -> dict[str, Any]:
    category = draw(maybe(CATEGORIES))
    before = draw(maybe(CATEGORIES)) if draw(st.integers(0, 3)) == 0 else None
    # Now and then a status that no policy maps: it has a name and no category.
    status = f"is {category}" if category else draw(st.sampled_from([None, None, "unheard of"]))
    return {
        "ticket_id": ticket_id,
        "source": "desk",
        "occurred_at": draw(instants(start)),
        "event_sequence": draw(st.sampled_from([None, None, 1, 2])),
        "status_before": f"is {before}" if before else None,
        "status": status,
        "status_category": category,
        "status_category_before": before,
        "waiting_reason": draw(maybe(REASONS)) if category == "waiting" else None,
        "team_before": draw(maybe(TEAMS)) if draw(st.integers(0, 4)) == 0 else None,
        "team": draw(maybe(TEAMS)),
        "priority_before": draw(maybe(PRIORITIES)) if draw(st.integers(0, 4)) == 0 else None,
        "priority": draw(maybe(PRIORITIES)),
        "vendor": draw(st.sampled_from([None, None, "Acme"])),
        "is_public_agent_reply": draw(st.sampled_from([None, None, False, True])),
        "actor": None,
        "load_id": draw(st.sampled_from(["desk/log/1", "desk/log/2"])),
        "row_number": row_number,
        "row_hash": "",
    }


@st.composite
def tickets(draw: st.DrawFn, start: datetime, number: int) -> dict[str, Any]:
    shape = draw(st.sampled_from(["event_log", "event_log", "event_log", "snapshot"]))
    category = draw(maybe(CATEGORIES))
    created_at = draw(st.one_of(instants(start), st.just(start + timedelta(days=1)), st.none()))
    return {
        "ticket_id": f"desk:{number}",
        "source": "desk",
        "export_shape": shape,
        "created_at": created_at,
        "ticket_type": draw(maybe(["Incident"])),
        "status": f"is {category}" if category else None,
        "status_category": category,
        "waiting_reason": draw(maybe(REASONS)) if category == "waiting" else None,
        "priority": draw(maybe(PRIORITIES)),
        "team": draw(maybe(TEAMS)),
        "service": draw(maybe(["Mail"])),
        "vendor": draw(maybe(["Acme", "Bolt"])),
        "first_response_at": draw(instants(start)) if draw(st.integers(0, 4)) == 0 else None,
        "resolved_at": draw(instants(start)) if draw(st.integers(0, 2)) == 0 else None,
        "load_id": "desk/tickets/1",
        "row_number": number,
        "row_hash": "",
    }


@st.composite
def policies(draw: st.DrawFn, number: int, target: SlaTarget, names: Sequence[str], start: datetime) -> SlaPolicy:
    scope: dict[str, frozenset[str]] = {}
    if draw(st.integers(0, 3)):
        scope["priority"] = frozenset(draw(st.sets(st.sampled_from(PRIORITIES), min_size=1, max_size=2)))
    if draw(st.integers(0, 5)) == 0:
        scope["team"] = frozenset([draw(st.sampled_from(TEAMS))])
    if draw(st.integers(0, 7)) == 0:
        scope["vendor"] = frozenset(["Acme"])
    if draw(st.integers(0, 7)) == 0:
        scope["service"] = frozenset(["Mail"])
    return SlaPolicy(
        id=f"{target.value} {number}",
        target=target,
        within_microseconds=draw(
            st.one_of(st.sampled_from([HOUR, 2 * HOUR, 8 * HOUR, 24 * HOUR]), st.integers(1, 30 * HOUR))
        ),
        calendar=draw(st.sampled_from([None, *names])),
        scope=scope,
        pause_categories=frozenset(
            StatusCategory(name) for name in draw(st.sets(st.sampled_from(["waiting", "queued"]), max_size=2))
        ),
        pause_reasons=frozenset(draw(st.sets(st.sampled_from(REASONS), max_size=1))),
        effective_from=start.date() + timedelta(days=2) if draw(st.integers(0, 9)) == 0 else None,
        effective_to=start.date() + timedelta(days=2) if draw(st.integers(0, 9)) == 0 else None,
        on_priority_change=draw(st.sampled_from(["retarget", "keep", "restart"])),
        on_reopen=draw(st.sampled_from(["new_cycle", "continue"])),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    start = draw(st.sampled_from(WINDOWS))
    end = start + timedelta(days=WINDOW_DAYS)
    made = (draw(calendars(start, "desk hours")), draw(calendars(start, "network hours")))
    names = [calendar.name for calendar in made]
    teams = TeamCalendars(default=names[0], teams={"Network": names[1]})
    rows = [draw(tickets(start, number)) for number in range(draw(st.integers(1, 4)))]
    changes = []
    for row in rows:
        count = draw(st.integers(0, 7))
        own = [draw(events(start, row["ticket_id"], len(changes) + index)) for index in range(count)]
        if own and draw(st.integers(0, 3)) == 0:
            copy = {**draw(st.sampled_from(own)), "load_id": "desk/log/3", "row_number": 900 + len(changes)}
            own.append(copy)
        changes += own
    as_of = draw(st.one_of(st.just(start + timedelta(days=5)), instants(start)))
    promises = []
    for target in (SlaTarget.FIRST_RESPONSE, SlaTarget.RESOLUTION):
        promises += [draw(policies(number, target, names, start)) for number in range(draw(st.integers(0, 3)))]
    return Case(start, end, as_of, made, teams, tuple(rows), tuple(changes), tuple(promises))

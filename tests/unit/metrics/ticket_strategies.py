"""Calendars, tickets, events and policies for hypothesis to make up: small, but full of coincidences.

Instants fall on few minutes of a few days around a change of daylight saving time, so that events tie, pauses begin
when targets are reached, and tickets are resolved at closing time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import polars as pl
from hypothesis import strategies as st
from open_time_oracle import MinuteCounter, utc

from metrics.calendars.business_time import OpenTime
from metrics.calendars.working_calendar import CalendarVersion, WorkingCalendar, always_open
from metrics.sla.policy import HOLDER_TARGETS, SlaPolicy
from metrics.tickets.clocks import TeamCalendars
from models.ddl import polars_schema
from models.tickets import stg_ticket_events, stg_tickets
from models.vocabulary import SlaTarget, StatusCategory

#: First midnights of windows that hold a change of clocks: Europe, New York, Lord Howe (half an hour), back again.
WINDOWS = (utc(2026, 3, 27), utc(2026, 3, 6), utc(2026, 4, 3), utc(2026, 10, 23), utc(2026, 10, 30))
ZONES = ("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
WINDOW_DAYS = 8
TEAMS = ("Front Desk", "Network")
PRIORITIES = ("P1", "P2", "P3")
VENDORS = ("Acme", "Bolt")
CATEGORIES = ("queued", "active", "waiting", "done", "cancelled")
REASONS = ("customer", "vendor")
HOUR = 3_600_000_000


@dataclass(frozen=True, repr=False)
class Case:
    """Everything that the kernel needs, as rows and as frames. `make_tickets` makes its rows again from the seed."""

    start: datetime
    end: datetime
    as_of: datetime
    calendars: tuple[WorkingCalendar, ...]
    teams: TeamCalendars
    seed: int
    tickets: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]
    policies: tuple[SlaPolicy, ...]

    def __repr__(self) -> str:
        """Short enough to be printed where a test fails: rows and calendars are left out."""
        policies = "\n    ".join(map(repr, self.policies))
        return f"Case of seed {self.seed}, window {self.start}, as of {self.as_of}\n    {policies}"

    def _repr_pretty_(self, printer: Any, _is_cycle: bool) -> None:
        """Hypothesis prints by this, and would print every field of every row else."""
        printer.text(repr(self))

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
    week = dict.fromkeys(range(7), usual)
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


class _Dice:
    """Throws that make up tickets. Hypothesis gives only the seed: drawing every field from it takes far longer."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def one_in(self, count: int) -> bool:
        return self.random.randrange(count) == 0

    def maybe(self, values: Sequence[Any]) -> Any:
        return self.random.choice([None, *values])

    def instant(self, start: datetime) -> datetime:
        """An instant in the window: mostly on few full hours, sometimes a microsecond aside."""
        return start + timedelta(
            days=self.random.randint(1, 3),
            minutes=self.random.choice([0, 60, 120, 455, 540, 600, 840, 1020]),
            microseconds=self.random.choice([0, 0, 0, 0, 1, -1, 30_000_000, 59_999_999]),
        )


def make_event(dice: _Dice, start: datetime, ticket_id: str, row_number: int) -> dict[str, Any]:
    category = dice.maybe(CATEGORIES)
    before = dice.maybe(CATEGORIES) if dice.one_in(4) else None
    # Now and then a status that no policy maps: it has a name and no category.
    status = f"is {category}" if category else dice.random.choice([None, None, "unheard of"])
    return {
        "ticket_id": ticket_id,
        "source": "desk",
        "occurred_at": (occurred_at := dice.instant(start)),
        "earliest_at": dice.random.choice([None, None, occurred_at - timedelta(hours=dice.random.choice([0, 2, 24]))]),
        "event_sequence": dice.random.choice([None, None, 1, 2]),
        "status_before": f"is {before}" if before else None,
        "status": status,
        "status_category": category,
        "status_category_before": before,
        "waiting_reason": dice.maybe(REASONS) if category == "waiting" else None,
        "team_before": dice.maybe(TEAMS) if dice.one_in(5) else None,
        "team": dice.maybe(TEAMS),
        "priority_before": dice.maybe(PRIORITIES) if dice.one_in(5) else None,
        "priority": dice.maybe(PRIORITIES),
        "vendor": dice.random.choice([None, None, None, *VENDORS]),
        "is_public_agent_reply": dice.random.choice([None, False, False, True]) if dice.one_in(2) else None,
        "actor": None,
        "load_id": dice.random.choice(["desk/log/1", "desk/log/2"]),
        "row_number": row_number,
        "row_hash": "",
    }


def make_ticket(dice: _Dice, start: datetime, number: int) -> dict[str, Any]:
    category = dice.maybe(CATEGORIES)
    first_day = start + timedelta(days=1)
    # One source tells replies, one only the first of each ticket, and one none.
    source = "desk" if number % 2 else dice.random.choice(["form", "mute"])
    return {
        "ticket_id": f"desk:{number}",
        "source": source,
        "export_shape": dice.random.choice(["snapshot", "event_log", "event_log", "event_log", "repeated_snapshots"]),
        "created_at": dice.random.choice([first_day, first_day, dice.instant(start), None]),
        "ticket_type": dice.maybe(["Incident"]),
        "status": f"is {category}" if category else None,
        "status_category": category,
        "waiting_reason": dice.maybe(REASONS) if category == "waiting" else None,
        "priority": dice.maybe(PRIORITIES),
        "team": dice.maybe(TEAMS),
        "service": dice.maybe(["Mail"]),
        "vendor": dice.maybe(VENDORS),
        "first_response_at": dice.instant(start) if source != "mute" and dice.one_in(4) else None,
        "resolved_at": dice.instant(start) if dice.one_in(3) else None,
        "closed_at": dice.instant(start) if dice.one_in(3) else None,
        "first_seen_at": dice.maybe([dice.instant(start)]),
        "queued_until_at": dice.maybe([dice.instant(start)]),
        "reopened_unseen_at": None,
        "load_id": "desk/tickets/1",
        "row_number": number,
        "row_hash": "",
    }


def _in_order(ticket: dict[str, Any], events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events as exports can date them: each happened after what was before it, and the ticket's creation is told."""
    instants = {ticket["created_at"], *(each["occurred_at"] for each in events)} - {None}
    found = []
    for each in events:
        before = max((at for at in instants if at < each["occurred_at"]), default=each["occurred_at"])
        found.append({**each, "earliest_at": max(each["earliest_at"], before) if each["earliest_at"] else None})
    return found


def _return_unseen(dice: _Dice, ticket: dict[str, Any], events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of a resolved ticket, a resolution that moved without any export that shows the ticket open in between."""
    resolved = [each for each in events if each["status_category"] == "done"]
    if not resolved:
        return []
    first = dice.random.choice(resolved)
    done_at, own = first["occurred_at"], {**first, "row_number": 20_000 + first["row_number"], "event_sequence": 3}
    at = done_at + dice.random.choice([1, 60, 600]) * timedelta(minutes=1)
    if any(done_at < each["occurred_at"] <= at for each in events) or any(
        each is not first and each["occurred_at"] == done_at for each in events
    ):
        return []
    ticket["reopened_unseen_at"] = at
    nothing = dict.fromkeys(
        ("status", "waiting_reason", "team", "priority", "vendor", "team_before", "priority_before")
    )
    shown_at = done_at + dice.random.choice([0, 0, 1]) * timedelta(seconds=30)
    came_back = {**own, **nothing, "occurred_at": at, "earliest_at": shown_at, "status_category": "queued"}
    told = {"team": dice.maybe(TEAMS), "priority": dice.maybe(PRIORITIES), "is_public_agent_reply": None}
    last = {"row_number": 30_000 + first["row_number"], "event_sequence": 4}
    again = {**own, **told, **last, "occurred_at": at, "earliest_at": None}
    return [{**came_back, "is_public_agent_reply": None}, again]


def make_tickets(
    seed: int, start: datetime, count: int
) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
    """Tickets and their events."""
    dice = _Dice(seed)
    tickets = tuple(make_ticket(dice, start, number) for number in range(count))
    events: list[dict[str, Any]] = []
    for ticket in tickets:
        first = len(events)
        for _ in range(dice.random.randrange(9)):
            event = make_event(dice, start, ticket["ticket_id"], len(events))
            replies = event["is_public_agent_reply"] if ticket["source"] == "desk" else None
            events.append({**event, "source": ticket["source"], "is_public_agent_reply": replies})
        events[first:] = _in_order(ticket, events[first:])
        if ticket["export_shape"] == "repeated_snapshots" and dice.one_in(2):
            events += _return_unseen(dice, ticket, events[first:])
        if len(events) > first and dice.one_in(4):
            told = dice.random.choice(events[first:])
            events.append({**told, "load_id": "desk/log/3", "row_number": 10_000 + len(events)})
    return tickets, tuple(events)


@st.composite
def holders(draw: st.DrawFn) -> dict[str, frozenset[str]]:
    """Whom a policy of a vendor or team names: mostly one vendor, so that several policies are the same holder's."""
    named = draw(st.sampled_from([("Acme",), ("Acme",), ("Bolt",), VENDORS, ()]))
    scope = {"vendor": frozenset(named)} if named else {}
    if not named or draw(st.integers(0, 3)) == 0:
        scope["team"] = frozenset([draw(st.sampled_from(TEAMS))])
    return scope


@st.composite
def policies(draw: st.DrawFn, number: int, target: SlaTarget, names: Sequence[str], start: datetime) -> SlaPolicy:
    scope: dict[str, frozenset[str]] = {}
    if target in HOLDER_TARGETS:
        scope |= draw(holders())
    else:
        if draw(st.integers(0, 5)) == 0:
            scope["team"] = frozenset([draw(st.sampled_from(TEAMS))])
        if draw(st.integers(0, 7)) == 0:
            scope["vendor"] = frozenset(["Acme"])
    if draw(st.integers(0, 3)):
        scope["priority"] = frozenset(draw(st.sets(st.sampled_from(PRIORITIES), min_size=1, max_size=2)))
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
def cases(draw: st.DrawFn, ticket_count: int = 30) -> Case:
    """Two calendars, policies for every target, and tickets that live by them."""
    start = draw(st.sampled_from(WINDOWS))
    end = start + timedelta(days=WINDOW_DAYS)
    made = (draw(calendars(start, "desk hours")), draw(calendars(start, "network hours")))
    names = [calendar.name for calendar in made]
    teams = TeamCalendars(default=names[0], teams={"Network": names[1]})
    seed = draw(st.integers(0, 2**32))
    tickets, events = make_tickets(seed, start, ticket_count)
    as_of = draw(st.sampled_from([start + timedelta(days=5), *sorted({event["occurred_at"] for event in events})]))
    promises = []
    for target in SlaTarget:
        promises += [draw(policies(number, target, names, start)) for number in range(draw(st.integers(1, 3)))]
    return Case(start, end, as_of, made, teams, seed, tickets, events, tuple(promises))

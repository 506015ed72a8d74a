"""Tickets worked out one ticket and one event at a time, as one would by hand.

Shares nothing with the kernel but the records that say what a policy and a calendar are. It is slow on purpose:
no column is ever computed at once, and open time is read minute by minute. SLA clocks are in `sla_oracle`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from open_time_oracle import MICROSECOND, MinuteCounter

from metrics.tickets.clocks import TeamCalendars

Row = Mapping[str, Any]
WORK = ("queued", "active", "waiting")


@dataclass(frozen=True)
class State:
    """What a ticket is from an instant on."""

    at: datetime
    status: str | None
    category: str
    reason: str | None
    team: str | None
    priority: str | None
    vendor: str | None
    #: Of a change that is dated by an export, the export before.
    earliest: datetime | None = field(default=None, compare=False)

    def is_same(self, other: State) -> bool:
        return replace(self, at=other.at) == other


@dataclass
class Life:
    """One ticket as the oracle sees it. `states` holds those of no length too."""

    ticket: Row
    states: list[State] = field(default_factory=list)
    replies: list[datetime] = field(default_factory=list)
    event_count: int = 0
    duplicate_count: int = 0
    is_measured: bool = False
    #: Of exports that are compared: the last that shows it queued, of those from the first on.
    queued_until: datetime | None = None

    @property
    def unseen(self) -> list[State]:
        """States that no export shows: every ticket that was done and is in work without a status came back unseen."""
        done = [place for place, state in enumerate(self.states) if state.category == "done"]
        after = self.states[done[0] :] if done else []
        return [state for state in after if state.status is None and state.category in WORK]

    def lasting(self, as_of: datetime) -> list[tuple[State, datetime]]:
        """States that lasted, with their end; the last one always, and those that no export shows."""
        ends = [state.at for state in self.states[1:]] + [as_of]
        pairs = list(zip(self.states, ends, strict=True))
        unseen = self.unseen
        return [pair for pair in pairs[:-1] if pair[0].at < pair[1] or pair[0] in unseen] + pairs[-1:]

    def at(self, instant: datetime) -> State:
        return [state for state in self.states if state.at <= instant][-1]


TOLD = (
    "status_before", "status", "waiting_reason", "team_before", "team", "priority_before", "priority", "vendor",
    "is_public_agent_reply", "actor",
)  # fmt: skip


def live(ticket: Row, events: Sequence[Row], as_of: datetime) -> Life:
    """A ticket's life from its events."""
    life = Life(ticket)
    own = [event for event in events if event["ticket_id"] == ticket["ticket_id"]]
    own.sort(
        key=lambda event: (
            event["occurred_at"],
            event["event_sequence"] is None,
            event["event_sequence"] or 0,
            event["load_id"],
            event["row_number"],
        )
    )
    seen: set[tuple[Any, ...]] = set()
    ordered: list[Row] = []
    for event in own:
        told = (event["occurred_at"], event["event_sequence"], *(event[name] for name in TOLD))
        if told in seen:
            says_something = any(event[name] is not None for name in TOLD if name != "actor")
            life.duplicate_count += says_something and event["occurred_at"] <= as_of
        else:
            seen.add(told)
            ordered.append(event)
    # What comes after the data's clock only says how things stood before it.
    told_by_then = [event for event in ordered if event["occurred_at"] <= as_of]
    life.event_count = len(told_by_then)
    life.replies = [event["occurred_at"] for event in told_by_then if event["is_public_agent_reply"]]
    ordered[:1] = [_settled_before(ticket, event) for event in ordered[:1]]
    past = [event for event in ordered if event["occurred_at"] <= as_of]

    created_at = ticket["created_at"]
    begins = [instant for instant in (created_at, *(event["occurred_at"] for event in ordered[:1])) if instant]
    status_names = ("status", "status_before", "status_category", "status_category_before")
    telling = [event for event in ordered if any(event[name] is not None for name in status_names)]
    is_settled = ticket["status_category"] in ("done", "cancelled")
    life.is_measured = (
        bool(begins)
        and min(begins) <= as_of
        and (bool(telling) or not (ticket["export_shape"] == "snapshot" or is_settled))
    )
    if not life.is_measured:
        return life
    state = State(
        at=min(begins),
        status=telling[0]["status_before"] if telling else ticket["status"],
        category=(telling[0]["status_category_before"] if telling else ticket["status_category"]) or "queued",
        reason=None if telling else ticket["waiting_reason"],
        team=_before(ordered, ticket, "team"),
        priority=_before(ordered, ticket, "priority"),
        vendor=None if any(event["vendor"] for event in ordered) else ticket["vendor"],
    )
    life.states.append(state)
    for event in past:
        state = replace(
            state,
            at=event["occurred_at"],
            status=event["status"] or (None if event["status_category"] else state.status),
            category=event["status_category"] or state.category,
            reason=event["waiting_reason"] if event["status_category"] else state.reason,
            team=event["team"] or state.team,
            priority=event["priority"] or state.priority,
            vendor=event["vendor"] or state.vendor,
            earliest=event["earliest_at"],
        )
        if not state.is_same(life.states[-1]):
            life.states.append(state)
    return life


def _settled_before(ticket: Row, first: Row) -> Row:
    """The first event, as early as the ticket says if it was over already when the events begin."""
    fields = {"done": ("resolved_at", "closed_at"), "cancelled": ("closed_at", "resolved_at")}
    if ticket["export_shape"] == "repeated_snapshots" or first["status_before"] or first["status_category_before"]:
        return first
    named = [ticket[name] for name in fields.get(first["status_category"], ()) if ticket[name]]
    if not named or not ticket["created_at"] or not ticket["created_at"] <= named[0] < first["occurred_at"]:
        return first
    return {**first, "occurred_at": named[0]}


def _before(events: Sequence[Row], ticket: Row, name: str) -> str | None:
    for event in events:
        if event[f"{name}_before"] or event[name]:
            return event[f"{name}_before"] or event[name]
    return ticket[name]


class Oracle:
    """Measures lives with calendars that are read minute by minute."""

    def __init__(self, counters: Mapping[str, MinuteCounter], teams: TeamCalendars, as_of: datetime) -> None:
        self.counters = counters
        self.teams = teams
        self.as_of = as_of

    def calendar_of(self, team: str | None) -> str:
        return self.teams.teams.get(team, self.teams.default) if team else self.teams.default

    def business(self, state: State, end: datetime) -> int:
        return self.counters[self.calendar_of(state.team)].between(state.at, end)

    def measure(self, life: Life, has_replies: bool, names_teams: bool = True) -> dict[str, Any]:
        """What `fct_tickets` must say of a ticket with a history."""
        as_of, states = self.as_of, life.states
        created_at = states[0].at
        first_active_at = first_resolved_at = resolved_at = cancelled_at = None
        reopen_count = handoff_count = active_entry_count = 0
        at_resolution = states[-1]
        previous: State | None = None
        uncancelled = "queued"
        for state in states:
            is_new = previous is None or state.category != previous.category
            if state.category == "active" and is_new:
                active_entry_count += 1
            if state.category == "active" and first_active_at is None:
                first_active_at = state.at
            if state.category == "done" and is_new:
                first_resolved_at = first_resolved_at or state.at
                resolved_at, at_resolution = state.at, state
            if state.category == "cancelled" and is_new:
                cancelled_at = state.at
            if previous is not None and state.category in WORK and uncancelled == "done":
                reopen_count += 1
            if state.category != "cancelled":
                uncancelled = state.category
            if previous is not None and previous.team is not None and state.team != previous.team:
                handoff_count += 1
            previous = state
        final = states[-1]
        is_done, is_cancelled = final.category == "done", final.category == "cancelled"
        resolved_at = resolved_at if is_done else None
        cancelled_at = cancelled_at if is_cancelled else None
        dimensions = at_resolution if is_done else final
        fields = [life.ticket["first_response_at"]] if life.ticket["first_response_at"] else []
        responses = [instant for instant in [*life.replies, *fields] if instant <= as_of]
        first_response_at = (min(responses, default=None)) if has_replies else first_active_at
        earliest_response_at = None
        if not has_replies and life.ticket["export_shape"] == "repeated_snapshots":
            if first_active_at == created_at and life.ticket["first_seen_at"]:
                first_response_at = life.ticket["first_seen_at"]
            if any(state.category != "queued" for state in states):
                queued_until = life.ticket["queued_until_at"]
                earliest_response_at = max(
                    created_at, queued_until if queued_until and queued_until <= as_of else created_at
                )
        if first_response_at and first_response_at > as_of:
            first_response_at = None

        touch_count: int | None = active_entry_count
        if has_replies:
            touch_count = len(life.replies) if life.replies or not fields else None

        end = resolved_at or cancelled_at or as_of
        parts = dict.fromkeys(
            [f"{part}_{clock}" for part in ("queued", "active", "waiting", "reopened_gap") for clock in CLOCKS], 0
        )
        for state, until in life.lasting(as_of):
            if state.at < end:
                part = state.category if state.category in WORK else "reopened_gap"
                parts[f"{part}_calendar"] += (until - state.at) // MICROSECOND
                parts[f"{part}_business"] += self.business(state, until)
        is_open = not (is_done or is_cancelled)
        measured: dict[str, Any] = {
            "status_category": final.category,
            "status": final.status,
            "team": dimensions.team,
            "priority": dimensions.priority,
            "vendor": dimensions.vendor,
            "calendar": self.calendar_of(dimensions.team),
            "created_at": created_at,
            "first_active_at": first_active_at,
            "first_response_at": first_response_at,
            "first_response_earliest_at": earliest_response_at,
            "first_resolved_at": first_resolved_at,
            "resolved_at": resolved_at,
            "cancelled_at": cancelled_at,
            "is_done": is_done,
            "is_cancelled": is_cancelled,
            "has_history": True,
            "reopen_count": None if self.came_back_unseen(life) else reopen_count,
            "handoff_count": handoff_count if names_teams else None,
            "touch_count": touch_count,
            "event_count": life.event_count,
            "duplicate_event_count": life.duplicate_count,
            **{f"{name}_microseconds": value for name, value in parts.items()},
        }
        spans = {
            "lead_time": (created_at, resolved_at),
            "cycle_time": (first_active_at, resolved_at),
            "first_resolution": (created_at, first_resolved_at),
            "first_response": (created_at, first_response_at and max(created_at, first_response_at)),
            "age": (created_at, as_of if is_open else None),
        }
        for name, (start, stop) in spans.items():
            known = start is not None and stop is not None
            measured[f"{name}_calendar_microseconds"] = (stop - start) // MICROSECOND if known else None
            measured[f"{name}_business_microseconds"] = self.lived(life, start, stop) if known else None
        return measured

    def came_back_unseen(self, life: Life) -> bool:
        moved_at = life.ticket["reopened_unseen_at"]
        return moved_at is not None and moved_at <= self.as_of

    def told_by_field(self, life: Life, at: datetime) -> list[State]:
        """The state of no length in which a ticket came back at an instant, as only a resolution that moved tells."""
        return [state for state in life.unseen if state.at == at and self.came_back_unseen(life)]

    def lived(self, life: Life, start: datetime, stop: datetime) -> int:
        """Open time of a life between two instants, each stretch by the calendar of its own team."""
        total = 0
        for state, until in life.lasting(self.as_of):
            first, last = max(state.at, start), min(until, stop)
            if first < last:
                total += self.counters[self.calendar_of(state.team)].between(first, last)
        return total


CLOCKS = ("calendar", "business")


def days_at_end(lives: Sequence[Life], as_of: datetime, time_zone: str) -> dict[tuple[Any, ...], int]:
    """Tickets in work at the end of each local day, counted one ticket and one day at a time."""
    zone = ZoneInfo(time_zone)
    counts: dict[tuple[Any, ...], int] = {}
    for life in lives:
        day = life.states[0].at.astimezone(zone).date()
        while day <= as_of.astimezone(zone).date():
            next_day = day + timedelta(days=1)
            midnight = datetime(next_day.year, next_day.month, next_day.day, tzinfo=zone).astimezone(UTC)
            before = [state for state in life.states if state.at < midnight and state.at <= as_of]
            state = before[-1] if before else None
            if state is not None and state.category in WORK:
                key = (day, state.category, state.team, state.priority, life.ticket["service"], state.vendor)
                counts[key] = counts.get(key, 0) + 1
            day = next_day
    return counts

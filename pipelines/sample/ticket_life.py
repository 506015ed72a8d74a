"""What becomes of one ticket: its queue, work, waits, hand-overs, reopenings and end, as a list of changes.

The changes are in the simulator's own words (`company.Status`). How a system exports them is in `servicenow`, `jira`
and `zendesk`; how many tickets there are and when they arrive is in `arrivals`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from random import Random
from typing import Any, Final, NamedTuple

from pipelines.sample.company import (
    NEW_NETWORK_VENDOR,
    PRIORITIES,
    TEAM_BY_NAME,
    TROUBLED_TEAM,
    Priority,
    Status,
    System,
    Team,
)
from pipelines.sample.span import Span
from pipelines.sample.working_hours import OpenHours

HOUR: Final = 3600
DAY: Final = 24 * HOUR

#: In the bad month, waits on the new network vendor take this many times as long.
VENDOR_WAIT_FACTOR: Final = 3.0
#: Part of the vendor visits that are expedited, usually and in the bad month.
EXPEDITED_SHARE: Final = 0.05
EXPEDITED_SHARE_IN_BAD_MONTH: Final = 0.45

_ABANDONED: Final = 0.008
_CANCELLED: Final = 0.03
_RESOLVED_UNTOUCHED: Final = 0.03
_REOPENED: Final = 0.055
_PRIORITY_CHANGED: Final = 0.042
_HANDED_ON: Final = 0.13
_CUSTOMER_WAITS: Final = 0.32
_PROBLEM_WAITS: Final = 0.02
_REVIEW_SENT_BACK: Final = 0.2


class Change(NamedTuple):
    """One thing that changed about a ticket. `after` is a Status, a team, a priority rank, a vendor or nothing."""

    at: int
    #: status, team, priority, vendor, agent_reply, agent_note or customer_reply
    what: str
    before: Any
    after: Any


class VendorVisit(NamedTuple):
    """A vendor was asked to come; it bills each visit."""

    at: int
    vendor: str
    expedited: bool


@dataclass(slots=True)
class Ticket:
    """One simulated ticket. Creation is not a change: the changes start from the values it was created with."""

    number: int
    system: System
    created_at: int
    team: str
    service: str
    priority: int
    changes: list[Change] = field(default_factory=list)
    visits: list[VendorVisit] = field(default_factory=list)

    def updates(self) -> Iterator[tuple[int, list[Change]]]:
        """Changes grouped by the instant at which they were made, in order."""
        for at, changes in groupby(self.changes, key=attrgetter("at")):
            yield at, list(changes)


def live(
    ticket: Ticket, priorities: Mapping[int, Priority], hours: Mapping[str, OpenHours], span: Span, random: Random
) -> None:
    """Play a created ticket through to its end, or to the end of the span, whichever comes first."""
    life = _Life(ticket, priorities, hours, span, random)
    life.play()
    ticket.changes = [change for change in ticket.changes if change.at < span.end_at]
    ticket.visits = [visit for visit in ticket.visits if visit.at < span.end_at]


class _Life:
    """A ticket in play: where it stands now, and the moves that bring it on."""

    def __init__(
        self,
        ticket: Ticket,
        priorities: Mapping[int, Priority],
        hours: Mapping[str, OpenHours],
        span: Span,
        random: Random,
    ) -> None:
        self.ticket = ticket
        self.priorities = priorities
        self.hours = hours
        self.span = span
        self.random = random
        self.now = ticket.created_at
        self.status = Status.NEW
        self.team: Team = TEAM_BY_NAME[ticket.team]
        self.priority = priorities[ticket.priority]
        self.vendor: str | None = None

    def play(self) -> None:
        draw = self.random.random
        fate = draw()
        if fate < _ABANDONED / 2:
            return
        if self._chance(_HANDED_ON):
            self._work(self._queue_hours() / 2)
            self._hand_on()
        self._work(self._queue_hours())
        fate -= _ABANDONED / 2
        if 0 <= fate < _CANCELLED and self.ticket.system is not System.ZENDESK:
            self._move(Status.CANCELLED)
            return
        if _CANCELLED <= fate < _CANCELLED + _RESOLVED_UNTOUCHED:
            self._resolve_and_close()
            return
        self._begin()
        if fate > 1 - _ABANDONED:
            self._work(0.5)
            self._move(Status.WAITING_CUSTOMER)
            return
        self._go_through_work()
        self._resolve_and_close()

    def _begin(self) -> None:
        self._move(Status.ACTIVE)
        if self.ticket.system is System.ZENDESK:
            self._work(0.1)
            self._say("agent_reply")

    def _go_through_work(self) -> None:
        waits = self._draw_waits()
        work_hours = self.priority.work_hours * self.team.effort * self.random.lognormvariate(0.0, 0.75)
        change_priority_before = (
            int(self.random.random() * (len(waits) + 1)) if self._chance(_PRIORITY_CHANGED) else None
        )
        for index, wait in enumerate((*waits, None)):
            if index == change_priority_before:
                self._work(0.05)
                self._change_priority()
            self._work(work_hours / (len(waits) + 1))
            if self._chance(0.3):
                self._say("agent_note")
                self._work(0.2)
            if wait is not None:
                self._wait_for(wait)
        if self.ticket.system is System.JIRA:
            self._review()

    def _draw_waits(self) -> list[Status]:
        waits = []
        if self._chance(_CUSTOMER_WAITS):
            waits.append(Status.WAITING_CUSTOMER)
        if self.team.vendor is not None and self._chance(self.team.vendor_share):
            waits.append(Status.WAITING_VENDOR)
        if self._chance(_PROBLEM_WAITS):
            waits.append(Status.WAITING_PROBLEM)
        return waits

    def _wait_for(self, status: Status) -> None:
        spread = self.random.lognormvariate
        if status is Status.WAITING_VENDOR:
            self._call_vendor()
            hours = self.priority.vendor_wait_hours * spread(0.0, 0.55)
            if self._is_in_bad_month() and self.vendor == NEW_NETWORK_VENDOR:
                hours *= VENDOR_WAIT_FACTOR
            self._pass(hours)
            self._move(Status.ACTIVE)
        elif status is Status.WAITING_CUSTOMER:
            self._say("agent_reply")
            self._move(status)
            self._pass(9.0 * spread(0.0, 0.9))
            self._say("customer_reply")
            self._move(Status.ACTIVE)
        else:
            self._move(status)
            self._pass(30.0 * spread(0.0, 0.8))
            self._move(Status.ACTIVE)

    def _call_vendor(self) -> None:
        vendor = self.team.vendor
        if self.team.name == TROUBLED_TEAM and self.now >= self._bad_month_start():
            vendor = NEW_NETWORK_VENDOR
        if vendor is None:
            return
        if vendor != self.vendor:
            self._note("vendor", self.vendor, vendor)
            self.vendor = vendor
        in_trouble = vendor == NEW_NETWORK_VENDOR and self._is_in_bad_month()
        expedited = self._chance(EXPEDITED_SHARE_IN_BAD_MONTH if in_trouble else EXPEDITED_SHARE)
        self.ticket.visits.append(VendorVisit(self.now, vendor, expedited))
        self._move(Status.WAITING_VENDOR)

    def _review(self) -> None:
        self._move(Status.REVIEW)
        self._work(3.0 * self.random.lognormvariate(0.0, 0.7))
        if self._chance(_REVIEW_SENT_BACK):
            self._move(Status.ACTIVE)
            self._work(2.0 * self.random.lognormvariate(0.0, 0.5))
            self._move(Status.REVIEW)
            self._work(1.5)

    def _resolve_and_close(self) -> None:
        self._resolve()
        while self._chance(_REOPENED):
            self._pass(1.0 + 40.0 * self.random.random())
            self._say("customer_reply")
            self._move(Status.ACTIVE)
            self._work(self.priority.work_hours * self.team.effort * self.random.lognormvariate(-0.4, 0.6))
            self._resolve()
        if self.ticket.system is not System.JIRA:
            self.now += 5 * DAY + int(self.random.random() * HOUR)
            self._move(Status.CLOSED)

    def _resolve(self) -> None:
        self._say("agent_reply")
        self._move(Status.RESOLVED)

    def _hand_on(self) -> None:
        teams = self.team.hands_to
        (name,) = self.random.choices(list(teams), weights=list(teams.values()))
        self._note("team", self.team.name, name)
        self.team = TEAM_BY_NAME[name]

    def _change_priority(self) -> None:
        others = [rank for rank in self.priorities if abs(rank - self.priority.rank) == 1]
        rank = self.random.choice(others)
        self._note("priority", self.priority.rank, rank)
        self.priority = self.priorities[rank]

    def _queue_hours(self) -> float:
        return self.priority.queue_hours * self.team.effort * self.random.lognormvariate(0.0, 0.8)

    def _move(self, status: Status) -> None:
        self._note("status", self.status, status)
        self.status = status

    def _say(self, what: str) -> None:
        self._note(what, None, None)

    def _note(self, what: str, before: str | int | None, after: str | int | None) -> None:
        self.ticket.changes.append(Change(self.now, what, before, after))

    def _work(self, open_hours: float) -> None:
        """Let open hours of the team go by."""
        self.now = max(self.now + 1, self.hours[self.team.name].advance(self.now, int(open_hours * HOUR)))

    def _pass(self, hours: float) -> None:
        """Let hours on the wall go by, and then until the team is next open."""
        later = self.now + max(1, int(hours * HOUR))
        self.now = max(later, self.hours[self.team.name].advance(later, 0))

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def _bad_month_start(self) -> int:
        return self.span.month_starts[self.span.months.index(self.span.bad_month)]

    def _is_in_bad_month(self) -> bool:
        return self.span.month_of(self.now) == self.span.bad_month


def draw_ticket(number: int, created_at: int, team: Team, random: Random) -> Ticket:
    """A new ticket of a team, with its service and priority drawn from the team's mix."""
    (service,) = random.choices(list(team.services), weights=list(team.services.values()))
    (priority,) = random.choices(PRIORITIES, weights=[priority.weight for priority in PRIORITIES])
    return Ticket(number, team.system, created_at, team.name, service, priority.rank)

"""SLA clocks worked out one ticket, one stretch and one minute at a time, as one would by hand.

Shares nothing with the kernel but the records that say what a policy and a calendar are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from open_time_oracle import MICROSECOND
from ticket_oracle import WORK, Life, Oracle, Row, State

from metrics.sla import SlaPolicy
from models.vocabulary import SlaTarget

Cycle = tuple[datetime, datetime | None]


def work_out_clocks(
    oracle: Oracle, life: Life, facts: Row, policies: Sequence[SlaPolicy], talking: Collection[str]
) -> list[dict[str, Any]]:
    """What `fct_sla_clocks` must say of a ticket with a history.

    Args:
        talking: sources whose events tell replies.
    """
    clocks: list[dict[str, Any]] = []
    for target in SlaTarget:
        of_target = [policy for policy in policies if policy.target is target]
        if target is SlaTarget.FIRST_RESPONSE:
            clocks += _run_all(_Clock, oracle, life, facts, of_target, _response(facts))
        elif target is SlaTarget.RESOLUTION:
            cycles = _cycles_or_one(life, _continues(life, of_target, oracle.as_of))
            clocks += _run_all(_Clock, oracle, life, facts, of_target, cycles)
        elif target is SlaTarget.PERIODIC_UPDATE:
            if life.ticket["source"] in talking and _tells_all_replies(life, oracle.as_of):
                cycles = _cycles_or_one(life, _continues(life, of_target, oracle.as_of))
                clocks += _run_all(_Silence, oracle, life, facts, of_target, cycles)
        else:
            for scope in dict.fromkeys(_holder(policy) for policy in of_target):
                clocks += _run_holder(oracle, life, facts, of_target, scope, target)
    return clocks


def _run_all(
    kind: type[_Clock],
    oracle: Oracle,
    life: Life,
    facts: Row,
    policies: Sequence[SlaPolicy],
    cycles: Sequence[Cycle],
) -> list[dict[str, Any]]:
    rows = []
    for number, (start, stop) in enumerate(cycles, start=1):
        row = kind(oracle, life, policies, start, *_stop_or_cancel(facts, stop)).run()
        if row:
            rows.append({"target": policies[0].target.value, "cycle_number": number, **row})
    return rows


def _stop_or_cancel(facts: Row, stop: datetime | None) -> tuple[datetime | None, datetime | None]:
    cancelled_at = facts["cancelled_at"]
    if cancelled_at is not None and (stop is None or stop > cancelled_at):
        return None, cancelled_at
    return stop, None


def _response(facts: Row) -> list[Cycle]:
    responses = [instant for instant in (facts["first_response_at"], facts["first_resolved_at"]) if instant]
    stop = max(facts["created_at"], min(responses)) if responses else None
    return [(facts["created_at"], stop)]


def _cycles(life: Life) -> list[Cycle]:
    cycles: list[list[Any]] = [[life.states[0].at, None]]
    uncancelled = "queued"
    for index, state in enumerate(life.states):
        if index and state.category in WORK and uncancelled == "done":
            cycles[-1][1] = cycles[-1][1] or state.at
            cycles.append([state.at, None])
        if state.category == "done" and cycles[-1][1] is None:
            cycles[-1][1] = state.at
        if state.category == "cancelled" and cycles[-1][1] == state.at:
            cycles[-1][1] = None
        if state.category != "cancelled":
            uncancelled = state.category
    return [(start, stop) for start, stop in cycles]


def _cycles_or_one(life: Life, continues: bool) -> list[Cycle]:
    cycles = _cycles(life)
    return [(cycles[0][0], cycles[-1][1])] if continues else cycles


def _continues(life: Life, policies: Sequence[SlaPolicy], as_of: datetime) -> bool:
    start = life.at(life.states[0].at)
    for state, _ in life.lasting(as_of):
        policy = _first_policy(policies, life, start, state.priority)
        if policy is not None:
            return policy.on_reopen == "continue"
    return False


def _first_policy(policies: Sequence[SlaPolicy], life: Life, holder: State, priority: str | None) -> SlaPolicy | None:
    ticket = life.ticket
    values = {
        "source": ticket["source"],
        "team": holder.team,
        "service": ticket["service"],
        "priority": priority,
        "ticket_type": ticket["ticket_type"],
        "vendor": holder.vendor,
    }
    created = life.states[0].at.astimezone(UTC).date()
    for policy in policies:
        in_scope = all(values[name] in accepted for name, accepted in policy.scope.items())
        is_early = policy.effective_from is not None and created < policy.effective_from
        is_late = policy.effective_to is not None and created > policy.effective_to
        if in_scope and not is_early and not is_late:
            return policy
    return None


class _Clock:
    """One clock, run stretch by stretch and minute by minute."""

    def __init__(
        self,
        oracle: Oracle,
        life: Life,
        policies: Sequence[SlaPolicy],
        start: datetime,
        stop: datetime | None,
        cancelled_at: datetime | None,
    ) -> None:
        self.oracle, self.life, self.policies = oracle, life, policies
        self.start, self.stop, self.cancelled_at = start, stop, cancelled_at
        self.end = stop or cancelled_at or oracle.as_of
        self.is_ended = stop is not None or cancelled_at is not None
        self.policy: SlaPolicy | None = None
        self.priority: str | None = None
        self.started_at = start
        self.first_calendar: str | None = None
        self.elapsed = self.paused = 0
        self.reached_at: datetime | None = None
        self.breached_at: datetime | None = None
        self.breached_policy: SlaPolicy | None = None
        self.breached_calendar: str | None = None

    def run(self) -> dict[str, Any] | None:
        is_paused = False
        for state, begin, until in self._stretches():
            self._consider(state, begin)
            if self.policy is None:
                continue
            is_paused = self._is_paused(state)
            self._pass(begin, until, is_paused)
        if self.policy is None:
            return None
        return self._result(is_paused)

    def _stretches(self) -> list[tuple[State, datetime, datetime]]:
        if self.start == self.end:
            return [(self.life.at(self.start), self.start, self.start)]
        lasting = self.life.lasting(self.oracle.as_of)
        stretches = [
            (state, max(state.at, self.start), min(until, self.end))
            for state, until in lasting
            if until > self.start and state.at < self.end
        ]
        final, as_of = lasting[-1]
        if final.at == as_of and not self.is_ended:
            stretches.append((final, as_of, as_of))
        return stretches

    def _candidate(self, state: State) -> SlaPolicy | None:
        return _first_policy(self.policies, self.life, self.life.at(self.start), state.priority)

    def _consider(self, state: State, at: datetime) -> None:
        """Ask at the beginning, and at each change of priority, which policy is in force."""
        candidate = self._candidate(state)
        if self.policy is None:
            if candidate is not None:
                self.policy, self.started_at = candidate, at
                self.first_calendar = self.oracle.calendar_of(state.team)
        elif candidate is not None and state.priority != self.priority and self.policy.on_priority_change != "keep":
            if self.policy.on_priority_change == "restart" and self.breached_at is None:
                self._restart(at)
            if candidate.within_microseconds != self.policy.within_microseconds:
                self._retarget(candidate, at)
            self.policy = candidate
        self.priority = state.priority
        if self.policy is not None and self.elapsed > self.policy.within_microseconds:
            self._breach(at)

    def _restart(self, at: datetime) -> None:
        self.started_at, self.elapsed, self.paused, self.reached_at = at, 0, 0, None

    def _retarget(self, candidate: SlaPolicy, at: datetime) -> None:
        self.reached_at = at if self.elapsed >= candidate.within_microseconds else None

    def _is_paused(self, state: State) -> bool:
        assert self.policy is not None
        if state.category not in WORK:
            return True
        if state.category not in {category.value for category in self.policy.pause_categories}:
            return False
        reasons = self.policy.pause_reasons
        return state.category != "waiting" or not reasons or state.reason in reasons

    @property
    def calendar(self) -> str:
        assert self.policy is not None and self.first_calendar is not None
        return self.policy.calendar or self.first_calendar

    def _pass(self, begin: datetime, until: datetime, is_paused: bool) -> None:
        assert self.policy is not None
        target = self.policy.within_microseconds
        counter = self.oracle.counters[self.calendar]
        if is_paused:
            self.paused += counter.between(begin, until)
            return
        for opens, closes in counter.pieces(begin, until):
            length = (closes - opens) // MICROSECOND
            if self.reached_at is None and self.elapsed + length >= target:
                self.reached_at = opens + (target - self.elapsed) * MICROSECOND
            self.elapsed += length
            if self.elapsed > target:
                self._breach(opens)

    def _breach(self, at: datetime) -> None:
        if self.breached_at is None:
            assert self.reached_at is not None and self.reached_at <= at + timedelta(minutes=1)
            self.breached_at = self.reached_at
            self.breached_policy, self.breached_calendar = self.policy, self.calendar

    def _total(self) -> int:
        """What the clock counted in all."""
        return self.elapsed

    def _holder_at(self, instant: datetime) -> State:
        """Whose team and vendor are the clock's."""
        return self.life.at(instant)

    def _result(self, is_paused: bool) -> dict[str, Any]:
        policy = self.breached_policy or self.policy
        assert policy is not None
        target = policy.within_microseconds
        if self.breached_at is not None:
            state, decided_at, seen_at = "breached", self.breached_at, self.breached_at
        elif self.stop is not None:
            state, decided_at, seen_at = "met", self.stop, self.stop
        elif self.cancelled_at is not None:
            state, decided_at, seen_at = "cancelled", None, self.cancelled_at
        else:
            state, decided_at, seen_at = ("paused" if is_paused else "running"), None, self.oracle.as_of
        is_open = state in ("running", "paused")
        left = target - self.elapsed if is_open else target - self._total()
        return {
            "sla_policy": policy.id,
            "state": state,
            "calendar": self.breached_calendar or self.calendar,
            "started_at": self.started_at,
            "stopped_at": self.stop or self.cancelled_at,
            "target_microseconds": target,
            "elapsed_microseconds": self._total(),
            "paused_microseconds": self.paused,
            "breached_at": self.breached_at,
            "decided_at": decided_at,
            "due_at": self._due() if state == "running" else None,
            "remaining_microseconds": left if is_open or state == "breached" else None,
            "used_ratio": self.elapsed / target if is_open else None,
            "team": self._holder_at(seen_at).team,
            "priority": self.life.at(seen_at).priority,
            "vendor": self._holder_at(seen_at).vendor,
        }

    def _due(self) -> datetime | None:
        assert self.policy is not None
        if self.reached_at is not None:
            return self.reached_at
        missing = self.policy.within_microseconds - self.elapsed
        counter = self.oracle.counters[self.calendar]
        horizon = counter.start + timedelta(minutes=len(counter.is_open) - 1)
        for opens, closes in counter.pieces(self.oracle.as_of, horizon):
            length = (closes - opens) // MICROSECOND
            if missing <= length:
                return opens + missing * MICROSECOND
            missing -= length
        return None


def _replies(life: Life, as_of: datetime) -> set[datetime]:
    named = life.ticket["first_response_at"]
    return {instant for instant in [*life.replies, named] if instant is not None and instant <= as_of}


def _tells_all_replies(life: Life, as_of: datetime) -> bool:
    """A ticket that names its first response, without an event that tells a reply, keeps something to itself."""
    return bool(life.replies) or not _replies(life, as_of)


class _Silence(_Clock):
    """A clock that counts from reply to reply: `elapsed` is the present silence, `longest` the longest one before."""

    longest = 0

    def _stretches(self) -> list[tuple[State, datetime, datetime]]:
        replies = _replies(self.life, self.oracle.as_of)
        pieces: list[tuple[State, datetime, datetime]] = []
        for state, begin, until in super()._stretches():
            edges = [begin, *sorted(reply for reply in replies if begin < reply < until), until]
            pieces += [(state, first, last) for first, last in pairwise(edges)]
        state, begin, until = pieces[-1]
        if not self.is_ended and until in replies and begin < until:
            pieces.append((state, until, until))
        return pieces

    def _consider(self, state: State, at: datetime) -> None:
        if at in _replies(self.life, self.oracle.as_of):
            self.longest = self._total()
            self.elapsed, self.reached_at = 0, None
        super()._consider(state, at)

    def _restart(self, at: datetime) -> None:
        self.longest = 0
        super()._restart(at)

    def _retarget(self, candidate: SlaPolicy, at: datetime) -> None:
        if self.breached_at is None:
            self.longest = 0
        super()._retarget(candidate, at)

    def _total(self) -> int:
        return max(self.longest, self.elapsed)


Scope = tuple[frozenset[str] | None, frozenset[str] | None]


def _holder(policy: SlaPolicy) -> Scope:
    return policy.scope.get("vendor"), policy.scope.get("team")


def _is_holder(scope: Scope, state: State) -> bool:
    vendors, teams = scope
    return (vendors is None or state.vendor in vendors) and (teams is None or state.team in teams)


def _own_policy(policies: Sequence[SlaPolicy], life: Life, scope: Scope, state: State) -> SlaPolicy | None:
    """The holder's policy that has a stretch."""
    policy = _first_policy(policies, life, state, state.priority) if state.category in WORK else None
    return policy if policy is not None and _holder(policy) == scope else None


def _is_held(policies: Sequence[SlaPolicy], life: Life, scope: Scope, state: State) -> bool:
    if state.category not in WORK or not _is_holder(scope, state):
        return False
    policy = _first_policy(policies, life, state, state.priority)
    return policy is None or _holder(policy) == scope


class _Held(_Clock):
    """A clock that runs only while its holder has the ticket."""

    scope: Scope

    def _candidate(self, state: State) -> SlaPolicy | None:
        return _own_policy(self.policies, self.life, self.scope, state)

    def _consider(self, state: State, at: datetime) -> None:
        if _is_held(self.policies, self.life, self.scope, state):
            super()._consider(state, at)

    def _is_paused(self, state: State) -> bool:
        return not _is_held(self.policies, self.life, self.scope, state) or super()._is_paused(state)

    def _holder_at(self, instant: datetime) -> State:
        states = [state for state, _ in self.life.lasting(self.oracle.as_of) if state.at <= instant]
        return [state for state in states if _is_held(self.policies, self.life, self.scope, state)][-1]


def _run_holder(
    oracle: Oracle, life: Life, facts: Row, policies: Sequence[SlaPolicy], scope: Scope, target: SlaTarget
) -> list[dict[str, Any]]:
    lasting = [state for state, _ in life.lasting(oracle.as_of)]
    owns = [policy for state in lasting if (policy := _own_policy(policies, life, scope, state))]
    continues = bool(owns) and owns[0].on_reopen == "continue"
    kind = type("_HeldByOne", (_Held,), {"scope": scope})
    if target is SlaTarget.VENDOR_RESOLUTION:
        whole = [cycle if cycle[1] != cycle[0] else None for cycle in _cycles_or_one(life, continues)]
        rows = []
        for number, cycle in enumerate(whole, start=1):
            row = cycle and kind(oracle, life, policies, cycle[0], *_stop_or_cancel(facts, cycle[1])).run()
            if row:
                rows.append({"target": target.value, "cycle_number": number, **row})
        return rows
    rows = []
    for number, (start, stop) in enumerate(_cycles(life), start=1):
        taken_at, stop = _respond(oracle, life, policies, scope, facts, start, stop)
        if taken_at is None or (continues and rows):
            continue
        row = kind(oracle, life, policies, taken_at, *_stop_or_cancel(facts, stop)).run()
        assert row is not None
        rows.append({"target": target.value, "cycle_number": 1 if continues else number, **row})
    return rows


def _respond(
    oracle: Oracle,
    life: Life,
    policies: Sequence[SlaPolicy],
    scope: Scope,
    facts: Row,
    start: datetime,
    stop: datetime | None,
) -> Cycle | tuple[None, None]:
    """When the holder first takes the ticket in a cycle, and when it responds or loses it, if it does."""
    end = min(instant for instant in (stop, facts["cancelled_at"], oracle.as_of) if instant is not None)
    is_ended = stop is not None or facts["cancelled_at"] is not None
    in_cycle = [
        state
        for state, until in life.lasting(oracle.as_of)
        if (until > start and state.at < end) or (not is_ended and state.at == until == end)
    ]
    taken = [index for index, state in enumerate(in_cycle) if _own_policy(policies, life, scope, state)]
    if not taken:
        return None, None
    taken_at = max(in_cycle[taken[0]].at, start)
    for state in in_cycle[taken[0] :]:
        if state.category in WORK and not _is_held(policies, life, scope, state):
            end = min(end, state.at)
            stop = end
            break
    signs = [reply for reply in _replies(life, oracle.as_of) if reply > taken_at]
    previous = None
    for state in life.states:
        is_entry = state.category == "active" and (previous is None or previous.category != "active")
        if is_entry and _is_holder(scope, state) and state.at >= taken_at:
            signs.append(state.at)
        previous = state
    in_time = [sign for sign in signs if sign <= end]
    return taken_at, min(in_time, default=stop)

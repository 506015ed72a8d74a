"""Promises of vendors and teams that hold a ticket for a while, worked out one holder and one stretch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from clock_oracle import Clock, first_policy, replies_of
from cycle_oracle import Cycle, cycles_of, cycles_or_one, stop_or_cancel, sure_of_cycles
from judge_oracle import judge, leave_open, returned_unseen
from ticket_oracle import WORK, Life, Oracle, Row, State

from metrics.sla.clocks import SlaPolicy
from models.vocabulary import SlaTarget

Scope = tuple[frozenset[str] | None, frozenset[str] | None]


def holder_of(policy: SlaPolicy) -> Scope:
    return policy.scope.get("vendor"), policy.scope.get("team")


def _is_holder(scope: Scope, state: State) -> bool:
    vendors, teams = scope
    return (vendors is None or state.vendor in vendors) and (teams is None or state.team in teams)


def _own_policy(policies: Sequence[SlaPolicy], life: Life, scope: Scope, state: State) -> SlaPolicy | None:
    """The holder's policy that has a stretch."""
    policy = first_policy(policies, life, state, state.priority) if state.category in WORK else None
    return policy if policy is not None and holder_of(policy) == scope else None


def _is_held(policies: Sequence[SlaPolicy], life: Life, scope: Scope, state: State) -> bool:
    if state.category not in WORK or not _is_holder(scope, state):
        return False
    policy = first_policy(policies, life, state, state.priority)
    return policy is None or holder_of(policy) == scope


class _Held(Clock):
    """A clock that runs only while its holder has the ticket."""

    scope: Scope
    sees_doubts = False

    def _candidate(self, state: State) -> SlaPolicy | None:
        return _own_policy(self.policies, self.life, self.scope, state)

    def _consider(self, state: State, at: datetime) -> None:
        if _is_held(self.policies, self.life, self.scope, state):
            super()._consider(state, at)

    def is_unseen(self, state: State) -> bool:
        return _is_held(self.policies, self.life, self.scope, state) and super().is_unseen(state)

    def _is_paused(self, state: State) -> bool:
        return not _is_held(self.policies, self.life, self.scope, state) or super()._is_paused(state)

    def _find_unshown(self, state: State, begin: datetime, until: datetime, *, is_paused: bool) -> None:
        if _is_held(self.policies, self.life, self.scope, state):
            super()._find_unshown(state, begin, until, is_paused=is_paused)

    def _holder_at(self, instant: datetime) -> State:
        states = [state for state, _ in self.life.lasting(self.oracle.as_of) if state.at <= instant]
        return [state for state in states if _is_held(self.policies, self.life, self.scope, state)][-1]


def run_holder(
    oracle: Oracle, life: Life, facts: Row, policies: Sequence[SlaPolicy], scope: Scope, target: SlaTarget
) -> list[dict[str, Any]]:
    lasting = [state for state, _ in life.lasting(oracle.as_of)]
    owns = [policy for state in lasting if (policy := _own_policy(policies, life, scope, state))]
    continues = bool(owns) and owns[0].on_reopen == "continue"
    kind = type("_HeldByOne", (_Held,), {"scope": scope})
    if target is SlaTarget.VENDOR_RESOLUTION:
        whole = cycles_or_one(life, continues)
        rows = []
        for number, (cycle, sure) in enumerate(zip(whole, sure_of_cycles(life, whole, oracle.as_of), strict=True), 1):
            if cycle[1] == cycle[0] and not oracle.told_by_field(life, cycle[0]):
                continue
            row = judge(kind, oracle, life, policies, cycle[0], stop_or_cancel(facts, cycle[1]), sure)
            if row:
                rows.append({"target": target.value, "cycle_number": number, **row})
        return rows
    rows = []
    for number, (start, stop) in enumerate(cycles_of(life), start=1):
        taken_at, stop = _respond(oracle, life, policies, scope, facts, start, stop)
        if taken_at is None or (continues and rows):
            continue
        ended, cancelled_at = stop_or_cancel(facts, stop)
        clock = kind(oracle, life, policies, taken_at, ended, cancelled_at)
        row = clock.run()
        assert row is not None
        if ended is not None:
            after = returned_unseen(clock)
            row = row if after is None else leave_open(row, ended, [after])
        # A response is judged as the exports show it.
        bounds = dict.fromkeys(("remaining_lower_microseconds", "remaining_upper_microseconds"))
        rows.append({"target": target.value, "cycle_number": 1 if continues else number, **row, **bounds})
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
        if (until > start and state.at < end)
        or (not is_ended and state.at == until == end)
        or (state.at == start and state in oracle.told_by_field(life, start))
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
    signs = [reply for reply in replies_of(life, oracle.as_of) if reply > taken_at]
    previous = None
    for state in life.states:
        is_entry = state.category == "active" and (previous is None or previous.category != "active")
        if is_entry and _is_holder(scope, state) and state.at >= taken_at:
            signs.append(state.at)
        previous = state
    in_time = [sign for sign in signs if sign <= end]
    return taken_at, min(in_time, default=stop)

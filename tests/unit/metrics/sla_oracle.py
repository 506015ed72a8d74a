"""All SLA clocks of a ticket, worked out one ticket, one stretch and one minute at a time, as one would by hand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from clock_oracle import Clock, first_policy, replies_of
from cycle_oracle import Cycle, cycles_or_one, stop_or_cancel, sure_of_cycles
from holder_oracle import holder_of, run_holder
from judge_oracle import judge
from ticket_oracle import Life, Oracle, Row, State

from metrics.sla.clocks import SlaPolicy
from models.vocabulary import SlaTarget


def work_out_clocks(
    oracle: Oracle, life: Life, facts: Row, policies: Sequence[SlaPolicy], talking: Collection[str]
) -> list[dict[str, Any]]:
    """What `fct_sla_clocks` must say of a ticket with a history.

    Args:
        talking: sources whose events tell replies.
    """
    clocks: list[dict[str, Any]] = []
    life.queued_until = facts["first_response_earliest_at"]
    for target in SlaTarget:
        of_target = [policy for policy in policies if policy.target is target]
        if target is SlaTarget.FIRST_RESPONSE:
            clocks += _run_all(
                Clock, oracle, life, facts, of_target, _response(facts), [_sure_of_response(facts, life, oracle.as_of)]
            )
        elif target is SlaTarget.RESOLUTION:
            cycles = cycles_or_one(life, _continues(life, of_target, oracle.as_of))
            sure = sure_of_cycles(life, cycles, oracle.as_of)
            clocks += _run_all(Clock, oracle, life, facts, of_target, cycles, sure)
        elif target is SlaTarget.PERIODIC_UPDATE:
            if life.ticket["source"] in talking and _tells_all_replies(life, oracle.as_of):
                cycles = cycles_or_one(life, _continues(life, of_target, oracle.as_of))
                sure = sure_of_cycles(life, cycles, oracle.as_of)
                clocks += _run_all(_Silence, oracle, life, facts, of_target, cycles, sure)
        else:
            for scope in dict.fromkeys(holder_of(policy) for policy in of_target):
                clocks += run_holder(oracle, life, facts, of_target, scope, target)
    return clocks


def _run_all(
    kind: type[Clock],
    oracle: Oracle,
    life: Life,
    facts: Row,
    policies: Sequence[SlaPolicy],
    cycles: Sequence[Cycle],
    sure: Sequence[datetime | None],
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    if not policies:
        return rows
    for number, ((start, stop), until) in enumerate(zip(cycles, sure, strict=True), start=1):
        # Whether somebody answered is not told of a first response that lies between two exports.
        tells_stop = policies[0].target is not SlaTarget.FIRST_RESPONSE or not facts["first_response_earliest_at"]
        ends = stop_or_cancel(facts, stop)
        row = judge(kind, oracle, life, policies, start, ends, until, tells_stop=tells_stop)
        if row:
            rows.append({"target": policies[0].target.value, "cycle_number": number, **row})
    return rows


def _response(facts: Row) -> list[Cycle]:
    responses = [instant for instant in (facts["first_response_at"], facts["first_resolved_at"]) if instant]
    stop = max(facts["created_at"], min(responses)) if responses else None
    return [(facts["created_at"], stop)]


def _sure_of_response(facts: Row, life: Life, as_of: datetime) -> datetime | None:
    earliest = facts["first_response_earliest_at"]
    response, resolved = facts["first_response_at"], facts["first_resolved_at"]
    if earliest is None and resolved and (response is None or resolved < response):
        # The resolution is the response.
        for state, _ in life.lasting(as_of):
            if state.category == "done" and state.at == resolved:
                earliest = state.earliest
                break
    return max(facts["created_at"], earliest) if earliest else None


def _continues(life: Life, policies: Sequence[SlaPolicy], as_of: datetime) -> bool:
    start = life.at(life.states[0].at)
    for state, _ in life.lasting(as_of):
        policy = first_policy(policies, life, start, state.priority)
        if policy is not None:
            return policy.on_reopen == "continue"
    return False


def _tells_all_replies(life: Life, as_of: datetime) -> bool:
    """A ticket that names its first response, without an event that tells a reply, keeps something to itself."""
    return bool(life.replies) or not replies_of(life, as_of)


class _Silence(Clock):
    """A clock that counts from reply to reply: `elapsed` is the present silence, `longest` the longest one before."""

    longest = 0
    sees_doubts = False
    sees_unshown = False

    def _blur(self, *_: Any) -> None:
        """Replies are told by events, and so is all else of it."""

    def _stretches(self) -> list[tuple[State, datetime, datetime]]:
        replies = replies_of(self.life, self.oracle.as_of)
        pieces: list[tuple[State, datetime, datetime]] = []
        for state, begin, until in super()._stretches():
            edges = [begin, *sorted(reply for reply in replies if begin < reply < until), until]
            pieces += [(state, first, last) for first, last in pairwise(edges)]
        state, begin, until = pieces[-1]
        if not self.is_ended and until in replies and begin < until:
            pieces.append((state, until, until))
        return pieces

    def _consider(self, state: State, at: datetime) -> None:
        if at in replies_of(self.life, self.oracle.as_of):
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

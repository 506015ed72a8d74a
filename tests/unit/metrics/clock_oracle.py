"""One SLA clock at a time, run stretch by stretch and minute by minute.

Shares nothing with the kernel but the records that say what a policy and a calendar are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from doubt_oracle import Doubts, Passed, doubt_of, is_dated_end, next_late, pauses
from open_time_oracle import MICROSECOND, MinuteCounter
from ticket_oracle import WORK, Life, Oracle, State

from metrics.sla.clocks import SlaPolicy


def first_policy(policies: Sequence[SlaPolicy], life: Life, holder: State, priority: str | None) -> SlaPolicy | None:
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


def replies_of(life: Life, as_of: datetime) -> set[datetime]:
    named = life.ticket["first_response_at"]
    return {instant for instant in [*life.replies, named] if instant is not None and instant <= as_of}


@dataclass(frozen=True)
class Unshown:
    """How long a clock may have run, or else stood still, in a category that no export shows of its ticket.

    `is_left` is whether that is because the ticket left the queue.
    """

    time: int
    may_run: bool
    is_left: bool


def unshown_in(life: Life, state: State, as_of: datetime) -> tuple[str, datetime, datetime] | None:
    """A category in which the ticket may have been in part of a stretch, from when and until when."""
    if life.ticket["export_shape"] != "repeated_snapshots":
        return None
    lasting = life.lasting(as_of)
    place = next(index for index, (each, _) in enumerate(lasting) if each is state)
    ends = lasting[place][1]
    seen = life.ticket["first_seen_at"]
    if place == 0 and state.category == "active" and seen is not None:
        return "queued", state.at, min(seen, ends)
    if state.category == "queued" and place + 1 < len(lasting):
        following = lasting[place + 1][0]
        if following.category not in ("queued", "active"):
            return "active", max(state.at, following.earliest or life.queued_until or state.at), ends
    return None


class Clock:
    """One clock, run stretch by stretch and minute by minute."""

    #: Whether it is judged by priorities that exports show late, too.
    sees_doubts = True
    #: Whether it is judged by what no export shows of its ticket.
    sees_unshown = True

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
        self.begun_at: datetime | None = None
        self.first_calendar: str | None = None
        self.elapsed = self.paused = 0
        self.reached_at: datetime | None = None
        self.breached_at: datetime | None = None
        self.breached_policy: SlaPolicy | None = None
        self.breached_calendar: str | None = None
        # What it can have counted before it is known to run, or stood still before it is known to.
        self.early_run = self.early_pause = 0
        # The same of the latest stretch, for no export shows what its ticket was.
        self.unshown: Unshown | None = None
        self.run_in_all = 0
        self.targets: list[int] = []
        # Stretches with what had counted by their end.
        self.passed: list[tuple[datetime, int, int]] = []
        # The latest change of the target: when it is seen, and the export before; that of the breach.
        self.changed: tuple[datetime, datetime | None] | None = None
        self.broken_by_change: tuple[datetime, datetime | None] | None = None
        # Whether the clock starts anew in the stretch, and what counted since it did.
        self.is_anew = False
        self.last_attempt_at: datetime | None = None
        self.counted = 0
        self.doubts = Doubts()

    def run(self) -> dict[str, Any] | None:
        is_paused = False
        previous: datetime | None = None
        for state, begin, until in self._stretches():
            self.is_anew = False
            self._consider(state, begin)
            if self.policy is None and begin == self.start and self.sees_doubts:
                self._begin_as_before(state, begin)
            if self.policy is None:
                continue
            was_running = previous is not None and not is_paused and not self.is_anew
            is_paused = self._is_paused(state)
            self._doubt(state, begin, until, is_paused, is_first=previous is None)
            self.targets.append(self.policy.within_microseconds)
            self._blur(state, (begin, until), previous, was_running, not is_paused)
            self._settle_unshown()
            if self.sees_unshown:
                self._find_unshown(state, begin, until, is_paused=is_paused)
            before = self.paused
            self._pass(begin, until, is_paused)
            if not is_paused:
                self.run_in_all += self.oracle.counters[self.calendar].between(begin, until)
            assert is_paused or self.paused == before
            first = begin if previous is not None or state.at != begin or state.earliest is None else state.earliest
            doubt = self.doubts.stretches[-1].doubt
            least = min(self.policy.within_microseconds, *([doubt.target] if doubt else []), 1 << 62)
            self.passed.append((min(begin, first), self.counted, least))
            previous = begin
        if self.policy is None and self.sees_doubts:
            is_paused = self._begin_unseen()
        if self.policy is None:
            return None
        self._settle_unshown()
        self.early_run += self.doubts.more_run
        self.early_pause += self.doubts.more_pause
        return self._result(is_paused)

    def _doubt(self, state: State, begin: datetime, until: datetime, is_paused: bool, *, is_first: bool) -> None:
        """Whether another policy can have been in force, for exports show a priority some time after it was given."""
        assert self.policy is not None
        counter = self.oracle.counters[self.calendar]
        before = 0 if self.is_anew else self.counted
        self.counted = before + (0 if is_paused or begin >= until else counter.between(begin, until))
        target = self.policy.within_microseconds
        before_it = [each for each, _ in self.life.lasting(self.oracle.as_of) if each.at < state.at]
        comes_later = bool(before_it) and self.sees_doubts and is_dated_end(self.life, before_it[-1], state)
        passed = Passed(begin, until, counter, is_paused, before, self.counted, target, self.is_anew, comes_later, None)
        late = (
            next_late(self.life, self.oracle.as_of, begin, is_unseen=self.is_unseen(state))
            if self.sees_doubts
            else None
        )
        if late is not None:
            other = self._policy_of(late[0].priority)
            passed.doubt = doubt_of(passed, state, late, self.policy, other, [counter, self._counter_of(other)])
        is_blurred = state.at == begin and state.earliest is not None and state.earliest < begin
        self.doubts.add(passed, is_late=is_blurred)
        if is_first and begin == self.start and self.sees_doubts:
            self._doubt_beginning(state, begin, is_paused=is_paused)

    def is_unseen(self, state: State) -> bool:
        """Whether only a resolution that moved tells that the clock ran."""
        return self.is_told_by_field(state)

    def is_told_by_field(self, state: State) -> bool:
        """Whether only a resolution that moved tells that the ticket was in work."""
        return self.oracle.came_back_unseen(self.life) and state in self.life.unseen

    def _begin_as_before(self, state: State, begin: datetime) -> None:
        """It may have begun with the priority before, where no policy covers the one that is told late."""
        former = self._former_of(state, begin)
        if former is None:
            return
        self.policy, self.started_at = former, begin
        self.begun_at = begin
        self.first_calendar = self.oracle.calendar_of(state.team)
        self.doubts.may_keep_former = True

    def _begin_unseen(self) -> bool:
        """It may have begun after all, before it ended: a priority that a policy covers was told too late to say so."""
        state, begin, until = self._stretches()[-1]
        late = next_late(self.life, self.oracle.as_of, begin, is_unseen=self.is_unseen(state))
        if late is None or late[1] >= until or self._policy_of(late[0].priority) is None:
            return False
        self.policy = self._policy_of(late[0].priority)
        assert self.policy is not None
        self.started_at = self.begun_at = max(late[1], begin)
        self.first_calendar = self.oracle.calendar_of(state.team)
        is_paused = self._is_paused(state)
        counter = self.oracle.counters[self.calendar]
        counted = counter.between(self.started_at, until)
        self.targets.append(self.policy.within_microseconds)
        self._pass(self.started_at, until, is_paused)
        self.run_in_all += 0 if is_paused else counted
        if self.is_unseen(state):
            self.early_run += counter.between(min(late[1], begin), until)
        elif not is_paused and late[1] < begin:
            self.early_run += counter.between(late[1], begin)
        self._doubt(state, self.started_at, until, is_paused, is_first=False)
        self.doubts.stretches[-1].doubt = None
        self.doubts.former_target = self.policy.within_microseconds
        self.doubts.may_keep_former = True
        self.doubts.former_broken_after = late[1]
        self.passed.append((min(begin, late[1]), self.counted, self.policy.within_microseconds))
        return is_paused

    def _doubt_beginning(self, state: State, begin: datetime, *, is_paused: bool) -> None:
        former = self._former_of(state, begin)
        if former is None or (former is self.policy and not self.doubts.may_keep_former):
            return
        assert state.earliest is not None
        self.doubts.former_target = former.within_microseconds
        self.doubts.may_keep_former |= former.on_priority_change == "keep"
        counted = self._counter_of(former).between(state.earliest, begin)
        carries = former.on_priority_change != "restart" and not pauses(former, state.category, state.reason)
        is_another = self._counter_of(former) is not self.oracle.counters[self.calendar]
        if former is not self.policy and carries and (is_another or is_paused):
            self.early_run += counted
        if self.doubts.may_keep_former or counted > former.within_microseconds:
            self.doubts.former_broken_after = state.earliest

    def _former_of(self, state: State, begin: datetime) -> SlaPolicy | None:
        """The policy by the priority before, if that of the clock's beginning is told late."""
        before = [each for each, _ in self.life.lasting(self.oracle.as_of) if each.at < begin]
        if not before or state.at != begin or state.earliest is None or state.earliest >= begin:
            return None
        return self._policy_of(before[-1].priority) if before[-1].priority != state.priority else None

    def _policy_of(self, priority: str | None) -> SlaPolicy | None:
        return first_policy(self.policies, self.life, self._at_start(), priority)

    def _counter_of(self, policy: SlaPolicy | None) -> MinuteCounter:
        assert self.first_calendar is not None
        return self.oracle.counters[policy.calendar or self.first_calendar if policy else self.first_calendar]

    @property
    def least_target(self) -> int:
        return min(self.targets + [each.doubt.target for each in self.doubts.stretches if each.doubt])

    def is_broken(self, row: dict[str, Any]) -> bool:
        """Whether the promise was broken whichever policy was in force.

        Args:
            row: what `run` gave.
        """
        return row["state"] == "breached" and (not self.sees_doubts or self.doubts.broken_by(0) is not None)

    def broken_by(self, end: datetime) -> datetime | None:
        """By when it was broken, if it may have been later than it seems."""
        may_be_later = self.early_pause or self.doubts.other_targets
        return (self.doubts.broken_by(self.early_pause) or end) if may_be_later else None

    @property
    def is_in_attempt_of_breach(self) -> bool:
        """Whether the clock did not start anew after it was broken."""
        return self.last_attempt_at is None or self.last_attempt_at <= self.started_at

    @property
    def first_possible(self) -> datetime | None:
        """The start of the first stretch through which it can have reached its target, if it can have run early."""
        beyond = (begin for begin, counted, target in self.passed if counted + self.early_run >= target)
        return next(beyond, None) if self.early_run else None

    @property
    def changed_after(self) -> datetime | None:
        """The export before the change of priority that broke the promise, if one did."""
        if self.broken_by_change is None or self.broken_by_change[0] != self.breached_at:
            return None
        return self.broken_by_change[1]

    def _blur(
        self,
        state: State,
        span: tuple[datetime, datetime],
        previous: datetime | None,
        was_running: bool,
        is_running: bool,
    ) -> None:
        """An export shows the change first: it can have been any time since the one before."""
        begin, until = span
        if self.is_unseen(state):
            # What no export showed stands still, but may have counted until its end.
            self.early_run += self.oracle.counters[self.calendar].between(state.earliest or begin, until)
            return
        # It begins where a policy first covers the ticket, and may have run until a pause that came with that.
        is_covered_late = previous is None and begin != self.start and self.sees_doubts and not is_running
        comes_back = previous is not None and self._before(state).category not in WORK
        if ((previous is None and begin == self.start) or comes_back) and not is_running:
            is_covered_late = self._may_have_begun(state)
        if state.earliest is None or state.at != begin or (was_running == is_running and not is_covered_late):
            return
        if state.earliest < begin and self.unshown is not None and self.unshown.is_left:
            # This says it of the same time.
            self.unshown = None
        since = state.earliest if previous is None else max(state.earliest, previous)
        time = self.oracle.counters[self.calendar].between(since, begin) if since < begin else 0
        if is_running or is_covered_late:
            self.early_run += time
        else:
            self.early_pause += time

    def _before(self, state: State) -> State:
        """The state before, of those that the clock passes through."""
        stretches = [each for each, _, _ in self._stretches()]
        return stretches[next(index for index, each in enumerate(stretches) if each is state) - 1]

    def _may_have_begun(self, state: State) -> bool:
        """Whether a clock that begins as its ticket is seen to wait, or at work, may have run before it was."""
        assert self.policy is not None
        before = {"waiting": ["queued", "active"], "active": ["queued"]}.get(state.category, [])
        return self.sees_unshown and not all(pauses(self.policy, each, None) for each in before)

    def _find_unshown(self, state: State, begin: datetime, until: datetime, *, is_paused: bool) -> None:
        assert self.policy is not None
        told = unshown_in(self.life, state, self.oracle.as_of)
        if told is None:
            return
        category, since, by = told
        since, by = max(since, begin), min(by, until)
        if since < by and pauses(self.policy, category, None) != is_paused:
            time = self.oracle.counters[self.calendar].between(since, by)
            self.unshown = Unshown(time, may_run=is_paused, is_left=category == "active")

    def _settle_unshown(self) -> None:
        if self.unshown is not None and self.unshown.may_run:
            self.early_run += self.unshown.time
        elif self.unshown is not None:
            self.early_pause += self.unshown.time
        self.unshown = None

    def _stretches(self) -> list[tuple[State, datetime, datetime]]:
        lasting = self.life.lasting(self.oracle.as_of)
        if self.start == self.end:
            return [(self._at_start(), self.start, self.start)]
        stretches = [
            (state, max(state.at, self.start), min(until, self.end))
            for state, until in lasting
            if (until > self.start and state.at < self.end)
            or (self.start <= state.at <= self.end and self.is_told_by_field(state))
        ]
        final, as_of = lasting[-1]
        if final.at == as_of and not self.is_ended:
            stretches.append((final, as_of, as_of))
        return stretches

    def _at_start(self) -> State:
        """What the ticket is as the clock starts: of a return that no file shows, what it was then."""
        return [*self.oracle.told_by_field(self.life, self.start), self.life.at(self.start)][0]

    def _candidate(self, state: State) -> SlaPolicy | None:
        return first_policy(self.policies, self.life, self._at_start(), state.priority)

    def _consider(self, state: State, at: datetime) -> None:
        """Ask at the beginning, and at each change of priority, which policy is in force."""
        candidate = self._candidate(state)
        if self.policy is None:
            if candidate is not None:
                self.policy, self.started_at = candidate, at
                self.begun_at = at
                self.first_calendar = self.oracle.calendar_of(state.team)
        elif candidate is not None and state.priority != self.priority and self.policy.on_priority_change != "keep":
            if self.policy.on_priority_change == "restart":
                self.is_anew = True
                self.last_attempt_at = at
                if self.breached_at is None:
                    self._restart(at)
            if candidate.within_microseconds != self.policy.within_microseconds:
                self._retarget(candidate, at)
                self.changed = at, state.earliest if state.at == at else None
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
        return self.is_unseen(state) or pauses(self.policy, state.category, state.reason)

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
            self.broken_by_change = self.changed
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
        early = self.early_run + self.doubts.anew_run
        is_unsure = is_open and bool(early or self.early_pause)
        return {
            "not_told": None,
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
            "decided_earliest_at": None,
            "decided_latest_at": None,
            "due_at": self._due() if state == "running" else None,
            "remaining_microseconds": left if is_open or state == "breached" else None,
            "remaining_lower_microseconds": left - early if is_unsure else None,
            "remaining_upper_microseconds": min(left + self.early_pause, target) if is_unsure else None,
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

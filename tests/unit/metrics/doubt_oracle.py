"""What priorities that files show late leave open of a clock, worked out stretch by stretch.

Between the file before and the one that first shows a priority, the ticket may have had it already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from open_time_oracle import MICROSECOND, MinuteCounter
from ticket_oracle import WORK, Life, State

from metrics.sla.clocks import SlaPolicy


@dataclass
class Doubt:
    """Another policy that may have been in force at the end of a stretch.

    Attributes:
        since: from then on; `before` is what had counted by then, in microseconds.
        restarts: whether the clock starts anew with it.
        by_another: whether it counts by another calendar.
        more_run, more_pause: what it can have counted more or less than is known.
        runs_for: what counts by the other policy, if that does not stand still.
        anew_run: that, if the clock starts anew with the next stretch and stands still there.
    """

    since: datetime
    before: int
    target: int
    restarts: bool
    by_another: bool
    more_run: int
    more_pause: int
    runs_for: int
    anew_run: int = 0


@dataclass
class Passed:
    """A stretch of a clock that went by.

    Attributes:
        before, after: what had counted in the attempt by its begin and by its end, in microseconds.
        is_anew: whether the attempt begins with it.
        may_come_later: whether its priority may have been given after its begin, which a field dates.
    """

    begin: datetime
    until: datetime
    counter: MinuteCounter
    is_paused: bool
    before: int
    after: int
    target: int
    is_anew: bool
    may_come_later: bool
    doubt: Doubt | None

    def when(self, counted: int) -> datetime:
        """When so much had counted; it lies within the stretch."""
        missing = counted - self.before
        for opens, closes in self.counter.pieces(self.begin, self.until):
            if missing <= (closes - opens) // MICROSECOND:
                return opens + missing * MICROSECOND
            missing -= (closes - opens) // MICROSECOND
        raise AssertionError("so much did not count")

    def when_beyond(self) -> datetime:
        """When it counted a microsecond more than its target, less that microsecond."""
        missing = self.target - self.before
        if missing < 0:
            return self.begin
        for opens, closes in self.counter.pieces(self.begin, self.until):
            if missing < (closes - opens) // MICROSECOND:
                return opens + missing * MICROSECOND
            missing -= (closes - opens) // MICROSECOND
        raise AssertionError("it did not go beyond")

    def sure_target(self, extra: int) -> int | None:
        """What is too much whichever policy was in force."""
        if self.doubt is None or self.doubt.before > self.target + extra:
            return self.target + extra
        return None if self.doubt.restarts else max(self.target, self.doubt.target) + extra

    @property
    def is_beyond_other(self) -> bool:
        if self.doubt is None:
            return False
        return self.after - (self.doubt.before if self.doubt.restarts else 0) > self.doubt.target


def pauses(policy: SlaPolicy, category: str | None, reason: str | None) -> bool:
    if category not in WORK:
        return True
    if category not in {each.value for each in policy.pause_categories}:
        return False
    return category != "waiting" or not policy.pause_reasons or reason in policy.pause_reasons


def is_dated_end(life: Life, previous: State, state: State) -> bool:
    """Whether a field dates the state, and not the priority that comes with it."""
    is_after = previous.at < state.at or previous in life.unseen
    is_dated = state.earliest is None and state.category in ("done", "cancelled") and is_after
    is_compared = life.ticket["export_shape"] == "repeated_snapshots"
    return is_compared and is_dated and state.priority != previous.priority


def next_late(
    life: Life, as_of: datetime, after: datetime, *, is_unseen: bool = False
) -> tuple[State, datetime] | None:
    """The next state whose priority is new and told late, and since when it may have been given.

    Files that date an end by a field date no priority; the file before showed the state before.

    Args:
        is_unseen: whether it is asked for a return that no file shows: its resolution, at that instant, follows.
    """
    lasting = [state for state, _ in life.lasting(as_of)]
    for previous, state in pairwise(lasting):
        since = state.earliest
        if is_dated_end(life, previous, state):
            since = (previous.earliest if previous in life.unseen else None) or previous.at
        follows = state.at > after or (is_unseen and state.at == after and previous in life.unseen)
        if follows and since is not None and since < state.at and state.priority != previous.priority:
            return state, since
    return None


def doubt_of(
    passed: Passed,
    state: State,
    late: tuple[State, datetime],
    policy: SlaPolicy,
    other: SlaPolicy | None,
    counters: Sequence[MinuteCounter],
) -> Doubt | None:
    """
    Args:
        state: of the stretch that went by under `policy`.
        late: the state whose priority may have been given before its end, since when, and the `other` policy by it.
        counters: the policy's calendar and the other's.
    """
    shown, may_be_since = late
    mode = policy.on_priority_change
    if may_be_since >= passed.until or other is None or mode == "keep" or (other is policy and mode != "restart"):
        return None
    since = max(may_be_since, passed.begin)
    counted, otherwise = (counter.between(since, passed.until) if since < passed.until else 0 for counter in counters)
    status = shown if shown.category in WORK else state
    stands = passed.is_paused
    other_stands = pauses(other, state.category, state.reason)
    stands_then = pauses(policy, status.category, status.reason)
    other_stands_then = pauses(other, status.category, status.reason)
    by_another = counters[0] is not counters[1]
    more_run = more_pause = 0
    if not other_stands and (stands or by_another):
        more_run = otherwise
    if not stands and not other_stands_then and by_another:
        more_run = otherwise
    if stands and not stands_then:
        more_run = max(more_run, counted)
    if not stands and (by_another or other_stands or stands_then):
        more_pause = counted
    before = passed.after - (0 if stands else counted)
    runs_for = 0 if other_stands else otherwise
    restarts = mode == "restart"
    return Doubt(since, before, other.within_microseconds, restarts, by_another, more_run, more_pause, runs_for)


class Doubts:
    """All stretches of a clock, and what is in doubt of them."""

    def __init__(self) -> None:
        self.stretches: list[Passed] = []
        # Of the policy with which the clock may have begun, if its first priority is told late.
        self.former_target: int | None = None
        self.may_keep_former = False
        self.former_broken_after: datetime | None = None

    def add(self, passed: Passed, *, is_late: bool) -> None:
        """
        Args:
            is_late: whether files say only between what the stretch began.
        """
        if self.stretches and self.stretches[-1].doubt is not None and passed.is_anew and passed.is_paused:
            self.stretches[-1].doubt.anew_run = self.stretches[-1].doubt.runs_for
        if self.stretches and is_late:
            # That the change set the clock going, or stopped it, is counted where it is considered.
            last = self.stretches[-1]
            doubt = last.doubt
            if doubt is not None and not doubt.by_another:
                if not passed.is_paused and (last.is_paused or passed.is_anew):
                    doubt.more_run = 0
                if passed.is_paused and not last.is_paused:
                    doubt.more_pause = 0
        self.stretches.append(passed)

    @property
    def other_targets(self) -> list[int]:
        targets = [passed.doubt.target for passed in self.stretches if passed.doubt]
        return targets + ([self.former_target] if self.former_target is not None else [])

    @property
    def more_run(self) -> int:
        return sum(passed.doubt.more_run for passed in self.stretches if passed.doubt)

    @property
    def anew_run(self) -> int:
        return sum(passed.doubt.anew_run for passed in self.stretches if passed.doubt)

    @property
    def more_pause(self) -> int:
        return sum(passed.doubt.more_pause for passed in self.stretches if passed.doubt)

    @property
    def beyond_other_after(self) -> datetime | None:
        """Since when it can be beyond a target that may have been in force."""
        since = [passed.doubt.since for passed in self.stretches if passed.doubt and passed.is_beyond_other]
        return min([*since, *([self.former_broken_after] if self.former_broken_after else [])], default=None)

    @property
    def beyond_at(self) -> datetime | None:
        """Until when a stop would have kept the promise, by the policies that are known to be in force."""
        for passed in self.stretches:
            if passed.after > passed.target:
                return passed.when_beyond()
        return None

    def broken_by(self, extra: int) -> datetime | None:
        """By when it was broken whichever policy was in force; None if it was not for sure.

        Args:
            extra: how much longer it can have been paused than is known.
        """
        for index, passed in enumerate(self.stretches):
            target = None if self.may_keep_former else passed.sure_target(extra)
            if target is None or passed.after <= target:
                continue
            if passed.doubt is not None and passed.doubt.before <= passed.target + extra:
                return passed.until
            return self._reached(index, target)
        return None

    def _reached(self, index: int, target: int) -> datetime:
        """When it was, or by when: a change of the target may have come later than the end with which it is shown."""
        passed = self.stretches[index]
        if passed.before < target:
            return passed.when(target)
        set_in = index
        while set_in and not self.stretches[set_in].is_anew and self.stretches[set_in - 1].target == passed.target:
            set_in -= 1
        ran = [at for at in range(index) if self.stretches[at].after > self.stretches[at].before]
        if not ran or ran[-1] < set_in:
            return passed.until if self.stretches[set_in].may_come_later else self.stretches[set_in].begin
        return self.stretches[ran[-1]].when(target)

"""Whether a promise was kept, where exports leave open when its clock began, paused and stopped.

Shares nothing with the kernel but the record that says what a policy is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from clock_oracle import Clock
from open_time_oracle import MICROSECOND
from ticket_oracle import WORK, Life, Oracle, State

from metrics.sla.clocks import SlaPolicy


def judge(
    kind: type[Clock],
    oracle: Oracle,
    life: Life,
    policies: Sequence[SlaPolicy],
    start: datetime,
    ends: tuple[datetime | None, datetime | None],
    sure: datetime | None,
    *,
    tells_stop: bool = True,
) -> dict[str, Any] | None:
    """A clock that can have stopped any time after `sure`: run to the latest stop and to the earliest, and compared."""
    stop, cancelled_at = ends
    clock = kind(oracle, life, policies, start, stop, cancelled_at)
    row = clock.run()
    end = stop or cancelled_at or oracle.as_of
    if row is None:
        return None
    if cancelled_at and tells_stop:
        sure = None
        for state, _ in life.lasting(oracle.as_of):
            if state.category == "cancelled" and state.at == cancelled_at and state.earliest is not None:
                sure = max(start, state.earliest)
    is_sure = sure is None or sure >= end
    decided_at = end
    returned_after = None if stop is None else returned_unseen(clock)
    if returned_after is not None:
        pass
    elif row["state"] == "breached":
        early_clock = clock if is_sure else kind(oracle, life, policies, start, sure, None)
        early = row if is_sure else early_clock.run()
        is_broken = clock.is_broken(row)
        if early is not None and is_broken and early_clock.is_broken(early):
            left = early["elapsed_microseconds"] - clock.early_pause
            # What counted since counts for it only under the same target, and if it did not start anew.
            keeps_target = early["target_microseconds"] == clock.targets[-1] and clock.is_in_attempt_of_breach
            most = max([clock.targets[-1], *clock.doubts.other_targets])
            if clock.early_pause == 0 or (keeps_target and left > most):
                possible = [clock.first_possible, clock.changed_after, clock.doubts.beyond_other_after]
                return row | window_of(row["decided_at"], possible, clock.broken_by(end))
        # Paused earlier than it is known to be, it goes beyond its target later, or is kept at the end.
        may_be_later = (clock.early_pause or not is_broken) and (stop or cancelled_at)
        decided_at = end if may_be_later else row["breached_at"]
    else:
        is_within = clock.early_run == 0 or clock.run_in_all + clock.early_run <= clock.least_target
        is_within = is_within and clock.doubts.beyond_other_after is None
        if is_within and (is_sure or tells_stop or row["state"] == "met"):
            return row | window_of(row["decided_at"], [] if is_sure or row["state"] != "met" else [sure])
    possible = [clock.first_possible, clock.changed_after, clock.doubts.beyond_other_after, row["breached_at"]]
    possible.append(returned_after)
    # What stopped before it went beyond its target, though it had reached it, was kept.
    latest = [clock.broken_by(end), None if is_sure else clock.doubts.beyond_at]
    last = max((instant for instant in latest if instant is not None), default=None)
    return leave_open(row, decided_at, [*possible, None if is_sure else sure], last)


def leave_open(
    row: dict[str, Any],
    decided_at: datetime | None,
    possible: Sequence[datetime | None],
    latest: datetime | None = None,
) -> dict[str, Any]:
    """A clock that cannot be judged."""
    return {
        **row,
        **window_of(decided_at, possible, latest),
        **dict.fromkeys(
            ("breached_at", "due_at", *(f"remaining{end}_microseconds" for end in ("", "_lower", "_upper")))
        ),
        "used_ratio": None,
        "state": "not_measured",
        "not_told": "instants",
        "decided_at": decided_at,
    }


def returned_unseen(clock: Clock) -> datetime | None:
    """After what instant a clock may have been decided otherwise, for only a resolution that moved says it goes on.

    Args:
        clock: has run.
    """
    assert clock.begun_at is not None and clock.stop is not None
    resolved: State | None = None
    lasting = [state for state, _ in clock.life.lasting(clock.oracle.as_of)]
    for state in clock.life.states:
        if clock.begun_at <= state.at <= clock.stop and clock.is_unseen(state):
            told = state
            if state.at > clock.begun_at:
                assert resolved is not None
                told = resolved
                ended = type(clock)(clock.oracle, clock.life, clock.policies, clock.start, resolved.at, None)
                broken = ended.run() if clock.start < resolved.at else None
                if broken is not None and broken["state"] == "breached":
                    return None
            return told.earliest if told.earliest is not None else told.at - MICROSECOND
        if state.category == "done" and state in lasting:
            resolved = resolved or state
        elif state.category in WORK:
            resolved = None
    return None


def window_of(
    decided_at: datetime | None, possible: Sequence[datetime | None], latest: datetime | None = None
) -> dict[str, datetime | None]:
    """Between what the decision lies: after the first of some instants, and by another; empty where that is no news."""
    earliest = min((instant for instant in possible if instant is not None), default=None)
    if decided_at is None:
        return {}
    return {
        "decided_earliest_at": earliest if earliest is not None and earliest < decided_at else None,
        "decided_latest_at": latest if latest is not None and latest > decided_at else None,
    }

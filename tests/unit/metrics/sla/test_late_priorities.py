"""Promises whose policy follows a priority that daily files show late, worked by hand: what is said must be true."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from judged_exports import WAITING, assert_true, measure_exports, policy, true_clocks
from snapshot_lives import TrueLife

from metrics.sla.clocks import SlaPolicy
from models.vocabulary import SlaTarget

#: Files of midnight.
FILES = [datetime(2026, 3, day, tzinfo=UTC) for day in range(2, 13)]


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def promise(name: str, hours: float, *priorities: str, **changes: Any) -> SlaPolicy:
    scope = {"priority": frozenset(priorities)}
    return policy(SlaTarget.RESOLUTION, hours, id=name, scope=scope, **changes)


def judge(until: datetime, policies: list[SlaPolicy], *changes: tuple[datetime, dict[str, str]]) -> dict[str, Any]:
    """The one clock as files up to then tell it, after it was held against the log."""
    life = TrueLife("desk:1", changes[0][0], [change for change in changes if change[0] <= until])
    files = [each for each in FILES if each <= until]
    judged = measure_exports([life], files, policies, until, tells_ends=True)
    assert_true(judged, true_clocks([life], policies, until))
    assert judged.height == 1
    return judged.row(0, named=True)


@pytest.mark.parametrize(("hours", "state"), [(22, "not_measured"), (30, "not_measured"), (100, "met")])
def test_the_new_policy_may_have_counted_in_the_status_that_came_with_it(hours: float, state: str) -> None:
    """It counts at night and the old one does not; under it the ticket waits, but it is asked no longer."""
    policies = [
        promise("urgent", hours, "P1", pause_categories=WAITING, calendar="24x7"),
        promise("usual", 100, "P3", calendar="office"),
    ]
    lived = (
        (at(2, 0), {"status": "Working", "priority": "P3"}),
        (at(3, 1), {"status": "Asked"}),
        # Until the file of midnight it counts six hours that no office is open for.
        (at(4, 18), {"status": "Working", "priority": "P1"}),
        (at(5, 1), {"status": "Solved"}),
    )
    assert judge(at(7, 0), policies, *lived)["state"] == state
    if hours == 100:
        going_on = judge(at(5, 0), policies, *lived)
        # 24 hours of the office, of 9 to 17 on three days, and as many more of the clock as the last day has at most.
        assert going_on["remaining_microseconds"] == 76 * 3_600_000_000
        assert going_on["remaining_lower_microseconds"] == 52 * 3_600_000_000


def test_a_clock_that_starts_anew_and_then_stands_still_may_have_counted_in_between() -> None:
    policies = [promise("any", 60, "P1", "P2", pause_categories=WAITING, on_priority_change="restart")]
    found = judge(
        at(4, 0),
        policies,
        (at(2, 0), {"status": "Working", "priority": "P1"}),
        (at(3, 2), {"priority": "P2"}),
        (at(3, 12), {"status": "Asked"}),
    )
    # Ten hours counted since it started anew; the files say only that it was between none and a day.
    assert (found["state"], found["remaining_microseconds"]) == ("paused", 60 * 3_600_000_000)
    assert found["remaining_lower_microseconds"] == 36 * 3_600_000_000


def test_what_counted_since_a_clock_started_anew_does_not_break_what_went_before() -> None:
    """It seems broken before it starts anew, for it waited sooner than the files show."""
    policies = [promise("any", 72, "P2", "P3", pause_categories=WAITING, on_priority_change="restart")]
    found = judge(
        at(12, 0),
        policies,
        (at(1, 12), {"status": "Working", "priority": "P3"}),
        (at(4, 4), {"status": "Asked"}),
        (at(6, 0), {"priority": "P2"}),
        (at(7, 0), {"status": "Working"}),
        (at(9, 2), {"status": "Solved"}),
    )
    assert found["state"] == "not_measured"

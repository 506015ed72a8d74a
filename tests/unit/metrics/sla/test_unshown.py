"""What counts of a promise before a file first shows a ticket, and in the queue before one shows that it left it.

Files of 6 o'clock from Friday on. A ticket is queued from Wednesday, 6 o'clock, on: 48 hours before the first file.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from judged_exports import measure_exports, policy, true_clocks
from snapshot_lives import HOUR, TrueLife

from models.vocabulary import SlaTarget, StatusCategory

QUEUED, ACTIVE, WAITING = StatusCategory.QUEUED, StatusCategory.ACTIVE, StatusCategory.WAITING
FRIDAY, SATURDAY, SUNDAY = FILES = [datetime(2026, 3, day, 6, tzinfo=UTC) for day in (6, 7, 8)]
WEDNESDAY = FRIDAY - 48 * HOUR
Change = tuple[datetime, str]


def judge(paused: frozenset[StatusCategory], *changes: Change, on_reopen: Any = "new_cycle", **ends: Any) -> list[Any]:
    """State, and hours that are left, in all and at least and at most, of each promise of 100 hours."""
    life = TrueLife("desk:1", WEDNESDAY, [(at, {"status": status}) for at, status in ((WEDNESDAY, "New"), *changes)])
    promise = policy(SlaTarget.RESOLUTION, 100, pause_categories=paused, on_reopen=on_reopen)
    clocks = measure_exports([life], FILES, [promise], SUNDAY, **ends).sort("cycle_number")
    going_on = true_clocks([life], [promise], SUNDAY).sort("cycle_number")["remaining_microseconds"]
    found = []
    for row, truth in zip(clocks.iter_rows(named=True), going_on, strict=True):
        left = [row[f"remaining_{end}microseconds"] for end in ("", "lower_", "upper_")]
        assert None in left or left[1] <= truth <= left[2]
        found.append((row["state"], *(None if each is None else each / 3.6e9 for each in left)))
    return found


@pytest.mark.parametrize(
    ("paused", "status", "expected"),
    [
        # Seen to wait: it may have been worked on for all of the 48 hours, or for none of them.
        ([QUEUED, WAITING], "Asked", ("paused", 100, 52, 100)),
        ([QUEUED], "Asked", ("running", 52, 4, 52)),
        ([WAITING], "Asked", ("paused", 52, 52, 100)),
        # Seen at work: it may have been queued.
        ([QUEUED], "Working", ("running", 4, 4, 52)),
        ([QUEUED, WAITING], "Working", ("running", 4, 4, 52)),
        ([ACTIVE], "Working", ("paused", 100, 52, 100)),
        # Neither makes a difference.
        ([WAITING], "Working", ("running", 4, None, None)),
        ([QUEUED, ACTIVE], "Working", ("paused", 100, None, None)),
        ([QUEUED, ACTIVE, WAITING], "Asked", ("paused", 100, None, None)),
        ([], "Asked", ("running", 4, None, None)),
        ([QUEUED, WAITING], "New", ("paused", 100, None, None)),
    ],
)
def test_before_its_first_file_a_ticket_may_have_been_queued_or_at_work(
    paused: list[StatusCategory], status: str, expected: tuple[Any, ...]
) -> None:
    assert judge(frozenset(paused), (FRIDAY - 30 * HOUR, "Working"), (FRIDAY - 10 * HOUR, status)) == [expected]


def test_a_ticket_that_is_solved_out_of_the_queue_may_have_been_worked_on() -> None:
    """Queued on Friday, solved on Saturday before the file: at most a day counts, or since its creation if unseen."""
    paused = frozenset([QUEUED, WAITING])
    worked_on = (FRIDAY + HOUR, "Working"), (FRIDAY + 20 * HOUR, "Solved")
    for tells_ends in (False, True):
        assert judge(paused, *worked_on, tells_ends=tells_ends)[0][0] == "met"
    life = TrueLife(
        "desk:1", WEDNESDAY, [(WEDNESDAY, {"status": "New"}), *((at, {"status": to}) for at, to in worked_on)]
    )
    for hours, state in ((23, "not_measured"), (24, "met")):
        promise = policy(SlaTarget.RESOLUTION, hours, pause_categories=paused)
        (clock,) = measure_exports([life], FILES, [promise], SUNDAY).to_dicts()
        assert clock["state"] == state, hours


def test_a_ticket_that_comes_back_and_is_seen_to_wait_may_have_been_worked_on() -> None:
    """Worked on for four hours of the day between the two files; a clock that goes on has counted a day before."""
    changes = [(FRIDAY + HOUR, "Solved"), (SATURDAY + 2 * HOUR, "Working"), (SATURDAY + 6 * HOUR, "Asked")]
    for on_reopen, number, expected in (("new_cycle", 2, (100, 76, 100)), ("continue", 1, (28, 4, 52))):
        life = TrueLife("desk:1", WEDNESDAY, [(at, {"status": to}) for at, to in ((WEDNESDAY, "New"), *changes)])
        promise = policy(SlaTarget.RESOLUTION, 100, pause_categories=frozenset([WAITING]), on_reopen=on_reopen)
        clock = measure_exports([life], FILES, [promise], SUNDAY).row(-1, named=True)
        left = [clock[f"remaining_{end}microseconds"] / 3.6e9 for end in ("", "lower_", "upper_")]
        assert (clock["state"], clock["cycle_number"], *left) == ("paused", number, *expected)


def test_a_promise_that_may_be_broken_before_the_first_file_is_not_measured() -> None:
    """Of 40 hours; it waits, and was worked on for most of its 48 hours, as nobody saw."""
    life = TrueLife(
        "desk:1",
        WEDNESDAY,
        [
            (WEDNESDAY, {"status": "New"}),
            (WEDNESDAY + HOUR, {"status": "Working"}),
            (FRIDAY - HOUR, {"status": "Asked"}),
        ],
    )
    promise = policy(SlaTarget.RESOLUTION, 40, pause_categories=frozenset([QUEUED, WAITING]))
    (clock,) = measure_exports([life], FILES, [promise], SUNDAY).to_dicts()
    assert (clock["state"], clock["not_told"]) == ("not_measured", "instants")
    (true,) = true_clocks([life], [promise], SUNDAY).to_dicts()
    assert true["state"] == "breached"
    assert clock["decided_earliest_at"] <= true["decided_at"] <= clock["decided_at"]

"""Promises of tickets that came back between two exports, as only a resolution that moved tells.

Somebody may as well have corrected the field: what is judged must be true either way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_exports import (
    WAITING,
    assert_true,
    measure_exports,
    policy,
    promises_by_priority,
    true_clocks,
    with_priorities,
)
from snapshot_lives import HOUR, STATUSES, TrueLife, restless_lives

from metrics.sla.clocks import SlaPolicy
from metrics.sla.lives import Lives
from metrics.sla.stretches import resolution_stretches
from models.vocabulary import SlaTarget, StatusCategory

INSTANT = pl.Datetime("us", "UTC")
#: Files of 6 o'clock.
FRIDAY, SATURDAY, SUNDAY = FILES = [datetime(2026, 3, day, 6, tzinfo=UTC) for day in (6, 7, 8)]


def corrected(life: TrueLife, instants: Sequence[datetime]) -> TrueLife | None:
    """The life without its unseen return, if somebody corrected the field: None if it did not end with one."""
    returns = [
        place
        for place in range(1, len(life.changes) - 1)
        if not any(life.changes[place][0] <= at < life.changes[place + 1][0] for at in instants)
        and STATUSES[life.changes[place - 1][1].get("status", "New")][0] == "done"
        and STATUSES[life.changes[place + 1][1].get("status", "New")][0] == "done"
    ]
    if returns != [len(life.changes) - 2]:
        return None
    return TrueLife(life.ticket_id, life.created_at, life.changes[:-2])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.permutations([1, 3, 6, 12, 30]),
    st.sampled_from(["new_cycle", "continue"]),
    st.sampled_from([WAITING, ()]),
    st.sampled_from(["24x7", "office"]),
    st.booleans(),
)
def test_what_is_judged_is_true_whether_it_came_back_or_was_corrected(
    seed: int,
    hours: Sequence[int],
    on_reopen: Any,
    pauses: Collection[StatusCategory],
    calendar: str,
    has_priorities: bool,
) -> None:
    lives, instants = restless_lives(seed)
    if has_priorities:
        lives = with_priorities(lives, instants, seed)
    policies = promises_by_priority(hours, [pauses] * 3, [calendar] * 3, on_reopen=on_reopen)
    judged = measure_exports(lives, instants, policies, instants[-1], tells_ends=True)
    assert_true(judged, true_clocks(lives, policies, instants[-1]))
    stayed = [stay for life in lives if (stay := corrected(life, instants))]
    if stayed:
        of_them = judged.filter(pl.col("ticket_id").is_in([life.ticket_id for life in stayed]))
        assert_true(of_them, true_clocks(stayed, policies, instants[-1]))


def test_the_property_sees_returns_that_matter() -> None:
    seen: Counter[str] = Counter()
    for seed in range(20):
        lives, instants = restless_lives(seed)
        stayed = {stay.ticket_id for life in lives if (stay := corrected(life, instants))}
        for on_reopen in ("new_cycle", "continue"):
            promise = policy(SlaTarget.RESOLUTION, 6, on_reopen=on_reopen)
            judged = measure_exports(lives, instants, [promise], instants[-1], tells_ends=True)
            theirs = judged.filter(pl.col("ticket_id").is_in(stayed))
            seen += Counter(f"{on_reopen} {state}" for state in theirs["state"])
    assert set(seen) == {"new_cycle met", "new_cycle breached", "new_cycle not_measured",
                         "continue breached", "continue not_measured"}  # fmt: skip


@pytest.mark.parametrize(
    ("on_reopen", "hours", "expected"),
    [
        # Kept by Friday, 16 o'clock, after 34 hours; whether it came back, and was kept once more, is open.
        ("new_cycle", 40, [(1, "met", None), (2, "not_measured", SATURDAY)]),
        ("new_cycle", 30, [(1, "breached", None), (2, "not_measured", SATURDAY)]),
        # One promise for both: broken before, or open.
        ("continue", 40, [(1, "not_measured", FRIDAY + 10 * HOUR)]),
        ("continue", 34, [(1, "not_measured", FRIDAY + 10 * HOUR)]),
        ("continue", 33, [(1, "breached", None)]),
    ],
)
def test_a_second_promise_of_which_only_the_field_tells_is_not_judged(
    on_reopen: str, hours: int, expected: list[tuple[Any, ...]]
) -> None:
    created, solved, solved_again = FRIDAY - 24 * HOUR, FRIDAY + 10 * HOUR, SATURDAY + 20 * HOUR
    changes = [(created, "Working"), (solved, "Solved"), (solved_again - HOUR, "Working"), (solved_again, "Solved")]
    life = TrueLife("desk:1", created, [(at, {"status": status}) for at, status in changes])
    promise: SlaPolicy = policy(SlaTarget.RESOLUTION, hours, on_reopen=on_reopen)
    clocks = measure_exports([life], FILES, [promise], SUNDAY, tells_ends=True).sort("cycle_number")
    assert clocks.select("cycle_number", "state").rows() == [(number, state) for number, state, _ in expected]
    for earliest, (_, state, decided_after) in zip(clocks["decided_earliest_at"], expected, strict=True):
        assert state != "not_measured" or earliest <= decided_after
    in_doubt = clocks.filter(pl.col("state") == "not_measured")
    assert set(in_doubt["decided_at"]) <= {solved_again}


def test_a_promise_that_goes_on_is_decided_where_it_was_resolved_first() -> None:
    """Closed, and given a higher priority, after it was resolved: neither breaks it, if it did not come back."""
    created, solved, solved_again = FRIDAY - 24 * HOUR, FRIDAY + 10 * HOUR, SUNDAY + 8 * HOUR
    monday = SUNDAY + 24 * HOUR
    came_back = [(solved_again - HOUR, {"status": "Working"}), (solved_again, {"status": "Solved"})]
    policies = [
        policy(SlaTarget.RESOLUTION, hours, id=name, scope={"priority": frozenset([name])}, on_reopen="continue")
        for name, hours in (("P1", 6), ("P2", 100))
    ]
    for change in ({"priority": "P1"}, {"status": "Closed"}):
        changes = [(created, {"status": "Working", "priority": "P2"}), (solved, {"status": "Solved"})]
        life = TrueLife("desk:1", created, [*changes, (SATURDAY + HOUR, change), *came_back])
        (clock,) = measure_exports([life], [*FILES, monday], policies, monday, tells_ends=True).to_dicts()
        assert clock["state"] == "not_measured"
        assert clock["decided_earliest_at"] < solved
        stayed = TrueLife("desk:1", created, life.changes[:-2])
        (true,) = true_clocks([stayed], policies, monday).to_dicts()
        assert (true["state"], true["decided_at"]) == ("met", solved)


def test_many_stretches_that_begin_at_one_instant_stay_in_order() -> None:
    """A second resolution without a status begins with the return; others leap over a cycle of no length."""
    told = [(1, "active", 0, 10), (1, "done", 10, 11), (2, "queued", 11, 11), (2, "done", 11, 12)]
    leaping = [(1, "active", 0, 10), (1, "done", 10, 11), (3, "active", 11, 12)]
    lives = [told, leaping] * 3000
    stretches = pl.DataFrame(
        [
            {
                "life": number,
                "cycle_number": cycle,
                "status_category": category,
                "started_at": FRIDAY + begun * HOUR,
                "ended_at": FRIDAY + ended * HOUR,
                "is_last": ended == 12,
                "is_unseen": cycle == 2,
            }
            for number, life in enumerate(lives)
            for cycle, category, begun, ended in life
        ],
        schema_overrides={"life": pl.UInt32, "started_at": INSTANT, "ended_at": INSTANT},
    ).with_columns(started_earliest_at=pl.lit(None, INSTANT))
    nothing = {"cancelled_at": pl.lit(None, INSTANT), "unknown_since_at": pl.lit(None, INSTANT)}
    tickets = pl.select(is_cancelled=pl.repeat(False, len(lives))).with_columns(**nothing)
    rows = resolution_stretches(Lives(tickets, stretches.with_row_index("row")), None, SUNDAY)
    assert rows.height == 3000 * (3 + 3)
    assert rows["row"].is_sorted()

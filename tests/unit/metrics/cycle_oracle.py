"""The cycles in which a ticket's clocks run, and until when each went on for certain.

Shares nothing with the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ticket_oracle import WORK, Life, Row

Cycle = tuple[datetime, datetime | None]


def stop_or_cancel(facts: Row, stop: datetime | None) -> tuple[datetime | None, datetime | None]:
    cancelled_at = facts["cancelled_at"]
    if cancelled_at is not None and (stop is None or stop > cancelled_at):
        return None, cancelled_at
    return stop, None


def cycles_of(life: Life) -> list[Cycle]:
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


def cycles_or_one(life: Life, continues: bool) -> list[Cycle]:
    cycles = cycles_of(life)
    return [(cycles[0][0], cycles[-1][1])] if continues else cycles


def sure_of_stop(life: Life, cycle: Cycle, as_of: datetime) -> datetime | None:
    """Until when a cycle went on for certain, if its stop is dated by an export that first shows it."""
    start, stop = cycle
    for state, _ in life.lasting(as_of):
        if state.category == "done" and state.at == stop and state.earliest is not None:
            return max(start, state.earliest)
        if state.category == "done" and state.at == stop:
            return None
    return None


def sure_of_cycles(life: Life, cycles: Sequence[Cycle], as_of: datetime) -> list[datetime | None]:
    """The same of all cycles, or of the one that they are joined to: it stops with the last."""
    apart = cycles_of(life)
    if len(cycles) == len(apart):
        return [sure_of_stop(life, cycle, as_of) for cycle in apart]
    return [sure_of_stop(life, apart[-1], as_of)]

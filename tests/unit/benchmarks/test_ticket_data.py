"""The benchmarks' data: the same whatever the batches, and whole however they are cut in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from benchmarks.operation import ENDS_AT
from benchmarks.ticket_draws import Operation
from benchmarks.ticket_events import read_parquet, write
from benchmarks.ticket_history import make_batches

LAST_WEEK = ENDS_AT - timedelta(days=7)
OPERATION = Operation.of_size(20_000, seed=5)


def whole(ends: list[datetime], batch: int) -> tuple[list[pl.DataFrame], pl.DataFrame]:
    made = list(make_batches(OPERATION, ends, batch=batch))
    return [pl.concat(parts) for parts in zip(*(states for states, _ in made), strict=True)], pl.concat(
        events for _, events in made
    )


def test_batches_of_any_size_make_the_same() -> None:
    tickets, events = whole([LAST_WEEK, ENDS_AT], 100_000)
    tickets_of_small, events_of_small = whole([LAST_WEEK, ENDS_AT], 700)
    assert_frame_equal(events, events_of_small)
    for at_once, in_small in zip(tickets, tickets_of_small, strict=True):
        assert_frame_equal(at_once, in_small)


def test_events_lie_as_they_were_exported_and_are_as_many_as_asked_for() -> None:
    _, events = whole([ENDS_AT], 700)
    assert abs(events.height - 20_000) < 400
    assert events["exported_at"].is_sorted()
    assert not events["occurred_at"].is_sorted()
    assert events["occurred_at"].max() < ENDS_AT
    copies = events.drop("exported_at").is_duplicated().mean() / 2
    assert 0.007 < copies < 0.013


def test_a_base_and_what_came_after_are_the_whole(tmp_path: Path) -> None:
    counted = write(OPERATION, tmp_path / "cut", {"base": LAST_WEEK, "delta": ENDS_AT}, with_csv=False)
    write(OPERATION, tmp_path / "whole", {".": ENDS_AT}, with_csv=False)
    tickets, events = read_parquet(tmp_path / "whole")
    base_tickets, base_events = read_parquet(tmp_path / "cut" / "base")
    delta_tickets, delta_events = read_parquet(tmp_path / "cut" / "delta")
    assert counted["delta"] == {"tickets": delta_tickets.height, "events": delta_events.height}
    provenance = ["load_id", "row_number", "row_hash"]
    assert_frame_equal(pl.concat([base_events, delta_events]).drop(provenance), events.drop(provenance))
    # Tickets that the delta tells take the place of what the base told of them.
    kept = base_tickets.join(delta_tickets, on="ticket_id", how="anti")
    assert 0 < kept.height < base_tickets.height
    told = pl.concat([kept, delta_tickets]).drop(provenance).sort("ticket_id")
    assert_frame_equal(told, tickets.drop(provenance).sort("ticket_id"))
    assert delta_tickets.join(base_tickets, on="ticket_id", how="anti").height > 0

"""Least and greatest lengths of what comparing exports dates: whatever happened between two, the truth lies within."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
import polars.selectors as cs
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshot_lives import (
    HOUR,
    START,
    Exports,
    TrueLife,
    hurried_lives,
    log_of,
    restless_lives,
    take_exports,
    tickets_of,
)

from metrics.calendars.business_time import OpenTime, always_open
from metrics.calendars.working_calendar import CalendarVersion, WorkingCalendar
from metrics.tickets.clocks import TeamCalendars, build_intervals, close_tickets, covering_span
from metrics.tickets.repeated_snapshots import compare_snapshots
from models.ddl import conform
from models.tickets import BOUNDED_DURATIONS, stg_ticket_events

SEEDS = st.integers(0, 2**32)
CLOCKS = ("calendar", "business")
#: The teams work by calendars of which neither holds the other.
CALENDARS = (
    *(
        WorkingCalendar(name, "UTC", (CalendarVersion(date(2026, 1, 1), dict.fromkeys(range(7), ((opens, closes),))),))
        for name, opens, closes in (("early", 3 * 60, 12 * 60), ("late", 9 * 60, 21 * 60))
    ),
    always_open("always"),
)
TEAMS = TeamCalendars("always", {"Front desk": "early", "Network": "late"})
END = ("least", "greatest")


def measure(tickets: pl.DataFrame, events: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    open_time = OpenTime.compile(CALENDARS, *covering_span(tickets, events, as_of))
    shared: dict[str, Any] = {"as_of": as_of, "open_time": open_time, "team_calendars": TEAMS}
    intervals = build_intervals(tickets, events, **shared)
    return close_tickets(tickets, events, intervals, quarantined=(), **shared).sort("ticket_id")


def measure_exports(lives: Sequence[TrueLife], exports: Exports, as_of: datetime) -> pl.DataFrame:
    found = compare_snapshots(exports.row_frame(), exports.export_frame())
    events = conform(found.events.with_columns(source=pl.lit("desk")), stg_ticket_events)
    return measure(tickets_of(lives, "repeated_snapshots", found.tickets), events, as_of)


def measure_truth(lives: Sequence[TrueLife], as_of: datetime) -> pl.DataFrame:
    return measure(tickets_of(lives, "event_log"), log_of(lives, lambda at, *_: at), as_of)


def ends_of(facts: pl.DataFrame, measure_: str, clock: str, suffix: str = "") -> pl.DataFrame:
    """The value, and between what the truth lies."""
    value = f"{measure_}_{clock}_microseconds"
    ends = {end: pl.coalesce(f"{measure_}_{end}_{clock}_microseconds", value) for end in END}
    return facts.select("ticket_id", "is_done", value=value, **ends, true=f"{value}{suffix}")


def assert_true(facts: pl.DataFrame, truth: pl.DataFrame) -> Counter[str]:
    """The truth lies between the ends of every duration of a resolved ticket, and of the age of one that is open.

    Returns how many ends are apart.
    """
    assert facts["ticket_id"].to_list() == truth["ticket_id"].to_list()
    joined = facts.join(truth, on="ticket_id", suffix="_true")
    done = joined.filter("is_done", "is_done_true")
    is_settled = pl.any_horizontal("is_done", "is_done_true", "is_cancelled", "is_cancelled_true")
    apart: Counter[str] = Counter()
    for name in ("created", "resolved"):
        apart[name] += assert_instants(joined.drop_nulls([f"{name}_at", f"{name}_at_true"]), name)
    for measure_ in BOUNDED_DURATIONS:
        both = done if measure_ != "age" else joined.filter(~is_settled)
        for clock in CLOCKS:
            told = ends_of(both, measure_, clock, "_true").filter(pl.col("value").is_not_null())
            wrong = told.filter(~pl.col("true").is_between("least", "greatest").fill_null(False))
            assert wrong.is_empty(), (measure_, clock, wrong.to_dicts())
            assert told.filter(~pl.col("value").is_between("least", "greatest")).is_empty()
            apart[f"{measure_} {clock}"] += told.filter(pl.col("least") < pl.col("greatest")).height
            apart[f"{measure_} exact {clock}"] += told.filter(pl.col("least") == pl.col("greatest")).height
    return apart


def assert_instants(joined: pl.DataFrame, name: str) -> int:
    """The true instant lies after the earliest one and by that which is told; returns of how many they are apart."""
    value, true = pl.col(f"{name}_at"), pl.col(f"{name}_at_true")
    earliest = pl.col(f"{name}_earliest_at")
    is_told = pl.when(earliest.is_null()).then(true >= value).otherwise(true >= earliest)
    wrong = joined.filter(~(is_told & (true <= value)))
    assert wrong.is_empty(), (name, wrong.to_dicts())
    assert joined.filter(earliest >= value).is_empty()
    return joined.filter(earliest.is_not_null()).height


def take(lives: Sequence[TrueLife], instants: Sequence[datetime], told: str) -> Exports:
    """Exports with all fields, without those that date a resolution, or a creation, or without any."""
    exports = take_exports(lives, instants)
    for row in exports.rows:
        row |= {} if told in ("fields", "resolutions") else {"resolved_at": None, "closed_at": None}
        row |= {"created_at": None} if told in ("nothing", "resolutions") else {}
    return exports


@settings(max_examples=80, deadline=None)
@given(SEEDS, st.sampled_from(["fields", "creations", "resolutions", "nothing"]))
def test_the_truth_lies_between_the_ends(seed: int, told: str) -> None:
    lives, instants = hurried_lives(seed)
    # Without a field for resolutions, one that moved does not show.
    if told not in ("fields", "resolutions"):
        lives = [life for life in lives if not came_back_unseen(life, instants)]
    facts = measure_exports(lives, take(lives, instants, told), instants[-1])
    assert_true(facts, measure_truth(lives, instants[-1]))


def came_back_unseen(life: TrueLife, instants: Sequence[datetime]) -> bool:
    shown = [life.at(at)["status"] for at in instants if at >= life.created_at]
    true = [change["status"] for _, change in life.changes]
    runs = [name for name, before in zip(shown, [None, *shown[:-1]], strict=True) if name != before]
    return runs.count("Solved") != true.count("Solved")


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_a_lead_time_ends_with_the_resolution_that_moved_or_the_one_before(seed: int) -> None:
    """It came back unseen, or somebody corrected the field."""
    lives, instants = restless_lives(seed)
    facts = measure_exports(lives, take(lives, instants, "fields"), instants[-1])
    truth = measure_truth(lives, instants[-1])
    corrected = measure_truth([without_last_return(life, instants) for life in lives], instants[-1])
    for clock in CLOCKS:
        both = ends_of(facts.join(truth, on="ticket_id", suffix="_true"), "lead_time", clock, "_true")
        known = both.filter(pl.col("value").is_not_null())
        assert known["value"].equals(known["true"], check_names=False)
        assert known.filter(~pl.col("true").is_between("least", "greatest")).is_empty(), known.to_dicts()
        stayed = ends_of(facts.join(corrected, on="ticket_id", suffix="_true"), "lead_time", clock, "_true")
        stayed = stayed.filter(pl.col("value").is_not_null())
        assert stayed["least"].equals(stayed["true"], check_names=False)
    done = facts.join(corrected, on="ticket_id", suffix="_true").filter("is_done")
    earliest = done.select(pl.coalesce("resolved_earliest_at", "resolved_at")).to_series()
    assert earliest.equals(done["resolved_at_true"], check_names=False)


def without_last_return(life: TrueLife, instants: Sequence[datetime]) -> TrueLife:
    """The life as it was if its last resolutions that moved were corrections."""
    changes = list(life.changes)
    while len(changes) > 3 and not any(changes[-2][0] <= at < changes[-1][0] for at in instants):
        changes = changes[:-2]
    return TrueLife(life.ticket_id, life.created_at, changes)


def test_the_property_sees_ends_apart_and_exact_ones_of_every_duration() -> None:
    apart: Counter[str] = Counter()
    for seed in range(12):
        lives, instants = hurried_lives(seed)
        for told in ("fields", "nothing"):
            kept = [life for life in lives if told == "fields" or not came_back_unseen(life, instants)]
            facts = measure_exports(kept, take(kept, instants, told), instants[-1])
            apart += assert_true(facts, measure_truth(kept, instants[-1]))
    names = {f"{measure_} {clock}" for measure_ in BOUNDED_DURATIONS for clock in CLOCKS}
    seen = {name for name, count in apart.items() if count}
    assert seen >= names | {"created", "resolved"}
    # When work began or an answer came no field of these exports tells; a ticket may be resolved as it is created.
    exact = {f"{measure_} exact calendar" for measure_ in ("lead_time", "first_resolution", "age")}
    assert {name for name in seen if name.endswith("exact calendar")} == exact


def test_a_log_has_no_ends() -> None:
    lives, instants = hurried_lives(3)
    truth = measure_truth(lives, instants[-1])
    ends = truth.select(cs.contains("_least_", "_greatest_", "d_earliest_at"))
    assert ends.width == 23
    assert set(ends.null_count().row(0)) == {truth.height}


def of_one(*shown: tuple[int, str], **fields: Any) -> dict[str, Any]:
    """Hours of one ticket that exports at so many hours show with these statuses; it was created an hour before."""
    instants = [START + hours * HOUR for hours, _ in shown]
    created_at = instants[0] - HOUR
    changes = [
        (at if number else created_at, {"status": status})
        for number, (at, (_, status)) in enumerate(zip(instants, shown, strict=True))
    ]
    life = TrueLife("desk:1", created_at, changes)
    exports = take_exports([life], instants)
    for row in exports.rows:
        row |= {"resolved_at": None, "closed_at": None, **(fields if row["status"] == "Solved" else {})}
    (row,) = measure_exports([life], exports, instants[-1]).to_dicts()
    return {
        name: tuple(
            None
            if row[f"{name}_{part}calendar_microseconds"] is None
            else row[f"{name}_{part}calendar_microseconds"] / 3.6e9
            for part in ("", "least_", "greatest_")
        )
        for name in BOUNDED_DURATIONS
        if name != "age"
    }


def test_by_hand() -> None:
    # Queued at 0, at work at 24, done at 48, and created an hour before 0: work began within a day, and so did it end.
    assert of_one((0, "New"), (24, "Working"), (48, "Solved")) == {
        "lead_time": (49, 25, 49),
        "cycle_time": (24, 0, 48),
        "first_resolution": (49, 0, 49),
        "first_response": (25, 1, 25),
    }


def windows_of(*shown: tuple[int, str]) -> dict[str, tuple[int, ...]]:
    """Hours between which the ticket of `of_one` was created, resolved and cancelled, where exports leave that open."""
    instants = [START + hours * HOUR for hours, _ in shown]
    life = TrueLife(
        "desk:1", instants[0] - HOUR, [(START + hours * HOUR, {"status": status}) for hours, status in shown]
    )
    exports = take_exports([life], instants)
    for row in exports.rows:
        row |= {"resolved_at": None, "closed_at": None}
    (row,) = measure_exports([life], exports, instants[-1]).to_dicts()
    return {
        name: ((row[f"{name}_earliest_at"] - START) // HOUR, (row[f"{name}_at"] - START) // HOUR)
        for name in ("created", "resolved", "cancelled")
        if row[f"{name}_earliest_at"] is not None
    }


def test_between_which_exports_a_ticket_was_resolved_or_cancelled() -> None:
    assert windows_of((0, "New"), (24, "Working"), (48, "Solved")) == {"resolved": (24, 48)}
    assert windows_of((0, "New"), (24, "Working"), (72, "Dropped"), (96, "Dropped")) == {"cancelled": (24, 72)}
    assert windows_of((0, "New"), (24, "Working")) == {}


def test_a_field_that_dates_the_resolution_leaves_only_the_beginning_open() -> None:
    assert of_one((0, "New"), (24, "Working"), (48, "Solved"), resolved_at=START + 30 * HOUR) == {
        "lead_time": (31, None, None),
        "cycle_time": (6, 6, 30),
        # It may have been resolved before, and have come back.
        "first_resolution": (31, 0, 31),
        "first_response": (25, 1, 25),
    }


def test_a_ticket_that_is_first_seen_at_work_may_have_lain_queued_before() -> None:
    assert of_one((0, "Working"), (24, "Solved"), resolved_at=START + 9 * HOUR)["cycle_time"] == (10, 9, 10)


def test_somebody_may_have_worked_on_what_is_first_seen_waiting() -> None:
    found = of_one((0, "New"), (24, "Asked"), (48, "Working"), (72, "Solved"), resolved_at=START + 60 * HOUR)
    assert found["cycle_time"] == (12, 12, 60)

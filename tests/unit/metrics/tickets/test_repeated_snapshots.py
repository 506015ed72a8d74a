"""What repeated snapshots become: against a slow comparison by hand, and against the lives that they were taken of."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import polars as pl
import polars.selectors as cs
import pytest
import snapshot_oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshot_lives import (
    EXPORT_SCHEMA,
    HOUR,
    SCHEMA,
    START,
    STATUSES,
    Exports,
    TrueLife,
    log_of,
    make_faulty_exports,
    patient_lives,
    restless_lives,
    show,
    take_exports,
)

from metrics.calendars.business_time import OpenTime
from metrics.calendars.working_calendar import always_open
from metrics.tickets.clocks import TeamCalendars, build_intervals, close_tickets, covering_span
from metrics.tickets.flow import count_ticket_days
from metrics.tickets.repeated_snapshots import Comparison, compare_snapshots
from metrics.tickets.snapshot_rows import keep_changed_rows
from models.ddl import conform
from models.tickets import stg_ticket_events, stg_tickets

SEEDS = st.integers(0, 2**32)
DAY = timedelta(days=1)


def compare(exports: Exports) -> Comparison:
    return compare_snapshots(exports.row_frame(), exports.export_frame())


def in_order(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return frame.sort("ticket_id", *(name for name in ("event_sequence",) if name in frame.columns)).to_dicts()


def doubts_of(comparison: Comparison) -> set[tuple[str, str, str]]:
    return set(comparison.doubts.select("ticket_id", "field", "problem").iter_rows())


@settings(max_examples=300, deadline=None)
@given(SEEDS)
def test_events_and_tickets_are_those_of_a_comparison_by_hand(seed: int) -> None:
    exports = make_faulty_exports(seed)
    found = compare(exports)
    events, tickets = snapshot_oracle.compare(exports.rows, exports.exports)
    assert in_order(found.events) == events
    assert in_order(found.tickets) == tickets


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_leaving_out_unchanged_rows_changes_nothing(seed: int) -> None:
    exports = make_faulty_exports(seed)
    rows = exports.row_frame()
    told = [name for name in rows.columns if name not in ("snapshot_at", "seen_until", "load", "load_id", "row_hash")]
    content = rows.select(pl.struct(*told, pl.lit(1)).hash()).to_series().alias("content")
    kept = keep_changed_rows(rows.drop("seen_until").with_columns(content))
    assert kept.height <= rows.height
    whole, part = compare(exports), compare_snapshots(kept, exports.export_frame())
    assert in_order(part.events) == in_order(whole.events)
    assert in_order(part.tickets) == in_order(whole.tickets)
    assert doubts_of(part) == doubts_of(whole)


def test_rows_are_put_in_order_whatever_their_numbers_are() -> None:
    exports = make_faulty_exports(1)
    expected = compare(exports)
    far = 2**61
    spread = [
        {**row, "load": row["load"] * far // 999, "row_number": row["row_number"] * far // 999} for row in exports.rows
    ]
    found = compare(Exports(spread, exports.exports))
    assert in_order(found.events.drop("row_number")) == in_order(expected.events.drop("row_number"))
    assert in_order(found.tickets) == in_order(expected.tickets)


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.randoms(use_true_random=False))
def test_the_order_in_which_exports_are_loaded_changes_nothing(seed: int, random: Random) -> None:
    exports = make_faulty_exports(seed)
    expected = compare(exports)
    rows, dates = list(exports.rows), list(exports.exports)
    random.shuffle(rows)
    random.shuffle(dates)
    found = compare(Exports(rows, dates))
    assert in_order(found.events) == in_order(expected.events)
    assert in_order(found.tickets) == in_order(expected.tickets)
    assert doubts_of(found) == doubts_of(expected)


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_another_ticket_changes_nothing(seed: int) -> None:
    exports = make_faulty_exports(seed)
    keys = [row["ticket_id"] for row in exports.rows]
    if not keys:
        return
    # Whether an export tells creations is read from all its tickets, so the one that is left out must not decide it.
    left_out = keys[0]
    rest = [row for row in exports.rows if row["ticket_id"] != left_out]
    told = {row["export"] for row in exports.rows if row["created_at"]}
    if told != {row["export"] for row in rest if row["created_at"]}:
        return
    found = compare(Exports(rest, exports.exports))
    expected = compare(exports)
    assert in_order(found.events) == in_order(expected.events.filter(pl.col("ticket_id") != left_out))
    assert in_order(found.tickets) == in_order(expected.tickets.filter(pl.col("ticket_id") != left_out))


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_the_events_lead_to_what_each_export_shows_and_never_before_it_could_be(seed: int) -> None:
    exports = make_faulty_exports(seed)
    found = compare(exports)
    for ticket_id in found.events["ticket_id"].unique():
        events = in_order(found.events.filter(pl.col("ticket_id") == ticket_id))
        shown = sorted(
            (row for row in exports.rows if row["ticket_id"] == ticket_id),
            key=lambda row: (row["snapshot_at"], row["load"], row["row_number"]),
        )
        instants = [event["occurred_at"] for event in events]
        assert instants == sorted(instants)
        for row, later in zip(shown, [*shown[1:], None], strict=True):
            if later is not None and later["snapshot_at"] == row["snapshot_at"]:
                continue
            state = {}
            for event in events:
                if event["load_id"] <= row["load_id"] if len({r["export"] for r in shown}) == 1 else (
                    event["occurred_at"] <= row["snapshot_at"]
                ):  # fmt: skip
                    assert event["occurred_at"] <= row["snapshot_at"]
                    state |= {name: event[name] for name in ("status", "team", "priority", "vendor") if event[name]}
            for name in ("status", "team", "priority", "vendor"):
                assert row[name] is None or state[name] == row[name]


def _measure(tickets: pl.DataFrame, events: pl.DataFrame, as_of: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    calendars = TeamCalendars("always")
    open_time = OpenTime.compile((always_open("always"),), *covering_span(tickets, events, as_of))
    shared: dict[str, Any] = {"as_of": as_of, "open_time": open_time, "team_calendars": calendars}
    intervals = build_intervals(tickets, events, **shared)
    facts = close_tickets(tickets, events, intervals, quarantined=(), **shared)
    names = [name for name in facts.columns if name not in ("event_count", "duplicate_event_count")]
    return intervals.sort("ticket_id", "interval_number"), facts.select(names).sort("ticket_id")


def _ticket_rows(found: Comparison, lives: list[TrueLife]) -> pl.DataFrame:
    last = {life.ticket_id: life.at(datetime.max.replace(tzinfo=START.tzinfo)) for life in lives}
    rows = [
        {
            "ticket_id": ticket_id,
            "source": "desk",
            "export_shape": "repeated_snapshots",
            "status": last[ticket_id]["status"],
            "status_category": STATUSES[last[ticket_id]["status"]][0],
            "team": last[ticket_id]["team"],
            "priority": last[ticket_id]["priority"],
            "load_id": "",
            "row_number": 0,
            "row_hash": "",
        }
        for ticket_id in found.tickets["ticket_id"]
    ]
    told = pl.DataFrame(rows, infer_schema_length=None).join(found.tickets, on="ticket_id", how="left")
    return conform(told, stg_tickets)


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.booleans())
def test_a_life_sampled_finely_has_the_facts_of_its_log_moved_to_the_next_export(seed: int, has_fields: bool) -> None:
    """With fields for resolution and closure, what they date is not moved at all."""
    lives, instants = patient_lives(seed)
    exports = take_exports(lives, instants)
    for row in exports.rows if not has_fields else ():
        row |= {"resolved_at": None, "closed_at": None}
    found = compare(exports)
    as_of = instants[-1]

    def moved(at: datetime, category: str, was: str | None, state: dict[str, Any], is_entry: bool) -> datetime:
        is_dated = is_entry and category in ("done", "cancelled")
        is_dated = is_dated or (category == "done" and was != state["status"] and state["status"] == "Closed")
        return at if has_fields and is_dated else min(each for each in instants if each >= at)

    tickets = _ticket_rows(found, lives)
    events = conform(found.events.with_columns(source=pl.lit("desk")), stg_ticket_events)
    intervals, facts = _measure(tickets, events, as_of)
    expected_intervals, expected_facts = _measure(tickets, log_of(lives, moved), as_of)
    # The log tells its instants exactly.
    ends = cs.contains("_least_", "_greatest_") | cs.matches("^(created|resolved|cancelled)_(earliest|latest)_at$")
    assert facts.drop(ends).to_dicts() == expected_facts.drop(ends).to_dicts()
    assert intervals.drop("started_earliest_at").to_dicts() == expected_intervals.drop("started_earliest_at").to_dicts()
    assert facts["has_history"].all()


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_a_number_of_reopenings_is_true_or_not_known(seed: int) -> None:
    """It is not known where no export shows the ticket open between two resolutions, and only there."""
    lives, instants = restless_lives(seed)
    found = compare(take_exports(lives, instants))
    events = conform(found.events.with_columns(source=pl.lit("desk")), stg_ticket_events)
    _, facts = _measure(_ticket_rows(found, lives), events, instants[-1])
    _, truth = _measure(
        _ticket_rows(found, lives).with_columns(reopened_unseen_at=None), log_of(lives, lambda at, *_: at), instants[-1]
    )
    unseen = {life.ticket_id for life in lives if _came_back_unseen(life, instants)}
    told = facts.join(truth, on="ticket_id", suffix="_true")
    assert set(told.filter(pl.col("reopen_count").is_null())["ticket_id"]) == unseen
    assert (told["reopen_count_true"].filter(told["reopen_count"].is_null()) > 0).all()
    known = told.filter(pl.col("reopen_count").is_not_null())
    assert known["reopen_count"].to_list() == known["reopen_count_true"].to_list()


def _came_back_unseen(life: TrueLife, instants: list[datetime]) -> bool:
    work = [
        (at, life.changes[place + 1][0])
        for place, (at, change) in enumerate(life.changes[:-1])
        if place and STATUSES[change["status"]][0] != "done"
    ]
    return any(not any(at <= each < until for each in instants) for at, until in work)


def test_the_property_sees_each_kind_of_reopening() -> None:
    kinds: set[tuple[bool, bool]] = set()
    for seed in range(10):
        lives, instants = restless_lives(seed)
        kinds |= {(len(life.changes) > 3, _came_back_unseen(life, instants)) for life in lives}
    assert kinds == {(False, False), (True, False), (True, True)}


@pytest.mark.parametrize(("hours", "count"), [(29, 0), (30, None)])
def test_as_of_an_instant_before_the_second_resolution_no_reopening_is_doubted(hours: int, count: int | None) -> None:
    found = compare(
        exports_of(
            (0, {"status": "Working"}),
            (1, {"status": "Solved", "resolved_at": START + HOUR}),
            (2, {"status": "Solved", "resolved_at": START + 30 * HOUR}),
            created_at=START - HOUR,
        )
    )
    life = TrueLife("desk:1", START - HOUR, [(START - HOUR, {"status": "Solved"})])
    events = conform(found.events.with_columns(source=pl.lit("desk")), stg_ticket_events)
    _, facts = _measure(_ticket_rows(found, [life]), events, START + hours * HOUR)
    assert facts["reopen_count"].to_list() == [count]


# What each decision means, ticket by ticket.


def exports_of(
    *shown: tuple[int, dict[str, Any]], days: int | None = None, is_full: bool = True, **always: Any
) -> Exports:
    """One ticket, shown at midnight after so many days, in exports of every day."""
    rows = [
        show("desk:1", "desk", START + day * DAY, {**_NOTHING, **always, **told}, 2)
        for day, told in shown
    ]  # fmt: skip
    last = max(day for day, _ in shown) if days is None else days
    dates = [{"export": "desk", "snapshot_at": START + day * DAY, "is_full": is_full} for day in range(last + 1)]
    return Exports(rows, dates)


_NOTHING: dict[str, Any] = dict.fromkeys(
    ("status", "team", "priority", "vendor", "created_at", "resolved_at", "closed_at")
)


def occurred(found: Comparison) -> list[tuple[str | None, datetime]]:
    return list(found.events.select("status", "occurred_at").iter_rows())


def test_a_resolution_between_two_exports_is_dated_by_its_field() -> None:
    resolved_at = START + DAY + timedelta(hours=14, minutes=5)
    found = compare(
        exports_of(
            (0, {"status": "New"}), (1, {"status": "Working"}), (2, {"status": "Solved", "resolved_at": resolved_at}),
            created_at=START - HOUR,
        )
    )  # fmt: skip
    assert occurred(found) == [("New", START - HOUR), ("Working", START + DAY), ("Solved", resolved_at)]
    assert found.events["earliest_at"].to_list() == [None, START, None]
    assert found.doubts.is_empty()


@pytest.mark.parametrize("hours", [-1, 25])
def test_a_resolution_that_the_exports_rule_out_is_doubted_and_not_used(hours: int) -> None:
    resolved_at = START + hours * HOUR
    found = compare(
        exports_of(
            (0, {"status": "Working"}), (1, {"status": "Solved", "resolved_at": resolved_at}), created_at=START - DAY
        )
    )
    assert occurred(found)[-1] == ("Solved", START + DAY)
    problem = "outside_snapshots" if hours < 0 else "after_snapshot"
    assert doubts_of(found) == {("desk:1", "resolved_at", problem)}
    assert found.tickets["resolved_at"].to_list() == [resolved_at if hours < 0 else None]


def test_on_the_instant_of_the_export_before_a_field_is_still_used() -> None:
    found = compare(
        exports_of((0, {"status": "Working"}), (1, {"status": "Solved", "resolved_at": START}), created_at=START - DAY)
    )
    assert occurred(found) == [("Working", START - DAY), ("Solved", START)]
    assert found.events["event_sequence"].to_list() == [1, 2]


def test_the_closure_dates_what_the_resolution_cannot() -> None:
    closed_at = START + 30 * HOUR
    found = compare(
        exports_of(
            (1, {"status": "Working"}),
            (2, {"status": "Closed", "resolved_at": START - 9 * DAY, "closed_at": closed_at}),
            created_at=START - 10 * DAY,
        )
    )
    assert occurred(found)[-1] == ("Closed", closed_at)
    assert doubts_of(found) == {("desk:1", "resolved_at", "outside_snapshots")}


def test_solved_and_then_closed_is_one_resolution_and_a_dated_move() -> None:
    resolved_at, closed_at = START + 3 * HOUR, START + 49 * HOUR
    found = compare(
        exports_of(
            (0, {"status": "Working"}),
            (1, {"status": "Solved", "resolved_at": resolved_at}),
            (3, {"status": "Closed", "resolved_at": resolved_at, "closed_at": closed_at}),
            created_at=START - HOUR,
        )
    )
    assert occurred(found) == [("Working", START - HOUR), ("Solved", resolved_at), ("Closed", closed_at)]


def test_a_day_without_a_file_makes_no_event() -> None:
    shown = [(day, {"status": "Working"}) for day in (0, 1, 5, 6)]
    found = compare(exports_of(*shown, created_at=START - HOUR))
    assert occurred(found) == [("Working", START - HOUR)]
    # The exports of days 2 to 4 are not there at all: a change is only known to lie between those that are.
    sparse = exports_of((0, {"status": "Working"}), (5, {"status": "Asked"}), created_at=START - HOUR)
    kept = Exports(sparse.rows, [sparse.exports[0], sparse.exports[5]])
    assert compare(kept).events["earliest_at"].to_list() == [None, START]


def test_a_ticket_that_is_left_out_keeps_its_state_is_told_and_goes_on() -> None:
    shown = [(0, {"status": "Working", "team": "Network"}), (1, {"status": "Working", "team": "Network"})]
    gone = compare(exports_of(*shown, days=4, created_at=START - HOUR))
    assert gone.tickets.select("last_seen_at", "has_disappeared").row(0) == (START + DAY, True)
    assert occurred(gone) == [("Working", START - HOUR)]
    back = compare(exports_of(*shown, (4, {"status": "Asked", "team": "Network"}), days=4, created_at=START - HOUR))
    assert back.tickets["has_disappeared"].to_list() == [False]
    assert occurred(back) == [("Working", START - HOUR), ("Asked", START + 4 * DAY)]
    assert back.events["team"].to_list() == ["Network", None]
    partial = compare(exports_of(*shown, days=4, is_full=False, created_at=START - HOUR))
    assert partial.tickets["has_disappeared"].to_list() == [None]


def test_an_empty_attribute_says_nothing() -> None:
    found = compare(
        exports_of(
            (0, {"status": "Working", "team": "Network"}), (1, {"status": None, "team": None}),
            (2, {"status": "Working", "team": "Front desk"}), created_at=START,
        )
    )  # fmt: skip
    assert found.events.select("status", "team_before", "team").rows() == [
        ("Working", None, "Network"),
        (None, "Network", "Front desk"),
    ]


def test_done_at_first_sight_is_a_life_only_if_it_began_since_the_export_before() -> None:
    resolved_at = START + 30 * HOUR
    told = {"status": "Solved", "resolved_at": resolved_at}
    quick = compare(exports_of((2, told), created_at=START + 26 * HOUR))
    assert occurred(quick) == [("Solved", resolved_at)]
    old = compare(exports_of((2, told), created_at=START + 23 * HOUR))
    assert old.events.is_empty()
    assert old.tickets["resolved_at"].to_list() == [resolved_at]
    baseline = compare(exports_of((0, {"status": "Solved", "resolved_at": START}), created_at=START - HOUR))
    assert baseline.events.is_empty()
    again = compare(
        exports_of((0, {"status": "Solved", "resolved_at": START}), (3, {"status": "Working"}), created_at=START - HOUR)
    )
    assert occurred(again) == [("Solved", START), ("Working", START + 3 * DAY)]


def test_without_any_creation_a_ticket_begins_where_a_full_export_first_shows_it() -> None:
    seen = compare(exports_of((2, {"status": "New"}), (3, {"status": "Working"})))
    assert seen.tickets["created_at"].to_list() == [START + 2 * DAY]
    for exports in (
        exports_of((0, {"status": "New"}), (3, {"status": "Working"})),
        exports_of((2, {"status": "New"}), is_full=False),
        exports_of((0, {"status": "Solved"})),
    ):
        assert compare(exports).tickets["created_at"].to_list() == [None]


@pytest.mark.parametrize(
    ("fields", "created_at", "settled_at"),
    [
        ({}, START + 2 * DAY, START + 2 * DAY),
        ({"resolved_at": START + 30 * HOUR}, START + 30 * HOUR, START + 30 * HOUR),
        ({"resolved_at": START + 40 * HOUR, "closed_at": START + 30 * HOUR}, START + 30 * HOUR, START + 40 * HOUR),
    ],
)
def test_without_any_creation_what_is_first_seen_done_was_created_by_then_and_after_the_export_before(
    fields: dict[str, datetime], created_at: datetime, settled_at: datetime
) -> None:
    found = compare(exports_of((2, {"status": "Solved", **fields})))
    assert found.tickets["created_at"].to_list() == [created_at]
    assert found.events.select("status", "occurred_at", "earliest_at").rows() == [("Solved", settled_at, START + DAY)]


def test_what_was_resolved_before_an_export_that_does_not_show_it_was_not_created_since() -> None:
    found = compare(exports_of((2, {"status": "Solved", "resolved_at": START + 20 * HOUR})))
    assert found.tickets["created_at"].to_list() == [None]
    assert found.events.is_empty()


def test_what_is_first_seen_waiting_lay_queued_until_then() -> None:
    found = compare(exports_of((1, {"status": "Asked"}), (2, {"status": "Solved"}), created_at=START + 3 * HOUR))
    assert found.events.select("status", "occurred_at", "earliest_at").rows() == [
        ("Asked", START + DAY, START + 3 * HOUR),
        ("Solved", START + 2 * DAY, START + DAY),
    ]


def test_a_creation_after_the_export_that_shows_it_is_not_possible() -> None:
    found = compare(exports_of((1, {"status": "New"}), created_at=START + 26 * HOUR))
    assert found.tickets["created_at"].to_list() == [START + DAY]
    assert occurred(found) == [("New", START + DAY)]
    assert doubts_of(found) == {("desk:1", "created_at", "after_snapshot")}


@pytest.mark.parametrize(("before", "problem"), [(START + HOUR, "unseen_reopening"), (None, "outside_snapshots")])
def test_a_resolution_between_two_exports_that_show_the_ticket_done_is_doubted(
    before: datetime | None, problem: str
) -> None:
    found = compare(
        exports_of(
            (0, {"status": "Working"}),
            (1, {"status": "Solved", "resolved_at": before}),
            (2, {"status": "Solved", "resolved_at": START + 30 * HOUR}),
            created_at=START - HOUR,
        )
    )
    first = [("Working", START - HOUR), ("Solved", before or START + DAY)]
    assert doubts_of(found) == {("desk:1", "resolved_at", problem)}
    if problem == "outside_snapshots":
        assert occurred(found) == first
        assert found.tickets["reopened_unseen_at"].to_list() == [None]
        return
    # It came back, into which status nobody knows, and was resolved once more.
    again = START + 30 * HOUR
    assert occurred(found) == [*first, (None, again), ("Solved", again)]
    assert found.events["earliest_at"].to_list() == [None, None, START + DAY, None]
    assert found.events["status_category"].to_list() == ["active", "done", "queued", "done"]
    assert found.events["event_sequence"].to_list() == [1, 2, 3, 4]
    assert found.tickets["reopened_unseen_at"].to_list() == [again]


def test_what_the_first_export_shows_done_has_no_history_though_its_resolution_moves() -> None:
    """Whether it waited before is not known, nor was it created when it was resolved."""
    first, again = START - 4 * HOUR, START + 30 * HOUR
    found = compare(
        exports_of(
            (0, {"status": "Solved", "resolved_at": first}),
            (1, {"status": "Solved", "resolved_at": first}),
            (2, {"status": "Closed", "resolved_at": again}),
        )
    )
    assert found.events.is_empty()
    assert found.tickets.select("created_at", "resolved_at", "reopened_unseen_at").rows() == [(None, again, again)]
    assert doubts_of(found) == {("desk:1", "resolved_at", "unseen_reopening")}


def test_a_ticket_that_came_back_unseen_has_a_stretch_of_no_length() -> None:
    """Its second resolution is of midnight: at the end of the day before, the export of that instant shows it done."""
    first, again = START + 4 * HOUR, START + 48 * HOUR
    found = compare(
        exports_of(
            (0, {"status": "Working"}),
            (1, {"status": "Solved", "resolved_at": first}),
            (2, {"status": "Closed", "resolved_at": again, "team": "Network"}),
            created_at=START - 9 * HOUR,
        )
    )
    life = TrueLife("desk:1", START - 9 * HOUR, [(START - 9 * HOUR, {"status": "Closed"})])
    events = conform(found.events.with_columns(source=pl.lit("desk")), stg_ticket_events)
    intervals, facts = _measure(_ticket_rows(found, [life]), events, START + 96 * HOUR)
    assert facts.select("first_resolved_at", "resolved_at", "resolved_earliest_at", "reopen_count").rows() == [
        (first, again, first, None)
    ]
    hours = [facts[f"lead_time_{end}calendar_microseconds"].item() / 3.6e9 for end in ("least_", "", "greatest_")]
    assert hours == [13, 57, 57]
    assert intervals.select("status", "started_at", "ended_at", "team").rows() == [
        ("Working", START - 9 * HOUR, first, "Network"),
        ("Solved", first, again, "Network"),
        (None, again, again, "Network"),
        ("Closed", again, START + 96 * HOUR, "Network"),
    ]
    days = count_ticket_days(intervals, facts, as_of=START + 96 * HOUR, time_zone="UTC")
    assert days["day_date"].to_list() == [START.date() - timedelta(days=1)]


def test_of_a_ticket_that_stands_twice_in_an_export_the_last_row_counts() -> None:
    exports = exports_of((0, {"status": "New"}), (1, {"status": "New"}), created_at=START)
    twice = show("desk:1", "desk", START + DAY, {**_NOTHING, "status": "Working", "created_at": START}, 3)
    found = compare(Exports([twice, *exports.rows], exports.exports))
    assert occurred(found) == [("New", START), ("Working", START + DAY)]
    assert doubts_of(found) == {("desk:1", "ticket_id", "repeated_in_snapshot")}
    equal = compare(Exports([*exports.rows, {**exports.rows[1], "row_number": 3}], exports.exports))
    assert occurred(equal) == [("New", START)]
    assert equal.doubts.is_empty()


def test_a_ticket_that_moves_to_another_export_of_its_source_goes_on() -> None:
    exports = exports_of((0, {"status": "Working"}), created_at=START - HOUR, days=3)
    moved = show("desk:1", "annex", START + 2 * DAY, {**_NOTHING, "status": "Asked", "created_at": START - HOUR}, 2)
    dates = [*exports.exports, {"export": "annex", "snapshot_at": START + 2 * DAY, "is_full": True}]
    found = compare(Exports([*exports.rows, moved], dates))
    assert occurred(found) == [("Working", START - HOUR), ("Asked", START + 2 * DAY)]
    assert found.tickets["has_disappeared"].to_list() == [False]


def test_no_exports_tell_nothing() -> None:
    found = compare_snapshots(SCHEMA.to_frame(), EXPORT_SCHEMA.to_frame())
    assert (found.events.height, found.tickets.height, found.doubts.height) == (0, 0, 0)

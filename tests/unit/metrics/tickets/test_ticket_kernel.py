"""The kernel against an oracle that shares no code with it, on tickets, calendars and policies that are made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sla_oracle import work_out_clocks
from ticket_oracle import TOLD, Life, Oracle, days_at_end, live
from ticket_strategies import Case, cases

from metrics.sla.clocks import close_clocks
from metrics.tickets.clocks import build_intervals, close_tickets, sources_with_replies, sources_with_teams
from metrics.tickets.flow import count_ticket_days
from metrics.tickets.replies import gather_replies, sources_with_reply_events
from models.ddl import conform
from models.tickets import stg_tickets
from models.vocabulary import ExportShape, SlaTarget

SLOW_DRAWS = [HealthCheck.too_slow, HealthCheck.data_too_large]
MANY = settings(max_examples=40, deadline=None, suppress_health_check=SLOW_DRAWS)
SOME = settings(max_examples=8, deadline=None, suppress_health_check=SLOW_DRAWS)


def compute(
    case: Case,
    tickets: pl.DataFrame,
    events: pl.DataFrame,
    reply_sources: frozenset[str] | None = None,
    talking: frozenset[str] | None = None,
    naming: frozenset[str] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    open_time = case.open_time()
    shared: dict[str, Any] = {"as_of": case.as_of, "open_time": open_time, "team_calendars": case.teams}
    intervals = build_intervals(tickets, events, **shared)
    sources = {"reply_sources": reply_sources, "team_sources": naming}
    facts = close_tickets(tickets, events, intervals, quarantined=frozenset(), **sources, **shared)
    replies = gather_replies(tickets, events, as_of=case.as_of, sources=talking)
    return intervals, facts, close_clocks(facts, intervals, policies=case.policies, replies=replies, **shared)


def lives_of(case: Case) -> list[Life]:
    lives = [live(ticket, case.events, case.as_of) for ticket in case.tickets]
    return [life for life in lives if life.is_measured and has_begun(life, case.as_of)]


def has_begun(life: Life, as_of: datetime) -> bool:
    created_at = life.ticket["created_at"]
    return created_at is None or created_at <= as_of


@MANY
@given(cases())
def test_tickets_and_clocks_are_those_worked_out_by_hand(case: Case) -> None:
    tickets, events = case.ticket_frame(), case.event_frame()
    intervals, facts, clocks = compute(case, tickets, events)
    oracle = Oracle(case.counters(), case.teams, case.as_of)
    reply_sources = sources_with_replies(tickets, events)
    talking = {event["source"] for event in case.events if event["is_public_agent_reply"] is not None}
    naming = {event["source"] for event in case.events if event["team"] or event["team_before"]}
    naming |= {each["source"] for each in case.tickets if each["team"] and each["export_shape"] == "repeated_snapshots"}
    lives = lives_of(case)
    measured = {row["ticket_id"]: row for row in facts.filter("has_history").iter_rows(named=True)}
    assert set(measured) == {life.ticket["ticket_id"] for life in lives}
    key = ("ticket_id", "target", "sla_policy", "cycle_number")
    clock_rows = {tuple(row[name] for name in key): row for row in clocks.iter_rows(named=True)}
    assert len(clock_rows) == clocks.height
    for life in lives:
        ticket_id = life.ticket["ticket_id"]
        source = life.ticket["source"]
        expected = oracle.measure(life, source in reply_sources, source in naming)
        actual = measured[ticket_id]
        assert {name: actual[name] for name in expected} == expected
        told = intervals.filter(pl.col("ticket_id") == ticket_id)
        assert told["interval_number"].to_list() == list(range(1, told.height + 1))
        assert told.select(
            "started_at", "ended_at", "status", "status_category", "waiting_reason", "team", "priority", "vendor"
        ).rows() == [
            (state.at, end, state.status, state.category, state.reason, state.team, state.priority, state.vendor)
            for state, end in life.lasting(case.as_of)
        ]
        for wanted in work_out_clocks(oracle, life, expected, case.policies, talking):
            row = clock_rows.pop((ticket_id, *(wanted[name] for name in key[1:])))
            assert {name: row[name] for name in wanted} == wanted
    without_history = set(facts.filter(~pl.col("has_history"))["ticket_id"])
    assert {ticket_id for ticket_id, *_ in clock_rows} <= without_history
    assert {target for _, target, *_ in clock_rows} <= {"first_response", "resolution"}


@SOME
@given(cases())
def test_daily_work_is_that_counted_by_hand(case: Case) -> None:
    intervals, facts, _ = compute(case, case.ticket_frame(), case.event_frame())
    days = count_ticket_days(intervals, facts, as_of=case.as_of, time_zone="America/New_York")
    assert {row[:-1]: row[-1] for row in days.iter_rows()} == days_at_end(
        lives_of(case), case.as_of, "America/New_York"
    )


@SOME
@given(cases())
def test_parts_add_up_and_every_clock_has_one_state(case: Case) -> None:
    intervals, facts, clocks = compute(case, case.ticket_frame(), case.event_frame())
    done = facts.filter(pl.col("is_done") & pl.col("has_history"))
    for clock in ("calendar", "business"):
        parts = [pl.col(f"{part}_{clock}_microseconds") for part in ("queued", "active", "waiting", "reopened_gap")]
        sums = done.select(total=pl.sum_horizontal(parts), lead=f"lead_time_{clock}_microseconds")
        assert sums["total"].to_list() == sums["lead"].to_list()
    lengths = intervals.select(
        length=(pl.col("ended_at") - pl.col("started_at")).dt.total_microseconds(),
        calendar="duration_calendar_microseconds",
        business="duration_business_microseconds",
    )
    assert lengths["length"].to_list() == lengths["calendar"].to_list()
    assert lengths.filter((pl.col("business") < 0) | (pl.col("business") > pl.col("calendar"))).is_empty()
    is_last = intervals.group_by("ticket_id").agg(pl.col("is_last").sum())
    assert set(is_last["is_last"]) <= {1}
    assert set(clocks["state"]) <= {"met", "breached", "running", "paused", "cancelled", "not_measured"}
    assert clocks.select("ticket_id", "sla_policy", "cycle_number").is_duplicated().sum() == 0
    decided = clocks["state"].is_in(["met", "breached"])
    unclear = clocks["state"] == "not_measured"
    assert (unclear == clocks["not_told"].is_not_null()).all()
    assert (decided == clocks["decided_at"].is_not_null()).filter(~unclear).all()
    assert ((clocks["state"] == "breached") == clocks["breached_at"].is_not_null()).all()
    first_end = clocks.filter(decided).select(pl.min_horizontal("stopped_at", "breached_at")).to_series()
    assert clocks.filter(decided)["decided_at"].equals(first_end)
    met = clocks.filter(pl.col("state") == "met")
    assert (met["elapsed_microseconds"] <= met["target_microseconds"]).all()
    undecided = clocks["state"].is_in(["running", "paused"])
    assert (undecided == clocks["used_ratio"].is_not_null()).all()
    assert clocks.filter(~pl.col("used_ratio").is_between(0, 1)).is_empty()


@SOME
@given(cases(), st.randoms(use_true_random=False))
def test_order_of_rows_and_other_tickets_change_nothing(case: Case, random: Any) -> None:
    tickets, events = case.ticket_frame(), case.event_frame()
    sources = (
        sources_with_replies(tickets, events),
        sources_with_reply_events(events),
        sources_with_teams(tickets, events),
    )
    whole = compute(case, tickets, events, *sources)
    shuffled = compute(case, _shuffled(tickets, random), _shuffled(events, random), *sources)
    for frame, other in zip(whole, shuffled, strict=True):
        names = ("ticket_id", "interval_number", "target", "sla_policy", "cycle_number")
        key = [name for name in names if name in frame.columns]
        assert frame.sort(key).equals(other.sort(key))
    for ticket_id in tickets["ticket_id"].head(3):
        only = pl.col("ticket_id") == ticket_id
        alone = compute(case, tickets.filter(only), events.filter(only), *sources)
        for frame, other in zip(whole, alone, strict=True):
            assert frame.filter(only).equals(other)


@SOME
@given(cases())
def test_a_log_exported_twice_changes_nothing_but_the_count_of_duplicates(case: Case) -> None:
    tickets, events = case.ticket_frame(), case.event_frame()
    again = events.with_columns(load_id=pl.lit("desk/log/9"), row_number=pl.col("row_number") + 5000)
    once = compute(case, tickets, events)
    twice = compute(case, tickets, pl.concat([events, again]))
    assert once[0].equals(twice[0])
    assert once[1].drop("duplicate_event_count").equals(twice[1].drop("duplicate_event_count"))
    assert once[2].equals(twice[2])
    copies = twice[1]["duplicate_event_count"] - once[1]["duplicate_event_count"]
    is_past = (pl.col("occurred_at") <= case.as_of) & pl.any_horizontal(
        pl.col(name).is_not_null() for name in TOLD if name != "actor"
    )
    told = dict(events.filter(is_past).group_by("ticket_id").len().iter_rows())
    assert copies.to_list() == [told.get(ticket_id, 0) for ticket_id in once[1]["ticket_id"]]


def _shuffled(frame: pl.DataFrame, random: Any) -> pl.DataFrame:
    order = list(range(frame.height))
    random.shuffle(order)
    return frame[order]


@SOME
@given(cases())
def test_what_a_clock_counts_and_what_it_pauses_is_all_open_time(case: Case) -> None:
    """By one calendar, from start to stop. A silence is only a part of it."""
    one = replace(case, policies=tuple(replace(policy, calendar="desk hours") for policy in case.policies))
    _, _, clocks = compute(one, one.ticket_frame(), one.event_frame())
    whole = clocks.filter(pl.col("target") != "periodic_update")
    until = whole.select(pl.coalesce("stopped_at", pl.lit(case.as_of))).to_series()
    open_time = case.open_time().between(whole["calendar"], whole["started_at"], until)
    assert (whole["elapsed_microseconds"] + whole["paused_microseconds"]).to_list() == open_time.to_list()


@SOME
@given(cases())
def test_where_nobody_replies_the_silence_is_the_resolution(case: Case) -> None:
    # Silences are told by events, whose instants are exact.
    tickets, events = as_log(case)
    tickets = tickets.with_columns(first_response_at=pl.lit(None, dtype=pl.Datetime("us", "UTC")))
    events = events.with_columns(is_public_agent_reply=False)
    assert_same_clocks(case, tickets, events, SlaTarget.PERIODIC_UPDATE, scope={})


@SOME
@given(cases())
def test_a_vendor_that_has_a_ticket_all_its_life_promises_its_resolution(case: Case) -> None:
    # In whose hands it was is taken as exports show it, and so is its priority meanwhile.
    tickets, events = as_log(case)
    tickets = tickets.with_columns(vendor=pl.lit("Acme"))
    events = events.with_columns(vendor=pl.lit(None, dtype=pl.String))
    # In cancelled nobody has the ticket, so that its vendor does not see what changes meanwhile.
    was_cancelled = events.filter(pl.any_horizontal(pl.col("^status_category.*$") == "cancelled"))["ticket_id"]
    tickets = tickets.filter(
        ~pl.col("ticket_id").is_in(was_cancelled.implode()) & (pl.col("status_category") != "cancelled").fill_null(True)
    )
    events = events.filter(pl.col("ticket_id").is_in(tickets["ticket_id"].implode()))
    anew = replace(case, policies=tuple(replace(policy, on_reopen="new_cycle") for policy in case.policies))
    assert_same_clocks(anew, tickets, events, SlaTarget.VENDOR_RESOLUTION, scope={"vendor": frozenset(["Acme"])})


def as_log(case: Case) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tickets and events as if a log told them all, at exact instants."""
    shape = pl.col("export_shape")
    compared = ExportShape.REPEATED_SNAPSHOTS.value
    tickets = case.ticket_frame().with_columns(
        pl.when(shape == compared)
        .then(pl.lit(ExportShape.EVENT_LOG.value))
        .otherwise(shape.cast(pl.String))
        .alias("export_shape")
    )
    return conform(tickets, stg_tickets), case.event_frame().with_columns(
        earliest_at=pl.lit(None, dtype=pl.Datetime("us", "UTC"))
    )


def assert_same_clocks(
    case: Case, tickets: pl.DataFrame, events: pl.DataFrame, target: SlaTarget, scope: dict[str, frozenset[str]]
) -> None:
    """Clocks of a target are those of the resolution, under the same policies with another scope.

    Left out are snapshots, clocks of no length, in which nobody has a ticket, and the team: that of who resolves it is
    not always that of who had it until then.
    """
    told = [policy for policy in case.policies if policy.target is SlaTarget.RESOLUTION]
    kept = ("priority", "service")
    same = [
        replace(policy, scope={**{name: policy.scope[name] for name in kept if name in policy.scope}, **scope})
        for policy in told
    ]
    policies = (*same, *(replace(policy, id=f"other {policy.id}", target=target) for policy in same))
    _, facts, clocks = compute(replace(case, policies=policies), tickets, events)
    lived = facts.filter("has_history")["ticket_id"]
    clocks = clocks.filter(
        pl.col("ticket_id").is_in(lived.implode()) & (pl.col("stopped_at") > pl.col("started_at")).fill_null(True)
    )
    clocks = clocks.with_columns(pl.col("sla_policy").str.strip_prefix("other "))
    of_target = [
        clocks.filter(pl.col("target") == name).drop("target", "team").sort("ticket_id", "cycle_number")
        for name in (SlaTarget.RESOLUTION.value, target.value)
    ]
    assert of_target[0].equals(of_target[1])

"""Tickets that leave full exports while they are open: nothing is said of them that may be false."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshot_lives import HOUR, START, STATUSES, TrueLife, log_of, patient_lives, take_exports, tickets_of

from metrics.calendars.business_time import OpenTime, always_open
from metrics.instrumentation.unmeasured import count_unmeasured
from metrics.measuring.measure import measure
from metrics.periods import Reporting
from metrics.registry import metric_named
from metrics.sla.policy import SlaPolicy
from metrics.tickets.clocks import TeamCalendars, covering_span, sources_with_replies
from metrics.tickets.facts import MeasuringRules, TicketFacts, measure_tickets
from metrics.tickets.flow import add_up_days
from metrics.tickets.repeated_snapshots import compare_snapshots
from models.ddl import conform
from models.tickets import stg_ticket_events
from models.vocabulary import SlaTarget, StatusCategory

SEEDS = st.integers(0, 2**32)
DAY = timedelta(days=1)
LAST_INSTANT = timedelta(microseconds=1)
WORK = ("queued", "active", "waiting")
STOCKS = {
    "ticket_backlog_count": ("queued",),
    "ticket_active_count": ("active",),
    "ticket_waiting_count": ("waiting",),
    "ticket_work_in_progress_count": WORK,
}
POLICIES = tuple(
    SlaPolicy(id=f"{target}", target=target, within_microseconds=30 * 3_600_000_000, pause_categories=pauses)
    for target, pauses in (
        (SlaTarget.FIRST_RESPONSE, frozenset[StatusCategory]()),
        (SlaTarget.RESOLUTION, frozenset([StatusCategory.WAITING])),
    )
)


def run(
    tickets: pl.DataFrame,
    events: pl.DataFrame,
    as_of: datetime,
    *,
    policies: Sequence[SlaPolicy] = POLICIES,
    reply_event_sources: Sequence[str] = (),
) -> TicketFacts:
    rules = MeasuringRules(
        as_of=as_of,
        reach=as_of,
        open_time=OpenTime.compile([always_open("24x7")], *covering_span(tickets, events, as_of)),
        team_calendars=TeamCalendars("24x7"),
        sla_policies=policies,
        reply_sources=sources_with_replies(tickets, events),
        reply_event_sources=reply_event_sources,
        team_sources=(),
        time_zone="UTC",
    )
    return measure_tickets(tickets, events, rules)


def measure_exports(
    lives: Sequence[TrueLife],
    instants: Sequence[datetime],
    hidden_after: Mapping[str, datetime],
    *,
    is_full: bool = True,
    as_of: datetime | None = None,
    policies: Sequence[SlaPolicy] = POLICIES,
    replies: Sequence[datetime] = (),
) -> TicketFacts:
    """What exports tell that leave some tickets out after an instant; and events of public replies to the first."""
    exports = take_exports(lives, instants, is_full=is_full)
    far = instants[-1]
    rows = [row for row in exports.rows if row["snapshot_at"] <= hidden_after.get(row["ticket_id"], far)]
    found = compare_snapshots(pl.DataFrame(rows, schema=exports.row_frame().schema), exports.export_frame())
    events = conform(found.events.with_columns(source=pl.lit("desk")), stg_ticket_events)
    seen = [life for life in lives if life.ticket_id in set(found.tickets["ticket_id"])]
    told = [
        {"ticket_id": lives[0].ticket_id, "source": "desk", "occurred_at": at, "is_public_agent_reply": True}
        for at in replies
    ]
    if told:
        of_comments = {"load_id": "comments", "row_hash": "", "row_number": 1}
        events = pl.concat([events, conform(pl.DataFrame([row | of_comments for row in told]), stg_ticket_events)])
    return run(
        tickets_of(seen, "repeated_snapshots", found.tickets),
        events,
        as_of or far,
        policies=policies,
        reply_event_sources=["desk"] if told else [],
    )


def stocks_of(facts: TicketFacts, as_of: datetime) -> dict[tuple[str, date], tuple[Any, ...]]:
    """Value, bounds and coverage of each stock by day."""
    days = add_up_days(facts.day_changes, as_of=as_of, time_zone="UTC")
    values = measure(
        [metric_named(name) for name in STOCKS],
        {"fct_tickets": facts.tickets, "fct_ticket_days": days},
        time_zone="UTC",
        as_of=as_of,
    ).filter(pl.col("period_grain") == "day", pl.col("dimension") == "overall")
    columns = ("value", "lower_bound", "upper_bound", "eligible_count", "measured_count")
    return {
        (row["metric"], row["period_start_date"]): tuple(row[name] for name in columns)
        for row in values.iter_rows(named=True)
    }


def category_at(life: TrueLife, at: datetime) -> str | None:
    """As the kernel has it: an unheard-of status keeps the category before it."""
    named = [STATUSES[change["status"]][0] for when, change in life.changes if when <= at and "status" in change]
    return next((name for name in reversed(named) if name), None) if life.created_at <= at else None


def hide_some(
    lives: Sequence[TrueLife], instants: Sequence[datetime], seed: int
) -> tuple[list[TrueLife], dict[str, datetime]]:
    """Lives that exports show at least once, and after which export half of them are left out.

    One that was over by then stays so: if it were reopened, the exports would show it again.
    """
    random = Random(seed)
    hidden = {life.ticket_id: random.choice(instants[:-1]) for life in lives if random.random() < 0.5}
    kept = []
    for life in lives:
        until = hidden.get(life.ticket_id, instants[-1])
        later = {category_at(life, at) for at, _ in life.changes if at > until}
        if life.created_at <= until and (category_at(life, until) in WORK or not later & set(WORK)):
            kept.append(life)
    return kept, {life.ticket_id: hidden[life.ticket_id] for life in kept if life.ticket_id in hidden}


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_tickets_in_work_lie_within_their_bounds_and_only_lost_ones_set_these_apart(seed: int) -> None:
    lives, _ = patient_lives(seed)
    instants = [START + number * DAY - LAST_INSTANT for number in range(1, 15)]
    # Of one that the first export shows done there is no history.
    lives = [life for life in lives if category_at(life, instants[0]) not in ("done", "cancelled")]
    lives, hidden = hide_some(lives, instants, seed)
    found = stocks_of(measure_exports(lives, instants, hidden), instants[-1])
    for at in instants:
        lost = [
            life
            for life in lives
            if (until := hidden.get(life.ticket_id)) and until < at and category_at(life, until) in WORK
        ]
        for name, categories in STOCKS.items():
            told = found.get((name, at.date()), (0, 0, 0, 0, 0))
            truth = sum(category_at(life, at) in categories for life in lives)
            assert told[1] <= truth <= told[2], (name, at)
            assert told[2] - told[1] == told[3] - told[4] == len(lost), (name, at)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_what_is_judged_of_promises_is_true_though_tickets_are_lost(seed: int) -> None:
    lives, instants = patient_lives(seed)
    lives, hidden = hide_some(lives, instants, seed)
    facts = measure_exports(lives, instants, hidden)
    truth = run(tickets_of(lives, "event_log"), log_of(lives, lambda at, *_: at), instants[-1])
    key = ["ticket_id", "sla_policy", "cycle_number"]
    both = facts.clocks.join(truth.clocks, on=key, suffix="_true")
    certain = both.filter(pl.col("state").is_in(["met", "breached"]))
    assert certain["state"].to_list() == certain["state_true"].to_list()
    lost = facts.tickets.filter(pl.col("unknown_since_at").is_not_null())["ticket_id"]
    left = facts.clocks.filter(pl.col("ticket_id").is_in(lost.implode()))
    assert left.filter(pl.col("state").is_in(["running", "paused"])).is_empty()
    assert left.filter((pl.col("state") == "breached") & (pl.col("breached_at") >= instants[-1])).is_empty()


def one_life(*changes: tuple[int, str]) -> TrueLife:
    """A ticket that was created at noon of 20 October and changes after so many hours."""
    created_at = START + 12 * HOUR
    told = [
        (created_at, {"status": "New"}),
        *((created_at + hours * HOUR, {"status": name}) for hours, name in changes),
    ]
    return TrueLife("desk:1", created_at, told)


ENDS = [START + number * DAY - LAST_INSTANT for number in range(1, 6)]


def test_by_hand() -> None:
    # Queued on the 20th, at work from the 21st on; the export of the 22nd is the last that shows it, that of the 24th
    # the last of all.
    facts = measure_exports([one_life((24, "Working"))], ENDS, {"desk:1": ENDS[2]})
    found = stocks_of(facts, ENDS[-1])
    told = {day: found["ticket_work_in_progress_count", date(2026, 10, day)] for day in range(20, 25)}
    assert told == {
        20: (1, 1, 1, 1, 1),
        21: (1, 1, 1, 1, 1),
        22: (1, 1, 1, 1, 1),
        23: (None, 0, 1, 1, 0),
        24: (None, 0, 1, 1, 0),
    }
    (ticket,) = facts.tickets.to_dicts()
    assert ticket["unknown_since_at"] == datetime(2026, 10, 23, tzinfo=UTC)
    assert (ticket["is_done"], ticket["is_cancelled"], ticket["age_calendar_microseconds"]) == (False, False, None)
    last = facts.intervals.filter("is_last")
    assert last.select("ended_at", "duration_calendar_microseconds").row(0) == (None, None)
    # It was taken up within a day. 30 hours for a resolution, from noon of the 20th, were over on the 21st at 18.
    clocks = {row["target"]: (row["state"], row["not_told"]) for row in facts.clocks.to_dicts()}
    assert clocks == {"first_response": ("not_measured", "instants"), "resolution": ("breached", None)}


#: Promises of every kind that daily exports can tell of, and one that a reopened ticket continues.
MANY_POLICIES = (
    *POLICIES,
    SlaPolicy("continued", SlaTarget.RESOLUTION, 20 * 3_600_000_000, scope={}, on_reopen="continue"),
    SlaPolicy("taken", SlaTarget.VENDOR_RESPONSE, 5 * 3_600_000_000, scope={"vendor": frozenset(["Acme"])}),
    SlaPolicy("mended", SlaTarget.VENDOR_RESOLUTION, 10 * 3_600_000_000, scope={"vendor": frozenset(["Acme"])}),
)


@pytest.mark.parametrize("policies", [MANY_POLICIES, MANY_POLICIES[2:]], ids=["each cycle anew", "continued"])
@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_clocks_of_tickets_that_left_count_no_longer(policies: Sequence[SlaPolicy], seed: int) -> None:
    """However many exports follow: neither longer over nor longer paused, nor judged otherwise."""
    lives, instants = patient_lives(seed)
    lives, hidden = hide_some(lives, instants, seed)
    later = [*instants, *(instants[-1] + number * 3 * DAY for number in (1, 2))]
    soon, late = (measure_exports(lives, ends, hidden, policies=policies) for ends in (instants, later))
    lost = soon.tickets.filter(pl.col("unknown_since_at").is_not_null())["ticket_id"].implode()
    of_lost = [facts.clocks.filter(pl.col("ticket_id").is_in(lost)).sort(pl.all()) for facts in (soon, late)]
    assert of_lost[0].equals(of_lost[1])
    ends = soon.tickets.select("ticket_id", "unknown_since_at")
    counted = of_lost[0].join(ends, on="ticket_id").select(
        pl.col("elapsed_microseconds", "paused_microseconds"),
        whole=(pl.col("unknown_since_at") - pl.col("started_at")).dt.total_microseconds(),
    )  # fmt: skip
    assert counted.filter(pl.col("elapsed_microseconds") + pl.col("paused_microseconds") > pl.col("whole")).is_empty()


def test_a_broken_promise_is_broken_by_so_much_as_was_seen() -> None:
    """From noon of the 20th to the end of the 22nd are 60 hours; the vendor is known to have it for 24 of them."""
    life = one_life((24, "Working"))
    life.changes[-1][1]["vendor"] = "Acme"
    facts = measure_exports([life], ENDS, {"desk:1": ENDS[2]}, policies=[POLICIES[1], MANY_POLICIES[4]])
    hours = {
        row["target"]: (row["state"], row["stopped_at"], row["elapsed_microseconds"], row["remaining_microseconds"])
        for row in facts.clocks.to_dicts()
    }
    hour = 3_600_000_000
    # The export of the 21st, at the last instant of its day, is the first that shows the vendor.
    assert hours == {
        "resolution": ("breached", None, 60 * hour, -30 * hour),
        "vendor_resolution": ("breached", None, 24 * hour + 1, -14 * hour - 1),
    }


def test_a_silence_ends_where_the_ticket_left_and_a_reply_that_came_later_stops_the_clock() -> None:
    """A reply at noon of the 21st; the ticket is last seen at the end of the 22nd."""
    silence = SlaPolicy("silence", SlaTarget.PERIODIC_UPDATE, 30 * 3_600_000_000)
    policies = [silence, POLICIES[0]]
    created = one_life().created_at
    early = measure_exports([one_life()], ENDS, {"desk:1": ENDS[2]}, policies=policies, replies=[created + 24 * HOUR])
    late = measure_exports([one_life()], ENDS, {"desk:1": ENDS[2]}, policies=policies, replies=[created + 80 * HOUR])
    found = [
        {row["target"]: (row["state"], row["elapsed_microseconds"] / 3.6e9) for row in facts.clocks.to_dicts()}
        for facts in (early, late)
    ]
    assert found == [
        {"first_response": ("met", 24), "periodic_update": ("breached", 36)},
        {"first_response": ("breached", 80), "periodic_update": ("breached", 60)},
    ]


def test_a_clock_that_would_break_its_promise_later_is_not_measured() -> None:
    facts = measure_exports([one_life()], ENDS, {"desk:1": ENDS[0]})
    clocks = {row["target"]: (row["state"], row["not_told"], row["decided_at"]) for row in facts.clocks.to_dicts()}
    # It may have kept them when it left, right after the last export that shows it; they were due 18 hours later.
    left_at = ENDS[0] + LAST_INSTANT
    assert left_at < START + 42 * HOUR
    assert clocks == dict.fromkeys(("first_response", "resolution"), ("not_measured", "whereabouts", left_at))


def test_an_export_in_the_morning_says_nothing_of_the_days_end() -> None:
    mornings = [START + number * DAY + 18 * HOUR for number in range(4)]
    found = stocks_of(measure_exports([one_life()], mornings, {"desk:1": mornings[1]}), mornings[-1])
    told = [found["ticket_backlog_count", date(2026, 10, day)][:3] for day in range(20, 24)]
    assert told == [(1, 1, 1), (None, 0, 1), (None, 0, 1), (None, 0, 1)]


@pytest.mark.parametrize(
    ("changes", "is_full", "as_of"),
    [([], False, None), ([], True, ENDS[1]), ([(3, "Solved")], True, None), ([(3, "Dropped")], True, None)],
    ids=["only changes are exported", "as of the last export that shows it", "done", "cancelled"],
)
def test_other_tickets_that_are_left_out_are_what_they_were(
    changes: list[tuple[int, str]], is_full: bool, as_of: datetime | None
) -> None:
    hidden = {"desk:1": ENDS[1]}
    left_out = measure_exports([one_life(*changes)], ENDS, hidden, is_full=is_full, as_of=as_of)
    shown = measure_exports([one_life(*changes)], ENDS, {}, is_full=is_full, as_of=as_of)
    assert left_out.tickets["unknown_since_at"].to_list() == [None]
    assert left_out.tickets.equals(shown.tickets)
    assert left_out.intervals.equals(shown.intervals)
    assert left_out.clocks.equals(shown.clocks)
    assert left_out.day_changes.equals(shown.day_changes)


def test_one_that_comes_back_was_there_all_the_time() -> None:
    exports = take_exports([one_life()], ENDS)
    rows = [row for row in exports.rows if row["snapshot_at"] not in ENDS[2:4]]
    found = compare_snapshots(pl.DataFrame(rows, schema=exports.row_frame().schema), exports.export_frame())
    assert found.tickets["has_disappeared"].to_list() == [False]


def test_lost_tickets_are_told_as_a_gap_of_stocks_and_ages() -> None:
    shown = TrueLife("desk:2", START + HOUR, [(START + HOUR, {"status": "New"})])
    facts = measure_exports([one_life(), shown], ENDS, {"desk:1": ENDS[1]})
    metrics = [metric_named(name) for name in ("ticket_work_in_progress_count", "ticket_age_p50_calendar_hours")]
    aside = pl.DataFrame(schema={"table_name": pl.String, "record_id": pl.String, "rule_id": pl.String})
    days = add_up_days(facts.day_changes, as_of=ENDS[-1], time_zone="UTC")
    found = count_unmeasured(
        metrics,
        {"fct_tickets": facts.tickets, "fct_ticket_days": days},
        aside,
        Reporting("UTC", ENDS[-1].date()),
    )
    assert found.select("metric", "source", "reasons", "record_count").rows() == [
        (metric.name, "desk", "tickets.whereabouts.measured", 1)
        for metric in sorted(metrics, key=lambda each: each.name)
    ]

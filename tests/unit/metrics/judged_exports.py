"""Clocks of lives that are made up, as a log tells them and as daily exports do, and what must be true of both."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import polars as pl
from snapshot_lives import HOUR, PRIORITIES, STATUSES, TrueLife, log_of, take_exports

from metrics.calendars.business_time import OpenTime, always_open
from metrics.calendars.working_calendar import CalendarVersion, WorkingCalendar
from metrics.sla.clocks import SlaPolicy
from metrics.tickets.clocks import TeamCalendars, covering_span, sources_with_replies
from metrics.tickets.facts import MeasuringRules, TicketFacts, measure_tickets
from metrics.tickets.repeated_snapshots import compare_snapshots
from models.ddl import conform
from models.tickets import stg_ticket_events, stg_tickets
from models.vocabulary import SlaTarget, StatusCategory

CREATED = datetime(2026, 3, 2, 9, tzinfo=UTC)
WAITING = frozenset([StatusCategory.WAITING])
JUDGED = ("met", "breached")
GOING_ON = ("running", "paused")
#: Every day from 9 to 17 o'clock.
OFFICE = WorkingCalendar(
    "office", "UTC", (CalendarVersion(date(2026, 1, 1), dict.fromkeys(range(7), ((9 * 60, 17 * 60),))),)
)


def policy(target: SlaTarget, hours: float, **changes: Any) -> SlaPolicy:
    return SlaPolicy(**{"id": str(target), "target": target, "within_microseconds": int(hours * 3.6e9), **changes})


def promises_by_priority(
    hours: Sequence[float],
    pauses: Sequence[Collection[StatusCategory]],
    calendars: Sequence[str],
    **changes: Any,
) -> list[SlaPolicy]:
    """Of a first response and of a resolution, a policy for either priority and one for tickets without any."""
    return [
        policy(
            target,
            allowed,
            id=f"{target} {number}",
            scope={"priority": frozenset([PRIORITIES[number]])} if number < 2 else {},
            pause_categories=frozenset(paused),
            calendar=calendar,
            **changes,
        )
        for target in (SlaTarget.FIRST_RESPONSE, SlaTarget.RESOLUTION)
        for number, (allowed, paused, calendar) in enumerate(zip(hours, pauses, calendars, strict=False))
    ]


def measure(tickets: pl.DataFrame, events: pl.DataFrame, policies: Sequence[SlaPolicy], as_of: datetime) -> TicketFacts:
    rules = MeasuringRules(
        as_of=as_of,
        reach=as_of,
        open_time=OpenTime.compile([always_open("24x7"), OFFICE], *covering_span(tickets, events, as_of)),
        team_calendars=TeamCalendars("24x7"),
        sla_policies=policies,
        reply_sources=sources_with_replies(tickets, events),
        reply_event_sources=(),
        team_sources=(),
        time_zone="UTC",
    )
    return measure_tickets(tickets, events, rules)


def tickets_of(shape: str, *rows: dict[str, Any]) -> pl.DataFrame:
    common = {"source": "desk", "export_shape": shape, "created_at": CREATED, "load_id": "", "row_hash": ""}
    told = [{"ticket_id": f"desk:{number}", **common, "row_number": number, **row} for number, row in enumerate(rows)]
    return conform(pl.DataFrame(told, infer_schema_length=None), stg_tickets)


def measure_exports(
    lives: Sequence[TrueLife],
    instants: Sequence[datetime],
    policies: Sequence[SlaPolicy],
    as_of: datetime,
    *,
    tells_ends: bool = False,
) -> pl.DataFrame:
    """The clocks that daily exports of these lives give, with or without fields for resolution and closure."""
    exports = take_exports(lives, instants)
    for row in exports.rows:
        row |= {} if tells_ends else {"resolved_at": None, "closed_at": None}
    found = compare_snapshots(exports.row_frame(), exports.export_frame())
    events = conform(found.events.with_columns(source=pl.lit("desk")), stg_ticket_events)
    now = [(life.ticket_id, STATUSES[life.at(instants[-1])["status"]][0]) for life in lives]
    told = tickets_of(
        "repeated_snapshots", *({"ticket_id": each, "status_category": category} for each, category in now)
    )
    seen = [name for name in found.tickets.columns if name != "ticket_id"]
    tickets = conform(told.drop(seen).join(found.tickets, on="ticket_id"), stg_tickets)
    return measure(tickets, events, policies, as_of).clocks


def true_clocks(lives: Sequence[TrueLife], policies: Sequence[SlaPolicy], as_of: datetime) -> pl.DataFrame:
    events = log_of(lives, lambda at, *_: at)
    tickets = tickets_of("event_log", *({"ticket_id": life.ticket_id, "created_at": life.created_at} for life in lives))
    return measure(tickets, events, policies, as_of).clocks


def assert_true(judged: pl.DataFrame, truth: pl.DataFrame) -> None:
    """What is judged to be kept or broken was; what was kept or broken is judged so, or not measured."""
    key = ["ticket_id", "target", "cycle_number"]
    both = judged.join(truth, on=key, suffix="_true")
    certain = both.filter(pl.col("state").is_in(JUDGED))
    assert certain["state"].to_list() == certain["state_true"].to_list()
    # And when that was lies between the instants that are told.
    at = pl.col("decided_at_true")
    earliest, latest = (pl.coalesce(f"decided_{end}_at", "decided_at") for end in ("earliest", "latest"))
    is_dated = pl.col("state").is_in(JUDGED) | (pl.col("not_told") == "instants")
    dated = both.filter(is_dated & pl.col("state_true").is_in(JUDGED))
    assert dated.filter(~at.is_between(earliest, latest)).is_empty()
    # And what is left of one that goes on lies between the least and the most that are told.
    going_on = both.filter(pl.col("state").is_in(GOING_ON))
    assert set(going_on["state_true"]) <= set(GOING_ON)
    left = pl.col("remaining_microseconds_true")
    least, most = (pl.coalesce(f"remaining_{end}_microseconds", "remaining_microseconds") for end in ("lower", "upper"))
    assert going_on.filter(~left.is_between(least, most)).is_empty()
    missed = both.filter(pl.col("state_true").is_in(JUDGED) & ~pl.col("state").is_in(JUDGED))
    assert set(missed["state"]) <= {"not_measured"}
    assert missed["decided_at"].null_count() == 0


def with_priorities(lives: Sequence[TrueLife], instants: Sequence[datetime], seed: int) -> list[TrueLife]:
    """The same lives, whose priority also changes at times of its own: at most once between two exports."""
    random = Random(seed)
    told = []
    for life in lives:
        began = {"status": "New", "priority": random.choice(PRIORITIES)}
        changes = [(life.created_at, began)]
        changes += [(at, {"status": change["status"]}) for at, change in life.changes[1:]]
        since = bisect_left(instants, life.created_at) + 1
        for turn in random.sample(range(since, len(instants)), random.randrange(5)):
            at = instants[turn] - random.randrange(0, 12) * HOUR / 2
            changes.append((at, {"priority": random.choice(PRIORITIES)}))
        told.append(TrueLife(life.ticket_id, life.created_at, sorted(changes, key=lambda change: change[0])))
    return told

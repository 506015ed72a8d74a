"""How long each part of a ticket's life took, on the wall's clock and in open hours.

In come staged tickets and events, out go intervals and one measured row per ticket. Any set of whole tickets gives
the same rows for them as all tickets would. The order of events is settled in `metrics.ticket_steps`; promises about
durations are in `metrics.sla`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from metrics.business_time import OpenTime
from metrics.ticket_steps import SETTLED, TicketSteps, trace_steps
from models.ddl import polars_schema
from models.tickets import fct_ticket_intervals, fct_tickets
from models.vocabulary import StatusCategory

_INSTANT: Final = pl.Datetime("us", "UTC")
_INTERVAL_COLUMNS: Final = tuple(dict.fromkeys((*polars_schema(fct_ticket_intervals).names(), "cycle_number")))
#: How far beyond the data's clock open time is known, for the projection of due instants.
_PROJECTION: Final = timedelta(days=3653)
#: A ticket's life counts open time for so long before the data's clock; an earlier instant is an error of the export.
_LONGEST_HISTORY: Final = timedelta(days=40 * 365.25)


@dataclass(frozen=True, slots=True)
class TeamCalendars:
    """By which calendar each team works.

    Attributes:
        default: calendar of teams that are not named, and of tickets without a team.
        teams: team to calendar.
    """

    default: str
    teams: Mapping[str, str] = field(default_factory=dict)

    def calendar_of(self, team: pl.Expr) -> pl.Expr:
        """The calendar of each team."""
        return team.replace_strict(dict(self.teams), default=self.default, return_dtype=pl.String)


def data_clock(tickets: pl.DataFrame, events: pl.DataFrame) -> datetime | None:
    """The latest instant that the exports cover: the `as_of` of everything computed from them.

    Of events, creations, resolutions and closures; a due instant lies in the future and says nothing about it.
    """
    instants = [
        events["occurred_at"].max(),
        *(tickets[name].max() for name in ("created_at", "resolved_at", "closed_at")),
    ]
    return max((instant for instant in instants if isinstance(instant, datetime)), default=None)


def covering_span(tickets: pl.DataFrame, events: pl.DataFrame, as_of: datetime) -> tuple[datetime, datetime]:
    """The span of time for which calendars must be compiled: from the first instant to ten years after `as_of`.

    An instant more than forty years before `as_of` does not widen it: open time is counted from there.
    """
    instants = [events["occurred_at"].min(), tickets["created_at"].min(), as_of]
    earliest = min(instant for instant in instants if isinstance(instant, datetime))
    start = max(earliest, as_of - _LONGEST_HISTORY)
    return start.astimezone(UTC) - timedelta(days=1), as_of.astimezone(UTC) + _PROJECTION


def sources_with_replies(tickets: pl.DataFrame, events: pl.DataFrame) -> frozenset[str]:
    """Sources whose exports tell when an agent first replied to the requester, be it by a field or by an event.

    For tickets of the other sources the first entry into active stands in for the first response.
    """
    fields = tickets.lazy().filter(pl.col("first_response_at").is_not_null()).select("source")
    replies = events.lazy().filter(pl.col("is_public_agent_reply").is_not_null()).select("source")
    return frozenset(pl.concat([fields, replies]).unique().collect()["source"])


def build_intervals(
    tickets: pl.DataFrame,
    events: pl.DataFrame,
    *,
    as_of: datetime,
    team_calendars: TeamCalendars,
    open_time: OpenTime,
    steps: TicketSteps | None = None,
) -> pl.DataFrame:
    """Stretches of each ticket's life with one status, team, priority and vendor: `fct_ticket_intervals`.

    Steps of no length are left out, except a ticket's last: every ticket with a history has exactly one interval that
    is its last, which ends at `as_of`. Rows are in order of ticket and time. Beyond the table's columns there is
    `cycle_number`: 1, and one more for every reopening so far, those in steps of no length included.

    Args:
        tickets: rows of `stg_tickets`.
        events: rows of `stg_ticket_events`, all those of the tickets.
        as_of: the data's own clock, see `data_clock`.
        open_time: compiled for `covering_span`, with every calendar that `team_calendars` names.
        steps: what `trace_steps` gave for the same arguments, to save doing it again.
    """
    steps = steps or trace_steps(tickets, events, as_of=as_of)
    lasting = steps.steps.filter((pl.col("ended_at") > pl.col("started_at")) | pl.col("is_last"))
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    begins_life = pl.col("ticket").ne_missing(pl.col("ticket").shift(1))
    intervals = lasting.with_columns(
        interval_number=row - pl.when(begins_life).then(row).forward_fill() + 1,
        calendar=team_calendars.calendar_of(pl.col("team")),
    )
    business = open_time.between(intervals["calendar"], intervals["started_at"], intervals["ended_at"])
    intervals = intervals.with_columns(
        tickets["ticket_id"].gather(intervals["ticket"]),
        status_category=pl.col("status_category").cast(pl.String),
        duration_calendar_microseconds=_length("started_at", "ended_at"),
        duration_business_microseconds=business,
    )
    return intervals.select(_INTERVAL_COLUMNS)


def close_tickets(
    tickets: pl.DataFrame,
    events: pl.DataFrame,
    intervals: pl.DataFrame,
    *,
    as_of: datetime,
    open_time: OpenTime,
    team_calendars: TeamCalendars,
    quarantined: Collection[str] | pl.Series,
    reply_sources: Collection[str] | None = None,
    steps: TicketSteps | None = None,
) -> pl.DataFrame:
    """One row per ticket with its life measured on both clocks: `fct_tickets`. Tickets created after `as_of` have none.

    - Entry into done means from another category: closing a resolved ticket is no second resolution.
    - Open time is that of each interval's own team, so lead time in open hours is the sum over the intervals, and
      queued, active, waiting and the reopened gap add up to it. The gap holds all time in done or cancelled before
      the last resolution.
    - For a ticket not done, the parts run to `as_of` (or to its cancellation).
    - A snapshot without history gives lead time from its resolution, or its closure; what it cannot tell is empty.
      A resolution before the creation gives no duration: the contract sets such tickets aside.
    - First response is the first public reply by an agent; for sources that tell none (see `sources_with_replies`) it
      is the first entry into active. A response before the creation took no time.

    Args:
        intervals: what `build_intervals` gave for the same tickets, in any order.
        quarantined: `ticket_id` of tickets that a contract rule set aside; they are measured all the same, and flagged.
        reply_sources: sources that tell replies; from these tickets and events if not given. Give it when these are
            not all tickets of their sources.
    """
    steps = steps or trace_steps(tickets, events, as_of=as_of)
    if reply_sources is None:
        reply_sources = sources_with_replies(tickets, events)
    told = tickets.with_row_index("ticket")
    lived = _close_lives(told, intervals, steps, reply_sources, as_of, open_time)
    known = _close_snapshots(told, steps, as_of, open_time, team_calendars)
    closed = pl.concat([lived, known], how="diagonal").join(
        steps.tallies.select("ticket", "event_count", "duplicate_event_count"), on="ticket", how="left"
    )
    set_aside = pl.Series(quarantined if isinstance(quarantined, pl.Series) else sorted(quarantined), dtype=pl.String)
    closed = closed.with_columns(
        pl.col("event_count", "duplicate_event_count").fill_null(0),
        is_quarantined=pl.col("ticket_id").is_in(set_aside.implode()),
        calendar=team_calendars.calendar_of(pl.col("team")),
    )
    schema = polars_schema(fct_tickets)
    return closed.sort("ticket").select(pl.col(name).cast(type_) for name, type_ in schema.items())


def _close_lives(
    tickets: pl.DataFrame,
    intervals: pl.DataFrame,
    steps: TicketSteps,
    reply_sources: Collection[str],
    as_of: datetime,
    open_time: OpenTime,
) -> pl.DataFrame:
    """Tickets with a history."""
    until = pl.lit(as_of, dtype=_INSTANT)
    has_replies = pl.col("source").is_in(sorted(reply_sources))
    own = tickets.select(
        "ticket", "ticket_id", "source", "ticket_type", "service", "is_sla_met_at_source", "first_response_at"
    )
    milestones = (
        _milestones(steps.steps)
        .join(own, on="ticket", how="left", maintain_order="left")
        .join(steps.tallies.select("ticket", "first_reply_at"), on="ticket", how="left", maintain_order="left")
    )
    reply = pl.min_horizontal("first_response_at", "first_reply_at")
    milestones = milestones.with_columns(
        first_response_at=pl.when(~has_replies).then("first_active_at").when(reply <= until).then(reply),
        life_ends_at=pl.coalesce("resolved_at", "cancelled_at", until),
    )
    measured = milestones.with_columns(_sum_intervals(milestones, intervals, open_time))
    is_done = pl.col("resolved_at").is_not_null()
    is_cancelled = pl.col("cancelled_at").is_not_null()
    is_open = ~(is_done | is_cancelled)
    is_resolved_once = pl.col("first_resolved_at").is_not_null()
    is_active_once = pl.col("first_active_at").is_not_null()
    has_response = pl.col("first_response_at").is_not_null()
    return measured.with_columns(
        status_category=pl.col("status_category").cast(pl.String),
        is_done=is_done,
        is_cancelled=is_cancelled,
        has_history=pl.lit(True),
        lead_time_calendar_microseconds=_length("created_at", "resolved_at"),
        lead_time_business_microseconds=pl.when(is_done).then("life_business"),
        cycle_time_calendar_microseconds=_length("first_active_at", "resolved_at"),
        cycle_time_business_microseconds=pl.when(is_done & is_active_once).then("cycle_business"),
        first_resolution_calendar_microseconds=_length("created_at", "first_resolved_at"),
        first_resolution_business_microseconds=pl.when(is_resolved_once).then("first_resolution_business"),
        first_response_calendar_microseconds=_length("created_at", "first_response_at").clip(0),
        first_response_business_microseconds=pl.when(has_response).then("first_response_business"),
        age_calendar_microseconds=pl.when(is_open).then(_length("created_at", "life_ends_at")),
        age_business_microseconds=pl.when(is_open).then("life_business"),
    )


def _milestones(steps: pl.DataFrame) -> pl.DataFrame:
    """One row per ticket in order: what it entered and when, how often it changed hands, and its dimensions."""
    begins = pl.col("is_first")
    category = pl.col("status_category")
    is_new = begins | (category != category.shift(1))
    is_handoff = (~begins & (pl.col("team") != pl.col("team").shift(1))).fill_null(False)
    started_at = pl.col("started_at")
    done, cancelled = StatusCategory.DONE.value, StatusCategory.CANCELLED.value
    marked = steps.select(
        "ticket",
        "started_at",
        *("status", "status_category", "team", "priority", "vendor", "cycle_number", "is_last"),
        is_handoff=is_handoff,
        active_at=pl.when(category == StatusCategory.ACTIVE.value).then(started_at),
        done_at=pl.when(is_new & (category == done)).then(started_at),
        cancelled_at=pl.when(is_new & (category == cancelled)).then(started_at),
    )
    entered = (
        marked.lazy()
        .group_by("ticket")
        .agg(
            created_at=pl.col("started_at").min(),
            first_active_at=pl.col("active_at").min(),
            first_resolved_at=pl.col("done_at").min(),
            last_done_at=pl.col("done_at").max(),
            last_cancelled_at=pl.col("cancelled_at").max(),
            handoff_count=pl.col("is_handoff").sum().cast(pl.Int64),
        )
        .collect()
    )
    dimensions = ("team", "priority", "vendor")
    resolutions = marked.filter(pl.col("done_at").is_not_null())
    last_resolution = resolutions.filter(pl.col("ticket").ne_missing(pl.col("ticket").shift(-1)))
    at_resolution = last_resolution.select(
        "ticket", *(pl.col(name).alias(f"{name}_at_resolution") for name in dimensions)
    )
    latest = marked.filter("is_last").drop(
        "active_at", "done_at", "cancelled_at", "is_handoff", "is_last", "started_at"
    )
    joined = latest.join(entered, on="ticket", how="left", maintain_order="left")
    joined = joined.join(at_resolution, on="ticket", how="left", maintain_order="left")
    is_done = category == done
    return joined.with_columns(
        *(pl.when(is_done).then(f"{name}_at_resolution").otherwise(name).alias(name) for name in dimensions),
        resolved_at=pl.when(is_done).then("last_done_at"),
        cancelled_at=pl.when(category == cancelled).then("last_cancelled_at"),
        reopen_count=pl.col("cycle_number") - 1,
    )


def _sum_intervals(milestones: pl.DataFrame, intervals: pl.DataFrame, open_time: OpenTime) -> list[pl.Series]:
    """Sums over each ticket's intervals, aligned with the milestones.

    Every milestone but the first response is the border of two intervals, so whole intervals are summed.
    """
    position = match_rows(intervals["ticket_id"], milestones["ticket_id"])
    names = ("first_active_at", "first_resolved_at", "first_response_at", "life_ends_at")
    rows = intervals.with_columns(position, *(milestones[name].gather(position) for name in names))
    started, response = pl.col("started_at"), pl.col("first_response_at")
    answered = rows.select(
        "calendar",
        at=pl.when(started < response).then(pl.min_horizontal("ended_at", response)).otherwise(started),
    )
    rows = rows.with_columns(
        answered_business=open_time.between(rows["calendar"], rows["started_at"], answered["at"]),
    )
    counts = started < pl.col("life_ends_at")
    business = pl.col("duration_business_microseconds")
    masked: dict[str, pl.Expr] = {
        "life_business": pl.when(counts).then(business),
        "cycle_business": pl.when(counts & (started >= pl.col("first_active_at"))).then(business),
        "first_resolution_business": pl.when(started < pl.col("first_resolved_at")).then(business),
        "first_response_business": pl.col("answered_business"),
    }
    category = pl.col("status_category")
    parts = {
        "queued": category == StatusCategory.QUEUED.value,
        "active": category == StatusCategory.ACTIVE.value,
        "waiting": category == StatusCategory.WAITING.value,
        "reopened_gap": category.is_in(SETTLED),
    }
    for part, is_in_part in parts.items():
        for clock in ("calendar", "business"):
            duration = pl.col(f"duration_{clock}_microseconds")
            masked[f"{part}_{clock}_microseconds"] = pl.when(counts & is_in_part).then(duration)
    summed = (
        rows.lazy().select("position", **masked).group_by("position").agg(pl.all().sum()).sort("position").collect()
    )
    return summed.drop("position").get_columns()


def match_rows(ticket_ids: pl.Series, wanted: pl.Series) -> pl.Series:
    """For each ticket id, the position of that ticket in `wanted`, as a series called `position`.

    Rows that come grouped in the order of `wanted`, as these functions themselves give them, are only counted, which
    is many times faster than the join that any other order takes.

    Raises:
        KeyError: a ticket that is not in `wanted`.
    """
    begins = ticket_ids.ne_missing(ticket_ids.shift(1))
    if ticket_ids.filter(begins).equals(wanted):
        return (begins.cast(pl.UInt32).cum_sum() - 1).alias("position")
    index = pl.DataFrame({"ticket_id": wanted}).with_row_index("position")
    position = pl.DataFrame({"ticket_id": ticket_ids}).join(index, on="ticket_id", how="left", maintain_order="left")[
        "position"
    ]
    if position.has_nulls():
        missing = ticket_ids.filter(position.is_null())[0]
        raise KeyError(f"ticket {missing} has intervals but is not among the tickets; compute both from one staging")
    return position


def _close_snapshots(
    tickets: pl.DataFrame,
    steps: TicketSteps,
    as_of: datetime,
    open_time: OpenTime,
    team_calendars: TeamCalendars,
) -> pl.DataFrame:
    """Tickets of which only a snapshot is known: as much as its own timestamps tell."""
    until = pl.lit(as_of, dtype=_INSTANT)
    lived = steps.steps.filter("is_last").select("ticket")
    known = tickets.join(lived, on="ticket", how="anti")
    known = known.filter((pl.col("created_at") <= until) | pl.col("created_at").is_null())
    category = pl.col("status_category")
    ended_at = pl.coalesce("resolved_at", "closed_at")
    is_ended = ended_at.is_null() | (ended_at <= until)
    is_done = is_ended & ((category == StatusCategory.DONE.value) | (category.is_null() & ended_at.is_not_null()))
    is_cancelled = is_ended & (category == StatusCategory.CANCELLED.value)
    is_settled = category.is_in(SETTLED)
    known = known.with_columns(
        is_done=is_done.fill_null(False),
        is_cancelled=is_cancelled.fill_null(False),
        status_category=pl.when(is_ended | ~is_settled).then(category),
    ).with_columns(
        has_history=pl.lit(False),
        resolved_at=pl.when("is_done").then(ended_at),
        cancelled_at=pl.when("is_cancelled").then(pl.coalesce("closed_at", "resolved_at")),
        first_response_at=pl.when(pl.col("first_response_at") <= until).then("first_response_at"),
        own_calendar=team_calendars.calendar_of(pl.col("team")),
        as_of=until,
    )
    is_open = ~(pl.col("is_done") | pl.col("is_cancelled"))
    ends = {
        "lead_time": pl.when(pl.col("resolved_at") >= pl.col("created_at")).then("resolved_at"),
        "first_response": pl.max_horizontal("first_response_at", "created_at"),
        "age": pl.when(is_open).then("as_of"),
    }
    ends["first_response"] = pl.when(pl.col("first_response_at").is_not_null()).then(ends["first_response"])
    ended = known.select("created_at", **ends)
    durations: list[pl.Series] = []
    for measure in ends:
        business = open_time.between(known["own_calendar"], known["created_at"], ended[measure])
        calendar = ended.select(_length("created_at", measure)).to_series()
        durations += [
            calendar.alias(f"{measure}_calendar_microseconds"),
            business.alias(f"{measure}_business_microseconds"),
        ]
    return known.with_columns(durations).with_columns(
        first_resolved_at=pl.col("resolved_at"),
        first_resolution_calendar_microseconds=pl.col("lead_time_calendar_microseconds"),
        first_resolution_business_microseconds=pl.col("lead_time_business_microseconds"),
    )


def _length(start: str, end: str) -> pl.Expr:
    """Microseconds by the clock on the wall between two instants."""
    return pl.col(end).to_physical() - pl.col(start).to_physical()

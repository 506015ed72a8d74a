"""How long each part of a ticket's life took, on the wall's clock and in open hours.

In come staged tickets and events, out go intervals and one measured row per ticket. Any set of whole tickets gives
the same rows for them as all tickets would. The order of events is settled in `metrics.tickets.steps`; promises about
durations are in `metrics.sla.clocks`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.tickets.lives import close_lives
from metrics.tickets.rows import length
from metrics.tickets.snapshots import close_snapshots
from metrics.tickets.steps import CATEGORIES, IS_UNSEEN_RETURN, TicketSteps, trace_steps
from models.ddl import conform_encoded
from models.tickets import fct_ticket_intervals, fct_tickets
from models.vocabulary import ExportShape, StatusCategory

#: How far beyond the data's clock open time is known, for the projection of due instants.
_PROJECTION: Final = timedelta(days=3653)
#: Open time is counted from here on; an earlier instant is an error of the export. A fixed instant, for one that went
#: with the data's clock would change the durations of tickets that were over long ago.
_OPEN_TIME_BEGINS: Final = datetime(1970, 1, 1, tzinfo=UTC)


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
        """The calendar of each team, as an enumeration."""
        names = sorted({self.default, *self.teams.values()})
        return team.replace_strict(dict(self.teams), default=self.default, return_dtype=pl.Enum(names))


def covering_span(tickets: pl.DataFrame, events: pl.DataFrame, as_of: datetime) -> tuple[datetime, datetime]:
    """The span of time for which calendars must be compiled: from the first instant to ten years after `as_of`.

    An instant before 1970 does not widen it: open time is counted from there, whatever `as_of` is.
    """
    begins = min(_OPEN_TIME_BEGINS, as_of)
    # Bounded before it is read out: exports tell of years that Python does not know, such as the one before year 1.
    instants = [told.clip(begins, as_of).min() for told in (events["occurred_at"], tickets["created_at"])]
    start = min(instant for instant in (*instants, as_of) if isinstance(instant, datetime))
    return start.astimezone(UTC) - timedelta(days=1), as_of.astimezone(UTC) + _PROJECTION


def sources_with_replies(tickets: pl.DataFrame, events: pl.DataFrame) -> frozenset[str]:
    """Sources whose exports tell when an agent first replied to the requester, be it by a field or by an event.

    For tickets of the other sources the first entry into active stands in for the first response.
    """
    fields = tickets.lazy().filter(pl.col("first_response_at").is_not_null()).select("source")
    replies = events.lazy().filter(pl.col("is_public_agent_reply").is_not_null()).select("source")
    return frozenset(pl.concat([fields, replies]).unique().collect()["source"])


def sources_with_teams(tickets: pl.DataFrame, events: pl.DataFrame) -> frozenset[str]:
    """Sources that tell who had a ticket when: their events name teams, or their snapshots do, day after day.

    A team that only the ticket itself names is the one of the export's day. It does not tell who had it before.
    """
    named = events.lazy().filter(pl.col("team").is_not_null() | pl.col("team_before").is_not_null()).select("source")
    is_compared = pl.col("export_shape") == ExportShape.REPEATED_SNAPSHOTS.value
    compared = tickets.lazy().filter(is_compared & pl.col("team").is_not_null()).select("source")
    return frozenset(pl.concat([named, compared]).unique().collect()["source"])


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
    is its last, which ends at `as_of`. Nor are those left out in which a ticket came back though no export shows it
    open. Rows are in order of ticket and time. `cycle_number` also counts reopenings in steps of no length.

    Args:
        tickets: rows of `stg_tickets`.
        events: rows of `stg_ticket_events`, all those of the tickets.
        as_of: the data's own clock, see `data_clock`.
        open_time: compiled for `covering_span`, with every calendar that `team_calendars` names.
        steps: what `trace_steps` gave for the same arguments, to save doing it again.
    """
    steps = steps or trace_steps(tickets, events, as_of=as_of)
    lasts = pl.col("ended_at") > pl.col("started_at")
    lasting = steps.steps.filter(lasts | pl.col("is_last") | IS_UNSEEN_RETURN)
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    begins_life = pl.col("ticket").ne_missing(pl.col("ticket").shift(1))
    intervals = lasting.with_columns(
        interval_number=row - pl.when(begins_life).then(row).forward_fill() + 1,
        calendar=team_calendars.calendar_of(pl.col("team")),
        started_earliest_at="earliest_at",
    )
    intervals = intervals.with_columns(started_latest_at=_seen_active_at(tickets, intervals))
    open_at_start, open_at_end = open_time.around(*intervals.select("calendar", "started_at", "ended_at"))
    intervals = intervals.with_columns(
        tickets["ticket_id"].gather(intervals["ticket"]),
        duration_calendar_microseconds=length("started_at", "ended_at"),
        duration_business_microseconds=open_at_end - open_at_start,
    )
    return conform_encoded(intervals, fct_ticket_intervals)


def _seen_active_at(tickets: pl.DataFrame, intervals: pl.DataFrame) -> pl.Series:
    """Of each ticket's first interval, the export that first shows it, if that shows it active."""
    is_compared = tickets["export_shape"] == ExportShape.REPEATED_SNAPSHOTS.value
    if not is_compared.any():
        return pl.repeat(None, intervals.height, dtype=pl.Datetime("us", "UTC"), eager=True)
    told = tickets.select(pl.when(pl.lit(is_compared)).then("first_seen_at")).to_series()
    first_seen_at = pl.lit(told.gather(intervals["ticket"]))
    seen_at = pl.when(first_seen_at.is_not_null()).then(pl.min_horizontal(first_seen_at, "ended_at"))
    is_first_active = (pl.col("interval_number") == 1) & (pl.col("status_category") == StatusCategory.ACTIVE.value)
    return intervals.select(pl.when(is_first_active & (seen_at > pl.col("started_at"))).then(seen_at)).to_series()


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
    team_sources: Collection[str] | None = None,
    steps: TicketSteps | None = None,
) -> pl.DataFrame:
    """One row per ticket with its life measured on both clocks: `fct_tickets`. Tickets created after `as_of` have none.

    - Entry into done means from another category: closing a resolved ticket is no second resolution.
    - Open time is that of each interval's own team, so lead time in open hours is the sum over the intervals, and
      queued, active, waiting and the reopened gap add up to it. The gap holds all time in done or cancelled before
      the last resolution.
    - For a ticket not done, the parts run to `as_of` (or to its cancellation).
    - A snapshot without history gives lead time from its resolution, or its closure; what it cannot tell is empty. The
      first resolution is that one at the latest.
      A resolution before the creation gives no duration: the contract sets such tickets aside.
    - First response is the first public reply by an agent; for sources that tell none (see `sources_with_replies`) it
      is the first entry into active. A response before the creation took no time.
    - Where such a source's exports are compared, the first entry into active lies after the last export that shows the
      ticket queued, `first_response_earliest_at`, and by the first that shows it active, `first_response_at`. A
      snapshot of such a source does not tell it at all: it can have come from the creation on.
    - Touches are public replies by agents; for sources that tell none, entries into active, by the same rule.
    - Where repeated snapshots tell a reopening only by a resolution that moved, how often a ticket was reopened is not
      known.
    - Whether a ticket is open that was so when full exports last showed it is not known since (`unknown_since_at`): it
      has no age, and no time in any category.
    - Handoffs are changes of team; for sources that never name one (see `sources_with_teams`) they are not known.

    Args:
        intervals: what `build_intervals` gave for the same tickets, in any order.
        quarantined: `ticket_id` of tickets that a contract rule set aside; they are measured all the same, and flagged.
        reply_sources: sources that tell replies; from these tickets and events if not given. Give it when these are
            not all tickets of their sources.
        team_sources: sources that tell who had a ticket when; the same goes for them.
    """
    steps = steps or trace_steps(tickets, events, as_of=as_of)
    if reply_sources is None:
        reply_sources = sources_with_replies(tickets, events)
    if team_sources is None:
        team_sources = sources_with_teams(tickets, events)
    told = tickets.with_row_index("ticket").with_columns(
        pl.col("status_category").cast(CATEGORIES), own_calendar=team_calendars.calendar_of(pl.col("team"))
    )
    lived = close_lives(told, intervals, steps, reply_sources, team_sources, as_of, open_time)
    known = close_snapshots(told, steps, reply_sources, as_of, open_time)
    # Lives come in order: where every ticket has one, there is nothing to sort, which spares a copy of all columns.
    closed = pl.concat([lived, known], how="diagonal").sort("ticket") if known.height else lived
    closed = closed.join(
        steps.tallies.select("ticket", "event_count", "duplicate_event_count"),
        on="ticket",
        how="left",
        maintain_order="left",
    )
    set_aside = pl.Series(quarantined if isinstance(quarantined, pl.Series) else sorted(quarantined), dtype=pl.String)
    closed = closed.with_columns(
        pl.col("event_count", "duplicate_event_count").fill_null(0),
        is_quarantined=pl.col("ticket_id").is_in(set_aside.implode()),
        calendar=team_calendars.calendar_of(pl.col("team")),
    )
    return conform_encoded(closed, fct_tickets)

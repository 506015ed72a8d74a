"""The ticket facts in Polars as a good analyst writes them: `unique`, `sort`, `.over`, and `join_asof` for open time.

Computes what `benchmarks.compared` lists, for tickets that come as event logs. Written to be obvious, not fast; it
shares no code with the kernel and is compared with it to the microsecond. SLA clocks are in
`benchmarks.textbook_polars_clocks`.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from benchmarks.compared import COLUMNS, Rules
from benchmarks.open_segments import add_open_time, list_open_segments, microseconds_between
from benchmarks.textbook_polars_clocks import resolution_stretches, response_stretches, run_clocks
from models.vocabulary import SlaTarget

_WORK = ["queued", "active", "waiting"]
_SETTLED = ["done", "cancelled"]
_STATE = ["status", "status_category", "waiting_reason", "team", "priority", "vendor"]
_ORDER = ["occurred_at", "event_sequence", "load_id", "row_number"]
#: Two events that agree in all of this are one event told twice.
_CONTENT = [
    "ticket_id",
    "occurred_at",
    "event_sequence",
    "status_before",
    "status",
    "waiting_reason",
    "team_before",
    "team",
    "priority_before",
    "priority",
    "vendor",
    "is_public_agent_reply",
    "actor",
]
#: Stands for "waits for nobody", which is not the same as "unchanged".
_NO_REASON = ""
_OF_EVENTS = [*_CONTENT, "source", "status_category", "status_category_before", "load_id", "row_number"]
_OF_TICKETS = [
    *("ticket_id", "source", "created_at", "ticket_type", "status", "status_category", "waiting_reason", "priority"),
    *("team", "service", "vendor", "first_response_at"),
]


def compute_facts(tickets: pl.DataFrame, events: pl.DataFrame, rules: Rules) -> dict[str, pl.DataFrame]:
    """The compared columns of `fct_tickets`, `fct_sla_clocks` and `fct_ticket_days`."""
    return compute_lazily(tickets.lazy(), events.lazy(), rules)


def compute_lazily(tickets_scan: pl.LazyFrame, events: pl.LazyFrame, rules: Rules) -> dict[str, pl.DataFrame]:
    """What `compute_facts` computes, of which only the needed columns are read."""
    tickets = tickets_scan.select(_OF_TICKETS).filter(pl.col("created_at") <= rules.as_of).collect()
    told = (
        events.select(_OF_EVENTS)
        .filter(pl.col("occurred_at") <= rules.as_of)
        .join(tickets.lazy(), on="ticket_id", how="semi")
        .sort("ticket_id", *_ORDER, nulls_last=True)
        .unique(_CONTENT, keep="first", maintain_order=True)
        .collect()
    )
    segments = list_segments(tickets, told, rules)
    responses = find_responses(tickets, told)
    steps = trace_steps(tickets, told, rules)
    del told
    intervals = (
        steps.filter((pl.col("started_at") < pl.col("ended_at")) | pl.col("is_last"))
        .with_columns(calendar=_calendar_of_team(rules))
        .pipe(add_open_time, segments, "started_at", "open_at_start")
        .pipe(add_open_time, segments, "ended_at", "open_at_end")
        .sort("ticket_id", "step")
        .with_columns(
            calendar_time=microseconds_between("started_at", "ended_at"),
            business_time=pl.col("open_at_end") - pl.col("open_at_start"),
        )
    )
    closed = close_tickets(responses, steps, intervals, segments, rules)
    del steps
    clocks = [
        run_clocks(response_stretches(closed, intervals, rules), SlaTarget.FIRST_RESPONSE, closed, segments, rules),
        run_clocks(resolution_stretches(closed, intervals, rules), SlaTarget.RESOLUTION, closed, segments, rules),
    ]
    return {
        "fct_tickets": closed.select(COLUMNS["fct_tickets"]),
        "fct_sla_clocks": pl.concat(clocks).select(COLUMNS["fct_sla_clocks"]),
        "fct_ticket_days": count_days(intervals, tickets, rules),
    }


def find_responses(tickets: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """For each ticket, its first public reply as `replied_at`, and whether its source tells replies at all."""
    replies = told.filter("is_public_agent_reply").group_by("ticket_id").agg(first_reply_at=pl.col("occurred_at").min())
    by_event = told.filter(pl.col("is_public_agent_reply").is_not_null())["source"]
    by_field = tickets.filter(pl.col("first_response_at").is_not_null())["source"]
    telling = pl.concat([by_event, by_field]).unique()
    return tickets.join(replies, on="ticket_id", how="left").select(
        *("ticket_id", "source", "service", "ticket_type"),
        replied_at=pl.min_horizontal("first_response_at", "first_reply_at"),
        tells_replies=pl.col("source").is_in(telling.implode()),
    )


def trace_steps(tickets: pl.DataFrame, told: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """One row per change of a ticket's state, with `step`, `started_at`, `ended_at`, `is_last` and `cycle_number`."""
    tells_status = pl.any_horizontal(
        pl.col("status", "status_before", "status_category", "status_category_before").is_not_null()
    )
    first_told = (
        told.lazy()
        .group_by("ticket_id")
        .agg(
            first_at=pl.col("occurred_at").min(),
            tells_status=tells_status.any(),
            status_at_first=pl.col("status_before").filter(tells_status).first(),
            category_at_first=pl.col("status_category_before").filter(tells_status).first(),
            team_at_first=pl.coalesce("team_before", "team").drop_nulls().first(),
            priority_at_first=pl.coalesce("priority_before", "priority").drop_nulls().first(),
            tells_vendor=pl.col("vendor").is_not_null().any(),
        )
    )
    has_status = pl.col("tells_status").fill_null(False)
    beginnings = (
        tickets.lazy()
        .join(first_told, on="ticket_id", how="left")
        .filter(has_status | ~pl.col("status_category").is_in(_SETTLED).fill_null(False))
        .select(
            "ticket_id",
            occurred_at=pl.min_horizontal("created_at", "first_at"),
            is_event=pl.lit(False),
            status=pl.when(has_status).then("status_at_first").otherwise("status"),
            status_category=pl.when(has_status)
            .then("category_at_first")
            .otherwise("status_category")
            .fill_null("queued"),
            waiting_reason=pl.when(~has_status).then("waiting_reason").fill_null(_NO_REASON),
            team=pl.coalesce("team_at_first", "team"),
            priority=pl.coalesce("priority_at_first", "priority"),
            vendor=pl.when(~pl.col("tells_vendor").fill_null(False)).then("vendor"),
        )
    )
    changes = (
        told.lazy()
        .join(beginnings, on="ticket_id", how="semi")
        .select(
            "ticket_id",
            *_ORDER,
            *(name for name in _STATE if name != "waiting_reason"),
            is_event=pl.lit(True),
            waiting_reason=pl.when(pl.col("status_category").is_not_null()).then(
                pl.col("waiting_reason").fill_null(_NO_REASON)
            ),
        )
    )
    states = (
        pl.concat([beginnings, changes], how="diagonal")
        .sort("ticket_id", "is_event", *_ORDER, nulls_last=True)
        .with_columns(pl.col(_STATE).forward_fill().over("ticket_id"))
    )
    changed = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1).over("ticket_id")) for name in _STATE)
    steps = states.filter(~pl.col("is_event") | changed)
    category = pl.col("status_category")
    before = pl.when(category != "cancelled").then(category).forward_fill().shift(1).over("ticket_id")
    traced = steps.select(
        *("ticket_id", "status_category", "team", "priority", "vendor"),
        waiting_reason=pl.when(pl.col("waiting_reason") != _NO_REASON).then("waiting_reason"),
        step=pl.int_range(pl.len()).over("ticket_id"),
        started_at=pl.col("occurred_at"),
        ended_at=pl.col("occurred_at").shift(-1).over("ticket_id").fill_null(rules.as_of),
        is_last=pl.int_range(pl.len()).over("ticket_id") == pl.len().over("ticket_id") - 1,
        cycle_number=(category.is_in(_WORK) & before.eq_missing("done")).cum_sum().over("ticket_id").cast(pl.Int64) + 1,
    )
    return traced.collect()


def list_segments(tickets: pl.DataFrame, told: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Open stretches of all calendars over everything that can be looked up, ordered as `join_asof` wants them."""
    earliest = min(instant for instant in (tickets["created_at"].min(), told["occurred_at"].min()) if instant)
    segments = list_open_segments(rules.calendars, earliest - timedelta(days=1), rules.as_of + timedelta(days=1))
    return segments.sort("opens_at")


def close_tickets(
    responses: pl.DataFrame,
    steps: pl.DataFrame,
    intervals: pl.DataFrame,
    segments: pl.DataFrame,
    rules: Rules,
) -> pl.DataFrame:
    """One row per ticket: milestones, counts and durations, and `life_ends_at` and `source`."""
    category = pl.col("status_category")
    entered = steps.with_columns(
        enters=category.ne_missing(category.shift(1).over("ticket_id")),
        is_handoff=(pl.col("team") != pl.col("team").shift(1).over("ticket_id")).fill_null(False),
    )
    milestones = entered.group_by("ticket_id").agg(
        created_at=pl.col("started_at").min(),
        first_active_at=pl.col("started_at").filter(category == "active").min(),
        first_resolved_at=pl.col("started_at").filter(pl.col("enters") & (category == "done")).min(),
        last_resolved_at=pl.col("started_at").filter(pl.col("enters") & (category == "done")).max(),
        last_cancelled_at=pl.col("started_at").filter(pl.col("enters") & (category == "cancelled")).max(),
        reopen_count=pl.col("cycle_number").max() - 1,
        handoff_count=pl.col("is_handoff").sum().cast(pl.Int64),
        latest_category=category.last(),
    )
    reply = pl.col("replied_at")
    milestones = (
        milestones.join(responses, on="ticket_id")
        .with_columns(
            first_response_at=pl.when("tells_replies")
            .then(pl.when(reply <= rules.as_of).then(reply))
            .otherwise("first_active_at"),
            resolved_at=pl.when(pl.col("latest_category") == "done").then("last_resolved_at"),
            cancelled_at=pl.when(pl.col("latest_category") == "cancelled").then("last_cancelled_at"),
        )
        .with_columns(life_ends_at=pl.coalesce("resolved_at", "cancelled_at", pl.lit(rules.as_of)))
    )
    columns = ("ticket_id", "first_active_at", "first_response_at", "life_ends_at")
    started = pl.col("started_at")
    lived = (
        intervals.drop("step", "waiting_reason", "team", "priority", "vendor", "is_last", "cycle_number", "open_at_end")
        .join(milestones.select(columns), on="ticket_id")
        .with_columns(answered_at=pl.max_horizontal("started_at", pl.min_horizontal("ended_at", "first_response_at")))
        .with_columns(
            answered_at=pl.when(pl.col("first_response_at").is_not_null()).then("answered_at").otherwise(started)
        )
        .pipe(add_open_time, segments, "answered_at", "open_at_answer")
    )
    counts = started < pl.col("life_ends_at")
    parts = {
        "queued": counts & (category == "queued"),
        "active": counts & (category == "active"),
        "waiting": counts & (category == "waiting"),
        "reopened_gap": counts & category.is_in(_SETTLED),
    }
    sums = lived.group_by("ticket_id").agg(
        life_business=pl.col("business_time").filter(counts).sum(),
        cycle_business=pl.col("business_time").filter(counts & (started >= pl.col("first_active_at"))).sum(),
        response_business=(pl.col("open_at_answer") - pl.col("open_at_start")).sum(),
        **{
            f"{part}_calendar_microseconds": pl.col("calendar_time").filter(is_in).sum()
            for part, is_in in parts.items()
        },
        **{
            f"{part}_business_microseconds": pl.col("business_time").filter(is_in).sum()
            for part, is_in in parts.items()
        },
    )
    is_done = pl.col("resolved_at").is_not_null()
    is_active = pl.col("first_active_at").is_not_null()
    is_answered = pl.col("first_response_at").is_not_null()
    return milestones.join(sums, on="ticket_id").with_columns(
        lead_time_calendar_microseconds=microseconds_between("created_at", "resolved_at"),
        lead_time_business_microseconds=pl.when(is_done).then("life_business"),
        cycle_time_calendar_microseconds=microseconds_between("first_active_at", "resolved_at"),
        cycle_time_business_microseconds=pl.when(is_done & is_active).then("cycle_business"),
        first_response_calendar_microseconds=microseconds_between("created_at", "first_response_at").clip(0),
        first_response_business_microseconds=pl.when(is_answered).then("response_business"),
    )


def count_days(intervals: pl.DataFrame, tickets: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """`fct_ticket_days`: one row per interval and day's end that it covers, counted."""
    begun, ended = (pl.col(name).dt.convert_time_zone(rules.time_zone).dt.date() for name in ("started_at", "ended_at"))
    return (
        intervals.filter(pl.col("status_category").is_in(_WORK))
        .select(
            *("ticket_id", "status_category", "team", "priority", "vendor"),
            begun=begun,
            # The day on which the export ends counts as ended.
            until=pl.when("is_last").then(ended.dt.offset_by("1d")).otherwise(ended),
        )
        .filter(pl.col("begun") < pl.col("until"))
        .join(tickets.select("ticket_id", "service"), on="ticket_id", how="left")
        .with_columns(day_date=pl.date_ranges("begun", "until", closed="left"))
        .explode("day_date")
        .group_by("day_date", "status_category", "team", "priority", "service", "vendor")
        .agg(ticket_count=pl.len().cast(pl.Int64))
    )


def _calendar_of_team(rules: Rules) -> pl.Expr:
    teams = rules.team_calendars
    return pl.col("team").replace_strict(dict(teams.teams), default=teams.default, return_dtype=pl.String)

"""The ticket facts in Polars as a good analyst writes them: `unique`, `sort`, `.over`, and `join_asof` for open time.

Computes what `benchmarks.compared` lists, for tickets that come as event logs. Written to be obvious, not fast; it
shares no code with the kernel and is compared with it to the microsecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import polars as pl

from benchmarks.compared import COLUMNS, Rules
from benchmarks.open_segments import list_open_segments
from metrics.sla_policy import SlaPolicy
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
#: Columns of tickets that are read.
_OF_TICKETS = [
    *("ticket_id", "source", "created_at", "ticket_type", "status", "status_category", "waiting_reason", "priority"),
    *("team", "service", "vendor", "first_response_at"),
]


def read(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tickets and events of a folder that `benchmarks.ticket_events` wrote, with the columns that are needed."""
    of_events = [*_CONTENT, "source", "status_category", "status_category_before", "load_id", "row_number"]
    return (
        pl.read_parquet(folder / "tickets/*.parquet", columns=_OF_TICKETS),
        pl.read_parquet(folder / "events/*.parquet", columns=of_events),
    )


def compute_facts(tickets: pl.DataFrame, events: pl.DataFrame, rules: Rules) -> dict[str, pl.DataFrame]:
    """The compared columns of `fct_tickets`, `fct_sla_clocks` and `fct_ticket_days`."""
    tickets = tickets.filter(pl.col("created_at") <= rules.as_of)
    told = (
        events.filter(pl.col("occurred_at") <= rules.as_of)
        .join(tickets, on="ticket_id", how="semi")
        .sort("ticket_id", *_ORDER, nulls_last=True)
        .unique(_CONTENT, keep="first", maintain_order=True)
    )
    steps = trace_steps(tickets, told, rules)
    segments = list_segments(tickets, told, rules)
    intervals = (
        steps.filter((pl.col("started_at") < pl.col("ended_at")) | pl.col("is_last"))
        .with_columns(calendar=_calendar_of_team(rules))
        .pipe(add_open_time, segments, "started_at", "open_at_start")
        .pipe(add_open_time, segments, "ended_at", "open_at_end")
        .sort("ticket_id", "step")
        .with_columns(
            calendar_time=_microseconds("started_at", "ended_at"),
            business_time=pl.col("open_at_end") - pl.col("open_at_start"),
        )
    )
    closed = close_tickets(tickets, told, steps, intervals, segments, rules)
    clocks = [
        run_clocks(stretches(closed, intervals, rules), target, closed, segments, rules)
        for target, stretches in (
            (SlaTarget.FIRST_RESPONSE, response_stretches),
            (SlaTarget.RESOLUTION, resolution_stretches),
        )
    ]
    return {
        "fct_tickets": closed.select(COLUMNS["fct_tickets"]),
        "fct_sla_clocks": pl.concat(clocks).select(COLUMNS["fct_sla_clocks"]),
        "fct_ticket_days": count_days(intervals, tickets, rules),
    }


def trace_steps(tickets: pl.DataFrame, told: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """One row per change of a ticket's state, with `step`, `started_at`, `ended_at`, `is_last` and `cycle_number`."""
    tells_status = pl.any_horizontal(
        pl.col("status", "status_before", "status_category", "status_category_before").is_not_null()
    )
    first_told = told.group_by("ticket_id").agg(
        first_at=pl.col("occurred_at").min(),
        tells_status=tells_status.any(),
        status_at_first=pl.col("status_before").filter(tells_status).first(),
        category_at_first=pl.col("status_category_before").filter(tells_status).first(),
        team_at_first=pl.coalesce("team_before", "team").drop_nulls().first(),
        priority_at_first=pl.coalesce("priority_before", "priority").drop_nulls().first(),
        tells_vendor=pl.col("vendor").is_not_null().any(),
    )
    has_status = pl.col("tells_status").fill_null(False)
    beginnings = (
        tickets.join(first_told, on="ticket_id", how="left")
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
    changes = told.join(beginnings, on="ticket_id", how="semi").select(
        "ticket_id",
        *_ORDER,
        *(name for name in _STATE if name != "waiting_reason"),
        is_event=pl.lit(True),
        waiting_reason=pl.when(pl.col("status_category").is_not_null()).then(
            pl.col("waiting_reason").fill_null(_NO_REASON)
        ),
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
    return steps.select(
        "ticket_id",
        *(name for name in _STATE if name != "waiting_reason"),
        waiting_reason=pl.when(pl.col("waiting_reason") != _NO_REASON).then("waiting_reason"),
        step=pl.int_range(pl.len()).over("ticket_id"),
        started_at=pl.col("occurred_at"),
        ended_at=pl.col("occurred_at").shift(-1).over("ticket_id").fill_null(rules.as_of),
        is_last=pl.int_range(pl.len()).over("ticket_id") == pl.len().over("ticket_id") - 1,
        cycle_number=(category.is_in(_WORK) & before.eq_missing("done")).cum_sum().over("ticket_id").cast(pl.Int64) + 1,
    )


def list_segments(tickets: pl.DataFrame, told: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Open stretches of all calendars over everything that can be looked up, ordered as `join_asof` wants them."""
    earliest = min(instant for instant in (tickets["created_at"].min(), told["occurred_at"].min()) if instant)
    segments = list_open_segments(rules.calendars, earliest - timedelta(days=1), rules.as_of + timedelta(days=1))
    return segments.sort("opens_at")


def add_open_time(frame: pl.DataFrame, segments: pl.DataFrame, instant: str, name: str) -> pl.DataFrame:
    """Add the open microseconds of each row's `calendar` before an instant."""
    matched = frame.sort(instant).join_asof(
        segments, left_on=instant, right_on="opens_at", by="calendar", check_sortedness=False
    )
    since = pl.min_horizontal(_microseconds("opens_at", instant), "length")
    return matched.with_columns((pl.col("open_before") + since).fill_null(0).alias(name)).drop(
        "opens_at", "length", "open_before"
    )


def close_tickets(
    tickets: pl.DataFrame,
    told: pl.DataFrame,
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
    replies = told.group_by("ticket_id").agg(
        first_reply_at=pl.col("occurred_at").filter(pl.col("is_public_agent_reply")).min()
    )
    tells_replies = pl.col("source").is_in(
        pl.concat(
            [
                told.filter(pl.col("is_public_agent_reply").is_not_null())["source"],
                tickets.filter(pl.col("first_response_at").is_not_null())["source"],
            ]
        )
        .unique()
        .implode()
    )
    reply = pl.min_horizontal("first_response_at", "first_reply_at")
    milestones = (
        milestones.join(
            tickets.select("ticket_id", "source", "service", "ticket_type", "first_response_at"), on="ticket_id"
        )
        .join(replies, on="ticket_id", how="left")
        .with_columns(
            first_response_at=pl.when(tells_replies)
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
        intervals.join(milestones.select(columns), on="ticket_id")
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
        lead_time_calendar_microseconds=_microseconds("created_at", "resolved_at"),
        lead_time_business_microseconds=pl.when(is_done).then("life_business"),
        cycle_time_calendar_microseconds=_microseconds("first_active_at", "resolved_at"),
        cycle_time_business_microseconds=pl.when(is_done & is_active).then("cycle_business"),
        first_response_calendar_microseconds=_microseconds("created_at", "first_response_at").clip(0),
        first_response_business_microseconds=pl.when(is_answered).then("response_business"),
    )


def response_stretches(closed: pl.DataFrame, intervals: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Intervals up to each first-response clock's end: the first response, or the resolution if that is earlier."""
    stop = pl.max_horizontal("created_at", pl.min_horizontal("first_response_at", "first_resolved_at"))
    is_stopped = pl.any_horizontal(pl.col("first_response_at", "first_resolved_at").is_not_null())
    ends = closed.select("ticket_id", "cancelled_at", stop=pl.when(is_stopped).then(stop))
    is_cancelled = pl.col("cancelled_at").is_not_null() & (
        pl.col("stop").is_null() | (pl.col("stop") > pl.col("cancelled_at"))
    )
    ends = ends.with_columns(is_cancelled=is_cancelled, is_stopped=pl.col("stop").is_not_null() & ~is_cancelled)
    rows = intervals.with_columns(cycle_number=pl.lit(1, dtype=pl.Int64)).join(ends, on="ticket_id", how="left")
    return _cut(rows, rules)


def resolution_stretches(closed: pl.DataFrame, intervals: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Intervals up to the end of each resolution clock, of which every cycle has one."""
    cycles = (
        intervals.group_by("ticket_id", "cycle_number")
        .agg(
            started_at=pl.col("started_at").min(),
            done_at=pl.col("started_at").filter(pl.col("status_category") == "done").min(),
        )
        .sort("ticket_id", "cycle_number")
        # A reopening at the very instant of the resolution leaves no interval in done.
        .with_columns(next_started_at=pl.col("started_at").shift(-1).over("ticket_id"))
        .join(closed.select("ticket_id", "cancelled_at"), on="ticket_id")
        .select("ticket_id", "cycle_number", "cancelled_at", stop=pl.coalesce("done_at", "next_started_at"))
        .with_columns(
            is_stopped=pl.col("stop").is_not_null(),
            is_cancelled=pl.col("stop").is_null() & pl.col("cancelled_at").is_not_null(),
        )
    )
    return _cut(intervals.join(cycles, on=["ticket_id", "cycle_number"], how="left"), rules)


def _cut(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Only what lies before a clock's end; its first stretch always, and the last one of a clock that goes on."""
    ends_at = pl.when("is_cancelled").then("cancelled_at").otherwise(pl.coalesce("stop", pl.lit(rules.as_of)))
    clock = ["ticket_id", "cycle_number"]
    is_first = pl.col("step") == pl.col("step").min().over(clock)
    goes_on = ~(pl.col("is_stopped") | pl.col("is_cancelled"))
    return (
        rows.with_columns(clock_ends_at=ends_at)
        .filter((pl.col("started_at") < pl.col("clock_ends_at")) | is_first | (pl.col("is_last") & goes_on))
        .with_columns(ended_at=pl.min_horizontal("ended_at", "clock_ends_at"))
    )


def run_clocks(
    rows: pl.DataFrame, target: SlaTarget, closed: pl.DataFrame, segments: pl.DataFrame, rules: Rules
) -> pl.DataFrame:
    """One row per clock of a target, from its stretches."""
    policies = [policy for policy in rules.policies if policy.target is target]
    clock = ["ticket_id", "cycle_number"]
    rows = (
        rows.drop("calendar_time", "business_time", "open_at_start", "open_at_end")
        .join(closed.select("ticket_id", "source", "service", "ticket_type", "created_at"), on="ticket_id", how="left")
        .sort(*clock, "step")
        .with_columns(
            pl.col("team").first().over(clock).alias("first_team"),
            pl.col("vendor").first().over(clock).alias("first_vendor"),
        )
        .with_columns(sla_policy=_policy_of_row(policies))
        .with_columns(pl.col("sla_policy").forward_fill().over(clock))
        .filter(pl.col("sla_policy").is_not_null())
    )
    promised = pl.DataFrame(
        [
            {
                "sla_policy": policy.id,
                "target_microseconds": policy.within_microseconds,
                "own_calendar": policy.calendar,
            }
            for policy in policies
        ],
        schema={"sla_policy": pl.String, "target_microseconds": pl.Int64, "own_calendar": pl.String},
    )
    run = [*clock, "run"]
    rows = (
        rows.join(promised, on="sla_policy", how="left")
        .with_columns(calendar=pl.coalesce("own_calendar", pl.col("calendar").first().over(clock)))
        .with_columns(is_paused=_is_paused(policies))
        .pipe(add_open_time, segments, "started_at", "open_at_start")
        .pipe(add_open_time, segments, "ended_at", "open_at_end")
        .sort(*clock, "step")
        .with_columns(runs=pl.when("is_paused").then(0).otherwise(pl.col("open_at_end") - pl.col("open_at_start")))
        .with_columns(
            elapsed=pl.col("runs").cum_sum().over(clock),
            run=pl.col("target_microseconds").rle_id().over(clock),
        )
        .with_columns(
            elapsed_before=pl.col("elapsed") - pl.col("runs"),
            run_started_at=pl.col("started_at").first().over(run),
        )
    )
    is_beyond = pl.col("elapsed") > pl.col("target_microseconds")
    broken_runs = rows.filter(is_beyond).group_by(clock, maintain_order=True).first().select(run)
    # A clock that is beyond its target stood exactly on it before, perhaps already at the end of an earlier stretch.
    reached = rows.filter(pl.col("elapsed") >= pl.col("target_microseconds")).join(broken_runs, on=run, how="semi")
    breaches = (
        reached.group_by(clock, maintain_order=True)
        .first()
        .with_columns(wanted=pl.col("open_at_start") + pl.col("target_microseconds") - pl.col("elapsed_before"))
        .sort("wanted")
        # The stretch that begins before so much open time has gone by: the first instant, not the next opening.
        .join_asof(
            segments.sort("open_before"),
            left_on="wanted",
            right_on="open_before",
            by="calendar",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .select(
            *clock,
            breach_policy="sla_policy",
            breach_target="target_microseconds",
            breached_at=pl.when(pl.col("elapsed_before") < pl.col("target_microseconds"))
            .then(pl.col("opens_at") + pl.duration(microseconds=pl.col("wanted") - pl.col("open_before")))
            # A target that is lowered below the time already elapsed is breached by the change itself.
            .otherwise("run_started_at"),
        )
    )
    clocks = (
        rows.group_by(clock, maintain_order=True)
        .agg(
            pl.col("started_at").first(),
            pl.col(
                "sla_policy", "target_microseconds", "is_paused", "is_stopped", "is_cancelled", "clock_ends_at"
            ).last(),
            elapsed_microseconds=pl.col("elapsed").last(),
        )
        .join(breaches, on=clock, how="left")
    )
    is_ended = pl.col("is_stopped") | pl.col("is_cancelled")
    return clocks.with_columns(
        target=pl.lit(target.value),
        sla_policy=pl.coalesce("breach_policy", "sla_policy"),
        target_microseconds=pl.coalesce("breach_target", "target_microseconds"),
        stopped_at=pl.when(is_ended).then("clock_ends_at"),
        state=pl.when(pl.col("breached_at").is_not_null())
        .then(pl.lit("breached"))
        .when("is_stopped")
        .then(pl.lit("met"))
        .when("is_cancelled")
        .then(pl.lit("cancelled"))
        .when("is_paused")
        .then(pl.lit("paused"))
        .otherwise(pl.lit("running")),
    ).select(COLUMNS["fct_sla_clocks"])


def _policy_of_row(policies: Sequence[SlaPolicy]) -> pl.Expr:
    """The first policy that covers a row; team and vendor are those at the beginning of the clock."""
    found = pl.lit(None, dtype=pl.String)
    for policy in reversed(policies):
        covers = pl.lit(True)
        for name, values in policy.scope.items():
            column = f"first_{name}" if name in ("team", "vendor") else name
            covers &= pl.col(column).is_in(sorted(values)).fill_null(False)
        if policy.effective_from:
            covers &= pl.col("created_at").dt.date() >= policy.effective_from
        if policy.effective_to:
            covers &= pl.col("created_at").dt.date() <= policy.effective_to
        found = pl.when(covers).then(pl.lit(policy.id)).otherwise(found)
    return found


def _is_paused(policies: Sequence[SlaPolicy]) -> pl.Expr:
    category = pl.col("status_category")
    paused = category.is_in(_SETTLED)
    for policy in policies:
        pauses = category.is_in([category.value for category in policy.pause_categories])
        if policy.pause_reasons:
            has_reason = pl.col("waiting_reason").is_in(sorted(policy.pause_reasons)).fill_null(False)
            pauses &= (category != "waiting") | has_reason
        paused |= (pl.col("sla_policy") == policy.id) & pauses
    return paused


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


def _microseconds(start: str, end: str) -> pl.Expr:
    return (pl.col(end) - pl.col(start)).dt.total_microseconds()

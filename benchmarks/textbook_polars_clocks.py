"""SLA clocks in Polars as a good analyst writes them; the rest of the form is in `benchmarks.textbook_polars`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from benchmarks.compared import COLUMNS, Rules
from benchmarks.open_segments import add_open_time
from metrics.sla.policy import SlaPolicy
from models.vocabulary import SlaTarget

_SETTLED = ["done", "cancelled"]


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
        rows.drop("calendar_time", "business_time", "open_at_start", "open_at_end", "is_last", "stop", "cancelled_at")
        .join(closed.select("ticket_id", "source", "service", "ticket_type", "created_at"), on="ticket_id", how="left")
        .sort(*clock, "step")
        .with_columns(
            pl.col("team").first().over(clock).alias("first_team"),
            pl.col("vendor").first().over(clock).alias("first_vendor"),
        )
        .with_columns(sla_policy=_policy_of_row(policies))
        .with_columns(pl.col("sla_policy").forward_fill().over(clock))
        .filter(pl.col("sla_policy").is_not_null())
        .select(
            *(*clock, "step", "started_at", "ended_at", "status_category", "waiting_reason", "calendar", "sla_policy"),
            *("clock_ends_at", "is_stopped", "is_cancelled"),
        )
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

"""How the clocks of a promise run: which policy is in force in each stretch, and what it counts there.

From when to when a clock can run is said in `metrics.sla.stretches`; whether its promise was kept, in
`metrics.sla.decisions`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.sla.lives import Lives
from metrics.sla.ordered_rows import since
from metrics.sla.other_policies import begin_as_before, begin_unseen, describe_others
from metrics.sla.policy import SlaPolicy, first_covering, is_paused
from metrics.sla.unseen_returns import has_unseen_returns, is_unseen
from metrics.sla.unshown import has_unshown, may_have_begun, pause_unshown
from metrics.tickets.steps import SETTLED

#: Scope that is judged as it was when the clock's cycle began; priority is judged at every change.
_JUDGED_AT_START: Final = ("team", "vendor")
_POSITION: Final = pl.int_range(pl.len(), dtype=pl.UInt32)


def match_policies(
    rows: pl.DataFrame,
    lives: Lives,
    policies: Sequence[SlaPolicy],
    *,
    judged_at_start: Collection[str] = _JUDGED_AT_START,
) -> pl.Series:
    """The position of the first policy that covers each row, empty if none does.

    Args:
        rows: with `life`, `priority`, `team`, `vendor` and `begins`; with `taken_at` if a policy is dated by it.
        judged_at_start: scope that counts as it is in the last row that begins something.
    """
    asked = {name for policy in policies for name in policy.scope}
    begun = since(pl.col("begins"), _POSITION)
    held = [name for name in _JUDGED_AT_START if name in asked]
    scoped = rows.select(
        "priority", *(pl.col(name).gather(begun) if name in judged_at_start else pl.col(name) for name in held)
    )
    dated = [policy for policy in policies if policy.effective_from or policy.effective_to]
    if any(not policy.is_dated_by_taking for policy in dated):
        asked.add("created_at")
    if any(policy.is_dated_by_taking for policy in dated):
        scoped = scoped.with_columns(rows["taken_at"])
    of_ticket = [name for name in ("source", "service", "ticket_type", "created_at") if name in asked]
    scoped = scoped.with_columns(lives.tickets[name].gather(rows["life"]) for name in of_ticket)
    return scoped.with_columns(first_covering(policies).alias("matched"))["matched"]


def match_others(
    stretches: pl.DataFrame, priority: str, is_asked: pl.Expr, lives: Lives, policies: Sequence[SlaPolicy]
) -> pl.Series:
    """The position of the policy that covers each stretch that is asked for, by another priority.

    Args:
        priority: column with that priority.
    """
    begun = since(pl.col("begins"), _POSITION)
    # They are few, and few of them begin what their team and vendor are judged by.
    asked = (
        stretches.with_columns(pl.col("team", "vendor").gather(begun), priority=priority)
        .with_row_index("place")
        .filter(is_asked)
    )
    matched = match_policies(asked, lives, policies, judged_at_start=())
    return pl.repeat(None, stretches.height, dtype=matched.dtype, eager=True).scatter(asked["place"], matched)


def policies_that_continue(lives: Lives, matched: pl.Series, policies: Sequence[SlaPolicy]) -> pl.Series | None:
    """Per ticket, whether the first policy that applied to it lets the old clock go on after a reopening.

    Args:
        matched: the position of the policy that covers each of the lives' stretches.

    Returns:
        One flag per life; None if no policy says so.
    """
    going_on = [position for position, policy in enumerate(policies) if policy.on_reopen == "continue"]
    if not going_on:
        return None
    covered = lives.stretches.select("life", matched.alias("policy")).drop_nulls("policy")
    first = covered.filter(pl.col("life").ne_missing(pl.col("life").shift(1)))
    goes_on = first.filter(pl.col("policy").is_in(going_on))["life"]
    return pl.repeat(False, lives.tickets.height, eager=True).scatter(goes_on, True)


def apply_policies(
    stretches: pl.DataFrame,
    matched: pl.Series,
    lives: Lives,
    policies: Sequence[SlaPolicy],
    open_time: OpenTime,
    *,
    others: pl.Series | None = None,
    formers: pl.Series | None = None,
    is_held: pl.Series | None = None,
) -> pl.DataFrame:
    """The policy in force in each stretch. Stretches before a clock's first policy are left out.

    Adds `policy` (position), `begins` (of the clock), `begins_attempt` (of the clock, or of a restart), `target`
    (microseconds), `calendar` (code), `is_paused` and `tells_pauses`. A ticket of which only a snapshot is known does
    not tell when a policy's pauses were: its clock is run without any, and `tells_pauses` is false. With `others`, also
    what `metrics.sla.late_priorities.measure_doubts` takes.

    Args:
        stretches: of the clocks, in order.
        matched: the position of the policy that covers each stretch.
        others: the same by the `other_priority` that may have been in force, where there is one.
        formers: the same by the `former_priority` with which the clock may have begun, given with `others`.
        is_held: whether the clock's holder has the ticket; if not, the clock stands still and sees no change of
            priority. None where it does not matter who has it.
    """
    held = pl.repeat(True, stretches.height, eager=True) if is_held is None else is_held
    begins = pl.col("begins")
    rows = stretches.with_columns(matched.alias("matched"), held.alias("is_held"))
    if others is not None and formers is not None:
        rows = begin_as_before(rows.with_columns(others.alias("other"), formers.alias("former")))
    seen_before = since(pl.col("is_held"), _POSITION).shift(1)
    rows = rows.with_columns(
        policy=pl.when(begins).then(pl.col("matched").fill_null(-1)).otherwise("matched").forward_fill()
    )
    is_covered = pl.col("policy") >= 0
    if "other" in rows.columns:
        rows = begin_unseen(rows)
    rows = rows.with_columns(
        begins=is_covered & (begins | (pl.col("policy").shift(1) < 0)),
        is_covered_late=is_covered & ~begins,
        previous_priority=pl.col("priority").shift(1) if is_held is None else pl.col("priority").gather(seen_before),
    ).filter(is_covered)
    if has_unseen_returns(rows):
        rows = rows.with_columns(pl.col("is_unseen") & pl.col("is_held"))
    rows = _keep_policies(rows, policies)
    if has_unshown(rows):
        rows = pause_unshown(rows, policies)
    if rows["started_earliest_at"].null_count() < rows.height:
        rows = may_have_begun(rows, policies)
    pausing = [position for position, policy in enumerate(policies) if policy.pauses]
    has_history = lives.tickets["has_history"].gather(rows["life"])
    tells_pauses = has_history | ~rows["policy"].is_in(pausing)
    is_settled = pl.col("status_category").is_in(SETTLED)
    modes = pl.Series([policy.on_priority_change == "restart" for policy in policies])
    restarts = modes.gather(rows["policy"].shift(1, fill_value=0)) & ~rows["begins"]
    changes_priority = pl.col("matched").is_not_null() & pl.col("priority").ne_missing(pl.col("previous_priority"))
    targets = pl.Series([policy.within_microseconds for policy in policies], dtype=pl.Int64)
    named = [open_time.names.index(policy.calendar) if policy.calendar is not None else None for policy in policies]
    own_calendar = pl.Series(named, dtype=pl.UInt32)
    first_calendar = since(begins, pl.col("calendar"))
    if "other" in rows.columns:
        rows = describe_others(rows, policies, targets, own_calendar)
    return rows.with_columns(
        begins_attempt=begins | (restarts & changes_priority),
        target=targets.gather(rows["policy"]),
        is_paused=(is_paused(policies) & (tells_pauses | is_settled)) | ~pl.col("is_held") | is_unseen(rows),
        tells_pauses=tells_pauses,
        calendar=pl.coalesce(own_calendar.gather(rows["policy"]), first_calendar),
    )


def _keep_policies(rows: pl.DataFrame, policies: Sequence[SlaPolicy]) -> pl.DataFrame:
    """From the first stretch under a policy that is to be kept, that policy stays for the rest of the clock."""
    kept = [position for position, policy in enumerate(policies) if policy.on_priority_change == "keep"]
    if not kept:
        return rows
    keeps = pl.col("policy").is_in(kept).cast(pl.Int64)
    before = keeps.cum_sum() - keeps
    is_free = before == since(pl.col("begins"), before)
    return rows.with_columns(policy=pl.when(is_free).then("policy").forward_fill())


def measure_clocks(rows: pl.DataFrame, open_time: OpenTime) -> pl.DataFrame:
    """Run the clocks: one running total over all rows, of which each clock's own is a difference.

    Where tickets are so many and so long that their time does not fit 64 bits, the totals wrap round; differences of
    them are right all the same. So totals are never compared, only subtracted.

    Adds `open_at_start`, `open_at_end` (of the calendar), `run_before`, `run_through` (running total of counted time),
    `paused_before`, `paused_through`, `run_at_attempt`, `paused_at_attempt`, `attempt_started_at`, `begins_count`,
    `run_at_count` (where what is promised began to count: with the attempt, and for silences with each reply, too),
    `run_at_reply` (only for silences: at the clock's start or last reply) and `elapsed` (counted so far, at the end of
    the stretch).
    """
    open_at_start, open_at_end = open_time.around(*rows.select("calendar", "started_at", "ended_at"))
    length = pl.col("open_at_end") - pl.col("open_at_start")
    runs = pl.when("is_paused").then(0).otherwise(length)
    stands = pl.when("is_paused").then(length).otherwise(0)
    attempt = pl.col("begins_attempt")
    counts_silence = "is_reply" in rows.columns
    begins_count = attempt | pl.col("is_reply") if counts_silence else attempt
    run_before = pl.col("run_before")
    measured = (
        rows.with_columns(open_at_start=open_at_start, open_at_end=open_at_end)
        .with_columns(
            begins_count=begins_count,
            run_through=runs.cum_sum(),
            paused_through=stands.cum_sum(),
        )
        .with_columns(run_before=pl.col("run_through") - runs, paused_before=pl.col("paused_through") - stands)
        .with_columns(
            run_at_attempt=since(attempt, run_before),
            run_at_count=since(pl.col("begins_count"), run_before),
            paused_at_attempt=since(attempt, pl.col("paused_before")),
            attempt_started_at=since(attempt, pl.col("started_at")),
        )
        .with_columns(elapsed=pl.col("run_through") - pl.col("run_at_count"))
    )
    if counts_silence:
        measured = measured.with_columns(run_at_reply=since(pl.col("begins") | pl.col("is_reply"), run_before))
    return measured

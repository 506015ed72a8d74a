"""What a priority that exports first show some time after it was given leaves open of the clocks before.

Since the export before, either priority can have been in force, and so either policy: another target, and perhaps
another calendar or other pauses. A clock that ended in between is judged by both. How a clock runs under the policy
that is known to be in force is said in `metrics.sla.running`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.sla.lives import Lives
from metrics.sla.reaching import reach_targets
from metrics.sla.unseen_returns import has_unseen_returns
from metrics.tickets.steps import SETTLED

_INSTANT: Final = pl.Datetime("us", "UTC")


def find_late_priorities(stretches: pl.DataFrame, lives: Lives) -> pl.DataFrame | None:
    """The stretches with `other_priority`, the next that is told late, and `doubted_from`, the export before.

    Both are empty where the stretch ends by that export, or no priority follows that is told late. Further columns:

    - `other_category`, `other_reason`: the status that is told with it, or the stretch's own if that is settled;
    - `begins_late`: whether a clock begins with a priority that is told late, and so may have begun with the
      `former_priority`;
    - `may_come_later`: whether its own priority may have been given as late as its end, for a field dates its start.

    A field may date a resolution or a cancellation exactly, and never the priority that the same export first shows.
    Which export was the one before is not known then: it showed the stretch before, and so is no older than its start.

    Args:
        stretches: of clocks, cut at their ends; `row` is their place among the lives' stretches.

    Returns:
        None if no priority of any of the lives is told late, as in a log.
    """
    told = lives.stretches
    is_sampled = lives.tickets["is_sampled"].fill_null(False)
    if not is_sampled.any() and told["started_earliest_at"].null_count() == told.height:
        return None
    is_dated = pl.col("status_category").is_in(SETTLED) & pl.lit(is_sampled.gather(told["life"]))
    # Where it came back unseen, the export before is the one by which it had not.
    before = pl.col("started_at")
    if has_unseen_returns(told):
        before = pl.when("is_unseen").then(pl.coalesce("started_earliest_at", before)).otherwise(before)
    shown_after = pl.coalesce("started_earliest_at", pl.when(is_dated).then(before.shift(1)))
    is_late = (
        (shown_after < pl.col("started_at"))
        & (pl.col("life") == pl.col("life").shift(1))
        & pl.col("priority").ne_missing(pl.col("priority").shift(1))
    )
    late = told.select(pl.when(is_late).then(pl.int_range(pl.len(), dtype=pl.UInt32))).to_series()
    if late.null_count() == late.len():
        return None
    following = late.fill_null(strategy="backward").shift(-1).gather(stretches["row"])
    doubted_from = told.select(shown_after).to_series().gather(following)
    is_of_life = (told["life"].gather(following) == stretches["life"]) & (doubted_from < stretches["ended_at"])
    is_doubted = is_of_life.fill_null(False)
    # What a field dates is an end; a clock begins with one only where its ticket came back and ended at one instant.
    is_dated_by_export = late.is_not_null() & told["started_earliest_at"].is_not_null()
    begins_late = stretches["begins"] & is_dated_by_export.gather(stretches["row"])
    is_settled = told["status_category"].gather(following).is_in(SETTLED)
    status = {"other_category": "status_category", "other_reason": "waiting_reason"}
    return stretches.with_columns(
        *(
            pl.when(is_doubted & ~is_settled).then(told[name].gather(following)).otherwise(name).alias(other)
            for other, name in status.items()
        ),
        pl.when(is_doubted).then(told["priority"].gather(following)).alias("other_priority"),
        pl.when(is_doubted).then(doubted_from).alias("doubted_from"),
        pl.when(begins_late).then(told["priority"].shift(1).gather(stretches["row"])).alias("former_priority"),
        begins_late.alias("begins_late"),
        told.select(is_late.fill_null(False) & pl.col("started_earliest_at").is_null())
        .to_series()
        .gather(stretches["row"])
        .alias("may_come_later"),
    )


def measure_doubts(rows: pl.DataFrame, open_time: OpenTime) -> pl.DataFrame:
    """What counted of each clock before its policy is in doubt, and by how much another can have counted otherwise.

    Args:
        rows: measured, and with

            - `other_target` (empty where no other policy can have been in force), `other_calendar`, `other_is_paused`
              and `doubted_from`, since when it can;
            - `is_paused_then`, `other_is_paused_then`: under the row's own policy and under the other, in the status
              that is told with the other priority;
            - `starts_anew`: whether the clock does so with the other policy;
            - `former_target`, `former_calendar`, `former_is_paused`, `former_starts_anew` (whether what it counted is
              dropped as another follows) and `may_keep_former`: of the policy with which it may have begun.

    Returns:
        The rows with

        - `elapsed_before_doubt`: what had counted by `doubted_from`, which lies in the stretch now;
        - `more_run`, `more_pause`: what it can have counted more and less since, under a policy of another calendar or
          other pauses;
        - `anew_run`: what it can have counted since it started anew, where it is known to stand still since. These four
          are empty outside of doubt;
        - `former_run`: what it can have counted before it is known to run, by another calendar or other pauses of the
          policy with which it may have begun;
        - `former_can_be_broken`: whether the policy with which it may have begun can have been broken.
    """
    is_doubted = pl.col("other_target").is_not_null()
    # The row before is of the same clock, for this one does not begin it.
    # Where the change itself also sets the clock going, or stops it, `metrics.sla.gaps.count_unsure` counts how late.
    follows = ~pl.col("begins") & (pl.col("started_earliest_at") < pl.col("started_at"))
    starts_late = follows & ~pl.col("is_paused") & (pl.col("is_paused").shift(1) | pl.col("begins_attempt"))
    stops_late = follows & pl.col("is_paused") & ~pl.col("is_paused").shift(1)
    stands_anew = ~pl.col("begins") & pl.col("begins_attempt") & pl.col("is_paused")
    following = {"starts_late": starts_late, "stops_late": stops_late, "stands_anew": stands_anew}
    rows = rows.with_columns(
        event.shift(-1).fill_null(False).alias(name) for name, event in following.items()
    ).with_row_index("place")
    doubted = rows.filter(is_doubted)
    since = doubted.select(pl.max_horizontal("doubted_from", "started_at")).to_series()
    counted = open_time.between(doubted["calendar"], since, doubted["ended_at"])
    otherwise = open_time.between(doubted["other_calendar"], since, doubted["ended_at"])
    by_another = pl.col("other_calendar") != pl.col("calendar")
    pauses = ("is_paused", "other_is_paused", "is_paused_then", "other_is_paused_then")
    is_run, other_runs, runs_then, other_runs_then = (~pl.col(name) for name in pauses)
    found = doubted.select(
        "place",
        doubted_from=since,
        elapsed_before_doubt=pl.col("elapsed") - pl.when(is_run).then(counted).otherwise(0),
        more_run=pl.when(by_another | ~pl.col("starts_late"))
        .then(
            pl.max_horizontal(
                pl.when((other_runs & (~is_run | by_another)) | (is_run & other_runs_then & by_another))
                .then(otherwise)
                .otherwise(0),
                pl.when(runs_then & ~is_run).then(counted).otherwise(0),
            )
        )
        .otherwise(0),
        more_pause=pl.when(is_run & (by_another | ~(pl.col("stops_late") | (other_runs & runs_then))))
        .then(counted)
        .otherwise(0),
        anew_run=pl.when(other_runs & pl.col("stands_anew")).then(otherwise).otherwise(0),
    )
    begun = rows.filter(pl.col("former_target").is_not_null())
    before = pl.lit(open_time.between(*begun.select("former_calendar", "started_earliest_at", "started_at")))
    # What counts by the calendar that is known, and is not paused, is counted by `metrics.sla.gaps.count_unsure`.
    differs = (pl.col("former_calendar") != pl.col("calendar")) | pl.col("is_paused")
    carries = differs & ~pl.col("former_is_paused") & ~pl.col("former_starts_anew")
    is_broken, former_run = begun.select(
        is_broken=pl.col("may_keep_former") | (before > pl.col("former_target")),
        former_run=pl.when(carries).then(before).otherwise(0),
    )
    broken = pl.repeat(False, rows.height, eager=True).scatter(begun["place"], is_broken)
    ran = pl.zeros(rows.height, dtype=pl.Int64, eager=True).scatter(begun["place"], former_run)
    # Joined, the rows would all be copied: they are wide, and few are in doubt.
    spread = [
        pl.repeat(None, rows.height, dtype=column.dtype, eager=True).scatter(found["place"], column).alias(column.name)
        for column in found.drop("place")
    ]
    rows = rows.with_columns(*spread, broken.alias("former_can_be_broken"), ran.alias("former_run"))
    return rows.drop("place", *following)


def has_doubts(rows: pl.DataFrame) -> bool:
    """Whether any priority of the clocks is told late."""
    return "other_target" in rows.columns


def target_for_sure(rows: pl.DataFrame, extra: pl.Expr | int = 0) -> pl.Expr:
    """What a clock must have counted to be broken whichever policy was in force; empty where even that is not enough.

    Args:
        extra: how much longer it may have been paused than is known.
    """
    target = pl.col("target") + extra
    if not has_doubts(rows):
        return target
    return (
        pl.when("may_keep_former")
        .then(None)
        .when(_is_certain(rows, extra))
        .then(target)
        .when(~pl.col("starts_anew"))
        .then(pl.max_horizontal("target", "other_target") + extra)
    )


def _is_certain(rows: pl.DataFrame, extra: pl.Expr | int) -> pl.Expr:
    """Whether a row's policy was in force all along, or its target was behind it by then."""
    if not has_doubts(rows):
        return pl.lit(True)
    return pl.col("other_target").is_null() | (pl.col("elapsed_before_doubt") > pl.col("target") + extra)


def least_target(rows: pl.DataFrame) -> pl.Expr:
    """The lowest target that can have been in force."""
    return pl.min_horizontal("target", "other_target") if has_doubts(rows) else pl.col("target")


def break_for_sure(rows: pl.DataFrame, more_pause: pl.Series, open_time: OpenTime) -> pl.DataFrame:
    """Of the clocks that were broken whichever policy was in force, the row in which they were by then.

    Args:
        rows: measured, with `clock`, from 1, and `position`.
        more_pause: per clock, how much longer than is known it may have been paused.

    Returns:
        Rows with `reached_at`, one per clock at most, and `broken_by`: the same, but of a row in doubt its end, for it
        may have had time for a change of priority after the target was reached and before it counted more.
    """
    extra = pl.lit(more_pause.gather(rows["clock"] - 1))
    target, is_certain = rows.select(target_for_sure(rows, extra).alias("target"), is_certain=_is_certain(rows, extra))
    beyond = rows.select("clock", "position").filter((rows["elapsed"] > target).fill_null(False))
    first = beyond.filter(pl.col("clock").ne_missing(pl.col("clock").shift(1)))["position"]
    reached = reach_targets(rows, rows[first].with_columns(target.gather(first).alias("target")), open_time)
    is_dated = pl.lit(is_certain.gather(first))
    if has_doubts(rows):
        comes_later = pl.lit(rows["may_come_later"].gather(reached["target_position"]))
        is_dated &= ~(comes_later & (pl.col("reached_at") == pl.col("target_set_at")))
    return reached.with_columns(broken_by=pl.when(is_dated).then("reached_at").otherwise("ended_at"))


def doubt_targets(rows: pl.DataFrame, clock_count: int) -> list[pl.Series]:
    """Of each clock, what other targets may have been in force, and whether it can be beyond one.

    Returns:
        `greatest_other`, the greatest of them, empty if there is none; `is_beyond_other`; and `beyond_other_after`,
        since when that can be.
    """
    greatest = pl.repeat(None, clock_count, dtype=pl.Int64, eager=True)
    beyond_after = pl.repeat(None, clock_count, dtype=_INSTANT, eager=True)
    if has_doubts(rows):
        # What starts anew counts from the change on, which was after the export before.
        counted = pl.col("elapsed") - pl.when("starts_anew").then("elapsed_before_doubt").otherwise(0)
        is_beyond = counted > pl.col("other_target")
        after = pl.min_horizontal(
            pl.when(is_beyond).then("doubted_from"), pl.when("former_can_be_broken").then("started_earliest_at")
        )
        other = pl.max_horizontal("other_target", "former_target")
        doubted = rows.select("clock", other=other, after=after).filter(pl.col("other").is_not_null())
        found = doubted.group_by("clock").agg(pl.col("other").max(), pl.col("after").min())
        greatest = greatest.scatter(found["clock"] - 1, found["other"])
        beyond_after = beyond_after.scatter(found["clock"] - 1, found["after"])
    return [
        greatest.alias("greatest_other"),
        beyond_after.is_not_null().alias("is_beyond_other"),
        beyond_after.alias("beyond_other_after"),
    ]

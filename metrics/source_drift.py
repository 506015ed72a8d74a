"""Whether a source of tickets lately told of far fewer than it usually does, or of other teams, statuses or gaps.

By its own past, as in `metrics.usual_values`: a count of a day is held against the median of the same weekday, a share
of a week against the median of weeks. Warns only; nothing is held by it. More than usual on a day is no sign of a
broken export: rows that come twice collapse, and busy days are what the metrics are for.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

import polars as pl

from metrics.usual_values import FINDING_SCHEMA, chance_of_share, find_unusual

__all__ = ["BASELINE_DAYS", "FINDING_SCHEMA", "GAPS", "STATUSES", "find_drift", "find_share_drift"]

#: The past that days and weeks are compared with, and the least of it that says anything.
BASELINE_DAYS: Final = 182
#: Measures of `find_share_drift`.
GAPS: Final = "share without a value in a week"
STATUSES: Final = "share of a status in a week"
#: Weeks with fewer tickets than this say nothing of shares.
_FEWEST_TICKETS: Final = 30


def find_drift(counts: pl.DataFrame, *, until: date, window_days: int, excluded: Collection[date] = ()) -> pl.DataFrame:
    """Days and weeks of the window that are unusual for their source.

    Args:
        counts: `source`, `day`, `team` (may be empty) and `ticket_count`: one row per day, source and team of which
            anything was told.
        until: the day of the data's clock, which is not over and so not judged.
        window_days: how many days before it are judged; the past of these is what they are compared with.
        excluded: days of known incidents and holidays: neither judged nor part of what is usual.

    Returns:
        Findings by `FINDING_SCHEMA`, in order of source, measure and day.
    """
    window_start = until - timedelta(days=window_days)
    baseline_start = window_start - timedelta(days=BASELINE_DAYS)
    # A source that ends earlier than the others is not silent: that its files are old is for another rule to say.
    ends = (
        counts.group_by("source")
        .agg(pl.col("day").max().alias("last"))
        .with_columns(pl.min_horizontal("last", pl.lit(until)).alias("last"))
    )
    kept = counts.filter(pl.col("day") >= baseline_start).join(ends, on="source").filter(pl.col("day") < pl.col("last"))
    findings = [_volume(kept, window_start, excluded), _shares(kept, window_start, until, excluded)]
    return pl.concat(findings).sort("source", "measure", "first_date", "member")


def _volume(counts: pl.DataFrame, window_start: date, excluded: Collection[date]) -> pl.DataFrame:
    """Tickets of which a day told, against the same weekday; a day without any is a day with 0. Too few only."""
    per_day = counts.group_by("source", "day").agg(pl.col("ticket_count").sum())
    spans = counts.group_by("source").agg(pl.col("day").min().alias("first"), pl.col("last").first())
    days = (
        spans.with_columns(pl.date_ranges("first", "last", closed="left").alias("day"))
        .drop("first", "last")
        .explode("day")
        .join(per_day, on=["source", "day"], how="left")
        .with_columns(pl.col("ticket_count").fill_null(0).cast(pl.Float64).alias("observed"))
        .filter(~pl.col("day").is_in(list(excluded)))
        .with_columns(pl.col("day").dt.weekday().alias("slot"), pl.col("day").alias("first_date"))
    )
    chance = pl.max_horizontal(pl.col("expected").sqrt(), pl.lit(1.0))
    found = find_unusual(days, ["source", "slot"], window_start, chance)
    return (
        found.filter(pl.col("observed") < pl.col("expected"))
        .with_columns(
            pl.lit("tickets a day").alias("measure"),
            pl.lit("").alias("member"),
            pl.col("first_date").alias("last_date"),
        )
        .select(FINDING_SCHEMA.names())
    )


def _shares(counts: pl.DataFrame, window_start: date, until: date, excluded: Collection[date]) -> pl.DataFrame:
    """A team's share in what seven days told, counted back from the data's clock, against such weeks before."""
    told = counts.filter(pl.col("team").is_not_null() & ~pl.col("day").is_in(list(excluded)))
    back = ((pl.lit(until) - pl.col("day")).dt.total_days() - 1) // 7
    told = told.with_columns(back.alias("weeks_back"))
    weeks = told.group_by("source", "weeks_back").agg(pl.col("ticket_count").sum().alias("all_count"))
    teams = told.select("source", "team").unique()
    shares = (
        teams.join(weeks, on="source")
        .join(
            told.group_by("source", "weeks_back", "team").agg(pl.col("ticket_count").sum()),
            on=["source", "weeks_back", "team"],
            how="left",
        )
        .filter(pl.col("all_count") >= _FEWEST_TICKETS)
        .with_columns((pl.col("ticket_count").fill_null(0) / pl.col("all_count")).alias("observed"))
        .with_columns(*_dates_of_week(until))
    )
    chance = chance_of_share(pl.col("all_count"))
    found = find_unusual(shares, ["source", "team"], window_start, chance)
    return found.with_columns(
        pl.lit("share of a team in a week").alias("measure"), pl.col("team").alias("member")
    ).select(FINDING_SCHEMA.names())


def find_share_drift(
    members: pl.DataFrame, totals: pl.DataFrame, *, until: date, window_days: int, excluded: Collection[date] = ()
) -> pl.DataFrame:
    """Weeks of the window in which some members' shares of a source's tickets or events are unusual.

    Args:
        members: `source`, `measure`, `day`, `member` and `member_count`: a status, or a column that is empty.
        totals: `source`, `measure`, `day` and `all_count`: what the shares are of.
        until, window_days, excluded: as of `find_drift`.

    Returns:
        Findings by `FINDING_SCHEMA`. Of the measure `GAPS` only shares that are too large: a column that is filled more
        often than it used to be is no loss.
    """
    window_start = until - timedelta(days=window_days)
    weeks = _weeks(totals, until, excluded).group_by("source", "measure", "weeks_back").agg(pl.col("all_count").sum())
    counted = _weeks(members, until, excluded).group_by("source", "measure", "weeks_back", "member")
    shares = (
        members.select("source", "measure", "member")
        .unique()
        .join(weeks.filter(pl.col("all_count") >= _FEWEST_TICKETS), on=["source", "measure"])
        .join(
            counted.agg(pl.col("member_count").sum()),
            on=["source", "measure", "weeks_back", "member"],
            how="left",
        )
        .with_columns((pl.col("member_count").fill_null(0) / pl.col("all_count")).alias("observed"))
        .with_columns(*_dates_of_week(until))
    )
    found = find_unusual(shares, ["source", "measure", "member"], window_start, chance_of_share(pl.col("all_count")))
    is_gap_less = (pl.col("measure") == GAPS) & (pl.col("observed") < pl.col("expected"))
    return found.filter(~is_gap_less).select(FINDING_SCHEMA.names()).sort("source", "measure", "first_date", "member")


def _weeks(counts: pl.DataFrame, until: date, excluded: Collection[date]) -> pl.DataFrame:
    """Counts with the number of seven days that they lie back from the data's clock."""
    start = until - timedelta(days=BASELINE_DAYS)
    kept = counts.filter((pl.col("day") < until) & (pl.col("day") >= start) & ~pl.col("day").is_in(list(excluded)))
    return kept.with_columns(weeks_back=((pl.lit(until) - pl.col("day")).dt.total_days() - 1) // 7)


def _dates_of_week(until: date) -> tuple[pl.Expr, pl.Expr]:
    """`first_date` and `last_date` of the seven days that `weeks_back` counts."""
    first = (pl.lit(until) - pl.duration(days=7 * (pl.col("weeks_back") + 1))).cast(pl.Date)
    return first.alias("first_date"), (first + pl.duration(days=6)).cast(pl.Date).alias("last_date")

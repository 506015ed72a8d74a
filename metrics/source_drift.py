"""Whether a source lately told of far fewer tickets than it usually does, or of other teams, by its own past.

Robust statistics, so that neither one busy day nor an old incident moves what is usual: a count of a day is held
against the median of the same weekday, a team's share of a week against the median of weeks. What is usual spreads by
the median absolute deviation, and by chance alone at least as much as counting does. No test of a hypothesis, and no
forecast: a trend or a season within the past widens what is usual. Warns only; nothing is held by it. More than usual
on a day is no sign of a broken export: rows that come twice collapse, and busy days are what the metrics are for.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

import polars as pl

#: The past that days and weeks are compared with, and the least of it that says anything.
BASELINE_DAYS: Final = 182
_FEWEST_BEFORE: Final = 8
#: How many spreads away from the median is unusual: seen by chance about once in a million times where the spread is
#: that of a normal distribution.
LIMIT: Final = 5.0
#: Makes the median absolute deviation the standard deviation of a normal distribution: 1 / Phi^-1(3/4).
_NORMAL: Final = 1.4826
#: Weeks with fewer tickets than this say nothing of shares.
_FEWEST_TICKETS: Final = 30

FINDING_SCHEMA: Final = pl.Schema(
    {
        "source": pl.String,
        "measure": pl.String,
        "member": pl.String,
        "first_date": pl.Date,
        "last_date": pl.Date,
        "observed": pl.Float64,
        "expected": pl.Float64,
        "tolerance": pl.Float64,
    }
)


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
    found = _unusual(days, ["source", "slot"], window_start, chance)
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
        .with_columns(
            (pl.col("ticket_count").fill_null(0) / pl.col("all_count")).alias("observed"),
            (pl.lit(until) - pl.duration(days=7 * (pl.col("weeks_back") + 1))).cast(pl.Date).alias("first_date"),
        )
        .with_columns((pl.col("first_date") + pl.duration(days=6)).cast(pl.Date).alias("last_date"))
    )
    expected = pl.col("expected")
    # One ticket more or less is chance, whatever a median of 0 says.
    chance = pl.max_horizontal((expected * (1 - expected) / pl.col("all_count")).sqrt(), 1 / pl.col("all_count"))
    found = _unusual(shares, ["source", "team"], window_start, chance)
    return found.with_columns(
        pl.lit("share of a team in a week").alias("measure"), pl.col("team").alias("member")
    ).select(FINDING_SCHEMA.names())


def _unusual(frame: pl.DataFrame, slots: list[str], window_start: date, chance: pl.Expr) -> pl.DataFrame:
    """Rows of the window that lie beyond what is usual in their slot, with `expected` and `tolerance`."""
    before = frame.filter(pl.col("first_date") < window_start)
    medians = before.group_by(slots).agg(pl.col("observed").median().alias("expected"), pl.len().alias("before_count"))
    deviations = (
        before.join(medians, on=slots)
        .group_by(slots)
        .agg((pl.col("observed") - pl.col("expected")).abs().median().alias("deviation"))
    )
    return (
        frame.filter(pl.col("first_date") >= window_start)
        .join(medians.filter(pl.col("before_count") >= _FEWEST_BEFORE), on=slots)
        .join(deviations, on=slots)
        .with_columns((LIMIT * pl.max_horizontal(_NORMAL * pl.col("deviation"), chance)).alias("tolerance"))
        .filter((pl.col("observed") - pl.col("expected")).abs() > pl.col("tolerance"))
    )

"""Whether a source of money holds only a part of a month: strays of it, or an export that begins or ends within it.

By the other months of the source. Thin months are kept out of what is usual for the others, because two months that are
cut would otherwise forgive each other; what is thin again and again, or at the same time of each year, is how the books
are kept.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

import polars as pl

from metrics.usual_values import LIMIT, NORMAL

#: The measure of `find_part_months`, and its member for the latest whole month.
PART: Final = "part of a month"
LATEST: Final = "latest"
#: How far before and after a month the months lie that it is compared with.
_REACH_DAYS: Final = 24 * 31
_FEWEST_OTHER_MONTHS: Final = 3
_WEEK: Final = 7
#: A source that ended longer before the others has no month that is told as the latest.
_LATE: Final = "2mo"
#: More thin months in a row are no part of a month but another size of the business: growth, or its end.
_MOST_IN_A_ROW: Final = 2
#: So many thin months, and this share of all, are how the books are kept: payment runs every other month, or quarters.
_RECURRING_COUNT: Final = 4
_RECURRING_SHARE: Final = 0.25
_MONTH: Final = ["source", "month"]


def find_part_months(months: pl.DataFrame, *, excluded: Collection[date] = ()) -> pl.DataFrame:
    """Whole months of which a source holds only a part, held against its other months, before and after.

    A month is a part if it has less than a quarter of the lines that full months have; or less than half, and nearly
    all of them end a week before the others do, or begin a week after. In both cases beyond what chance makes of a
    count, and the ups and downs of the full months. A month is full if it has at least half as many lines as the upper
    quartile of the months around it.

    Thin months say nothing where there are more than two in a row, where they are four or more and a quarter of
    all, or where another year has the same month as thin.

    Args:
        months: one row per source and month: `source`, `first_date` (of the month), `last_day` (of the source),
            `line_count`, and `early_date` and `late_date`, between which nearly all lines of the month lie.
        excluded: days of known incidents: a month that has any is neither judged nor part of what is usual.

    Returns:
        Findings by `FINDING_SCHEMA`, of the measure `part of a month`: `first_date` and `last_date` are the days
        between which its lines lie, and `member` is `LATEST` for the latest whole month of its source, unless that
        lies more than two months before the latest of all sources.
    """
    skipped = [day.replace(day=1) for day in excluded]
    ended = months.filter(pl.col("first_date").dt.month_end() <= pl.col("last_day"))
    whole = ended.select(
        "source",
        "early_date",
        "late_date",
        pl.col("first_date").alias("month"),
        pl.col("line_count").cast(pl.Float64).alias("count"),
        # Days of the month, so that months of 30 and of 31 days are cut alike.
        pl.col("early_date").dt.day().cast(pl.Int64).alias("begin"),
        pl.col("late_date").dt.day().cast(pl.Int64).alias("end"),
        (
            (pl.col("first_date") == pl.col("first_date").max().over("source"))
            & (pl.col("first_date").dt.offset_by(_LATE) >= pl.col("first_date").max())
        ).alias("is_latest"),
    ).filter(~pl.col("month").is_in(skipped))
    judged = _mark_thin(whole.join(_usual(whole), on=_MONTH, how="left"))
    count, expected = pl.col("count"), pl.col("expected")
    found = _leave_out_habits(judged).filter(expected - count > pl.col("tolerance"))
    return found.select(
        pl.col("source"),
        pl.lit(PART).alias("measure"),
        pl.when("is_latest").then(pl.lit(LATEST)).otherwise(pl.lit("")).alias("member"),
        pl.col("early_date").alias("first_date"),
        pl.col("late_date").alias("last_date"),
        count.alias("observed"),
        "expected",
        "tolerance",
    ).sort("source", "first_date")


def _usual(whole: pl.DataFrame) -> pl.DataFrame:
    """By month, how many lines the full ones of the others have, on which days, and how far a count may lie below."""
    others = whole.join(whole, on="source", suffix="_other").filter(
        pl.col("month_other") != pl.col("month"),
        (pl.col("month_other") - pl.col("month")).dt.total_days().abs() <= _REACH_DAYS,
    )
    others = others.filter(pl.len().over(_MONTH) >= _FEWEST_OTHER_MONTHS)
    upper = pl.col("count_other").quantile(0.75, "nearest").over(_MONTH)
    full = others.filter(2 * pl.col("count_other") >= upper).with_columns(
        pl.col("count_other").median().over(_MONTH).alias("expected")
    )
    usual = full.group_by(_MONTH).agg(
        pl.col("expected").first(),
        (pl.col("count_other") - pl.col("expected")).abs().median().alias("deviation"),
        pl.col("begin_other").median().alias("usual_begin"),
        pl.col("end_other").median().alias("usual_end"),
    )
    # A count spreads by 1/2 around its square root, however large or small it is (Anscombe 1948).
    least = (((pl.col("expected") + 3 / 8).sqrt() - LIMIT / 2).clip(0) ** 2 - 3 / 8).clip(0)
    chance = pl.col("expected") - least
    return usual.with_columns(pl.max_horizontal(LIMIT * NORMAL * pl.col("deviation"), chance).alias("tolerance"))


def _mark_thin(months: pl.DataFrame) -> pl.DataFrame:
    """Adds `is_thin`: whether a month looks like a part of one, as far as it can be told."""
    count, expected = pl.col("count"), pl.col("expected")
    ends_early = pl.col("usual_end") - pl.col("end") >= _WEEK
    begins_late = pl.col("begin") - pl.col("usual_begin") >= _WEEK
    is_thin = (4 * count < expected) | ((2 * count < expected) & (ends_early | begins_late))
    return months.with_columns(is_thin.fill_null(value=False).alias("is_thin")).sort(_MONTH)


def _leave_out_habits(months: pl.DataFrame) -> pl.DataFrame:
    """The thin months that are an exception in the books of their source."""
    thin = months.with_columns(
        pl.col("is_thin").rle_id().over("source").alias("row_of_alike"),
        pl.col("is_thin").sum().over("source").alias("thin_count"),
        pl.col("is_thin").mean().over("source").alias("thin_share"),
    ).filter("is_thin")
    of_year = ["source", pl.col("month").dt.month()]
    is_recurring = (pl.col("thin_count") >= _RECURRING_COUNT) & (pl.col("thin_share") >= _RECURRING_SHARE)
    is_season = (pl.len().over(of_year) > 1) & (pl.col("count").max().over(of_year) <= 2 * pl.col("count"))
    is_long = pl.len().over("source", "row_of_alike") > _MOST_IN_A_ROW
    return thin.filter(~is_recurring, ~is_season, ~is_long)

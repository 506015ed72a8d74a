"""Whether a month of a money export has far fewer lines, another amount or other accounts than its months usually have.

By the source's own past, as in `metrics.usual_values`. Only whole months are judged: the one in which the export ends
is not over, unless it ends on its last day. Which are there in part only is in `metrics.part_months`; what must add up
is for control totals, and what must be there for the contracts' frequency. Amounts here are statistics, not books: they
are floats, and only ever compared with other months.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

import polars as pl

from metrics.usual_values import FINDING_SCHEMA, chance_of_share, find_unusual

#: Months that a month is compared with.
BASELINE_MONTHS: Final = 24
#: How many of the latest whole months are judged.
JUDGED_MONTHS: Final = 1
#: Months with fewer lines than this say nothing of shares.
_FEWEST_LINES: Final = 30
_MONTH: Final = ["source", "first_date"]


def find_money_drift(lines: pl.DataFrame, *, shares: Collection[str], excluded: Collection[date] = ()) -> pl.DataFrame:
    """Whole months that are unusual for their source.

    Args:
        lines: one row per source, month and combination of the rest: `source`, `first_date` (of the month),
            `last_day` (of the source), `currency_code`, the columns of `shares`, `line_count`, `amount` and
            `squared_amount`, the sum of the squares of the lines' amounts.
        shares: columns whose members' shares of a month's lines are judged, such as account.
        excluded: days of known incidents: a month that has any is neither judged nor part of the past.

    Returns:
        Findings by `FINDING_SCHEMA`: measures `lines in a month`, `amount in a month` (member: the currency) and
        `share of a <column> in a month` (`an` where the word wants it).
    """
    ended = lines.filter(pl.col("first_date").dt.month_end() <= pl.col("last_day"))
    for month in {day.replace(day=1) for day in excluded}:
        ended = ended.filter(pl.col("first_date") != month)
    found = [
        part
        for (_,), of_source in ended.group_by("source")
        for part in _judge(of_source, pl.Series(of_source["first_date"].unique().sort()), shares)
    ]
    if not found:
        return FINDING_SCHEMA.to_frame()
    return pl.concat(found).sort("source", "measure", "first_date", "member")


def _judge(lines: pl.DataFrame, months: pl.Series, shares: Collection[str]) -> list[pl.DataFrame]:
    window_start: date = months[max(len(months) - JUDGED_MONTHS, 0)]
    kept = lines.filter(pl.col("first_date") >= months[max(len(months) - JUDGED_MONTHS - BASELINE_MONTHS, 0)])
    return [
        _volume(kept, window_start),
        _amounts(kept, window_start),
        *(_shares(kept, window_start, c) for c in shares),
    ]


def _volume(lines: pl.DataFrame, window_start: date) -> pl.DataFrame:
    """Lines of a month, too few only: what comes twice is told by control totals and keys."""
    months = lines.group_by(_MONTH).agg(pl.col("line_count").sum().cast(pl.Float64).alias("observed"))
    chance = pl.max_horizontal(pl.col("expected").sqrt(), pl.lit(1.0))
    found = find_unusual(months, ["source"], window_start, chance).filter(pl.col("observed") < pl.col("expected"))
    return _told(found, "lines in a month", pl.lit(""))


def _amounts(lines: pl.DataFrame, window_start: date) -> pl.DataFrame:
    """The amount of a month in a currency. By chance a sum of lines spreads as the root of the sum of their squares."""
    months = lines.filter(pl.col("currency_code").is_not_null()).group_by(*_MONTH, "currency_code").agg(
        pl.col("amount").sum().alias("observed"), pl.col("squared_amount").sum().sqrt().alias("spread")
    )  # fmt: skip
    usual = months.filter(pl.col("first_date") < window_start).group_by("source", "currency_code")
    months = months.join(usual.agg(pl.col("spread").median().alias("usual_spread")), on=["source", "currency_code"])
    found = find_unusual(months, ["source", "currency_code"], window_start, pl.col("usual_spread"))
    return _told(found, "amount in a month", pl.col("currency_code"))


def _shares(lines: pl.DataFrame, window_start: date, column: str) -> pl.DataFrame:
    """A member's share of a month's lines, for every month and every member that any month has."""
    of_month = lines.group_by(_MONTH).agg(pl.col("line_count").sum().alias("all_count"))
    members = lines.filter(pl.col(column).is_not_null()).select("source", column).unique()
    counted = lines.group_by(*_MONTH, column).agg(pl.col("line_count").sum())
    shares = (
        members.join(of_month.filter(pl.col("all_count") >= _FEWEST_LINES), on="source")
        .join(counted, on=[*_MONTH, column], how="left")
        .with_columns((pl.col("line_count").fill_null(0) / pl.col("all_count")).alias("observed"))
    )
    found = find_unusual(shares, ["source", column], window_start, chance_of_share(pl.col("all_count")))
    article = "an" if column[0] in "aeiou" else "a"
    return _told(found, f"share of {article} {column.replace('_', ' ')} in a month", pl.col(column))


def _told(found: pl.DataFrame, measure: str, member: pl.Expr) -> pl.DataFrame:
    return found.with_columns(
        pl.lit(measure).alias("measure"),
        member.alias("member"),
        (pl.col("first_date").dt.offset_by("1mo") - timedelta(days=1)).alias("last_date"),
    ).select(FINDING_SCHEMA.names())

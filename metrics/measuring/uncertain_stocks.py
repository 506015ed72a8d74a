"""Tickets that may be in work, or not, at the end of a day that no export shows: what they leave open of a stock.

Of repeated snapshots, a file shows where each ticket is at one moment. At the end of a day between two files a ticket
may be where the file before shows it, where the file after does, or have gone through anything in between. That it is
in work is certain where both files show it in work: none is taken to have been resolved and to have come back unseen.
In which category it is, is not, and so a stock of some categories holds between none and all of such tickets.

When exports were is told by the changes that they show first. A day's end that none shows is one at which some ticket
changed meanwhile, or after which the next export is of the middle of a day. Where exports are of days' ends, one that
is missing shows in the changes across it; if there are none, everything is taken to have stayed as it was. Which
tickets are not measured at all is said in `metrics.measuring.stocks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import polars as pl

from metrics.measuring.stays import count_stays
from metrics.periods import Reporting, local_date
from metrics.tickets.steps import IS_UNSEEN_RETURN
from models.vocabulary import BREAKDOWNS, NO_VALUE, WORK, Dimension

#: What is counted of tickets on days between exports: those shown in a category, by its name, ...
SHOWN: Final = tuple(f"shown_{category}" for category in WORK)
#: ... those that may be in work, and those that are for certain.
POSSIBLE: Final = "possible"
CERTAIN: Final = "certain"

_NEXT: Final = pl.duration(microseconds=1)
#: Tickets whose history is made of exports, and counts.
_IS_SAMPLED: Final = pl.col("is_sampled") & pl.col("has_history") & ~pl.col("is_quarantined")


def trace_stretches(intervals: pl.DataFrame, tickets: pl.DataFrame, reporting: Reporting) -> pl.DataFrame:
    """The stretches of tickets whose history is made of exports, in order of ticket and time.

    Args:
        intervals: rows of `fct_ticket_intervals`, of such tickets at least; with `service`, or each has its ticket's.
        tickets: rows of `fct_tickets`.

    Returns:
        `ticket`, `source`, `is_in_work`, `status_category`, the breakdown, and of each stretch: `started_at`,
        and `is_seen_late`, whether that is the export which first shows it (none shows an unseen return); `first_day`,
        the first day that ends in it as it is shown; `earliest_day`, the first that may; and the same of the stretch
        after it, `next_first_day` and `next_earliest_day`. After the last the ticket is where it is until the data's
        clock or until exports lack it.
    """
    of_tickets = [name for name in ("service",) if name not in intervals.columns]
    sampled = tickets.filter(_IS_SAMPLED).select(
        "ticket_id", pl.col("source").cast(pl.String), "unknown_since_at", *of_tickets
    )
    zone, after = reporting.time_zone, pl.lit(reporting.as_of_date + timedelta(days=1))
    first_day = local_date(pl.col("started_at"), zone)
    # It happened after the export that does not show it yet.
    earliest_day = local_date(pl.col("started_earliest_at") + _NEXT, zone)
    ends_at_first = pl.coalesce(local_date(pl.col("unknown_since_at"), zone), after)
    is_last = pl.col("ticket") != pl.col("ticket").shift(-1, fill_value=-1)
    return (
        intervals.join(sampled.with_row_index("ticket"), on="ticket_id", how="inner")
        .sort("ticket", "interval_number")
        .with_columns(
            pl.col("ticket").cast(pl.Int64),
            first_day=first_day,
            earliest_day=pl.min_horizontal(earliest_day, first_day),
        )
        .with_columns(
            # What exports show later cannot have been before what they show first.
            earliest_day=pl.max_horizontal("earliest_day", pl.col("first_day").shift(1).over("ticket"))
        )
        .select(
            *("ticket", "source", "started_at", "earliest_day", "first_day"),
            pl.col("status_category").cast(pl.String),
            *BREAKDOWNS,
            # The first begins with the ticket, which a field may tell.
            is_seen_late=(pl.col("interval_number") > 1)
            & (pl.col("started_earliest_at") < pl.col("started_at"))
            & ~IS_UNSEEN_RETURN,
            is_in_work=pl.col("status_category").cast(pl.String).is_in(WORK),
            next_earliest_day=pl.when(is_last).then(ends_at_first).otherwise(pl.col("earliest_day").shift(-1)),
            next_first_day=pl.when(is_last).then(ends_at_first).otherwise(pl.col("first_day").shift(-1)),
        )
    )


def count_uncertain(
    stretches: pl.DataFrame,
    days: pl.DataFrame,
    dimension: Dimension,
    reporting: Reporting,
    *,
    also: Sequence[str] = (),
) -> pl.DataFrame:
    """What tickets leave open of the stock of each day that ends between exports, by value of a dimension.

    Args:
        stretches: what `trace_stretches` gave.
        days: what `days_between_exports` gave.
        also: columns of the stretches by which counts are parted besides.

    Returns:
        `day_date`, `dimension_value`, `also`, and the counts `SHOWN`, `POSSIBLE` and `CERTAIN`. Tickets that are shown
        are counted by `metrics.tickets.flow` as well.
    """
    is_whole = dimension is Dimension.OVERALL
    value = pl.lit("") if is_whole else pl.col(dimension.value).cast(pl.String).fill_null(NO_VALUE)
    by = ["source", "dimension_value", *(name for name in also if name != "source")]
    rows = stretches.with_columns(dimension_value=value)
    goes_on, came_on = _stays_the_same(1), _stays_the_same(-1)
    in_work = rows.with_columns(goes_on=goes_on, came_on=came_on).filter("is_in_work")
    # First seen done: it was in work somewhen since the file that lacks it.
    unseen = rows.filter(~pl.col("is_in_work") & (pl.col("ticket") != pl.col("ticket").shift(1, fill_value=-1)))
    stays = [
        in_work.select(*by, what="status_category", comes="first_day", goes="next_first_day"),
        in_work.select(
            *by,
            what=pl.lit(POSSIBLE),
            comes=pl.when("came_on").then("first_day").otherwise("earliest_day"),
            goes="next_first_day",
        ),
        in_work.select(
            *by,
            what=pl.lit(CERTAIN),
            comes="first_day",
            goes=pl.when("goes_on").then("next_first_day").otherwise("next_earliest_day"),
        ),
        unseen.select(*by, what=pl.lit(POSSIBLE), comes="earliest_day", goes="first_day"),
    ]
    every = pl.concat(stays, how="diagonal_relaxed").filter(pl.col("comes") < pl.col("goes"))
    counted = count_stays(every, reporting, by=[*by, "what"]).join(days, on=["source", "day_date"], how="semi")
    names = {**dict(zip(SHOWN, WORK, strict=True)), POSSIBLE: POSSIBLE, CERTAIN: CERTAIN}
    return counted.group_by("day_date", "dimension_value", *also).agg(
        pl.col("count").filter(pl.col("what") == what).sum().alias(name) for name, what in names.items()
    )


def days_between_exports(stretches: pl.DataFrame, reporting: Reporting) -> pl.DataFrame:
    """`source` and `day_date` of the days whose end no export shows."""
    windows = stretches.filter(pl.col("earliest_day") < pl.col("first_day"))
    of_windows = (
        windows.select("source", "earliest_day", "first_day")
        .unique()
        .select("source", day_date=pl.date_ranges("earliest_day", "first_day", closed="left"))
        .explode("day_date")
    )
    return pl.concat([of_windows, _before_exports_within_days(stretches, reporting)]).unique()


def _before_exports_within_days(stretches: pl.DataFrame, reporting: Reporting) -> pl.DataFrame:
    """Days after which the next export of their source, as far as one is known, is not of a day's end.

    After the last one that is known, others like it are taken to have followed. The day of the data's clock ends with
    that: then everything is as it is shown last.
    """
    exports = (
        stretches.filter("is_seen_late")
        .select("source", at="started_at", next_day=local_date(pl.col("started_at") + _NEXT, reporting.time_zone))
        .unique()
        .sort("source", "at")
        .with_columns(is_within_day=local_date(pl.col("at"), reporting.time_zone) == pl.col("next_day"))
    )
    latest = exports.group_by("source").agg(last_is_within_day=pl.col("is_within_day").last())
    first_days = stretches.group_by("source").agg(day_date=pl.col("first_day").min())
    until_clock = pl.date_ranges("day_date", pl.lit(reporting.as_of_date), closed="left")
    days = first_days.with_columns(day_date=until_clock).explode("day_date")
    return (
        days.drop_nulls("day_date")
        # The first export at the day's end or after it.
        .with_columns(next_day=pl.col("day_date") + timedelta(days=1))
        .sort("source", "next_day")
        .join_asof(
            exports.unique(["source", "next_day"], keep="first", maintain_order=True)
            .drop("at")
            .sort("source", "next_day"),
            on="next_day",
            by="source",
            strategy="forward",
            # Both are sorted by source, and within it.
            check_sortedness=False,
        )
        .join(latest, on="source", how="inner")
        .filter(pl.coalesce("is_within_day", "last_is_within_day"))
        .select("source", "day_date")
    )


def _stays_the_same(step: int) -> pl.Expr:
    """Whether the ticket is in work under the same value in the stretch after this one (1) or before it (-1)."""
    return pl.all_horizontal(
        pl.col("ticket") == pl.col("ticket").shift(-step, fill_value=-1),
        pl.col("dimension_value") == pl.col("dimension_value").shift(-step, fill_value=""),
        pl.col("is_in_work").shift(-step, fill_value=False),
    )

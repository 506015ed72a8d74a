"""On which days a cost lies: lines spread over their days, seen by day, week, month or quarter.

A line of A minor units over D days puts |A| // D on each day and one unit more on the first |A| mod D days, with the
sign of A: largest remainder with equal weights, ties to the earlier day. So a line is at most two runs of days with
one amount each, and the lines of a group add up to runs as well. Runs are cut where periods begin; no line is taken
apart into days to be seen by month, and yet every view is the sum of the same days.

Which days a line covers is decided in `metrics.costs.policy`; who bears the cost in `metrics.costs.allocation`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import polars as pl

from metrics.costs.money import check_minor_units, from_minor_units, to_minor_units
from metrics.periods import MONDAY, period_start
from models.vocabulary import Grain


def spread_costs(
    fct_cost_lines: pl.DataFrame, grain: Grain, *, minor_unit_digits: int = 2, week_start: int = MONDAY
) -> pl.DataFrame:
    """Each measured line's amount in each period of one grain that its days touch.

    The rows of a line add up to its `amount_reporting` exactly, in every grain, and a month or quarter
    is the sum of its days.

    Returns:
        cost_line_id, period_grain, period_start_date, amount_reporting (DECIMAL(18,4)), in the order of the lines and
        then of the periods. Lines set aside, without a reporting amount or without days have no rows.

    Raises:
        ValueError: amounts are not rounded to the minor unit, or too large to be summed exactly.
    """
    lines = select_measured_lines(fct_cost_lines).with_row_index("group")
    spread = spread_groups(lines, grain, minor_unit_digits=minor_unit_digits, week_start=week_start)
    return spread.select(
        lines.get_column("cost_line_id").gather(spread.get_column("group")),
        pl.lit(grain.value).alias("period_grain"),
        "period_start_date",
        from_minor_units(pl.col("amount"), minor_unit_digits).alias("amount_reporting"),
    )


def select_measured_lines(fct_cost_lines: pl.DataFrame) -> pl.DataFrame:
    """The lines whose cost counts: not set aside, with an amount in the reporting currency and days to lie on."""
    return fct_cost_lines.filter(
        ~pl.col("is_quarantined"),
        pl.col("amount_reporting").is_not_null(),
        pl.col("cost_start_date") <= pl.col("cost_end_date"),
    )


def months_with_cost(fct_cost_lines: pl.DataFrame, unposted_months: Collection[date] = ()) -> pl.Series:
    """First days of the months in which a line lies whose cost counts, in order.

    No ledger of a whole month is empty: of another month the cost is not known, so nothing that was done in it is
    divided by, or weighs, where a week or quarter reaches into it.

    Args:
        unposted_months: months of which all postings are missing: that lines of others reach into them makes their
            cost no better known.
    """
    lines = select_measured_lines(fct_cost_lines)
    months = months_of(lines.select(start="cost_start_date", end="cost_end_date"))
    return months.filter(~months.is_in(list(unposted_months)))


def months_of(days: pl.DataFrame) -> pl.Series:
    """First days of all months in which spans of days lie, in order.

    Args:
        days: start and end, inclusive.
    """
    spans = days.select(pl.col("start", "end").dt.month_start()).unique()
    months = spans.select(month=pl.date_ranges("start", "end", "1mo"))
    return months.explode("month", empty_as_null=False)["month"].unique().sort()


def is_in_months(day: pl.Expr, months: pl.Series) -> pl.Expr:
    """Whether a day lies in one of some months, which are named by their first days."""
    return day.dt.month_start().is_in(months.implode())


def spread_groups(
    lines: pl.DataFrame, grain: Grain, *, minor_unit_digits: int, week_start: int, is_cut_at_months: bool = False
) -> pl.DataFrame:
    """The amount of each group of lines in each period; every line is rounded on its own.

    Args:
        lines: `group` (integer), `cost_start_date`, `cost_end_date`, `amount_reporting`.
        is_cut_at_months: whether a period that lies in several months gives a row for each.

    Returns:
        group, period_start_date, month_date (first day of the month; null unless cut at months), amount (Int64 minor
        units; zero where lines cancel or have no unit left), one row per combination, by group and then by time.
    """
    check_minor_units(lines.get_column("amount_reporting"), minor_unit_digits)
    runs = _list_runs(lines, minor_unit_digits)
    period = period_start(pl.col("date"), grain, week_start)
    days = _list_days(runs.get_column("first_day"), runs.get_column("last_day"), period, is_cut_at_months)
    segments = days.group_by("segment", maintain_order=True).agg(
        pl.col("period_start_date", "month_date").first(),
        segment_first_day=pl.col("day").first(),
        segment_last_day=pl.col("day").last(),
    )
    segment_of_day = days.get_column("segment")
    first_known_day = days.get_column("day").min()
    pieces = (
        runs.with_columns(
            segment=pl.int_ranges(
                segment_of_day.gather(runs.get_column("first_day") - first_known_day),
                segment_of_day.gather(runs.get_column("last_day") - first_known_day) + 1,
            )
        )
        .explode("segment")
        .join(segments, on="segment", how="left", maintain_order="left")
        .with_columns(
            day_count=pl.min_horizontal("last_day", "segment_last_day")
            - pl.max_horizontal("first_day", "segment_first_day")
            + 1
        )
        .with_columns(amount=pl.col("amount_per_day") * pl.col("day_count"))
    )
    if grain is not Grain.DAY:  # runs of a group share no day, but may share a longer period
        pieces = pieces.group_by("group", "period_start_date", "month_date", maintain_order=True).agg(
            pl.col("amount").sum()
        )
    return pieces.select("group", "period_start_date", "month_date", "amount")


def _list_runs(lines: pl.DataFrame, minor_unit_digits: int) -> pl.DataFrame:
    """The stretches of days on which each group has lines that cost one amount a day together.

    They are found from the days on which lines begin, end, or have no odd unit left.

    Amounts per day are sums of parts of lines, so `check_minor_units` has proved that they fit.

    Returns:
        group, first_day, last_day (days since 1970, Int64), amount_per_day (minor units), in order.
    """
    units = to_minor_units(pl.col("amount_reporting"), minor_unit_digits)
    spread = lines.select(
        "group",
        sign=units.sign(),
        units=units.abs(),
        first_day=pl.col("cost_start_date").to_physical().cast(pl.Int64),
        day_after=pl.col("cost_end_date").to_physical().cast(pl.Int64) + 1,
    ).with_columns(
        base=pl.col("units") // (pl.col("day_after") - pl.col("first_day")),
        odd_days=pl.col("units") % (pl.col("day_after") - pl.col("first_day")),
    )
    odd_unit = (pl.col("odd_days") > 0).cast(pl.Int64)
    day_after_odd_days = pl.col("first_day") + pl.col("odd_days")
    changes = pl.concat(
        [
            spread.select("group", day="first_day", change=pl.col("sign") * (pl.col("base") + odd_unit), lines=1),
            spread.select("group", day=day_after_odd_days, change=-pl.col("sign") * odd_unit, lines=0),
            spread.select("group", day="day_after", change=-pl.col("sign") * pl.col("base"), lines=-1),
        ]
    )
    return (
        changes.group_by("group", "day")
        .agg(pl.col("change", "lines").sum())
        .sort("group", "day")
        .select(
            "group",
            first_day="day",
            last_day=pl.col("day").shift(-1).over("group") - 1,
            amount_per_day=pl.col("change").cum_sum().over("group"),
            line_count=pl.col("lines").cum_sum().over("group"),
        )
        .filter(pl.col("line_count") > 0)
    )


def _list_days(first_days: pl.Series, last_days: pl.Series, period: pl.Expr, is_cut_at_months: bool) -> pl.DataFrame:
    """Every day from the first to the last with its period and the number of its segment.

    A segment is a period, or a period's part in one month. `period` computes the period's first day from `date`.
    """
    month = period_start(pl.col("date"), Grain.MONTH) if is_cut_at_months else pl.lit(None, dtype=pl.Date)
    first = pl.select(pl.lit(first_days).min().fill_null(0)).item()
    last = pl.select(pl.lit(last_days).max().fill_null(-1)).item()
    return (
        pl.select(day=pl.int_range(first, last + 1, dtype=pl.Int64))
        .with_columns(date=pl.col("day").cast(pl.Int32).cast(pl.Date))
        .with_columns(period_start_date=period, month_date=month)
        .with_columns(segment=pl.struct("period_start_date", "month_date").rle_id().cast(pl.Int64))
    )

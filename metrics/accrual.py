"""On which days a cost lies: lines spread over their days, seen by day, week or month.

A line of A minor units over D days puts |A| // D on each day and one unit more on the first |A| mod D days, with the
sign of A: largest remainder with equal weights, ties to the earlier day. What lies between two days then has a
closed form, so that no line needs to be taken apart into days to be seen by month, and every view of a line is the
sum of the same days.

Which days a line covers is decided in `metrics.unit_cost`; who bears the cost in `metrics.allocation`.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from metrics.money import check_minor_units, from_minor_units, to_minor_units
from models.vocabulary import Grain

_TRUNCATION = {Grain.DAY: "1d", Grain.WEEK: "1w", Grain.MONTH: "1mo"}


def start_of_period(day: pl.Expr, grain: Grain) -> pl.Expr:
    """First day of the period that holds a day; weeks are ISO weeks and start on Monday."""
    return day.dt.truncate(_TRUNCATION[grain])


def spread_costs(fct_cost_lines: pl.DataFrame, grain: Grain, *, minor_unit_digits: int = 2) -> pl.DataFrame:
    """Each measured line's amount in each period of one grain that its days touch.

    The rows of a line add up to its `amount_reporting` exactly, in every grain, and a month is the sum of its days.

    Returns:
        cost_line_id, period_grain, period_start_date, amount_reporting (DECIMAL(18,4)), in the order of the lines and
        then of the periods. Lines set aside, without a reporting amount or without days have no rows.

    Raises:
        ValueError: amounts are not rounded to the minor unit, or too large to be summed exactly.
    """
    lines = select_measured_lines(fct_cost_lines).with_row_index("group")
    spread = spread_over_segments(lines, grain, minor_unit_digits=minor_unit_digits)
    return (
        spread.join(lines.select("group", "cost_line_id"), on="group", how="left", maintain_order="left")
        .sort("group", "period_start_date")
        .select(
            "cost_line_id",
            pl.lit(grain.value).alias("period_grain"),
            "period_start_date",
            from_minor_units(pl.col("amount"), minor_unit_digits).alias("amount_reporting"),
        )
    )


def select_measured_lines(fct_cost_lines: pl.DataFrame) -> pl.DataFrame:
    """The lines whose cost counts: not set aside, with an amount in the reporting currency and days to lie on."""
    return fct_cost_lines.filter(
        ~pl.col("is_quarantined"),
        pl.col("amount_reporting").is_not_null(),
        pl.col("cost_start_date") <= pl.col("cost_end_date"),
    )


def spread_over_segments(
    lines: pl.DataFrame, grain: Grain, *, minor_unit_digits: int, is_cut_at_months: bool = False
) -> pl.DataFrame:
    """The amount of each group of lines in each period; every line is rounded on its own.

    Args:
        lines: `group` (integer), `cost_start_date`, `cost_end_date`, `amount_reporting`.
        is_cut_at_months: whether a week that lies in two months gives two rows.

    Returns:
        group, period_start_date, month_date (first day of the month; null unless cut at months), amount (Int64 minor
        units), one row per combination, in no particular order.
    """
    check_minor_units(lines.get_column("amount_reporting"), minor_unit_digits)
    bundles = _bundle_lines(lines, minor_unit_digits)
    if bundles.is_empty():
        group_type = lines.schema["group"]
        return pl.DataFrame(
            schema={"group": group_type, "period_start_date": pl.Date(), "month_date": pl.Date(), "amount": pl.Int64()}
        )
    days = _list_days(
        bundles.get_column("cost_start_date").min(),  # type: ignore[arg-type]
        bundles.get_column("cost_end_date").max(),  # type: ignore[arg-type]
        grain,
        is_cut_at_months,
    )
    segments = days.group_by("segment", maintain_order=True).agg(
        pl.col("period_start_date", "month_date").first(),
        segment_start=pl.col("day").first(),
        segment_end=pl.col("day").last(),
    )
    segment_of_day = days.get_column("segment")
    first_day = days.get_column("day")[0]
    start_position = (bundles.get_column("cost_start_date") - first_day).dt.total_days()
    end_position = (bundles.get_column("cost_end_date") - first_day).dt.total_days()
    pieces = (
        bundles.with_columns(
            segment=pl.int_ranges(
                segment_of_day.gather(start_position), segment_of_day.gather(end_position) + 1, dtype=pl.Int64
            )
        )
        .explode("segment")
        .join(segments, on="segment", how="left")
        .with_columns(
            days_before=(pl.col("segment_start") - pl.col("cost_start_date")).dt.total_days().clip(lower_bound=0),
            days_through=(pl.min_horizontal("segment_end", "cost_end_date") - pl.col("cost_start_date")).dt.total_days()
            + 1,
        )
    )
    return pieces.group_by("group", "period_start_date", "month_date").agg(
        amount=(_amount_of_first_days("days_through") - _amount_of_first_days("days_before")).sum()
    )


def _bundle_lines(lines: pl.DataFrame, minor_unit_digits: int) -> pl.DataFrame:
    """Lines of one group that begin, end and spend their odd units alike, as one row.

    Returns:
        group, cost_start_date, cost_end_date, extra_days (the first days that carry one unit more), amount_per_day
        and extra_per_day (sums over the bundled lines, signed).
    """
    day_count = (pl.col("cost_end_date") - pl.col("cost_start_date")).dt.total_days() + 1
    return (
        lines.select(
            "group",
            "cost_start_date",
            "cost_end_date",
            units=to_minor_units(pl.col("amount_reporting"), minor_unit_digits),
            day_count=day_count,
        )
        .with_columns(
            extra_days=pl.col("units").abs() % pl.col("day_count"),
            amount_per_day=pl.col("units").sign() * (pl.col("units").abs() // pl.col("day_count")),
            extra_per_day=pl.col("units").sign(),
        )
        .group_by("group", "cost_start_date", "cost_end_date", "extra_days")
        .agg(pl.col("amount_per_day", "extra_per_day").sum())
    )


def _amount_of_first_days(days: str) -> pl.Expr:
    """What a bundle puts on that many of its first days. At most the sum of its lines' magnitudes, so it fits."""
    return pl.col("amount_per_day") * pl.col(days) + pl.col("extra_per_day") * pl.min_horizontal(days, "extra_days")


def _list_days(first: date, last: date, grain: Grain, is_cut_at_months: bool) -> pl.DataFrame:
    """Every day from first to last with its period and the number of its segment: a period, or its part in a month."""
    month = start_of_period(pl.col("day"), Grain.MONTH) if is_cut_at_months else pl.lit(None, dtype=pl.Date)
    return (
        pl.select(day=pl.date_range(first, last))
        .with_columns(period_start_date=start_of_period(pl.col("day"), grain), month_date=month)
        .with_columns(segment=pl.struct("period_start_date", "month_date").rle_id().cast(pl.Int64))
    )

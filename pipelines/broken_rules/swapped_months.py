"""Files of money in which day and month are probably swapped, by the days of their lines and by their names.

A ledger of the first five days of June that is written M.D.YYYY can be read as D.M.YYYY without a fault: as the sixth
of January to the sixth of May. So nearly all lines of a file lie on one day of several months, that day is the number
of the month that they are of when day and month change places, and the other files of the export keep to a month or
so. A file of one single day gives itself away by its name alone.

Rents, salaries and depreciation lie on one day of each month too. They come back month by month: where the same
accounts are charged about as much in each of the months, nothing is swapped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

import polars as pl

from pipelines.landing.load_order import date_in_name

#: Of the lines of a file, so many have to lie on one day of the month: some may be typed wrongly, or booked late.
_ON_ONE_DAY: Final = 0.9
#: Days after it are no months, so that with them day and month cannot be swapped.
_LAST_MONTH: Final = 12
_MONTHS: Final = 12
#: A file of fewer lines is doubted only by its name, and if they lie in so many months.
_FEWEST_LINES: Final = 20
_FEWEST_MONTHS: Final = 3
#: So many lines lie in other months than most do: one invoice of long ago is usual.
_IN_OTHER_MONTHS: Final = 0.1
_FEWEST_IN_OTHER_MONTHS: Final = 5
#: Of a file that keeps to a month or so, all lines but one in ten on each side lie within so many days.
_USUAL_SPAN: Final = timedelta(days=45)
_OUTSIDE: Final = 0.1
#: Six days in ten come after the twelfth. Where other files have hardly a line on them, the export books on early days.
_FEWEST_ON_LATER_DAYS: Final = 0.1
#: So many other files have to be named by their days, if a name is to say what a file of one day is of.
_FEWEST_NAMED: Final = 3
_NAMED: Final = 0.8
#: A file is named by the day of its lines, or by the next one; and lines are hardly older than a week.
_NAMED_LATER: Final = timedelta(days=1)
_NEAR: Final = timedelta(days=7)
#: With fewer lines, they may all be of one old document.
_FEWEST_OF_A_DAY: Final = 3
#: Sums and counts of lines that come back each month differ by no more.
_STEADY: Final = 1.5
_STEADY_SHARE: Final = 0.5


class LineSign(StrEnum):
    """What gives a file of money away."""

    FILE_NAME = "file name"
    SEVERAL_MONTHS = "several months"


@dataclass(frozen=True, slots=True)
class _Habits:
    """What the files of an export have in common that are not doubted.

    Attributes:
        months: the month of each file that keeps to one, counted from the year 0.
        name_offset: by how many months names are ahead of the month of their file; None where names say nothing.
        is_monthly: whether most files keep to a month or so.
        is_named_by_day: whether most names tell about the day of their file.
        has_later_days: whether lines lie on days that are no month as well.
    """

    months: tuple[int, ...]
    name_offset: int | None
    is_monthly: bool
    is_named_by_day: bool
    has_later_days: bool


def find_swapped_months(days: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """Files of one export in which day and month are probably swapped, if their lines do not come back each month.

    Args:
        days: `load_id`, `day` and `line_count`: how many lines each file has of each day.
        names: load id -> the file's name.

    Returns:
        `load_id`, `sign`, `day_of_month`, `month_count`, `first_date` and `last_date` as they are read, `on_day_count`
        and `line_count`. One row per file.
    """
    doubtful = _on_one_day(days)
    of_months = doubtful.filter(pl.col("month_count") > 1)["load_id"].to_list()
    others = days.filter(~pl.col("load_id").is_in(of_months))
    if doubtful.is_empty() or others.is_empty():
        return doubtful.clear().with_columns(sign=pl.lit(None, dtype=pl.String)).drop("most_of_a_month")
    habits = _habits(others, names)
    signs = [_sign(file, habits, names[file["load_id"]]) for file in doubtful.iter_rows(named=True)]
    told = doubtful.with_columns(sign=pl.Series(signs, dtype=pl.String)).filter(pl.col("sign").is_not_null())
    return told.drop("most_of_a_month")


def come_back_monthly(lines: pl.DataFrame) -> bool:
    """Whether half the lines of a file are such as are booked again in each of its months, at about the same amount.

    Args:
        lines: `day`, `key` of what a line is booked for, `amount`.
    """
    by_month = lines.group_by("key", month=pl.col("day").dt.truncate("1mo")).agg(
        line_count=pl.len(), amount=pl.col("amount").cast(pl.Float64).sum()
    )
    month_count = by_month["month"].n_unique()
    if month_count == 1:
        return False
    steady = (
        by_month.group_by("key")
        .agg(
            pl.len().alias("month_count"),
            pl.col("line_count").sum(),
            is_steady=(pl.col("line_count").max() <= _STEADY * pl.col("line_count").min())
            & (pl.col("amount").abs().max() <= _STEADY * pl.col("amount").abs().min()),
        )
        .filter(pl.col("is_steady") & (pl.col("month_count") == month_count))
    )
    return int(steady["line_count"].sum()) >= _STEADY_SHARE * lines.height


def _on_one_day(days: pl.DataFrame) -> pl.DataFrame:
    """Files with nearly all lines on one day of the month, of one year, that could be a month."""
    return (
        days.group_by("load_id", pl.col("day").dt.year().alias("year"), day_of_month=pl.col("day").dt.day())
        .agg(
            on_day_count=pl.col("line_count").sum(),
            most_of_a_month=pl.col("line_count").max(),
            month_count=pl.len(),
            first_date=pl.col("day").min(),
            last_date=pl.col("day").max(),
        )
        .join(days.group_by("load_id").agg(pl.col("line_count").sum()), on="load_id")
        .filter(
            pl.col("day_of_month") <= _LAST_MONTH,
            pl.col("on_day_count") >= _ON_ONE_DAY * pl.col("line_count"),
            (pl.col("month_count") > 1) | (pl.col("day_of_month") != pl.col("first_date").dt.month()),
        )
        .drop("year")
        .cast({"day_of_month": pl.Int64, "month_count": pl.Int64, "on_day_count": pl.Int64, "line_count": pl.Int64})
        .sort("load_id")
    )


def _habits(others: pl.DataFrame, names: Mapping[str, str]) -> _Habits:
    """What files have in common of which none lies on one day of several months."""
    so_far = pl.col("line_count").cum_sum().over("load_id", order_by="day") / pl.col("line_count").sum().over("load_id")
    files = (
        others.with_columns(so_far=so_far)
        .group_by("load_id")
        .agg(
            main_day=pl.col("day").sort_by("line_count", "day").last(),
            first_day=pl.col("day").filter(pl.col("so_far") > _OUTSIDE).min(),
            last_day=pl.col("day").filter(pl.col("so_far") >= 1 - _OUTSIDE).min(),
        )
        .filter(pl.col("last_day") - pl.col("first_day") <= _USUAL_SPAN)
    )
    main_months: dict[str, int] = dict(
        others.group_by("load_id", month=_number(pl.col("day")))
        .agg(pl.col("line_count").sum())
        .group_by("load_id")
        .agg(pl.col("month").sort_by("line_count", "month").last())
        .join(files, on="load_id", how="semi")
        .iter_rows()
    )
    told = {load: date_in_name(names[load]) for load in main_months}
    named = {load: date_ for load, date_ in told.items() if date_ is not None}
    offsets = Counter(
        year * _MONTHS + month - main_months[load] for load, (year, month, _) in named.items() if month
    ).most_common(1)
    apart = [
        abs(day - main_day)
        for load, main_day in files.select("load_id", "main_day").iter_rows()
        if load in named and (day := _day_of(named[load])) is not None
    ]
    near_count = sum(each <= _NEAR for each in apart)
    on_later_days = int(others.filter(pl.col("day").dt.day() > _LAST_MONTH)["line_count"].sum())
    return _Habits(
        months=tuple(sorted(main_months.values())),
        name_offset=offsets[0][0] if offsets and 2 * offsets[0][1] >= len(named) else None,
        is_monthly=2 * len(main_months) >= len(names) - 1,
        is_named_by_day=near_count >= _FEWEST_NAMED and near_count >= _NAMED * (len(apart) - 1),
        has_later_days=on_later_days >= max(1, _FEWEST_ON_LATER_DAYS * int(others["line_count"].sum())),
    )


def _sign(file: Mapping[str, Any], habits: _Habits, name: str) -> LineSign | None:
    """What gives a file away that has its lines on one day of the month."""
    if not (habits.is_monthly and habits.has_later_days):
        return None
    told = date_in_name(name)
    if file["month_count"] == 1:
        is_told = habits.is_named_by_day and file["line_count"] >= _FEWEST_OF_A_DAY
        return LineSign.FILE_NAME if is_told and told and _is_of_another_day(_day_of(told), file) else None
    first: date = file["first_date"]
    meant = first.year * _MONTHS + file["day_of_month"]
    is_large = file["line_count"] >= _FEWEST_LINES and (
        file["on_day_count"] - file["most_of_a_month"]
        >= max(_FEWEST_IN_OTHER_MONTHS, _IN_OTHER_MONTHS * file["line_count"])
    )
    is_spread = file["month_count"] >= _FEWEST_MONTHS
    if told is not None and told[1] and habits.name_offset is not None:
        is_named = told[0] * _MONTHS + told[1] - habits.name_offset == meant
        return LineSign.FILE_NAME if is_named and (is_large or is_spread) else None
    goes_on = len(habits.months) > 1 and habits.months[0] <= meant <= habits.months[-1] + 1
    return LineSign.SEVERAL_MONTHS if goes_on and is_large and is_spread else None


def _is_of_another_day(named: date | None, file: Mapping[str, Any]) -> bool:
    """Whether a name tells the day that is meant when day and month are swapped, and not the one that is read."""
    read: date = file["first_date"]
    meant = read.replace(month=read.day, day=read.month)
    return named is not None and meant <= named <= meant + _NAMED_LATER and abs(named - read) > _NEAR


def _day_of(told: tuple[int, int, int]) -> date | None:
    year, month, day = told
    with suppress(ValueError):
        return date(year, month, day)
    return None


def _number(day: pl.Expr) -> pl.Expr:
    """The month of a day, counted from the year 0."""
    return day.dt.year().cast(pl.Int64) * _MONTHS + day.dt.month()

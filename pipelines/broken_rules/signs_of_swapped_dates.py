"""What gives a file of an event log away in which day and month are swapped, though its dates can be read.

Nearly all its events lie on one day of several months of one year, the months being the days, while the other files of
its export tell of late days of months too. Or they lie on one single day: then the day in the file's name does it,
dates that can only be read the other way round, or the files before it, which it goes on from when it is swapped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import polars as pl

from data_contracts.spec import ExportContract, ExportObject
from models.ddl import polars_schema
from models.findings import ops_swapped_dates
from pipelines.broken_rules.days_of_files import LAST_MONTH, ON_ONE_DAY, count_days, files_of_one_day, swap
from pipelines.broken_rules.read_otherwise import find_read_otherwise
from pipelines.broken_rules.swapped_in_order import find_in_order
from pipelines.infer.dated_names import sure_days_in
from pipelines.landing.file_patterns import matches
from pipelines.landing.load_order import LoadedFile
from pipelines.warehouse import Warehouse

#: A file with fewer events than this says nothing of how its dates are written.
_FEWEST_EVENTS: Final = 20
#: So many lie in other months than most do: a day's file may hold a single event that was dated months ago.
_IN_OTHER_MONTHS: Final = 0.1
_FEWEST_IN_OTHER_MONTHS: Final = 5
#: Six days in ten come after the twelfth. Where other files have hardly an event on them, the export may tell of early
#: days only, and such a file is no exception.
_FEWEST_ON_LATER_DAYS: Final = 0.1
#: Whether tickets of a file are told of by other files too, and then nearer to which of two days.
_NEARER: Final = """
    WITH own AS (SELECT DISTINCT ticket_id FROM stg.stg_ticket_events WHERE load_id = $1),
    told AS (
        SELECT
            ticket_id,
            min(abs(date_diff('hour', occurred_at, CAST($2 AS TIMESTAMPTZ)))) AS from_meant,
            min(abs(date_diff('hour', occurred_at, CAST($3 AS TIMESTAMPTZ)))) AS from_read
        FROM stg.stg_ticket_events JOIN own USING (ticket_id)
        WHERE load_id <> $1
        GROUP BY ticket_id
    )
    SELECT (SELECT count(*) FROM own), count(*) FILTER (from_meant < from_read) FROM told
"""
#: Of a file's tickets, so many have to be told of nearer to the day that is meant. Others were new on their day.
_NEARER_SHARE: Final = 1 / 3
_FEWEST_NEARER: Final = 5
#: A file may be named by the day after its own, or in another time zone; and is not named by a day of another month.
_NAMED_LATER: Final = timedelta(days=1)
_NEAR: Final = timedelta(days=7)


_SIGN_COLUMNS: Final = ("load_id", "sign", "unreadable_count", "known_until_date")


class Sign(StrEnum):
    """What gives a file away, the surest first."""

    SEVERAL_MONTHS = "several months"
    FILE_NAME = "file name"
    UNREADABLE_DATES = "unreadable dates"
    OTHER_FILES = "other files"


def find_swapped(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, loads: Sequence[LoadedFile], zone: str
) -> pl.DataFrame:
    """Files of an object in which day and month are probably swapped, but for those that the contract calls right.

    Args:
        loads: all that count, the earliest first.
        zone: the IANA zone in which the files count days.

    Returns:
        Rows of `ops_swapped_dates`, without what is the same for all.
    """
    days = count_days(warehouse, contract, item, zone)
    is_doubtful = ~pl.col("load_id").is_in(_called_right(item, loads))
    of_months = _of_several_months(days).filter(is_doubtful)
    of_one_day = files_of_one_day(days).filter(is_doubtful)
    one_day: dict[str, date] = dict(of_one_day.select("load_id", "first_date").iter_rows())
    signs = _signs_of_one_day(warehouse, contract, item, loads, one_day)
    in_order = find_in_order(
        [load.load_id for load in loads],
        _by_file(days),
        one_day,
        doubted={*signs, *of_months["load_id"]},
        is_nearer=lambda file, read: _is_nearer(warehouse, file, read),
    )
    signs |= {file: (Sign.OTHER_FILES, None, until) for file, until in in_order}
    schema = {name: polars_schema(ops_swapped_dates)[name] for name in _SIGN_COLUMNS}
    told = pl.DataFrame([(file, *sign) for file, sign in signs.items()], schema=schema, orient="row")
    found = [of_months.with_columns(sign=pl.lit(Sign.SEVERAL_MONTHS.value)), of_one_day.join(told, on="load_id")]
    return pl.concat(found, how="diagonal")


def _called_right(item: ExportObject, loads: Sequence[LoadedFile]) -> list[str]:
    """Files of which the contract says that their dates are right."""
    return [load.load_id for load in loads if matches(load.name, item.dates_are_right)]


def _signs_of_one_day(
    warehouse: Warehouse,
    contract: ExportContract,
    item: ExportObject,
    loads: Sequence[LoadedFile],
    one_day: Mapping[str, date],
) -> dict[str, tuple[str, int | None, date | None]]:
    """Files that give themselves away -> the columns of their sign."""
    signs: dict[str, tuple[str, int | None, date | None]] = {
        load.load_id: (Sign.FILE_NAME, None, None)
        for load in loads
        if load.load_id in one_day and _is_named_otherwise(load.name, one_day[load.load_id])
    }
    others = frozenset(one_day) - set(signs)
    read = find_read_otherwise(warehouse, contract, item, others)
    return signs | {file: (Sign.UNREADABLE_DATES, count, None) for file, count in read.items()}


def _by_file(days: pl.DataFrame) -> dict[str, dict[date, int]]:
    found: dict[str, dict[date, int]] = {}
    for file, day, count in days.select("load_id", "day", "event_count").iter_rows():
        found.setdefault(file, {})[day] = count
    return found


def _is_nearer(warehouse: Warehouse, file: str, read: date) -> bool:
    """Whether other files tell of a file's tickets rather about the day that is meant than about the one it says."""
    ticket_count, nearer_count = warehouse.rows(_NEARER, [file, swap(read), read])[0]
    return bool(nearer_count >= max(_FEWEST_NEARER, _NEARER_SHARE * ticket_count))


def _is_named_otherwise(name: str, day: date) -> bool:
    """Whether a file's name tells the day that its events are of when day and month are swapped, and not their own."""
    named = sure_days_in(name)
    meant = swap(day)
    return any(meant <= each <= meant + _NAMED_LATER for each in named) and not any(
        abs(each - day) <= _NEAR for each in named
    )


def _of_several_months(days: pl.DataFrame) -> pl.DataFrame:
    """Files with nearly all events on one day of several months, where other files tell of late days too.

    Args:
        days: `load_id`, `day` and `event_count`.
    """
    months = days.with_columns(
        year=pl.col("day").dt.year(), day_of_month=pl.col("day").dt.day(), month=pl.col("day").dt.month()
    )
    files = (
        months.group_by("load_id", "year", "day_of_month")
        .agg(
            on_day_count=pl.col("event_count").sum(),
            most_of_a_month=pl.col("event_count").max(),
            month_count=pl.len(),
            first_date=pl.col("day").min(),
            last_date=pl.col("day").max(),
        )
        .join(days.group_by("load_id").agg(event_count=pl.col("event_count").sum()), on="load_id")
        .filter(
            pl.col("event_count") >= _FEWEST_EVENTS,
            pl.col("on_day_count") >= ON_ONE_DAY * pl.col("event_count"),
            pl.col("on_day_count") - pl.col("most_of_a_month")
            >= pl.max_horizontal(_FEWEST_IN_OTHER_MONTHS, _IN_OTHER_MONTHS * pl.col("event_count")),
            pl.col("day_of_month") <= LAST_MONTH,
        )
        .drop("most_of_a_month", "year")
        .cast({"day_of_month": pl.Int64, "month_count": pl.Int64})
    )
    others = months.join(files, on="load_id", how="anti")
    count = int(others["event_count"].sum())
    on_later_days = int(others.filter(pl.col("day_of_month") > LAST_MONTH)["event_count"].sum())
    return files if on_later_days >= max(1, _FEWEST_ON_LATER_DAYS * count) else files.clear()

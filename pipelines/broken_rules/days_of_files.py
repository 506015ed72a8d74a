"""On which days the events of each file of an event log lie, where its dates can be read in two orders.

What follows from it is in `swapped_dates` and the modules that it asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import polars as pl

from data_contracts.spec import ExportColumn, ExportContract, ExportObject
from data_contracts.time_formats import SPECIAL_FORMATS, compile_format
from models.ddl import quote_text
from models.vocabulary import ExportShape
from pipelines.infer.date_formats import swap_order
from pipelines.warehouse import Warehouse

#: Of the events of a file, so many have to lie on one day of the month: a clock that is wrong moves the others.
ON_ONE_DAY: Final = 0.9
#: A day that is no month, so that with it day and month cannot be swapped.
LAST_MONTH: Final = 12
#: With fewer events, chance alone may put them all on one odd day.
_FEWEST_OF_A_DAY: Final = 3
#: Days are found by hours: one by one, those of ten million events take seconds, and so a tenth of one.
#: Where a time zone differs by half an hour, so much of a day may count as part of the day before.
_HOURS: Final = """
    SELECT load_id, to_timestamp(3600 * hour) AS hour_at, event_count
    FROM (
        SELECT load_id, epoch_us(occurred_at) // 3_600_000_000 AS hour, count(*) AS event_count
        FROM stg.stg_ticket_events
        WHERE occurred_at IS NOT NULL
            AND load_id IN (SELECT load_id FROM ops.ops_loads WHERE export = {export} AND object_name = {object})
        GROUP BY ALL
    )
"""


def dated_by_day_and_month(
    contracts: Iterable[ExportContract],
) -> Iterator[tuple[ExportContract, ExportObject, ExportColumn]]:
    """Columns of event logs that date events in a way in which day and month can be taken for each other."""
    for contract in contracts:
        for item in contract.objects:
            if item.shape is not ExportShape.EVENT_LOG:
                continue
            for column in item.columns:
                is_instant = any(feed.target == "ticket_events.occurred_at" for feed in column.feeds)
                if is_instant and rival_formats(column):
                    yield contract, item, column
                    break


def rival_formats(column: ExportColumn) -> tuple[str, ...]:
    """The formats of a column with day and month the other way round; those left out that nobody writes so."""
    usual = [compile_format(each).polars for each in column.formats if each not in SPECIAL_FORMATS]
    return tuple(rival for format_ in usual if (rival := swap_order(format_)) is not None)


def count_days(warehouse: Warehouse, contract: ExportContract, item: ExportObject, zone: str) -> pl.DataFrame:
    """How many events each file has of each day, as the file itself counts days: `load_id`, `day`, `event_count`."""
    query = _HOURS.format(export=quote_text(contract.id), object=quote_text(item.name))
    local_day = pl.col("hour_at").dt.convert_time_zone(zone).dt.date()
    return warehouse.frame(query).group_by("load_id", day=local_day).agg(pl.col("event_count").sum())


def files_of_one_day(days: pl.DataFrame) -> pl.DataFrame:
    """Files with nearly all events on one day that is another one with day and month the other way round.

    Args:
        days: as `count_days` gives them.

    Returns:
        `load_id`, `first_date` and `last_date` (both that day), `on_day_count`, `event_count`, `day_of_month` and
        `month_count`, which is 1.
    """
    return (
        days.with_columns(all_count=pl.col("event_count").sum().over("load_id"))
        .filter(
            pl.col("all_count") >= _FEWEST_OF_A_DAY,
            pl.col("event_count") >= ON_ONE_DAY * pl.col("all_count"),
            pl.col("day").dt.day() <= LAST_MONTH,
            pl.col("day").dt.day() != pl.col("day").dt.month(),
        )
        .select(
            "load_id",
            first_date="day",
            last_date="day",
            on_day_count="event_count",
            event_count="all_count",
            day_of_month=pl.col("day").dt.day().cast(pl.Int64),
            month_count=pl.lit(1, dtype=pl.Int64),
        )
    )


def swap(day: date) -> date:
    """The day that is meant where day and month are swapped."""
    return day.replace(month=day.day, day=day.month)

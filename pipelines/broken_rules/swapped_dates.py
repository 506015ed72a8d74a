"""Files of event logs in which day and month are probably swapped: how that is known, and what is told of it.

A file of the first eight days of April that is written M/D/YYYY can be read as D/M/YYYY without a fault: as the fourth
of January to the fourth of August. Nothing in such a file is wrong by itself. What gives it away is that nearly all its
events lie on one day of several months of one year, the months being the days, while the other files of its export tell
of late days of months too. Where an export only ever tells of one day of each month, none of its files is doubted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from data_contracts.spec import ExportColumn, ExportContract, ExportObject, Rule
from data_contracts.time_formats import SPECIAL_FORMATS, compile_format
from models.ddl import quote_text
from models.ops import ops_swapped_dates
from models.vocabulary import Domain, ExportShape
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.infer.date_formats import swap_order
from pipelines.infer.rendering import quote
from pipelines.staging.typed_values import zone_of
from pipelines.warehouse import Warehouse
from pipelines.words.numbers import count_of
from pipelines.words.periods import long_day

RULE: Final = "ticket_events.occurred_at.day_and_month_as_usual"
#: A file with fewer events than this says nothing of how its dates are written.
_FEWEST_EVENTS: Final = 20
#: Of the events of a file, so many have to lie on one day of the month: a clock that is wrong moves the others.
_ON_ONE_DAY: Final = 0.9
#: So many lie in other months than most do: a day's file may hold a single event that was dated months ago.
_IN_OTHER_MONTHS: Final = 0.1
_FEWEST_IN_OTHER_MONTHS: Final = 5
#: A day that is no month, so that with it day and month cannot be swapped.
_LAST_MONTH: Final = 12
#: Six days in ten come after the twelfth. Where other files have hardly an event on them, the export may tell of early
#: days only, and such a file is no exception.
_FEWEST_ON_LATER_DAYS: Final = 0.1
_MOST_FILES: Final = 3
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
_SEVERAL_FILES: Final = """
    SELECT count(*) FROM ops.ops_loads WHERE export = ? AND object_name = ? AND superseded_by IS NULL
"""
_FOUND: Final = """
    SELECT found.*, file_name FROM ops.ops_swapped_dates AS found JOIN ops.ops_loads USING (load_id)
    ORDER BY found.export, found.object_name, first_date, file_name
"""


def _find(evidence: Evidence, domain: Domain) -> None:
    """Replace what is known of such files."""
    if domain is not Domain.TICKETS:
        return
    evidence.warehouse.execute("DELETE FROM ops.ops_swapped_dates")
    for contract, item, column in _dated_by_day_and_month(evidence):
        if evidence.warehouse.rows(_SEVERAL_FILES, [contract.id, item.name])[0][0] < 2:
            continue
        found = _swapped_files(_days(evidence.warehouse, contract, item, zone_of(column, contract)))
        if not found.is_empty():
            named = found.with_columns(
                export=pl.lit(contract.id), object_name=pl.lit(item.name), column_name=pl.lit(column.name)
            )
            evidence.warehouse.append(ops_swapped_dates, named)


def _dated_by_day_and_month(evidence: Evidence) -> Iterator[tuple[ExportContract, ExportObject, ExportColumn]]:
    """Columns of event logs that date events in a way in which day and month can be taken for each other."""
    for contract in evidence.contracts:
        for item in contract.objects:
            if item.shape is not ExportShape.EVENT_LOG:
                continue
            for column in item.columns:
                is_instant = any(feed.target == "ticket_events.occurred_at" for feed in column.feeds)
                if is_instant and any(map(_has_a_rival, column.formats)):
                    yield contract, item, column
                    break


def _has_a_rival(format_: str) -> bool:
    return format_ not in SPECIAL_FORMATS and swap_order(compile_format(format_).polars) is not None


def _days(warehouse: Warehouse, contract: ExportContract, item: ExportObject, zone: str) -> pl.DataFrame:
    """How many events each file has of each day, as the file itself counts days."""
    query = _HOURS.format(export=quote_text(contract.id), object=quote_text(item.name))
    local_day = pl.col("hour_at").dt.convert_time_zone(zone).dt.date()
    return warehouse.frame(query).group_by("load_id", day=local_day).agg(pl.col("event_count").sum())


def _swapped_files(days: pl.DataFrame) -> pl.DataFrame:
    """Files of one export in which day and month are probably swapped, with what they say.

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
            pl.col("on_day_count") >= _ON_ONE_DAY * pl.col("event_count"),
            pl.col("on_day_count") - pl.col("most_of_a_month")
            >= pl.max_horizontal(_FEWEST_IN_OTHER_MONTHS, _IN_OTHER_MONTHS * pl.col("event_count")),
            pl.col("day_of_month") <= _LAST_MONTH,
        )
        .drop("most_of_a_month", "year")
    )
    others = months.join(files, on="load_id", how="anti")
    count = int(others["event_count"].sum())
    on_later_days = int(others.filter(pl.col("day_of_month") > _LAST_MONTH)["event_count"].sum())
    return files if on_later_days >= max(1, _FEWEST_ON_LATER_DAYS * count) else files.clear()


def _tell(_: Rule, evidence: Evidence) -> str:
    """Each file with what it says and what it probably means, and what to do about it."""
    columns = [*ops_swapped_dates.columns.keys(), "file_name"]
    found = [dict(zip(columns, row, strict=True)) for row in evidence.warehouse.rows(_FOUND)]
    said = [_say(file) for file in found[:_MOST_FILES]]
    if len(found) > _MOST_FILES:
        said.append(f"So it is in {count_of(len(found) - _MOST_FILES, 'more file', 'more files')}.")
    names: dict[str, list[str]] = {}
    for file in found:
        names.setdefault(file["export"], []).append(file["file_name"])
    said += [
        f"Write in {evidence.origin_of(export)}, at the top level under customProperties: - {{property: ignoreFiles, "
        f"value: [{', '.join(quote(name, always=True) for name in dict.fromkeys(files))}]}}, and land the export anew "
        f"under another name, with dates as the contract reads them ({_formats_of(export, evidence)})."
        for export, files in names.items()
    ]
    return " ".join([*said, "If the dates are right, land these rows in one file with those of other days."])


def _say(file: dict[str, Any]) -> str:
    first, last = (day.replace(month=day.day, day=day.month) for day in (file["first_date"], file["last_date"]))
    some = f"{file['on_day_count']:,} of" if file["on_day_count"] < file["event_count"] else "all"
    return (
        f"In landing/{file['export']}/{file['file_name']} '{file['column_name']}' dates {some} {file['event_count']:,} "
        f"events, as they are read, to day {file['day_of_month']} of {count_of(file['month_count'], 'month')}, from "
        f"{long_day(file['first_date'])} to {long_day(file['last_date'])}; with day and month the other way round they "
        f"are of {long_day(first)} to {long_day(last)}."
    )


def _formats_of(export: str, evidence: Evidence) -> str:
    """How the contract says that instants of events are written."""
    formats = [
        format_
        for contract, _, column in _dated_by_day_and_month(evidence)
        if contract.id == export
        for format_ in column.formats
    ]
    return " or ".join(dict.fromkeys(formats))


EXPLANATION: Final = Explanation(lambda rule: rule.id == RULE, _tell, _find)

"""The instants at which repeated snapshots were taken, from names of files and from columns.

What a contract may say of them is in `data_contracts.snapshot_settings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from data_contracts.snapshot_names import compile_name_pattern
from data_contracts.snapshot_settings import INSTANT_COLUMN, is_date_only
from data_contracts.spec import ExportColumn, ExportContract, ExportObject, Snapshots
from pipelines.readers import values
from pipelines.staging.typed_values import ISO_DATES, read_instants

_MICROSECOND: Final = timedelta(microseconds=1)
_LOCAL: Final = "%Y-%m-%d %H:%M"


def instants_of_names(settings: Snapshots, names: Sequence[str]) -> list[datetime | None]:
    """The instant that each name of a file tells by the contract's pattern; None where it does not follow it."""
    assert settings.pattern is not None
    pattern = compile_name_pattern(settings.pattern)
    texts = pl.Series("text", [pattern.find_instant(name) for name in names], dtype=pl.String).to_frame()
    if not pattern.has_time:
        dates = texts.select(values.parse_date(pl.col("text"), [pattern.time_format])).to_series()
        return instants_of_dates(settings, dates, settings.time_zone).to_list()
    read = values.parse_instant(pl.col("text"), [pattern.time_format], settings.time_zone or "UTC")
    return texts.select(read).to_series().to_list()


def instants_of_dates(settings: Snapshots, dates: pl.Series, zone: str | None) -> pl.Series:
    """The moment of each date that the contract's `timeOfDay` names, in a zone.

    The end of a day is its last microsecond, so that what an export shows at its end still belongs to that day.
    """
    if settings.time_of_day == "end":
        return _local(dates.dt.offset_by("1d"), "00:00", zone) - _MICROSECOND
    return _local(dates, "00:00" if settings.time_of_day == "start" else settings.time_of_day, zone)


def instants_of_rows(contract: ExportContract, item: ExportObject, raw: pl.DataFrame) -> pl.Series:
    """The instant of each row's export, as the columns that tell it say; empty where they do not.

    Few exports make many rows, so each way of writing an instant is read once.
    """
    settings = item.snapshots or Snapshots()
    columns = instant_columns(item)
    names = [column.name for column in columns]
    written = raw.select(names).unique()
    read = [_read(settings, contract, column, written) for column in columns]
    known = written.with_columns(pl.DataFrame(read).select(pl.coalesce(pl.all()).alias("_snapshot_at")))
    return raw.select(names).join(known, on=names, how="left", nulls_equal=True, maintain_order="left")["_snapshot_at"]


def instant_columns(item: ExportObject) -> list[ExportColumn]:
    """The columns of an object that tell when a row was exported."""
    return [column for column in item.columns if any(feed.target == INSTANT_COLUMN for feed in column.feeds)]


def _read(settings: Snapshots, contract: ExportContract, column: ExportColumn, written: pl.DataFrame) -> pl.Series:
    if not is_date_only(column.formats, column.logical_type):
        return read_instants(written, contract, column).alias(column.name)
    formats, nulls = column.formats or ISO_DATES, contract.null_tokens
    dates = written.select(values.parse_date(pl.col(column.name), formats, null_tokens=nulls)).to_series()
    return instants_of_dates(settings, dates, column.time_zone or contract.time_zone).alias(column.name)


def _local(dates: pl.Series, time: str, zone: str | None) -> pl.Series:
    texts = (dates.dt.to_string("%Y-%m-%d") + f" {time}").alias("text").to_frame()
    return texts.select(values.parse_instant(pl.col("text"), [_LOCAL], zone or "UTC")).to_series()

"""What a contract says about when its repeated snapshots were taken, read and checked.

How the instant of a file or a row is computed from it does not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from data_contracts.custom_properties import SnapshotProperties
from data_contracts.feeds import Fault, faults_of_zone
from data_contracts.snapshot_names import compile_name_pattern
from data_contracts.spec import ExportObject, Snapshots
from data_contracts.time_formats import tells_time
from models.vocabulary import ExportShape, SnapshotInstant

#: The column whose value is the instant of a row's export, where a column tells it.
INSTANT_COLUMN: Final = "ticket_events.occurred_at"
_TIME_OF_DAY: Final = re.compile(r"end|start|(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_EXAMPLE: Final = '{property: snapshots, value: {instant: file_name, pattern: "tickets_%Y-%m-%d.csv"}}'


def read_snapshots(
    properties: SnapshotProperties | None, shape: ExportShape, contract_zone: str | None
) -> Snapshots | None:
    """The settings of an object; None for a shape that has none and says none."""
    if properties is None and shape is not ExportShape.REPEATED_SNAPSHOTS:
        return None
    given = properties or SnapshotProperties()
    return Snapshots(
        instant=given.instant,
        pattern=given.pattern,
        time_zone=given.time_zone or contract_zone,
        time_of_day=given.time_of_day,
        content=given.content,
    )


def faults_of_snapshots(item: ExportObject) -> Iterator[Fault]:
    """What is wrong with the settings of an object."""
    settings = item.snapshots
    if settings is None:
        return
    if item.shape is not ExportShape.REPEATED_SNAPSHOTS:
        what = f"custom property 'snapshots': belongs to the shape repeated_snapshots, and this is {item.shape.value}"
        yield what, "Write shape: repeated_snapshots, or remove it.", None
        return
    yield from _faults_of_instant(item, settings)
    if settings.instant is SnapshotInstant.FILE_NAME:
        yield from _faults_of_pattern(settings)
    elif settings.pattern is not None:
        what = "custom property 'snapshots': 'pattern' is for names of files"
        yield what, "Write instant: file_name as well, or remove it.", None
    if not _TIME_OF_DAY.fullmatch(settings.time_of_day):
        what = f"custom property 'snapshots': timeOfDay '{settings.time_of_day}' is no moment of a day"
        yield what, 'Write end, start, or a time such as "06:00".', None
    if settings.time_zone:
        yield from faults_of_zone(settings.time_zone)


def _faults_of_instant(item: ExportObject, settings: Snapshots) -> Iterator[Fault]:
    columns = [column.name for column in item.columns for feed in column.feeds if feed.target == INSTANT_COLUMN]
    if settings.instant is SnapshotInstant.COLUMN and not columns:
        what = f"object '{item.name}' does not say when its snapshots were taken"
        remedy = (
            f"Let a column feed {INSTANT_COLUMN}; or, where the names of the files tell it, write {_EXAMPLE}; or, as a "
            "last resort, take the time at which the files were written: instant: file_time."
        )
        yield what, remedy, None
    if settings.is_told_by_file and columns:
        what = f"column '{columns[0]}' and instant: {settings.instant.value} both say when a snapshot was taken"
        yield what, f"Write instant: column, or let no column feed {INSTANT_COLUMN}.", None


def _faults_of_pattern(settings: Snapshots) -> Iterator[Fault]:
    if settings.pattern is None:
        what = "custom property 'snapshots': instant: file_name needs a 'pattern'"
        yield what, f"Write for instance {_EXAMPLE}.", None
        return
    try:
        pattern = compile_name_pattern(settings.pattern)
    except ValueError as error:
        what = f"custom property 'snapshots': {str(error).rstrip('.')}"
        yield what, "Patterns are written like tickets_%Y-%m-%d.csv or export-%Y%m%dT%H%M*.xlsx.", None
        return
    if pattern.has_time and settings.time_of_day != "end":
        what = "custom property 'snapshots': 'timeOfDay' is for names that tell only a date"
        yield what, "Remove it: the pattern tells the time.", None
    if settings.time_zone is None and not pattern.has_offset:
        what = "custom property 'snapshots': no time zone is named for the instant in the name"
        yield what, "Write timeZone: Europe/Amsterdam there, or the contract's timeZone.", None


def is_date_only(formats: tuple[str, ...], logical_type: str) -> bool:
    """Whether a column's values tell a day and no time, so that the contract's `timeOfDay` says which moment of it."""
    return logical_type == "date" or (bool(formats) and not any(tells_time(text) for text in formats))

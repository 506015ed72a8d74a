"""Whether the columns of an export can fill the canonical columns that its contract says they feed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Numeric, Table

from data_contracts.problems import list_words, suggest
from data_contracts.spec import ExportColumn, ExportObject, Feed
from data_contracts.time_formats import check_format, tells_offset
from models.catalog import STAGED
from models.vocabulary import ExportShape

#: What is wrong, remedy, suggestion.
Fault = tuple[str, str, str | None]

#: Columns that the pipeline fills itself.
_OWN_COLUMNS: Final = frozenset(
    {"source", "export_shape", "status_category", "status_category_before", "load_id", "row_number", "row_hash"}
    | {"earliest_at", "first_seen_at", "last_seen_at", "queued_until_at", "has_disappeared"}
)
#: Canonical type -> logical types of the standard that can fill it. Anything can fill a text.
_ACCEPTED_TYPES: Final[tuple[tuple[type, tuple[str, ...]], ...]] = (
    (DateTime, ("timestamp", "date")),
    (Date, ("date", "timestamp")),
    (Boolean, ("boolean",)),
    (BigInteger, ("integer",)),
    (Numeric, ("number", "integer")),
)
LOGICAL_TYPES: Final = ("string", "integer", "number", "boolean", "date", "timestamp")


def canonical_tables() -> dict[str, Table]:
    """Every canonical table by the name that contracts use: without its `stg_`."""
    return {table.name.removeprefix("stg_"): table for tables in STAGED.values() for table in tables}


def feedable_columns(table: Table) -> list[str]:
    """The columns of a canonical table that an export may fill."""
    return [column.name for column in table.columns if column.name not in _OWN_COLUMNS]


def faults_of_target(target: str) -> Iterator[Fault]:
    """What is wrong with a `<table>.<column>` that a contract names."""
    tables = canonical_tables()
    table_name, _, column_name = target.partition(".")
    if table_name not in tables:
        near = suggest(table_name, tables)
        meant = f"{near}.{column_name}" if near and column_name else near
        yield f"'{target}' names no canonical table", f"Tables are {list_words(tables)}.", meant
        return
    columns = feedable_columns(tables[table_name])
    if column_name in _OWN_COLUMNS and column_name in tables[table_name].columns:
        yield f"'{target}' is filled by the pipeline itself", "Remove it.", None
    elif column_name not in columns:
        near = suggest(column_name, columns)
        what = f"'{target}' names no column of {table_name}"
        yield what, f"Columns are {list_words(columns)}.", f"{table_name}.{near}" if near else None


def faults_of_feed(column: ExportColumn, feed: Feed, sibling_names: list[str], zone: str | None) -> Iterator[Fault]:
    """What is wrong with one feed of a column whose target exists.

    Args:
        sibling_names: columns of the same object, which `when` may ask.
        zone: the zone in which a value without an offset is read; None if the contract names none.
    """
    canonical: Column[Any] = canonical_tables()[feed.table].columns[feed.column]
    for kind, accepted in _ACCEPTED_TYPES:
        if isinstance(canonical.type, kind):
            if column.logical_type not in accepted:
                what = f"a column of type {column.logical_type} cannot feed {feed.target}"
                yield what, f"Write logicalType: {list_words(accepted)}.", None
            if kind is DateTime and zone is None and not _has_offset(column.formats):
                what = f"it feeds the instant {feed.target}, but no time zone is named"
                remedy = "Add logicalTypeOptions: {defaultTimezone: Europe/Amsterdam} or the contract's timeZone."
                yield what, remedy, None
            break
    for name in feed.when:
        if name not in sibling_names:
            yield f"'when' asks '{name}', which is no column", "Name a column.", suggest(name, sibling_names)


def _has_offset(formats: tuple[str, ...]) -> bool:
    return bool(formats) and all(tells_offset(text) for text in formats)


def faults_of_format(text: str) -> Iterator[Fault]:
    """What is wrong with a date or time format."""
    try:
        check_format(text)
    except ValueError as error:
        yield str(error).rstrip("."), "Formats are written like %Y-%m-%d %H:%M:%S.", None


def faults_of_zone(zone: str) -> Iterator[Fault]:
    """What is wrong with the name of a time zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        remedy = "Use a name of the IANA list, such as Europe/Amsterdam, America/New_York or UTC."
        yield f"'{zone}' is no time zone", remedy, None


def faults_of_object(item: ExportObject) -> Iterator[Fault]:
    """What an object as a whole leaves out, or feeds twice."""
    fed = {feed.target for column in item.columns for feed in column.feeds}
    for target in item.constants:
        if target in fed:
            yield f"'{target}' is both a constant and fed by a column", "Keep one of them.", None
    targets = fed | set(item.constants)
    tables = {target.partition(".")[0] for target in targets}
    for name in sorted(tables):
        if item.shape is ExportShape.REPEATED_SNAPSHOTS and name == "ticket_events" and "tickets.ticket_id" in targets:
            continue  # its events are found by comparing snapshots, and no row of it is one
        for column in _needed_columns(canonical_tables()[name]):
            if f"{name}.{column}" not in targets:
                what = f"object '{item.name}' feeds {name}, but no column feeds {name}.{column}"
                yield what, f"Let a column feed {name}.{column}, or set it under constants.", None
    if item.shape is ExportShape.LINES and tables & {"tickets", "ticket_events"}:
        what = f"object '{item.name}' has the shape lines, but feeds tickets"
        yield what, "Write shape: event_log, snapshot or repeated_snapshots.", None


def faults_of_history(objects: Sequence[ExportObject]) -> Iterator[Fault]:
    """What is wrong with an event log, whose events may stand in another object than its tickets."""
    fed = {feed.table for item in objects for column in item.columns for feed in column.feeds}
    if fed and "ticket_events" not in fed and any(item.shape is ExportShape.EVENT_LOG for item in objects):
        what = "its shape is event_log, but no object feeds ticket_events"
        yield what, "Feed ticket_events.ticket_id and ticket_events.occurred_at, or choose another shape.", None


def _needed_columns(table: Table) -> list[str]:
    """Columns without which a row of a canonical table means nothing.

    Lines may come without a key of their own; then their file and row number name them.
    """
    keys = [column.name for column in table.primary_key.columns]
    may_lack = {keys[0]} if len(keys) == 1 and keys[0] != "ticket_id" else set()
    needed = [
        column.name
        for column in table.columns
        if not column.nullable and column.name not in _OWN_COLUMNS and column.name not in may_lack
    ]
    return [*needed, "occurred_at"] if table.name == "stg_ticket_events" else needed

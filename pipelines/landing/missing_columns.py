"""Columns of the contract that a file does not have: whether that keeps it out, and what became of them.

A file that lacks a column which feeds something would be counted without it, and nobody would see that in the numbers:
it is refused, with how contract and file differ and, where a column was renamed, the line that makes the contract know
it. A template lists what such systems can tell, so that a first file may lack columns of it, which is told; but never
those that decide what its rows are. Whoever knows better gives a column `mayBeMissing`.

How headers are matched is in `pipelines.readers.headers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from data_contracts.spec import ExportColumn, ExportContract, ExportObject
from models.ddl import quote_identifier
from pipelines.infer.rendering import quote
from pipelines.landing.reading_notes import LACKING
from pipelines.landing.value_shapes import shape_of, some_rows
from pipelines.readers import FileFacts, LandedFrame, ReadOptions, RefusedFile, read_export
from pipelines.readers.headers import nearest
from pipelines.readers.refusals import RefusalCode
from pipelines.warehouse import Warehouse
from pipelines.words.numbers import list_all, list_some

#: Formats whose every file says which columns it has. In others a path without a value may just be left out.
_TABULAR: Final = frozenset({"csv", "xlsx", "parquet"})
#: What decides where a record belongs or what it is worth, and is published wrong, not just unmeasured, without it.
_DECISIVE: Final = frozenset({"status", "status_before", "amount_original", "posting_date", "currency_code"})
#: Share of distinct values known from before from which on two columns hold the same things.
_SAME_VALUES_SHARE: Final = 0.5
#: Distinct values of earlier files that are compared.
_MOST_KNOWN_VALUES: Final = 5_000
#: Names of columns that a note lists.
_MOST_NAMES: Final = 8


@dataclass(frozen=True, slots=True)
class _Renamed:
    """A column that is gone, and the header under which it seems to stand now.

    Attributes:
        reason: by what it seems so, in words.
    """

    column: ExportColumn
    header: str
    reason: str


def better_refusal(
    warehouse: Warehouse,
    contract: ExportContract,
    item: ExportObject,
    facts: FileFacts,
    options: ReadOptions,
    refused: RefusedFile,
) -> RefusedFile:
    """The refusal of a file without a required column, with what its values tell; else the refusal that was."""
    try:
        landed = read_export(facts, replace(options, required=frozenset()))
    except RefusedFile:
        return refused
    gone = [column for column in item.columns if column.required and column.name in landed.missing_columns]
    # Where the file has none of the columns, it is another file, or its header stands elsewhere.
    if not gone or len(landed.missing_columns) == len(item.columns):
        return refused
    return refuse_missing(warehouse, contract, item, facts, landed, gone, row=refused.row)


def find_missed(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, landed: LandedFrame
) -> list[ExportColumn]:
    """The columns without which a file may not count: earlier files had values in them, or nothing else feeds it.

    Of a first file, whose contract extends a template, only what decides what its rows are.
    """
    if contract.format not in _TABULAR:
        return []
    lacking = _lacking(item, landed)
    if not is_first_file(warehouse, contract, item):
        return [column for column in lacking if _known_values(warehouse, item, column.name, 1)]
    untold = _untold(item, landed)
    return [
        column
        for column in lacking
        if any(feed.target in untold for feed in column.feeds) and (contract.extends is None or _decides(column))
    ]


def tell_lacking(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, landed: LandedFrame
) -> Iterator[str]:
    """A note on what a first file lacks of its template, but for what the reader's notes guess to stand there."""
    if contract.format not in _TABULAR or not is_first_file(warehouse, contract, item):
        return
    untold = _untold(item, landed)
    headers = _headers(landed)
    lacking = [
        column
        for column in _lacking(item, landed)
        if any(feed.target in untold for feed in column.feeds) and not nearest(_all_spellings(column), headers)
    ]
    if not lacking:
        return
    names = list_some([f"'{column.physical_name}'" for column in lacking], _MOST_NAMES)
    found = list_some([f"'{name}'" for name in headers], _MOST_NAMES)
    unread = f" Nothing reads its columns {found}." if headers else ""
    yield (
        f"{LACKING} {names}, which the template '{contract.extends}' reads: what they feed stays empty.{unread} If one "
        f"is called otherwise in this export, add its header to the synonyms in {contract.origin}."
    )


def is_first_file(warehouse: Warehouse, contract: ExportContract, item: ExportObject) -> bool:
    """Whether no file of an object was ever loaded."""
    query = "SELECT count(*) FROM ops.ops_loads WHERE export = ? AND object_name = ?"
    return not warehouse.rows(query, [contract.id, item.name])[0][0]


def _lacking(item: ExportObject, landed: LandedFrame) -> list[ExportColumn]:
    """Columns that feed something, and that a file should have and has not."""
    return [
        column
        for column in item.columns
        if column.name in landed.missing_columns and column.feeds and not column.may_be_missing
    ]


def _decides(column: ExportColumn) -> bool:
    return any(feed.column in _DECISIVE for feed in column.feeds)


def _untold(item: ExportObject, landed: LandedFrame) -> set[str]:
    """The canonical columns that the contract feeds, and that no column of a file does."""
    fed = {feed.target for column in item.columns for feed in column.feeds}
    here = [column for column in item.columns if column.name not in landed.missing_columns]
    return fed - {feed.target for column in here for feed in column.feeds}


def _known_values(warehouse: Warehouse, item: ExportObject, column: str, most: int) -> set[str]:
    """Some distinct values that a raw column holds."""
    name = quote_identifier(column)
    query = f"SELECT DISTINCT {name} FROM raw.{quote_identifier(item.raw_table)} WHERE {name} IS NOT NULL LIMIT {most}"
    return {str(row[0]) for row in warehouse.rows(query)}


def refuse_missing(
    warehouse: Warehouse,
    contract: ExportContract,
    item: ExportObject,
    facts: FileFacts,
    landed: LandedFrame,
    gone: Sequence[ExportColumn],
    *,
    row: int | None = None,
) -> RefusedFile:
    renamed = list(_find_renamed(warehouse, item, landed, gone))
    place = f"{facts.name}, row {row}" if row else facts.name
    # A required column is called required, as the readers call it.
    named = ", ".join(
        f"{'required ' if column.required else ''}'{column.name}' (looked for {_spellings(column)})" for column in gone
    )
    had = ""
    if not all(column.required for column in gone):
        feeds = sorted({feed.target for column in gone for feed in column.feeds})
        had = ", which " + (
            f"the contract reads as {list_all(feeds)}"
            if is_first_file(warehouse, contract, item)
            else "files before it had"
        )
    differences = [*(f"- {column.physical_name}" for column in gone), *(f"+ {name}" for name in _headers(landed))]
    message = f"{place}: no column for {named}{had}. Contract and file differ: {'  '.join(differences)}."
    known = {found.column.name for found in renamed}
    remedies = [_describe_renamed(contract, item, found) for found in renamed]
    rest = [column for column in gone if column.name not in known]
    if rest:
        names = ", ".join(f"'{column.name}'" for column in rest)
        renamed_now, it = ("it is called", "it") if len(rest) == 1 else ("they are called", "one")
        remedy = (
            f"Export again with {names}; if {renamed_now} otherwise, add the header to the synonyms in the contract"
        )
        # Without what decides what a row is or is worth, there is nothing to measure that would not be wrong.
        optional = not any(column.required or _decides(column) for column in rest)
        remedies.append(
            f"{remedy}; if it is right that files may lack {it}, give {it} this line in {contract.origin}: "
            "customProperties: [{property: mayBeMissing, value: true}]."
            if optional
            else f"{remedy}."
        )
    return RefusedFile(RefusalCode.HEADER, message, " ".join(remedies), row=row, column=gone[0].name)


def _describe_renamed(contract: ExportContract, item: ExportObject, found: _Renamed) -> str:
    synonyms = [*found.column.synonyms, found.header]
    listed = ", ".join(f"{{synonym: {quote(name)}}}" for name in synonyms)
    return (
        f"Did you mean '{found.header}'? It {found.reason}. If so, give column '{found.column.name}' of '{item.name}' "
        f"this line in {contract.origin}: synonyms: [{listed}]."
    )


def _spellings(column: ExportColumn) -> str:
    return " or ".join(f"'{name}'" for name in _all_spellings(column)[:-1])


def _all_spellings(column: ExportColumn) -> tuple[str, ...]:
    return (column.physical_name, *column.synonyms, column.name)


def _headers(landed: LandedFrame) -> list[str]:
    """Headers of the file that no property names."""
    return [header.strip() for header in landed.unknown_columns.values() if header.strip()]


def _find_renamed(
    warehouse: Warehouse, item: ExportObject, landed: LandedFrame, gone: Sequence[ExportColumn]
) -> Iterator[_Renamed]:
    """For each column that is gone the header it seems to stand under: of its values, else of a near name or shape."""
    free = {name: header.strip() for name, header in landed.unknown_columns.items() if header.strip()}
    for column in gone:
        before = _known_values(warehouse, item, column.name, _MOST_KNOWN_VALUES)
        by_values = _most_alike(before, landed, free)
        near = nearest(_all_spellings(column), list(free.values()))
        if by_values is not None:
            yield _Renamed(column, free.pop(by_values), "holds the values that this column had in files before")
        elif near is not None:
            free = {name: header for name, header in free.items() if header != near.strip()}
            yield _Renamed(column, near.strip(), "has a name like it")
        elif not before and len(gone) == len(free) == 1:
            yield _Renamed(column, next(iter(free.values())), "is the only column that the contract does not name")
        else:
            alike = _only_of_that_shape(before, landed, free)
            if alike is not None:
                yield _Renamed(column, free.pop(alike), "is the only new one with values written like those before")


def _most_alike(before: set[str], landed: LandedFrame, free: Mapping[str, str]) -> str | None:
    """The column whose distinct values are known from before, half of them at least."""
    best: tuple[float, str] | None = None
    for name in free if before else ():
        values = _distinct(landed, name)
        share = len(values & before) / len(values) if values else 0.0
        if share >= _SAME_VALUES_SHARE and (best is None or share > best[0]):
            best = (share, name)
    return best[1] if best else None


def _only_of_that_shape(before: set[str], landed: LandedFrame, free: Mapping[str, str]) -> str | None:
    shapes = {shape_of(value) for value in before}
    alike = [
        name
        for name in free
        if (values := _distinct(landed, name)) and sum(shape_of(value) in shapes for value in values) == len(values)
    ]
    return alike[0] if len(alike) == 1 else None


def _distinct(landed: LandedFrame, name: str) -> set[str]:
    return set(some_rows(landed.frame).get_column(name).drop_nulls().to_list())

"""Whether a file still has the columns that its contract and the files before it have, and what became of others.

A new column is told and lands. A column that is gone, or whose values can no longer be read, keeps the file out: its
records would otherwise be there without what the column feeds, and nobody would see it in the numbers. The refusal
shows how contract and file differ, and where a column was renamed, the line that makes the contract know it.

How headers are matched is in `pipelines.readers.headers`; single values that cannot be read are for the gate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from data_contracts.spec import ExportColumn, ExportContract, ExportObject
from models.ddl import quote_identifier
from pipelines.infer.date_formats import DateReading, read_dates
from pipelines.infer.rendering import quote
from pipelines.landing.drift_notes import NEW_COLUMN
from pipelines.readers import FileFacts, LandedFrame, ReadOptions, RefusedFile, read_export
from pipelines.readers.headers import nearest
from pipelines.readers.refusals import RefusalCode
from pipelines.staging.mapping import fed_tables, stage_rows
from pipelines.warehouse import Warehouse

#: Formats whose every file says which columns it has. In others a path without a value may just be left out.
_TABULAR: Final = frozenset({"csv", "xlsx", "parquet"})
#: Rows of a file that are tried, spread over all of it: enough to tell a type, and quick for any file.
_TRIED_ROWS: Final = 1_000
#: Fewer values than this say nothing of a column.
_FEWEST_VALUES: Final = 5
#: Share of values that cannot be read from which on the column has another type, and is not just dirty.
_RETYPED_SHARE: Final = 0.9
#: Share of distinct values known from before from which on two columns hold the same things.
_SAME_VALUES_SHARE: Final = 0.5
#: Distinct values of earlier files that are compared.
_MOST_KNOWN_VALUES: Final = 5_000


@dataclass(frozen=True, slots=True)
class _Renamed:
    """A column that is gone, and the header under which it seems to stand now.

    Attributes:
        reason: by what it seems so, in words.
    """

    column: ExportColumn
    header: str
    reason: str


def read_with_drift(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, facts: FileFacts, options: ReadOptions
) -> LandedFrame:
    """Read a file, and refuse it if its columns drifted away; notes tell of new columns.

    The raw table of the object must exist: what it holds of earlier files is what this one is compared with.

    Raises:
        RefusedFile: ``header`` if a column is gone, ``retyped`` if one cannot be read any more; or as the readers say.
    """
    try:
        landed = read_export(facts, options)
    except RefusedFile as refused:
        if refused.code is not RefusalCode.HEADER or not options.required:
            raise
        raise _better_refusal(warehouse, contract, item, facts, options, refused) from refused
    # What was read before, in another way, is no news: files of old had other columns than those of today.
    query = "SELECT count(*) FROM ops.ops_loads WHERE export = ? AND object_name = ? AND content_hash = ?"
    if warehouse.rows(query, [contract.id, item.name, facts.content_hash])[0][0]:
        return landed
    gone = [column for column in item.columns if _is_missed(warehouse, contract, item, column, landed)]
    if gone:
        raise _refuse_missing(warehouse, contract, item, facts, landed, gone)
    retyped = list(_find_retyped(contract, item, landed))
    if retyped:
        raise _refuse_retyped(contract, item, facts, retyped)
    news = list(_describe_new(warehouse, contract, item, landed))
    return replace(landed, notes=(*landed.notes, *news)) if news else landed


def _better_refusal(
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
    return _refuse_missing(warehouse, contract, item, facts, landed, gone, row=refused.row)


def _is_missed(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, column: ExportColumn, landed: LandedFrame
) -> bool:
    """Whether a column feeds something, earlier files had values in it, and this one does not have it at all."""
    if column.name not in landed.missing_columns or not column.feeds or column.may_be_missing:
        return False
    return contract.format in _TABULAR and bool(_known_values(warehouse, item, column.name, 1))


def _known_values(warehouse: Warehouse, item: ExportObject, column: str, most: int) -> set[str]:
    """Some distinct values that a raw column holds."""
    name = quote_identifier(column)
    query = f"SELECT DISTINCT {name} FROM raw.{quote_identifier(item.raw_table)} WHERE {name} IS NOT NULL LIMIT {most}"
    return {str(row[0]) for row in warehouse.rows(query)}


def _refuse_missing(
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
    had = "" if all(column.required for column in gone) else ", which files before it had"
    differences = [*(f"- {column.physical_name}" for column in gone), *(f"+ {name}" for name in _headers(landed))]
    message = f"{place}: no column for {named}{had}. Contract and file differ: {'  '.join(differences)}."
    known = {found.column.name for found in renamed}
    remedies = [_describe_renamed(contract, item, found) for found in renamed]
    rest = [column for column in gone if column.name not in known]
    if rest:
        names = ", ".join(f"'{column.name}'" for column in rest)
        remedy = (
            f"Export again with {names}; if it is called otherwise now, add the header to its synonyms in the contract"
        )
        optional = [column for column in rest if not column.required]
        remedies.append(
            f"{remedy}."
            if not optional
            else f"{remedy}; if it is right that files may lack it, give it this line in {contract.origin}: "
            "customProperties: [{property: mayBeMissing, value: true}]."
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
    return " or ".join(f"'{name}'" for name in (column.physical_name, *column.synonyms))


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
        near = nearest((column.physical_name, *column.synonyms, column.name), list(free.values()))
        if by_values is not None:
            yield _Renamed(column, free.pop(by_values), "holds the values that this column had in files before")
        elif near is not None:
            free = {name: header for name, header in free.items() if header != near.strip()}
            yield _Renamed(column, near.strip(), "has a name like it")
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
    return set(_sample(landed.frame).get_column(name).drop_nulls().to_list())


def shape_of(value: str) -> str:
    """How a value is written, without what it says: `2026-01-31` and `1999-12-01` are both `9999-99-99`."""
    shape = re.sub(r"[^\W\d_]+", lambda found: "A" * min(len(found[0]), 3), re.sub(r"\d", "9", value.strip()))
    return shape[:40]


def _sample(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.gather_every(max(1, frame.height // _TRIED_ROWS)) if frame.height > _TRIED_ROWS else frame


@dataclass(frozen=True, slots=True)
class _Retyped:
    """A column of which next to no value can be read.

    Attributes:
        shapes: how its values are written, see `shape_of`.
        formats: of a date or an instant, those that read the values; none where that cannot be found out.
        rival: a format that reads them as well, with day and month the other way round.
    """

    column: ExportColumn
    shapes: Sequence[str]
    formats: Sequence[str] = ()
    rival: str | None = None


def _find_retyped(contract: ExportContract, item: ExportObject, landed: LandedFrame) -> Iterator[_Retyped]:
    """Columns of which next to no value can be read as the contract says."""
    names = [column.name for column in item.columns if column.feeds and column.logical_type != "string"]
    if not names or landed.frame.height < _FEWEST_VALUES:
        return
    tried = _sample(landed.frame).with_columns(
        pl.lit("").alias("_load_id"), pl.lit("").alias("_row_hash"), pl.int_range(pl.len()).alias("_row_number")
    )
    problems = pl.concat([stage_rows(tried, contract, item, table).problems for table in fed_tables(item)])
    unreadable = problems.filter(pl.col("problem") == "unparsable").select("column_name", "row_number").unique()
    counts = dict(unreadable.group_by("column_name").len().iter_rows())
    for column in item.columns:
        failed = counts.get(column.name, 0)
        given = tried.get_column(column.name).drop_nulls()
        given = given.filter(~given.str.strip_chars().is_in(["", *contract.null_tokens]))
        if failed >= _FEWEST_VALUES and failed >= _RETYPED_SHARE * given.len():
            shapes = given.map_elements(shape_of, return_dtype=pl.String).value_counts(sort=True)
            written = shapes.get_column(column.name).head(3).to_list()
            reading = _read_as_dates(given) if column.logical_type in ("date", "timestamp") else None
            if reading is None:
                yield _Retyped(column, written)
            else:
                formats = [each for each in reading.formats if each not in column.formats]
                yield _Retyped(column, written, formats, next(iter(reading.rivals), None))


def _read_as_dates(given: pl.Series) -> DateReading | None:
    counts = given.str.strip_chars().alias("x").value_counts(sort=True)
    return read_dates(counts.get_column("x"), counts.get_column("count"))


def _refuse_retyped(
    contract: ExportContract,
    item: ExportObject,
    facts: FileFacts,
    retyped: Sequence[_Retyped],
) -> RefusedFile:
    parts = [
        f"'{one.column.name}' ({_expected(contract, one.column)}; here it is written like "
        f"{' or '.join(map(repr, one.shapes))})"
        for one in retyped
    ]
    message = f"{facts.name}: next to no value can be read of {', '.join(parts)}. In these, 9 stands for a digit."
    first = retyped[0].column
    remedy = (
        f"Export as before; or, if the export has changed for good, say in {contract.origin} how it is written now, "
        f"for column '{first.name}' of '{item.name}': {_how_to_say(retyped[0])}."
    )
    return RefusedFile(RefusalCode.RETYPED, message, remedy, column=first.name)


def _expected(contract: ExportContract, column: ExportColumn) -> str:
    if column.logical_type in ("date", "timestamp"):
        return f"the contract says {column.logical_type}, as {' or '.join(column.formats) or 'ISO 8601'}"
    if column.logical_type == "boolean":
        return "the contract says boolean"
    return f"the contract says {column.logical_type}, with '{contract.decimal_separator}' before decimals"


def _how_to_say(retyped: _Retyped) -> str:
    """What to write into the contract."""
    column = retyped.column
    if column.logical_type in ("date", "timestamp"):
        if not retyped.formats:
            return "its formats, if these are dates at all: no usual way to write one reads them"
        listed = ", ".join(quote(text) for text in [*column.formats, *retyped.formats])
        line = f"customProperties: [{{property: formats, value: [{listed}]}}]"
        doubt = (
            f". The values do not tell day from month: it may also be {quote(retyped.rival)}" if retyped.rival else ""
        )
        return f"{line}{doubt}"
    if column.logical_type == "boolean":
        return "its trueTokens and falseTokens"
    return "decimalSeparator and thousandsSeparator of the contract, or another logicalType"


def _describe_new(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, landed: LandedFrame
) -> Iterator[str]:
    """A note on each column that no property names and that no file before had. A first file has nothing new."""
    query = "SELECT count(*) FROM ops.ops_loads WHERE export = ? AND object_name = ?"
    if not warehouse.rows(query, [contract.id, item.name])[0][0]:
        return
    columns = "SELECT lower(column_name) FROM duckdb_columns() WHERE schema_name = 'raw' AND table_name = ?"
    present = {row[0] for row in warehouse.rows(columns, [item.raw_table])}
    for name, header in landed.unknown_columns.items():
        if name.lower() not in present and header.strip():
            line = f"- {{name: {name}, physicalName: {quote(header.strip())}, logicalType: string}}"
            told = f"{NEW_COLUMN} '{header.strip()}', which no file before had and the contract does not name"
            yield (
                f"{told}: it landed as {name} and feeds nothing. To use it, add to the properties of '{item.name}' in "
                f"{contract.origin}: {line}"
            )

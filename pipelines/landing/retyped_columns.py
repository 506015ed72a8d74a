"""Columns of a file of which next to no value can be read as the contract says: the file is refused with what to write.

Single values that cannot be read are for the gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from data_contracts.spec import ExportColumn, ExportContract, ExportObject
from pipelines.infer.date_formats import DateReading, read_dates
from pipelines.infer.rendering import quote
from pipelines.landing.value_shapes import shape_of, some_rows
from pipelines.readers import FileFacts, LandedFrame, RefusedFile
from pipelines.readers.refusals import RefusalCode
from pipelines.staging.mapping import fed_tables, stage_rows

#: Fewer values than this say nothing of a column.
_FEWEST_VALUES: Final = 5
#: Share of values that cannot be read from which on the column has another type, and is not just dirty.
_RETYPED_SHARE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Retyped:
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


def find_retyped(contract: ExportContract, item: ExportObject, landed: LandedFrame) -> Iterator[Retyped]:
    """Columns of which next to no value can be read as the contract says."""
    names = [column.name for column in item.columns if column.feeds and column.logical_type != "string"]
    if not names or landed.frame.height < _FEWEST_VALUES:
        return
    tried = some_rows(landed.frame).with_columns(
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
                yield Retyped(column, written)
            else:
                formats = [each for each in reading.formats if each not in column.formats]
                yield Retyped(column, written, formats, next(iter(reading.rivals), None))


def _read_as_dates(given: pl.Series) -> DateReading | None:
    counts = given.str.strip_chars().alias("x").value_counts(sort=True)
    return read_dates(counts.get_column("x"), counts.get_column("count"))


def refuse_retyped(
    contract: ExportContract,
    item: ExportObject,
    facts: FileFacts,
    retyped: Sequence[Retyped],
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


def _how_to_say(retyped: Retyped) -> str:
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

"""Whether a file still has the columns that its contract and the files before it have, and what became of others.

A new column is told and lands. A column that is gone, or whose values can no longer be read, keeps the file out: see
`pipelines.landing.missing_columns` and `pipelines.landing.retyped_columns`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from data_contracts.spec import ExportContract, ExportObject
from pipelines.infer.rendering import quote
from pipelines.landing.missing_columns import better_refusal, find_missed, is_first_file, refuse_missing, tell_lacking
from pipelines.landing.reading_notes import NEW_COLUMN
from pipelines.landing.retyped_columns import find_retyped, refuse_retyped
from pipelines.readers import FileFacts, LandedFrame, ReadOptions, RefusedFile, read_export
from pipelines.readers.refusals import RefusalCode
from pipelines.warehouse import Warehouse


def read_with_drift(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, facts: FileFacts, options: ReadOptions
) -> LandedFrame:
    """Read a file, and refuse it if its columns are not those of its contract; notes tell of new and lacking ones.

    The raw table of the object must exist: what it holds of earlier files is what this one is compared with.

    Raises:
        RefusedFile: ``header`` if a column is missing, ``retyped`` if one cannot be read any more; or as the readers
            say.
    """
    try:
        landed = read_export(facts, options)
    except RefusedFile as refused:
        if refused.code is not RefusalCode.HEADER or not options.required:
            raise
        raise better_refusal(warehouse, contract, item, facts, options, refused) from refused
    # What was read before, in another way, is no news: files of old had other columns than those of today.
    query = "SELECT count(*) FROM ops.ops_loads WHERE export = ? AND object_name = ? AND content_hash = ?"
    if warehouse.rows(query, [contract.id, item.name, facts.content_hash])[0][0]:
        return landed
    if gone := find_missed(warehouse, contract, item, landed):
        raise refuse_missing(warehouse, contract, item, facts, landed, gone)
    if retyped := list(find_retyped(contract, item, landed)):
        raise refuse_retyped(contract, item, facts, retyped)
    news = [*_describe_new(warehouse, contract, item, landed), *tell_lacking(warehouse, contract, item, landed)]
    return replace(landed, notes=(*landed.notes, *news)) if news else landed


def _describe_new(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, landed: LandedFrame
) -> Iterator[str]:
    """A note on each column that no property names and that no file before had. A first file has nothing new."""
    if is_first_file(warehouse, contract, item):
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

"""Files that do not do what their names may make people think: the run that read them says so.

One that came after others and counts as earlier is a history that was dropped later, or a correction under an unlucky
name. One that tells nearly all lines of an earlier one again, and lacks some, is a correction under a name of its own:
what it withdraws still counts. One under the name of an event log that was read before adds to it, although it may be a
corrected edition; or takes its place, although it may hold only what is new.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Final

from data_contracts.spec import ExportContract, ExportObject
from models.catalog import table_named
from models.ddl import quote_identifier, quote_text
from models.vocabulary import ExportShape, SameName
from pipelines.landing.load_order import LoadedFile, earlier_than_known, ordered_loads
from pipelines.landing.raw_rows import raw_table_name
from pipelines.landing.reading_notes import tell_added, tell_lacking, tell_late, tell_replaced, tells_of_lacking
from pipelines.landing.told_again import find_lacking_lines, share_other_rows
from pipelines.warehouse import Warehouse

#: Which column names the ticket that a row is about.
_TICKET: Final = "tickets.ticket_id"
#: An export of which so many files lack lines that still count is one of what is new or open, and somebody knows.
_SAID_OFTEN: Final = 3


def note_file_names(warehouse: Warehouse, contract: ExportContract, run_id: str) -> Iterator[str]:
    """Keep a note with such loads of a run, and tell of them."""
    query = "SELECT load_id, notes FROM ops.ops_loads WHERE run_id = ? AND export = ? AND superseded_by IS NULL"
    known: dict[str, str] = dict(warehouse.rows(query, [run_id, contract.id]))
    for item in contract.objects if known else ():
        loads = ordered_loads(warehouse, contract.id, item.name)
        found = [
            *_late_files(warehouse, contract, item, loads, known),
            *_added_files(warehouse, item, loads, known),
            *_replaced_files(warehouse, item, loads, known),
            *_lacking_files(warehouse, contract, item, loads, known),
        ]
        for load, note in found:
            text = json.dumps([*json.loads(known[load.load_id] or "[]"), note], ensure_ascii=False)
            warehouse.execute("UPDATE ops.ops_loads SET notes = ? WHERE load_id = ?", [text, load.load_id])
            known[load.load_id] = text
            yield f"{load.name}: {note}"


def _late_files(
    warehouse: Warehouse,
    contract: ExportContract,
    item: ExportObject,
    loads: Sequence[LoadedFile],
    new: Container[str],
) -> Iterator[tuple[LoadedFile, str]]:
    """Of files that tell otherwise of something that a later one tells, which was there before."""
    tells = _tells_again(item)
    if tells is None:
        return
    for load in earlier_than_known(loads, new):
        after = [each for each in loads[loads.index(load) + 1 :] if each.load_id not in new]
        telling = share_other_rows(warehouse, item, load, after)
        if telling:
            query = "SELECT count(*) FROM ops.ops_loads WHERE export = ? AND object_name = ? AND file_name = ?"
            editions = warehouse.rows(query, [contract.id, item.name, load.name])[0][0]
            yield load, tell_late(telling[-1].name, tells, is_edition=editions > 1)


def _lacking_files(
    warehouse: Warehouse,
    contract: ExportContract,
    item: ExportObject,
    loads: Sequence[LoadedFile],
    new: Mapping[str, str],
) -> Iterator[tuple[LoadedFile, str]]:
    """Of files that look like corrections of an earlier one; of an export that is always like that, not for ever."""
    if _tells_again(item) != "line":
        return
    found = find_lacking_lines(warehouse, contract, item, loads, new)
    if not found:
        return
    notes = warehouse.rows(
        "SELECT load_id, notes FROM ops.ops_loads WHERE export = ? AND superseded_by IS NULL AND notes <> '[]'",
        [contract.id],
    )
    names = [load.name for load in loads]
    said = [
        note
        for load_id, text in notes
        for note in (json.loads(text) if load_id not in new else ())
        if any(tells_of_lacking(note, name) for name in names)
    ]
    if len(said) < _SAID_OFTEN:
        for lacking in found:
            yield lacking.later, tell_lacking(lacking)


def _added_files(
    warehouse: Warehouse, item: ExportObject, loads: Sequence[LoadedFile], new: Container[str]
) -> Iterator[tuple[LoadedFile, str]]:
    """Event logs under the name of one that held other rows, where the contract does not say what is meant."""
    if item.shape is not ExportShape.EVENT_LOG or item.same_name is not None:
        return
    for load in loads:
        before = [other.load_id for other in loads if other.name == load.name and other.load_id not in new]
        if load.load_id not in new or not before:
            continue
        named = ", ".join(map(quote_text, before))
        kept = warehouse.rows(
            f"""
            SELECT count(DISTINCT _row_hash) FROM {raw_table_name(item)} WHERE _load_id IN ({named})
            AND _row_hash NOT IN (SELECT _row_hash FROM {raw_table_name(item)} WHERE _load_id = ?)
            """,
            [load.load_id],
        )[0][0]
        if kept:
            yield load, tell_added(kept)


def _replaced_files(
    warehouse: Warehouse, item: ExportObject, loads: Sequence[LoadedFile], new: Container[str]
) -> Iterator[tuple[LoadedFile, str]]:
    """Event logs that take the place of one under their name, and lack most of the tickets that it told of.

    A few are deleted or moved away from day to day. Where most are lacking, the file holds only what is new.
    """
    key = next((column.name for column in item.columns for feed in column.feeds if feed.target == _TICKET), None)
    if key is None or item.same_name is not SameName.REPLACES:
        return
    name, table = quote_identifier(key), raw_table_name(item)
    for load in loads:
        if load.load_id not in new:
            continue
        whole, lacking, example = warehouse.connection.execute(
            f"""
            WITH before AS (
                SELECT DISTINCT {name} AS ticket FROM {table}
                WHERE {name} IS NOT NULL AND _load_id = (
                    SELECT load_id FROM ops.ops_loads WHERE superseded_by = $load AND file_name = $file
                    ORDER BY loaded_at DESC, load_id LIMIT 1
                )
            ), lacking AS (
                FROM before ANTI JOIN (SELECT {name} AS ticket FROM {table} WHERE _load_id = $load) USING (ticket)
            )
            SELECT (SELECT count(*) FROM before), count(*), min(ticket) FROM lacking
            """,
            {"load": load.load_id, "file": load.name},
        ).fetchall()[0]
        if 2 * lacking > whole:
            yield load, tell_replaced(lacking, whole, example)


def _tells_again(item: ExportObject) -> str | None:
    """What two files of an object may both tell of, so that the later one has the word; None where it is nothing."""
    feeds = [feed for column in item.columns for feed in column.feeds]
    is_update = item.cases is None and any(feed.target == "ticket_events.occurred_at" for feed in feeds)
    if item.shape is ExportShape.REPEATED_SNAPSHOTS or is_update:
        # Exports are compared, and updates count, by their own instants.
        return None
    if any(feed.table == "tickets" for feed in feeds):
        return "ticket"
    keyed = [table_named(f"stg_{feed.table}").primary_key.columns for feed in feeds]
    return "line" if any(feed.column in keys for feed, keys in zip(feeds, keyed, strict=True)) else None

"""Files that do not do what their names may make people think: the run that read them says so.

One that came after others and counts as earlier is a history that was dropped later, or a correction under an unlucky
name. One under the name of an event log that was read before adds to it, although it may be a corrected edition.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Sequence

from data_contracts.spec import ExportContract, ExportObject
from models.catalog import table_named
from models.ddl import quote_text
from models.vocabulary import ExportShape
from pipelines.landing.load_order import LoadedFile, earlier_than_known, ordered_loads
from pipelines.landing.raw_rows import raw_table_name
from pipelines.landing.reading_notes import tell_added, tell_late
from pipelines.warehouse import Warehouse


def note_file_names(warehouse: Warehouse, contract: ExportContract, run_id: str) -> Iterator[str]:
    """Keep a note with such loads of a run, and tell of them."""
    query = "SELECT load_id, notes FROM ops.ops_loads WHERE run_id = ? AND export = ? AND superseded_by IS NULL"
    known: dict[str, str] = dict(warehouse.rows(query, [run_id, contract.id]))
    for item in contract.objects if known else ():
        loads = ordered_loads(warehouse, contract.id, item.name)
        for load, note in [*_late_files(item, loads, known), *_added_files(warehouse, item, loads, known)]:
            text = json.dumps([*json.loads(known[load.load_id] or "[]"), note], ensure_ascii=False)
            warehouse.execute("UPDATE ops.ops_loads SET notes = ? WHERE load_id = ?", [text, load.load_id])
            known[load.load_id] = text
            yield f"{load.name}: {note}"


def _late_files(
    item: ExportObject, loads: Sequence[LoadedFile], new: Container[str]
) -> Iterator[tuple[LoadedFile, str]]:
    tells = _tells_again(item)
    if tells is not None:
        for load, later in earlier_than_known(loads, new).items():
            yield load, tell_late(later.name, tells)


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

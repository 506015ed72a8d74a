"""Files of a landing folder into raw tables, exactly as they are: text, nothing dropped, each file once.

A file that cannot be read as its contract says is refused (`pipelines.landing.refusals`), and the run goes on with the
rest. Which load counts where a file came again is in `pipelines.landing.editions`; types and meaning come later, in
`pipelines.staging`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

import polars as pl

from data_contracts.spec import ExportContract, ExportObject
from models.ddl import quote_identifier
from models.ops import ops_loads
from models.vocabulary import SnapshotInstant
from pipelines.fingerprint import hash_parts
from pipelines.landing.editions import is_back, supersede, withdraw_older_editions
from pipelines.landing.file_name_notes import note_file_names
from pipelines.landing.ignored_files import is_ignored, set_aside_ignored
from pipelines.landing.known_files import read_known_files, remember_files
from pipelines.landing.raw_rows import raw_table_name
from pipelines.landing.reading_notes import is_copy_note, tell_copies
from pipelines.landing.refusals import Refusal, files_in, record_refusals, refusal_of, unexpected_name
from pipelines.landing.schema_drift import read_with_drift
from pipelines.landing.snapshot_files import SnapshotFiles, restore_loads, set_aside_loads, snapshot_files
from pipelines.readers import (
    FORMATS,
    FileFacts,
    LandedFrame,
    Limits,
    ReadOptions,
    RefusedFile,
    inspect_file,
)
from pipelines.warehouse import Warehouse

#: Columns that landing adds to every raw table, beside the export's own.
PROVENANCE_COLUMNS = {
    "_load_id": "VARCHAR",
    "_file": "VARCHAR",
    "_row_number": "BIGINT",
    "_row_hash": "VARCHAR",
}


@dataclass(frozen=True, slots=True)
class Landing:
    """What one look at an export's landing folder did."""

    export: str
    loaded_files: int
    loaded_rows: int
    known_files: int
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]


def land_export(
    warehouse: Warehouse, contract: ExportContract, folder: Path, *, run_id: str, limits: Limits, is_full: bool = False
) -> Landing:
    """Ingest every file of a landing folder that is not in the warehouse yet.

    Call inside a transaction. A file is known by the hash of its uncompressed content and by how it is read, so a
    renamed or recompressed copy is not ingested twice, and a contract that changes the reading re-reads the file.

    Args:
        is_full: whether to read also files to which nothing was written since they were read.
    """
    for item in contract.objects:
        _create_raw_table(warehouse, item)
    refusals: list[Refusal] = []
    notes: list[str] = []
    loaded_files = loaded_rows = known_files = 0
    found: list[FileFacts] = []
    known = read_known_files(warehouse, contract.id, folder, limits)
    for path in files_in(folder):
        if is_ignored(contract, path.name):
            continue
        if not fnmatch(path.name, contract.file_pattern):
            refusals.append(unexpected_name(contract, path))
            continue
        try:
            before = None if is_full else known.get(path.name)
            found.append(inspect_file(path, folder, limits=limits, known=before))
        except RefusedFile as refused:
            refusals.append(refusal_of(contract, path.name, refused))
    remember_files(warehouse, contract.id, limits, known, found)
    restore_loads(warehouse, contract)
    set_aside_ignored(warehouse, contract)
    snapshots = snapshot_files(warehouse, contract, found)
    for each in snapshots:
        found, impossible = each.accept(found)
        refusals += [refusal_of(contract, name, refused) for name, refused in impossible.items()]
        set_aside_loads(warehouse, contract, impossible)
    for facts in found:
        try:
            if _is_known(warehouse, contract, facts, snapshots):
                known_files += 1
                continue
            frames = {item.name: _read(warehouse, contract, item, facts) for item in contract.objects}
            for each in snapshots:
                each.check_rows(facts, frames[each.item.name].frame)
        except RefusedFile as refused:
            refusals.append(refusal_of(contract, facts.name, refused))
            continue
        for item in contract.objects:
            landed = frames[item.name]
            _store(warehouse, contract, item, facts, landed, snapshots, run_id)
            loaded_rows += landed.frame.height
            notes += [f"{facts.name}: {note}" for note in landed.notes]
        loaded_files += 1
    notes += note_file_names(warehouse, contract, run_id)
    withdraw_older_editions(warehouse, contract, found)
    # The same content on two days is two snapshots, and no copy.
    notes += _note_copies(warehouse, contract, [] if snapshots else found)
    record_refusals(warehouse, contract, refusals, run_id)
    return Landing(contract.id, loaded_files, loaded_rows, known_files, tuple(refusals), tuple(notes))


def active_loads(warehouse: Warehouse, export: str) -> list[tuple[str, str]]:
    """(load id, raw table) of every load of an export that staging reads, in load order."""
    query = "SELECT load_id, raw_table FROM ops.ops_loads WHERE export = ? AND superseded_by IS NULL ORDER BY load_id"
    return [(str(load_id), str(raw_table)) for load_id, raw_table in warehouse.rows(query, [export])]


def _read(warehouse: Warehouse, contract: ExportContract, item: ExportObject, facts: FileFacts) -> LandedFrame:
    return read_with_drift(warehouse, contract, item, facts, _read_options(contract, item, facts))


def _read_options(contract: ExportContract, item: ExportObject, facts: FileFacts) -> ReadOptions:
    return ReadOptions(
        format=contract.format or _format_by_name(facts),
        encoding=contract.encoding,
        delimiter=contract.delimiter,
        header_row=item.header_row or 1,
        sheet=item.sheet,
        record_path=item.record_path,
        columns={column.name: (column.physical_name, *column.synonyms) for column in item.columns},
        required=frozenset(column.name for column in item.columns if column.required),
    )


def _format_by_name(facts: FileFacts) -> str:
    """The format that a file's name says, for contracts that leave it open; CSV for anything unknown."""
    suffixes = [suffix.lstrip(".").lower() for suffix in Path(facts.member or facts.name).suffixes]
    named = [suffix for suffix in suffixes if suffix in FORMATS]
    return named[-1] if named else "csv"


def _is_known(
    warehouse: Warehouse, contract: ExportContract, facts: FileFacts, snapshots: Sequence[SnapshotFiles]
) -> bool:
    query = """
        SELECT DISTINCT file_name FROM ops.ops_loads
        WHERE export = ? AND content_hash = ? AND reading_hash = ? AND superseded_by IS NULL
    """
    loads = warehouse.rows(query, [contract.id, facts.content_hash, contract.reading_hash])
    return any(all(each.is_loaded(warehouse, facts, str(load[0])) for each in snapshots) for load in loads)


def _create_raw_table(warehouse: Warehouse, item: ExportObject) -> None:
    columns = ", ".join(f"{quote_identifier(name)} {kind}" for name, kind in PROVENANCE_COLUMNS.items())
    warehouse.execute(f"CREATE TABLE IF NOT EXISTS {raw_table_name(item)} ({columns})")
    _add_columns(warehouse, item, [column.name for column in item.columns])


def _add_columns(warehouse: Warehouse, item: ExportObject, names: Iterable[str]) -> None:
    """Add the text columns that the raw table does not have yet: contracts grow, and so do exports."""
    query = "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'raw' AND table_name = ?"
    # DuckDB's names ignore case; so must the comparison.
    present = {str(row[0]).lower() for row in warehouse.rows(query, [item.raw_table])}
    for name in names:
        if name.lower() not in present:
            warehouse.execute(f"ALTER TABLE {raw_table_name(item)} ADD COLUMN {quote_identifier(name)} VARCHAR")


def _store(
    warehouse: Warehouse,
    contract: ExportContract,
    item: ExportObject,
    facts: FileFacts,
    landed: LandedFrame,
    snapshots: Sequence[SnapshotFiles],
    run_id: str,
) -> None:
    is_dated_by_time = item.snapshots is not None and item.snapshots.instant is SnapshotInstant.FILE_TIME
    content = hash_parts(facts.content_hash, contract.reading_hash, *([facts.modified_at] * is_dated_by_time))[:12]
    load_id = f"{contract.id}/{item.name}/{facts.name}#{content}"
    told_by_file = next((each for each in snapshots if each.item is item), None)
    if told_by_file is not None:
        told_by_file.replace_loads(warehouse, facts, load_id)
    else:
        supersede(warehouse, contract, item, facts, load_id)
    if is_back(warehouse, load_id):
        return
    texts = [name for name in landed.frame.columns if name != "_row_number"]
    _add_columns(warehouse, item, texts)
    frame = landed.frame.with_columns(pl.lit(load_id).alias("_load_id"), pl.lit(facts.name).alias("_file"))
    warehouse.insert(raw_table_name(item), frame, {"_row_hash": _row_hash(texts)})
    record = {
        "load_id": load_id,
        "export": contract.id,
        "object_name": item.name,
        "raw_table": item.raw_table,
        "file_name": facts.name,
        "content_hash": facts.content_hash,
        "reading_hash": contract.reading_hash,
        "size_bytes": facts.size_bytes,
        "row_count": landed.frame.height,
        "encoding": landed.encoding,
        "notes": json.dumps(landed.notes, ensure_ascii=False),
        "loaded_at": datetime.now(UTC),
        "run_id": run_id,
        "modified_at": facts.modified_at,
    }
    warehouse.append(ops_loads, pl.DataFrame([record]))


def _row_hash(texts: list[str]) -> str:
    """SQL for the hash of a row's text: the same in any version, and anyone can compute it again."""
    values = ", ".join(f"coalesce({quote_identifier(name)}, chr(0))" for name in sorted(texts))
    return f"md5(concat_ws(chr(31), {values}))"


def _note_copies(warehouse: Warehouse, contract: ExportContract, found: Sequence[FileFacts]) -> Iterator[str]:
    """Keep with the load of each file which other files that lie there have its content, and tell of them.

    They are read once, whatever they are called, so that whoever counts files finds fewer than lie there.
    """
    names: dict[str, list[str]] = {}
    for facts in found:
        names.setdefault(facts.content_hash, []).append(facts.name)
    query = """
        SELECT load_id, file_name, content_hash, coalesce(notes, '[]') FROM ops.ops_loads
        WHERE export = ? AND superseded_by IS NULL ORDER BY file_name, load_id
    """
    for load_id, file_name, content_hash, notes in warehouse.rows(query, [contract.id]):
        alike = names.get(str(content_hash), [])
        copies = [name for name in alike if name != file_name] if file_name in alike else []
        kept = [note for note in json.loads(notes) if not is_copy_note(note)]
        told = [tell_copies(copies)] if copies else []
        text = json.dumps([*kept, *told], ensure_ascii=False)
        if text != notes:
            warehouse.execute("UPDATE ops.ops_loads SET notes = ? WHERE load_id = ?", [text, load_id])
        yield from (f"{file_name}: {note}" for note in told)

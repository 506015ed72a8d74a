"""What was found out of the files of a landing folder before: so that a run reads what is new, and no history again.

A file counts as the one that was read while the file system says that nothing was written to it. What it holds is told
by the hash of its content, as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC
from pathlib import Path

import polars as pl

from models.ddl import polars_schema, qualified_name
from models.ops import ops_known_files
from pipelines.fingerprint import hash_parts
from pipelines.readers import FileFacts, Limits
from pipelines.warehouse import Warehouse


def read_known_files(warehouse: Warehouse, export: str, folder: Path, limits: Limits) -> dict[str, FileFacts]:
    """Files of an export's landing folder that were read by the same limits, by name."""
    query = f"""
        SELECT file_name, size_bytes, compression, member, content_hash, modified_at, stamp
        FROM {qualified_name(ops_known_files)} WHERE export = ? AND limits = ?
    """
    return {
        name: FileFacts(folder / name, name, size, compression, member, content, modified.astimezone(UTC), stamp)
        for name, size, compression, member, content, modified, stamp in warehouse.rows(query, [export, _told(limits)])
    }


def remember_files(
    warehouse: Warehouse, export: str, limits: Limits, known: Mapping[str, FileFacts], found: Iterable[FileFacts]
) -> None:
    """Note the files that were found, in the place of those that were known."""
    stamped = {facts.name: facts for facts in found if facts.stamp is not None}
    if stamped.keys() == known.keys() and all(known[name].stamp == facts.stamp for name, facts in stamped.items()):
        return
    warehouse.execute(f"DELETE FROM {qualified_name(ops_known_files)} WHERE export = ?", [export])
    told = {"export": export, "limits": _told(limits)}
    rows = [{**told, **asdict(facts), "file_name": facts.name} for facts in stamped.values()]
    schema = polars_schema(ops_known_files)
    warehouse.append(ops_known_files, pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema))


def _told(limits: Limits) -> str:
    return hash_parts(limits.max_bytes, limits.max_ratio, limits.ratio_free_bytes)

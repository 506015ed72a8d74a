"""Which loads of an export count: a newer edition of a file takes the place of an older one, and may give it back.

Rows are never deleted for it; they stay in the raw table, and staging reads only loads that nothing supersedes. What is
read, and into which table, is in `pipelines.landing.loads`.
"""

from __future__ import annotations

from collections.abc import Iterable

from data_contracts.spec import ExportContract, ExportObject
from models.vocabulary import ExportShape, SameName
from pipelines.readers import FileFacts
from pipelines.warehouse import Warehouse


def supersede(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, facts: FileFacts, load_id: str
) -> None:
    """Mark the loads that this one replaces; their rows stay in the raw table.

    The same content read in another way replaces the old reading. New content under the same file name replaces the
    old content of line and snapshot exports, whose rows would otherwise count twice; an event log adds events, unless
    its contract says that a file under an old name is a corrected edition.
    """
    same_name = _is_replaced_by_name(item)
    query = """
        UPDATE ops.ops_loads SET superseded_by = ?
        WHERE export = ? AND object_name = ? AND superseded_by IS NULL
          AND (content_hash = ? OR (? AND file_name = ?))
    """
    warehouse.execute(query, [load_id, contract.id, item.name, facts.content_hash, same_name, facts.name])


def withdraw_older_editions(warehouse: Warehouse, contract: ExportContract, found: Iterable[FileFacts]) -> None:
    """Where a name stands for one content, let only that count which lies in the folder under the name now.

    That may be content that was read under another name, and so is not read again. Event logs that were read before
    their contract said it are treated as if it always had.
    """
    for item in contract.objects:
        if not _is_replaced_by_name(item):
            continue
        for facts in found:
            query = """
                UPDATE ops.ops_loads SET superseded_by = lying.load_id FROM ops.ops_loads AS lying
                WHERE lying.export = $export AND lying.object_name = $object AND lying.superseded_by IS NULL
                  AND lying.content_hash = $hash AND lying.reading_hash = $reading AND ops_loads.export = $export
                  AND ops_loads.object_name = $object AND ops_loads.file_name = $file
                  AND ops_loads.content_hash <> $hash AND ops_loads.superseded_by IS NULL
            """
            parameters = {
                "export": contract.id, "object": item.name, "hash": facts.content_hash,
                "reading": contract.reading_hash, "file": facts.name,
            }  # fmt: skip
            warehouse.connection.execute(query, parameters)


def is_back(warehouse: Warehouse, load_id: str) -> bool:
    """Whether this very load was replaced before and now counts again: a file was corrected, or put back.

    Its rows are still in the raw table; landing them again would count them twice.
    """
    known = warehouse.rows("SELECT count(*) FROM ops.ops_loads WHERE load_id = ?", [load_id])[0][0]
    if known:
        warehouse.execute("UPDATE ops.ops_loads SET superseded_by = NULL WHERE load_id = ?", [load_id])
    return bool(known)


def _is_replaced_by_name(item: ExportObject) -> bool:
    """Whether new content under the name of an older file replaces what was read under it."""
    return item.shape in (ExportShape.LINES, ExportShape.SNAPSHOT) or item.same_name is SameName.REPLACES

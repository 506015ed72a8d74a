"""Files that a contract says do not count: they are not read, and what was read of them before is left out.

Taking a file out of its landing folder changes nothing: what was read once may lie in an archive by then.
"""

from __future__ import annotations

from typing import Final

from data_contracts.spec import ExportContract
from pipelines.landing.file_patterns import matches
from pipelines.warehouse import Warehouse

#: Stands in place of the load that replaced another where nothing did: its contract leaves the file out as it is now.
_IGNORED: Final = "(ignored)"


def is_ignored(contract: ExportContract, name: str) -> bool:
    """Whether a contract leaves a file of this name out."""
    return matches(name, contract.ignore_files)


def set_aside_ignored(warehouse: Warehouse, contract: ExportContract) -> None:
    """Let loads of files that the contract leaves out not count, and those count again that it no longer does."""
    # What was read under another name in the meantime counts already.
    warehouse.execute(
        """
        UPDATE ops.ops_loads SET superseded_by = NULL
        WHERE export = ? AND superseded_by = ? AND NOT EXISTS (
            SELECT 1 FROM ops.ops_loads AS other
            WHERE other.export = ops_loads.export AND other.object_name = ops_loads.object_name
                AND other.content_hash = ops_loads.content_hash AND other.superseded_by IS NULL
        )
        """,
        [contract.id, _IGNORED],
    )
    query = "SELECT load_id, file_name FROM ops.ops_loads WHERE export = ? AND superseded_by IS NULL"
    for load_id, name in warehouse.rows(query, [contract.id]):
        if is_ignored(contract, str(name)):
            warehouse.execute("UPDATE ops.ops_loads SET superseded_by = ? WHERE load_id = ?", [_IGNORED, load_id])

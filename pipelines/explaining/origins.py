"""The rows of files that a record was made of: export, file, row number and hashes, and whether the file still is so.

Only the build database knows them. While a run has that to itself, or where only a publication is, it is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from models.ddl import quote_identifier
from pipelines.explaining.kinds_of_records import RecordKind
from pipelines.published.rows import read_rows

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from pipelines.home import Home

_EVENTS: Final = "stg_ticket_events"


@dataclass(frozen=True, slots=True)
class OriginFile:
    """A file that rows of a record came from.

    Attributes:
        content_hash: SHA-256 of its uncompressed content as it was landed.
        now: what became of the file since.
        replaced_by: a later load of the same name that counts in its place; None if this one counts.
    """

    load_id: str
    export: str
    file_name: str
    content_hash: str
    loaded_at: datetime
    run_id: str
    now: str
    replaced_by: str | None


@dataclass(frozen=True, slots=True)
class OriginRow:
    """A row of a file that the record was made of.

    Attributes:
        row_number: record number in the file, the header being row 1.
        row_hash: hash of the row's text as it stood in the file.
        tells: what it tells of the record: the ticket as a whole, or a change.
        is_landed: whether the landed row of that number still has that hash.
        values: the row as it was landed; only if values were asked for.
    """

    load_id: str
    file_name: str
    row_number: int
    row_hash: str
    tells: str
    is_landed: bool
    values: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Origins:
    """Where a record comes from, or why that cannot be told."""

    files: tuple[OriginFile, ...] = ()
    rows: tuple[OriginRow, ...] = ()
    unknown_because: str = ""


def find_origins(home: Home, kind: RecordKind, key: str, *, with_values: bool) -> Origins:
    """The rows that a record was made of, in the order of the files and their rows."""
    from pipelines.cli.build_records import open_build

    if not kind.staged:
        return Origins(unknown_because=f"A {kind.noun} is computed: its rows are those of the records named above.")
    if not home.warehouse.is_file():
        return Origins(unknown_because=f"There is no {home.warehouse.name} here: only what was published can be shown.")
    with open_build(home.warehouse) as connection:
        if connection is None:
            return Origins(unknown_because="A run has the build database to itself; ask again when it has ended.")
        rows = [row for table, column in kind.staged for row in _staged(connection, table.name, column, key)]
        loads = _loads(connection, sorted({row["load_id"] for row in rows}))
        files = tuple(_file(home, load) for load in loads.values())
        found = tuple(_row(connection, row, loads[row["load_id"]], with_values=with_values) for row in rows)
    return Origins(files, found)


def _staged(connection: duckdb.DuckDBPyConnection, table: str, column: str, key: str) -> list[dict[str, Any]]:
    tells = "'the record as a whole'"
    if table == _EVENTS:
        tells = (
            "concat_ws(' ', strftime(occurred_at, '%Y-%m-%d %H:%M:%S UTC'), coalesce(status, 'no change of status'))"
        )
    order = "occurred_at, load_id, row_number" if table == _EVENTS else "load_id, row_number"
    query = (
        f"SELECT CAST(load_id AS VARCHAR) AS load_id, row_number, row_hash, {tells} AS tells FROM stg.{table} "
        f"WHERE CAST({column} AS VARCHAR) = $key ORDER BY {order}"
    )
    return read_rows(connection, query, {"key": key})


def _loads(connection: duckdb.DuckDBPyConnection, load_ids: list[str]) -> dict[str, dict[str, Any]]:
    query = """
        SELECT load_id, export, raw_table, file_name, content_hash, loaded_at, run_id, superseded_by
        FROM ops.ops_loads WHERE list_contains($loads, load_id) ORDER BY export, file_name, load_id
    """
    return {row["load_id"]: row for row in read_rows(connection, query, {"loads": load_ids})}


def _file(home: Home, load: dict[str, Any]) -> OriginFile:
    return OriginFile(
        load["load_id"], load["export"], load["file_name"], load["content_hash"], load["loaded_at"], load["run_id"],
        _what_became_of(home.landing / load["export"], load["file_name"], load["content_hash"]), load["superseded_by"],
    )  # fmt: skip


def _what_became_of(folder: Path, name: str, content_hash: str) -> str:
    """Whether the file in the landing folder still is what was landed: its content is read and hashed anew."""
    from pipelines.readers.files import inspect_file
    from pipelines.readers.refusals import RefusedFile

    path = folder / name
    if not path.is_file():
        return "no longer in its landing folder"
    try:
        now = inspect_file(path, folder).content_hash
    except RefusedFile:
        return "lies there, but cannot be read any more"
    return "lies there unchanged" if now == content_hash else "has other content now"


def _row(
    connection: duckdb.DuckDBPyConnection, row: dict[str, Any], load: dict[str, Any], *, with_values: bool
) -> OriginRow:
    landed = read_rows(
        connection,
        f"SELECT * FROM raw.{quote_identifier(load['raw_table'])} WHERE _load_id = $load AND _row_number = $row",
        {"load": row["load_id"], "row": row["row_number"]},
    )
    is_landed = any(each["_row_hash"] == row["row_hash"] for each in landed)
    values = None
    if with_values and landed:
        values = {name: value for name, value in landed[0].items() if not name.startswith("_") and value is not None}
    return OriginRow(
        row["load_id"], load["file_name"], row["row_number"], row["row_hash"], row["tells"], is_landed, values
    )

"""The build database: one writer, explicit transactions, frames in and frames out.

Nobody but the pipeline opens this file; readers have the published one. All work of a run goes through one
connection, because the audit must see the rows of the transaction that it judges. Files are read by Polars, so the
connection has no access to the network, nor to the file system but for the folder in which the published file is built.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import duckdb
import polars as pl
import pyarrow as pa
from sqlalchemy import Table

from models.catalog import tables_of
from models.ddl import (
    comment_statements,
    conform_encoded,
    create_table,
    polars_schema,
    qualified_name,
    quote_identifier,
    quote_text,
    sql_type,
)
from models.enumerations import (
    columns_with_few_values,
    enumerate_texts,
    enumerations_of,
    missing_values,
    spell_out,
    widened,
)
from models.vocabulary import Layer
from pipelines.database_files import OpeningFault, holder_of, opening_fault
from pipelines.lent_frames import lend

#: What a run's own work may take: a long history must not fill the memory of the machine. What does not fit is written
#: beside the database.
_OWN_MEMORY: Final = "SET memory_limit = '1GB'"


class WarehouseBusyError(Exception):
    """Another process holds the build database."""


class WarehouseUnreadableError(Exception):
    """The build database is damaged, or a later version wrote it. The message says what to do."""


def not_opened(path: Path, error: Exception) -> Exception:
    """The error to raise where the build database cannot be opened: for people where it is known why."""
    still = "What was published before still answers."
    match opening_fault(error):
        case OpeningFault.IN_USE:
            return WarehouseBusyError(
                f"{path} is in use by another run, or another program has it open{holder_of(error)}. Wait until the "
                "run has ended (kpi status shows it), or close that program, then run again."
            )
        case OpeningFault.NEWER:
            return WarehouseUnreadableError(
                f"{path} was written by a later version of this program than this one, which cannot read it. Use that "
                f"version, or restore the file from a backup of this one's time. {still}"
            )
        case OpeningFault.DAMAGED:
            return WarehouseUnreadableError(
                f"{path} is damaged, or no DuckDB database. Restore it from a backup; or move it away and run 'kpi "
                "run', which builds it again from what lies in landing/, and knows nothing of files that were taken "
                f"away. {still}"
            )
        case OpeningFault.OTHER:
            return error


class StoppedError(Exception):
    """Somebody stopped the run. What was under way is undone; what was committed before stays."""


class Warehouse:
    """The open build database of one home. Use `open_warehouse`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self.connection = connection
        self.path = path
        self._is_stopping = False

    def stop(self) -> None:
        """Let no transaction begin or commit any more, and end the query that runs. For another thread to call."""
        self._is_stopping = True
        self.connection.interrupt()

    def refuse_if_stopped(self) -> None:
        """Raise StoppedError if somebody called `stop`."""
        if self._is_stopping:
            raise StoppedError

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside commits together, or nothing does.

        Raises:
            StoppedError: see `stop`.
        """
        self.refuse_if_stopped()
        self.connection.execute("BEGIN TRANSACTION")
        try:
            yield
            # A query that was ended may have been taken for one that failed.
            self.refuse_if_stopped()
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement for its effect."""
        self.connection.execute(statement, list(parameters))

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a small query."""
        return self.connection.execute(query, list(parameters)).fetchall()

    def frame(self, query: str, given: Mapping[str, pl.DataFrame] | None = None) -> pl.DataFrame:
        """The result of a query as a frame, with all text as text.

        Args:
            given: frames that the query may read, by the names it gives them.
        """
        return spell_out(self.encoded_frame(query, given))

    def encoded_frame(self, query: str, given: Mapping[str, pl.DataFrame] | None = None) -> pl.DataFrame:
        """The same, with enumerations of the database as categories, which take a fraction of the memory of text."""
        with ExitStack() as lent:
            for name, frame in (given or {}).items():
                lent.enter_context(lend(self.connection, name, frame))
            return self.connection.sql(query).pl()

    def lazy(self, query: str) -> pl.LazyFrame:
        """The result of a query, of which only the rows and columns that are asked for are read when they are."""
        return self.connection.sql(query).pl(lazy=True)

    def batches(self, query: str, rows: int) -> Iterator[pl.DataFrame]:
        """The result of a query in frames of so many rows. Ask nothing else of the warehouse until it is read."""
        for batch in self.connection.execute(query).to_arrow_reader(rows):
            yield pl.DataFrame(batch)

    def batches_at_once(self, query: str, rows: int) -> list[pa.RecordBatch]:
        """The whole result of a query in batches of so many rows, computed by all processors and held in memory."""
        # Not by `execute`, whose result is computed by one processor as it is fetched.
        return self.connection.sql(query).to_arrow_table(rows).to_batches()

    def read(self, table: Table, columns: Sequence[str] | None = None, *, where: str = "true") -> pl.DataFrame:
        """Rows of a declared table, with its exact types; of all its columns, or of some.

        Args:
            where: SQL condition on the rows.
        """
        return spell_out(self.read_encoded(table, columns, where=where))

    def read_encoded(self, table: Table, columns: Sequence[str] | None = None, *, where: str = "true") -> pl.DataFrame:
        """The same, with what the database has as enumerations as categories."""
        schema = polars_schema(table)
        names = list(schema) if columns is None else columns
        chosen = ", ".join(map(quote_identifier, names))
        found = self.encoded_frame(f"SELECT {chosen} FROM {qualified_name(table)} WHERE {where}")
        encoded = pl.Categorical, pl.Enum
        return found.select(
            pl.col(name) if isinstance(found.schema[name], encoded) else pl.col(name).cast(schema[name])
            for name in names
        )

    def insert(self, table_name: str, frame: pl.DataFrame, computed: Mapping[str, str] | None = None) -> None:
        """Append a frame to a table by column name. `table_name` is qualified and quoted by the caller.

        Args:
            computed: further columns, each with the SQL over the frame's columns that computes it.
        """
        if frame.is_empty():
            return
        names = ", ".join(quote_identifier(name) for name in frame.columns)
        targets = ", ".join([names, *map(quote_identifier, computed or {})])
        values = ", ".join([names, *(computed or {}).values()])
        with self.registered(frame) as source:
            self.execute(f"INSERT INTO {table_name} ({targets}) SELECT {values} FROM {source}")

    @contextmanager
    def one_thread(self) -> Iterator[None]:
        """Let the database work with one thread: for what is inserted piece by piece while something else computes.

        With more threads, an insert that keeps the order of rows is put together from small batches, and the checkpoint
        compresses most of them once more: for pieces of some 100,000 rows that takes twice the processor time and a
        file a third larger, and no less time by the clock.
        """
        self.execute("SET threads = 1")
        try:
            yield
        finally:
            self.execute("RESET threads")

    def append(self, table: Table, frame: pl.DataFrame) -> None:
        """Append a frame to a declared table; missing columns are empty.

        Texts that the table's enumerations lack are added to them, for which all its rows are written again.
        """
        frame = conform_encoded(frame, table)
        if columns_with_few_values(table) and not frame.is_empty():
            frame = self._fit(table, frame)
        self.insert(qualified_name(table), frame)

    def replace(self, table: Table, frame: pl.DataFrame) -> None:
        """Make a frame the whole content of a declared table."""
        if columns_with_few_values(table):
            frame = enumerate_texts(frame, table)
            self.create_again(table, enumerations_of(frame))
        else:
            self.execute(f"DELETE FROM {qualified_name(table)}")
        self.insert(qualified_name(table), conform_encoded(frame, table))

    def replace_rows(self, table: Table, key: str, values: pl.Series, frame: pl.DataFrame) -> None:
        """Put rows in the place of those with some values of a column; all other rows stay where they are."""
        frame = self._fit_in_place(table, conform_encoded(frame, table))
        with self.registered(values.to_frame(key)) as replaced:
            name = quote_identifier(key)
            self.execute(f"DELETE FROM {qualified_name(table)} WHERE {name} IN (SELECT {name} FROM {replaced})")
        self.insert(qualified_name(table), frame)

    def enumerations(self, table: Table) -> dict[str, list[str]]:
        """The values of every column of a declared table that is stored as an enumeration, in their order."""
        relation = self.connection.sql(f"FROM {qualified_name(table)}")
        types = zip(relation.columns, relation.types, strict=True)
        return {name: list(type_.children[0][1]) for name, type_ in types if type_.id == "enum"}

    def create_again(self, table: Table, enumerations: Mapping[str, Sequence[str]]) -> None:
        """Put an empty table in the place of one, whose enumerations hold the values that it will have.

        An enumeration takes no other values than those that it was created with: with each content it is created anew,
        whatever the table held before, and whether an older version had created it with text.

        Args:
            enumerations: the values, by column. Others are text until the first rows are appended.
        """
        self.execute(f"DROP TABLE IF EXISTS {qualified_name(table)}")
        self.execute(create_table(table, enumerations=enumerations))
        for statement in comment_statements(table):
            self.execute(statement)

    def _fit(self, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
        """A frame with the enumerations of a table, which are given the values that it lacks.

        DuckDB cannot change the type of a column to which the open transaction has appended, so the rows move out and
        back in. Callers who append piece by piece name the values that are to be expected with `create_again`.
        """
        known: Mapping[str, Sequence[str]] = self.enumerations(table)
        texts = [name for name in columns_with_few_values(table) if name in frame.columns]
        unknown = [name for name in texts if name not in known]
        # What is text in a table with rows stays so: it had too many values, or an older version wrote it.
        if unknown and not self.count(table):
            known = {**known, **dict.fromkeys(unknown, ())}
        if missing := missing_values(frame, known):
            self._widen(table, widened(known, missing))
            known = self.enumerations(table)
        return frame.with_columns(pl.col(name).cast(pl.Enum(values)) for name, values in known.items())

    def _fit_in_place(self, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
        """The same in a transaction that has not appended to the table yet: only the columns that lack values are
        written again, and no other.
        """
        known: Mapping[str, Sequence[str]] = self.enumerations(table)
        missing = missing_values(frame, known)
        wider = widened({name: known[name] for name in missing}, missing)
        for name in missing:
            column = quote_identifier(name)
            type_ = f"ENUM({', '.join(map(quote_text, wider[name]))})" if name in wider else "VARCHAR"
            self.execute(
                f"ALTER TABLE {qualified_name(table)} ALTER {column} SET DATA TYPE {type_} "
                f"USING CAST(CAST({column} AS VARCHAR) AS {type_})"
            )
        known = self.enumerations(table)
        return frame.with_columns(pl.col(name).cast(pl.Enum(values)) for name, values in known.items())

    def _widen(self, table: Table, enumerations: Mapping[str, Sequence[str]]) -> None:
        """Give a table other enumerations, which hold all that its rows have."""
        name = qualified_name(table)
        self.execute(f"CREATE OR REPLACE TEMP TABLE kept_rows AS FROM {name}")
        self.create_again(table, enumerations)
        self.execute(f"INSERT INTO {name} FROM kept_rows")
        self.execute("DROP TABLE temp.kept_rows")

    def count(self, table: Table) -> int:
        """Number of rows of a declared table."""
        return int(self.rows(f"SELECT count(*) FROM {qualified_name(table)}")[0][0])

    @contextmanager
    def beside(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A second connection, to build another database from this one. Keep out of transactions meanwhile.

        The index of a published table has to be in memory as a whole, however long the history is.
        """
        connection = self.connection.cursor()
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("RESET memory_limit")
            yield connection
        finally:
            connection.execute(_OWN_MEMORY)
            connection.close()

    @contextmanager
    def registered(self, frame: pl.DataFrame) -> Iterator[str]:
        """A frame as a table of the connection, under the name that is given."""
        name = f"frame_{uuid4().hex}"
        with lend(self.connection, name, frame):
            yield name


@contextmanager
def open_warehouse(path: Path, *, beside: Path | None = None) -> Iterator[Warehouse]:
    """Open (and if need be create) the build database for writing, with all declared tables.

    Args:
        beside: the folder in which other databases may be built from it; nothing else on the disk can be reached.

    Raises:
        WarehouseBusyError: another run has it open.
        WarehouseUnreadableError: it is damaged, or of a later DuckDB.
    """
    try:
        connection = duckdb.connect(str(path))
    except (duckdb.IOException, duckdb.SerializationException) as error:
        raise not_opened(path, error) from error
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(_OWN_MEMORY)
        connection.execute("SET preserve_insertion_order = true")
        if beside is not None:
            connection.execute(f"SET allowed_directories = [{quote_text(str(beside.resolve()))}]")
        connection.execute("SET enable_external_access = false")
        warehouse = Warehouse(connection, path)
        _create_declared_tables(warehouse)
        yield warehouse
    finally:
        connection.close()


def _create_declared_tables(warehouse: Warehouse) -> None:
    """Create what is missing, and rebuild any declared table whose columns changed: raw data and memory stay.

    Staged, core and mart tables are derived, so a changed declaration drops and rebuilds them. Tables of the `ops`
    layer are the pipeline's memory: columns that are new are added to them.
    """
    with warehouse.transaction():
        for layer in Layer:
            warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {layer.value}")
        existing = _existing_columns(warehouse)
        for layer in (Layer.STG, Layer.CORE, Layer.MART, Layer.OPS):
            for table in tables_of(layer):
                declared = [column.name for column in table.columns]
                present = existing.get((layer.value, table.name))
                if present == declared:
                    continue
                if present is not None:
                    if layer is Layer.OPS:
                        _add_columns(warehouse, table, present)
                        continue
                    warehouse.execute(f"DROP TABLE {qualified_name(table)}")
                warehouse.execute(create_table(table))
                for statement in comment_statements(table):
                    warehouse.execute(statement)


def _existing_columns(warehouse: Warehouse) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    query = """
        SELECT schema_name, table_name, column_name FROM duckdb_columns()
        WHERE NOT internal ORDER BY schema_name, table_name, column_index
    """
    for schema, table, column in warehouse.rows(query):
        found.setdefault((schema, table), []).append(column)
    return found


def _add_columns(warehouse: Warehouse, table: Table, present: list[str]) -> None:
    for column in table.columns:
        if column.name not in present:
            kind = sql_type(column, "duckdb")
            warehouse.execute(f"ALTER TABLE {qualified_name(table)} ADD COLUMN {quote_identifier(column.name)} {kind}")

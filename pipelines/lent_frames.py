"""Frames that the database reads by a name for a while.

DuckDB keeps what was registered in a transaction until it ends, also what was unregistered long before. A run lands
and stages everything in one transaction, so it would hold every file that it has read. What is registered here is a
lender instead, which gives the frame up when it is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import polars as pl
import pyarrow as pa

#: Rows that the database is given at once: those of one of its row groups, so that several threads can work on them.
_BATCH_ROWS = 122_880


class _Lender:
    """A table as a stream of Arrow, as often as it is asked for."""

    def __init__(self, table: pa.Table) -> None:
        self.table: pa.Table | None = table

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        if self.table is None:
            raise ValueError("the frame was taken back")
        return self.table.to_reader(max_chunksize=_BATCH_ROWS).__arrow_c_stream__(requested_schema)


@contextmanager
def lend(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> Iterator[None]:
    """Let queries of a connection read a frame by a name, inside."""
    lender = _Lender(frame.to_arrow())
    connection.register(name, lender)
    try:
        yield
    finally:
        connection.unregister(name)
        lender.table = None

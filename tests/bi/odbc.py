"""The few calls of ODBC that a BI tool begins with, through unixODBC's library: connect, list columns, run a query."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_NULL = -1
_HANDLE_ENVIRONMENT, _HANDLE_CONNECTION, _HANDLE_STATEMENT = 1, 2, 3
_ATTRIBUTE_VERSION, _VERSION_3, _NO_PROMPT, _NULL_TERMINATED, _AS_TEXT = 200, 3, 0, -3, 1


class OdbcError(Exception):
    """What the driver says."""


class Connection:
    """An open connection; every value comes as the driver's text of it, None where there is none."""

    def __init__(self, library: Any, handle: ctypes.c_void_p) -> None:
        self._library, self._handle = library, handle

    def columns(self, schema: str, table: str) -> list[list[str | None]]:
        """SQLColumns: what a tool shows of a table."""
        with self._statement() as statement:
            given = [None, 0, schema.encode(), _NULL_TERMINATED, table.encode(), _NULL_TERMINATED, None, 0]
            _check(self._library, self._library.SQLColumns(statement, *given), _HANDLE_STATEMENT, statement)
            return self._rows(statement)

    def query(self, text: str) -> list[list[str | None]]:
        """All rows of a query."""
        with self._statement() as statement:
            code = self._library.SQLExecDirect(statement, text.encode(), _NULL_TERMINATED)
            _check(self._library, code, _HANDLE_STATEMENT, statement)
            return self._rows(statement)

    @contextmanager
    def _statement(self) -> Iterator[ctypes.c_void_p]:
        statement = ctypes.c_void_p()
        self._library.SQLAllocHandle(_HANDLE_STATEMENT, self._handle, ctypes.byref(statement))
        try:
            yield statement
        finally:
            self._library.SQLFreeHandle(_HANDLE_STATEMENT, statement)

    def _rows(self, statement: ctypes.c_void_p) -> list[list[str | None]]:
        count = ctypes.c_short()
        self._library.SQLNumResultCols(statement, ctypes.byref(count))
        rows = []
        while self._library.SQLFetch(statement) in (0, 1):
            row: list[str | None] = []
            for column in range(1, count.value + 1):
                buffer, length = ctypes.create_string_buffer(8192), ctypes.c_ssize_t()
                code = self._library.SQLGetData(statement, column, _AS_TEXT, buffer, len(buffer), ctypes.byref(length))
                _check(self._library, code, _HANDLE_STATEMENT, statement)
                row.append(None if length.value == _NULL else buffer.value.decode())
            rows.append(row)
        return rows


@contextmanager
def connected(address: str) -> Iterator[Connection]:
    """A connection by a connection string.

    Raises:
        OSError: unixODBC is not installed.
        OdbcError: the driver could not connect.
    """
    library = ctypes.CDLL("libodbc.so.2")
    environment, connection = ctypes.c_void_p(), ctypes.c_void_p()
    library.SQLAllocHandle(_HANDLE_ENVIRONMENT, None, ctypes.byref(environment))
    library.SQLSetEnvAttr(environment, _ATTRIBUTE_VERSION, ctypes.c_void_p(_VERSION_3), 0)
    library.SQLAllocHandle(_HANDLE_CONNECTION, environment, ctypes.byref(connection))
    code = library.SQLDriverConnect(connection, None, address.encode(), _NULL_TERMINATED, None, 0, None, _NO_PROMPT)
    _check(library, code, _HANDLE_CONNECTION, connection)
    try:
        yield Connection(library, connection)
    finally:
        library.SQLDisconnect(connection)
        library.SQLFreeHandle(_HANDLE_CONNECTION, connection)
        library.SQLFreeHandle(_HANDLE_ENVIRONMENT, environment)


def _check(library: Any, code: int, kind: int, handle: ctypes.c_void_p) -> None:
    if ctypes.c_short(code).value in (0, 1):
        return
    state, message = ctypes.create_string_buffer(6), ctypes.create_string_buffer(1024)
    number, length = ctypes.c_int(), ctypes.c_short()
    library.SQLGetDiagRec(kind, handle, 1, state, ctypes.byref(number), message, len(message), ctypes.byref(length))
    raise OdbcError(message.value.decode())

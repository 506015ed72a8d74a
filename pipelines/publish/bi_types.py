"""The column types that BI tools and their drivers read without loss, and the check that a publication has no others.

128-bit integers, decimals of more than 18 digits, intervals, lists and structs are errors, empty columns or rounded
floats in one tool or another. Sums in DuckDB are 128 bits wide, so views cast them; a sum that does not fit is an error
here, at publication, and never a wrong number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import duckdb

import sql
from models.ddl import quote_identifier
from pipelines.publish.target import PublishError

#: Digits of a decimal that fits 64 bits.
MOST_DIGITS: Final = 18

_KNOWN: Final = frozenset({"VARCHAR", "BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP WITH TIME ZONE"})
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),\d+\)")


def is_bi_type(data_type: str) -> bool:
    """Whether all tools read a DuckDB type without loss."""
    decimal = _DECIMAL.fullmatch(data_type)
    return int(decimal[1]) <= MOST_DIGITS if decimal else data_type in _KNOWN


def require_bi_types(connection: duckdb.DuckDBPyConnection, views: Iterable[sql.View]) -> None:
    """Check every column of the database that is in use, and compute the views that are written by hand once.

    Views that are generated take columns of tables row by row; only the others add amounts up.

    Raises:
        PublishError: a column has a type that not every tool reads, or a value of a view does not fit its type.
    """
    columns = connection.execute(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE NOT internal AND database_name = current_database()"
    ).fetchall()
    strange = [
        f"{schema}.{table}.{column} ({type_})" for schema, table, column, type_ in columns if not is_bi_type(type_)
    ]
    if strange:
        raise PublishError(
            f"These published columns have a type that not every BI tool reads: {', '.join(strange)}. "
            "Cast them in the view that makes them; the old publication stays."
        )
    for view in views:
        if not view.is_generated:
            _compute(connection, f"{quote_identifier(view.schema)}.{quote_identifier(view.name)}")


def _compute(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    try:
        connection.execute(f"SELECT max(COLUMNS(*)) FROM {view}").fetchall()
    except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        raise PublishError(
            f"A value of {view.replace(chr(34), '')} does not fit its column: {str(error).splitlines()[0]} "
            f"Amounts have at most {MOST_DIGITS} digits, four of them decimals. Look for an amount in the exports that "
            "is too large by many orders of magnitude, such as an identifier read as money; the old publication stays."
        ) from error

"""The results of a query: as an aligned table for people, or exact as CSV, JSON or Parquet.

Exact means: decimals keep their digits, instants are ISO 8601 in UTC, nothing is cut. The one exception is a text in a
CSV that a spreadsheet would run as a formula: it gets an apostrophe before it, because exports hold what anybody may
have typed, and CSV files are opened in spreadsheets. A file is written beside its
place and renamed, so that a failing query leaves no half a file. Workbooks are in `query_workbook`.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final
from uuid import uuid4

import click

from pipelines.cli.exits import CommandError
from pipelines.cli.tables import Column, encode_value, is_terminal, show_table, write_instant
from pipelines.spreadsheet_text import without_formula

if TYPE_CHECKING:
    import duckdb

_BATCH: Final = 10_000
_LONGEST_CELL: Final = 60


def write_table(cursor: duckdb.DuckDBPyConnection, row_limit: int, *, option: str = "--rows") -> int:
    """Print an aligned table of at most `row_limit` rows (0: all), and how many there are. Returns that number.

    Args:
        option: the command's own for how many are shown.
    """
    names = column_names(cursor)
    kept: list[Sequence[Any]] = []
    count = 0
    for rows in read_batches(cursor):
        kept += rows if row_limit == 0 else rows[: max(0, row_limit - len(kept))]
        count += len(rows)
    right = [_is_number(cursor.description[index][1]) for index in range(len(names))]
    show_table(
        [Column(name, is_right=is_right, is_cut=not is_right) for name, is_right in zip(names, right, strict=True)],
        [[_shown(value) for value in row] for row in kept],
    )
    click.echo()
    noun = "row" if count == 1 else "rows"
    if count > len(kept):
        click.echo(f"{count:,} {noun}, the first {len(kept):,} shown. All of them: {option} 0, or --format csv.")
    else:
        click.echo(f"{count:,} {noun}")
    return count


def write_csv(cursor: duckdb.DuckDBPyConnection, output: Path | None, *, keep_formulas: bool = False) -> int:
    """Write the result as `write_csv_rows` does. Returns the number of rows."""
    rows = (row for batch in read_batches(cursor) for row in batch)
    return write_csv_rows(column_names(cursor), rows, output, keep_formulas=keep_formulas)


def write_csv_rows(
    names: Sequence[str], rows: Iterable[Sequence[Any]], output: Path | None, *, keep_formulas: bool = False
) -> int:
    """Write RFC 4180 CSV with a header; an empty cell is NULL. Returns the number of rows.

    Args:
        keep_formulas: whether texts that a spreadsheet would run stay as they are; see `pipelines.spreadsheet_text`.
    """
    guard = str if keep_formulas else without_formula
    count = 0
    with open_output(output) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([guard(name) for name in names])
        for row in rows:
            writer.writerow([guard(value) if isinstance(value, str) else _csv_cell(value) for value in row])
            count += 1
    return count


def write_json(cursor: duckdb.DuckDBPyConnection, output: Path | None) -> int:
    """Write a JSON array with an object per row; decimals are texts, so that none is rounded. Returns the row count."""
    names = column_names(cursor)
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise CommandError(f"Two columns are called '{repeated}', which JSON cannot hold. Rename one with AS.")
    count = 0
    with open_output(output) as file:
        file.write("[")
        for rows in read_batches(cursor):
            for row in rows:
                file.write(",\n " if count else "\n ")
                record = dict(zip(names, map(exact_value, row), strict=True))
                file.write(json.dumps(record, ensure_ascii=False, allow_nan=False))
                count += 1
        file.write("\n]\n" if count else "]\n")
    return count


def write_parquet(cursor: duckdb.DuckDBPyConnection, output: Path) -> int:
    """Write a Parquet file with the query's exact types. Returns the number of rows."""
    import pyarrow.parquet as parquet

    reader = cursor.to_arrow_reader(_BATCH)
    count = 0
    with replaced(output) as building, parquet.ParquetWriter(building, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            count += batch.num_rows
    return count


def column_names(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    """The names of the result's columns."""
    return [str(column[0]) for column in cursor.description or ()]


def exact_value(value: Any) -> Any:
    """A value as JSON can hold it without loss; see `write_json`."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(key): exact_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [exact_value(inner) for inner in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, timedelta):
        return str(value)
    return encode_value(value)


def json_text(value: Any) -> str:
    """A list or record in one cell."""
    return json.dumps(exact_value(value), ensure_ascii=False)


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        return json_text(value)
    return exact_value(value)


def _shown(value: Any) -> str:
    """A cell of the table for people: long texts are cut, fractions kept to what matters."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 100_000 else f"{value:,.2f}"
    if isinstance(value, datetime):
        return write_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    text = json_text(value) if isinstance(value, dict | list) else str(value)
    return text if len(text) <= _LONGEST_CELL or not is_terminal() else text[: _LONGEST_CELL - 1] + "…"


def _is_number(kind: object) -> bool:
    name = str(kind)
    return not name.endswith("]") and name.startswith(
        ("DECIMAL", "DOUBLE", "FLOAT", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "UBIGINT", "UINTEGER")
    )


def read_batches(cursor: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a result, some thousands at a time."""
    while rows := cursor.fetchmany(_BATCH):
        yield rows


@contextmanager
def open_output(output: Path | None) -> Iterator[IO[str]]:
    """Stdout, or a file that stands in its place only when all of it is written."""
    if output is None:
        yield sys.stdout
        return
    with replaced(output) as building, building.open("w", encoding="utf-8", newline="") as file:
        yield file


@contextmanager
def replaced(output: Path) -> Iterator[Path]:
    """A file beside the wanted one, renamed into its place when all is written."""
    if not output.parent.is_dir():
        raise CommandError(f"There is no folder '{output.parent}' to write {output.name} into.")
    building = output.with_name(f".{output.name}.{uuid4().hex[:8]}")
    try:
        yield building
        building.replace(output)
    finally:
        building.unlink(missing_ok=True)

"""All records of a published value, as a table or in a file; not while the gate holds what they come to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pipelines.cli import query_output
from pipelines.cli.exits import CommandError, ExitCode
from pipelines.explaining.cell import Cell
from pipelines.explaining.explanation import all_records_sql
from pipelines.explaining.holds import names_held, read_holds, withheld_with
from pipelines.explaining.records import Records
from pipelines.explaining.values import find_records
from pipelines.words.numbers import count_of

if TYPE_CHECKING:
    import duckdb

#: Records that are listed on a screen where nobody says how many.
_LISTED: Final = 40


def refuse_if_held(connection: duckdb.DuckDBPyConnection, cell: Cell) -> None:
    """Refuse to list records of which it may not be told what they come to.

    Raises:
        CommandError: the KPI is held, or one that is computed from the same columns.
    """
    withheld = withheld_with(cell.metric, names_held(read_holds(connection)))
    if cell.metric.name in withheld:
        told = "is held: its value is that of earlier data, and what its records contribute today may not be published."
        raise CommandError(f"{cell.metric.name} {told} 'kpi status' says why.", ExitCode.HELD)
    if withheld:
        told = f"is held, and empties the columns from which {cell.metric.name} is computed, too."
        raise CommandError(f"{withheld[0]} {told} 'kpi status' says why.", ExitCode.HELD)


def list_records(
    connection: duckdb.DuckDBPyConnection, cell: Cell, chosen: str, output: Path | None, limit: int | None
) -> None:
    """Print or write the records of a value, those that matter most first, and say how many there are.

    Args:
        chosen: `table`, `csv`, `json`, `parquet` or `xlsx`.
        limit: records at the most, 0 for all; None for 40 on the screen, and all in a file.
    """
    records = find_records(cell)
    text = all_records_sql(records, None if chosen == "table" else limit)
    cursor = connection.execute(text)
    notes: list[str] = []
    if chosen == "table":
        count = query_output.write_table(cursor, _LISTED if limit is None else limit, option="--limit")
    elif chosen == "parquet" and output is not None:
        count = query_output.write_parquet(cursor, output)
    elif chosen == "xlsx" and output is not None:
        from pipelines.cli.query_workbook import write_workbook

        count, notes = write_workbook(connection, cursor, output, None, text, {})
    elif chosen == "csv":
        count = query_output.write_csv(cursor, output)
    else:
        count = query_output.write_json(cursor, output)
    told = count_of(count, "row")
    is_cut = chosen != "table" and bool(limit) and (all_of_them := _count(connection, records)) > count
    if is_cut:
        told = f"the first {count:,} of {count_of(all_of_them, 'row')}"
    if output is not None:
        click.echo(f"Wrote {told} to {output}", err=True)
    elif is_cut:
        click.echo(f"These are {told}. All of them: --limit 0.", err=True)
    for note in notes:
        click.echo(f"  {note}", err=True)


def _count(connection: duckdb.DuckDBPyConnection, records: Records) -> int:
    found = connection.execute(f"SELECT count(*) FROM ({records.sql})").fetchone()
    assert found is not None
    return int(found[0])

"""The result of a query as an Excel workbook: its rows on one sheet, on another what was asked, of what, as of when.

How cells are written is in `pipelines.workbook_sheets`. Excel keeps 15 digits of a number, no instant to the
microsecond, no zone and no day before 1900: what it would not keep stands as a text, and is told beside the first such
cell of a column, on the second sheet and to the caller.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipelines.cli.exits import CommandError
from pipelines.cli.published import describe_reaches, publication_of
from pipelines.cli.query_output import column_names, exact_value, json_text, read_batches, replaced
from pipelines.cli.tables import write_instant
from pipelines.published.opening import search_published_file
from pipelines.published.publication import read_reaches
from pipelines.words.numbers import count_of
from pipelines.workbook_sheets import (
    LONGEST_TEXT,
    MOST_COLUMNS,
    MOST_DIGITS,
    MOST_ROWS,
    Column,
    is_kept_date,
    is_kept_number,
    open_workbook,
    write_note,
)

if TYPE_CHECKING:
    import duckdb

    from pipelines.published.publication import PublicationFacts
    from pipelines.questions import Question

_INSTANTS: Final = "Instants of UTC. Excel shows them to the millisecond."


#: Why values stand as texts, or not whole.
_DIGITS: Final = f"Excel keeps only {MOST_DIGITS} digits of a number: a sum over the column leaves such values out."
_INFINITE: Final = "Excel has no infinite numbers, and none that are undefined (nan)."
_OLD: Final = "Excel knows no day before 1900."
_CUT: Final = f"A cell holds {LONGEST_TEXT:,} characters at most: CSV has all."


@dataclass(slots=True)
class _ResultColumn:
    """A column of the result, and how many of its values stand in another way than the query gave them, by reason."""

    name: str
    type: str
    changed: dict[str, int] = field(default_factory=dict)

    def cell(self, value: Any) -> tuple[Any, str]:
        """The value for a cell, and why it is not as the query gave it; nothing if it is."""
        if value is None or isinstance(value, bool):
            return value, ""
        if isinstance(value, date):
            if is_kept_date(value):
                return value, ""
            return write_instant(value) if isinstance(value, datetime) else value.isoformat(), _OLD
        if isinstance(value, int | float | Decimal):
            if is_kept_number(value):
                return value, ""
            text = f"{value:f}" if isinstance(value, Decimal) else str(value)
            return text, _DIGITS if math.isfinite(value) else _INFINITE
        text = json_text(value) if isinstance(value, dict | list | tuple) else str(exact_value(value))
        return text, _CUT if len(text) > LONGEST_TEXT else ""

    def is_first(self, reason: str) -> bool:
        """Count a value that is not as the query gave it. True if it is the first in this column for this reason."""
        self.changed[reason] = self.changed.get(reason, 0) + 1
        return self.changed[reason] == 1

    @property
    def instants(self) -> bool:
        """Whether its values are instants."""
        return self.type == "TIMESTAMP WITH TIME ZONE"

    @property
    def notes(self) -> list[str]:
        """How many values are not as the query gave them, and why."""
        return [
            f"{count_of(count, 'text is', 'texts are')} cut. {_CUT}"
            if reason == _CUT
            else f"{count_of(count, 'value stands', 'values stand')} as text. {reason}"
            for reason, count in self.changed.items()
        ]


def write_workbook(
    connection: duckdb.DuckDBPyConnection,
    cursor: duckdb.DuckDBPyConnection,
    output: Path,
    asked: Question | None,
    text: str,
    parameters: Mapping[str, str],
) -> tuple[int, list[str]]:
    """Write the result and what it is of.

    Args:
        connection: to the published file; may be the cursor.
        cursor: with the result.
        asked: the packaged question; None for other SQL.
        text: the SQL.
        parameters: their values, by name.

    Returns:
        The number of rows, and what Excel did not keep as it is.

    Raises:
        CommandError: the result has more rows or columns than a sheet.
    """
    columns = [
        _ResultColumn(name, str(described[1]))
        for name, described in zip(column_names(cursor), cursor.description or (), strict=True)
    ]
    if len(columns) > MOST_COLUMNS:
        raise CommandError(f"A sheet has {MOST_COLUMNS:,} columns at most; write {output.stem}.csv or .parquet.")
    batches = read_batches(cursor)
    first = next(batches, [])
    # A connection has one result at a time: the publication is asked of another cursor.
    publication, until = _publication_of(connection)
    with replaced(output) as building, open_workbook(building, publication.published_at, is_streamed=True) as writer:
        formats = [writer.add_format(shown) if (shown := _format_of(column.type)) else "plain" for column in columns]
        headers = [Column(column.name, note=_INSTANTS if column.instants else "") for column in columns]
        sheet = writer.start_table("Result", headers, first)
        count = 0
        for row in _all_rows(first, batches):
            count += 1
            if count > MOST_ROWS:
                raise CommandError(
                    f"The result has more than {MOST_ROWS:,} rows, which is all that a sheet holds. "
                    f"Write {output.stem}.csv or {output.stem}.parquet, or ask for less."
                )
            for index, (column, value) in enumerate(zip(columns, row, strict=True)):
                kind = "exact instant" if isinstance(value, datetime) else formats[index]
                shown, reason = column.cell(value)
                writer.write_cell(sheet, count, index, shown, kind)
                if reason and column.is_first(reason):
                    write_note(sheet, count, index, f"{reason} The sheet About says how many there are.")
        writer.finish_table(sheet, len(columns), count)
        about = _about(publication, until, asked, text, parameters, columns, count)
        writer.write_table("About", [Column("What", "text"), Column("Value", "prose")], about)
    return count, [f"{column.name}: {note}" for column in columns for note in column.notes]


def _publication_of(connection: duckdb.DuckDBPyConnection) -> tuple[PublicationFacts, str]:
    other = connection.cursor()
    try:
        search_published_file(other)
        return publication_of(other), describe_reaches(read_reaches(other)).removeprefix("data until: ")
    finally:
        other.close()


def _all_rows(first: Sequence[tuple[Any, ...]], batches: Iterator[list[tuple[Any, ...]]]) -> Iterator[tuple[Any, ...]]:
    yield from first
    for batch in batches:
        yield from batch


def _format_of(type_: str) -> str | None:
    """How Excel shows the numbers of a DuckDB type; None for what it shows by itself."""
    if not type_.startswith("DECIMAL("):
        return None
    places = int(type_.rstrip(")").split(",")[1])
    # Two places at least as money is written, and no further zeros.
    return "#,##0" if places == 0 else f"#,##0.{'0' * min(places, 2)}{'#' * max(0, places - 2)}"


def _about(
    publication: PublicationFacts,
    until: str,
    asked: Question | None,
    text: str,
    parameters: Mapping[str, str],
    columns: Sequence[_ResultColumn],
    count: int,
) -> list[tuple[str, Any]]:
    """What was asked, of what and as of when: rows of the second sheet."""
    meanings = {parameter.name: parameter.meaning for parameter in asked.parameters} if asked else {}
    told: list[tuple[str, Any]] = []
    if asked is not None:
        told += [("question", asked.question), ("query", asked.name)]
    told += [
        (f"parameter {name}", f"{value} ({meanings[name]})" if name in meanings else value)
        for name, value in parameters.items()
    ]
    told += [
        ("rows", count),
        ("data until", until or "nothing is there"),
        ("as of", "unknown" if publication.as_of_at is None else write_instant(publication.as_of_at)),
        ("published", write_instant(publication.published_at)),
        ("publication", publication.publication_id),
        ("home", publication.home_name),
        ("reporting currency", publication.currency),
        ("reporting time zone", f"{publication.time_zone}; instants of the result are UTC"),
    ]
    told += [(f"column {column.name}", note) for column in columns for note in column.notes]
    return [*told, ("SQL", text.strip())]

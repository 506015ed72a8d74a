"""One record that is set aside, in full: why, from where, what was read of it, and what brings it back.

Values of a record can name people, so only those are shown unasked that cannot: keys, states, times and numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import click

from models.catalog import STAGED, table_named
from models.ddl import quote_identifier
from pipelines.cli.exits import CommandError
from pipelines.cli.quarantined import QuarantinedRecord, open_quarantine, read_quarantine
from pipelines.cli.tables import Column, one_line, show_heading, show_paragraph, show_table, write_instant
from pipelines.gate.affected_metrics import name_briefly
from pipelines.published.rows import read_rows
from pipelines.words.numbers import count_of, format_instant

if TYPE_CHECKING:
    import duckdb
    from sqlalchemy import Table

    from pipelines.home import Home

#: Texts of staged tables that name no person: words of closed lists, codes and keys.
_PLAIN_TEXTS: Final = frozenset(
    {"source", "export_shape", "status", "status_before", "status_category", "status_category_before"}
    | {"waiting_reason", "priority", "priority_before", "ticket_type", "currency_code", "account", "cost_centre"}
    | {"load_id", "row_hash"}
)
_HIDDEN: Final = "(hidden; --values shows it)"
_MOST_EVENTS: Final = 40


@dataclass(frozen=True)
class ValueProblem:
    """A value of the record that could not be used as the contract says."""

    file: str | None
    export: str
    row: int
    column: str
    feeds: str
    problem: str


@dataclass(frozen=True)
class Details:
    """What is known of a record that is set aside.

    Attributes:
        staged: rows of the staged table, and of its events for a ticket, by table.
        raw: rows of the files as they were landed; only if values were asked for.
        remedies: what brings it back, most likely first.
        has_values: whether the build database could be asked, which alone has more than keys.
    """

    quarantined: QuarantinedRecord
    metrics: Sequence[str]
    problems: Sequence[ValueProblem]
    remedies: Sequence[str]
    staged: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    raw: list[dict[str, Any]] = field(default_factory=list)
    has_values: bool = True


def read_details(home: Home, record: str, *, with_values: bool) -> list[Details]:
    """All that is known of the record, once for each table that has one of that key.

    Raises:
        CommandError: nothing of that key is set aside.
    """
    with open_quarantine(home) as (connection, table):
        found = read_quarantine(connection, table, record=record)
        if not found:
            raise CommandError(_why_not(connection, table, record))
        is_build = table.startswith("ops.")
        adding = _adding_exports(home)
        return [_details(connection, one, adding, is_build=is_build, with_values=with_values) for one in found]


def _adding_exports(home: Home) -> frozenset[str]:
    """Exports in which a corrected file under its old name would only add to what is wrong."""
    from data_contracts.documents import DocumentError
    from models.vocabulary import ExportShape, SameName
    from pipelines.project import load_project

    try:
        contracts = load_project(home).contracts
    except DocumentError:
        return frozenset()
    return frozenset(
        contract.id
        for contract in contracts
        if any(
            item.shape is ExportShape.EVENT_LOG and item.same_name is not SameName.REPLACES for item in contract.objects
        )
    )


def _why_not(connection: duckdb.DuckDBPyConnection, table: str, record: str) -> str:
    known = [str(row["record_id"]) for row in read_rows(connection, f"SELECT DISTINCT record_id FROM {table}")]
    near = get_close_matches(record, known, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else " 'kpi quarantine list' lists what is."
    if table.startswith("ops."):
        for staged in (staged for tables in STAGED.values() for staged in tables):
            key = _key(staged)
            query = f"SELECT 1 FROM stg.{staged.name} WHERE CAST({quote_identifier(key)} AS VARCHAR) = $record LIMIT 1"
            if len(staged.primary_key.columns) == 1 and read_rows(connection, query, {"record": record}):
                return f"'{record}' is in {staged.name} and is not set aside."
    return f"Nothing is set aside under the key '{record}'.{hint}"


def _key(table: Table) -> str:
    keys = [column.name for column in table.primary_key.columns]
    return keys[0] if keys else "ticket_id"


def _details(
    connection: duckdb.DuckDBPyConnection,
    found: QuarantinedRecord,
    adding: frozenset[str],
    *,
    is_build: bool,
    with_values: bool,
) -> Details:
    metrics = found.metrics
    if not is_build:
        return Details(found, metrics, (), _remedies(found, (), adding), has_values=False)
    problems = [
        ValueProblem(row["file_name"], row["export"], row["row_number"], row["column_name"], row["canonical_column"],
                     row["problem"])
        for row in read_rows(
            connection,
            """
            SELECT loads.file_name, problem.* FROM ops.ops_value_problems AS problem
            LEFT JOIN ops.ops_loads AS loads USING (load_id)
            WHERE problem.record_id = $record AND problem.domain = $domain
            ORDER BY load_id, row_number, column_name
            """,
            {"record": found.record, "domain": found.domain},
        )
    ]  # fmt: skip
    staged, origins = _staged(connection, found, with_values=with_values)
    raw = _raw_rows(connection, origins) if with_values else []
    return Details(found, metrics, problems, _remedies(found, problems, adding), staged, raw)


def _staged(
    connection: duckdb.DuckDBPyConnection, found: QuarantinedRecord, *, with_values: bool
) -> tuple[dict[str, list[dict[str, Any]]], list[tuple[str, int]]]:
    """Rows that were read of the record, by table, and the (load, row) of each."""
    names = [found.table, *(["stg_ticket_events"] if found.table == "stg_tickets" else [])]
    staged: dict[str, list[dict[str, Any]]] = {}
    origins: dict[tuple[str, int], None] = {}
    for name in names:
        if name not in {table.name for tables in STAGED.values() for table in tables}:
            continue
        table = table_named(name)
        order = "occurred_at, load_id, row_number" if name == "stg_ticket_events" else "load_id, row_number"
        query = f"SELECT * FROM stg.{name} WHERE {quote_identifier(_key(table))} = $record ORDER BY {order}"
        rows = read_rows(connection, query, {"record": found.record})
        origins |= {(row["load_id"], row["row_number"]): None for row in rows if row["row_number"] is not None}
        staged[name] = rows if with_values else [_without_names(row, table) for row in rows]
    return staged, list(origins)


def _without_names(row: dict[str, Any], table: Table) -> dict[str, Any]:
    """The row without texts that may name people."""
    return {
        name: value if value is None or not isinstance(value, str) or _is_plain(name, table) else _HIDDEN
        for name, value in row.items()
    }


def _is_plain(name: str, table: Table) -> bool:
    return name in _PLAIN_TEXTS or name.endswith("_id") or table.columns[name].primary_key


def _raw_rows(connection: duckdb.DuckDBPyConnection, origins: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """The rows of the files from which the record was read, as they were landed."""
    rows: list[dict[str, Any]] = []
    for load_id, row_number in origins[:_MOST_EVENTS]:
        for load in read_rows(
            connection, "SELECT raw_table FROM ops.ops_loads WHERE load_id = $load", {"load": load_id}
        ):
            query = (
                f"SELECT * FROM raw.{quote_identifier(load['raw_table'])} WHERE _load_id = $load AND _row_number = $row"
            )
            rows += read_rows(connection, query, {"load": load_id, "row": row_number})
    return rows


def _remedies(found: QuarantinedRecord, problems: Sequence[ValueProblem], adding: frozenset[str]) -> list[str]:
    """What brings the record back, most likely first."""
    remedies: list[str] = []
    for problem in problems:
        place = f"'{problem.column}' in row {problem.row} of landing/{problem.export}/{problem.file}"
        contract = f"contracts/{problem.export}.yaml"
        text = {
            "unparsable": f"Write {place} as {contract} says, or add the notation to that column there.",
            "missing": f"Fill in {place}.",
            "unmapped_status": f"Say in policies/statuses.yaml what the status in {place} means.",
        }.get(problem.problem, f"Look at {place}: {problem.problem.replace('_', ' ')}.")
        if text not in remedies:
            remedies.append(text)
    if found.file is not None:
        # An event breaks a rule in a row of its own, which the record as a whole does not know.
        is_of_events = not problems and all(reason.rule.startswith("ticket_events.") for reason in found.reasons)
        place = f"its events in landing/{found.export}/{found.file}" if is_of_events else found.place
        remedies.append(
            f"Correct {place}, and put the file in place under its old name: the next run reads it and "
            "brings the record back by itself."
        )
    if found.export in adding:
        remedies.append(
            f"The files of {found.export} add events, so that what was wrong would stay beside what is right. If each "
            "file is always delivered whole, say so in its contract, for each of its objects: "
            "{property: sameName, value: replaces}."
        )
    remedies.append("If the rule is wrong and the record is right, correct the rule in its contract.")
    return remedies


def show_details(details: Sequence[Details], *, with_values: bool) -> None:
    """Print what is known of a record."""
    for one in details:
        found = one.quarantined
        show_heading(
            one_line(found.record), f"set aside from {found.table}, since {format_instant(found.first_seen_at)}"
        )
        if found.place:
            click.echo(f"from {one_line(found.place)}")
        click.echo()
        for reason in found.reasons:
            click.echo(f"  {click.style(reason.rule, fg='yellow')}  since {format_instant(reason.first_seen_at)}")
            show_paragraph(reason.reason, indent=4)
        _show_problems(one.problems)
        _show_staged(one.staged)
        if one.raw:
            _show_raw(one.raw)
        click.echo()
        click.echo("What brings it back:")
        for remedy in one.remedies:
            show_paragraph(f"- {remedy}", indent=2)
        if one.metrics:
            click.echo()
            told = f"It is eligible and not measured in {count_of(len(one.metrics), 'KPI')}"
            show_paragraph(f"{told}: {', '.join(name_briefly(one.metrics))}.")
        if not one.has_values:
            click.echo()
            click.echo("A run is under way; what was read of the record is shown when it has ended.")
        elif not with_values:
            click.echo()
            click.echo(
                click.style("Texts that may name people are hidden; --values shows them and the raw rows.", dim=True)
            )


def _show_problems(problems: Sequence[ValueProblem]) -> None:
    if not problems:
        return
    click.echo()
    show_table(
        [Column("value that could not be used"), Column("feeds"), Column("file"), Column("row", is_right=True),
         Column("problem")],
        [(found.column, found.feeds, found.file or "", found.row, found.problem) for found in problems],
    )  # fmt: skip


def _show_staged(staged: dict[str, list[dict[str, Any]]]) -> None:
    for name, rows in staged.items():
        if not rows:
            continue
        click.echo()
        if name == "stg_ticket_events":
            show_table(
                [Column("event at"), Column("status before"), Column("status"), Column("load"),
                 Column("row", is_right=True)],
                [
                    (_shown(row["occurred_at"]), row["status_before"] or "", row["status"] or "", row["load_id"],
                     row["row_number"])
                    for row in rows[:_MOST_EVENTS]
                ],
            )  # fmt: skip
            if len(rows) > _MOST_EVENTS:
                click.echo(f"and {count_of(len(rows) - _MOST_EVENTS, 'event')} more")
            continue
        for row in rows:
            show_table([Column(name), Column("value")], [(column, _shown(value)) for column, value in row.items()])


def _show_raw(raw: Sequence[dict[str, Any]]) -> None:
    for row in raw:
        click.echo()
        told = f"row {row['_row_number']} of {row['_file']}"
        filled = [(column, value) for column, value in row.items() if value is not None and not column.startswith("_")]
        show_table([Column(told), Column("value")], [(column, _shown(value)) for column, value in filled])


def _shown(value: Any) -> str:
    from datetime import datetime

    if value is None:
        return "(empty)"
    return write_instant(value) if isinstance(value, datetime) else str(value)

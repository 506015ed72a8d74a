"""Reading what is set aside: from the build database, or while a run has that to itself, from the published file.

How it is shown is in `pipelines.cli.quarantine`; what sets a record aside is decided in the audit.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.cli.build_records import open_build
from pipelines.cli.exits import CommandError, ExitCode
from pipelines.cli.published import open_published
from pipelines.published.rows import read_rows

if TYPE_CHECKING:
    import duckdb

    from pipelines.home import Home


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that sets a record aside, what it means, and since when it does."""

    rule: str
    reason: str
    first_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """One record that is set aside, however many rules do it.

    Attributes:
        table: canonical table, as `stg_tickets`.
        record: its key.
        first_seen_at: since when; the earliest of its reasons.
        file, row: where a value of it could not be used, else where it comes from; None where no row of a file has its
            key.
        metrics: KPIs whose coverage it lowers, of those that the home has data for.
    """

    domain: str
    table: str
    record: str
    first_seen_at: datetime | None
    export: str | None
    file: str | None
    row: int | None
    reasons: tuple[Reason, ...]
    metrics: tuple[str, ...]

    @property
    def place(self) -> str:
        """File and row, as people write it."""
        if self.file is None:
            return ""
        return f"landing/{self.export}/{self.file}" + (f", row {self.row}" if self.row is not None else "")


@contextmanager
def open_quarantine(home: Home) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """The database that knows what is set aside, and the table in it.

    Raises:
        CommandError: nothing ever ran, or a run is under way and nothing is published yet.
    """
    import duckdb

    if home.warehouse.is_file():
        with open_build(home.warehouse) as connection:
            if connection is not None:
                yield connection, "ops.ops_quarantined_records"
                return
    if not home.published_file.is_file():
        busy = home.warehouse.is_file()
        what = "A run has the build database to itself, and nothing is published yet." if busy else "It has never run."
        then = "Ask again when it has ended." if busy else "'kpi run' does that."
        raise CommandError(f"{what} {then}", ExitCode.BUSY if busy else ExitCode.USAGE)
    with open_published(home) as connection:
        try:
            connection.execute("SELECT 1 FROM meta.quarantined_records LIMIT 0")
        except duckdb.CatalogException as error:
            what = "The published file is of an older version and does not say what is set aside; 'kpi run' renews it."
            raise CommandError(what) from error
        yield connection, "meta.quarantined_records"


def read_quarantine(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    *,
    domain: str | None = None,
    rules: Sequence[str] = (),
    record: str | None = None,
) -> list[QuarantinedRecord]:
    """The records that are set aside, each once, those longest aside first.

    Args:
        domain, rules, record: only these; a rule may be a pattern such as `tickets.*`. A record keeps all its reasons.
    """
    found = read_rows(
        connection,
        f"""
        WITH wanted AS (
            SELECT DISTINCT domain, table_name, record_id FROM {table}
            WHERE ($domain IS NULL OR domain = $domain) AND ($record IS NULL OR record_id = $record)
              AND (len($rules) = 0 OR len(list_filter($rules, lambda pattern: rule_id GLOB pattern)) > 0)
        )
        SELECT domain, table_name, record_id, rule_id, reason, first_seen_at, export, file_name, row_number
        FROM {table} SEMI JOIN wanted USING (domain, table_name, record_id)
        ORDER BY min(first_seen_at) OVER (PARTITION BY domain, table_name, record_id) NULLS FIRST,
            domain, table_name, record_id, rule_id
        """,
        {"domain": domain, "record": record, "rules": list(rules)},
    )
    records: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in found:
        records.setdefault((row["domain"], row["table_name"], row["record_id"]), []).append(row)
    judged = {row["domain"] for row in read_rows(connection, f"SELECT DISTINCT domain FROM {_verdicts(table)}")}
    metrics = {name: _metrics_losing(name, judged) for name in {table_name for _, table_name, _ in records}}
    return [_record(rows, metrics[table_name]) for (_, table_name, _), rows in records.items()]


def _verdicts(table: str) -> str:
    """Where the same database says which domains were judged: those of which there are data."""
    return "ops.ops_verdicts" if table.startswith("ops.") else "meta.verdicts"


def _metrics_losing(table_name: str, domains: Container[str]) -> tuple[str, ...]:
    """KPIs that count records of a staged table, as far as the domains that they need are there."""
    from metrics.registry import metric_named
    from pipelines.gate.affected_metrics import metrics_counting

    counting = map(metric_named, metrics_counting(table_name))
    return tuple(metric.name for metric in counting if all(domain.value in domains for domain in metric.requires))


def tell_unreadable(connection: duckdb.DuckDBPyConnection, record: QuarantinedRecord) -> QuarantinedRecord:
    """The record, with the values of its own that cannot be read in the place of what its rules say of all records."""
    from pipelines.broken_rules.explaining import explain_record

    reasons = []
    for reason in record.reasons:
        told = explain_record(connection, record.domain, reason.rule, record.record)
        reasons.append(replace(reason, reason=told) if told else reason)
    return replace(record, reasons=tuple(reasons))


def _record(rows: Sequence[dict[str, Any]], metrics: tuple[str, ...]) -> QuarantinedRecord:
    first = rows[0]
    instants = [row["first_seen_at"] for row in rows if row["first_seen_at"] is not None]
    return QuarantinedRecord(
        domain=first["domain"],
        table=first["table_name"],
        record=first["record_id"],
        first_seen_at=min(instants, default=None),
        export=first["export"],
        file=first["file_name"],
        row=first["row_number"],
        reasons=tuple(Reason(row["rule_id"], row["reason"], row["first_seen_at"]) for row in rows),
        metrics=metrics,
    )

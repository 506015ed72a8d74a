"""Reading the pipeline's own memory in the build database: runs, loads, refusals, audits and quarantine.

A run has that file to itself, so it is opened only for the moment it takes to read a few rows, and a run that is
under way is reported as such, not waited for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pipelines.landing.reading_notes import is_copy_note, is_drift_note, is_name_note
from pipelines.notices.restatements import (
    Restatement,
    read_latest_restatements,
    read_reopened,
    read_restatements,
)
from pipelines.notices.set_aside import read_newly_set_aside
from pipelines.notices.unallocated_costs import UnallocatedCosts, read_unallocated
from pipelines.notices.unknown_names import KNOWN_NAMES, Names, read_names
from pipelines.notices.unmapped_statuses import UNMAPPED_STATUSES, UnmappedStatus, read_unmapped

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of the pipeline."""

    run_id: str
    started_at: datetime
    ended_at: datetime | None
    state: str
    message: str | None


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """What is ingested of one export."""

    export: str
    file_count: int
    row_count: int
    last_loaded_at: datetime


@dataclass(frozen=True, slots=True)
class RefusalRecord:
    """A file that lies in its landing folder and was not ingested, why, and what to do."""

    export: str
    file_name: str
    code: str
    message: str
    refused_at: datetime

    @property
    def place(self) -> str:
        """Where it lies: in the folder of an export, or outside of all."""
        is_in_folder = self.export != self.file_name
        return f"landing/{self.export}/{self.file_name}" if is_in_folder else f"landing/{self.file_name}"


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """The outcome of a contract rule in the latest audit of its domain."""

    domain: str
    rule_id: str
    contract_id: str
    action: str
    state: str
    evaluated_count: int
    failed_count: int
    message: str
    sample_keys: tuple[str, ...]
    protects: tuple[str, ...]
    tier: str
    query: str | None
    counted: str = "row"
    failed_record_count: int | None = None
    record_count: int | None = None
    quarantine_limit_ratio: float | None = None

    @property
    def set_aside_ratio(self) -> float:
        """Share of the records that broke the rule; of what was counted where that names no records."""
        if self.failed_record_count is not None and self.record_count:
            return self.failed_record_count / self.record_count
        return self.failed_count / self.evaluated_count if self.evaluated_count else 0.0

    @property
    def is_broken(self) -> bool:
        """Whether the rule failed, or could not be evaluated."""
        return self.state in ("failed", "errored")


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """Whether a domain's data may be published."""

    domain: str
    verdict: str
    summary: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class QuarantineRecord:
    """How many records a rule has set aside."""

    domain: str
    rule_id: str
    reason: str
    record_count: int


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A KPI that keeps its last good values, and the rules that hold it."""

    metric: str
    held_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuildRecords:
    """Everything that commands show of the build database."""

    runs: tuple[RunRecord, ...]
    exports: tuple[ExportRecord, ...]
    refusals: tuple[RefusalRecord, ...]
    rules: tuple[RuleRecord, ...]
    verdicts: tuple[VerdictRecord, ...]
    quarantine: tuple[QuarantineRecord, ...]
    unmapped_statuses: tuple[UnmappedStatus, ...] = ()
    known_names: Names = field(default_factory=dict)
    unallocated: UnallocatedCosts = field(default_factory=UnallocatedCosts)
    quarantined_count: int = 0
    drift_notes: tuple[tuple[str, str], ...] = ()
    held_metrics: tuple[HeldRecord, ...] = ()
    published_metric_count: int = 0
    copy_notes: tuple[tuple[str, str], ...] = ()
    shared_tickets: tuple[tuple[Any, ...], ...] = ()
    name_notes: tuple[tuple[str, str], ...] = ()
    newly_set_aside: tuple[tuple[Any, ...], ...] = ()
    restatements: tuple[Restatement, ...] = ()
    latest_restatements: tuple[Restatement, ...] = ()
    reopened: tuple[tuple[str, str, date], ...] = ()

    @property
    def held_domains(self) -> tuple[str, ...]:
        """Domains that the gate holds."""
        return tuple(verdict.domain for verdict in self.verdicts if verdict.verdict == "hold")


@contextmanager
def open_build(path: Path) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The build database of a home, to read from for a moment; None while a run has the file to itself.

    Raises:
        WarehouseUnreadableError: it is damaged, or of a later DuckDB.
    """
    import duckdb

    from pipelines.database_files import OpeningFault, opening_fault

    try:
        connection = duckdb.connect(str(path), read_only=True)
    except (duckdb.IOException, duckdb.SerializationException) as error:
        if opening_fault(error) is not OpeningFault.IN_USE:
            from pipelines.warehouse import not_opened  # takes long to import

            raise not_opened(path, error) from error
        yield None
        return
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_external_access = false")
        yield connection
    finally:
        connection.close()


def read_build_records(path: Path, time_zone: str = "UTC") -> BuildRecords | None:
    """The records of a build database; none if it does not exist yet.

    Args:
        time_zone: the reporting time zone of the home.

    Returns:
        None while a run has the file to itself.
    """
    import duckdb

    if not path.is_file():
        return BuildRecords((), (), (), (), (), ())
    try:
        with open_build(path) as connection:
            return None if connection is None else _read(connection, time_zone)
    except duckdb.CatalogException:
        # A run that was killed before its very first commit leaves a file without tables.
        return BuildRecords((), (), (), (), (), ())


def _read(connection: duckdb.DuckDBPyConnection, time_zone: str) -> BuildRecords:
    last_notes = [(place, note) for place, notes in _rows(connection, _NOTES) for note in json.loads(notes or "[]")]
    return BuildRecords(
        tuple(_run_record(row) for row in _rows(connection, _RUNS)),
        tuple(ExportRecord(*row) for row in _rows(connection, _EXPORTS)),
        tuple(RefusalRecord(*row) for row in _rows(connection, _REFUSALS)),
        tuple(_rule_record(row) for row in _rows(connection, _rules_query(connection))),
        tuple(VerdictRecord(*row) for row in _rows(connection, _VERDICTS)),
        tuple(QuarantineRecord(*row) for row in _rows(connection, _QUARANTINE)),
        read_unmapped(_rows(connection, UNMAPPED_STATUSES)),
        read_names(row for query in KNOWN_NAMES.values() for row in _rows(connection, query)),
        read_unallocated(connection, time_zone),
        _rows(connection, _QUARANTINED_COUNT)[0][0],
        tuple((place, note) for place, note in last_notes if is_drift_note(note)),
        tuple(HeldRecord(metric, tuple(json.loads(rules or "[]"))) for metric, rules in _rows(connection, _HELD)),
        _rows(connection, _PUBLISHED_COUNT)[0][0],
        tuple(
            dict.fromkeys(
                (place, note)
                for place, notes in _rows(connection, _ALL_NOTES)
                for note in json.loads(notes)
                if is_copy_note(note)
            )
        ),
        tuple(_rows(connection, _SHARED_TICKETS)) if _has_table(connection, "ops_shared_tickets") else (),
        tuple((place, note) for place, note in last_notes if is_name_note(note)),
        read_newly_set_aside(connection),
        read_restatements(connection),
        read_latest_restatements(connection),
        read_reopened(connection),
    )


_RUNS = "SELECT run_id, started_at, ended_at, state, message FROM ops.ops_runs ORDER BY started_at DESC LIMIT 10"
_EXPORTS = """
    SELECT export, count(DISTINCT file_name), CAST(sum(row_count) AS BIGINT), max(loaded_at)
    FROM ops.ops_loads WHERE superseded_by IS NULL GROUP BY export ORDER BY export
"""
_REFUSALS = """
    SELECT export, file_name, code, message, refused_at FROM ops.ops_refusals ORDER BY export, file_name
"""
_RULES = """
    SELECT domain, rule_id, contract_id, action, state, evaluated_count, failed_count, message, tier,
        failing_rows_query, sample_keys, protects, {later}
    FROM ops.ops_rule_results ORDER BY domain, rule_id
"""
#: Columns that homes lack which were run last before there were any, and what holds there.
_LATER_COLUMNS = {
    "counted": "'row'",
    "failed_record_count": "NULL",
    "record_count": "NULL",
    "quarantine_limit_ratio": "NULL",
}
_VERDICTS = "SELECT domain, verdict, summary, decided_at FROM ops.ops_verdicts WHERE is_current ORDER BY domain"
_HELD = "SELECT metric, held_by FROM ops.ops_metric_states WHERE is_held ORDER BY metric"
_PUBLISHED_COUNT = "SELECT count(*) FROM ops.ops_metric_states WHERE NOT is_held AND fresh_as_of_at IS NOT NULL"
_QUARANTINE = """
    SELECT domain, rule_id, any_value(reason), count(*)
    FROM ops.ops_quarantined_records GROUP BY domain, rule_id ORDER BY domain, rule_id
"""


#: Notes on the files that the last run read.
_NOTES = """
    SELECT 'landing/' || export || '/' || file_name, notes FROM ops.ops_loads
    WHERE superseded_by IS NULL AND run_id = (SELECT run_id FROM ops.ops_runs ORDER BY started_at DESC LIMIT 1)
    ORDER BY export, file_name
"""
#: Notes on all files that count.
_ALL_NOTES = """
    SELECT 'landing/' || export || '/' || file_name, notes FROM ops.ops_loads
    WHERE superseded_by IS NULL AND notes <> '[]' ORDER BY export, file_name
"""
#: As `pipelines.staging.shared_tickets` takes them, which takes long to import.
_SHARED_TICKETS = """
    SELECT source, export, other_export, ticket_count, differing_count, example_ticket_id
    FROM ops.ops_shared_tickets ORDER BY ALL
"""
#: Each record once, however many rules set it aside.
_QUARANTINED_COUNT = (
    "SELECT count(*) FROM (SELECT DISTINCT domain, table_name, record_id FROM ops.ops_quarantined_records)"
)


def _has_table(connection: Any, name: str) -> bool:
    """Whether a home has it: those that were run last before there was any do not."""
    return bool(_rows(connection, f"SELECT 1 FROM duckdb_tables() WHERE schema_name = 'ops' AND table_name = '{name}'"))


def _rules_query(connection: Any) -> str:
    columns = _rows(connection, "SELECT column_name FROM duckdb_columns() WHERE table_name = 'ops_rule_results'")
    present = {name for (name,) in columns}
    later = [f"coalesce({name}, {nothing})" if name in present else nothing for name, nothing in _LATER_COLUMNS.items()]
    return _RULES.format(later=", ".join(later))


def _rows(connection: Any, query: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = connection.execute(query).fetchall()
    return found


def _run_record(row: tuple[Any, ...]) -> RunRecord:
    """A run. One that is written down as running does not run any more: nobody could read the file meanwhile."""
    run = RunRecord(*row)
    if run.state != "running":
        return run
    return replace(run, state="interrupted", message="it was killed, or the machine stopped")


def _rule_record(row: tuple[Any, ...]) -> RuleRecord:
    facts, (tier, query, sample_keys, protects), counts = row[:8], row[8:12], row[12:]
    lists = (tuple(json.loads(listed or "[]")) for listed in (sample_keys, protects))
    return RuleRecord(*facts, *lists, tier, query, *counts)

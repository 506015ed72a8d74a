"""Everything that is told of one published value: how sure it is, what it is made of, and whether that is true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from metrics.kinds import UnitCost
from models.ddl import quote_text
from pipelines.explaining.arithmetic import Arithmetic
from pipelines.explaining.audit import Comparison, compare
from pipelines.explaining.cell import Cell
from pipelines.explaining.holds import names_held, read_holds, withheld_with
from pipelines.explaining.notes import note_leaning, notes_of, told_of
from pipelines.explaining.records import IS_MEASURED, NOT_KNOWN, WHY_NOT, Records
from pipelines.explaining.values import compute_value, find_records
from pipelines.published.rows import read_rows
from pipelines.words.certainty import Told

if TYPE_CHECKING:
    import duckdb

#: Unmeasured records that are shown of each reason at the most.
_MOST_OF_A_REASON: Final = 5


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Records that count and could not be measured, for one reason: how many, and the keys of some."""

    reason: str
    record_count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a published value.

    Attributes:
        notes: what people must know beside the number, one sentence each.
        withheld_with: held KPIs because of which it is not told what the records come to: this one, whose records moved
            on, or those with which it shares columns; empty where that is told.
        arithmetic: how it comes out of its records; None while these are withheld.
        comparisons: every published number beside the same computed anew.
        matters: the records that matter most, as `records.order` has them.
        unmeasured: those that count and are not measured, by reason.
        restated: what was told of the period before, latest first.
        told: of which days of the period data tell.
    """

    cell: Cell
    records: Records
    notes: tuple[str, ...]
    withheld_with: tuple[str, ...]
    arithmetic: Arithmetic | None
    comparisons: tuple[Comparison, ...]
    matters: tuple[dict[str, Any], ...]
    unmeasured: tuple[Unmeasured, ...]
    restated: tuple[dict[str, Any], ...]
    told: Told

    @property
    def disagreements(self) -> tuple[Comparison, ...]:
        """Published numbers that the records do not give."""
        return tuple(each for each in self.comparisons if not each.agrees)

    @property
    def is_true(self) -> bool:
        """Whether nothing was found that does not agree."""
        return not self.disagreements and not (self.arithmetic and self.arithmetic.doubts)


def explain(connection: duckdb.DuckDBPyConnection, cell: Cell, limit: int) -> Explanation:
    """Explain one published value.

    Args:
        connection: to a published file.
        limit: records that matter most, at the most; 0 for all.
    """
    records = find_records(cell)
    restated = _restated(connection, cell)
    notes, told = notes_of(connection, cell), told_of(connection, cell)
    withheld = withheld_with(cell.metric, names_held(read_holds(connection)))
    if withheld:
        return Explanation(cell, records, notes, withheld, None, (), (), (), restated, told)
    arithmetic = compute_value(connection, cell, records)
    matters = read_rows(
        connection, f"SELECT * FROM ({records.sql}) WHERE {IS_MEASURED} ORDER BY {records.order}{_some(limit)}"
    )
    return Explanation(
        cell=cell,
        records=records,
        notes=(*notes, *note_leaning(connection, cell, records)),
        withheld_with=(),
        arithmetic=arithmetic,
        comparisons=compare(cell.published, arithmetic.numbers),
        matters=tuple(matters),
        unmeasured=_unmeasured(connection, cell, records),
        restated=restated,
        told=told,
    )


def all_records_sql(records: Records, limit: int | None = None) -> str:
    """The query of all records in the order in which they matter, those that are not measured at the end."""
    return f"SELECT * FROM (\n{records.sql}\n) AS records\nORDER BY {IS_MEASURED} DESC, {records.order}{_some(limit)}"


def _some(limit: int | None) -> str:
    return f"\nLIMIT {limit}" if limit else ""


def _unmeasured(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records) -> tuple[Unmeasured, ...]:
    key = records.keys[0]
    found = read_rows(
        connection,
        f"SELECT coalesce({WHY_NOT}, {quote_text(NOT_KNOWN)}) AS reason, count(*) AS record_count, "
        f"list(CAST({key} AS VARCHAR) ORDER BY {key})[:{_MOST_OF_A_REASON}] AS examples "
        f"FROM ({records.sql}) WHERE NOT {IS_MEASURED} GROUP BY ALL ORDER BY record_count DESC, reason",
    )
    reasons = [Unmeasured(row["reason"], row["record_count"], tuple(row["examples"])) for row in found]
    if isinstance(cell.metric.kind, UnitCost):
        reasons += _transactions_aside(connection, cell)
    return tuple(reasons)


def _transactions_aside(connection: duckdb.DuckDBPyConnection, cell: Cell) -> Sequence[Unmeasured]:
    """Transactions that were set aside; which they are depends on what the policy counts, and is not published."""
    first, last = cell.days
    count = read_rows(
        connection,
        "SELECT coalesce(sum(set_aside_count), 0) AS count FROM core.fct_transactions "
        f"WHERE completed_date BETWEEN {first} AND {last} AND {cell.of_member()}",
    )[0]["count"]
    return [Unmeasured("transactions that a rule set aside", int(count), ())] if count else []


def _restated(connection: duckdb.DuckDBPyConnection, cell: Cell) -> tuple[dict[str, Any], ...]:
    """What was told of the period before; only values over everything are remembered."""
    if not cell.is_whole:
        return ()
    rows = read_rows(
        connection,
        """
        SELECT restated_at, value_before, value_now, currency_code, eligible_before_count, eligible_now_count, reason,
            files_came, files_replaced, files_went, rules_changed
        FROM meta.restated_values
        WHERE metric = $metric AND period_grain = $grain AND period_start_date = $start
        ORDER BY restated_at DESC
        """,
        {"metric": cell.metric.name, "grain": cell.period.grain.value, "start": cell.period.start},
    )
    return tuple(rows)

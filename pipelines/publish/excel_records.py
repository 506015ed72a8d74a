"""Sheets of the workbook that tell of more than KPIs: promises at risk, vendors, what to recover, what is held.

Rows are those of published views and packaged questions. Sheets of KPIs are in `pipelines.publish.excel_kpis`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb

from models.headings import heading_of
from pipelines.questions import packaged_questions
from pipelines.workbook_sheets import Column, SheetWriter

#: Rows of a sheet at most: a workbook is to be read.
MOST_RECORDS: Final = 5_000

_AT_RISK: Final = """
    SELECT ticket_id, target, sla_policy, state, team, priority, service, vendor, due_at, remaining_hours,
           remaining_lower_hours, remaining_upper_hours, used_ratio, target_hours, started_at, is_quarantined
    FROM mart.sla_at_risk
    ORDER BY state = 'paused', due_at, coalesce(remaining_lower_hours, remaining_hours) NULLS LAST, ticket_id,
             sla_policy, cycle_number
"""
#: What there is to recover in the months that the question counts, case by case.
_RECOVERABLES: Final = """
    SELECT recovery_date, vendor, recoverable_kind, amount_reporting, at_least_reporting, at_most_reporting,
           invoice_id, service_credit_id, vendor_contract_id, is_quarantined
    FROM mart.vendor_recoverable_facts
    WHERE recovery_date BETWEEN $first AND $last AND amount_reporting IS DISTINCT FROM 0
    ORDER BY amount_reporting DESC NULLS LAST, vendor, recovery_date, vendor_recoverable_id
"""
_TIME_ZONE: Final = "SELECT reporting_time_zone, reporting_currency_code FROM meta.run"

_MEANINGS: Final = """
    SELECT column_name, comment FROM duckdb_columns()
    WHERE schema_name = $schema AND table_name = $name AND comment IS NOT NULL
"""
#: Columns that only a question has.
_COMPUTED: Final = {
    "part_score_ratio": "Score of the part's value on its scale, 0 to 1; empty without a value",
    "points": "What the part brings to the total: its score times its share of the whole",
    "first_month_date": "First month that has something to recover",
    "last_month_date": "Last month that has something to recover",
    "counted_from_date": "First day of the months that count",
    "counted_to_date": "Last day of the months that count",
    "reason": "What is wrong, and what to do",
    "held_metrics": "KPIs that keep their last good values until it is put right",
}

_KINDS: Final = (
    ("_reporting", "money"), ("_original", "money"), ("_ratio", "ratio"), ("_hours", "hours"), ("_count", "count"),
    ("_date", "date"), ("_at", "instant"), ("reason", "prose"), ("reasons", "prose"), ("message", "prose"),
    ("held_metrics", "prose"), ("value", "number"), ("points", "number"), ("_bound", "ratio"),
)  # fmt: skip
#: Columns whose values are words of a closed set, written with underscores.
_WORDS: Final = ("state", "target", "_kind", "_state", "part")


@dataclass(frozen=True, slots=True)
class _Answer:
    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def column(self, name: str) -> list[Any]:
        """The values of one column."""
        return [row[self.names.index(name)] for row in self.rows]


def write_records(sheets: SheetWriter, built: duckdb.DuckDBPyConnection) -> None:
    """All of these sheets."""
    zone, currency = built.execute(_TIME_ZONE).fetchall()[0]
    writer = _Records(sheets, built, ZoneInfo(zone), currency)
    writer.write("SLA at risk", writer.ask(_AT_RISK), "No clock runs or is paused.", ("mart.sla_at_risk",))
    scores = writer.ask_question("vendor_scorecard")
    scored_in = ("mart.vendor_scorecards", "mart.vendor_scorecard_parts")
    writer.write("Vendor scorecard", scores, "No closed month is scored.", scored_in)
    money, nothing = writer.ask_question("money_to_recover"), "Nothing is known to be recovered."
    writer.write("Money to recover", money, nothing, ("mart.vendor_money_to_recover",))
    writer.write("What to recover", writer.recoverables(money), nothing, ("mart.vendor_recoverable_facts",))
    held = writer.ask_question("held_metrics_and_rules")
    writer.write("Held", held, "Nothing is held.", ("meta.rule_results", "meta.verdicts"))


class _Records:
    def __init__(self, sheets: SheetWriter, built: duckdb.DuckDBPyConnection, zone: ZoneInfo, currency: str) -> None:
        self._sheets, self._built, self._zone, self._currency = sheets, built, zone, currency

    def ask(self, query: str, parameters: Mapping[str, Any] | None = None) -> _Answer:
        cursor = self._built.execute(query, parameters or None)
        names = tuple(str(described[0]) for described in cursor.description or ())
        return _Answer(names, tuple(cursor.fetchall()))

    def ask_question(self, name: str) -> _Answer:
        """The answer to a packaged question with its defaults."""
        question = packaged_questions()[name]
        return self.ask(question.text, {parameter.name: parameter.default for parameter in question.parameters})

    def recoverables(self, money: _Answer) -> _Answer:
        """What the sums of the question are made of."""
        first, last = money.column("counted_from_date"), money.column("counted_to_date")
        return self.ask(_RECOVERABLES, {"first": min(first, default=None), "last": max(last, default=None)})

    def meanings(self, relations: Sequence[str]) -> dict[str, str]:
        """What is declared of the columns of some relations, `schema.name`; the first that has a column tells it."""
        found: dict[str, str] = {}
        for relation in relations:
            schema, _, name = relation.partition(".")
            told = self._built.execute(_MEANINGS, {"schema": schema, "name": name}).fetchall()
            found = {**dict(told), **found}
        return {**found, **_COMPUTED}

    def write(self, name: str, answer: _Answer, nothing: str, relations: Sequence[str]) -> None:
        """A sheet with headings in words, instants in the reporting time zone.

        Args:
            relations: what the columns are declared in.
        """
        meanings = self.meanings(relations)
        heads = [heading_of(each, currency=self._currency, zone=self._zone.key) for each in answer.names]
        columns = [
            Column(head, _kind_of(each), meanings[each] + _told_in_sql(each))
            for head, each in zip(heads, answer.names, strict=True)
        ]
        more = len(answer.rows) - MOST_RECORDS
        if more > 0:
            told = f"The first {MOST_RECORDS:,} of {len(answer.rows):,}; 'kpi query' gives all. {columns[0].note}"
            columns[0] = Column(columns[0].title, columns[0].format, told)
        rows = [self._told(answer.names, row) for row in answer.rows[:MOST_RECORDS]]
        self._sheets.write_table(name, columns, rows, nothing=nothing)

    def _told(self, names: Sequence[str], row: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(self._value(name, value) for name, value in zip(names, row, strict=True))

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(self._zone).replace(tzinfo=None)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str) and name.endswith(_WORDS):
            return value.replace("_", " ")
        return value


def _told_in_sql(name: str) -> str:
    return f" (in SQL: {name})"


def _kind_of(name: str) -> str:
    return next((kind for end, kind in _KINDS if name.endswith(end)), "text")

"""The memory of values of closed periods that a run tells otherwise than those before it, and why it does.

Which values they are is for `metrics.measuring.restatements`; which files counted then and count now, for
`pipelines.kpis.counted_loads`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import polars as pl

from metrics.measuring.restatements import COMPARED, GRAINS, TOLD, closed_values, find_reopened, find_restatements
from metrics.registry import METRICS, metric_named, required_domains
from metrics.spec import Unit
from models.ddl import conform, quote_text
from models.marts import metric_values
from models.ops import ops_metric_states
from models.restatements import ops_reopened_values, ops_restatements
from models.vocabulary import Dimension, Domain, RestatementReason
from pipelines.kpis.blamed_files import MOST_FILES, Days, name_files, read_days
from pipelines.kpis.counted_loads import (
    FileChange,
    compare_counted_loads,
    remember_counted_loads,
    take_over_earlier_memory,
)
from pipelines.session import Session
from pipelines.words.numbers import list_some

_OF_FILES: Final = (
    RestatementReason.FILES_CAME,
    RestatementReason.FILES_REPLACED,
    RestatementReason.FILES_WENT,
)


def store_restatements(
    session: Session, values: pl.DataFrame, *, held: Collection[str], reaches: Mapping[str, date]
) -> None:
    """Remember what was told of closed periods and is told otherwise now, and for what the next run has to know it.

    Call in the transaction that replaces the values and their states, before they are replaced.

    Args:
        values: rows of `metric_values` that take the place of those there are.
        held: metrics that keep the values they have.
        reaches: see `metrics.measuring.restatements.find_restatements`.
    """
    take_over_earlier_memory(session)
    _take_over_earlier_words(session)
    remembered = session.warehouse.read(ops_reopened_values).select(*TOLD, "measured_run_id", "reopened_at")
    told = pl.concat([_told_last(session), remembered], how="diagonal")
    # Of a metric that has another name in this version nothing is told.
    measured = [metric.name for metric in METRICS if metric.name not in held]
    told = told.filter(pl.col("metric").is_in(measured))
    _store_restated(session, find_restatements(told, values, reaches))
    reopened = find_reopened(told, values, reaches)
    # A month that somebody closed by choosing as of when to measure is open as ever.
    chosen = {run_id for (run_id,) in session.warehouse.rows("SELECT run_id FROM ops.ops_runs WHERE as_of_at NOTNULL")}
    now = None if session.as_of_option is not None else datetime.now(UTC)
    reopened = reopened.with_columns(pl.col("reopened_at").fill_null(pl.lit(now, remembered.schema["reopened_at"])))
    kept = [
        remembered.filter(pl.col("metric").is_in(held)),
        reopened.filter(~pl.col("measured_run_id").is_in(chosen)),
    ]
    session.warehouse.replace(ops_reopened_values, conform(pl.concat(kept), ops_reopened_values))
    remember_counted_loads(session)


def _told_last(session: Session) -> pl.DataFrame:
    """What is told of closed periods until now, with the run that measured it."""
    grains = ", ".join(map(quote_text, GRAINS))
    of_everything = f"dimension = {quote_text(Dimension.OVERALL.value)} AND period_grain IN ({grains})"
    values = closed_values(session.warehouse.read(metric_values, COMPARED, where=of_everything))
    states = session.warehouse.read(ops_metric_states, ("metric", "measured_run_id"))
    return values.join(states, on="metric", how="left").with_columns(pl.col("measured_run_id").fill_null(""))


def _store_restated(session: Session, found: pl.DataFrame) -> None:
    now = datetime.now(UTC)
    currency = session.project.home.settings.reporting.currency
    since: dict[str, _Since] = {}
    told = []
    for row in found.iter_rows(named=True):
        run_id = row.pop("measured_run_id")
        del row["reopened_at"]
        if run_id not in since:
            since[run_id] = _Since(session, run_id)
        if not since[run_id].is_comparable(row):
            continue
        told.append(
            {
                **{name: value for name, value in row.items() if name != "is_redefined"},
                **since[run_id].explain(row),
                "currency_code": currency if row["unit"] == Unit.REPORTING.value else None,
                "run_id": session.run_id,
                "restated_at": now,
            }
        )
    if told:
        session.warehouse.append(ops_restatements, pl.DataFrame(told, infer_schema_length=None))


def _take_over_earlier_words(session: Session) -> None:
    """Of restatements that a version told which knew only files that came: their files, where they are named now."""
    has_files = session.warehouse.rows(
        """
        SELECT 1 FROM duckdb_columns()
        WHERE schema_name = 'ops' AND table_name = 'ops_restatements' AND column_name = 'files'
        """
    )
    if has_files:
        session.warehouse.execute(
            """
            UPDATE ops.ops_restatements SET files_came = files, files = NULL,
                reason = regexp_replace(reason, '(^|, )files(,|$)', '\\1files_came\\2')
            WHERE files IS NOT NULL
            """
        )


class _Since:
    """What is other than when a run measured values."""

    def __init__(self, session: Session, run_id: str) -> None:
        self._policies = session.project.policies
        found = session.warehouse.rows(
            "SELECT as_of_at, code_hash, rules_hash, rules_files, reporting_currency_code FROM ops.ops_runs "
            "WHERE run_id = ?",
            [run_id],
        )
        as_of, code_hash, rules_hash, rules_files, currency = found[0] if found else (None,) * 5
        self._is_as_of = as_of is not None or session.as_of_option is not None
        self._is_other_program = code_hash != session.code_hash
        # A run of an earlier version of this program did not tell.
        self._changed_rules = self._name_changed(session, json.loads(rules_files)) if rules_files else None
        self._are_other_rules = (
            rules_hash not in (None, session.rules_hash) if self._changed_rules is None else bool(self._changed_rules)
        )
        self._is_other_currency = currency not in (None, session.project.home.settings.reporting.currency)
        self._changes = compare_counted_loads(session, run_id)
        self._days = read_days(session, {load_id for file in self._changes.files for load_id in file.load_ids})

    def _name_changed(self, session: Session, then: Mapping[str, str]) -> list[str]:
        """The files that say something else, or that there was none of, or is none of any more."""
        now = session.rules_files
        changed = [name for name in sorted({*then, *now}) if then.get(name) != now.get(name)]
        # Another program may bring another template.
        extending = {contract.origin for contract in session.project.contracts if contract.extends}
        return [
            f"{name} or its template" if self._is_other_program and name in extending & then.keys() else name
            for name in changed
        ]

    def is_comparable(self, row: Mapping[str, Any]) -> bool:
        """Whether a value is held against the one before: not one of another currency, nor one of nothing.

        Args:
            row: of `find_restatements`.
        """
        if row["unit"] == Unit.REPORTING.value and self._is_other_currency:
            return False
        # No records of an export that there was none of: what was told was no knowledge.
        return bool(row["eligible_before_count"]) or self._changes.first_domains.isdisjoint(self._needed(row["metric"]))

    def explain(self, row: Mapping[str, Any]) -> dict[str, str | None]:
        """`reason` of a restatement, the files that came, were replaced and went, and the rules that changed.

        Args:
            row: of `find_restatements`.
        """
        needed = self._needed(row["metric"])
        files: dict[RestatementReason, list[FileChange]] = {reason: [] for reason in _OF_FILES}
        for change in self._changes.files:
            if change.domain in needed or (change.tells_exchange_rates and Domain.VENDORS in needed):
                files[change.reason].append(change)
        period = Days(row["period_start_date"], row["period_end_date"])
        known = {
            RestatementReason.DEFINITION: row["is_redefined"],
            **{reason: bool(changes) for reason, changes in files.items()},
            RestatementReason.RULES: self._are_other_rules,
            RestatementReason.PROGRAM: self._is_other_program,
            RestatementReason.AS_OF: self._is_as_of,
        }
        reasons = [reason.value for reason, is_so in known.items() if is_so] or [RestatementReason.HELD.value]
        return {
            "reason": ", ".join(reasons),
            **{reason.value: name_files(changes, self._days, period) for reason, changes in files.items()},
            "rules_changed": list_some(self._changed_rules, MOST_FILES) if self._changed_rules else None,
        }

    def _needed(self, metric: str) -> tuple[Domain, ...]:
        return required_domains(metric_named(metric), self._policies.costs, self._policies.vendors)

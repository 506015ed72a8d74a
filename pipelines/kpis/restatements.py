"""The memory of values of closed periods that a run tells otherwise than those before it, and why it does.

Which values they are is for `metrics.measuring.restatements`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from metrics.measuring.restatements import COMPARED, GRAINS, find_restatements
from metrics.registry import metric_named, required_domains
from metrics.spec import Unit
from models.ddl import quote_text
from models.marts import metric_values
from models.restatements import ops_restatements
from models.vocabulary import Dimension, Domain
from pipelines.session import Session
from pipelines.words.numbers import list_some

#: Files that are named; a history that lands anew may have hundreds.
_MOST_FILES: Final = 20
#: Files that landed since an instant, and whether they are the first of their export. One without records tells
#: nothing, unless it took the place of another.
_FILES_SINCE: Final = """
    SELECT export, file_name, min(loaded_at) OVER (PARTITION BY export) > ? AS is_first
    FROM ops.ops_loads AS loaded
    QUALIFY loaded_at > ? AND (row_count > 0 OR load_id IN (SELECT superseded_by FROM ops.ops_loads))
    ORDER BY loaded_at, file_name
"""


def store_restatements(session: Session, values: pl.DataFrame) -> None:
    """Remember what was told of closed periods and is told otherwise now.

    Call in the transaction that replaces the values, before they are replaced.

    Args:
        values: rows of `metric_values` that take the place of those there are.
    """
    grains = ", ".join(map(quote_text, GRAINS))
    of_everything = f"dimension = {quote_text(Dimension.OVERALL.value)} AND period_grain IN ({grains})"
    before = session.warehouse.read(metric_values, COMPARED, where=of_everything)
    found = find_restatements(before, values)
    if found.is_empty():
        return
    since, now = _Since(session), datetime.now(UTC)
    currency = session.project.home.settings.reporting.currency
    told = [
        {
            **{name: value for name, value in row.items() if name != "is_redefined"},
            **since.explain(row["metric"], is_redefined=row["is_redefined"]),
            "currency_code": currency if row["unit"] == Unit.REPORTING.value else None,
            "run_id": session.run_id,
            "restated_at": now,
        }
        for row in found.iter_rows(named=True)
        if since.is_comparable(row)
    ]
    if told:
        session.warehouse.append(ops_restatements, pl.DataFrame(told, infer_schema_length=None))


class _Since:
    """What is other than when the values were computed last."""

    def __init__(self, session: Session) -> None:
        self._policies = session.project.policies
        found = session.warehouse.rows(
            """
            SELECT step.built_at, run.as_of_at, run.code_hash, run.rules_hash, run.reporting_currency_code
            FROM ops.ops_steps AS step LEFT JOIN ops.ops_runs AS run USING (run_id)
            WHERE step.asset = ?
            """,
            [metric_values.name],
        )
        computed_at, as_of, code_hash, rules_hash, currency = found[0] if found else (None,) * 5
        self._is_as_of = as_of is not None or session.as_of_option is not None
        self._is_other_program = code_hash != session.code_hash
        # A run of an earlier version of this program did not tell.
        self._are_other_rules = rules_hash not in (None, session.rules_hash)
        self._is_other_currency = currency not in (None, session.project.home.settings.reporting.currency)
        contracts = {contract.id: contract for contract in session.project.contracts}
        self._files: dict[Domain, list[str]] = {}
        self._rates: list[str] = []
        self._first: set[Domain] = set()
        for export, file_name, is_first in session.warehouse.rows(_FILES_SINCE, [computed_at, computed_at]):
            if export not in contracts:
                continue
            contract = contracts[export]
            self._files.setdefault(contract.domain, []).append(file_name)
            if contract.tells_exchange_rates:
                self._rates.append(file_name)
            if is_first:
                self._first.add(contract.domain)

    def is_comparable(self, row: Mapping[str, Any]) -> bool:
        """Whether a value is held against the one before: not one of another currency, nor one of nothing.

        Args:
            row: of `find_restatements`.
        """
        if row["value_now"] is None and self._is_as_of:
            # The month that somebody closed is open again.
            return False
        if row["unit"] == Unit.REPORTING.value and self._is_other_currency:
            return False
        # No records of an export that there was none of: what was told was no knowledge.
        return bool(row["eligible_before_count"]) or self._first.isdisjoint(self._needed(row["metric"]))

    def explain(self, metric: str, *, is_redefined: bool) -> dict[str, str | None]:
        """`reason` and `files` of a metric's restatement."""
        needed = self._needed(metric)
        files = [name for domain in needed for name in self._files.get(domain, ())]
        if Domain.VENDORS in needed and Domain.FINANCE not in needed:
            files += self._rates
        known = {
            "definition": is_redefined,
            "files": bool(files),
            "rules": self._are_other_rules,
            "program": self._is_other_program,
            "as_of": self._is_as_of,
        }
        reasons = [reason for reason, is_so in known.items() if is_so] or ["held"]
        return {"reason": ", ".join(reasons), "files": list_some(files, _MOST_FILES) if files else None}

    def _needed(self, metric: str) -> tuple[Domain, ...]:
        return required_domains(metric_named(metric), self._policies.costs, self._policies.vendors)

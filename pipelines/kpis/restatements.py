"""The memory of values of closed periods that a run tells otherwise than those before it, and why it does.

Which values they are is for `metrics.measuring.restatements`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import polars as pl

from metrics.measuring.restatements import COMPARED, GRAINS, find_restatements
from metrics.registry import metric_named, required_domains
from models.ddl import quote_text
from models.marts import metric_values
from models.restatements import ops_restatements
from models.vocabulary import Dimension, Domain
from pipelines.session import Session
from pipelines.words.numbers import list_some

#: Files that are named; a history that lands anew may have hundreds.
_MOST_FILES: Final = 20


def store_restatements(session: Session, values: pl.DataFrame) -> None:
    """Remember what was told of closed periods and is told otherwise now.

    Call in the transaction that replaces the values, before they are replaced. Where somebody chose as of when to
    measure, now or then, a period that is no longer closed restates nothing.

    Args:
        values: rows of `metric_values` that take the place of those there are.
    """
    grains = ", ".join(map(quote_text, GRAINS))
    of_everything = f"dimension = {quote_text(Dimension.OVERALL.value)} AND period_grain IN ({grains})"
    before = session.warehouse.read(metric_values, COMPARED, where=of_everything)
    found = find_restatements(before, values)
    reasons, now = _Reasons(session), datetime.now(UTC)
    if session.as_of_option is not None or reasons.was_as_of:
        found = found.filter(pl.col("value_now").is_not_null())
    told = [
        {
            **{name: value for name, value in row.items() if name != "is_redefined"},
            **reasons.of(row["metric"], is_redefined=row["is_redefined"]),
            "run_id": session.run_id,
            "restated_at": now,
        }
        for row in found.iter_rows(named=True)
    ]
    if told:
        session.warehouse.append(ops_restatements, pl.DataFrame(told, infer_schema_length=None))


class _Reasons:
    """Why values are others than those that were computed last: what came in between.

    Attributes:
        was_as_of: whether somebody chose as of when those were computed.
    """

    def __init__(self, session: Session) -> None:
        self._policies = session.project.policies
        domains = {contract.id: contract.domain for contract in session.project.contracts}
        found = session.warehouse.rows(
            """
            SELECT step.built_at, run.code_hash, run.as_of_at
            FROM ops.ops_steps AS step LEFT JOIN ops.ops_runs AS run USING (run_id)
            WHERE step.asset = ?
            """,
            [metric_values.name],
        )
        computed_at, code_hash, as_of = found[0] if found else (None, None, None)
        self.was_as_of = as_of is not None
        self._is_other_program = code_hash != session.code_hash
        self._files: dict[Domain, list[str]] = {}
        loads = session.warehouse.rows(
            """
            SELECT export, file_name FROM ops.ops_loads WHERE loaded_at > ?
            GROUP BY export, file_name ORDER BY min(loaded_at), file_name
            """,
            [computed_at],
        )
        for export, file_name in loads:
            if export in domains:
                self._files.setdefault(domains[export], []).append(file_name)

    def of(self, metric: str, *, is_redefined: bool) -> dict[str, str | None]:
        """`reason` and `files` of a metric's restatement."""
        if is_redefined:
            return {"reason": "definition", "files": None}
        needed = required_domains(metric_named(metric), self._policies.costs, self._policies.vendors)
        files = [name for domain in needed for name in self._files.get(domain, ())]
        if files:
            return {"reason": "files", "files": list_some(files, _MOST_FILES)}
        return {"reason": "program" if self._is_other_program else "rules", "files": None}

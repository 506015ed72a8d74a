"""Exports whose data are late or lack a period, against what their contract promises of when data come.

Whether they are is measured in `pipelines.gate.arrivals`.
"""

from __future__ import annotations

from typing import Final

from data_contracts.service_levels import ARRIVALS
from data_contracts.spec import Rule
from models.vocabulary import QualityDimension
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.broken_rules.known_incidents import offer_incidents

_MOST_NAMED: Final = 6


def _tell(rule: Rule, evidence: Evidence) -> str:
    """How old the newest is, or which periods are missing."""
    rows = evidence.warehouse.rows(f"SELECT * FROM ({rule.query}) ORDER BY first_date")
    if rule.quality_dimension is QualityDimension.TIMELINESS:
        _, _, newest, as_of, age, limit = rows[0]
        days = "working days" if rule.arguments["calendar"] else "days"
        return f"Newest: {newest}; as of {as_of} that is {age} {days}, and {limit} are allowed."
    names = [str(row[0]) for row in rows]
    more = f" and {len(names) - _MOST_NAMED:,} more, up to {names[-1]}" if len(names) > _MOST_NAMED else ""
    excuse = offer_incidents([(row[1], row[2]) for row in rows], has_others=evidence.has_known_incidents)
    return f"Missing: {', '.join(names[:_MOST_NAMED])}{more}. {excuse}"


EXPLANATION: Final = Explanation(lambda rule: rule.table_name == ARRIVALS, _tell)

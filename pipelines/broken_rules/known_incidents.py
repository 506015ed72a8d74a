"""The line of kpi.toml that says of days or months on which a source told more or less than usual that it is right.

What is unusual is found in `pipelines.staging.source_drift`. One day excuses a whole month of money, and days that are
named count for tickets as well, so of a month only one day is offered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from data_contracts.spec import Rule
from models.vocabulary import Domain
from pipelines.broken_rules.evidence import Evidence, Explanation

#: Where the queries of the rules look.
_DRIFT: Final = "FROM ops.ops_source_drift"
_MOST_NAMED: Final = 6


def offer_incidents(spans: Sequence[tuple[date, date]], *, has_others: bool) -> str:
    """What to write under `[gate]`, for those of some spans of days that are right.

    Args:
        has_others: whether kpi.toml names incidents already, to which it has to be added.
    """
    entries = [
        f'{{from_date = {first}, to_date = {last}, reason = "why"}}' for first, last in dict.fromkeys(spans)
    ]  # fmt: skip
    listed = ", ".join(entries[:_MOST_NAMED]) + (", and so on" if len(entries) > _MOST_NAMED else "")
    if has_others:
        return f"Add to those that it names: {listed}."
    return f"The line under [gate] there: known_incidents = [{listed}]."


def _tell(rule: Rule, evidence: Evidence) -> str:
    """The line for the days or months that the rule found."""
    found = (rule.query or "").partition(_DRIFT)[2]
    spans = evidence.warehouse.rows(f"SELECT DISTINCT first_date, last_date {_DRIFT} {found} ORDER BY ALL")
    is_month = rule.domain is not Domain.TICKETS
    days = [(first, first if is_month else last) for first, last in spans]
    return offer_incidents(days, has_others=evidence.has_known_incidents)


EXPLANATION: Final = Explanation(lambda rule: _DRIFT in (rule.query or ""), _tell)

"""Different tickets under one number, which the exports of two contracts with one source tell of.

How they are found as tickets are staged is in `pipelines.staging.shared_tickets`.
"""

from __future__ import annotations

from typing import Final

from data_contracts.spec import Rule
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.words.numbers import count_of

RULE: Final = "tickets.created_at.same_in_every_contract"
_MOST_PAIRS: Final = 3
_QUERY: Final = """
    SELECT source, export, other_export, differing_count, example_ticket_id FROM ops.ops_shared_tickets
    WHERE differing_count > 0 ORDER BY ALL
"""


def _tell(_: Rule, evidence: Evidence) -> str:
    """The contracts that share numbers, and what to do about it."""
    return " ".join(
        f"{count_of(count, 'number stands', 'numbers stand')} for different tickets in files of "
        f"{evidence.origin_of(one)} and of {evidence.origin_of(other)}, which both have the source '{source}', such "
        f"as '{example}'. Give one of the two contracts another 'source'."
        for source, one, other, count, example in evidence.warehouse.rows(_QUERY)[:_MOST_PAIRS]
    )


EXPLANATION: Final = Explanation(lambda rule: rule.id == RULE, _tell)

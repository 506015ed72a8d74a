"""The statuses to which no policy gives a meaning, and how many tickets they set aside.

That they break a contract is said by the rules `tickets.status.mapped` and `ticket_events.status.mapped`; here is what
a person needs to mend it: the words themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class UnmappedStatus:
    """A status of a source, as it is written most often, and how many tickets have it now or had it."""

    source: str
    status: str
    ticket_count: int


#: SELECT over the staged tickets that lists them, the most frequent first.
UNMAPPED_STATUSES: Final = """
    SELECT source, mode(status), count(DISTINCT ticket_id)
    FROM (
        SELECT ticket_id, source, trim(status) AS status
        FROM stg.stg_ticket_events WHERE status IS NOT NULL AND status_category IS NULL
        UNION ALL
        SELECT ticket_id, source, trim(status_before)
        FROM stg.stg_ticket_events WHERE status_before IS NOT NULL AND status_category_before IS NULL
        UNION ALL
        SELECT ticket_id, source, trim(status)
        FROM stg.stg_tickets WHERE status IS NOT NULL AND status_category IS NULL
    )
    GROUP BY source, lower(status)
    ORDER BY source, count(DISTINCT ticket_id) DESC, lower(status)
"""


def read_unmapped(rows: Iterable[tuple[Any, ...]]) -> tuple[UnmappedStatus, ...]:
    """The records of what `UNMAPPED_STATUSES` gave."""
    return tuple(UnmappedStatus(*row) for row in rows)

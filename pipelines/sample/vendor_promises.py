"""How far vendors kept the promises of their contracts, counted while tickets are played and never from the files.

What is promised for which ticket is what the company's policies say (`policies/sla.yaml`): the network vendors have
the time of an expedited call-out for critical tickets, and everybody that of a visit for all others. A vendor's time
is what the ticket waits for it; the customer support system cannot tell that from waiting for a problem to be solved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from pipelines.sample.company import NEW_NETWORK_VENDOR, OLD_NETWORK_VENDOR, VENDOR_BY_NAME, Status, System
from pipelines.sample.span import Span
from pipelines.sample.ticket_life import HOUR, Ticket

#: Vendors that have promised their time for every ticket they are called to; engineering's cannot be measured.
_NETWORK: Final = (OLD_NETWORK_VENDOR, NEW_NETWORK_VENDOR)
_CRITICAL: Final = 1


@dataclass(slots=True)
class PromiseTotals:
    """Promises that were decided, by vendor and first day of the month (at headquarters) of the decision.

    Attributes:
        terms: first and last day of each vendor's contract.
    """

    terms: Mapping[str, tuple[date, date]]
    kept: Counter[tuple[str, date]] = field(default_factory=Counter)
    broken: Counter[tuple[str, date]] = field(default_factory=Counter)

    def record(self, ticket: Ticket, span: Span) -> None:
        """Count what one finished ticket says of its vendor."""
        if ticket.system is System.JIRA:
            return
        decided = _decide(ticket, span, self.terms)
        if decided is not None:
            vendor, at, is_kept = decided
            counts = self.kept if is_kept else self.broken
            counts[vendor, span.month_of(at)] += 1


def _decide(ticket: Ticket, span: Span, terms: Mapping[str, tuple[date, date]]) -> tuple[str, int, bool] | None:
    """Vendor, instant and outcome of the ticket's first cycle; None if no vendor was called or nothing is decided."""
    runs_in = {Status.WAITING_VENDOR}
    if ticket.system is System.ZENDESK:
        runs_in.add(Status.WAITING_PROBLEM)
    vendor, rank, elapsed = None, ticket.priority, 0
    running_since: int | None = None
    for change in ticket.changes:
        if running_since is not None:
            assert vendor is not None
            target = _promised_seconds(vendor, rank)
            if elapsed + change.at - running_since > target:
                return vendor, running_since + target - elapsed, False
        if change.what == "vendor":
            vendor = str(change.after)
            if not _is_in_term(terms[vendor], change.at):
                return None
        elif change.what == "priority":
            rank = change.after
            if vendor is not None and elapsed > _promised_seconds(vendor, rank):
                return vendor, change.at, False
        elif change.what == "status":
            if running_since is not None:
                elapsed += change.at - running_since
            is_running = vendor is not None and Status(change.after) in runs_in
            running_since = change.at if is_running else None
            if change.after is Status.RESOLVED:
                return (vendor, change.at, True) if vendor is not None else None
    if vendor is None or running_since is None:
        return None
    target = _promised_seconds(vendor, rank)
    is_over = elapsed + span.end_at - running_since > target
    return (vendor, running_since + target - elapsed, False) if is_over else None


def _promised_seconds(vendor: str, rank: int) -> int:
    terms = VENDOR_BY_NAME[vendor]
    item = terms.expedite if vendor in _NETWORK and rank == _CRITICAL and terms.expedite else terms.visit
    return (item.sla_target_hours or 0) * HOUR


def _is_in_term(term: tuple[date, date], at: int) -> bool:
    """Whether the vendor's contract held, by the day in UTC, when the vendor was called."""
    start, end = term
    return start <= datetime.fromtimestamp(at, UTC).date() <= end

"""What the simulator wrote and what is true of it, so that a pipeline's numbers can be held against the source.

Truth is counted while the tickets and amounts are made, never read back from the files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from pipelines.sample.company import Status
from pipelines.sample.span import Span
from pipelines.sample.ticket_life import Ticket
from pipelines.sample.vendor_promises import PromiseTotals


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file that was written, with its row count by the object of its contract."""

    #: Contract id, which is the name of the landing folder.
    export: str
    #: Path below the landing folder, with forward slashes.
    path: str
    rows: Mapping[str, int]


@dataclass(slots=True)
class TicketTotals:
    """What is true of one system's tickets at the end of the span.

    `resolved_by_month` counts tickets that are resolved at the end, by the first day of the month of their last
    resolution (at headquarters) and the team that resolved them. `update_count` counts instants at which something
    changed, creation included.
    """

    ticket_count: int = 0
    update_count: int = 0
    resolved_count: int = 0
    cancelled_count: int = 0
    open_count: int = 0
    reopened_count: int = 0
    never_active_count: int = 0
    priority_change_count: int = 0
    handoff_count: int = 0
    resolved_by_month: Counter[tuple[date, str]] = field(default_factory=Counter)

    def record(self, ticket: Ticket, span: Span) -> None:
        """Count one finished ticket."""
        status, team, resolved_at = Status.NEW, ticket.team, None
        resolutions = 0
        never_active = True
        for change in ticket.changes:
            if change.what == "status":
                status = Status(change.after)
                never_active = never_active and status is not Status.ACTIVE
                if status is Status.RESOLVED:
                    resolutions += 1
                    resolved_at = change.at
            elif change.what == "team":
                team = change.after
                self.handoff_count += 1
            elif change.what == "priority":
                self.priority_change_count += 1
        self.ticket_count += 1
        self.update_count += 1 + sum(1 for _ in ticket.updates())
        is_done = status in (Status.RESOLVED, Status.CLOSED)
        self.reopened_count += resolutions > 1 or (resolutions == 1 and not is_done)
        self.never_active_count += never_active
        if status is Status.CANCELLED:
            self.cancelled_count += 1
        elif is_done and resolved_at is not None:
            self.resolved_count += 1
            self.resolved_by_month[span.month_of(resolved_at), team] += 1
        else:
            self.open_count += 1


@dataclass(frozen=True, slots=True)
class BadMonth:
    """The month that goes wrong, and why."""

    month: date
    team: str
    vendor_before: str
    vendor: str
    #: By how much the time that tickets wait for the vendor is multiplied.
    vendor_wait_factor: float
    #: Expedited visits of the vendor that started in the month.
    expedited_visit_count: int
    cause: str


@dataclass(frozen=True, slots=True)
class CommitmentTotals:
    """What was committed under a contract and billed by the end of the span, in the contract's currency."""

    committed: Decimal
    billed: Decimal
    #: Invoice date with which all of it was billed, for good; None if it was not.
    used_up_date: date | None


@dataclass(frozen=True, slots=True)
class MoneyTotals:
    """Control totals of the finance and vendor exports, in original currencies, signs as booked."""

    ledger_by_currency: Mapping[str, Decimal]
    invoices_by_currency: Mapping[str, Decimal]
    #: Ledger lines that equal another line in every column and are nonetheless real.
    identical_ledger_line_count: int
    credit_line_count: int
    #: Invoice numbers that bill the same thing again.
    duplicate_invoices: tuple[str, ...]
    #: What they bill, by their number, in their currency.
    duplicate_amounts: Mapping[str, Decimal]
    #: Amount billed above the rate card, by vendor, in the contract's currency.
    billed_above_rate_card: Mapping[str, Decimal]
    #: Amount billed for items that no rate card knows, by vendor, in the contract's currency.
    billed_outside_rate_card: Mapping[str, Decimal]
    commitments: Mapping[str, CommitmentTotals]
    #: What was approved and what was billed, by number of the purchase order, in the order's currency.
    orders: Mapping[str, tuple[Decimal, Decimal]]
    #: Credit notes for promises that were not kept, by vendor, in the contract's currency.
    service_credits_given: Mapping[str, Decimal]
    #: Budget for the whole span in the reporting currency; forecast lines not included.
    budget_total: Decimal
    #: The same by the first day of the month.
    budget_by_month: Mapping[date, Decimal]


@dataclass(frozen=True, slots=True)
class InitiativeTotals:
    """What an initiative cost and brought in the reporting currency, by its name, and when it had paid back."""

    name: str
    cost: Decimal
    benefit: Decimal
    payback_date: date | None


@dataclass(frozen=True, slots=True)
class DeliveryTotals:
    """What is true of the deliveries: all, on or before the promise in force, later, without a usable date."""

    delivery_count: int
    on_time_count: int
    late_count: int
    not_captured_count: int
    not_yet_delivered_count: int


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """One simulated set of exports. `ends_at` is the instant before which everything happened."""

    company: str
    seed: int
    first_date: date
    last_date: date
    ends_at: datetime
    files: tuple[SampleFile, ...]
    tickets: Mapping[str, TicketTotals]
    money: MoneyTotals
    deliveries: DeliveryTotals
    promises: PromiseTotals
    initiative: InitiativeTotals
    bad_month: BadMonth
    defects: tuple[str, ...] = ()

    def rows(self, export: str, name: str) -> int:
        """Rows of one object of an export, over all its files."""
        return sum(file.rows.get(name, 0) for file in self.files if file.export == export)

"""What the company planned: tickets a month and the payroll that goes with them. Money that was spent is elsewhere."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from pipelines.sample.company import Team
from pipelines.sample.span import Span, month_start

CENT: Final = Decimal("0.01")
#: What one full-time equivalent costs a month, by payroll currency.
_MONTHLY_COST_PER_PERSON: Final = {"EUR": Decimal(4600), "USD": Decimal(4100)}
_GROWTH: Final = Decimal("0.25")


def to_cents(amount: Decimal) -> Decimal:
    """Round an amount half to even to the cent."""
    return amount.quantize(CENT, ROUND_HALF_EVEN)


class Plan:
    """Planned volumes by month; they follow growth a quarter at a time."""

    def __init__(self, span: Span, ticket_count: int) -> None:
        self.span = span
        self._monthly_tickets = Decimal(ticket_count) / len(span.months)

    def planned_tickets(self, month: date) -> Decimal:
        """Tickets that the company expected in a month, all teams together."""
        quarter = month_start(month.year, (month.month - 1) // 3 * 3)
        months_in = (quarter.year - self.span.first.year) * 12 + quarter.month - self.span.first.month
        progress = Decimal(max(0, months_in)) / max(1, len(self.span.months) - 1)
        return self._monthly_tickets * (1 + _GROWTH * (progress - Decimal("0.5")))

    def payroll(self, team: Team, month: date) -> Decimal:
        """A team's payroll for ticket work in a month, in its payroll currency; three per cent more every January."""
        raises = Decimal("1.03") ** (month.year - self.span.first.year)
        planned = self.planned_tickets(month) * Decimal(str(team.ticket_share))
        return to_cents(planned * team.payroll_per_ticket * raises)

    def headcount(self, team: Team, month: date) -> Decimal:
        """Full-time equivalents charged to ticket work, to one decimal and never below a tenth."""
        people = self.payroll(team, month) / _MONTHLY_COST_PER_PERSON[team.payroll_currency]
        return max(Decimal("0.1"), people.quantize(Decimal("0.1")))

"""Writes all simulated exports of the company into a landing folder. Start reading the simulator here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from pipelines.sample import (
    benefits,
    budgets,
    daily_tickets,
    deliveries,
    exchange_rates,
    jira,
    ledger,
    purchase_orders,
    servicenow,
    vendor_billing,
    vendor_contracts,
    zendesk,
)
from pipelines.sample.company import (
    COMPANY_NAME,
    NEW_NETWORK_VENDOR,
    OLD_NETWORK_VENDOR,
    TROUBLED_TEAM,
    VENDOR_BY_NAME,
    VENDORS,
    System,
    Vendor,
)
from pipelines.sample.defects import find_defects
from pipelines.sample.operation import Operation
from pipelines.sample.plan import Plan
from pipelines.sample.span import Span
from pipelines.sample.summary import (
    BadMonth,
    CommitmentTotals,
    DeliveryTotals,
    InitiativeTotals,
    MoneyTotals,
    SampleFile,
    SampleSummary,
    TicketTotals,
)
from pipelines.sample.ticket_life import VENDOR_WAIT_FACTOR, Ticket
from pipelines.sample.vendor_billing import VisitCounts
from pipelines.sample.vendor_promises import PromiseTotals

#: In mid-month, as real exports are taken: the month before is then complete, with data after its end to prove it.
DEFAULT_END: Final = date(2026, 11, 15)


def write_sample_exports(
    landing: Path,
    *,
    seed: int = 7,
    tickets: int = 12_000,
    years: float = 2.0,
    end: date = DEFAULT_END,
    defects: Sequence[str] = (),
    daily_exports: int = 0,
) -> SampleSummary:
    """Write a simulated company's exports below `landing`, one folder per contract id.

    `daily_exports` adds the tickets of one system as they stood on each of so many last days. They are told by its
    event log as well, so a home should read one of the two.

    The same arguments give the same bytes, whatever the clock says. Nothing happens after the day `end`; tickets
    that are open then simply are. `defects` are names of `DEFECTS`, applied in order to the written files.

    Raises ValueError for fewer than 100 tickets, a span of no month, or an unknown defect.
    """
    if tickets < 100:
        raise ValueError(f"The sample needs at least 100 tickets to be believable; {tickets} were asked for.")
    if years <= 0:
        raise ValueError(f"The sample needs a positive number of years; {years} was asked for.")
    chosen = find_defects(defects)
    span = Span.ending(end, years)
    operation = Operation(span, seed, tickets)
    promises = PromiseTotals({vendor.name: vendor_contracts.contract_term(vendor, span) for vendor in VENDORS})
    ticket_files, totals, visits = _write_tickets(landing, operation, promises)
    if daily_exports:
        tickets_of_system = operation.tickets(daily_tickets.SYSTEM)
        ticket_files += daily_tickets.write_daily_tickets(landing, tickets_of_system, span, daily_exports)
    money_files, money, delivery_totals, initiative = _write_money(landing, operation, visits)
    for defect in chosen:
        defect.apply(landing)
    return SampleSummary(
        company=COMPANY_NAME,
        seed=seed,
        first_date=span.first,
        last_date=span.last,
        ends_at=datetime.fromtimestamp(span.end_at, UTC),
        files=(*ticket_files, *money_files),
        tickets=totals,
        money=money,
        deliveries=delivery_totals,
        promises=promises,
        initiative=initiative,
        bad_month=_describe_bad_month(span, visits),
        defects=tuple(defects),
    )


def _write_tickets(
    landing: Path, operation: Operation, promises: PromiseTotals
) -> tuple[list[SampleFile], dict[str, TicketTotals], VisitCounts]:
    """Write the three ticket systems' exports in one pass over the tickets, counting as they go by."""
    span = operation.span
    totals: dict[str, TicketTotals] = {}
    visits: VisitCounts = Counter()

    def counted(system: System) -> Iterator[Ticket]:
        system_totals = totals.setdefault(system.value, TicketTotals())
        for ticket in operation.tickets(system):
            system_totals.record(ticket, span)
            promises.record(ticket, span)
            for visit in ticket.visits:
                visits[visit.vendor, span.month_of(visit.at), visit.expedited] += 1
            yield ticket

    files = servicenow.write_incidents(
        landing, counted(System.SERVICENOW), operation.hours, span, operation.random_for("incident fields")
    )
    files += jira.write_issues(landing, counted(System.JIRA), operation.random_for("issue fields"))
    files += zendesk.write_tickets(landing, counted(System.ZENDESK), span, operation.random_for("ticket fields"))
    return files, totals, visits


def _write_money(
    landing: Path, operation: Operation, visits: VisitCounts
) -> tuple[list[SampleFile], MoneyTotals, DeliveryTotals, InitiativeTotals]:
    """Write the finance and vendor exports."""
    span = operation.span
    plan = Plan(span, operation.ticket_count)
    billing = vendor_billing.draw_invoices(span, plan, visits, operation.random_for("invoices"))
    orders = purchase_orders.draw_orders(billing.lines)
    ledger_lines = ledger.draw_ledger(span, plan, billing, operation.random_for("ledger"))
    budget_lines = budgets.draw_budget(span, ledger_lines, operation.random_for("budget"))
    delivery_lines = deliveries.draw_deliveries(span, plan, operation.random_for("deliveries"))
    claims = benefits.draw_benefits(span, ledger_lines)
    files = [
        *ledger.write_ledger(landing, ledger_lines),
        *vendor_billing.write_invoices(landing, billing.lines),
        *purchase_orders.write_orders(landing, orders),
        *budgets.write_budget(landing, budget_lines, span),
        *budgets.write_headcount(landing, span, plan),
        *benefits.write_benefits(landing, claims),
        *exchange_rates.write_rates(landing, exchange_rates.draw_rates(span, operation.random_for("rates"))),
        *vendor_contracts.write_contracts(landing, span, plan),
        *deliveries.write_deliveries(landing, delivery_lines),
    ]
    money = MoneyTotals(
        ledger_by_currency=_sum_by_currency(ledger_lines),
        invoices_by_currency=_sum_by_currency(billing.lines),
        identical_ledger_line_count=sum(count for count in Counter(ledger_lines).values() if count > 1),
        credit_line_count=sum(line.amount < 0 for line in ledger_lines),
        duplicate_invoices=billing.duplicate_invoices,
        duplicate_amounts=_sum_duplicates(billing),
        billed_above_rate_card=billing.billed_above_rate_card,
        service_credits_given=billing.service_credits_given,
        billed_outside_rate_card=_sum_outside_rate_card(billing.lines),
        commitments={vendor.contract_id: _count_commitment(vendor, billing.lines, span, plan) for vendor in VENDORS},
        orders={order.number: (order.approved, order.billed) for order in orders},
        budget_total=sum((line.amount for line in budget_lines if line.kind == "budget"), Decimal(0)),
        budget_by_month=_sum_by_month(budget_lines),
    )
    initiative = benefits.total_initiative(ledger_lines, claims)
    return files, money, deliveries.count_deliveries(delivery_lines), initiative


def _sum_by_month(budget_lines: Sequence[budgets.BudgetLine]) -> dict[date, Decimal]:
    totals: dict[date, Decimal] = {}
    for line in budget_lines:
        if line.kind == "budget":
            totals[line.month] = totals.get(line.month, Decimal(0)) + line.amount
    return totals


def _sum_duplicates(billing: vendor_billing.Billing) -> dict[str, Decimal]:
    return {
        number: sum((line.amount for line in billing.lines if line.invoice == number), Decimal(0))
        for number in billing.duplicate_invoices
    }


def _sum_outside_rate_card(lines: Sequence[vendor_billing.InvoiceLine]) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for line in lines:
        if line.item != vendor_billing.SERVICE_CREDIT and line.item not in {
            item.name for item in VENDOR_BY_NAME[line.vendor].rate_card
        }:
            totals[line.vendor] = totals.get(line.vendor, Decimal(0)) + line.amount
    return totals


def _count_commitment(
    vendor: Vendor, lines: Sequence[vendor_billing.InvoiceLine], span: Span, plan: Plan
) -> CommitmentTotals:
    """What was committed and billed under a vendor's contract, and since when that is all of it."""
    committed, billed, used_up_date = vendor_contracts.committed_spend(vendor, span, plan), Decimal(0), None
    by_day: dict[date, Decimal] = {}
    for line in lines:
        if line.vendor == vendor.name:
            by_day[line.invoice_date] = by_day.get(line.invoice_date, Decimal(0)) + line.amount
    for day in sorted(by_day):
        billed += by_day[day]
        if billed < committed:
            used_up_date = None
        elif used_up_date is None:
            used_up_date = day
    return CommitmentTotals(committed, billed, used_up_date)


def _sum_by_currency(
    lines: Sequence[ledger.LedgerLine] | Sequence[vendor_billing.InvoiceLine],
) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for line in lines:
        totals[line.currency] = totals.get(line.currency, Decimal(0)) + line.amount
    return totals


def _describe_bad_month(span: Span, visits: VisitCounts) -> BadMonth:
    return BadMonth(
        month=span.bad_month,
        team=TROUBLED_TEAM,
        vendor_before=OLD_NETWORK_VENDOR,
        vendor=NEW_NETWORK_VENDOR,
        vendor_wait_factor=VENDOR_WAIT_FACTOR,
        expedited_visit_count=visits[NEW_NETWORK_VENDOR, span.bad_month, True],
        cause=(
            f"In {span.bad_month:%B %Y} {TROUBLED_TEAM} changed from {OLD_NETWORK_VENDOR} to {NEW_NETWORK_VENDOR}. "
            f"Tickets waited {VENDOR_WAIT_FACTOR:.0f} times as long for the vendor as before, nearly half of its "
            "visits were expedited, the migration was billed and overtime was paid: cycle time and unit cost "
            "went up, SLA attainment went down, on that team and vendor alone."
        ),
    )

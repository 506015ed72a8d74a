"""The general ledger: payroll, rent, licences, vendor invoices, cards, and what is reversed again.

Written as a European accounting package would: semicolons, decimal commas, cp1252, D.M.YYYY, a file per year. Every
line repeats the total of its journal, which is the control total against lost signs and lost lines.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from pipelines.sample.company import REPORTING_CURRENCY, TEAMS, TROUBLED_TEAM, VENDOR_BY_NAME
from pipelines.sample.plan import Plan, to_cents
from pipelines.sample.span import Span, last_day, month_start, next_month
from pipelines.sample.summary import SampleFile
from pipelines.sample.vendor_billing import Billing, InvoiceLine

EXPORT: Final = "general_ledger"
COLUMNS: Final = (
    "Journal", "Line", "Posting date", "Service from", "Service to", "Account", "Account name", "Cost centre",
    "Vendor", "Text", "Initiative", "Amount", "Currency", "Journal total",
)  # fmt: skip

ACCOUNTS: Final = {
    "6100": "Salaries", "6105": "Social charges", "6110": "Overtime", "6210": "Rent", "6220": "Energy",
    "6310": "Licences", "6320": "Mobile telephony", "6420": "Devices", "6430": "Circuits and telecom",
    "6440": "Building maintenance", "6450": "Cloud usage", "6510": "Cards and travel",
}  # fmt: skip
OVERHEAD: Final = "7000"
VENDOR_CHANGE: Final = "Network vendor change"

_RENT: Final = (
    ("4120", "Amsterdam depot", "EUR", Decimal("1.60")),
    (OVERHEAD, "New York office", "USD", Decimal("0.80")),
)
_CARD_TEXTS: Final = ("Taxi", "Parking – Schiphol", "Café De Brug", "Spare parts", "Courier Müller & Söhne", "Tools")


class LedgerLine(NamedTuple):
    """One line of a journal; credits and reversals are negative."""

    journal: str
    line: int
    posting_date: date
    service_from: date | None
    service_to: date | None
    account: str
    cost_centre: str
    vendor: str
    text: str
    initiative: str
    amount: Decimal
    currency: str


class _Draft(NamedTuple):
    """A line before its journal has a number. `line` is set where one statement line is split into several."""

    account: str
    cost_centre: str
    text: str
    amount: Decimal
    currency: str = REPORTING_CURRENCY
    vendor: str = ""
    service: tuple[date, date] | None = None
    initiative: str = ""
    line: int | None = None


Journal = tuple[date, list[_Draft]]


def draw_ledger(span: Span, plan: Plan, billing: Billing, random: Random) -> list[LedgerLine]:
    """All journals posted within the span, numbered in order of posting."""
    journals: list[Journal] = []
    for month in span.months:
        journals += _payroll(month, plan, span)
        journals += _premises(month, plan, span)
        journals += _software(month, plan, span)
        journals += _cards(month, plan, span, random)
    journals += _vendor_invoices(billing.lines, random)
    journals += _accruals(billing, random)
    journals += _corrections(journals, random)
    posted = sorted((journal for journal in journals if journal[0] <= span.last), key=lambda journal: journal[0])
    numbers: Counter[int] = Counter()
    lines = []
    for posting_date, drafts in posted:
        numbers[posting_date.year] += 1
        journal = f"{posting_date.year}-{numbers[posting_date.year]:06}"
        lines += [_post(journal, posting_date, index, draft) for index, draft in enumerate(drafts, start=1)]
    return lines


def _post(journal: str, posting_date: date, index: int, draft: _Draft) -> LedgerLine:
    service_from, service_to = draft.service or (None, None)
    return LedgerLine(
        journal, draft.line or index, posting_date, service_from, service_to, draft.account, draft.cost_centre,
        draft.vendor, draft.text, draft.initiative, draft.amount, draft.currency,
    )  # fmt: skip


def _payroll(month: date, plan: Plan, span: Span) -> Iterator[Journal]:
    service = (month, last_day(month))
    for team in TEAMS:
        total = plan.payroll(team, month)
        salaries = to_cents(total * Decimal("0.78"))
        text = f"Payroll – {team.name}, time on tickets"
        drafts = [
            _Draft("6100", team.cost_centre, text, salaries, team.payroll_currency, service=service),
            _Draft("6105", team.cost_centre, text, total - salaries, team.payroll_currency, service=service),
        ]
        if team.name == TROUBLED_TEAM and month == span.bad_month:
            overtime = to_cents(total * Decimal("0.14"))
            text = f"Overtime – {team.name}, vendor change"
            drafts.append(
                _Draft("6110", team.cost_centre, text, overtime, team.payroll_currency, service=service,
                       initiative=VENDOR_CHANGE)
            )  # fmt: skip
        yield month + timedelta(days=24), drafts


def _premises(month: date, plan: Plan, span: Span) -> Iterator[Journal]:
    months_left = 3 - (month.month - 1) % 3
    if months_left == 3 or month == span.first:
        service = (month, last_day(month_start(month.year, month.month + months_left - 2)))
        for cost_centre, place, currency, per_ticket in _RENT:
            rent = to_cents(months_left * plan.planned_tickets(month) * per_ticket)
            text = f"Rent – {place}, quarter {(month.month + 2) // 3}"
            yield month, [_Draft("6210", cost_centre, text, rent, currency, "Waterkant Vastgoed", service)]
    winter = Decimal("0.75") if month.month in (11, 12, 1, 2) else Decimal("0.40")
    energy = to_cents(plan.planned_tickets(month) * winter)
    # The meter is read after the month: posted in the next one, with the service period of this one.
    service = (month, last_day(month))
    text = f"Energy {month:%m/%Y} – depot"
    yield next_month(month) + timedelta(days=11), [_Draft("6220", "4120", text, energy, "EUR", "Noordstroom", service)]


def _software(month: date, plan: Plan, span: Span) -> Iterator[Journal]:
    service = (month, last_day(month))
    planned = plan.planned_tickets(month)
    mobile = to_cents(planned * Decimal("0.70"))
    yield (
        month + timedelta(days=7),
        [_Draft("6320", OVERHEAD, "Mobile subscriptions", mobile, "GBP", "Pennine Mobile", service)],
    )
    tools = to_cents(planned * Decimal("0.85"))
    yield (
        month + timedelta(days=1),
        [_Draft("6310", OVERHEAD, "Ticket systems, monthly seats", tools, "EUR", "Fieldsuite", service)],
    )
    if (month.month - span.first.month) % 12 == 0:
        year_end = month_start(month.year + 1, month.month - 1) - timedelta(days=1)
        annual = to_cents(12 * planned * Decimal("0.95"))
        yield (
            month + timedelta(days=4),
            [
                _Draft(
                    "6310",
                    "5110",
                    "Monitoring suite, annual licence",
                    annual,
                    "USD",
                    "Skylark Software",
                    (month, year_end),
                )
            ],
        )


def _cards(month: date, plan: Plan, span: Span, random: Random) -> Iterator[Journal]:
    """One statement a month: small amounts, refunds, and statement lines split into exactly equal parts."""
    statement = []
    for line in range(1, 7 + round(plan.planned_tickets(month) / 45)):
        team = TEAMS[int(random.random() * len(TEAMS))]
        text = _CARD_TEXTS[int(random.random() * len(_CARD_TEXTS))]
        amount = to_cents(Decimal(int(600 + random.random() * 5400)) / 100)
        if random.random() < 0.07:
            amount, text = -amount, f"Refund {text}"
        draft = _Draft("6510", team.cost_centre, text, amount, line=line)
        parts = 2 if random.random() < 0.12 else 1
        statement += [draft] * parts
    yield min(month + timedelta(days=27), span.last), statement


def _vendor_invoices(invoices: Iterable[InvoiceLine], random: Random) -> Iterator[Journal]:
    """Each vendor invoice, posted some days after its date with a line per invoice line."""
    for number, group in groupby(invoices, key=lambda line: line.invoice):
        lines = list(group)
        vendor = VENDOR_BY_NAME[lines[0].vendor]
        yield lines[0].invoice_date + timedelta(days=1 + int(random.random() * 6)), [
            _Draft(
                vendor.account, vendor.cost_centre, f"{number} {line.item}", line.amount, line.currency, vendor.name,
                (line.service_from, line.service_to),
                VENDOR_CHANGE if line.item == "Circuit migration" else "",
            )
            for line in lines
        ]  # fmt: skip


def _accruals(billing: Billing, random: Random) -> Iterator[Journal]:
    """At each month's end the vendors' bills are estimated, and on the first of the next month reversed."""
    billed: dict[tuple[date, str], Decimal] = {}
    for line in (*billing.lines, *billing.lines_to_come):
        key = (line.service_from, line.vendor)
        billed[key] = billed.get(key, Decimal(0)) + line.amount
    for (month, name), amount in billed.items():
        vendor = VENDOR_BY_NAME[name]
        estimate = to_cents((amount * Decimal(f"{random.uniform(0.95, 1.05):.4f}")).quantize(Decimal(1)))
        draft = _Draft(
            vendor.account, vendor.cost_centre, f"Accrual {name} {month:%m/%Y}", estimate, vendor.currency, name,
            (month, last_day(month)),
        )  # fmt: skip
        yield last_day(month), [draft]
        yield next_month(month), [draft._replace(text=f"Reversal of accrual {name} {month:%m/%Y}", amount=-estimate)]


def _corrections(journals: list[Journal], random: Random) -> list[Journal]:
    """Some single-line journals were posted to the wrong cost centre: reversed and posted again two days later."""
    corrections: list[Journal] = []
    for posting_date, drafts in journals:
        if len(drafts) == 1 and drafts[0].account in ("6310", "6320") and random.random() < 0.12:
            (draft,) = drafts
            reversal = draft._replace(text=f"Reversal {draft.text}", amount=-draft.amount, line=1)
            again = draft._replace(cost_centre="5110" if draft.cost_centre == OVERHEAD else OVERHEAD, line=2)
            corrections.append((posting_date + timedelta(days=2), [reversal, again]))
    return corrections


def write_ledger(landing: Path, lines: Iterable[LedgerLine]) -> list[SampleFile]:
    """Write a file per posting year."""
    folder = landing / EXPORT
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for year, group in groupby(lines, key=lambda line: line.posting_date.year):
        year_lines = list(group)
        totals: defaultdict[str, Decimal] = defaultdict(Decimal)
        for line in year_lines:
            totals[line.journal] += line.amount
        path = f"{EXPORT}/ledger_{year}.csv"
        with (landing / path).open("w", encoding="cp1252", newline="") as file:
            writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
            writer.writerow(COLUMNS)
            for line in year_lines:
                writer.writerow(_row(line, totals[line.journal]))
        written.append(SampleFile(EXPORT, path, {"journal_lines": len(year_lines)}))
    return written


def _row(line: LedgerLine, journal_total: Decimal) -> tuple[object, ...]:
    return (
        line.journal, line.line, _write_date(line.posting_date), _write_date(line.service_from),
        _write_date(line.service_to), line.account, ACCOUNTS[line.account], line.cost_centre, line.vendor,
        line.text, line.initiative, _write_amount(line.amount), line.currency, _write_amount(journal_total),
    )  # fmt: skip


def _write_date(day: date | None) -> str:
    return f"{day.day}.{day.month}.{day.year}" if day else ""


def _write_amount(amount: Decimal) -> str:
    """1.234,56, and 1.234,56- for a credit; small credits come from the card feed with a leading minus."""
    digits = f"{abs(amount):,.2f}".translate(str.maketrans(",.", ".,"))
    if amount >= 0:
        return digits
    return f"-{digits}" if amount > -100 else f"{digits}-"

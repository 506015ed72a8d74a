"""Rows that are wrong in one way each, and the rules that name them: tables to be read, for the tests of every rule.

`ROWS` and `TICKETS` have a name, the table, what is wrong, and the rules; `SPECIAL` has exports of their own. What
becomes of them is tested in `test_bad_rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

COLUMNS = {
    "cost_lines": (
        *("cost_line_id", "document_id", "posting_date", "service_start_date", "service_end_date"),
        *("vendor", "amount_original", "currency_code", "team", "service"),
    ),
    "fx_rates": ("rate_date", "base_currency_code", "quote_currency_code", "fx_rate"),
    "headcount": ("month_date", "team", "headcount"),
    "budget_lines": (
        *("budget_line_id", "month_date", "budget_year", "kind", "account", "cost_centre"),
        *("amount_original", "currency_code", "team"),
    ),
    "benefit_lines": ("benefit_line_id", "initiative", "benefit_date", "amount_original", "currency_code", "team"),
    "vendor_contracts": (
        *("vendor_contract_line_id", "vendor_contract_id", "vendor", "start_date", "end_date", "currency_code"),
        *("item", "unit_price_original", "price_start_date", "price_end_date"),
    ),
    "vendor_invoice_lines": (
        *("vendor_invoice_line_id", "invoice_id", "vendor", "invoice_date", "service_start_date", "service_end_date"),
        *("quantity", "unit_price_original", "amount_original", "currency_code"),
    ),
    "purchase_orders": (
        *("purchase_order_line_id", "purchase_order_id", "vendor", "vendor_contract_id", "approved_original"),
        *("currency_code", "start_date", "end_date"),
    ),
    "deliveries": (
        *("delivery_id", "vendor", "ordered_date", "promised_date", "delivered_date", "quantity", "team", "service"),
    ),
}  # fmt: skip
FINANCE = ("cost_lines", "fx_rates", "headcount", "budget_lines", "benefit_lines")
#: Row -> as it should be.
GOOD: dict[str, dict[str, str]] = {
    "cost_lines": {
        "document_id": "J", "posting_date": "2026-03-10", "vendor": "Ace", "amount_original": "7.25",
        "currency_code": "EUR",
    },
    "fx_rates": {"base_currency_code": "EUR", "quote_currency_code": "USD", "fx_rate": "1.10"},
    "headcount": {"month_date": "2026-03-01", "headcount": "3"},
    "budget_lines": {
        "month_date": "2026-03-01", "budget_year": "2026", "kind": "budget", "account": "6100", "cost_centre": "4100",
        "amount_original": "100", "currency_code": "EUR",
    },
    "benefit_lines": {
        "initiative": "New desk", "benefit_date": "2026-03-10", "amount_original": "5", "currency_code": "EUR",
    },
    "vendor_contracts": {
        "vendor": "Ace", "start_date": "2026-01-01", "end_date": "2026-12-31", "currency_code": "EUR",
        "item": "Visit", "unit_price_original": "9.50",
    },
    "vendor_invoice_lines": {
        "invoice_id": "I", "vendor": "Ace", "invoice_date": "2026-03-10", "quantity": "2",
        "unit_price_original": "3.50", "amount_original": "7.00", "currency_code": "EUR",
    },
    "purchase_orders": {
        "purchase_order_id": "P", "vendor": "Ace", "approved_original": "100", "currency_code": "EUR",
        "start_date": "2026-01-01", "end_date": "2026-12-31",
    },
    "deliveries": {
        "vendor": "Ace", "ordered_date": "2026-03-01", "promised_date": "2026-03-10", "delivered_date": "2026-03-09",
        "quantity": "4",
    },
}  # fmt: skip
FUTURE = "2098-03-10"
#: Ten weekdays with rates, of dollars and pounds.
RATE_DAYS = [date(2026, 3, 2) + timedelta(days=day) for day in (*range(5), *range(7, 12))]


@dataclass(frozen=True)
class Spoilt:
    """A row that is wrong: in which table, how, and which rules name it. `rows` stand beside it under its own name."""

    table: str
    rules: frozenset[str]
    values: Mapping[str, str] = field(default_factory=dict)
    again: Mapping[str, str] | None = None


def _row(table: str, rules: str | Iterable[str], again: Mapping[str, str] | None = None, **values: str) -> Spoilt:
    named = [rules] if isinstance(rules, str) else rules
    return Spoilt(table, frozenset(f"{table}.{rule}" for rule in named), values, again)


ROWS = {
    "text for an amount": _row(
        "cost_lines", ("amount_original.parsed", "amount_original.present"), amount_original="see attachment"
    ),
    "five decimals": _row("cost_lines", "amount_original.exact", amount_original="1.00004"),
    "a third of a cent": _row("cost_lines", "amount_original.in_minor_units", amount_original="1.333"),
    "no amount": _row("cost_lines", "amount_original.present", amount_original=""),
    "no posting date": _row("cost_lines", "posting_date.present", posting_date=""),
    "thirteenth month": _row(
        "cost_lines", ("posting_date.parsed", "posting_date.present"), posting_date="2026-13-01"
    ),
    "posted after its file": _row("cost_lines", "posting_date.not_in_future", posting_date=FUTURE),
    "service ends before it begins": _row(
        "cost_lines", "service_period.ordered", service_start_date="2026-03-10", service_end_date="2026-03-09"
    ),
    "no currency": _row("cost_lines", "currency_code.present", currency_code=""),
    "no such currency": _row("cost_lines", "currency_code.valid", currency_code="EUX"),
    "no rate leads to it": _row("cost_lines", "currency_code.convertible", currency_code="SEK"),
    "before the first rate": _row(
        "cost_lines", "posting_date.has_rate", currency_code="USD", posting_date="2025-12-01"
    ),
    "no vendor": _row("cost_lines", "required_values.present", vendor=""),
    "a negative head": _row("headcount", "headcount.positive", headcount="-1"),
    "a plan without a month": _row("budget_lines", "month_date.present", month_date="", budget_year=""),
    "a plan of the year before": _row("budget_lines", "budget_year.agrees_with_month", budget_year="2025"),
    "a word for a year": _row("budget_lines", "budget_year.parsed", budget_year="FY26"),
    "a total among plans": _row("budget_lines", "place.is_no_total", cost_centre="Total"),
    "a total among costs": _row("cost_lines", "place.is_no_total", document_id="Grand total"),
    "a vendor with total in its name": _row("cost_lines", ("vendor.known",), vendor="Total Energies"),
    "a total among invoices": _row("vendor_invoice_lines", "place.is_no_total", invoice_id="Summe"),
    "a plan of no kind": _row("budget_lines", "kind.known", kind="target"),
    "a plan without an amount": _row("budget_lines", "amount_original.present", amount_original=""),
    "a plan in crowns": _row("budget_lines", "currency_code.convertible", currency_code="SEK"),
    "a plan before the first rate": _row(
        "budget_lines", "month_date.has_rate", currency_code="USD", month_date="2025-12-01", budget_year="2025"
    ),
    "a claim told twice": _row("benefit_lines", "benefit_line_id.unique", again={"amount_original": "6"}),
    "a claim without an amount": _row("benefit_lines", "amount_original.present", amount_original=""),
    "a claim without a date": _row("benefit_lines", "benefit_date.present", benefit_date=""),
    "a claim of no initiative": _row("benefit_lines", "initiative.present", initiative=""),
    "a claim in crowns": _row("benefit_lines", "currency_code.convertible", currency_code="SEK"),
    "a claim before the first rate": _row(
        "benefit_lines", "benefit_date.has_rate", currency_code="USD", benefit_date="2025-12-01"
    ),
    "two prices at once": _row(
        "vendor_contracts", "rate_card.not_overlapping",
        price_start_date="2026-01-01", price_end_date="2026-06-30",
        again={"price_start_date": "2026-06-01", "price_end_date": "2026-12-31", "unit_price_original": "10"},
    ),
    "a price of no day": _row(
        "vendor_contracts", "price_period.ordered", price_start_date="2026-06-01", price_end_date="2026-05-31"
    ),
    "two terms of one contract": _row(
        "vendor_contracts", "terms.agree", price_start_date="2026-01-01", price_end_date="2026-05-31",
        again={"price_start_date": "2026-06-01", "price_end_date": "", "end_date": "2027-01-31"},
    ),
    "a contract of no day": _row("vendor_contracts", "term.ordered", end_date="2025-12-31"),
    "a word for a price": _row("vendor_contracts", "values.parsed", unit_price_original="on request"),
    "a contract with nobody": _row("vendor_contracts", "vendor.present", vendor=""),
    "a word for a billed amount": _row(
        "vendor_invoice_lines", ("amount_original.parsed", "amount_original.present"), amount_original="n/a"
    ),
    "nothing billed": _row("vendor_invoice_lines", "amount_original.present", amount_original=""),
    "not the price times the quantity": _row(
        "vendor_invoice_lines", "amount_original.equals_quantity_times_price", amount_original="70.00"
    ),
    "billed service ends before it begins": _row(
        "vendor_invoice_lines", "service_period.ordered",
        service_start_date="2026-03-10", service_end_date="2026-03-09",
    ),
    "an invoice of the thirtieth of February": _row(
        "vendor_invoice_lines", ("invoice_date.parsed", "invoice_date.present"), invoice_date="2026-02-30"
    ),
    "an invoice without a date": _row("vendor_invoice_lines", "invoice_date.present", invoice_date=""),
    "an invoice from the future": _row("vendor_invoice_lines", "invoice_date.not_in_future", invoice_date=FUTURE),
    "an invoice in crowns": _row("vendor_invoice_lines", "currency_code.convertible", currency_code="SEK"),
    "an invoice before the first rate": _row(
        "vendor_invoice_lines", "invoice_date.has_rate", currency_code="USD", invoice_date="2025-12-01"
    ),
    "a word for a quantity": _row("vendor_invoice_lines", "values.parsed", quantity="two"),
    "an invoice from nobody": _row("vendor_invoice_lines", "vendor.present", vendor=""),
    "an invoice without a currency": _row("vendor_invoice_lines", "currency_code.present", currency_code=""),
    "a currency in words": _row(
        "vendor_invoice_lines", ("currency_code.valid", "currency_code.convertible"), currency_code="Euro"
    ),
    "an order told twice": _row(
        "purchase_orders", "purchase_order_line_id.unique", again={"approved_original": "200"}
    ),
    "an order of no day": _row("purchase_orders", "validity.ordered", end_date="2025-12-31"),
    "an order under no contract": _row("purchase_orders", "vendor_contract_id.known", vendor_contract_id="K-0"),
    "a word for what was approved": _row(
        "purchase_orders", ("values.parsed", "approved_original.present"), approved_original="tbd"
    ),
    "nothing approved": _row("purchase_orders", "approved_original.present", approved_original=""),
    "promised for the thirteenth month": _row(
        "deliveries", ("promised_date.parsed", "promised_date.present"), promised_date="2026-13-10"
    ),
    "delivered soon": _row("deliveries", "delivered_date.parsed", delivered_date="soon"),
    "delivered in the future": _row("deliveries", "delivered_date.not_in_future", delivered_date=FUTURE),
    "delivered before it was ordered": _row(
        "deliveries", "delivered_date.not_before_ordered", delivered_date="2026-02-28"
    ),
    "a word for how many": _row("deliveries", "values.parsed", quantity="a few"),
    "a delivery from nobody": _row("deliveries", "vendor.present", vendor=""),
    "promised for no day": _row("deliveries", "promised_date.present", promised_date=""),
    "a cost of a team that nobody knows": _row("cost_lines", "team.known", team="Nobody"),
    "a cost of a service that nobody knows": _row("cost_lines", "service.known", service="Telex"),
    "a cost of a vendor that nobody knows": _row("cost_lines", "vendor.known", vendor="Acme"),
    "a cost of a team in small letters": _row("cost_lines", "team.known", team="desk"),
    "a cost under an alias": _row("cost_lines", (), team="SERVICEDESK"),
    "a plan of a team that nobody knows": _row("budget_lines", "team.known", team="Nobody"),
    "a claim of a team that nobody knows": _row("benefit_lines", "team.known", team="Nobody"),
    "heads of a team that nobody knows": _row("headcount", "team.known"),
    "a contract with a vendor that nobody knows": _row("vendor_contracts", "vendor.known", vendor="Acme"),
    "an invoice from a vendor that nobody knows": _row("vendor_invoice_lines", "vendor.known", vendor="Acme"),
    "an order from a vendor that nobody knows": _row("purchase_orders", "vendor.known", vendor="Acme"),
    "a delivery from a vendor that nobody knows": _row("deliveries", "vendor.known", vendor="Acme"),
    "a delivery of a service that nobody knows": _row("deliveries", "service.known", service="Telex"),
    "a delivery to a team that nobody knows": _row("deliveries", "team.known", team="Nobody"),
}  # fmt: skip


@dataclass(frozen=True)
class Special:
    """An export of its own, for what a contract has to say first: marks, cases, totals.

    Attributes:
        usual: what its rows have beside those that are good everywhere.
        rows: key and values of those that are wrong, and of those that stand beside them.
        broken: key -> rules that name it.
        more: columns that feed nothing.
    """

    table: str
    rows: tuple[tuple[str, Mapping[str, str]], ...]
    broken: Mapping[str, tuple[str, ...]]
    usual: Mapping[str, str] = field(default_factory=dict)
    settings: str = ""
    feeds: Mapping[str, str] = field(default_factory=dict)
    more: tuple[str, ...] = ()
    ordinary_count: int = 20


_PRESENT = "amount_original.present"


def _marks(table: str) -> Special:
    return Special(
        table,
        ((f"{table} without a mark", {"amount_original": "7.00"}),),
        {f"{table} without a mark": ("amount_original.has_sign", _PRESENT)},
        usual={"amount_original": "7.00 DR"},
        feeds={"amount_original": f"{{to: {table}.amount_original, sign: {{debit: [DR], credit: [CR]}}}}"},
    )


def _cases(table: str) -> Special:
    name = f"{table} of two minds"
    return Special(
        table,
        ((name, {}), (name, {"amount_original": "8.00"})),
        {name: ("case.agrees", _PRESENT)},
        settings=f"      - {{property: oneRowPer, value: {{columns: {COLUMNS[table][0]}}}}}\n",
    )


def _totals(table: str, document: str) -> Special:
    name = f"{table} short of its total"
    return Special(
        table,
        ((name, {document: "short", "total": "9.99"}),),
        {name: ("amount_original.equals_control_total",)},
        usual={"total": "140.00", "amount_original": "7.00"},
        settings=(
            "      - property: controlTotals\n"
            f"        value: [{{of: amount_original, toldIn: total, per: {document}}}]\n"
        ),
        feeds={"total": "nothing"},
        more=("total",),
    )


SPECIAL = {
    "marked costs": _marks("cost_lines"),
    "marked invoices": _marks("vendor_invoice_lines"),
    "cases of cost": _cases("cost_lines"),
    "cases of invoices": _cases("vendor_invoice_lines"),
    "totals of journals": _totals("cost_lines", "document_id"),
    "totals of invoices": _totals("vendor_invoice_lines", "invoice_id"),
    "swapped debits and credits": Special(
        "cost_lines",
        tuple((f"turned {number}", {"amount_original": "-7.00"}) for number in range(10)),
        {f"turned {number}": ("amount_original.mostly_debits",) for number in range(10)},
        ordinary_count=0,
    ),
}

#: The names that there are. The teams of headcount are the names of its rows.
LISTS = "\n".join(
    [
        "team: {Desk: [Servicedesk]}",
        "known:",
        "  priority: [P1, P2]",
        "  service: [Mail]",
        "  vendor: [Ace]",
        "  team:",
        "  - Desk",
        *(f"  - good {number}" for number in range(200)),
        *(
            f"  - {name}"
            for name, one in ROWS.items()
            if one.table == "headcount" and "headcount.team.known" not in one.rules
        ),
    ]
)

STATUSES = "statuses:\n  plain: {New: queued, Active: active, Closed: done}\n"
TICKET_COLUMNS = (
    *("ticket_id", "created_at", "status", "first_response_at", "resolved_at", "closed_at"),
    *("team", "priority", "service", "vendor"),
)  # fmt: skip
GOOD_TICKET = {
    "created_at": "2026-03-10 09:00:00", "status": "Closed", "resolved_at": "2026-03-10 15:00:00",
    "occurred_at": "2026-03-10 15:00:00", "team": "Desk", "priority": "P1", "service": "Mail", "vendor": "Ace",
}  # fmt: skip


def _ticket(shape: str, *rules: str, **values: str) -> Spoilt:
    return Spoilt(shape, frozenset(f"tickets.{rule}" for rule in rules), values)


TICKETS = {
    "created in words": _ticket("snapshot", "created_at.parsed", "created_at.present", created_at="yesterday"),
    "created at no time": _ticket("snapshot", "created_at.present", created_at=""),
    "resolved in words": _ticket("snapshot", "resolved_at.parsed", "resolved_at.present_when_done", resolved_at="soon"),
    "done at no time": _ticket("snapshot", "resolved_at.present_when_done", resolved_at=""),
    "answered before it was created": _ticket(
        "snapshot", "first_response_at.not_before_created", first_response_at="2026-03-10 08:00:00"
    ),
    "closed in words": _ticket("snapshot", "values.parsed", closed_at="n/a"),
    # Clocks were put forward at two in the morning of 29 March 2026.
    "resolved in the hour that was left out": _ticket(
        "snapshot", "times.unambiguous", resolved_at="2026-03-29 02:30:00"
    ),
    "an event in words": _ticket("event_log", "events.parsed", "events.present", occurred_at="later"),
    "with a team that nobody knows": _ticket("snapshot", "team.known", team="Nobody"),
    "of a priority that nobody knows": _ticket("snapshot", "priority.known", priority="P9"),
    "about a service that nobody knows": _ticket("snapshot", "service.known", service="Telex"),
    "with a vendor that nobody knows": _ticket("snapshot", "vendor.known", vendor="Acme"),
    "from a team that nobody knows": _ticket("event_log", "team.known", team_before="Nobody"),
    "raised from a priority that nobody knows": _ticket("event_log", "priority.known", priority_before="P9"),
    "once with a vendor that nobody knows": _ticket("event_log", "vendor.known", vendor="Acme"),
}  # fmt: skip


def rows_of(table: str, spoilt: Mapping[str, Spoilt]) -> list[dict[str, str]]:
    """Two hundred good rows, and those of the table that are spoilt, each under its own name."""
    key = COLUMNS[table][0]
    good = GOOD[table]
    if table == "fx_rates":
        return [
            {**good, "rate_date": day.isoformat(), "quote_currency_code": code}
            for day in RATE_DAYS
            for code in ("USD", "GBP")
        ]
    key = "team" if table == "headcount" else key
    rows = [{**good, key: f"good {number}"} for number in range(200)]
    for name, one in spoilt.items():
        if one.table == table:
            rows += [{**good, key: name, **one.values}]
            rows += [{**good, key: name, **one.values, **one.again}] if one.again is not None else []
    if table == "vendor_contracts":
        rows = [{"vendor_contract_id": row[key], **row} for row in rows]
    return rows

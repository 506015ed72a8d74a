"""One row that is wrong in one way, for every rule that judges rows: the rule names it, and nothing else is named.

`ROWS` and `TICKETS` are to be read as tables: a name, the table, what is wrong, the rules that name the row. All rows
of a table lie in one export among good ones. What breaks a key or a rate holds everything: `WHOLE_FILES` has a home
each. What no export can do, since staging mends or refuses it, and what only a fault of the pipeline could do, is put
into the tables themselves: `TABLES`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from demo_homes import DemoHome
from plain_exports import write_export, write_plain_home

from data_contracts.loader import load_fact_contract
from models.vocabulary import Domain, RuleAction, RuleState
from pipelines.audit import audit
from pipelines.ingest import ingest_domain
from pipelines.session import SilentReporter, open_session
from pipelines.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    from conftest import CleanRun

    from data_contracts.spec import Rule

pytestmark = pytest.mark.xdist_group("faults")

ROW = "fault matrix row"
#: Columns of each export, the key first; rates and headcount have keys of several columns.
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


def _rows_of(table: str, spoilt: Mapping[str, Spoilt]) -> list[dict[str, str]]:
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


def _write(home: Path, table: str, rows: Iterable[Mapping[str, str]]) -> None:
    domain = "finance" if table in FINANCE else "vendors"
    required = ("vendor",) if table == "cost_lines" else ()
    write_export(home, table, {table: COLUMNS[table]}, rows, domain=domain, required=required)


def _broken(demo: DemoHome) -> dict[str, set[str]]:
    """Key of a record, without its source -> the rules that name it."""
    queries = demo.warehouse("SELECT rule_id, failing_rows_query FROM ops.ops_rule_results WHERE state = 'failed'")
    broken: dict[str, set[str]] = {}
    for rule, query in queries:
        for row in demo.warehouse(f"SELECT DISTINCT * FROM ({query})"):
            broken.setdefault(str(row[0]).removeprefix("plain:"), set()).add(rule)
    return broken


def _ingest(folder: Path, *domains: Domain) -> DemoHome:
    demo = DemoHome(folder)
    with open_session(demo.project(), reporter=SilentReporter()) as session:
        for domain in domains:
            ingest_domain(session, domain)
    return demo


@pytest.fixture(scope="module")
def money(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    folder = write_plain_home(tmp_path_factory.mktemp("rows") / "home", {"dimensions.yaml": LISTS})
    for table in COLUMNS:
        _write(folder, table, _rows_of(table, ROWS))
    for name, special in SPECIAL.items():
        _write_special(folder, name.replace(" ", "_"), special)
    return _broken(_ingest(folder, Domain.FINANCE, Domain.VENDORS))


def _write_special(folder: Path, name: str, special: Special) -> None:
    key = COLUMNS[special.table][0]
    good = {**GOOD[special.table], **special.usual}
    ordinary = [{key: f"{name} {number}"} for number in range(special.ordinary_count)]
    write_export(
        folder,
        name,
        {special.table: [*COLUMNS[special.table], *special.more]},
        [{**good, **row} for row in (*ordinary, *({key: bad, **row} for bad, row in special.rows))],
        domain="finance" if special.table in FINANCE else "vendors",
        settings=special.settings,
        feeds=special.feeds,
    )


@pytest.fixture(scope="module")
def tickets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    policies = {"statuses.yaml": STATUSES, "dimensions.yaml": LISTS}
    folder = write_plain_home(tmp_path_factory.mktemp("tickets") / "home", policies)
    for shape in ("snapshot", "event_log"):
        rows = [{"ticket_id": f"{shape} {number}"} for number in range(200)]
        rows += [{"ticket_id": name, **one.values} for name, one in TICKETS.items() if one.table == shape]
        fed: dict[str, Iterable[str]] = {"tickets": TICKET_COLUMNS}
        if shape == "event_log":
            told = ("team", "team_before", "priority", "priority_before", "vendor")
            fed["ticket_events"] = ("ticket_id", "occurred_at", "status", *told)
        good = [{**GOOD_TICKET, **row} for row in rows]
        write_export(folder, shape, fed, good, shape=shape, zone="Europe/Amsterdam")
    return _broken(_ingest(folder, Domain.TICKETS))


@pytest.mark.parametrize("name", [*ROWS, *TICKETS])
def test_a_spoilt_row_is_named(
    name: str, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    one = (ROWS | TICKETS)[name]
    broken = request.getfixturevalue("money" if name in ROWS else "tickets")
    assert broken.get(name, set()) == set(one.rules)
    first, *rest = sorted(one.rules) or ["harmless"]
    words = (f"caught: {first}" if one.rules else first) + (f" and {len(rest)} more" if rest else "")
    record_property(ROW, [f"row: {name}", words, "", "", ""])


def test_nothing_but_the_spoilt_rows_of_money_is_named(money: dict[str, set[str]]) -> None:
    expected = {name: set(one.rules) for name, one in ROWS.items() if one.rules}
    for special in SPECIAL.values():
        for name, rules in special.broken.items():
            expected[name] = {f"{special.table}.{rule}" for rule in rules}
    assert money == expected


def test_nothing_but_the_spoilt_tickets_is_named(tickets: dict[str, set[str]]) -> None:
    assert tickets == {name: set(one.rules) for name, one in TICKETS.items()}


def _twice(rows: list[dict[str, str]]) -> None:
    """The third row comes again with another figure, and is not the same line."""
    figure = next(column for column in ("amount_original", "fx_rate", "headcount", "quantity") if column in rows[2])
    rows.append({**rows[2], figure: "12"})


def _set(**values: str) -> Callable[[list[dict[str, str]]], None]:
    """The third row has other values."""
    return lambda rows: rows[2].update(values)


#: Files that break a key or a rate: what they do, and the rule that holds everything of their table.
WHOLE_FILES: dict[str, tuple[str, Callable[[list[dict[str, str]]], None], str]] = {
    "one number for two lines of cost": ("cost_lines", _twice, "cost_lines.cost_line_id.unique"),
    "one number for two plans": ("budget_lines", _twice, "budget_lines.budget_line_id.unique"),
    "one number for two billed lines": (
        "vendor_invoice_lines", _twice, "vendor_invoice_lines.vendor_invoice_line_id.unique"
    ),
    "one number for two deliveries": ("deliveries", _twice, "deliveries.delivery_id.unique"),
    "two figures for a team and month": ("headcount", _twice, "headcount.month_date_and_team.unique"),
    "two rates of one day": ("fx_rates", _twice, "fx_rates.rate_date_and_pair.unique"),
    "a rate of nothing": ("fx_rates", _set(fx_rate="0"), "fx_rates.fx_rate.positive"),
    "a rate of a currency in words": (
        "fx_rates", _set(quote_currency_code="Dollar"), "fx_rates.currency_codes.valid"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_a_file_with_a_broken_key_holds_what_is_made_of_it(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    table, spoil, rule = WHOLE_FILES[name]
    folder = write_plain_home(tmp_path / "home")
    rows = _rows_of(table, {})
    spoil(rows)
    _write(folder, table, rows)
    domain = Domain.FINANCE if table in FINANCE else Domain.VENDORS
    demo = _ingest(folder, domain)
    assert set(demo.failed_rules()) == {rule}
    assert demo.warehouse("SELECT verdict FROM ops.ops_verdicts WHERE is_current") == [("hold",)]
    record_property(ROW, [f"file: {name}", f"holds: {rule}", "", "", ""])


#: Tables whose lines two contracts of one source could mix up, and the rule that finds them.
TWO_CONTRACTS = {
    "cost_lines": "cost_lines.cost_line_id.unique",
    "budget_lines": "budget_lines.budget_line_id.unique",
    "benefit_lines": "benefit_lines.benefit_line_id.unique",
    "vendor_invoice_lines": "vendor_invoice_lines.vendor_invoice_line_id.unique",
    "purchase_orders": "purchase_orders.purchase_order_line_id.unique",
    "deliveries": "deliveries.delivery_id.unique",
}


@pytest.mark.parametrize("table", TWO_CONTRACTS)
def test_lines_of_two_contracts_with_one_source_never_replace_each_other(
    table: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rule, key = TWO_CONTRACTS[table], COLUMNS[table][0]
    domain = Domain.FINANCE if table in FINANCE else Domain.VENDORS
    folder = write_plain_home(tmp_path / "home")
    rows = _rows_of(table, {})
    # Half of the second export has numbers of the first.
    more = [{**row, key: row[key] if number < 100 else f"more {number}"} for number, row in enumerate(rows)]

    def write_second(source: str) -> None:
        write_export(
            folder, "second", {table: COLUMNS[table]}, more, source=source, domain=domain.value, required=("vendor",)
        )

    write_export(folder, "first", {table: COLUMNS[table]}, rows, domain=domain.value, required=("vendor",))
    write_second("plain")
    demo = _ingest(folder, domain)
    assert set(demo.failed_rules()) == {rule}
    assert demo.warehouse(f"SELECT count(*) FROM stg.stg_{table}") == [(400,)]
    ((message,),) = demo.warehouse(f"SELECT message FROM ops.ops_rule_results WHERE rule_id = '{rule}'")
    assert (
        "100 keys are in files of contracts/first.yaml and of contracts/second.yaml, which both have the source "
        "'plain', such as 'plain:good 0'."
    ) in message
    record_property(ROW, [f"two contracts of one source: {table}", f"names: {rule}", "", "", ""])

    write_second("other")
    demo = _ingest(folder, domain)
    assert demo.failed_rules() == {}
    assert demo.warehouse(f"SELECT source, count(*) FROM stg.stg_{table} GROUP BY ALL ORDER BY ALL") == [
        ("other", 200),
        ("plain", 200),
    ]


#: Changes of tables that no export makes, since staging gives every line a key and every ticket one row: what is done
#: to the tables of a home that was measured, the rule, and the domain or facts that it belongs to.
TABLES: dict[str, tuple[str, str, str]] = {
    "a ticket that stands twice": (
        "INSERT INTO stg.stg_tickets FROM stg.stg_tickets LIMIT 1", "tickets.ticket_id.unique", "tickets"
    ),
    "a ticket without a key": (
        "INSERT INTO stg.stg_tickets SELECT * REPLACE (NULL AS ticket_id) FROM stg.stg_tickets LIMIT 1",
        "tickets.ticket_id.present", "tickets",
    ),
    "events whose ticket is gone": (
        "DELETE FROM stg.stg_tickets WHERE ticket_id = (SELECT min(ticket_id) FROM stg.stg_ticket_events)",
        "ticket_events.ticket_id.known", "tickets",
    ),
    **{
        f"{table} without a key": (
            f"UPDATE stg.stg_{table} SET {COLUMNS[table][0]} = NULL WHERE row_number = 5",
            f"{table}.{COLUMNS[table][0]}.present", "finance" if table in FINANCE else "vendors",
        )
        for table in ("cost_lines", "budget_lines", "vendor_contracts", "vendor_invoice_lines", "deliveries")
    },
    "a line of cost that got lost": (
        "DELETE FROM core.fct_cost_lines WHERE cost_line_id = (SELECT min(cost_line_id) FROM core.fct_cost_lines)",
        "fct_cost_lines.cost_line_id.complete", "cost_facts",
    ),
    "an amount that was converted at another rate": (
        "UPDATE core.fct_cost_lines SET amount_reporting = amount_reporting + 1 WHERE currency_code = 'USD'",
        "fct_cost_lines.amount_reporting.converted", "cost_facts",
    ),
    "a pool that was shared out twice": (
        "INSERT INTO core.fct_cost_allocations FROM core.fct_cost_allocations WHERE cost_pool = 'payroll'",
        "fct_cost_lines.amount_reporting.allocated_in_total", "cost_facts",
    ),
    "a pool's cost in another month": (
        (
            "UPDATE core.fct_cost_allocations SET period_start_date = period_start_date + INTERVAL 1 MONTH "
            "WHERE cost_pool = 'payroll' AND period_grain = 'month'"
        ),
        "fct_cost_lines.amount_reporting.allocated_by_period", "cost_facts",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_fault_of_the_pipeline_itself_is_named(
    name: str, clean_run: CleanRun, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    spoil, rule_id, judged = TABLES[name]
    project = clean_run.demo.project()
    contract = load_fact_contract(judged) if judged == "cost_facts" else project.warehouse_contract(Domain(judged))
    (rule,) = [rule for rule in contract.rules if rule.id == rule_id]
    copy = tmp_path / "warehouse.duckdb"
    shutil.copyfile(clean_run.demo.home.warehouse, copy)
    with open_warehouse(copy) as warehouse:
        assert _names_nothing(warehouse, rule)
        warehouse.execute(spoil)
        assert not _names_nothing(warehouse, rule)
    assert rule.action is RuleAction.BLOCK
    record_property(ROW, [f"table: {name}", f"holds: {rule_id}", "", "", ""])


def _names_nothing(warehouse: Warehouse, rule: Rule) -> bool:
    (result,) = audit(warehouse, [rule], reporting_currency="EUR")
    assert result.state is not RuleState.ERRORED, result.error
    return result.failed_count == 0

"""One row that is wrong in one way, for every rule that judges rows: the rule names it, and nothing else is named.

The rows are in `spoilt_rows`. All rows of a table lie in one export among good ones. What breaks a key or a rate holds
everything: `WHOLE_FILES` has a home each. What no export can do, since staging mends or refuses it, and what only a
fault of the pipeline could do, is put into the tables themselves: `TABLES`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from demo_homes import DemoHome
from plain_exports import write_export, write_plain_home
from spoilt_rows import (
    COLUMNS,
    FINANCE,
    GOOD,
    GOOD_TICKET,
    LISTS,
    ROWS,
    SPECIAL,
    STATUSES,
    TICKET_COLUMNS,
    TICKETS,
    Special,
    rows_of,
)

from data_contracts.loader import load_fact_contract
from models.vocabulary import Domain, RuleAction, RuleState
from pipelines.gate.audit import audit
from pipelines.gate.ingest import ingest_domain
from pipelines.session import SilentReporter, open_session
from pipelines.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    from conftest import CleanRun

    from data_contracts.spec import Rule

pytestmark = pytest.mark.xdist_group("faults")

ROW = "fault matrix row"
#: Columns of each export, the key first; rates and headcount have keys of several columns.


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
        _write(folder, table, rows_of(table, ROWS))
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
    rows = rows_of(table, {})
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
    rows = rows_of(table, {})
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


#: Tables known by what their rows are of: the rule, the column that differs, and how the message names one.
FIGURES = {
    "fx_rates": ("fx_rates.rate_date_and_pair.unique", "fx_rate", "10 rates, such as '2026-03-02 EUR USD'"),
    "headcount": ("headcount.month_date_and_team.unique", "headcount", "10 headcounts, such as '2026-03-01 good 0'"),
}


@pytest.mark.parametrize("table", FIGURES)
def test_what_two_contracts_say_in_different_ways_is_held_and_the_same_counts_once(
    table: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rule, figure, named = FIGURES[table]
    folder = write_plain_home(tmp_path / "home")
    rows = sorted(rows_of(table, {}), key=lambda row: row.get("quote_currency_code", ""), reverse=True)
    write_export(folder, "first", {table: COLUMNS[table]}, rows, domain="finance")

    def write_second(spoilt_count: int, source: str) -> None:
        more = [{**row, figure: "1.5"} if number < spoilt_count else row for number, row in enumerate(rows)]
        write_export(folder, "second", {table: COLUMNS[table]}, more, source=source, domain="finance")

    write_second(0, "other")
    demo = _ingest(folder, Domain.FINANCE)
    assert demo.failed_rules() == {}
    assert demo.warehouse(f"SELECT count(*) FROM stg.stg_{table}") == [(len(rows),)]
    for source in ("plain", "other"):
        write_second(10, source)
        demo = _ingest(folder, Domain.FINANCE)
        assert set(demo.failed_rules()) == {rule}
        assert demo.warehouse("SELECT verdict FROM ops.ops_verdicts WHERE is_current") == [("hold",)]
        ((message,),) = demo.warehouse(f"SELECT message FROM ops.ops_rule_results WHERE rule_id = '{rule}'")
        assert f"contracts/first.yaml and contracts/second.yaml say different things of {named}" in message
    record_property(ROW, [f"two contracts that differ: {table}", f"holds: {rule}", "", "", ""])


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

"""A line that came again in another spelling is the same line: of its kind, cost centre, month or vendor."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from demo_homes import DemoHome
from test_later_files import add_export, drop, ingest

from models.vocabulary import Domain
from pipelines.cli.demo_home import DemoFacts, write_demo_home
from pipelines.notices.unknown_names import KNOWN_NAMES, find_unknown_names, read_names

pytestmark = pytest.mark.slow

BUDGET = {
    "month": ("date", "[budget_lines.month_date, budget_lines.budget_line_id]"),
    "centre": ("string", "[budget_lines.cost_centre, budget_lines.budget_line_id]"),
    "kind": ("string", "[budget_lines.kind, budget_lines.budget_line_id]"),
    "amount": ("number", "budget_lines.amount_original"),
    "currency": ("string", "budget_lines.currency_code"),
}
INVOICES = {
    "number": ("string", "[vendor_invoice_lines.invoice_id, vendor_invoice_lines.vendor_invoice_line_id]"),
    "vendor": ("string", "[vendor_invoice_lines.vendor, vendor_invoice_lines.vendor_invoice_line_id]"),
    "day": ("date", "vendor_invoice_lines.invoice_date"),
    "amount": ("number", "vendor_invoice_lines.amount_original"),
    "currency": ("string", "vendor_invoice_lines.currency_code"),
}
PLANNED = """
    SELECT budget_line_id, cost_centre, CAST(amount_original AS DOUBLE) FROM stg.stg_budget_lines
    WHERE source = 'plans' ORDER BY 1
"""
BILLED = """
    SELECT vendor_invoice_line_id, vendor, CAST(amount_original AS DOUBLE) FROM stg.stg_vendor_invoice_lines
    WHERE source = 'bills' ORDER BY 1
"""
PLAN_HEADER, BILL_HEADER = "month,centre,kind,amount,currency", "number,vendor,day,amount,currency"


def set_policy(demo: DemoHome, name: str, text: str) -> None:
    (demo.home.policies / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("revised", ["2026-04-01,CC10,Budget", "2026-04-01,cc10,budget", "01.04.2026,Cc10, BUDGET "])
def test_a_revised_budget_replaces_the_one_that_was_spelt_otherwise(never_run: DemoHome, revised: str) -> None:
    set_policy(never_run, "costs.yaml", "cost_centres: {CC10: {team: Ops}}\n")
    folder = add_export(never_run, "plans", "finance", "lines", BUDGET)
    contract = never_run.home.contracts / "plans.yaml"
    text = contract.read_text(encoding="utf-8").replace(
        "customProperties: [{property: feeds, value: [budget_lines.month_date",
        'customProperties: [{property: formats, value: ["%Y-%m-%d", "%d.%m.%Y"]}, '
        "{property: feeds, value: [budget_lines.month_date",
    )
    contract.write_text(text, encoding="utf-8")
    drop(folder, "plan_1.csv", PLAN_HEADER, "2026-04-01,CC10,budget,22000,EUR", "2026-04-01,CC10,forecast,23000,EUR")
    ingest(never_run, Domain.FINANCE)
    drop(folder, "plan_2.csv", PLAN_HEADER, f"{revised},25000,EUR")
    ingest(never_run, Domain.FINANCE)
    wanted = [
        ("plans:2026-04-01/CC10/budget", "CC10", 25000.0),
        ("plans:2026-04-01/CC10/forecast", "CC10", 23000.0),
    ]
    assert never_run.warehouse(PLANNED) == wanted
    ingest(never_run, Domain.FINANCE, is_full=True)
    assert never_run.warehouse(PLANNED) == wanted


def test_cost_centres_that_no_policy_lists_are_told_and_joined_by_the_line_that_is_told(never_run: DemoHome) -> None:
    folder = add_export(never_run, "plans", "finance", "lines", BUDGET)
    drop(folder, "plan_1.csv", PLAN_HEADER, "2026-04-01,ZZ10,budget,22000,EUR")
    drop(folder, "plan_2.csv", PLAN_HEADER, "2026-04-01,zz10,budget,25000,EUR")
    ingest(never_run, Domain.FINANCE)
    assert len(never_run.warehouse(PLANNED)) == 2

    def told() -> list[str]:
        names = read_names(never_run.warehouse(KNOWN_NAMES[Domain.FINANCE]))
        found = find_unknown_names(never_run.project().policies, names)
        return [notice.message for notice in found if notice.code == "alike_names" and "cost centre" in notice.message]

    (message,) = told()
    assert message.startswith("1 cost centre is written in several ways that differ in capitals only, such as 'ZZ10'")
    line = message.partition("under cost_centres: ")[2].rstrip(".")
    costs = never_run.home.policies / "costs.yaml"
    text = costs.read_text(encoding="utf-8")
    assert text.count("\ncost_centres:\n") == 1
    costs.write_text(text.replace("\ncost_centres:\n", f"\ncost_centres:\n  {line}\n"), encoding="utf-8")
    ingest(never_run, Domain.FINANCE)
    assert never_run.warehouse(PLANNED) == [("plans:2026-04-01/ZZ10/budget", "ZZ10", 25000.0)]
    assert told() == []


def test_an_invoice_under_another_name_of_its_vendor_is_the_same_invoice(never_run: DemoHome) -> None:
    folder = add_export(never_run, "bills", "vendors", "lines", INVOICES)
    drop(folder, "bills_1.csv", BILL_HEADER, "OT-104,ACE TELECOM LTD,2026-04-30,1000,EUR")
    drop(folder, "bills_2.csv", BILL_HEADER, "OT-104,Ace Telecom,2026-04-30,1000,EUR", "OT-104,Bee,2026-04-30,7,EUR")
    ingest(never_run, Domain.VENDORS)
    assert len(never_run.warehouse(BILLED)) == 3
    # That somebody says the two are one counts from the next run on, for what was read before, too.
    set_policy(never_run, "dimensions.yaml", "vendor: {Ace Telecom: [Ace Telecom Ltd]}\n")
    ingest(never_run, Domain.VENDORS)
    wanted = [("bills:OT-104/Ace Telecom", "Ace Telecom", 1000.0), ("bills:OT-104/Bee", "Bee", 7.0)]
    assert never_run.warehouse(BILLED) == wanted
    ingest(never_run, Domain.VENDORS, is_full=True)
    assert never_run.warehouse(BILLED) == wanted


def test_what_was_billed_is_published_once(tmp_path: Path) -> None:
    """The whole of it: a small company, some of whose invoices come again under another name of their vendor."""
    demo = DemoHome(tmp_path / "home")
    write_demo_home(demo.folder, DemoFacts(tickets=150, years=0.25, seed=7))
    demo = demo.publish_to("duckdb")
    bills = demo.landing / "vendor_invoices"
    first = min(bills.glob("*.csv"))
    header, *lines = first.read_text(encoding="utf-8").splitlines()
    vendor = "Orbit Telecom"
    again = [line.replace(f",{vendor},", f",{vendor.upper()} PLC,") for line in lines if f",{vendor}," in line]
    assert again
    assert demo.run().steps
    before = billed_in(demo)
    dimensions = demo.home.policies / "dimensions.yaml"
    text = dimensions.read_text(encoding="utf-8")
    assert "\nvendor:" not in text
    dimensions.write_text(f"{text}\nvendor: {{{vendor}: [{vendor.upper()} PLC]}}\n", encoding="utf-8")
    (bills / f"{first.stem}_again.csv").write_text("\n".join([header, *again, ""]), encoding="utf-8")
    assert demo.run().steps
    assert billed_in(demo) == before
    assert sum(before.values()) > 0


def billed_in(demo: DemoHome) -> dict[object, float]:
    query = """
        SELECT period_start_date, value FROM mart.metric_values
        WHERE metric = 'vendor_billed_reporting' AND period_grain = 'month' AND dimension = 'overall'
    """
    with duckdb.connect(str(demo.home.published_file), read_only=True) as connection:
        return dict(connection.execute(query).fetchall())

"""A line without an exchange rate is set aside, and the gate says which pair and which days are missing."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from demo_homes import DemoHome

from pipelines.cli.main import kpi

pytestmark = pytest.mark.slow

HAS_RATE = "cost_lines.posting_date.has_rate"


def _drop_rates(landing: Path, wanted: str, *days: str) -> None:
    """Take away the rates with this text in their line, of days that begin so; of all days if none are named."""
    (path,) = (landing / "fx_rates").iterdir()
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if wanted not in line or not line.startswith(days or "")]
    assert len(kept) < len(lines)
    path.write_text("".join(kept), encoding="utf-8")


def _plan_in_dollars(landing: Path) -> None:
    """Write the same plan in another currency, which the workbook names once."""
    (path,) = (landing / "budgets").iterdir()
    with zipfile.ZipFile(path) as workbook:
        parts = {name: workbook.read(name) for name in workbook.namelist()}
    texts = parts["xl/sharedStrings.xml"]
    assert texts.count(b"<t>EUR</t>") == 1
    parts["xl/sharedStrings.xml"] = texts.replace(b"<t>EUR</t>", b"<t>USD</t>")
    with zipfile.ZipFile(path, "w") as workbook:
        for name, content in parts.items():
            workbook.writestr(name, content)


@pytest.fixture
def without_dollars(never_run: DemoHome) -> DemoHome:
    """The home without any dollar rate of October 2026; euros and pounds have theirs."""
    (path,) = (never_run.landing / "fx_rates").iterdir()
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not (line.startswith("2026-10") and ",USD," in line)]
    path.write_text("".join(kept), encoding="utf-8")
    return never_run


def test_kpi_check_names_pair_and_days(without_dollars: DemoHome) -> None:
    result = CliRunner().invoke(kpi, ["check", "--json", "--home", str(without_dollars.folder)])
    rules = {rule["rule"]: rule for rule in json.loads(result.output)["rules"]}
    broken = rules[HAS_RATE]
    assert broken["failed_count"] > 0
    assert "Missing: USD to EUR on " in broken["message"]
    assert "2026-10-" in broken["message"]
    assert "GBP" not in broken["message"]
    text = CliRunner().invoke(kpi, ["check", "--home", str(without_dollars.folder)]).output
    assert "USD to EUR on" in " ".join(text.split())


def test_lines_without_a_rate_are_set_aside_and_their_days_are_listed(without_dollars: DemoHome) -> None:
    without_dollars.measure()
    # Dollars of the days after the last rate of September plus the seven days for which it holds, counted by hand.
    lines = without_dollars.warehouse(
        """
        SELECT cost_line_id, posting_date FROM stg.stg_cost_lines AS lines
        WHERE currency_code = 'USD' AND NOT EXISTS (
            FROM stg.stg_fx_rates AS rates
            WHERE rates.quote_currency_code = 'USD'
              AND rates.rate_date BETWEEN lines.posting_date - 7 AND lines.posting_date
        )
        """
    )
    assert lines
    aside = "SELECT record_id FROM ops.ops_quarantined_records WHERE rule_id = ?"
    assert {key for (key,) in without_dollars.warehouse(aside, [HAS_RATE])} == {key for key, _ in lines}
    listed = without_dollars.warehouse("SELECT DISTINCT needed_date FROM ops.ops_missing_rates ORDER BY ALL")
    assert [day for (day,) in listed] == sorted({day for _, day in lines})
    unknown = "SELECT count(*) FROM core.fct_cost_lines WHERE amount_reporting IS NULL AND currency_code = 'USD'"
    if without_dollars.warehouse("SELECT verdict FROM ops.ops_verdicts WHERE domain = 'finance'") == [("pass",)]:
        assert without_dollars.warehouse(unknown) == [(len(lines),)]


def test_a_currency_that_nobody_quotes_is_named_too(never_run: DemoHome) -> None:
    _drop_rates(never_run.landing, ",GBP,")
    result = CliRunner().invoke(kpi, ["check", "--json", "--home", str(never_run.folder)])
    rules = {rule["rule"]: rule for rule in json.loads(result.output)["rules"]}
    assert "Missing: GBP to EUR on " in rules["cost_lines.currency_code.convertible"]["message"]
    assert rules[HAS_RATE]["failed_count"] == 0


def test_plans_and_invoices_are_told_with_pair_and_day_too(never_run: DemoHome) -> None:
    """Dollars of October have no rate; plans are converted by the rates of the ledger here, for want of their own."""
    costs = never_run.folder / "policies" / "costs.yaml"
    text = costs.read_text(encoding="utf-8")
    planned = "  fx: {rate: fixed, fixed: {USD: 0.92, GBP: 1.17}}\n"
    assert planned in text
    costs.write_text(text.replace(planned, ""), encoding="utf-8")
    _plan_in_dollars(never_run.landing)
    _drop_rates(never_run.landing, ",USD,", "2026-10", "2026-09-2", "2026-09-3")
    result = CliRunner().invoke(kpi, ["check", "--json", "--home", str(never_run.folder)])
    rules = {rule["rule"]: rule for rule in json.loads(result.output)["rules"]}
    plans = rules["budget_lines.month_date.has_rate"]
    assert plans["action"] == "quarantine"
    # The plan also has the months to come, of which no rate can be known yet.
    assert "Missing: USD to EUR on 2026-10-01 (" in plans["message"]
    invoices = rules["vendor_invoice_lines.invoice_date.has_rate"]
    assert invoices["action"] == "warn"
    assert invoices["failed_count"] > 0
    assert "Missing: USD to EUR on " in invoices["message"]
    assert "2026-10-" in invoices["message"]


def test_rates_that_arrive_later_judge_the_invoices_again(never_run: DemoHome) -> None:
    """No file of a vendor has changed, but what is said of its invoices does."""
    rule = (
        "SELECT failed_count FROM ops.ops_rule_results WHERE rule_id = 'vendor_invoice_lines.currency_code.convertible'"
    )
    (path,) = (never_run.landing / "fx_rates").iterdir()
    whole = path.read_text(encoding="utf-8")
    _drop_rates(never_run.landing, ",USD,")
    never_run.measure()
    ((lacking,),) = never_run.warehouse(rule)
    assert lacking > 0
    path.write_text(whole, encoding="utf-8")
    never_run.measure()
    assert never_run.warehouse(rule) == [(0,)]

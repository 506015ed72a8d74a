"""The vendor ledger over simulated exports: what was planted, to the cent; and bad bills, each by its own name."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from demo_homes import DemoHome

from pipelines.cli.demo_home import DemoFacts, write_demo_home
from pipelines.sample import SampleSummary, vendor_contracts
from pipelines.sample.vendor_billing import VENDOR_WITHOUT_ORDERS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vendor_ledger")]


@dataclass(frozen=True)
class Ledger:
    """A measured home, and what is true of its exports."""

    demo: DemoHome
    summary: SampleSummary

    def sums(self, query: str) -> dict[str, Decimal]:
        """Key -> amount of a query over the build database."""
        return {str(key): Decimal(amount) for key, amount in self.demo.warehouse(query)}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """A year and a half of 900 tickets."""
    folder = tmp_path_factory.mktemp("ledger") / "home"
    summary = write_demo_home(folder, DemoFacts(tickets=900, years=1.5, seed=11))
    demo = DemoHome(folder)
    demo.measure()
    return Ledger(demo, summary)


def test_the_variance_is_what_was_billed_above_the_rate_card(ledger: Ledger) -> None:
    found = ledger.sums(
        "SELECT vendor, sum(rate_card_variance_original) AS variance FROM core.fct_vendor_invoice_lines "
        "GROUP BY ALL HAVING variance <> 0"
    )
    assert found == dict(ledger.summary.money.billed_above_rate_card)
    assert found


def test_only_items_that_no_rate_card_knows_have_no_price(ledger: Ledger) -> None:
    found = ledger.sums(
        "SELECT vendor, sum(amount_original) FROM core.fct_vendor_invoice_lines "
        "WHERE match_state NOT IN ('matched', 'service_credit') GROUP BY ALL"
    )
    assert found == dict(ledger.summary.money.billed_outside_rate_card)
    assert ledger.demo.warehouse("SELECT DISTINCT match_state FROM core.fct_vendor_invoice_lines ORDER BY ALL") == [
        ("matched",),
        ("not_in_rate_card",),
        ("service_credit",),
    ]


def test_the_invoice_that_was_sent_twice_is_the_only_suspect(ledger: Ledger) -> None:
    found = ledger.sums("SELECT second_invoice_id, amount_original FROM core.fct_invoice_duplicate_suspects")
    assert found == dict(ledger.summary.money.duplicate_amounts)
    assert tuple(found) == ledger.summary.money.duplicate_invoices != ()


def test_orders_add_up_to_what_names_them(ledger: Ledger) -> None:
    found = {
        number: (approved, billed)
        for number, approved, billed in ledger.demo.warehouse(
            "SELECT purchase_order_id, approved_original, billed_original FROM core.fct_purchase_orders"
        )
    }
    assert found == dict(ledger.summary.money.orders)
    over = ledger.demo.warehouse(
        "SELECT purchase_order_id FROM core.fct_purchase_orders WHERE over_since_date IS NOT NULL ORDER BY ALL"
    )
    assert [number for (number,) in over] == sorted(name for name, (some, all_) in found.items() if all_ > some)
    assert over
    without = ledger.demo.warehouse(
        "SELECT DISTINCT vendor, purchase_order_state FROM core.fct_vendor_invoice_lines "
        "WHERE purchase_order_state <> 'ordered'"
    )
    assert without == [(VENDOR_WITHOUT_ORDERS, "no_order")]


def test_commitments_are_used_up_on_the_day_that_was_planted(ledger: Ledger) -> None:
    found = {
        contract: (committed, spend, day if state == "reached" else None)
        for contract, committed, spend, state, day in ledger.demo.warehouse(
            "SELECT vendor_contract_id, committed_spend_original, spend_original, run_out_state, run_out_date "
            "FROM core.fct_vendor_commitments"
        )
    }
    planted = ledger.summary.money.commitments
    assert found == {name: (truth.committed, truth.billed, truth.used_up_date) for name, truth in planted.items()}
    assert any(truth.used_up_date for truth in planted.values())


def test_nothing_is_taken_out_of_what_was_billed(ledger: Ledger) -> None:
    found = ledger.sums("SELECT currency_code, sum(amount_original) FROM core.fct_vendor_invoice_lines GROUP BY ALL")
    assert found == dict(ledger.summary.money.invoices_by_currency)


def test_months_of_the_metrics_add_up_to_the_lines(ledger: Ledger) -> None:
    totals = ledger.demo.warehouse(
        """
        SELECT sum(amount_reporting), sum(rate_card_variance_reporting), sum(duplicate_at_stake_reporting),
            sum(off_contract_reporting)
        FROM core.fct_vendor_invoice_lines
        """
    )[0]
    for grain in ("month", "quarter"):
        for metric, total in zip(
            ("billed", "rate_card_variance", "duplicate_at_stake", "billed_off_contract"), totals, strict=True
        ):
            query = "SELECT sum(value) FROM mart.metric_values WHERE metric = ? AND period_grain = ? AND dimension = ?"
            for dimension in ("overall", "vendor"):
                ((value,),) = ledger.demo.warehouse(query, [f"vendor_{metric}_reporting", grain, dimension])
                assert value == pytest.approx(float(total), abs=1e-6)


def test_lines_without_a_price_lower_the_coverage_and_open_the_bounds(ledger: Ledger) -> None:
    bad_month = ledger.summary.bad_month.month
    ((eligible, measured, lower),) = ledger.demo.warehouse(
        """
        SELECT sum(eligible_count), sum(measured_count), max(lower_bound) FILTER (measured_count < eligible_count)
        FROM mart.metric_values
        WHERE metric = 'vendor_rate_card_variance_reporting' AND period_grain = 'month' AND dimension = 'overall'
            AND period_start_date > ?
        """,
        [bad_month],
    )
    # One item that no rate card knows. The notes by which vendors gave a service credit do not count here.
    assert ledger.summary.money.service_credits_given
    assert eligible - measured == 1
    assert lower is None


# What is wrong with a bill or a contract, each with its own clear outcome.

_INVOICE = {
    "Invoice Number": "X-1", "Line": "1", "Vendor": "Kestrel Devices", "Invoice Date": "06/15/2026", "Service From": "",
    "Service To": "", "Purchase Order": "", "Item": "Device repair", "Quantity": "1", "Unit Price": "24.00",
    "Amount": "24.00", "Currency": "EUR",
}  # fmt: skip
_BAD_INVOICES = {
    "X-BEFORE": {"Invoice Date": "01/15/2021"},
    "X-NOBODY": {"Vendor": ""},
    "X-STRANGER": {"Vendor": "Nobody Knows Ltd"},
    "X-EUX": {"Currency": "EUX"},
    "X-TEXT": {"Amount": "See DN-304"},
    "X-QUANTITY": {"Quantity": "See DN-304"},
    "X-EUROPEAN": {"Invoice Date": "15.06.2026"},
    "X-ISO": {"Invoice Date": "2026-06-15"},
    "X-FUTURE": {"Invoice Date": "06/15/2062"},
    "X-ORDER": {"Purchase Order": "PO-XX-1999"},
}


@pytest.fixture(scope="module")
def spoilt(ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    """The same home after a file of bad invoices, and a register whose prices overlap and whose terms contradict."""
    demo = ledger.demo.copy_to(tmp_path_factory.mktemp("spoilt") / "home")
    _write(
        demo.landing / "vendor_invoices" / "bad.csv",
        [_INVOICE | {"Invoice Number": n} | c for n, c in _BAD_INVOICES.items()],
    )
    (register,) = (demo.landing / vendor_contracts.EXPORT).iterdir()
    with register.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["contract_id"] == "BF-2024-02" and row["item"] == "Cleaning round":
            row["end_date"] = "2030-12-31"
    rental = next(row for row in rows if row["item"] == "Device pool rental")
    later = rental | {"unit_price": "9.90", "price_from": "2026-06-01"}
    summer = rental | {"unit_price": "7.00", "price_from": "2026-05-01", "price_to": "2026-07-31"}
    _write(register, [*rows, later, summer])
    demo.measure()
    return demo


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("invoice", "match_state", "is_quarantined"),
    [
        ("X-BEFORE", "before_term", False),
        ("X-NOBODY", "no_vendor", True),
        ("X-STRANGER", "no_contract", False),
        ("X-EUX", "other_currency", False),
        ("X-TEXT", "no_amount", True),
        ("X-QUANTITY", "no_quantity", False),
        ("X-EUROPEAN", "no_date", True),
        ("X-ISO", "no_date", True),
        ("X-FUTURE", "after_term", True),
        ("X-ORDER", "matched", False),
    ],
)
def test_a_bad_bill_says_what_is_wrong_with_it(
    spoilt: DemoHome, invoice: str, match_state: str, is_quarantined: bool
) -> None:
    found = spoilt.warehouse(
        "SELECT match_state, is_quarantined FROM core.fct_vendor_invoice_lines WHERE invoice_id = ?", [invoice]
    )
    assert found == [(match_state, is_quarantined)]


def test_rules_name_what_is_wrong(spoilt: DemoHome) -> None:
    failed = spoilt.failed_rules()
    assert {rule: count for rule, count in failed.items() if rule.startswith("vendor_")} == {
        "vendor_invoice_lines.vendor.present": 1,
        "vendor_invoice_lines.amount_original.present": 1,
        "vendor_invoice_lines.amount_original.parsed": 1,
        "vendor_invoice_lines.invoice_date.present": 2,
        "vendor_invoice_lines.invoice_date.parsed": 2,
        "vendor_invoice_lines.invoice_date.not_in_future": 1,
        "vendor_invoice_lines.currency_code.convertible": 1,
        "vendor_invoice_lines.values.parsed": 1,
        "vendor_invoice_lines.vendor.known": 1,
        "vendor_contracts.rate_card.not_overlapping": 1,
        "vendor_contracts.terms.agree": 3,
    }


def test_one_wrong_date_does_not_end_contracts(spoilt: DemoHome, ledger: Ledger) -> None:
    query = "SELECT DISTINCT as_of_date FROM core.fct_vendor_contracts"
    assert spoilt.warehouse(query) == ledger.demo.warehouse(query)


def test_lines_of_an_unclear_contract_and_of_overlapping_prices_are_not_priced(spoilt: DemoHome) -> None:
    assert spoilt.warehouse(
        "SELECT contract_state, contradictory_columns FROM core.fct_vendor_contracts "
        "WHERE vendor_contract_id = 'BF-2024-02'"
    ) == [("unclear", "end_date")]
    states = spoilt.warehouse(
        "SELECT vendor, match_state, min(invoice_date), max(invoice_date) FROM core.fct_vendor_invoice_lines "
        "WHERE match_state IN ('contract_unclear', 'several_prices') GROUP BY ALL ORDER BY ALL"
    )
    assert [(vendor, state) for vendor, state, *_ in states] == [
        ("Brightway Facilities", "contract_unclear"),
        ("Kestrel Devices", "several_prices"),
    ]
    # May is covered by one price from 1 May and the first one; June and July by two of them; the rest by one.
    assert states[1][2] >= date(2026, 6, 1)
    assert states[1][3] <= date(2026, 8, 10)

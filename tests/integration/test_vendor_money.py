"""What the simulated company's vendors owe: the pipeline against what was planted, and against plain arithmetic.

Kept and broken promises were counted while the tickets were played; fees are added up from the invoice files, and
credits worked out with fractions. No code of `metrics` is used.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from fnmatch import fnmatch
from fractions import Fraction
from typing import Any

import pytest
import yaml
from demo_homes import DemoHome

from pipelines.cli.demo_home import DemoFacts, write_demo_home
from pipelines.sample import SampleSummary

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[DemoHome, SampleSummary]:
    """A year of the company, measured."""
    demo = DemoHome(tmp_path_factory.mktemp("vendor_money") / "home")
    summary = write_demo_home(demo.folder, DemoFacts(tickets=1500, years=1.0, seed=7))
    demo.measure()
    return demo, summary


@pytest.fixture(scope="module")
def rows_of(company: tuple[DemoHome, SampleSummary]) -> Callable[[str], Rows]:
    """All rows of a table of the warehouse."""

    def read(table: str) -> Rows:
        columns = [name for (name,) in company[0].warehouse(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index",
            [table.partition(".")[2]],
        )]  # fmt: skip
        return [dict(zip(columns, row, strict=True)) for row in company[0].warehouse(f"SELECT * FROM {table}")]

    return read


def months_of(credit: dict[str, Any]) -> Iterator[date]:
    start: date = credit["period_start_date"]
    for offset in range(1 if credit["period_grain"] == "month" else 3):
        index = start.year * 12 + start.month - 1 + offset
        yield date(index // 12, index % 12 + 1, 1)


def test_promises_kept_and_broken_are_those_that_were_planted(
    company: tuple[DemoHome, SampleSummary], rows_of: Callable[[str], Rows]
) -> None:
    truth = company[1].promises
    seen = 0
    for credit in rows_of("core.fct_service_credits"):
        if credit["promise_kind"] != "sla" or credit["credit_state"] == "period_open":
            continue
        months = list(months_of(credit))
        kept = sum(truth.kept[credit["vendor"], month] for month in months)
        broken = sum(truth.broken[credit["vendor"], month] for month in months)
        key = credit["service_credit_id"]
        assert (key, credit["met_count"], credit["breached_count"]) == (key, kept, broken)
        seen += kept + broken
    assert seen > 200
    assert sum(truth.broken.values()) > 10


def invoices(demo: DemoHome) -> Iterator[dict[str, Any]]:
    for path in sorted((demo.landing / "vendor_invoices").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                amount = line["Amount"].replace(",", "")
                is_credit = amount.startswith("(")
                month, day, year = map(int, line["Service From"].split("/"))
                yield {
                    **line,
                    "month": date(year, month, day),
                    "amount": Decimal(amount.strip("()")) * (-1 if is_credit else 1),
                }


def to_cents(exact: Fraction) -> Decimal:
    return Decimal(round(exact * 100)).scaleb(-2)


def test_credits_are_what_the_contracts_say(
    company: tuple[DemoHome, SampleSummary], rows_of: Callable[[str], Rows]
) -> None:
    demo, summary = company
    with (demo.landing / "vendor_contracts" / "contract_register.csv").open(encoding="utf-8", newline="") as file:
        register = list(csv.DictReader(file))
    policy = yaml.safe_load((demo.home.policies / "vendors.yaml").read_text(encoding="utf-8"))
    fees: defaultdict[tuple[str, date, str], Decimal] = defaultdict(Decimal)
    for line in invoices(demo):
        if line["Invoice Number"] not in summary.money.duplicate_invoices and line["Item"] != "Service credit":
            fees[line["Vendor"], line["month"], line["Item"]] += line["amount"]
    used_of_period: defaultdict[tuple[str, date], Decimal] = defaultdict(Decimal)
    used_of_year: defaultdict[tuple[str, int], Decimal] = defaultdict(Decimal)
    states = set()
    order = {
        promise["id"]: index for terms in policy["service_credits"] for index, promise in enumerate(terms["promises"])
    }
    credits_ = rows_of("core.fct_service_credits")
    for credit in sorted(credits_, key=lambda row: (row["period_start_date"], order[row["promise"]])):
        states.add(credit["credit_state"])
        if credit["credit_state"] == "period_open":
            continue
        contract = credit["vendor_contract_id"]
        terms = next(
            found for found in policy["service_credits"] if any(fnmatch(contract, name) for name in found["contract"])
        )
        promise = next(found for found in terms["promises"] if found["id"] == credit["promise"])
        items = terms.get("fee", {}).get("items", ["*"])
        lines = [
            amount
            for (vendor, month, item), amount in fees.items()
            if vendor == credit["vendor"]
            and month in set(months_of(credit))
            and any(fnmatch(item, wanted) for wanted in items)
        ]
        fee = sum(lines, Decimal(0)) if lines else None
        assert credit["fee_original"] == fee
        own = [
            row
            for row in register
            if row["contract_id"] == contract
            and row["sla_target_ratio"]
            and row["item"] == promise.get("item", row["item"])
        ]
        bands = promise.get("bands") or [
            {"below": own[0]["sla_target_ratio"], "credit": own[0]["service_credit_ratio"]}
        ]
        met, count = credit["met_count"], credit["met_count"] + credit["breached_count"]
        ratio = Fraction(0)
        if count >= promise.get("minimum_count", 1):
            for band in bands:
                if Fraction(met, count) < Fraction(str(band["below"])):
                    ratio = Fraction(str(band["credit"]))
        if ratio and fee is None:
            assert credit["credit_state"] == "not_measured"
            continue
        due = to_cents(ratio * Fraction(fee or 0))
        start = min(date.fromisoformat(row["start_date"]) for row in register if row["contract_id"] == contract)
        day: date = credit["covered_start_date"]
        year = day.year - start.year - ((day.month, day.day) < (start.month, start.day))
        cap = terms.get("cap", {})
        if "period_ratio" in cap and fee is not None:
            room = to_cents(Fraction(str(cap["period_ratio"])) * Fraction(fee))
            due = min(due, room - used_of_period[contract, credit["period_start_date"]])
        if "contract_year_amount" in cap:
            due = min(due, Decimal(cap["contract_year_amount"]) - used_of_year[contract, year])
        used_of_period[contract, credit["period_start_date"]] += due
        used_of_year[contract, year] += due
        assert (credit["service_credit_id"], credit["credit_due_original"]) == (credit["service_credit_id"], due)
        assert credit["to_claim_original"] == max(due - credit["given_original"], Decimal(0))
    assert {"due", "none", "period_open"} <= states


def test_the_bad_month_costs_the_new_vendor_money_and_part_of_it_was_given(
    company: tuple[DemoHome, SampleSummary], rows_of: Callable[[str], Rows]
) -> None:
    bad, money = company[1].bad_month, company[1].money
    (credit,) = [
        row
        for row in rows_of("core.fct_service_credits")
        if row["vendor"] == bad.vendor and row["period_start_date"] == bad.month
    ]
    assert credit["credit_state"] == "due"
    assert credit["given_original"] == money.service_credits_given[bad.vendor] > 0
    assert credit["to_claim_original"] == credit["credit_due_original"] - credit["given_original"] > 0
    broken = [
        row
        for row in rows_of("core.fct_service_credit_clocks")
        if row["service_credit_id"] == credit["service_credit_id"]
    ]
    assert len(broken) == credit["breached_count"]
    assert all(row["elapsed_microseconds"] > row["target_microseconds"] for row in broken)


def test_money_to_recover_is_what_was_planted(
    company: tuple[DemoHome, SampleSummary], rows_of: Callable[[str], Rows]
) -> None:
    money = company[1].money
    over_billed: defaultdict[str, Decimal] = defaultdict(Decimal)
    twice: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of("core.fct_vendor_recoverables"):
        if row["recoverable_kind"] == "over_billing" and row["amount_reporting"]:
            over_billed[row["vendor"]] += row["amount_reporting"]
        if row["recoverable_kind"] == "duplicate_invoice" and row["amount_reporting"]:
            twice[row["invoice_id"]] += row["amount_reporting"]
    # Its contract is in the reporting currency.
    assert dict(over_billed) == dict(money.billed_above_rate_card)
    billed: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in invoices(company[0]):
        if line["Invoice Number"] in money.duplicate_invoices:
            billed[line["Invoice Number"]] += line["amount"]
    assert dict(twice) == dict(billed)
    assert billed


def test_every_vendor_under_contract_has_a_scorecard_that_adds_up(rows_of: Callable[[str], Rows]) -> None:
    parts: defaultdict[tuple[str, str, date], Rows] = defaultdict(list)
    for part in rows_of("mart.vendor_scorecard_parts"):
        parts[part["vendor"], part["period_grain"], part["period_start_date"]].append(part)
    totals = rows_of("mart.vendor_scorecards")
    assert {row["vendor"] for row in totals} == {
        "Kestrel Devices", "Orbit Telecom", "Tessera Networks", "Brightway Facilities", "Nimbus Cloud",
    }  # fmt: skip
    for total in totals:
        own = parts[total["vendor"], total["period_grain"], total["period_start_date"]]
        assert sum(part["weight_ratio"] for part in own) == 1
        measured = [part for part in own if part["value"] is not None]
        weight = sum(float(part["weight_ratio"]) for part in measured)
        assert total["coverage_ratio"] == pytest.approx(weight)
        if total["score_ratio"] is None:
            assert weight < 0.5
        else:
            points = sum(float(part["weight_ratio"]) * part["score_ratio"] for part in measured)
            assert total["score_ratio"] == pytest.approx(points / weight)
            assert total["lower_bound"] - 1e-9 <= total["score_ratio"] <= total["upper_bound"] + 1e-9
    assert {"good", "act"} <= {row["score_state"] for row in totals}

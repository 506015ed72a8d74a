"""The finance and vendor exports, read back without the pipeline and held against the truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import fastexcel
import pytest
from sample_files import (
    Sample,
    read_delivery_date,
    read_invoice_amount,
    read_invoice_date,
    read_ledger_amount,
    read_ledger_date,
)


def test_ledger_adds_up_to_the_truth_and_every_journal_to_its_total(sample: Sample) -> None:
    by_currency: defaultdict[str, Decimal] = defaultdict(Decimal)
    journals: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in sample.ledger():
        by_currency[line["Currency"]] += read_ledger_amount(line["Amount"])
        journals[line["Journal"]].append(line)
    assert dict(by_currency) == dict(sample.summary.money.ledger_by_currency)
    assert set(by_currency) == {"EUR", "USD", "GBP"}
    for lines in journals.values():
        (total,) = {read_ledger_amount(line["Journal total"]) for line in lines}
        assert sum(read_ledger_amount(line["Amount"]) for line in lines) == total


def test_ledger_holds_what_real_ledgers_hold(sample: Sample) -> None:
    lines = sample.ledger()
    amounts = [line["Amount"] for line in lines]
    negative = [amount for amount in amounts if "-" in amount]
    assert len(negative) == sample.summary.money.credit_line_count
    assert any(amount.endswith("-") for amount in negative)
    assert any(amount.startswith("-") for amount in negative)
    assert any("." in amount for amount in amounts)
    copies = Counter(tuple(line.values()) for line in lines)
    repeated = sum(count for count in copies.values() if count > 1)
    assert repeated == sample.summary.money.identical_ledger_line_count > 0
    assert any(line["Text"].startswith("Reversal") for line in lines)
    assert any("–" in line["Text"] for line in lines)


def test_ledger_is_cp1252_and_not_utf8(sample: Sample) -> None:
    for path in sample.files("general_ledger"):
        with pytest.raises(UnicodeDecodeError):
            path.read_bytes().decode("utf-8")


def test_ledger_posts_nothing_after_the_end_and_files_by_year(sample: Sample) -> None:
    dates = [read_ledger_date(line["Posting date"]) for line in sample.ledger()]
    assert max(dates) <= sample.summary.last_date
    assert dates == sorted(dates)
    assert {f"ledger_{day.year}.csv" for day in dates} == {path.name for path in sample.files("general_ledger")}


def test_invoices_add_up_and_hold_a_credit_a_duplicate_and_an_overcharge(sample: Sample) -> None:
    money = sample.summary.money
    invoices = list(sample.csv_rows("vendor_invoices"))
    prices = [
        (row["vendor"], row["item"], row["price_from"], row["price_to"] or "9999", Decimal(row["unit_price"]))
        for row in sample.csv_rows("vendor_contracts")
    ]
    assert len({price[:2] for price in prices}) < len(prices)  # a price changes
    by_currency: defaultdict[str, Decimal] = defaultdict(Decimal)
    above: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in invoices:
        amount = read_invoice_amount(line["Amount"])
        assert amount == Decimal(line["Quantity"]) * Decimal(line["Unit Price"])
        by_currency[line["Currency"]] += amount
        day = read_invoice_date(line["Service From"]).isoformat()
        item = (line["Vendor"], line["Item"])
        for agreed in (price for *of, first, last, price in prices if tuple(of) == item and first <= day <= last):
            above[line["Vendor"]] += Decimal(line["Quantity"]) * (Decimal(line["Unit Price"]) - agreed)
    assert dict(by_currency) == dict(money.invoices_by_currency)
    assert {vendor: excess for vendor, excess in above.items() if excess} == dict(money.billed_above_rate_card)
    assert any(line["Amount"].startswith("(") for line in invoices)
    (duplicate,) = money.duplicate_invoices

    def billed(number: str) -> list[tuple[str, str]]:
        return [(line["Item"], line["Amount"]) for line in invoices if line["Invoice Number"] == number]

    assert billed(duplicate) == billed(duplicate.removesuffix("A"))
    assert billed(duplicate)


def test_every_invoice_dated_a_week_before_the_end_is_posted_with_the_same_amount(sample: Sample) -> None:
    posted: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in sample.ledger():
        posted[line["Text"].split(" ")[0]] += read_ledger_amount(line["Amount"])
    billed: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in sample.csv_rows("vendor_invoices"):
        if read_invoice_date(line["Invoice Date"]) < sample.summary.last_date - timedelta(days=7):
            billed[line["Invoice Number"]] += read_invoice_amount(line["Amount"])
    assert billed
    assert {number: posted[number] for number in billed} == billed


def test_budget_has_titles_a_total_and_the_truth(sample: Sample) -> None:
    (path,) = sample.files("budgets")
    book = fastexcel.read_excel(path)
    top = book.load_sheet("Budget", header_row=None, n_rows=4).to_polars().rows()
    assert "budget and forecast" in str(top[0][0])
    frame = book.load_sheet("Budget", header_row=3, dtypes="string").to_polars()
    assert frame.columns == ["Year", "Month", "Cost centre", "Account", "Kind", "Amount", "Currency"]
    lines, total = frame.rows(named=True)[:-1], frame.rows(named=True)[-1]
    assert len(lines) == sample.summary.rows("budgets", "budget_lines")
    assert total["Year"] == "Total"
    assert Decimal(total["Amount"]) == sum(Decimal(line["Amount"]) for line in lines)
    budget = sum(Decimal(line["Amount"]) for line in lines if line["Kind"] == "budget")
    assert budget == sample.summary.money.budget_total
    assert {line["Kind"] for line in lines} == {"budget", "forecast"}
    keys = [(line["Month"], line["Cost centre"], line["Account"], line["Kind"]) for line in lines]
    assert len(set(keys)) == len(keys)


def test_rates_cover_every_day_and_currency_of_the_ledger(sample: Sample) -> None:
    rates = {(row["date"], row["quote"]): Decimal(row["rate"]) for row in sample.csv_rows("fx_rates")}
    days = (sample.summary.last_date - sample.summary.first_date).days + 1
    assert len(rates) == 2 * days == sample.summary.rows("fx_rates", "rates")
    assert all(Decimal("0.5") < rate < Decimal("1.6") for rate in rates.values())
    for line in sample.ledger():
        if line["Currency"] != "EUR":
            assert (read_ledger_date(line["Posting date"]).isoformat(), line["Currency"]) in rates


def test_deliveries_agree_with_the_truth(sample: Sample) -> None:
    truth = sample.summary.deliveries
    (path,) = sample.files("deliveries")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(sample.csv_rows("deliveries", encoding="utf-8-sig"))
    counts: Counter[str] = Counter()
    for row in rows:
        promised = read_delivery_date(row["Promised Date"])
        first_promised = read_delivery_date(row["First Promised Date"])
        assert first_promised <= promised
        if row["Delivered Date"] == "":
            counts["under way"] += 1
        elif row["Delivered Date"] == "Date Not Captured":
            counts["not captured"] += 1
        else:
            delivered = read_delivery_date(row["Delivered Date"])
            assert delivered <= sample.summary.last_date
            counts["on time" if delivered <= promised else "late"] += 1
    assert len(rows) == truth.delivery_count
    assert counts["on time"] == truth.on_time_count
    assert counts["late"] == truth.late_count > 0
    assert counts["not captured"] == truth.not_captured_count > 0
    assert counts["under way"] == truth.not_yet_delivered_count > 0


def test_network_contracts_meet_at_the_bad_month(sample: Sample) -> None:
    bad = sample.summary.bad_month
    terms = {row["vendor"]: (row["start_date"], row["end_date"]) for row in sample.csv_rows("vendor_contracts")}
    assert terms[bad.vendor][0] == bad.month.isoformat()
    assert date.fromisoformat(terms[bad.vendor_before][1]) == bad.month - timedelta(days=1)

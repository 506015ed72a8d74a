"""Terms, notice dates and prices of contracts, worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from finance_frames import exchange_rates
from vendor_frames import TODAY, billed, build, card

from models.ddl import polars_schema
from models.vendor_ledger import fct_vendor_contracts, fct_vendor_rates

PRICE = {"unit_price_original": Decimal(100)}


def test_terms_are_those_of_the_rows_and_days_count_from_the_data_clock() -> None:
    # 31 December less 30 days is 1 December. From 1 July: 30 + 31 + 31 + 30 + 31 + 30 = 183 days to 31 December.
    built = build(
        card(
            {**PRICE, "notice_days": 30, "committed_spend_original": Decimal(5000)},
            {**PRICE, "item": "Call", "notice_days": 30},
        ),
        billed(),
    )
    assert built.contracts.schema == polars_schema(fct_vendor_contracts)
    assert built.rates.schema == polars_schema(fct_vendor_rates)
    (contract,) = built.contracts.rows(named=True)
    assert contract["notice_date"] == date(2026, 12, 1)
    assert (contract["until_end_days"], contract["until_notice_days"]) == (183, 153)
    assert (contract["contract_state"], contract["rate_card_item_count"]) == ("active", 2)
    assert contract["committed_spend_reporting"] == Decimal(5000)
    assert contract["contradictory_columns"] is None


def test_a_contract_is_active_on_its_first_and_last_day() -> None:
    rows = card(
        *(
            {**PRICE, "vendor_contract_id": name, "start_date": start, "end_date": end}
            for name, start, end in (
                ("a", TODAY, TODAY),
                ("b", date(2026, 7, 2), None),
                ("c", date(2026, 1, 1), date(2026, 6, 30)),
                ("d", date(2026, 1, 1), None),
                ("e", None, TODAY),
                ("f", date(2026, 8, 1), date(2026, 7, 31)),
            )
        )
    )
    built = build(rows, billed())
    # The last three: open-ended, begun nobody knows when, and ending before it begins.
    assert built.contracts["contract_state"].to_list() == [
        "active", "future", "expired", "active", "unclear", "unclear",
    ]  # fmt: skip
    assert built.contracts["until_end_days"].to_list() == [0, None, -1, None, 0, 30]


def test_rows_that_contradict_each_other_leave_the_term_empty_and_name_it() -> None:
    rows = card(
        {**PRICE, "notice_days": 30},
        {**PRICE, "item": "Call", "notice_days": 60, "end_date": date(2027, 12, 31)},
    )
    (contract,) = build(rows, billed()).contracts.rows(named=True)
    assert contract["contradictory_columns"] == "end_date, notice_days"
    assert (contract["end_date"], contract["notice_days"], contract["contract_state"]) == (None, None, "unclear")
    assert contract["vendor"] == "Acme"


def test_committed_spend_is_converted_at_the_data_clock_or_the_end_of_an_ended_contract() -> None:
    rows = card(
        {**PRICE, "committed_spend_original": Decimal(100), "currency_code": "USD"},
        {
            **PRICE,
            "committed_spend_original": Decimal(100),
            "currency_code": "USD",
            "vendor_contract_id": "C2",
            "end_date": date(2026, 3, 31),
        },
    )
    rates = exchange_rates((TODAY, "USD", "EUR", "0.9"), (date(2026, 3, 31), "USD", "EUR", "0.8"))
    assert build(rows, billed(), rates=rates).contracts["committed_spend_reporting"].to_list() == [90, 80]


def test_a_price_holds_until_the_next_one_begins() -> None:
    rows = card(
        {"unit_price_original": Decimal(10)},
        {"unit_price_original": Decimal(12), "price_start_date": date(2026, 4, 1)},
        {"unit_price_original": Decimal(11), "price_start_date": date(2026, 2, 1), "price_end_date": date(2026, 2, 28)},
    )
    rates = build(rows, billed()).rates
    assert rates.select("price_start_date", "price_end_date", "unit_price_original", "is_overlapping").rows() == [
        (date(2026, 1, 1), date(2026, 1, 31), Decimal(10), False),
        (date(2026, 2, 1), date(2026, 2, 28), Decimal(11), False),
        (date(2026, 4, 1), date(2026, 12, 31), Decimal(12), False),
    ]


def test_prices_that_share_a_day_overlap() -> None:
    rows = card(
        {"unit_price_original": Decimal(10), "price_end_date": date(2026, 4, 1)},
        {"unit_price_original": Decimal(12), "price_start_date": date(2026, 4, 1)},
        {"unit_price_original": Decimal(5), "item": "Call"},
    )
    rates = build(rows, billed()).rates
    assert rates.select("item", "is_overlapping").rows() == [("Call", False), ("Visit", True), ("Visit", True)]
    assert rates["vendor_rate_id"].n_unique() == 3


def test_without_a_clock_nothing_is_active() -> None:
    (contract,) = build(card(PRICE), billed(), as_of_date=None).contracts.rows(named=True)
    assert (contract["contract_state"], contract["until_end_days"]) == ("unclear", None)

"""Which contract covers a billed line, at which price, and what the bill differs by: cases worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import exchange_rates
from hypothesis import given, settings
from hypothesis import strategies as st
from vendor_frames import billed, build, card, orders

from metrics.costs.minor_units import MINOR_UNIT_DIGITS
from metrics.vendors.credit_policy import CreditTerms
from metrics.vendors.policy import VendorPolicy
from metrics.vendors.rate_cards import multiply_quantities
from models.ddl import polars_schema
from models.vendors import fct_vendor_invoice_lines

VISIT = {"unit_price_original": Decimal(100)}
DEAR = {"unit_price_original": Decimal(120)}
#: 10 visits at 112 where 100 are agreed.
TEN_DEAR = {"quantity": Decimal(10), "amount_original": Decimal(1120)}


def _period(start: date, end: date) -> dict[str, Any]:
    return {"service_start_date": start, "service_end_date": end}


def test_ten_visits_at_112_instead_of_100_are_billed_120_too_much() -> None:
    built = build(card(VISIT), billed(TEN_DEAR))
    assert built.lines.schema == polars_schema(fct_vendor_invoice_lines)
    (line,) = built.lines.rows(named=True)
    assert (line["vendor_contract_id"], line["match_state"]) == ("C1", "matched")
    assert line["contract_unit_price_original"] == 100
    assert (line["contracted_original"], line["rate_card_variance_original"]) == (1000, 120)
    assert (line["contracted_reporting"], line["rate_card_variance_reporting"]) == (1000, 120)
    assert line["off_contract_reporting"] == 0


def test_a_credit_note_takes_the_difference_back_however_it_is_written() -> None:
    built = build(
        card(VISIT),
        billed(
            TEN_DEAR,
            {"quantity": Decimal(-10), "amount_original": Decimal(-1120)},
            {"quantity": Decimal(10), "amount_original": Decimal(-1120)},  # the quantity without its sign
            {"quantity": Decimal(0), "amount_original": Decimal(-120)},  # the difference alone
            {"quantity": Decimal(-10), "amount_original": Decimal(1000)},  # returned, and charged for
            {"quantity": Decimal(3), "amount_original": Decimal(0)},  # for free
        ),
    )
    assert built.column("rate_card_variance_original") == [120, -120, -120, -120, 2000, -300]


#: Terms under which a credit for a missed promise comes back as the item "Service credit".
CREDITS = VendorPolicy(credits=(CreditTerms(contracts=("*",), promises=(), credit_notes=("service credit*",)),))
CREDIT = {"item": "Service credit May", "quantity": Decimal(1), "amount_original": Decimal(-32)}


def test_a_credit_note_for_a_missed_promise_is_no_line_without_a_price() -> None:
    after = {"invoice_date": date(2027, 1, 20)}
    built = build(
        card(VISIT),
        billed(
            CREDIT,
            {**CREDIT, **after},  # given when the contract is over
            {**CREDIT, "amount_original": Decimal(32)},  # billed, not given
            {**CREDIT, "vendor": "Who"},  # of a vendor that has no contract
            {**CREDIT, "vendor": None},
        ),
        policy=CREDITS,
    )
    assert built.column("match_state") == [
        "service_credit", "service_credit", "not_in_rate_card", "no_contract", "no_vendor",
    ]  # fmt: skip
    assert built.column("rate_card_variance_original") == [None] * 5
    assert built.column("off_contract_reporting") == [0, 0, 0, -32, None]


def test_without_terms_of_credits_such_a_note_is_a_line_without_a_price() -> None:
    assert build(card(VISIT), billed(CREDIT)).column("match_state") == ["not_in_rate_card"]


def test_a_variance_is_the_difference_of_two_rounded_amounts_in_each_currency() -> None:
    # 3 x 33.335 = 100.005, billed as 100.01: no variance, as invoices round half up. At 0.9: 90.01 and 90.01.
    # 7 x 33.335 = 233.345 -> 233.35; billed 233.40 is 0.05 more; 210.06 - 210.02 (210.015, to the even cent) = 0.04.
    built = build(
        card({"unit_price_original": Decimal("33.335"), "currency_code": "USD"}),
        billed(
            {"quantity": Decimal(3), "amount_original": Decimal("100.01"), "currency_code": "USD"},
            {"quantity": Decimal(7), "amount_original": Decimal("233.40"), "currency_code": "USD"},
        ),
        rates=exchange_rates((date(2026, 5, 15), "USD", "EUR", "0.9")),
    )
    assert built.column("rate_card_variance_original") == [0, Decimal("0.05")]
    assert built.column("amount_reporting") == [Decimal("90.01"), Decimal("210.06")]
    assert built.column("rate_card_variance_reporting") == [0, Decimal("0.04")]


def test_without_a_rate_the_variance_is_known_in_the_original_currency_only() -> None:
    built = build(card({**VISIT, "currency_code": "USD"}), billed({**TEN_DEAR, "currency_code": "USD"}))
    assert built.column("rate_card_variance_original") == [120]
    assert built.column("rate_card_variance_reporting") == [None]
    assert built.column("off_contract_reporting") == [None]


@pytest.mark.parametrize(
    ("line", "state", "contract"),
    [
        ({}, "matched", "C1"),
        ({"vendor": " ACME ", "item": "visit"}, "matched", "C1"),
        ({"vendor": None}, "no_vendor", None),
        ({"invoice_date": None}, "no_date", None),
        ({"vendor": "Other"}, "no_contract", None),
        ({"invoice_date": date(2025, 12, 31)}, "before_term", None),
        ({"invoice_date": date(2026, 1, 1)}, "matched", "C1"),
        ({"invoice_date": date(2026, 12, 31)}, "matched", "C1"),
        ({"invoice_date": date(2027, 1, 1)}, "after_term", None),
        ({"invoice_date": date(2027, 1, 9), **_period(date(2026, 12, 1), date(2026, 12, 31))}, "matched", "C1"),
        (_period(date(2025, 12, 15), date(2026, 1, 14)), "partly_in_term", "C1"),
        (_period(date(2026, 6, 30), date(2026, 6, 1)), "matched", "C1"),  # inverted: counts as none
        ({"service_start_date": date(2020, 1, 1)}, "matched", "C1"),  # without an end: counts as none
        ({"amount_original": None}, "no_amount", "C1"),
        ({"currency_code": "USD"}, "other_currency", "C1"),
        ({"currency_code": None}, "other_currency", "C1"),
        ({"item": "Migration"}, "not_in_rate_card", "C1"),
        ({"item": None}, "not_in_rate_card", "C1"),
        ({"quantity": None}, "no_quantity", "C1"),
    ],
)
def test_a_line_says_what_it_lacks(line: dict[str, Any], state: str, contract: str | None) -> None:
    built = build(card(VISIT), billed({**TEN_DEAR, **line}))
    (found,) = built.lines.rows(named=True)
    assert (found["match_state"], found["vendor_contract_id"]) == (state, contract)
    assert (found["rate_card_variance_original"] is None) == (state != "matched")


def test_between_two_terms_no_contract_covers_a_line_and_over_both_nobody_knows_which() -> None:
    later = {"vendor_contract_id": "C2", "start_date": date(2027, 3, 1), "end_date": date(2027, 12, 31)}
    built = build(
        card(VISIT, {**VISIT, **later}),
        billed(
            {**TEN_DEAR, "invoice_date": date(2027, 2, 1)},
            {**TEN_DEAR, **_period(date(2026, 12, 1), date(2027, 3, 31))},
            {**TEN_DEAR, "invoice_date": date(2028, 1, 1)},
        ),
    )
    assert built.column("match_state") == ["between_terms", "partly_in_term", "after_term"]
    assert built.column("off_contract_reporting") == [1120, None, 1120]
    assert built.column("vendor_contract_id") == [None, None, None]


def test_of_several_contracts_the_one_that_has_the_item_covers_the_line() -> None:
    built = build(
        card(VISIT, {**DEAR, "vendor_contract_id": "C2", "item": "Call"}),
        billed(TEN_DEAR, {**TEN_DEAR, "item": "Call"}, {**TEN_DEAR, "item": "Other"}),
    )
    assert built.column("vendor_contract_id") == ["C1", "C2", None]
    assert built.column("match_state") == ["matched", "matched", "several_contracts"]
    both = build(card(VISIT, {**VISIT, "vendor_contract_id": "C2"}), billed(TEN_DEAR))
    assert both.column("match_state") == ["several_contracts"]
    assert both.column("off_contract_reporting") == [None]


def test_an_unclear_contract_covers_nothing_and_says_so() -> None:
    rows = card(VISIT, {**VISIT, "item": "Call", "end_date": date(2027, 12, 31)})
    built = build(rows, billed(TEN_DEAR))
    assert built.column("match_state") == ["contract_unclear"]
    # Another contract of the vendor that does cover the day is not touched by that.
    clear = build(pl.concat([rows, card({**VISIT, "vendor_contract_id": "C2"})]), billed(TEN_DEAR))
    assert clear.column("vendor_contract_id") == ["C2"]


def test_a_contract_without_one_currency_has_no_price() -> None:
    built = build(card(VISIT, {**VISIT, "item": "Call", "currency_code": "USD"}), billed(TEN_DEAR))
    assert built.column("match_state") == ["contract_unclear"]
    assert built.column("vendor_contract_id") == ["C1"]


def test_the_price_of_the_billed_days_counts() -> None:
    rows = card(VISIT, {**DEAR, "price_start_date": date(2026, 6, 1)})
    built = build(
        rows,
        billed(
            {**TEN_DEAR, "invoice_date": date(2026, 5, 31)},
            {**TEN_DEAR, "invoice_date": date(2026, 6, 1)},
            {**TEN_DEAR, "invoice_date": date(2026, 6, 3), **_period(date(2026, 5, 1), date(2026, 5, 31))},
            {**TEN_DEAR, **_period(date(2026, 5, 15), date(2026, 6, 14))},
        ),
    )
    assert built.column("match_state") == ["matched", "matched", "matched", "several_prices"]
    assert built.column("rate_card_variance_original") == [120, -80, 120, None]


def test_overlapping_prices_leave_it_open_and_equal_ones_do_not() -> None:
    overlapping = card({**VISIT, "price_end_date": date(2026, 5, 31)}, {**DEAR, "price_start_date": date(2026, 5, 1)})
    lines = billed(
        {**TEN_DEAR, "invoice_date": date(2026, 4, 30)},
        {**TEN_DEAR, "invoice_date": date(2026, 5, 15)},
        {**TEN_DEAR, "invoice_date": date(2026, 6, 1)},
    )
    built = build(overlapping, lines)
    assert built.column("match_state") == ["matched", "several_prices", "matched"]
    assert build(card(VISIT, VISIT), lines).column("match_state") == ["matched"] * 3


def test_a_day_without_a_price_has_none() -> None:
    rows = card({**VISIT, "price_end_date": date(2026, 3, 31)}, {**DEAR, "price_start_date": date(2026, 5, 1)})
    built = build(
        rows,
        billed(
            {**TEN_DEAR, "invoice_date": date(2026, 4, 15)},
            {**TEN_DEAR, **_period(date(2026, 4, 20), date(2026, 5, 19))},
        ),
    )
    assert built.column("match_state") == ["no_price_in_force", "no_price_in_force"]


def test_an_order_names_the_contract_before_vendor_and_days_do() -> None:
    rows = card(VISIT, {**DEAR, "vendor_contract_id": "C2"})
    built = build(
        rows,
        billed(
            {**TEN_DEAR, "purchase_order_id": "po1"},
            {**TEN_DEAR, "purchase_order_id": "PO1", "invoice_date": date(2027, 1, 1)},
            {**TEN_DEAR, "purchase_order_id": "PO2"},
            {**TEN_DEAR, "purchase_order_id": "PO9"},
        ),
        orders(
            {"vendor_contract_id": "C2"},
            {"purchase_order_id": "PO2", "vendor_contract_id": "C2", "vendor": "Other"},
        ),
    )
    assert built.column("vendor_contract_id") == ["C2", "C2", None, None]
    assert built.column("match_state") == ["matched", "after_term", "several_contracts", "several_contracts"]
    assert built.column("purchase_order_state") == ["ordered", "ordered", "other_vendor", "unknown_order"]
    assert built.column("rate_card_variance_original")[0] == -80


def test_an_order_for_a_contract_that_nobody_knows_leaves_it_to_vendor_and_days() -> None:
    built = build(card(VISIT), billed({**TEN_DEAR, "purchase_order_id": "PO1"}), orders({"vendor_contract_id": "C77"}))
    assert built.column("vendor_contract_id") == ["C1"]


def test_items_have_the_names_that_the_policy_gives_them() -> None:
    policy = VendorPolicy(item_names={"site visit": "Visit", "crv": "Visit"})
    built = build(card(VISIT), billed({**TEN_DEAR, "item": "Site  VISIT"}, {**TEN_DEAR, "item": "CRV"}), policy=policy)
    assert built.column("match_state") == ["matched", "matched"]
    assert built.column("item") == ["Site  VISIT", "CRV"]


def test_what_was_set_aside_is_matched_too_and_marked() -> None:
    built = build(card(VISIT), billed(TEN_DEAR, TEN_DEAR), quarantined=["ap:3"])
    assert built.column("is_quarantined") == [False, True]
    assert built.column("match_state") == ["matched", "matched"]


_DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            _DECIMALS,
            st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**5), max_value=10**5, places=8),
            st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLF"]),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_quantity_times_price_is_exact_and_rounded_once(rows: list[tuple[Decimal, Decimal, str]]) -> None:
    quantities, prices, currencies = zip(*rows, strict=True)
    product = multiply_quantities(
        pl.Series(quantities, dtype=pl.Decimal(18, 6)),
        pl.Series(prices, dtype=pl.Decimal(18, 8)),
        pl.Series(currencies),
    )
    for quantity, price, currency, found in zip(quantities, prices, currencies, product, strict=True):
        exact = quantity * price
        expected = exact.quantize(Decimal(1).scaleb(-MINOR_UNIT_DIGITS.get(currency, 2)), ROUND_HALF_UP)
        # 18 digits, four of them after the point.
        assert found == (expected if abs(expected) < 10**14 else None)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.decimals(min_value=-100, max_value=100, places=2, allow_nan=False, allow_infinity=False),
            st.decimals(min_value=-9999, max_value=9999, places=2, allow_nan=False, allow_infinity=False),
        ),
        min_size=1,
        max_size=15,
    )
)
def test_variances_add_up_to_billed_less_contracted(rows: list[tuple[Decimal, Decimal]]) -> None:
    lines = [{"quantity": quantity, "amount_original": amount, "currency_code": "USD"} for quantity, amount in rows]
    built = build(
        card({"unit_price_original": Decimal("19.99"), "currency_code": "USD"}),
        billed(*lines),
        rates=exchange_rates((date(2026, 5, 15), "USD", "EUR", "0.9137")),
    ).lines
    for unit in ("original", "reporting"):
        amount = "amount_original" if unit == "original" else "amount_reporting"
        # Of a credit that nothing explains neither is known.
        known = built.filter(pl.col("contracted_original").is_not_null())
        assert set(built["match_state"]) <= {"matched", "price_correction", "credit_unclear"}
        total = known.select(pl.col(amount, f"contracted_{unit}", f"rate_card_variance_{unit}").sum()).row(0)
        assert total[0] - total[1] == total[2]

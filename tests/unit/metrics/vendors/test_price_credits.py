"""What a credit line gives back, a thing or a price, and what is left to claim: cases worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import rows_of
from vendor_frames import billed, build, card

from metrics.vendors.recoverables import list_recoverables
from models.vendor_performance import fct_service_credit_notes, fct_service_credits

MARCH, MAY = date(2026, 3, 31), date(2026, 5, 29)
AGREED = {"unit_price_original": Decimal(120)}


def line(
    quantity: str | None, price: str | None, amount: str, day: date | None = MAY, **columns: Any
) -> dict[str, Any]:
    """A billed or credited line; amounts as an export writes them."""
    return {
        "quantity": None if quantity is None else Decimal(quantity),
        "unit_price_original": None if price is None else Decimal(price),
        "amount_original": Decimal(amount),
        "invoice_date": day,
        **columns,
    }


#: Forty at 131.25 where 120 is agreed: 450 too much.
TOO_DEAR = line("40", "131.25", "5250", MARCH)
RIGHT = line("40", "120", "4800", MARCH)


def judge(*lines: Mapping[str, Any], prices: pl.DataFrame | None = None) -> tuple[str, Decimal | None, Decimal | None]:
    """State and variance of the last line, and all that is to be recovered from over-billing, None if unmeasured."""
    built = build(card(AGREED) if prices is None else prices, billed(*lines)).lines
    last = built.row(-1, named=True)
    claimed = list_recoverables(
        built.with_columns(duplicate_at_stake_reporting=pl.lit(0).cast(pl.Decimal(18, 4))),
        rows_of(fct_service_credits, []),
        rows_of(fct_service_credit_notes, []),
    )["amount_reporting"]
    total = None if claimed.null_count() else sum(claimed.to_list(), Decimal(0))
    return last["match_state"], last["rate_card_variance_original"], total


@pytest.mark.parametrize(
    "credit",
    [
        line("-40", "11.25", "-450"),
        line("40", "-11.25", "-450"),  # signs as another system writes them
        line("-40", None, "-450"),  # without a price beside it
        line("-40", "120", "-450"),  # beside the agreed price: the amount is what counts
        line("-1", "450", "-450"),  # the whole line at once
        line("0", None, "-450"),
    ],
)
def test_what_was_billed_too_high_and_credited_as_a_price_comes_to_nothing(credit: dict[str, Any]) -> None:
    state, variance, claimed = judge(TOO_DEAR, credit)
    assert (variance, claimed) == (-450, 0)
    assert state == ("matched" if credit["quantity"] == 0 else "price_correction")


def test_a_correction_of_some_leaves_the_rest_to_claim() -> None:
    assert judge(TOO_DEAR, line("-30", "11.25", "-337.50")) == (
        "price_correction",
        Decimal("-337.50"),
        Decimal("112.50"),
    )


def test_a_correction_is_known_by_the_price_though_the_bill_was_rounded() -> None:
    # 20.65 x 131.25 = 2,710.3125, billed as 2,710.31; 20.65 x 11.25 = 232.3125, credited as 232.31.
    bill = line("20.65", None, "2710.31", MARCH)
    assert judge(bill, line("-20.65", None, "-232.31")) == ("price_correction", Decimal("-232.31"), 0)


def test_a_correction_may_come_under_the_next_contract() -> None:
    later = {"vendor_contract_id": "C2", "start_date": date(2026, 5, 16), "unit_price_original": Decimal("131.25")}
    prices = card({**AGREED, "end_date": date(2026, 5, 15)}, later)
    assert judge(TOO_DEAR, line("-40", "11.25", "-450"), prices=prices) == ("price_correction", -450, 0)


@pytest.mark.parametrize(
    ("bill", "credit", "variance", "claimed"),
    [
        (TOO_DEAR, line("-40", "131.25", "-5250"), -450, 0),  # taken back at the price that was billed
        (TOO_DEAR, line("-4", None, "-525"), -45, 405),  # four of them
        (TOO_DEAR, line("-40", "120", "-4800"), 0, 450),  # taken back at the agreed price: still 450 too much
        (RIGHT, line("-40", "120", "-4800"), 0, 0),
        (RIGHT, line("40", "120", "-4800"), 0, 0),  # the quantity without its sign
        (line("40", "110", "4400", MARCH), line("-40", "110", "-4400"), 400, 0),  # billed too low, and taken back
    ],
)
def test_what_goes_back_is_held_against_the_price(
    bill: dict[str, Any], credit: dict[str, Any], variance: int, claimed: int
) -> None:
    assert judge(bill, credit) == ("matched", variance, claimed)


@pytest.mark.parametrize(
    "credit",
    [
        line("-40", "11", "-440"),  # neither a price nor the difference of two
        line("-40", "108", "-4320"),  # taken back at a discount, or a price put right by much
        line("-1", "900", "-900"),  # perhaps the differences of two bills
        line("-40", "131.25", "-5250", date(2026, 3, 1)),  # before the bill that it might be for
    ],
)
def test_a_price_that_nothing_explains_is_not_measured(credit: dict[str, Any]) -> None:
    assert judge(TOO_DEAR, credit) == ("credit_unclear", None, None)


def test_a_price_that_may_be_a_return_or_a_correction_is_not_measured() -> None:
    # Billed at 240 where 120 is agreed: 120 is the agreed price, and what each was too dear by.
    assert judge(line("10", "240", "2400", MARCH), line("-10", "120", "-1200")) == ("credit_unclear", None, None)


def test_what_goes_back_after_a_change_of_price_is_held_against_the_price_of_its_bill() -> None:
    dearer = {**AGREED, "unit_price_original": Decimal(150), "price_start_date": date(2026, 5, 1)}
    cheaper = {**AGREED, "unit_price_original": Decimal(100), "price_start_date": date(2026, 5, 1)}
    for change in (dearer, cheaper):
        assert judge(RIGHT, line("-40", "120", "-4800"), prices=card(AGREED, change)) == ("matched", 0, 0)


def test_bills_of_another_item_or_vendor_explain_nothing() -> None:
    for other in ({"item": "Call"}, {"vendor": "Other"}):
        prices = card(AGREED, {**AGREED, "item": "Call"}, {**AGREED, "vendor": "Other", "vendor_contract_id": "C2"})
        state, variance, _ = judge({**TOO_DEAR, **other}, line("-40", "11.25", "-450"), prices=prices)
        assert (state, variance) == ("credit_unclear", None)

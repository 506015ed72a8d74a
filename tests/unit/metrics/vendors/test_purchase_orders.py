"""What was billed on orders, and which lines name none, a wrong one, or one that does not cover them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from vendor_frames import billed, build, card, orders

from metrics.vendors.purchase_orders import add_up_orders
from models.ddl import polars_schema
from models.vendor_ledger import fct_purchase_orders

VISIT = {"unit_price_original": Decimal(100)}
H1 = {"start_date": date(2026, 1, 1), "end_date": date(2026, 6, 30)}


@pytest.mark.parametrize(
    ("line", "state", "drawn"),
    [
        ({}, "ordered", "erp:2"),
        ({"purchase_order_id": " po1 "}, "ordered", "erp:2"),
        ({"purchase_order_id": None}, "no_order", None),
        ({"purchase_order_id": "  "}, "no_order", None),
        ({"purchase_order_id": "PO7"}, "unknown_order", None),
        ({"vendor": "Other"}, "other_vendor", None),
        ({"vendor": None}, "other_vendor", None),
        ({"item": "Call"}, "ordered", "erp:3"),
        ({"item": "Migration"}, "item_not_ordered", None),
        ({"currency_code": "USD"}, "other_currency", "erp:2"),
        ({"invoice_date": date(2026, 7, 1)}, "outside_validity", "erp:2"),
    ],
)
def test_a_line_says_how_it_lies_to_its_order(line: dict[str, Any], state: str, drawn: str | None) -> None:
    built = build(
        card(VISIT),
        billed({"amount_original": Decimal(100), "purchase_order_id": "PO1", **line}),
        orders({**H1, "item": "Visit"}, {**H1, "item": "Call"}),
    )
    (found,) = built.lines.rows(named=True)
    assert (found["purchase_order_state"], found["purchase_order_line_id"]) == (state, drawn)


def test_an_open_row_takes_what_no_item_takes() -> None:
    built = build(
        card(VISIT),
        billed(
            {"amount_original": Decimal(1), "purchase_order_id": "PO1"},
            {"amount_original": Decimal(2), "purchase_order_id": "PO1", "item": "Migration"},
        ),
        orders({"item": "Visit"}, {}),
    )
    assert built.column("purchase_order_line_id") == ["erp:2", "erp:3"]


def _added_up(order: dict[str, Any], *lines: dict[str, Any], quarantined: tuple[str, ...] = ()) -> dict[str, Any]:
    placed = orders(order)
    named = [{"purchase_order_id": "PO1", **line} for line in lines]
    built = build(card(VISIT), billed(*named), placed, quarantined=quarantined)
    found = add_up_orders(placed, built.lines)
    assert found.schema == polars_schema(fct_purchase_orders)
    return found.row(0, named=True)


def _line(day: int, amount: int, **columns: Any) -> dict[str, Any]:
    return {"invoice_date": date(2026, 5, day), "amount_original": Decimal(amount), **columns}


def test_an_order_is_over_from_the_day_on_which_it_stays_over() -> None:
    # 400, 700, 1100 (over), 950 (a credit note), 1000 (exactly used up), 1050 (over): over since the 6th.
    lines = [_line(1, 400), _line(2, 300), _line(3, 400), _line(4, -150), _line(5, 50), _line(6, 50)]
    order = _added_up({"approved_original": Decimal(1000)}, *lines)
    assert (order["billed_original"], order["remaining_original"]) == (1050, -50)
    assert (order["over_since_date"], order["billed_line_count"]) == (date(2026, 5, 6), 6)
    used_up = _added_up({"approved_original": Decimal(1000)}, *lines[:5])
    assert (used_up["remaining_original"], used_up["over_since_date"]) == (0, None)


def test_bills_and_credits_of_one_day_are_taken_together() -> None:
    order = _added_up({"approved_original": Decimal(100)}, _line(1, 150), _line(1, -50), _line(9, 1))
    assert order["over_since_date"] == date(2026, 5, 9)


def test_lines_that_cannot_be_added_up_are_counted() -> None:
    order = _added_up(
        {"approved_original": Decimal(100)},
        _line(1, 10),
        _line(1, 10, currency_code="USD"),
        _line(1, 10, amount_original=None),
        _line(1, 10),
        quarantined=("ap:5",),
    )
    assert (order["billed_original"], order["billed_line_count"], order["unmeasured_line_count"]) == (10, 1, 3)


def test_an_order_without_an_amount_or_a_bill_is_not_over() -> None:
    assert _added_up({}, _line(1, 10))["remaining_original"] is None
    order = _added_up({"approved_original": Decimal(5)})
    assert (order["billed_original"], order["remaining_original"], order["over_since_date"]) == (0, 5, None)


def test_no_order_at_all_gives_an_empty_table() -> None:
    built = build(card(VISIT), billed({"amount_original": Decimal(1)}))
    assert add_up_orders(orders(), built.lines).equals(pl.DataFrame(schema=polars_schema(fct_purchase_orders)))

"""Deliveries against their promises, and invoices in the reporting currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from finance_frames import exchange_rates, rows_of
from vendor_frames import billed, build, card

from metrics.vendors.performance import build_deliveries
from models.ddl import polars_schema
from models.vendors import fct_deliveries, stg_deliveries

PROMISED = date(2026, 2, 28)


@pytest.mark.parametrize(
    ("promised", "delivered", "delay", "is_on_time"),
    [
        (PROMISED, date(2026, 2, 27), -1, True),
        (PROMISED, PROMISED, 0, True),
        (PROMISED, date(2026, 3, 1), 1, False),
        (PROMISED, None, None, None),
        (None, PROMISED, None, None),
    ],
)
def test_a_delivery_is_on_time_up_to_the_promised_day(
    promised: date | None, delivered: date | None, delay: int | None, is_on_time: bool | None
) -> None:
    staged = rows_of(
        stg_deliveries,
        [{"delivery_id": "erp:1", "source": "erp", "promised_date": promised, "delivered_date": delivered}],
    )
    built = build_deliveries(staged, frozenset())
    assert built.schema == polars_schema(fct_deliveries)
    assert built.select("delay_days", "is_on_time", "is_quarantined").row(0) == (delay, is_on_time, False)


def test_the_promise_in_force_decides_and_the_first_is_kept() -> None:
    staged = rows_of(
        stg_deliveries,
        [
            {
                "delivery_id": "erp:1",
                "source": "erp",
                "first_promised_date": date(2026, 1, 1),
                "promised_date": PROMISED,
                "delivered_date": PROMISED,
            }
        ],
    )
    built = build_deliveries(staged, frozenset({"erp:1"}))
    assert built.select("first_promised_date", "is_on_time", "is_quarantined").row(0) == (date(2026, 1, 1), True, True)
    # 1 January to 28 February: 31 - 1 days of January and 28 of February.
    names = ("is_on_time_by_first_promise", "first_promise_delay_days", "promise_moved_days")
    assert built.select(names).row(0) == (False, 58, 58)


@pytest.mark.parametrize("missing", ["first_promised_date", "delivered_date"])
def test_a_first_promise_is_not_measured_where_a_date_is_missing(missing: str) -> None:
    dates = {"first_promised_date": PROMISED, "promised_date": PROMISED, "delivered_date": PROMISED, missing: None}
    built = build_deliveries(rows_of(stg_deliveries, [{"delivery_id": "erp:1", "source": "erp", **dates}]))
    assert built.select("is_on_time_by_first_promise", "first_promise_delay_days").row(0) == (None, None)


def test_invoice_lines_are_converted_at_the_invoice_date() -> None:
    # -10.01 * 0.5 = -5.005, the even cent is -5.00.
    built = build(
        card(),
        billed(
            {"invoice_date": PROMISED, "amount_original": Decimal("-10.01"), "currency_code": "USD"},
            {"invoice_date": None, "amount_original": Decimal("10.00"), "currency_code": "USD"},
        ),
        rates=exchange_rates((PROMISED, "USD", "EUR", "0.5")),
        quarantined=["ap:3"],
    ).lines
    assert built.select("fx_rate", "amount_reporting", "is_quarantined").rows() == [
        (Decimal("0.5"), Decimal("-5.00"), False),
        (None, None, True),
    ]

"""Money to recover, by hand: what counts of a line, what it may be at the least and at the most."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from finance_frames import rows_of

from metrics.vendors.recoverables import list_recoverables
from models.ddl import polars_schema
from models.vendor_performance import fct_service_credit_notes, fct_service_credits, fct_vendor_recoverables
from models.vendors import fct_vendor_invoice_lines


def line(billed: str | None, variance: str | None, at_stake: str | None = "0", **columns: Any) -> dict[str, Any]:
    def amount(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    return {
        "vendor_invoice_line_id": "ap:1",
        "source": "ap",
        "vendor": "Acme",
        "invoice_date": date(2026, 9, 5),
        "amount_reporting": amount(billed),
        "rate_card_variance_reporting": amount(variance),
        "duplicate_at_stake_reporting": amount(at_stake),
        "is_quarantined": False,
        **columns,
    }


def recover(*lines: dict[str, Any], owed: tuple[dict[str, Any], ...] = (), notes: tuple[str, ...] = ()) -> list[Any]:
    given = [{"vendor_invoice_line_id": key, "part_number": 1, "given_original": Decimal(1)} for key in notes]
    found = list_recoverables(
        rows_of(fct_vendor_invoice_lines, lines),
        rows_of(fct_service_credits, owed),
        rows_of(fct_service_credit_notes, given),
    )
    assert found.schema == polars_schema(fct_vendor_recoverables)
    names = ("recoverable_kind", "amount_reporting", "at_least_reporting", "at_most_reporting")
    return [
        (kind, *(None if amount is None else float(amount) for amount in amounts))
        for kind, *amounts in found.select(names).rows()
    ]


@pytest.mark.parametrize(
    ("billed", "variance", "expected"),
    [
        ("112.00", "12.00", (12, 12, 12)),
        # Billed below the rate card: nothing comes back, and nothing is owed for it.
        ("90.00", "-10.00", (0, 0, 0)),
        # A credit note over a price that was too high takes back what was too much.
        ("-112.00", "-12.00", (-12, -12, -12)),
        # One that takes back, at that price, what had been billed below the rate card, is no claim: nor was the bill.
        ("-90.00", "10.00", (0, 0, 0)),
        # Without a contracted price all of a bill may be too much, or nothing.
        ("50.00", None, (None, 0, 50)),
        # Of a credit note without one, nothing limits it.
        ("-50.00", None, (None, None, None)),
        (None, None, (None, None, None)),
    ],
)
def test_what_was_billed_above_the_rate_card(
    billed: str | None, variance: str | None, expected: tuple[Any, ...]
) -> None:
    assert recover(line(billed, variance)) == [("over_billing", *expected)]


def test_a_line_that_may_be_billed_twice_counts_once_and_whole_and_may_come_to_nothing() -> None:
    assert recover(line("112.00", "12.00", "112.00")) == [
        ("over_billing", 0, 0, 0),
        ("duplicate_invoice", 112, 0, 112),
    ]


def test_a_line_that_cannot_be_judged_may_be_billed_twice() -> None:
    assert recover(line("112.00", "0", None))[1] == ("duplicate_invoice", None, 0, 112)


def test_a_credit_note_for_a_broken_promise_is_no_bill() -> None:
    assert recover(line("-40.00", None), notes=("ap:1",)) == []


def test_a_service_credit_counts_as_far_as_it_is_not_given_once_its_period_is_over() -> None:
    credit = {
        "service_credit_id": "A1/repairs/2026-09-01",
        "vendor_contract_id": "A1",
        "covered_end_date": date(2026, 9, 30),
        "to_claim_reporting": Decimal(70),
        "to_claim_at_least_reporting": Decimal(0),
        "to_claim_at_most_reporting": Decimal(100),
        "credit_state": "due",
    }
    still_open = {**credit, "credit_state": "period_open", "service_credit_id": "A1/repairs/2026-10-01"}
    assert recover(owed=(credit, still_open)) == [("service_credit", 70, 0, 100)]

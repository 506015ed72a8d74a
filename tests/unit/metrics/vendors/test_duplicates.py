"""Which invoices may have been sent before: cases by hand, and a second, slower way to find the same."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import exchange_rates
from hypothesis import given, settings
from hypothesis import strategies as st
from vendor_frames import billed, build, card

from metrics.vendors.duplicates import find_duplicates
from metrics.vendors.invoice_numbers import is_typing_error
from metrics.vendors.policy import DuplicatePolicy
from models.ddl import polars_schema
from models.vendor_ledger import fct_invoice_duplicate_suspects

JUNE = {"service_start_date": date(2026, 6, 1), "service_end_date": date(2026, 6, 30)}
MAY = {"service_start_date": date(2026, 5, 1), "service_end_date": date(2026, 5, 31)}


def _invoice(
    number: str | None, day: date | int | None, amount: str | None = "100.00", **columns: Any
) -> dict[str, Any]:
    on = date(2026, 6, 1) + timedelta(days=day) if isinstance(day, int) else day
    return {
        "invoice_id": number,
        "invoice_date": on,
        "amount_original": None if amount is None else Decimal(amount),
        **columns,
    }


def _find(*lines: dict[str, Any], policy: DuplicatePolicy | None = None, **options: Any) -> pl.DataFrame:
    built = build(card(), billed(*lines), **options)
    suspects, marked = find_duplicates(built.lines, policy or DuplicatePolicy())
    assert suspects.schema == polars_schema(fct_invoice_duplicate_suspects)
    assert marked.drop("duplicate_at_stake_reporting").equals(built.lines.drop("duplicate_at_stake_reporting"))
    at_stake = suspects.filter(pl.col("duplicate_state") == "open")["amount_reporting"].sum()
    assert (marked["duplicate_at_stake_reporting"].sum() or 0) == (at_stake or 0)
    return suspects


def _reasons(*lines: dict[str, Any], **options: Any) -> list[tuple[str, str, str]]:
    return _find(*lines, **options).select("first_invoice_id", "second_invoice_id", "reason").rows()


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("R100", "R100", "same_number"),
        ("R100", " R100 ", "same_number"),
        ("R100", "r100", "written_differently"),
        ("INV-00123", "Inv 123", "written_differently"),
        ("2026-0001", "20260001", "written_differently"),
        ("2026-0001", "2026/1", "written_differently"),
        ("R100", "R100A", "added_letters"),
        ("R100", "R-100-COPY", "added_letters"),
        ("R1008", "R1208", "typing_error"),
        ("R1208", "R1028", "typing_error"),
        ("R1208", "R128", "typing_error"),
        ("12-1", "121", "written_differently"),
        ("R100A", "R100B", None),  # the next of a series
        ("R100", "R101", None),  # the next number
        ("R1", "R2", None),
        ("17", "7", None),  # too short to be a typing error
        ("R100", "R299", None),
        ("R100", "R100ABCDE", None),
    ],
)
def test_numbers_that_are_alike(one: str, other: str, reason: str | None) -> None:
    found = _reasons(_invoice(one, 0), _invoice(other, 5))
    assert found == ([] if reason is None else [(one, other.strip(), reason)])


@pytest.mark.parametrize(
    "other",
    [
        _invoice("R100", 61),
        _invoice("R100", 5, "100.01"),
        _invoice("R100", 5, vendor="Other"),
        _invoice("R100", 5, currency_code="USD"),
        _invoice("R100", None),
        _invoice(None, 5),
        _invoice("R100", 5, None),
        _invoice("R100", 5, vendor=None),
    ],
)
def test_what_differs_in_more_than_its_number_is_no_suspect(other: dict[str, Any]) -> None:
    assert _reasons(_invoice("R100", 0), other) == []


def test_the_last_day_of_the_window_counts() -> None:
    assert _reasons(_invoice("R100", 0), _invoice("R100", 60)) == [("R100", "R100", "same_number")]


def test_amounts_may_differ_by_the_tolerance_of_the_policy() -> None:
    lines = (_invoice("R100", 0, "100.00"), _invoice("R100", 5, "101.00"))
    # 1.00 of 101.00 is 0.0099...
    assert _find(*lines, policy=DuplicatePolicy(amount_tolerance_ratio=Decimal("0.01"))).height == 1
    assert _find(*lines, policy=DuplicatePolicy(amount_tolerance_ratio=Decimal("0.0099"))).height == 0


def test_a_monthly_charge_is_no_suspect() -> None:
    # A running number, one that counts months, and one that only says what it is: a rent of 100 each month.
    days = [date(2026, month, 1) for month in range(1, 13)]
    for numbers in (
        [f"R{1000 + 10 * index}" for index in range(12)],
        [f"RENT-2026-{index + 1:02}" for index in range(12)],
        [f"{index + 1:02}/2026" for index in range(12)],
    ):
        assert _reasons(*(_invoice(number, day) for number, day in zip(numbers, days, strict=True))) == []


def test_a_weekly_charge_whose_numbers_look_like_typing_errors_is_no_suspect() -> None:
    # 1009, 1019, 1029: one digit apart each, and seven days. Two of them would be, three recur.
    numbers = ("1009", "1019", "1029")
    weekly = [_invoice(number, 7 * index) for index, number in enumerate(numbers)]
    assert _reasons(*weekly) == []
    assert [reason for *_, reason in _reasons(*weekly[:2])] == ["typing_error"]
    assert _reasons(weekly[0], weekly[1] | {"invoice_date": date(2026, 6, 9)}) == []  # eight days


def test_bills_for_different_days_are_two_bills_whatever_their_numbers() -> None:
    assert _reasons(_invoice("R100", 0, **MAY), _invoice("R100", 30, **JUNE)) == []
    assert _reasons(_invoice("R100", 0, **MAY), _invoice("R100", 30, **MAY)) == [("R100", "R100", "same_number")]


def test_bills_for_the_same_days_under_the_next_number_are_suspects() -> None:
    found = _reasons(_invoice("R100", 0, **MAY), _invoice("R101", 30, **MAY))
    assert found == [("R100", "R101", "typing_error")]


def test_a_typing_error_under_two_orders_is_no_evidence() -> None:
    lines = (_invoice("R1008", 0, purchase_order_id="PO1"), _invoice("R1208", 1, purchase_order_id="PO2"))
    assert _reasons(*lines) == []


def test_lines_of_an_invoice_are_added_up_before_they_are_compared() -> None:
    # 60 + 40 against 100; and 60 + 50, which is another amount though one line is equal.
    parts = (_invoice("R100", 0, "60.00"), _invoice("R100", 0, "40.00"))
    assert _find(*parts, _invoice("R100A", 5))["amount_original"].to_list() == [100]
    assert _reasons(*parts, _invoice("R100A", 5, "60.00"), _invoice("R100A", 5, "50.00")) == []


def test_of_three_the_later_two_are_suspects_of_one_group() -> None:
    found = _find(_invoice("R100", 0), _invoice("R100A", 40), _invoice("R100B", 50), _invoice("R-100", 80))
    assert found.select("first_invoice_id", "second_invoice_id", "reason", "apart_days").rows() == [
        ("R100", "R100A", "added_letters", 40),
        ("R100", "R100B", "added_letters", 50),
        ("R100B", "R-100", "added_letters", 30),
    ]
    assert found["duplicate_group_id"].unique().to_list() == ["ap/Acme/R100/2026-06-01/EUR"]


def test_a_credit_note_clears_one_suspect() -> None:
    lines = (_invoice("R100", 0), _invoice("R100A", 5), _invoice("R200", 0), _invoice("R200A", 5))
    found = _find(*lines, _invoice("CN-R200A", 9, "-100.00", quantity=Decimal(-1)))
    assert found.select("second_invoice_id", "duplicate_state", "credit_invoice_id").rows() == [
        ("R100A", "credited", "CN-R200A"),
        ("R200A", "open", None),
    ]


def test_a_credit_note_that_names_the_invoice_goes_before_an_earlier_one() -> None:
    found = _find(
        _invoice("R100", 0),
        _invoice("R100A", 5),
        _invoice("CN-7", 6, "-100.00"),
        _invoice("CN-R100A", 9, "-100.00"),
    )
    assert found["credit_invoice_id"].to_list() == ["CN-R100A"]


@pytest.mark.parametrize(
    "note",
    [
        _invoice("CN1", 9, "-99.99"),
        _invoice("CN1", -1, "-100.00"),
        _invoice("CN1", 9, "-100.00", vendor="Other"),
        _invoice("CN1", 9, "-100.00", currency_code="USD"),
        _invoice("CN1", 9, "-100.00", **JUNE),
    ],
)
def test_other_credit_notes_clear_nothing(note: dict[str, Any]) -> None:
    found = _find(_invoice("R100", 0, **MAY), _invoice("R100A", 5, **MAY), note)
    assert found["duplicate_state"].to_list() == ["open"]


def test_an_invoice_that_was_reversed_and_billed_again_is_cleared() -> None:
    found = _find(_invoice("R100", 0), _invoice("R100-ST", 3, "-100.00"), _invoice("R100", 5))
    assert found.select("duplicate_state", "credit_invoice_id").rows() == [("credited", "R100-ST")]


def test_two_credit_notes_are_no_suspects() -> None:
    assert _reasons(_invoice("CN100", 0, "-5.00"), _invoice("CN100A", 1, "-5.00")) == []


def test_what_cannot_be_judged_is_not_measured_and_nothing_is_taken_out() -> None:
    lines = billed(
        _invoice("R100", 0),
        _invoice("R100", 5),
        _invoice(None, 5),
        _invoice("R300", 5),
        _invoice("R100", 5, "7.00", currency_code="USD"),
    )
    built = build(card(), lines, quarantined=["ap:5"], rates=exchange_rates((date(2026, 6, 6), "USD", "EUR", "0.5")))
    _, marked = find_duplicates(built.lines, DuplicatePolicy())
    assert marked["duplicate_at_stake_reporting"].to_list() == [0, 100, None, None, 0]
    assert marked["amount_reporting"].sum() == built.lines["amount_reporting"].sum() == Decimal("403.50")


_NUMBERS = st.from_regex(r"\A[ab]?-?0?[12]{2,4}[ab]?\Z")
_BILLS = st.tuples(
    _NUMBERS,
    st.integers(0, 20),
    st.sampled_from(["100.00", "100.00", "200.00"]),
    st.sampled_from([None, MAY, JUNE]),
    st.sampled_from(["Acme", "Other"]),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(_BILLS, min_size=2, max_size=12, unique_by=lambda bill: (bill[0], bill[1], bill[4])))
def test_a_slow_look_at_every_pair_finds_the_same_suspects(bills: list[tuple[Any, ...]]) -> None:
    policy = DuplicatePolicy(window_days=9, typing_error_days=4, recurring_count=3)
    lines = [
        _invoice(number, day, amount, vendor=vendor, **(period or {})) for number, day, amount, period, vendor in bills
    ]
    found = {
        (row["second_invoice_id"], row["second_invoice_date"], row["vendor"])
        for row in _find(*lines, policy=policy).iter_rows(named=True)
    }
    assert found == {
        (other[0], date(2026, 6, 1) + timedelta(days=other[1]), other[4])
        for one in bills
        for other in bills
        if one is not other and _is_earlier(one, other) and _is_suspect(one, other, bills, policy)
    }


def _plain(number: str) -> str:
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", re.sub(r"[^a-z0-9]", "", number.lower()))


def _is_earlier(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return (one[1], len(_plain(one[0])), one[0]) < (other[1], len(_plain(other[0])), other[0])


def _distance(one: str, other: str) -> int:
    """Optimal string alignment distance, by the textbook's table."""
    table = [[max(i, j) for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            table[i][j] = min(
                table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            )
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


def _is_suspect(
    one: tuple[Any, ...], other: tuple[Any, ...], bills: list[tuple[Any, ...]], policy: DuplicatePolicy
) -> bool:
    apart = other[1] - one[1]
    if one[4] != other[4] or one[2] != other[2] or apart > policy.window_days:
        return False
    if one[3] and other[3] and one[3] != other[3]:
        return False
    left, right = _plain(one[0]), _plain(other[0])
    if left == right:
        return True
    stems = [re.sub(r"(?<=[0-9])[a-z]{1,4}$", "", number) for number in (left, right)]
    if stems[0] == stems[1] and len(left) != len(right):
        return True
    if min(len(left), len(right)) < 4 or _distance(left, right) != 1:
        return False
    if one[3] and one[3] == other[3]:
        return True
    is_next = left[:-1] == right[:-1] and bool(re.fullmatch(r"\d\d|[a-z][a-z]", left[-1] + right[-1]))
    alike = sum(bill[4] == one[4] and bill[2] == one[2] for bill in bills)
    return not is_next and apart <= policy.typing_error_days and alike < policy.recurring_count


@given(st.text("ab1", max_size=6), st.text("ab1", max_size=6))
def test_a_typing_error_is_a_distance_of_one(one: str, other: str) -> None:
    assert is_typing_error(one, other) == (_distance(one, other) == 1)

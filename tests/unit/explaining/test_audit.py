"""When a published number is the one that records give, and how numbers are written that somebody computes along."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipelines.explaining.arithmetic import Number, Numbers
from pipelines.explaining.audit import agree, compare
from pipelines.explaining.exact_numbers import write_count, write_exactly, write_money


@pytest.mark.parametrize(
    ("published", "recomputed", "is_same"),
    [
        (0.1 + 0.2, Decimal("0.3"), True),
        (1234567.89, Decimal("1234567.8900"), True),
        (1234567.89, Decimal("1234567.8901"), False),
        (12.34, Decimal("12.3401"), False),
        (0.0, Decimal("0.0001"), False),
        (None, None, True),
        (None, 0, False),
        (0.0, None, False),
        (564 / 611, 564 / 611, True),
        (564 / 611, 565 / 611, False),
        (1 / 3, 1 / 3 + 1e-10, False),
        (611, 611, True),
        (611, 612, False),
        (611.0, Decimal(611), True),
    ],
)
def test_money_agrees_to_its_last_decimal_and_counts_exactly(
    published: Number, recomputed: Number, is_same: bool
) -> None:
    assert agree(published, recomputed) is is_same


def test_each_number_is_compared() -> None:
    published = {"value": 0.5, "numerator": 1.0, "denominator": 2.0, "eligible_count": 3, "measured_count": 2}
    same = Numbers(value=0.5, numerator=1, denominator=2, eligible_count=3, measured_count=2)
    assert all(each.agrees for each in compare(published, same))
    for name, other in (("value", 0.6), ("numerator", 2.0), ("denominator", 3.0), ("eligible_count", 4)):
        found = [each.name for each in compare({**published, name: other}, same) if not each.agrees]
        assert found == [name]


def test_numbers_keep_the_digits_of_a_sum() -> None:
    assert write_exactly(19.634380694, "business_hours", "EUR") == "19.6344 h"
    assert write_exactly(0.9230769, "ratio", "EUR") == "0.923077"
    assert write_exactly(Decimal("1234.5600"), "reporting", "EUR") == "1,234.56 EUR"
    assert write_exactly(None, "count", "EUR") == "nothing"
    assert write_money(Decimal("-0.1234"), "EUR") == "-0.1234 EUR"
    assert write_money(34.08, "EUR") == "34.08 EUR"
    assert write_count(12.0) == "12"
    assert write_count(2.5) == "2.5000"

"""Rounding, largest remainder and exchange rates, against Python's own exact arithmetic."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import polars as pl
import pytest
from finance_frames import exchange_rates, ledger_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.costs.exchange_rates import FxPolicy, FxRateRule, convert_to_reporting, find_missing_rates
from metrics.costs.money import check_minor_units, multiply_amounts, split_by_largest_remainder
from models.catalog import TABLES
from models.ddl import polars_schema

MONEY = pl.Decimal(18, 4)
DAY = date(2026, 3, 31)

amounts = st.decimals(min_value=Decimal(-99999999999999), max_value=Decimal(99999999999999), places=4)
small_amounts = st.decimals(min_value=Decimal(-1000), max_value=Decimal(1000), places=4)
rates = st.decimals(min_value=Decimal("0.00000001"), max_value=Decimal(9999999999), places=8)


def convert(
    amount: str, currency: str, on: date | None, quotes: pl.DataFrame, policy: FxPolicy, digits: int = 2
) -> dict:
    lines = ledger_lines({"amount_original": Decimal(amount), "currency_code": currency, "posting_date": on})
    return convert_to_reporting(
        lines,
        quotes,
        policy=policy,
        date_column="posting_date",
        reporting_currency="EUR",
        minor_unit_digits=digits,
    ).row(0, named=True)


# Rounding


@pytest.mark.parametrize(
    ("amount", "cents"),
    # Ties go to the even cent, also below zero.
    [
        ("0.0050", "0.00"),
        ("0.0150", "0.02"),
        ("0.0250", "0.02"),
        ("-0.0050", "0.00"),
        ("-0.0150", "-0.02"),
        ("0.0051", "0.01"),
        ("-0.0051", "-0.01"),
        ("2.6749", "2.67"),
        ("-1000.0000", "-1000.00"),
    ],
)
def test_ties_are_rounded_to_the_even_cent(amount: str, cents: str) -> None:
    product = multiply_amounts(
        pl.Series("a", [Decimal(amount)], dtype=MONEY), [Fraction(1)], pl.Series([0], dtype=pl.UInt32), 2
    )
    assert product.to_list() == [Decimal(cents)]
    assert product.dtype == MONEY


@given(
    amount=small_amounts | amounts, rate=rates | st.just(Decimal(1)), digits=st.integers(0, 4), inverse=st.booleans()
)
@settings(max_examples=300, deadline=None)
def test_products_are_rounded_half_even_from_the_exact_value(
    amount: Decimal, rate: Decimal, digits: int, inverse: bool
) -> None:
    ratio = 1 / Fraction(rate) if inverse else Fraction(rate)
    product = multiply_amounts(
        pl.Series("a", [amount], dtype=MONEY), [ratio], pl.Series([0], dtype=pl.UInt32), digits
    ).item()
    scaled = round(Fraction(amount) * ratio * 10**digits)  # Python rounds fractions half to even
    expected = Decimal(scaled).scaleb(-digits)
    if abs(expected) >= 10**14:
        assert product is None
    else:
        assert product == expected


@given(amount=amounts)
@settings(max_examples=100, deadline=None)
def test_ratios_wider_than_128_bits_are_still_exact(amount: Decimal) -> None:
    wide = Fraction(10**40 + 1, 10**40 + 3)
    product = multiply_amounts(
        pl.Series("a", [amount, None], dtype=MONEY), [wide], pl.Series([0, 0], dtype=pl.UInt32), 2
    )
    assert product[0] == Decimal(round(Fraction(amount) * wide * 100)).scaleb(-2)
    assert product[1] is None


def test_amounts_finer_than_the_minor_unit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.2340 is finer than"):
        check_minor_units(pl.Series([Decimal("1.2340")], dtype=MONEY), 2)


def test_totals_beyond_64_bits_are_refused() -> None:
    # 47 000 lines of 99 999 999 999 999.99: 4.7e20 cents, while 64 bits end at 9.2e18.
    largest = pl.Series([Decimal("99999999999999.99")], dtype=MONEY)
    check_minor_units(pl.concat([largest] * 400), 2)
    with pytest.raises(ValueError, match="18 digits"):
        check_minor_units(pl.concat([largest] * 47_000), 2)


def test_no_amount_column_of_any_table_is_a_float() -> None:
    for table in TABLES:
        for name, type_ in polars_schema(table).items():
            if name.startswith("amount_") or name.endswith(("_original", "_reporting")):
                assert isinstance(type_, pl.Decimal), f"{table.name}.{name}"


# Largest remainder


def split(amount: int, weights: list[int]) -> list[int]:
    parts = pl.DataFrame(
        {"group": [0] * len(weights), "amount": [amount] * len(weights), "weight": weights, "tie": range(len(weights))},
        schema={"group": pl.Int64, "amount": pl.Int64, "weight": pl.Int64, "tie": pl.Int64},
    )
    return split_by_largest_remainder(parts).to_list()


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        # 100 over 3 equal parts: 33 each, one over; all remainders tie, the first part takes it.
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        # 10 over 3:2:2: 30/7 = 4 r 2, 20/7 = 2 r 6, 20/7 = 2 r 6; two over, to the two remainders of 6.
        (10, [3, 2, 2], [4, 3, 3]),
        # 1 over 1:3: the largest remainder is the second part's.
        (1, [1, 3], [0, 1]),
        (0, [5, 7], [0, 0]),
    ],
)
def test_left_over_units_go_to_the_largest_remainders(amount: int, weights: list[int], parts: list[int]) -> None:
    assert split(amount, weights) == parts


@given(
    amount=st.integers(-(2**62) + 1, 2**62 - 1),
    weights=st.lists(st.integers(1, 10**6) | st.integers(1, 2**57), min_size=1, max_size=12),
)
@settings(max_examples=300, deadline=None)
def test_parts_add_up_and_lie_within_one_unit_of_the_exact_share(amount: int, weights: list[int]) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount
    assert split(-amount, weights) == [-part for part in parts]
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount * weight, sum(weights))) < 1


def test_groups_are_split_on_their_own_and_rows_keep_their_order() -> None:
    parts = pl.DataFrame({"group": [2, 1, 2, 1], "amount": [5, 7, 5, 7], "weight": [1, 2, 1, 1], "tie": [9, 1, 3, 0]})
    # Group 2: 5 over two equal parts, tie to the lower number 3. Group 1: 7 over 2:1 = 4 r 2 and 2 r 1.
    assert split_by_largest_remainder(parts).to_list() == [2, 5, 3, 2]


def test_weights_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        split(5, [1, 0])
    with pytest.raises(ValueError, match="wrong unit"):
        split(5, [2**61, 2**61])


# Exchange rates


def test_the_same_currency_has_a_rate_of_exactly_one() -> None:
    line = convert("12.3400", " eur ", None, exchange_rates(), FxPolicy())
    assert (line["fx_rate"], line["fx_rate_date"], line["amount_reporting"]) == (1, None, Decimal("12.34"))


def test_a_missing_rate_leaves_the_amount_empty() -> None:
    for currency in ("USD", "", None):
        line = convert("12.34", currency, DAY, exchange_rates((DAY, "GBP", "EUR", "1.15")), FxPolicy())
        assert (line["fx_rate"], line["fx_rate_date"], line["amount_reporting"]) == (None, None, None)


def test_missing_rates_are_those_by_which_no_line_is_converted() -> None:
    april = date(2026, 4, 9)
    quotes = exchange_rates((DAY, "GBP", "EUR", "1.15"), (DAY, "USD", "GBP", "0.80"))
    needed = [(code, on) for code in (" usd ", "GBP", "EUR", "JPY", None) for on in (DAY, april, None)]
    frame = pl.DataFrame(
        needed, schema={"currency_code": pl.String, "needed_date": pl.Date}, orient="row"
    ).with_columns(line_count=1)
    for policy in (
        FxPolicy(),
        FxPolicy(max_age_days=30),
        FxPolicy(rate=FxRateRule.PERIOD_AVERAGE),
        FxPolicy(rate=FxRateRule.FIXED, fixed={"USD": Decimal("0.9")}),
    ):
        missing = find_missing_rates(frame, quotes, policy=policy, reporting_currency="EUR")
        expected = [
            (code.strip().upper(), on, 1)
            for code, on in needed
            if code and on and convert("1", code, on, quotes, policy)["amount_reporting"] is None
        ]
        assert missing.rows() == expected
        assert 0 < missing.height < 8


def test_the_nearest_earlier_rate_holds_up_to_its_greatest_age() -> None:
    quotes = exchange_rates((date(2026, 3, 20), "USD", "EUR", "0.80"), (date(2026, 3, 27), "USD", "EUR", "0.90"))
    policy = FxPolicy(max_age_days=3)
    # Friday's rate serves Monday; on Tuesday it is four days old. A later rate never serves.
    assert convert("10", "USD", date(2026, 3, 30), quotes, policy)["amount_reporting"] == Decimal("9.00")
    assert convert("10", "USD", date(2026, 3, 31), quotes, policy)["amount_reporting"] is None
    assert convert("10", "USD", date(2026, 3, 26), quotes, policy)["amount_reporting"] is None
    assert convert("10", "USD", date(2026, 3, 23), quotes, policy)["fx_rate_date"] == date(2026, 3, 20)


def test_an_inverse_rate_divides_by_the_quoted_rate() -> None:
    # 1 EUR = 163.42 JPY: 1 000 000 000 / 163.42 = 6 119 202.0560...
    line = convert("1000000000", "JPY", DAY, exchange_rates((DAY, "EUR", "JPY", "163.42")), FxPolicy())
    assert line["amount_reporting"] == Decimal("6119202.06")
    # Shown to eight decimals; times the amount that would have been 6 119 200.00, two euros less.
    assert line["fx_rate"] == Decimal("0.00611920")


def test_of_a_direct_and_an_inverse_rate_the_later_holds() -> None:
    earlier, later = date(2026, 3, 30), DAY
    quotes = exchange_rates((earlier, "USD", "EUR", "0.5"), (later, "EUR", "USD", "4"))
    assert convert("100", "USD", DAY, quotes, FxPolicy())["amount_reporting"] == Decimal(25)
    same_day = exchange_rates((later, "USD", "EUR", "0.5"), (later, "EUR", "USD", "4"))
    assert convert("100", "USD", DAY, same_day, FxPolicy())["amount_reporting"] == Decimal(50)


def test_a_rate_goes_through_a_third_currency_if_it_must() -> None:
    # GBP 100 = USD 125; EUR 1 = USD 1.08: 125 / 1.08 = 115.7407...
    quotes = exchange_rates((date(2026, 3, 30), "GBP", "USD", "1.25"), (DAY, "EUR", "USD", "1.08"))
    line = convert("100", "GBP", DAY, quotes, FxPolicy())
    assert line["amount_reporting"] == Decimal("115.74")
    assert line["fx_rate"] == Decimal("1.15740741")
    assert line["fx_rate_date"] == date(2026, 3, 30), "the day of the older leg"


def test_of_several_third_currencies_the_most_recent_serves() -> None:
    old, new = date(2026, 3, 27), DAY
    quotes = exchange_rates(
        (old, "GBP", "CHF", "2"), (old, "CHF", "EUR", "2"), (new, "GBP", "USD", "3"), (new, "USD", "EUR", "3")
    )
    assert convert("1", "GBP", DAY, quotes, FxPolicy())["amount_reporting"] == Decimal(9)


def test_a_period_average_is_the_mean_of_the_month() -> None:
    quotes = exchange_rates(
        (date(2026, 2, 28), "USD", "EUR", "9"),
        (date(2026, 3, 2), "USD", "EUR", "0.90"),
        (date(2026, 3, 16), "USD", "EUR", "0.91"),
        (date(2026, 3, 30), "USD", "EUR", "0.95"),
    )
    policy = FxPolicy(rate=FxRateRule.PERIOD_AVERAGE)
    # (0.90 + 0.91 + 0.95) / 3 = 0.92, also for a line that was posted before the month's first rate.
    line = convert("100", "USD", date(2026, 3, 1), quotes, policy)
    assert (line["amount_reporting"], line["fx_rate_date"]) == (Decimal("92.00"), date(2026, 3, 30))
    assert convert("100", "USD", date(2026, 4, 1), quotes, policy)["amount_reporting"] is None


def test_fixed_rates_need_no_export_and_no_date() -> None:
    policy = FxPolicy(rate=FxRateRule.FIXED, fixed={"USD": Decimal("0.91")})
    quotes = exchange_rates((DAY, "USD", "EUR", "5"), (DAY, "GBP", "EUR", "5"))
    assert convert("100", "USD", None, quotes, policy)["amount_reporting"] == Decimal("91.00")
    assert convert("100", "GBP", DAY, quotes, policy)["amount_reporting"] is None


def test_rates_of_zero_or_less_count_as_missing() -> None:
    quotes = exchange_rates((DAY, "USD", "EUR", "0"), (DAY, "GBP", "EUR", "-1"))
    assert convert("100", "USD", DAY, quotes, FxPolicy())["amount_reporting"] is None
    assert convert("100", "GBP", DAY, quotes, FxPolicy())["amount_reporting"] is None


def test_a_currency_without_minor_units_is_rounded_to_whole_ones() -> None:
    line = convert("2.5000", "EUR", DAY, exchange_rates(), FxPolicy(), digits=0)
    assert line["amount_reporting"] == Decimal(2).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)


def test_lines_keep_their_order_and_their_number() -> None:
    lines = ledger_lines(
        *(
            {"amount_original": Decimal(number), "currency_code": code, "posting_date": DAY}
            for number, code in enumerate(["USD", "EUR", "XXX", "USD", "EUR", "USD"])
        )
    )
    converted = convert_to_reporting(
        lines,
        exchange_rates((DAY, "USD", "EUR", "2")),
        policy=FxPolicy(),
        date_column="posting_date",
        reporting_currency="EUR",
        minor_unit_digits=2,
    )
    assert converted["cost_line_id"].to_list() == lines["cost_line_id"].to_list()
    assert converted["amount_reporting"].to_list() == [0, 1, None, 6, 4, 10]

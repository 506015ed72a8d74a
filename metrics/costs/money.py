"""Exact arithmetic on amounts: integer units, rounding, multiplication by an exact rate, largest remainder.

Polars rounds decimal quotients to the scale of their operands and wraps integers that overflow without a word. So
every computation here runs on integers (ten-thousandths for stored amounts, minor units for reporting amounts,
128 bits for products), and says by which check it cannot overflow. No float touches an amount.

Which rate converts a line does not belong here (`metrics.costs.exchange_rates`), nor how costs are spread over time
(`metrics.costs.accrual`) or allocated (`metrics.costs.allocation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

#: Decimal places of every stored amount: DECIMAL(18,4), see `models.schema.money`.
STORED_PLACES: Final = 4
_STORED_TYPE: Final = pl.Decimal(18, STORED_PLACES)
#: Stored amounts are below this in ten-thousandths: 18 digits.
_STORED_LIMIT: Final = 10**18

#: Magnitudes below this leave room in 64 bits for any sum or difference of two of them.
_SAFE_TOTAL: Final = 2**62
#: Products below this leave room in 128 bits for the doubling that rounding does.
_SAFE_PRODUCT: Final = 2**126


def to_stored_units(amount: pl.Expr) -> pl.Expr:
    """A DECIMAL(18,4) amount as whole ten-thousandths, Int64. 18 digits fit in 64 bits."""
    return amount.cast(_STORED_TYPE).to_physical().cast(pl.Int64)


def to_minor_units(amount: pl.Expr, minor_unit_digits: int) -> pl.Expr:
    """A reporting amount as whole minor units (cents for 2 digits), Int64.

    The amount must already be rounded to the minor unit; see `check_minor_units`.
    """
    return to_stored_units(amount).floordiv(10 ** (STORED_PLACES - minor_unit_digits))


def from_minor_units(units: pl.Expr, minor_unit_digits: int) -> pl.Expr:
    """Whole minor units as DECIMAL(18,4). Polars raises InvalidOperationError if 18 digits do not hold them."""
    one_unit = pl.lit(Decimal(1).scaleb(-minor_unit_digits), dtype=pl.Decimal(38, STORED_PLACES))
    return (units.cast(pl.Decimal(38, 0)) * one_unit).cast(_STORED_TYPE)


def check_minor_units(amounts: pl.Series, minor_unit_digits: int) -> None:
    """Refuse reporting amounts that integer arithmetic in 64 bits could not carry exactly.

    Every partial sum of the amounts is at most the sum of their magnitudes, so one look at that sum proves that
    nothing computed by splitting and adding them overflows.

    Raises:
        ValueError: an amount is finer than the minor unit, or the magnitudes add up to 2^62 minor units or more.
    """
    check_minor_unit_digits(minor_unit_digits)
    one_unit = 10 ** (STORED_PLACES - minor_unit_digits)
    units = pl.col("amount").to_physical().cast(pl.Int128)
    amount = amounts.cast(_STORED_TYPE).alias("amount").to_frame()
    finer = amount.filter(units % one_unit != 0)
    if not finer.is_empty():
        raise ValueError(
            f"amount_reporting {finer.item(0, 0)} is finer than the reporting currency's minor unit "
            f"({minor_unit_digits} decimals): convert the lines with the same number of decimals"
        )
    if amount.select(units.abs().sum()).item() >= _SAFE_TOTAL * one_unit:
        raise ValueError(
            "the amounts add up to more than 18 digits of minor units: look for a wrong decimal separator, "
            "unit or exchange rate in the exports"
        )


def check_minor_unit_digits(minor_unit_digits: int) -> None:
    """Refuse a number of decimals that stored amounts do not have.

    Raises:
        ValueError: the number is not between 0 and 4.
    """
    if not 0 <= minor_unit_digits <= STORED_PLACES:
        raise ValueError(
            f"the reporting currency has {minor_unit_digits} decimals; amounts are stored with 0 to {STORED_PLACES}"
        )


def round_half_even(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """numerator / denominator to the nearest integer, ties to the even one. Int128; denominator positive."""
    quotient = numerator // denominator
    twice_rest = 2 * (numerator - quotient * denominator)
    is_up = (twice_rest > denominator) | ((twice_rest == denominator) & (quotient % 2 != 0))
    return quotient + is_up.cast(pl.Int128)


def multiply_amounts(
    amounts: pl.Series, ratios: Sequence[Fraction], ratio_index: pl.Series, minor_unit_digits: int
) -> pl.Series:
    """Amounts times exact ratios, rounded half to even to the minor unit, once.

    Args:
        amounts: DECIMAL(18,4).
        ratios: the distinct positive ratios.
        ratio_index: for each amount the position of its ratio, or null for none.

    Returns:
        DECIMAL(18,4); null where the amount or its ratio is null or 18 digits do not hold the product.
    """
    check_minor_unit_digits(minor_unit_digits)
    coarser = 10 ** (STORED_PLACES - minor_unit_digits)
    units = amounts.cast(_STORED_TYPE).to_physical().cast(pl.Int128)
    numerators = [ratio.numerator for ratio in ratios]
    denominators = [ratio.denominator * coarser for ratio in ratios]
    largest_units = int(units.abs().max() or 0)  # type: ignore[arg-type]
    if largest_units * max(numerators, default=0) < _SAFE_PRODUCT and max(denominators, default=0) < _SAFE_PRODUCT // 2:
        terms = pl.DataFrame(
            {
                "units": units,
                "numerator": pl.Series(numerators, dtype=pl.Int128).gather(ratio_index),
                "denominator": pl.Series(denominators, dtype=pl.Int128).gather(ratio_index),
            }
        )
        rounded = round_half_even(pl.col("units") * pl.col("numerator"), pl.col("denominator"))
        minor = (
            terms.select(rounded.alias(amounts.name))
            .select(pl.when(pl.col(amounts.name).abs() < _STORED_LIMIT // coarser).then(pl.col(amounts.name)))
            .to_series()
        )
    else:
        # Rates that go through a third currency can have more digits than 128 bits hold; Python's integers have room.
        minor = pl.Series(
            amounts.name,
            [
                None
                if value is None or position is None
                else _round_within(value * ratios[position] / coarser, coarser)
                for value, position in zip(units, ratio_index, strict=True)
            ],
            dtype=pl.Int128,
        )
    return minor.to_frame().select(from_minor_units(pl.col(amounts.name), minor_unit_digits)).to_series()


def _round_within(exact: Fraction, coarser: int) -> int | None:
    """The nearest integer, ties to even, or None if a stored amount does not hold it."""
    rounded = round(exact)
    return rounded if abs(rounded) * coarser < _STORED_LIMIT else None


def split_by_largest_remainder(parts: pl.DataFrame) -> pl.Series:
    """Split whole amounts over weights so that the parts of each amount add up to it exactly.

    Each part gets its exact share cut towards zero; the units left over go one each to the parts with the largest
    remainders, ties to the lower `tie`. Magnitudes are split and the sign is put back, so a reversal is split into
    exactly the negatives of what it reverses.

    Args:
        parts: one row a part. `group` (integer: which amount), `amount` (Int64, the same on all rows of a group),
            `weight` (Int64, above 0), `tie` (integer, unique within a group).

    Returns:
        The parts' amounts, Int64, in the order of the rows.

    Raises:
        ValueError: a weight is not above 0, or the weights of a group add up to 2^62 or more.
    """
    if parts.is_empty():
        return pl.Series("part", [], dtype=pl.Int64)
    if not (parts["weight"] > 0).all():
        raise ValueError("every weight must be above 0: leave out what takes no share")
    heaviest = parts.group_by("group").agg(pl.col("weight").cast(pl.Int128).sum()).select(pl.col("weight").max()).item()
    if heaviest >= _SAFE_TOTAL:
        raise ValueError("the weights of a driver add up to more than 18 digits: look for a wrong unit in its data")
    # |amount| < 2^63 (Int64) and weight < 2^62, so the product is below 2^125; shares are at most |amount| and
    # remainders below the total weight, so both fit in 64 bits again.
    product = pl.col("amount").cast(pl.Int128).abs() * pl.col("weight").cast(pl.Int128)
    total_weight = pl.col("weight").sum().over("group")
    shares = (
        parts.select("group", "amount", "weight", "tie")
        .with_row_index("position")
        .with_columns(
            share=(product // total_weight.cast(pl.Int128)).cast(pl.Int64),
            remainder=(product % total_weight.cast(pl.Int128)).cast(pl.Int64),
        )
        .sort("group", -pl.col("remainder"), "tie")
        .with_columns(
            rank=pl.int_range(1, pl.len() + 1).over("group"),
            left_over=pl.col("amount").abs() - pl.col("share").sum().over("group"),
        )
    )
    unit = (pl.col("rank") <= pl.col("left_over")).cast(pl.Int64)
    return (
        shares.with_columns(part=pl.col("amount").sign() * (pl.col("share") + unit)).sort("position").get_column("part")
    )

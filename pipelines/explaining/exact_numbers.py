"""Numbers with the digits that somebody needs to compute along; short ones are in `pipelines.words.numbers`."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

#: Decimals that money keeps at the most.
_MONEY_DECIMALS: Final = 4


def write_exactly(value: float | Decimal | int | None, unit: str, currency: str) -> str:
    """A value of a KPI with its unit: hours and ratios to so many digits that a sum can be followed, money to all."""
    if value is None:
        return "nothing"
    if unit.endswith("_hours"):
        return f"{value:,.4f} h"
    if unit == "ratio":
        return f"{value:,.6f}"
    if unit == "days":
        return f"{value:,.2f} d"
    if unit == "reporting":
        return write_money(value, currency)
    return write_count(value)


def write_money(amount: float | Decimal | int, currency: str) -> str:
    """An amount with all its decimals, at least two."""
    digits = f"{Decimal(str(amount)):,.{_MONEY_DECIMALS}f}" if isinstance(amount, float) else f"{amount:,.4f}"
    whole, _, decimals = digits.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')} {currency}"


def write_count(count: float | Decimal | int) -> str:
    """A number of records, whole where it is."""
    return f"{count:,.0f}" if count == int(count) else f"{count:,.4f}"

"""How a value comes out of its records, as it is told: the numbers, the steps in words, and what is added up.

Which records are added up how is where they are found: `record_values` and `percentiles` for those of a record view,
else `flow`, `costs` and `plans`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pipelines.explaining.cell import Cell
from pipelines.explaining.exact_numbers import write_money
from pipelines.words.numbers import count_records, format_ratio

Number = float | Decimal | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of a published value, computed anew; parts are empty where the value has none.

    Attributes:
        bounds: between which values the truth lies; None where that does not follow from what is counted here.
    """

    value: Number
    eligible_count: int
    measured_count: int
    numerator: Number = None
    denominator: Number = None
    bounds: tuple[Number, Number] | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows that a step of the arithmetic adds up, such as the pools of a cost."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How a value comes out of its records.

    Attributes:
        numbers: what they come to.
        steps: how, one sentence each, in order.
        limits: how the bounds come out, where a sentence says it.
        listings: what is added up, where a sentence cannot hold it.
        doubts: what does not fit together within the records themselves, whatever the published value is.
    """

    numbers: Numbers
    steps: tuple[str, ...]
    listings: tuple[Listing, ...] = ()
    doubts: tuple[str, ...] = field(default=())
    limits: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """How the value comes out of its records, and then its bounds."""
        return self.steps + self.limits


def measured_of(cell: Cell, measured: int, eligible: int) -> str:
    """How many of the records could be measured, as a sentence."""
    noun = cell.metric.counted_records
    if not eligible:
        return f"No {noun} count."
    counted = count_records(eligible, noun)
    if measured == eligible:
        return f"All {counted} are measured." if eligible > 1 else f"The one of the {noun} is measured."
    if not measured:
        return f"None of {counted} is measured."
    return f"{measured:,} of {counted} are measured."


def amount_share(cell: Cell, part: Decimal, whole: Decimal, measured: int, eligible: int) -> Arithmetic:
    """One exact sum over another; empty unless that is above 0 and something is measured."""
    value = float(part) / float(whole) if measured and whole > 0 else None
    amounts = [write_money(each, cell.currency) for each in (part, whole)]
    steps = (
        measured_of(cell, measured, eligible),
        f"{amounts[0]} / {amounts[1]} = {value:,.6f}, or {format_ratio(value)}"
        if value is not None
        else f"There is no share of {amounts[1]}.",
    )
    numbers = Numbers(value=value, numerator=part, denominator=whole, eligible_count=eligible, measured_count=measured)
    return Arithmetic(numbers, steps)

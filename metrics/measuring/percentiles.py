"""Percentiles of the records of every cell, and their bounds, from one sort of whole numbers.

A record's cell and its value are packed into one 64-bit integer, the cell above the value, and the integers are sorted:
NumPy does this with the processor's vector instructions, five times faster than anything that sorts rows or groups.
Unmeasured records carry the greatest value, so that they lie behind the measured ones of their cell. What remains is to
look at the right positions. How records are numbered by cell is in `metrics.measuring.cells`, other bounds in
`metrics.measuring.bounds`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

Integers: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

#: Bits of a signed integer that is not negative.
_BITS: Final = 63


class Measure:
    """One column of whole numbers, ready to be packed.

    Attributes:
        values: one number per record; unmeasured records have one that is greater than all others.
        bits: how many bits the numbers take; more than can be packed if one is negative.
    """

    def __init__(self, column: pl.Series) -> None:
        """
        Args:
            column: one whole number per record; the empty ones are unmeasured.
        """
        numbers = column.cast(pl.Int64)
        least, greatest = _number(numbers.min()), _number(numbers.max())
        self.bits = (greatest + 1).bit_length() if least >= 0 else _BITS + 1
        self.values: Integers = numbers.fill_null((1 << min(self.bits, _BITS)) - 1).to_numpy()

    @cached_property
    def ranked(self) -> tuple[Integers, Integers]:
        """The distinct values in ascending order, and of every record the position of its own among them.

        Positions take far fewer bits than microseconds do: they are what is packed where there are many cells.
        """
        return np.unique(self.values, return_inverse=True)


@dataclass(frozen=True, slots=True)
class SortedCells:
    """The values of every cell in ascending order, all cells one after another.

    Attributes:
        values: the values; behind the measured ones of a cell lie as many as it has unmeasured records.
        first: of every cell the position of its first value.
        eligible: how many records every cell has.
        measured: how many of them are measured.
    """

    values: Integers
    first: Integers
    eligible: Integers
    measured: Integers

    @classmethod
    def sort(cls, number: Integers, measure: Measure, eligible: Integers, measured: Integers) -> SortedCells:
        """Sort the values of a measure within their cells.

        Args:
            number: of every record the number of its cell, not negative.
            measure: of every record the value.
            eligible: of every cell, in order of its number, how many records it has.
            measured: how many of them are measured.
        """
        return cls(_sort(number, measure), np.cumsum(eligible) - eligible, eligible, measured)

    def percentile(self, percent: int, scale: int = 1) -> Floats:
        """Continuous percentile of the measured values of every cell, interpolated between the two nearest ranks.

        The rank is `(count - 1) * percent / 100`, counted from 0 (type 7 of Hyndman and Fan, "Sample Quantiles in
        Statistical Packages", 1996; `quantile_cont` of DuckDB and PostgreSQL). Rank and weights are kept as whole
        hundredths, so that the only rounding is that of the last division.

        Args:
            percent: 0 to 100.
            scale: how many units of the values make one unit of the result.

        Returns:
            One number per cell; not a number where nothing is measured.
        """
        return self._interpolate(self.measured, np.zeros_like(self.measured), percent, scale)

    def lower_bound(self, percent: int, scale: int = 1, *, can_be_negative: bool = False) -> Floats:
        """Percentile with all unmeasured values at zero, and the measured ones at their least where they have one.

        Where values can be negative it is not a number if the percentile falls on an unmeasured record. Other arguments
        as for `percentile`.
        """
        unmeasured = self.eligible - self.measured
        lower = self._interpolate(self.eligible, unmeasured, percent, scale)
        if can_be_negative:
            lower[(self.eligible - 1) * percent // 100 < unmeasured] = np.nan
        return lower

    def upper_bound(self, percent: int, scale: int = 1) -> Floats:
        """Percentile with all unmeasured values beyond any number: not a number if it falls on one of them."""
        return self._interpolate(self.eligible, np.zeros_like(self.measured), percent, scale)

    def _interpolate(self, count: Integers, zeros: Integers, percent: int, scale: int) -> Floats:
        """Percentile of `zeros` zeros, then the measured values, then unbounded ones up to `count` records in all."""
        rank, weight = np.divmod((count - 1) * percent, 100)
        # A weight of zero must not touch the next rank: it may be unbounded, or not exist.
        next_rank = rank + (weight > 0)
        low, high = self._at(rank - zeros), self._at(next_rank - zeros)
        found: Floats = (low * (100 - weight) + high * weight) / (100 * scale)
        found[(count == 0) | (next_rank - zeros >= self.measured)] = np.nan
        return found

    def _at(self, rank: Integers) -> Integers:
        """The value of a rank: 0 before the first, anything beyond the last measured one."""
        position = np.minimum(self.first + np.maximum(rank, 0), len(self.values) - 1)
        return np.where(rank < 0, 0, self.values[position])


def _sort(number: Integers, measure: Measure) -> Integers:
    """The values, ascending within their cell, cell after cell."""
    cell_bits = int(number.max(initial=0)).bit_length()
    if cell_bits + measure.bits <= _BITS:
        return _sort_packed(number, measure.values, measure.bits)
    distinct, ranks = measure.ranked
    rank_bits = len(distinct).bit_length()
    if cell_bits + rank_bits <= _BITS:
        return distinct[_sort_packed(number, ranks, rank_bits)]
    return measure.values[np.lexsort((measure.values, number))]


def _sort_packed(number: Integers, values: Integers, bits: int) -> Integers:
    packed = np.left_shift(number, bits)
    packed |= values
    packed.sort()
    packed &= (1 << bits) - 1
    return packed


def _number(found: object) -> int:
    """What a column of whole numbers gave as its least or greatest; 0 if it has none."""
    return found if isinstance(found, int) else 0

"""One percentile as somebody computes it by hand: at which position it lies, and what the two values there come to.

`metrics.measuring.percentiles` computes all cells at once, from packed integers; this says the same of one, so that a
published value can be followed and checked on paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Position:
    """Where a continuous percentile lies among values in ascending order.

    Attributes:
        rank: of the value below it, counted from 0.
        hundredths: how far it lies from there to the next value, in hundredths.
    """

    rank: int
    hundredths: int

    @property
    def place(self) -> Fraction:
        """The position counted from 1, as people count: 481.25 of 566."""
        return self.rank + 1 + Fraction(self.hundredths, 100)


def position_of(count: int, percent: int) -> Position:
    """Where a percentile of so many values lies: `(count - 1) * percent / 100`, counted from 0.

    Raises:
        ValueError: there are no values, or `percent` is none.
    """
    if count < 1 or not 0 <= percent <= 100:
        raise ValueError(f"no percentile {percent} of {count} values")
    return Position(*divmod((count - 1) * percent, 100))


def interpolate(position: Position, below: int, above: int, scale: int = 1) -> float:
    """The percentile, rounded once.

    Args:
        position: where it lies.
        below, above: the value at its rank, and the next one; the same where it lies on a value.
        scale: how many units of the values make one unit of the percentile.
    """
    parts = below * (100 - position.hundredths) + above * position.hundredths
    return parts / (100 * scale)

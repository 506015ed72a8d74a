"""Holding what was published against what the records come to: the audit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from pipelines.explaining.arithmetic import Number, Numbers

#: Published money is a float of an exact amount with four decimals: less than half of the last is no difference.
_HALF_A_DECIMAL: Final = Decimal("0.00005")
#: Two ways to one floating-point number may differ in its last digits, and in no more.
_RELATIVE: Final = 1e-12
_COMPARED: Final = ("value", "numerator", "denominator", "eligible_count", "measured_count")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One number as it was published and as the records give it."""

    name: str
    published: Number
    recomputed: Number

    @property
    def agrees(self) -> bool:
        """Whether both are the same number."""
        return agree(self.published, self.recomputed)


def compare(published: Mapping[str, Any], numbers: Numbers) -> tuple[Comparison, ...]:
    """Every number of a published value beside what was computed anew.

    Args:
        published: a row of `mart.metric_values`.
    """
    found = [Comparison(name, published[name], getattr(numbers, name)) for name in _COMPARED]
    if numbers.bounds is not None:
        ends = zip(("lower_bound", "upper_bound"), numbers.bounds, strict=True)
        found += [Comparison(name, published[name], end) for name, end in ends]
    return tuple(found)


def agree(published: Number, recomputed: Number) -> bool:
    """Whether a published number is the one that was computed anew: money to its last decimal."""
    if published is None or recomputed is None:
        return published is recomputed
    if isinstance(recomputed, Decimal):
        exact = Decimal(str(published))
        tolerance = max(_HALF_A_DECIMAL, abs(recomputed) * Decimal(_RELATIVE))
        return abs(exact - recomputed) < tolerance
    return math.isclose(published, recomputed, rel_tol=_RELATIVE, abs_tol=1e-15)

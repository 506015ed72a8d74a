"""Axes of values: round labels, each another one, and not more of them than stand beside each other.

Vega's own ticks may lie nearer to each other than the digits of their labels tell, so that a small count gets
"26 26 26". So they are chosen here. Axes of days and names are with the charts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import ceil, floor
from typing import Any

import altair as alt


def axis_of_values(values: Iterable[float], value_format: str, *, most: int, **scale: Any) -> dict[str, Any]:
    """The axis and scale of an encoding of values.

    Args:
        values: what is drawn, or its ends; with 0, where the chart begins there.
        value_format: a d3 format of labels. Its decimal places are left out where steps are whole.
        most: labels at most that lie within the values; two are always there.
        scale: properties of the scale.
    """
    known = sorted(values) or [0.0]
    low, high = known[0], known[-1]
    digits = re.search(r"\.(\d+)(?=~?f)", value_format)
    written = re.search(r"\.(\d+)", value_format)
    places = (int(written[1]) if written else 0) + (2 if value_format.endswith("%") else 0)
    ticks, step = round_ticks(low, high, most=most, places=places)
    inside = [tick for tick in ticks if low <= tick <= high]
    if len(inside) < 2:
        # Values nearer to each other than their digits tell: the axis goes on to the next labels.
        scale["domain"] = [ticks[0], ticks[-1]]
    if digits and step >= 1:
        value_format = value_format.replace(digits[0], ".0")
    axis = alt.Axis(title=None, format=value_format, values=ticks, labelOverlap=True)
    return {"axis": axis, "scale": alt.Scale(**scale) if scale else alt.Undefined}


def round_ticks(low: float, high: float, *, most: int, places: int) -> tuple[list[float], float]:
    """Multiples of 1, 2 or 5 times a power of ten from the last at or below a span to the first at or above it, two at
    least, and the step between them.

    Args:
        most: steps that may lie within the span, plus one.
        places: decimal places of the smallest step.
    """
    size = 10.0**-places
    while True:
        for factor in (1, 2, 5):
            step = size * factor
            if (high - low) / step <= max(most - 1, 1):
                first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
                return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)], step
        size *= 10

"""How a chart looks where it is shown: on a page that is read and printed, or on one where a reader points at it.

What a chart shows is the same in both places, and is in the other modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ChartLook:
    """Colours and legends of a place.

    Attributes:
        colors: by what they stand for: the status categories, the states of promises, `point` and `mark`.
        legend: properties of every legend.
        has_tooltips: whether a reader can point at a mark to see what it is of.
    """

    colors: Mapping[str, str]
    legend: Mapping[str, Any] = field(default_factory=dict)
    has_tooltips: bool = False

"""Lines that mark values in a chart, such as percentiles, with their names beside them where none hides another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import altair as alt

from pipelines.charts.look import ChartLook

#: Room of a line's name, in pixels.
_NAME_WIDTH, _NAME_HEIGHT = 30, 15


@dataclass(frozen=True, slots=True)
class Line:
    """A value that a chart marks with a line and a name, such as a percentile."""

    name: str
    value: float


def mark_across(lines: Sequence[Line], look: ChartLook, scale: Any, heights: Mapping[str, float]) -> list[Any]:
    """A level rule for each line, with its name over its right end; names that would overlap stand side by side."""
    places = _places_beside(lines, heights)
    layers = []
    for line in lines:
        base = alt.Chart(alt.Data(values=[{"name": line.name, "value": line.value}]))
        place = alt.Y("value:Q", scale=scale)
        shift = -2 - _NAME_WIDTH * places[line.name]
        text = base.mark_text(align="right", baseline="bottom", dx=shift, dy=-1, **_mark(look))
        layers += [_rule(base, look).encode(y=place), text.encode(x=alt.value("width"), y=place, text="name:N")]
    return layers


def mark_upright(lines: Sequence[Line], look: ChartLook, scale: Any) -> list[Any]:
    """An upright rule for each line, with its name at the top; names beside each other stand one below the other."""
    layers = []
    for position, line in enumerate(lines):
        base = alt.Chart(alt.Data(values=[{"name": line.name, "value": line.value}]))
        place = alt.X("value:Q", scale=scale)
        text = base.mark_text(align="left", baseline="top", dx=3, **_mark(look))
        layers += [_rule(base, look).encode(x=place), text.encode(x=place, y=alt.value(14 * position), text="name:N")]
    return layers


def _places_beside(lines: Sequence[Line], heights: Mapping[str, float]) -> dict[str, int]:
    """How many names stand to the right of each line's own, because their lines are too near to write one below the
    other.

    Args:
        heights: of each line over the bottom, in pixels.
    """
    ordered = sorted(lines, key=lambda line: heights[line.name])
    places = {line.name: 0 for line in ordered}
    for below, above in pairwise(ordered):
        if heights[above.name] - heights[below.name] < _NAME_HEIGHT:
            places[above.name] = places[below.name] + 1
    return places


def _mark(look: ChartLook) -> dict[str, Any]:
    # Names lie over points, which are larger where somebody points at them.
    larger = {"fontSize": 13, "fontWeight": 700} if look.has_tooltips else {"fontWeight": 600}
    return {"color": look.colors["mark"], **larger}


def _rule(base: Any, look: ChartLook) -> Any:
    return base.mark_rule(color=look.colors["mark"], strokeDash=[4, 3], strokeWidth=1)

"""The charts of flow: cumulative flow, cycle times, and the age of open work. Plain values in, Altair charts out.

Nothing is computed here, and no file is read. Instants are drawn by the clock that they are given in, whatever the
machine's own time zone is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from math import log1p
from typing import Any, Final

import altair as alt

from pipelines.report.axes import axis_of_values
from pipelines.report.drawing import color

#: Bands of a cumulative flow diagram from the bottom to the top, with the colour of each.
FLOW_BANDS: Final[dict[str, str]] = {
    "done": "blue_soft",
    "cancelled": "line",
    "waiting": "amber",
    "active": "blue",
    "queued": "grey",
}
#: Parts of a bar of open work, from the axis on, with the colour of each.
AGE_PARTS: Final[dict[str, str]] = {"promise broken": "red", "promise running": "blue", "no promise": "grey"}
#: Axis labels of hours on a scale on which each step multiplies.
_HOURS: Final = tuple(factor * 10**power for power in range(6) for factor in (1, 2, 5))
_DAY_AXIS: Final = {
    "title": None,
    "grid": False,
    "labelOverlap": True,
    # Labels at either end that keep within the chart run into their neighbours.
    "labelFlush": False,
    "tickCount": 5,
    "format": "%-d %b",
}
#: A number of hours on an axis, without exponents.
_WHOLE: Final = "format(datum.value, ',d')"
#: Room of a line's name, in pixels.
_NAME_WIDTH, _NAME_HEIGHT = 30, 15
#: Ages below an hour are drawn as if they began here: a scale that multiplies has no zero.
_LEAST_AGE: Final = 0.5


@dataclass(frozen=True, slots=True)
class FlowDay:
    """How many tickets each band has at a day's end."""

    day: date
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class FinishedTicket:
    """When a ticket was finished, by the clock of the reporting time zone, and how long it took."""

    at: datetime
    hours: float


@dataclass(frozen=True, slots=True)
class Line:
    """A value that a chart marks with a line and a name, such as a percentile."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class AgeClass:
    """Open tickets of an age, by the state of their promises."""

    first: float
    last: float
    counts: dict[str, int]


def flow_chart(days: Sequence[FlowDay], *, width: int, height: int = 230) -> Any:
    """A cumulative flow diagram: what came in above what went out, and in between where the work is."""
    bands = list(FLOW_BANDS)
    rows = [
        {"day": item.day.isoformat(), "band": band, "count": item.counts.get(band, 0), "position": position}
        for item in days
        for position, band in enumerate(bands)
    ]
    highest = max((sum(item.counts.values()) for item in days), default=0)
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_area(opacity=1)
        .encode(
            x=alt.X("day:T", scale=alt.Scale(type="utc"), axis=alt.Axis(**_DAY_AXIS)),
            y=alt.Y("count:Q", stack="zero", **axis_of_values((0, highest), ",d", most=6)),
            color=alt.Color(
                "band:N",
                scale=alt.Scale(domain=bands, range=[color(FLOW_BANDS[band]) for band in bands]),
                legend=alt.Legend(columns=3 if width < 400 else 5),
            ),
            order=alt.Order("position:Q"),
        )
        .properties(width=width, height=height)
    )


def cycle_time_chart(tickets: Sequence[FinishedTicket], lines: Sequence[Line], *, width: int, height: int = 230) -> Any:
    """One point per finished ticket, and lines under which known shares of all of them lie."""
    rows = [{"at": f"{item.at:%Y-%m-%dT%H:%M:%S}Z", "hours": item.hours} for item in tickets]
    most = max((*(item.hours for item in tickets), *(item.value for item in lines)), default=1)
    ticks = [0, *(value for value in _HOURS if value <= most)]
    # Linear up to an hour, then each step multiplies: tickets of no time at all are points too.
    scale = alt.Scale(type="symlog", constant=1, domainMin=0)
    y = alt.Y("hours:Q", scale=scale, axis=alt.Axis(title=None, values=ticks, labelExpr=_WHOLE, labelOverlap=True))
    points = (
        alt.Chart(alt.Data(values=rows))
        .mark_circle(color=color("blue"), size=14, opacity=0.45)
        .encode(x=alt.X("at:T", scale=alt.Scale(type="utc"), axis=alt.Axis(**_DAY_AXIS)), y=y)
    )
    heights = {line.name: height * log1p(line.value) / log1p(most) for line in lines}
    layers = [points, *_marked(lines, axis="y", scale=scale, heights=heights)]
    return alt.layer(*layers).properties(width=width, height=height)


def age_chart(classes: Sequence[AgeClass], lines: Sequence[Line], *, width: int, height: int = 210) -> Any:
    """Open work by age, in classes that double, with lines that say how long finished work took."""
    parts = list(AGE_PARTS)
    rows = []
    for item in classes:
        below = 0
        for part in parts:
            above = below + item.counts.get(part, 0)
            rows.append({"first": max(item.first, _LEAST_AGE), "last": item.last, "part": part, "below": below,
                         "above": above})  # fmt: skip
            below = above
    highest = max((sum(item.counts.values()) for item in classes), default=0)
    edges = sorted({max(edge, _LEAST_AGE) for item in classes for edge in (item.first, item.last)})
    label = f"datum.value < 1 ? '0' : {_WHOLE}"
    scale = alt.Scale(type="log", base=2, nice=False)
    x = alt.X(
        "first:Q",
        scale=scale,
        axis=alt.Axis(
            title="open hours since creation",
            values=edges,
            labelExpr=label,
            labelOverlap=True,
            labelSeparation=8,
            grid=False,
        ),
    )
    bars = (
        alt.Chart(alt.Data(values=rows))
        .mark_rect(xOffset=0.5, x2Offset=-0.5)
        .encode(
            x=x,
            x2="last:Q",
            y=alt.Y("below:Q", **axis_of_values((0, highest), ",d", most=5)),
            y2="above:Q",
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=parts, range=[color(AGE_PARTS[part]) for part in parts]),
                legend=alt.Legend(columns=2 if width < 400 else 3),
            ),
        )
    )
    within = [line for line in lines if edges and edges[0] <= line.value <= edges[-1]]
    return alt.layer(bars, *_marked(within, axis="x", scale=scale)).properties(width=width, height=height)


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


def _marked(lines: Sequence[Line], *, axis: str, scale: Any, heights: Mapping[str, float] | None = None) -> list[Any]:
    """A rule for each line, with its name at the end of it; names that would overlap stand beside each other."""
    layers = []
    places = _places_beside(lines, heights or {line.name: 0.0 for line in lines})
    for position, line in enumerate(lines):
        base = alt.Chart(alt.Data(values=[{"name": line.name, "value": line.value}]))
        if axis == "y":
            place = {"y": alt.Y("value:Q", scale=scale)}
            shift = -2 - _NAME_WIDTH * places[line.name]
            text = base.mark_text(align="right", baseline="bottom", dx=shift, dy=-1, color=color("ink"), fontWeight=600)
            text = text.encode(x=alt.value("width"), text="name:N", **place)
        else:
            place = {"x": alt.X("value:Q", scale=scale)}
            text = base.mark_text(align="left", baseline="top", dx=3, color=color("ink"), fontWeight=600)
            text = text.encode(y=alt.value(14 * position), text="name:N", **place)
        rule = base.mark_rule(color=color("ink"), strokeDash=[4, 3], strokeWidth=1).encode(**place)
        layers += [rule, text]
    return layers

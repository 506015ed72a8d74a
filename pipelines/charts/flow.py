"""The charts of flow, as report and dashboard draw them: cumulative flow, cycle times, and the age of open work.

Plain values in, Altair charts out. Nothing is computed here, and no file is read. Days and instants are drawn by the
clock that they are given in, whatever the time zone of the machine or of the browser is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import log1p
from typing import Any, Final

import altair as alt
import polars as pl

from pipelines.charts.axes import axis_of_values
from pipelines.charts.look import ChartLook
from pipelines.charts.marked_lines import Line, mark_across, mark_upright

#: Bands of a cumulative flow diagram from the bottom to the top.
FLOW_BANDS: Final = ("done", "cancelled", "waiting", "active", "queued")
#: Those of them that are open work: what came in less what went out.
OPEN_BANDS: Final = FLOW_BANDS[2:]
#: Parts of a bar of open work, from the axis on.
AGE_PARTS: Final = ("promise broken", "promise running", "no promise running")
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
#: Ages below an hour are drawn as if they began here: a scale that multiplies has no zero.
_LEAST_AGE: Final = 0.5


@dataclass(frozen=True, slots=True)
class FlowDay:
    """How many tickets each band has at a day's end."""

    day: date
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class FinishedTicket:
    """When a ticket was finished, by the clock of the reporting time zone, and how long it took.

    Attributes:
        ticket_id, team: what a tooltip tells.
    """

    at: datetime
    hours: float
    ticket_id: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class AgeClass:
    """Open tickets of an age, by the state of their promises."""

    first: float
    last: float
    counts: dict[str, int]


def flow_chart(
    days: Sequence[FlowDay],
    look: ChartLook,
    *,
    bands: Sequence[str] = FLOW_BANDS,
    named: Sequence[str] | None = None,
    width: int | None = None,
    height: int = 230,
) -> Any:
    """A cumulative flow diagram: what came in above what went out, and in between where the work is.

    Open work is small beside all that went out in months; of `OPEN_BANDS` alone it has the whole height.

    Args:
        bands: what is drawn, from the bottom to the top.
        named: bands that the legend names, where others than those that are drawn; of none there is no legend.
        width: in pixels; None for that of the place.
    """
    rows = [
        {"day": item.day.isoformat(), "band": band, "count": item.counts.get(band, 0), "position": position}
        for item in days
        for position, band in enumerate(bands)
    ]
    highest = max((sum(item.counts.get(band, 0) for band in bands) for item in days), default=0)
    tooltip = [
        alt.Tooltip("utcyearmonthdate(day):T", title="end of", format="%d %b %Y"),
        alt.Tooltip("band:N", title="state"),
        alt.Tooltip("count:Q", title="tickets", format=",d"),
    ]
    chart = (
        alt.Chart(_data(rows, look))
        .mark_area(opacity=1)
        .encode(
            x=alt.X("day:T", scale=alt.Scale(type="utc"), axis=_day_axis(width)),
            y=alt.Y("count:Q", stack="zero", **axis_of_values((0, highest), ",d", most=6)),
            color=_color_of("band", bands if named is None else named, look, width, domain=FLOW_BANDS),
            order=alt.Order("position:Q"),
            **_tooltips(look, tooltip),
        )
    )
    return _sized(chart, width, height)


def cycle_time_chart(
    tickets: Sequence[FinishedTicket],
    lines: Sequence[Line],
    look: ChartLook,
    *,
    width: int | None = None,
    height: int = 230,
) -> Any:
    """One point per finished ticket, and lines under which known shares of all of them lie.

    Args:
        width: in pixels; None for that of the place.
    """
    named = [{"ticket": item.ticket_id, "team": item.team} if look.has_tooltips else {} for item in tickets]
    rows = [
        {"at": f"{item.at:%Y-%m-%dT%H:%M:%S}Z", "hours": item.hours, **names}
        for item, names in zip(tickets, named, strict=True)
    ]
    most = max((*(item.hours for item in tickets), *(item.value for item in lines)), default=1)
    ticks = [0, *(value for value in _HOURS if value <= most)]
    # Linear up to an hour, then each step multiplies: tickets of no time at all are points too.
    scale = alt.Scale(type="symlog", constant=1, domainMin=0)
    y = alt.Y("hours:Q", scale=scale, axis=alt.Axis(title=None, values=ticks, labelExpr=_WHOLE, labelOverlap=True))
    tooltip = [
        alt.Tooltip("ticket:N"),
        alt.Tooltip("team:N"),
        alt.Tooltip("hours:Q", title="open hours", format=",.1f"),
    ]
    points = (
        alt.Chart(_data(rows, look))
        .mark_circle(color=look.colors["point"], size=28 if look.has_tooltips else 14, opacity=0.45)
        .encode(x=alt.X("at:T", scale=alt.Scale(type="utc"), axis=_day_axis(width)), y=y, **_tooltips(look, tooltip))
    )
    heights = {line.name: height * log1p(line.value) / log1p(most) for line in lines}
    return _sized(alt.layer(points, *mark_across(lines, look, scale, heights)), width, height)


def age_chart(
    classes: Sequence[AgeClass],
    lines: Sequence[Line],
    look: ChartLook,
    *,
    width: int | None = None,
    height: int = 210,
) -> Any:
    """Open work by age, in classes that double, with lines that say how long finished work took.

    Args:
        width: in pixels; None for that of the place.
    """
    rows = []
    for item in classes:
        below = 0
        for part in AGE_PARTS:
            count = item.counts.get(part, 0)
            rows.append({"first": max(item.first, _LEAST_AGE), "last": item.last, "part": part, "below": below,
                         "above": below + count, "count": count,
                         "age": f"{item.first:,.0f} to {item.last:,.0f}"})  # fmt: skip
            below += count
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
    tooltip = [
        alt.Tooltip("age:N", title="open hours"),
        alt.Tooltip("part:N", title="promise"),
        alt.Tooltip("count:Q", title="tickets", format=",d"),
    ]
    bars = (
        alt.Chart(_data(rows, look))
        .mark_rect(xOffset=0.5, x2Offset=-0.5)
        .encode(
            x=x,
            x2="last:Q",
            y=alt.Y("below:Q", **axis_of_values((0, highest), ",d", most=5)),
            y2="above:Q",
            color=_color_of("part", AGE_PARTS, look, width),
            **_tooltips(look, tooltip),
        )
    )
    within = [line for line in lines if edges and edges[0] <= line.value <= edges[-1]]
    return _sized(alt.layer(bars, *mark_upright(within, look, scale)), width, height)


def _day_axis(width: int | None) -> Any:
    """Days; where the width is not known, without those whose name would be cut at the edge of a narrow page."""
    return alt.Axis(**_DAY_AXIS, labelBound=width is None)


def _data(rows: Sequence[Mapping[str, Any]], look: ChartLook) -> Any:
    """The rows of a chart. An application takes frames over apart from the chart; a picture has its rows in it."""
    return pl.DataFrame(rows) if look.has_tooltips else alt.Data(values=list(rows))


def _color_of(column: str, names: Sequence[str], look: ChartLook, width: int | None, domain: Sequence[str] = ()) -> Any:
    """Colours of names.

    Args:
        names: what the legend names, if anything.
        domain: all that have a colour, where that is more.
    """
    domain = domain or names
    is_roomy = width is not None and width >= 400
    columns = len(names) if is_roomy else 3 if len(names) > 3 else 2
    shown = {"title": None, "columns": columns, "values": list(names), **look.legend}
    legend = alt.Legend(**shown) if names else None
    colors = alt.Scale(domain=list(domain), range=[look.colors[name] for name in domain])
    return alt.Color(f"{column}:N", scale=colors, legend=legend)


def _tooltips(look: ChartLook, told: Sequence[Any]) -> dict[str, Any]:
    return {"tooltip": list(told)} if look.has_tooltips else {}


def _sized(chart: Any, width: int | None, height: int) -> Any:
    return chart.properties(height=height) if width is None else chart.properties(width=width, height=height)

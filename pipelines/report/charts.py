"""The charts of the report, each a function from plain values to an Altair chart of a given width.

They are pictures: read on paper too, drawn for two widths, in colours that the page's style replaces where it is
dark. Nobody can point at a mark, so limits, signals and targets are drawn. Those of the dashboard
(`pipelines.dashboard.charts`) are pointed at, fit any width, and show what a filter changes: the band of possible
values, and the period that is still open. What both draw alike is in `pipelines.charts`.

Nothing is computed here, and no file is read. Every text of others goes through `shown_text` before it is drawn.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any, Final

import altair as alt

from pipelines.charts.axes import axis_of_values
from pipelines.charts.flow import FLOW_BANDS, OPEN_BANDS, FlowDay, flow_chart
from pipelines.report.drawing import LOOK, color
from pipelines.report.markup import shown_text
from pipelines.report.text_width import cut_text, text_width

_HOURS: Final = ",.2~f"
#: Days are days, whatever time zone the machine is in.
_DAYS: Final = alt.Scale(type="utc")
#: d3 formats of values by the unit of a metric.
_FORMATS: Final = {"ratio": ",.1~%", "count": ",.2~f", "days": ",.1~f", "reporting": ",.2~f"}


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One period of a trend. `is_signal` is None where it cannot be told."""

    start: date
    value: float | None
    is_signal: bool | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """A stretch of a trend over which the same limits hold."""

    first: date
    last: date
    centre: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, with its group where bars are stacked, and the name of its colour."""

    name: str
    value: float
    group: str = ""
    color: str = "blue"


def axis_format(unit: str) -> str:
    """How an axis writes a metric's values."""
    return _FORMATS.get(unit, _HOURS if unit.endswith("hours") else ",.4~f")


def sparkline(points: Sequence[TrendPoint], width: int = 190, height: int = 40) -> Any:
    """A trend as a bare line with its last point marked, signals in red."""
    rows = _points(points)
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("start:T", scale=_DAYS, axis=None),
        y=alt.Y("value:Q", axis=None, scale=alt.Scale(zero=False, padding=4)),
    )
    line = base.mark_line(color=color("grey"), strokeWidth=1.5)
    signals = base.transform_filter("datum.is_signal").mark_circle(color=color("red"), size=26, opacity=1)
    known = [row for row in rows if row["value"] is not None]
    last = alt.Chart(alt.Data(values=known[-1:])).mark_circle(color=color("blue"), size=36, opacity=1)
    # Where no value is on either side, no line leads to a point.
    alone = base.transform_filter("datum.is_alone").mark_circle(color=color("grey"), size=18, opacity=1)
    return (line + alone + signals + last.encode(x=alt.X("start:T", scale=_DAYS), y="value:Q")).properties(
        width=width, height=height
    )


def trend_chart(
    points: Sequence[TrendPoint],
    unit: str,
    *,
    limits: Sequence[Limits] = (),
    targets: Sequence[tuple[date, float]] = (),
    width: int,
    height: int = 190,
) -> Any:
    """A trend with its limits of usual variation, its signals and its target."""
    axis = alt.Axis(title=None, grid=False, labelOverlap=True, labelFlush=False, **_ticks(points, width))
    x = alt.X("start:T", scale=_DAYS, axis=axis)
    known = [
        *(point.value for point in points if point.value is not None),
        *(bound for item in limits for bound in (item.lower, item.upper)),
        *(value for _, value in targets),
    ]
    y = alt.Y("value:Q", **axis_of_values(known, axis_format(unit), most=6, zero=False, nice=True, padding=8))
    layers = []
    if limits:
        spans = [
            {"start": item.first.isoformat(), "end": item.last.isoformat(), "centre": item.centre,
             "value": item.lower, "upper": item.upper}
            for item in limits
        ]  # fmt: skip
        of_limits = alt.Chart(alt.Data(values=spans))
        layers.append(of_limits.mark_rect(color=color("band"), opacity=1).encode(x=x, x2="end:T", y=y, y2="upper:Q"))
        layers.append(
            of_limits.mark_rule(color=color("grey"), strokeWidth=1).encode(x=x, x2="end:T", y=alt.Y("centre:Q"))
        )
    if targets:
        rows = [{"start": start.isoformat(), "value": value} for start, value in targets]
        layers.append(
            alt.Chart(alt.Data(values=rows))
            .mark_line(color=color("amber"), strokeDash=[5, 4], strokeWidth=1.5, interpolate="step-after")
            .encode(x=x, y=y)
        )
    base = alt.Chart(alt.Data(values=_points(points))).encode(x=x, y=y)
    layers.append(base.mark_line(color=color("blue"), strokeWidth=2))
    layers.append(
        base.transform_filter("isValid(datum.value) && !datum.is_signal").mark_circle(
            color=color("blue"), size=22, opacity=1
        )
    )
    layers.append(
        base.transform_filter("isValid(datum.value) && datum.is_signal").mark_point(
            color=color("red"), fill=color("red"), shape="diamond", size=60, opacity=1
        )
    )
    return alt.layer(*layers).properties(width=width, height=height)


def flow_picture(days: Sequence[FlowDay], *, width: int) -> Any:
    """A cumulative flow diagram below its open bands alone, which are thin beside all that went out in months."""
    above = flow_chart(days, LOOK, bands=OPEN_BANDS, named=FLOW_BANDS, width=width, height=150)
    below = flow_chart(days, LOOK, named=(), width=width, height=120)
    named = (("open at the end of each day", above), ("with what went out since the first day", below))
    return alt.vconcat(
        *(
            chart.properties(
                title=alt.TitleParams(
                    title, anchor="start", frame="group", fontSize=12, fontWeight="normal", color=color("quiet")
                )
            )
            for title, chart in named
        ),
        spacing=10,
    ).resolve_scale(color="independent")


def _ticks(points: Sequence[TrendPoint], width: int) -> dict[str, Any]:
    """Ticks at beginnings of periods alone, the last of them always: between them there is nothing, and its label would
    be that of a period once more."""
    starts = sorted({point.start for point in points})
    step = max(1, -(-len(starts) // max(2, width // 70)))
    chosen = starts[::-1][::step]
    are_months = all(start.day == 1 for start in starts)
    days = [{"year": day.year, "month": day.month, "date": day.day, "utc": True} for day in reversed(chosen)]
    return {"values": days, "format": "%b %y" if are_months else "%d %b %y"}


#: Size of the letters of a label as they are measured: fonts of readers are wider than the one that is known.
_LETTER_SIZE: Final = 14
#: Part of a chart that its names take at most; on a phone they would be cut to nothing by half of it.
_SHARE, _NARROW, _NARROW_SHARE = 0.5, 330, 0.6
#: Pixels between a label and its bar.
_LABEL_PADDING: Final = 6
#: Pixels that a tick needs, so that its number stands beside the next one.
_TICK: Final = 64


def bar_chart(bars: Sequence[Bar], *, value_format: str, width: int, step: int = 26, groups: Sequence[str] = ()) -> Any:
    """Horizontal bars in the given order, stacked by group where they have one."""
    rows = [
        {"name": shown_text(bar.name), "value": bar.value, "group": bar.group, "color": color(bar.color)}
        for bar in bars
    ]
    names = list(dict.fromkeys(row["name"] for row in rows))
    # As much room as the longest name needs, up to a part of the chart.
    longest = max((text_width(name, _LETTER_SIZE) for name in names), default=0.0)
    label_width = min(ceil(longest) + 2 * _LABEL_PADDING, int(width * (_SHARE if width > _NARROW else _NARROW_SHARE)))
    # Cut here: Vega may cut a letter that is two units of UTF-16 in the middle, and then draws nothing at all.
    cut = {name: cut_text(name, label_width - 2 * _LABEL_PADDING, _LETTER_SIZE) for name in names}
    label = f"{json.dumps(cut)}[datum.value]" if cut else "datum.value"
    y = alt.Y(
        "name:N",
        sort=names,
        axis=alt.Axis(
            title=None,
            domain=False,
            ticks=False,
            labelExpr=label,
            labelLimit=0,
            labelPadding=_LABEL_PADDING,
            # The room that was counted with, also where the font that it is drawn with here needs less.
            minExtent=label_width,
        ),
    )
    room = max(width - label_width, 120)
    lengths = (_ends_of_bars(rows), _ends_of_bars(rows, sign=-1))
    x = alt.X("value:Q", stack="zero", **axis_of_values(lengths, value_format, most=max(min(5, room // _TICK), 3)))
    encoded: dict[str, Any] = {"x": x, "y": y}
    if groups:
        colors = {bar.group: color(bar.color) for bar in bars}
        # A group without a bar has no colour that a legend could explain.
        drawn = [group for group in groups if group in colors]
        scale = alt.Scale(domain=drawn, range=[colors[group] for group in drawn])
        encoded["color"] = alt.Color("group:N", scale=scale)
        encoded["order"] = alt.Order("position:Q")
        for row in rows:
            row["position"] = list(groups).index(str(row["group"]))
    else:
        encoded["color"] = alt.Color("color:N", scale=None)
    chart = alt.Chart(alt.Data(values=rows)).mark_bar(height={"band": 0.62}).encode(**encoded)
    return chart.properties(width=room, height=alt.Step(step))


def _ends_of_bars(rows: Sequence[dict[str, Any]], sign: int = 1) -> float:
    """Where the longest bar ends on one side of 0; bars of one name are stacked."""
    ends: dict[str, float] = {}
    for row in rows:
        ends[row["name"]] = ends.get(row["name"], 0.0) + max(row["value"] * sign, 0.0)
    return sign * max(ends.values(), default=0.0)


def _points(points: Sequence[TrendPoint]) -> list[dict[str, Any]]:
    values = [None, *(point.value for point in points), None]
    return [
        {
            "start": point.start.isoformat(),
            "value": point.value,
            "is_signal": bool(point.is_signal),
            "is_alone": point.value is not None and before is None and after is None,
        }
        for point, before, after in zip(points, values, values[2:], strict=False)
    ]

"""The dashboard's charts of flow: frames in, Altair charts out. What is counted belongs to `screens.flow`."""

from __future__ import annotations

from typing import Final

import altair as alt
import polars as pl

from pipelines.dashboard.charts import CATEGORY_COLOURS, HEIGHT

#: Bands of a cumulative flow diagram from the bottom to the top.
BANDS: Final = ("done", "cancelled", "waiting", "active", "queued")
_PROMISES: Final = {"promise broken": "#c2513f", "promise running": "#3b82c4", "no promise": "#9aa5b1"}
#: Axis labels of hours on a scale on which each step multiplies.
_HOURS: Final = (0, *(factor * 10**power for power in range(6) for factor in (1, 2, 5)))
#: Colour of lines that lie over points, on light and dark pages.
_MARK: Final = "#c2513f"
_LEGEND: Final = {"title": None, "orient": "bottom", "columns": 3}


def draw_flow(days: pl.DataFrame) -> alt.Chart:
    """A cumulative flow diagram: what came in above what went out, and in between where the work is.

    Args:
        days: `day_date`, `band` (see `BANDS`), `position` of the band, `tickets` at the day's end.
    """
    colours = [CATEGORY_COLOURS[band] for band in BANDS]
    return (
        alt.Chart(days)
        .mark_area()
        .encode(
            x=alt.X("day_date:T", title=None, axis=_day_axis()),
            y=alt.Y("tickets:Q", title=None, stack="zero"),
            color=alt.Color("band:N", scale=alt.Scale(domain=list(BANDS), range=colours), legend=alt.Legend(**_LEGEND)),
            order=alt.Order("position:Q"),
            tooltip=[
                alt.Tooltip("day_date:T", title="end of", format="%d %b %Y"),
                alt.Tooltip("band:N", title="state"),
                alt.Tooltip("tickets:Q", format=",d"),
            ],
        )
        .properties(height=HEIGHT + 60)
    )


def draw_cycle_times(tickets: pl.DataFrame, marks: pl.DataFrame) -> alt.LayerChart:
    """A point for each ticket, on a scale that multiplies, and lines under which known shares of all tickets lie.

    Args:
        tickets: `ticket_id`, `resolved_at` by the clock of the reporting time zone, `hours`, `team`.
        marks: `name` and `hours` of each line.
    """
    scale = alt.Scale(type="symlog", constant=1, domainMin=0)
    y = alt.Y(
        "hours:Q", title="open hours", scale=scale, axis=alt.Axis(values=list(_HOURS), format=",d", labelOverlap=True)
    )
    points = (
        alt.Chart(tickets)
        .mark_circle(size=28, opacity=0.45)
        .encode(
            x=alt.X("resolved_at:T", title=None, axis=_day_axis()),
            y=y,
            tooltip=[
                alt.Tooltip("ticket_id:N", title="ticket"),
                alt.Tooltip("team:N"),
                alt.Tooltip("hours:Q", title="open hours", format=",.1f"),
            ],
        )
    )
    base = alt.Chart(marks).encode(y=y)
    lines = base.mark_rule(strokeDash=[4, 3], strokeWidth=1.5, color=_MARK)
    names = base.mark_text(align="right", baseline="bottom", dx=-2, color=_MARK, fontSize=13, fontWeight=700).encode(
        x=alt.value("width"), text="name:N"
    )
    return alt.layer(points, lines, names).properties(height=HEIGHT + 60)


def draw_ages(classes: pl.DataFrame) -> alt.Chart:
    """Open tickets by age, in classes that double, by the state of their promises.

    Args:
        classes: `age` (a class in words), `promise`, `tickets`, in order of age.
    """
    return (
        alt.Chart(classes)
        .mark_bar()
        .encode(
            x=alt.X("age:N", title="open hours since creation", sort=None, axis=alt.Axis(labelAngle=-40)),
            y=alt.Y("tickets:Q", title=None, axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "promise:N",
                scale=alt.Scale(domain=list(_PROMISES), range=list(_PROMISES.values())),
                legend=alt.Legend(**_LEGEND),
            ),
            tooltip=[alt.Tooltip("age:N", title="open hours"), alt.Tooltip("promise:N"), alt.Tooltip("tickets:Q")],
        )
        .properties(height=HEIGHT)
    )


def _day_axis() -> alt.Axis:
    """Days without those whose name would be cut at the edge of a narrow page."""
    return alt.Axis(format="%d %b %y", labelOverlap=True, labelBound=True, grid=False)

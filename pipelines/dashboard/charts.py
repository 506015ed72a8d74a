"""The dashboard's charts: frames in, Altair charts out. Nothing is read or computed here but what is drawn.

They are pointed at and fit any width; they are drawn by the browser in Streamlit's theme, so their colours have to be
seen on light and dark paper alike. They show what a filter changes: the band of possible values, and the period that
is still open. The report's (`pipelines.report.charts`) are pictures with limits, signals and targets. What both draw
alike, as the charts of flow, is in `pipelines.charts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import polars as pl

from pipelines.charts.look import ChartLook
from pipelines.dashboard.breaks import with_breaks
from pipelines.dashboard.short_names import short_names

#: Height of a chart that has the page's whole width, in pixels.
HEIGHT: Final = 280
#: Height of a row of bars, in pixels: its name has to fit beside it.
_ROW: Final = 28
#: Values of a breakdown that are drawn at most; more lines than this cannot be told apart.
MOST_LINES: Final = 8
#: Letters of a name beside a bar, and of one in a legend; half of a phone's width, and nearly all of it.
_AXIS_LETTERS: Final = 40
_LEGEND_LETTERS: Final = 40
#: Letters up to which two names stand beside each other in a legend.
_NARROW_LETTERS: Final = 18
#: Pixels of a name in a legend at most, by its columns: a phone is 358 wide inside, and the marks take their room.
_WIDEST_NAME: Final = {1: 280, 2: 120}
#: Height of a row of a legend, in pixels.
_LEGEND_ROW: Final = 30
#: Column with what a chart calls a value.
_CALLED: Final = "called"
#: Colours of what is done with a ticket, which say the same on light and dark pages.
CATEGORY_COLOURS: Final = {
    "queued": "#9aa5b1",
    "active": "#3b82c4",
    "waiting": "#e0a030",
    "done": "#3f8f63",
    "cancelled": "#b0606a",
}
#: How the charts look that the dashboard shares with the report.
LOOK: Final = ChartLook(
    {
        **CATEGORY_COLOURS,
        "promise broken": "#c2513f",
        "promise running": "#3b82c4",
        "no promise running": "#9aa5b1",
        "point": "#3b82c4",
        "mark": "#c2513f",
    },
    legend={"orient": "bottom"},
    has_tooltips=True,
)
_DATE: Final = "%d %b %Y"
_CLOCK: Final = "%d %b %Y %H:%M"
#: Days are days, whatever time zone the browser is in.
_DAYS: Final = alt.Scale(type="utc")
#: Labels of an axis of instants: its hours, where a day begins the day, and where a year does the year.
_HOUR_OR_DAY: Final = (
    "utcFormat(datum.value, utchours(datum.value) || utcminutes(datum.value) ? '%H:%M' : "
    "utcmonth(datum.value) || utcdate(datum.value) > 1 ? '%-d %b' : '%Y')"
)


def draw_trend(values: pl.DataFrame, title: str, unit: str, *, height: int = HEIGHT) -> alt.LayerChart:
    """A metric over its periods: a line of the closed ones, and the interval in which the truth lies.

    A period that is still open is a faint point that the line does not lead to: it is not comparable yet.

    Args:
        values: `period_start_date`, `value`, `lower_bound`, `upper_bound`, `coverage_ratio`, `is_period_closed`,
            `period_grain`.
    """
    shown = _with_days_as_text(_in_display_unit(with_breaks(values), unit))
    base = alt.Chart(shown).encode(x=alt.X("period_start_date:T", scale=_DAYS, axis=_time_axis()))
    closed = base.transform_filter("datum.is_period_closed")
    band = closed.mark_area(opacity=0.18).encode(
        y=alt.Y("lower_bound:Q", title=None, scale=alt.Scale(zero=False)), y2="upper_bound:Q"
    )
    tooltip = [
        alt.Tooltip("utcyearmonthdate(period_start_date):T", title="period from", format=_DATE),
        alt.Tooltip("value:Q", title=title, format=",.2f"),
        alt.Tooltip("lower_bound:Q", title="at least", format=",.2f"),
        alt.Tooltip("upper_bound:Q", title="at most", format=",.2f"),
        alt.Tooltip("coverage_ratio:Q", title="coverage", format=".1%"),
        alt.Tooltip("is_period_closed:N", title="closed"),
    ]
    line = closed.mark_line().encode(y=alt.Y("value:Q", title=None))
    points = base.mark_point(size=45, filled=True).encode(
        y=alt.Y("value:Q", title=None),
        tooltip=tooltip,
        opacity=alt.condition("datum.is_period_closed", alt.value(1), alt.value(0.35)),
    )
    return (band + line + points).properties(height=height, title=_title(title))


def draw_lines(values: pl.DataFrame, title: str, unit: str) -> alt.LayerChart:
    """A metric over its periods, a line for each value of a breakdown.

    A period that is still open is a faint point, as in `draw_trend`.

    Args:
        values: `period_start_date`, `dimension_value`, `value`, `coverage_ratio`, `is_period_closed`,
            `period_grain`, of `MOST_LINES` values at most.
    """
    called = short_names(values["dimension_value"].drop_nulls(), _LEGEND_LETTERS)
    columns = 2 if max(map(len, called.values()), default=0) <= _NARROW_LETTERS else 1
    legend = alt.Legend(orient="bottom", columns=columns, labelLimit=_WIDEST_NAME[columns])
    shown = _with_days_as_text(_in_display_unit(with_breaks(values), unit)).with_columns(
        _called("dimension_value", called)
    )
    base = alt.Chart(shown).encode(
        x=alt.X("period_start_date:T", scale=_DAYS, axis=_time_axis()),
        y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False)),
        color=alt.Color(f"{_CALLED}:N", title=None, legend=legend),
    )
    line = base.transform_filter("datum.is_period_closed").mark_line()
    points = base.mark_point(size=45, filled=True).encode(
        opacity=alt.condition("datum.is_period_closed", alt.value(1), alt.value(0.35)),
        tooltip=[
            alt.Tooltip("dimension_value:N", title="of"),
            alt.Tooltip("utcyearmonthdate(period_start_date):T", title="period from", format=_DATE),
            alt.Tooltip("value:Q", title=title, format=",.2f"),
            alt.Tooltip("coverage_ratio:Q", title="coverage", format=".1%"),
            alt.Tooltip("is_period_closed:N", title="closed"),
        ],
    )
    height = HEIGHT + _LEGEND_ROW * -(-len(called) // columns)
    return (line + points).properties(height=height, title=_title(title))


def draw_bars(values: pl.DataFrame, label: str, amount: str, title: str, unit: str = "") -> alt.Chart:
    """One bar per row, in the order of the rows.

    Args:
        label: the column that names a bar.
        amount: the column with its length.
    """
    called = short_names(values[label].drop_nulls(), _AXIS_LETTERS)
    shown = _in_display_unit(values, unit, (amount,)).with_columns(_called(label, called))
    return (
        alt.Chart(shown)
        .mark_bar()
        .encode(
            x=alt.X(f"{amount}:Q", title=None),
            y=_names_axis(),
            tooltip=[alt.Tooltip(f"{label}:N", title=" "), alt.Tooltip(f"{amount}:Q", title=title, format=",.2f")],
        )
        .properties(height=_rows_height(shown.height), title=_title(title))
    )


def draw_life(intervals: pl.DataFrame, time_zone: str) -> alt.Chart:
    """A ticket's life: what it was when, a row for each team that had it, by the clock of a time zone.

    Args:
        intervals: rows of `mart.ticket_interval_facts` of one ticket, each with its end.
        time_zone: that of reporting, whatever the one of the browser is.
    """
    # Told as if it were UTC, which a chart does not move into the browser's zone.
    clock = pl.col("started_at", "ended_at").dt.convert_time_zone(time_zone).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = intervals.select("started_at", "ended_at", "status", "status_category", "team", "waiting_reason")
    begun, over = (
        pl.col(name).dt.convert_time_zone(time_zone).dt.strftime(_CLOCK) for name in ("started_at", "ended_at")
    )
    told = pl.format("{}: {} from {} to {}", "team", pl.col("status").fill_null("no status"), begun, over)
    teams = shown["team"].drop_nulls()
    return (
        alt.Chart(shown.with_columns(clock, _called("team", short_names(teams, _AXIS_LETTERS)), told=told))
        .mark_bar(height=18)
        .encode(
            x=alt.X(
                "started_at:T",
                scale=_DAYS,
                title=f"by the clock of {time_zone}",
                axis=alt.Axis(labelExpr=_HOUR_OR_DAY, labelOverlap=True),
            ),
            x2="ended_at:T",
            y=_names_axis(),
            color=alt.Color(
                "status_category:N",
                title=None,
                scale=alt.Scale(domain=list(CATEGORY_COLOURS), range=list(CATEGORY_COLOURS.values())),
                legend=alt.Legend(orient="bottom"),
            ),
            # For who hears it: what is said by default is by the clock of the browser.
            description=alt.Description("told:N"),
            tooltip=[
                alt.Tooltip("team:N"),
                alt.Tooltip("status:N"),
                alt.Tooltip("waiting_reason:N", title="waits for"),
                alt.Tooltip("utcyearmonthdatehoursminutes(started_at):T", title="from", format=_CLOCK),
                alt.Tooltip("utcyearmonthdatehoursminutes(ended_at):T", title="to", format=_CLOCK),
            ],
        )
        .properties(height=_rows_height(intervals["team"].n_unique()))
    )


def draw_bridge(parts: pl.DataFrame, title: str) -> alt.Chart:
    """From one value to another in steps: what each part added or took.

    Args:
        parts: `label`, and `before` and `after`, the running value on either side of the step, in order.
    """
    shown = parts.with_columns(
        change=pl.col("after") - pl.col("before"),
        kind=pl.when("is_total")
        .then(pl.lit("value"))
        .otherwise(pl.when(pl.col("after") >= pl.col("before")).then(pl.lit("up")).otherwise(pl.lit("down"))),
    ).with_columns(_called("label", short_names(parts["label"], _AXIS_LETTERS)))
    scale = alt.Scale(domain=["value", "up", "down"], range=["#7f8c9a", "#c2513f", "#3f8f63"])
    base = alt.Chart(shown).encode(
        y=_names_axis(),
        tooltip=[alt.Tooltip("label:N", title=" "), alt.Tooltip("change:Q", title=title, format="+,.2f")],
    )
    bars = base.mark_bar().encode(
        x=alt.X("before:Q", title=None, scale=alt.Scale(zero=False)),
        x2="after:Q",
        color=alt.Color("kind:N", scale=scale, legend=None),
    )
    return bars.properties(height=_rows_height(shown.height), title=_title(title))


def _rows_height(count: int) -> int:
    return _ROW * count + 90


def _title(text: str) -> alt.TitleParams:
    """A title above the chart: beside the axis it would be cut."""
    return alt.TitleParams(text, anchor="start", fontSize=14)


def _time_axis() -> alt.Axis:
    return alt.Axis(title=None, format="%b %y", labelOverlap=True, grid=False)


def _with_days_as_text(values: pl.DataFrame) -> pl.DataFrame:
    """Days as a browser reads them as days; a date without a zone it would take for midnight in its own."""
    return values.with_columns(pl.col("period_start_date").dt.strftime("%Y-%m-%d"))


def _names_axis() -> alt.Y:
    return alt.Y(f"{_CALLED}:N", title=None, sort=None, axis=alt.Axis(labelLimit=220, labelOverlap=False))


def _called(column: str, names: Mapping[str, str]) -> pl.Expr:
    return pl.col(column).replace_strict(names, default=None, return_dtype=pl.String).alias(_CALLED)


def _in_display_unit(
    values: pl.DataFrame, unit: str, columns: tuple[str, ...] = ("value", "lower_bound", "upper_bound")
) -> pl.DataFrame:
    """Ratios as percentages, as the axis says."""
    present = [name for name in columns if name in values.columns]
    factor: Any = 100 if unit == "ratio" else 1
    return values.with_columns(pl.col(name).cast(pl.Float64) * factor for name in present)


def axis_title(label: str, unit: str, currency: str) -> str:
    """A metric's name with the unit of its axis."""
    units = {"ratio": "%", "count": "", "reporting": currency, "days": "days"}
    said = units.get(unit, unit.replace("_", " "))
    return f"{label} ({said})" if said and said not in label else label

"""Deliveries of vendors: how many come on time, how late the others are, who delivers late, and which deliveries."""

from __future__ import annotations

from typing import Final

import polars as pl
import streamlit as st

from models.vocabulary import Dimension
from pipelines.dashboard.bars import show_bars
from pipelines.dashboard.charts import axis_title, draw_trend
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.numbers_shown import days_of, fade_partial, read_breakdown, read_values
from pipelines.dashboard.shown import show_card, show_nothing
from pipelines.dashboard.snapshot import Snapshot
from pipelines.dashboard.tables import show_table
from pipelines.words.numbers import count_of
from pipelines.words.periods import name_period

_ON_TIME: Final = "vendor_on_time_delivery_ratio"
#: By the promise that is in force, by the first one, and how many days late 85 of 100 came at the most; with what their
#: trends are called under the cards that have their names.
_SHOWN: Final = {
    _ON_TIME: "On time",
    "vendor_on_time_delivery_first_promise_ratio": "On time by the first promise",
    "vendor_delivery_delay_p85_days": "Delay, p85",
}
_TREND_HEIGHT: Final = 200


def show_deliveries(snapshot: Snapshot, filters: Filters) -> None:
    """Cards and trends of the KPIs of deliveries, on-time delivery by vendor, and what came late or is overdue."""
    st.header("Deliveries on time")
    if not any(reach.data == "deliveries" and reach.last_date for reach in snapshot.reaches):
        # No choice of days would show any.
        st.info("No export feeds deliveries yet.", icon=":material/search_off:")
        return
    values = read_values(snapshot, list(_SHOWN), filters)
    for column, name in zip(st.columns(len(_SHOWN)), _SHOWN, strict=True):
        with column:
            show_card(snapshot, snapshot.definition(name), values.filter(metric=name), filters)
    for column, name in zip(st.columns(len(_SHOWN)), _SHOWN, strict=True):
        with column:
            _show_trend(snapshot, name, values.filter(metric=name))
    _show_by_vendor(snapshot, filters)
    _show_late(snapshot, filters)


def _show_trend(snapshot: Snapshot, name: str, values: pl.DataFrame) -> None:
    # Without any value there is nothing to draw; the card says why.
    if values["value"].drop_nulls().is_empty():
        return
    definition = snapshot.definition(name)
    title = axis_title(_SHOWN[name], definition["unit"], snapshot.publication.currency)
    chart = draw_trend(fade_partial(snapshot, values), title, definition["unit"], height=_TREND_HEIGHT)
    st.altair_chart(chart, alt=f"Trend of {definition['label']}")


def _show_by_vendor(snapshot: Snapshot, filters: Filters) -> None:
    definition = snapshot.definition(_ON_TIME)
    closed = read_breakdown(snapshot, _ON_TIME, Dimension.VENDOR, filters).filter("is_period_closed")
    told = None if filters.are_days_chosen else snapshot.latest_periods(filters.grain.value).get(_ON_TIME)
    if told is not None:
        # The period of the card beside it, even if the deliveries go on.
        closed = closed.filter(pl.col("period_start_date") <= told)
    latest = closed.filter(period_start_date=closed["period_start_date"].max()).drop_nulls("value")
    if latest.is_empty():
        show_nothing("No closed period has a value by vendor.")
        return
    start = latest["period_start_date"][0]
    st.caption(f"By vendor in {name_period(start, filters.grain.value)}, the least on time first.")
    title = axis_title(definition["label"], definition["unit"], snapshot.publication.currency)
    ordered = latest.sort("value", "dimension_value")
    show_bars(ordered, "dimension_value", "value", title, definition["unit"], alt=f"{definition['label']} by vendor")


def _show_late(snapshot: Snapshot, filters: Filters) -> None:
    """Deliveries that came after the promised day, or did not come although it is over."""
    shown = days_of(snapshot, _ON_TIME, filters)
    due = snapshot.rows_of("delivery_facts", shown, day="promised_date")
    reach = next(reach.last_date for reach in snapshot.reaches if reach.data == "deliveries")
    is_overdue = pl.col("delivered_date").is_null() & (pl.col("promised_date") <= pl.lit(reach))
    late = due.filter(~pl.col("is_quarantined"), (pl.col("delay_days") > 0) | is_overdue)
    if late.is_empty():
        st.success(f"No delivery that was promised {shown.describe_days()} came late or is overdue.")
        return
    overdue = late.filter(is_overdue).height
    told = f"{count_of(late.height - overdue, 'delivery', 'deliveries')} came late and {overdue:,}"
    st.caption(f"{told} {'is' if overdue == 1 else 'are'} overdue, of those promised from {shown.describe_days()}.")
    show_table(
        snapshot,
        late.sort(is_overdue, "delay_days", "promised_date", descending=[True, True, False]).select(
            "delivery_id", "vendor", "promised_date", "delivered_date", "delay_days", "first_promised_date", "item",
            "service", "team",
        ),
        key="late_deliveries",
        name="late_deliveries",
        relation="mart.delivery_facts",
    )  # fmt: skip

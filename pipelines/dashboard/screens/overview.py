"""The headline KPIs: where they stand, how they moved, and who makes the difference."""

from __future__ import annotations

from typing import Final

import streamlit as st

from metrics.registry import HEADLINES
from models.vocabulary import BREAKDOWNS, Dimension
from pipelines.dashboard.bars import show_bars
from pipelines.dashboard.charts import axis_title, draw_trend
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.numbers_shown import fade_partial, read_breakdown, read_values
from pipelines.dashboard.plain_text import plain
from pipelines.dashboard.shown import show_breakdown_targets, show_card, show_nothing
from pipelines.dashboard.snapshot import Snapshot
from pipelines.words.periods import name_period

_TREND_HEIGHT: Final = 220


def show_overview(snapshot: Snapshot, filters: Filters) -> None:
    """Cards and trends of the headlines, and each by a breakdown in the latest closed period."""
    st.title("Overview")
    st.caption(f"Of {plain(filters.describe())}.")
    names = [metric.name for metric in HEADLINES]
    values = read_values(snapshot, names, filters)
    currency = snapshot.publication.currency
    for column, name in zip(st.columns(len(names)), names, strict=True):
        with column:
            show_card(snapshot, snapshot.definition(name), values.filter(metric=name), filters)
    for column, name in zip(st.columns(len(names)), names, strict=True):
        with column:
            definition, own = snapshot.definition(name), values.filter(metric=name)
            if not own.is_empty():
                title = axis_title(definition["label"], definition["unit"], currency)
                chart = draw_trend(fade_partial(snapshot, own), title, definition["unit"], height=_TREND_HEIGHT)
                st.altair_chart(chart, alt=f"Trend of {definition['label']}")
    st.header("Who makes the difference")
    left, right = st.columns(2)
    with left:
        name = st.selectbox("KPI", names, format_func=lambda chosen: snapshot.definition(chosen)["label"], key="kpi_by")
    with right:
        by = st.segmented_control("By", BREAKDOWNS, default="team", required=True, key="by")
    definition = snapshot.definition(name)
    found = read_breakdown(snapshot, name, Dimension(str(by)), filters).filter("is_period_closed")
    if found.is_empty():
        show_nothing("No closed period has a value.")
        return
    start = found["period_start_date"].max()
    latest = found.filter(period_start_date=start).drop_nulls("value").sort("value", descending=True)
    others = [name for name in filters.chosen if name != by]
    ignored = f" The filters by {' and '.join(others)} do not narrow it." if others else ""
    st.caption(f"In {name_period(start, filters.grain.value)}.{ignored}")  # type: ignore[arg-type]
    title = axis_title(definition["label"], definition["unit"], currency)
    show_bars(latest, "dimension_value", "value", title, definition["unit"], alt=f"{definition['label']} by {by}")
    show_breakdown_targets(snapshot, name, definition["unit"], Dimension(str(by)), filters)

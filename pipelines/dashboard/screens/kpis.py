"""Any KPI: what it means, its trend with bounds, its breakdowns and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl
import streamlit as st

from metrics.registry import METRICS
from models.vocabulary import BREAKDOWNS, Dimension
from pipelines.dashboard.charts import MOST_LINES, axis_title, draw_lines, draw_trend
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.numbers_shown import can_be_measured, fade_partial, read_breakdown, read_values
from pipelines.dashboard.plain_text import plain
from pipelines.dashboard.shown import show_breakdown_targets, show_card, show_definition, show_nothing
from pipelines.dashboard.snapshot import Snapshot
from pipelines.dashboard.tables import show_table
from pipelines.dashboard.targets import read_targets

#: What stands first in the table of numbers.
_NUMBERS: Final = (
    "period_start_date", "is_period_closed", "value", "target_value", "target_state", "lower_bound", "upper_bound",
    "coverage_ratio", "eligible_count", "measured_count",
)  # fmt: skip
#: What the address calls the KPI that is shown.
_ADDRESSED: Final = "kpi"


def show_kpis(snapshot: Snapshot, filters: Filters) -> None:
    """One KPI, chosen by name or label."""
    st.title("KPIs")
    definitions = {row["metric"]: row for row in snapshot.definitions().iter_rows(named=True)}
    name = _choose_kpi({name: row["label"] for name, row in definitions.items()})
    definition = definitions[name]
    metric = next(metric for metric in METRICS if metric.name == name)
    st.caption(f"Of {plain(filters.describe())}.")
    if filters.published_breakdown is None and not can_be_measured(metric, filters):
        st.info("This KPI is not measured by these filters together. Choose one value of one breakdown, or none.")
        return
    values = read_values(snapshot, [name], filters)
    left, right = st.columns([1, 2])
    with left:
        show_card(snapshot, definition, values, filters)
    with right:
        show_definition(definition)
    if values.is_empty():
        show_nothing("Nothing is published of this KPI for these filters.")
        return
    title = axis_title(definition["label"], definition["unit"], snapshot.publication.currency)
    st.altair_chart(
        draw_trend(fade_partial(snapshot, values), title, definition["unit"]), alt=f"Trend of {definition['label']}"
    )
    _show_breakdown(snapshot, filters, name, title, definition["unit"], [each.value for each in metric.dimensions])
    st.header("Numbers")
    numbers = values.drop("metric", "period_grain")
    if not (targets := read_targets(snapshot, name, filters)).is_empty():
        numbers = numbers.join(targets, on="period_start_date", how="left", maintain_order="left")
    show_table(
        snapshot,
        numbers.select(*(name for name in _NUMBERS if name in numbers.columns), pl.exclude(_NUMBERS)).reverse(),
        key="kpi_numbers",
        name=name,
        relation="mart.metric_values",
        unit=definition["unit"],
        hidden=("dimension", "dimension_value"),
    )


def _choose_kpi(labels: Mapping[str, str]) -> str:
    """The KPI that the address names, or another that is picked; the address follows.

    Streamlit's own binding of a selection knows values by what is shown of them: an address with a KPI's name would
    show the first KPI, and one with its label would be another KPI's when labels change.

    Args:
        labels: of every KPI, by name.
    """
    asked = st.query_params.get(_ADDRESSED, "")
    if _ADDRESSED not in st.session_state:
        # Addresses that were copied when they had labels go on to work.
        by_label = {label: name for name, label in labels.items()}
        wanted = asked if asked in labels else by_label.get(asked)
        if asked and wanted is None:
            st.warning(f"There is no KPI '{plain(asked)}'; choose one.", icon=":material/search_off:")
        st.session_state[_ADDRESSED] = wanted or next(iter(labels))
    name: str = st.selectbox("KPI", list(labels), format_func=labels.__getitem__, key=_ADDRESSED)
    if asked != name:
        st.query_params[_ADDRESSED] = name
    return name


def _show_breakdown(snapshot: Snapshot, filters: Filters, name: str, title: str, unit: str, known: list[str]) -> None:
    breakdowns = [breakdown for breakdown in BREAKDOWNS if breakdown in known]
    if not breakdowns:
        return
    st.header("By")
    by = st.segmented_control("By", breakdowns, default=breakdowns[0], required=True, label_visibility="collapsed")
    others = [other for other in filters.chosen if other != by]
    if others:
        st.caption(f"Published by one breakdown at a time: the filters by {' and '.join(others)} do not narrow these.")
    found = read_breakdown(snapshot, name, Dimension(str(by)), filters).drop_nulls("value")
    if found.is_empty():
        show_nothing("Nothing is published by this breakdown.")
        return
    largest = (
        found.group_by("dimension_value").agg(pl.col("eligible_count").sum()).sort("eligible_count", "dimension_value")
    )
    kept = largest["dimension_value"].tail(MOST_LINES)
    if largest.height > MOST_LINES:
        st.caption(f"The {MOST_LINES} with the most records of {largest.height}; choose others on the left.")
    shown = found.filter(pl.col("dimension_value").is_in(kept.to_list()))
    st.altair_chart(draw_lines(fade_partial(snapshot, shown), title, unit), alt=f"Trend by {by}")
    show_breakdown_targets(snapshot, name, unit, Dimension(str(by)), filters)

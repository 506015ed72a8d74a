"""Parts that several pages show: a metric's card, its definition, and what to say where there is nothing."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl
import streamlit as st

from metrics.periods import Period
from models.vocabulary import Dimension, Grain
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.numbers_shown import days_of
from pipelines.dashboard.plain_text import plain
from pipelines.dashboard.snapshot import Snapshot
from pipelines.dashboard.tables import show_table
from pipelines.dashboard.targets import describe_target, read_breakdown_targets
from pipelines.words.certainty import describe_coverage, describe_truth
from pipelines.words.numbers import (
    format_change,
    format_instant,
    format_value,
    judge_change,
)
from pipelines.words.periods import name_period, sentence_case

_COLOURS: Final = {"better": "green", "worse": "red"}


def show_card(snapshot: Snapshot, definition: dict[str, Any], values: pl.DataFrame, filters: Filters) -> None:
    """A metric's latest closed period: value, change, coverage and bounds.

    Args:
        values: its rows of `numbers_shown.COLUMNS`, in order of periods.
        filters: those that the rows went through.
    """
    unit, currency = definition["unit"], snapshot.publication.currency
    closed = values.filter("is_period_closed")
    told = snapshot.latest_periods(filters.grain.value).get(definition["metric"])
    if told is not None and not filters.are_days_chosen:
        # The period that the report tells of, even if the data of this metric go on.
        closed = closed.filter(pl.col("period_start_date") <= told)
    # Such a period has nothing to count; an earlier one in its place would look like the latest.
    is_newer = (
        told is not None
        and not filters.chosen
        and days_of(snapshot, definition["metric"], filters).first <= told <= filters.last
        and closed.filter(pl.col("period_start_date") >= told).is_empty()
    )
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{definition['label']}**")
        if closed.is_empty() or is_newer:
            st.markdown("## –")
            st.caption(_why_nothing(snapshot, definition, filters, told if is_newer else None))
            return
        latest = closed.row(-1, named=True)
        period = latest["period_start_date"]
        missing = snapshot.not_compared(definition["metric"], latest["period_grain"], period)
        row_before = {} if missing else _row_before(closed, latest)
        before = row_before.get("value")
        st.markdown(f"## {format_value(latest['value'], unit, currency)}")
        change = format_change(latest["value"], before, unit)
        judged = judge_change(
            latest["value"],
            before,
            definition["direction"],
            unit,
            bounds=(latest["lower_bound"], latest["upper_bound"]),
            bounds_before=(row_before.get("lower_bound"), row_before.get("upper_bound")),
        )
        # In words as well: not everybody sees colours.
        moved = f":{_COLOURS.get(judged, 'gray')}[{f'{change} {judged}'.rstrip()}]"
        st.markdown(f"{moved} in {name_period(period, latest['period_grain'])}")
        if missing:
            st.caption(f"{plain(sentence_case(missing))}.")
        if period == told and (late := snapshot.late_note(definition["metric"], filters.grain.value)):
            st.caption(plain(late))
        if not filters.chosen and (note := snapshot.restated_note(definition["metric"], filters.grain.value, period)):
            st.caption(plain(note))
        if target := describe_target(snapshot, definition, period, filters):
            st.markdown(plain(target))
        bounds = (latest["coverage_ratio"], latest["lower_bound"], latest["upper_bound"])
        if latest["value"] is None:
            st.caption(_why_nothing(snapshot, definition, filters, period))
        else:
            told_days = snapshot.told(definition["metric"], latest["period_grain"], period)
            truth = describe_truth(definition["metric"], *bounds, unit, currency, told_days)
            coverage = describe_coverage(latest["coverage_ratio"], latest["eligible_count"])
            st.caption(f"{sentence_case(coverage)}; {truth}.")
            if unit == "business_hours" and (note := snapshot.clock_note()):
                st.caption(plain(note))
        if definition["publication_state"] == "held":
            st.warning(_why_held(definition), icon=":material/pause_circle:")


def _row_before(closed: pl.DataFrame, latest: dict[str, Any]) -> dict[str, Any]:
    """The row of the period before the latest, and of no earlier one; empty if there is none."""
    start = Period(Grain(latest["period_grain"]), latest["period_start_date"]).previous.start
    found = closed.filter(period_start_date=start)
    return {} if found.is_empty() else found.row(0, named=True)


def show_definition(definition: dict[str, Any]) -> None:
    """What a metric means."""
    st.markdown(definition["meaning"])
    st.markdown(f"**Formula.** {definition['formula']}")
    st.markdown(f"**Period.** {definition['period_date']}")
    st.caption(
        f"`{definition['metric']}`, version {definition['metric_version']}, owner {definition['owner']}; "
        f"fresh as of {format_instant(definition['fresh_as_of_at'])}."
    )


def show_breakdown_targets(snapshot: Snapshot, metric: str, unit: str, dimension: Dimension, filters: Filters) -> None:
    """A table of the values of a breakdown that have targets of their own; nothing if none has."""
    targets = read_breakdown_targets(snapshot, metric, dimension, filters)
    if targets.is_empty():
        return
    st.caption(f"Targets of their own, each in its latest closed {filters.grain.value}:")
    show_table(
        snapshot,
        targets,
        key="breakdown_targets",
        name=f"{metric}_targets_by_{dimension.value}",
        relation="mart.kpi_targets",
        unit=unit,
    )


def show_nothing(what: str) -> None:
    """Say that there is nothing, and what would show something."""
    st.info(f"{what} Widen the period or the filters on the left.", icon=":material/search_off:")


def _why_nothing(snapshot: Snapshot, definition: dict[str, Any], filters: Filters, start: date | None = None) -> str:
    """Why a card has no value. What is known of everything does not tell why a part of it has none."""
    if definition["publication_state"] == "held":
        return _why_held(definition)
    reason = snapshot.no_value_reason(definition["metric"], filters.grain.value, start)
    if definition["publication_state"] == "empty" or (reason and not filters.chosen):
        return f"No value: {plain(reason)}."
    return "No closed period of these filters has a value." if start is None else "Nothing of it could be measured."


def _why_held(definition: dict[str, Any]) -> str:
    since = format_instant(definition["fresh_as_of_at"])
    return f"Held: {plain(definition['held_reason'])} The last good value is as of {since}."

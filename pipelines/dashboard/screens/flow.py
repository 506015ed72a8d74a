"""How work flows: what came and went, how long each ticket took, and how old open work is."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl
import streamlit as st

from models.vocabulary import NO_VALUE
from pipelines.charts.flow import (
    FLOW_BANDS,
    OPEN_BANDS,
    AgeClass,
    FinishedTicket,
    FlowDay,
    age_chart,
    cycle_time_chart,
    flow_chart,
)
from pipelines.charts.marked_lines import Line
from pipelines.dashboard.charts import HEIGHT, LOOK
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.numbers_shown import days_of
from pipelines.dashboard.plain_text import plain
from pipelines.dashboard.shown import show_nothing
from pipelines.dashboard.snapshot import Snapshot
from pipelines.dashboard.tables import show_table
from pipelines.words.numbers import count_of
from pipelines.words.periods import long_day
from pipelines.words.unfollowed import describe_unfollowed

#: Tickets that are drawn at most; of more, always the same ones.
_MOST_POINTS: Final = 2_000
_PERCENTS: Final = (50, 85, 95)


def show_flow(snapshot: Snapshot, filters: Filters) -> None:
    """Cumulative flow and cycle times of the chosen period, and the age of what is open now."""
    st.title("Flow")
    st.caption(f"Of {plain(filters.describe())}.")
    of_tickets = days_of(snapshot, "ticket_created_count", filters)
    _show_cumulative_flow(snapshot, of_tickets)
    _show_cycle_times(snapshot, of_tickets)
    _show_ages(snapshot, filters)


def _show_cumulative_flow(snapshot: Snapshot, filters: Filters) -> None:
    st.header("What came in and what went out")
    by_service = replace(filters, chosen={name: kept for name, kept in filters.chosen.items() if name == "service"})
    unasked = [name for name in filters.chosen if name != "service"]
    if unasked:
        # A ticket changes its team and priority, so that arrivals and departures of one would not add up.
        st.info(
            f"A ticket may change its {' and '.join(unasked)}, so this is of {plain(by_service.describe())}.",
            icon=":material/info:",
        )
    found = snapshot.rows_of("cumulative_flow", by_service, day="day_date")
    if found.is_empty():
        show_nothing("No day is there.")
        return
    days = (
        found.group_by("day_date")
        .agg(pl.col(f"{band}_count").sum().alias(band) for band in (*FLOW_BANDS, "arrived", "unfollowed"))
        .sort("day_date")
    )
    first, last = days.row(0, named=True), days.row(-1, named=True)
    before, now = (sum(int(day[band]) for band in OPEN_BANDS) for day in (first, last))
    is_any_followed = last["arrived"] > first["arrived"] or any(days[band].sum() for band in OPEN_BANDS)
    left_out = describe_unfollowed(int(last["unfollowed"]), 0, is_any_followed=is_any_followed)
    if left_out and not is_any_followed:
        st.info(f"Until the end of {long_day(last['day_date'])}: {left_out}", icon=":material/visibility_off:")
        return
    st.caption(
        f"Open tickets at the end of {long_day(first['day_date'])}: {before:,}; "
        f"of {long_day(last['day_date'])}: {now:,}. "
        "The first picture has what was open at the end of each day: all that had come in less all that had gone out. "
        f"The second adds what was done and cancelled since the first day. {left_out}"
    )
    over = [(pl.col(band) - pl.col(band).first()).alias(band) for band in ("done", "cancelled")]
    drawn = [
        FlowDay(row["day_date"], {band: int(row[band]) for band in FLOW_BANDS})
        for row in days.with_columns(over).iter_rows(named=True)
    ]
    st.altair_chart(flow_chart(drawn, LOOK, bands=OPEN_BANDS, height=HEIGHT), alt="Open tickets by state, day by day")
    st.altair_chart(flow_chart(drawn, LOOK, height=HEIGHT), alt="Cumulative flow")


def _show_cycle_times(snapshot: Snapshot, filters: Filters) -> None:
    st.header("How long each ticket took")
    found = snapshot.rows_of("ticket_facts", filters, day="resolved_at").filter(
        pl.col("is_done") & ~pl.col("is_quarantined") & pl.col("cycle_time_business_hours").is_not_null()
    )
    if found.is_empty():
        show_nothing(f"No ticket with a cycle time was resolved from {filters.describe_days()}.")
        return
    hours = found["cycle_time_business_hours"]
    marks = [Line(f"p{percent}", float(hours.quantile(percent / 100, "linear") or 0)) for percent in _PERCENTS]
    told = ", ".join(
        f"{percent} % took at most {mark.value:,.1f} open hours" for percent, mark in zip(_PERCENTS, marks, strict=True)
    )
    st.caption(
        f"{count_of(found.height, 'ticket')} with a cycle time, resolved from {filters.describe_days()}: {told}."
    )
    if note := snapshot.clock_note():
        st.caption(plain(note))
    if found.height > _MOST_POINTS:
        st.caption(f"{_MOST_POINTS:,} of them are drawn, chosen by their key.")
    zone = snapshot.publication.time_zone
    drawn = found.sort(pl.col("ticket_id").hash(), "ticket_id").head(_MOST_POINTS)
    points = [
        FinishedTicket(at, hours, ticket, team or NO_VALUE)
        for at, hours, ticket, team in drawn.select(
            pl.col("resolved_at").dt.convert_time_zone(zone), "cycle_time_business_hours", "ticket_id", "team"
        ).iter_rows()
    ]
    st.altair_chart(cycle_time_chart(points, marks, LOOK, height=HEIGHT + 60), alt="Cycle time of each resolved ticket")


def _show_ages(snapshot: Snapshot, filters: Filters) -> None:
    st.header("How old open work is")
    found = snapshot.rows_of("aging_work", filters).filter(~pl.col("is_quarantined"))
    aged = found.drop_nulls("age_business_hours")
    if aged.is_empty():
        show_nothing("No open ticket is there.")
        return
    begins = (
        pl.when(pl.col("age_business_hours") < 1)
        .then(0)
        .otherwise(pl.lit(2.0) ** pl.col("age_business_hours").clip(1).log(2).floor())
    )
    promise = (
        pl.when("has_open_breach")
        .then(pl.lit("promise broken"))
        .when(pl.col("least_remaining_hours").is_not_null())
        .then(pl.lit("promise running"))
        .otherwise(pl.lit("no promise running"))
    )
    counted = (
        aged.with_columns(begins=begins.cast(pl.Int64), promise=promise)
        .group_by("begins", "promise")
        .agg(tickets=pl.len())
        .sort("begins", "promise")
    )
    classes: dict[int, dict[str, int]] = {}
    for first, state, tickets in counted.iter_rows():
        classes.setdefault(first, {})[state] = tickets
    drawn = [AgeClass(first, max(1, 2 * first), counts) for first, counts in classes.items()]
    unknown = found.height - aged.height
    more = f" The age of {unknown:,} more is not known." if unknown else ""
    st.caption(f"{aged.height:,} open tickets as of the data's own clock.{more}")
    st.altair_chart(age_chart(drawn, (), LOOK, height=HEIGHT), alt="Open tickets by age")
    oldest = aged.sort("age_business_hours", descending=True).head(200)
    show_table(
        snapshot,
        oldest.select(
            "ticket_id", "age_business_hours", "status", "team", "priority", "service", "vendor", "created_at"
        ),
        key="oldest",
        name="oldest_open_tickets",
        relation="mart.aging_work",
    )

"""Promises: what is about to be broken, and what was, by whom."""

from __future__ import annotations

import polars as pl
import streamlit as st

from models.vocabulary import BREAKDOWNS, NO_VALUE
from pipelines.dashboard.bars import show_bars
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.numbers_shown import days_of
from pipelines.dashboard.plain_text import plain
from pipelines.dashboard.shown import show_nothing
from pipelines.dashboard.snapshot import Snapshot
from pipelines.dashboard.tables import show_table
from pipelines.words.numbers import count_of


def show_promises(snapshot: Snapshot, filters: Filters) -> None:
    """Clocks at risk now, and the breaches of the chosen period."""
    st.title("Promises")
    st.caption(f"Of {plain(filters.describe())}.")
    st.header("About to break")
    # Of a clock that is paused nobody knows when it is due.
    is_paused = pl.col("state") == "paused"
    least = pl.coalesce("remaining_lower_hours", "remaining_hours")
    risky = snapshot.rows_of("sla_at_risk", filters).sort(is_paused, "due_at", least, nulls_last=True)
    risky = risky.filter(~pl.col("is_quarantined"))
    if risky.is_empty():
        st.success("No clock is running or paused.")
    else:
        paused = risky.filter(is_paused).height
        st.caption(
            f"{count_of(risky.height - paused, 'clock runs', 'clocks run')}, the next to break first, and "
            f"{count_of(paused, 'is', 'are')} paused, as of the data's own clock."
        )
        show_table(
            snapshot,
            risky.select(
                "ticket_id",
                "target",
                "state",
                "remaining_hours",
                "remaining_lower_hours",
                "remaining_upper_hours",
                "due_at",
                "team",
                "priority",
                "service",
                "vendor",
            ),
            key="risky",
            name="sla_at_risk",
            relation="mart.sla_at_risk",
        )
    of_promises = days_of(snapshot, "sla_attainment_ratio", filters)
    # While nobody has chosen days, they may be earlier ones than those that are offered.
    st.header("Broken promises")
    st.caption(f"Decided from {of_promises.describe_days()}.")
    dated = snapshot.rows_of("sla_clock_facts", of_promises, day="decided_at")
    # As SLA attainment does, leave out the tickets that a rule set aside.
    aside = snapshot.ask("SELECT ticket_id FROM core.fct_tickets WHERE is_quarantined")["ticket_id"]
    dated = dated.filter(~pl.col("ticket_id").is_in(aside.implode()))
    decided = dated.filter(pl.col("state") != "not_measured")
    broken = decided.filter(state="breached")
    if open_count := dated.height - decided.height:
        st.caption(
            f"Of {count_of(open_count, 'clock', 'clocks')} the export leaves open whether they were kept: see "
            "instrumentation."
        )
    if decided.is_empty():
        show_nothing(
            "No promise is known to have been kept or broken." if open_count else "No promise was kept or broken."
        )
        return
    if broken.is_empty():
        show_nothing(f"None of {decided.height:,} decided clocks was broken.")
        return
    st.caption(f"{broken.height:,} of {decided.height:,} decided clocks.")
    by = st.segmented_control(
        "By", [*BREAKDOWNS, "sla_policy"], default="team", format_func=_breakdown_words, required=True, key="broken_by"
    )
    counted = (
        broken.group_by(pl.col(str(by)).fill_null(NO_VALUE).alias("of"))
        .agg(breaches=pl.len())
        .sort("breaches", "of", descending=[True, False])
    )
    show_bars(counted, "of", "breaches", "broken promises", alt=f"Broken promises by {by}")
    worst = broken.with_columns(over_hours=pl.col("elapsed_hours") - pl.col("target_hours")).sort(
        "over_hours", descending=True, nulls_last=True
    )
    show_table(
        snapshot,
        worst.select(
            "ticket_id",
            "target",
            "target_hours",
            "elapsed_hours",
            "over_hours",
            "breached_at",
            "team",
            "priority",
            "vendor",
        ),
        key="broken",
        name="breaches",
        relation="mart.sla_clock_facts",
    )


def _breakdown_words(breakdown: str) -> str:
    return "SLA policy" if breakdown == "sla_policy" else breakdown

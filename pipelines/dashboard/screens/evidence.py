"""How sure the numbers are: what is held, which rules fail, which records are set aside, where coverage is low."""

from __future__ import annotations

import polars as pl
import streamlit as st

from pipelines.dashboard.filters import Filters
from pipelines.dashboard.snapshot import Snapshot
from pipelines.dashboard.tables import show_table


def show_evidence(snapshot: Snapshot, filters: Filters) -> None:
    """The publication's own account of its data."""
    st.title("Evidence")
    st.header("Held KPIs")
    held = snapshot.definitions().filter(publication_state="held")
    if held.is_empty():
        st.success("None: every KPI with data is published.")
    else:
        show_table(
            snapshot,
            held.select("label", "held_reason", "held_since_at", "fresh_as_of_at", "metric"),
            key="held",
            name="held_kpis",
            relation="meta.metrics",
            hidden=("metric",),
        )
    st.header("What to put right first")
    to_do = snapshot.ask("FROM mart.instrumentation_scorecard WHERE fix_rank IS NOT NULL ORDER BY fix_rank")
    if to_do.is_empty():
        st.success("Nothing: every rule is kept, and every KPI measures all of its records.")
    else:
        show_table(
            snapshot,
            to_do.select(
                "fix_rank",
                "source",
                "rule_id",
                "gap_kind",
                "failed_record_count",
                "captured_ratio",
                "captured_change_ratio",
                "affected_metric_count",
                "metric_label",
                "metric_lost_coverage_ratio",
                "last_seen_date",
                "metric_last_closed_date",
                "what_to_do",
            ),
            key="to_do",
            name="what_to_put_right_first",
            relation="mart.instrumentation_scorecard",
        )
    st.header("Rules that are not kept")
    rules = snapshot.ask("FROM meta.rule_results WHERE failed_count > 0 OR state NOT IN ('passed', 'skipped')")
    if rules.is_empty():
        st.success("None.")
    else:
        show_table(
            snapshot,
            rules.select("domain", "rule_id", "state", "action", "failed_count", "evaluated_count", "message"),
            key="rules",
            name="rules",
            relation="meta.rule_results",
        )
    st.header("Records set aside")
    aside = snapshot.ask("FROM meta.quarantined_records")
    if aside.is_empty():
        st.success("None.")
    else:
        show_table(snapshot, aside, key="aside", name="records_set_aside", relation="meta.quarantined_records")
    st.header("Lowest coverage")
    st.caption(f"KPIs, each in its latest closed {filters.grain.value}, of which some records could not be measured.")
    gaps = snapshot.ask(
        """
        WITH latest AS (
            SELECT * FROM mart.metric_values
            WHERE period_grain = $grain AND dimension = 'overall' AND is_period_closed
              AND period_start_date BETWEEN $first AND $last
            QUALIFY period_start_date = max(period_start_date) OVER (PARTITION BY metric)
        )
        SELECT
            definition.label, period_start_date, value, lower_bound, upper_bound, coverage_ratio, eligible_count,
            measured_count, metric, definition.unit
        FROM latest JOIN meta.metrics AS definition USING (metric)
        WHERE coverage_ratio < 1
        ORDER BY coverage_ratio, metric
        """,
        {
            "grain": filters.grain.value,
            "first": filters.first if filters.are_days_chosen else snapshot.span()[0],
            "last": filters.last,
        },
    )
    if gaps.is_empty():
        st.success("None: every record that counts was measured.")
    else:
        show_table(
            snapshot,
            gaps.sort("coverage_ratio", pl.col("metric")),
            key="gaps",
            name="coverage_gaps",
            relation="mart.metric_values",
            unit_of="unit",
            hidden=("metric",),
        )

"""Cost per transaction: what moved it, and the ledger lines behind it."""

from __future__ import annotations

import polars as pl
import streamlit as st

from pipelines.dashboard.bars import show_bars
from pipelines.dashboard.charts import draw_bridge, draw_trend
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.numbers_shown import days_of, fade_partial, read_values
from pipelines.dashboard.plain_text import plain
from pipelines.dashboard.shown import show_card, show_nothing
from pipelines.dashboard.snapshot import Snapshot
from pipelines.dashboard.tables import show_table
from pipelines.words.change import steps_sentence
from pipelines.words.numbers import count_of, format_period

_SHOWN = ("cost_per_transaction_reporting", "cost_total_reporting", "cost_unallocated_reporting")


def show_costs(snapshot: Snapshot, filters: Filters) -> None:
    """Cost KPIs, the bridge from the closed period before to the latest, and ledger lines."""
    st.title("Cost")
    st.caption(f"Of {plain(filters.describe())}.")
    currency = snapshot.publication.currency
    values = read_values(snapshot, _SHOWN, filters)
    for column, name in zip(st.columns(len(_SHOWN)), _SHOWN, strict=True):
        with column:
            show_card(snapshot, snapshot.definition(name), values.filter(metric=name), filters)
    unit_cost = values.filter(metric=_SHOWN[0])
    if not unit_cost.is_empty():
        title = f"cost per transaction ({currency})"
        st.altair_chart(
            draw_trend(fade_partial(snapshot, unit_cost), title, "reporting"), alt="Trend of cost per transaction"
        )
    _show_bridge(snapshot, filters, currency)
    _show_lines(snapshot, filters, currency)


def _show_bridge(snapshot: Snapshot, filters: Filters, currency: str) -> None:
    st.header("What made it move")
    by = st.segmented_control("By", ["team", "service"], default="team", required=True, key="bridge_by")
    steps = snapshot.ask(
        """
        FROM mart.unit_cost_bridges AS step
        WHERE period_grain = $grain AND dimension = $by AND period_start_date BETWEEN $first AND $last
            -- Quarters that lack whole months are compared with no others, nor is a period that data tell in part.
            AND NOT EXISTS (
                FROM (
                    SELECT metric, period_grain, period_start_date FROM mart.missing_cost_months
                    UNION ALL SELECT metric, period_grain, period_start_date FROM mart.partial_periods
                ) AS lacking
                WHERE lacking.metric = 'cost_per_transaction_reporting' AND lacking.period_grain = $grain
                    AND lacking.period_start_date IN (step.period_start_date, step.previous_period_start_date)
            )
        QUALIFY period_start_date = max(period_start_date) OVER ()
        """,
        {
            "grain": filters.grain.value,
            "by": str(by),
            "first": days_of(snapshot, _SHOWN[0], filters).first,
            "last": filters.last,
        },
    )
    if steps.is_empty():
        show_nothing("No two closed periods in a row have a cost per transaction of all their months.")
        return
    st.caption(
        f"{steps_sentence(str(by))} The parts add up to the change. It is over everything: filters of teams and the "
        "like do not narrow it."
    )
    first = steps.row(0, named=True)
    parts = (
        steps.group_by("part", "dimension_value")
        .agg(pl.col("change_reporting").sum())
        .sort(pl.col("change_reporting").abs(), descending=True)
    )
    most = 12
    rest = parts.slice(most)["change_reporting"].sum()
    listed = [(f"{part} · {value}", change) for part, value, change in parts.head(most).iter_rows()]
    listed += [(f"{parts.height - most} smaller parts", rest)] if parts.height > most else []
    running = first["unit_cost_before_reporting"]
    bars = [(format_period(first["previous_period_start_date"], filters.grain.value), 0, running, True)]
    for label, change in listed:
        bars.append((label, running, running + change, False))
        running += change
    bars.append((format_period(first["period_start_date"], filters.grain.value), 0, running, True))
    schema = {"label": pl.String, "before": pl.Float64, "after": pl.Float64, "is_total": pl.Boolean}
    frame = pl.DataFrame(
        [(label, float(before), float(after), is_total) for label, before, after, is_total in bars],
        schema=schema,
        orient="row",
    )
    st.altair_chart(draw_bridge(frame, f"cost per transaction ({currency})"), alt="What moved cost per transaction")


def _show_lines(snapshot: Snapshot, filters: Filters, currency: str) -> None:
    st.header("Ledger lines")
    lines = snapshot.rows_of("cost_line_facts", days_of(snapshot, _SHOWN[1], filters), day="posting_date")
    if lines.is_empty():
        show_nothing("No ledger line was posted.")
        return
    pools = (
        lines.group_by(pl.col("cost_pool").fill_null("(no pool)"))
        .agg(pl.col("amount_reporting").sum())
        .sort("amount_reporting", descending=True)
    )
    show_bars(pools, "cost_pool", "amount_reporting", f"posted ({currency})", alt="Posted by pool")
    shown = lines.sort(pl.col("amount_reporting").abs(), descending=True).select(
        "posting_date", "amount_reporting", "cost_pool", "team", "vendor", "description", "currency_code",
        "amount_original", "account", "cost_centre", "document_id", "is_quarantined", "cost_line_id",
    )  # fmt: skip
    st.caption(f"{count_of(shown.height, 'line')}, the largest first.")
    show_table(snapshot, shown, key="lines", name="ledger_lines", relation="mart.cost_line_facts")

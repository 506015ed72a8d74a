"""Vendors: how they score, what to recover from them, what ends soon, down to invoice lines."""

from __future__ import annotations

import polars as pl
import streamlit as st

from pipelines.cli.numbers import count_of
from pipelines.dashboard.charts import draw_bars
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.plain_text import plain
from pipelines.dashboard.shown import show_nothing, show_table
from pipelines.dashboard.snapshot import Snapshot


def show_vendors(snapshot: Snapshot, filters: Filters) -> None:
    """Scorecards of the latest closed period, money to recover, expiries and invoice lines."""
    st.title("Vendors")
    st.caption(f"Of {plain(filters.describe())}.")
    _show_scorecards(snapshot, filters)
    _show_recoverables(snapshot, filters)
    st.header("Ends or has to be cancelled soon")
    expiries = snapshot.rows_of("contract_expiries", filters)
    if expiries.is_empty():
        st.success("No contract has a deadline ahead that is known.")
    else:
        show_table(expiries.sort("next_deadline_date", nulls_last=True), key="expiries", name="contract_expiries")
    st.header("Invoice lines")
    lines = snapshot.rows_of("vendor_invoice_line_facts", filters, day="invoice_date")
    if lines.is_empty():
        show_nothing("No invoice line is there.")
        return
    if st.toggle("Only lines billed above contract, doubtful or without a price", key="doubtful"):
        lines = lines.filter(
            (pl.col("rate_card_variance_reporting") > 0)
            | (pl.col("duplicate_at_stake_reporting") != 0)
            | pl.col("contract_unit_price_original").is_null()
        )
    st.caption(f"{count_of(lines.height, 'line')}.")
    show_table(
        lines.sort("invoice_date", descending=True).select(
            "invoice_date", "vendor", "invoice_id", "item", "quantity", "unit_price_original",
            "contract_unit_price_original", "amount_original", "currency_code", "amount_reporting",
            "rate_card_variance_reporting", "duplicate_at_stake_reporting", "match_state", "purchase_order_id",
            "vendor_contract_id", "is_quarantined",
        ).head(2_000),
        key="invoice_lines",
        name="invoice_lines",
    )  # fmt: skip


def _show_scorecards(snapshot: Snapshot, filters: Filters) -> None:
    st.header("Scorecards")
    found = snapshot.rows_of("vendor_scorecards", filters, day="period_start_date").filter(
        "is_period_closed", period_grain=filters.grain.value
    )
    if found.is_empty():
        show_nothing("No closed period is scored.")
        return
    start = found["period_start_date"].max()
    latest = found.filter(period_start_date=start).sort("score_ratio", descending=True, nulls_last=True)
    st.caption(f"Of the {filters.grain.value} from {start:%d %b %Y}. A vendor without data has no score.")
    st.altair_chart(draw_bars(latest, "vendor", "score_ratio", "score (%)", "ratio"), alt="Vendor scores")
    parts = snapshot.rows_of("vendor_scorecard_parts", filters, day="period_start_date").filter(
        period_grain=filters.grain.value, period_start_date=start
    )
    show_table(
        parts.sort("vendor", "part").select(
            "vendor", "part", "weight_ratio", "value", "unit", "score_ratio", "metric_coverage_ratio", "is_measured"
        ),
        key="parts",
        name="scorecard_parts",
    )


def _show_recoverables(snapshot: Snapshot, filters: Filters) -> None:
    st.header("Money to recover")
    found = snapshot.rows_of("vendor_recoverable_facts", filters, day="recovery_date")
    found = found.filter((pl.col("amount_reporting") != 0).fill_null(True))
    if found.is_empty():
        show_nothing("Nothing is to be recovered.")
        return
    total = found["amount_reporting"].sum()
    currency = snapshot.publication.reporting_currency_code
    st.markdown(f"### {total:,.2f} {currency}")
    unmeasured = found["amount_reporting"].null_count()
    if unmeasured:
        st.caption(f"{unmeasured:,} more cases could not be measured.")
    by_vendor = (
        found.group_by("vendor", "recoverable_kind")
        .agg(pl.col("amount_reporting").sum())
        .sort("amount_reporting", descending=True)
        .with_columns(of=pl.col("vendor") + " · " + pl.col("recoverable_kind").str.replace_all("_", " "))
    )
    st.altair_chart(draw_bars(by_vendor, "of", "amount_reporting", f"to recover ({currency})"), alt="Money to recover")
    show_table(
        found.sort("amount_reporting", descending=True, nulls_last=True).select(
            "recovery_date", "vendor", "recoverable_kind", "amount_reporting",
            "at_least_reporting", "at_most_reporting", "invoice_id", "service_credit_id", "vendor_contract_id",
        ),
        key="recoverables",
        name="money_to_recover",
    )  # fmt: skip

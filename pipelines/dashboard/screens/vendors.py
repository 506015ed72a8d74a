"""Vendors: how they score and deliver, what to recover from them, what ends soon, down to invoice lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import streamlit as st

from metrics.periods import Period, last_whole_month, local_date_of, period_holding
from models.vocabulary import Grain, RecoverableKind
from pipelines.dashboard.bars import show_bars
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.numbers_shown import days_of
from pipelines.dashboard.plain_text import plain
from pipelines.dashboard.screens.deliveries import show_deliveries
from pipelines.dashboard.shown import show_nothing
from pipelines.dashboard.snapshot import Snapshot
from pipelines.dashboard.tables import show_table
from pipelines.questions import packaged_questions
from pipelines.words.numbers import count_of
from pipelines.words.periods import name_period
from pipelines.words.recoverables import describe_nothing, describe_unmeasured, is_nothing_measured


def show_vendors(snapshot: Snapshot, filters: Filters) -> None:
    """Scorecards of the latest closed period, deliveries, money to recover, expiries and invoice lines."""
    st.title("Vendors")
    st.caption(f"Of {plain(filters.describe())}.")
    _show_scorecards(snapshot, filters)
    show_deliveries(snapshot, filters)
    _show_recoverables(snapshot, filters)
    st.header("Ends or has to be cancelled soon")
    expiries = snapshot.rows_of("contract_expiries", filters)
    if expiries.is_empty():
        st.success("No contract has a deadline ahead that is known.")
    else:
        show_table(
            snapshot,
            expiries.sort("next_deadline_date", nulls_last=True),
            key="expiries",
            name="contract_expiries",
            relation="mart.contract_expiries",
        )
    st.header("Invoice lines")
    lines = snapshot.rows_of(
        "vendor_invoice_line_facts", days_of(snapshot, "vendor_billed_reporting", filters), day="invoice_date"
    )
    if not _has_invoices(snapshot):
        # No choice of days would show any.
        st.info("No export feeds invoices yet.", icon=":material/search_off:")
        return
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
        snapshot,
        lines.sort("invoice_date", descending=True).select(
            "invoice_date", "vendor", "amount_reporting", "item", "quantity", "currency_code", "unit_price_original",
            "contract_unit_price_original", "amount_original", "invoice_id", "rate_card_variance_reporting",
            "duplicate_at_stake_reporting", "match_state", "purchase_order_id", "vendor_contract_id", "is_quarantined",
        ),
        key="invoice_lines",
        name="invoice_lines",
        relation="mart.vendor_invoice_line_facts",
    )  # fmt: skip


def _has_invoices(snapshot: Snapshot) -> bool:
    return any(reach.data == "invoices" and reach.last_date for reach in snapshot.reaches)


def _show_scorecards(snapshot: Snapshot, filters: Filters) -> None:
    st.header("Scorecards")
    filters = days_of(snapshot, "vendor_on_time_delivery_ratio", filters)
    found = snapshot.rows_of("vendor_scorecards", filters, day="period_start_date").filter(
        "is_period_closed", period_grain=filters.grain.value
    )
    if found.is_empty():
        show_nothing("No closed period is scored.")
        return
    start = found["period_start_date"].max()
    latest = found.filter(period_start_date=start).sort("score_ratio", descending=True, nulls_last=True)
    st.caption(f"Of {name_period(start, filters.grain.value)}. A vendor without data has no score.")
    show_bars(latest, "vendor", "score_ratio", "score (%)", "ratio", alt="Vendor scores")
    parts = snapshot.rows_of("vendor_scorecard_parts", filters, day="period_start_date").filter(
        period_grain=filters.grain.value, period_start_date=start
    )
    show_table(
        snapshot,
        parts.sort("vendor", "part").select(
            "vendor", "part", "weight_ratio", "value", "unit", "score_ratio", "metric_coverage_ratio", "is_measured"
        ),
        key="parts",
        name="scorecard_parts",
        relation="mart.vendor_scorecard_parts",
        unit_of="unit",
    )


def _show_recoverables(snapshot: Snapshot, filters: Filters) -> None:
    """The same number as the report and the packaged query have for the same months."""
    st.header("Money to recover")
    months = _counted_months(snapshot, filters)
    if not months:
        show_nothing("No month that the data of vendors have passed begins in the chosen days.")
        return
    first, last = months[0].start, months[-1].end
    which = (
        "those that begin in the chosen days and that the data of vendors have passed"
        if filters.are_days_chosen
        else f"the last {len(months)} that the data of vendors have passed"
    )
    st.caption(f"Of whole months, {first:%B %Y} to {last:%B %Y}: {which}.")
    by_vendor = snapshot.ask(
        packaged_questions()["money_to_recover"].text, {"months": str(len(months)), "to_date": last.isoformat()}
    )
    if vendors := filters.chosen.get("vendor"):
        by_vendor = by_vendor.filter(pl.col("vendor").is_in(vendors))
    with_money = by_vendor.filter(pl.col("recoverable_reporting") != 0)
    total, currency = with_money["recoverable_reporting"].sum(), snapshot.publication.currency
    cases = by_vendor.to_dicts()
    if not cases and not _has_invoices(snapshot):
        st.info("Nothing is known to be recovered: no export feeds invoices yet.", icon=":material/search_off:")
    elif is_nothing_measured(cases):
        # No choice of days would measure it.
        st.info(describe_nothing(cases), icon=":material/search_off:")
    elif with_money.is_empty():
        show_nothing(describe_nothing(cases))
    else:
        owing = with_money.filter(pl.col("recoverable_reporting") > 0).height
        st.markdown(f"### {total:,.2f} {currency}")
        st.caption(f"From {count_of(owing, 'vendor')}.")
    for told in describe_unmeasured(cases):
        st.caption(plain(told))
    if not with_money.is_empty():
        show_bars(_by_kind(with_money), "of", "amount_reporting", f"to recover ({currency})", alt="Money to recover")
    evidence = snapshot.rows_of(
        "vendor_recoverable_facts", replace(filters, first=first, last=last), day="recovery_date"
    )
    evidence = evidence.filter((pl.col("amount_reporting") != 0).fill_null(True))
    if not evidence.is_empty():
        show_table(
            snapshot,
            evidence.sort("amount_reporting", descending=True, nulls_last=True).select(
                "recovery_date", "vendor", "amount_reporting", "recoverable_kind",
                "at_least_reporting", "at_most_reporting", "invoice_id", "service_credit_id", "vendor_contract_id",
                "is_quarantined",
            ),
            key="recoverables",
            name="money_to_recover",
            relation="mart.vendor_recoverable_facts",
        )  # fmt: skip


def _counted_months(snapshot: Snapshot, filters: Filters) -> list[Period]:
    """Months that begin in the chosen days, up to the last that is closed for the sum of all that may be recovered.

    While nobody has chosen days, as many before that as the packaged query counts by itself.
    """
    clock = snapshot.definition("vendor_recoverable_reporting")["fresh_as_of_at"] or min(
        (reach.as_of_at for reach in snapshot.reaches if reach.data in {"deliveries", "invoices"} and reach.as_of_at),
        default=None,
    )
    if clock is None:
        return []
    passed = local_date_of(clock, snapshot.publication.time_zone) - timedelta(days=1)
    if not filters.are_days_chosen:
        query = "SELECT max(wanted_start_date) AS day FROM mart.latest_periods WHERE period_grain = 'month'"
        wanted = snapshot.ask(query)["day"].item() or passed
        months = [period_holding(min(last_whole_month(passed).start, wanted), Grain.MONTH)]
        while len(months) < _usual_month_count():
            months.insert(0, months[0].previous)
        return months
    months, month = [], period_holding(filters.first, Grain.MONTH)
    while month.start <= min(filters.last, last_whole_month(passed).start):
        if month.start >= filters.first:
            months.append(month)
        month = month.following
    return months


def _usual_month_count() -> int:
    (months,) = (each for each in packaged_questions()["money_to_recover"].parameters if each.name == "months")
    return int(months.default or 0)


def _by_kind(by_vendor: pl.DataFrame) -> pl.DataFrame:
    """What is to be recovered from each vendor, by kind; without what is nothing."""
    kinds = {f"{kind.value}_reporting": kind.value.replace("_", " ") for kind in RecoverableKind}
    return (
        by_vendor.unpivot(list(kinds), index="vendor", variable_name="kind", value_name="amount_reporting")
        .filter(pl.col("amount_reporting") != 0)
        .with_columns(of=pl.col("vendor") + " · " + pl.col("kind").replace(kinds))
        .sort("amount_reporting", descending=True)
    )

"""Tickets behind the numbers, down to one ticket's life and its promises."""

from __future__ import annotations

from typing import Final

import polars as pl
import streamlit as st

from pipelines.dashboard.charts import draw_life
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.numbers_shown import days_of
from pipelines.dashboard.plain_text import plain
from pipelines.dashboard.shown import show_nothing
from pipelines.dashboard.snapshot import Snapshot
from pipelines.dashboard.tables import show_table
from pipelines.words.numbers import count_of

#: Which tickets, and the instant by which they lie in the chosen period (None: all that are open now).
_LISTS: Final = {"Resolved": "resolved_at", "Created": "created_at", "Open now": None}
_SHOWN: Final = (
    "ticket_id",
    "cycle_time_business_hours",
    "age_business_hours",
    "status",
    "team",
    "priority",
    "service",
    "vendor",
    "created_at",
    "resolved_at",
    "lead_time_business_hours",
    "waiting_business_hours",
    "reopen_count",
    "handoff_count",
    "is_quarantined",
)


def show_tickets(snapshot: Snapshot, filters: Filters) -> None:
    """The tickets that the filters let through, the longest first, and the one that is picked."""
    st.title("Tickets")
    st.caption(f"Of {plain(filters.describe())}. Pick a row to see the ticket's life.")
    chosen = st.segmented_control("Which", list(_LISTS), default="Resolved", required=True, key="which")
    wanted = st.text_input("Ticket", key="ticket", placeholder="id of a ticket", bind="query-params")
    if wanted:
        _show_ticket(snapshot, wanted)
        return
    day = _LISTS[str(chosen)]
    days = days_of(snapshot, "ticket_created_count", filters)
    found = snapshot.rows_of("ticket_facts", days, day=day)
    if day is None:
        found = found.filter(~(pl.col("is_done") | pl.col("is_cancelled")))
    if found.is_empty():
        show_nothing("No ticket is there.")
        return
    order = "age_business_hours" if day is None else "cycle_time_business_hours"
    listed = found.sort(order, descending=True, nulls_last=True).select(_SHOWN)
    when = f" {str(chosen).lower()} from {days.describe_days()}" if day else ""
    st.caption(f"{count_of(listed.height, 'ticket')}{when}, the longest first.")
    picked = show_table(
        snapshot, listed, key="tickets", name="tickets", relation="mart.ticket_facts", is_selectable=True
    )
    if picked is not None:
        _show_ticket(snapshot, listed["ticket_id"][picked])


def _show_ticket(snapshot: Snapshot, ticket_id: str) -> None:
    about = {"ticket": ticket_id}
    facts = snapshot.ask("SELECT * FROM mart.ticket_facts WHERE ticket_id = $ticket", about)
    if facts.is_empty():
        st.warning(
            f"No published ticket has the id {plain(ticket_id)}. Ids begin with their source, such as 'jira:OPS-1'."
        )
        return
    ticket = facts.row(0, named=True)
    st.header(plain(ticket_id), divider="gray")
    st.markdown(" · ".join(plain(ticket[name] or f"no {name}") for name in ("status", "team", "priority", "service")))
    if ticket["is_quarantined"]:
        reasons = snapshot.ask("SELECT rule_id, reason FROM meta.quarantined_records WHERE record_id = $ticket", about)
        for rule, reason in reasons.iter_rows():
            st.warning(f"Set aside by {plain(rule)}: {plain(reason)}")
    reach = snapshot.publication.as_of_at
    intervals = snapshot.ask(
        "SELECT * FROM mart.ticket_interval_facts WHERE ticket_id = $ticket ORDER BY interval_number", about
    ).with_columns(pl.col("ended_at").fill_null(pl.max_horizontal(pl.lit(reach), "started_at")))
    if not intervals.is_empty():
        # Where a ticket lies done for a year, its life would be a dot beside it.
        is_over = pl.col("is_last") & pl.col("status_category").is_in(["done", "cancelled"])
        end = pl.when(is_over).then("started_at").otherwise("ended_at")
        lasting = intervals.with_columns(pl.col("team").fill_null("(no team)"), ended_at=end)
        st.altair_chart(draw_life(lasting, snapshot.publication.time_zone), alt=f"The life of ticket {ticket_id}")
        show_table(
            snapshot,
            intervals.drop("ticket_id"),
            key="intervals",
            name=f"{_file_name(ticket_id)}_intervals",
            relation="mart.ticket_interval_facts",
        )
    clocks = snapshot.ask("SELECT * FROM mart.sla_clock_facts WHERE ticket_id = $ticket ORDER BY started_at", about)
    if not clocks.is_empty():
        st.markdown("**Its promises**")
        show_table(
            snapshot,
            clocks.drop("ticket_id", "source"),
            key="clocks",
            name=f"{_file_name(ticket_id)}_clocks",
            relation="mart.sla_clock_facts",
        )


def _file_name(ticket_id: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in ticket_id)

"""The script that Streamlit runs for every page: one publication, the filters, one page. See `kpi dashboard`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from pipelines.cli.exits import CommandError
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.screens.costs import show_costs
from pipelines.dashboard.screens.evidence import show_evidence
from pipelines.dashboard.screens.flow import show_flow
from pipelines.dashboard.screens.kpis import show_kpis
from pipelines.dashboard.screens.overview import show_overview
from pipelines.dashboard.screens.promises import show_promises
from pipelines.dashboard.screens.tickets import show_tickets
from pipelines.dashboard.screens.vendors import show_vendors
from pipelines.dashboard.sidebar import choose_filters
from pipelines.dashboard.snapshot import Answers, Snapshot, open_snapshot
from pipelines.home import find_home

Show = Callable[[Snapshot, Filters], None]

#: Title, address, icon and what draws it.
PAGES: Final[tuple[tuple[str, str, str, Show], ...]] = (
    ("Overview", "overview", "monitoring", show_overview),
    ("KPIs", "kpis", "query_stats", show_kpis),
    ("Flow", "flow", "stacked_line_chart", show_flow),
    ("Tickets", "tickets", "confirmation_number", show_tickets),
    ("Promises", "promises", "timer", show_promises),
    ("Cost", "cost", "payments", show_costs),
    ("Vendors", "vendors", "handshake", show_vendors),
    ("Evidence", "evidence", "fact_check", show_evidence),
)


@st.cache_resource
def _answers() -> Answers:
    """One memory for all readers."""
    return Answers()


def page_function(show: Show) -> Callable[[], None]:
    """What Streamlit calls to draw a page."""

    def draw() -> None:
        try:
            with open_snapshot(find_home(), _answers()) as snapshot:
                show(snapshot, choose_filters(snapshot))
        except CommandError as error:
            st.error(str(error))

    return draw


def main() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="KPI warehouse", page_icon="📊", layout="wide")
    pages = [
        st.Page(
            page_function(show), title=title, url_path=address, icon=f":material/{icon}:", default=address == "overview"
        )
        for title, address, icon, show in PAGES
    ]
    st.navigation(pages).run()


if __name__ == "__main__":
    main()

"""The filters that stay in view on every page. They are in the address, so that a link shows what its sender saw."""

from __future__ import annotations

from datetime import date

import streamlit as st

from models.vocabulary import BREAKDOWNS, Grain
from pipelines.cli.published import describe_reaches
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.plain_text import plain
from pipelines.dashboard.snapshot import Snapshot
from pipelines.words.numbers import format_instant


def choose_filters(snapshot: Snapshot) -> Filters:
    """Draw the filters and return what is chosen."""
    with st.sidebar:
        publication = snapshot.publication
        st.markdown(f"**{plain(publication.home_name)}**")
        st.caption(
            f"{plain(describe_reaches(snapshot.reaches).capitalize())}. "
            f"Published {format_instant(publication.published_at)}, {publication.publication_id}."
        )
        grain = st.segmented_control(
            "Periods",
            [grain.value for grain in Grain],
            default=Grain.MONTH.value,
            required=True,
            key="periods",
            bind="query-params",
        )
        first, last, are_chosen = _choose_span(snapshot)
        chosen = {}
        for name in BREAKDOWNS:
            values = st.multiselect(
                name.capitalize(), snapshot.values(name), key=name, placeholder="all", bind="query-params"
            )
            if values:
                chosen[name] = tuple(values)
        filters = Filters(Grain(str(grain)), first, last, chosen, are_chosen)
        if filters.published_breakdown is None:
            st.caption("Measured now from the published facts: several values at once are not published.")
    return filters


def _choose_span(snapshot: Snapshot) -> tuple[date, date, bool]:
    """First and last day, and whether they are others than those that are offered."""
    first, last = snapshot.span()
    # Twelve whole months, and the one that is still open.
    start = max(first, date(last.year - 1, last.month, 1))
    picked = st.date_input(
        "From – to",
        (start, last),
        min_value=first,
        max_value=last,
        key="days",
        format="YYYY-MM-DD",
        bind="query-params",
    )
    # While only the first of two days is picked there is one.
    days = picked if isinstance(picked, tuple) else (picked,)
    shown = (days[0], days[-1] if len(days) == 2 else last) if days else (start, last)
    return *shown, shown != (start, last)

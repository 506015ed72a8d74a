"""A bar for each value of something, as many as one can read."""

from __future__ import annotations

from typing import Final

import polars as pl
import streamlit as st

from pipelines.dashboard.charts import draw_bars

#: Bars that are drawn at most: of more, half of them from either end.
MOST_BARS: Final = 30


def show_bars(values: pl.DataFrame, label: str, amount: str, title: str, unit: str = "", *, alt: str) -> None:
    """One bar per row, in the order of the rows.

    Args:
        label: the column that names a bar.
        amount: the column with its length.
        alt: what the chart shows, for who hears it.
    """
    half = MOST_BARS // 2
    if values.height > MOST_BARS:
        st.caption(f"The first {half} and the last {half} of {values.height:,}.")
        values = pl.concat([values.head(half), values.tail(half)])
    st.altair_chart(draw_bars(values, label, amount, title, unit), alt=alt)

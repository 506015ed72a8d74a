"""Names in charts: whatever they are, each stands for one value, and none turns how the others are read."""

from __future__ import annotations

from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from made_companies import HOSTILE

from pipelines.dashboard.charts import draw_bars, draw_lines
from pipelines.dashboard.short_names import short_names

NAMES = [f"{HOSTILE} {number}" for number in range(8)]


@given(st.lists(st.text(max_size=80), max_size=30), st.integers(6, 40))
def test_each_name_has_another_one_of_its_own(names: list[str], most: int) -> None:
    found = short_names(names, most)
    assert set(found) == set(names) and len(set(found.values())) == len(found)
    assert all(len(short) <= most + 6 for short in found.values())


def test_the_end_of_a_long_name_stays() -> None:
    found = short_names(NAMES, 34)
    assert [short[-1] for short in found.values()] == list("01234567")
    assert all("…" in short and "\u202e" not in short for short in found.values())
    assert short_names(["Service Desk"], 34) == {"Service Desk": "Service Desk"}


def test_charts_name_values_shortly_and_tell_the_whole_name() -> None:
    months = [date(2026, 9, 1), date(2026, 10, 1)]
    rows = [(month, name, 0.5, 1.0, True) for name in NAMES for month in months]
    columns = ["period_start_date", "dimension_value", "value", "coverage_ratio", "is_period_closed"]
    lines = draw_lines(pl.DataFrame(rows, schema=columns, orient="row"), "Share", "ratio").to_dict()
    legend = lines["layer"][0]["encoding"]["color"]["legend"]
    # Two of these beside each other are wider than a phone.
    assert (legend["columns"], legend["labelLimit"]) == (1, 280)
    few = pl.DataFrame([(month, "Desk", 0.5, 1.0, True) for month in months], schema=columns, orient="row")
    assert draw_lines(few, "Share", "ratio").to_dict()["layer"][0]["encoding"]["color"]["legend"]["columns"] == 2
    bars = draw_bars(pl.DataFrame({"of": NAMES, "value": [1.0] * 8}), "of", "value", "count").to_dict()
    (data,) = bars["datasets"].values()
    assert {row["of"]: row["called"] for row in data} == short_names(NAMES, 40)
    assert bars["encoding"]["y"]["field"] == "called" and bars["encoding"]["tooltip"][0]["field"] == "of"

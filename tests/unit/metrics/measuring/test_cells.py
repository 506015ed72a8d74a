"""Cells against grouping by dates and texts, as they stand in the records."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from metrics.measuring.cells import CELL, DAY, Records, encode_breakdown, list_days
from metrics.periods import period_start
from models.vocabulary import Dimension, Grain

WHOLE_AND_TEAM = (Dimension.OVERALL, Dimension.TEAM)
rows = st.lists(
    st.tuples(
        st.dates(date(2025, 12, 20), date(2026, 3, 5)),
        st.sampled_from(["Network", "Desk", "(none)", "Ähnlich", "Z", None]),
        st.integers(0, 2**62),
    ),
    max_size=30,
)


def _facts(records: list[tuple[date, str | None, int]]) -> pl.DataFrame:
    return pl.DataFrame(records, schema={DAY: pl.Date, "team": pl.String, "x": pl.Int64}, orient="row")


def _records(facts: pl.DataFrame, week_start: int = 1) -> Records:
    encoded = encode_breakdown(facts)
    return Records(encoded.frame, encoded.values, week_start)


@settings(deadline=None)
@given(rows, st.sampled_from(list(Grain)), st.sampled_from(WHOLE_AND_TEAM), st.integers(1, 7))
def test_sums_are_those_of_the_records(
    records: list[tuple[date, str | None, int]], grain: Grain, dimension: Dimension, week_start: int
) -> None:
    facts = _facts(records)
    known = _records(facts, week_start)
    sums = {"n": pl.len().cast(pl.Int64), "x": pl.col("x").cast(pl.Int128).sum()}
    daily = known.sum_daily(WHOLE_AND_TEAM, sums)[dimension]
    value = pl.lit("") if dimension is Dimension.OVERALL else pl.col("team").fill_null("(none)")
    expected = (
        facts.group_by(
            period_grain=pl.lit(grain.value),
            period_start_date=period_start(pl.col(DAY), grain, week_start),
            dimension=pl.lit(dimension.value),
            dimension_value=value,
        )
        .agg(**sums)
        .sort(CELL)
    )
    assert_frame_equal(known.name_cells(daily, dimension, grain), expected)


@settings(deadline=None)
@given(rows, st.sampled_from(list(Grain)), st.sampled_from(WHOLE_AND_TEAM))
def test_records_are_numbered_in_the_order_of_their_cells(
    records: list[tuple[date, str | None, int]], grain: Grain, dimension: Dimension
) -> None:
    facts = _facts(records)
    number = _records(facts).number_cells(dimension, grain)
    value = pl.lit("") if dimension is Dimension.OVERALL else pl.col("team").fill_null("(none)")
    named = facts.select(start=period_start(pl.col(DAY), grain), value=value).with_columns(number=pl.Series(number))
    cells = named.unique()
    assert cells.height == named.select("start", "value").n_unique()
    assert cells.sort("number").select("start", "value").equals(cells.sort("start", "value").select("start", "value"))


def test_only_the_whole_can_be_summed_where_there_is_no_breakdown() -> None:
    known = _records(_facts([(date(2026, 1, 1), None, 2), (date(2026, 1, 1), None, 3)]).drop("team"))
    daily = known.sum_daily(WHOLE_AND_TEAM, {"x": pl.col("x").sum()})
    assert list(daily) == [Dimension.OVERALL]
    assert known.name_cells(daily[Dimension.OVERALL], Dimension.OVERALL, Grain.MONTH)["x"].to_list() == [5]


@pytest.mark.parametrize(
    ("given_days", "count"), [([], 0), ([date(2026, 1, 3)], 1), ([date(2026, 1, 3), date(2026, 1, 1)], 3)]
)
def test_days_are_listed_without_gaps(given_days: list[date], count: int) -> None:
    listed = list_days(pl.Series(given_days, dtype=pl.Date))
    assert listed.len() == count
    assert listed.diff().drop_nulls().dt.total_days().to_list() == [1] * max(count - 1, 0)

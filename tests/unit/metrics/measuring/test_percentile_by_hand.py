"""A percentile by hand is the one that all cells are computed by, and that of the databases."""

from __future__ import annotations

from fractions import Fraction

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.measuring.percentile_by_hand import Position, interpolate, position_of
from metrics.measuring.percentiles import Measure, SortedCells

VALUES = st.lists(st.integers(0, 10**12), min_size=1, max_size=60)


def by_hand(values: list[int], percent: int, scale: int = 1) -> float:
    ascending, position = sorted(values), position_of(len(values), percent)
    above = ascending[min(position.rank + 1, len(values) - 1)]
    return interpolate(position, ascending[position.rank], above, scale)


@given(values=VALUES, percent=st.integers(0, 100))
def test_is_that_of_all_cells(values: list[int], percent: int) -> None:
    measure, count = Measure(pl.Series(values)), np.array([len(values)])
    cells = SortedCells.sort(np.zeros(len(values), dtype=np.int64), measure, count, count)
    assert by_hand(values, percent, 3_600_000_000) == pytest.approx(
        cells.percentile(percent, 3_600_000_000)[0], rel=1e-14
    )


@given(values=st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=60), percent=st.integers(0, 100))
def test_is_that_of_the_database(values: list[int], percent: int) -> None:
    query = f"SELECT quantile_cont(value, {percent / 100}) FROM (SELECT unnest($values) AS value)"
    found = duckdb.execute(query, {"values": values}).fetchall()[0][0]
    assert by_hand(values, percent) == pytest.approx(found, rel=1e-9, abs=1e-6)


def test_position_is_counted_from_one_for_people() -> None:
    assert position_of(566, 85) == Position(480, 25)
    assert position_of(566, 85).place == Fraction(48125, 100)
    assert position_of(1, 95) == Position(0, 0)
    assert interpolate(Position(480, 25), 10, 14) == 11


@pytest.mark.parametrize(("count", "percent"), [(0, 50), (3, 101), (3, -1)])
def test_there_is_none_of_nothing(count: int, percent: int) -> None:
    with pytest.raises(ValueError, match="no percentile"):
        position_of(count, percent)

"""Percentiles and bounds in many cells at once, against exact fractions and every completion of what is missing."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from itertools import combinations_with_replacement

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.measuring.percentiles import Measure, SortedCells

HUGE = 10**15
HOUR = 3_600_000_000
percents = st.sampled_from([0, 5, 50, 85, 95, 100])
#: Measured values, and how many records are unmeasured.
Cell = tuple[list[int], int]


def cells_of(values: st.SearchStrategy[int]) -> st.SearchStrategy[list[Cell]]:
    cell = st.tuples(st.lists(values, max_size=5), st.integers(0, 3)).filter(lambda cell: cell[0] or cell[1])
    return st.lists(cell, min_size=1, max_size=4)


def exact_percentile(values: list[int], percent: int) -> Fraction:
    """Linear interpolation in exact fractions."""
    ordered = sorted(values)
    rank = Fraction(len(ordered) - 1) * percent / 100
    below = int(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (rank - below) * (ordered[above] - ordered[below])


def _sorted(cells: list[Cell], *, gap: int = 1) -> SortedCells:
    """The cells' records in any order; `gap` numbers lie between two cells."""
    records = [
        (number * gap, value)
        for number, (values, missing) in enumerate(cells)
        for value in (*values, *[None] * missing)
    ]
    random.Random(1).shuffle(records)
    column = pl.Series([value for _, value in records], dtype=pl.Int64)
    return SortedCells.sort(
        np.array([number for number, _ in records], dtype=np.int64),
        Measure(column),
        np.array([len(values) + missing for values, missing in cells], dtype=np.int64),
        np.array([len(values) for values, _ in cells], dtype=np.int64),
    )


@settings(deadline=None)
@given(cells_of(st.integers(0, 10**9)), percents, st.sampled_from([1, 60, HOUR]), st.sampled_from([1, 3, 2**40, 2**60]))
def test_percentile_is_linear_interpolation(cells: list[Cell], percent: int, scale: int, gap: int) -> None:
    found = _sorted(cells, gap=gap).percentile(percent, scale)
    for number, (values, _) in zip(found, cells, strict=True):
        if values:
            assert number == pytest.approx(float(exact_percentile(values, percent) / scale), rel=1e-15, abs=0)
        else:
            assert math.isnan(number)


def test_percentile_on_a_rank_is_that_value_exactly() -> None:
    # (21 − 1) × 0.85 is 17 in decimals, and must not become 16.999… in binary.
    assert _sorted([([hour * HOUR for hour in range(21)], 0)]).percentile(85, HOUR).tolist() == [17.0]


@settings(deadline=None)
@given(cells_of(st.integers(0, 50)), percents, st.sampled_from([1, 2**60]))
def test_percentile_bounds_hold_every_completion_and_are_reached(cells: list[Cell], percent: int, gap: int) -> None:
    ascending = _sorted(cells, gap=gap)
    lower, upper = ascending.lower_bound(percent), ascending.upper_bound(percent)
    for least, greatest, (values, missing) in zip(lower, upper, cells, strict=True):
        candidates = sorted({0, 25, 50, HUGE, *values})
        completed = [
            exact_percentile([*values, *completion], percent)
            for completion in combinations_with_replacement(candidates, missing)
        ]
        assert least == pytest.approx(float(min(completed)), rel=1e-12)
        if math.isnan(greatest):
            assert max(completed) > HUGE // 100 - 1  # nothing holds it: it grows with the unmeasured
        else:
            assert greatest == pytest.approx(float(max(completed)), rel=1e-12)


@pytest.mark.parametrize(
    "values",
    [[2**62, 0, 5], [-4, 0, 4], [0, 0, 0], [], [2**47 - 1, 2**47]],
    ids=["beyond packing", "negative", "all equal", "none", "at a power of two"],
)
@pytest.mark.parametrize("missing", [0, 2])
def test_values_of_any_size_are_sorted(values: list[int], missing: int) -> None:
    cells = _sorted([([1], 0), (values, missing), ([2, 1], 0)], gap=1000)
    found = cells.values.tolist()
    assert found[0] == 1 and found[-2:] == [1, 2]
    assert found[1 : 1 + len(values)] == sorted(values)
    assert all(value > max(values, default=0) for value in found[1 + len(values) : -2])


def test_no_records_are_no_cells() -> None:
    cells = _sorted([])
    assert cells.percentile(50).tolist() == []
    assert [bound.tolist() for bound in (cells.lower_bound(50), cells.upper_bound(50))] == [[], []]

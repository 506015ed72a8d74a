"""The intervals against brute force: every completion of the unmeasured records is tried."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.measuring import bounds

HUGE = 10**15


def _interval(cell: pl.DataFrame, interval: bounds.Bounds) -> tuple[float | None, float | None]:
    return cell.select(interval[0].alias("lower"), interval[1].alias("upper")).row(0)


@settings(deadline=None)
@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 4))
def test_ratio_bounds_hold_every_completion_and_are_reached(hits: int, misses: int, missing: int) -> None:
    measured, eligible = hits + misses, hits + misses + missing
    cell = pl.DataFrame({"hits": [hits], "measured": [measured], "eligible": [eligible]})
    interval = _interval(cell, bounds.ratio_bounds(pl.col("hits"), pl.col("measured"), pl.col("eligible")))
    if not eligible:
        assert interval == (None, None)
        return
    completed = [(hits + sum(completion)) / eligible for completion in product([0, 1], repeat=missing)]
    assert interval == (min(completed), max(completed))


@settings(deadline=None)
@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_ratio_bounds_hold_whatever_becomes_of_records_in_doubt(
    hits: int, misses: int, missing: int, doubted: int, are_hits: bool
) -> None:
    doubted = min(doubted, hits if are_hits else misses)
    measured, eligible = hits + misses, hits + misses + missing
    cell = pl.DataFrame({"hits": [hits], "measured": [measured], "eligible": [eligible], "doubted": [doubted]})
    doubt = {"hits_in_doubt" if are_hits else "misses_in_doubt": pl.col("doubted")}
    interval = _interval(cell, bounds.ratio_bounds(pl.col("hits"), pl.col("measured"), pl.col("eligible"), **doubt))
    turned = [sum(turns) * (-1 if are_hits else 1) for turns in product([0, 1], repeat=doubted)]
    completed = [hits + turn + sum(others) for turn in turned for others in product([0, 1], repeat=missing)]
    assert interval == ((min(completed) / eligible, max(completed) / eligible) if eligible else (None, None))


@settings(deadline=None)
@given(st.integers(0, 6), st.integers(0, 4))
def test_count_bounds_hold_every_completion_and_are_reached(measured: int, missing: int) -> None:
    cell = pl.DataFrame({"measured": [measured], "eligible": [measured + missing]})
    completed = [measured + sum(completion) for completion in product([0, 1], repeat=missing)]
    interval = _interval(cell, bounds.count_bounds(pl.col("measured"), pl.col("eligible")))
    assert interval == (min(completed), max(completed))


small = st.integers(0, 4)


@settings(deadline=None)
@given(small, small, small, small)
def test_net_count_bounds_hold_every_completion_and_are_reached(come: int, gone: int, more: int, less: int) -> None:
    cell = pl.DataFrame({"m1": [come], "m2": [gone], "e1": [come + more], "e2": [gone + less]})
    measured, eligible = (pl.col("m1"), pl.col("m2")), (pl.col("e1"), pl.col("e2"))
    completed = [come + some - gone - others for some in range(more + 1) for others in range(less + 1)]
    assert _interval(cell, bounds.net_count_bounds(measured, eligible)) == (min(completed), max(completed))


@settings(deadline=None)
@given(small, small, small)
def test_stock_bounds_hold_every_completion_and_are_reached(counted: int, others: int, unknown: int) -> None:
    cell = pl.DataFrame({"h": [counted], "m": [counted + others], "e": [counted + others + unknown]})
    completed = [counted + some for some in range(unknown + 1)]
    interval = _interval(cell, bounds.stock_bounds(pl.col("h"), pl.col("m"), pl.col("e")))
    assert interval == (min(completed), max(completed))


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=4), st.integers(0, 3))
def test_a_mean_has_no_upper_bound_while_a_record_is_unmeasured(values: list[int], missing: int) -> None:
    eligible = len(values) + missing
    cell = pl.DataFrame({"s": [sum(values)], "m": [len(values)], "e": [eligible]})
    interval = _interval(cell, bounds.mean_bounds(pl.col("s"), pl.col("m"), pl.col("e")))
    least = sum(values) / eligible if eligible else None
    assert interval == (least, None if missing else least)


hours = st.integers(0, 6)


@settings(deadline=None)
@given(
    st.lists(st.tuples(hours, hours), max_size=3),
    st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=2),
)
def test_time_share_bounds_hold_every_completion_and_are_reached(
    measured: list[tuple[int, int]], limits: list[int | None]
) -> None:
    """An unmeasured record has any time up to its limit, or any at all, and any part of that is active."""
    part, whole = sum(active for active, _ in measured), sum(active + passive for active, passive in measured)
    cell = pl.DataFrame(
        {"p": [part], "w": [whole], "x": [sum(limit or 0 for limit in limits)], "is_limited": [None not in limits]}
    )
    columns = (pl.col(name) for name in ("p", "w", "x", "is_limited"))
    interval = _interval(cell, bounds.time_share_bounds(*columns))
    possible = [
        [
            (active, time)
            for time in ([0, HUGE] if limit is None else range(limit + 1))
            for active in {0, time // 2, time}
        ]
        for limit in limits
    ]
    shares = [
        Fraction(part + sum(active for active, _ in added), whole + sum(time for _, time in added))
        for added in product(*possible)
        if whole + sum(time for _, time in added)
    ]
    if not shares:
        assert interval == (None, None)
        return
    assert interval == (pytest.approx(float(min(shares)), abs=1e-12), pytest.approx(float(max(shares)), abs=1e-12))


def test_a_sum_is_sure_only_when_nothing_is_missing() -> None:
    columns = pl.col("value"), pl.col("measured"), pl.col("eligible")
    complete = pl.DataFrame({"value": [12.5], "measured": [3], "eligible": [3]})
    assert _interval(complete, bounds.sum_bounds(*columns)) == (12.5, 12.5)
    partial = pl.DataFrame({"value": [12.5], "measured": [2], "eligible": [3]})
    assert _interval(partial, bounds.sum_bounds(*columns)) == (None, None)


cents = st.integers(-10_000, 10_000)


@settings(deadline=None)
@given(cents, st.lists(cents, max_size=5), st.integers(0, 9), st.integers(0, 4))
def test_unit_cost_bounds_hold_every_way_to_take_the_open_pools_and_to_count_what_was_set_aside(
    allocated: int, pools: list[int], count: int, set_aside: int
) -> None:
    cell = _costs(allocated, pools, count, set_aside, measured=4)
    interval = _interval(cell, _unit_cost_interval())
    possible = [
        Fraction(
            allocated + sum(pool for pool, is_taken in zip(pools, taken, strict=True) if is_taken), 100 * completed
        )
        for taken in product([False, True], repeat=len(pools))
        for completed in range(count, count + set_aside + 1)
        if completed > 0
    ]
    if not possible:
        assert interval == (None, None)
        return
    assert interval == (
        pytest.approx(float(min(possible)), rel=1e-12),
        pytest.approx(float(max(possible)), rel=1e-12),
    )


def test_unit_cost_is_unbounded_while_a_line_of_the_period_is_unmeasured() -> None:
    assert _interval(_costs(500, [100], 5, 1, measured=3), _unit_cost_interval()) == (None, None)


def _unit_cost_interval() -> bounds.Bounds:
    return bounds.unit_cost_bounds(
        pl.col("allocated") + pl.col("credits"),
        pl.col("allocated") + pl.col("debits"),
        pl.col("transactions"),
        pl.col("set_aside"),
        is_cost_known=pl.col("measured") == pl.col("eligible"),
    )


def _costs(allocated: int, pools: list[int], count: int, set_aside: int, *, measured: int) -> pl.DataFrame:
    money = pl.Decimal(38, 4)
    return pl.DataFrame(
        {
            "allocated": [Decimal(allocated) / 100],
            "debits": [Decimal(sum(pool for pool in pools if pool > 0)) / 100],
            "credits": [Decimal(sum(pool for pool in pools if pool < 0)) / 100],
            "transactions": [count],
            "set_aside": [set_aside],
            "measured": [measured],
            "eligible": [4],
        },
        schema_overrides={"allocated": money, "debits": money, "credits": money},
    )

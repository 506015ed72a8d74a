"""Signal or noise: limits worked by hand, each rule alone, and what keeps a point from being judged."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.signals.process_behaviour import (
    BASELINE_POINTS,
    Baseline,
    BrokenRule,
    Limits,
    Point,
    are_certain,
    broken_rules,
    find_signals,
    natural_limits,
)
from models.ddl import polars_schema
from models.marts import metric_values

FIRST = date(2024, 1, 1)
#: Centre 0; two thirds of the way to a limit are 2.
AROUND_ZERO = Limits(Fraction(0), Fraction(-3), Fraction(3), 12)


def points(*values: int | Fraction | None) -> list[Point]:
    """Weeks with these values; where it is None there is none."""
    starts = [FIRST + timedelta(days=7 * index) for index in range(len(values))]
    return [
        Point(start, start + timedelta(days=6), Fraction(value), Fraction(value), Fraction(value))
        for start, value in zip(starts, values, strict=True)
        if value is not None
    ]


def rules(*values: float) -> list[set[str]]:
    """What each value breaks around zero."""
    return [
        {rule.value for rule in found} for found in broken_rules([Fraction(value) for value in values], AROUND_ZERO)
    ]


def test_limits_by_hand() -> None:
    # 10, 12, 10, 12, ...: six of each, so the mean is 11; each of the eleven moving ranges is 2, so their mean is 2.
    # 2.66 × 2 = 5.32, so the limits are 11 − 5.32 = 5.68 and 11 + 5.32 = 16.32.
    limits = natural_limits(points(*[10, 12] * 6))
    assert limits == Limits(Fraction(11), Fraction("5.68"), Fraction("16.32"), 12)


def test_limits_of_unequal_steps_by_hand() -> None:
    # Sum 4+6+5+9+7+8+5+6+10+7+6+5 = 78, mean 6.5. Ranges 2+1+4+2+1+3+1+4+3+1+1 = 23, mean 23/11.
    # 2.66 × 23 / 11 = 61.18 / 11 = 5.5618...
    limits = natural_limits(points(4, 6, 5, 9, 7, 8, 5, 6, 10, 7, 6, 5))
    assert limits is not None
    assert limits.centre == Fraction(13, 2)
    assert limits.upper - limits.centre == limits.centre - limits.lower == Fraction("61.18") / 11


def test_a_range_is_taken_between_neighbours_only() -> None:
    # The jump from 10 to 30 lies over a week without a value: ranges are 0 only, so the limits are the mean itself.
    limits = natural_limits(points(*[10] * 6, None, *[30] * 6))
    assert limits == Limits(Fraction(20), Fraction(20), Fraction(20), 12)


@pytest.mark.parametrize("values", [[1] * 11, [], [value for _ in range(12) for value in (1, None)]])
def test_too_few_points_or_none_that_are_neighbours_give_no_limits(values: list[int | None]) -> None:
    assert natural_limits(points(*values)) is None


def test_a_point_on_a_limit_is_within() -> None:
    assert rules(3, -3) == [set(), set()]
    assert rules(3.001) == [{"outside_limits"}]
    assert rules(-3.001) == [{"outside_limits"}]


def test_the_eighth_on_one_side_and_those_that_follow_are_a_run() -> None:
    found = rules(*[1, 0.5] * 4, 1, -1)
    assert [index for index, broken in enumerate(found) if "run_of_eight" in broken] == [7, 8]


def test_a_point_on_the_centre_ends_a_run() -> None:
    assert not any(rules(*[1, 0.5] * 3, 1, 0, *[1, 0.5] * 3, 1))


def test_the_sixth_of_a_trend_either_way_and_those_that_follow() -> None:
    found = rules(-1.5, -1, -0.5, 0.5, 1, 1.5, 1.75, 1.5, 1, 0.5, 0.25, -0.25)
    assert [index for index, broken in enumerate(found) if "trend_of_six" in broken] == [5, 6, 11]


def test_an_equal_point_ends_a_trend() -> None:
    assert not any("trend_of_six" in broken for broken in rules(-1.5, -1, -0.5, -0.5, 0.5, 1, 1.5, 1.75))


def test_two_of_three_beyond_two_thirds_on_the_same_side() -> None:
    assert rules(2.5, 0, 2.5) == [set(), set(), {"two_of_three"}]
    assert rules(2.5, 2.5) == [set(), {"two_of_three"}]
    assert rules(2.5, 0, 0, 2.5) == [set()] * 4
    assert rules(2.5, -2.5) == [set()] * 2
    assert rules(2, 2) == [set()] * 2  # on two thirds is not beyond
    assert rules(2.5, 2.5, 0) == [set(), {"two_of_three"}, set()]


def values(*given: float | None, metric: str = "sla_attainment_ratio", **columns: object) -> pl.DataFrame:
    """Rows of `metric_values`, one per week."""
    rows = [
        {
            "metric": metric, "period_grain": "week", "period_start_date": FIRST + timedelta(days=7 * index),
            "period_end_date": FIRST + timedelta(days=7 * index + 6), "is_period_closed": True,
            "dimension": "overall", "dimension_value": "", "value": value, "unit": "ratio",
            "lower_bound": value, "upper_bound": value, **columns,
        }
        for index, value in enumerate(given)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=polars_schema(metric_values))


def test_the_baseline_is_the_first_twelve_points_and_later_ones_do_not_move_it() -> None:
    early = find_signals(values(*[0.5, 0.75] * 6))
    late = find_signals(values(*[0.5, 0.75] * 6, *[9.0] * 20))
    limits = ["centre_value", "lower_limit_value", "upper_limit_value", "baseline_start_date", "baseline_end_date"]
    assert early.select(limits).unique().rows() == late.select(limits).unique().rows()
    assert early["baseline_end_date"][0] == FIRST + timedelta(days=77)
    assert late["signal_state"].to_list() == ["noise"] * 12 + ["signal"] * 20


def test_a_recorded_decision_begins_another_baseline_and_nothing_else_does() -> None:
    start = FIRST + timedelta(days=7 * 14)
    moved = values(*[0.5, 0.75] * 7, *[9.0, 8.0] * 6)
    decisions = [Baseline("sla_attainment_ratio", start, "A new vendor."), Baseline("another_ratio", FIRST, "Other.")]
    found = find_signals(moved, decisions)
    assert found["baseline_reason"].to_list() == [None] * 14 + ["A new vendor."] * 12
    assert found["signal_state"].to_list() == ["noise"] * 26
    assert found["centre_value"].to_list() == [0.625] * 14 + [8.5] * 12
    assert found["baseline_start_date"].unique().sort().to_list() == [FIRST, start]
    assert "signal" in find_signals(moved)["signal_state"].to_list()


def test_until_twelve_points_are_there_nothing_is_judged() -> None:
    found = find_signals(values(*[0.5] * 10, 9.0))
    assert found["signal_state"].unique().to_list() == ["not_judged"]
    assert found["upper_limit_value"].null_count() == 11


def test_only_closed_periods_of_the_whole_with_a_value_enter() -> None:
    noise = values(*[0.5, 0.75] * 6)
    nothing = [
        values(9.0, is_period_closed=False),
        values(9.0, dimension="team", dimension_value="Desk"),
        values(9.0, period_grain="day"),
        values(None),
    ]
    assert find_signals(pl.concat([noise, *nothing])).equals(find_signals(noise))


@given(st.floats(-1e9, 1e9, allow_nan=False), st.integers(BASELINE_POINTS, 40))
def test_a_process_that_never_varies_has_no_signal(value: float, count: int) -> None:
    assert set(find_signals(values(*[value] * count))["signal_state"]) == {"noise"}


@given(st.lists(st.fractions(-5, 5, max_denominator=8), max_size=40))
def test_the_rules_are_the_same_upside_down(values: list[Fraction]) -> None:
    assert broken_rules(values, AROUND_ZERO) == broken_rules([-value for value in values], AROUND_ZERO)


@given(st.lists(st.integers(-4, 4), max_size=40))
def test_the_rules_as_they_are_told(values: list[int]) -> None:
    """Each rule again, by looking at the points that it is about instead of counting on."""
    for index, broken in enumerate(broken_rules([Fraction(value) for value in values], AROUND_ZERO)):
        eight, six, three = (values[max(index - n + 1, 0) : index + 1] for n in (8, 6, 3))
        expected = {
            BrokenRule.OUTSIDE_LIMITS: abs(values[index]) > 3,
            BrokenRule.RUN_OF_EIGHT: len(eight) == 8 and (min(eight) > 0 or max(eight) < 0),
            BrokenRule.TREND_OF_SIX: len(six) == 6
            and (six == sorted(set(six)) or six == sorted(set(six), reverse=True)),
            BrokenRule.TWO_OF_THREE: any(
                side * values[index] > 2 and sum(side * value > 2 for value in three) >= 2 for side in (1, -1)
            ),
        }
        assert set(broken) == {rule for rule, is_broken in expected.items() if is_broken}


def bounded(*bounds: tuple[float | None, float, float | None]) -> list[Point]:
    """Weeks with these lower bounds, values and upper bounds."""
    return [
        Point(
            FIRST + timedelta(days=7 * index),
            FIRST + timedelta(days=7 * index + 6),
            Fraction(value),
            None if lower is None else Fraction(lower),
            None if upper is None else Fraction(upper),
        )
        for index, (lower, value, upper) in enumerate(bounds)
    ]


@pytest.mark.parametrize(
    ("given", "is_certain"),
    [
        # Beyond the limit of 3 wherever it lies; on it by the lower bound; by none at all.
        ([(3.5, 4, 5)], True),
        ([(3, 4, 5)], False),
        ([(None, 4, 5)], False),
        ([(-5, -4, -3.5)], True),
        ([(-5, -4, None)], False),
        # Whether it is far above or far below cannot be told, though it is outside either way.
        ([(-4, 4, 4)], False),
        # Eight on one side, of which one may be on the centre.
        ([(0.5, 1, 1)] * 8, True),
        ([(0.5, 1, 1)] * 7 + [(0, 1, 1)], False),
        # Six that rise, of which two may have risen or not.
        ([(n / 4 - 0.1, n / 4, n / 4 + 0.1) for n in range(-3, 3)], True),
        ([(n / 4 - 0.2, n / 4, n / 4 + 0.2) for n in range(-3, 3)], False),
        # The second of three beyond 2.
        ([(2.1, 2.5, 2.9), (0, 0, 0), (2.1, 2.5, 2.9)], True),
        ([(1.9, 2.5, 2.9), (0, 0, 0), (2.1, 2.5, 2.9)], False),
    ],
)
def test_a_signal_is_certain_if_no_truth_within_the_bounds_undoes_it(
    given: list[tuple[float | None, float, float | None]], is_certain: bool
) -> None:
    points_given = bounded(*given)
    assert broken_rules([point.value for point in points_given], AROUND_ZERO)[-1]
    assert are_certain(points_given, AROUND_ZERO)[-1] == is_certain


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_what_is_certain_is_a_signal_by_every_truth(drawn: list[tuple[int, int, int]], random: Any) -> None:
    of_bounds = bounded(*((value - below, value, value + above) for value, below, above in drawn))
    limits = Limits(Fraction(0), Fraction(-6), Fraction(6), 12)
    certain = are_certain(of_bounds, limits)
    for _ in range(20):
        truth = [Fraction(random.randint(int(p.lower or 0), int(p.upper or 0))) for p in of_bounds]
        for is_certain, broken in zip(certain, broken_rules(truth, limits), strict=True):
            assert broken or not is_certain
    exact = bounded(*((value, value, value) for value, *_ in drawn))
    broken_exactly = broken_rules([point.value for point in exact], limits)
    assert are_certain(exact, limits) == [bool(broken) for broken in broken_exactly]


def test_certainty_is_told_of_signals_and_of_nothing_else() -> None:
    usual = [0.5, 0.75] * 6
    sure = find_signals(values(*usual, 9.0))
    unsure = find_signals(values(*usual, 9.0, lower_bound=0.5, upper_bound=9.0))
    assert sure["is_certain"].to_list() == [None] * 12 + [True]
    assert unsure["is_certain"].to_list() == [None] * 12 + [False]

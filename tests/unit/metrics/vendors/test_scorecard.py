"""Scorecards by hand: scales, weights, what is missing, and what follows for the total."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from credit_frames import contract
from finance_frames import rows_of
from hypothesis import given
from hypothesis import strategies as st

from metrics.registry import metric_named
from metrics.vendors.scorecard import Scores, build_scorecards, score_of
from metrics.vendors.scorecard_policy import Scorecard, ScorecardPart, ScorePoint, find_trouble
from models.ddl import polars_schema
from models.marts import metric_values
from models.vendor_performance import vendor_scorecard_parts, vendor_scorecards
from models.vendors import fct_contract_promises

ON_TIME, VARIANCE = "vendor_on_time_delivery_ratio", "vendor_recoverable_over_billing_reporting"
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


def scale(*points: tuple[str, str]) -> tuple[ScorePoint, ...]:
    return tuple(ScorePoint(Decimal(value), Decimal(score)) for value, score in points)


#: 0.80 is worth nothing, 0.90 half, 1.00 all; money falls from all at 0 to nothing at 100.
RISING = scale(("0.8", "0"), ("0.9", "0.5"), ("1", "1"))
FALLING = scale(("0", "1"), ("100", "0"))
CARD = Scorecard(
    (
        ScorecardPart("on_time", ON_TIME, Decimal("0.6"), RISING),
        ScorecardPart("billing", VARIANCE, Decimal("0.4"), FALLING),
    ),
    minimum_coverage=Decimal("0.5"),
)


def value(metric: str, number: float | None, vendor: str = "Acme", **columns: Any) -> dict[str, Any]:
    row = {
        "metric": metric,
        "metric_version": 1,
        "period_grain": "month",
        "period_start_date": SEPTEMBER,
        "period_end_date": date(2026, 9, 30),
        "is_period_closed": True,
        "dimension": "vendor",
        "dimension_value": vendor,
        "value": number,
        "lower_bound": number,
        "upper_bound": number,
        "eligible_count": 10,
        "measured_count": 10,
        "coverage_ratio": 1.0,
        "unit": "ratio",
    }
    return {**row, **columns}


def build(*values: dict[str, Any], card: Scorecard | None = CARD, held: tuple[str, ...] = ()) -> Scores:
    promises = rows_of(fct_contract_promises, [contract()])
    return build_scorecards(card, rows_of(metric_values, values), promises, held)


def total(scores: Scores, *columns: str) -> tuple[Any, ...]:
    (row,) = scores.totals.select(columns).rows()
    return row


@pytest.mark.parametrize(
    ("number", "score"), [(0.5, 0.0), (0.8, 0.0), (0.85, 0.25), (0.9, 0.5), (0.96, 0.8), (1.0, 1.0), (1.2, 1.0)]
)
def test_between_two_points_the_score_lies_on_the_line(number: float, score: float) -> None:
    assert score_of(number, RISING) == pytest.approx(score)


def test_the_total_is_the_weighted_sum_of_its_parts() -> None:
    # 0.95 is worth 0.75, 20 is worth 0.8: 0.6 * 0.75 + 0.4 * 0.8 = 0.77.
    scores = build(value(ON_TIME, 0.95), value(VARIANCE, 20.0))
    score, lower, upper, coverage, state = total(
        scores, "score_ratio", "lower_bound", "upper_bound", "coverage_ratio", "score_state"
    )
    assert (score, lower, upper) == pytest.approx((0.77, 0.77, 0.77))
    assert (coverage, state) == (1.0, "watch")
    parts = scores.parts.select("part", "value", "score_ratio", "weight_ratio", "is_measured").rows()
    assert [
        (part, number, pytest.approx(score), weight, measured) for part, number, score, weight, measured in parts
    ] == [
        ("on_time", 0.95, 0.75, Decimal("0.6"), True),
        ("billing", 20.0, 0.8, Decimal("0.4"), True),
    ]


def test_a_missing_part_is_neither_zero_nor_full_marks() -> None:
    # The one measured part is worth 0.75 and weighs 0.6: the total is its score, and lies between 0.45 and 0.85.
    score, lower, upper, coverage = total(
        build(value(ON_TIME, 0.95)), "score_ratio", "lower_bound", "upper_bound", "coverage_ratio"
    )
    assert (score, lower, upper, coverage) == pytest.approx((0.75, 0.45, 0.85, 0.6))


def test_too_little_that_is_measured_gives_no_total_and_its_bounds_all_the_same() -> None:
    score, state, lower, upper = total(
        build(value(VARIANCE, 50.0)), "score_ratio", "score_state", "lower_bound", "upper_bound"
    )
    assert (score, state) == (None, None)
    assert (lower, upper) == pytest.approx((0.2, 0.8))


def test_a_vendor_without_data_has_no_score() -> None:
    """Bolt delivers, so that the period exists; of Acme, whose contract holds, nothing is known."""
    scores = build(value(ON_TIME, 0.95, "Bolt"))
    rows = {row["vendor"]: row for row in scores.totals.iter_rows(named=True)}
    assert (rows["Acme"]["score_ratio"], rows["Acme"]["coverage_ratio"]) == (None, 0.0)
    assert (rows["Acme"]["lower_bound"], rows["Acme"]["upper_bound"]) == (0.0, 1.0)
    assert rows["Acme"]["score_state"] is None
    assert rows["Bolt"]["score_ratio"] == pytest.approx(0.75)


def test_a_vendor_whose_contract_is_over_and_of_which_nothing_is_known_has_no_row() -> None:
    promises = rows_of(fct_contract_promises, [contract(contract_end_date=date(2026, 8, 31))])
    built = build_scorecards(CARD, rows_of(metric_values, [value(ON_TIME, 0.95, "Bolt")]), promises)
    assert built.totals["vendor"].to_list() == ["Bolt"]


def test_the_bounds_of_a_metric_bound_its_part() -> None:
    # On time is worth 0 to 1 by its bounds; billing at the least 0.5 (at most 50 are too much), at the most all.
    values = [
        value(ON_TIME, 0.9, lower_bound=0.7, upper_bound=1.0),
        value(VARIANCE, 20.0, lower_bound=None, upper_bound=50.0),
    ]
    lower, upper = total(build(*values), "lower_bound", "upper_bound")
    assert (lower, upper) == pytest.approx((0.4 * 0.5, 1.0))


def test_no_bound_is_the_end_of_the_scale() -> None:
    parts = build(value(VARIANCE, 20.0, lower_bound=None, upper_bound=None)).parts.filter(part="billing")
    assert parts.select("at_least_ratio", "at_most_ratio").row(0) == (0.0, 1.0)


@pytest.mark.parametrize(("number", "state"), [(0.96, "good"), (0.9599, "watch"), (0.92, "watch"), (0.9199, "act")])
def test_a_total_on_a_threshold_has_reached_it(number: float, state: str) -> None:
    only = Scorecard((ScorecardPart("on_time", ON_TIME, Decimal(1), RISING),))
    # 0.96 is worth 0.8 and 0.92 is worth 0.6: exactly where good and watch begin.
    assert total(build(value(ON_TIME, number), card=only), "score_state") == (state,)


def test_months_and_quarters_are_scored_and_weeks_are_not() -> None:
    grains = ("week", "month", "quarter")
    scores = build(*(value(ON_TIME, 0.9, period_grain=grain) for grain in grains))
    assert scores.totals["period_grain"].to_list() == ["month", "quarter"]


def test_a_period_is_closed_when_it_is_for_every_part() -> None:
    values = [value(ON_TIME, 0.9), value(VARIANCE, 5.0, is_period_closed=False)]
    assert total(build(*values), "is_period_closed") == (False,)


def test_a_held_metric_is_marked() -> None:
    scores = build(value(ON_TIME, 0.9), value(VARIANCE, 5.0), held=(VARIANCE,))
    assert scores.parts["is_held"].to_list() == [False, True]
    assert total(scores, "is_held") == (True,)


def test_records_without_a_vendor_are_nobodys() -> None:
    assert build(value(ON_TIME, 0.9, "(none)")).totals["vendor"].to_list() == ["Acme"]


@pytest.mark.parametrize("card", [None, CARD])
def test_frames_are_as_declared(card: Scorecard | None) -> None:
    scores = build(card=card)
    assert scores.parts.schema == polars_schema(vendor_scorecard_parts)
    assert scores.totals.schema == polars_schema(vendor_scorecards)


@given(
    st.lists(st.none() | st.floats(0, 2), min_size=2, max_size=2),
    st.integers(1, 99).map(lambda hundredths: Decimal(hundredths) / 100),
)
def test_a_total_lies_within_its_bounds(numbers: list[float | None], weight: Decimal) -> None:
    parts = (ScorecardPart("a", ON_TIME, weight, RISING), ScorecardPart("b", VARIANCE, 1 - weight, FALLING))
    values = [
        value(metric, number) for metric, number in zip((ON_TIME, VARIANCE), numbers, strict=True) if number is not None
    ]
    other = value(ON_TIME, 0.9, "Bolt")
    built = build(*values, other, card=Scorecard(parts, minimum_coverage=Decimal(0)))
    (row,) = built.totals.filter(vendor="Acme").iter_rows(named=True)
    assert (row["score_ratio"] is None) == (not values)
    if row["score_ratio"] is not None:
        assert row["lower_bound"] - 1e-9 <= row["score_ratio"] <= row["upper_bound"] + 1e-9


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (ScorecardPart("a", ON_TIME, Decimal(0), RISING), "counts for nothing"),
        (ScorecardPart("a", ON_TIME, Decimal(1), RISING[:1]), "does not lead from 0 to 1"),
        (ScorecardPart("a", ON_TIME, Decimal(1), scale(("0", "0.1"), ("1", "1"))), "does not lead from 0 to 1"),
        (ScorecardPart("a", ON_TIME, Decimal(1), scale(("0", "0"), ("0.5", "1"), ("1", "0.5"))), "rises and falls"),
    ],
)
def test_a_part_that_cannot_score_says_why(part: ScorecardPart, words: str) -> None:
    found = find_trouble(part, metric_named(part.metric))
    assert found is not None
    assert words in found.what
    assert find_trouble(ScorecardPart("a", ON_TIME, Decimal(1), RISING), metric_named(ON_TIME)) is None
    unknown = find_trouble(part, None)
    assert unknown is not None
    assert "no metric is called" in unknown.what

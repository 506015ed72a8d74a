"""Targets: which one a period has, whether it is met to the last digit, and what no target can be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.registry import METRICS
from metrics.signals.targets import Target, find_contradiction, find_trouble, judge_targets, target_in_force
from models.ddl import polars_schema
from models.marts import metric_values
from models.vocabulary import Dimension, Grain

SLA, P85, COST = "sla_attainment_ratio", "ticket_cycle_time_p85_business_hours", "cost_total_reporting"
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
BY_NAME = {metric.name: metric for metric in METRICS}


def values(*rows: dict[str, Any]) -> pl.DataFrame:
    usual = {"metric": SLA, "metric_version": 1, "period_grain": "month", "period_start_date": OCTOBER,
             "period_end_date": date(2026, 10, 31), "is_period_closed": True, "dimension": "overall",
             "dimension_value": "", "eligible_count": 1, "measured_count": 1, "unit": "ratio"}  # fmt: skip
    return pl.DataFrame([{**usual, **row} for row in rows], schema=polars_schema(metric_values))


def judged(row: dict[str, Any], *targets: Target) -> dict[str, Any]:
    (found,) = judge_targets(values(row), targets, METRICS).iter_rows(named=True)
    return found


@pytest.mark.parametrize(
    ("metric", "value", "target", "state", "distance"),
    [
        (SLA, 0.93, "0.93", "met", "0"),
        (SLA, 0.929999999999, "0.93", "missed", "0"),  # a thousandth of what the distance shows, and still less
        (SLA, 0.95, "0.93", "met", "0.02"),
        (P85, 16.0, "16", "met", "0"),
        (P85, 16.25, "16", "missed", "0.25"),
        (COST, 19999.99, "20000", "met", "-0.01"),
    ],
)
def test_a_target_is_met_or_missed_as_the_direction_says(
    metric: str, value: float, target: str, state: str, distance: str
) -> None:
    row = {"metric": metric, "value": value, "lower_bound": value, "upper_bound": value}
    found = judged(row, Target(metric, Decimal(target), Grain.MONTH))
    assert (found["target_state"], found["distance_value"], found["is_certain"]) == (state, Decimal(distance), True)


@pytest.mark.parametrize(
    ("lower", "upper", "is_certain"),
    [(0.93, 0.97, True), (0.929, 0.97, False), (None, 0.97, False), (0.94, None, False)],
)
def test_it_is_said_if_the_truth_may_be_on_the_other_side(
    lower: float | None, upper: float | None, is_certain: bool
) -> None:
    found = judged({"value": 0.95, "lower_bound": lower, "upper_bound": upper}, Target(SLA, Decimal("0.93")))
    assert (found["target_state"], found["is_certain"]) == ("met", is_certain)


def test_a_value_that_is_not_there_is_not_missed() -> None:
    found = judged({"value": None}, Target(SLA, Decimal("0.93")))
    assert (found["target_state"], found["is_certain"], found["distance_value"]) == ("not_measured", None, None)


def test_only_closed_periods_of_the_whole_are_judged() -> None:
    rows = [{"value": 0.9, "is_period_closed": False}, {"value": 0.9, "dimension": "team", "dimension_value": "Desk"},
            {"value": 0.9, "period_grain": "day"}, {"value": 0.9, "metric": "sla_source_attainment_ratio"}]  # fmt: skip
    assert judge_targets(values(*rows), [Target(SLA, Decimal("0.93"))], METRICS).is_empty()


def test_a_target_of_a_team_is_held_against_that_team_alone() -> None:
    desk = {"dimension": "team", "dimension_value": "Desk", "lower_bound": 0.9, "upper_bound": 0.96}
    rows = [
        {"value": 0.9, "lower_bound": 0.9, "upper_bound": 0.9},
        {**desk, "value": 0.94},
        {**desk, "value": 0.97, "dimension_value": "Network"},
        {**desk, "value": 0.97, "dimension": "service"},
        {**desk, "value": 0.94, "period_start_date": NOVEMBER, "period_end_date": date(2026, 11, 30)},
    ]
    targets = [
        Target(SLA, Decimal("0.8")),
        Target(SLA, Decimal("0.93"), dimension=Dimension.TEAM, dimension_value="Desk"),
        Target(SLA, Decimal("0.95"), None, NOVEMBER, None, Dimension.TEAM, "Desk"),
    ]
    found = judge_targets(values(*rows), targets, METRICS)
    told = ("dimension", "dimension_value", "period_start_date", "target_value", "target_state", "is_certain")
    assert found.select(told).rows() == [
        ("overall", "", OCTOBER, Decimal("0.8"), "met", True),
        # The bounds reach down to 0.9: what is not measured may change it.
        ("team", "Desk", OCTOBER, Decimal("0.93"), "met", False),
        ("team", "Desk", NOVEMBER, Decimal("0.95"), "missed", False),
    ]


def test_the_whole_has_no_target_by_one_of_its_parts() -> None:
    targets = [Target(SLA, Decimal("0.9"), dimension=Dimension.TEAM, dimension_value="Desk")]
    assert target_in_force(targets, Grain.MONTH, OCTOBER) is None
    assert target_in_force(targets, Grain.MONTH, OCTOBER, Dimension.TEAM, "Desk") is targets[0]
    assert target_in_force(targets, Grain.MONTH, OCTOBER, Dimension.TEAM, "Network") is None


@given(st.lists(st.tuples(st.integers(0, 60), st.one_of(st.none(), st.integers(0, 60))), min_size=1, max_size=5))
def test_targets_without_contradiction_hold_one_at_a_time(spans: list[tuple[int, int | None]]) -> None:
    day = date(2026, 1, 1).toordinal()
    kept: list[Target] = []
    for first, length in spans:
        last = None if length is None else date.fromordinal(day + first + length)
        target = Target(SLA, Decimal("0.9"), None, date.fromordinal(day + first), last, Dimension.TEAM, "Desk")
        if find_contradiction(kept, target) is None:
            kept.append(target)
    for asked in range(130):
        today = date.fromordinal(day + asked)
        ending = [
            each for each in kept if each.last_date and each.first_date and each.first_date <= today <= each.last_date
        ]
        # Whoever says until when a target holds is right about it.
        assert len(ending) <= 1
        if ending:
            assert target_in_force(kept, Grain.MONTH, today, Dimension.TEAM, "Desk") is ending[0]


def test_the_latest_target_that_had_begun_holds_and_one_for_the_grain_before_others() -> None:
    always, summer = Target(SLA, Decimal("0.9")), Target(SLA, Decimal("0.92"), None, date(2026, 7, 1))
    quarter = Target(SLA, Decimal("0.8"), Grain.QUARTER, date(2026, 10, 1), date(2026, 12, 31))
    targets = [summer, quarter, always]
    assert target_in_force(targets, Grain.MONTH, date(2026, 6, 1)) is always
    assert target_in_force(targets, Grain.MONTH, date(2026, 7, 1)) is summer
    assert target_in_force(targets, Grain.WEEK, date(2026, 6, 29)) is always  # it began before, and is not judged anew
    assert target_in_force(targets, Grain.QUARTER, date(2026, 10, 1)) is quarter
    assert target_in_force(targets, Grain.QUARTER, date(2027, 1, 1)) is None  # it has ended, and nothing came after it
    assert target_in_force(targets[:1], Grain.MONTH, date(2026, 6, 1)) is None


@given(st.lists(st.integers(0, 400), unique=True, min_size=1, max_size=6), st.integers(0, 400))
def test_one_target_after_the_other_is_the_last_that_had_begun(starts: list[int], asked: int) -> None:
    targets = [Target(SLA, Decimal(start) / 1000, None, date.fromordinal(738000 + start)) for start in starts]
    found = target_in_force(targets, Grain.MONTH, date.fromordinal(738000 + asked))
    begun = [start for start in starts if start <= asked]
    assert (found.value if found else None) == (Decimal(max(begun)) / 1000 if begun else None)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Target("sla_ratio", Decimal(1)), "is no KPI"),
        (Target("ticket_created_count", Decimal(1), Grain.MONTH), "has no good direction"),
        (Target(SLA, Decimal(93)), "93 is more than the whole"),
        (Target(COST, Decimal(93)), "adds up over time"),
        (Target(SLA, Decimal("0.9"), Grain.DAY), "too short"),
        (Target(SLA, Decimal("0.9"), None, NOVEMBER, OCTOBER), "before it begins"),
        (
            Target("vendor_off_contract_ratio", Decimal("0.1"), dimension=Dimension.TEAM, dimension_value="Desk"),
            "has no values by team",
        ),
    ],
)
def test_what_no_target_can_be(target: Target, said: str) -> None:
    trouble = find_trouble(target, BY_NAME.get(target.metric))
    assert trouble is not None
    assert said in trouble[0]


def test_good_targets_have_no_trouble() -> None:
    for target in (Target(SLA, Decimal("0.9")), Target(COST, Decimal(90000), Grain.WEEK), Target(P85, Decimal(16))):
        assert find_trouble(target, BY_NAME[target.metric]) is None

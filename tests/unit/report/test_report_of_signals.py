"""What the report says of values that are signals, and of those that are usual variation."""

from __future__ import annotations

from typing import Any

import pytest
from made_up_facts import SLA, answer, facts, number, signal

from pipelines.report.facts import HEADLINES
from pipelines.report.sentences import summarize
from pipelines.report.signals import departures_from_usual, signal_sentence, trend_limits, trend_points


def test_limits_are_one_stretch_until_they_are_set_anew() -> None:
    rows = [signal(8, "noise", 0.5), signal(9, "noise", 0.5), signal(10, "signal", 0.7, broken_rules="outside_limits")]
    given = facts(**{f"signals {SLA}": answer("signal_or_noise", *rows)})
    assert [(limits.first.month, limits.last.month, limits.centre) for limits in trend_limits(given, SLA)] == [
        (8, 9, 0.5),
        (10, 10, 0.7),
    ]
    assert [point.is_signal for point in trend_points(given, SLA)] == [False, False, True]
    departure = "is above usual variation (70.0 % to 70.0 %), for the better"
    assert signal_sentence(given, SLA) == f"The latest value is a signal, not usual variation: it {departure}."
    assert f"{SLA} {departure}." in summarize(given)


def test_limits_are_drawn_no_further_than_the_quantity_can_go() -> None:
    """A share ends at 0 and 1, a time at 0; cost per transaction may be below 0, as credits may be larger than cost."""
    wide = {"lower_limit_value": -0.5, "upper_limit_value": 1.5}
    rows = [signal(9, "noise", 0.5) | wide]
    given = facts(**{f"signals {metric}": answer("signal_or_noise", *rows) for metric in HEADLINES})
    ends = {metric: [(item.lower, item.upper) for item in trend_limits(given, metric)] for metric in HEADLINES}
    assert ends == {
        "ticket_cycle_time_p85_business_hours": [(0.0, 1.5)],
        SLA: [(0.0, 1.0)],
        "cost_per_transaction_reporting": [(-0.5, 1.5)],
    }


USUAL = {"centre_value": 0.5, "lower_limit_value": 0.4, "upper_limit_value": 0.6}


@pytest.mark.parametrize(
    ("broken", "before", "value", "direction", "said"),
    [
        ("outside_limits", 0.5, 0.7, "up_is_good", "is above usual variation (40.0 % to 60.0 %), for the better"),
        ("outside_limits", 0.5, 0.7, "down_is_good", "is above usual variation (40.0 % to 60.0 %), for the worse"),
        ("outside_limits", 0.5, 0.3, "up_is_good", "is below usual variation (40.0 % to 60.0 %), for the worse"),
        ("outside_limits", 0.5, 0.3, "neutral", "is below usual variation (40.0 % to 60.0 %)"),
        ("run_of_eight", 0.59, 0.58, "up_is_good",
         "has been above its usual mean of 50.0 % for at least eight months, for the better"),
        # On the good side of the mean, and yet on its way down.
        ("trend_of_six", 0.59, 0.58, "up_is_good", "has been falling for at least six months, for the worse"),
        ("trend_of_six", 0.41, 0.42, "down_is_good", "has been rising for at least six months, for the worse"),
        ("two_of_three", 0.5, 0.41, "down_is_good",
         "is for the second time in three months far below its usual mean of 50.0 %, for the better"),
    ],
)  # fmt: skip
def test_a_signal_has_a_direction(broken: str, before: float, value: float, direction: str, said: str) -> None:
    rows = [
        signal(9, "noise", 0.5) | USUAL | {"value": before},
        signal(10, "signal", 0.5, broken_rules=broken) | USUAL | {"value": value},
    ]
    given = facts(**{f"signals {SLA}": answer("signal_or_noise", *rows)})
    given.numbers[SLA] = number(SLA, direction=direction)  # type: ignore[index]
    assert departures_from_usual(given, SLA) == [said]
    assert f"{SLA} {said}." in summarize(given)


def test_of_a_signal_that_the_unmeasured_could_undo_it_is_said() -> None:
    rows = [signal(10, "signal", 0.5, broken_rules="outside_limits", is_certain=False) | USUAL | {"value": 0.7}]
    given = facts(**{f"signals {SLA}": answer("signal_or_noise", *rows)})
    assert signal_sentence(given, SLA) == (
        "The latest value is a signal, not usual variation: it is above usual variation (40.0 % to 60.0 %), for the "
        "better. What is not known may change that."
    )
    departure = "is above usual variation (40.0 % to 60.0 %), for the better"
    assert f"{SLA} {departure}, though what is not known may change that." in summarize(given)


def test_the_summary_tells_the_plainest_rule_and_the_trend_all_of_them() -> None:
    rows = [signal(10, "signal", 0.5, broken_rules="outside_limits, run_of_eight") | USUAL | {"value": 0.7}]
    given = facts(**{f"signals {SLA}": answer("signal_or_noise", *rows)})
    assert signal_sentence(given, SLA) == (
        "The latest value is a signal, not usual variation: it is above usual variation (40.0 % to 60.0 %), for the "
        "better; it has been above its usual mean of 50.0 % for at least eight months, for the better."
    )
    assert sum("usual" in sentence for sentence in summarize(given)) == 1


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "Whether the latest value is more than usual variation cannot be told yet."),
        ([signal(9, "noise", 0.5)], "Whether the latest value is more than usual variation cannot be told yet."),
        ([signal(10, "noise", 0.5)], "The latest value lies within usual variation: nothing has to explain it."),
        ([signal(10, "unknown", None)], "Too few periods are closed to tell a signal from usual variation."),
    ],
)
def test_what_is_no_signal_is_said_as_it_is(rows: list[dict[str, Any]], said: str) -> None:
    assert signal_sentence(facts(**{f"signals {SLA}": answer("signal_or_noise", *rows)}), SLA) == said


def test_a_baseline_that_was_begun_by_decision_says_why() -> None:
    told = signal(10, "noise", 0.5, baseline_reason="A second team began to work.")
    said = signal_sentence(facts(**{f"signals {SLA}": answer("signal_or_noise", told)}), SLA)
    assert said.endswith("Limits are counted anew from August 2026 on: A second team began to work.")


@pytest.mark.parametrize(("before", "is_told"), [(0.41, True), (0.5, False)])
def test_a_change_may_be_unusual_where_the_value_is_not(before: float, is_told: bool) -> None:
    """Limits are 0.1 away, so that changes are up to 0.1 * 3.267 / 2.66, which is 12.3 points."""
    rows = [signal(9, "noise", 0.5) | USUAL | {"value": before}, signal(10, "noise", 0.5) | USUAL | {"value": 0.59}]
    said = signal_sentence(facts(**{f"signals {SLA}": answer("signal_or_noise", *rows)}), SLA)
    change = (
        "The latest value lies within usual variation, but its change from 41.0 % to 59.0 % is larger than changes "
        "usually are (at most 12.3 points): look for what happened."
    )
    usual = "The latest value lies within usual variation: nothing has to explain it."
    assert said == (change if is_told else usual)
    assert signal_sentence(facts(**{f"signals {SLA}": answer("signal_or_noise", rows[1])}), SLA) == usual

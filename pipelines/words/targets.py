"""What a KPI is to be and what became of it, in the words that commands, report and dashboard share."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from models.vocabulary import TargetState
from pipelines.words.numbers import format_points, format_value

#: That the other way round is still possible, be it for records that are not measured, or for what is known of those
#: that are: when between two exports, or who bears a cost.
IN_DOUBT: Final = "what is not known may change that"


def describe_wanted(target: Decimal | float, direction: str, unit: str, currency: str) -> str:
    """What is wanted: `at least 93.0 %`.

    Args:
        direction: of the metric, which a target has one of.
    """
    bound = "at least" if direction == "up_is_good" else "at most"
    return f"{bound} {format_value(float(target), unit, currency)}"


def describe_outcome(state: str, distance: Decimal | None, unit: str, currency: str, *, is_certain: bool | None) -> str:
    """What became of it: `met`, `missed by 0.7 points`, `not measured`.

    Args:
        state: a `TargetState`.
        distance: of the value from its target; None if it is not measured.
    """
    if state == TargetState.NOT_MEASURED or distance is None:
        return "not measured"
    told = "met" if state == TargetState.MET else f"missed by {_distance(distance, unit, currency)}"
    return told if is_certain else f"{told}, but {IN_DOUBT}"


def _distance(distance: Decimal, unit: str, currency: str) -> str:
    size = float(abs(distance))
    told = format_points(size) if unit == "ratio" else format_value(size, unit, currency)
    is_nothing = not any(digit in told for digit in "123456789")
    return "less than is shown" if is_nothing else told

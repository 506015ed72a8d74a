"""What the KPIs of a report are to be, and whether they are: words and points for cards, sentences and trends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from metrics.signals.targets import target_in_force
from pipelines.report.facts import ReportFacts
from pipelines.words.targets import describe_outcome, describe_wanted

#: Names of missed KPIs that a sentence tells at most.
_MOST_NAMES: Final = 3


def target_of(facts: ReportFacts, metric: str) -> dict[str, Any] | None:
    """The target of a KPI in the period that it is told of, with what became of it; None if it has none.

    Of a KPI without a value it is the one in force in that period, or in the report's where it is told of none.
    """
    period = facts.period_of(metric) or facts.period
    if period is None:
        return None
    judged = [
        row for row in facts.rows("targets") if row["metric"] == metric and row["period_start_date"] == period.start
    ]
    if judged:
        return judged[0]
    number = facts.numbers.get(metric)
    held_to = target_in_force(facts.targets.get(metric, ()), period.grain, period.start)
    if held_to is None or number is None:
        return None
    unmeasured = {"value": None, "distance_value": None, "target_state": "not_measured", "is_certain": None}
    kept = {name: number[name] for name in ("metric", "label", "direction")}
    return {**kept, **unmeasured, "period_start_date": period.start, "target_value": held_to.value}


def target_points(facts: ReportFacts, metric: str) -> tuple[tuple[date, float], ...]:
    """The targets of a KPI's periods up to the one of the report."""
    return tuple(
        (row["period_start_date"], float(row["target_value"]))
        for row in facts.rows("targets")
        if row["metric"] == metric
    )


def wanted(row: Mapping[str, Any], unit: str, currency: str) -> str:
    """What is wanted: `at least 93.0 %`."""
    return describe_wanted(row["target_value"], row["direction"], unit, currency)


def verdict(row: Mapping[str, Any], unit: str, currency: str) -> str:
    """What became of it: `met`, `missed by 0.7 points`, `not measured`."""
    return describe_outcome(row["target_state"], row["distance_value"], unit, currency, is_certain=row["is_certain"])


def targets_sentence(facts: ReportFacts) -> str | None:
    """How many KPIs met their target in the report's period, and which others than the headlines missed it.

    A KPI that has no value to hold against its target is not counted; it is named.
    """
    if facts.period is None:
        return None
    rows = facts.rows("targets")
    judged = [
        row for row in rows if row["period_start_date"] == facts.period.start and row["target_state"] != "not_measured"
    ]
    aimed_at = {*facts.targets, *(row["metric"] for row in rows)}
    wanted_of = {metric: target_of(facts, metric) for metric in facts.numbers if metric in aimed_at}
    late = [facts.numbers[metric]["label"] for metric, target in wanted_of.items() if target and facts.is_late(metric)]
    unknown = [
        target["label"]
        for metric, target in wanted_of.items()
        if target and target["target_state"] == "not_measured" and not facts.is_late(metric)
    ]
    told = []
    # What the headlines missed stands in their own sentences.
    beside = [row for row in judged if row["metric"] not in facts.headlines]
    missed = [row["label"] for row in beside if row["target_state"] == "missed"]
    if len(judged) > 1:
        others = f". Missed beside the headlines: {_named(missed)}" if missed else ""
        # "All were met" would be said beside a headline of the month before that missed its own.
        of_period = f" of {facts.period.label}" if late else ""
        told.append(f"{_how_many(judged, of_period)}{others}.")
    elif beside:
        told.append(f"{beside[0]['label']} {beside[0]['target_state']} its target.")
    if late:
        told.append(f"Not held against a target for {facts.period.label} yet: {_named(late)}.")
    if unknown:
        told.append(f"Without a value to hold against a target: {_named(unknown)}.")
    return " ".join(told) or None


def _how_many(judged: Sequence[Mapping[str, Any]], of_period: str) -> str:
    met, count = sum(row["target_state"] == "met" for row in judged), len(judged)
    if met in (0, count):
        told = f"{count:,} targets{of_period}"
        return f"None of {told} was met" if met == 0 else f"All {told} were met"
    return f"{met:,} of {count:,} targets{of_period} {'was' if met == 1 else 'were'} met"


def _named(labels: Sequence[str]) -> str:
    more = [f"{len(labels) - _MOST_NAMES:,} more"] if len(labels) > _MOST_NAMES else []
    return "; ".join([*labels[:_MOST_NAMES], *more])

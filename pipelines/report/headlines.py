"""The headline numbers as cards: value, movement, certainty, trend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics.spec import Unit
from pipelines.report.charts import TrendPoint
from pipelines.report.completeness import lacking, notes
from pipelines.report.facts import ReportFacts
from pipelines.report.restatements import restated_note
from pipelines.report.signals import trend_points
from pipelines.report.targets import target_of, verdict, wanted
from pipelines.words.business_hours import CLOCK_NOTE, is_by_the_clock
from pipelines.words.certainty import Told, describe_coverage, describe_truth
from pipelines.words.numbers import (
    NOTHING,
    format_change,
    format_instant,
    format_value,
    judge_change,
)

#: Whoever works less than always has less open time in a span that is as long.


@dataclass(frozen=True, slots=True)
class Card:
    """One headline number.

    Attributes:
        period: which period it is of, where that is not the report's; else empty.
        movement: change against the period before, with its arrow.
        judgement: better, worse, not sure, or empty.
        certainty: coverage and bounds, in words; of a KPI without a value, why.
        target: what it is to be, and whether it is; empty without a target.
        target_state: met, missed, not_measured, or empty.
        late: why it is not of the report's period, or which months of it are missing; empty if it is whole.
        restated: what was told of the period before, until when, and why no longer; empty if nothing else was.
        held: since when and why it is stale; empty if it is fresh.
        trend: values up to the period.
    """

    metric: str
    label: str
    value: str
    period: str
    movement: str
    judgement: str
    certainty: str
    target: str
    target_state: str
    late: str
    restated: str
    held: str
    trend: tuple[TrendPoint, ...]


def headline_cards(facts: ReportFacts) -> list[Card]:
    """The cards, in the order in which an executive reads them."""
    return [_card(facts, metric) for metric in facts.headlines if metric in facts.numbers]


def shown_value(row: Mapping[str, Any], currency: str) -> str:
    """The value of a KPI with its unit."""
    return format_value(row["value"], row["unit"], currency)


def certainty(row: Mapping[str, Any], currency: str) -> str:
    """How much of a value could be measured, and where the truth lies."""
    counted = f"{row['measured_count']:,} of {row['eligible_count']:,}"
    coverage = describe_coverage(row["coverage_ratio"], row["eligible_count"], counted)
    bounds = (row["coverage_ratio"], row["lower_bound"], row["upper_bound"])
    told = Told(row["told_from_date"], row["told_until_date"])
    truth = describe_truth(row["metric"], *bounds, row["unit"], currency, told)
    return f"{coverage}; {truth}"


def clock_note(facts: ReportFacts, row: Mapping[str, Any]) -> str:
    """That business hours are hours of the clock; empty where some calendar is open less than always."""
    if row["unit"] != Unit.BUSINESS_HOURS:
        return ""
    pairs = [
        (number["value"], facts.numbers[twin]["value"])
        for name, number in facts.numbers.items()
        if (twin := name.replace("_business_hours", "_calendar_hours")) != name and twin in facts.numbers
    ]
    return f"; {CLOCK_NOTE}" if is_by_the_clock(pairs) else ""


def no_value_note(facts: ReportFacts, metric: str) -> str:
    """Why a KPI has no value to show, as a sentence; empty if it has one."""
    reason = facts.no_value_reasons.get(metric, "")
    return f"No value: {reason}." if reason else ""


def held_note(row: Mapping[str, Any]) -> str:
    """Since when a value is stale, and why; empty if it is fresh."""
    if row["publication_state"] != "held":
        return ""
    since = format_instant(row["fresh_as_of_at"])
    known = f"Stale: the data end at {since}." if row["fresh_as_of_at"] else "Held before it was ever published."
    return f"{known} {row['held_reason'] or ''}".rstrip()


def _card(facts: ReportFacts, metric: str) -> Card:
    row = facts.numbers[metric]
    currency = facts.publication.currency
    movement = format_change(row["value"], row["previous_value"], row["unit"])
    period = facts.period_of(metric)
    before = period.previous.short_label if period else ""
    target = target_of(facts, metric)
    return Card(
        metric=metric,
        label=row["label"],
        value=shown_value(row, currency),
        period=period.label if facts.is_late(metric) and period else "",
        movement=_movement(row, movement, before, period.label if period else "", missing=lacking(facts, metric)),
        judgement=judge_change(
            row["value"],
            row["previous_value"],
            row["direction"],
            row["unit"],
            bounds=(row["lower_bound"], row["upper_bound"]),
            bounds_before=(row["previous_lower_bound"], row["previous_upper_bound"]),
        ),
        certainty=no_value_note(facts, metric)
        if row["value"] is None
        else certainty(row, currency) + clock_note(facts, row),
        target=_target(target, row["unit"], currency) if target else "",
        target_state=target["target_state"] if target else "",
        late=" ".join(notes(facts, metric)),
        restated=restated_note(facts, metric),
        held=held_note(row),
        trend=trend_points(facts, metric),
    )


def _certainty(facts: ReportFacts, row: Mapping[str, Any]) -> str:
    if row["value"] is None:
        return no_value_note(facts, row["metric"])
    return certainty(row, facts.publication.currency) + clock_note(facts, row)


def _movement(row: Mapping[str, Any], change: str, before: str, period: str, missing: str) -> str:
    """The change against the period before; where there is none to tell, why."""
    if row["value"] is None:
        return f"no value in {period}" if period else ""
    if missing:
        return f"not compared with {before}"
    return "nothing to compare with" if change == NOTHING else f"{change} against {before}"


def _target(target: Mapping[str, Any], unit: str, currency: str) -> str:
    return f"Target {wanted(target, unit, currency)}: {verdict(target, unit, currency)}"

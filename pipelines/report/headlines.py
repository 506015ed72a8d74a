"""The headline numbers as cards: value, movement, certainty, trend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics.possible_values import possible_values
from metrics.registry import metric_named
from pipelines.report.charts import Limits, TrendPoint
from pipelines.report.completeness import late_note
from pipelines.report.facts import ReportFacts
from pipelines.report.targets import target_of, verdict, wanted
from pipelines.words.certainty import describe_truth
from pipelines.words.numbers import (
    NOTHING,
    format_change,
    format_instant,
    format_ratio,
    format_value,
    judge_change,
)


@dataclass(frozen=True, slots=True)
class Card:
    """One headline number.

    Attributes:
        period: which period it is of, where that is not the report's; else empty.
        movement: change against the period before, with its arrow.
        judgement: better, worse, or empty.
        certainty: coverage and bounds, in words; of a KPI without a value, why.
        target: what it is to be, and whether it is; empty without a target.
        target_state: met, missed, not_measured, or empty.
        late: why it is not of the report's period; empty if it is.
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
    held: str
    trend: tuple[TrendPoint, ...]


def headline_cards(facts: ReportFacts) -> list[Card]:
    """The cards, in the order in which an executive reads them."""
    return [_card(facts, metric) for metric in facts.headlines if metric in facts.numbers]


def trend_points(facts: ReportFacts, metric: str) -> tuple[TrendPoint, ...]:
    """A KPI's values up to the period, with what is said of each: signal, or usual variation."""
    history = facts.histories.get(metric)
    states = {row["period_start_date"]: row["signal_state"] for row in facts.rows(f"signals {metric}")}
    return tuple(
        TrendPoint(row["period_start_date"], row["value"], _is_signal(states.get(row["period_start_date"])))
        for row in (history.rows if history else ())
    )


def trend_limits(facts: ReportFacts, metric: str) -> tuple[Limits, ...]:
    """The limits of usual variation up to the period, a stretch for each time that they were set.

    They are drawn no further than the quantity can go: no share is above 100 %, no time below 0.
    """
    least, greatest = possible_values(metric_named(metric).kind)
    stretches: list[Limits] = []
    for row in facts.rows(f"signals {metric}"):
        if row["centre_value"] is None:
            continue
        lower, upper = row["lower_limit_value"], row["upper_limit_value"]
        set_to = (
            row["centre_value"],
            lower if least is None else max(lower, least),
            upper if greatest is None else min(upper, greatest),
        )
        first = stretches.pop().first if stretches and _of(stretches[-1]) == set_to else row["period_start_date"]
        stretches.append(Limits(first, row["period_start_date"], *set_to))
    return tuple(stretches)


def latest_signal(facts: ReportFacts, metric: str) -> dict[str, Any] | None:
    """What is said of the value that is told of a KPI: a signal, usual variation, too early to tell; None if nothing.

    Everything that the report says of signals asks this.
    """
    period, rows = facts.period_of(metric), facts.rows(f"signals {metric}")
    return rows[-1] if rows and period is not None and rows[-1]["period_start_date"] == period.start else None


def signal_sentence(facts: ReportFacts, metric: str) -> str:
    """Whether the value that is told of a KPI is a signal, in words."""
    latest, period = latest_signal(facts, metric), facts.period_of(metric)
    if latest is None or period is None:
        return "Whether the latest value is more than usual variation cannot be told yet."
    value = f"The value of {period.label}" if facts.is_past else "The latest value"
    if latest["signal_state"] == "signal":
        rules = ", ".join(part.strip().replace("_", " ") for part in (latest["broken_rules"] or "").split(","))
        return f"{value} is a signal, not usual variation ({rules}).{_since(latest)}"
    if latest["signal_state"] == "noise":
        return f"{value} lies within usual variation: nothing has to explain it.{_since(latest)}"
    return f"Too few periods are closed to tell a signal from usual variation.{_since(latest)}"


def _since(signal: Mapping[str, Any]) -> str:
    """Why the limits were set anew, where somebody decided that."""
    reason = signal["baseline_reason"]
    if not reason:
        return ""
    since = f" from {signal['baseline_start_date']:%B %Y} on" if signal["baseline_start_date"] else ""
    return f" Limits are counted anew{since}: {reason.rstrip('.')}."


def _of(limits: Limits) -> tuple[float, float, float]:
    return limits.centre, limits.lower, limits.upper


def _is_signal(state: str | None) -> bool | None:
    return None if state not in ("signal", "noise") else state == "signal"


def shown_value(row: Mapping[str, Any], currency: str) -> str:
    """The value of a KPI with its unit."""
    return format_value(row["value"], row["unit"], currency)


def certainty(row: Mapping[str, Any], currency: str) -> str:
    """How much of a value could be measured, and where the truth lies."""
    coverage = f"{format_ratio(row['coverage_ratio'])} measured"
    bounds = (row["coverage_ratio"], row["lower_bound"], row["upper_bound"])
    truth = describe_truth(row["metric"], *bounds, row["unit"], currency)
    return f"{coverage} ({row['measured_count']:,} of {row['eligible_count']:,}); {truth}"


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
        movement=_movement(row, movement, before, period.label if period else ""),
        judgement=judge_change(row["value"], row["previous_value"], row["direction"], row["unit"]),
        certainty=no_value_note(facts, metric) if row["value"] is None else certainty(row, currency),
        target=_target(target, row["unit"], currency) if target else "",
        target_state=target["target_state"] if target else "",
        late=late_note(facts, metric),
        held=held_note(row),
        trend=trend_points(facts, metric),
    )


def _movement(row: Mapping[str, Any], change: str, before: str, period: str) -> str:
    """The change against the period before; of a KPI without a value, in which period it has none."""
    if row["value"] is None:
        return f"no value in {period}" if period else ""
    return "nothing to compare with" if change == NOTHING else f"{change} against {before}"


def _target(target: Mapping[str, Any], unit: str, currency: str) -> str:
    return f"Target {wanted(target, unit, currency)}: {verdict(target, unit, currency)}"

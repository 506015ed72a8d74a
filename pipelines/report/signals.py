"""Signal or usual variation: the points and limits of a KPI's trend, and what is said of its latest value.

Which rules a value breaks is decided in `metrics.signals.process_behaviour`; here they become words with a direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from metrics.periods import Period
from metrics.possible_values import possible_values
from metrics.registry import metric_named
from metrics.signals.process_behaviour import BrokenRule, largest_usual_change
from metrics.spec import Direction, Unit
from models.vocabulary import Grain, SignalState
from pipelines.report.charts import Limits, TrendPoint
from pipelines.report.facts import ReportFacts
from pipelines.words.numbers import format_points, format_value
from pipelines.words.periods import sentence_case
from pipelines.words.targets import IN_DOUBT


def trend_points(facts: ReportFacts, metric: str) -> tuple[TrendPoint, ...]:
    """A KPI's values up to the period, with what is said of each: signal, or usual variation.

    As periods that are still open, those that data do not tell from their beginning on are left out: no line leads
    from a day to a month. That of the report itself stays.
    """
    history = facts.histories.get(metric)
    states = {row["period_start_date"]: row["signal_state"] for row in facts.rows(f"signals {metric}")}
    period = facts.period_of(metric)
    values = {
        row["period_start_date"]: row["value"]
        for row in (history.rows if history else ())
        if not row.get("told_from_date") or (period and row["period_start_date"] == period.start)
    }
    return tuple(
        TrendPoint(start, values.get(start), _is_signal(states.get(start)))
        for start in _without_leaps(sorted(values), facts.period.grain if facts.period else None)
    )


def _without_leaps(starts: Sequence[date], grain: Grain | None) -> list[date]:
    """First days of periods with those between them that have no row, so that no line is drawn across them."""
    if not starts or grain is None:
        return list(starts)
    period, every = Period(grain, starts[0]), []
    while period.start < starts[-1]:
        every.append(period.start)
        period = period.following
    return sorted({*every, *starts})


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
    departures = [f"it {told}" for told in departures_from_usual(facts, metric)]
    if departures:
        doubt = "" if latest["is_certain"] else f" {sentence_case(IN_DOUBT)}."
        return f"{value} is a signal, not usual variation: {'; '.join(departures)}.{doubt}{_since(latest)}"
    if latest["signal_state"] == SignalState.NOISE and (leap := _unusual_change(facts, metric)):
        return f"{value} lies within usual variation, but {leap}.{_since(latest)}"
    if latest["signal_state"] == SignalState.NOISE:
        return f"{value} lies within usual variation: nothing has to explain it.{_since(latest)}"
    return f"Too few periods are closed to tell a signal from usual variation.{_since(latest)}"


def departures_from_usual(facts: ReportFacts, metric: str) -> list[str]:
    """How the value that is told of a KPI departs from its usual variation; nothing if it is no signal.

    Each is the end of a sentence about the KPI, such as `is above usual variation (28.02 EUR to 41.97 EUR), for the
    worse`. The plainest comes first.
    """
    latest, period = latest_signal(facts, metric), facts.period_of(metric)
    if latest is None or period is None or latest["signal_state"] != SignalState.SIGNAL:
        return []
    row, rows = facts.numbers[metric], facts.rows(f"signals {metric}")
    unit, currency, grain = row["unit"], facts.publication.currency, period.grain.value
    is_above = latest["value"] > latest["centre_value"]
    is_rising = is_above if len(rows) < 2 else latest["value"] > rows[-2]["value"]
    side = "above" if is_above else "below"
    usual, limits = format_value(latest["centre_value"], unit, currency), trend_limits(facts, metric)[-1]
    low, high = (format_value(end, unit, currency) for end in (limits.lower, limits.upper))
    told = {
        BrokenRule.OUTSIDE_LIMITS: (f"is {side} usual variation ({low} to {high})", is_above),
        BrokenRule.RUN_OF_EIGHT: (f"has been {side} its usual mean of {usual} for at least eight {grain}s", is_above),
        BrokenRule.TREND_OF_SIX: (
            f"has been {'rising' if is_rising else 'falling'} for at least six {grain}s",
            is_rising,
        ),
        BrokenRule.TWO_OF_THREE: (
            f"is for the second time in three {grain}s far {side} its usual mean of {usual}",
            is_above,
        ),
    }
    broken = [BrokenRule(name.strip()) for name in latest["broken_rules"].split(",")]
    return [
        f"{words}{_for_better_or_worse(is_more=is_more, direction=row['direction'])}"
        for words, is_more in (told[rule] for rule in broken)
    ]


def _unusual_change(facts: ReportFacts, metric: str) -> str:
    """That a value within its limits is further from the one before it than usual; empty if it is not."""
    rows, period = facts.rows(f"signals {metric}")[-2:], facts.period_of(metric)
    if len(rows) < 2 or period is None or rows[0]["period_start_date"] != period.previous.start:
        return ""
    before, latest = rows
    change = abs(latest["value"] - before["value"])
    usual = largest_usual_change(latest["centre_value"], latest["upper_limit_value"])
    # Values of another baseline are those of another process.
    if before["centre_value"] != latest["centre_value"] or change <= usual:
        return ""
    unit, currency = facts.numbers[metric]["unit"], facts.publication.currency
    low, high = (format_value(row["value"], unit, currency) for row in (before, latest))
    size = format_points(usual) if unit == Unit.RATIO else format_value(usual, unit, currency)
    change = f"its change from {low} to {high} is larger than changes usually are (at most {size})"
    return f"{change}: look for what happened"


def _for_better_or_worse(*, is_more: bool, direction: str) -> str:
    if direction == Direction.NEUTRAL:
        return ""
    return f", for the {'better' if is_more == (direction == Direction.UP_IS_GOOD) else 'worse'}"


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
    return None if state not in (SignalState.SIGNAL, SignalState.NOISE) else state == SignalState.SIGNAL

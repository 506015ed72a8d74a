"""Which period each number of a report is of, in words.

Domains end at different times: a ledger often comes weeks after the tickets. A KPI whose data do not reach the end of
the report's period is told of its own last closed period, and everything that is made of it says so. Which period that
is, is decided by the question `numbers_of_a_period`; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.report.facts import ReportFacts
from pipelines.words.periods import (
    describe_incomplete,
    describe_late,
    describe_not_compared,
    long_day,
    sentence_case,
)


def late_note(facts: ReportFacts, metric: str) -> str:
    """Why a KPI is not told of the report's period, and of which it is; empty if it is told of the report's."""
    if facts.period is None or not facts.is_late(metric):
        return ""
    last = facts.period_of(metric)
    return describe_late(incomplete(facts, metric), last.start if last else None, facts.period.grain.value)


def incomplete(facts: ReportFacts, metric: str) -> str:
    """Until when a late KPI's data reach: `October 2026 is not complete for finance: data reach 30 September 2026`."""
    row, period = facts.numbers[metric], facts.period
    if period is None:
        return ""
    names = row["first_ended_data"].split(", ") if row["first_ended_data"] else []
    last = facts.last_date_of(names[0]) if names else None
    return describe_incomplete(period, row["label"], names, last)


def lacking(facts: ReportFacts, metric: str) -> str:
    """Why a KPI's period or the one before it is not whole, so that they are not compared; else empty."""
    period = facts.period_of(metric)
    return describe_not_compared(period.start, period.grain.value, facts.numbers[metric]) if period else ""


def in_period(facts: ReportFacts, metric: str) -> str:
    """` in September 2026` where a KPI is not told of the report's period, else nothing."""
    period = facts.period_of(metric)
    return f" in {period.label}" if facts.is_late(metric) and period else ""


def titled(facts: ReportFacts, metric: str, title: str) -> str:
    """A title with the period of a KPI, where that is not the report's."""
    period = facts.period_of(metric)
    return f"{title}, {period.label}" if facts.is_late(metric) and period else title


def notes(facts: ReportFacts, *metrics: str) -> tuple[str, ...]:
    """The notes on KPIs that are not told of the report's period, or that is not whole, each once."""
    shown = [metric for metric in metrics if metric in facts.numbers]
    late = [late_note(facts, metric) for metric in shown]
    incomplete_sums = [f"{sentence_case(told)}." for metric in shown if (told := lacking(facts, metric))]
    return tuple(dict.fromkeys(note for note in (*late, *incomplete_sums) if note))


def notes_on_period(facts: ReportFacts, *metrics: str) -> tuple[str, ...]:
    """The same of what is told of one period alone: nothing is said of the one before it."""
    alone = [
        metric
        for metric in metrics
        if metric in facts.numbers
        and (facts.numbers[metric]["told_from_date"] or facts.numbers[metric]["told_until_date"])
    ]
    late = [late_note(facts, metric) for metric in metrics if metric in facts.numbers]
    return tuple(dict.fromkeys((*filter(None, late), *notes(facts, *alone))))


def periods_differ(facts: ReportFacts, metrics: Iterable[str]) -> bool:
    """Whether some of these KPIs are told of another period than the report's."""
    return any(facts.is_late(metric) for metric in metrics)


def describe_reaches(facts: ReportFacts) -> str:
    """Until when each kind of data reaches: `Data until: tickets 15 November 2026, finance 30 September 2026`."""
    known = [
        f"{reach.data} {long_day(reach.data_end_date)} (measured as of {long_day(reach.last_date)})"
        if reach.data_end_date
        else f"{reach.data} {long_day(reach.last_date)}"
        for reach in facts.reaches
        if reach.last_date is not None
    ]
    return f"Data until: {', '.join(known)}" if known else "No tickets, finance, deliveries or invoices yet"

"""What people call periods and days in sentences, and how it is said that data do not reach a period's end.

Names where there is little room are in `pipelines.words.numbers`; ISO names, in `metrics.periods`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from metrics.periods import Period
from models.vocabulary import Grain
from pipelines.words.numbers import list_all


def name_period(start: date, grain: str) -> str:
    """A period's name in a sentence: `October 2026`, `week 45 of 2026`, `Q4 2026`, `1 October 2026`."""
    match grain:
        case Grain.WEEK:
            year, week = Period(Grain.WEEK, start).name.split("-W")
            return f"week {int(week)} of {year}"
        case Grain.QUARTER:
            return f"Q{(start.month + 2) // 3} {start.year}"
        case Grain.DAY:
            return long_day(start)
        case _:
            return f"{start:%B %Y}"


def long_day(day: date) -> str:
    """A day in a sentence: `30 September 2026`."""
    return f"{day.day} {day:%B %Y}"


def sentence_case(text: str) -> str:
    """A text with a capital at its beginning: `Week 45 of 2026`."""
    return text[:1].upper() + text[1:]


def describe_incomplete(wanted: Period, label: str, data: Sequence[str], last: date | None) -> str:
    """Until when the data of a KPI reach that is not told of the period that is wanted: `October 2026 is not complete
    for finance: data reach 30 September 2026`.

    Args:
        label: of the KPI.
        data: kinds of data that end first among those that close its periods.
        last: their last day. None if no clock stands where the KPI's own does: its values are those of an earlier
            publication.
    """
    name = name_period(wanted.start, wanted.grain.value)
    if last is None:
        return f"{name} is not complete for {label}: it is held as of earlier data"
    reach = "reach" if last < wanted.end else "end in the course of"
    return f"{name} is not complete for {' and '.join(data)}: data {reach} {long_day(last)}"


def describe_late(incomplete: str, told: date | None, grain: str) -> str:
    """The same as a sentence, and one that says of which period the KPI is told.

    Args:
        incomplete: what `describe_incomplete` gave.
        told: first day of that period; None if there is none.
    """
    known = f"Last complete {grain}: {name_period(told, grain)}." if told else f"No {grain} before it is complete."
    return f"{sentence_case(incomplete)}. {known}"


def describe_missing_months(start: date, grain: str, months: str | None, months_before: str | None) -> str:
    """Which months a sum of cost lacks, and that it is therefore not compared; empty if none.

    `Q1 2022 lacks January and February 2022 and Q4 2021 lacks December 2021: the ledger has no line of them, so no
    change is told`. A week `reaches into December 2021`.

    Args:
        start: first day of the period.
        months: those of the period, as `2022-01, 2022-02`.
        months_before: those of the period before it.
    """
    period = Period(Grain(grain), start)
    verb = "reaches into" if grain == Grain.WEEK else "lacks"
    lacks = [
        f"{name_period(each.start, grain)} {verb} {name_months(missing)}"
        for each, missing in ((period, months), (period.previous, months_before))
        if missing
    ]
    named = {month for each in (months, months_before) if each for month in each.split(", ")}
    them = "it" if len(named) == 1 else "them"
    return f"{' and '.join(lacks)}: the ledger has no line of {them}, so no change is told" if lacks else ""


def name_months(months: str) -> str:
    """Months as people list them: `October and December 2021`, `December 2021 and January 2022`.

    Args:
        months: their ISO names in order, as `2021-10, 2021-12`.
    """
    days = [date.fromisoformat(f"{month}-01") for month in months.split(", ")]
    last = {day.year: day for day in days}
    return list_all([f"{day:%B %Y}" if day == last[day.year] else f"{day:%B}" for day in days])

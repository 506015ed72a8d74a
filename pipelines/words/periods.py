"""What people call periods and days in sentences, and how it is said that data do not hold a period from end to end.

Names where there is little room are in `pipelines.words.numbers`; ISO names, in `metrics.periods`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

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
    change is told`. A week `reaches into December 2021`; of a month, `nothing was posted in February 2022, so no change
    is told`.

    Args:
        start: first day of the period.
        months: those of the period, as `2022-01, 2022-02`.
        months_before: those of the period before it.
    """
    period = Period(Grain(grain), start)
    if grain in (Grain.DAY, Grain.MONTH):
        both = ", ".join(sorted({month for each in (months, months_before) if each for month in each.split(", ")}))
        return f"nothing was posted in {name_months(both)}, so no change is told" if both else ""
    verb = "reaches into" if grain == Grain.WEEK else "lacks"
    lacks = [
        f"{name_period(each.start, grain)} {verb} {name_months(missing)}"
        for each, missing in ((period, months), (period.previous, months_before))
        if missing
    ]
    named = {month for each in (months, months_before) if each for month in each.split(", ")}
    them = "it" if len(named) == 1 else "them"
    return f"{' and '.join(lacks)}: the ledger has no line of {them}, so no change is told" if lacks else ""


def describe_partial(
    start: date, grain: str, told_from: date | None, told_from_before: date | None, data: str | None
) -> str:
    """Which periods the data tell only in part because they begin later, and that no change is told; empty if none.

    `February 2016 is not complete for tickets: data begin on 29 February 2016, so no change is told`. Where they begin
    within the period that is told whole all the same, it is said why.

    Args:
        start: first day of the period.
        told_from: first day of which all its data tell, if that is later.
        told_from_before: that of the period before it.
        data: kinds of data that begin so late, as `tickets, finance`.
    """
    names, days = _cut_periods(start, grain, told_from_before, told_from)
    if not days:
        return ""
    whose = f" for {list_all(data.split(', '))}" if data else ""
    verb = "is" if len(days) == 1 else "are"
    is_whole = told_from is None and start < max(days)
    why = (
        f"; {name_period(start, grain)} counts as whole, as the days until then may have been quiet" if is_whole else ""
    )
    return f"{names} {verb} not complete{whose}: data begin on {long_day(max(days))}, so no change is told{why}"


def describe_cut_short(
    start: date, grain: str, told_until: date | None, told_until_before: date | None, data: str | None
) -> str:
    """Which periods a chosen as-of closed though data end earlier, and that no change is told; empty if none.

    `September 2026 was closed by the chosen as-of, though tickets end on 22 September 2026: what happened after that is
    not in it, and no change is told`.

    Args:
        start: first day of the period.
        told_until: last day of which all its data tell, if that is before its end.
        told_until_before: that of the period before it.
        data: kinds of data that end so early, as `tickets, finance`.
    """
    names, days = _cut_periods(start, grain, told_until_before, told_until)
    if not days:
        return ""
    one, verb = ("it", "was") if len(days) == 1 else ("them", "were")
    whose = list_all(data.split(", ")) if data else "data"
    return (
        f"{names} {verb} closed by the chosen as-of, though {whose} end on {long_day(min(days))}: what happened after "
        f"that is not in {one}, and no change is told"
    )


def _cut_periods(start: date, grain: str, day_before: date | None, day: date | None) -> tuple[str, list[date]]:
    """Which of a period and the one before it are told only from or until some day: their names, and those days."""
    period = Period(Grain(grain), start)
    cut = {each.start: on for each, on in ((period.previous, day_before), (period, day)) if on is not None}
    return list_all([name_period(each, grain) for each in cut]), list(cut.values())


def describe_not_compared(start: date, grain: str, told: Mapping[str, Any]) -> str:
    """Why a period is not compared with the one before it; empty if it is.

    Args:
        start: first day of the period.
        told: `missing_months`, `told_from_date` and `told_until_date` of a KPI, each also as `previous_…`, with
            `last_begun_data` and `ended_data`, as `numbers_of_a_period` answers them.
    """
    reasons = (
        describe_missing_months(start, grain, told["missing_months"], told["previous_missing_months"]),
        describe_partial(
            start, grain, told["told_from_date"], told["previous_told_from_date"], told["last_begun_data"]
        ),
        describe_cut_short(start, grain, told["told_until_date"], told["previous_told_until_date"], told["ended_data"]),
    )
    return "; ".join(filter(None, reasons))


def only_from(told_from: date | None, end: date | None) -> str:
    """From when on data tell of a period that they do not tell from its beginning on: `only from 29 February 2016`;
    empty of a whole one.

    Args:
        told_from: first day of which its data tell, if that is later than the first of the period.
        end: last day of the period.
    """
    if told_from is None:
        return ""
    is_within = end is None or told_from <= end
    return f"{'only from' if is_within else 'before the data begin on'} {long_day(told_from)}"


def tell_beginning(told_from: date, end: date, data: str) -> str:
    """The same as a sentence: `It is told only from 29 February 2016: data of tickets begin then.`; of a period that is
    over by then, `It is told in part: data of tickets begin after it, on 27 September 2026.`

    Args:
        told_from: first day of which its data tell, later than the first of the period.
        end: last day of the period.
        data: kinds of data that begin so late, as `tickets, finance`.
    """
    whose = list_all(data.split(", "))
    if told_from <= end:
        return f"It is told {only_from(told_from, end)}: data of {whose} begin then."
    return f"It is told in part: data of {whose} begin after it, on {long_day(told_from)}."


def name_months(months: str) -> str:
    """Months as people list them: `October and December 2021`, `December 2021 and January 2022`.

    Args:
        months: their ISO names in order, as `2021-10, 2021-12`.
    """
    days = [date.fromisoformat(f"{month}-01") for month in months.split(", ")]
    last = {day.year: day for day in days}
    return list_all([f"{day:%B %Y}" if day == last[day.year] else f"{day:%B}" for day in days])

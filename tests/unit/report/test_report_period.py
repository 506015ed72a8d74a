"""The periods of reports: how they are written, named and followed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.vocabulary import Grain
from pipelines.report.period import ReportPeriod, parse_period


@pytest.mark.parametrize(
    ("text", "grain", "start", "end", "label", "days"),
    [
        ("2026-10", Grain.MONTH, date(2026, 10, 1), date(2026, 10, 31), "October 2026", "1 – 31 October 2026"),
        ("2026-02", Grain.MONTH, date(2026, 2, 1), date(2026, 2, 28), "February 2026", "1 – 28 February 2026"),
        ("2026-w45", Grain.WEEK, date(2026, 11, 2), date(2026, 11, 8), "week 45 of 2026", "2 – 8 November 2026"),
        # The ISO year of a week is that of its Thursday.
        ("2027-W53", Grain.WEEK, None, None, "", ""),
        ("2026-W53", Grain.WEEK, date(2026, 12, 28), date(2027, 1, 3), "week 53 of 2026",
         "28 December 2026 – 3 January 2027"),
        ("2026-Q4", Grain.QUARTER, date(2026, 10, 1), date(2026, 12, 31), "Q4 2026", "1 October – 31 December 2026"),
    ],
)  # fmt: skip
def test_a_period_is_read_and_named(
    text: str, grain: Grain, start: date | None, end: date | None, label: str, days: str
) -> None:
    if start is None:
        with pytest.raises(ValueError, match="is no period; write a month 2026-10"):
            parse_period(text)
        return
    period = parse_period(text)
    assert (period.grain, period.start, period.end) == (grain, start, end)
    assert (period.label, period.days, period.name) == (label, days, text.upper())


def test_a_period_may_lack_its_zero() -> None:
    assert parse_period("2026-W1") == parse_period("2026-W01")
    assert parse_period("2026-3") == parse_period("2026-03")


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-0", "2026-W0", "2026-W", "2026-13", "2026-00", "2026-W00", "2026-Q5", "october", "2026-10-01"],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no period"):
        parse_period(text)


@given(st.sampled_from([Grain.MONTH, Grain.QUARTER, Grain.WEEK]), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_the_next_of_the_previous_is_the_period_itself(grain: Grain, day: date) -> None:
    start = {
        Grain.WEEK: date.fromisocalendar(*day.isocalendar()[:2], 1),
        Grain.MONTH: day.replace(day=1),
        Grain.QUARTER: date(day.year, (day.month - 1) // 3 * 3 + 1, 1),
    }[grain]
    period = ReportPeriod(grain, start)
    assert period.previous.following == period
    assert (period.start - period.previous.end).days == 1
    assert parse_period(period.name) == period

"""Numbers as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.periods import Period
from models.vocabulary import Grain
from pipelines.words.instrumentation import format_added
from pipelines.words.numbers import (
    count_of,
    count_records,
    describe_change,
    draw_sparkline,
    format_apart,
    format_bounds,
    format_change,
    format_instant,
    format_period,
    format_ratio,
    format_value,
    judge_change,
)
from pipelines.words.periods import describe_cut_short, describe_partial, name_period, tell_beginning

_VALUES = st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (None, "ratio", "–"),
        (0.934, "ratio", "93.4 %"),
        (140.104, "ratio", "14,010.4 %"),
        (0.9996, "ratio", "99.96 %"),
        (0.99996, "ratio", "99.996 %"),
        (0.0004, "ratio", "0.04 %"),
        (-0.0004, "ratio", "-0.04 %"),
        (0.1 + 0.2 + 0.7, "ratio", "100.0 %"),
        (1.0, "ratio", "100.0 %"),
        (0.0, "ratio", "0.0 %"),
        (1234.56, "business_hours", "1,234.6 h"),
        (1234.0, "count", "1,234"),
        (1.375, "count", "1.38"),
        (7.75, "days", "7.8 d"),
        (-2.0, "days", "-2.0 d"),
        (38.2, "reporting", "38.20 EUR"),
        (1234567.8, "reporting", "1,234,568 EUR"),
        (-5.5, "reporting", "-5.50 EUR"),
    ],
)
def test_values_carry_their_unit(value: float | None, unit: str, shown: str) -> None:
    assert format_value(value, unit, "EUR") == shown


@pytest.mark.parametrize(
    ("width", "unit", "shown"),
    [
        (0.0, "business_hours", "0.0 h"),
        (0.04, "business_hours", "< 0.1 h"),
        (0.06, "business_hours", "0.1 h"),
        (0.0004, "ratio", "< 0.1 points"),
        (0.001, "reporting", "< 0.01 EUR"),
        (1.0, "count", "1"),
        (None, "count", "–"),
    ],
)
def test_what_a_gap_adds_is_not_written_as_nothing(width: float | None, unit: str, shown: str) -> None:
    assert format_added(width, unit, "EUR") == shown


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (1.0, "100 %"),
        (0.99996, "> 99.9 %"),
        (0.999, "99.9 %"),
        (0.0, "0.0 %"),
        (0.0001, "< 0.1 %"),
        (12.5, "1,250.0 %"),
        (None, "–"),
    ],
)
def test_share_says_all_only_when_nothing_is_missing(ratio: float | None, shown: str) -> None:
    assert format_ratio(ratio) == shown


@pytest.mark.parametrize(
    ("lower", "upper", "shown"),
    [
        (0.5, 0.75, "between 50.0 % and 75.0 %"),
        (0.5, 0.5, "exactly 50.0 %"),
        (0.7667579, 0.7672342, "between 76.68 % and 76.72 %"),
        (0.99996, 1.0, "between 99.996 % and 100.000 %"),
        (0.1 + 0.2, 0.3, "exactly 30.0 %"),
        (1.0, 1.0, "exactly 100.0 %"),
        (0.9999, 0.9999, "exactly 99.99 %"),
        (0.00004, 0.00004, "exactly 0.004 %"),
        (0.5, None, "at least 50.0 %"),
        (None, 0.5, "at most 50.0 %"),
        (None, None, "unbounded"),
    ],
)
def test_open_bounds_are_said(lower: float | None, upper: float | None, shown: str) -> None:
    assert format_bounds(lower, upper, "ratio", "EUR") == shown


def test_a_bound_that_tells_nothing_does_not_look_like_one() -> None:
    assert format_bounds(0.0, None, "business_hours", "EUR") == "anywhere from 0.0 h up"
    assert format_bounds(0.0, None, "count", "EUR") == "anywhere from 0 up"
    assert format_bounds(0.5, None, "calendar_hours", "EUR") == "at least 0.5 h"
    assert format_bounds(0.0, None, "reporting_currency", "EUR") == "at least 0.00 EUR"


@pytest.mark.parametrize(
    ("value", "before", "unit", "direction", "change", "judgement"),
    [
        (0.9, 0.8, "ratio", "up_is_good", "▲ 10.0 points", "better"),
        (0.8, 0.9, "ratio", "up_is_good", "▼ 10.0 points", "worse"),
        (22.0, 20.0, "business_hours", "down_is_good", "▲ 10.0 %", "worse"),
        (18.0, 20.0, "reporting", "down_is_good", "▼ 10.0 %", "better"),
        (220.0, 20.0, "reporting", "down_is_good", "▲ 1,000.0 %", "worse"),
        (221.0, 20.0, "reporting", "down_is_good", "▲ 11-fold", "worse"),
        (2822.08, 20.0, "reporting", "down_is_good", "▲ 141-fold", "worse"),
        (150000.0, 20.0, "reporting", "up_is_good", "▲ 7,500-fold", "better"),
        (140.0, 0.0, "ratio", "down_is_good", "▲ 14,000.0 points", "worse"),
        (18.0, -20.0, "reporting", "neutral", "▲ by 38.00", ""),
        (-5.0, 12.0, "count", "down_is_good", "▼ by 17", "better"),
        (3.0, 0.0, "count", "neutral", "▲ from 0", ""),
        (3.0, 3.0, "count", "up_is_good", "no change", ""),
        (25.9899, 25.9901, "reporting", "down_is_good", "▼ < 0.1 %", ""),
        (0.7504, 0.7500, "ratio", "up_is_good", "▲ < 0.1 points", ""),
        (0.7505, 0.7499, "ratio", "up_is_good", "▲ 0.1 points", "better"),
        (3.0, None, "count", "up_is_good", "–", ""),
    ],
)
def test_change_is_judged_by_the_metrics_direction(
    value: float, before: float | None, unit: str, direction: str, change: str, judgement: str
) -> None:
    assert format_change(value, before, unit) == change
    exact = judge_change(value, before, direction, unit, bounds=(value, value), bounds_before=(before, before))
    assert exact == judgement


@pytest.mark.parametrize(
    ("bounds", "bounds_before", "judgement"),
    [
        ((293.0, 421.0), (373.0, 374.0), "not sure"),
        ((293.0, 373.5), (373.0, 374.0), "not sure"),
        ((293.0, 372.9), (373.0, 374.0), "better"),
        ((293.0, 373.0), (373.0, 374.0), "not sure"),
        ((11.6, None), (373.0, 374.0), "not sure"),
        ((None, 300.0), (373.0, None), "better"),
        ((300.0, 300.0), (None, 374.0), "not sure"),
        ((None, None), (None, None), "not sure"),
    ],
)
def test_a_change_is_not_judged_where_the_truth_may_have_moved_the_other_way(
    bounds: tuple[float | None, float | None], bounds_before: tuple[float | None, float | None], judgement: str
) -> None:
    told = {"bounds": bounds, "bounds_before": bounds_before}
    assert judge_change(300.4, 374.0, "down_is_good", "reporting", **told) == judgement
    assert judge_change(300.4, 374.0, "neutral", "reporting", **told) == ""
    assert judge_change(300.4, 300.4, "down_is_good", "reporting", **told) == ""
    # In a table it stands beside the change, whichever way is good.
    sure = "" if judgement != "not sure" else ", not sure"
    assert describe_change(300.4, 374.0, "reporting", **told) == f"▼ 19.7 %{sure}"
    assert describe_change(300.4, 300.4, "reporting", **told) == "no change"
    assert describe_change(300.4, None, "reporting", **told) == "–"


@pytest.mark.parametrize(
    ("value", "other", "unit", "told"),
    [
        (39.1, 39.2, "business_hours", ("39.1 h", "39.2 h")),
        (39.1104, 39.1131, "business_hours", ("39.110 h", "39.113 h")),
        (0.9231, 0.9232, "ratio", ("92.31 %", "92.32 %")),
        (34.081, 34.082, "reporting", ("34.081 EUR", "34.082 EUR")),
        (12_345.1, 12_345.2, "reporting", ("12,345.10 EUR", "12,345.20 EUR")),
        (3.0, 4.0, "count", ("3", "4")),
    ],
)
def test_two_values_have_as_many_digits_as_it_takes_to_differ(
    value: float, other: float, unit: str, told: tuple[str, str]
) -> None:
    assert format_apart(value, other, unit, "EUR") == told


@given(st.lists(_VALUES, max_size=30))
def test_sparkline_has_one_mark_per_value_and_keeps_the_order(values: list[float | None]) -> None:
    drawn = draw_sparkline(values)
    assert len(drawn) == len(values)
    pairs = [(value, bar) for value, bar in zip(values, drawn, strict=True) if value is not None]
    assert all((bar == "·") == (value is None) for value, bar in zip(values, drawn, strict=True))
    for value, bar in pairs:
        for other, other_bar in pairs:
            assert value > other or bar <= other_bar
    if pairs and min(pairs)[0] < max(pairs)[0]:
        assert {"▁", "█"} <= {bar for _, bar in pairs}


def test_instants_and_counts() -> None:
    assert format_instant(datetime(2026, 3, 1, 9, 5, 59, tzinfo=UTC)) == "2026-03-01 09:05 UTC"
    assert format_instant(None) == "–"
    assert [count_of(1, "file"), count_of(1200, "file"), count_of(2, "policy", "policies")] == [
        "1 file",
        "1,200 files",
        "2 policies",
    ]


@pytest.mark.parametrize(
    ("count", "records", "shown"),
    [
        (1, "tickets", "1 ticket"),
        (0, "tickets", "0 tickets"),
        (1, "deliveries", "1 delivery"),
        (1_204, "SLA clocks", "1,204 SLA clocks"),
        (1, "cost lines and transactions", "1 cost lines and transactions"),
    ],
)
def test_records_are_counted_with_their_noun(count: int, records: str, shown: str) -> None:
    assert count_records(count, records) == shown


@given(st.dates(date(1990, 1, 1), date(2060, 12, 31)))
def test_a_week_is_named_after_its_fourth_day_whatever_day_it_begins_on(start: date) -> None:
    """As in `metrics.periods`; a week from Sunday 1 November 2026 is the 45th, like the one from Monday 2 November."""
    year, week = Period(Grain.WEEK, start).name.split("-")
    assert format_period(start, "week") == f"{week} {year}"
    assert name_period(start, "week") == f"week {int(week[1:])} of {year}"


@pytest.mark.parametrize(
    ("start", "grain", "short", "long"),
    [
        (date(2026, 11, 1), "week", "W45 2026", "week 45 of 2026"),
        (date(2026, 10, 1), "month", "Oct 2026", "October 2026"),
        (date(2026, 10, 1), "quarter", "Q4 2026", "Q4 2026"),
        (date(2026, 10, 1), "day", "2026-10-01", "1 October 2026"),
    ],
)
def test_periods_have_a_short_and_a_long_name(start: date, grain: str, short: str, long: str) -> None:
    assert (format_period(start, grain), name_period(start, grain)) == (short, long)


@pytest.mark.parametrize(
    ("told_from", "told_from_before", "said"),
    [
        (None, None, ""),
        (None, date(2016, 2, 29), "February 2016 is not complete for tickets: data begin on 29 February 2016"),
        (None, date(2016, 3, 1), "February 2016 is not complete for tickets: data begin on 1 March 2016"),
        (date(2016, 3, 14), None, "March 2016 is not complete for tickets: data begin on 14 March 2016"),
        (
            date(2016, 3, 14), date(2016, 3, 14),
            "February 2016 and March 2016 are not complete for tickets: data begin on 14 March 2016",
        ),
    ],
)  # fmt: skip
def test_what_data_tell_in_part_is_told_with_where_they_begin(
    told_from: date | None, told_from_before: date | None, said: str
) -> None:
    expected = f"{said}, so no change is told" if said else ""
    assert describe_partial(date(2016, 3, 1), "month", told_from, told_from_before, "tickets") == expected


@pytest.mark.parametrize(
    ("until", "until_before", "names", "it"),
    [
        (date(2016, 3, 22), None, "March 2016 was", "it"),
        (None, date(2016, 3, 22), "February 2016 was", "it"),
        (date(2016, 3, 24), date(2016, 3, 22), "February 2016 and March 2016 were", "them"),
    ],
)
def test_what_only_a_chosen_as_of_closed_is_told_with_where_data_end(
    until: date | None, until_before: date | None, names: str, it: str
) -> None:
    told = describe_cut_short(date(2016, 3, 1), "month", until, until_before, "tickets")
    assert told == (
        f"{names} closed by the chosen as-of, though tickets end on 22 March 2016: what happened after that is not in "
        f"{it}, and no change is told"
    )


def test_what_the_data_tell_whole_was_not_closed_by_an_as_of() -> None:
    assert describe_cut_short(date(2016, 3, 1), "month", None, None, "tickets") == ""


@pytest.mark.parametrize(
    ("told_from", "data", "said"),
    [
        (date(2016, 2, 29), "tickets", "It is told only from 29 February 2016: data of tickets begin then."),
        (
            date(2016, 3, 4),
            "tickets, finance",
            "It is told in part: data of tickets and finance begin after it, on 4 March 2016.",
        ),
    ],
)
def test_a_sentence_says_once_where_the_data_of_a_period_begin(told_from: date, data: str, said: str) -> None:
    assert tell_beginning(told_from, date(2016, 2, 29), data) == said


def test_why_the_period_within_which_data_begin_is_told_whole() -> None:
    assert describe_partial(date(2016, 3, 1), "month", None, date(2016, 3, 4), "tickets, finance") == (
        "February 2016 is not complete for tickets and finance: data begin on 4 March 2016, so no change is told; "
        "March 2016 counts as whole, as the days until then may have been quiet"
    )

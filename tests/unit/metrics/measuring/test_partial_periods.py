"""Where data begin, and which periods they tell only in part, told by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from metrics.costs.policy import CostPolicy
from metrics.measuring.beginnings import Beginning, begin, find_beginnings
from metrics.measuring.missing_months import leave_out_incomplete
from metrics.measuring.partial_periods import data_needed, find_partial_periods, first_told_days
from metrics.periods import Period, period_holding
from metrics.registry import METRICS, metric_named
from metrics.vendors.policy import VendorPolicy
from models.ddl import polars_schema
from models.marts import metric_values
from models.vocabulary import Grain

LEAP_DAY = date(2016, 2, 29)
RESOLVED, COST, UNIT_COST = "ticket_resolved_count", "cost_total_reporting", "cost_per_transaction_reporting"


def daily(first: date, days: int = 90, count: int = 50, closed: Iterable[int] = ()) -> dict[date, int]:
    """As many records each day, but on those days of the week (Monday is 0)."""
    every = (first + timedelta(days=ahead) for ahead in range(days))
    return {day: count for day in every if day.weekday() not in set(closed)}


def test_data_begin_on_their_first_day() -> None:
    assert begin(daily(LEAP_DAY)) == (LEAP_DAY, 0)
    assert begin(daily(LEAP_DAY, closed=(5, 6))) == (LEAP_DAY, 2)
    assert begin({LEAP_DAY: 1}) == (LEAP_DAY, 0)


def test_the_past_of_a_few_old_tickets_does_not_move_the_beginning() -> None:
    # A day now and then, so that no long silence parts them from the rest.
    old = {LEAP_DAY - timedelta(days=back): 1 for back in (200, 120, 90, 61, 40, 33, 12, 5, 1)}
    assert begin(daily(LEAP_DAY) | old) == (LEAP_DAY, 0)
    # A small desk, of which one event is as much as a usual day: the silence after it tells.
    assert begin(daily(LEAP_DAY, count=1) | {LEAP_DAY - timedelta(days=60): 1}) == (LEAP_DAY, 0)


def test_what_is_more_than_one_in_a_hundred_is_no_stray() -> None:
    first = LEAP_DAY - timedelta(days=40)
    counts = daily(LEAP_DAY) | {first: 46}
    assert sum(counts.values()) == 4546
    assert begin(counts) == (LEAP_DAY, 0)
    # Nor is it known then how quiet it was before.
    assert begin(counts | {first: 47}) == (first, 39)
    # Thin days hold too much together: then that is how the operation began.
    growing = daily(LEAP_DAY) | {LEAP_DAY - timedelta(days=back): 2 for back in range(1, 61)}
    assert begin(growing)[0] == LEAP_DAY - timedelta(days=60)


def test_days_on_which_a_source_is_quiet_again_and_again_are_quiet_ones() -> None:
    booked = {date(2026, month, 28): 30 for month in range(1, 8)}
    assert begin(booked) == (date(2026, 1, 28), 30)
    hole = {day: count for day, count in daily(LEAP_DAY).items() if not date(2016, 4, 1) <= day < date(2016, 4, 21)}
    assert begin(hole) == (LEAP_DAY, 0)
    # All that was paid in November is booked on one day, and the months after it are missing.
    assert begin({date(2021, 11, 26): 20431} | daily(date(2022, 3, 1), 31)) == (date(2021, 11, 26), 94)


def picked_by_ticket(first: date, tail: Iterable[int] = (15, 3, 22, 1, 9)) -> dict[date, int]:
    """A log that thins out: the last tickets end so many days after each other."""
    counts = {first + timedelta(days=ahead): max(800 >> (ahead // 6), 1) for ahead in range(90)}
    last = max(counts)
    for silence in tail:
        last += timedelta(days=silence + 1)
        counts[last] = 1
    return counts


def test_the_ends_of_the_last_tickets_are_no_quiet_days_of_the_work() -> None:
    first = date(2016, 3, 14)
    counts = picked_by_ticket(first)
    # Half of the days have so few that one event is a busy day, so no silence of the tail is longer than a usual one.
    assert sorted(counts.values())[len(counts) // 2] <= 10
    assert begin(counts) == (first, 0)
    assert "2016-03" in partial(of(*begin(counts)), first=first)
    # What stands alone before is known by the silence after it, whatever comes at the end.
    stray = {first - timedelta(days=35): 3}
    assert begin(picked_by_ticket(first, (15, 40, 3)) | stray) == (first, 0)
    # More than one record in a hundred is no tail.
    thinned = picked_by_ticket(first, ())
    last, hundredth = max(thinned), sum(thinned.values()) // 100
    ends = last + timedelta(days=16), last + timedelta(days=39), last + timedelta(days=63)
    assert begin(thinned | dict(zip(ends, (1, 1, hundredth - 2), strict=True))) == (first, 0)
    assert begin(thinned | dict(zip(ends, (1, 1, 2 * hundredth), strict=True))) == (first, 22)


def test_few_bookings_a_month_are_no_tail() -> None:
    bookings = [date(2026, month, day) for month in range(1, 8) for day in (15, 28)]
    # Silences of 12, 17, 12, 14, 12 and 17 days; the longest one might be a hole.
    known = [begin(dict.fromkeys(bookings[:count], 1)) for count in range(3, 8)]
    assert known == [(date(2026, 1, 15), quiet) for quiet in (12, 12, 14, 14, 17)]
    assert partial(of(*begin(dict.fromkeys(bookings, 1))), first=date(2026, 1, 1)) == set()
    # All but what is booked at first is less than one line in a hundred.
    assert begin({date(2026, 1, 28): 5000, date(2026, 2, 28): 20, date(2026, 3, 28): 20}) == (date(2026, 1, 28), 30)


def test_a_small_source_begins_no_period_of_all_of_them() -> None:
    rows = [
        {"data": "tickets", "source": source, "day": day, "record_count": number}
        for source, counts in (("large", daily(date(2016, 1, 1))), ("small", daily(LEAP_DAY, count=3)))
        for day, number in counts.items()
    ]
    assert find_beginnings(pl.DataFrame(rows)) == [Beginning("tickets", "large", date(2016, 1, 1), 0)]


def values(metrics: Iterable[str], first: date, last: date) -> pl.DataFrame:
    rows = []
    for metric in metrics:
        for grain in Grain:
            period = period_holding(first, grain)
            while period.start <= last:
                rows += [
                    {"metric": metric, "metric_version": 1, "period_grain": grain.value,
                     "period_start_date": period.start, "period_end_date": period.end, "is_period_closed": True,
                     "dimension": dimension, "dimension_value": "", "value": 1.0, "eligible_count": 3,
                     "measured_count": 3, "unit": "count"}
                    for dimension in ("overall", "team")
                ]  # fmt: skip
                period = period.following
    return pl.DataFrame(rows, schema=polars_schema(metric_values))


def partial(*beginnings: Beginning, first: date = date(2016, 2, 1), last: date = date(2016, 4, 30)) -> set[str]:
    """Names of the periods that are told in part."""
    found = find_partial_periods(values([RESOLVED], first, last), {RESOLVED: ["tickets"]}, beginnings, {})
    return {Period(Grain(grain), start).name for grain, start in found["period_grain", "period_start_date"].iter_rows()}


def of(first: date, quiet: int = 0, source: str = "desk") -> Beginning:
    return Beginning("tickets", source, first, quiet)


def test_a_log_from_the_last_day_of_a_month_tells_of_its_month_and_quarter_in_part_and_of_its_week_whole() -> None:
    # 29 February 2016 is a Monday.
    assert partial(of(LEAP_DAY), first=LEAP_DAY) == {"2016-02", "2016-Q1"}
    found = partial(of(date(2016, 3, 2)), first=LEAP_DAY)
    assert found == {"2016-02-29", "2016-03-01", "2016-02", "2016-Q1", "2016-W09"}


def test_periods_before_all_data_are_told_in_part_by_what_reaches_back() -> None:
    found = partial(of(LEAP_DAY))
    assert {"2016-02-28", "2016-W08", "2016-W05", "2016-02", "2016-Q1"} <= found
    assert not {"2016-02-29", "2016-W09", "2016-03", "2016-Q2"} & found


def test_a_period_that_began_with_quiet_days_is_whole() -> None:
    monday = date(2016, 2, 1)
    assert partial(of(monday + timedelta(days=2), quiet=2), first=monday) & {"2016-02", "2016-W05"} == set()
    tuesday = date(2016, 4, 5)
    assert partial(of(tuesday, quiet=4), first=tuesday) == set()
    assert partial(of(tuesday, quiet=3), first=tuesday) == {"2016-04"}


def test_a_tenth_of_its_days_makes_no_part_of_a_period() -> None:
    # Three of the thirty days of April, four of them, nine of the 91 of the quarter, and ten.
    assert partial(of(date(2016, 4, 4)), first=date(2016, 4, 4)) == set()
    assert partial(of(date(2016, 4, 5)), first=date(2016, 4, 5)) == {"2016-04", "2016-W14"}
    assert "2016-Q2" not in partial(of(date(2016, 4, 10)), first=date(2016, 4, 10))
    assert "2016-Q2" in partial(of(date(2016, 4, 11)), first=date(2016, 4, 11))
    # Of a week, one day is more.
    assert partial(of(date(2016, 4, 12)), first=date(2016, 4, 12)) == {"2016-04", "2016-Q2", "2016-W15"}


def test_a_source_that_comes_later_makes_the_period_within_which_it_begins_a_part() -> None:
    found = partial(of(date(2016, 1, 1), source="first"), of(date(2016, 3, 10), source="second"))
    # What the first one told of before is the whole of what there was.
    assert found == {"2016-03", "2016-Q1", "2016-W10"}


def test_a_period_names_the_latest_beginning_and_all_that_begin_within() -> None:
    beginnings = [of(LEAP_DAY), Beginning("finance", "ledger", date(2016, 2, 10), 0)]
    found = find_partial_periods(
        values([UNIT_COST], date(2016, 2, 1), date(2016, 2, 29)), {UNIT_COST: ["tickets", "finance"]}, beginnings, {}
    ).filter(period_grain="month")
    assert found.select("told_from_date", "last_begun_data", "last_begun_sources").rows() == [
        (LEAP_DAY, "tickets, finance", "desk, ledger"),
    ]


def test_data_of_a_metric_tell_from_where_the_earliest_source_of_its_latest_kind_begins() -> None:
    beginnings = [
        of(date(2016, 2, 10), source="second"),
        of(date(2016, 1, 20), source="first"),
        Beginning("finance", "ledger", date(2016, 2, 1), 0),
    ]
    needed = {UNIT_COST: ["tickets", "finance"], RESOLVED: ["tickets"], "vendor_spend": ["invoices"]}
    assert first_told_days(needed, beginnings) == {UNIT_COST: date(2016, 2, 1), RESOLVED: date(2016, 1, 20)}


def test_a_closed_period_to_whose_end_data_do_not_reach_is_told_until_they_end() -> None:
    given = values([UNIT_COST, RESOLVED], date(2016, 2, 1), date(2016, 4, 30))
    given = given.with_columns(is_period_closed=pl.col("period_start_date") < date(2016, 4, 1))
    needed = {UNIT_COST: ["tickets", "finance"], RESOLVED: ["tickets"]}
    ends = {"tickets": date(2016, 3, 20), "finance": date(2016, 2, 28)}
    found = find_partial_periods(given, needed, [of(LEAP_DAY)], ends).filter(period_grain="month")
    told = ["metric", "period_start_date", "told_from_date", "told_until_date", "ended_data"]
    assert found.select(told).sort(told[:2]).rows() == [
        (UNIT_COST, date(2016, 2, 1), LEAP_DAY, date(2016, 2, 28), "finance"),
        (UNIT_COST, date(2016, 3, 1), None, date(2016, 2, 28), "tickets, finance"),
        (RESOLVED, date(2016, 2, 1), LEAP_DAY, None, None),
        (RESOLVED, date(2016, 3, 1), None, date(2016, 3, 20), "tickets"),
    ]
    # Weeks that are over by then are whole.
    weeks = find_partial_periods(given, {RESOLVED: ["tickets"]}, [], ends).filter(period_grain="week")
    assert weeks["period_start_date"].to_list() == [date(2016, 3, 21), date(2016, 3, 28)]


def test_a_kpi_waits_for_what_it_counts() -> None:
    needed = {metric.name: data_needed(metric, CostPolicy(), VendorPolicy()) for metric in METRICS}
    assert needed[RESOLVED] == ("tickets",)
    assert needed[COST] == ("finance",)
    assert needed[UNIT_COST] == ("tickets", "finance")
    assert needed["cost_budget_reporting"] == ()
    assert needed["vendor_on_time_delivery_ratio"] == ("deliveries",)
    assert needed["vendor_billed_reporting"] == ("invoices",)


def test_what_is_told_in_part_is_not_compared() -> None:
    given_values = values([RESOLVED], date(2016, 2, 1), date(2016, 3, 31))
    found = find_partial_periods(given_values, {RESOLVED: ["tickets"]}, [of(LEAP_DAY)], {})
    kept = leave_out_incomplete(given_values, found).filter(period_grain="month")
    assert set(kept["period_start_date"]) == {date(2016, 3, 1)}
    # The columns of both kinds of incomplete periods are those that are joined by.
    assert metric_named(RESOLVED).name in set(found["metric"])


@given(st.dates(date(2015, 1, 1), date(2016, 12, 31)), st.integers(1, 500), st.integers(60, 200))
def test_daily_data_tell_in_part_of_a_month_of_which_more_than_a_tenth_lies_before_them(
    first: date, count: int, days: int
) -> None:
    found = partial(of(*begin(daily(first, days, count))), first=first, last=first)
    month = period_holding(first, Grain.MONTH)
    assert (month.name in found) == (10 * (first.day - 1) > month.end.day)

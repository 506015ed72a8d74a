from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.periods import is_closed, local_date, local_date_of, period_end, period_start
from models.vocabulary import Grain

ZONES = ["UTC", "Europe/Amsterdam", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]
days = st.dates(date(1990, 1, 1), date(2060, 12, 31))
instants = st.integers(0, 90 * 365 * 86_400_000_000).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)


def _evaluate(expression: pl.Expr, **columns: object) -> object:
    return pl.DataFrame({name: [value] for name, value in columns.items()}).select(expression).item()


def _instant_frame(instant: datetime) -> pl.DataFrame:
    return pl.DataFrame({"at": [instant]}, schema={"at": pl.Datetime("us", "UTC")})


@given(instants, st.sampled_from(ZONES))
def test_local_date_is_what_the_wall_calendar_of_the_zone_shows(instant: datetime, zone: str) -> None:
    shown = _instant_frame(instant).select(local_date(pl.col("at"), zone)).item()
    assert shown == instant.astimezone(ZoneInfo(zone)).date() == local_date_of(instant, zone)


def test_an_instant_before_midnight_utc_lies_in_the_next_month_of_an_eastern_zone() -> None:
    instant = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    day = local_date(pl.col("at"), "Europe/Amsterdam")
    assert _instant_frame(instant).select(period_start(day, Grain.MONTH)).item() == date(2026, 2, 1)


@given(days, st.integers(1, 7))
def test_a_week_has_seven_days_contains_its_day_and_starts_on_the_day_it_should(day: date, week_start: int) -> None:
    start = _evaluate(period_start(pl.col("day"), Grain.WEEK, week_start), day=day)
    assert isinstance(start, date)
    assert start.isoweekday() == week_start
    assert start <= day <= start + timedelta(days=6)
    assert _evaluate(period_end(pl.col("day"), Grain.WEEK), day=start) == start + timedelta(days=6)


@given(days)
def test_weeks_are_iso_weeks_unless_told_otherwise(day: date) -> None:
    year, week, _ = day.isocalendar()
    assert _evaluate(period_start(pl.col("day"), Grain.WEEK), day=day) == date.fromisocalendar(year, week, 1)


@given(days)
def test_a_month_ends_the_day_before_the_next_one_begins(day: date) -> None:
    start = _evaluate(period_start(pl.col("day"), Grain.MONTH), day=day)
    end = _evaluate(period_end(period_start(pl.col("day"), Grain.MONTH), Grain.MONTH), day=day)
    assert isinstance(start, date) and isinstance(end, date)
    assert start == day.replace(day=1)
    assert (end.year, end.month) == (day.year, day.month)
    assert (end + timedelta(days=1)).day == 1


@given(days)
def test_a_quarter_is_three_whole_months_and_four_make_a_calendar_year(day: date) -> None:
    start = _evaluate(period_start(pl.col("day"), Grain.QUARTER), day=day)
    end = _evaluate(period_end(period_start(pl.col("day"), Grain.QUARTER), Grain.QUARTER), day=day)
    assert isinstance(start, date) and isinstance(end, date)
    assert start <= day <= end
    assert (start.day, start.month) in {(1, 1), (1, 4), (1, 7), (1, 10)}
    assert (end.day, end.month) in {(31, 3), (30, 6), (30, 9), (31, 12)}
    assert (end - start).days in range(89, 92)


@given(days)
def test_a_day_is_its_own_period(day: date) -> None:
    assert _evaluate(period_start(pl.col("day"), Grain.DAY), day=day) == day
    assert _evaluate(period_end(pl.col("day"), Grain.DAY), day=day) == day


def test_a_period_closes_only_when_the_clock_has_passed_its_last_day() -> None:
    end = date(2026, 3, 31)
    assert _evaluate(is_closed(pl.col("end"), date(2026, 3, 31)), end=end) is False
    assert _evaluate(is_closed(pl.col("end"), date(2026, 4, 1)), end=end) is True


def test_the_reporting_zone_decides_which_day_the_clock_shows() -> None:
    instant = datetime(2026, 3, 31, 23, 0, tzinfo=timezone(timedelta(hours=1)))
    assert local_date_of(instant, "UTC") == date(2026, 3, 31)
    assert local_date_of(instant, "Europe/Amsterdam") == date(2026, 4, 1)


def test_an_instant_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="no UTC offset"):
        local_date_of(datetime(2026, 1, 1), "UTC")  # noqa: DTZ001


@pytest.mark.parametrize("week_start", [0, 8])
def test_a_week_cannot_start_on_a_day_that_does_not_exist(week_start: int) -> None:
    with pytest.raises(ValueError, match="1 \\(Monday\\) to 7 \\(Sunday\\)"):
        period_start(pl.col("day"), Grain.WEEK, week_start)

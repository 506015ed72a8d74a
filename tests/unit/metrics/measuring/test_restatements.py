"""Which values of closed periods are told otherwise, from a few values told by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from metrics.measuring.restatements import closed_values, find_reopened, find_restatements
from models.ddl import conform
from models.marts import metric_values

MARCH, APRIL, JUNE = date(2026, 3, 1), date(2026, 4, 1), date(2026, 6, 1)


def value(number: float | None, first: date = MARCH, **others: Any) -> dict[str, Any]:
    """A closed month of a KPI over everything."""
    return {
        "metric": "cost_total_reporting",
        "metric_version": 1,
        "period_grain": "month",
        "period_start_date": first,
        "period_end_date": first + timedelta(days=29),
        "is_period_closed": True,
        "dimension": "overall",
        "dimension_value": "",
        "value": number,
        "eligible_count": 12,
        "measured_count": 12,
        "unit": "reporting",
        **others,
    }


def _told(rows: list[dict[str, Any]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Values as they are published, and what they tell of closed periods, by a run."""
    values = conform(pl.DataFrame(rows, infer_schema_length=None), metric_values)
    return values, closed_values(values).with_columns(measured_run_id=pl.lit("run"))


def told_otherwise(
    before: list[dict[str, Any]], now: list[dict[str, Any]], reach: date | None = JUNE
) -> list[tuple[Any, ...]]:
    """First day, value before and now, records before and now, and whether the KPI has another version."""
    reaches = {} if reach is None else {"cost_total_reporting": reach}
    found = find_restatements(_told(before)[1], _told(now)[0], reaches)
    assert set(found["measured_run_id"]) <= {"run"}
    return found.select(
        *("period_start_date", "value_before", "value_now", "eligible_before_count", "eligible_now_count"),
        "is_redefined",
    ).rows()


def reopened(before: list[dict[str, Any]], now: list[dict[str, Any]], reach: date = JUNE) -> list[tuple[Any, ...]]:
    """First day and value of what is only open again."""
    found = find_reopened(_told(before)[1], _told(now)[0], {"cost_total_reporting": reach})
    return found.select("period_start_date", "value").rows()


def test_another_value_of_a_closed_month_is_told_with_the_one_before() -> None:
    before = [value(447.86), value(348.22, APRIL)]
    now = [value(452.79, eligible_count=13), value(348.22, APRIL)]
    assert told_otherwise(before, now) == [(MARCH, 447.86, 452.79, 12, 13, False)]
    assert told_otherwise(before, before) == []


def test_the_last_digit_of_a_sum_is_no_other_value() -> None:
    assert told_otherwise([value(0.1 + 0.2)], [value(0.3)]) == []
    assert told_otherwise([value(0.0)], [value(0.0)]) == []
    assert len(told_otherwise([value(0.0)], [value(0.01)])) == 1
    assert len(told_otherwise([value(1_000_000.00)], [value(1_000_000.01)])) == 1


def test_what_was_not_told_as_closed_is_not_restated() -> None:
    now = [value(452.79)]
    assert told_otherwise([], now) == []
    assert told_otherwise([value(447.86, is_period_closed=False)], now) == []
    assert told_otherwise([value(None)], now) == []


def test_a_value_that_is_gone_is_told() -> None:
    gone = [(MARCH, 447.86, None, 12, None, False)]
    assert told_otherwise([value(447.86)], [value(100.0, APRIL)]) == gone
    assert told_otherwise([value(447.86)], [value(None)]) == gone
    # No data of the KPI are left that could close anything.
    assert told_otherwise([value(447.86)], [value(100.0, APRIL)], None) == gone


def test_a_period_that_is_only_open_again_is_not_told_otherwise() -> None:
    before, now = [value(447.86), value(348.22, APRIL)], [value(300.0, is_period_closed=False)]
    in_march = date(2026, 3, 20)
    # Of April, which the data do not reach, there is no row.
    assert told_otherwise(before, now, in_march) == []
    assert reopened(before, now, in_march) == [(MARCH, 447.86), (APRIL, 348.22)]
    # The last day of the data is not over.
    assert reopened(before, [], date(2026, 4, 30)) == [(APRIL, 348.22)]
    assert told_otherwise(before, [], date(2026, 4, 30)) == [(MARCH, 447.86, None, 12, None, False)]
    assert reopened(before, before) == []


def test_breakdowns_days_and_weeks_are_not_told() -> None:
    for others in ({"dimension": "team", "dimension_value": "Desk"}, {"period_grain": "day"}, {"period_grain": "week"}):
        assert told_otherwise([value(1.0, **others)], [value(2.0, **others)]) == []
    assert len(told_otherwise([value(1.0, period_grain="quarter")], [value(2.0, period_grain="quarter")])) == 1


def test_another_version_of_a_kpi_is_told_as_such() -> None:
    assert told_otherwise([value(1.0)], [value(2.0, metric_version=2)]) == [(MARCH, 1.0, 2.0, 12, 12, True)]

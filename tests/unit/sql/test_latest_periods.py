"""The period of which each KPI is told if nobody names one, on small published files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

Fill = Callable[..., None]
SLA, ON_TIME, COST = "sla_attainment_ratio", "vendor_on_time_delivery_ratio", "cost_total_reporting"
NOVEMBER_15 = datetime(2026, 11, 15, 23, tzinfo=UTC)


def _value(metric: str, start: date, *, is_closed: bool = True) -> dict[str, Any]:
    return {
        "metric": metric, "metric_version": 1, "period_grain": "month", "period_start_date": start,
        "period_end_date": start, "is_period_closed": is_closed, "dimension": "overall", "dimension_value": "",
        "value": 1.0, "eligible_count": 1, "measured_count": 1, "coverage_ratio": 1.0, "unit": "ratio",
    }  # fmt: skip


def _definition(metric: str, fresh: datetime) -> dict[str, Any]:
    texts = ("label", "meaning", "formula", "unit", "direction", "owner", "period_date", "requires")
    return {**dict.fromkeys(texts, metric), "metric": metric, "metric_version": 1, "aggregation": "parts",
            "publication_state": "published", "fresh_as_of_at": fresh}  # fmt: skip


@pytest.fixture
def told(published: duckdb.DuckDBPyConnection, fill: Fill) -> Callable[..., dict[str, tuple[date, date]]]:
    """Fills in closed months of KPIs, and gives the month that each is told of with the one that is wanted."""

    def run(*, clock: datetime = NOVEMBER_15, **closed: list[date]) -> dict[str, tuple[date, date]]:
        fill(
            "meta_run",
            {"publication_id": "p", "run_id": "r", "published_at": clock, "content_hash": "c", "code_hash": "c",
             "reporting_currency_code": "EUR", "reporting_time_zone": "UTC", "home_name": "h"},
        )  # fmt: skip
        for metric, months in closed.items():
            fill("meta_metrics", _definition(metric, clock if metric == SLA else NOVEMBER_15))
            fill("metric_values", *(_value(metric, month) for month in months))
        query = "SELECT metric, period_start_date, wanted_start_date FROM mart.latest_periods"
        return {metric: (start, wanted) for metric, start, wanted in published.execute(query).fetchall()}

    return run


def month(number: int) -> date:
    return date(2026, number, 1)


def test_others_that_go_on_for_one_month_wait_for_the_headlines(told: Callable[..., Any]) -> None:
    """A report of October, which the deliveries alone have reached, would call every headline late."""
    found = told(
        clock=datetime(2026, 10, 20, tzinfo=UTC), **{SLA: [month(8), month(9)], ON_TIME: [month(9), month(10)]}
    )
    assert found == {SLA: (month(9), month(9)), ON_TIME: (month(9), month(9))}


def test_headlines_that_ended_longer_ago_keep_nobody_waiting(told: Callable[..., Any]) -> None:
    clock = datetime(2026, 9, 20, tzinfo=UTC)
    found = told(clock=clock, **{SLA: [month(7), month(8)], ON_TIME: [month(9), month(10)]})
    assert found == {SLA: (month(8), month(10)), ON_TIME: (month(10), month(10))}


def test_a_home_without_headlines_is_told_of_the_latest_month_of_any(told: Callable[..., Any]) -> None:
    assert told(**{ON_TIME: [month(10)]}) == {ON_TIME: (month(10), month(10))}


def test_a_month_without_records_is_closed_by_the_clock(told: Callable[..., Any]) -> None:
    """Its deliveries go on until November, and none was due in October."""
    found = told(**{SLA: [month(9), month(10)], ON_TIME: [month(8), month(9)]})
    assert found[ON_TIME] == (month(10), month(10))


def test_an_open_month_is_not_told_whatever_the_clock_says(told: Callable[..., Any], fill: Fill) -> None:
    fill("metric_values", _value(COST, month(10), is_closed=False))
    found = told(**{SLA: [month(9), month(10)], COST: [month(9)]})
    assert found[COST] == (month(9), month(10))


def test_a_kpi_without_a_closed_period_is_told_of_none(told: Callable[..., Any], fill: Fill) -> None:
    fill("metric_values", _value(COST, month(11), is_closed=False))
    assert COST not in told(**{SLA: [month(10)], COST: []})

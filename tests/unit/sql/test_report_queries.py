"""The questions that the report asks, on a small published file whose answers are known by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from pipelines.cli.questions import fill_parameters, question_named

Row = dict[str, Any]
Fill = Callable[..., None]
SLA = "sla_attainment_ratio"


@pytest.fixture
def answer(published: duckdb.DuckDBPyConnection) -> Callable[..., list[tuple[Any, ...]]]:
    """The rows that a query gives."""

    def run(name: str, **given: str) -> list[tuple[Any, ...]]:
        question = question_named(name)
        return published.execute(question.text, fill_parameters(question, given) or None).fetchall()

    return run


def measured(start: date, value: float | None, *, grain: str = "month", is_closed: bool = True, **columns: Any) -> Row:
    """A value of SLA attainment."""
    return {
        "metric": SLA,
        "metric_version": 1,
        "period_grain": grain,
        "period_start_date": start,
        "period_end_date": start,
        "is_period_closed": is_closed,
        "dimension": "overall",
        "dimension_value": "",
        "value": value,
        "eligible_count": 10,
        "measured_count": 9,
        "coverage_ratio": 0.9,
        "unit": "ratio",
        **columns,
    }


def definition(metric: str = SLA, **columns: Any) -> Row:
    """A row of `meta_metrics`."""
    texts = ("label", "meaning", "formula", "unit", "direction", "owner", "period_date", "requires")
    return {
        **dict.fromkeys(texts, metric), "metric": metric, "metric_version": 1, "aggregation": "parts",
        "publication_state": "published", **columns,
    }  # fmt: skip


def test_numbers_of_a_period(fill: Fill, answer: Callable[..., list[tuple[Any, ...]]]) -> None:
    fresh = datetime(2026, 11, 2, tzinfo=UTC)
    fill("meta_metrics", definition(fresh_as_of_at=fresh), definition("never_measured_ratio", publication_state="held",
         held_reason="A rule is broken."))  # fmt: skip
    fill(
        "metric_values",
        measured(date(2026, 8, 1), 0.5),
        measured(date(2026, 9, 1), 0.75),
        measured(date(2026, 10, 1), 0.875, lower_bound=0.8, upper_bound=0.9, numerator=7.0, denominator=8.0),
        measured(date(2026, 11, 1), 0.1, is_closed=False),
        measured(date(2026, 10, 1), 0.25, dimension="team", dimension_value="Desk"),
        measured(date(2026, 10, 26), 0.0, grain="week"),
    )
    found = answer("numbers_of_a_period")
    assert found[0] == (
        SLA, SLA, SLA, SLA, date(2026, 10, 1), date(2026, 10, 1), 0.875, 0.75, 0.125, 0.8, 0.9, 10, 9, 0.9, 7.0, 8.0,
        "published", None, fresh,
    )  # fmt: skip
    assert found[1][:2] == ("never_measured_ratio",) * 2
    assert found[1][4] == date(2026, 10, 1)
    assert found[1][5:16] == (None,) * 11
    assert found[1][16:18] == ("held", "A rule is broken.")


def test_a_period_is_compared_with_the_one_before_it_and_no_other(
    fill: Fill, answer: Callable[..., list[tuple[Any, ...]]]
) -> None:
    fill("meta_metrics", definition())
    fill("metric_values", measured(date(2026, 7, 1), 0.5), measured(date(2026, 9, 1), 0.75))
    assert answer("numbers_of_a_period", period_start_date="2026-09-01")[0][6:9] == (0.75, None, None)
    fill(
        "metric_values",
        measured(date(2026, 11, 2), 0.5, grain="week"),
        measured(date(2026, 10, 26), 0.25, grain="week"),
    )
    assert answer("numbers_of_a_period", period_grain="week")[0][6:9] == (0.5, 0.25, 0.25)


def test_metric_history(fill: Fill, answer: Callable[..., list[tuple[Any, ...]]]) -> None:
    months = [date(2026, month, 1) for month in range(1, 12)]
    fill("metric_values", *(measured(month, month.month / 100, is_closed=month.month < 11) for month in months))
    fill("metric_values", measured(date(2026, 5, 1), 1.0, dimension="team", dimension_value="Desk"))
    found = answer("metric_history", to_date="2026-06-01", row_limit="3")
    assert [(row[0].month, row[3]) for row in found] == [(4, 0.04), (5, 0.05), (6, 0.06)]
    assert answer("metric_history")[-1][0] == date(2026, 10, 1)

"""Rows of a small publication, and questions asked of it, for the tests of the packaged queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb

from pipelines.cli.questions import Question, fill_parameters

Row = dict[str, Any]
Fill = Callable[..., None]
Answer = Callable[..., list[tuple[Any, ...]]]


def value_of(metric: str, month: date, value: float | None, **columns: Any) -> Row:
    """A row of `metric_values`: a month over everything, but for what columns say."""
    return {
        "metric": metric,
        "metric_version": 1,
        "period_grain": "month",
        "period_start_date": month,
        "period_end_date": date(2026, month.month, 30),
        "is_period_closed": True,
        "dimension": "overall",
        "dimension_value": "",
        "value": value,
        "eligible_count": 10,
        "measured_count": 10,
        "coverage_ratio": 1.0,
        "unit": "ratio",
        **columns,
    }


def definition_of(metric: str, **columns: Any) -> Row:
    """A row of `meta_metrics`."""
    texts = ("label", "meaning", "formula", "unit", "direction", "owner", "period_date")
    return {
        **dict.fromkeys(texts, metric),
        "metric": metric,
        "metric_version": 1,
        "requires": "tickets",
        "publication_state": "published",
        **columns,
    }


def ask(published: duckdb.DuckDBPyConnection, question: Question, **given: str) -> duckdb.DuckDBPyConnection:
    """The rows that a question gives, with some of its parameters."""
    return published.execute(question.text, fill_parameters(question, given) or None)

"""Facts of a report, made by hand: tests change what they are about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from models.vocabulary import Grain
from pipelines.published.publication import PublicationFacts
from pipelines.report.asking import Answer
from pipelines.report.facts import HEADLINES, ReportFacts
from pipelines.report.period import ReportPeriod

SLA = "sla_attainment_ratio"
HOSTILE = "<script>alert('x')</script> \"ops\" 🎯 فريق"


def answer(name: str, *rows: dict[str, Any]) -> Answer:
    columns = tuple(rows[0]) if rows else ()
    return Answer(name, "What?", {}, columns, rows)


def number(metric: str, **more: Any) -> dict[str, Any]:
    row = {
        "metric": metric, "label": metric, "unit": "ratio", "direction": "up_is_good", "value": 0.9,
        "previous_value": 0.8, "lower_bound": 0.9, "upper_bound": 0.9, "coverage_ratio": 1.0, "eligible_count": 10,
        "measured_count": 10, "publication_state": "published", "held_reason": None,
        "fresh_as_of_at": datetime(2026, 11, 1, tzinfo=UTC), "period_start_date": date(2026, 10, 1),
        "wanted_start_date": date(2026, 10, 1), "is_wanted_closed": True, "first_ended_data": None,
        "missing_months": None, "previous_missing_months": None,
        "previous_lower_bound": 0.8, "previous_upper_bound": 0.8,
        "told_until_date": None, "previous_told_until_date": None, "ended_data": None,
        "told_from_date": None, "previous_told_from_date": None, "last_begun_data": None,
    }  # fmt: skip
    return {**row, **more}


def facts(**answers: Answer) -> ReportFacts:
    numbers = {metric: number(metric) for metric in HEADLINES}
    history = [{"period_start_date": date(2026, month, 1), "value": month / 10, "lower_bound": None,
                "upper_bound": None, "coverage_ratio": 1.0, "eligible_count": 10} for month in (8, 9, 10)]  # fmt: skip
    return ReportFacts(
        PublicationFacts("p", "r", datetime(2026, 11, 3, tzinfo=UTC), None, "hash", "EUR", "UTC", HOSTILE),
        ReportPeriod(Grain.MONTH, date(2026, 10, 1)),
        numbers,
        {metric: answer("metric_history", *history) for metric in HEADLINES},
        {"numbers": answer("numbers_of_a_period", *numbers.values()), **answers},
    )


def driver(dimension: str, value: str, change: str) -> dict[str, Any]:
    parts = {
        "mix_value": Decimal(0),
        "amount_value": Decimal(0),
        "rate_value": Decimal(change),
        "change_value": Decimal(change),
    }
    return {"dimension": dimension, "dimension_value": value, **parts, "value_before": 0.8, "value_after": 0.9}


def signal(month: int, state: str, centre: float | None, **more: Any) -> dict[str, Any]:
    limits = {"centre_value": centre, "lower_limit_value": centre, "upper_limit_value": centre,
              "baseline_reason": None, "baseline_start_date": date(2026, 8, 1)}  # fmt: skip
    own = {"period_start_date": date(2026, month, 1), "value": month / 10, "signal_state": state, "broken_rules": None}
    own |= {"is_certain": True if state == "signal" else None}
    return {**own, **limits, **more}

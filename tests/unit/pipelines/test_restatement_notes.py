"""Which of many values that are told otherwise is the example, and how it is told."""

from __future__ import annotations

from datetime import UTC, date, datetime

from pipelines.notices.restatements import Restatement, note_restatements


def restated(metric: str, before: float, now: float | None, grain: str = "month") -> Restatement:
    at = datetime(2026, 5, 2, tzinfo=UTC)
    return Restatement(metric, grain, date(2026, 3, 1), before, now, "business_hours", "records", None, None, None, at)


def told(*found: Restatement) -> str:
    (notice,) = note_restatements(found, "EUR")
    return notice.message


def test_the_example_is_what_moved_most() -> None:
    slight, large = (f"ticket_cycle_time_p{share}_business_hours" for share in (95, 50))
    said = told(restated(slight, 39.1104, 39.1131), restated(large, 5.0, 7.5), restated(large, 5.0, 50.0, "quarter"))
    assert "of March 2026 was 5.0 h and is 7.5 h." in said
    headline = "ticket_cycle_time_p85_business_hours"
    assert "was 10.0 h and is 10.5 h." in told(restated(large, 5.0, 7.5), restated(headline, 10.0, 10.5))


def test_the_two_values_of_the_example_differ() -> None:
    said = told(restated("ticket_cycle_time_p95_business_hours", 39.1104, 39.1131))
    assert "was 39.110 h and is 39.113 h." in said
    assert "was 3.0 h and is not told any more." in told(restated("ticket_cycle_time_p95_business_hours", 3.0, None))

"""Gaps in instrumentation as sentences, by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from metrics.instrumentation.reasons import REMEDIES, reason_name
from pipelines.words.gaps import tell_gap

ROW: dict[str, Any] = {
    "source": "servicenow", "table_name": "tickets", "rule_id": "tickets.cycle_time.measured", "fix_rank": 1,
    "gap_kind": "not_instrumented", "what_to_do": "Set a working status.", "record_count": 290,
    "failed_record_count": 6, "affected_metric_count": 6, "held_metric_count": 0,
    "metric": "ticket_cycle_time_p85_business_hours", "metric_label": "Cycle time, p85",
    "metric_period_start_date": date(2026, 10, 1), "is_recent": True, "last_seen_date": date(2026, 10, 1),
    "metric_record_count": 6, "metric_eligible_count": 577, "metric_lost_coverage_ratio": 0.01,
    "metric_width_value": 0.9, "metric_bounds_width_value": 1.64, "metric_unit": "business_hours",
}  # fmt: skip
LESS_SURE = "Cycle time, p85 of October 2026 is less sure because of it"


def test_a_gap_says_which_records_lack_what_what_that_does_and_what_to_do() -> None:
    assert " ".join(tell_gap(ROW, "EUR")) == (
        "Of 290 tickets from servicenow in October 2026, 6 have no cycle time. Cycle time, p85 of October 2026 is less "
        "sure because of it, and 5 more KPIs with it: 6 of 577 tickets are not measured, and the true value lies in a "
        "range that is 1.6 h wide, 0.9 h of it because of this. What to do: Set a working status."
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"gap_kind": "quarantined", "rule_id": "tickets.status.mapped", "failed_record_count": 1},
            "Of 290 tickets from servicenow, 1 was set aside by the rule tickets.status.mapped. ",
        ),
        (
            {"gap_kind": "warned", "rule_id": "tickets.times.unambiguous", "metric": None},
            "6 broke the rule tickets.times.unambiguous, which only warns. No KPI of the last months is less sure",
        ),
        (
            {"gap_kind": "holding", "rule_id": "tickets.a.b", "held_metric_count": 2},
            "6 broke the rule tickets.a.b. 2 KPIs are held because of it, and show their last good values. What",
        ),
        ({"held_metric_count": 1}, "1 KPI is held because of it, and shows its last good values."),
        (
            {"gap_kind": "unallocated", "source": None, "table_name": "cost_lines"},
            "Some of the cost is borne by nobody.",
        ),
        (
            {"table_name": "ops_source_arrivals", "rule_id": "ops_source_arrivals.city_ledger.fresh"},
            "The export city_ledger did not come as its contract promises",
        ),
        ({"affected_metric_count": 2}, f"{LESS_SURE}, and 1 more KPI with it: "),
        ({"affected_metric_count": 1, "metric_width_value": 1.64}, "range that is 1.6 h wide, all of it because"),
        ({"metric_width_value": 0.001}, "1.6 h wide, a trace of it because of this."),
        ({"metric_width_value": None}, "and how far the true value may lie away is not known."),
        (
            {"metric_width_value": 0.0, "metric_lost_coverage_ratio": 0.0, "affected_metric_count": 1},
            f"{LESS_SURE}. What to do",
        ),
        (
            {"is_recent": False, "last_seen_date": date(2026, 6, 1)},
            f"no cycle time. It was last seen in June 2026. {LESS_SURE}",
        ),
        ({"record_count": None, "failed_record_count": None, "source": None}, "Of the tickets in October 2026, some"),
    ],
)
def test_what_is_different_is_said(changed: dict[str, Any], told: str) -> None:
    assert told in " ".join(tell_gap({**ROW, **changed}, "EUR"))


def test_no_gap_is_told_by_the_name_of_its_column() -> None:
    for missing in REMEDIES:
        assert "_" not in " ".join(tell_gap({**ROW, "rule_id": reason_name("tickets", missing)}, "EUR"))


def test_a_slide_has_room_for_what_to_do() -> None:
    """A text of a slide is cut at 400 characters."""
    longest = max(REMEDIES.values(), key=len)
    for told in tell_gap({**ROW, "what_to_do": longest, "source": "servicenow_production"}, "EUR"):
        assert len(told) < 400

"""Why a KPI has no value: whose data end first, and what a period lacked."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipelines.cli.missing_values import ShortestData, explain_empty, explain_open, find_shortest

TICKETS, FINANCE = datetime(2026, 9, 15, 10, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC)
DELIVERIES, INVOICES = datetime(2026, 11, 15, 23, tzinfo=UTC), datetime(2026, 8, 31, 22, tzinfo=UTC)


def definition(metric: str, closed_by: str, until: datetime | None, state: str = "published") -> dict[str, object]:
    return {"metric": metric, "closed_by": closed_by, "fresh_as_of_at": until, "publication_state": state}


def test_the_domain_that_ends_first_is_named_with_its_last_day() -> None:
    found = find_shortest(
        [
            definition("created", "tickets", TICKETS),
            definition("total", "finance", FINANCE),
            definition("unit_cost", "tickets, finance", TICKETS),
            definition("on_time", "vendors", DELIVERIES),
            definition("billed", "vendors", INVOICES),
            definition("recoverable", "tickets, vendors", INVOICES),
            definition("nothing", "finance", None, "empty"),
        ],
        "Europe/Amsterdam",
    )
    assert found == {
        "created": ShortestData("tickets", date(2026, 9, 15)),
        "total": ShortestData("finance", date(2026, 10, 31)),
        "unit_cost": ShortestData("tickets", date(2026, 9, 15)),
        "on_time": ShortestData("vendors", date(2026, 11, 15)),
        # Invoices end before deliveries, and before tickets.
        "billed": ShortestData("vendors", date(2026, 8, 31)),
        "recoverable": ShortestData("vendors", date(2026, 8, 31)),
    }


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (
            date(2025, 12, 31),
            "no month is closed yet: the data of finance end on 2025-12-31, before Jan 2026, the first",
        ),
        (date(2026, 1, 30), "the data of finance end on 2026-01-30, before the end of Jan 2026, the first month with"),
    ],
)
def test_data_end_before_the_first_month_or_within_it(last: date, said: str) -> None:
    text = explain_open(date(2026, 1, 1), "month", "cost lines", ShortestData("finance", last))
    assert said in text
    assert text.endswith("month with cost lines")
    quarter = explain_open(date(2026, 1, 1), "quarter", "cost lines", ShortestData("finance", last))
    assert "Q1 2026" in quarter


def test_parts_of_a_closed_period_tell_what_it_lacked() -> None:
    unit_cost = "cost_per_transaction_reporting"
    assert "no transaction was completed" in explain_empty(unit_cost, "month", 5.0, 0.0, 3)
    assert "no driver took any cost" in explain_empty(unit_cost, "month", None, 4.0, 3)
    assert explain_empty("ticket_reopen_ratio", "quarter", None, None, 0) == "nothing of that quarter could be measured"
    assert explain_empty("vendor_spend_concentration_ratio", "month", None, None, 7) == ""

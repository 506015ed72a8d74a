"""Why a KPI has no value: whose data end first, and what a period lacked."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from metrics.registry import METRICS, metric_named
from pipelines.words.missing_values import (
    ShortestData,
    _unread_folders,
    explain_empty,
    explain_open,
    explain_unfed,
    find_shortest,
)

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
            "no month is closed yet: cost is complete until 2025-12-31, before Jan 2026, the first",
        ),
        (date(2026, 1, 30), "cost is complete until 2026-01-30, before the end of Jan 2026, the first month with"),
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
    assert explain_empty("cost_budget_variance_ratio", "month", 5.0, 0.0, 7) == (
        "it is a share, and the whole of that month is 0"
    )
    assert explain_empty("vendor_spend_concentration_ratio", "month", None, None, 7) == (
        "its formula gives no value for that month"
    )


ALL = {"tickets", "finance", "vendors", "deliveries", "invoices"}


@pytest.mark.parametrize(
    ("metric", "known", "said"),
    [
        ("cost_total_reporting", {"tickets"}, "no export feeds finance yet"),
        ("cost_of_rework_ratio", set(), "no export feeds tickets and finance yet"),
        ("cost_of_rework_ratio", {"tickets", "finance"}, "none of the tickets counts for it yet"),
        ("sla_attainment_ratio", {"tickets"}, "no promise of a resolution was kept or broken yet: see policies/sla"),
        ("sla_first_response_attainment_ratio", {"tickets"}, "no promise of a first response"),
        ("sla_source_attainment_ratio", {"tickets"}, "tickets.is_sla_met_at_source"),
        ("cost_budget_variance_ratio", {"finance"}, "no budget lines were read yet"),
        ("vendor_on_time_delivery_ratio", {"vendors", "invoices"}, "no export feeds deliveries yet"),
        ("vendor_billed_reporting", {"vendors", "deliveries"}, "no export feeds invoices yet"),
        ("vendor_recoverable_reporting", {"vendors", "deliveries"}, "none of the amounts counts for it yet"),
        ("vendor_committed_spend_used_ratio", ALL, "no contract in the register"),
        ("vendor_service_credit_due_reporting", ALL, "see service_credits in policies/vendors.yaml"),
        ("cost_of_delay_reporting", ALL, "no rule under delay in policies/costs.yaml"),
    ],
)
def test_what_nothing_feeds_says_what_would(metric: str, known: set[str], said: str) -> None:
    assert said in explain_unfed(metric_named(metric).definition(), known)


@pytest.mark.parametrize(
    ("known", "unread", "said"),
    [
        ({"finance"}, {"tickets": ["landing/jira/"]}, "no file of tickets was read from landing/jira/ yet"),
        (
            {"finance"},
            {"tickets": ["landing/jira/", "landing/zendesk/"]},
            "no file of tickets was read from landing/jira/ and landing/zendesk/ yet",
        ),
        (
            set(),
            {"tickets": ["landing/jira/"], "finance": []},
            "no file of tickets was read from landing/jira/ yet and no export feeds finance yet",
        ),
        # Where tickets have come from somewhere, one more folder that waits explains nothing.
        ({"tickets"}, {"tickets": ["landing/jira/"]}, "no export feeds finance yet"),
    ],
)
def test_a_contract_that_waits_for_its_first_file_is_named(
    known: set[str], unread: dict[str, list[str]], said: str
) -> None:
    assert explain_unfed(metric_named("cost_of_rework_ratio").definition(), known, unread) == said


def test_every_kpi_that_nothing_feeds_has_a_reason() -> None:
    for metric in METRICS:
        assert explain_unfed(metric.definition(), ALL)
        assert explain_unfed(metric.definition(), set()).startswith("no export feeds ")


def test_a_folder_with_a_comma_in_its_name_is_one() -> None:
    clocks = [{"data": "deliveries", "domain": "vendors", "unread_folders": "landing/parts, spares/, landing/scms/"}]
    folders = ["landing/parts, spares/", "landing/scms/"]
    assert _unread_folders(clocks) == {"deliveries": folders, "vendors": folders}

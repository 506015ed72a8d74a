"""The bad month shows in the headline figures, and the exports themselves lead to its cause."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

import pytest
from sample_files import Sample, read_ledger_amount, read_ledger_date, read_local

from pipelines.sample import write_sample_exports

HOUR = 3600.0


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Two years of 6,000 tickets: enough for monthly figures of one team."""
    landing = tmp_path_factory.mktemp("company")
    # Whole months only: an incomplete last month has bills of the whole one.
    return Sample(landing, write_sample_exports(landing, tickets=6_000, end=date(2026, 10, 31)))


@pytest.fixture(scope="module")
def incidents(company: Sample) -> list[list[dict[str, str]]]:
    """Audit rows by incident."""
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in company.csv_rows("servicenow_incidents"):
        rows[row["number"]].append(row)
    return list(rows.values())


def months_by_value(values: dict[date, float]) -> list[date]:
    return sorted(values, key=lambda month: values[month], reverse=True)


def test_waiting_for_the_vendor_triples_in_the_bad_month_and_only_there(
    company: Sample, incidents: list[list[dict[str, str]]]
) -> None:
    bad = company.summary.bad_month
    waits: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for rows in incidents:
        for row, following in pairwise(rows):
            if row["incident_state"] == "Awaiting Vendor":
                began = read_local(row["sys_updated_at"])
                hours = (read_local(following["sys_updated_at"]).timestamp() - began.timestamp()) / HOUR
                is_bad = began.date().replace(day=1) == bad.month
                waits[row["assignment_group"], is_bad].append(hours)
    team = bad.team
    assert 2.2 < median(waits[team, True]) / median(waits[team, False]) < 4.0
    assert median(waits["Facilities", True]) / median(waits["Facilities", False]) < 1.8


def test_cycle_time_and_attainment_of_the_team_are_worst_in_the_bad_month(
    company: Sample, incidents: list[list[dict[str, str]]]
) -> None:
    bad = company.summary.bad_month
    hours: dict[date, list[float]] = defaultdict(list)
    kept: dict[date, list[bool]] = defaultdict(list)
    for rows in incidents:
        began = next((row for row in rows if row["incident_state"] == "Active"), None)
        done = next((row for row in reversed(rows) if row["incident_state"] == "Resolved"), None)
        if began and done and done["assignment_group"] == bad.team:
            resolved = read_local(done["sys_updated_at"])
            month = resolved.date().replace(day=1)
            hours[month].append((resolved.timestamp() - read_local(began["sys_updated_at"]).timestamp()) / HOUR)
            kept[month].append(done["made_sla"] == "true")
    p85 = {month: quantiles(values, n=100)[84] for month, values in hours.items()}
    missed = {month: 1 - sum(values) / len(values) for month, values in kept.items()}
    assert months_by_value(p85)[0] == bad.month
    assert months_by_value(missed)[0] == bad.month


def test_unit_cost_is_highest_in_the_bad_month_and_believable_in_all(company: Sample) -> None:
    euros = {"EUR": 1.0, "USD": 0.92, "GBP": 1.17}
    cost: dict[date, float] = defaultdict(float)
    for line in company.ledger():
        posted = read_ledger_date(line["Posting date"])
        start = read_ledger_date(line["Service from"]) if line["Service from"] else posted
        end = read_ledger_date(line["Service to"]) if line["Service to"] else posted
        days = (end - start).days + 1
        amount = float(read_ledger_amount(line["Amount"])) * euros[line["Currency"]] / days
        for offset in range(days):
            cost[(start + timedelta(days=offset)).replace(day=1)] += amount
    resolved: dict[date, int] = defaultdict(int)
    for totals in company.summary.tickets.values():
        for (month, _), count in totals.resolved_by_month.items():
            resolved[month] += count
    unit_cost = {month: cost[month] / count for month, count in resolved.items()}
    assert all(20 < value < 60 for value in unit_cost.values())
    assert months_by_value(unit_cost)[0] == company.summary.bad_month.month


def test_expedited_visits_are_billed_and_tagged(company: Sample) -> None:
    bad = company.summary.bad_month
    counts: dict[str, int] = {}
    for line in company.csv_rows("vendor_invoices"):
        if line["Vendor"] == bad.vendor and line["Item"] == "Expedited call-out":
            counts[line["Service From"]] = int(line["Quantity"])
    in_bad_month = counts.pop(bad.month.strftime("%m/%d/%Y"))
    assert in_bad_month == bad.expedited_visit_count
    assert in_bad_month > 2 * max(counts.values())
    assert {line["Initiative"] for line in company.ledger()} == {"", "Network vendor change"}


def test_the_summary_tells_the_cause(company: Sample, tmp_path: Path) -> None:
    bad = company.summary.bad_month
    for word in (bad.team, bad.vendor, bad.vendor_before, "April 2026"):
        assert word in bad.cause
    short = write_sample_exports(tmp_path, tickets=300, years=0.25).bad_month
    assert short.month == date(2026, 10, 1)

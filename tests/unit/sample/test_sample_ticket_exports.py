"""The ticket exports, read back without the pipeline: shapes, truth, and what makes them look real."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from sample_files import AMSTERDAM, Sample, read_local

from pipelines.sample.company import STATUS_NAMES, System
from pipelines.sample.servicenow import COLUMNS

DONE = {"Resolved", "Closed", "Done", "solved", "closed"}


@pytest.fixture(scope="module")
def incidents(sample: Sample) -> dict[str, list[dict[str, str]]]:
    """Audit rows by incident, in file order."""
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in sample.csv_rows("servicenow_incidents"):
        rows[row["number"]].append(row)
    return rows


def moves_of_issue(issue: dict[str, Any]) -> list[tuple[datetime, str, str]]:
    return [
        (datetime.strptime(history["created"], "%Y-%m-%dT%H:%M:%S.%f%z"), item["fromString"], item["toString"])
        for history in issue["changelog"]["histories"]
        for item in history["items"]
        if item["field"] == "status"
    ]


def moves_of_ticket(ticket: dict[str, Any], field: str = "status") -> list[tuple[datetime, str | None, str]]:
    return [
        (datetime.fromisoformat(audit["created_at"]), event.get("previous_value"), event["value"])
        for audit in ticket["audits"]
        for event in audit["events"]
        if event.get("field_name") == field
    ]


def test_incident_files_have_the_columns_and_rows_of_the_summary(sample: Sample) -> None:
    for file in sample.summary.files:
        if file.export == "servicenow_incidents":
            header, *rows = (sample.landing / file.path).read_text(encoding="utf-8").splitlines()
            assert tuple(header.split(",")) == COLUMNS
            assert len(rows) == file.rows["incident_audit"]


def test_each_incident_file_holds_the_updates_of_its_quarter(sample: Sample) -> None:
    for path in sample.files("servicenow_incidents"):
        year, quarter = path.stem.removeprefix("incident_audit_").split("_Q")
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            updated = read_local(line.split(",")[COLUMNS.index("sys_updated_at")])
            assert (updated.year, (updated.month + 2) // 3) == (int(year), int(quarter))


def test_incidents_agree_with_the_truth(sample: Sample, incidents: dict[str, list[dict[str, str]]]) -> None:
    truth = sample.summary.tickets["servicenow"]
    last = [rows[-1] for rows in incidents.values()]
    by_month: Counter[tuple[object, str]] = Counter()
    for rows in incidents.values():
        if rows[-1]["incident_state"] in DONE:
            resolution = next(row for row in reversed(rows) if row["incident_state"] == "Resolved")
            month = read_local(resolution["sys_updated_at"]).date().replace(day=1)
            by_month[month, resolution["assignment_group"]] += 1
    assert len(incidents) == truth.ticket_count
    assert sum(map(len, incidents.values())) == truth.update_count
    assert sum(row["incident_state"] in DONE for row in last) == truth.resolved_count
    assert sum(row["incident_state"] == "Canceled" for row in last) == truth.cancelled_count
    assert sum(row["reopen_count"] != "0" for row in last) == truth.reopened_count
    assert sum(int(row["reassignment_count"]) for row in last) == truth.handoff_count
    assert sum(all(row["incident_state"] != "Active" for row in rows) for rows in incidents.values()) == (
        truth.never_active_count
    )
    assert by_month == truth.resolved_by_month


def test_update_numbers_of_an_incident_have_no_gap(incidents: dict[str, list[dict[str, str]]]) -> None:
    for rows in incidents.values():
        assert [int(row["sys_mod_count"]) for row in rows] == list(range(len(rows)))
        times = [read_local(row["sys_updated_at"]).timestamp() for row in rows]
        # Within the repeated hour of an autumn night local times may step back by up to that hour.
        assert all(later - earlier > -3600 for earlier, later in pairwise(times))


def test_incidents_look_like_real_ones(incidents: dict[str, list[dict[str, str]]]) -> None:
    rows = [row for incident in incidents.values() for row in incident]
    assert {row["incident_state"] for row in rows} == set(STATUS_NAMES[System.SERVICENOW].values())
    assert any(row["resolved_at"] == "?" for row in rows)
    assert any(row["vendor"] == "?" for row in rows)
    assert {row["made_sla"] for row in rows} == {"true", "false"}
    # A flag never recovers, and rows are not incidents: that is why attainment is not counted by row.
    for incident in incidents.values():
        flags = [row["made_sla"] for row in incident]
        assert flags == sorted(flags, reverse=True)
    by_incident = sum(incident[-1]["made_sla"] == "true" for incident in incidents.values()) / len(incidents)
    by_row = sum(row["made_sla"] == "true" for row in rows) / len(rows)
    assert by_incident < by_row


def test_issues_agree_with_the_truth(sample: Sample) -> None:
    truth = sample.summary.tickets["jira"]
    issues = sample.issues()
    assert len(issues) == truth.ticket_count == sample.summary.rows("jira_issues", "issues")
    items = sum(len(history["items"]) for issue in issues for history in issue["changelog"]["histories"])
    assert items == sample.summary.rows("jira_issues", "issue_changes")
    assert len({issue["key"] for issue in issues}) == len(issues)
    by_month: Counter[tuple[object, str]] = Counter()
    for issue in issues:
        fields = issue["fields"]
        assert (fields["resolutiondate"] is None) == (fields["status"]["name"] not in ("Done", "Won't Do"))
        if fields["status"]["name"] == "Done":
            resolved = datetime.strptime(fields["resolutiondate"], "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(AMSTERDAM)
            by_month[resolved.date().replace(day=1), fields["customfield_10050"]["value"]] += 1
    assert by_month == truth.resolved_by_month
    assert {move[2] for issue in issues for move in moves_of_issue(issue)} == (
        set(STATUS_NAMES[System.JIRA].values()) - {"To Do"}
    )


def test_each_issue_change_starts_where_the_one_before_ended(sample: Sample) -> None:
    for issue in sample.issues():
        moves = moves_of_issue(issue)
        statuses = ["To Do", *(after for _, _, after in moves)]
        assert [before for _, before, _ in moves] == statuses[:-1]
        assert issue["fields"]["status"]["name"] == statuses[-1]
        assert [at for at, _, _ in moves] == sorted(at for at, _, _ in moves)


def test_support_tickets_agree_with_the_truth(sample: Sample) -> None:
    truth = sample.summary.tickets["zendesk"]
    tickets = sample.support_tickets()
    by_month: Counter[tuple[object, str]] = Counter()
    reopened = handoffs = 0
    for ticket in tickets:
        moves = moves_of_ticket(ticket)
        reopened += any(before == "solved" and after == "open" for _, before, after in moves)
        handoffs += len(moves_of_ticket(ticket, "group")) - 1
        if ticket["status"] in DONE:
            resolved = max(at for at, _, after in moves if after == "solved").astimezone(AMSTERDAM)
            by_month[resolved.date().replace(day=1), ticket["group"]["name"]] += 1
    assert len(tickets) == truth.ticket_count
    assert sum(len(ticket["audits"]) for ticket in tickets) == truth.update_count
    assert sum(by_month.values()) == truth.resolved_count
    assert len(tickets) - truth.resolved_count == truth.open_count
    assert (reopened, handoffs) == (truth.reopened_count, truth.handoff_count)
    assert by_month == truth.resolved_by_month


def test_support_tickets_begin_with_their_first_values_and_chain_on(sample: Sample) -> None:
    for ticket in sample.support_tickets():
        first = ticket["audits"][0]
        assert first["created_at"] == ticket["created_at"]
        created = {event["field_name"] for event in first["events"] if event["type"] == "Create"}
        assert created == {"status", "priority", "group"}
        for field, final in (
            ("status", ticket["status"]),
            ("priority", ticket["priority"]),
            ("group", ticket["group"]["name"]),
        ):
            moves = moves_of_ticket(ticket, field)
            assert [before for _, before, _ in moves] == [None, *(after for _, _, after in moves[:-1])]
            assert moves[-1][2] == final


def test_agents_and_customers_comment_in_public_and_agents_in_private(sample: Sample) -> None:
    comments = {
        (audit["author"]["role"], event["public"])
        for ticket in sample.support_tickets()
        for audit in ticket["audits"]
        for event in audit["events"]
        if event["type"] == "Comment"
    }
    assert comments == {("agent", True), ("agent", False), ("end-user", True)}


def test_nothing_happens_after_the_end(sample: Sample) -> None:
    end = sample.summary.ends_at
    times = [read_local(row["sys_updated_at"]) for row in sample.csv_rows("servicenow_incidents")]
    times += [move[0] for issue in sample.issues() for move in moves_of_issue(issue)]
    times += [
        datetime.fromisoformat(audit["created_at"]) for ticket in sample.support_tickets() for audit in ticket["audits"]
    ]
    assert max(times) < end
    assert (end - max(times)).total_seconds() < 86_400


def test_some_tickets_are_still_open_long_after_they_were_created(sample: Sample) -> None:
    end = sample.summary.ends_at
    ages = [
        (end - datetime.fromisoformat(ticket["created_at"])).days
        for ticket in sample.support_tickets()
        if ticket["status"] not in DONE
    ]
    assert max(ages) > 60


def test_rates_are_about_as_announced(sample: Sample) -> None:
    totals = sample.summary.tickets.values()
    tickets = sum(total.ticket_count for total in totals)
    assert 0.03 < sum(total.reopened_count for total in totals) / tickets < 0.08
    assert 0.02 < sum(total.priority_change_count for total in totals) / tickets < 0.06
    assert 0.01 < sum(total.never_active_count for total in totals) / tickets < 0.1

"""What a home's contracts and policies say that a person should know, though nothing of it stops a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import data_contracts
from pipelines.cli.main import kpi
from pipelines.home import Home
from pipelines.notices.business_hours import note_business_hours
from pipelines.notices.finding import find_notices, note_arrivals, note_empty_folders, note_lost_folders, note_unlisted
from pipelines.notices.missing_rates import note_missing_rates
from pipelines.project import load_project
from pipelines.scaffold import HomeFacts, write_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two ticket contracts and one of finance, all agreed."""
    folder = tmp_path / "home"
    write_home(folder, HomeFacts("Desk"), templates=["servicenow_incidents", "jira_issues", "general_ledger"])
    return Home(folder)


def rewrite(home: Home, contract: str, old: str, new: str) -> None:
    path = home.contracts / f"{contract}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def told(home: Home) -> list[str]:
    return [notice.message for notice in find_notices(load_project(home))]


def test_a_home_in_order_says_nothing(home: Home) -> None:
    (home.policies / "statuses.yaml").write_text("statuses: {servicenow: {New: queued}, jira: {Open: queued}}")
    assert told(home) == []


READ = "and its files are read and published all the same."


@pytest.mark.parametrize(
    ("status", "marks", "said"),
    [
        ("draft", 0, f"is a draft (status: draft), {READ} If it is right, write status: active."),
        ("draft", 1, f"is a draft (status: draft), {READ} Decide the line marked CHECK, and write status: active."),
        ("proposed", 2, f"(status: proposed), {READ} Decide the 2 lines marked CHECK, and write status: active."),
        ("retired", 1, f"(status: retired), {READ} Write status: active, or take the contract away."),
    ],
)
def test_a_contract_that_is_not_in_force_is_named_once(home: Home, status: str, marks: int, said: str) -> None:
    rewrite(home, "jira_issues", "status: active", f"status: {status}" + "\n# CHECK: is this right?" * marks)
    (message,) = told(home)
    assert message.startswith("contracts/jira_issues.yaml is ")
    assert said in message


def test_statuses_of_a_source_that_no_ticket_contract_has_are_named(home: Home) -> None:
    statuses = "statuses:\n  servicenov: {New: queued}\n  jira: {Open: queued}\n  books: {Paid: done}\n"
    (home.policies / "statuses.yaml").write_text(statuses)
    misspelt, elsewhere = told(home)
    assert misspelt.startswith("policies/statuses.yaml:2 maps statuses of the source 'servicenov', which no ticket")
    assert elsewhere.startswith("policies/statuses.yaml:4 maps")
    assert misspelt.endswith("Did you mean 'servicenow'?")
    assert elsewhere.endswith("Ticket contracts have jira, servicenow.")


def test_statuses_before_any_contract_are_no_mistake_but_do_nothing(tmp_path: Path) -> None:
    write_home(tmp_path, HomeFacts("Desk"), policies={"statuses.yaml": "statuses: {desk: {New: queued}}"})
    (message,) = told(Home(tmp_path))
    assert message.endswith("There is no ticket contract yet.")


STATUSES = "statuses: {jira: {Open: queued, Asked: {category: waiting, reason: customer}}}"


def promise(home: Home, *policies: str) -> None:
    (home.policies / "statuses.yaml").write_text(STATUSES)
    (home.policies / "sla.yaml").write_text("policies:\n" + "".join(f"  - {{{policy}}}\n" for policy in policies))


def test_a_pause_for_a_reason_that_no_status_has_is_named(home: Home) -> None:
    promise(home, "id: a, target: resolution, within: 4h, pause_on: {reasons: [custmer, customer]}")
    (message,) = told(home)
    assert message.startswith("policies/sla.yaml:2: policy 'a' pauses for the reason 'custmer', which no status")
    assert message.endswith("so it never does. Did you mean 'customer'?")


def test_a_pause_is_not_said_never_to_be_where_a_snapshot_leaves_it_open(home: Home) -> None:
    """Clocks of snapshots do not run on: they are not measured where a pause could matter."""
    log, snapshot = "{property: shape, value: event_log}", "{property: shape, value: snapshot}"
    (home.contracts / "jira_issues.yaml").unlink()
    promise(home, "id: a, target: resolution, within: 4h, pause_on: {reasons: [vendor]}")
    assert [message for message in told(home) if "so it never does" in message]
    template = (Path(data_contracts.__file__).parent / "exports" / "servicenow_incidents.yaml").read_text("utf-8")
    assert log in template
    (home.contracts / "servicenow_incidents.yaml").write_text(template.replace(log, snapshot), encoding="utf-8")
    assert not [message for message in told(home) if "so it never does" in message]


def test_a_policy_for_a_source_that_no_ticket_contract_has_is_named(home: Home) -> None:
    promise(home, "id: a, target: resolution, within: 4h, applies_to: {source: [jira, servicenov]}")
    (message,) = told(home)
    assert "policy 'a' applies to the source 'servicenov', which no ticket contract has." in message
    assert message.endswith("Did you mean 'servicenow'?")


GENERAL = "id: general, target: resolution, within: 8h"


@pytest.mark.parametrize(
    "below",
    [
        "id: b, target: resolution, within: 4h",
        "id: b, target: resolution, within: 4h, applies_to: {priority: P1}",
        "id: b, target: resolution, within: 4h, effective_from: 2026-01-01",
    ],
)
def test_a_policy_below_one_that_takes_all_it_could_have_is_named(home: Home, below: str) -> None:
    promise(home, GENERAL, below)
    (message,) = told(home)
    assert message.startswith("policies/sla.yaml:3: policy 'b' counts for no ticket: 'general' stands above it")


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("id: a, target: resolution, within: 4h, applies_to: {priority: P1}", GENERAL),
        ("id: a, target: first_response, within: 1h", GENERAL),
        ("id: a, target: resolution, within: 4h, effective_to: 2026-06-30", GENERAL),
        (
            "id: a, target: resolution, within: 4h, applies_to: {priority: [P1, P2]}",
            "id: b, target: resolution, within: 8h, applies_to: {priority: [P2, P3]}",
        ),
        (
            "id: a, target: resolution, within: 4h, applies_to: {priority: P1, team: Network}",
            "id: b, target: resolution, within: 8h, applies_to: {priority: P1}",
        ),
    ],
)
def test_a_policy_that_has_something_left_is_not(home: Home, above: str, below: str) -> None:
    promise(home, above, below)
    assert told(home) == []


def test_check_of_the_contracts_shows_them(home: Home) -> None:
    rewrite(home, "jira_issues", "status: active", "status: draft")
    result = CliRunner().invoke(kpi, ["contract", "check", "--home", str(home.folder)])
    assert result.exit_code == 0
    assert result.output.count("contracts/jira_issues.yaml is a draft") == 1
    document = json.loads(CliRunner().invoke(kpi, ["contract", "check", "--json", "--home", str(home.folder)]).output)
    assert [notice["code"] for notice in document["notices"]] == ["unagreed_contract"]
    assert {found["id"]: found["status"] for found in document["contracts"]}["jira_issues"] == "draft"


def test_what_came_late_is_noted_where_it_holds_nothing() -> None:
    found = [("rates", "failed", "The newest rate is old."), ("ledger", "passed", "Old."), ("log", "skipped", "Old.")]
    (notice,) = note_arrivals(found)
    assert (notice.code, notice.subject, notice.message) == ("late_arrival", "rates", "The newest rate is old.")


def test_names_that_no_list_knows_are_noted_without_what_the_rule_means(home: Home) -> None:
    project = load_project(home)
    rules = {rule.id: rule for contract in project.warehouse_contracts for rule in contract.rules}
    unlisted = (
        "Not known: 'Servicedesk' in 2 tickets. What is new belongs into known: team (policies/dimensions.yaml:2)."
    )
    found = [
        ("tickets.team.known", "failed", f"{rules['tickets.team.known'].message} {unlisted}"),
        ("tickets.vendor.known", "passed", rules["tickets.vendor.known"].message),
        ("tickets.service.known", "skipped", rules["tickets.service.known"].message),
        ("tickets.events.present", "failed", rules["tickets.events.present"].message),
    ]
    (notice,) = note_unlisted(project, found)
    assert (notice.code, notice.subject) == ("unlisted_name", "policies/dimensions.yaml")
    assert notice.message == f"tickets.team.known: {unlisted}"


def test_the_landing_folder_that_is_empty_is_named(home: Home) -> None:
    (home.landing / "jira_issues" / "issues.csv").write_text("x")
    (home.landing / "general_ledger").rmdir()
    (home.landing / "servicenow_incidents" / ".hidden").write_text("x")
    rows = [(each.subject, each.message) for each in note_empty_folders(load_project(home), ())]
    assert [subject for subject, _ in rows] == ["general_ledger", "servicenow_incidents"]
    assert f"{home.landing / 'general_ledger'} is not there, so nothing is known of what contracts/" in rows[0][1]
    assert f"{home.landing / 'servicenow_incidents'} has no file" in rows[1][1]
    # What was read and taken away since counts on.
    found = note_empty_folders(load_project(home), {"general_ledger", "servicenow_incidents"})
    assert list(found) == []


def test_a_landing_folder_that_is_gone_is_told_once_files_were_read_from_it(home: Home) -> None:
    project, read = load_project(home), {"general_ledger", "servicenow_incidents"}
    assert list(note_lost_folders(project, read)) == [], "empty ones may be archived"
    (home.landing / "general_ledger").rmdir()
    (told,) = note_lost_folders(project, read)
    assert (told.code, told.subject) == ("lost_folder", "general_ledger")
    assert told.message.startswith(f"{home.landing / 'general_ledger'} is not there any more, so that no new file can")
    assert list(note_lost_folders(project, {"servicenow_incidents"})) == [], "nothing was ever read from it"
    home.landing.rename(home.landing.with_name("elsewhere"))
    (told,) = note_lost_folders(project, read)
    assert told.message.startswith(f"{home.landing} is not there any more")


CALENDARS = "calendars: {office: {time_zone: UTC, versions: [{week: {monday: 09:00-17:00, tuesday: 09:00-17:00}}]}}\n"


@pytest.mark.parametrize(
    ("calendars", "says"),
    [
        ("", ["policies/calendars.yaml says of no team when it works", "{default: office}"]),
        (
            CALENDARS,
            ["policies/calendars.yaml defines office, but says of no team that it works by it", "{default: office}"],
        ),
        (CALENDARS + "team_calendars: {default: office}\n", []),
        (CALENDARS + "team_calendars: {default: 24x7, teams: {Desk: office}}\n", []),
        ("team_calendars: {default: 24x7}\n", []),
    ],
)
def test_business_hours_that_are_hours_of_the_clock_are_told(home: Home, calendars: str, says: list[str]) -> None:
    (home.policies / "calendars.yaml").write_text(calendars, encoding="utf-8")
    messages = [notice.message for notice in note_business_hours(load_project(home))]
    assert len(messages) == bool(says)
    assert all(text in message for message in messages for text in [*says, "nights, weekends and holidays count"])


def test_where_there_are_no_tickets_nothing_is_told_of_business_hours(home: Home) -> None:
    for contract in ("servicenow_incidents", "jira_issues"):
        (home.contracts / f"{contract}.yaml").unlink()
    assert list(note_business_hours(load_project(home))) == []


def test_lines_that_lack_a_rate_are_counted_beside_the_remedy() -> None:
    rule = "vendor_invoice_lines.currency_code.convertible"
    found = [
        (rule, "failed", "Missing: USD to SEK.", 2466, 2466),
        ("cost_lines.currency_code.convertible", "passed", "", 0, 9),
    ]
    (notice,) = note_missing_rates(found)
    assert (notice.code, notice.subject) == ("missing_rate", "vendor_invoice_lines")
    assert notice.message == (
        f"{rule}: 2,466 of 2,466 rows of vendor_invoice_lines lack an exchange rate. Missing: USD to SEK."
    )

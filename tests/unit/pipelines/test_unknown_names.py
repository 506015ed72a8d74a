"""Names in policies that no ticket and no cost line has are told, with the nearest one that some have."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from models.vocabulary import Domain
from pipelines.notices.unknown_names import KNOWN_NAMES, Names, find_unknown_names, read_names
from pipelines.policies.loading import Policies, load_policies

KNOWN = read_names(
    [
        *[("team", "Network"), ("team", "Service Desk"), ("priority", "P1"), ("service", "Email")],
        *[
            ("cost_lines.vendor", "Orbit Telecom Ltd"),
            ("cost_lines.cost_centre", "4120"),
            ("headcount.team", "Facilities"),
        ],
    ]
)


def policies(folder: Path, **files: str) -> Policies:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_policies(folder)


def told(found: Policies, names: Names = KNOWN) -> list[str]:
    notices = find_unknown_names(found, names)
    assert {notice.code for notice in notices} <= {"unknown_name"}
    # Each begins with the file and the line; what is compared below is the rest.
    places = [re.match(r"(policies/\w+\.yaml):\d+(: .*)", notice.message) for notice in notices]
    assert all(place is not None and place[1] == notice.subject for place, notice in zip(places, notices, strict=True))
    return [f"{place[1]}{place[2]}".removeprefix("policies/") for place in places if place is not None]


def scope(folder: Path, applies_to: str, **others: str) -> list[str]:
    policy = f"policies: [{{id: a, target: resolution, within: 4h, applies_to: {{{applies_to}}}}}]"
    return told(policies(folder, sla=policy, **others))


def test_what_the_data_have_is_no_notice(tmp_path: Path) -> None:
    assert scope(tmp_path, "team: [Network, Service Desk], priority: P1, service: Email") == []


def test_a_misspelt_team_is_told_with_the_nearest(tmp_path: Path) -> None:
    (message,) = scope(tmp_path, "team: Netwrk")
    assert message.startswith(
        "sla.yaml: policy 'a' applies to the team 'Netwrk', which no ticket has, so it counts for none."
    )
    assert message.endswith(" Did you mean 'Network'?")


def test_a_target_of_a_name_that_no_record_has_is_told_with_the_nearest(tmp_path: Path) -> None:
    of = "{metric: sla_attainment_ratio, value: 0.9, "
    targets = (
        f"targets: [{of}team: Netwrk}}, {of}team: Network}}, {of}vendor: Orbit Telecom Ltd}}, {of}service: Mail}}]"
    )
    misspelt, other = told(policies(tmp_path, targets=targets))
    assert misspelt == (
        "targets.yaml: target of sla_attainment_ratio is for the team 'Netwrk', which no record has, so nothing is "
        "held against it. Did you mean 'Network'?"
    )
    assert "the service 'Mail', which no record has" in other


def test_a_target_of_a_team_that_only_bears_cost_is_no_notice(tmp_path: Path) -> None:
    targets = "targets: [{metric: cost_total_reporting, value: 900, period: month, team: Head Office}]"
    costs = "cost_centres: {1: {team: Head Office}}\nstep_down: [{team: Head Office, driver: headcount}]"
    assert told(policies(tmp_path, targets=targets, costs=costs)) == []


def test_without_records_no_target_is_told(tmp_path: Path) -> None:
    targets = "targets: [{metric: sla_attainment_ratio, value: 0.9, team: Anybody}]"
    assert told(policies(tmp_path, targets=targets), {}) == []


def test_a_supporting_team_needs_no_tickets(tmp_path: Path) -> None:
    costs = "cost_centres: {1: {team: Head Office}, 2: {team: Hed Office}}\n"
    steps = "step_down: [{team: Head Office, driver: headcount}]\n"
    (message,) = told(policies(tmp_path, costs=costs + steps))
    assert message.startswith("costs.yaml: cost centre 2 names the team 'Hed Office', which no ticket has")
    assert message.endswith("Did you mean 'Head Office'?")


def test_capitals_are_told(tmp_path: Path) -> None:
    (message,) = scope(tmp_path, "priority: p1")
    assert message.endswith("Did you mean 'P1'? Capitals count.")


def test_one_name_of_several_does_nothing_alone(tmp_path: Path) -> None:
    (message,) = scope(tmp_path, "team: [Network, Nettwork]")
    assert "the team 'Nettwork', which no ticket has, so that name does nothing. Did you mean 'Network'?" in message


def test_a_name_that_dimensions_replace_is_told_by_its_common_name(tmp_path: Path) -> None:
    (message,) = scope(tmp_path, "team: Helpdesk", dimensions="team: {Service Desk: [Helpdesk]}")
    assert message.endswith("dimensions.yaml calls it 'Service Desk': write that.")


def test_a_common_name_that_no_ticket_has_is_not_what_to_write(tmp_path: Path) -> None:
    (message,) = scope(tmp_path, "priority: P11", dimensions="priority: {Urgent: [P11]}")
    assert message.endswith("the priority 'P11', which no ticket has, so it counts for none. Did you mean 'P1'?")


def test_the_line_is_that_of_the_name(tmp_path: Path) -> None:
    sla = [
        *("policies:", "  - {id: a, target: resolution, within: 4h, applies_to: {team: Network}}"),
        *("  - id: b", "    target: resolution", "    within: 4h", "    applies_to:", "      team: [Netwrk]"),
    ]
    calendars = "team_calendars:\n  default: 24x7\n  teams:\n    Network: 24x7\n    Netwrk: 24x7\n"
    costs = "pools:\n  - id: p\n    driver: fixed_shares\n    shares:\n      Network: 0.5\n      Netwerk: 0.5\n"
    found = policies(tmp_path, sla="\n".join(sla), calendars=calendars, costs=costs)
    notices = find_unknown_names(found, KNOWN)
    assert [notice.message.partition(": ")[0] for notice in notices] == [
        "policies/sla.yaml:7",
        "policies/calendars.yaml:5",
        "policies/costs.yaml:6",
    ]


def test_a_dimension_that_no_ticket_names_is_told_so(tmp_path: Path) -> None:
    (message,) = scope(tmp_path, "vendor: Acme")
    assert message.endswith(
        "the vendor 'Acme', which no ticket has, so it counts for none. No vendor is named there at all."
    )


def test_a_name_that_is_near_to_nothing_is_told_with_those_there_are(tmp_path: Path) -> None:
    (message,) = scope(tmp_path, "team: Zzz")
    assert message.endswith("There are Network, Service Desk.")


def test_teams_of_calendars_and_costs(tmp_path: Path) -> None:
    found = policies(
        tmp_path,
        calendars="calendars: {}\nteam_calendars: {default: 24x7, teams: {Netwrok: 24x7}}",
        costs=(
            "cost_centres: {CC1: {team: Service Dest}, CC2: {team: Facilities, service: Emial}}\n"
            "pools:\n"
            "  - {id: p, where: {vendor: [Orbyt*]}, driver: direct}\n"
            "  - {id: q, where: {vendor: [orbit*], cost_centre: [41*]}, driver: fixed_shares, shares: {Netwerk: 0.5}}\n"
        ),
    )
    of_no_ticket = "which no ticket has, so no transaction bears its cost."
    assert told(found) == [
        f"{message} Did you mean '{near}'?"
        for message, near in (
            (
                "calendars.yaml: team_calendars names the team 'Netwrok', which no ticket has, so it does nothing.",
                "Network",
            ),
            (f"costs.yaml: cost centre CC1 names the team 'Service Dest', {of_no_ticket}", "Service Desk"),
            (f"costs.yaml: cost centre CC2 names the service 'Emial', {of_no_ticket}", "Email"),
            (f"costs.yaml: pool 'q' names the team 'Netwerk', {of_no_ticket}", "Network"),
            ("costs.yaml: pool 'p' selects the vendor 'Orbyt*', which no cost line has.", "Orbit Telecom Ltd"),
        )
    ]


@pytest.mark.parametrize("names", [{}, {"cost_lines.vendor": frozenset(["Acme"])}])
def test_before_any_ticket_nothing_is_told_of_tickets(tmp_path: Path, names: Names) -> None:
    policy = "policies: [{id: a, target: resolution, within: 4h, applies_to: {team: Netwrk}}]"
    assert told(policies(tmp_path, sla=policy), names) == []


CONTRACTS = read_names(
    [
        *[("contract", "ORB-2026"), ("contract.item", "Desk seat"), ("contract.item", "Onsite day")],
        *[("promised_by.Orbit", "Desk seat"), ("invoice_lines.item", "Seat, monthly")],
    ]
)


def test_contract_items_of_sla_policies_are_held_against_what_the_vendor_promises(tmp_path: Path) -> None:
    entry = (
        "  - {{id: {id}, target: vendor_resolution, within: {{contract_item: {item}}}, applies_to: {{vendor: Orbit}}}}"
    )
    lines = [entry.format(id="kept", item="desk seat"), entry.format(id="lost", item="Onsite day")]
    found = policies(tmp_path, sla="\n".join(["policies:", *lines]))
    (message,) = told(found, CONTRACTS)
    assert message == (
        "sla.yaml: policy 'lost' takes its time from the contract item 'Onsite day', for which no contract of Orbit "
        "promises a time, so it counts for none. There are Desk seat."
    )


def test_vendor_policies_are_held_against_contracts_and_invoices(tmp_path: Path) -> None:
    promise = "{id: a, target: vendor_resolution, item: %s}"
    found = policies(
        tmp_path,
        vendors="\n".join(
            [
                "items: {Onsite dey: [Day on site]}",
                "service_credits:",
                f"  - {{contract: [ORB-2O26], fee: {{items: [Seats*]}}, promises: [{promise % 'Desk sit'}]}}",
                f"  - {{contract: [orb-*], fee: {{items: [seat*]}}, promises: [{promise % 'desk seat'}]}}",
            ]
        ),
    )
    assert [message.removeprefix("vendors.yaml: ") for message in told(found, CONTRACTS)] == [
        f"{what}, so {effect}. Did you mean '{near}'?"
        for what, effect, near in (
            (
                "service_credits of ORB-2O26 names the contract 'ORB-2O26', which no contract register has",
                "nothing is due under it",
                "ORB-2026",
            ),
            (
                "promise 'a' of ORB-2O26 names the contract item 'Desk sit', which no contract has",
                "it promises nothing",
                "Desk seat",
            ),
            (
                "fee of ORB-2O26 names the invoiced item 'Seats*', which no invoice line has",
                "it adds nothing to the fee",
                "Seat, monthly",
            ),
            (
                "items names the contract item 'Onsite dey', which no contract has",
                "what is billed under its other names has no price",
                "Onsite day",
            ),
        )
    ]
    assert told(found, {}) == []


def register(tmp_path: Path, contracts: str, dealing: str = "('Acme Ltd')") -> list[str]:
    """The notices on a register, read by the real query from real tables."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE SCHEMA stg")
        connection.execute(
            "CREATE TABLE stg.stg_vendor_contracts AS SELECT vendor_contract_id, vendor, item, "
            "CAST(start_date AS DATE) AS start_date, CAST(end_date AS DATE) AS end_date, NULL AS sla_target_hours "
            f"FROM (VALUES {contracts}) AS rows(vendor_contract_id, vendor, item, start_date, end_date)"
        )
        connection.execute(
            f"CREATE TABLE stg.stg_vendor_invoice_lines AS SELECT vendor, 'x' AS item FROM (VALUES {dealing}) r(vendor)"
        )
        connection.execute("CREATE TABLE stg.stg_deliveries AS SELECT 'Northlight Couriers' AS vendor")
        names = read_names(connection.execute(KNOWN_NAMES[Domain.VENDORS]).fetchall())
    return [notice.message for notice in find_unknown_names(load_policies(tmp_path), names)]


def contract(
    contract_id: str, vendor: str, item: str, start: str = "2026-01-01", end: str | None = "2026-12-31"
) -> str:
    return f"('{contract_id}', '{vendor}', '{item}', '{start}', {'NULL' if end is None else repr(end)})"


def test_a_vendor_of_the_register_that_neither_bills_nor_delivers_is_told_with_the_nearest(tmp_path: Path) -> None:
    rows = [
        contract("K-1", "acme  ltd", "Visit"),
        contract("K-2", "Orgenix Ltd", "Visit"),
        contract("K-3", "Northlight Couriers", "Parcel"),
        contract("K-4", "Quite Another", "Visit"),
    ]
    misspelt, nobody = register(tmp_path, ", ".join(rows), "('Acme Ltd'), ('Organix Ltd')")
    assert "names the vendor 'Orgenix Ltd', which no invoice and no delivery has" in misspelt
    assert "Did you mean 'Organix Ltd'?" in misspelt
    line = re.search(r"under vendor: (.+)\.$", misspelt)
    assert line is not None
    accepted = policies(tmp_path, dimensions=f"vendor:\n  {line[1]}\n")
    assert accepted.dimensions["vendor"]["orgenix ltd"] == "Organix Ltd"
    assert "names a vendor of whom there is no invoice and no delivery: 'Quite Another'." in nobody


def test_two_contracts_of_one_vendor_with_one_item_on_the_same_days_are_told(tmp_path: Path) -> None:
    rows = [
        contract("K-1", "Acme Ltd", "Visit"),
        contract("K-1", "Acme Ltd", "Parts"),
        contract("K-2", "ACME Ltd", "visit ", "2026-06-01", None),
        contract("K-2", "ACME Ltd", "Advice", "2026-06-01", None),
        contract("K-0", "Acme Ltd", "Visit", "2025-01-01", "2025-12-31"),
    ]
    (message,) = register(tmp_path, ", ".join(rows))
    assert message.startswith(
        "The contracts K-1 and K-2 of 'Acme Ltd' both have 'Visit' from 2026-06-01 to 2026-12-31. What is billed"
    )


def test_contracts_whose_days_follow_each_other_or_contradict_are_not_told(tmp_path: Path) -> None:
    rows = [
        contract("K-1", "Acme Ltd", "Visit", "2026-01-01", "2026-05-31"),
        contract("K-2", "Acme Ltd", "Visit", "2026-06-01", "2026-12-31"),
        contract("K-3", "Acme Ltd", "Visit", "2026-02-01", "2026-12-31"),
        contract("K-3", "Acme Ltd", "Parts", "2026-03-01", "2026-12-31"),
    ]
    assert register(tmp_path, ", ".join(rows)) == []

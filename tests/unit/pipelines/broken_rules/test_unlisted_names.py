"""Names that no list knows: which rules ask, what they say of the names, and which lists contradict themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from data_contracts.documents import DocumentError
from data_contracts.loader import load_warehouse_contracts
from data_contracts.spec import Rule
from data_contracts.verdict import RuleResult, meaning_of
from models.catalog import STAGED
from models.finance import stg_cost_lines, stg_headcount
from models.tickets import stg_ticket_events, stg_tickets
from models.vocabulary import RuleAction, RuleState
from pipelines.broken_rules.evidence import Evidence
from pipelines.broken_rules.explaining import explain_broken
from pipelines.gate.audit import audit
from pipelines.policies.loading import Policies, load_policies
from pipelines.warehouse import Warehouse

RULES = {rule.id: rule for contract in load_warehouse_contracts() for rule in contract.rules}
LIST = "known:\n  team: [Service Desk, Network Operations, Facilities]\n"


def write(folder: Path, text: str) -> Policies:
    (folder / "dimensions.yaml").write_text(text, encoding="utf-8")
    return load_policies(folder)


def ask(warehouse: Warehouse, rule: str, policies: Policies) -> RuleResult:
    found = audit(warehouse, [RULES[rule]], reporting_currency="EUR", listed_names=policies.listed_names)
    (result,) = explain_broken(found, Evidence(warehouse, (), policies, "EUR", "UTC"))
    return result


def told(result: RuleResult) -> str:
    """What is said beyond the rule's own words."""
    return result.rule.message.removeprefix(RULES[result.rule.id].message).strip()


def bring_tickets(warehouse: Warehouse, teams: Iterable[str | None]) -> None:
    rows = [
        {
            "ticket_id": f"t:{number}",
            "source": "t",
            "team": team,
            "export_shape": "snapshot",
            "load_id": "1",
            "row_number": number,
        }
        for number, team in enumerate(teams)
    ]
    warehouse.replace(stg_tickets, pl.DataFrame(rows))


def listing_rules() -> list[Rule]:
    return [rule for rule in RULES.values() if rule.listed_dimension is not None]


def test_every_table_with_names_has_a_rule_for_each_of_its_dimensions() -> None:
    columns = {
        f"{table.name.removeprefix('stg_')}.{name}.known"
        for tables in STAGED.values()
        for table in tables
        for name in ("team", "priority", "service", "vendor")
        # A ticket is judged with its whole history.
        if name in table.columns and table is not stg_ticket_events
    }
    assert {rule.id for rule in listing_rules()} == columns
    assert {rule.action for rule in listing_rules()} == {RuleAction.WARN}
    assert all(rule.id.split(".")[1] == rule.listed_dimension for rule in listing_rules())


def test_a_rule_without_a_list_is_not_asked_and_says_so(warehouse: Warehouse, tmp_path: Path) -> None:
    bring_tickets(warehouse, ["Nobody"])
    for text in ("", "known: {priority: [P1]}", "known: {team: }"):
        result = ask(warehouse, "tickets.team.known", write(tmp_path, text))
        assert result.state is RuleState.SKIPPED
        assert meaning_of(result).endswith("(Not evaluated: policies/dimensions.yaml lists no known team.)")


def test_a_table_without_rows_does_not_pass_either(warehouse: Warehouse, tmp_path: Path) -> None:
    result = ask(warehouse, "tickets.team.known", write(tmp_path, LIST))
    assert (result.state, result.error) == (RuleState.SKIPPED, "the table is empty")


def test_known_names_pass_and_a_missing_one_is_for_another_rule(warehouse: Warehouse, tmp_path: Path) -> None:
    bring_tickets(warehouse, ["Service Desk", "Facilities", None])
    result = ask(warehouse, "tickets.team.known", write(tmp_path, LIST))
    assert (result.state, result.evaluated_count, result.failed_count) == (RuleState.PASSED, 3, 0)
    assert told(result) == ""


def test_the_worst_names_are_told_with_the_line_to_write(warehouse: Warehouse, tmp_path: Path) -> None:
    teams = ["Service Desk", *["Servicedesk"] * 3, *["Zulu"] * 2, "service desk", "Alpha", "Beta"]
    bring_tickets(warehouse, teams)
    policies = write(tmp_path, "team:\n  Service Desk: [IT Desk, 'Desk: 1']\n" + LIST)
    result = ask(warehouse, "tickets.team.known", policies)
    assert (result.failed_count, result.evaluated_count) == (8, 9)
    assert told(result) == (
        "Not known: 'Servicedesk' in 3 tickets, 'Zulu' in 2 tickets, 'Alpha' in 1 ticket and 2 more. "
        "If 'Servicedesk' is 'Service Desk', write at the top level of policies/dimensions.yaml under team: "
        'Service Desk: [IT Desk, "Desk: 1", Servicedesk]. '
        "What is new belongs into known: team (policies/dimensions.yaml:4)."
    )


def test_the_line_that_is_told_mends_it(warehouse: Warehouse, tmp_path: Path) -> None:
    bring_tickets(warehouse, ["Service Desk", "Service-Desk: 2"])
    result = ask(warehouse, "tickets.team.known", write(tmp_path, LIST))
    line = told(result).partition("under team: ")[2].partition(". What is new")[0]
    assert write(tmp_path, f"team:\n  {line}\n{LIST}").dimensions["team"] == {"service-desk: 2": "Service Desk"}


def test_a_known_name_that_no_record_has_may_be_what_is_misspelt(warehouse: Warehouse, tmp_path: Path) -> None:
    bring_tickets(warehouse, ["Network Operations"] * 2)
    policies = write(tmp_path, "known:\n  team: [Netwrk Operations]\n")
    assert told(ask(warehouse, "tickets.team.known", policies)) == (
        "Not known: 'Network Operations' in 2 tickets. "
        "No record has the known 'Netwrk Operations': if that should be 'Network Operations', correct the list. "
        "What is new belongs into known: team (policies/dimensions.yaml:2)."
    )


def test_names_that_differ_by_a_number_are_different_names(warehouse: Warehouse, tmp_path: Path) -> None:
    bring_tickets(warehouse, ["Team 1", "Team 3", "Taem 1"])
    said = told(ask(warehouse, "tickets.team.known", write(tmp_path, "known:\n  team: [Team 1, Team 2]\n")))
    assert "Not known: 'Taem 1' in 1 ticket, 'Team 3' in 1 ticket." in said
    assert "If 'Taem 1' is 'Team 1', write" in said
    assert "'Team 3' is" not in said and "should be 'Team 3'" not in said


def test_a_ticket_is_judged_with_its_history_and_counted_once(warehouse: Warehouse, tmp_path: Path) -> None:
    bring_tickets(warehouse, ["Service Desk", "Service Desk", "Zulu"])
    events = [
        {"ticket_id": "t:0", "team": "Zulu", "team_before": None},
        {"ticket_id": "t:0", "team": "Service Desk", "team_before": "Zulu"},
        {"ticket_id": "t:1", "team": None, "team_before": "Kilo"},
        {"ticket_id": "t:2", "team": "Zulu", "team_before": "Service Desk"},
    ]
    rows = [{**event, "source": "t", "load_id": "1", "row_number": number} for number, event in enumerate(events)]
    warehouse.replace(stg_ticket_events, pl.DataFrame(rows))
    result = ask(warehouse, "tickets.team.known", write(tmp_path, LIST))
    assert (result.failed_count, result.failed_record_count, result.evaluated_count) == (3, 3, 3)
    assert told(result).startswith("Not known: 'Zulu' in 2 tickets, 'Kilo' in 1 ticket. ")


def test_lines_and_figures_are_called_what_they_are(warehouse: Warehouse, tmp_path: Path) -> None:
    lines = [
        {"cost_line_id": f"g:{number}", "source": "g", "vendor": "Acme", "load_id": "1", "row_number": number}
        for number in range(1200)
    ]
    warehouse.replace(stg_cost_lines, pl.DataFrame(lines))
    heads = [
        {"month_date": month, "team": "Zulu", "headcount": 3, "source": "g", "load_id": load, "row_number": 1}
        for load, month in (("1", date(2026, 1, 1)), ("2", date(2026, 2, 1)))
    ]
    warehouse.replace(stg_headcount, pl.DataFrame(heads))
    policies = write(tmp_path, LIST + "  vendor: [Ace]\n")
    assert told(ask(warehouse, "cost_lines.vendor.known", policies)).startswith("Not known: 'Acme' in 1,200 lines. ")
    assert told(ask(warehouse, "headcount.team.known", policies)).startswith("Not known: 'Zulu' in 2 figures. ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "team:\n  Servise Desk: [IT Desk]\nknown:\n  team: [Service Desk]\n",
            (
                "dimensions.yaml:2: 'Servise Desk' has aliases, but is no known team. Add it to known: team, or spell "
                "it as it stands there. Did you mean 'Service Desk'?"
            ),
        ),
        (
            "team:\n  Service Desk: [IT Desk]\nknown:\n  team: [Service Desk, it desk]\n",
            (
                "dimensions.yaml:4: 'it desk' is a known team, but also an alias of 'Service Desk', so no record keeps "
                "that name. Take it out of one of the two."
            ),
        ),
        (
            "known:\n  team: [Desk, Field, desk]\n",
            (
                "dimensions.yaml:2: 'desk' is the known 'Desk' in other capitals. Take one of them out. Records that "
                "have it can be given the other by an alias."
            ),
        ),
        (
            "known:\n  team: [Desk, Field, Desk]\n",
            (
                "dimensions.yaml:2: 'Desk' stands there twice. Take one of them out. Records that have it can be given "
                "the other by an alias."
            ),
        ),
        (
            "team:\n  Second Line: [Value 2]\n  Third Line: [Value 3, value 2]\n",
            (
                "dimensions.yaml:3: 'value 2' is an alias of 'Third Line', but also of 'Second Line'. Take it out of "
                "one of the two; lower and upper case are the same."
            ),
        ),
        (
            "team:\n  Desk: [IT Desk]\n  it desk: [Servicedesk]\n",
            (
                "dimensions.yaml:3: 'it desk' has aliases, and is an alias of 'Desk' itself. Write all of them under "
                "'Desk', or take 'it desk' out there."
            ),
        ),
        ("known:\n  team: []\n", "dimensions.yaml:2: key 'team': there is a name that is empty, or none at all"),
        ("known:\n  team: [Service Desk, ' ']\n", "dimensions.yaml:2: key 'team': there is a name that is empty"),
        (
            "known:\n  teams: [Service Desk]\n",
            (
                "dimensions.yaml:2: key 'teams': is not known here. Known are team, priority, service or vendor. "
                "Did you mean 'team'?"
            ),
        ),
    ],
)  # fmt: skip
def test_a_list_that_contradicts_itself_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as raised:
        write(tmp_path, text)
    assert f"{tmp_path.name}/{message}" in str(raised.value)


def test_a_known_name_may_be_its_own_alias_in_other_letters(tmp_path: Path) -> None:
    policies = write(tmp_path, "team: {Service Desk: [SERVICE DESK]}\nknown: {team: Service Desk}\n")
    assert policies.listed_names == {"team": frozenset(["Service Desk"])}

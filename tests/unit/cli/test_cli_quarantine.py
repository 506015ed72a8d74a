"""`kpi quarantine` on a desk that keeps a log of its tickets, and exports nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner

from pipelines.cli.main import kpi
from pipelines.scaffold import HomeFacts, write_home

_CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: desk
name: Desk
version: 1.0.0
status: active
domain: tickets
servers:
  - {server: landing, type: local, path: "*.csv", format: csv, encoding: utf-8}
schema:
  - name: log
    physicalType: file
    dataGranularityDescription: one row per change
    customProperties: [{property: shape, value: event_log}]
    properties:
      - {name: number, logicalType: string, required: true, description: Number.,
         customProperties: [{property: feeds, value: [tickets.ticket_id, ticket_events.ticket_id]}]}
      - {name: state, logicalType: string, required: true, description: State.,
         customProperties: [{property: feeds, value: [tickets.status, ticket_events.status]}]}
      - {name: at, logicalType: timestamp, required: true, description: When.,
         customProperties: [{property: formats, value: ["%Y-%m-%dT%H:%M:%S%z"]},
                            {property: feeds, value: ticket_events.occurred_at}]}
      - {name: opened, logicalType: timestamp, required: true, description: When it was created.,
         customProperties: [{property: formats, value: ["%Y-%m-%dT%H:%M:%S%z"]},
                            {property: feeds, value: tickets.created_at}]}
customProperties: [{property: source, value: desk}]
"""

Ask = Callable[..., str]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Sixty tickets of three rows each: the second one of ticket 7 has a state that nobody knows, and ticket 9 begins
    an hour before it was created."""
    home = tmp_path_factory.mktemp("desk") / "home"
    write_home(home, HomeFacts("Desk"))
    (home / "contracts" / "desk.yaml").write_text(_CONTRACT, encoding="utf-8")
    (home / "policies" / "statuses.yaml").write_text("statuses: {desk: {New: queued, Busy: active, Done: done}}")
    rows = []
    for number in range(60):
        begun = 7 if number == 9 else 8
        for state, hour in (("New", begun), ("Lost" if number == 7 else "Busy", 9), ("Done", 10)):
            rows.append(f"{number},{state},2026-10-05T{hour:02}:00:00Z,2026-10-05T08:00:00Z")
    (home / "landing" / "desk").mkdir(parents=True)
    (home / "landing" / "desk" / "log.csv").write_text("\n".join(["number,state,at,opened", *rows]) + "\n")

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(kpi, [*arguments, "--home", str(home)])
        assert result.exit_code == 0, result.output
        return result.output

    run("run", "--quiet")
    return run


def test_list_and_page_of_a_record_name_the_row_that_is_wrong(ask: Ask) -> None:
    listed = {row["record"]: row for row in json.loads(ask("quarantine", "list", "--json"))}
    assert listed.keys() == {"desk:7", "desk:9"}
    # The header is row 1, and each of the seven before it has three rows.
    wrong = 1 + 7 * 3 + 2
    assert listed["desk:7"]["row"] == wrong
    page = ask("quarantine", "show", "desk:7")
    assert f"from landing/desk/log.csv, row {wrong}" in page
    assert f"Correct landing/desk/log.csv, row {wrong}," in page


def test_page_of_a_record_whose_events_break_a_rule_names_no_row_for_it(ask: Ask) -> None:
    page = ask("quarantine", "show", "desk:9")
    assert "ticket_events.occurred_at.not_before_created" in page
    assert "Correct its events in landing/desk/log.csv, and put the file in place" in page


def test_only_kpis_that_the_home_has_data_for_lose_coverage(ask: Ask) -> None:
    for told in (ask("quarantine", "list"), ask("quarantine", "show", "desk:7")):
        assert "ticket_*" in told
        assert "vendor_" not in told
        assert "cost_per_transaction_reporting" not in told
    exported = ask("quarantine", "export")
    assert "ticket_*" in exported
    assert "vendor_" not in exported

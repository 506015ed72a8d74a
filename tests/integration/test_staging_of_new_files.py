"""New files are staged by the tickets that they tell of, and end with exactly what staging everything gives."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from demo_homes import DemoHome

from models.vocabulary import Domain
from pipelines.gate.ingest import Batch, ingest_domain
from pipelines.session import open_session
from pipelines.staging import ticket_tables

pytestmark = pytest.mark.slow

INCIDENTS, ZENDESK, JIRA = "servicenow_incidents", "zendesk_tickets", "jira_issues"
STAGED = (
    "stg.stg_tickets",
    "stg.stg_ticket_events",
    "ops.ops_ticket_histories",
    "ops.ops_value_problems",
    "ops.ops_shared_tickets",
)
#: A contract that feeds tickets which another contract brings.
TEAMS = """
apiVersion: v3.2.0
kind: DataContract
id: incident_teams
version: 1.0.0
domain: tickets
status: active
servers: [{server: landing, type: local, path: "*.csv", format: csv, encoding: utf-8}]
customProperties:
  - {property: source, value: servicenow}
schema:
  - name: teams
    customProperties: [{property: shape, value: snapshot}]
    properties:
      - name: number
        logicalType: string
        required: true
        customProperties: [{property: feeds, value: tickets.ticket_id}]
      - name: team
        logicalType: string
        customProperties: [{property: feeds, value: tickets.team}]
"""
#: An export whose columns are called as the database calls the place of a row, and as staging does.
DESK = """
apiVersion: v3.2.0
kind: DataContract
id: desk
version: 1.0.0
domain: tickets
status: active
servers: [{server: landing, type: local, path: "*.csv", format: csv, encoding: utf-8}]
customProperties:
  - {property: source, value: desk}
schema:
  - name: changes
    customProperties: [{property: shape, value: event_log}]
    properties:
      - name: number
        logicalType: string
        required: true
        customProperties: [{property: feeds, value: [tickets.ticket_id, ticket_events.ticket_id]}]
      - name: changed_at
        logicalType: timestamp
        logicalTypeOptions: {defaultTimezone: UTC}
        customProperties: [{property: feeds, value: ticket_events.occurred_at}]
      - name: row
        logicalType: integer
        customProperties: [{property: feeds, value: ticket_events.event_sequence}]
"""
NOTE = re.compile(r"([\d,]+) of ([\d,]+) tickets were staged again")


def ingest(demo: DemoHome, *, is_full: bool = False) -> Batch:
    with open_session(demo.project(), is_full=is_full) as session:
        return ingest_domain(session, Domain.TICKETS)


def staged(demo: DemoHome) -> dict[str, Counter[tuple[Any, ...]]]:
    return {name: Counter(demo.warehouse(f"FROM {name}")) for name in STAGED}


def staged_again(batch: Batch) -> int:
    found = NOTE.search(batch.summary)
    assert found, batch.summary
    return int(found[1].replace(",", ""))


def assert_as_full(demo: DemoHome, before: Batch) -> None:
    """What is staged is what staging everything gives, and so is what the rules find of it."""
    found = staged(demo)
    full = ingest(demo, is_full=True)
    assert not NOTE.search(full.summary)
    assert staged(demo) == found
    assert [(result.rule.id, result.state, result.failed_count) for result in before.results] == [
        (result.rule.id, result.state, result.failed_count) for result in full.results
    ]


def last_file(demo: DemoHome, export: str) -> Path:
    return max((demo.landing / export).iterdir())


def another_day_of_incidents(demo: DemoHome, draw: random.Random) -> None:
    """A file that tells old tickets again, new ones, and much that cannot be used."""
    path = last_file(demo, INCIDENTS)
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    told = [row.split(",") for row in draw.sample(rows, 12)]
    position = {name: number for number, name in enumerate(header.split(","))}
    spoiled = {
        "number": [" INC0010001 ", "?", "", "INC0777777"],
        "incident_state": ["Never heard of", "Closed", "New", "?"],
        "opened_at": ["31/2/2026 10:00:00", "1/1/2026 00:00:01", "?"],
        "sys_updated_at": ["?", "yesterday"],
        "assignment_group": ["A team that nobody knew", "?"],
    }
    for row in told:
        name = draw.choice(list(spoiled))
        row[position[name]] = draw.choice(spoiled[name])
    kept = draw.sample(told, 6) + [row.split(",") for row in draw.sample(rows, 6)]
    path.with_name(f"zz_{draw.random()}.csv").write_text(
        "\n".join([header, *map(",".join, kept), ""]), encoding="utf-8"
    )


def another_day_of_zendesk(demo: DemoHome, draw: random.Random) -> None:
    """A file with a ticket that moved on, one as it was, and a new one."""
    path = last_file(demo, ZENDESK)
    tickets = draw.sample(json.loads(path.read_text(encoding="utf-8"))["tickets"], 3)
    tickets[0] |= {"status": "a status of another tool", "priority": None, "subject": "Told again"}
    tickets[1] |= {"id": 999999, "created_at": draw.choice([None, "2026-10-01T00:13:24Z"])}
    path.with_name(f"zz_{draw.random()}.json").write_text(json.dumps({"tickets": tickets}), encoding="utf-8")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_files_of_another_day_are_staged_as_all_are(never_run: DemoHome, seed: int) -> None:
    draw = random.Random(seed)
    ingest(never_run)
    for tell in (another_day_of_incidents, another_day_of_zendesk, another_day_of_incidents):
        tell(never_run, draw)
        batch = ingest(never_run)
        assert 0 < staged_again(batch) < 30
    assert_as_full(never_run, batch)


def test_a_long_history_is_staged_in_parts(never_run: DemoHome, monkeypatch: pytest.MonkeyPatch) -> None:
    """One part of all tickets after the other, whichever export tells of them, gives what all at once give."""
    draw = random.Random(8)
    another_day_of_incidents(never_run, draw)
    another_day_of_zendesk(never_run, draw)
    ingest(never_run)
    at_once = staged(never_run)
    monkeypatch.setattr(ticket_tables, "_ROWS_AT_ONCE", 300)
    batch = ingest(never_run, is_full=True)
    assert staged(never_run) == at_once
    another_day_of_incidents(never_run, draw)
    assert staged_again(ingest(never_run))
    assert batch.is_new


def test_a_run_that_was_not_measured_is_not_forgotten(clean: DemoHome) -> None:
    """Facts are brought up to date by all that was staged since they were measured, not by the last file alone."""
    draw = random.Random(4)
    for tell in (another_day_of_zendesk, another_day_of_incidents):
        tell(clean, draw)
        assert staged_again(ingest(clean))
    clean.run()
    numbers = clean.numbers()
    clean.run(is_full=True)
    assert clean.numbers() == numbers


def correct_a_file(demo: DemoHome) -> None:
    """A file comes again with other rows, where that corrects what it told before."""
    path = demo.landing / INCIDENTS / "zz.csv"
    rows = last_file(demo, INCIDENTS).read_text(encoding="utf-8").splitlines()
    for count in (9, 5):
        path.write_text("\n".join([*rows[:count], ""]), encoding="utf-8")
        batch = ingest(demo)
    assert NOTE.search(batch.summary)
    contract = demo.home.contracts / f"{INCIDENTS}.yaml"
    corrects = "schema: [{name: incident_audit, customProperties: [{property: sameName, value: replaces}]}]"
    contract.write_text(f"{contract.read_text(encoding='utf-8')}\n{corrects}\n", encoding="utf-8")
    ingest(demo)
    path.write_text("\n".join([*rows[:4], ""]), encoding="utf-8")


def change_a_policy(demo: DemoHome) -> None:
    another_day_of_incidents(demo, random.Random(6))
    path = demo.home.policies / "dimensions.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# Another version.\n", encoding="utf-8")


def double(demo: DemoHome) -> None:
    """As much again as there is already."""
    for path in sorted((demo.landing / INCIDENTS).iterdir()):
        text = path.read_text(encoding="utf-8").replace("INC00", "INC99")
        path.with_name(f"more_{path.name}").write_text(text, encoding="utf-8")


def share_the_source(demo: DemoHome) -> None:
    """Another export tells of tickets of the same source."""
    contract = demo.home.contracts / "incident_teams.yaml"
    contract.write_text(TEAMS, encoding="utf-8")
    (demo.landing / "incident_teams").mkdir()
    (demo.landing / "incident_teams" / "teams.csv").write_text("number,team\nINC0010001,Facilities\n", encoding="utf-8")
    ingest(demo)
    another_day_of_incidents(demo, random.Random(7))


@pytest.mark.parametrize("change", [correct_a_file, change_a_policy, double, share_the_source])
def test_where_more_may_change_everything_is_staged(never_run: DemoHome, change: Callable[[DemoHome], None]) -> None:
    ingest(never_run)
    change(never_run)
    batch = ingest(never_run)
    assert batch.is_new
    assert not NOTE.search(batch.summary)


def test_the_first_creation_that_a_source_tells_moves_its_other_tickets(never_run: DemoHome) -> None:
    """Where no creation is told, tickets begin with their first event; as soon as one is, the others have none."""
    path = last_file(never_run, JIRA)
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'"created": "[^"]*", "updated"', '"created": null, "updated"', text), encoding="utf-8")
    ingest(never_run)
    unknown = "SELECT count(*) FROM stg.stg_tickets WHERE source = 'jira' AND created_at IS NULL"
    assert never_run.warehouse(unknown)[0][0] == 0
    path.with_name("one_more.jsonl").write_text(text.splitlines()[-1] + "\n", encoding="utf-8")
    batch = ingest(never_run)
    assert never_run.warehouse(unknown)[0][0] > 0
    assert not NOTE.search(batch.summary)
    assert_as_full(never_run, batch)


def test_a_ticket_is_the_same_however_its_key_is_padded(never_run: DemoHome) -> None:
    """Also in files of the past, where the database looks its rows up before anything is typed."""
    (never_run.home.contracts / "desk.yaml").write_text(DESK, encoding="utf-8")
    landing = never_run.landing / "desk"
    landing.mkdir()
    told = [
        "T1",
        " T1",
        "T1\t",
        "\u00a0T1",
        "T1\ufeff",
        "\u3000T1\u200b",
        "\u00c41",
        "\u00c41 ",
        "T10",
        "t1",
        "1T",
        "\u4e1c",
        "'T1'",
        "",
    ]
    first = [f"{key},2026-01-{number + 1:02} 10:00,{number}" for number, key in enumerate(told * 8) if number < 28]
    many = [f"N{number},2026-01-01 10:00,{number}" for number in range(100)]
    for name, rows in (("a.csv", [*first, *many]), ("b.csv", ["T1,2026-03-01 10:00,1", "\u00c41,2026-03-01 10:00,2"])):
        (landing / name).write_text("\n".join(["number,changed_at,row", *rows, ""]), encoding="utf-8")
        batch = ingest(never_run)
    assert staged_again(batch) == 2
    query = (
        "SELECT ticket_id, count(*) FROM stg.stg_ticket_events WHERE source = 'desk' GROUP BY ALL HAVING count(*) > 2"
    )
    assert sorted(never_run.warehouse(query)) == [("desk:T1", 13), ("desk:\u00c41", 5)]
    assert_as_full(never_run, batch)


def test_columns_may_be_called_as_the_database_calls_things(
    never_run: DemoHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exports from Oracle have a column ROWID; and where a row lies has a name in staging, too."""
    (never_run.home.contracts / "desk.yaml").write_text(DESK, encoding="utf-8")
    landing = never_run.landing / "desk"
    landing.mkdir()
    rows = [f"T{n % 20},2026-01-{n // 10 + 1:02} 10:00,{n},AAAB{n % 7}" for n in range(200)]
    for name, some in (("a.csv", rows[:190]), ("b.csv", rows[190:])):
        (landing / name).write_text("\n".join(["number,changed_at,row,ROWID", *some, ""]), encoding="utf-8")
        batch = ingest(never_run)
    assert staged_again(batch) == 10
    assert_as_full(never_run, batch)
    at_once = staged(never_run)
    monkeypatch.setattr(ticket_tables, "_ROWS_AT_ONCE", 300)
    ingest(never_run, is_full=True)
    assert staged(never_run) == at_once

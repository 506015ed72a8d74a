"""Of what two files tell, the later one has the word: by its name where names say it, else because it came later."""

from __future__ import annotations

from pathlib import Path

import pytest
from demo_homes import DemoHome

from models.vocabulary import Domain
from pipelines.cli.build_records import read_build_records
from pipelines.gate.ingest import Batch, ingest_domain
from pipelines.session import open_session

pytestmark = pytest.mark.slow

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: {name}
version: 1.0.0
domain: {domain}
status: active
servers: [{{server: landing, type: local, path: "*.csv", format: csv, encoding: utf-8}}]
customProperties:
  - {{property: source, value: {name}}}
  - {{property: timeZone, value: UTC}}
schema:
  - name: rows
    customProperties: [{{property: shape, value: {shape}}}]
    properties:
"""
COLUMN = """      - name: {name}
        logicalType: {type}
        customProperties: [{{property: feeds, value: {feeds}}}]
"""
TICKETS = {
    "number": ("string", "tickets.ticket_id"),
    "state": ("string", "tickets.status"),
    "team": ("string", "tickets.team"),
}
EVENTS = {
    "number": ("string", "ticket_events.ticket_id"),
    "at": ("timestamp", "ticket_events.occurred_at"),
    "state": ("string", "ticket_events.status"),
}
#: Each row is an update: what the ticket was like after it, and when it happened.
LOG = {
    "number": ("string", "[tickets.ticket_id, ticket_events.ticket_id]"),
    "at": ("timestamp", "ticket_events.occurred_at"),
    "update": ("integer", "ticket_events.event_sequence"),
    "state": ("string", "[tickets.status, ticket_events.status]"),
    "team": ("string", "tickets.team"),
}
LEDGER = {
    "line": ("string", "cost_lines.cost_line_id"),
    "day": ("date", "cost_lines.posting_date"),
    "amount": ("number", "cost_lines.amount_original"),
    "currency": ("string", "cost_lines.currency_code"),
}


def add_export(demo: DemoHome, name: str, domain: str, shape: str, columns: dict[str, tuple[str, str]]) -> Path:
    """A contract of its own, and its landing folder."""
    text = CONTRACT.format(name=name, domain=domain, shape=shape)
    text += "".join(COLUMN.format(name=key, type=type_, feeds=feeds) for key, (type_, feeds) in columns.items())
    (demo.home.contracts / f"{name}.yaml").write_text(text, encoding="utf-8")
    folder = demo.landing / name
    folder.mkdir()
    return folder


def ingest(demo: DemoHome, domain: Domain, *, is_full: bool = False) -> Batch:
    with open_session(demo.project(), is_full=is_full) as session:
        return ingest_domain(session, domain)


def drop(folder: Path, name: str, *rows: str) -> None:
    (folder / name).write_text("\n".join([*rows, ""]), encoding="utf-8")


def told(batch: Batch, words: str) -> list[str]:
    return [note for landing in batch.landings for note in landing.notes if words in note]


def notes(batch: Batch) -> list[str]:
    return told(batch, "counts as earlier")


STATES = "SELECT ticket_id, status, team FROM stg.stg_tickets WHERE source = 'desk' ORDER BY 1"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("export.csv", "export (1).csv"),
        ("desk_30.09.2026.csv", "desk_01.10.2026.csv"),
        ("desk_to_2026-09-30.csv", "desk_2026-10-01.csv"),
        ("part_9.csv", "part_10.csv"),
        ("whole.csv", "a correction.csv"),
    ],
)
def test_the_later_file_tells_the_state_of_a_ticket(never_run: DemoHome, first: str, second: str) -> None:
    folder = add_export(never_run, "desk", "tickets", "snapshot", TICKETS)
    many = [f"N{number},New,Ops" for number in range(40)]
    drop(folder, first, "number,state,team", "T1,New,Ops", "T2,New,Ops", *many)
    ingest(never_run, Domain.TICKETS)
    # What the later file leaves empty, the earlier one still says.
    drop(folder, second, "number,state,team", "T1,Closed,", "T3,New,Net")
    batch = ingest(never_run, Domain.TICKETS)
    found = [row for row in never_run.warehouse(STATES) if row[0].startswith("desk:T")]
    assert found == [("desk:T1", "Closed", "Ops"), ("desk:T2", "New", "Ops"), ("desk:T3", "New", "Net")]
    assert notes(batch) == []
    every = never_run.warehouse(STATES)
    ingest(never_run, Domain.TICKETS, is_full=True)
    assert never_run.warehouse(STATES) == every


def test_a_history_that_is_dropped_later_does_not_take_the_word(never_run: DemoHome) -> None:
    folder = add_export(never_run, "desk", "tickets", "snapshot", TICKETS)
    drop(folder, "desk_2026-02.csv", "number,state,team", "T1,Closed,Ops")
    ingest(never_run, Domain.TICKETS)
    drop(folder, "desk_2026-01.csv", "number,state,team", "T1,New,Net", "T2,New,Net")
    batch = ingest(never_run, Domain.TICKETS)
    assert never_run.warehouse(STATES) == [("desk:T1", "Closed", "Ops"), ("desk:T2", "New", "Net")]
    (note,) = notes(batch)
    assert note.startswith("desk_2026-01.csv: It counts as earlier than 'desk_2026-02.csv'")
    assert "of a ticket that both tell of" in note
    records = read_build_records(never_run.home.warehouse)
    assert records is not None
    assert [place for place, _ in records.name_notes] == ["landing/desk/desk_2026-01.csv"]
    # It was told once; the next run has nothing to tell.
    assert notes(ingest(never_run, Domain.TICKETS)) == []


def test_a_name_that_says_no_date_takes_it_from_the_others(never_run: DemoHome) -> None:
    """Then all files are in the order in which they came, and what was staged in another is staged again."""
    folder = add_export(never_run, "desk", "tickets", "snapshot", TICKETS)
    many = [f"N{number},New,Ops" for number in range(40)]
    drop(folder, "desk_2026-02.csv", "number,state,team", "T1,Closed,Ops", *many)
    ingest(never_run, Domain.TICKETS)
    drop(folder, "desk_2026-01.csv", "number,state,team", "T1,New,Net")
    ingest(never_run, Domain.TICKETS)
    drop(folder, "desk of the rest.csv", "number,state,team", "T9,New,Net")
    ingest(never_run, Domain.TICKETS)
    found = [row for row in never_run.warehouse(STATES) if row[0].startswith("desk:T")]
    assert found == [("desk:T1", "New", "Net"), ("desk:T9", "New", "Net")]
    every = never_run.warehouse(STATES)
    ingest(never_run, Domain.TICKETS, is_full=True)
    assert never_run.warehouse(STATES) == every


def test_the_latest_update_of_a_log_tells_what_a_ticket_is_like(never_run: DemoHome) -> None:
    """Whatever the files are called, in which order they come, and in which order rows stand in them."""
    folder = add_export(never_run, "desk", "tickets", "event_log", LOG)
    header = "number,at,update,state,team"
    many = [f"N{number},2026-04-01 10:00,1,New,Ops" for number in range(40)]
    drop(
        folder,
        "log.csv",
        header,
        "T1,2026-04-28 10:00,4,Closed,Net",
        "T1,2026-04-28 10:00,3,Waiting,Ops",
        "T2,2026-04-02 10:00,2,New,",
        *many,
    )
    ingest(never_run, Domain.TICKETS)
    drop(folder, "log_2026-03-20.csv", header, "T1,2026-03-20 10:00,1,New,Lab", "T2,2026-03-20 10:00,1,New,Lab")
    batch = ingest(never_run, Domain.TICKETS)
    found = [row for row in never_run.warehouse(STATES) if row[0].startswith("desk:T")]
    # What the latest update leaves empty, an earlier one still says.
    assert found == [("desk:T1", "Closed", "Net"), ("desk:T2", "New", "Lab")]
    assert notes(batch) == []
    # The same update again, corrected.
    drop(folder, "log_2026-05-02.csv", header, "T1,2026-04-28 10:00,4,Closed,Ops")
    ingest(never_run, Domain.TICKETS)
    found = [row for row in never_run.warehouse(STATES) if row[0].startswith("desk:T")]
    assert found == [("desk:T1", "Closed", "Ops"), ("desk:T2", "New", "Lab")]
    every = never_run.warehouse(STATES)
    ingest(never_run, Domain.TICKETS, is_full=True)
    assert never_run.warehouse(STATES) == every


def test_an_old_part_of_a_log_takes_no_word_and_is_not_told_of(never_run: DemoHome) -> None:
    """Its updates have instants, by which they count; what files are called decides nothing."""
    folder = add_export(never_run, "desk", "tickets", "event_log", LOG)
    header = "number,at,update,state,team"
    drop(folder, "log_2026-03.csv", header, "T1,2026-03-20 10:00,2,Closed,Ops")
    ingest(never_run, Domain.TICKETS)
    drop(folder, "log_2026-02.csv", header, "T1,2026-02-20 10:00,1,New,Net")
    batch = ingest(never_run, Domain.TICKETS)
    assert never_run.warehouse(STATES) == [("desk:T1", "Closed", "Ops")]
    assert notes(batch) == []


def test_a_log_under_an_old_name_that_lacks_rows_of_the_old_one_is_told(never_run: DemoHome) -> None:
    folder = add_export(never_run, "desk", "tickets", "event_log", EVENTS)
    header = "number,at,state"
    first, second = "T1,2026-03-01 10:00,New", "T1,2026-03-02 10:00,Closed"
    drop(folder, "log.csv", header, first)
    ingest(never_run, Domain.TICKETS)
    # It grew: nothing of the old one is lacking.
    drop(folder, "log.csv", header, first, second)
    assert told(ingest(never_run, Domain.TICKETS), "read before") == []
    drop(folder, "log.csv", header, first, "T1,2026-03-02 10:00,Waiting")
    (note,) = told(ingest(never_run, Domain.TICKETS), "read before")
    assert note.startswith("log.csv: A file of this name was read before, and 1 row of it is not in this one")
    path = never_run.home.contracts / "desk.yaml"
    shape = "[{property: shape, value: event_log}"
    text = path.read_text(encoding="utf-8").replace(shape, f"{shape}, {{property: sameName, value: adds}}")
    path.write_text(text, encoding="utf-8")
    drop(folder, "log.csv", header, "T2,2026-03-02 10:00,New")
    assert told(ingest(never_run, Domain.TICKETS), "read before") == []


def _counting(demo: DemoHome) -> list[tuple[str, str, int]]:
    """The loads of Jira that count: object, file and records."""
    return demo.warehouse(
        "SELECT object_name, file_name, row_count FROM ops.ops_loads WHERE export = 'jira_issues' "
        "AND superseded_by IS NULL ORDER BY 1, 2"
    )


def test_a_daily_export_of_all_issues_under_one_name_counts_once(never_run: DemoHome) -> None:
    path = never_run.landing / "jira_issues" / "issues.jsonl"
    issues = path.read_text(encoding="utf-8").splitlines()
    for count in (len(issues) - 4, len(issues) - 2, len(issues)):
        path.write_text("\n".join(issues[:count]) + "\n", encoding="utf-8")
        assert told(ingest(never_run, Domain.TICKETS), "its name") == []
        (changes, tickets) = _counting(never_run)
        assert tickets == ("issues", "issues.jsonl", count)
        assert changes[:2] == ("issue_changes", "issues.jsonl")
    ((staged,),) = never_run.warehouse("SELECT count(*) FROM stg.stg_tickets WHERE source = 'jira'")
    assert staged == len(issues)

    # An issue that is deleted is no longer counted, and no word of it: they come and go.
    path.write_text("\n".join(issues[1:]) + "\n", encoding="utf-8")
    assert told(ingest(never_run, Domain.TICKETS), "its name") == []
    ((staged,),) = never_run.warehouse("SELECT count(*) FROM stg.stg_tickets WHERE source = 'jira'")
    assert staged == len(issues) - 1

    # Files of other names stand beside it, as of months.
    path.with_name("2026-10.jsonl").write_text(issues[0] + "\n", encoding="utf-8")
    ingest(never_run, Domain.TICKETS)
    assert [file for name, file, _ in _counting(never_run) if name == "issues"] == ["2026-10.jsonl", "issues.jsonl"]
    ((staged,),) = never_run.warehouse("SELECT count(*) FROM stg.stg_tickets WHERE source = 'jira'")
    assert staged == len(issues)


def test_a_log_that_takes_the_place_of_one_and_lacks_most_of_its_tickets_is_told(never_run: DemoHome) -> None:
    path = never_run.landing / "jira_issues" / "issues.jsonl"
    issues = path.read_text(encoding="utf-8").splitlines()
    ingest(never_run, Domain.TICKETS)
    path.write_text("\n".join(issues[:5]) + "\n", encoding="utf-8")
    (note,) = told(ingest(never_run, Domain.TICKETS), "its name")
    assert note.startswith(
        "issues.jsonl: It takes the place of what was read under its name before, and lacks "
        f"{len(issues) - 5} of the {len(issues)} tickets of that one, such as '"
    )
    assert "write sameName: adds into the contract" in note
    assert told(ingest(never_run, Domain.TICKETS), "its name") == []


def test_the_later_file_corrects_a_line(never_run: DemoHome) -> None:
    folder = add_export(never_run, "books", "finance", "lines", LEDGER)
    header = "line,day,amount,currency"
    drop(folder, "ledger_30.09.2026.csv", header, "L1,2026-09-03,100.00,EUR", "L2,2026-09-04,50.00,EUR")
    ingest(never_run, Domain.FINANCE)
    drop(folder, "ledger_01.10.2026.csv", header, "L1,2026-09-03,175.00,EUR", "L3,2026-10-01,20.00,EUR")
    ingest(never_run, Domain.FINANCE)
    amounts = (
        "SELECT cost_line_id, CAST(amount_original AS DOUBLE) FROM stg.stg_cost_lines WHERE source = 'books' ORDER BY 1"
    )
    assert never_run.warehouse(amounts) == [("books:L1", 175.0), ("books:L2", 50.0), ("books:L3", 20.0)]

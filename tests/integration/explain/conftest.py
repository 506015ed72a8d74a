"""A company after its run, the same with records that rules set aside, one plain snapshot, and `kpi explain` on it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pytest
from demo_homes import DemoHome
from explained_values import Explain, explaining

from pipelines.published.opening import open_published_file
from pipelines.published.rows import read_rows
from pipelines.scaffold import HomeFacts, write_home

if TYPE_CHECKING:
    from conftest import CleanRun


@pytest.fixture(scope="session")
def home(clean_run: CleanRun) -> DemoHome:
    """The company after its run. Nobody changes it."""
    return clean_run.demo


@pytest.fixture(scope="session")
def spoilt(clean_run: CleanRun, tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    """The same with tickets, cost lines, invoices and deliveries that rules set aside, and a month without postings."""
    demo = clean_run.never_run.copy_to(tmp_path_factory.mktemp("spoilt") / "home").publish_to("duckdb")
    spoil(demo.landing)
    demo.run()
    return demo


def spoil(landing: Path) -> None:
    """Break some records of each kind, so that they are set aside."""
    for path in (landing / "zendesk_tickets").iterdir():
        lines = path.read_text(encoding="utf-8").split("\n")
        for index, line in enumerate(lines):
            if index % 9 == 0 and '"status": "closed"' in line:
                lines[index] = line.replace('"value": "open"', '"value": "escalated"')
        path.write_text("\n".join(lines), encoding="utf-8")
    ledger = next((landing / "general_ledger").iterdir())
    ledger.write_bytes(ledger.read_bytes().replace(b";EUR;", b";EUX;", 3))
    for folder, column, wrong in (("vendor_invoices", "Invoice Date", "soon"), ("deliveries", "promised_date", "soon")):
        path = next((landing / folder).iterdir())
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter=_delimiter(path)))
        at = next((index for index, name in enumerate(rows[0]) if name.casefold() == column.casefold()), None)
        if at is not None:
            for row in rows[2:6]:
                row[at] = wrong
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, delimiter=_delimiter(path)).writerows(rows)


def _delimiter(path: Path) -> str:
    head = path.read_text(encoding="utf-8-sig").split("\n", 1)[0]
    return max(",;\t", key=head.count)


@pytest.fixture(scope="session")
def published(home: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened_copy(home, tmp_path_factory.mktemp("published")) as connection:
        yield connection


@pytest.fixture(scope="session")
def published_spoilt(spoilt: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened_copy(spoilt, tmp_path_factory.mktemp("published")) as connection:
        yield connection


def opened_copy(home: DemoHome, folder: Path) -> duckdb.DuckDBPyConnection:
    """A copy, since a file that is open here can be opened in no other way by the commands that a test runs."""
    return open_published_file(Path(shutil.copyfile(home.home.published_file, folder / "kpi.duckdb")))


@pytest.fixture
def explain(home: DemoHome) -> Explain:
    return explaining(home)


@pytest.fixture
def ticket(published: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    query = """
        SELECT * FROM core.fct_tickets
        WHERE source = 'servicenow' AND is_done AND reopen_count > 0 AND NOT is_quarantined ORDER BY ticket_id LIMIT 1
    """
    return read_rows(published, query)[0]


#: Tickets as they stood, by number: creation and resolution. Of no more the export tells.
SNAPSHOT = {
    "S1": ("2026-09-10T08:00:00Z", "2026-09-11T04:00:00Z"),
    "O1": ("2026-10-05T08:00:00Z", "2026-10-05T08:30:00Z"),
    "O2": ("2026-10-06T08:00:00Z", "2026-10-06T12:00:00Z"),
    "O3": ("2026-10-07T08:00:00Z", "2026-10-07T12:00:00Z"),
    "O4": ("2026-10-08T08:00:00Z", "2026-10-08T16:00:00Z"),
    "O5": ("2026-10-12T08:00:00Z", "2026-10-13T04:00:00Z"),
    "O6": ("2026-10-14T08:00:00Z", "2026-10-15T04:00:00Z"),
    "N1": ("2026-11-10T08:00:00Z", ""),
}
_OF_A_SNAPSHOT: Final = """
id: desk
name: Desk
version: 1.0.0
status: active
domain: tickets
servers:
  - {server: landing, type: local, path: "*.csv", format: csv, encoding: utf-8}
schema:
  - name: tickets
    physicalType: file
    dataGranularityDescription: one row per ticket
    customProperties: [{property: shape, value: snapshot}]
    properties:
      - {name: number, logicalType: string, required: true, description: Number.,
         customProperties: [{property: feeds, value: tickets.ticket_id}]}
      - {name: state, logicalType: string, required: true, description: State.,
         customProperties: [{property: feeds, value: tickets.status}]}
      - {name: opened, logicalType: timestamp, required: true, description: When it was created.,
         customProperties: [{property: formats, value: ["%Y-%m-%dT%H:%M:%S%z"]},
                            {property: feeds, value: tickets.created_at}]}
      - {name: resolved, logicalType: timestamp, description: When it was resolved.,
         customProperties: [{property: formats, value: ["%Y-%m-%dT%H:%M:%S%z"]},
                            {property: feeds, value: tickets.resolved_at}]}
customProperties: [{property: source, value: desk}]
"""


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    """A home with one plain snapshot, and promises of 8 hours less pauses and of an answer within one."""
    folder = tmp_path_factory.mktemp("snapshot") / "home"
    write_home(folder, HomeFacts("Desk"))
    head = "apiVersion: v3.2.0\nkind: DataContract"
    (folder / "contracts" / "desk.yaml").write_text(head + _OF_A_SNAPSHOT, encoding="utf-8")
    (folder / "policies" / "statuses.yaml").write_text("statuses: {desk: {Open: queued, Done: done}}")
    (folder / "policies" / "sla.yaml").write_text(
        "policies:\n"
        "  - {id: fix, target: resolution, within: 8h, calendar: 24x7, pause_on: {categories: [waiting]}}\n"
        "  - {id: answer, target: first_response, within: 1h, calendar: 24x7}\n"
    )
    rows = [f"{key},{'Done' if end else 'Open'},{start},{end}" for key, (start, end) in SNAPSHOT.items()]
    (folder / "landing" / "desk").mkdir(parents=True)
    (folder / "landing" / "desk" / "tickets.csv").write_text("\n".join(["number,state,opened,resolved", *rows]) + "\n")
    home = DemoHome(folder).publish_to("duckdb")
    home.run()
    return home

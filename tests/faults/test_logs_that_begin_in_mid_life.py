"""Event logs that begin between the resolutions of tickets and their closures: who was resolved when."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from demo_homes import DemoHome
from plain_exports import write_export, write_plain_home

pytestmark = pytest.mark.slow

COLUMNS = ("ticket_id", "occurred_at", "status", "created_at", "resolved_at", "closed_at")
MEANINGS = "{New: queued, Work: active, Solved: done, Closed: done, Withdrawn: cancelled}"
POLICIES = {
    "statuses.yaml": f"statuses:\n  plain: {MEANINGS}\n",
    "sla.yaml": "policies:\n  - {id: two days, target: resolution, within: 48h, calendar: 24x7}\n",
}
#: The log begins here.
BEGINS = datetime.fromisoformat("2026-03-14")
Row = dict[str, str]


def life(number: int, solved: datetime, *, names_solution: bool = True) -> list[Row]:
    """A ticket that is closed a week after it was solved, within a day, with what every row of it repeats."""
    created, closed = solved - timedelta(hours=20), solved + timedelta(days=7)
    fields = {"created_at": f"{created}", "closed_at": f"{closed}"}
    if names_solution:
        fields["resolved_at"] = f"{solved}"
    changes = ((created, "New"), (created + timedelta(hours=2), "Work"), (solved, "Solved"), (closed, "Closed"))
    return [{"ticket_id": f"T{number}", "occurred_at": f"{at}", "status": status, **fields} for at, status in changes]


def split(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Rows before the log begins, and those of it."""
    told = list(rows)
    return [row for row in told if row["occurred_at"] < f"{BEGINS}"], [
        row for row in told if row["occurred_at"] >= f"{BEGINS}"
    ]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    first = datetime.fromisoformat("2026-02-20 15:00")
    every = [row for number in range(60) for row in life(number, first + timedelta(days=number % 30, hours=number % 5))]
    unnamed = life(100, datetime.fromisoformat("2026-03-10 12:00"), names_solution=False)
    withdrawn = {
        "ticket_id": "T200", "occurred_at": "2026-03-20 09:00:00", "status": "Withdrawn",
        "created_at": "2026-03-01 09:00:00", "closed_at": "2026-03-02 09:00:00",
    }  # fmt: skip
    return [*every, *unnamed, withdrawn]


@pytest.fixture(scope="module")
def later_half(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    home = write_plain_home(tmp_path_factory.mktemp("mid_life") / "home", POLICIES)
    fed = {
        "ticket_events": ("ticket_id", "occurred_at", "status"),
        "tickets": ("ticket_id", "created_at", "status", "resolved_at", "closed_at"),
    }
    write_export(home, "log", fed, split(rows)[1], shape="event_log")
    demo = DemoHome(home)
    assert not demo.run().failed
    return demo


def resolutions(demo: DemoHome) -> dict[str, str]:
    query = "SELECT ticket_id, strftime(resolved_at AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S') FROM core.fct_tickets"
    return {str(ticket).partition(":")[2]: at for ticket, at in demo.published(f"{query} WHERE is_done")}


def solved_at(rows: Iterable[Row]) -> dict[str, str]:
    return {row["ticket_id"]: row["occurred_at"] for row in rows if row["status"] == "Solved"}


def test_a_closure_is_not_taken_for_the_resolution_that_the_row_names(later_half: DemoHome, rows: list[Row]) -> None:
    told = resolutions(later_half)
    in_log = {row["ticket_id"] for row in split(rows)[1]} - {"T200"}
    assert told.keys() == in_log
    wrong = {ticket for ticket, at in solved_at(rows).items() if ticket in told and told[ticket] != at}
    # Of one, nothing but the closure is known.
    assert wrong == {"T100"}
    assert told["T100"] == "2026-03-17 12:00:00"
    begun_solved = [ticket for ticket in in_log if solved_at(rows)[ticket] < f"{BEGINS}"]
    assert len(begun_solved) > 10
    withdrawn = "SELECT CAST(cancelled_at AT TIME ZONE 'UTC' AS VARCHAR) FROM core.fct_tickets WHERE is_cancelled"
    assert later_half.published(withdrawn) == [("2026-03-02 09:00:00",)]


def test_its_promise_was_kept_when_it_was_resolved(later_half: DemoHome) -> None:
    clocks = "SELECT ticket_id, state FROM core.fct_sla_clocks WHERE state <> 'met' ORDER BY ALL"
    assert later_half.published(clocks) == [("plain:T100", "breached"), ("plain:T200", "cancelled")]


def test_older_rows_that_come_later_give_what_measuring_everything_gives(
    later_half: DemoHome, rows: list[Row], tmp_path: Path
) -> None:
    demo = later_half.copy_to(tmp_path / "home")
    # Of some tickets only the very first row, which tells of no resolution; of some, none.
    older = [row for row in split(rows)[0] if int(row["ticket_id"][1:]) % 3 == 0 or row["status"] == "New"]
    older = [row for row in older if int(row["ticket_id"][1:]) % 5]
    with (demo.landing / "log" / "older.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(older)
    outcome = demo.run()
    assert not outcome.failed
    assert any("measured again" in step.note for step in outcome.steps if step.asset == "fct_tickets")
    content, numbers, told = demo.content_hash(), demo.numbers(), resolutions(demo)
    assert told["T54"] == solved_at(rows)["T54"]
    # A ticket that the log shows open first is resolved where the log says so.
    assert told["T47"] != solved_at(rows)["T47"]
    assert not demo.run(is_full=True).failed
    assert demo.numbers() == numbers
    assert demo.content_hash() == content

"""Two ticket contracts with one source: what both tell of is said, and numbers of two tickets are set aside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from demo_homes import DemoHome
from plain_exports import write_export, write_plain_home

from pipelines.cli.main import kpi

pytestmark = pytest.mark.slow

ROW = "fault matrix row"
RULE = "tickets.created_at.same_in_every_contract"
COLUMNS = ("ticket_id", "created_at", "status", "team", "closed_at")


def _rows(first: int, count: int, *, day: int = 2, hour: int = 9) -> list[dict[str, str]]:
    return [
        {"ticket_id": f"INC{number}", "created_at": f"2026-03-{day:02} {hour:02}:00:00", "status": "Closed",
         "team": "Desk", "closed_at": "2026-03-20 10:00:00", "occurred_at": "2026-03-20 10:00:00"}
        for number in range(first, first + count)
    ]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    sources = "statuses:\n  plain: {Closed: done}\n  other: {Closed: done}\n"
    folder = write_plain_home(tmp_path / "home", {"statuses.yaml": sources})
    write_export(folder, "desk", {"tickets": COLUMNS}, _rows(0, 100), shape="snapshot")
    return folder


def _run(home: Path) -> tuple[str, DemoHome]:
    shown = CliRunner().invoke(kpi, ["run", "--home", str(home)])
    return " ".join(shown.output.split()), DemoHome(home)


def test_tickets_that_two_contracts_tell_alike_are_one_and_that_is_said(home: Path) -> None:
    write_export(home, "more", {"tickets": COLUMNS}, _rows(60, 100, hour=20), shape="snapshot")
    shown, demo = _run(home)
    assert (
        "contracts/desk.yaml and contracts/more.yaml both have the source 'plain', and 40 tickets of the same number, "
        "such as 'plain:INC60', are read as one. If they are different tickets, give one of the two contracts another "
        "'source'."
    ) in shown
    assert RULE not in demo.failed_rules()
    assert demo.warehouse("SELECT count(*) FROM stg.stg_tickets") == [(160,)]


def test_events_of_a_contract_of_their_own_are_noted_and_set_nothing_aside(home: Path) -> None:
    fed = {"ticket_events": ("ticket_id", "occurred_at", "status")}
    write_export(home, "events", fed, _rows(0, 100), shape="event_log")
    shown, demo = _run(home)
    assert "100 tickets of the same number" in shown
    assert RULE not in demo.failed_rules()


def test_a_number_of_two_tickets_sets_both_aside_and_names_the_contracts(
    home: Path, record_property: Callable[[str, object], None]
) -> None:
    write_export(home, "more", {"tickets": COLUMNS}, [*_rows(98, 2, day=9), *_rows(200, 100)], shape="snapshot")
    shown, demo = _run(home)
    assert demo.failed_rules()[RULE] == 2
    ((message,),) = demo.warehouse(f"SELECT message FROM ops.ops_rule_results WHERE rule_id = '{RULE}'")
    assert (
        "2 numbers stand for different tickets in files of contracts/desk.yaml and of contracts/more.yaml, which both "
        "have the source 'plain', such as 'plain:INC98'. Give one of the two contracts another 'source'."
    ) in message
    aside = demo.warehouse(f"SELECT record_id FROM ops.ops_quarantined_records WHERE rule_id = '{RULE}' ORDER BY ALL")
    assert aside == [("plain:INC98",), ("plain:INC99",)]
    assert "are read as one" not in shown
    record_property(ROW, ["two contracts of one source: tickets", f"caught: {RULE}", "", "", ""])

    write_export(home, "more", {"tickets": COLUMNS}, _rows(98, 102, day=9), shape="snapshot", source="other")
    shown, demo = _run(home)
    assert RULE not in demo.failed_rules()
    assert "are read as one" not in shown
    assert demo.warehouse("SELECT source, count(*) FROM stg.stg_tickets GROUP BY ALL ORDER BY ALL") == [
        ("other", 102),
        ("plain", 100),
    ]


def test_many_such_numbers_hold(home: Path) -> None:
    write_export(home, "more", {"tickets": COLUMNS}, _rows(0, 100, day=9), shape="snapshot")
    _, demo = _run(home)
    assert demo.warehouse("SELECT verdict FROM ops.ops_verdicts WHERE is_current AND domain = 'tickets'") == [("hold",)]

"""What a run says of records that it set aside and that were not aside before: in one line, and once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from demo_homes import DemoHome
from plain_exports import write_export, write_plain_home
from spoilt_rows import STATUSES

from pipelines.cli.main import kpi

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

COLUMNS = ("ticket_id", "created_at", "status", "closed_at", "resolved_at")
CLOSED, RESOLVED = "tickets.closed_at.not_before_created", "tickets.resolved_at.not_before_created"


def _rows(count: int = 100) -> list[dict[str, str]]:
    at = {"created_at": "2026-03-02 09:00:00", "closed_at": "2026-03-20 10:00:00", "resolved_at": "2026-03-20 10:00:00"}
    return [{"ticket_id": f"T{number}", "status": "Closed", **at} for number in range(count)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_plain_home(tmp_path / "home", {"statuses.yaml": STATUSES})


def _told(home: Path, rows: list[dict[str, str]]) -> list[str]:
    write_export(home, "desk", {"tickets": COLUMNS}, rows, shape="snapshot")
    shown = CliRunner().invoke(kpi, ["run", "--json", "--home", str(home)], catch_exceptions=False).stdout
    return [notice["message"] for notice in json.loads(shown)["notices"] if notice["code"] == "set_aside"]


def test_what_is_newly_set_aside_is_told_once_with_the_rules_and_the_command(home: Path) -> None:
    rows = _rows()
    assert _told(home, rows) == []
    rows[3]["closed_at"] = rows[3]["resolved_at"] = rows[7]["closed_at"] = "2026-03-01 10:00:00"
    remedy = "not measured until put right. 'kpi quarantine list --domain tickets' shows what and why."
    assert _told(home, rows) == [
        f"This run set aside 2 tickets by {CLOSED}, {RESOLVED} (1), some by more than one: {remedy}"
    ]
    assert _told(home, rows) == []
    assert DemoHome(home).failed_rules().keys() >= {CLOSED, RESOLVED}

    # A rule more for a ticket that is aside already is no news; a ticket more is.
    rows[7]["resolved_at"] = "2026-03-01 10:00:00"
    assert _told(home, rows) == []
    rows[9]["closed_at"] = rows[9]["resolved_at"] = "2026-03-01 10:00:00"
    assert _told(home, rows) == [f"This run set aside 1 ticket by {CLOSED}, {RESOLVED}: {remedy}"]

    # Two tickets, each by a rule of its own: the counts add up.
    rows[11]["closed_at"], rows[12]["status"] = "2026-03-01 10:00:00", "Never heard of"
    (told,) = _told(home, rows)
    assert told.startswith("This run set aside 2 tickets by ")
    assert (told.count("(1)"), "more than one" in told) == (2, False)


def test_where_it_holds_kpis_it_is_told_there_alone(home: Path) -> None:
    rows = _rows()
    for row in rows[:10]:
        row["closed_at"] = "2026-03-01 10:00:00"
    assert _told(home, rows) == []
    assert DemoHome(home).warehouse("SELECT verdict FROM ops.ops_verdicts WHERE domain = 'tickets' AND is_current") == [
        ("hold",)
    ]


def test_a_quiet_run_tells_it_too(home: Path) -> None:
    """It is told once: what a scheduled run keeps to itself, nobody hears."""
    assert _told(home, _rows()) == []
    rows = _rows()
    rows[3]["closed_at"] = rows[3]["resolved_at"] = "2026-03-01 10:00:00"
    write_export(home, "desk", {"tickets": COLUMNS}, rows, shape="snapshot")
    said = [CliRunner().invoke(kpi, ["run", "--quiet", "--home", str(home)], catch_exceptions=False) for _ in range(2)]
    assert "This run set aside 1 ticket by" in said[0].stdout
    assert said[1].stdout == ""

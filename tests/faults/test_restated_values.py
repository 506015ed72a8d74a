"""What a run says of closed periods that it tells otherwise than they were told before, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from closed_months import (
    COLUMNS,
    FEBRUARY,
    JANUARY,
    MARCH,
    RESOLVED,
    land_beside,
    land_tickets,
    resolved_tickets,
    ticket,
    write_home_of_tickets,
)
from demo_homes import DemoHome

from pipelines.cli.main import kpi

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

QUARTER = JANUARY


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_home_of_tickets(tmp_path / "home").folder


def _run(home: Path, rows: list[dict[str, str]], *options: str, code: str = "restated") -> list[str]:
    """Land rows in the place of those before; what the run says of values that are told otherwise."""
    land_tickets(DemoHome(home), rows)
    shown = CliRunner().invoke(kpi, ["run", "--json", "--home", str(home), *options], catch_exceptions=False).stdout
    return [notice["message"] for notice in json.loads(shown)["notices"] if notice["code"] == code]


def _restated(home: Path) -> list[tuple[Any, ...]]:
    return DemoHome(home).published(
        """
        SELECT period_grain, period_start_date, value_before, value_now, eligible_before_count, eligible_now_count,
            reason, files_replaced
        FROM meta.restated_values WHERE metric = ? ORDER BY restated_at, period_grain, period_start_date
        """,
        [RESOLVED],
    )


def test_a_ticket_that_is_resolved_in_a_later_month_after_all_is_told_once_with_the_file(home: Path) -> None:
    rows = resolved_tickets()
    assert _run(home, rows) == []
    assert _restated(home) == []
    # A file that only adds to the open month restates nothing.
    rows.append({**rows[-1], "ticket_id": "T99", "resolved_at": "2026-05-11 10:00:00"})
    assert _run(home, rows) == []

    rows[25]["resolved_at"] = "2026-05-11 10:00:00"
    (told,) = _run(home, rows)
    # In April it was open by now, since when nobody knows: work in progress of April is not told any more.
    assert " of closed periods (April 2026, March 2026, Q1 2026) are told otherwise now. " in told
    assert " of March 2026 was " in told
    assert "Since then rows.csv was replaced." in told
    assert "'kpi query restated_values'" in told
    first = [
        ("month", MARCH, 10.0, 9.0, 10, 9, "files_replaced", "rows.csv"),
        ("quarter", QUARTER, 30.0, 29.0, 30, 29, "files_replaced", "rows.csv"),
    ]
    assert _restated(home) == first
    assert _run(home, rows) == []

    # What was told stays told when the next change comes.
    rows[25]["resolved_at"] = "2026-03-10 15:00:00"
    assert len(_run(home, rows)) == 1
    assert [row[2:4] for row in _restated(home)] == [(10.0, 9.0), (30.0, 29.0), (9.0, 10.0), (29.0, 30.0)]
    asked = ["query", "restated_values", "--param", f"metric={RESOLVED}", "--format", "json", "--home", str(home)]
    assert len(json.loads(CliRunner().invoke(kpi, asked, catch_exceptions=False).stdout)) == 4


def test_a_month_that_a_run_as_of_a_day_closed_or_opened_is_not_restated(home: Path) -> None:
    rows = resolved_tickets()
    assert _run(home, rows) == []
    # May is closed by somebody, and open again; then April is open as it was on its 20th.
    for options in (("--as-of", "2026-06-01"), (), ("--as-of", "2026-04-20"), ()):
        assert _run(home, rows, *options) == []
    assert _restated(home) == []
    # What is counted otherwise in a month that was closed all the time is another value, whoever closed it.
    rows[15]["resolved_at"] = "2026-05-11 10:00:00"
    assert len(_run(home, rows, "--as-of", "2026-04-20")) == 1
    assert [row[1:4] for row in _restated(home)] == [(FEBRUARY, 10.0, 9.0), (QUARTER, 30.0, 29.0)]
    assert {row[6:] for row in _restated(home)} == {("files_replaced, as_of", "rows.csv")}


def _drop_one(home: Path) -> tuple[list[dict[str, Any]], Path, str]:
    """Tickets of which one has a status of its own, the policy of statuses, and its text, by which that one is done."""
    rows = resolved_tickets()
    rows[25]["status"] = "Dropped"
    policy = home / "policies" / "statuses.yaml"
    known = policy.read_text(encoding="utf-8").replace("Closed:", "Dropped: done, Closed:", 1)
    assert "Dropped" in known
    policy.write_text(known, encoding="utf-8")
    return rows, policy, known


def test_another_meaning_of_a_status_is_told_as_such(home: Path) -> None:
    rows, policy, known = _drop_one(home)
    assert _run(home, rows) == []
    policy.write_text(known.replace("Dropped: done", "Dropped: cancelled"), encoding="utf-8")
    (told,) = _run(home, rows)
    assert "Since then policies/statuses.yaml changed." in told
    assert {row[6:] for row in _restated(home)} == {("rules", None)}
    changed = DemoHome(home).published("SELECT DISTINCT rules_changed FROM meta.restated_values")
    assert changed == [("policies/statuses.yaml",)]


def test_of_a_run_that_did_not_remember_its_rules_it_is_told_that_they_are_other_ones(home: Path) -> None:
    rows, policy, known = _drop_one(home)
    assert _run(home, rows) == []
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("ALTER TABLE ops.ops_runs DROP rules_files")
        connection.execute("ALTER TABLE ops.ops_restatements DROP rules_changed")
    policy.write_text(known.replace("Dropped: done", "Dropped: cancelled"), encoding="utf-8")
    (told,) = _run(home, rows)
    assert "Contracts, policies or settings are other ones" in told
    assert {row[6:] for row in _restated(home)} == {("rules", None)}


def test_targets_are_no_reason(home: Path) -> None:
    rows = resolved_tickets()
    assert _run(home, rows) == []
    targets = "targets:\n  - {metric: ticket_lead_time_p85_calendar_hours, value: 20}\n"
    (home / "policies" / "targets.yaml").write_text(targets, encoding="utf-8")
    rows[25]["resolved_at"] = "2026-05-11 10:00:00"
    (told,) = _run(home, rows)
    assert "Since then rows.csv was replaced." in told
    assert {row[6:] for row in _restated(home)} == {("files_replaced", "rows.csv")}


@pytest.mark.parametrize(
    ("version", "reason", "words"),
    [
        ("metric_version", "program", "The program is another version."),
        ("0", "definition, program", "Definitions have other versions"),
    ],
)
def test_what_another_program_told_is_told_as_such(home: Path, version: str, reason: str, words: str) -> None:
    """As if an earlier version had counted one more of each month."""
    rows = resolved_tickets()
    assert _run(home, rows) == []
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(f"UPDATE mart.metric_values SET value = value + 1, metric_version = {version}")
        connection.execute("UPDATE ops.ops_runs SET code_hash = 'an earlier one'")
        connection.execute("UPDATE ops.ops_steps SET input_hash = 'another' WHERE asset = 'metric_values'")
    (told,) = _run(home, rows)
    assert words in told
    assert {row[6:] for row in _restated(home)} == {(reason, None)}


def test_what_a_run_that_failed_would_have_said_is_said_by_the_next(home: Path) -> None:
    rows = resolved_tickets()
    assert _run(home, rows) == []
    rows[25]["resolved_at"] = "2026-05-11 10:00:00"
    published = home / "published"
    aside = published.rename(home / "aside")
    published.write_text("Not a folder.", encoding="utf-8")
    land_tickets(DemoHome(home), rows)
    assert CliRunner().invoke(kpi, ["run", "--home", str(home)]).exit_code == 1
    published.unlink()
    aside.rename(published)
    (told,) = _run(home, rows)
    assert "rows.csv" in told
    assert _run(home, rows) == []


def test_a_file_without_records_is_no_reason_and_a_policy_beside_a_file_is_one(home: Path) -> None:
    rows, policy, known = _drop_one(home)
    assert _run(home, rows) == []
    policy.write_text(known.replace("Dropped: done", "Dropped: cancelled"), encoding="utf-8")
    (home / "landing" / "desk" / "empty.csv").write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    assert len(_run(home, rows)) == 1
    assert {row[6:] for row in _restated(home)} == {("rules", None)}
    policy.write_text(known, encoding="utf-8")
    rows[15]["resolved_at"] = "2026-05-11 10:00:00"
    assert len(_run(home, rows)) == 1
    assert {row[6:] for row in _restated(home)} == {("rules", None), ("files_replaced, rules", "rows.csv")}


def test_another_reporting_currency_is_no_other_value(home: Path) -> None:
    rows = resolved_tickets()
    assert _run(home, rows) == []
    settings = home / "kpi.toml"
    text = settings.read_text(encoding="utf-8")
    assert '"EUR"' in text
    settings.write_text(text.replace('"EUR"', '"USD"'), encoding="utf-8")
    assert _run(home, rows) == []


def test_a_home_of_a_version_that_knew_only_files_that_came_goes_on(home: Path) -> None:
    """Its build database has other columns, and does not say what counted when values were measured."""
    rows = resolved_tickets()
    assert _run(home, rows) == []
    rows[25]["resolved_at"] = "2026-05-11 10:00:00"
    assert len(_run(home, rows)) == 1
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        for name in ("ops_counted_loads", "ops_reopened_values"):
            connection.execute(f"DROP TABLE ops.{name}")
        connection.execute("ALTER TABLE ops.ops_metric_states DROP measured_run_id")
        connection.execute("ALTER TABLE ops.ops_restatements RENAME files_replaced TO files")
        connection.execute("UPDATE ops.ops_restatements SET reason = 'definition, files, rules'")
        for name in ("files_came", "files_went"):
            connection.execute(f"ALTER TABLE ops.ops_restatements DROP {name}")
    status = CliRunner().invoke(kpi, ["status", "--home", str(home)], catch_exceptions=False).output
    assert " KPIs of closed periods (April 2026, March 2026, Q1 2026); 'kpi query restated_values'" in status
    rows[15]["resolved_at"] = "2026-05-11 10:00:00"
    land_beside(DemoHome(home), "more.csv", [ticket("A", "2026-05-10")])
    (told,) = _run(home, rows)
    assert "Since then rows.csv was replaced; more.csv came" in told
    found = DemoHome(home).published(
        """
        SELECT reason, files_came, files_replaced FROM meta.restated_values
        WHERE metric = ? AND period_grain = 'month' ORDER BY restated_at
        """,
        [RESOLVED],
    )
    assert found[0] == ("definition, files_came, rules", "rows.csv", None)
    assert found[1] == ("files_came, files_replaced", "more.csv", "rows.csv")


def test_what_a_quiet_run_does_not_say_the_status_tells(home: Path) -> None:
    rows = resolved_tickets()
    assert _run(home, rows) == []
    asked = ["status", "--home", str(home)]
    assert "Restated" not in CliRunner().invoke(kpi, asked, catch_exceptions=False).output
    rows[25]["resolved_at"] = "2026-05-11 10:00:00"
    land_tickets(DemoHome(home), rows)
    quiet = CliRunner().invoke(kpi, ["run", "--quiet", "--home", str(home)], catch_exceptions=False)
    assert quiet.output == ""
    assert _run(home, rows) == []
    (line,) = [
        line
        for line in CliRunner().invoke(kpi, asked, catch_exceptions=False).output.splitlines()
        if "restated_values" in line
    ]
    assert line.startswith("Restated   20")
    assert line.endswith(
        " KPIs of closed periods (April 2026, March 2026, Q1 2026); 'kpi query restated_values' lists them."
    )
    told = json.loads(CliRunner().invoke(kpi, [*asked, "--json"], catch_exceptions=False).stdout)["restated"]
    (month,) = [each for each in told if each["metric"] == RESOLVED and each["grain"] == "month"]
    assert (month["before"], month["now"], month["files_replaced"]) == (10.0, 9.0, "rows.csv")


def test_months_that_are_open_again_are_told_once_unless_somebody_chose_it(home: Path) -> None:
    rows, june = resolved_tickets(), [ticket("J", "2026-06-02")]
    assert _run(home, [*rows, *june], code="reopened") == []
    assert _run(home, [*rows, *june], "--as-of", "2026-04-20", code="reopened") == []
    # Without the ticket of June, the data end in May.
    (told,) = _run(home, rows, code="reopened")
    assert " KPIs of periods that were closed (May 2026) are open again: the data that count now " in told
    assert _run(home, rows, code="reopened") == []
    (told,) = _run(home, rows[:-10], code="reopened")
    assert "(April 2026)" in told

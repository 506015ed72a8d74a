"""A run measures only the tickets that can have changed, and ends with exactly what a full run computes."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from demo_homes import DemoHome, built

from pipelines.run import RunOutcome

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("incremental")]

INCIDENTS = "servicenow_incidents"
NOTE = re.compile(r"([\d,]+) of ([\d,]+) tickets measured again")


def note_of(outcome: RunOutcome) -> str:
    return next(step.note for step in outcome.steps if step.asset == "fct_tickets")


def measured_again(outcome: RunOutcome) -> tuple[int, int]:
    """How many tickets a run measured again, of how many."""
    found = NOTE.search(note_of(outcome))
    assert found, note_of(outcome)
    again, total = (int(group.replace(",", "")) for group in found.groups())
    return again, total


def assert_as_full(demo: DemoHome) -> None:
    """What the home holds is what measuring everything again gives, and that did measure everything."""
    content, numbers = demo.content_hash(), demo.numbers()
    outcome = demo.run(is_full=True)
    assert "all tickets measured" in note_of(outcome)
    assert {"stage_tickets", "fct_tickets", "metric_values"} <= built(outcome)
    assert demo.numbers() == numbers
    assert demo.content_hash() == content


def incident_rows(path: Path) -> tuple[str, list[str]]:
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    return header, rows


def rewrite(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")


def test_a_new_file_brings_only_its_tickets_and_the_open_ones(never_run: DemoHome) -> None:
    last = max((never_run.landing / INCIDENTS).iterdir())
    header, rows = incident_rows(last)
    first_day = min(row.split(",")[11] for row in rows[-40:])
    later = [row for row in rows if row.split(",")[11] == first_day] + rows[-10:]
    rewrite(last, header, [row for row in rows if row not in later])
    never_run.run()
    rewrite(last.with_name("one_more_day.csv"), header, later)
    again, total = measured_again(never_run.run())
    open_count = never_run.published("SELECT count(*) FROM core.fct_tickets WHERE NOT (is_done OR is_cancelled)")[0][0]
    assert open_count <= again < total / 2
    assert_as_full(never_run)


def test_tickets_whose_contract_was_removed_are_gone(clean: DemoHome) -> None:
    count = clean.published("SELECT count(*) FROM core.fct_tickets WHERE source = 'jira'")[0][0]
    (clean.home.contracts / "jira_issues.yaml").unlink()
    shutil.rmtree(clean.landing / "jira_issues")
    before = clean.published("SELECT count(*) FROM core.fct_tickets")[0][0]
    assert "all tickets measured" in note_of(clean.run())
    assert clean.published("SELECT count(*) FROM core.fct_tickets")[0][0] == before - count < before
    assert_as_full(clean)


def test_a_ticket_set_aside_and_let_go_again_is_measured_again(clean: DemoHome) -> None:
    path = max((clean.landing / INCIDENTS).iterdir())
    header, rows = incident_rows(path)
    before = clean.numbers()
    flawed = rows[-1].split(",")[0]
    rewrite(
        path, header, [row.replace(",Closed,", ",Never heard of,") if row.startswith(flawed) else row for row in rows]
    )
    clean.run()
    rewrite(path, header, rows)
    clean.run()
    assert_as_full(clean)
    assert {name: rows for name, rows in clean.numbers().items() if "ticket" not in name} == {
        name: rows for name, rows in before.items() if "ticket" not in name
    }


def test_time_that_passes_measures_open_tickets_again(clean: DemoHome) -> None:
    as_of = clean.published("SELECT as_of_at FROM meta.run")[0][0]
    again, total = measured_again(clean.run(as_of=as_of + timedelta(days=40)))
    assert 0 < again < total / 2
    content, numbers = clean.content_hash(), clean.numbers()
    clean.run(as_of=as_of + timedelta(days=40), is_full=True)
    assert (clean.content_hash(), clean.numbers()) == (content, numbers)


def test_events_beyond_an_earlier_clock_count_when_it_has_passed_them(never_run: DemoHome) -> None:
    never_run.run()
    as_of = never_run.published("SELECT as_of_at FROM meta.run")[0][0]
    never_run.run(as_of=as_of - timedelta(days=20))
    again, total = measured_again(never_run.run())
    assert 0 < again < total
    assert_as_full(never_run)

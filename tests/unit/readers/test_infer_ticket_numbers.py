"""Which column a draft takes for the number of the ticket: one that names a ticket on nearly every row."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import pytest
from drafts import Draft, draft_path, feeds_of, real_export, unwrap, write_lines

KEYS = ("tickets.ticket_id", "ticket_events.ticket_id")
STATES = ("New", "Active", "Closed")
#: Days before which the rows of an incident log were updated last, in the words of its own dates.
CUTS = ("15/3/2016", "1/4/2016", "15/4/2016", "22/4/2016", "1/5/2016", "15/5/2016", "15/6/2016")


def _log(other: str, value_of: dict[int, str], *, of_others: str = "?") -> str:
    """Three changes of each of 400 tickets, of which many stand at one instant, and a column that may name them."""
    rows: list[list[object]] = [["number", "state", "sys_updated_at", other]]
    for ticket in range(400):
        for step, state in enumerate(STATES):
            # Of two tickets in three all changes stand at one instant.
            hour = 8 + step if ticket % 3 == 0 else 8
            at = f"2026-03-{1 + ticket % 28:02} {hour:02}:{ticket % 60:02}:00"
            rows.append([f"INC{ticket:05}", state, at, value_of.get(ticket, of_others)])
    return write_lines(rows)


@pytest.mark.parametrize("token", ["?", "n/a", ""])
def test_a_column_of_null_tokens_names_no_ticket(draft: Draft, token: str) -> None:
    problems = {ticket: f"PRB{ticket // 20:04}" for ticket in range(0, 400, 10)}
    _, contract, text = draft("incidents.csv", _log("problem_id", problems, of_others=token))
    feeds = feeds_of(contract)
    assert {feeds[key] for key in KEYS} == {"number"}
    assert "names the ticket?" not in text


def test_two_columns_that_may_both_name_the_ticket_are_told_with_their_figures(draft: Draft) -> None:
    rows = [line.split(",") for line in _log("case_number", {}).splitlines()]
    for row in rows[1:]:
        ticket = int(row[0].removeprefix("INC"))
        row[2] = f"2026-03-{1 + ticket % 28:02} {8 + STATES.index(row[1]):02}:{ticket % 60:02}:00"
        row[3] = f"CS{ticket // 2:05}"
    _, contract, text = draft("incidents.csv", write_lines(rows))
    (said,) = [line for line in unwrap(text).splitlines() if "names the ticket?" in line]
    assert "CHECK: " in said
    assert "number (400 values, empty on 0 of 1,200 rows; sys_updated_at changes within 100 % of those" in said
    assert "case_number (200 values, empty on 0 of 1,200 rows; sys_updated_at changes within 100 % of those" in said
    assert feeds_of(contract)["tickets.ticket_id"] in {"number", "case_number"}


@pytest.mark.real_exports
@pytest.mark.parametrize("until", CUTS)
def test_any_cut_of_a_real_incident_log_is_drafted_by_its_number(until: str, tmp_path: Path) -> None:
    path = real_export("servicenow_incident_audit.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        header, *lines = file.read().splitlines()
    place = header.split(",").index("sys_updated_at")
    day = datetime.strptime(until, "%d/%m/%Y")  # noqa: DTZ007
    kept = [line for line in lines if datetime.strptime(line.split(",")[place], "%d/%m/%Y %H:%M") < day]  # noqa: DTZ007
    assert len(kept) > 10_000
    cut = tmp_path / "incidents.csv"
    cut.write_text("\n".join([header, *kept, ""]), encoding="utf-8")
    _, contract, _ = draft_path(cut)
    feeds = feeds_of(contract)
    assert {feeds[key] for key in KEYS} == {"number"}

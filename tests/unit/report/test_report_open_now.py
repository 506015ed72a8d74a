"""What needs attention now, of answers made by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from made_up_facts import answer, facts

from pipelines.report.figures import Figure
from pipelines.report.open_now import open_now_section


def clock(number: int, state: str) -> dict[str, Any]:
    due_at = datetime(2026, 11, 3, number, tzinfo=UTC) if state == "running" else None
    return {"ticket_id": f"{state}:{number}", "target": "first_response", "state": state, "due_at": due_at,
            "team": None, "priority": "P1", "remaining_hours": float(number),
            "remaining_lower_hours": None, "remaining_upper_hours": None}  # fmt: skip


def figures_of(*, running: int = 0, soon: int = 0, paused: int = 0, paused_soon: int = 0) -> dict[str, Figure]:
    row = {"team": "Desk", "running_count": running, "soon_count": soon, "paused_count": paused,
           "paused_soon_count": paused_soon, "least_remaining_hours": 1.0}  # fmt: skip
    given = facts(
        at_risk=answer("promises_at_risk_by_team", row),
        next_to_breach=answer("tickets_about_to_breach", *(clock(n, "running") for n in range(min(soon, 10)))),
        paused_next=answer("tickets_about_to_breach", *(clock(n, "paused") for n in range(min(paused_soon, 5)))),
    )
    return {figure.id: figure for figure in open_now_section(given).figures}


def test_paused_promises_are_shown_however_many_run() -> None:
    figures = figures_of(running=40, soon=12, paused=50, paused_soon=11)
    assert figures["next-to-breach"].sentences == (
        "Of 12 running promises with 8 open hours or less left, the 10 that break first are here.",
    )
    (told,) = figures["paused-promises"].sentences
    assert told == (
        "50 promises are paused and cannot break until they go on; 11 of them have 8 open hours or less left. "
        "The 5 with the least left are here."
    )
    table = figures["paused-promises"].table
    assert table is not None
    assert [row[0] for row in table.rows] == [f"paused:{number}" for number in range(5)]
    # Nobody knows when a paused one breaks.
    running = figures["next-to-breach"].table
    assert running is not None
    assert "breaks at" in running.columns
    assert "breaks at" not in table.columns
    assert all(len(row) == len(shown.columns) for shown in (running, table) for row in shown.rows)


@pytest.mark.parametrize(
    ("soon", "told"),
    [
        (1, "The one running promise with 8 open hours or less left."),
        (3, "All 3 running promises with 8 open hours or less left, by the instant at which they break."),
    ],
)
def test_a_list_says_that_it_is_whole(soon: int, told: str) -> None:
    figures = figures_of(running=9, soon=soon)
    assert figures["next-to-breach"].sentences == (told,)
    assert "paused-promises" not in figures


ONE_LEFT = (
    "Since 1 August 2026, 1 ticket left the exports while it was open. What became of it is not known: it is in no "
    "list of open work."
)
MANY_LEFT = (
    "Since 1 August 2026, 12 tickets left the exports while they were open. What became of them is not known: they "
    "are in no list of open work. The latest 10 are here."
)


@pytest.mark.parametrize(("count", "told"), [(1, ONE_LEFT), (12, MANY_LEFT)])
def test_tickets_that_left_the_exports_are_told_with_what_to_do(count: int, told: str) -> None:
    last = datetime(2026, 10, 12, 22, tzinfo=UTC)
    rows = [
        {"ticket_id": f"desk:{number}", "team": None, "status": "Waiting", "unknown_since_at": last,
         "counted_from_date": date(2026, 8, 1), "left_count": count}
        for number in range(min(count, 10))
    ]  # fmt: skip
    (figure,) = open_now_section(facts(left=answer("tickets_that_left_the_exports", *rows))).figures
    assert figure.sentences[0] == told
    assert "Let the export hold closed tickets as well" in figure.sentences[1]
    assert "Let the export hold closed tickets as well" in figure.sentences[1]
    assert figure.table is not None
    assert figure.table.rows[0] == ("desk:0", "(none)", "Waiting", "2026-10-12 22:00 UTC")
    assert len(figure.table.rows) == len(rows)


def test_one_paused_promise_is_told_in_the_singular() -> None:
    (told,) = figures_of(paused=1, paused_soon=1)["paused-promises"].sentences
    assert told == "1 promise is paused and cannot break until it goes on."


def test_what_is_left_of_a_promise_goes_from_the_least_to_the_most() -> None:
    """Where exports show late since when it counts or is paused, one number would say too much."""
    rows = [
        clock(1, "paused"),
        {**clock(2, "paused"), "remaining_lower_hours": 2.0, "remaining_upper_hours": 5.25},
        {**clock(3, "paused"), "remaining_lower_hours": 0.5, "remaining_upper_hours": 3.0},
        {**clock(4, "paused"), "remaining_lower_hours": 4.0 - 1e-9, "remaining_upper_hours": 4.0},
    ]
    at_risk = {"team": "Desk", "running_count": 0, "soon_count": 0, "paused_count": 4, "paused_soon_count": 4,
               "least_remaining_hours": 1.0}  # fmt: skip
    given = facts(
        at_risk=answer("promises_at_risk_by_team", at_risk), paused_next=answer("tickets_about_to_breach", *rows)
    )
    figures = {figure.id: figure for figure in open_now_section(given).figures}
    assert "the least and the most that can be left are shown" in figures["paused-promises"].sentences[1]
    table = figures["paused-promises"].table
    assert table is not None
    assert [row[-1] for row in table.rows] == ["1.0", "2.0 to 5.2", "0.5 to 3.0", "4.0"]

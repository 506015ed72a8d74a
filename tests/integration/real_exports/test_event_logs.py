"""Every ticket of four real event logs, one by one: its life, its clocks and the days it lay, as plain SQL has them.

To the microsecond, on both clocks. What becomes of them month by month is in `test_months_of_event_logs`.
"""

from __future__ import annotations

import duckdb
import pytest
from real_exports.real_homes import differences

pytestmark = pytest.mark.real_exports

_DURATIONS = (
    *("lead_time", "cycle_time", "first_resolution", "first_response", "queued", "active", "waiting"),
    *("reopened_gap", "age"),
)
_INSTANTS = ("created_at", "first_active_at", "first_resolved_at", "resolved_at", "cancelled_at")
_FACTS = (
    *("status_category", "team", "priority", "service", "reopen_count", "handoff_count", "touch_count"),
    "is_set_aside",
)


def _without_source(name: str = "ticket_id") -> str:
    return f"split_part({name}, ':', 2) AS ticket"


def _naive(names: tuple[str, ...]) -> str:
    """Instants of ours as plain SQL has them: without a zone, in UTC."""
    return ", ".join(f"timezone('UTC', {name}) AS {name}" for name in names)


def _lives(connection: duckdb.DuckDBPyConnection, clock: str) -> dict[str, list[tuple[object, ...]]]:
    lengths = ", ".join(f"{name}_{clock}_microseconds AS {name}" for name in _DURATIONS)
    facts = ", ".join(_FACTS).replace("is_set_aside", "is_quarantined AS is_set_aside")
    return differences(
        connection,
        f"SELECT {_without_source()}, {_naive(_INSTANTS)}, {facts}, {lengths} FROM ours.core.fct_tickets",
        f"SELECT ticket, {', '.join((*_INSTANTS, *_FACTS, *_DURATIONS))} FROM lives WHERE clock = '{clock}'",
        ["ticket"],
    )


def _clocks(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    instants = ("started_at", "stopped_at", "breached_at", "due_at", "decided_at")
    lengths = ("target", "elapsed", "paused", "remaining")
    names = ("team", "priority", "service", "state", "used_ratio")
    microseconds = ", ".join(f"{name}_microseconds AS {name}" for name in lengths)
    return differences(
        connection,
        f"SELECT {_without_source()}, sla_policy AS policy, cycle_number, {_naive(instants)}, {microseconds}, "
        f"{', '.join(names)} FROM ours.core.fct_sla_clocks WHERE target = 'resolution'",
        f"SELECT ticket, policy, cycle_number, {', '.join((*instants, *lengths, *names))} FROM clocks",
        ["ticket", "policy", "cycle_number"],
        tolerance=1e-12,
    )


def _days(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    """Tickets in work at every day's end; of the last day, at the end of the export."""
    breakdown = ("status_category", "team", "priority", "service")
    keys = ["day_date", *breakdown]
    named = ", ".join(f"coalesce({name}, '') AS {name}" for name in breakdown)
    return differences(
        connection,
        f"SELECT day_date, {named}, sum(ticket_count) AS ticket_count FROM ours.core.fct_ticket_days GROUP BY ALL",
        f"""
        SELECT day_date, {named}, count(*) AS ticket_count
        FROM (SELECT steps.*, steps.category AS status_category, service
              FROM steps JOIN tickets USING (ticket) WHERE NOT is_set_aside)
        JOIN days ON moment < day_ends_at AND (next_at IS NULL OR next_at >= day_ends_at)
        WHERE status_category IN ('queued', 'active', 'waiting')
        GROUP BY ALL
        """,
        keys,
    )


@pytest.mark.parametrize("clock", ["calendar", "business"])
def test_lives(event_log: duckdb.DuckDBPyConnection, clock: str) -> None:
    assert _lives(event_log, clock) == {}


@pytest.mark.parametrize("clock", ["calendar", "business"])
def test_lives_as_of_an_earlier_instant(event_log_under_other_promises: duckdb.DuckDBPyConnection, clock: str) -> None:
    assert _lives(event_log_under_other_promises, clock) == {}


def test_parts_add_up_to_lead_time(event_log: duckdb.DuckDBPyConnection) -> None:
    """Of the plain numbers, too: so they are not merely the same mistake."""
    assert event_log.execute(
        "SELECT count(*) > 100, bool_and(queued + active + waiting + reopened_gap = lead_time) FROM lives "
        "WHERE lead_time IS NOT NULL"
    ).fetchall() == [(True, True)]


def test_time_in_every_status(event_log: duckdb.DuckDBPyConnection) -> None:
    """In the source's own words, without any policy; a status in which a ticket lies done for good has no end."""
    found = differences(
        event_log,
        f"""
        SELECT {_without_source()}, coalesce(status, '') AS status, sum(duration_calendar_microseconds) AS spent
        FROM ours.core.fct_ticket_intervals GROUP BY ALL HAVING spent > 0
        """,
        """
        SELECT ticket, coalesce(status, '') AS status,
               sum(epoch_us(coalesce(next_at, as_of)) - epoch_us(moment)) AS spent
        FROM steps, reach WHERE NOT (is_in_last_state AND category IN ('done', 'cancelled'))
        GROUP BY ALL HAVING spent > 0
        """,
        ["ticket", "status"],
    )
    assert found == {}


def test_resolution_clocks(event_log: duckdb.DuckDBPyConnection) -> None:
    assert _clocks(event_log) == {}


def test_resolution_clocks_under_other_promises(event_log_under_other_promises: duckdb.DuckDBPyConnection) -> None:
    assert _clocks(event_log_under_other_promises) == {}


def test_clocks_of_every_state_are_among_those_confirmed(
    event_log_under_other_promises: duckdb.DuckDBPyConnection,
) -> None:
    """In the middle of an export promises are running and paused, too; at its end, nearly all are decided."""
    is_cut, states = event_log_under_other_promises.execute(
        "SELECT getvariable('as_of') IS NOT NULL, list(DISTINCT state ORDER BY state) FROM clocks"
    ).fetchall()[0]
    assert states == (["breached", "met", "paused", "running"] if is_cut else ["breached", "met"])


def test_tickets_in_work_at_every_days_end(event_log: duckdb.DuckDBPyConnection) -> None:
    assert _days(event_log) == {}


def test_tickets_in_work_at_every_days_end_as_of_an_earlier_instant(
    event_log_under_other_promises: duckdb.DuckDBPyConnection,
) -> None:
    assert _days(event_log_under_other_promises) == {}


def test_the_datas_own_clock(event_log: duckdb.DuckDBPyConnection) -> None:
    found = event_log.execute("SELECT timezone('UTC', as_of_at) FROM ours.meta.run").fetchall()
    assert found == event_log.execute("SELECT as_of FROM reach").fetchall()


@pytest.mark.parametrize(
    "event_log", [pytest.param("help_desk", marks=pytest.mark.xdist_group("real_help_desk"))], indirect=True
)
def test_first_response_clocks(event_log: duckdb.DuckDBPyConnection) -> None:
    """No reply is told, so the first work on a ticket stands in for it; a resolution before that answers, too."""
    found = differences(
        event_log,
        f"""
        SELECT {_without_source()}, {_naive(("started_at", "stopped_at"))}, elapsed_microseconds AS elapsed, state
        FROM ours.core.fct_sla_clocks WHERE target = 'first_response'
        """,
        """
        SELECT ticket, created_at AS started_at, least(first_active_at, first_resolved_at) AS stopped_at,
               coalesce(least(first_response, first_resolution), age) AS elapsed,
               if(elapsed <= 7_200_000_000, 'met', 'breached') AS state
        FROM lives WHERE clock = 'business'
        """,
        ["ticket"],
    )
    assert found == {}

"""What is peculiar to each real export: why its contract says what it says, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.real_exports


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def _of(name: str) -> pytest.MarkDecorator:
    one = pytest.param(name, marks=pytest.mark.xdist_group(f"real_{name}"))
    return pytest.mark.parametrize("event_log", [one], indirect=True)


def _set_aside(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT rule_id, failed_count FROM ours.meta.rule_results WHERE state = 'failed' AND action = 'quarantine' "
        "ORDER BY rule_id"
    ).fetchall()


@_of("servicenow")
def test_servicenows_own_flag_counts_once_an_incident(event_log: duckdb.DuckDBPyConnection) -> None:
    per_incident = _one(
        event_log,
        """
        SELECT avg(if(made_sla = 'true', 1, 0))
        FROM (SELECT number AS ticket, arg_max(made_sla, row_number) AS made_sla FROM updates GROUP BY number)
        JOIN lives USING (ticket) WHERE clock = 'calendar' AND resolved_at IS NOT NULL AND NOT is_set_aside
        """,
    )[0]
    per_row = _one(event_log, "SELECT avg(if(made_sla = 'true', 1, 0)) FROM updates")[0]
    published = _one(
        event_log,
        """
        SELECT sum(numerator) / sum(denominator) FROM ours.mart.metric_values
        WHERE metric = 'sla_source_attainment_ratio' AND period_grain = 'month' AND dimension = 'overall'
        """,
    )[0]
    assert published == pytest.approx(per_incident, rel=1e-12)
    assert per_row - per_incident > 0.3  # what counting rows instead would claim


@_of("servicenow")
def test_servicenows_incidents_that_cannot_be_true_are_set_aside(event_log: duckdb.DuckDBPyConnection) -> None:
    assert _set_aside(event_log) == [
        ("ticket_events.occurred_at.not_before_created", 5),
        ("ticket_events.status.mapped", 2),
    ]
    assert _one(event_log, "SELECT count(*), count(*) FILTER (is_set_aside) FROM tickets") == (20_769, 6)


@_of("servicenow")
def test_servicenows_incidents_updated_before_they_were_opened_contradict_the_systems_own_stamp(
    event_log: duckdb.DuckDBPyConnection,
) -> None:
    """Why five incidents are set aside: the record is older than the opening time that somebody gave it."""
    stamps = """
        SELECT number, min(moment) AS first_updated_at, min(strptime(opened_at, '%d/%m/%Y %H:%M')) AS opened_at,
               min(strptime(sys_created_at, '%d/%m/%Y %H:%M')) AS entered_at
        FROM updates GROUP BY number
    """
    early = f"FROM ({stamps}) WHERE first_updated_at < opened_at"
    assert _one(event_log, f"SELECT count(*), min(opened_at - first_updated_at) {early}") == (5, timedelta(minutes=18))
    assert _one(
        event_log, f"SELECT count(*) {early} AND entered_at <= first_updated_at AND entered_at < opened_at"
    ) == (5,)
    # Nowhere else does a record go back before its opening but once, on that same first morning.
    assert _one(event_log, f"SELECT count(*) FILTER (entered_at < opened_at) FROM ({stamps})") == (6,)
    assert _one(event_log, f"SELECT count(*) FROM ({stamps}) WHERE first_updated_at < entered_at") == (0,)


@_of("jira")
def test_jiras_own_resolution_dates_are_our_last_resolutions(event_log: duckdb.DuckDBPyConnection) -> None:
    """A field that no calculation of ours reads: it is set in the same second as the last change into done."""
    assert _one(
        event_log,
        """
        SELECT count(*), count(*) FILTER (resolution_date <= resolved_at),
               max(resolved_at - resolution_date) < INTERVAL 2 SECONDS
        FROM (SELECT 'jira:' || ticket AS ticket_id,
                     strptime(fields ->> 'resolutiondate', '%Y-%m-%dT%H:%M:%S.%g%z') AS resolution_date FROM issues)
        JOIN ours.core.fct_tickets USING (ticket_id)
        """,
    ) == (194, 194, True)


@_of("help_desk")
def test_the_help_desks_clock_does_not_shift_in_summer(event_log: duckdb.DuckDBPyConnection) -> None:
    """Why its contract says UTC: people begin at nine in Rome, be it summer or winter."""
    begins_at = """
        SELECT min(hour) FROM (SELECT hour(moment) AS hour, count(*) AS rows FROM log WHERE month(moment) IN ({})
                               GROUP BY ALL) WHERE rows > 100
    """
    assert _one(event_log, begins_at.format("12, 1, 2")) == (8,)
    assert _one(event_log, begins_at.format("6, 7, 8")) == (7,)


@_of("help_desk")
def test_the_help_desks_activities_in_capitals_are_of_other_records(event_log: duckdb.DuckDBPyConnection) -> None:
    """Why they are not mapped: they name another customer than all other rows of their ticket. Three are set aside."""
    strays = """FROM log WHERE regexp_full_match(Activity, '[A-Z]+')"""
    assert _one(event_log, f'SELECT count(*), count(DISTINCT "Case ID") {strays}') == (8, 3)
    assert _one(
        event_log,
        f"""
        SELECT count(*) FROM (SELECT DISTINCT "Case ID", customer {strays}) AS stray
        JOIN log USING ("Case ID", customer) WHERE NOT regexp_full_match(Activity, '[A-Z]+')
        """,
    ) == (0,)
    assert _set_aside(event_log) == [("ticket_events.status.mapped", 8), ("tickets.status.mapped", 1)]
    assert _one(event_log, "SELECT count(*) FILTER (is_quarantined) FROM ours.core.fct_tickets") == (3,)


@_of("help_desk")
def test_the_help_desks_repeated_resolutions_are_seldom_reopenings(event_log: duckdb.DuckDBPyConnection) -> None:
    """Most tickets with several resolutions have them told twice, or were resolved again without work in between."""
    repeated = """SELECT "Case ID" FROM log WHERE Activity = 'Resolve ticket' GROUP BY ALL HAVING count(*) > 1"""
    assert _one(event_log, f"SELECT count(*) FROM ({repeated})") == (386,)
    reopened = "FROM ours.core.fct_tickets WHERE reopen_count > 0"
    assert _one(event_log, f"SELECT count(*) {reopened}") == _one(
        event_log, "SELECT count(*) FROM lives WHERE clock = 'calendar' AND reopen_count > 0"
    )
    assert _one(event_log, f"SELECT count(*) < 386 / 2 {reopened}") == (True,)


@_of("help_desk")
def test_the_help_desks_tickets_that_were_never_closed(event_log: duckdb.DuckDBPyConnection) -> None:
    """Twenty-one; but ten of them were resolved, which is when their lead time ends."""
    never_closed = """SELECT "Case ID" AS ticket FROM log GROUP BY ALL HAVING bool_and(Activity <> 'Closed')"""
    assert _one(event_log, f"SELECT count(*) FROM ({never_closed})") == (21,)
    assert event_log.execute(
        f"""
        SELECT is_done, count(*) FROM ours.core.fct_tickets
        SEMI JOIN ({never_closed}) AS open ON ticket_id = 'help_desk:' || ticket GROUP BY ALL ORDER BY ALL
        """
    ).fetchall() == [(False, 11), (True, 10)]


@_of("help_desk")
def test_the_help_desks_rows_told_twice_count_once(event_log: duckdb.DuckDBPyConnection) -> None:
    expected = _one(
        event_log,
        """
        SELECT told, (SELECT count(*) FROM log) - told
        FROM (SELECT count(*) AS told FROM (SELECT DISTINCT * EXCLUDE (row_number) FROM log))
        """,
    )
    found = _one(event_log, "SELECT sum(event_count), sum(duplicate_event_count) FROM ours.core.fct_tickets")
    assert found == expected


@_of("volvo")
def test_volvos_sub_status_says_the_status(event_log: duckdb.DuckDBPyConnection) -> None:
    """Why its contract reads one column of the two."""
    assert _one(
        event_log,
        """
        SELECT count(*), max(statuses) FROM (
            SELECT "lifecycle:transition", count(DISTINCT "concept:name") AS statuses FROM log GROUP BY ALL)
        """,
    ) == (7, 1)
    assert _one(event_log, "SELECT count(*), count(DISTINCT ticket), count(category) FROM changes") == (
        6_660,
        1_487,
        6_660,
    )
    assert _set_aside(event_log) == []


@_of("volvo")
def test_volvos_cancelled_problems_were_taken_up_again(event_log: duckdb.DuckDBPyConnection) -> None:
    """Three were, without being resolved before: no reopening, and their time in cancelled is no one's."""
    assert event_log.execute(
        """
        SELECT reopen_count, count(*), bool_and(reopened_gap_calendar_microseconds > 0) FROM ours.core.fct_tickets
        SEMI JOIN (FROM changes WHERE category = 'cancelled') AS cancelled ON ticket_id = 'vinst:' || ticket
        GROUP BY ALL
        """
    ).fetchall() == [(0, 3, True)]

"""Requests to a city's 311 line, one row each as it stands: what plain SQL can tell, and what nobody can.

Two files of different years, with different columns: one contract reads both. Local times of New York.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import pytest
from real_exports.real_homes import RealHome, differences

pytestmark = [pytest.mark.real_exports, pytest.mark.xdist_group("real_nyc_311")]

_HOUR = 3_600_000_000
_UNKNOWN_OF_A_SNAPSHOT = (
    *("first_active_at", "first_response_at", "reopen_count", "handoff_count", "touch_count"),
    *(
        f"{measure}_{clock}_microseconds"
        for measure in ("cycle_time", "first_response", "queued", "active", "waiting", "reopened_gap")
        for clock in ("calendar", "business")
    ),
)
_MONTH = "CAST(date_trunc('month', {}) AS DATE)"


@pytest.fixture(scope="module")
def requests(home_of: Callable[[str], RealHome]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The raw rows, local times read; in the catalog `ours` what was published of them, in `build` what was staged."""
    real = home_of("nyc_311")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        local = "strptime(\"{}\", '%m/%d/%Y %I:%M:%S %p')"
        utc = f"timezone('UTC', timezone('America/New_York', {local}))"
        connection.execute(
            f"""
            CREATE TABLE requests AS
            SELECT "Unique Key" AS ticket, Status AS status, Agency AS agency, "Complaint Type" AS complaint,
                   {local.format("Closed Date")} AS closed_locally, {local.format("Created Date")} AS created_locally,
                   {utc.format("Created Date")} AS created_at, {utc.format("Closed Date")} AS closed_at,
                   {utc.format("Due Date")} AS due_at
            FROM read_csv({list(real.files)}, all_varchar = true, union_by_name = true);
            CREATE TABLE reach AS SELECT max(greatest(created_at, closed_at)) AS as_of FROM requests;
            """
        )
        connection.execute(f"ATTACH '{real.home.published_file}' AS ours (READ_ONLY)")
        connection.execute(f"ATTACH '{real.home.warehouse}' AS build (READ_ONLY)")
        yield connection


def test_requests_one_by_one(requests: duckdb.DuckDBPyConnection) -> None:
    found = differences(
        requests,
        """
        SELECT split_part(ticket_id, ':', 2) AS ticket, status, team, service, is_done, is_cancelled, is_quarantined,
               has_history, status_category, timezone('UTC', created_at) AS created_at,
               timezone('UTC', resolved_at) AS resolved_at, timezone('UTC', first_resolved_at) AS first_resolved_at,
               lead_time_calendar_microseconds AS lead_time, first_resolution_calendar_microseconds AS first_resolution,
               age_calendar_microseconds AS age
        FROM ours.core.fct_tickets
        """,
        """
        SELECT ticket, status, agency AS team, complaint AS service, status = 'Closed' AS is_done,
               false AS is_cancelled, false AS is_quarantined, false AS has_history,
               CASE status WHEN 'Closed' THEN 'done' WHEN 'In Progress' THEN 'active' WHEN 'Open' THEN 'queued' END
                   AS status_category,
               created_at, closed_at AS resolved_at, closed_at AS first_resolved_at,
               epoch_us(closed_at) - epoch_us(created_at) AS lead_time, lead_time AS first_resolution,
               if(closed_at IS NULL, epoch_us(as_of) - epoch_us(created_at), NULL) AS age
        FROM requests, reach
        """,
        ["ticket"],
    )
    assert found == {}
    assert requests.execute("SELECT count(*), count(closed_at) FROM requests").fetchall() == [(1041, 597)]


def test_what_a_snapshot_cannot_tell_is_empty_not_zero(requests: duckdb.DuckDBPyConnection) -> None:
    counts = ", ".join(f"count({name})" for name in _UNKNOWN_OF_A_SNAPSHOT)
    row = requests.execute(f"SELECT {counts} FROM ours.core.fct_tickets").fetchone()
    assert row == (0,) * len(_UNKNOWN_OF_A_SNAPSHOT)
    assert requests.execute("SELECT count(*) FROM ours.core.fct_ticket_intervals").fetchone() == (0,)
    assert requests.execute("SELECT count(*) FROM ours.core.fct_ticket_days").fetchone() == (0,)


@pytest.mark.parametrize("dimension", ["overall", "team", "service"])
def test_lead_times_by_month(requests: duckdb.DuckDBPyConnection, dimension: str) -> None:
    value = {"overall": "''", "team": "agency", "service": "complaint"}[dimension]
    percentiles = " UNION ALL ".join(
        f"""
        SELECT 'ticket_lead_time_p{percent}_calendar_hours' AS metric, {_MONTH.format("closed_locally")} AS month,
               {value} AS breakdown,
               quantile_cont(epoch_us(closed_at) - epoch_us(created_at), {percent / 100}) / {_HOUR} AS value,
               count(*) AS eligible, count(*) AS measured
        FROM requests WHERE closed_at IS NOT NULL GROUP BY ALL
        """
        for percent in (50, 85, 95)
    )
    found = f"""
        SELECT metric, period_start_date AS month, dimension_value AS breakdown, value, eligible_count AS eligible,
               measured_count AS measured
        FROM ours.mart.metric_values
        WHERE metric LIKE 'ticket_lead_time_p%_calendar_hours' AND period_grain = 'month' AND dimension = '{dimension}'
    """
    assert differences(requests, found, percentiles, ["metric", "month", "breakdown"], tolerance=1e-9) == {}


def test_arrivals_and_throughput_by_day(requests: duckdb.DuckDBPyConnection) -> None:
    """Days without any, of which there are six years between the two files, count 0."""
    for metric, moment in (("created", "created_locally"), ("resolved", "closed_locally")):
        found = f"""
            SELECT period_start_date AS day, value FROM ours.mart.metric_values
            WHERE metric = 'ticket_{metric}_count' AND period_grain = 'day' AND dimension = 'overall'
        """
        expected = f"""
            SELECT CAST(day AS DATE) AS day, CAST(count(ticket) AS DOUBLE) AS value
            FROM generate_series(TIMESTAMP '2016-06-20', TIMESTAMP '2022-05-01', INTERVAL 1 DAY) AS days (day)
            LEFT JOIN requests ON date_trunc('day', {moment}) = day GROUP BY ALL
        """
        assert differences(requests, found, expected, ["day"]) == {}


def test_what_needs_a_history_is_eligible_and_not_measured(requests: duckdb.DuckDBPyConnection) -> None:
    closed = requests.execute(
        f"SELECT {_MONTH.format('closed_locally')} AS month, count(*) FROM requests "
        "WHERE closed_at IS NOT NULL GROUP BY month ORDER BY month"
    ).fetchall()
    for metric in (
        *("ticket_cycle_time_p85_business_hours", "ticket_waiting_time_p50_calendar_hours"),
        *("ticket_queued_time_p50_calendar_hours", "ticket_first_response_p50_calendar_hours"),
        *("ticket_reopen_ratio", "ticket_reopen_mean_count", "ticket_handoff_mean_count", "ticket_touch_mean_count"),
        *("ticket_first_contact_resolution_ratio", "ticket_flow_efficiency_calendar_ratio"),
    ):
        rows = requests.execute(
            f"""
            SELECT period_start_date, value, eligible_count, measured_count, coverage_ratio FROM ours.mart.metric_values
            WHERE metric = '{metric}' AND period_grain = 'month' AND dimension = 'overall' ORDER BY period_start_date
            """
        ).fetchall()
        assert rows == [(month, None, count, 0, 0.0) for month, count in closed], metric


def test_work_in_progress_is_eligible_and_not_measured(requests: duckdb.DuckDBPyConnection) -> None:
    """Nobody knows what a request was doing on a day, but that it was there."""
    found = """
        SELECT period_start_date AS day, value, eligible_count AS eligible, measured_count AS measured
        FROM ours.mart.metric_values
        WHERE metric = 'ticket_work_in_progress_count' AND period_grain = 'day' AND dimension = 'overall'
          AND eligible > 0
    """
    expected = """
        SELECT CAST(day AS DATE) AS day, CAST(NULL AS DOUBLE) AS value, count(*) AS eligible, 0 AS measured
        FROM generate_series(TIMESTAMP '2016-06-20', TIMESTAMP '2022-05-01', INTERVAL 1 DAY) AS days (day)
        JOIN requests ON date_trunc('day', created_locally) <= day
                     AND (closed_locally IS NULL OR date_trunc('day', closed_locally) > day)
        GROUP BY ALL
    """
    assert differences(requests, found, expected, ["day"]) == {}


def test_due_instants_are_those_of_the_file(requests: duckdb.DuckDBPyConnection) -> None:
    found = differences(
        requests,
        "SELECT split_part(ticket_id, ':', 2) AS ticket, timezone('UTC', due_at) AS due_at FROM build.stg.stg_tickets",
        "SELECT ticket, due_at FROM requests",
        ["ticket"],
    )
    assert found == {}
    assert requests.execute("SELECT count(due_at) FROM requests").fetchone() == (76,)


def test_promises_without_a_pause_are_judged(requests: duckdb.DuckDBPyConnection) -> None:
    """The police answer within eight hours: met, breached or still running as of the latest instant of the files."""
    found = differences(
        requests,
        """
        SELECT split_part(ticket_id, ':', 2) AS ticket, sla_policy, state, timezone('UTC', breached_at) AS breached_at,
               timezone('UTC', due_at) AS due_at, elapsed_microseconds AS elapsed
        FROM ours.core.fct_sla_clocks WHERE sla_policy = 'police_answers'
        """,
        """
        SELECT ticket, 'police_answers' AS sla_policy,
               CASE WHEN coalesce(closed_at, as_of) > promised_at THEN 'breached' WHEN closed_at IS NOT NULL THEN 'met'
                    ELSE 'running' END AS state,
               if(state = 'breached', promised_at, NULL) AS breached_at,
               if(state = 'running', promised_at, NULL) AS due_at,
               epoch_us(coalesce(closed_at, as_of)) - epoch_us(created_at) AS elapsed
        FROM (SELECT *, created_at + INTERVAL 8 HOURS AS promised_at FROM requests WHERE agency = 'NYPD'), reach
        """,
        ["ticket"],
    )
    assert found == {}


def test_the_citys_own_due_dates_find_the_same_requests_overdue(requests: duckdb.DuckDBPyConnection) -> None:
    """Its due dates are eight hours after creation, and so is the promise above."""
    overdue = requests.execute(
        "SELECT ticket FROM requests WHERE due_at IS NOT NULL AND closed_at > due_at ORDER BY ticket"
    ).fetchall()
    breached = requests.execute(
        """
        SELECT split_part(ticket_id, ':', 2) AS ticket FROM ours.core.fct_sla_clocks
        SEMI JOIN (FROM requests WHERE due_at IS NOT NULL) AS with_due_date ON ticket = with_due_date.ticket
        WHERE state = 'breached' ORDER BY ticket
        """
    ).fetchall()
    assert overdue == breached
    assert overdue
    assert requests.execute(
        "SELECT count(*) FILTER (due_at - created_at = INTERVAL 8 HOURS), count(due_at) FROM requests"
    ).fetchall() == [(76, 76)]


def test_promises_with_a_pause_are_judged_only_where_pauses_cannot_matter(requests: duckdb.DuckDBPyConnection) -> None:
    """How long the other agencies' requests waited, a snapshot does not tell: without any wait some were in time.

    Of those that are open it is not told whether they wait, and no period has them before they can be late.
    """
    found = differences(
        requests,
        """
        SELECT split_part(ticket_id, ':', 2) AS ticket, state, not_told, decided_at IS NOT NULL AS is_decided
        FROM ours.core.fct_sla_clocks WHERE sla_policy = 'others'
        """,
        """
        SELECT ticket,
               if(closed_at <= promised_at, 'met', 'not_measured') AS state,
               if(state = 'not_measured', 'pauses', NULL) AS not_told,
               closed_at IS NOT NULL OR as_of > promised_at AS is_decided
        FROM (SELECT *, created_at + INTERVAL 30 DAYS AS promised_at FROM requests WHERE agency <> 'NYPD'), reach
        """,
        ["ticket"],
    )
    assert found == {}
    assert requests.execute("SELECT count(*) FROM requests WHERE agency <> 'NYPD'").fetchone() == (80,)

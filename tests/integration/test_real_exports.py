"""Three contract files and no Python: published numbers of real exports equal plain SQL over the raw files.

The SQL below knows nothing of the pipeline: it reads the gzipped CSV with DuckDB and computes each number in the most
direct way. The contracts and policies are in `real_exports/home`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.home import Home
from pipelines.project import load_project
from pipelines.run import run_project
from pipelines.session import SilentReporter

pytestmark = [pytest.mark.real_exports, pytest.mark.xdist_group("real_exports")]

TEMPLATE = Path(__file__).parent / "real_exports" / "home"
FILES = {
    "servicenow_incidents": ["tickets/servicenow_incident_audit.csv.gz"],
    "north_tyneside_spend": [
        "finance/northtyneside_spend_2021-11_cards.csv.gz",
        "finance/northtyneside_spend_2022-03_invoices.csv.gz",
    ],
    "scms_deliveries": ["vendors/scms_delivery_history.csv.gz"],
}


@pytest.fixture(scope="module")
def published(real_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    home = Home(tmp_path_factory.mktemp("real") / "home")
    shutil.copytree(TEMPLATE, home.folder)
    for export, files in FILES.items():
        folder = home.landing / export
        folder.mkdir(parents=True)
        for file in files:
            shutil.copy(real_exports / file, folder)
    outcome = run_project(load_project(home), reporter=SilentReporter())
    assert outcome.held == ()
    with duckdb.connect(str(home.published_file), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def raw(real_exports: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name, export, null in (
            ("updates", "servicenow_incidents", "?"),
            ("payments", "north_tyneside_spend", ""),
            ("deliveries", "scms_deliveries", ""),
        ):
            files = [str(real_exports / file) for file in FILES[export]]
            connection.execute(
                f"CREATE TABLE {name} AS SELECT row_number() OVER () AS row_number, * "
                f"FROM read_csv({files}, all_varchar = true, nullstr = '{null}')"
            )
        connection.execute(
            """
            CREATE TABLE states AS
            SELECT number, incident_state AS state, strptime(sys_updated_at, '%d/%m/%Y %H:%M') AS changed_at,
                   lag(incident_state) OVER history AS before, priority, made_sla, row_number,
                   strptime(opened_at, '%d/%m/%Y %H:%M') AS opened_at, CAST(sys_mod_count AS INT) AS update_number
            FROM updates
            WINDOW history AS (PARTITION BY number ORDER BY strptime(sys_updated_at, '%d/%m/%Y %H:%M'),
                               CAST(sys_mod_count AS INT), row_number)
            """
        )
        connection.execute(
            """
            CREATE TABLE incidents AS
            SELECT number, min(opened_at) AS opened_at, arg_max(made_sla, row_number) = 'true' AS made_sla,
                   min(changed_at) FILTER (state = 'Active') AS active_at,
                   max(changed_at) FILTER (state IN ('Resolved', 'Closed')
                                           AND coalesce(before, 'none') NOT IN ('Resolved', 'Closed')) AS done_at,
                   arg_max(state, (changed_at, update_number, row_number)) AS last_state,
                   bool_or(state = '-100') OR min(changed_at) < min(opened_at) - INTERVAL 5 MINUTE AS is_set_aside
            FROM states GROUP BY number
            """
        )
        yield connection


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def _months(connection: duckdb.DuckDBPyConnection, metric: str, columns: str = "value") -> list[tuple[Any, ...]]:
    return connection.execute(
        f"SELECT period_start_date, {columns} FROM mart.metric_values "
        f"WHERE metric = '{metric}' AND period_grain = 'month' AND dimension = 'overall' AND measured_count > 0 "
        "ORDER BY period_start_date"
    ).fetchall()


@pytest.mark.parametrize("percent", [50, 85, 95])
@pytest.mark.parametrize(("measure", "start"), [("lead_time", "opened_at"), ("cycle_time", "active_at")])
def test_ticket_percentiles_by_month(
    published: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection, measure: str, start: str, percent: int
) -> None:
    # Policies map every state but -100, five incidents are updated long before they are opened, the reporting zone is
    # London, the export's clock is UTC.
    expected = raw.execute(
        f"""
        SELECT CAST(date_trunc('month', timezone('Europe/London', timezone('UTC', done_at))) AS DATE) AS month,
               quantile_cont(epoch(done_at - {start}) / 3600, {percent / 100})
        FROM incidents
        WHERE last_state IN ('Resolved', 'Closed') AND NOT is_set_aside AND {start} <= done_at
        GROUP BY month ORDER BY month
        """
    ).fetchall()
    found = _months(published, f"ticket_{measure}_p{percent}_calendar_hours")
    assert [row[0] for row in found] == [row[0] for row in expected]
    assert [row[1] for row in found] == pytest.approx([row[1] for row in expected], rel=1e-12)


def test_coverage_counts_incidents_that_were_never_active(
    published: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection
) -> None:
    measured = _one(raw, "SELECT count(*) FROM incidents WHERE active_at <= done_at AND NOT is_set_aside")[0]
    rows = _months(published, "ticket_cycle_time_p50_calendar_hours", "eligible_count, measured_count")
    assert sum(row[2] for row in rows) == measured
    assert sum(row[1] for row in rows) > measured


def test_the_sources_own_flag_counts_once_an_incident(
    published: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection
) -> None:
    resolved = "last_state IN ('Resolved', 'Closed') AND NOT is_set_aside"
    per_incident = _one(raw, f"SELECT avg(CAST(made_sla AS INT)) FROM incidents WHERE {resolved}")[0]
    per_row = _one(raw, "SELECT avg(CAST(made_sla = 'true' AS INT)) FROM updates")[0]
    rows = _months(published, "sla_source_attainment_ratio", "numerator, denominator")
    assert sum(row[1] for row in rows) / sum(row[2] for row in rows) == pytest.approx(per_incident, rel=1e-12)
    assert per_row - per_incident > 0.3  # what counting rows instead would claim


def test_sla_clocks_of_incidents_without_pause_or_reopening(
    published: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection
) -> None:
    """Plain SQL can decide a clock that never pauses: met if opened to resolved is at most the target."""
    plain = """
        SELECT number, min(opened_at) AS opened_at, any_value(priority) AS priority,
               max(changed_at) FILTER (state IN ('Resolved', 'Closed')
                                       AND coalesce(before, 'none') NOT IN ('Resolved', 'Closed')) AS done_at
        FROM states
        GROUP BY number
        HAVING bool_and(state IN ('New', 'Active', 'Resolved', 'Closed'))
           AND count(*) FILTER (before IN ('Resolved', 'Closed') AND state NOT IN ('Resolved', 'Closed')) = 0
           AND count(DISTINCT priority) = 1 AND min(changed_at) >= min(opened_at)
           AND arg_max(state, (changed_at, update_number, row_number)) IN ('Resolved', 'Closed')
    """
    expected = dict(
        raw.execute(
            f"""
            SELECT 'servicenow:' || number,
                   CASE WHEN done_at - opened_at <= CASE WHEN priority = '1 - Critical' THEN INTERVAL 8 HOURS
                                                         ELSE INTERVAL 5 DAYS END THEN 'met' ELSE 'breached' END
            FROM ({plain})
            """
        ).fetchall()
    )
    found = dict(published.execute("SELECT ticket_id, state FROM core.fct_sla_clocks").fetchall())
    assert len(expected) > 10_000
    assert {ticket: found[ticket] for ticket in expected} == expected


def test_spend_totals_to_the_penny_with_the_sign_of_credits(
    published: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection
) -> None:
    amount = 'CAST("Net Amount" AS DECIMAL(18, 2))'
    expected = _one(raw, f"SELECT count(*), sum({amount}), sum({amount}) FILTER ({amount} < 0) FROM payments")
    found = _one(
        published,
        """
        SELECT count(*), sum(amount_reporting), sum(amount_reporting) FILTER (amount_reporting < 0)
        FROM core.fct_cost_lines
        """,
    )
    assert found == expected


def test_cost_per_paid_document_by_month_and_service(
    published: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection
) -> None:
    amount = 'sum(CAST("Net Amount" AS DECIMAL(18, 2)))'
    documents = 'count(DISTINCT ("Payment Date", "Transaction Number"))'
    month = "CAST(date_trunc('month', CAST(\"Payment Date\" AS DATE)) AS DATE)"
    expected = raw.execute(
        f"SELECT {month} AS month, {amount}, {documents} FROM payments GROUP BY month ORDER BY month"
    )
    found = _months(published, "cost_per_transaction_reporting", "numerator, denominator, value")
    for (month_found, numerator, denominator, value), (month_expected, total, count) in zip(
        found, expected.fetchall(), strict=True
    ):
        assert month_found == month_expected
        assert (numerator, denominator) == (float(total), float(count))
        assert value == pytest.approx(float(total / count), rel=1e-12)


def test_on_time_delivery_overall_and_by_vendor(
    published: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection
) -> None:
    on_time = (
        "CAST(strptime(\"Delivered to Client Date\", '%d-%b-%y') <= "
        "strptime(\"Scheduled Delivery Date\", '%d-%b-%y') AS INT)"
    )
    expected = raw.execute(
        f"SELECT Vendor, sum({on_time}), count(*) FROM deliveries GROUP BY Vendor ORDER BY Vendor"
    ).fetchall()
    found = published.execute(
        """
        SELECT dimension_value, sum(numerator), sum(denominator) FROM mart.metric_values
        WHERE metric = 'vendor_on_time_delivery_ratio' AND period_grain = 'month' AND dimension = 'vendor'
        GROUP BY dimension_value ORDER BY dimension_value
        """
    ).fetchall()
    assert found == [(vendor, float(hits), float(count)) for vendor, hits, count in expected]


def test_what_was_set_aside_is_named(published: duckdb.DuckDBPyConnection) -> None:
    broken = published.execute(
        "SELECT rule_id, failed_count FROM meta.rule_results WHERE state = 'failed' AND action = 'quarantine' "
        "ORDER BY rule_id"
    ).fetchall()
    assert broken == [("ticket_events.occurred_at.not_before_created", 5), ("ticket_events.status.mapped", 2)]


def test_incidents_updated_before_they_were_opened_contradict_the_systems_own_stamp(
    raw: duckdb.DuckDBPyConnection,
) -> None:
    """Why five incidents are set aside: the record is older than the opening time that somebody gave it."""
    stamps = """
        SELECT number, min(strptime(sys_updated_at, '%d/%m/%Y %H:%M')) AS first_updated_at,
               min(strptime(opened_at, '%d/%m/%Y %H:%M')) AS opened_at,
               min(strptime(sys_created_at, '%d/%m/%Y %H:%M')) AS entered_at
        FROM updates GROUP BY number
    """
    early = f"FROM ({stamps}) WHERE first_updated_at < opened_at"
    assert _one(raw, f"SELECT count(*), min(opened_at - first_updated_at) {early}") == (5, timedelta(minutes=18))
    assert _one(raw, f"SELECT count(*) {early} AND entered_at <= first_updated_at AND entered_at < opened_at") == (5,)
    # Nowhere else does a record go back before its opening but once, on that same first morning.
    others = _one(raw, f"SELECT count(*), count(*) FILTER (entered_at < opened_at) FROM ({stamps})")
    assert others == (20_769, 6)
    assert _one(raw, f"SELECT count(*) FROM ({stamps}) WHERE first_updated_at < entered_at") == (0,)

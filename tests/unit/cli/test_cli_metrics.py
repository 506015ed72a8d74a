"""`kpi metrics` and `kpi status` on a publication whose numbers are known."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb
import pytest

from metrics.registry import METRICS
from pipelines.cli.exits import ExitCode
from pipelines.cli.metrics import example_query
from pipelines.home import Home
from pipelines.warehouse import open_warehouse

if TYPE_CHECKING:
    from conftest import Kpi


def test_list_shows_latest_closed_month_with_change_and_certainty(run_kpi: Kpi, published_home: Home) -> None:
    result = run_kpi("metrics", "--home", published_home.folder)
    assert result.exit_code == 0
    lines = {line.split()[0]: line for line in result.output.splitlines() if line}
    attainment = lines["sla_attainment_ratio"].split()[1:]
    assert attainment == ["90.0", "%", "▲", "10.0", "points", "▁█", "Oct", "2026", "95.0", "%", "held"]
    assert "30.00 EUR" in lines["cost_per_transaction_reporting"]
    assert "▁▂▃▃▄·▆▆▇█" in lines["cost_per_transaction_reporting"]
    assert lines["ticket_created_count"].endswith("empty")
    assert set(lines) >= {metric.name for metric in METRICS}


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (200, ["metric", "value", "change", "12", "months", "month", "measured", "state"]),
        (100, ["metric", "value", "change", "measured", "state"]),
        (70, ["metric", "value", "state"]),
    ],
)
def test_a_narrow_terminal_has_fewer_columns_and_whole_names(
    run_kpi: Kpi, published_home: Home, monkeypatch: pytest.MonkeyPatch, width: int, shown: list[str]
) -> None:
    monkeypatch.setattr("pipelines.cli.tables.is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    heading, *lines = re.sub(
        r"\x1b\[[0-9;]*m", "", run_kpi("metrics", "--home", published_home.folder).output
    ).splitlines()
    assert heading.split() == shown
    assert {line.split()[0] for line in lines if line} >= {metric.name for metric in METRICS}
    assert max(map(len, [heading, *lines])) <= width


def test_list_for_programs(run_kpi: Kpi, published_home: Home) -> None:
    listed = json.loads(run_kpi("metrics", "--json", "--home", published_home.folder).output)
    assert [entry["metric"] for entry in listed] == [metric.name for metric in METRICS]
    (entry,) = [entry for entry in listed if entry["metric"] == "cost_per_transaction_reporting"]
    assert entry["latest_closed_month"]["month"] == "2026-10-01"
    assert entry["latest_closed_month"]["value"] == 30.0


def test_describe_shows_definition_and_last_months(run_kpi: Kpi, published_home: Home) -> None:
    result = run_kpi("metrics", "cost_per_transaction_reporting", "--home", published_home.folder)
    assert result.exit_code == 0
    (metric,) = [metric for metric in METRICS if metric.name == "cost_per_transaction_reporting"]
    flat = " ".join(result.output.split())
    for said in (metric.meaning, metric.formula, metric.owner, f"mart.{metric.view}", "Better when down", "published"):
        assert said in flat
    months = [line for line in result.output.splitlines() if " 2026  " in line]
    assert [line.split("  ")[0] for line in months] == [
        "Oct 2026", "Sep 2026", "Aug 2026", "Jul 2026", "May 2026", "Apr 2026",
    ]  # fmt: skip
    assert "between 30.00 EUR and 31.50 EUR" in months[0]
    # There are more, and what shows them is a command that runs.
    (earlier,) = re.findall(r"The latest 6 months\. Earlier ones: kpi (.*)", result.output)
    shown = run_kpi(*shlex.split(earlier), "--format", "csv", "--home", published_home.folder)
    assert shown.exit_code == 0
    assert ",2026-03-01," in shown.output


def test_quarters_are_shown_in_the_place_of_months(run_kpi: Kpi, published_home: Home) -> None:
    name = "cost_per_transaction_reporting"
    result = run_kpi("metrics", name, "--by", "quarter", "--home", published_home.folder)
    quarters = [line.split("  ")[0] for line in result.output.splitlines() if re.match(r"Q\d 20", line)]
    assert quarters == ["Q3 2026", "Q2 2026"]
    assert "Earlier" not in result.output
    assert "period_grain = 'quarter'" in result.output
    listed = run_kpi("metrics", "--by", "quarter", "--home", published_home.folder).output
    (line,) = [line for line in listed.splitlines() if line.startswith(name)]
    assert line.split()[-5:-3] == ["Q3", "2026"]
    told = json.loads(run_kpi("metrics", name, "--by", "quarter", "--json", "--home", published_home.folder).output)
    assert told["latest_closed_quarter"]["quarter"] == "2026-07-01"
    assert [quarter["quarter"] for quarter in told["quarters"]] == ["2026-04-01", "2026-07-01"]


def test_weeks_are_shown_in_the_place_of_months(run_kpi: Kpi, published_home: Home) -> None:
    """Those of the publication are what the packaged question has of them."""
    name, home = "cost_per_transaction_reporting", published_home.folder
    result = run_kpi("metrics", name, "--by", "week", "--home", home)
    assert result.exit_code == 0
    weeks = [line.split("  ")[0] for line in result.output.splitlines() if re.match(r"W\d\d 20", line)]
    assert weeks == ["W44 2026", "W43 2026"]
    assert "period_grain = 'week'" in result.output
    told = json.loads(run_kpi("metrics", name, "--by", "week", "--json", "--home", home).output)
    asked = ("--query", "metric_history", "--param", f"metric={name}", "--param", "period_grain=week")
    history = json.loads(run_kpi("query", *asked, "--format", "json", "--home", home).output)
    assert [(week["week"], week["value"]) for week in told["weeks"]] == [
        (row["period_start_date"], row["value"]) for row in history
    ]
    listed = run_kpi("metrics", "--by", "week", "--home", home)
    assert listed.exit_code == 0
    assert "Latest closed week." in listed.output


@pytest.mark.parametrize("by", ["day", "team"])
def test_what_by_does_not_take_is_refused_with_what_shows_it(run_kpi: Kpi, published_home: Home, by: str) -> None:
    home = ("--home", published_home.folder)
    result = run_kpi("metrics", "ticket_backlog_count", "--by", by, *home)
    assert result.exit_code == ExitCode.USAGE
    flat = " ".join(result.output.split())
    assert "Invalid value for '--by': it takes month, week or quarter." in flat
    (command,) = re.findall(r"kpi (query .*)", flat)
    shown = run_kpi(*shlex.split(command.replace("NAME", "ticket_backlog_count")), *home)
    assert shown.exit_code == 0
    assert by in command


def test_another_word_for_by_is_refused_as_any_choice(run_kpi: Kpi, published_home: Home) -> None:
    result = run_kpi("metrics", "--by", "year", "--home", published_home.folder)
    assert result.exit_code == ExitCode.USAGE
    assert "'year' is not one of 'month', 'week', 'quarter'" in result.output


def test_held_metric_says_why(run_kpi: Kpi, published_home: Home) -> None:
    result = run_kpi("metrics", "sla_attainment_ratio", "--home", published_home.folder)
    assert "held: tickets: 1 rule is broken" in result.output


def test_view_name_is_accepted_and_a_misspelt_name_suggested(run_kpi: Kpi, published_home: Home) -> None:
    assert run_kpi("metrics", "mart.kpi_sla_attainment_ratio", "--home", published_home.folder).exit_code == 0
    result = run_kpi("metrics", "sla_atainment", "--home", published_home.folder)
    assert result.exit_code == 2
    assert "Did you mean 'sla_attainment_ratio'?" in result.output


def test_words_find_metrics_views_and_questions(run_kpi: Kpi, published_home: Home) -> None:
    result = run_kpi("metrics", "aging", "--home", published_home.folder)
    assert result.exit_code == 0
    named = [line.split()[:2] for line in result.output.splitlines() if line]
    assert ["metric", "ticket_age_p85_business_hours"] in named
    assert ["view", "mart.aging_work"] in named
    assert not any("stage" in line or "percentage" in line for line in result.output.splitlines())
    found = json.loads(run_kpi("metrics", "Late", "deliveries", "--json", "--home", published_home.folder).output)
    assert [entry["name"] for entry in found if entry["kind"] == "question"] == ["late_deliveries_by_vendor"]


def test_words_of_meanings_are_found_where_no_name_has_them(run_kpi: Kpi, published_home: Home) -> None:
    found = json.loads(run_kpi("metrics", "arrivals", "throughput", "--json", "--home", published_home.folder).output)
    assert [entry["name"] for entry in found] == ["ticket_net_flow_count"]
    result = run_kpi("metrics", "unheard", "of", "--home", published_home.folder)
    assert result.exit_code == 2
    assert "There is no metric 'unheard of', nor a view or question with these words." in result.output


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_example_query_runs(run_kpi: Kpi, published_home: Home, metric: object) -> None:
    result = run_kpi("query", example_query(metric), "--json", "--home", published_home.folder)  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output


def test_metrics_are_described_before_anything_is_published(run_kpi: Kpi, home: Home) -> None:
    result = run_kpi("metrics", "--home", home.folder)
    assert result.exit_code == 0
    assert result.output.count("not published") == len(METRICS)


def test_status_of_a_home_that_never_ran(run_kpi: Kpi, home: Home) -> None:
    result = run_kpi("status", "--home", home.folder)
    assert result.exit_code == 0
    assert "Nothing is published yet" in result.output
    assert "It has never run." in result.output
    assert not home.warehouse.exists()


def test_status_tells_runs_loads_refusals_and_holds(run_kpi: Kpi, published_home: Home) -> None:
    with open_warehouse(published_home.warehouse) as warehouse:
        for statement in _RECORDS:
            warehouse.execute(statement)
    result = run_kpi("status", "--home", published_home.folder)
    assert result.exit_code == 0, result.output
    for said in (
        "2026-11-22 06:00 UTC  held in 12.5 s",
        "tickets  hold",
        "servicenow_incidents      2  1,500",
        "tickets.team.present        7  No team",
        "landing/deliveries/orders.csv (html)",
        "It is a web page.",
        "1 KPI is held by 1 rule  2 others are published",
        "tickets.ticket_id.unique (warehouse_tickets, block)",
        "3 of 1,500 rows broke it, such as servicenow:1, servicenow:2",
        "holds 1 KPI: sla_attainment_ratio",
    ):
        assert said in result.output, said
    assert "only_a_warning" not in result.output
    document = json.loads(run_kpi("status", "--json", "--home", published_home.folder).output)
    assert document["last_run"]["state"] == "held"
    assert document["held"][0]["rules"][0]["failed_count"] == 3
    assert document["held"][0]["rules"][0]["holds"] == ["sla_attainment_ratio"]
    assert document["held_metrics"] == [{"metric": "sla_attainment_ratio", "held_by": ["tickets.ticket_id.unique"]}]
    assert document["domains"][0]["held_metrics"] == ["sla_attainment_ratio"]
    assert document["is_run_under_way"] is False


def test_rule_that_names_no_metric_protects_all_of_its_domain(run_kpi: Kpi, published_home: Home) -> None:
    with open_warehouse(published_home.warehouse) as warehouse:
        for statement in _RECORDS:
            warehouse.execute(statement.replace('["sla_attainment_ratio"]', "[]"))
    document = json.loads(run_kpi("status", "--json", "--home", published_home.folder).output)
    protected = document["held"][0]["rules"][0]["protects"]
    assert set(protected) == {metric.name for metric in METRICS if "tickets" in metric.requires}


@pytest.fixture
def busy_home(published_home: Home) -> Iterator[Home]:
    """A home whose build database another process has open."""
    script = (
        "import sys, duckdb\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "print('open', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(published_home.warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"open"
        yield published_home
        process.communicate(b"\n", timeout=30)


def test_status_during_a_run_says_so_and_shows_what_is_published(run_kpi: Kpi, busy_home: Home) -> None:
    result = run_kpi("status", "--home", busy_home.folder)
    assert result.exit_code == 0
    assert "A run is under way" in result.output
    assert "Data until 2026-11-03 12:30 UTC" in result.output
    document = json.loads(run_kpi("status", "--json", "--home", busy_home.folder).output)
    assert document["is_run_under_way"] is True
    assert document["publication"]["as_of_at"] == "2026-11-03T12:30:15.250000Z"


_RECORDS = (
    """
    INSERT INTO ops.ops_runs (run_id, started_at, ended_at, state, code_hash, message)
    VALUES ('r1', '2026-11-21 06:00:00Z', '2026-11-21 06:00:10Z', 'succeeded', 'x', NULL),
           ('r2', '2026-11-22 06:00:00Z', '2026-11-22 06:00:12.5Z', 'held', 'x', 'held: stage_tickets')
    """,
    """
    INSERT INTO ops.ops_loads (load_id, export, object_name, raw_table, file_name, content_hash, reading_hash,
                               size_bytes, row_count, loaded_at, run_id, superseded_by)
    VALUES ('a', 'servicenow_incidents', 'o', 't', 'a.csv', 'x', 'y', 1, 1000, '2026-11-22 06:00:00Z', 'r2', NULL),
           ('b', 'servicenow_incidents', 'o', 't', 'b.csv', 'x', 'y', 1, 500, '2026-11-22 06:00:00Z', 'r2', NULL),
           ('c', 'servicenow_incidents', 'o', 't', 'b.csv', 'x', 'y', 1, 400, '2026-11-21 06:00:00Z', 'r1', 'b')
    """,
    """
    INSERT INTO ops.ops_refusals (export, file_name, code, message, refused_at, run_id)
    VALUES ('deliveries', 'orders.csv', 'html', 'It is a web page.', '2026-11-22 06:00:00Z', 'r2')
    """,
    """
    INSERT INTO ops.ops_verdicts (domain, batch_hash, verdict, is_current, contract_versions, summary, decided_at,
                                  run_id)
    VALUES ('tickets', 'old', 'pass', false, '{}', 'fine', '2026-11-21 06:00:00Z', 'r1'),
           ('tickets', 'new', 'hold', true, '{}', '1 rule is broken', '2026-11-22 06:00:00Z', 'r2')
    """,
    """
    INSERT INTO ops.ops_rule_results (domain, batch_hash, rule_id, contract_id, contract_version, tier,
        quality_dimension, action, state, evaluated_count, failed_count, message, sample_keys, protects)
    VALUES ('tickets', 'new', 'tickets.ticket_id.unique', 'warehouse_tickets', '1.0.0', 'set', 'uniqueness', 'block',
            'failed', 1500, 3, 'One number stands for two tickets.', '["servicenow:1", "servicenow:2"]',
            '["sla_attainment_ratio"]'),
           ('tickets', 'new', 'tickets.only_a_warning', 'warehouse_tickets', '1.0.0', 'row', 'accuracy', 'warn',
            'failed', 1500, 1, 'Odd.', '[]', '[]'),
           ('tickets', 'new', 'tickets.fine', 'warehouse_tickets', '1.0.0', 'row', 'accuracy', 'block',
            'passed', 1500, 0, 'Odd.', '[]', '[]')
    """,
    """
    INSERT INTO ops.ops_metric_states (metric, is_held, held_by, fresh_as_of_at)
    VALUES ('sla_attainment_ratio', true, '["tickets.ticket_id.unique"]', '2026-11-21 06:00:00Z'),
           ('ticket_created_count', false, '[]', '2026-11-22 06:00:00Z'),
           ('ticket_resolved_count', false, '[]', '2026-11-22 06:00:00Z'),
           ('vendor_billed_reporting', false, '[]', NULL)
    """,
    """
    INSERT INTO ops.ops_quarantined_records (domain, table_name, record_id, rule_id, reason, batch_hash)
    SELECT 'tickets', 'tickets', 'servicenow:' || number, 'tickets.team.present', 'No team', 'new'
    FROM range(7) AS numbers(number)
    """,
)


def test_a_file_that_another_version_published_is_told_and_not_shown_as_a_fault(
    run_kpi: Kpi, published_home: Home
) -> None:
    with duckdb.connect(str(published_home.published_file)) as connection:
        connection.execute("ALTER TABLE meta.metrics DROP COLUMN counted_records")
    for command in (["status"], ["metrics"], ["query", "SELECT counted_records FROM meta.metrics"]):
        result = run_kpi(*command, "--home", published_home.folder)
        assert result.exit_code == ExitCode.USAGE, result.output
        told = " ".join(result.output.split())
        assert "was computed by another version of this program and may lack what this version has" in told
        assert "'kpi run' publishes it again." in told
        assert "counted_records" in told
        assert "not foreseen" not in told


def test_a_percentile_that_is_not_published_is_asked_for_in_another_way(run_kpi: Kpi, published_home: Home) -> None:
    result = run_kpi("metrics", "p90", "--home", published_home.folder)
    assert result.exit_code == 2
    assert "Published percentiles are p50, p85, p95." in result.output
    query = result.output.split('kpi query "')[1].rsplit('"', 1)[0].replace("\n  ", " ")
    assert "0.9)" in query
    assert run_kpi("query", query, "--home", published_home.folder).exit_code == 0

"""What `kpi explain` shows of a value, and that its commands, lists and files hold the same."""

from __future__ import annotations

import json
import shlex
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner
from demo_homes import DemoHome
from explained_values import ONE_OF_EACH_KIND, P85, SLA, UNIT_COST, Explain, explaining

from metrics.registry import METRICS
from metrics.spec import Metric
from pipelines.cli.exits import ExitCode
from pipelines.cli.main import kpi
from pipelines.explaining.audit import agree

pytestmark = pytest.mark.xdist_group("explain")


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_page_says_everything_in_its_order(explain: Explain, metric: Metric) -> None:
    result = explain(metric.name)
    if result.exit_code == ExitCode.USAGE:
        assert "has no value at all" in result.output
        return
    assert result.exit_code == 0, result.output
    titles = ["1. The number as published", "2. What it means", "3. How it comes out of the records",
              "4. The records that matter most", "5. What was told before", "6. How to go on"]  # fmt: skip
    places = [result.output.index(title) for title in titles]
    assert places == sorted(places)
    assert metric.meaning in " ".join(result.output.split())
    assert "This is what was published." in result.output
    assert "None" not in result.output.split("3. How it comes")[1].replace("None could be measured", "")


@pytest.mark.parametrize("metric", ONE_OF_EACH_KIND, ids=lambda metric: metric.name)
def test_document_for_programs_holds_the_same(
    explain: Explain, published: duckdb.DuckDBPyConnection, metric: Metric
) -> None:
    document = json.loads(explain(metric.name, "--json", "--limit", "2").output)
    assert document["agrees"] is True
    assert document["metric"] == metric.name
    rows = published.execute(f"SELECT count(*) FROM ({document['records']['sql']})").fetchone()
    assert rows is not None
    assert rows[0] >= len(document["records"]["most"])
    assert len(document["records"]["most"]) <= 2
    recomputed = document["arithmetic"]["recomputed"]
    assert agree(document["published"]["value"], _number(recomputed["value"]))


def _number(told: Any) -> Any:
    """A number of a document, in which decimals are texts."""
    return Decimal(told) if isinstance(told, str) else told


def test_commands_that_are_shown_do_what_they_say(explain: Explain, tmp_path: Path) -> None:
    shown = explain(P85, "--by", "team=Service Desk").output.split("6. How to go on\n")[1].splitlines()
    commands = {line[:12].strip(): shlex.split(line[12:].strip()) for line in shown if line.strip()}
    assert {"All records", "As a file", "In SQL", "One record"} <= commands.keys()
    document = json.loads(explain(P85, "--by", "team=Service Desk", "--json").output)
    count = document["record_count"]
    for name in ("All records", "As a file", "In SQL"):
        program, *arguments = commands[name]
        assert program == "kpi"
        if "-o" in arguments:
            arguments[-1] = str(tmp_path / arguments[-1])
        ended = CliRunner().invoke(kpi, arguments)
        assert ended.exit_code == 0, ended.output
        assert f"{count:,} row" in ended.output, name
    walked = CliRunner().invoke(kpi, commands["One record"][1:])
    assert walked.exit_code == 0, walked.output
    assert P85 in walked.output


@pytest.mark.parametrize("metric", ONE_OF_EACH_KIND, ids=lambda metric: metric.name)
def test_every_way_to_the_records_lists_the_same(explain: Explain, metric: Metric) -> None:
    shown = explain(metric.name).output.split("6. How to go on\n")[1].splitlines()
    commands = {line[:12].strip(): shlex.split(line[12:].strip()) for line in shown if line.strip()}
    listed = CliRunner().invoke(kpi, [*commands["All records"][1:], "--json"])
    in_sql = commands["In SQL"][1:]
    if in_sql[0] == "explain":
        home = in_sql[in_sql.index("--home") + 1]
        in_sql = ["query", "--home", home, CliRunner().invoke(kpi, in_sql).output]
    asked = CliRunner().invoke(kpi, [*in_sql, "--json"])
    assert len(json.loads(listed.output)) == len(json.loads(asked.output))


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "xlsx"])
def test_records_are_written_to_files(explain: Explain, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"records.{ending}"
    result = explain(SLA, "-o", file)
    assert result.exit_code == 0, result.output
    count = json.loads(explain(SLA, "--json").output)["record_count"]
    read = {
        "csv": lambda: pl.read_csv(file).height,
        "json": lambda: len(json.loads(file.read_text(encoding="utf-8"))),
        "parquet": lambda: pl.read_parquet(file).height,
        "xlsx": lambda: pl.read_excel(file).height,
    }[ending]
    assert read() == count


def test_sql_is_one_statement_for_kpi_query(explain: Explain, home: DemoHome) -> None:
    for name in (SLA, UNIT_COST, "ticket_backlog_count", "ticket_net_flow_count", "cost_of_rework_ratio"):
        text = explain(name, "--sql").output
        ended = CliRunner().invoke(kpi, ["query", "--home", str(home.folder), text, "--json"])
        assert ended.exit_code == 0, ended.output
        assert json.loads(ended.output), name


def test_what_does_not_exist_says_what_is_near(explain: Explain) -> None:
    for arguments, told in (
        (["sla_attainmnt_ratio"], "Near are sla_attainment_ratio"),
        (["aging"], "Near are ticket_age_p50_business_hours"),
        (["xyzzy"], "'kpi metrics' lists them all"),
        ([SLA, "2019-01"], "There is no value of sla_attainment_ratio of January 2019."),
        ([SLA, "sometime"], "'sometime' is no period; write a month 2026-10"),
        ([SLA, "--by", "team=Servce Desk"], "Did you mean 'Service Desk'"),
        ([SLA, "--by", "desk=Service Desk"], "It is by team, priority, service and vendor."),
        ([SLA, "--by", "team"], "Write --by team=VALUE. There are values of team: "),
        (["vendor_spend_concentration_ratio", "--by", "vendor=x"], "it has no breakdown"),
        (["cost_budget_reporting", "2026-W40"], "is not published by week, but by month and quarter"),
        (["--record", "nobody:1"], "has the key 'nobody:1'"),
        (["--record", "{x}' OR ''='"], "has the key '{x}' OR ''=''"),
        ([SLA, "--by", "team=x' OR '1'='1"], "has no value of the team"),
        ([], "Name a KPI, or a record with --record KEY."),
        ([SLA, "--values"], "--values belongs to --record KEY."),
        ([SLA, "--record", "x"], "leave out the KPI"),
    ):
        result = explain(*arguments)
        assert result.exit_code == ExitCode.USAGE, arguments
        assert told in result.output, (arguments, result.output)
        assert "Traceback" not in result.output


def test_names_of_members_need_no_capitals(explain: Explain) -> None:
    result = explain(SLA, "--by", "team=service desk")
    assert result.exit_code == 0
    assert "team Service Desk." in result.output


def test_default_period_is_the_latest_closed_month_and_is_said(
    explain: Explain, published: duckdb.DuckDBPyConnection
) -> None:
    query = "SELECT period_start_date FROM mart.latest_periods WHERE metric = ? AND period_grain = 'month'"
    told = published.execute(query, [SLA]).fetchone()
    assert told is not None
    month: date = told[0]
    assert f"{month:%B %Y}: the latest closed month (closed" in explain(SLA).output


#: A percentile that would fall on one of the unmeasured records, if these were beyond all others.
WITHOUT_UPPER_BOUND = """
    SELECT metric, strftime(period_start_date, '%Y-%m'), dimension || '=' || dimension_value
    FROM mart.metric_values
    WHERE period_grain = 'month' AND dimension <> 'overall' AND unit LIKE '%_hours' AND value IS NOT NULL
        AND measured_count < eligible_count AND upper_bound IS NULL
    ORDER BY ALL LIMIT 1
"""


def test_percentile_that_may_be_that_of_an_unmeasured_record_says_so(
    explain: Explain, published: duckdb.DuckDBPyConnection
) -> None:
    metric, period, by = published.execute(WITHOUT_UPPER_BOUND).fetchall()[0]
    page = explain(metric, period, "--by", by).output
    assert "beyond all others, it would be one of them." in page
    assert "nowhere" not in page


def test_net_flow_says_of_both_its_parts_by_which_day_they_count(clean: DemoHome) -> None:
    with duckdb.connect(str(clean.home.published_file)) as connection:
        connection.execute(
            "UPDATE core.fct_tickets SET is_quarantined = (ticket_id = (SELECT min(ticket_id) FROM "
            "mart.created_ticket_records ANTI JOIN mart.resolved_ticket_records USING (ticket_id) "
            "WHERE period_date >= '2026-11-01'))"
        )
    page = " ".join(explaining(clean)("ticket_net_flow_count", "2026-11").output.split())
    assert "creation of the ticket (created_at); what is taken off: last entry of the ticket into done" in page
    assert "1 ticket set aside is in neither." in page


@pytest.mark.slow
def test_record_that_is_set_aside_says_why(spoilt: DemoHome) -> None:
    rows = spoilt.published("SELECT record_id, rule_id FROM meta.quarantined_records WHERE table_name = 'stg_tickets'")
    key, rule = min(rows)
    page = explaining(spoilt)("--record", key).output
    assert f"Set aside by {rule}" in page
    assert "counts, not measured: set aside by " in page


def test_what_was_told_before_is_told_with_its_reason(clean: DemoHome) -> None:
    with duckdb.connect(str(clean.home.published_file)) as connection:
        row = connection.execute(
            "SELECT period_start_date, period_end_date, value, eligible_count FROM mart.metric_values "
            "WHERE metric = ? AND period_grain = 'month' AND dimension = 'overall' AND is_period_closed "
            "ORDER BY period_start_date DESC LIMIT 1",
            [SLA],
        ).fetchone()
        assert row is not None
        start, end, value, count = row
        connection.execute(
            "INSERT INTO meta.restated_values BY NAME SELECT 'r' AS run_id, ? AS metric, 'month' AS period_grain, "
            "? AS period_start_date, ? AS period_end_date, TIMESTAMPTZ '2026-11-20 06:00:00+00' AS restated_at, "
            "0.5 AS value_before, ? AS value_now, 'ratio' AS unit, "
            "? AS eligible_before_count, ? AS eligible_now_count, "
            "'files_came' AS reason, 'late.csv' AS files_came",
            [SLA, start, end, value, count - 1, count],
        )
    told = explaining(clean)(SLA, f"{start:%Y-%m}").output.split("5. What was told before")[1]
    assert "- Until 2026-11-20 06:00 UTC it was 50.0 %, from then on " in told
    assert f"({count - 1:,} records, then {count:,}). Since then late.csv came." in told
    assert "it is the one that was told first" not in told

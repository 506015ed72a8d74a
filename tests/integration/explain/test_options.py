"""Options of `kpi explain` that belong together do, and those that do not are refused with what to write instead."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import polars as pl
import pytest
from explained_values import SLA, Explain

from pipelines.cli.exits import ExitCode

pytestmark = pytest.mark.xdist_group("explain")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([SLA, "--by", "team=Service Desk", "--by", "priority=P1"], "--by is there twice"),
        (["--record", "x", "--by", "team=Service Desk"], "leave out --by."),
        (["--record", "x", "-o", "x.json"], "For a file of it, write --json"),
        (["--record", "x", "--limit", "3"], "leave out --limit."),
        (["--record", "x", "--records", "--sql"], "leave out --records, --sql."),
        ([SLA, "--record", "x"], f"leave out the KPI '{SLA}'."),
        ([SLA, "--json", "-o", "page.json"], "--json prints the whole page, --output writes the list"),
        ([SLA, "--sql", "--json"], "The page that --json prints has it as records.sql."),
        ([SLA, "--sql", "-o", "records.csv"], "--sql prints one statement and nothing else"),
        ([SLA, "--by", "Service Desk"], 'write --by "team=Service Desk"'),
        ([SLA, "--by", "service desk"], 'write --by "team=Service Desk"'),
        ([SLA, "--by", "Nobody"], "It is by team, priority, service and vendor."),
        ([SLA, "--by", "team"], "Write --by team=VALUE."),
    ],
)
def test_options_that_would_do_nothing_are_refused(
    explain: Explain, arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = explain(*arguments)
    assert result.exit_code == ExitCode.USAGE, result.output
    assert told in result.output
    assert not list(tmp_path.iterdir())


def test_list_in_json_is_asked_for_by_records(explain: Explain, tmp_path: Path) -> None:
    file = tmp_path / "records.json"
    assert explain(SLA, "--records", "--json", "-o", file).exit_code == 0
    assert isinstance(json.loads(file.read_text(encoding="utf-8")), list)
    assert isinstance(json.loads(explain(SLA, "--records", "--json").output), list)
    assert isinstance(json.loads(explain(SLA, "--json").output), dict)


def test_file_with_a_part_of_the_records_says_of_how_many(explain: Explain, tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    count = json.loads(explain(SLA, "--json").output)["record_count"]
    result = explain(SLA, "--limit", "5", "-o", file)
    assert f"Wrote the first 5 of {count:,} rows to {file}" in result.output
    assert pl.read_csv(file).height == 5
    assert f"Wrote {count:,} rows to {file}" in explain(SLA, "--limit", str(count), "-o", file).output
    assert f"Wrote {count:,} rows to {file}" in explain(SLA, "--limit", "0", "-o", file).output
    assert f"These are the first 5 of {count:,} rows." in explain(SLA, "--limit", "5", "--format", "csv").stderr


#: A ratio of a breakdown's value that has closed months, but nothing in the month that `kpi metrics` is of.
PASSED_OVER = """
    SELECT metric, dimension, dimension_value, told.period_start_date AS told_date,
        max(own.period_start_date) FILTER (own.is_period_closed) AS last_date
    FROM mart.metric_values AS own
    JOIN mart.latest_periods AS told USING (metric, period_grain)
    WHERE period_grain = 'month' AND own.dimension <> 'overall' AND own.unit = 'ratio'
    GROUP BY ALL
    HAVING max(own.period_start_date) FILTER (own.is_period_closed) < told_date
        AND max(own.period_start_date) < told_date
    ORDER BY ALL LIMIT 1
"""


def test_month_without_anything_is_passed_over_and_said(explain: Explain, published: duckdb.DuckDBPyConnection) -> None:
    """`kpi metrics` tells of the latest closed month, also where nothing is in it."""
    name, dimension, member, told, last = published.execute(PASSED_OVER).fetchall()[0]
    of = ["--by", f"{dimension}={member}"]
    page = explain(name, *of).output
    assert f"{last:%B %Y}: the latest closed month with " in page
    nothing = f"there is nothing to measure: the {dimension} '{member}' has no "
    assert f"Note: The latest closed month is {told:%B %Y}, and 'kpi metrics' is of it: {nothing}" in page
    assert json.loads(explain(name, *of, "--json").output)["passed_over_period"] == f"{told:%Y-%m}"
    assert json.loads(explain(SLA, "--json").output)["passed_over_period"] is None
    missing = explain(name, f"{told:%Y-%m}", *of)
    assert missing.exit_code == ExitCode.USAGE
    assert nothing.replace("there", "There") in missing.output


def test_month_before_all_records_says_when_data_begin(explain: Explain) -> None:
    assert re.search(r"Data of tickets begin after it, on \d+ \w+ 20\d\d\.", explain(SLA, "2019-01").output)


def test_period_beyond_the_data_says_how_far_they_reach(explain: Explain) -> None:
    assert "Its data reach " in explain(SLA, "2031-01").output

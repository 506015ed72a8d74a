"""A packaged question without an answer says why on stderr; what machines read, and the exit code, stay as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from published_files import fill_table, new_published

from pipelines.cli.empty_answers import explain_no_rows
from pipelines.home import Home
from pipelines.questions import packaged_questions

if TYPE_CHECKING:
    from conftest import Kpi


@pytest.mark.parametrize(
    ("name", "params", "told"),
    [
        ("metric_history", ["metric=sla_atainment_ratio"],
         "There is no KPI 'sla_atainment_ratio'. Did you mean 'sla_attainment_ratio'?"),
        ("signal_or_noise", ["metric=zzz"], "There is no KPI 'zzz'. 'kpi metrics' lists them all."),
        ("values_against_targets", ["metric=SLA_Attainment_Ratios"], "Did you mean 'sla_attainment_ratio'?"),
        ("breakdowns_against_targets", ["metric=sla_atainment_ratio"], "Did you mean 'sla_attainment_ratio'?"),
        ("slowest_tickets", ["from_date=2026-09-01", "to_date=2026-08-01"],
         "from_date 2026-09-01 is after to_date 2026-08-01"),
        ("metric_history", ["to_date=1999-01-01"], "to_date 1999-01-01 is before all data"),
        ("slowest_tickets", ["from_date=2030-01-01"], "from_date 2030-01-01 is after all data"),
        ("what_drove_a_change", ["metric=ticket_cycle_time_p85_business_hours"], "percentiles cannot be taken apart"),
        ("metric_history", ["metric=ticket_backlog_count"], "ticket_backlog_count has no value: "),
        ("slowest_tickets", [], "Nothing that is published answers to team=*"),
        ("restated_values", [], "No value of a closed month or quarter was told otherwise"),
        ("restated_values", ["metric=ticket_backlog_count"], "No value of a closed month or quarter was told"),
        ("restated_values", ["metric=ticket_backlog_counts"], "Did you mean 'ticket_backlog_count'?"),
    ],
)  # fmt: skip
def test_it_says_why_beside_the_answer(
    run_kpi: Kpi, published_home: Home, name: str, params: list[str], told: str
) -> None:
    options = [option for param in params for option in ("--param", param)]
    for output_format, expected in (("json", "[]"), ("table", "0 rows"), ("csv", "")):
        result = run_kpi("query", "--query", name, *options, "--format", output_format, "--home", published_home.folder)
        assert result.exit_code == 0
        assert told in result.stderr
        assert told not in result.stdout
        assert expected in result.stdout
        if output_format == "json":
            assert json.loads(result.stdout) == []


def test_a_question_without_periods_is_told_of_none(run_kpi: Kpi, published_home: Home) -> None:
    """That no contract ends soon has nothing to do with when values begin."""
    told = run_kpi("query", "contracts_to_cancel_or_renew", "--home", published_home.folder).stderr
    assert "latest: data until" in told
    assert "first period" not in told


def test_an_answer_needs_no_reason(run_kpi: Kpi, published_home: Home) -> None:
    assert run_kpi("query", "metric_history", "--home", published_home.folder).stderr == ""


@pytest.fixture
def published(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A publication with three teams, one of which has values only."""
    with new_published(tmp_path / "kpi.duckdb") as connection:
        values = [
            {"metric": "ticket_backlog_count", "metric_version": 1, "period_grain": "month", "unit": "count",
             "period_start_date": date(2026, 10, 1), "period_end_date": date(2026, 10, 31), "is_period_closed": True,
             "dimension": "team", "dimension_value": team, "value": 1.0, "eligible_count": 1, "measured_count": 1,
             "coverage_ratio": 1.0}
            for team in ("Service Desk", "Network", "Field")
        ]  # fmt: skip
        fill_table(connection, "metric_values", values)
        yield connection


@pytest.mark.parametrize(
    ("team", "told"),
    [
        ("Servce Desk", "There is no team 'Servce Desk'. Did you mean 'Service Desk'?"),
        ("network", "There is no team 'network'. Did you mean 'Network'?"),
        ("x", "There is no team 'x'. There are Field, Network, Service Desk."),
    ],
)
def test_a_team_that_there_is_not(published: duckdb.DuckDBPyConnection, team: str, told: str) -> None:
    question = packaged_questions()["slowest_tickets"]
    assert explain_no_rows(published, question, {"team": team}) == [told]


def test_a_kpi_that_was_never_told_otherwise(published: duckdb.DuckDBPyConnection) -> None:
    """Its filter is right: others were."""
    question = packaged_questions()["restated_values"]
    asked = {"metric": "ticket_backlog_count", "row_limit": "10000"}
    fill_table(published, "meta_restated_values", [_restated("ticket_resolved_count")])
    (told,) = explain_no_rows(published, question, asked)
    assert told == (
        "No value of ticket_backlog_count in a closed month or quarter was told otherwise than before; of 1 other KPI "
        "there is one: metric=* lists all."
    )


def _restated(metric: str) -> dict[str, object]:
    return {
        "run_id": "r1", "metric": metric, "period_grain": "month", "period_start_date": date(2026, 10, 1),
        "period_end_date": date(2026, 10, 31), "restated_at": datetime(2026, 11, 3, tzinfo=UTC), "value_before": 2.0,
        "value_now": 1.0, "unit": "count", "eligible_before_count": 2, "eligible_now_count": 1, "reason": "rules",
    }  # fmt: skip

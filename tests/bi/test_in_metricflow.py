"""The dbt project in dbt and MetricFlow themselves: valid, and every metric gives its published values."""

from __future__ import annotations

import csv
import os
import subprocess
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from metrics.render.places import Place
from metrics.render.relations import Relation, relations
from pipelines.semantic_exports import export_named, write_export

if TYPE_CHECKING:
    from conftest import Tool

pytestmark = [pytest.mark.bi, pytest.mark.slow]

RELATIONS = [relation for relation in relations() if relation.measures]


class Project:
    """The exported project, and MetricFlow's command in it."""

    def __init__(self, folder: Path, tool: Tool) -> None:
        self.folder = folder
        self._tool = tool

    def run(self, program: str, *arguments: str) -> str:
        environment = {**os.environ, "DBT_PROFILES_DIR": str(self.folder), "DO_NOT_TRACK": "1"}
        ended = subprocess.run(
            [self._tool("dbt", program), *arguments],
            cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
        return ended.stdout

    def query(self, *arguments: str) -> list[dict[str, str]]:
        answer = self.folder / "answer.csv"
        answer.unlink(missing_ok=True)
        self.run("mf", "query", *arguments, "--csv", str(answer))
        with answer.open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def project(published_file: Path, tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("dbt")
    write_export(export_named("dbt"), Place(published_file.as_posix()), folder)
    found = Project(folder, tool)
    found.run("dbt", "build", "--quiet")
    return found


def test_metricflow_validates_the_project(project: Project) -> None:
    told = project.run("mf", "validate-configs")
    assert "Successfully validated the semantics of built manifest (ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0)" in told
    assert "Successfully validated metrics against data warehouse (ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0)" in told


def _day(text: str) -> date:
    return datetime.fromisoformat(text).date()


def _number(text: str) -> float | None:
    return float(text) if text else None


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.name)
def test_metricflow_gives_every_published_month(
    relation: Relation, project: Project, published: duckdb.DuckDBPyConnection
) -> None:
    """Overall, by month: each metric of the relation, equal to the published value to the last digit."""
    names = [measure.name for measure in relation.measures]
    if relation.entity == "kpi_value":
        grain, breakdown = ("{{ Dimension('kpi_value__" + name + "') }}" for name in ("period_grain", "dimension"))
        asked, group = ["--where", f"{grain} = 'month' AND {breakdown} = 'overall'"], "metric_time__day"
    else:
        asked, group = [], "metric_time__month"
    found = {_day(row[group]): row for row in project.query("--metrics", ",".join(names), "--group-by", group, *asked)}
    compared = 0
    for name in names:
        rows = published.sql(
            f"SELECT period_start_date, value FROM mart.kpi_{name} "
            "WHERE period_grain = 'month' AND dimension = 'overall' AND (value <> 0 OR value IS NULL)"
        ).fetchall()
        for start, value in rows:
            if value is not None or start in found:
                assert _number(found[start][name]) == value, (name, start)
                compared += value is not None
    assert compared or relation.name == "first_promised_delivery_records"


def test_a_percentile_by_team_is_taken_over_the_teams_tickets(
    project: Project, published: duckdb.DuckDBPyConnection
) -> None:
    name, team = "ticket_cycle_time_p85_business_hours", "resolved_ticket_record__team"
    rows = project.query("--metrics", name, "--group-by", f"metric_time__quarter,{team}")
    found = {(_day(row["metric_time__quarter"]), row[team]): _number(row[name]) for row in rows}
    expected = published.sql(
        f"SELECT period_start_date, dimension_value, value FROM mart.kpi_{name} "
        "WHERE period_grain = 'quarter' AND dimension = 'team'"
    ).fetchall()
    assert found == {(start, value): number for start, value, number in expected}

"""The dbt project in dbt and MetricFlow themselves, over the file and over PostgreSQL: valid, and with equal values."""

from __future__ import annotations

import duckdb
import pytest
from metricflow_project import Project, day_of, number_of

from metrics.render.relations import Relation, relations

pytestmark = [pytest.mark.bi, pytest.mark.slow]

RELATIONS = [relation for relation in relations() if relation.measures]


@pytest.fixture(params=["file", "PostgreSQL"])
def place(request: pytest.FixtureRequest) -> Project:
    """The project, built where it can be built."""
    found: Project = request.getfixturevalue("project" if request.param == "file" else "project_on_postgresql")
    return found


def test_metricflow_validates_the_project(place: Project) -> None:
    told = place.run("mf", "validate-configs")
    assert "Successfully validated the semantics of built manifest (ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0)" in told
    assert "Successfully validated metrics against data warehouse (ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0)" in told


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.name)
def test_metricflow_gives_every_published_month(
    relation: Relation, place: Project, published: duckdb.DuckDBPyConnection
) -> None:
    """Overall, by month: each metric of the relation, equal to the published value to the last digit."""
    names = [measure.name for measure in relation.measures]
    found = place.months(relation, names)
    compared = 0
    for name in names:
        rows = published.sql(
            f"SELECT period_start_date, value FROM mart.kpi_{name} "
            "WHERE period_grain = 'month' AND dimension = 'overall' AND (value <> 0 OR value IS NULL)"
        ).fetchall()
        for start, value in rows:
            if value is not None or start in found[name]:
                assert found[name][start] == value, (name, start)
                compared += value is not None
    assert compared or relation.name == "first_promised_delivery_records"


def test_a_percentile_by_team_is_taken_over_the_teams_tickets(
    place: Project, published: duckdb.DuckDBPyConnection
) -> None:
    name, team = "ticket_cycle_time_p85_business_hours", "resolved_ticket_record__team"
    rows = place.query("--metrics", name, "--group-by", f"metric_time__quarter,{team}")
    found = {(day_of(row["metric_time__quarter"]), row[team]): number_of(row[name]) for row in rows}
    expected = published.sql(
        f"SELECT period_start_date, dimension_value, value FROM mart.kpi_{name} "
        "WHERE period_grain = 'quarter' AND dimension = 'team'"
    ).fetchall()
    assert found == {(start, value): number for start, value, number in expected}

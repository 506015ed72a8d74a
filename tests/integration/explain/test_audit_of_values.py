"""Every KPI comes to the same from its records, and where it does not, `kpi explain` says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest
from demo_homes import DemoHome
from explained_values import P85, SLA, UNIT_COST, explaining

from metrics.periods import Period
from metrics.registry import METRICS
from metrics.spec import Metric
from models.vocabulary import Grain
from pipelines.cli.exits import ExitCode
from pipelines.explaining.audit import compare
from pipelines.explaining.cell import Cell, NotPublishedError, find_cell
from pipelines.explaining.values import compute_value, find_records
from pipelines.published.opening import open_published_file
from pipelines.published.rows import read_rows

pytestmark = pytest.mark.xdist_group("explain")

#: Of each KPI and grain: the latest and another period of the whole, and a value of a breakdown.
CELLS = """
    SELECT period_grain, period_start_date, dimension, dimension_value
    FROM mart.metric_values
    WHERE metric = $metric
    QUALIFY row_number() OVER (
            PARTITION BY period_grain, dimension = 'overall' ORDER BY hash(period_start_date, dimension_value)
        ) = 1
        OR (
            dimension = 'overall'
            AND row_number() OVER (PARTITION BY period_grain, dimension ORDER BY period_start_date DESC) = 1
        )
"""


def cells_of(connection: duckdb.DuckDBPyConnection, metric: Metric) -> list[Cell]:
    found = []
    for row in read_rows(connection, CELLS, {"metric": metric.name}):
        period = Period(Grain(row["period_grain"]), row["period_start_date"])
        by = None if row["dimension"] == "overall" else f"{row['dimension']}={row['dimension_value']}"
        found.append(find_cell(connection, metric, period.name, by))
    return found


def audit(connection: duckdb.DuckDBPyConnection, metric: Metric) -> int:
    """Hold cells of a KPI against their records; how many there were."""
    cells = cells_of(connection, metric)
    for cell in cells:
        assert_comes_out(connection, cell)
    return len(cells)


def assert_comes_out(connection: duckdb.DuckDBPyConnection, cell: Cell) -> None:
    arithmetic = compute_value(connection, cell, find_records(cell))
    wrong = [each for each in compare(cell.published, arithmetic.numbers) if not each.agrees]
    assert not wrong, f"{cell.arguments}: {wrong}"
    assert not arithmetic.doubts, f"{cell.arguments}: {arithmetic.doubts}"
    assert arithmetic.steps


def test_every_kpi_comes_out_of_its_records(published: duckdb.DuckDBPyConnection) -> None:
    """The latest month of each; `test_every_value_comes_out_of_its_records` takes all grains and breakdowns."""
    for metric in METRICS:
        state = published.execute("SELECT publication_state FROM meta.metrics WHERE metric = ?", [metric.name])
        if state.fetchone() == ("published",):
            assert_comes_out(published, find_cell(published, metric, None, None))


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_value_comes_out_of_its_records(published: duckdb.DuckDBPyConnection, metric: Metric) -> None:
    counted = audit(published, metric)
    state = published.execute("SELECT publication_state FROM meta.metrics WHERE metric = ?", [metric.name]).fetchone()
    assert state is not None
    assert (counted > 0) == (state[0] == "published")
    if counted:
        grains = {cell.period.grain for cell in cells_of(published, metric)}
        assert grains == set(metric.grains) or metric.population.period_column == "as_of_date"


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_value_comes_out_of_records_some_of_which_are_set_aside(
    published_spoilt: duckdb.DuckDBPyConnection, metric: Metric
) -> None:
    state = published_spoilt.execute(
        "SELECT publication_state FROM meta.metrics WHERE metric = ?", [metric.name]
    ).fetchone()
    if state == ("published",):
        assert audit(published_spoilt, metric)


@pytest.mark.slow
def test_some_are_set_aside_of_each_kind(published_spoilt: duckdb.DuckDBPyConnection) -> None:
    found = published_spoilt.execute("SELECT DISTINCT table_name FROM meta.quarantined_records").fetchall()
    assert {"stg_tickets", "stg_cost_lines"} <= {name for (name,) in found}


@pytest.mark.slow
def test_reasons_are_told_of_all_that_is_not_measured(published_spoilt: duckdb.DuckDBPyConnection) -> None:
    for metric in METRICS:
        try:
            cell = find_cell(published_spoilt, metric, None, None)
        except NotPublishedError:
            continue
        if cell.is_held:
            continue
        records = find_records(cell)
        query = f"SELECT count(*) FROM ({records.sql}) WHERE is_measured = (not_measured_because IS NOT NULL)"
        assert published_spoilt.execute(query).fetchone() == (0,), metric.name
        aside = f"SELECT count(*) FROM ({records.sql}) WHERE not_measured_because = 'set aside by a rule'"
        assert published_spoilt.execute(aside).fetchone() == (0,), metric.name


def test_a_value_that_its_records_do_not_give_is_told_loudly(home: DemoHome, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    (folder / "published").mkdir(parents=True)
    shutil.copyfile(home.home.settings_file, folder / "kpi.toml")
    for each in ("contracts", "policies"):
        shutil.copytree(home.folder / each, folder / each)
    shutil.copyfile(home.home.published_file, folder / "published" / "kpi.duckdb")
    with duckdb.connect(str(folder / "published" / "kpi.duckdb")) as connection:
        connection.execute("UPDATE mart.metric_values SET value = value + 0.0001 WHERE metric = ?", [UNIT_COST])
        connection.execute(
            "UPDATE core.fct_tickets SET cycle_time_business_microseconds = cycle_time_business_microseconds * 2"
        )
    tampered = explaining(DemoHome(folder))
    for name in (UNIT_COST, P85):
        result = tampered(name)
        assert result.exit_code == ExitCode.FAILED
        assert "THIS IS NOT WHAT WAS PUBLISHED." in result.output
        assert "differs" in result.output
        document = json.loads(tampered(name, "--json").output)
        assert document["agrees"] is False
        assert "value" in {each["name"] for each in document["disagreements"]}
    assert tampered(SLA).exit_code == 0


def test_cost_lines_that_do_not_come_to_what_was_allocated_are_told(home: DemoHome, tmp_path: Path) -> None:
    file = tmp_path / "kpi.duckdb"
    shutil.copyfile(home.home.published_file, file)
    with duckdb.connect(str(file)) as connection:
        connection.execute("UPDATE core.fct_cost_lines SET amount_reporting = amount_reporting + 0.01")
    metric = next(metric for metric in METRICS if metric.name == UNIT_COST)
    with open_published_file(file) as connection:
        cell = find_cell(connection, metric, None, None)
        doubts = compute_value(connection, cell, find_records(cell)).doubts
    assert "The cost lines of the period come to" in doubts[0]
    assert "do not come to what fct_cost_allocations says" in doubts[1]

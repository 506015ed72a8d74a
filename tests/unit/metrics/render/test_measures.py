"""What semantic layers are told to compute, run by DuckDB: in every cell the published value, to the last digit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest

from metrics.kinds import Aggregation
from metrics.registry import METRICS
from metrics.render.measures import CELLS, Measure, cell_rule, measures
from metrics.render.record_view_sql import RECORD_DATE, RecordView
from metrics.render.record_views import RECORD_VIEWS
from metrics.render.relations import Relation, relations

if TYPE_CHECKING:
    from conftest import CleanRun

MEASURES = measures()
KEYS = ["period_grain", "period_start_date", "dimension", "dimension_value"]


@pytest.fixture(scope="module")
def demo(clean_run: CleanRun) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file of a home that the whole pipeline ran on."""
    with duckdb.connect(str(clean_run.demo.home.published_file), read_only=True) as reader:
        yield reader


def _cells(measure: Measure, reader: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The measure in every period and breakdown value that the metric is published for."""
    if measure.reads_cells:
        found = [reader.sql(f"SELECT {', '.join(KEYS)}, {measure.sql} AS found FROM mart.{CELLS} GROUP BY ALL").pl()]
    else:
        found = [
            reader.sql(
                f"SELECT '{grain}' AS period_grain, '{dimension}' AS dimension, {value} AS dimension_value, "
                f"CAST(date_trunc('{grain}', {RECORD_DATE}) AS DATE) AS period_start_date, {measure.sql} AS found "
                f"FROM mart.{measure.relation} GROUP BY ALL"
            ).pl()
            for grain in measure.metric.grains
            for dimension in measure.metric.dimensions
            for value in ["''" if dimension == "overall" else dimension]
        ]
    return pl.concat([frame.select(*KEYS, pl.col("found").cast(pl.Float64)) for frame in found])


def _differences(measure: Measure, reader: duckdb.DuckDBPyConnection) -> tuple[int, pl.DataFrame]:
    """How many cells were compared, and those that differ. Where there is no record, a published 0 is none."""
    published = reader.sql(f"SELECT {', '.join(KEYS)}, value FROM mart.kpi_{measure.name}").pl()
    both = published.join(_cells(measure, reader), on=KEYS, how="full", coalesce=True)
    is_nothing = pl.col("found").is_null() & (pl.col("value") == 0)
    return published["value"].count(), both.filter(pl.col("value").ne_missing(pl.col("found")) & ~is_nothing)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_a_measure_gives_every_published_value(measure: Measure, published: duckdb.DuckDBPyConnection) -> None:
    if measure.name == "sla_attainment_ratio":
        pytest.skip("it is held; see below")
    _, differing = _differences(measure, published)
    assert differing.is_empty(), differing


def test_a_held_metric_is_empty_over_records(published: duckdb.DuckDBPyConnection) -> None:
    """Its last good values stand in its view; what today's records come to may not be published."""
    states = published.sql("SELECT metric FROM meta.metrics WHERE publication_state = 'held'").fetchall()
    assert states == [("sla_attainment_ratio",)]
    clocks = "mart.decided_clock_records"
    held, other, records = published.sql(
        f"SELECT count(resolution_met_count), count(first_response_met_count), sum(eligible_count) FROM {clocks}"
    ).fetchone() or (0, 0, 0)
    assert held == 0 and other > 0 and records > other
    assert _ask(published, "sla_attainment_ratio", "TRUE") is None
    assert published.sql("SELECT count(value) FROM mart.kpi_sla_attainment_ratio").fetchone() != (0,)


def test_measures_give_every_value_of_a_home_that_was_run(demo: duckdb.DuckDBPyConnection) -> None:
    compared = {}
    for measure in MEASURES:
        compared[measure.name], differing = _differences(measure, demo)
        assert differing.is_empty(), (measure.name, differing)
    empty = [name for name, count in compared.items() if count == 0]
    assert len(empty) <= 3, f"nothing was compared of {empty}"
    assert sum(compared.values()) > 10_000


@pytest.mark.parametrize("view", RECORD_VIEWS, ids=lambda view: view.name)
def test_record_views_count_what_is_eligible_and_measured(
    view: RecordView, published: duckdb.DuckDBPyConnection
) -> None:
    """Not only values: the records of a view are exactly those that the metric says should count."""
    counted = [metric for metric in METRICS if metric.population is view.populations[0]]
    only = "target = 'resolution'" if view.name == "decided_clock_records" else "TRUE"
    found = published.sql(
        f"SELECT CAST(date_trunc('month', {RECORD_DATE}) AS DATE) AS period_start_date, count(*) AS eligible_count "
        f"FROM mart.{view.name} WHERE {only} GROUP BY ALL ORDER BY ALL"
    ).pl()
    expected = published.sql(
        f"SELECT period_start_date, eligible_count FROM mart.kpi_{counted[0].name} "
        "WHERE period_grain = 'month' AND dimension = 'overall' AND eligible_count > 0 ORDER BY ALL"
    ).pl()
    assert found.rows() == expected.rows()


@pytest.mark.parametrize("relation", relations(), ids=lambda relation: relation.name)
def test_keys_tell_every_row_from_the_others(relation: Relation, published: duckdb.DuckDBPyConnection) -> None:
    keys = ", ".join(relation.keys)
    rows = published.sql(f"SELECT {keys} FROM mart.{relation.name} GROUP BY ALL HAVING count(*) > 1").fetchall()
    assert rows == []


def _ask(reader: duckdb.DuckDBPyConnection, name: str, where: str) -> float | None:
    measure = next(measure for measure in MEASURES if measure.name == name)
    row = reader.sql(f"SELECT {measure.sql} FROM mart.{measure.relation} WHERE {where}").fetchone()
    assert row is not None
    return row[0] if row[0] is None else float(row[0])


def test_a_stock_adds_up_over_teams_and_never_over_days(demo: duckdb.DuckDBPyConnection) -> None:
    days = "period_grain = 'day' AND is_period_closed AND period_start_date"
    name = "ticket_work_in_progress_count"
    closed = f"FROM mart.metric_values WHERE metric = '{name}' AND period_grain = 'day' AND is_period_closed"
    last = f"(SELECT max(period_start_date) {closed})"
    of_teams = _ask(demo, name, f"dimension = 'team' AND {days} = {last}")
    assert of_teams == _ask(demo, name, f"dimension = 'overall' AND {days} = {last}")
    assert of_teams is not None and of_teams > 0
    assert _ask(demo, name, f"dimension = 'overall' AND {days} >= {last} - 1") is None


def test_cells_of_several_grains_or_breakdowns_are_never_put_together(demo: duckdb.DuckDBPyConnection) -> None:
    for measure in MEASURES:
        if measure.reads_cells and len(measure.metric.dimensions) > 1:
            assert _ask(demo, measure.name, "period_grain = 'month'") is None, measure.name
        if measure.reads_cells and len(measure.metric.grains) > 1:
            assert _ask(demo, measure.name, "dimension = 'overall'") is None, measure.name


def test_what_cannot_be_put_together_is_given_for_one_cell_only(demo: duckdb.DuckDBPyConnection) -> None:
    name = "vendor_spend_concentration_ratio"
    months = "period_grain = 'month' AND dimension = 'overall'"
    assert next(metric for metric in METRICS if metric.name == name).aggregation is Aggregation.NONE
    assert _ask(demo, name, months) is None
    last = "(SELECT max(period_start_date) FROM mart.kpi_vendor_spend_concentration_ratio WHERE period_grain = 'month')"
    assert _ask(demo, name, f"{months} AND period_start_date = {last}") is not None


def test_a_ratio_over_months_is_that_of_all_their_records(demo: duckdb.DuckDBPyConnection) -> None:
    added = demo.sql(
        "SELECT sum(numerator) / sum(denominator) FROM mart.kpi_sla_attainment_ratio "
        "WHERE period_grain = 'month' AND dimension = 'overall'"
    ).fetchone()
    assert added is not None
    assert _ask(demo, "sla_attainment_ratio", "TRUE") == added[0]


OF_CELLS = [measure for measure in MEASURES if measure.reads_cells]


@pytest.mark.parametrize("measure", OF_CELLS, ids=lambda measure: measure.name)
@pytest.mark.parametrize(("narrow", "wide"), [("day", "week"), ("day", "month"), ("month", "quarter")])
def test_periods_that_may_be_put_together_give_the_wider_period(
    measure: Measure, narrow: str, wide: str, demo: duckdb.DuckDBPyConnection
) -> None:
    if not {narrow, wide} <= set(measure.metric.grains):
        pytest.skip("the metric has no such periods")
    together = f"""
        SELECT dimension, dimension_value, CAST(date_trunc('{wide}', period_start_date) AS DATE) AS start_date,
               count(*) FILTER (metric = '{measure.name}') AS cells, {measure.sql} AS found
        FROM mart.{CELLS} WHERE period_grain = '{narrow}' GROUP BY ALL
    """
    rows = demo.sql(
        f"SELECT wider.cells, wider.found, cell.value FROM ({together}) AS wider JOIN mart.kpi_{measure.name} AS cell "
        "ON cell.dimension = wider.dimension AND cell.dimension_value = wider.dimension_value "
        f"AND cell.period_grain = '{wide}' AND cell.period_start_date = wider.start_date"
    ).fetchall()
    several = [(found, value) for cells, found, value in rows if cells > 1]
    if cell_rule(measure.metric).over_periods:
        assert all(float(found) == pytest.approx(value) for found, value in several if found is not None)
    else:
        assert all(found is None for found, _ in several)


@pytest.mark.parametrize("measure", OF_CELLS, ids=lambda measure: measure.name)
def test_breakdowns_that_may_be_put_together_give_the_whole(measure: Measure, demo: duckdb.DuckDBPyConnection) -> None:
    together = f"""
        SELECT period_grain, period_start_date, dimension, {measure.sql} AS found
        FROM mart.{CELLS} WHERE dimension <> 'overall' GROUP BY ALL
    """
    rows = demo.sql(
        f"SELECT parts.found, cell.value FROM ({together}) AS parts JOIN mart.kpi_{measure.name} AS cell "
        "USING (period_grain, period_start_date) WHERE cell.dimension = 'overall' AND parts.found IS NOT NULL"
    ).fetchall()
    if not rows:
        pytest.skip("it has one breakdown, or this home is too young for it")
    assert all(float(found) == pytest.approx(value) for found, value in rows)


def test_names_of_aggregates_are_unique_and_each_is_used() -> None:
    names = [aggregate.name for measure in MEASURES for aggregate in measure.aggregates]
    assert len(names) == len(set(names))
    for measure in MEASURES:
        for aggregate in measure.aggregates:
            assert f"{{{aggregate.name}}}" in measure.formula

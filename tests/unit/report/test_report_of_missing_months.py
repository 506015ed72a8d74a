"""Sums of cost over a quarter of which the ledger lacks whole months: nothing is compared, and the months are named."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from made_up_facts import answer, facts
from published_files import Row, fill_table, new_published

from metrics.measuring.missing_months import find_missing_months, leave_out_incomplete
from metrics.registry import METRICS, metric_named
from metrics.signals.change_drivers import explain_changes
from models.ddl import polars_schema
from models.marts import metric_values
from models.vocabulary import Grain
from pipelines.cli.main import kpi
from pipelines.cli.trends import read_trends
from pipelines.dashboard.breaks import with_breaks
from pipelines.dashboard.charts import draw_trend
from pipelines.dashboard.snapshot import Answers, Snapshot
from pipelines.published.opening import open_published_file
from pipelines.report.asking import ask
from pipelines.report.charts import sparkline, trend_chart
from pipelines.report.drawing import draw_svg
from pipelines.report.facts import HEADLINES
from pipelines.report.headlines import headline_cards
from pipelines.report.page import render_report
from pipelines.report.reading import read_facts
from pipelines.report.sentences import summarize
from pipelines.report.signals import trend_points
from pipelines.scaffold import HomeFacts, write_home
from pipelines.words.periods import describe_missing_months, name_months

END = datetime(2022, 4, 1, tzinfo=UTC)
COST, CREATED = "cost_total_reporting", "ticket_created_count"
WHY = (
    "Q1 2022 lacks January and February 2022 and Q4 2021 lacks October and December 2021: the ledger has no line of "
    "them, so no change is told"
)


def value(metric: str, grain: Grain, start: date, end: date, number: float) -> Row:
    return {"metric": metric, "metric_version": 1, "period_grain": grain.value, "period_start_date": start,
            "period_end_date": end, "is_period_closed": True, "dimension": "overall", "dimension_value": "",
            "value": number, "eligible_count": 5, "measured_count": 5, "coverage_ratio": 1.0,
            "unit": metric_named(metric).unit.value}  # fmt: skip


def published(folder: Path, months: list[date]) -> Path:
    """Two quarters of cost, of which the ledger has these months, and of tickets."""
    path = folder / "kpi.duckdb"
    quarters = [(date(2021, 10, 1), date(2021, 12, 31), 335273.0), (date(2022, 1, 1), date(2022, 3, 31), 49490355.0)]
    rows = [value(metric, Grain.QUARTER, *each) for metric in (COST, CREATED) for each in quarters]
    rows += [value(COST, Grain.MONTH, month, month, 1.0) for month in months]
    teams = {"dimension": "team", "dimension_value": "Roads"}
    rows += [{**row, **teams} for row in rows]
    values = pl.DataFrame(rows, schema=polars_schema(metric_values))
    missing = find_missing_months(values, METRICS, date(2022, 4, 1))
    run = {"publication_id": "20220401T000000-abc", "run_id": "r", "published_at": END, "content_hash": "c",
           "code_hash": "c", "reporting_currency_code": "GBP", "reporting_time_zone": "UTC", "home_name": "Town",
           "as_of_at": END}  # fmt: skip
    with new_published(path) as connection:
        fill_table(connection, "meta_run", [run])
        fill_table(connection, "meta_data_clocks", [
            {"data": name, "domain": name, "as_of_at": END, "last_date": date(2022, 3, 31)}
            for name in ("tickets", "finance")
        ])  # fmt: skip
        fill_table(connection, "meta_metrics", [
            {**metric.definition(), "fresh_as_of_at": END, "publication_state": "published", "closed_by": domain}
            for metric in METRICS
            if (domain := {COST: "finance", CREATED: "tickets"}.get(metric.name))
        ])  # fmt: skip
        fill_table(connection, "metric_values", values)
        fill_table(connection, "missing_cost_months", missing)
        fill_table(connection, "kpi_change_drivers", explain_changes(leave_out_incomplete(values, missing), METRICS))
    return path


def test_a_quarter_without_some_months_is_not_compared(tmp_path: Path) -> None:
    file = published(tmp_path, [date(2021, 11, 1), date(2022, 3, 1)])
    told = read_facts(file, grain=Grain.QUARTER)
    assert told.numbers[COST]["value"] == 49490355.0
    assert told.numbers[COST]["previous_value"] is None
    # Tickets do not wait for the ledger.
    assert told.numbers[CREATED]["previous_value"] == 335273.0
    (card,) = (card for card in headline_cards(told) if card.metric == COST)
    assert (card.movement, card.judgement, card.late) == ("not compared with Q4 2021", "", f"{WHY}.")
    (sentence,) = (each for each in summarize(told) if each.startswith(metric_named(COST).label))
    assert "without January and February 2022, of which the ledger has no line" in sentence
    assert f"{WHY}." in render_report(told)


def test_a_quarter_with_all_its_months_is_compared(tmp_path: Path) -> None:
    months = [date(2021, month, 1) for month in (10, 11, 12)] + [date(2022, month, 1) for month in (1, 2, 3)]
    told = read_facts(published(tmp_path, months), grain=Grain.QUARTER)
    assert told.numbers[COST]["previous_value"] == 335273.0
    assert "lacks" not in render_report(told)


def test_the_dashboard_names_the_months_too(tmp_path: Path) -> None:
    file = published(tmp_path, [date(2021, 11, 1), date(2022, 3, 1)])
    with open_published_file(file) as connection:
        snapshot = Snapshot(connection, Answers())
        assert snapshot.not_compared(COST, "quarter", date(2022, 1, 1)) == WHY
        assert snapshot.not_compared(CREATED, "quarter", date(2022, 1, 1)) == ""


def test_who_moved_it_and_what_drove_it_name_the_months_in_the_place_of_a_change(tmp_path: Path) -> None:
    file = published(tmp_path, [date(2021, 11, 1), date(2022, 3, 1)])
    missing = ("2022-01, 2022-02", "2021-10, 2021-12")
    with open_published_file(file) as connection:
        (moved,) = ask(connection, "who_moved", metric=COST, period_grain="quarter").rows
        assert [moved[name] for name in ("value", "previous_value", "change", "movement")] == [
            49490355.0, None, None, "not_compared",
        ]  # fmt: skip
        assert (moved["missing_months"], moved["previous_missing_months"]) == missing
        (driven,) = ask(connection, "what_drove_a_change", metric=COST, period_grain="quarter").rows
        assert (driven["missing_months"], driven["previous_missing_months"]) == missing
        assert {driven[name] for name in driven if name.endswith(("_value", "_before", "dimension"))} == {None}
        assert driven["value_after"] == 49490355.0
        (other,) = ask(connection, "who_moved", metric=CREATED, period_grain="quarter").rows
        assert (other["movement"], other["missing_months"]) == ("more", None)
        (other,) = ask(connection, "what_drove_a_change", metric=CREATED, period_grain="quarter").rows
        assert (other["change_value"], other["missing_months"]) == (Decimal(49155082), None)


def test_the_command_names_the_months_in_the_place_of_a_change(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write_home(home, HomeFacts("Town"))
    (home / "published").mkdir()
    file = published(home / "published", [date(2021, 11, 1), date(2022, 3, 1)])
    with open_published_file(file) as connection:
        trends = {trend.metric: trend for trend in read_trends(connection, grain="quarter")}
    assert (trends[COST].period_before, trends[COST].not_compared_reason) == (None, WHY)
    assert (trends[CREATED].period_before is not None, trends[CREATED].not_compared_reason) == (True, "")

    def told(*arguments: str) -> str:
        return CliRunner().invoke(kpi, ["metrics", *arguments, "--by", "quarter", "--home", str(home)]).output

    assert f"No change of {COST}: {WHY}." in " ".join(told().split())
    last, before = (line for line in told(COST).splitlines() if line.startswith("Q"))
    assert last.endswith("January and February 2022")
    assert before.endswith("October and December 2021")
    assert "lacks" not in told(CREATED)


def test_a_week_reaches_into_a_month_that_is_missing() -> None:
    assert describe_missing_months(date(2022, 2, 28), "week", "2022-02", None) == (
        "week 9 of 2022 reaches into February 2022: the ledger has no line of it, so no change is told"
    )


@pytest.mark.parametrize(
    ("months", "said"),
    [
        ("2021-12", "December 2021"),
        ("2021-10, 2021-12", "October and December 2021"),
        ("2021-12, 2022-01, 2022-02", "December 2021, January and February 2022"),
    ],
)
def test_months_are_listed_as_people_do(months: str, said: str) -> None:
    assert name_months(months) == said


def test_lines_of_the_report_break_where_periods_have_no_row() -> None:
    metric = HEADLINES[0]
    given = facts()
    rows = [{"period_start_date": date(2026, month, 1), "value": float(month)} for month in (5, 8, 9, 10)]
    given.histories[metric] = answer("metric_history", *rows)  # type: ignore[index]
    points = trend_points(given, metric)
    assert [(point.start.month, point.value) for point in points] == [
        (5, 5.0), (6, None), (7, None), (8, 8.0), (9, 9.0), (10, 10.0),
    ]  # fmt: skip
    # The line begins anew after the gap, and the point before it, to which no line leads, is marked.
    assert '"is_alone": true' in json.dumps(sparkline(points).to_dict())
    assert '"is_alone": true' not in json.dumps(sparkline(points[3:]).to_dict())
    assert "<svg" in draw_svg(sparkline(points))
    assert "<svg" in draw_svg(trend_chart(points, "count", width=300))


def test_lines_of_the_dashboard_break_where_periods_have_no_row() -> None:
    starts = [date(2021, 11, 1), date(2022, 3, 1)]
    values = pl.DataFrame({"period_start_date": starts, "value": [1.0, 2.0]}).with_columns(
        period_grain=pl.lit("month"), is_period_closed=True, dimension_value=pl.lit(""), lower_bound=pl.lit(1.0),
        upper_bound=pl.lit(2.0), coverage_ratio=pl.lit(1.0),
    )  # fmt: skip
    assert with_breaks(values)["value"].to_list() == [1.0, None, None, None, 2.0]
    assert with_breaks(values)["is_period_closed"].to_list() == [True] * 5
    (drawn,) = draw_trend(values, "Cost", "reporting").to_dict()["datasets"].values()
    assert [row["value"] for row in drawn] == [1.0, None, None, None, 2.0]
    assert with_breaks(values.head(1)).height == 1

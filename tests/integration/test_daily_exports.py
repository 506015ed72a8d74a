"""Daily exports of a simulated desk, through the whole pipeline, beside the event log of the very same tickets.

What a day's export cannot tell shows as a gap in coverage, never as a zero.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from click.testing import CliRunner
from demo_homes import DemoHome
from simulated_desks import DAYS, END, Desk

from data_contracts.loader import packaged_templates
from models.ddl import polars_schema
from models.tickets import fct_tickets
from pipelines.cli.main import kpi
from pipelines.report.open_now import open_now_section
from pipelines.report.reading import read_facts
from pipelines.warehouse import open_warehouse

pytestmark = pytest.mark.slow

#: What a ticket's history alone can tell.
OF_HISTORY = (
    "ticket_cycle_time_p85_business_hours",
    "ticket_cycle_time_p50_calendar_hours",
    "ticket_waiting_time_p85_calendar_hours",
    "ticket_reopen_ratio",
    "ticket_reopen_mean_count",
    "ticket_handoff_mean_count",
    "ticket_flow_efficiency_business_ratio",
)


@pytest.fixture(scope="module")
def daily(desk: Desk) -> DemoHome:
    return desk.home("daily", ["daily_tickets"])


def _tickets(home: DemoHome) -> pl.DataFrame:
    with open_warehouse(home.home.warehouse) as warehouse:
        tickets = warehouse.read(fct_tickets)
    return tickets.with_columns(number=pl.col("ticket_id").str.split(":").list.last())


def _values(home: DemoHome, metric: str) -> list[tuple[Any, ...]]:
    query = """
        SELECT value, eligible_count, measured_count, coverage_ratio FROM mart.metric_values
        WHERE metric = ? AND period_grain = 'month' AND dimension = 'overall' AND eligible_count > 0
        ORDER BY period_start_date
    """
    return home.warehouse(query, [metric])


def _reopened_unseen(home: DemoHome) -> set[str]:
    rows = home.warehouse("SELECT record_id FROM ops.ops_value_problems WHERE problem = 'unseen_reopening'")
    return {str(row[0]) for row in rows}


def test_what_fields_tell_exactly_is_exact_and_the_rest_is_known_to_the_day(daily: DemoHome, logged: DemoHome) -> None:
    found, truth = _tickets(daily), _tickets(logged)
    first_export_at = datetime.combine(END - timedelta(days=DAYS - 2), time(), ZoneInfo("Europe/Amsterdam")).astimezone(
        UTC
    )
    both = found.join(truth, on="number", suffix="_true").filter(pl.col("created_at") >= first_export_at)
    assert both.height > 60
    assert both["has_history"].all()
    unseen = _reopened_unseen(daily)
    for name in ("created_at", "is_done", "is_cancelled", "status", "team", "resolved_at"):
        agrees = both[name].eq_missing(both[f"{name}_true"])
        assert set(both["ticket_id"].filter(~agrees)) <= unseen, name
    assert len(unseen) < 5
    # Work is known to have begun to the day, unless it came and went unseen within one.
    began = both.filter(pl.col("first_active_at").is_not_null())
    late = began["first_active_at"] - began["first_active_at_true"]
    assert late.is_between(-timedelta(days=1), timedelta(days=1)).mean() > 0.9
    passed_by = both.filter(pl.col("first_active_at").is_null() & pl.col("first_active_at_true").is_not_null())
    assert passed_by["cycle_time_calendar_microseconds"].null_count() == passed_by.height > 0
    assert _values(daily, "ticket_cycle_time_p50_calendar_hours")[-1][3] < 1
    # A resolution that moved says that a ticket came back, and nothing says how often.
    is_unseen = both["ticket_id"].is_in(sorted(unseen))
    assert both["reopen_count"].filter(is_unseen).null_count() == is_unseen.sum() > 0
    assert both["reopen_count"].filter(~is_unseen).null_count() == 0
    assert (both["reopen_count"] <= both["reopen_count_true"]).all()
    coverages = [coverage for *_, coverage in _values(daily, "ticket_reopen_ratio")]
    assert min(coverages[-2:]) < 1
    assert (both["handoff_count"] <= both["handoff_count_true"]).all()


@pytest.mark.parametrize(
    ("measure", "clock"), [("lead_time", "calendar"), ("cycle_time", "calendar"), ("cycle_time", "business")]
)
def test_durations_lie_between_what_the_days_leave_open(
    daily: DemoHome, logged: DemoHome, measure: str, clock: str
) -> None:
    """What the log tells lies between the ends. Of open hours that holds as far as exports show who had the ticket."""
    value = f"{measure}_{clock}_microseconds"
    ends = [pl.coalesce(f"{measure}_{end}_{clock}_microseconds", value).alias(end) for end in ("least", "greatest")]
    truth = _tickets(logged).select("number", pl.col(value).alias("true"))
    told = _tickets(daily).filter(pl.col("is_done") & pl.col("has_history") & pl.col(value).is_not_null())
    both = told.select("number", *ends).join(truth, on="number").drop_nulls("true")
    assert both.height > 15
    assert both.filter(~pl.col("true").is_between("least", "greatest")).is_empty()
    apart = both.filter(pl.col("least") < pl.col("greatest")).height
    assert apart == both.height if measure == "cycle_time" else 0 < apart < 10


def test_bounds_of_what_is_all_measured_say_what_the_days_leave_open(desk: Desk, daily: DemoHome) -> None:
    home = daily.copy_to(desk.folder / "published")
    assert CliRunner().invoke(kpi, ["run", "--home", str(home.folder), "--quiet"]).exit_code == 0
    query = """
        SELECT metric, strftime(period_start_date, '%Y-%m'), coverage_ratio FROM mart.metric_values
        ANTI JOIN mart.partial_periods USING (metric, period_grain, period_start_date)
        WHERE period_grain = 'month' AND dimension = 'overall' AND lower_bound < upper_bound
            AND metric SIMILAR TO 'ticket_(lead|cycle|first)_.*_p.*'
    """
    found = home.published(query)
    whole = [(metric, month) for metric, month, coverage in found if coverage == 1]
    assert len(whole) > 3
    for metric, month in whole:
        page = CliRunner().invoke(kpi, ["explain", "--home", str(home.folder), metric, month]).output
        unseen = "depending on what no export showed"
        assert (
            "depending on what happened between two exports" if "_first_resolution_" not in metric else unseen
        ) in page
        assert "exports leave open what happened between two of them, or before the only one: the bounds" in page
        assert "This is what was published." in page
    gaps = home.published(
        "SELECT DISTINCT metric FROM mart.instrumentation_gaps WHERE rule_id LIKE '%.exact_instants.%'"
    )
    assert {metric for metric, _ in whole} <= {metric for (metric,) in gaps}


def test_what_was_settled_before_the_first_export_is_known_as_from_a_snapshot(daily: DemoHome) -> None:
    found = _tickets(daily)
    old = found.filter(~pl.col("has_history"))
    assert old.height > 20
    assert old["is_done"].sum() + old["is_cancelled"].sum() == old.height
    assert old["reopen_count"].null_count() == old.height
    done = old.filter("is_done")
    assert done["lead_time_calendar_microseconds"].null_count() == 0
    assert done["waiting_calendar_microseconds"].null_count() == done.height


def test_daily_exports_pass_the_gate_and_their_own_rules(daily: DemoHome) -> None:
    assert daily.warehouse("SELECT verdict FROM ops.ops_verdicts WHERE domain = 'tickets' AND is_current") == [
        ("pass",)
    ]
    assert daily.failed_rules() == {"raw_desk__tickets.reopenings.seen": len(_reopened_unseen(daily))}
    # Tickets that were archived after their closure have left the exports; none that was open has.
    gone = daily.warehouse("SELECT status_category, count(*) FROM stg.stg_tickets WHERE has_disappeared GROUP BY ALL")
    assert {category for category, _ in gone} <= {"done", "cancelled"}
    assert sum(count for _, count in gone) > 0


def test_of_a_ticket_that_vanishes_while_open_it_is_not_known_whether_it_is_open(desk: Desk, daily: DemoHome) -> None:
    home = daily.copy_to(desk.folder / "vanished")
    last = max((home.landing / "daily_tickets").iterdir())
    lines = last.read_text(encoding="utf-8").splitlines()
    open_lines = [line for line in lines if ",Active," in line or ",New," in line][:2]
    last.write_text("\n".join(line for line in lines if line not in open_lines) + "\n", encoding="utf-8")
    assert CliRunner().invoke(kpi, ["run", "--home", str(home.folder), "--quiet"]).exit_code == 0
    failed = home.failed_rules()
    assert failed["raw_desk__tickets.open_tickets.still_exported"] == 2
    numbers = [line.partition(",")[0] for line in open_lines]
    found = _tickets(home).filter(pl.col("number").is_in(numbers))
    assert found["is_done"].to_list() == found["is_cancelled"].to_list() == [False, False]
    # They were in the export of the day before.
    assert found["unknown_since_at"].dt.convert_time_zone("Europe/Amsterdam").dt.date().to_list() == [END, END]
    stock = """
        SELECT period_start_date, value, lower_bound, upper_bound FROM mart.metric_values
        WHERE metric = 'ticket_work_in_progress_count' AND period_grain = 'day' AND dimension = 'overall'
            AND period_start_date >= ? ORDER BY 1
    """
    days = [END - timedelta(days=1)]
    (_, *before), (_, *after) = home.published(stock, days)
    (_, *before_then), (_, *after_then) = daily.warehouse(stock, days)
    assert before == before_then
    assert after == [after_then[0] - 2, after_then[1] - 2, after_then[2]]
    for metric in ("ticket_work_in_progress_count", "ticket_age_p50_calendar_hours"):
        page = CliRunner().invoke(kpi, ["explain", "--home", str(home.folder), metric, f"{END:%Y-%m}"]).output
        assert "This is what was published." in page
        assert "no sign in the exports of what became of them" in page
    gaps = home.published(
        "SELECT rule_id FROM mart.instrumentation_scorecard WHERE rule_id LIKE 'tickets.whereabouts.%'"
    )
    assert gaps == [("tickets.whereabouts.measured",)]
    # Whoever has to look for them is told which they are, and of their promises what was seen.
    asked = CliRunner().invoke(
        kpi, ["query", "tickets_that_left_the_exports", "--format", "json", "--home", str(home.folder)]
    )
    assert {row["ticket_id"] for row in json.loads(asked.stdout)} == {f"desk:{number}" for number in numbers}
    (figure,) = (
        figure
        for figure in open_now_section(read_facts(home.home.published_file)).figures
        if figure.id == "left-exports"
    )
    assert "2 tickets left the exports while they were open." in figure.sentences[0]
    pages = [
        CliRunner().invoke(kpi, ["explain", "--record", f"desk:{number}", "--home", str(home.folder)]).output
        for number in numbers
    ]
    assert any("elapsed until it left" in page for page in pages)
    assert not any("elapsed at most" in page for page in pages)


def test_a_snapshot_alone_measures_nothing_of_a_history(desk: Desk) -> None:
    home = desk.home("once", ["last_day"])
    for metric in OF_HISTORY:
        values = _values(home, metric)
        assert values, metric
        for value, eligible, measured, coverage in values:
            assert (value, measured, coverage) == (None, 0, 0.0), metric
            assert eligible > 0
    names = [
        name
        for name in polars_schema(fct_tickets)
        if name.startswith(("cycle_", "queued_", "active_", "waiting_", "reopen"))
    ]
    (counts,) = home.warehouse(f"SELECT {', '.join(f'count({name})' for name in names)} FROM core.fct_tickets")
    assert set(counts) == {0}
    # What its own fields tell is measured.
    assert all(coverage == 1 for *_, coverage in _values(home, "ticket_lead_time_p85_calendar_hours"))


def test_a_home_of_a_log_and_a_snapshot_shows_the_gap_as_coverage(desk: Desk, logged: DemoHome) -> None:
    home = desk.home("mixed", ["servicenow_incidents", "last_day"])
    for metric in OF_HISTORY:
        alone = {eligible: measured for _, eligible, measured, _ in _values(logged, metric)}
        assert alone
        value, eligible, measured, coverage = _values(home, metric)[-1]
        assert value is not None
        assert 0 < measured < eligible, metric
        assert 0 < coverage < 1
        assert _values(logged, metric)[-1][2] == measured


def test_facts_are_the_same_whether_the_last_day_comes_with_the_others_or_later(desk: Desk, daily: DemoHome) -> None:
    home = desk.home("day by day", ["daily_tickets"])
    last = max((home.landing / "daily_tickets").iterdir())
    text = last.read_text(encoding="utf-8")
    last.unlink()
    (home.home.warehouse).unlink()
    home.measure()
    last.write_text(text, encoding="utf-8")
    home.measure()
    for name in ("core.fct_tickets", "core.fct_ticket_intervals", "core.fct_sla_clocks", "core.fct_ticket_days"):
        query = f"SELECT count(*), sum(hash(t)) FROM {name} AS t"
        assert home.warehouse(query) == daily.warehouse(query), name


def test_an_export_may_call_its_key_as_the_canonical_one(desk: Desk, daily: DemoHome) -> None:
    """Rules about the file's rows took a column called ticket_id for the key of staged tickets."""
    home = desk.home("renamed", ["daily_tickets"], measure=False)
    contract = home.folder / "contracts" / "daily_tickets.yaml"
    text = packaged_templates()["daily_tickets"]
    contract.write_text(text.replace("number", "ticket_id"), encoding="utf-8")
    for path in (home.folder / "landing" / "daily_tickets").iterdir():
        header, rest = path.read_text(encoding="utf-8").split("\n", 1)
        assert "number" in header
        path.write_text("\n".join((header.replace("number", "ticket_id"), rest)), encoding="utf-8")
    home.measure()
    query = "SELECT rule_id, state, failed_count FROM ops.ops_rule_results WHERE rule_id LIKE '%open_tickets%'"
    assert home.warehouse(query) == daily.warehouse(query) != []


def test_a_day_without_a_file_is_named(desk: Desk) -> None:
    """A contract may promise a file for every day: its name tells the day, whenever it was written."""
    promise = "slaProperties: [{property: frequency, value: 1, unit: d, element: tickets}]\n"
    found = "SELECT state, message FROM ops.ops_rule_results WHERE rule_id = 'tickets.daily_tickets.periods_present'"
    assert [state for state, _ in desk.home("whole", ["daily_tickets"], promise=promise).warehouse(found)] == ["passed"]
    files = sorted((desk.folder / "exports" / "daily_tickets").iterdir())
    lost = files[len(files) // 2]
    gappy = desk.home("gappy", ["daily_tickets"], without=lost.name, promise=promise)
    ((state, message),) = gappy.warehouse(found)
    assert state == "failed"
    day = lost.stem.removeprefix("tickets_")
    assert (
        f"Missing: {day}. The line under [gate] there: known_incidents = [{{from_date = {day}, to_date = {day}, "
        in message
    )

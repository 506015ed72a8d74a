"""Commands and dashboard say where business hours are hours of the clock, as the report does."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from published_files import fill_table, new_published

from metrics.registry import METRICS, metric_named
from pipelines.cli.main import kpi
from pipelines.dashboard.snapshot import Answers, Snapshot
from pipelines.published.opening import open_published_file
from pipelines.scaffold import HomeFacts, write_home
from pipelines.words.business_hours import CLOCK_NOTE, is_by_the_clock

END = datetime(2026, 10, 1, tzinfo=UTC)
CYCLE = "ticket_cycle_time_p85_business_hours"
TWIN = CYCLE.replace("business", "calendar")


def home_with(folder: Path, *, business: float, calendar: float) -> Path:
    """A home whose publication has a quarter of cycle time in both kinds of hours."""
    home = folder / "home"
    write_home(home, HomeFacts("Desk"))
    (home / "published").mkdir()
    run = {"publication_id": "20261001T000000-abc", "run_id": "r", "published_at": END, "content_hash": "c",
           "code_hash": "c", "reporting_currency_code": "EUR", "reporting_time_zone": "UTC", "home_name": "Desk",
           "as_of_at": END}  # fmt: skip
    with new_published(home / "published" / "kpi.duckdb") as connection:
        fill_table(connection, "meta_run", [run])
        fill_table(connection, "meta_data_clocks", [
            {"data": "tickets", "domain": "tickets", "as_of_at": END, "last_date": date(2026, 9, 30)}
        ])  # fmt: skip
        fill_table(connection, "meta_metrics", [
            {**metric.definition(), "fresh_as_of_at": END, "publication_state": "published", "closed_by": "tickets"}
            for metric in METRICS
            if metric.name in (CYCLE, TWIN, "ticket_resolved_count")
        ])  # fmt: skip
        fill_table(connection, "metric_values", [
            {"metric": name, "metric_version": 1, "period_grain": grain, "period_start_date": start,
             "period_end_date": date(2026, 9, 30), "is_period_closed": True, "dimension": "overall",
             "dimension_value": "", "value": value, "lower_bound": value, "upper_bound": value, "eligible_count": 5,
             "measured_count": 5, "coverage_ratio": 1.0, "unit": metric_named(name).unit.value}
            for name, value in ((CYCLE, business), (TWIN, calendar), ("ticket_resolved_count", 5.0))
            for grain, start in (("month", date(2026, 9, 1)), ("quarter", date(2026, 7, 1)))
        ])  # fmt: skip
    return home


def told(home: Path, *arguments: str) -> str:
    return " ".join(CliRunner().invoke(kpi, ["metrics", *arguments, "--home", str(home)]).output.split())


@pytest.mark.parametrize(("business", "calendar", "is_told"), [(200.0, 200.0, True), (50.0, 200.0, False)])
def test_it_is_told_by_the_command_and_the_dashboard(
    tmp_path: Path, business: float, calendar: float, is_told: bool
) -> None:
    home = home_with(tmp_path, business=business, calendar=calendar)
    note = f"{CLOCK_NOTE[0].upper()}{CLOCK_NOTE[1:]}."
    assert (note in told(home)) is is_told
    assert (note.rstrip(".") in told(home, CYCLE)) is is_told
    # Whoever asks for another KPI is told nothing of it.
    assert "hours of the clock" not in told(home, "ticket_resolved_count")
    assert json.loads(told(home, CYCLE, "--json"))["clock_note"] == (CLOCK_NOTE if is_told else None)
    with open_published_file(home / "published" / "kpi.duckdb") as connection:
        assert Snapshot(connection, Answers()).clock_note() == (note if is_told else "")


def test_short_times_tell_nothing() -> None:
    assert not is_by_the_clock([(3.0, 3.0), (None, None)])
    assert not is_by_the_clock([])
    assert is_by_the_clock([(3.0, 3.0), (168.0, 168.0)])
    assert not is_by_the_clock([(168.0, 168.0), (None, 5.0)])

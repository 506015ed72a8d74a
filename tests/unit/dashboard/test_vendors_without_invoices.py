"""The page of vendors in a home to which deliveries come and no invoices."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from published_files import fill_table, new_published

from metrics.registry import metric_named
from models.vocabulary import Grain
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.screens.vendors import _counted_months
from pipelines.dashboard.snapshot import Answers, Snapshot
from pipelines.published.opening import open_published_file

END = datetime(2026, 11, 1, tzinfo=UTC)


def test_months_of_money_are_counted_by_the_clock_that_there_is(tmp_path: Path) -> None:
    file = tmp_path / "kpi.duckdb"
    run = {"publication_id": "20261101T000000-abc", "run_id": "r", "published_at": END, "content_hash": "c",
           "code_hash": "c", "reporting_currency_code": "EUR", "reporting_time_zone": "UTC", "home_name": "Port",
           "as_of_at": END}  # fmt: skip
    with new_published(file) as connection:
        fill_table(connection, "meta_run", [run])
        fill_table(connection, "meta_data_clocks", [
            {"data": "deliveries", "domain": "vendors", "as_of_at": END, "last_date": date(2026, 10, 31)},
            {"data": "invoices", "domain": "vendors"},
        ])  # fmt: skip
        fill_table(connection, "meta_metrics", [
            {**metric_named("vendor_recoverable_reporting").definition(), "publication_state": "empty"}
        ])  # fmt: skip
    with open_published_file(file) as connection:
        snapshot = Snapshot(connection, Answers())
        filters = Filters(Grain.MONTH, date(2026, 9, 1), date(2026, 10, 31), {})
        assert [month.name for month in _counted_months(snapshot, filters)] == ["2026-09", "2026-10"]

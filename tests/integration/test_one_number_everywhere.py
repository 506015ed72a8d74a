"""One golden test over all readers: a KPI is the same number, to the last bit, wherever it is read.

Tools that are installed apart are held to the same numbers in `tests/bi/test_one_number_in_every_tool.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest
from demo_homes import DemoHome, states
from number_readers import (
    Reader,
    bits,
    of_dashboard,
    of_file,
    of_parquet,
    of_postgresql,
    of_view,
    of_workbook,
    of_workbook_lists,
    values_in_report,
)
from postgres_servers import PASSWORD

from metrics.registry import HEADLINES, METRICS
from pipelines.report.facts import HEADLINES as REPORTED_FIRST
from pipelines.report.facts import SUPPORTING

if TYPE_CHECKING:
    from postgres_servers import PostgresDatabase

pytestmark = pytest.mark.xdist_group("publication")


def test_every_reader_sees_the_same_number(
    clean: DemoHome, postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_POSTGRESQL_URL", postgres.url)
    monkeypatch.setenv("KPI_POSTGRESQL_PASSWORD", PASSWORD)
    outcome = clean.publish_to("duckdb", "parquet", "postgresql", "excel", "report").run()
    assert states(outcome)["published_excel"] == states(outcome)["published_postgresql"] == "built"
    assert not outcome.failed

    published = clean.home.published
    expected = of_file(clean.home.published_file)
    workbook, listed = of_workbook(published / "kpi.xlsx"), of_workbook_lists(published / "kpi.xlsx")
    readers: dict[str, Reader] = {
        "view": of_view(clean.home.published_file),
        "PostgreSQL": of_postgresql(postgres),
        "Parquet": of_parquet(published / "parquet"),
        "dashboard": of_dashboard(clean.home),
    }
    for metric in METRICS:
        for name, read in readers.items():
            assert read(metric.name) == expected(metric.name), f"{metric.name} by {name}"
        # Which of the months are listed is in test_excel_target; here that each is the one that was published.
        assert listed(metric.name) <= expected(metric.name), f"{metric.name} in the lists of the workbook"
    for metric in HEADLINES:
        found = expected(metric.name)
        assert len(found) > 5
        assert any(each.value is not None for each in found)
        assert workbook(metric.name) == found, f"{metric.name} by the workbook"

    ids = set(postgres.rows("SELECT publication_id, content_hash FROM meta.run"))
    with duckdb.connect(str(clean.home.published_file), read_only=True) as connection:
        assert ids == set(connection.execute("SELECT publication_id, content_hash FROM meta.run").fetchall())


def test_the_report_holds_every_number_that_it_shows_with_all_digits(clean: DemoHome) -> None:
    said = values_in_report(clean.home.published / "report" / "latest.html")
    rows = clean.published(
        """
        SELECT metric, value FROM mart.metric_values
        WHERE period_grain = 'month' AND dimension = 'overall' AND value IS NOT NULL AND period_start_date = (
            SELECT max(period_start_date) FROM mart.metric_values WHERE period_grain = 'month' AND is_period_closed
        )
        """
    )
    published = {metric: bits(value) for metric, value in rows}
    shown = {metric for metric in (*REPORTED_FIRST, *SUPPORTING) if metric in published}
    assert len(shown) > len(HEADLINES)
    assert shown <= said.keys()
    assert said == {metric: published[metric] for metric in said}

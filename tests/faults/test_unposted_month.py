"""A ledger of which one month was never landed, while other months spread cost over it: what a run makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from demo_homes import DemoHome
from plain_exports import write_export, write_plain_home

from pipelines.cli.main import kpi

pytestmark = pytest.mark.slow

BOOKED = ("cost_line_id", "posting_date", "service_start_date", "service_end_date", "amount_original", "currency_code")
FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)
COSTS = """
    SELECT period_grain, period_start_date, value, lower_bound, upper_bound, eligible_count, measured_count
    FROM mart.metric_values WHERE metric = 'cost_total_reporting' AND dimension = 'overall'
"""


def _lines(months: tuple[int, ...]) -> Iterator[dict[str, object]]:
    """Twenty lines of 100 in each month; and, posted in January, a licence for the quarter."""
    for month in months:
        for number in range(20):
            key, day = f"L{month}-{number}", date(2026, month, 1 + number)
            yield {"cost_line_id": key, "posting_date": day, "amount_original": "100.00", "currency_code": "EUR"}
    days = {"service_start_date": date(2026, 1, 1), "service_end_date": date(2026, 3, 31)}
    yield {
        "cost_line_id": "LQ", "posting_date": date(2026, 1, 5), "amount_original": "900.00", "currency_code": "EUR",
        **days,
    }  # fmt: skip


def _land(home: Path, months: tuple[int, ...]) -> None:
    rows = [{name: str(value) for name, value in line.items()} for line in _lines(months)]
    write_export(home, "books", {"cost_lines": BOOKED}, rows, domain="finance", source="books")


def _run(home: Path) -> str:
    result = CliRunner().invoke(kpi, ["run", "--home", str(home)])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.fixture
def home(tmp_path: Path) -> DemoHome:
    demo = DemoHome(write_plain_home(tmp_path / "home"))
    return demo.publish_to("duckdb")


def _periods(home: DemoHome) -> dict[tuple[str, date], tuple[Any, ...]]:
    return {(grain, start): tuple(numbers) for grain, start, *numbers in home.warehouse(COSTS)}


def test_a_month_that_was_never_landed_has_no_cost_and_is_named(home: DemoHome) -> None:
    _land(home.folder, (1, 3, 4, 5))
    shown = _run(home.folder)
    assert "cost_lines.months.whole: Only a part of a month is there, or nothing of it" in shown
    assert 'known_incidents = [{from_date = 2026-02-01, to_date = 2026-02-01, reason = "why"}]' in shown
    assert "Found: books, 2026-02: 0 lines from 2026-02-01 to 2026-02-28, where other months have 20." in shown
    periods = _periods(home)
    # The licence lies in it, and what is not known is not made of it: one line of two, none of which is measured.
    assert periods["month", FEBRUARY] == (None, None, None, 2, 0)
    assert periods["day", date(2026, 2, 14)] == (None, None, None, 2, 0)
    assert periods["month", MARCH] == (2310.0, 2310.0, 2310.0, 21, 21)
    assert periods["quarter", date(2026, 1, 1)] == (4900.0, None, None, 42, 41)
    missing = home.warehouse(
        "SELECT period_grain, missing_months FROM mart.missing_cost_months "
        "WHERE metric = 'cost_total_reporting' AND period_grain IN ('month', 'quarter') ORDER BY 1"
    )
    assert missing == [("month", "2026-02"), ("quarter", "2026-02")]
    told = CliRunner().invoke(kpi, ["metrics", "cost_total_reporting", "--home", str(home.folder)]).output
    assert "February 2026" in told
    assert home.warehouse(
        "SELECT count(*) FROM core.fct_budget_variances WHERE month_date = DATE '2026-02-01' "
        "AND (actual_reporting IS NOT NULL OR cost_line_count > 0)"
    ) == [(0,)]


def test_the_file_that_comes_later_makes_the_month_whole(home: DemoHome) -> None:
    _land(home.folder, (1, 3, 4, 5))
    _run(home.folder)
    _land(home.folder, (1, 2, 3, 4, 5))
    assert "months.whole" not in _run(home.folder)
    periods = _periods(home)
    assert periods["month", FEBRUARY] == (2280.0, 2280.0, 2280.0, 21, 21)
    assert periods["quarter", date(2026, 1, 1)] == (6900.0, 6900.0, 6900.0, 61, 61)
    assert home.warehouse("SELECT count(*) FROM mart.missing_cost_months WHERE missing_months LIKE '%2026-02%'") == [
        (0,)
    ]


def test_a_month_in_which_nothing_was_to_be_posted_costs_what_is_spread_over_it(home: DemoHome) -> None:
    """Said in kpi.toml, it counts from the next run on, though no file changed."""
    _land(home.folder, (1, 3, 4, 5))
    _run(home.folder)
    settings = home.home.settings_file
    text = settings.read_text(encoding="utf-8")
    line = '[gate]\nknown_incidents = [{from_date = 2026-02-01, to_date = 2026-02-01, reason = "closed"}]\n'
    assert text.count("[gate]\n") == 1
    settings.write_text(text.replace("[gate]\n", line), encoding="utf-8")
    assert "months.whole" not in _run(home.folder)
    assert _periods(home)["month", FEBRUARY] == (280.0, 280.0, 280.0, 1, 1)

"""Charts of the dashboard show days and clocks of the home, whatever time zone the reader's machine is in."""

from __future__ import annotations

import re
import subprocess
import sys
from html import unescape

import pytest

DRAW = """
import sys
from datetime import UTC, date, datetime
import polars as pl
import vl_convert
from pipelines.dashboard.charts import draw_life, draw_lines, draw_trend
days = [date(2026, month, 1) for month in range(1, 10)]
values = pl.DataFrame({"period_start_date": days, "value": [day.month / 10 for day in days]}).with_columns(
    lower_bound=pl.col("value") - 0.01, upper_bound=pl.col("value") + 0.01, coverage_ratio=1.0, is_period_closed=True,
    dimension_value=pl.lit("Desk"),
)
instants = [datetime(2026, 10, 5, 22, 0, tzinfo=UTC), datetime(2026, 10, 6, 4, 0, tzinfo=UTC)]
life = pl.DataFrame({"started_at": instants[:1], "ended_at": instants[1:], "status": ["New"],
                     "status_category": ["queued"], "team": ["Desk"], "waiting_reason": [None]})
for chart in (
    draw_trend(values, "Share", "ratio"),
    draw_lines(values, "Share", "ratio"),
    draw_life(life, "Europe/Amsterdam"),
):
    drawn = chart.properties(width=600).to_dict()
    sys.stdout.write(vl_convert.vegalite_to_svg(drawn) + "\\n====\\n")
"""


def drawn_in(time_zone: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", DRAW], env={"TZ": time_zone, "PATH": ""}, capture_output=True, text=True, check=True
    )
    return done.stdout.split("====")[:3]


def labels(svg: str) -> list[str]:
    """What a reader sees, and what is told of the marks."""
    return [unescape(text) for text in re.findall(r'>([^<>\n]+)<|aria-label="([^"]+)"', svg) for text in text if text]


@pytest.mark.parametrize("time_zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_no_time_zone_of_a_machine_moves_a_day_or_an_instant(time_zone: str) -> None:
    here, there = drawn_in("UTC"), drawn_in(time_zone)
    assert [labels(chart) for chart in here] == [labels(chart) for chart in there]


def test_a_tickets_life_is_told_by_the_clock_of_the_home() -> None:
    life = " ".join(labels(drawn_in("America/Los_Angeles")[2]))
    # 22:00 UTC of 5 October is midnight of the 6th in Amsterdam.
    assert "06 Oct 2026 00:00" in life
    assert "06 Oct 2026 06:00" in life
    assert "by the clock of Europe/Amsterdam" in life

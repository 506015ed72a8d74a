"""Ticks of trends: each at the beginning of a period, and no label twice."""

from __future__ import annotations

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from pipelines.report.charts import TrendPoint, trend_chart
from pipelines.report.drawing import draw_svg

MONTHS = [date(2024 + month // 12, month % 12 + 1, 1) for month in range(30)]
WEEKS = [date(2026, 1, 5) + timedelta(weeks=week) for week in range(30)]


@pytest.mark.parametrize("width", [310, 430, 920])
@pytest.mark.parametrize("count", [2, 3, 7, 24])
@pytest.mark.parametrize("starts", [MONTHS, WEEKS], ids=["months", "weeks"])
def test_no_period_is_named_twice_and_the_last_is_named(starts: list[date], count: int, width: int) -> None:
    points = [TrendPoint(start, 0.5 + index / 100) for index, start in enumerate(starts[:count])]
    drawn = ElementTree.fromstring(draw_svg(trend_chart(points, "ratio", width=width)))
    texts = [part.text or "" for part in drawn.iter("{http://www.w3.org/2000/svg}text")]
    form = "%b %y" if starts is MONTHS else "%d %b %y"
    named = [text for text in texts if text in {f"{start:{form}}" for start in starts}]
    assert len(named) == len(set(named)) >= 2
    assert f"{starts[count - 1]:{form}}" in named
    assert not [text for text in texts if text.endswith((" 24", " 25", " 26")) and text not in named]

"""Names beside bars: as much room as the longest one needs, and at most half of the chart."""

from __future__ import annotations

import pytest

from pipelines.report.charts import Bar, bar_chart


@pytest.mark.parametrize(
    ("longest", "width", "is_whole"),
    [("Desk", 460, True), ("volume · Network Operations", 460, True), ("x" * 60, 460, False), ("x" * 30, 320, False)],
)
def test_a_name_is_cut_only_where_it_would_take_more_than_half(longest: str, width: int, is_whole: bool) -> None:
    bars = [Bar(longest, -1.5, color="red"), Bar("a", 1.0, color="blue")]
    chart = bar_chart(bars, value_format="+,.2f", width=width).to_dict()
    limit = chart["encoding"]["y"]["axis"]["labelLimit"]
    assert (limit >= 7 * len(longest)) is is_whole
    assert limit + chart["width"] <= width
    assert chart["width"] >= width / 2

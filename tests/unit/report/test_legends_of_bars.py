"""The legend of stacked bars."""

from __future__ import annotations

from xml.etree import ElementTree

from pipelines.report.charts import Bar, bar_chart
from pipelines.report.drawing import draw_svg


def test_a_legend_names_groups_that_have_bars_in_their_order() -> None:
    bars = [Bar("Acme", 3, group="credits", color="blue"), Bar("Bolt", 5, group="above contract", color="red")]
    groups = ["above contract", "billed twice", "credits"]
    drawn = ElementTree.fromstring(draw_svg(bar_chart(bars, value_format=",d", width=430, groups=groups)))
    texts = [part.text or "" for part in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in texts if text in groups] == ["above contract", "credits"]

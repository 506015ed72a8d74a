"""Names beside bars: as much room as the longest one needs, and at most half of the chart."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.report.charts import Bar, bar_chart
from pipelines.report.drawing import draw_svg
from pipelines.report.text_width import cut_text, text_width

PARTY = "\U0001f389"


def labels(longest: str, width: int) -> list[str]:
    bars = [Bar(longest, -1.5, color="red"), Bar("a", 1.0, color="blue")]
    chart = bar_chart(bars, value_format="+,.2f", width=width).to_dict()
    assert chart["width"] >= width * (0.5 if width > 330 else 0.39)
    cut = json.loads(chart["encoding"]["y"]["axis"]["labelExpr"].removesuffix("[datum.value]"))
    assert list(cut) == [longest, "a"]
    return list(cut.values())


@pytest.mark.parametrize(
    ("longest", "width", "is_whole"),
    [
        ("Desk", 460, True),
        ("volume · Network Operations", 460, True),
        ("x" * 60, 460, False),
        ("m" * 30, 320, False),
        ("Network Operations", 310, True),
    ],
)
def test_a_name_is_cut_only_where_it_would_take_more_than_half(longest: str, width: int, is_whole: bool) -> None:
    shown, other = labels(longest, width)
    assert other == "a"
    assert (shown == longest) is is_whole
    assert ("…" in shown) is not is_whole
    drawn = draw_svg(bar_chart([Bar(longest, 1.0)], value_format=",d", width=width))
    assert f">{shown}</text>" in unescape(drawn)


@pytest.mark.parametrize("before", ["", "a", "ab", "iii"])
def test_no_letter_is_cut_in_the_middle(before: str) -> None:
    """A picture of two units of UTF-16, of which a browser's text has one left over, cannot be drawn."""
    for width in range(300, 316):
        drawn = draw_svg(bar_chart([Bar(before + PARTY * 40, 1.0)], value_format=",d", width=width))
        assert f"{PARTY}…{PARTY}" in drawn


def test_names_that_begin_alike_are_told_apart_by_their_ends() -> None:
    bars = [Bar(f"Support of the region and all its branches, desk {number}", 1.0 + number) for number in range(3)]
    drawn = draw_svg(bar_chart(bars, value_format=",d", width=400))
    for number in range(3):
        assert re.search(rf">Support of [\w ]*…[\w ,]*desk {number}</text>", drawn)


@given(st.text(min_size=1, max_size=80), st.floats(40, 300))
def test_what_is_cut_is_no_wider_than_its_place_and_has_both_ends(text: str, width: float) -> None:
    cut = cut_text(text, width, 12)
    assert text_width(cut, 12) <= width + 1e-9
    begin, is_cut, end = cut.partition("…")
    if cut != text and is_cut:
        assert text.startswith(begin)
        assert text.endswith(end) or "…" in text

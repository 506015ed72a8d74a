"""Charts as static pictures: SVG for the page, PNG and PDF for other documents. No browser and no script is needed.

Colours stand in a chart as those of the light theme; the page's style replaces them one by one where it is dark. So one
drawing serves both, and taken out of the page it is still a complete picture. What charts show is in
`pipelines.report.charts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from xml.etree import ElementTree

import altair as alt
import vl_convert
from altair.utils import schemapi

from pipelines.charts.look import ChartLook
from pipelines.report.markup import Html, shown_text

#: Name -> colour on light and on dark paper. Texts and marks reach a contrast of 4.5 and 3 on either.
PALETTE: Final[dict[str, tuple[str, str]]] = {
    "ink": ("#1c2024", "#e8ebef"),
    "quiet": ("#5a6470", "#a2abb5"),
    "line": ("#dfe3e8", "#2f363e"),
    "paper": ("#fefefe", "#12161b"),
    "blue": ("#1f5f99", "#74b3ea"),
    "blue_soft": ("#a9c6e2", "#2f5376"),
    "band": ("#eef2f6", "#1c232b"),
    "red": ("#b42d25", "#ff8a80"),
    "red_soft": ("#e7b3ae", "#7a3631"),
    "green": ("#1d7a45", "#58c389"),
    "amber": ("#946200", "#e2b457"),
    "teal": ("#23787a", "#62bfc1"),
    "violet": ("#6a4fa3", "#b39be6"),
    "grey": ("#8a939d", "#7f8993"),
}

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_FONT_SIZE: Final = 12
_VEGA_LITE: Final = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
_SVG: Final = "{http://www.w3.org/2000/svg}"
#: Elements that a chart is made of; anything else has no business in it.
_ELEMENTS: Final = frozenset(
    f"{_SVG}{name}"
    for name in (
        "svg",
        "g",
        "path",
        "line",
        "rect",
        "text",
        "tspan",
        "circle",
        "clipPath",
        "defs",
        "linearGradient",
        "stop",
    )
)


@contextmanager
def unchecked_charts() -> Iterator[None]:
    """Build and draw charts without checking them against the schema of Vega-Lite, which takes longer than drawing.

    Charts are ours and do not depend on data in what the schema can tell; the tests check every one of them.
    """
    with schemapi.debug_mode(False):
        yield


def color(name: str) -> str:
    """A colour of the palette, as charts name it."""
    return PALETTE[name][0]


#: Colours of the charts that the report shares with the dashboard. Legends and fonts are those of `configured`.
LOOK: Final = ChartLook(
    {
        "done": color("blue_soft"),
        "cancelled": color("line"),
        "waiting": color("amber"),
        "active": color("blue"),
        "queued": color("grey"),
        "promise broken": color("red"),
        "promise running": color("blue"),
        "no promise running": color("grey"),
        "point": color("blue"),
        "mark": color("ink"),
    }
)


def dark_rules(chart: str = ".chart") -> str:
    """CSS that gives the charts of a page their colours on dark paper."""
    return "\n".join(
        f'{chart} [{attribute}="{light}"] {{ {attribute}: {dark}; }}'
        for light, dark in PALETTE.values()
        for attribute in ("fill", "stroke")
    )


def configured(chart: Any) -> Any:
    """A chart in the report's plain style."""
    quiet, ink, line = color("quiet"), color("ink"), color("line")
    return chart.configure(
        background="transparent",
        font=FONT,
        aria=False,
        padding={"left": 2, "right": 6, "top": 4, "bottom": 2},
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=quiet,
            labelFontSize=_FONT_SIZE,
            titleColor=quiet,
            titleFontSize=_FONT_SIZE,
            titleFontWeight="normal",
            gridColor=line,
            domainColor=line,
            tickColor=line,
            labelLimit=170,
        ),
        text=alt.MarkConfig(color=ink, fontSize=_FONT_SIZE),
        legend=alt.LegendConfig(
            labelColor=ink,
            labelFontSize=_FONT_SIZE,
            title=None,
            orient="top",
            symbolStrokeWidth=0,
            labelLimit=160,
            # Fonts of readers are wider than the one that a legend is measured with.
            columnPadding=16,
        ),
    )


def draw_svg(chart: Any) -> str:
    """A chart as SVG. Its texts stay texts."""
    drawn: str = vl_convert.vegalite_to_svg(_specification(chart), vl_version=_VEGA_LITE)
    return drawn


def draw_png(chart: Any, scale: float = 2) -> bytes:
    """A chart as PNG on white paper."""
    picture: bytes = vl_convert.vegalite_to_png(_specification(chart, "#ffffff"), vl_version=_VEGA_LITE, scale=scale)
    return picture


def draw_pdf(chart: Any) -> bytes:
    """A chart as a one-page PDF on white paper."""
    document: bytes = vl_convert.vegalite_to_pdf(_specification(chart, "#ffffff"), vl_version=_VEGA_LITE)
    return document


def inline_svg(svg: str, label: str, class_: str = "chart") -> Html:
    """A drawn chart as part of a page, named for those who do not see it.

    Raises:
        ValueError: there is something else than a drawing in it.
    """
    root = ElementTree.fromstring(svg)
    for part in root.iter():
        foreign = [name for name in part.attrib if name.lower().startswith("on") or name.endswith("href")]
        if part.tag not in _ELEMENTS or foreign:
            raise ValueError(f"a chart may not contain {part.tag.removeprefix(_SVG)} {' '.join(foreign)}".rstrip())
    for name in ("class", "width", "height", "version"):
        root.attrib.pop(name, None)
    for part in root.iter():
        for name in [name for name in part.attrib if name in ("class", "role") or name.startswith("aria-")]:
            del part.attrib[name]
        for name in [name for name in part.attrib if name in ("d", "transform")]:
            part.set(name, re.sub(r"(\d+\.\d\d)\d+", r"\1", part.get(name, "")))
    root.attrib.update({"class": class_, "role": "img", "aria-label": shown_text(label)})
    ElementTree.register_namespace("", _SVG.strip("{}"))
    return Html(ElementTree.tostring(root, encoding="unicode"))


def _specification(chart: Any, background: str | None = None) -> dict[str, Any]:
    specification: dict[str, Any] = configured(chart).to_dict(validate=schemapi.DEBUG_MODE)
    if background is not None:
        specification["config"]["background"] = background
    return specification

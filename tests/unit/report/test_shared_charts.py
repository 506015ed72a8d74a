"""Charts that report and dashboard share: the same marks in both looks, and tooltips only where somebody points."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import pipelines
from pipelines.charts.axes import axis_of_values, round_ticks
from pipelines.charts.flow import (
    AGE_PARTS,
    FLOW_BANDS,
    OPEN_BANDS,
    AgeClass,
    FinishedTicket,
    FlowDay,
    Line,
    age_chart,
    cycle_time_chart,
    flow_chart,
)
from pipelines.charts.look import ChartLook
from pipelines.dashboard.charts import LOOK as POINTED_AT
from pipelines.report.drawing import LOOK as PRINTED

LOOKS = {"report": PRINTED, "dashboard": POINTED_AT}


def charts(look: ChartLook) -> dict[str, dict[str, Any]]:
    """One of each, as a specification."""
    days = [FlowDay(date(2026, 10, day), {"queued": day, "done": 1}) for day in (1, 2, 3)]
    tickets = [FinishedTicket(datetime(2026, 10, 2, 23, 30, tzinfo=UTC), 3.5, "desk:1", "Desk")]
    classes = [AgeClass(0, 1, {"promise broken": 2}), AgeClass(1, 2, {"no promise running": 1})]
    return {
        "flow": flow_chart(days, look).to_dict(),
        "open": flow_chart(days, look, bands=OPEN_BANDS).to_dict(),
        "cycle times": cycle_time_chart(tickets, [Line("p85", 3.0)], look).to_dict(),
        "ages": age_chart(classes, [], look).to_dict(),
    }


def without_look(part: Any) -> Any:
    """A specification without what a look decides: colours, legends, tooltips, sizes of points, names for tooltips."""
    if isinstance(part, list):
        return [without_look(item) for item in part]
    if isinstance(part, dict):
        if part.get("type") == "nominal" and "legend" in part:
            return {"field": part["field"], "domain": part["scale"]["domain"]}
        left_out = {"tooltip", "legend", "color", "size", "config", "data", "datasets", "fontSize", "fontWeight"}
        kept = {name: item for name, item in part.items() if name not in left_out or name == "color"}
        return {name: without_look(item) for name, item in kept.items() if not isinstance(item, str) or name != "color"}
    return part


@pytest.mark.parametrize("name", list(charts(PRINTED)))
def test_the_same_marks_are_drawn_in_both_places(name: str) -> None:
    printed, pointed_at = (charts(look)[name] for look in LOOKS.values())
    assert printed != pointed_at
    assert without_look(printed) == without_look(pointed_at)


def rows_of(specification: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the first layer, without the names that tooltips tell."""
    frames = specification.get("datasets", {}).values()
    first = specification["layer"][0] if "layer" in specification else specification
    found = max(frames, key=len) if frames else first.get("data", specification.get("data"))["values"]
    return [{name: value for name, value in row.items() if name not in ("ticket", "team")} for row in found]


@pytest.mark.parametrize("name", list(charts(PRINTED)))
def test_the_same_rows_are_drawn_in_both_places(name: str) -> None:
    printed, pointed_at = (charts(look)[name] for look in LOOKS.values())
    assert rows_of(printed) == rows_of(pointed_at)
    assert rows_of(printed)


def test_only_who_can_point_gets_tooltips() -> None:
    for name in charts(PRINTED):
        assert "tooltip" not in str(charts(PRINTED)[name])
        assert "tooltip" in str(charts(POINTED_AT)[name])
    assert "desk:1" not in str(charts(PRINTED)["cycle times"])
    assert "desk:1" in str(charts(POINTED_AT)["cycle times"])


@pytest.mark.parametrize("look", list(LOOKS.values()), ids=list(LOOKS))
def test_every_part_has_a_colour(look: ChartLook) -> None:
    for parts in (FLOW_BANDS, AGE_PARTS):
        assert len({look.colors[part] for part in parts}) == len(parts)


def test_no_chart_of_flow_is_drawn_elsewhere() -> None:
    """Neither place has a scale that multiplies, or stacks bands, on its own."""
    folder = Path(pipelines.__file__).parent
    for place in ("report", "dashboard"):
        for module in (folder / place).rglob("*.py"):
            calls = [node for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
                     if isinstance(node, ast.Attribute) and node.attr in ("mark_area", "mark_rect")]  # fmt: skip
            # What is left are the bands of bounds and of usual variation, which differ.
            assert len(calls) <= (module.name == "charts.py"), module


@pytest.mark.parametrize(
    ("low", "high", "most", "places"),
    [
        (low, low + span, most, places)
        for low, span, most, places in product(
            (-7.3, -1, 0, 0.0004, 26), (0, 0.0003, 1, 2.5, 1234567), (2, 5, 6), (0, 2)
        )
    ],
)
def test_ticks_are_round_different_and_enclose_the_values(low: float, high: float, most: int, places: int) -> None:
    ticks, step = round_ticks(low, high, most=most, places=places)
    assert len(ticks) >= 2
    assert len(ticks) <= most + 2
    assert ticks[0] <= low + 1e-6
    assert ticks[-1] >= high - 1e-6
    assert step >= 10**-places * 0.999
    assert len({f"{tick:.{places}f}" for tick in ticks}) == len(ticks)
    assert f"{step:e}"[0] in "125"


def test_an_axis_without_values_is_an_axis() -> None:
    assert axis_of_values((), ",d", most=5)["axis"].values == [0, 1]

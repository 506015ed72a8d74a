"""The figures of flow, of answers made by hand: what they say, and that no time zone of a machine moves a point."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from made_up_facts import answer, facts, number

from pipelines.charts.flow import (
    AgeClass,
    FinishedTicket,
    FlowDay,
    age_chart,
    cycle_time_chart,
    flow_chart,
)
from pipelines.charts.marked_lines import Line
from pipelines.report.asking import Answer
from pipelines.report.charts import Bar, TrendPoint, bar_chart, trend_chart
from pipelines.report.drawing import LOOK, draw_svg
from pipelines.report.figures import Figure
from pipelines.report.flow import age_figure, flow_section
from pipelines.words.unfollowed import describe_unfollowed

LEAD_TIMES = "lead times of October 2026: 85 % were resolved within 9.5 open h."
DRAW = """
import sys
from datetime import date, datetime
from pipelines.report.charts import TrendPoint, flow_picture, sparkline, trend_chart
from pipelines.report.drawing import LOOK, draw_svg
from pipelines.charts.flow import FinishedTicket, FlowDay, cycle_time_chart
days = [date(2026, month, 1) for month in range(1, 10)]
points = [TrendPoint(day, day.month / 10, day.month == 5) for day in days]
for chart in (
    sparkline(points),
    trend_chart(points, "ratio", width=400),
    flow_picture([FlowDay(day, {"done": day.month}) for day in days], width=400),
    cycle_time_chart([FinishedTicket(datetime(2026, 10, day), day) for day in range(1, 30)], (), LOOK, width=400),
):
    sys.stdout.write(draw_svg(chart))
"""


def day(number: int, unfollowed: int = 0, **counts: int) -> dict[str, Any]:
    bands = dict.fromkeys(("queued", "active", "waiting", "done", "cancelled"), 0) | counts
    row = {f"{band}_count": count for band, count in bands.items()}
    totals = {"arrived_count": sum(bands.values()), "unfollowed_count": unfollowed}
    return {"day_date": date(2026, 10, number), **totals, **row}


def flow(*days: dict[str, Any], first: int = 1) -> Answer:
    """What the question answers that was asked from a day on; the first is the one before those that are told."""
    asked = {"from_date": f"2026-10-{first:02}"}
    return replace(answer("cumulative_flow_by_day", *days), parameters=asked)


def finished(count: int, total: int) -> list[dict[str, Any]]:
    return [
        {"ticket_id": f"t{n}", "team": None, "priority": None, "resolved_at": datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
         - timedelta(hours=n), "cycle_time_business_hours": float(n), "ticket_count": total}
        for n in range(count)
    ]  # fmt: skip


def age(first: int | None, tickets: int, broken: int = 0) -> dict[str, Any]:
    last = None if first is None else max(1, 2 * first)
    return {"age_from_business_hours": first, "age_to_business_hours": last, "ticket_count": tickets,
            "broken_count": broken, "promised_count": tickets - broken, "unpromised_count": 0}  # fmt: skip


def figure_of(**answers: Any) -> Figure:
    (figure,) = flow_section(facts(**answers)).figures
    return figure


def test_cumulative_flow_says_what_came_in_and_went_out() -> None:
    days = [
        day(1, queued=4, active=1, done=1000),
        day(2, queued=5, active=1, done=1000),
        day(3, queued=5, active=1, done=1003, cancelled=1),
    ]
    figure = figure_of(flow=flow(*days))
    # Those that came in on the first day are among them: the day before is no day that is told.
    assert figure.sentences[0] == (
        "From 2 Oct 2026 to 3 Oct 2026 5 tickets came in and 4 went out, so that open tickets went from 5 to 6, of "
        "which 5 are queued: the backlog."
    )
    assert figure.draw is not None
    above, below = figure.draw(430).to_dict()["vconcat"]
    assert [row["count"] for row in below["data"]["values"] if row["band"] == "done"] == [0, 3]
    # Six open tickets beside a thousand that are over would be a line: above they have the whole height.
    assert {row["band"] for row in above["data"]["values"]} == {"queued", "active", "waiting"}
    assert max(above["encoding"]["y"]["axis"]["values"]) == 6
    assert "all that had come in less all that had gone out" in figure.sentences[1]
    assert figure.table is not None
    assert figure.table.columns[-1] == "arrived"
    assert figure.table.rows[0] == ("3 Oct 2026", "5", "1", "0", "1", "1,003", "1,010")


def test_before_the_data_begin_nothing_had_come_in() -> None:
    figure = figure_of(flow=flow(day(5, queued=4), day(6, queued=5, done=1), first=1))
    assert figure.title == "Cumulative flow, 5 Oct 2026 to 6 Oct 2026"
    assert "6 tickets came in and 1 went out, so that open tickets went from 0 to 5" in figure.sentences[0]


def test_tickets_that_the_flow_does_not_follow_are_counted_beside_those_it_does() -> None:
    figure = figure_of(flow=flow(day(1, 4, done=2), day(2, 4, done=3), day(3, 22, done=5)))
    assert figure.sentences[0].startswith(
        "Of the tickets that can be followed: from 2 Oct 2026 to 3 Oct 2026 3 tickets"
    )
    assert figure.sentences[1] == (
        "18 more tickets that came in, and 4 that came in before, are not followed here, because only a snapshot of "
        "them is known, they left the exports while open, or a rule set them aside."
    )
    assert figure.table is not None
    assert (figure.table.columns[-1], figure.table.rows[0][-1]) == ("not followed", "22")


def test_a_flow_that_follows_no_ticket_tells_no_zeros() -> None:
    figure = figure_of(flow=flow(day(1, 2), day(2, 200), day(3, 292)))
    (told,) = figure.sentences
    assert told == (
        "From 2 Oct 2026 to 3 Oct 2026: 290 tickets that came in, and 2 that came in before, are not followed here, "
        "because only a snapshot of them is known, they left the exports while open, or a rule set them aside: what "
        "was open at the end of a day, and what went out on it, is not known of any."
    )
    assert figure.draw is None
    assert figure.table is not None
    assert figure.table.columns == ("day's end", "not followed")
    assert figure.table.rows == (("3 Oct 2026", "292"),)


@pytest.mark.parametrize(
    ("came", "before", "told"),
    [
        (0, 0, ""),
        (1, 0, "1 more ticket that came in is not followed here, because only a snapshot of it is known"),
        (0, 2, "2 tickets that came in before are not followed here, because only a snapshot of them is known"),
    ],
)
def test_why_tickets_are_not_followed(came: int, before: int, told: str) -> None:
    left = "it left" if came + before == 1 else "they left"
    assert describe_unfollowed(came, before).split(f", {left}")[0] == told


def test_one_day_is_no_flow() -> None:
    assert not flow_section(facts(flow=flow(day(1, queued=1), day(2, queued=1)))).figures


def test_a_sample_of_tickets_is_called_one() -> None:
    figure = figure_of(cycle_times=answer("cycle_times_of_a_period", *finished(3, total=1200)))
    assert "3 of 1,200 are drawn, always the same ones" in figure.sentences[0]
    figure = figure_of(cycle_times=answer("cycle_times_of_a_period", *finished(3, total=3)))
    assert figure.sentences[0] == "Each point is one of 3 tickets with a cycle time, on the day of its resolution."


def test_percentile_lines_are_the_published_values() -> None:
    given = facts(cycle_times=answer("cycle_times_of_a_period", *finished(3, total=3)))
    for share, value in ((50, 2.0), (85, 4.5), (95, None)):
        metric = f"ticket_cycle_time_p{share}_business_hours"
        given.numbers[metric] = number(metric, value=value, unit="business_hours")  # type: ignore[index]
    (figure,) = flow_section(given).figures
    assert "Of all 10 tickets, 50 % took at most 2.0 h, 85 % at most 4.5 h." in figure.sentences
    assert figure.table is not None
    assert [row[:2] for row in figure.table.rows] == [("p50", "2.0"), ("p85", "4.5"), ("p95", "–")]


def test_percentiles_are_said_to_be_of_the_measured() -> None:
    given = facts(cycle_times=answer("cycle_times_of_a_period", *finished(3, total=3)))
    metric = "ticket_cycle_time_p85_business_hours"
    part = {"measured_count": 54, "eligible_count": 55, "coverage_ratio": 54 / 55}
    given.numbers[metric] = number(metric, value=4.5, unit="business_hours", **part)  # type: ignore[index]
    (figure,) = flow_section(given).figures
    assert "Of the 54 of 55 tickets whose cycle time is known, 85 % took at most 4.5 h." in figure.sentences


def test_lead_times_are_said_to_be_of_the_measured() -> None:
    given = facts(ages=answer("open_tickets_by_age", age(0, 2)))
    metric = "ticket_lead_time_p85_business_hours"
    given.numbers[metric] = number(metric, value=9.5, unit="business_hours", coverage_ratio=0.9)  # type: ignore[index]
    figure = age_figure(given)
    assert figure is not None
    assert "85 % of those whose lead time is known were resolved within 9.5 open h." in figure.sentences[1]


def test_nobody_is_told_of_a_broken_promise_to_nobody() -> None:
    promised = age_figure(facts(ages=answer("open_tickets_by_age", age(0, 2))))
    assert promised is not None
    assert promised.sentences[0] == "2 tickets are open (queued, active or waiting); no promise to them is broken."
    nothing = age(0, 1) | {"promised_count": 0, "unpromised_count": 1}
    unpromised = age_figure(facts(ages=answer("open_tickets_by_age", nothing)))
    assert unpromised is not None
    assert unpromised.sentences[0] == "1 ticket is open (queued, active or waiting); nothing was promised of it."


def _labels_of_values(svg: str) -> list[str]:
    """Texts of the axis of values of a drawn chart."""
    return re.findall(r">([−+\d.,]+%?)</text>", svg)


def test_axes_of_small_counts_have_each_label_once() -> None:
    days = [FlowDay(date(2026, 10, day), {"queued": 1}) for day in range(1, 9)]
    points = [TrendPoint(date(2026, month, 1), 26 + month % 2) for month in range(1, 9)]
    bars = [Bar("a", 1), Bar("b", 2)]
    for svg in (
        draw_svg(flow_chart(days, LOOK, width=400)),
        draw_svg(trend_chart(points, "count", width=400)),
        draw_svg(
            trend_chart([TrendPoint(p.start, 0.9991 + p.start.month / 10**5) for p in points], "ratio", width=400)
        ),
        draw_svg(bar_chart(bars, value_format=",d", width=400)),
        draw_svg(bar_chart(bars, value_format="+,.2f", width=310)),
    ):
        labels = _labels_of_values(svg)
        assert 2 <= len(labels) <= 7
        assert len(set(labels)) == len(labels)


def test_labels_of_an_axis_of_large_amounts_do_not_run_into_each_other() -> None:
    """Twelve pixels a letter would be three times what they need."""
    for width in (310, 430):
        svg = draw_svg(bar_chart([Bar("a", 1_234_567.5), Bar("b", -1_034_567.5)], value_format="+,.2f", width=width))
        placed = re.findall(r'<text[^>]*transform="translate\(([-\d.]+),[^>]*>([−+][\d.,]+)</text>', svg)
        assert len(placed) >= 2
        ends = sorted((float(at) - 3.4 * len(label), float(at) + 3.4 * len(label)) for at, label in placed)
        assert all(right < left for (_, right), (left, _) in pairwise(ends))


@pytest.mark.parametrize(
    ("p85", "p95", "places"),
    [(31.0, 32.0, [0, 0, 30]), (20.0, 90.0, [0, 0, 0]), (6.4, 6.4, [0, 30, 60])],
)
def test_names_of_lines_that_are_near_stand_beside_each_other(p85: float, p95: float, places: list[int]) -> None:
    tickets = [FinishedTicket(datetime(2026, 10, 2, tzinfo=UTC), 100.0)]
    lines = [Line("p50", 6.3), Line("p85", p85), Line("p95", p95)]
    drawn = cycle_time_chart(tickets, lines, LOOK, width=430).to_dict()
    shifts = [-2 - layer["mark"]["dx"] for layer in drawn["layer"] if layer["mark"]["type"] == "text"]
    assert shifts == places


def test_open_tickets_are_held_against_lead_times() -> None:
    rows = [age(0, 2), age(8, 3, broken=1), age(16, 4, broken=4), age(None, 1)]
    given = facts(ages=answer("open_tickets_by_age", *rows))
    metric = "ticket_lead_time_p85_business_hours"
    given.numbers[metric] = number(metric, value=9.5, unit="business_hours")  # type: ignore[index]
    figure = age_figure(given)
    assert figure is not None
    assert figure.sentences == (
        "10 tickets are open (queued, active or waiting); of 5 a promise is broken already.",
        f"The lines are {LEAD_TIMES} At least 4 open tickets are older.",
        "The age of 1 is not known.",
    )
    assert figure.table is not None
    assert figure.table.rows[1] == ("8 to 16", "3", "1", "2", "0")
    assert figure.table.rows[-1][0] == "not known"


def test_bars_of_age_are_as_high_as_what_they_count() -> None:
    classes = [AgeClass(0, 1, {"promise broken": 1, "promise running": 2}), AgeClass(1, 2, {"no promise running": 4})]
    drawn = age_chart(classes, [Line("p85", 1.5), Line("p95", 99)], LOOK, width=400).to_dict()
    (bars,) = [layer["data"]["values"] for layer in drawn["layer"] if layer["mark"]["type"] == "rect"]
    assert [(row["first"], row["below"], row["above"]) for row in bars if row["above"] > row["below"]] == [
        (0.5, 0, 1), (0.5, 1, 3), (1, 0, 4),
    ]  # fmt: skip
    named = [layer["data"]["values"][0]["name"] for layer in drawn["layer"] if layer["mark"]["type"] == "text"]
    assert named == ["p85"]


def test_tickets_that_took_no_time_are_drawn() -> None:
    tickets = [FinishedTicket(datetime(2026, 10, 2, tzinfo=UTC), hours) for hours in (0.0, 3.0)]
    svg = draw_svg(cycle_time_chart(tickets, (), LOOK, width=400))
    assert "NaN" not in svg
    assert "Infinity" not in svg


def test_charts_do_not_depend_on_the_time_zone_of_the_machine() -> None:
    drawn = {
        subprocess.run(
            [sys.executable, "-c", DRAW], env={"TZ": zone}, capture_output=True, check=True, timeout=120
        ).stdout
        for zone in ("America/Los_Angeles", "Pacific/Auckland")
    }
    assert len(drawn) == 1
    assert b"<svg" in drawn.pop()

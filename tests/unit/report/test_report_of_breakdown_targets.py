"""The report's table of targets of single teams, priorities, services and vendors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from made_companies import HOSTILE, SLA, UNIT_COST, Company, publish
from published_files import fill_table

from pipelines.report.breakdown_targets import breakdown_targets_figure
from pipelines.report.page import render_report
from pipelines.report.reading import read_facts
from pipelines.report.sentences import summarize


def held_to(metric: str, dimension: str, of: str, state: str, **columns: Any) -> dict[str, Any]:
    value = {"met": 0.97, "missed": 0.9, "not_measured": None}[state]
    start = date(2026, 10, 1)
    return {"metric": metric, "period_grain": "month", "period_start_date": start, "period_end_date": start,
            "dimension": dimension, "dimension_value": of, "value": value, "target_value": Decimal("0.95"),
            "distance_value": None if value is None else Decimal(str(value)) - Decimal("0.95"),
            "unit": "ratio", "target_state": state, "is_certain": value is not None or None, **columns}  # fmt: skip


def company(folder: Path, *rows: dict[str, Any]) -> Path:
    file = publish(folder / "kpi.duckdb", Company(teams=3, months=26))
    with duckdb.connect(str(file)) as connection:
        fill_table(connection, "kpi_targets", list(rows))
    return file


def test_each_has_its_value_its_target_and_what_became_of_it(tmp_path: Path) -> None:
    file = company(
        tmp_path,
        held_to(SLA, "team", HOSTILE, "missed"),
        held_to(SLA, "priority", "P1", "met", is_certain=False),
        held_to(SLA, "priority", "P2", "not_measured"),
        held_to(UNIT_COST, "team", "Desk", "met", unit="reporting", value=17.5, target_value=Decimal(20)),
    )
    facts = read_facts(file)
    figure = breakdown_targets_figure(facts)
    assert figure is not None
    assert figure.title == "Targets of single teams and priorities" or figure.title.endswith("priorities and teams")
    assert figure.sentences == ("2 of 3 were met.",)
    assert figure.table is not None
    assert [row[1:] for row in figure.table.rows] == [
        ("P1", "priority", "97.0 %", "at least 95.0 %", "met, but what is not known may change that"),
        ("P2", "priority", "–", "at least 95.0 %", "not measured"),
        (HOSTILE, "team", "90.0 %", "at least 95.0 %", "missed by 5.0 points"),
        ("Desk", "team", "17.50 EUR", "at most 20.00 EUR", "met"),
    ]
    page = render_report(facts)
    assert "breakdown-targets" in page
    assert HOSTILE not in page.split("breakdown-targets", 1)[1].split("<script", 1)[0]  # it is escaped


def test_they_do_not_change_what_is_told_of_the_whole(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with_them = read_facts(company(tmp_path / "a", held_to(SLA, "team", "Desk", "met")))
    without = read_facts(publish(tmp_path / "b" / "kpi.duckdb", Company(teams=3, months=26)))
    assert summarize(with_them) == summarize(without)
    assert with_them.rows("targets") == without.rows("targets")
    assert breakdown_targets_figure(without) is None


def test_the_summary_names_the_worst_of_those_that_were_missed(tmp_path: Path) -> None:
    """By how large a part of the target is missing, so that money and ratios can be held against each other."""
    far = {"unit": "reporting", "value": 26.0, "target_value": Decimal(20), "distance_value": Decimal(-6)}
    september = {"period_start_date": date(2026, 9, 1)}
    missed = [
        held_to(SLA, "team", "Desk", "missed"),
        held_to(UNIT_COST, "priority", "P1", "missed", **far),
        held_to(SLA, "priority", "P2", "met"),
        held_to(SLA, "priority", "P3", "missed", **september, value=0.1, distance_value=Decimal("-0.85")),
    ]
    label = "Cost per transaction"
    (tmp_path / "one").mkdir()
    (tmp_path / "all").mkdir()
    told = f"{label} of P1 was 26.00 EUR, wanted at most 20.00 EUR"
    more = "1 more of 3 targets of single priorities and teams was missed"
    assert f"{told}." in summarize(read_facts(company(tmp_path / "one", missed[1])))
    assert f"{told}; {more}." in summarize(read_facts(company(tmp_path / "all", *missed)))


def test_a_period_that_is_not_that_of_the_report_is_named(tmp_path: Path) -> None:
    september = {"period_start_date": date(2026, 9, 1)}
    file = company(tmp_path, held_to(SLA, "team", "A", "met"), held_to(SLA, "team", "B", "met", **september))
    figure = breakdown_targets_figure(read_facts(file))
    assert figure is not None
    assert figure.table is not None
    assert [row[3] for row in figure.table.rows] == ["Oct 2026", "Sep 2026"]

"""The report of a period of which other values were told before: it says which, until when, and why no longer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
from made_companies import Company, publish
from made_up_facts import HOSTILE, SLA, answer, facts
from pptx import Presentation
from published_files import fill_table
from pypdf import PdfReader

from pipelines.report.document import build_document
from pipelines.report.facts import ReportFacts
from pipelines.report.headlines import headline_cards
from pipelines.report.page import render_report
from pipelines.report.reading import read_facts
from pipelines.report.restatements import restated_figure
from pipelines.report.slides import build_slides

OCTOBER = date(2026, 10, 1)


def restated(before: float, now: float | None, at: datetime, **columns: Any) -> dict[str, Any]:
    row = {"restated_at": at, "metric": SLA, "period_grain": "month", "period_start_date": OCTOBER,
           "value_before": before, "value_now": now, "unit": "ratio", "currency_code": None,
           "eligible_before_count": 10, "eligible_now_count": 10, "reason": "files_replaced", "files_came": None,
           "files_replaced": "tickets.csv", "files_went": None, "rules_changed": None}  # fmt: skip
    return {**row, **columns}


def told(*rows: dict[str, Any], zone: str = "UTC") -> ReportFacts:
    found = facts(restated=answer("restated_values", *rows))
    return replace(found, publication=replace(found.publication, time_zone=zone))


def note(found: ReportFacts, metric: str = SLA) -> str:
    (card,) = (card for card in headline_cards(found) if card.metric == metric)
    return card.restated


def test_the_value_before_stands_beside_the_one_of_now_with_its_last_day_and_the_file() -> None:
    at = datetime(2026, 11, 3, 23, 30, tzinfo=UTC)
    said = "Told as 85.0 % until 3 November 2026; since then tickets.csv was replaced."
    assert note(told(restated(0.85, 0.9, at))) == said
    # Days are those of the home.
    assert "until 4 November 2026" in note(told(restated(0.85, 0.9, at), zone="Europe/Amsterdam"))
    assert said in render_report(told(restated(0.85, 0.9, at)))


def test_money_is_told_in_the_currency_that_it_was_told_in() -> None:
    money = restated(452.79, 447.86, datetime(2026, 6, 3, tzinfo=UTC), unit="reporting", currency_code="GBP")
    assert note(told(money)).startswith("Told as 452.79 GBP until 3 June 2026; ")


def test_of_several_changes_the_latest_is_told_and_how_many_there_were() -> None:
    latest = restated(
        0.8, 0.9, datetime(2026, 11, 5, tzinfo=UTC),
        reason="files_came, files_went, rules", files_came="b.csv, c.csv", files_replaced=None, files_went="a.csv",
    )  # fmt: skip
    found = told(latest, restated(0.85, 0.8, datetime(2026, 11, 3, tzinfo=UTC)))
    assert note(found) == (
        "Told as 80.0 % until 5 November 2026; since then a.csv no longer counts; contracts, policies or settings are "
        "other ones; b.csv and c.csv came. Before that it was told otherwise 1 time more."
    )
    figure = restated_figure(found)
    assert figure is not None
    assert figure.table is not None
    assert [row[1:4] for row in figure.table.rows] == [
        ("5 November 2026", "80.0 %", "90.0 %"),
        ("3 November 2026", "85.0 %", "80.0 %"),
    ]
    assert figure.table.rows[1][4] == "Since then tickets.csv was replaced."


def test_what_was_told_of_other_periods_and_kpis_is_none_of_the_report() -> None:
    at = datetime(2026, 11, 3, tzinfo=UTC)
    others: list[dict[str, Any]] = [
        {"period_start_date": date(2026, 9, 1)},
        {"period_grain": "quarter"},
        {"metric": "ticket_waiting_count"},
    ]
    found = told(*(restated(0.85, 0.9, at, **other) for other in others))
    assert note(found) == ""
    assert restated_figure(found) is None
    assert "restated" not in render_report(found).split("</style>", 1)[1]


def test_names_of_files_are_only_names() -> None:
    found = told(restated(0.85, 0.9, datetime(2026, 11, 3, tzinfo=UTC), files_replaced=HOSTILE))
    page = render_report(found)
    assert "<script" not in page
    assert "&lt;script&gt;" in page.split('class="late restated"', 1)[1]


def test_paper_and_slides_say_it_too() -> None:
    found = told(restated(0.85, 0.9, datetime(2026, 11, 3, tzinfo=UTC)))
    said = "".join(note(found).split())
    paper = "".join(page.extract_text() for page in PdfReader(BytesIO(build_document(found))).pages)
    assert said in "".join(paper.split())
    deck = Presentation(BytesIO(build_slides(found)))
    texts = [shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame]
    assert any(note(found) in text for text in texts)


def test_it_is_read_from_the_published_file(tmp_path: Path) -> None:
    file = publish(tmp_path / "kpi.duckdb", Company(teams=3, months=26))
    assert restated_figure(read_facts(file)) is None
    with duckdb.connect(str(file)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        row = restated(0.85, 0.9, datetime(2026, 11, 3, tzinfo=UTC), run_id="r", period_end_date=date(2026, 10, 31))
        fill_table(connection, "meta_restated_values", [row])
    found = read_facts(file)
    assert found.period is not None
    assert found.period.start == OCTOBER
    assert note(found) == "Told as 85.0 % until 3 November 2026; since then tickets.csv was replaced."
    assert "kpi query --query restated_values" in render_report(found)

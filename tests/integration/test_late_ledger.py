"""A ledger that comes later than tickets, and one that ended years ago: real pages of real homes.

The month that tickets have closed is open for finance. What the few lines of it make is no number that anybody may read
as final, whatever part of the report tells it.
"""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from demo_homes import DemoHome
from page_accessibility import problems
from pptx import Presentation
from test_report import read

from pipelines.cli.demo_home import DemoFacts, write_demo_home
from pipelines.report.facts import BUDGET_IS_OF, HEADLINES, SUPPORTING, ReportFacts
from pipelines.report.headlines import headline_cards
from pipelines.report.page import render_report
from pipelines.report.period import parse_period
from pipelines.report.reading import read_facts
from pipelines.report.sections import build_sections
from pipelines.report.slides import build_slides
from pipelines.words.numbers import format_value

pytestmark = pytest.mark.slow

UNIT_COST = HEADLINES[2]
CUT = date(2026, 10, 1)
NOTE = "October 2026 is not complete for finance: data reach 30 September 2026. Last complete month: September 2026."


def keep_lines(home: DemoHome, first: date, end: date) -> None:
    """Leave those journals of the ledger that were posted from the first day on and before the end."""
    for file in sorted((home.landing / "general_ledger").glob("*.csv")):
        head, *lines = file.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if first <= posted(line) < end]
        if kept:
            file.write_bytes(b"".join([head, *kept]))
        else:
            file.unlink()


def posted(line: bytes) -> date:
    """The posting date of a line: the third column, such as 1.12.2024."""
    day, month, year = line.split(b";")[2].split(b".")
    return date(int(year), int(month), int(day))


def slide_texts(facts: ReportFacts) -> list[str]:
    """All texts of the slides, of tables their cells."""
    texts = []
    for slide in Presentation(BytesIO(build_slides(facts))).slides:
        texts += [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        texts += [
            cell.text for shape in slide.shapes if shape.has_table for row in shape.table.rows for cell in row.cells
        ]
    return texts


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    """A small company, of whose ledger nothing later than September has come."""
    folder = tmp_path_factory.mktemp("late") / "home"
    write_demo_home(folder, DemoFacts(tickets=200, years=0.5, seed=7))
    home = DemoHome(folder).publish_to("duckdb", "report")
    keep_lines(home, date.min, CUT)
    assert home.run().steps
    return home


@pytest.fixture(scope="module")
def facts(late: DemoHome) -> ReportFacts:
    return read_facts(late.home.published_file)


def test_the_open_month_has_numbers_that_nobody_may_take_for_final(late: DemoHome, facts: ReportFacts) -> None:
    """What the other tests look for is there: a value of October in the warehouse, flagged as open."""
    assert facts.period == parse_period("2026-10")
    rows = late.published(
        "SELECT is_period_closed, value FROM mart.metric_values WHERE metric = ? AND period_grain = 'month' "
        "AND dimension = 'overall' AND period_start_date = DATE '2026-10-01'",
        [UNIT_COST],
    )
    assert len(rows) == 1
    assert rows[0][0] is False
    assert rows[0][1] is not None
    assert late.published("SELECT data, last_date FROM meta.data_clocks WHERE data = 'finance'") == [
        ("finance", date(2026, 9, 30))
    ]


def test_no_number_of_a_month_that_is_open_for_it_is_told_on_page_and_slides(
    late: DemoHome, facts: ReportFacts
) -> None:
    """Every KPI that is open in October, by all ways in which its value could be written."""
    shown = (*HEADLINES, *SUPPORTING)
    rows = late.published(
        """
        SELECT open.metric, open.value, open.unit, closed.value
        FROM mart.metric_values AS open
        JOIN mart.metric_values AS closed
            ON closed.metric = open.metric AND closed.period_grain = 'month' AND closed.dimension = 'overall'
            AND closed.period_start_date = DATE '2026-09-01'
        WHERE open.period_grain = 'month' AND open.dimension = 'overall' AND NOT open.is_period_closed
            AND open.period_start_date = DATE '2026-10-01' AND list_contains(?, open.metric)
        """,
        [list(shown)],
    )
    assert {row[0] for row in rows} >= {UNIT_COST, "cost_total_reporting", "cost_budget_variance_ratio"}
    page = render_report(facts)
    texts = [*read(late.home.published / "report" / "latest.html").texts, *slide_texts(facts)]
    for metric, value, unit, closed in rows:
        assert facts.is_late(metric)
        assert facts.numbers[metric]["value"] == closed
        assert f'value="{value!r}" data-metric="{metric}"' not in page
        assert format_value(closed, unit, "EUR") in texts
        if not value:
            continue  # nothing is nothing in other figures too
        pattern = re.compile(rf"(?<![\d.,]){re.escape(format_value(value, unit, 'EUR'))}")
        assert not [text for text in texts if pattern.search(text)], metric
    assert problems(page) == []


def test_page_and_slides_say_what_is_not_complete_and_which_month_is_told(late: DemoHome, facts: ReportFacts) -> None:
    page_texts = read(late.home.published / "report" / "latest.html").texts
    for texts in (page_texts, slide_texts(facts)):
        text = " ".join(texts)
        assert NOTE in text
        assert "finance 30 September 2026" in text
        assert re.search(r"Cost per transaction was [\d.]+ EUR in September 2026", text)
        assert not re.search(r"(Cost|Unallocated cost|Budget variance ratio)[^.;]* was [^;.]* in October 2026", text)
    (card,) = (card for card in headline_cards(facts) if card.metric == UNIT_COST)
    assert (card.period, card.late) == ("September 2026", NOTE)


def test_bridge_drivers_and_budget_are_those_of_the_last_complete_month(facts: ReportFacts) -> None:
    figures = {figure.id: figure for section in build_sections(facts) for figure in section.figures}
    bridge = figures["unit-cost"]
    assert bridge.title == "Cost per transaction: the steps of its change, in EUR, September 2026"
    assert bridge.sentences[0].startswith("From August 2026 to September 2026 cost per transaction moved by ")
    assert NOTE in bridge.sentences
    assert {row["to_month_date"] for row in facts.rows("unit_cost")} == {date(2026, 9, 1)}
    assert " in September 2026 of a budget of " in figures["budget"].sentences[0]
    assert facts.period_of(BUDGET_IS_OF) == parse_period("2026-09")
    driven = figures[f"drivers-{UNIT_COST}"]
    assert driven.title.endswith(", September 2026")
    # What is of tickets is of October and says nothing of lateness.
    assert figures["cumulative-flow"].title.startswith("Cumulative flow, ")
    assert "not complete" not in " ".join(figures["cumulative-flow"].sentences)
    assert all(row["period_start_date"] < CUT for row in facts.rows("targets") if facts.is_late(row["metric"]))


def test_the_report_of_september_is_complete(late: DemoHome) -> None:
    whole = read_facts(late.home.published_file, parse_period("2026-09"))
    assert not [metric for metric in (*HEADLINES, *SUPPORTING) if whole.is_late(metric)]
    assert "not complete" not in render_report(whole)


def test_a_ledger_that_ended_years_before_the_tickets(tmp_path: Path) -> None:
    """Three years are simulated, the ledger ends after the first quarter of them."""
    write_demo_home(tmp_path / "home", DemoFacts(tickets=150, years=3, seed=7))
    home = DemoHome(tmp_path / "home").publish_to("duckdb", "report")
    keep_lines(home, date.min, date(2024, 4, 1))
    assert home.run().steps
    facts = read_facts(home.home.published_file)
    last = facts.last_date_of("finance")
    assert last is not None
    assert last < date(2024, 4, 1)
    assert facts.period == parse_period("2026-10")
    (card,) = (card for card in headline_cards(facts) if card.metric == UNIT_COST)
    told = facts.period_of(UNIT_COST)
    assert told is not None
    assert told.end <= last
    assert (card.period, card.value != "–") == (told.label, True)
    assert f"data reach {last.day} {last:%B %Y}. Last complete month: {told.label}." in card.late
    assert problems(render_report(facts)) == []

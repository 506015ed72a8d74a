"""The report of companies whose domains end at different times: no number of an open period is told as a final one.

Values are made up; signals, targets and drivers are computed from them by the code that a run computes them with. The
number of the open month could be seen from afar, were it told anywhere.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import duckdb
import polars as pl
import pytest
from made_companies import HOSTILE, P85, SLA, UNIT_COST, Company, months_before, values
from pptx import Presentation
from published_files import fill_table, new_published
from report_pages import Page, seen

from metrics.registry import METRICS, metric_named
from metrics.signals.change_drivers import explain_changes
from metrics.signals.process_behaviour import find_signals
from metrics.signals.targets import Target, judge_targets
from models.vocabulary import Domain
from pipelines.report.facts import ReportFacts
from pipelines.report.headlines import headline_cards
from pipelines.report.page import render_report
from pipelines.report.period import parse_period
from pipelines.report.reading import read_facts
from pipelines.report.sections import build_sections
from pipelines.report.sentences import summarize
from pipelines.report.slides import build_slides
from pipelines.report.targets import target_of

TICKETS_END = datetime(2026, 11, 15, 21, 30, tzinfo=UTC)
#: Value of a KPI in a month for which it is not closed.
OPEN = 0.7639861351819758
SHOWN_OPEN = re.compile(r"0[.,]76|76[.,]4")


def ends(day: date) -> datetime:
    """The clock of data that tell of whole days, the last of which is this."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def publish(file: Path, *, clocks: dict[Domain, datetime], months: int = 26, team_name: str = "Team") -> ReportFacts:
    """A company of which each KPI is closed as far as the domains that it needs; open months have the number `OPEN`."""
    of_metric = {
        metric.name: min((clocks[domain] for domain in metric.requires if domain in clocks), default=None)
        for metric in METRICS
    }
    reach = {name: clock.date() for name, clock in of_metric.items() if clock is not None}
    measured = values(Company(teams=3, months=months, name=team_name))
    is_closed = pl.col("period_end_date") < pl.col("metric").replace_strict(reach, return_dtype=pl.Date)
    numbers = ("value", "lower_bound", "upper_bound")
    measured = measured.with_columns(is_period_closed=is_closed).with_columns(
        pl.when("is_period_closed").then(pl.col(name)).otherwise(OPEN).alias(name) for name in numbers
    )
    targets = [Target(SLA, Decimal("0.93")), Target(P85, Decimal(20)), Target(UNIT_COST, Decimal(10))]
    run = {"publication_id": "20261115T000000-abc", "run_id": "r", "published_at": TICKETS_END, "content_hash": "c",
           "code_hash": "c", "reporting_currency_code": "EUR", "reporting_time_zone": "UTC", "home_name": "Late",
           "as_of_at": max(clocks.values())}  # fmt: skip
    with new_published(file) as connection:
        fill_table(connection, "meta_run", [run])
        fill_table(
            connection,
            "meta_data_clocks",
            [
                {"data": domain.value, "domain": domain.value, "as_of_at": clocks.get(domain),
                 "last_date": (clocks[domain] - timedelta(microseconds=1)).date() if domain in clocks else None}
                for domain in Domain
            ],
        )  # fmt: skip
        fill_table(
            connection,
            "meta_metrics",
            [
                {**metric.definition(), "fresh_as_of_at": of_metric[metric.name],
                 "publication_state": "published" if of_metric[metric.name] else "empty"}
                for metric in METRICS
            ],
        )  # fmt: skip
        fill_table(connection, "metric_values", measured)
        fill_table(connection, "kpi_signals", find_signals(measured))
        fill_table(connection, "kpi_targets", judge_targets(measured, targets, METRICS))
        fill_table(connection, "kpi_change_drivers", explain_changes(measured, METRICS))
    return read_facts(file)


def slide_texts(facts: ReportFacts) -> str:
    """All texts of the slides, those of tables too."""
    texts = []
    for slide in Presentation(BytesIO(build_slides(facts))).slides:
        texts += [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        texts += [
            cell.text for shape in slide.shapes if shape.has_table for row in shape.table.rows for cell in row.cells
        ]
    return "\n".join(texts)


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> ReportFacts:
    """Tickets until mid-November, a ledger until the end of September."""
    file = tmp_path_factory.mktemp("late") / "kpi.duckdb"
    return publish(
        file, clocks={Domain.TICKETS: TICKETS_END, Domain.FINANCE: ends(date(2026, 9, 30))}, team_name=HOSTILE
    )


SEPTEMBER_COST = sum(100 + (team + 1) % 9 for team in range(3)) / 12
AUGUST_COST = sum(100 + (team + 2) % 9 for team in range(3)) / 12
LATE = "October 2026 is not complete for finance: data reach 30 September 2026"


def test_the_page_is_of_the_month_that_is_closed_for_tickets(late: ReportFacts) -> None:
    assert late.period == parse_period("2026-10")
    assert [late.is_late(metric) for metric in (P85, SLA, UNIT_COST)] == [False, False, True]
    assert late.period_of(UNIT_COST) == parse_period("2026-09")


def test_no_number_of_the_open_month_is_told_anywhere(late: ReportFacts) -> None:
    page, slides = render_report(late), slide_texts(late)
    text = seen(page).text
    assert not SHOWN_OPEN.search(text)
    assert not SHOWN_OPEN.search(slides)
    assert repr(OPEN) not in page
    # The values that the charts are drawn of are not on the page as texts.
    points = [point.value for card in headline_cards(late) for point in card.trend]
    assert OPEN not in points
    assert all(OPEN not in row.values() for answer in late.answers.values() for row in answer.rows)
    assert all(row["value"] != OPEN for row in late.numbers.values())


def test_the_last_complete_month_is_told_with_its_name_and_why(late: ReportFacts) -> None:
    shown = f"{SEPTEMBER_COST:,.2f} EUR"
    card = next(card for card in headline_cards(late) if card.metric == UNIT_COST)
    assert (card.value, card.period) == (shown, "September 2026")
    assert card.movement.endswith("against Aug 2026")
    assert card.late == f"{LATE}. Last complete month: September 2026."
    assert all(not other.period and not other.late for other in headline_cards(late) if other.metric != UNIT_COST)
    sentence = (
        f"Cost per transaction was {shown} in September 2026, after {AUGUST_COST:,.2f} EUR before, and missed its "
        f"target of at most 10.00 EUR; {LATE}."
    )
    assert sentence in summarize(late)
    text, slides = Page(render_report(late)).text, slide_texts(late)
    for told in (text, slides):
        assert sentence in told
        assert f"{LATE}. Last complete month: September 2026." in told
        assert "Data until: tickets 15 November 2026, finance 30 September 2026" in told
    numbers = next(
        figure for section in build_sections(late) for figure in section.figures if figure.id == "numbers-table"
    )
    assert numbers.table is not None
    assert numbers.table.columns[1] == "period"
    assert {row[0]: row[1:3] for row in numbers.table.rows}["Cost per transaction"] == ("Sep 2026", shown)
    assert f'data-metric="{UNIT_COST}" data-period="2026-09"' in render_report(late)
    assert f'data-metric="{SLA}" data-period="2026-10"' in render_report(late)


def test_drivers_targets_and_signals_are_those_of_the_month_that_is_told(late: ReportFacts) -> None:
    rows = late.rows(f"drivers {UNIT_COST}")
    assert {row["value_after"] for row in rows} == {Decimal(f"{SEPTEMBER_COST:.6f}")}
    figures = {figure.id: figure for section in build_sections(late) for figure in section.figures}
    driven = figures[f"drivers-{UNIT_COST}"]
    assert driven.title.endswith(", September 2026")
    assert f"from {AUGUST_COST:,.2f} EUR in August 2026 to {SEPTEMBER_COST:,.2f} EUR in September 2026." in " ".join(
        driven.sentences
    )
    assert f"{LATE}. Last complete month: September 2026." in driven.sentences
    target = target_of(late, UNIT_COST)
    assert target is not None
    assert (target["period_start_date"], target["target_state"]) == (date(2026, 9, 1), "missed")
    # Two targets are held against October; the one of cost is not counted among them.
    judged = [sentence for sentence in summarize(late) if "targets" in sentence]
    assert len(judged) == 1
    assert re.match(r"(None|1|All|2) (of )?2 targets of October 2026 (was|were) met", judged[0])
    assert "Not held against a target for October 2026 yet: Cost per transaction." in judged[0]
    signals = late.rows(f"signals {UNIT_COST}")
    assert signals[-1]["period_start_date"] == date(2026, 9, 1)


def test_a_report_of_the_month_that_all_domains_reach_says_nothing_of_lateness(tmp_path: Path) -> None:
    file = tmp_path / "kpi.duckdb"
    publish(file, clocks={Domain.TICKETS: TICKETS_END, Domain.FINANCE: ends(date(2026, 9, 30))})
    facts = read_facts(file, parse_period("2026-09"))
    text = seen(render_report(facts)).text
    assert "not complete" not in text
    assert "in September 2026" in text
    assert "October" not in text.replace("Oct", "October").split("What needs attention now")[0].split("Data until")[0]


def test_domains_that_end_years_apart(tmp_path: Path) -> None:
    """Tickets of 2024, a ledger of 2026: each KPI has its own last month, and sentences agree on what is a signal."""
    facts = publish(
        tmp_path / "kpi.duckdb",
        clocks={Domain.TICKETS: datetime(2025, 1, 3, 12, tzinfo=UTC), Domain.FINANCE: ends(date(2026, 10, 31))},
        months=60,
    )
    assert facts.period == parse_period("2026-10")
    cards = {card.metric: card for card in headline_cards(facts)}
    back = (months_before(0).year - 2024) * 12 + months_before(0).month - 12
    assert cards[P85].value == f"{16 + back % 5:.1f} h"
    assert cards[P85].period == cards[SLA].period == "December 2024"
    assert not cards[UNIT_COST].period
    note = "October 2026 is not complete for tickets: data reach 3 January 2025. Last complete month: December 2024."
    assert cards[SLA].late == note
    page = render_report(facts)
    assert not SHOWN_OPEN.search(seen(page).text)
    figures = {figure.id: figure for section in build_sections(facts) for figure in section.figures}
    said = summarize(facts)
    for metric in (P85, SLA, UNIT_COST):
        label, sentence = metric_named(metric).label, figures[f"trend-{metric}"].sentences[0]
        period = " in December 2024" if metric != UNIT_COST else ""
        departure = re.search(r"usual variation: it (.*?)(; it |\.$)", sentence)
        assert ("is a signal" in sentence) == (departure is not None)
        told = [each for each in said if re.match(rf"{re.escape(label + period)} (is|has been) ", each)]
        assert told == ([f"{label}{period} {departure[1]}."] if departure else [])
        assert "cannot be told yet" not in sentence
    assert "Data until: tickets 3 January 2025, finance 31 October 2026" in page


def test_what_needs_attention_is_as_of_the_clock_of_tickets(tmp_path: Path) -> None:
    file = tmp_path / "kpi.duckdb"
    publish(file, clocks={Domain.TICKETS: datetime(2025, 1, 3, 12, 20, tzinfo=UTC),
                          Domain.FINANCE: ends(date(2026, 10, 31))})  # fmt: skip
    with duckdb.connect(str(file)) as connection:
        usual = {"ticket_id": "t", "source": "s", "is_done": False, "is_cancelled": False, "is_quarantined": False,
                 "has_history": True, "created_at": datetime(2024, 12, 1, tzinfo=UTC), "calendar": "24x7",
                 "status_category": "active", "status": "Open", "age_business_microseconds": 36_000_000_000,
                 "event_count": 1, "duplicate_event_count": 0}  # fmt: skip
        fill_table(connection, "fct_tickets", [usual])
    facts = read_facts(file)
    (section,) = (section for section in build_sections(facts) if section.id == "now")
    assert section.lead == "As of 2025-01-03 12:20 UTC."


def test_a_kpi_without_any_closed_month_says_so(tmp_path: Path) -> None:
    first = ends(date(2026, 8, 15))
    facts = publish(tmp_path / "kpi.duckdb", clocks={Domain.TICKETS: TICKETS_END, Domain.FINANCE: first}, months=2)
    card = next(card for card in headline_cards(facts) if card.metric == UNIT_COST)
    assert (card.value, card.period) == ("–", "")
    assert card.certainty.startswith("No value: no month is closed yet: cost is complete until 2026-08-15, before")
    assert card.late == (
        "October 2026 is not complete for finance: data reach 15 August 2026. No month before it is complete."
    )
    assert "Cost per transaction is not known: October 2026 is not complete for finance" in " ".join(summarize(facts))
    assert not SHOWN_OPEN.search(seen(render_report(facts)).text)
    assert not SHOWN_OPEN.search(slide_texts(facts))

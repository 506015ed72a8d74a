"""KPIs without a value: commands, report, slides and dashboard give the same reason, and their targets are told.

Five KPIs of one publication lack one in five ways: no export feeds it; no promise was decided; its data end before its
first month; the month has no records; none of the month's records could be measured.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import duckdb
import pytest
from pptx import Presentation
from published_files import Row, fill_table, new_published
from report_pages import seen

from metrics.registry import METRICS, metric_named
from pipelines.cli.trends import read_trends
from pipelines.dashboard.snapshot import Answers, Snapshot
from pipelines.published.opening import open_published_file
from pipelines.report.facts import ReportFacts
from pipelines.report.headlines import headline_cards
from pipelines.report.page import render_report
from pipelines.report.reading import read_facts
from pipelines.report.sentences import summarize
from pipelines.report.slides import build_slides
from pipelines.report.targets import target_of
from pipelines.words.numbers import list_all

TICKETS_END, LEDGER_END = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 8, 11, tzinfo=UTC)
P85, SLA, UNIT_COST = "ticket_cycle_time_p85_business_hours", "sla_attainment_ratio", "cost_per_transaction_reporting"
LEAD, REOPENED = "ticket_lead_time_p85_business_hours", "ticket_reopen_ratio"
ON_TIME = "vendor_on_time_delivery_ratio"
REASONS = {
    LEAD: "there is nothing to measure: Oct 2026 has no tickets",
    SLA: "no promise of a resolution was kept or broken yet: see policies/sla.yaml",
    UNIT_COST: "no month is closed yet: cost is complete until 2026-08-10, before the end of Aug 2026, the first "
    "month with cost lines and transactions",
    REOPENED: "nothing of that month could be measured",
    ON_TIME: "no export feeds vendors yet",
}


def value(metric: str, month: date, number: float | None, *, measured: int = 5, is_closed: bool = True) -> Row:
    end = date(month.year, month.month + 1, 1)
    return {"metric": metric, "metric_version": 1, "period_grain": "month", "period_start_date": month,
            "period_end_date": date.fromordinal(end.toordinal() - 1), "is_period_closed": is_closed,
            "dimension": "overall", "dimension_value": "", "value": number, "lower_bound": number,
            "upper_bound": number, "eligible_count": 5, "measured_count": measured, "coverage_ratio": measured / 5,
            "unit": metric_named(metric).unit.value}  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The publication."""
    path = tmp_path_factory.mktemp("missing") / "kpi.duckdb"
    clocks = {P85: TICKETS_END, LEAD: TICKETS_END, REOPENED: TICKETS_END, UNIT_COST: LEDGER_END}
    run = {"publication_id": "20261102T000000-abc", "run_id": "r", "published_at": TICKETS_END, "content_hash": "c",
           "code_hash": "c", "reporting_currency_code": "EUR", "reporting_time_zone": "UTC", "home_name": "Gaps",
           "as_of_at": TICKETS_END}  # fmt: skip
    with new_published(path) as connection:
        fill_table(connection, "meta_run", [run])
        fill_table(connection, "meta_data_clocks", [
            {"data": name, "domain": name, "as_of_at": clock, "last_date": date.fromordinal(clock.toordinal() - 1)}
            for name, clock in (("tickets", TICKETS_END), ("finance", LEDGER_END))
        ])  # fmt: skip
        fill_table(connection, "meta_metrics", [
            {**metric.definition(), "fresh_as_of_at": clocks.get(metric.name),
             "publication_state": "published" if metric.name in clocks else "empty"}
            for metric in METRICS
        ])  # fmt: skip
        fill_table(connection, "metric_values", [
            *(value(P85, date(2026, month, 1), 5.0) for month in (8, 9, 10)),
            value(LEAD, date(2026, 9, 1), 8.0),
            value(REOPENED, date(2026, 10, 1), None, measured=0),
            value(UNIT_COST, date(2026, 8, 1), 7.0, is_closed=False),
        ])  # fmt: skip
        fill_table(connection, "meta_targets", [
            {"target_number": number, "metric": metric, "target_value": amount, "dimension": "overall",
             "dimension_value": ""}
            for number, (metric, amount) in enumerate(
                [(SLA, Decimal("0.93")), (LEAD, Decimal(20)), (UNIT_COST, Decimal(10)), (REOPENED, Decimal("0.05"))], 1
            )
        ])  # fmt: skip
    return path


@pytest.fixture(scope="module")
def facts(file: Path) -> ReportFacts:
    """The report of October, of which only tickets tell."""
    found = read_facts(file)
    assert found.period is not None
    assert found.period.name == "2026-10"
    return found


@pytest.mark.parametrize("metric", list(REASONS))
def test_all_readers_are_given_the_same_reason(metric: str, file: Path, facts: ReportFacts) -> None:
    assert facts.no_value_reasons[metric] == REASONS[metric]
    with open_published_file(file) as connection:
        shown = Snapshot(connection, Answers()).no_value_reason(metric, "month", date(2026, 10, 1))
        trend = read_trends(connection, metric=metric)[0]
    assert trend.no_value_reason == REASONS[metric]
    if metric == LEAD:  # October is closed and empty: no older value stands in for it, but the history has that
        assert [(period.start_date.month, period.value) for period in trend.periods] == [(9, 8.0), (10, None)]
    if metric != UNIT_COST:  # October is not closed for it
        assert shown == REASONS[metric]


def test_what_has_a_value_has_no_reason(facts: ReportFacts) -> None:
    assert P85 not in facts.no_value_reasons


def test_the_page_says_why(facts: ReportFacts) -> None:
    text = seen(render_report(facts)).text
    for metric in (SLA, UNIT_COST):
        assert f"No value: {REASONS[metric]}." in text
    assert f"No value of Lead time, p85, business hours: {REASONS[LEAD]}." in text
    of_vendors = (ON_TIME, "vendor_billed_reporting", "vendor_recoverable_reporting")
    vendors = list_all([metric_named(name).label for name in of_vendors])
    assert f"No value of {vendors}: {REASONS[ON_TIME]}." in text
    assert "not measured." not in text


def test_cards_and_slides_say_why(facts: ReportFacts) -> None:
    cards = {card.metric: card for card in headline_cards(facts)}
    assert cards[SLA].certainty == f"No value: {REASONS[SLA]}."
    assert cards[P85].certainty == "100 % measured (5 of 5); the truth is exactly 5.0 h"
    told = [
        shape.text_frame.text
        for slide in Presentation(BytesIO(build_slides(facts))).slides
        for shape in slide.shapes
        if shape.has_text_frame
    ]
    assert any(cards[UNIT_COST].certainty in text for text in told)


def test_targets_without_a_value_are_told(facts: ReportFacts) -> None:
    cards = {card.metric: card for card in headline_cards(facts)}
    assert (cards[SLA].target, cards[SLA].target_state) == ("Target at least 93.0 %: not measured", "not_measured")
    assert cards[UNIT_COST].target == "Target at most 10.00 EUR: not measured"
    assert cards[P85].target == ""
    text = seen(render_report(facts)).text
    assert "≤ 20.0 h, not measured" in text
    assert "≤ 5.0 %, not measured" in text


def test_the_summary_names_what_cannot_be_held_against_a_target(facts: ReportFacts) -> None:
    told = " ".join(summarize(facts))
    assert "Not held against a target for October 2026 yet: Cost per transaction." in told
    assert (
        "Without a value to hold against a target: Lead time, p85, business hours; "
        f"{metric_named(REOPENED).label}; SLA attainment, resolution." in told
    )
    # What nothing feeds is no news; that a ledger is late is.
    assert "SLA attainment, resolution is not known" not in told
    assert "Cost per transaction is not known: October 2026 is not complete for finance" in told


def test_a_target_that_is_not_in_force_is_not_told(file: Path, facts: ReportFacts, tmp_path: Path) -> None:
    later = tmp_path / "kpi.duckdb"
    later.write_bytes(file.read_bytes())
    with duckdb.connect(str(later)) as connection:
        connection.execute("UPDATE meta.targets SET effective_from_date = DATE '2026-11-01' WHERE target_number = 1")
    assert target_of(facts, SLA) is not None
    assert target_of(read_facts(later), SLA) is None

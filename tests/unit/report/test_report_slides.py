"""Slides of facts made by hand: names from anywhere stay texts, and nothing grows beyond a slide."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

from made_up_facts import HOSTILE, SLA, answer, driver, facts
from pptx import Presentation
from pptx.util import Inches

from pipelines.report.facts import ReportFacts
from pipelines.report.slides import build_slides


def slides_of(given: ReportFacts) -> list[list[str]]:
    """The texts of each slide; of a table all its cells."""
    found = []
    for slide in Presentation(BytesIO(build_slides(given))).slides:
        texts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        texts += [
            cell.text for shape in slide.shapes if shape.has_table for row in shape.table.rows for cell in row.cells
        ]
        found.append(texts)
    return found


def test_hostile_names_are_texts() -> None:
    names = (HOSTILE, "a\x00b\x0bc\ufffe\u202eright", "x" * 5000, "&amp; <a:t>")
    rows = [driver("team", name, "0.07") for name in names]
    slides = slides_of(facts(**{f"drivers {SLA}": answer("what_drove_a_change", *rows)}))
    told = next(texts for texts in slides if any("made the largest part" in text for text in texts))
    assert any(HOSTILE in text for text in told)
    assert all(len(text) < 3000 for texts in slides for text in texts)
    assert slides[0][0].startswith(HOSTILE)


def test_a_long_table_says_how_much_more_there_is() -> None:
    held = [{"domain": "tickets", "rule_id": f"rule {n}", "failed_count": n, "reason": HOSTILE} for n in range(40)]
    pages = [texts for texts in slides_of(facts(held=answer("held_metrics_and_rules", *held)))
             if texts[0].startswith("Held back by the gate")]  # fmt: skip
    assert [page[0] for page in pages] == ["Held back by the gate (1 of 2)", "Held back by the gate (2 of 2)"]
    # As many as on the page.
    assert [f"rule {number}" for number in range(24)] == [
        text for page in pages for text in page if text.startswith("rule ")
    ]
    assert not any("more, which" in text for text in pages[0])
    assert any(text.startswith("and 16 more, which the command gives · ") for text in pages[1])


def test_no_cell_is_cut_and_no_table_leaves_its_slide() -> None:
    reason = " ".join(f"word{number}" for number in range(50))
    held = [{"domain": "tickets", "rule_id": "stg_ticket_events.status_category.not_null", "failed_count": 10**9,
             "reason": reason} for _ in range(40)]  # fmt: skip
    deck = Presentation(BytesIO(build_slides(facts(held=answer("held_metrics_and_rules", *held)))))
    tables = [shape for slide in deck.slides for shape in slide.shapes if shape.has_table]
    cells = [cell.text for shape in tables for row in shape.table.rows for cell in row.cells]
    assert cells.count(reason) > 10
    assert cells.count("1,000,000,000") == cells.count(reason)
    for shape in tables:
        assert sum(row.height for row in shape.table.rows) + shape.top <= Inches(6.95)
        assert sum(column.width for column in shape.table.columns) <= Inches(13.333 - 1.2) + 10


def test_budget_and_scorecards_are_on_slides() -> None:
    line = {"cost_centre": "100", "account": "Rent", "team": "Desk", "actual_reporting": Decimal("120.50"),
            "budget_reporting": Decimal(100), "variance_reporting": Decimal("20.50"), "month_count": 1,
            "unbudgeted_month_count": 0}  # fmt: skip
    score = {"vendor": "Acme", "score_state": "watch", "score_ratio": 0.7, "lower_bound": 0.7, "upper_bound": 0.8,
             "coverage_ratio": 0.9, "period_start_date": date(2026, 10, 1)}  # fmt: skip
    given = facts(budget=answer("budget_variance", line), scorecards=answer("vendor_scorecard", score))
    slides = slides_of(given)
    budget = next(texts for texts in slides if texts[0] == "Actual cost against budget in October 2026, in EUR")
    assert "100/Rent" in budget
    assert any(text.startswith("120.50 EUR were spent in October 2026") for text in budget)
    assert "watch" in next(texts for texts in slides if texts[0] == "Vendor scorecard, October 2026")


def test_nothing_to_report_is_one_slide_that_says_so() -> None:
    given = facts()
    empty = ReportFacts(given.publication, None, {}, {}, {})
    (only,) = slides_of(empty)
    assert only[0].endswith("nothing to report yet")
    assert only[1].splitlines() == [
        "No period is closed yet, so there is no number to report.",
        "Neither tickets nor finance, deliveries or invoices have come yet, and only these close a period.",
    ]

"""Slides of facts made by hand: names from anywhere stay texts, and nothing grows beyond a slide."""

from __future__ import annotations

from io import BytesIO

from pptx import Presentation
from test_report_figures import HOSTILE, SLA, answer, driver, facts

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
    told = next(texts for texts in slides_of(facts(held=answer("held_metrics_and_rules", *held)))
                if texts[0] == "Held back by the gate")  # fmt: skip
    assert "and 25 more, in the report" in told
    assert "rule 14" in told
    assert "rule 15" not in told


def test_nothing_to_report_is_one_slide_that_says_so() -> None:
    given = facts()
    empty = ReportFacts(given.publication, None, {}, {}, {})
    (only,) = slides_of(empty)
    assert only[0].endswith("nothing to report yet")
    assert only[1] == "No period is closed yet, so there is no number to report."

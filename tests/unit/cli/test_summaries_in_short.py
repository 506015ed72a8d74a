"""Summaries of verdicts on one line: nothing is cut within a list, and what is left out is told elsewhere, by name."""

from __future__ import annotations

import click
import pytest

from pipelines.cli.progress import format_step
from pipelines.cli.tables import in_short
from pipelines.session import Step

LONG = (
    "vendors passed 34 of 37 rules (3 warnings: vendor_invoice_lines.currency_code.convertible, "
    "vendor_contracts.effective_from.present, deliveries.promised_at.present)."
)


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        ("tickets passed 33 rules.", "tickets passed 33 rules."),
        (LONG, "vendors passed 34 of 37 rules (3 warnings; 'kpi check' tells all)"),
        (
            LONG.replace("(3 warnings", "(2 quarantined by 1 rule; 3 warnings"),
            "vendors passed 34 of 37 rules (2 quarantined by 1 rule; 3 warnings; 'kpi check' tells all)",
        ),
        (
            "cost facts held by 1 rule: cost_allocations.amount.conserved: 3 of 5 rows. They do not add up.",
            "cost facts held by 1 rule ('kpi check' tells all)",
        ),
        ("report: " + "word " * 30 + "end", "report: " + "word " * 30 + "end"),
    ],
)
def test_a_summary_is_told_whole_or_says_where_the_rest_is(summary: str, told: str) -> None:
    assert in_short(summary) == told


def test_the_line_of_a_step_of_a_run_is_not_cut() -> None:
    line = format_step(Step("stg_vendor_invoice_lines", "built", 3, 0.1, LONG), LONG)
    assert click.unstyle(line).endswith("(3 warnings; 'kpi check' tells all)")
    assert "..." not in line

"""What a run shows of each asset while it goes."""

from __future__ import annotations

import io

from pipelines.cli.progress import LineReporter
from pipelines.session import Step


def test_a_domain_without_files_is_one_line() -> None:
    nothing = "no file of finance was loaded yet"
    stream = io.StringIO()
    reporter = LineReporter(stream)
    for step in (
        Step("stage_finance", "empty", 0, 0.1, nothing),
        Step("fct_cost_lines", "empty", None, 0.0, nothing),
        Step("fct_tickets", "built", 7, 0.2, "all tickets measured"),
        Step("fct_sla_clocks", "built", 9, 0.2, "all tickets measured"),
        Step("fct_deliveries", "empty", None, 0.0, "no file of vendors was loaded yet"),
    ):
        reporter.ended(step)
    lines = [" ".join(line.split()) for line in stream.getvalue().splitlines()]
    assert lines == [
        f"stage_finance empty 0 rows 0.10 s {nothing}",
        "fct_tickets built 7 rows 0.20 s all tickets measured",
        "fct_sla_clocks built 9 rows 0.20 s",
        "fct_deliveries empty – 0.00 s no file of vendors was loaded yet",
    ]

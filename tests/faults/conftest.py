"""Prints the matrix of faults after the tests, also when they ran in several processes."""

from __future__ import annotations

import pytest

ROW = "fault matrix row"
_TITLES = ("defect", "what the gate makes of it", "cycle time", "SLA attainment", "cost per transaction")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Rows travel with the reports of the tests that found them."""
    reports = [
        report for kind in ("passed", "failed", "xfailed", "xpassed") for report in _reports(terminalreporter, kind)
    ]
    rows = [value for report in reports for name, value in report.user_properties if name == ROW]
    if not rows:
        return
    table = [_TITLES, *(tuple(row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(_TITLES))]
    terminalreporter.section("faults: defect, gate, and effect on the headline KPIs")
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        terminalreporter.write_line("  ".join(cells).rstrip())


def _reports(terminalreporter: pytest.TerminalReporter, kind: str) -> list[pytest.TestReport]:
    return [report for report in terminalreporter.stats.get(kind, []) if isinstance(report, pytest.TestReport)]

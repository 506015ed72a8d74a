"""What a shell gets when somebody presses Tab: asked as bash asks, of the real command."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from metrics.registry import METRICS
from pipelines.cli.main import COMMANDS
from pipelines.cli.questions import list_questions
from pipelines.semantic_exports import EXPORTS

_SCRIPT = "from pipelines.cli.main import main; main()"


def _offered(line: str) -> list[str]:
    """What completes the last word of a line."""
    words = line.split(" ")
    environment = {
        **os.environ,
        "_KPI_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0 and not ended.stderr, ended.stderr
    return [entry.partition(",")[2] for entry in ended.stdout.splitlines()]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("kpi ", list(COMMANDS)),
        ("kpi exp", ["explain", "export"]),
        ("kpi explain sla_s", ["sla_source_attainment_ratio"]),
        ("kpi query --query ", [question.name for question in list_questions()]),
        ("kpi query --query slowest", ["slowest_tickets"]),
        ("kpi query --query slowest_tickets --param ", ["team=", "from_date=", "to_date=", "row_limit="]),
        ("kpi metrics ", sorted(metric.name for metric in METRICS)),
        ("kpi metrics sla_s", ["sla_source_attainment_ratio"]),
        ("kpi export ", [export.name for export in EXPORTS]),
    ],
)
def test_names_are_completed(line: str, expected: list[str]) -> None:
    assert _offered(line) == expected


def test_bash_takes_the_completion() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        env={**os.environ, "_KPI_COMPLETE": "bash_source"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "complete -o nosort -F _kpi_completion kpi" in ended.stdout
    subprocess.run(["bash", "-n", "-c", ended.stdout], check=True)

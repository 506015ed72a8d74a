"""`kpi metrics NAME` tells targets of single teams beside that of the whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Kpi

    from pipelines.home import Home


def test_they_are_listed_with_what_became_of_them(run_kpi: Kpi, published_home: Home) -> None:
    output = run_kpi("metrics", "sla_attainment_ratio", "--home", published_home.folder).output
    assert "Target          at least 93.0 %" in output
    lines = [" ".join(line.split()) for line in output.splitlines()]
    start = lines.index("target of by month value target what became of it")
    assert lines[start + 1 : start + 3] == [
        "Desk team Oct 2026 88.0 % at least 90.0 % missed by 2.0 points",
        "Network team Oct 2026 96.0 % at least 95.0 % met, but what is not known may change that",
    ]


def test_programs_get_them_too(run_kpi: Kpi, published_home: Home) -> None:
    told = json.loads(run_kpi("metrics", "sla_attainment_ratio", "--json", "--home", published_home.folder).output)
    assert told["target"] == 0.93
    assert told["breakdown_targets"][0] == {
        "month": "2026-10-01", "dimension": "team", "dimension_value": "Desk", "value": 0.88, "target_value": 0.9,
        "distance_value": -0.02, "target_state": "missed", "is_certain": True,
    }  # fmt: skip


def test_a_kpi_without_any_has_no_table(run_kpi: Kpi, published_home: Home) -> None:
    output = run_kpi("metrics", "cost_per_transaction_reporting", "--home", published_home.folder).output
    assert "target of" not in output

"""Why a record is not measured, in SQL: no branch that can never say anything of its own."""

from __future__ import annotations

import re

import pytest

from metrics.kinds import NetCount
from metrics.registry import METRICS
from metrics.spec import Metric
from pipelines.explaining.records import view_of, why_not_measured

OF_RECORD_VIEWS = [
    metric for metric in METRICS if view_of(metric) is not None and not isinstance(metric.kind, NetCount)
]


@pytest.mark.parametrize("metric", OF_RECORD_VIEWS, ids=lambda metric: metric.name)
def test_no_branch_says_what_another_one_says(metric: Metric) -> None:
    view = view_of(metric)
    assert view is not None
    branches = why_not_measured(metric, view)
    said = re.findall(r"(?:THEN|ELSE) ('[^']*')", branches)
    assert said
    assert len(said) == len(set(said)), branches

"""An exported dbt project, and dbt's and MetricFlow's commands in it."""

from __future__ import annotations

import csv
import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from metrics.render.measures import CELLS
from metrics.render.relations import Relation

if TYPE_CHECKING:
    from conftest import Tool


class Project:
    """A project in a folder, built for one target of its profile.

    Args:
        environment: variables that say where the target is.
    """

    def __init__(self, folder: Path, tool: Tool, *, target: str, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._tool = tool
        self._environment = {
            **os.environ,
            **(environment or {}),
            "DBT_PROFILES_DIR": str(folder),
            "KPI_DBT_TARGET": target,
            "DO_NOT_TRACK": "1",
        }

    def run(self, program: str, *arguments: str) -> str:
        """What a command says."""
        ended = subprocess.run(
            [self._tool("dbt", program), *arguments],
            cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
        return ended.stdout

    def query(self, *arguments: str) -> list[dict[str, str]]:
        """The rows of `mf query`."""
        answer = self.folder / "answer.csv"
        answer.unlink(missing_ok=True)
        self.run("mf", "query", *arguments, "--csv", str(answer))
        with answer.open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))

    def months(self, relation: Relation, names: Sequence[str]) -> dict[str, dict[date, float | None]]:
        """Metrics of a relation over all, by month. Months without records are not there."""
        if relation.name == CELLS:
            grain, breakdown = ("{{ Dimension('kpi_value__" + name + "') }}" for name in ("period_grain", "dimension"))
            asked, group = ["--where", f"{grain} = 'month' AND {breakdown} = 'overall'"], "metric_time__day"
        else:
            asked, group = [], "metric_time__month"
        rows = self.query("--metrics", ",".join(names), "--group-by", group, *asked)
        return {name: {day_of(row[group]): number_of(row[name]) for row in rows} for name in names}


def day_of(text: str) -> date:
    """A day in MetricFlow's words."""
    return datetime.fromisoformat(text).date()


def number_of(text: str) -> float | None:
    """A number in MetricFlow's words."""
    return float(text) if text else None

"""What tests of `kpi explain` ask: KPIs, and the command on a home."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result
from demo_homes import DemoHome

from metrics.registry import METRICS
from pipelines.cli.main import kpi

P85 = "ticket_cycle_time_p85_business_hours"
SLA = "sla_attainment_ratio"
UNIT_COST = "cost_per_transaction_reporting"

ONE_OF_EACH_KIND = list({type(metric.kind): metric for metric in METRICS}.values())

Explain = Callable[..., Result]


def explaining(home: DemoHome) -> Explain:
    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(kpi, ["explain", "--home", str(home.folder), *map(str, arguments)])

    return run

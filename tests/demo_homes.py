"""Homes of the simulated company for tests that run the whole pipeline on them: real files, real DuckDB, real gate.

What a test expects of them is in the tests.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from metrics.registry import HEADLINES
from models.planning import fct_ticket_delays
from models.vocabulary import Domain
from pipelines.cli.demo_home import DemoFacts, write_demo_home
from pipelines.facts.plans import PLANNING_FACTS
from pipelines.facts.steps import (
    build_contract_promises,
    build_cost_facts,
    build_credit_facts,
    build_delay_facts,
    build_planning_facts,
    build_ticket_facts,
    build_vendor_facts,
)
from pipelines.gate.arrivals import judge_arrivals
from pipelines.gate.ingest import ingest_domain
from pipelines.home import Home
from pipelines.kpis.values import build_metric_values, build_vendor_scorecards
from pipelines.project import Project, load_project
from pipelines.run import RunOutcome, run_project
from pipelines.session import SilentReporter, open_session

#: Large enough for every defect of `pipelines.sample` to find something to spoil, and not larger.
SMALL_COMPANY = DemoFacts(tickets=150, years=0.25, seed=7)

#: Tables that hold the numbers of a publication, as `<schema>.<table>`.
NUMBERS = (
    "mart.metric_values",
    "mart.missing_cost_months",
    "mart.partial_periods",
    "mart.kpi_signals",
    "mart.kpi_targets",
    "mart.kpi_change_drivers",
    "mart.vendor_scorecard_parts",
    "mart.vendor_scorecards",
    "core.fct_tickets",
    "core.fct_ticket_intervals",
    "core.fct_sla_clocks",
    "core.fct_ticket_days",
    "core.fct_cost_lines",
    "core.fct_cost_allocations",
    "core.fct_transactions",
    *(f"core.{table.name}" for table in (*PLANNING_FACTS, fct_ticket_delays)),
    "core.fct_contract_promises",
    "core.fct_service_credits",
    "core.fct_service_credit_clocks",
    "core.fct_service_credit_notes",
    "core.fct_vendor_recoverables",
    "core.fct_deliveries",
    "core.fct_vendor_contracts",
    "core.fct_vendor_rates",
    "core.fct_vendor_invoice_lines",
    "core.fct_purchase_orders",
    "core.fct_invoice_duplicate_suspects",
    "core.fct_vendor_commitments",
    "core.fct_vendor_commitment_months",
)

#: Rows of `Month`, from the published file as from the build database.
MONTHS = """
    SELECT period_start_date, value, lower_bound, upper_bound, eligible_count, measured_count, coverage_ratio
    FROM mart.metric_values
    WHERE metric = ? AND period_grain = 'month' AND dimension = 'overall'
    ORDER BY period_start_date
"""

_DECODED: dict[tuple[tuple[str, bytes], ...], Project] = {}


class Month(NamedTuple):
    """One month of a metric over everything."""

    first_date: date
    value: float | None
    lower_bound: float | None
    upper_bound: float | None
    eligible_count: int
    measured_count: int
    coverage_ratio: float | None


@dataclass(frozen=True)
class DemoHome:
    """A home, and what a test wants to do to it and know of it."""

    folder: Path

    @property
    def home(self) -> Home:
        """The home as the pipeline sees it; made anew, so that changed settings count."""
        return Home(self.folder)

    @property
    def landing(self) -> Path:
        return self.home.landing

    def project(self) -> Project:
        """Contracts, policies and settings as they stand now. Decoding them takes a second; equal bytes are kept."""
        home = self.home
        paths = sorted([home.settings_file, *home.contracts.iterdir(), *home.policies.iterdir()])
        said = tuple((home.name_of(path), path.read_bytes()) for path in paths)
        if said not in _DECODED:
            _DECODED[said] = load_project(home)
        return replace(_DECODED[said], home=home)

    def copy_to(self, folder: Path) -> DemoHome:
        """The same home in another place, with its memory and its publications."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return DemoHome(folder)

    def publish_to(self, *targets: str) -> DemoHome:
        """Say in its settings where its runs publish to. Each target takes its second, so tests name what they read."""
        text = self.home.settings_file.read_text(encoding="utf-8")
        said = f"targets = {json.dumps(targets)}"
        text, count = re.subn(r"(?m)^(# )?targets = \[[^\]]*\]", said, text)
        assert count == 1, text
        self.home.settings_file.write_text(text, encoding="utf-8")
        return self

    def run(self, *, only: Sequence[str] = (), as_of: datetime | None = None, is_full: bool = False) -> RunOutcome:
        """Run the pipeline as `kpi run` does."""
        return run_project(self.project(), reporter=SilentReporter(), only=only, as_of=as_of, is_full=is_full)

    def measure(self) -> None:
        """Do what a run does up to the metric values, without Dagster around it and without publishing: much faster."""
        with open_session(self.project()) as session:
            for domain in Domain:
                ingest_domain(session, domain)
            judge_arrivals(session)
            build_contract_promises(session)
            build_ticket_facts(session)
            build_vendor_facts(session)
            build_credit_facts(session)
            build_cost_facts(session)
            build_planning_facts(session)
            build_delay_facts(session)
            build_metric_values(session)
            build_vendor_scorecards(session)

    def published(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask the file that everybody reads."""
        with duckdb.connect(str(self.home.published_file), read_only=True) as connection:
            return connection.execute(query, list(parameters)).fetchall()

    def warehouse(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask the build database, which is free between runs."""
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            return connection.execute(query, list(parameters)).fetchall()

    def content_hash(self) -> str:
        """The published content's own hash."""
        return str(self.published("SELECT content_hash FROM meta.run")[0][0])

    def numbers(self) -> dict[str, tuple[Any, ...]]:
        """Row count and order-independent hash of the rows of every published table of numbers."""
        queries = [f"SELECT '{name}', count(*), bit_xor(hash(t)), sum(hash(t)) FROM {name} AS t" for name in NUMBERS]
        return {row[0]: row[1:] for row in self.published(" UNION ALL ".join(queries))}

    def months(self, metric: str) -> list[Month]:
        """A published metric overall, month by month."""
        return [Month(*row) for row in self.published(MONTHS, [metric])]

    def failed_rules(self) -> dict[str, int]:
        """Rule -> rows that broke it, in each domain's latest audit; errored rules count as broken."""
        query = "SELECT rule_id, failed_count FROM ops.ops_rule_results WHERE state IN ('failed', 'errored')"
        return {str(rule): int(count) for rule, count in self.warehouse(query)}

    def refusals(self) -> dict[str, tuple[str, str]]:
        """Path below the landing folder -> (code, message) of every file that was refused."""
        query = "SELECT export || '/' || file_name, code, message FROM ops.ops_refusals"
        return {str(path): (str(code), str(message)) for path, code, message in self.warehouse(query)}


def states(outcome: RunOutcome) -> dict[str, str]:
    """Asset -> what became of it in a run."""
    return {step.asset: step.state for step in outcome.steps}


def built(outcome: RunOutcome) -> set[str]:
    """The assets that a run built."""
    return {step.asset for step in outcome.steps if step.state == "built"}


def write_small_company(folder: Path) -> DemoHome:
    """The small company's home as `kpi demo` makes it, never run."""
    write_demo_home(folder, SMALL_COMPANY)
    return DemoHome(folder)


def headline_names() -> tuple[str, ...]:
    """The three headline KPIs."""
    return tuple(metric.name for metric in HEADLINES)

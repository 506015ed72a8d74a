"""Running again: nothing is done twice, only what changed is done again, and equal input gives equal output."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from demo_homes import DemoHome, built, states

from pipelines.facts.plans import PLANNING_FACTS
from pipelines.run import RunOutcome, SelectionError

if TYPE_CHECKING:
    from conftest import CleanRun

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rerun")]

TICKET_FACTS = {"fct_ticket_intervals", "fct_tickets", "fct_sla_clocks", "fct_ticket_days"}
VENDOR_FACTS = {
    "fct_contract_promises",
    "fct_deliveries",
    "fct_vendor_contracts",
    "fct_vendor_rates",
    "fct_vendor_invoice_lines",
    "fct_purchase_orders",
    "fct_invoice_duplicate_suspects",
    "fct_vendor_commitments",
    "fct_vendor_commitment_months",
}
CREDIT_FACTS = {
    "fct_service_credits",
    "fct_service_credit_clocks",
    "fct_service_credit_notes",
    "fct_vendor_recoverables",
}
COST_FACTS = {"fct_cost_lines", "fct_transactions", "fct_cost_allocations"} | {table.name for table in PLANNING_FACTS}
#: What is made of metric values.
OF_VALUES = {
    "vendor_scorecard_parts",
    "vendor_scorecards",
    "missing_cost_months",
    "partial_periods",
    "kpi_signals",
    "kpi_targets",
    "kpi_change_drivers",
    "instrumentation_gaps",
    "instrumentation_scorecard",
}
#: The targets of a home that says nothing of them, as the clean run had them.
EVERYWHERE = ("duckdb", "parquet", "report")
LOADS = "SELECT load_id, content_hash, loaded_at, superseded_by FROM ops.ops_loads ORDER BY load_id"


def publication_state(demo: DemoHome) -> list[tuple[str, int, int]]:
    """Every published file with its inode and time: a file that was written anew has others."""
    files = sorted(path for path in demo.home.published.rglob("*") if path.is_file())
    return [(str(path.relative_to(demo.folder)), path.stat().st_ino, path.stat().st_mtime_ns) for path in files]


def seconds_of(outcome: RunOutcome) -> float:
    return sum(step.seconds for step in outcome.steps)


def test_a_rerun_does_nothing(clean: DemoHome, clean_run: CleanRun) -> None:
    clean.publish_to(*EVERYWHERE)
    before, loads, numbers = publication_state(clean), clean.warehouse(LOADS), clean.numbers()
    outcome = clean.run()
    assert set(states(outcome).values()) == {"unchanged"}
    assert states(outcome).keys() == states(clean_run.outcome).keys()
    assert clean.warehouse(LOADS) == loads
    assert publication_state(clean) == before
    assert clean.numbers() == numbers
    assert seconds_of(outcome) < seconds_of(clean_run.outcome) / 3


def test_the_same_exports_in_another_folder_give_the_same_content(never_run: DemoHome, clean_run: CleanRun) -> None:
    outcome = never_run.publish_to(*EVERYWHERE).run()
    assert built(outcome) == built(clean_run.outcome)
    assert never_run.content_hash() == clean_run.demo.content_hash()
    assert never_run.numbers() == clean_run.demo.numbers()
    ids = [demo.published("SELECT publication_id FROM meta.run") for demo in (never_run, clean_run.demo)]
    assert ids[0] != ids[1]


def test_another_process_gives_the_same_content(never_run: DemoHome, tmp_path: Path) -> None:
    """Sets have another order in every process; nothing that is published may follow it."""
    found = set()
    for seed in ("1", "2", "3"):
        demo = never_run.copy_to(tmp_path / seed)
        command = [str(Path(sys.executable).with_name("kpi")), "run", "--quiet", "--home", str(demo.folder)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        found.add(demo.content_hash())
    assert len(found) == 1


def test_a_copy_under_another_name_or_compressed_changes_nothing(clean: DemoHome) -> None:
    before, loads = publication_state(clean), clean.warehouse(LOADS)
    ledger = next((clean.landing / "general_ledger").iterdir())
    shutil.copyfile(ledger, ledger.with_name("a download (1).csv"))
    rates = next((clean.landing / "fx_rates").iterdir())
    rates.with_name(f"{rates.name}.gz").write_bytes(gzip.compress(rates.read_bytes()))
    deliveries = next((clean.landing / "deliveries").iterdir())
    deliveries.rename(deliveries.with_name("renamed.csv"))
    assert set(states(clean.run()).values()) == {"unchanged"}
    assert clean.refusals() == {}
    assert clean.warehouse(LOADS) == loads
    assert publication_state(clean) == before


def test_new_data_rebuilds_what_depends_on_it_alone(clean: DemoHome) -> None:
    deliveries = next((clean.landing / "deliveries").iterdir())
    header, first, *_ = deliveries.read_text(encoding="utf-8-sig").splitlines()
    new = first.replace(first.split(",")[0], "DL-900001")
    (deliveries.with_name("more.csv")).write_text(f"{header}\n{new}\n", encoding="utf-8")
    tickets = clean.warehouse("SELECT input_hash, built_at FROM ops.ops_steps WHERE asset = 'fct_tickets'")
    count = clean.published("SELECT count(*) FROM core.fct_deliveries")[0][0]
    outcome = clean.run()
    # The company counts tickets as its transactions, so deliveries are nothing to its costs.
    assert built(outcome) == {
        "stage_vendors",
        "ops_source_arrivals",
        *VENDOR_FACTS,
        *CREDIT_FACTS,
        "metric_values",
        *OF_VALUES,
        "published_duckdb",
    }
    assert clean.published("SELECT count(*) FROM core.fct_deliveries")[0][0] == count + 1
    assert clean.warehouse("SELECT input_hash, built_at FROM ops.ops_steps WHERE asset = 'fct_tickets'") == tickets


def test_a_changed_target_judges_values_anew_and_measures_nothing(clean: DemoHome) -> None:
    policy = clean.home.policies / "targets.yaml"
    text = policy.read_text(encoding="utf-8")
    missed = "SELECT target_state FROM mart.kpi_targets WHERE metric = 'sla_attainment_ratio'"
    assert ("missed",) in clean.published(missed)
    changed = text.replace("{metric: sla_attainment_ratio, value: 0.93}", "{metric: sla_attainment_ratio, value: 0}")
    changed += "baselines: [{metric: sla_attainment_ratio, effective_from: 2020-01-01, reason: A new start}]\n"
    policy.write_text(changed, encoding="utf-8")
    judged = {"missing_cost_months", "partial_periods", "kpi_signals", "kpi_targets", "kpi_change_drivers"}
    assert built(clean.run()) == {*judged, "published_duckdb"}
    assert set(clean.published(missed)) == {("met",)}
    reasons = "SELECT DISTINCT baseline_reason FROM mart.kpi_signals WHERE metric = 'sla_attainment_ratio'"
    assert clean.published(reasons) == [("A new start",)]


def test_a_changed_sla_policy_measures_again_without_staging(clean: DemoHome) -> None:
    policy = clean.home.policies / "sla.yaml"
    text = policy.read_text(encoding="utf-8")
    assert "within: 48h" in text
    policy.write_text(text.replace("within: 48h", "within: 2h"), encoding="utf-8")
    before = {
        metric: clean.months(metric) for metric in ("sla_attainment_ratio", "ticket_lead_time_p85_business_hours")
    }
    outcome = clean.run()
    assert built(outcome) == {
        *TICKET_FACTS,
        "fct_ticket_delays",
        *CREDIT_FACTS,
        *COST_FACTS,
        "metric_values",
        *OF_VALUES,
        "published_duckdb",
    }
    assert {state for name, state in states(outcome).items() if name.startswith("stage_")} == {"unchanged"}
    after = {metric: clean.months(metric) for metric in before}
    attainment = zip(after["sla_attainment_ratio"], before["sla_attainment_ratio"], strict=True)
    stricter = [(now.value or 0, was.value or 0) for now, was in attainment]
    assert all(now <= was for now, was in stricter)
    assert any(now < was for now, was in stricter)
    assert after["ticket_lead_time_p85_business_hours"] == before["ticket_lead_time_p85_business_hours"]


def test_as_of_moves_open_clocks_and_back(clean: DemoHome, clean_run: CleanRun) -> None:
    states_of_clocks = "SELECT state, count(*) FROM core.fct_sla_clocks GROUP BY state"
    as_of = clean.published("SELECT as_of_at FROM meta.run")[0][0]
    before = dict(clean.published(states_of_clocks))
    later = as_of + timedelta(days=30)
    clean.run(as_of=later)
    after = dict(clean.published(states_of_clocks))
    assert clean.published("SELECT as_of_at FROM meta.run")[0][0] == later
    assert clean.content_hash() != clean_run.demo.content_hash()
    assert after.get("breached", 0) > before.get("breached", 0)
    assert after.get("met", 0) == before.get("met", 0)
    assert sum(after.values()) == sum(before.values())
    clean.run()
    assert clean.content_hash() == clean_run.demo.content_hash()


def test_only_finance_builds_nothing_else(never_run: DemoHome) -> None:
    outcome = never_run.run(only=["finance"])
    assert built(outcome) == {"stage_finance", *COST_FACTS} == states(outcome).keys()
    assert not never_run.home.published_file.exists()
    assert {row[0] for row in never_run.warehouse("SELECT DISTINCT export FROM ops.ops_loads")} == {
        "budgets",
        "fx_rates",
        "general_ledger",
        "headcount",
        "initiative_benefits",
    }


def test_only_something_unknown_is_told(clean: DemoHome) -> None:
    with pytest.raises(SelectionError, match=r"'finanse'\. Did you mean 'finance'"):
        clean.run(only=["finanse"])


@pytest.mark.parametrize("lost", ["kpi.duckdb", "parquet/latest.json"])
def test_a_lost_publication_is_published_again_with_the_same_content(
    lost: str, clean: DemoHome, clean_run: CleanRun
) -> None:
    (clean.home.published / lost).unlink()
    outcome = clean.publish_to("duckdb", "parquet").run()
    assert built(outcome) == {"published_duckdb" if lost == "kpi.duckdb" else "published_parquet"}
    assert clean.content_hash() == clean_run.demo.content_hash()
    pointer = json.loads((clean.home.published / "parquet" / "latest.json").read_text(encoding="utf-8"))
    assert pointer["content_hash"] == clean_run.demo.content_hash()

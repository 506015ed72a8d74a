"""What Dagster shows and runs is the pipeline that `kpi run` runs, and it explains itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pytest
from demo_homes import DemoHome
from sqlalchemy import Date, DateTime

from data_contracts.loader import load_fact_contract
from data_contracts.verdict import RuleResult
from models.catalog import STAGED
from models.findings import ops_source_arrivals
from models.vocabulary import Domain, RuleState
from pipelines.broken_rules.failed_months import DATE_OF
from pipelines.dagster_history import dagster_instance, record_history
from pipelines.definitions import build_assets, build_defs
from pipelines.definitions import defs as definitions_of_home
from pipelines.defs.describe import check_name, check_result, rule_asset
from pipelines.publish.publication import PUBLISHED_FACTS, PUBLISHED_MARTS
from pipelines.sample import DEFECTS

if TYPE_CHECKING:
    from conftest import CleanRun

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dagster")]


@pytest.fixture(scope="module")
def repository(clean_run: CleanRun) -> dg.RepositoryDefinition:
    definitions = build_defs(clean_run.demo.project())
    dg.Definitions.validate_loadable(definitions)
    return definitions.get_repository_def()


@pytest.fixture(scope="module")
def specs(clean_run: CleanRun) -> dict[str, dg.AssetSpec]:
    """Every asset by its name."""
    assets = build_assets(clean_run.demo.project())
    flat = [spec for asset in assets for spec in ([asset] if isinstance(asset, dg.AssetSpec) else asset.specs)]
    assert len({spec.key for spec in flat}) == len(flat)
    return {"/".join(spec.key.path): spec for spec in flat}


def test_the_code_location_is_that_of_the_named_home(
    clean_run: CleanRun, monkeypatch: pytest.MonkeyPatch, specs: dict[str, dg.AssetSpec]
) -> None:
    monkeypatch.setenv("KPI_HOME", str(clean_run.demo.folder))
    loaded = definitions_of_home()
    assert isinstance(loaded, dg.Definitions)
    graph = loaded.resolve_asset_graph()
    assert {"/".join(key.path) for key in graph.get_all_asset_keys()} == set(specs)


def test_every_table_explains_itself(clean_run: CleanRun, specs: dict[str, dg.AssetSpec]) -> None:
    tables = {name: spec for name, spec in specs.items() if not name.startswith(("landing/", "published_"))}
    staged = {table.name for domain in Domain for table in STAGED[domain]}
    raw = {item.raw_table for contract in clean_run.demo.project().contracts for item in contract.objects}
    published = {table.name for table in (*PUBLISHED_FACTS, *PUBLISHED_MARTS)}
    assert tables.keys() == {*staged, *raw, *published, ops_source_arrivals.name}
    for name, spec in tables.items():
        assert spec.description, name
        assert spec.owners, name
        schema = spec.metadata["dagster/column_schema"]
        assert schema.columns, name
        assert spec.deps, f"{name} comes from something"
        if not name.startswith("raw_"):
            assert all(column.description for column in schema.columns), name


def test_every_other_asset_is_described_and_owned(specs: dict[str, dg.AssetSpec]) -> None:
    assert all(spec.description and spec.owners for spec in specs.values())
    # Whatever is depended on exists: nothing hangs in the air.
    named = {"/".join(dep.asset_key.path) for spec in specs.values() for dep in spec.deps}
    assert named <= specs.keys()


def test_every_rule_is_a_check_exactly_once(clean_run: CleanRun) -> None:
    project = clean_run.demo.project()
    contracts = (*project.contracts, *project.warehouse_contracts, load_fact_contract("cost_facts"))
    rules = [rule for contract in contracts for rule in contract.rules]
    rules += [rule for contract in project.contracts for rule in contract.arrival_rules]
    checks = Counter(
        (spec.asset_key.path[-1], spec.name)
        for asset in build_assets(project)
        if isinstance(asset, dg.AssetsDefinition)
        for spec in asset.check_specs
    )
    targets = {(f"published_{target}", "is_published") for target in project.home.settings.publish.targets}
    assert checks == Counter([*((rule_asset(rule), check_name(rule)) for rule in rules), *targets])
    assert set(checks.values()) == {1}
    judged = clean_run.demo.published("SELECT rule_id FROM meta.rule_results")
    assert {rule.id for rule in rules} == {rule_id for (rule_id,) in judged}


def test_dagsters_own_run_publishes_the_same_content(never_run: DemoHome, clean_run: CleanRun) -> None:
    definitions = build_defs(never_run.publish_to(*clean_run.demo.home.settings.publish.targets).project())
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def("kpi_run").execute_in_process(instance=instance)
        assert result.success
        materialized = Counter(event.asset_key.path[-1] for event in result.get_asset_materialization_events())
        evaluations = result.get_asset_check_evaluations()
    assert never_run.content_hash() == clean_run.demo.content_hash()
    assert set(materialized.values()) == {1}
    assert {
        step.asset for step in clean_run.outcome.steps if not step.asset.startswith("stage_")
    } <= materialized.keys()
    rules = clean_run.demo.published("SELECT count(*) FROM meta.rule_results")[0][0]
    assert len(evaluations) == rules + len(clean_run.demo.home.settings.publish.targets)
    assert all(evaluation.passed for evaluation in evaluations)


def test_a_check_that_was_skipped_says_so_beside_its_tick(clean_run: CleanRun) -> None:
    """Dagster knows passed and failed alone, and wants a result of every check."""
    rule = clean_run.demo.project().warehouse_contracts[0].rules[0]
    skipped = check_result(RuleResult(rule=rule, state=RuleState.SKIPPED, error="the table is empty"), "stg_tickets")
    assert skipped.passed
    assert skipped.description == "Skipped, so neither kept nor broken: the table is empty."
    unknown = check_result(RuleResult(rule=rule, state=RuleState.SKIPPED), "stg_tickets")
    assert unknown.description == "Skipped, so neither kept nor broken: there was nothing to judge."
    assert check_result(RuleResult(rule=rule, state=RuleState.PASSED), "stg_tickets").description is None


MONTHS_SET_ASIDE = """
    SELECT strftime(timezone('Europe/Amsterdam', created_at), '%Y-%m') AS month, count(*)
    FROM core.fct_tickets WHERE is_quarantined GROUP BY month ORDER BY month
"""


def test_a_broken_check_says_the_months_also_where_nothing_is_judged_anew(never_run: DemoHome) -> None:
    DEFECTS["blank_team"].apply(never_run.landing)
    for _ in range(2):
        with dg.DagsterInstance.ephemeral() as instance:
            result = build_defs(never_run.project()).resolve_job_def("kpi_run").execute_in_process(instance=instance)
            (failed,) = [found for found in result.get_asset_check_evaluations() if not found.passed]
        assert failed.check_name == "tickets__team__present_where_required"
        assert failed.severity is dg.AssetCheckSeverity.WARN
        table = failed.metadata["records that broke it, by month"].value
        months = [(record.data["month"], record.data["records"]) for record in table.records]
        assert months == never_run.published(MONTHS_SET_ASIDE)
        assert len(months) > 1


def test_every_staged_record_has_a_date_by_which_it_belongs_to_a_month() -> None:
    tables = {table.name: table for domain in Domain for table in STAGED[domain]}
    # A rule on events is about their ticket.
    assert DATE_OF.keys() == tables.keys() - {"stg_ticket_events"}
    for name, column in DATE_OF.items():
        assert isinstance(tables[name].columns[column].type, Date | DateTime)


def test_the_schedule_runs_every_morning_at_headquarters(
    repository: dg.RepositoryDefinition, clean_run: CleanRun
) -> None:
    schedule = repository.get_schedule_def("every_morning")
    assert schedule.cron_schedule == "0 6 * * *"
    assert schedule.execution_timezone == clean_run.demo.home.settings.reporting.time_zone == "Europe/Amsterdam"
    assert schedule.job_name == "kpi_run"


def test_the_sensor_waits_until_files_keep_still(clean: DemoHome) -> None:
    sensor = build_defs(clean.project()).get_repository_def().get_sensor_def("files_arrived")
    with dg.DagsterInstance.ephemeral() as instance:

        def look(cursor: str | None) -> tuple[list[str], str]:
            """Run keys that one look asks for, and the cursor after it."""
            with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
                told = sensor.evaluate_tick(context)
            assert told.cursor is not None
            return [str(request.run_key) for request in told.run_requests or []], told.cursor

        requests, cursor = look(None)
        assert requests == [], "the first look cannot know whether they keep still"
        requests, cursor = look(cursor)
        assert len(requests) == 1
        asked, cursor = look(cursor)
        assert asked == [], "nothing new"

        growing = clean.landing / "deliveries" / "growing.csv"
        for written in ("Delivery ID", "Delivery ID,Order Date", "Delivery ID,Order Date,Vendor"):
            growing.write_text(written, encoding="utf-8")
            _step_time(growing)
            asked, cursor = look(cursor)
            assert asked == [], "a file that grows is left alone"
        asked, cursor = look(cursor)
        assert len(asked) == 1
        assert asked != requests
        asked, cursor = look(cursor)
        assert asked == []


def test_the_sensor_asks_again_for_files_whose_run_failed(clean: DemoHome) -> None:
    repository = build_defs(clean.project()).get_repository_def()
    sensor, job = repository.get_sensor_def("files_arrived"), repository.get_job("kpi_run")
    with dg.DagsterInstance.ephemeral() as instance:

        def look(cursor: str | None) -> tuple[list[dg.RunRequest], str | None, str]:
            """Runs that one look asks for, what it says if it asks for none, and the cursor after it."""
            with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
                told = sensor.evaluate_tick(context)
            return list(told.run_requests or []), told.skip_message, told.cursor or ""

        *_, cursor = look(None)
        (asked,), _, cursor = look(cursor)
        for attempt in (1, 2, 3):
            run = instance.create_run_for_job(job, tags=dict(asked.tags), status=dg.DagsterRunStatus.STARTED)
            assert look(cursor)[0] == [], "it is under way"
            instance.report_run_failed(run)
            if attempt < 3:
                (asked,), _, cursor = look(cursor)
                assert str(asked.run_key).endswith(f" {attempt + 1}"), "Dagster starts no two runs with one key"
        requests, said, _ = look(cursor)
        assert requests == []
        assert said == "3 runs for these files failed: see why, then start one by hand."


HOLDER = """
import sys, time, duckdb
with duckdb.connect(sys.argv[1]):
    print("held", flush=True)
    time.sleep(5)
"""


def test_a_run_of_dagster_waits_for_its_turn(clean: DemoHome) -> None:
    command = [sys.executable, "-c", HOLDER, str(clean.home.warehouse)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with dg.DagsterInstance.ephemeral() as instance:
            job = build_defs(clean.project()).resolve_job_def("kpi_run")
            assert job.execute_in_process(instance=instance).success
        assert holder.wait() == 0


def test_a_run_of_dagster_fails_where_a_target_does_and_tells_refused_files(clean: DemoHome) -> None:
    (clean.landing / "deliveries" / "page.csv").write_text("<html>", encoding="utf-8")
    settings = clean.publish_to("duckdb", "postgresql").home.settings_file
    text = settings.read_text(encoding="utf-8")
    nowhere = '[publish.postgresql]\nurl = "postgresql://kpi@127.0.0.1:1/analytics"\n'
    settings.write_text(text.replace("[publish.postgresql]\n", nowhere), encoding="utf-8")
    assert nowhere in settings.read_text(encoding="utf-8")
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_defs(clean.project()).resolve_job_def("kpi_run")
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        assert not result.success
        logged = [record.event_log_entry.user_message for record in instance.get_records_for_run(result.run_id).records]
        published = {event.asset_key.path[-1] for event in result.get_asset_materialization_events()}
    assert any(told.startswith("page.csv of deliveries was refused: ") for told in logged)
    assert "published_duckdb" in published
    assert "published_postgresql" not in published


def _step_time(path: Path) -> None:
    """Move a file's time on, for file systems whose clock is coarse."""
    found = path.stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + found.st_size))


def test_what_kpi_run_built_is_told_to_dagster_once(clean: DemoHome, specs: dict[str, dg.AssetSpec]) -> None:
    project = clean.project()
    rules = clean.published("SELECT count(*) FROM meta.rule_results")[0][0]
    made = {name for name in specs if not name.startswith("landing/")}
    assert record_history(project) == len(made) + rules
    with dagster_instance(clean.home) as instance:
        for name in made:
            records = instance.fetch_materializations(dg.AssetKey(name), limit=5).records
            assert len(records) == 1, name
        # Checks say as much as those of a run that Dagster starts itself.
        key = dg.AssetCheckKey(dg.AssetKey("stg_tickets"), "tickets__team__present_where_required")
        (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=5)
        assert record.event is not None
        told = record.event.get_dagster_event().asset_check_evaluation_data
        assert told.passed
        assert {"rows looked at", "share that broke it", "query of all such rows", "action"} <= told.metadata.keys()
    assert record_history(project) == 0

    (clean.home.published_file).unlink()
    clean.run()
    assert record_history(project) == 1
    with dagster_instance(clean.home) as instance:
        assert len(instance.fetch_materializations(dg.AssetKey("published_duckdb"), limit=5).records) == 2
        assert len(instance.fetch_materializations(dg.AssetKey("metric_values"), limit=5).records) == 1

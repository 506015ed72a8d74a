"""The demo from end to end: made, run, run again, held, corrected; each with its exit code and its words."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from metrics.registry import HEADLINES
from pipelines.cli.main import kpi
from pipelines.home import Home

pytestmark = pytest.mark.slow


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(kpi, [str(argument) for argument in arguments])


def value_of_headline(home: Home) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home.published_file), read_only=True) as connection:
        return connection.execute(
            "SELECT * FROM mart.metric_values WHERE metric = ? ORDER BY ALL", [HEADLINES[0].name]
        ).fetchall()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, subprocess.CompletedProcess[str]]:
    """A small demo with one refused file, made by the real command in a process of its own."""
    folder = tmp_path_factory.mktemp("demo") / "home"
    command = [sys.executable, "-m", "pipelines.cli.main", "demo", str(folder), "--tickets", "300", "--years", "0.5",
               "--defect", "html_error_page"]  # fmt: skip
    return Home(folder), subprocess.run(command, capture_output=True, text=True, check=False)


def test_demo_shows_headlines_refusals_and_ways_on(demo: tuple[Home, subprocess.CompletedProcess[str]]) -> None:
    home, ended = demo
    assert ended.returncode == 5, ended.stderr
    assert "Traceback" not in ended.stderr
    for metric in HEADLINES:
        assert metric.label in ended.stdout
    assert "the truth is" in ended.stdout
    assert "1 file refused" in ended.stdout
    assert "landing/deliveries/deliveries.csv (html)" in ended.stdout
    assert str(home.published_file) in ended.stdout
    assert f"kpi metrics --home {home.folder}  # every KPI" in ended.stdout
    assert "published_duckdb" in ended.stderr
    assert "built" in ended.stderr


def test_second_run_has_nothing_to_do(demo: tuple[Home, object]) -> None:
    home, _ = demo
    result = invoke("run", "--home", home.folder, "--json")
    document = json.loads(result.output)
    assert result.exit_code == 5
    assert {step["state"] for step in document["steps"]} == {"unchanged"}
    assert [refusal["file_name"] for refusal in document["refusals"]] == ["deliveries.csv"]
    assert [headline["metric"] for headline in document["headlines"]] == [metric.name for metric in HEADLINES]
    assert document["held"] == []


def test_demo_again_only_runs(demo: tuple[Home, object]) -> None:
    home, _ = demo
    before = {path: path.stat().st_mtime_ns for path in home.landing.rglob("*")}
    result = invoke("demo", home.folder)
    assert result.exit_code == 5
    assert "is a demo already" in result.output
    assert {path: path.stat().st_mtime_ns for path in home.landing.rglob("*")} == before


def test_quiet_run_says_only_what_was_kept_out(demo: tuple[Home, object]) -> None:
    home, _ = demo
    result = invoke("run", "--home", home.folder, "--quiet")
    assert result.exit_code == 5
    assert HEADLINES[0].label not in result.output
    assert "1 file refused" in result.output


def test_only_runs_what_is_named(demo: tuple[Home, object]) -> None:
    home, _ = demo
    document = json.loads(invoke("run", "--home", home.folder, "--only", "fct_tickets", "--json").output)
    assert document["steps"]
    assert all(step["asset"].startswith("fct_") for step in document["steps"])
    result = invoke("run", "--home", home.folder, "--only", "fct_tickest")
    assert result.exit_code == 2
    assert "Did you mean 'fct_tickets'?" in result.output


def test_check_and_status_agree_with_the_run(demo: tuple[Home, object]) -> None:
    home, _ = demo
    result = invoke("check", "--home", home.folder, "--json")
    assert result.exit_code == 5
    document = json.loads(result.output)
    assert {domain["verdict"] for domain in document["domains"]} == {"pass"}
    assert document["rules"]
    status = json.loads(invoke("status", "--home", home.folder, "--json").output)
    assert [refusal["file_name"] for refusal in status["refusals"]] == ["deliveries.csv"]
    assert {domain["domain"]: domain["verdict"] for domain in status["domains"]} == {
        "tickets": "pass", "finance": "pass", "vendors": "pass",
    }  # fmt: skip


def test_held_data_keep_the_old_numbers_until_corrected(demo: tuple[Home, object]) -> None:
    home, _ = demo
    policy = home.policies / "statuses.yaml"
    text = policy.read_text(encoding="utf-8")
    before = value_of_headline(home)
    policy.write_text(text.replace("    Resolved: done\n", "").replace("    solved: done\n", ""), encoding="utf-8")
    try:
        checked = invoke("check", "--home", home.folder)
        assert checked.exit_code == 3, checked.output
        assert "2 statuses have no meaning yet" in checked.output
        assert re.search(r"\n      servicenow:\n        Resolved: done  # [\d,]+ tickets\n", checked.output)
        assert re.search(r"\n      zendesk:\n        solved: done  # [\d,]+ tickets\n", checked.output)
        held = invoke("run", "--home", home.folder)
        assert held.exit_code == 3, held.output
        assert re.search(r"\d+ KPIs are held by \d rules?  \d+ others are published", held.output)
        assert "KPIs: ticket_*, sla_*" in held.output
        assert "keep their last good values" in held.output
        assert "held by the gate: this is the last good value" in held.output
        assert "        Resolved: done  # " in held.output
        status = json.loads(invoke("status", "--home", home.folder, "--json").output)
        assert [found["status"] for found in status["unmapped_statuses"]] == ["Resolved", "solved"]
        assert value_of_headline(home) == before
        listed = json.loads(invoke("metrics", "--json", "--home", home.folder).output)
        assert {entry["metric"]: entry["state"] for entry in listed}[HEADLINES[0].name] == "held"
    finally:
        policy.write_text(text, encoding="utf-8")
    assert invoke("run", "--home", home.folder, "-q").exit_code == 5
    assert value_of_headline(home) == before


def test_run_while_another_runs_is_told_so(demo: tuple[Home, object]) -> None:
    home, _ = demo
    script = "import sys, duckdb\nc = duckdb.connect(sys.argv[1])\nprint('open', flush=True)\nsys.stdin.readline()\n"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(home.warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        result = invoke("run", "--home", home.folder)
        process.communicate(b"\n", timeout=30)
    assert result.exit_code == 4
    assert "in use by another run" in result.output


def test_dagster_serves_the_graph_of_this_home(demo: tuple[Home, object]) -> None:
    home, _ = demo
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "pipelines.cli.main", "dagster", "--home", str(home.folder), "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        try:
            answer = _ask_until_it_serves(process, f"http://127.0.0.1:{port}/graphql")
        finally:
            os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
            output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assets = {node["assetKey"]["path"][-1] for node in answer["data"]["assetNodes"]}
    assert {"fct_tickets", "metric_values", "published_duckdb", "servicenow_incidents"} <= assets
    assert not (Path.cwd() / ".dagster").exists()


def _ask_until_it_serves(process: subprocess.Popen[str], address: str) -> dict[str, Any]:
    body = json.dumps({"query": "{ assetNodes { assetKey { path } } }"}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    ends_at = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < ends_at:
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                answer: dict[str, Any] = json.load(response)
                if answer["data"]["assetNodes"]:
                    return answer
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError("Dagster did not serve in time")


def test_domain_without_files_is_no_failure(run_folder: Path) -> None:
    for arguments in (("check",), ("run",), ("run", "--json"), ("status",), ("metrics",)):
        result = invoke(*arguments, "--home", run_folder)
        assert result.exit_code == 0, result.output
    assert json.loads(invoke("check", "--json", "--home", run_folder).output)["domains"][0]["verdict"] is None
    assert "no files" in invoke("check", "--home", run_folder).output


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A home with a contract and no files."""
    invoke("init", tmp_path / "home", "--with-template", "servicenow_incidents")
    return tmp_path / "home"

"""Kill -9 at any point of a run, then run again: the result is as if nothing had happened.

A child process runs the pipeline and sends itself SIGKILL at its n-th database statement or file operation, so that
the points are spread over landing, staging, audit, facts and publication, and the same in every test run. It cannot
catch that signal: no clean-up of ours or of Python's runs.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipelines.cli.demo_home import DemoFacts, write_demo_home

#: More of them by hand: KPI_KILLS=100.
POINTS = int(os.environ.get("KPI_KILLS", "10"))

_DRIVER = '''
import json, os, signal, sys
from pathlib import Path

folder, points = Path(sys.argv[1]), int(sys.argv[2])

# Everything slow is imported once; children are forked before any of it has started a thread.
import duckdb
import great_expectations
from data_contracts import expectations
from pipelines.home import Home
from pipelines.project import load_project
from pipelines.run import run_project
from pipelines.session import SilentReporter
from pipelines import warehouse as build
from pipelines.publish import duckdb_file, parquet


class Counter:
    """Counts operations, and kills this process at one of them."""

    def __init__(self, kill_at):
        self.count, self.kill_at = 0, kill_at

    def __call__(self):
        self.count += 1
        if self.count == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def watch(counter):
    def watched(function):
        def call(*arguments, **keywords):
            counter()
            result = function(*arguments, **keywords)
            counter()
            return result
        return call
    build.Warehouse.execute = watched(build.Warehouse.execute)
    build.Warehouse.rows = watched(build.Warehouse.rows)
    Path.replace = watched(Path.replace)
    duckdb_file._write_table = watched(duckdb_file._write_table)


def in_child(work):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = work() or 0
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


def run(home, kill_at=None, report=None):
    counter = Counter(kill_at)
    watch(counter)
    run_project(load_project(Home(home)), reporter=SilentReporter())
    if report:
        with duckdb.connect(str(home / "published" / "kpi.duckdb"), read_only=True) as published:
            found = published.execute("SELECT content_hash FROM meta.run").fetchone()[0]
            rows = published.execute("SELECT count(*) FROM mart.metric_values").fetchone()[0]
        pointer = json.loads((home / "published" / "parquet" / "latest.json").read_text())
        report.write_text(json.dumps([counter.count, found, rows, pointer["content_hash"]]))


clean, report = folder / "clean", folder / "report.json"
assert in_child(lambda: run(clean, report=report)) == 0
total, expected, rows, _ = json.loads(report.read_text())
outcomes = []
for number in range(points):
    kill_at = 1 + round(number * (total - 1) / (points - 1))
    home = folder / f"killed-{number}"
    status = in_child(lambda: run(home, kill_at=kill_at))
    report.unlink()
    repaired = in_child(lambda: run(home, report=report))
    again = json.loads(report.read_text()) if report.exists() else None
    outcomes.append([kill_at, os.WTERMSIG(status) if os.WIFSIGNALED(status) else None, repaired, again])
print(json.dumps({"total": total, "expected": expected, "rows": rows, "outcomes": outcomes}))
'''


def _make_homes(folder: Path, names: Sequence[str]) -> None:
    write_demo_home(folder / names[0], DemoFacts(tickets=150, years=0.25, seed=7))
    for name in names[1:]:
        shutil.copytree(folder / names[0], folder / name)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_killed_run_repeats_to_the_same_result(tmp_path: Path) -> None:
    _make_homes(tmp_path, ["clean", *(f"killed-{number}" for number in range(POINTS))])
    driver = tmp_path / "driver.py"
    driver.write_text(_DRIVER, encoding="utf-8")
    told = subprocess.run(
        [sys.executable, "-W", "ignore", str(driver), str(tmp_path), str(POINTS)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert told.returncode == 0, told.stderr[-3000:]
    found = json.loads(told.stdout.splitlines()[-1])
    assert found["rows"] > 1000
    killed = [outcome for outcome in found["outcomes"] if outcome[1] == signal.SIGKILL]
    assert len(killed) == POINTS, found["outcomes"]
    for kill_at, _, repaired, again in found["outcomes"]:
        assert repaired == 0, f"the run after a kill at operation {kill_at} failed"
        assert again[1] == found["expected"], f"another result after a kill at operation {kill_at}"
        assert again[3] == found["expected"], f"Parquet differs from the file after a kill at operation {kill_at}"

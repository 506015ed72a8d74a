"""Kill -9 at any point of a run, then run again: the result is as if nothing had happened.

Once a child process that runs the pipeline sends itself SIGKILL at its n-th database statement or file operation, so
that the points are spread over landing, staging, audit, facts and publication, and the same in every test run. And
once it is killed from outside at instants that are drawn: in the middle of a write, of a checkpoint, of a rename. The
seed, and how many of the kills hit a run that was still running, are printed after the tests. It cannot catch that
signal: no clean-up of ours or of Python's runs.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.demo_home import DemoFacts, write_demo_home

#: Under which a test records how many of its kills hit; `conftest` prints it after the tests.
KILLS = "kills that hit"
#: More of them by hand: KPI_KILLS=100.
POINTS = int(os.environ.get("KPI_KILLS", "10"))
#: Another draw of instants than the last one, or the one that a failure named.
SEED = int(os.environ.get("KPI_KILL_SEED", "") or time.time_ns() % 1_000_000)

_DRIVER = '''
import json, os, random, signal, sys, time
from pathlib import Path

folder, points, seed = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

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


def in_child(work, seconds=None):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = work() or 0
        finally:
            os._exit(code)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def run(home, kill_at=None, report=None):
    # In the child, as everything that opens a database: no thread may have begun where children are forked.
    before = publication(home) if report else None
    counter = Counter(kill_at)
    watch(counter)
    run_project(load_project(Home(home)), reporter=SilentReporter())
    if report:
        with duckdb.connect(str(home / "published" / "kpi.duckdb"), read_only=True) as published:
            found = published.execute("SELECT content_hash FROM meta.run").fetchone()[0]
            rows = published.execute("SELECT count(*) FROM mart.metric_values").fetchone()[0]
        with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
            names = warehouse.execute(
                "SELECT schema_name || '.' || table_name FROM duckdb_tables() "
                "WHERE schema_name IN ('raw', 'stg') OR table_name = 'ops_quarantined_records' ORDER BY ALL"
            ).fetchall()
            kept = {name: warehouse.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in names}
        pointer = json.loads((home / "published" / "parquet" / "latest.json").read_text())
        report.write_text(json.dumps([counter.count, found, rows, pointer["content_hash"], kept, before]))


def publication(home):
    """What a reader finds after the kill: nothing yet, or a whole publication."""
    file = home / "published" / "kpi.duckdb"
    if not file.exists():
        return None
    with duckdb.connect(str(file), read_only=True) as published:
        return published.execute("SELECT content_hash FROM meta.run").fetchone()[0]


clean, report = folder / "clean", folder / "report.json"
began = time.monotonic()
assert in_child(lambda: run(clean, report=report)) == 0
seconds = time.monotonic() - began
total, expected, rows, _, kept, _ = json.loads(report.read_text())
draw = random.Random(int(seed)) if seed else None
outcomes = []
for number in range(points):
    home = folder / f"killed-{number}"
    if draw is None:
        where = 1 + round(number * (total - 1) / (points - 1))
        status = in_child(lambda: run(home, kill_at=where))
    else:
        where = draw.uniform(0, seconds)
        status = in_child(lambda: run(home), seconds=where)
    report.unlink()
    repaired = in_child(lambda: run(home, report=report))
    again = json.loads(report.read_text()) if report.exists() else None
    outcomes.append([where, os.WTERMSIG(status) if os.WIFSIGNALED(status) else None, repaired, again])
print(json.dumps({"expected": expected, "rows": rows, "kept": kept, "seconds": seconds, "outcomes": outcomes}))
'''


def _make_homes(folder: Path, names: Sequence[str]) -> None:
    write_demo_home(folder / names[0], DemoFacts(tickets=150, years=0.25, seed=7))
    _set_a_ticket_aside(folder / names[0] / "landing" / "zendesk_tickets")
    for name in names[1:]:
        shutil.copytree(folder / names[0], folder / name)


def _set_a_ticket_aside(export: Path) -> None:
    """Give one ticket a status that no policy knows: it goes into quarantine, which no kill may lose."""
    file = min(export.iterdir())
    text = file.read_text(encoding="utf-8")
    assert '"value": "open"' in text
    file.write_text(text.replace('"value": "open"', '"value": "escalated"', 1), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("drawn", [False, True], ids=["at every operation", "at any instant"])
def test_a_killed_run_repeats_to_the_same_result(
    drawn: bool, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    _make_homes(tmp_path, ["clean", *(f"killed-{number}" for number in range(POINTS))])
    driver = tmp_path / "driver.py"
    driver.write_text(_DRIVER, encoding="utf-8")
    seed = str(SEED) if drawn else ""
    print(f"KPI_KILL_SEED={seed}")  # Also where the child comes to nothing, and no kill is counted.
    told = subprocess.run(
        [sys.executable, "-W", "ignore", str(driver), str(tmp_path), str(POINTS), seed],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert told.returncode == 0, told.stderr[-3000:]
    found = json.loads(told.stdout.splitlines()[-1])
    assert found["rows"] > 1000
    assert found["kept"]["ops.ops_quarantined_records"] > 0
    killed = [outcome for outcome in found["outcomes"] if outcome[1] == signal.SIGKILL]
    record_property(KILLS, _count_kills(found, killed, seed))
    # A run that is quicker than the one whose time was taken has ended before its instant; under load many are.
    assert len(killed) >= (POINTS / 3 if drawn else POINTS), found["outcomes"]
    for where, _, repaired, again in found["outcomes"]:
        place = f"{where:.3f} of {found['seconds']:.1f} seconds" if drawn else f"operation {where}"
        assert repaired == 0, f"the run after a kill at {place} failed"
        assert again[1] == found["expected"], f"another result after a kill at {place}"
        assert again[3] == found["expected"], f"Parquet differs from the file after a kill at {place}"
        assert again[4] == found["kept"], f"rows are lost or doubled after a kill at {place}"
        assert again[5] in (None, found["expected"]), f"a wrong publication after a kill at {place}"


def _count_kills(found: dict[str, Any], killed: Sequence[Sequence[Any]], seed: str) -> str:
    """How many kills hit a run before it had ended, and how far apart they lay."""
    hit = f"{len(killed)} of {len(found['outcomes'])} kills hit a running run"
    if not killed:
        return hit
    first, last = (edge(outcome[0] for outcome in killed) for edge in (min, max))
    if not seed:
        return f"{hit}, between its operations {first:,} and {last:,}"
    return f"{hit}, after {first:.1f} to {last:.1f} of {found['seconds']:.1f} seconds (KPI_KILL_SEED={seed})"

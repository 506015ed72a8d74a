"""The whole run on a million simulated ticket events, as a multiple of DuckDB merely reading the same CSV.

Both sides are new processes on the same machine, in turn, so that the ratio holds when the machine's speed drifts:

    baseline    DuckDB reads the CSV files into a typed table of a new database file, and checkpoints
    whole run   `kpi run` on a new home: land, stage, audit, measure, publish; everything but the simulator

Run it with `make bench`, or `python -m benchmarks.whole_run --tickets 20000 --runs 1` for a quick look.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pipelines.cli.demo_home import DemoFacts, write_demo_home

EXPORT = "servicenow_incidents"

_BASELINE = """
import sys, duckdb
folder, target = sys.argv[1:]
connection = duckdb.connect(target)
rows = connection.execute(f'''
    CREATE TABLE incident_audit AS
    SELECT * FROM read_csv(
        '{folder}/*.csv', nullstr = '?', timestampformat = '%d/%m/%Y %H:%M:%S',
        types = {{
            'sys_mod_count': 'INTEGER', 'reopen_count': 'INTEGER', 'reassignment_count': 'INTEGER',
            'made_sla': 'BOOLEAN', 'opened_at': 'TIMESTAMP', 'sys_updated_at': 'TIMESTAMP',
            'resolved_at': 'TIMESTAMP', 'closed_at': 'TIMESTAMP'
        }}
    )
''').fetchone()[0]
connection.execute('CHECKPOINT')
print(rows)
"""


@dataclass(frozen=True)
class Timing:
    """One finished process: wall seconds, CPU seconds, peak resident memory."""

    wall: float
    cpu: float
    peak_mebibytes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=320_000, help="tickets to simulate, over all systems")
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each side")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kpi-bench-") as folder:
        _compare(Path(folder), arguments.tickets, arguments.runs)


def _compare(folder: Path, tickets: int, runs: int) -> None:
    home = folder / "home"
    _prepare(home, tickets)
    landing = home / "landing" / EXPORT
    size = sum(path.stat().st_size for path in landing.iterdir())
    baselines, wholes, reruns = [], [], []
    for number in range(runs):
        target = folder / f"baseline-{number}.duckdb"
        baseline, output = _time([sys.executable, "-c", _BASELINE, str(landing), str(target)])
        target.unlink()
        rows = int(output.split()[-1])
        for leftover in ("warehouse.duckdb", "published", ".dagster"):
            path = home / leftover
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        whole, _ = _time([sys.executable, "-m", "pipelines.cli.main", "run", "--home", str(home)])
        rerun, _ = _time([sys.executable, "-m", "pipelines.cli.main", "run", "--home", str(home)])
        baselines.append(baseline)
        wholes.append(whole)
        reruns.append(rerun)
    print(f"{rows:,} events in {size / 2**20:,.0f} MiB of CSV, {os.cpu_count()} cores, median of {runs}")
    print("| process | wall s | CPU s | peak MiB | x baseline (wall, pair by pair) |")
    print("|---|---|---|---|---|")
    for name, timings in (("DuckDB reads the CSV", baselines), ("kpi run", wholes), ("kpi run, nothing new", reruns)):
        ratio = statistics.median(one.wall / base.wall for one, base in zip(timings, baselines, strict=True))
        wall, cpu, peak = (
            statistics.median(getattr(one, part) for one in timings) for part in ("wall", "cpu", "peak_mebibytes")
        )
        print(f"| {name} | {wall:.1f} | {cpu:.1f} | {peak:,.0f} | {ratio:.2f} |")


def _prepare(home: Path, tickets: int) -> None:
    """A demo home that keeps only the ticket export that is a CSV."""
    write_demo_home(home, DemoFacts(tickets=tickets, years=2.0, seed=7))
    for kept, pattern in ((home / "contracts", "*.yaml"), (home / "landing", "*")):
        for path in kept.glob(pattern):
            if path.stem != EXPORT and path.name != EXPORT:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _time(command: list[str]) -> tuple[Timing, str]:
    """Run a command to its end and take the operating system's own account of it."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{output}")
    return Timing(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), output


if __name__ == "__main__":
    main()

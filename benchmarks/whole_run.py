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
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import HEADER, Timing, ratio_rows, time_command
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
    timings: dict[str, list[Timing]] = {"DuckDB reads the CSV": [], "kpi run": [], "kpi run, nothing new": []}
    for number in range(runs):
        target = folder / f"baseline-{number}.duckdb"
        baseline, output = time_command([sys.executable, "-c", _BASELINE, str(landing), str(target)])
        target.unlink()
        rows = int(output.split()[-1])
        for leftover in ("warehouse.duckdb", "published", ".dagster"):
            path = home / leftover
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        whole, _ = time_command([sys.executable, "-m", "pipelines.cli.main", "run", "--home", str(home)])
        rerun, _ = time_command([sys.executable, "-m", "pipelines.cli.main", "run", "--home", str(home)])
        for name, timing in zip(timings, (baseline, whole, rerun), strict=True):
            timings[name].append(timing)
    print(f"{rows:,} events in {size / 2**20:,.0f} MiB of CSV, {os.cpu_count()} cores, median of {runs}")
    for line in (*HEADER, *ratio_rows(timings, "DuckDB reads the CSV")):
        print(line)


def _prepare(home: Path, tickets: int) -> None:
    """A demo home that keeps only the ticket export that is a CSV."""
    write_demo_home(home, DemoFacts(tickets=tickets, years=2.0, seed=7))
    for kept, pattern in ((home / "contracts", "*.yaml"), (home / "landing", "*")):
        for path in kept.glob(pattern):
            if path.stem != EXPORT and path.name != EXPORT:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


if __name__ == "__main__":
    main()

"""The whole run on a million simulated ticket events, as a multiple of DuckDB merely reading the same CSV.

Both sides are new processes on the same machine, in turn, so that the ratio holds when the machine's speed drifts:

    baseline    DuckDB reads the CSV files into a typed table of a new database file, and checkpoints
    whole run   `kpi run` on a new home: land, stage, audit, measure, publish; everything but the simulator
    nothing new `kpi run` once more
    another day `kpi run` when the last day's rows have come as a file of their own, which the runs before lacked

Run it with `make bench`, or `python -m benchmarks.whole_run --tickets 20000 --runs 1` for a quick look.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.timing import HEADER, Timing, ratio_rows, time_command
from pipelines.cli.demo_home import DemoFacts, write_demo_home

EXPORT = "servicenow_incidents"
_FORMAT: Final = "%d/%m/%Y %H:%M:%S"
_WHOLE: Final = "kpi run"
_AGAIN: Final = "kpi run, nothing new"
_DAY: Final = "kpi run, another day"

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
    prepare_home(home, tickets)
    landing = home / "landing" / EXPORT
    day = folder / "another_day.csv"
    day_rows = take_last_day(landing, day)
    size = sum(path.stat().st_size for path in landing.iterdir())
    command = [sys.executable, "-m", "pipelines.cli.main", "run", "--home", str(home)]
    timings: dict[str, list[Timing]] = {"DuckDB reads the CSV": [], _WHOLE: [], _AGAIN: [], _DAY: []}
    for number in range(runs):
        target = folder / f"baseline-{number}.duckdb"
        baseline, output = time_command([sys.executable, "-c", _BASELINE, str(landing), str(target)])
        target.unlink()
        rows = int(output.split()[-1])
        for leftover in ("warehouse.duckdb", "published", ".dagster"):
            path = home / leftover
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        whole, _ = time_command(command)
        rerun, _ = time_command(command)
        shutil.copy2(day, landing)
        another, _ = time_command(command)
        (landing / day.name).unlink()
        for name, timing in zip(timings, (baseline, whole, rerun, another), strict=True):
            timings[name].append(timing)
    print(
        f"{rows:,} events in {size / 2**20:,.0f} MiB of CSV, {day_rows:,} on another day, {os.cpu_count()} cores, "
        f"median of {runs}"
    )
    for line in (*HEADER, *ratio_rows(timings, "DuckDB reads the CSV")):
        print(line)


def take_last_day(landing: Path, target: Path) -> int:
    """Move the rows of the last day from the last file to another, settled as if it had lain there for a while.

    Returns:
        How many rows there are.
    """
    last = max(landing.glob("*.csv"))
    header, *rows = csv.reader(last.open(encoding="utf-8", newline=""))
    told = [datetime.strptime(row[header.index("sys_updated_at")], _FORMAT).replace(tzinfo=UTC) for row in rows]
    ends = max(told) - timedelta(days=1)
    parts: dict[Path, list[list[str]]] = {last: [], target: []}
    for row, at in zip(rows, told, strict=True):
        parts[target if at > ends else last].append(row)
    for path, chosen in parts.items():
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *chosen])
        an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).timestamp()
        os.utime(path, (an_hour_ago, an_hour_ago))
    return len(parts[target])


def prepare_home(home: Path, tickets: int) -> None:
    """A demo home that keeps only the ticket export that is a CSV."""
    write_demo_home(home, DemoFacts(tickets=tickets, years=2.0, seed=7))
    for kept, pattern in ((home / "contracts", "*.yaml"), (home / "landing", "*")):
        for path in kept.glob(pattern):
            if path.stem != EXPORT and path.name != EXPORT:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


if __name__ == "__main__":
    main()

"""A year of daily exports compared, as a multiple of DuckDB merely reading the same CSV.

    baseline        DuckDB reads the CSV files into a typed table of a new database file, and checkpoints
    textbook SQL    the same, and windows over the typed table: each ticket's row beside its row in the file before
    kpi, landing    the files into the raw table of a new warehouse: every value as text, with a hash of its row
    kpi, comparing  from the raw table to tickets and events: what a run does anew when a file has come

Run it with `python -m benchmarks.daily_exports`, or `--tickets 1000 --days 50 --runs 1` for a quick look.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from random import Random

from benchmarks.timing import HEADER, Timing, ratio_rows, time_command
from pipelines.scaffold import HomeFacts, write_home

EXPORT = "daily_tickets"
LAST_DAY = date(2026, 11, 15)
FLOW = {
    "New": ("Active", "Resolved"),
    "Active": ("Awaiting", "Resolved", "Resolved"),
    "Awaiting": ("Active",),
    "Resolved": ("Active", "Closed", "Closed", "Closed"),
    "Closed": ("New",),
}
STATUSES = """
statuses:
  desk: {New: queued, Active: active, Awaiting: waiting, Resolved: done, Closed: done}
"""
_READ = """
import sys, duckdb
folder, target = sys.argv[1:]
connection = duckdb.connect(target)
connection.execute(f'''
    CREATE TABLE tickets AS
    SELECT *, CAST(regexp_extract(filename, '[0-9-]{{10}}') AS DATE) AS snapshot_date
    FROM read_csv('{folder}/*.csv', filename = true, types = {{
        'opened': 'TIMESTAMPTZ', 'first_reply': 'TIMESTAMPTZ', 'resolved': 'TIMESTAMPTZ', 'closed': 'TIMESTAMPTZ'
    }})
''')
"""
_BASELINE = _READ + "connection.execute('CHECKPOINT')"
_TEXTBOOK = (
    _READ
    + """
connection.execute('''
    CREATE TABLE events AS
    SELECT * FROM (
        SELECT number, snapshot_date, state, assigned_team, priority, vendor, resolved, closed,
            lag(state) OVER ticket AS state_before, lag(assigned_team) OVER ticket AS team_before,
            lag(priority) OVER ticket AS priority_before, lag(vendor) OVER ticket AS vendor_before,
            lag(snapshot_date) OVER ticket AS date_before
        FROM tickets WINDOW ticket AS (PARTITION BY number ORDER BY snapshot_date)
    )
    WHERE date_before IS NULL OR state <> state_before OR assigned_team <> team_before
       OR priority <> priority_before OR vendor IS DISTINCT FROM vendor_before
''')
connection.execute('CHECKPOINT')
"""
)
_KPI = """
import sys
from pathlib import Path
from pipelines.home import Home
from pipelines.landing.loads import land_export
from pipelines.project import load_project
from pipelines.readers import Limits
from pipelines.staging.snapshots import read_snapshot_history
from pipelines.warehouse import open_warehouse
step, home = sys.argv[1], Home(Path(sys.argv[2]))
project = load_project(home)
(contract,) = project.contracts
with open_warehouse(home.warehouse) as warehouse, warehouse.transaction():
    if step == "landing":
        land_export(warehouse, contract, home.landing / contract.id, run_id="benchmark", limits=Limits())
    else:
        history = read_snapshot_history(warehouse, [contract], project.policies)
        print(f"{history.events.height:,} events of {history.tickets.height:,} tickets")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=10_000, help="tickets in every file")
    parser.add_argument("--days", type=int, default=400, help="files")
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each side")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kpi-bench-") as folder:
        _compare(Path(folder), arguments.tickets, arguments.days, arguments.runs)


def _compare(folder: Path, tickets: int, days: int, runs: int) -> None:
    home = folder / "home"
    write_home(home, HomeFacts("bench"), templates=[EXPORT], policies={"statuses.yaml": STATUSES})
    landing = home / "landing" / EXPORT
    _write_exports(landing, tickets, days)
    programs = {
        "DuckDB reads the CSV": (_BASELINE, str(landing), "{}/read.duckdb"),
        "textbook DuckDB SQL": (_TEXTBOOK, str(landing), "{}/textbook.duckdb"),
        "kpi, landing": (_KPI, "landing", str(home)),
        "kpi, comparing": (_KPI, "comparing", str(home)),
    }
    timings: dict[str, list[Timing]] = {name: [] for name in programs}
    said = ""
    for number in range(runs):
        place = folder / str(number)
        place.mkdir()
        (home / "warehouse.duckdb").unlink(missing_ok=True)
        for name, (program, *arguments) in programs.items():
            command = [sys.executable, "-c", program, *(each.format(place) for each in arguments)]
            timing, said = time_command(command)
            timings[name].append(timing)
    size = sum(path.stat().st_size for path in landing.iterdir()) / 2**20
    print(f"{tickets * days:,} rows in {days} files, {size:,.0f} MiB of CSV; {said.strip()}\n")
    print("\n".join([*HEADER, *ratio_rows(timings, "DuckDB reads the CSV")]))


def _write_exports(landing: Path, tickets: int, days: int) -> None:
    """Every ticket in every file; on each day one in thirty changes its state, some of them their team."""
    random = Random(7)
    first = LAST_DAY - timedelta(days=days)
    states = ["New"] * tickets
    teams = [random.choice(("Front desk", "Network", "Field")) for _ in range(tickets)]
    rows, resolved = [""] * tickets, [""] * tickets
    changed = range(tickets)
    for number in range(days):
        day = first + timedelta(days=number)
        for ticket in changed:
            at = f"{day:%Y-%m-%d}T{ticket % 24:02}:05:00+0100"
            state = states[ticket] = random.choice(FLOW[states[ticket]]) if number else "New"
            if random.random() < 0.2:
                teams[ticket] = random.choice(("Front desk", "Network", "Field"))
            resolved[ticket] = at if state == "Resolved" else resolved[ticket] if state == "Closed" else ""
            closed = at if state == "Closed" else ""
            opened = f"{first:%Y-%m-%d}T00:00:{ticket % 60:02}+0100"
            rows[ticket] = f"INC{ticket:07},{state},{teams[ticket]},P3,Mail,,{opened},,{resolved[ticket]},{closed}\n"
        header = "number,state,assigned_team,priority,service,vendor,opened,first_reply,resolved,closed\n"
        (landing / f"tickets_{day:%Y-%m-%d}.csv").write_text(header + "".join(rows), encoding="utf-8")
        changed = random.sample(range(tickets), tickets // 30)


if __name__ == "__main__":
    main()

"""One more day on two years of tickets: measuring what changed against measuring everything.

    python -m benchmarks.ticket_increment --events 10000000 --runs 3

The base, everything but the last day, is staged and measured. Then that day's events are staged, and the tickets that
they created or changed. Each time on a fresh copy of that, a new process brings the facts up to date: once by what
changed, once in full. Staging is not timed. Both must come to the same rows. A process that only starts and opens
the database is timed beside them, for a run starts whatever it then has to measure.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import duckdb

from benchmarks.ticket_events import read_parquet
from benchmarks.ticket_forms import Totals, build_tables, session_of, stage, stage_rows
from benchmarks.ticket_kernel import make_data
from benchmarks.timing import HEADER, Timing, ratio_rows, time_command
from models.ddl import qualified_name
from models.tickets import stg_ticket_events, stg_tickets
from pipelines.facts.tickets import note_changes
from pipelines.warehouse import open_warehouse

P = ParamSpec("P")
T = TypeVar("T")
#: The last part of the operation, in hours.
_DELTA_HOURS: Final = 24.0
_FULL: Final = "all tickets measured"
_CHANGED: Final = "only what changed"
_STARTED: Final = "started, nothing measured"
_FACTS: Final = ("fct_ticket_intervals", "fct_tickets", "fct_sla_clocks", "fct_ticket_days")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000, help="events of the whole operation")
    parser.add_argument("--runs", type=int, default=3, help="rounds")
    parser.add_argument("--data", type=Path, help="folder that keeps the data; a temporary one if not given")
    parser.add_argument("--do", nargs=2, metavar=("STEP", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.do:
        step, folder = arguments.do
        print(json.dumps(_STEPS[step](Path(folder))))
        return
    with tempfile.TemporaryDirectory(prefix="kpi-bench-") as scratch:
        data = (arguments.data or Path(scratch)) / f"{arguments.events}-increment"
        make_data(data, arguments.events, "--delta-hours", str(_DELTA_HOURS), "--no-csv")
        print(_compare(data, Path(scratch), arguments.runs))


def _compare(data: Path, scratch: Path, runs: int) -> str:
    home = scratch / "base"
    home.mkdir()
    warehouse = home / "warehouse.duckdb"
    _apart(stage, data / "base", warehouse, home)
    _do("measure", home)
    _apart(stage_delta, data / "delta", warehouse)
    timings: dict[str, list[Timing]] = {_FULL: [], _STARTED: [], _CHANGED: []}
    for _ in range(runs):
        for name, step in ((_FULL, "measure_all"), (_STARTED, "start"), (_CHANGED, "measure")):
            copy = Path(shutil.copytree(home, scratch / step))
            timing, note = _do(step, copy)
            timings[name].append(timing)
        found = _apart(_differences, scratch / "measure_all/warehouse.duckdb", scratch / "measure/warehouse.duckdb")
        if found:
            raise SystemExit(f"measuring what changed does not end as measuring everything does: {found}")
        for step in _STEPS:
            shutil.rmtree(scratch / step)
    said = {part: json.loads((data / part / "operation.json").read_text()) for part in ("base", "delta")}
    heading = (
        f"{said['delta']['events']:,} events of {said['delta']['tickets']:,} tickets on top of "
        f"{said['base']['events']:,} of {said['base']['tickets']:,}: {note}; "
        f"{os.cpu_count()} cores, median of {runs}\n"
    )
    return "\n".join([heading, *HEADER, *ratio_rows(timings, _FULL), ""])


def stage_delta(data: Path, warehouse: Path) -> None:
    """Stage one more export, as the pipeline does: tickets that it tells again take the place of their old rows, events
    are added, and the tickets are noted of which it tells.
    """
    told = {
        stg_tickets: f"FROM '{data / 'tickets'}/*.parquet'",
        stg_ticket_events: f"FROM '{data / 'events'}/*.parquet'",
    }
    kept = {stg_tickets: f"ANTI JOIN ({told[stg_tickets]}) USING (ticket_id)", stg_ticket_events: ""}
    with duckdb.connect(str(warehouse)) as connection:
        for table, rows in told.items():
            old = f"FROM {qualified_name(table)} {kept[table]}"
            connection.execute(f"CREATE TEMP TABLE merged AS {old} UNION ALL BY NAME {rows}")
            stage_rows(connection, table, "FROM merged")
            connection.execute("DROP TABLE merged")
    with open_warehouse(warehouse) as staged:
        note_changes(staged, read_parquet(data))


def _apart(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Call a function in a process of its own: to the system, a timed process has had the memory of the one that
    starts it.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(function, *arguments, **named).result()


def _do(step: str, home: Path) -> tuple[Timing, str]:
    timing, output = time_command([sys.executable, "-m", "benchmarks.ticket_increment", "--do", step, str(home)])
    return timing, json.loads(output.splitlines()[-1])


def _measure(home: Path, *, is_full: bool) -> str:
    with open_warehouse(home / "warehouse.duckdb") as warehouse:
        return build_tables(session_of(warehouse, home, is_full=is_full))


def _start(home: Path) -> str:
    """What every run does first: its imports, and looking up what an asset was built from."""
    with open_warehouse(home / "warehouse.duckdb") as warehouse:
        session_of(warehouse, home).input_hash_of(_FACTS[0])
    return ""


_STEPS: Final[dict[str, Callable[[Path], str]]] = {
    "start": _start,
    "measure": lambda home: _measure(home, is_full=False),
    "measure_all": lambda home: _measure(home, is_full=True),
}


def _differences(full: Path, changed: Path) -> Totals:
    """Rows that only one of two warehouses has, counted by table and side."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{full}' AS complete (READ_ONLY)")
        connection.execute(f"ATTACH '{changed}' AS partial (READ_ONLY)")
        found: Totals = {}
        for table in _FACTS:
            for one, other in (("complete", "partial"), ("partial", "complete")):
                query = f"SELECT count(*) FROM (FROM {one}.core.{table} EXCEPT ALL FROM {other}.core.{table})"
                row = connection.execute(query).fetchone()
                if row and row[0]:
                    found.setdefault(table, {})[f"only in {one}"] = row[0]
        return found


if __name__ == "__main__":
    main()

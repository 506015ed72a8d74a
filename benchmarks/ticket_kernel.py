"""The ticket kernel and its rivals, as multiples of DuckDB merely reading the same CSV into typed tables.

    python -m benchmarks.ticket_kernel --events 1000000 10000000 --runs 3

Every form is a new process, in turn, in rounds that begin with the baseline; the forms are in `benchmarks.ticket_forms`
and must come to the same totals. `--data DIR` keeps the made-up data for the next time; `--publish` writes the table
into `benchmarks/README.md`, which is for a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import models.tickets
from benchmarks import operation, ticket_draws, ticket_events, ticket_history, ticket_scripts
from benchmarks.timing import HEADER, Timing, ratio_rows, time_command

BASELINE: Final = "DuckDB reads the CSV"
#: Forms to time, by what they are called in the table.
TIMED: Final = {
    "kernel": "kernel",
    "facts": "kernel, facts stored",
    "metrics": "kernel, facts stored, all metrics",
    "polars": "textbook Polars",
    "sql": "textbook DuckDB SQL",
}
RIVALS: Final = ("polars", "sql")
#: Beyond so many events the textbook forms take more memory than most machines have, and are run only when asked for.
_LARGEST_FOR_RIVALS: Final = 10_000_000
#: Modules on which the data depend.
_MAKERS: Final = (operation, ticket_draws, ticket_events, ticket_history, ticket_scripts, models.tickets)
_README: Final = Path(__file__).with_name("README.md")
_MARKS: Final = ("<!-- ticket_kernel: begin -->\n", "<!-- ticket_kernel: end -->\n")

_READ_CSV: Final = """
import sys, duckdb
data, target = sys.argv[1:]
types = {
    'events': {'occurred_at': 'TIMESTAMP', 'event_sequence': 'BIGINT', 'is_public_agent_reply': 'BOOLEAN'},
    'tickets': {'created_at': 'TIMESTAMP'},
}
connection = duckdb.connect(target)
for name, typed in types.items():
    connection.execute(f"CREATE TABLE {name} AS FROM read_csv('{data}/{name}.csv', types = {typed})")
connection.execute('CHECKPOINT')
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000], help="sizes to time, in events")
    parser.add_argument("--runs", type=int, default=3, help="rounds")
    parser.add_argument("--forms", nargs="+", choices=TIMED, help="forms to time; all that fit if not given")
    parser.add_argument("--data", type=Path, help="folder that keeps the data; a temporary one if not given")
    parser.add_argument("--publish", action="store_true", help="write the tables into benchmarks/README.md")
    arguments = parser.parse_args()
    tables = []
    with tempfile.TemporaryDirectory(prefix="kpi-bench-") as scratch:
        for events in arguments.events:
            forms = arguments.forms or [form for form in TIMED if events <= _LARGEST_FOR_RIVALS or form not in RIVALS]
            data = (arguments.data or Path(scratch)) / str(events)
            tables.append(_compare(data, Path(scratch), events, forms, arguments.runs))
            print(tables[-1])
            if not arguments.data:
                shutil.rmtree(data)
    if arguments.publish:
        _publish("\n".join(tables))


def _compare(data: Path, scratch: Path, events: int, forms: Sequence[str], runs: int) -> str:
    made = make_data(data, events)
    staged = scratch / "staged.duckdb"
    _run_form("stage", data, staged, scratch)
    timings: dict[str, list[Timing]] = {BASELINE: [], **{TIMED[form]: [] for form in forms}}
    for _ in range(runs):
        target = scratch / "baseline.duckdb"
        timings[BASELINE].append(time_command([sys.executable, "-c", _READ_CSV, str(data), str(target)])[0])
        target.unlink()
        totals = {}
        for form in forms:
            home = scratch / "home"
            home.mkdir()
            warehouse = Path(shutil.copy(staged, home / "warehouse.duckdb"))
            timing, output = _run_form(form, data, warehouse, home)
            timings[TIMED[form]].append(timing)
            totals[form] = json.loads(output.splitlines()[-1])
            shutil.rmtree(home)
        _check_totals(totals)
    staged.unlink()
    size = sum((data / name).stat().st_size for name in ("events.csv", "tickets.csv"))
    heading = (
        f"{made['events']:,} events of {made['tickets']:,} tickets in {size / 2**20:,.0f} MiB of CSV, "
        f"{os.cpu_count()} cores, median of {runs}\n"
    )
    return "\n".join([heading, *HEADER, *ratio_rows(timings, BASELINE), ""])


def make_data(folder: Path, events: int, *more: str) -> dict[str, int]:
    """Make data of a size in a new process, unless the folder holds just that. Returns what is in it."""
    code = "".join(inspect.getsource(module) for module in _MAKERS)
    stamp = folder / "made.txt"
    wanted = f"{hashlib.sha256(code.encode()).hexdigest()} {events} {' '.join(more)}\n"
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        command = ["-m", "benchmarks.ticket_events", "--events", str(events), "--out", str(folder), *more]
        time_command([sys.executable, *command])
        stamp.write_text(wanted)
    said = folder / "operation.json"
    return json.loads(said.read_text()) if said.is_file() else {}


def _run_form(form: str, data: Path, warehouse: Path, scratch: Path) -> tuple[Timing, str]:
    options = ["--data", str(data), "--warehouse", str(warehouse), "--scratch", str(scratch)]
    return time_command([sys.executable, "-m", "benchmarks.ticket_forms", form, *options])


def _check_totals(totals: dict[str, dict[str, dict[str, int]]]) -> None:
    """Whoever is fast must also be right."""
    (first, expected), *others = totals.items()
    for form, found in others:
        for table, sums in expected.items():
            wrong = [name for name, total in sums.items() if found[table][name] != total]
            if wrong:
                raise SystemExit(f"{form} and {first} do not agree on {table}: {', '.join(wrong)}")


def _publish(text: str) -> None:
    readme = _README.read_text(encoding="utf-8")
    before, _, rest = readme.partition(_MARKS[0])
    _, _, after = rest.partition(_MARKS[1])
    _README.write_text(f"{before}{_MARKS[0]}\n{text}\n{_MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

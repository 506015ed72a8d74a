"""Forty rules over ten million rows, as a multiple of merely reading the values that they judge.

    python -m benchmarks.gate --events 10000000 --runs 3

The rules are evaluated as a run does it, by Great Expectations over the build database, once the packaged ones on the
staged tickets and events, once forty on the events alone: the packaged ones, and made-up ones on each text. The
baseline is DuckDB reading every column of both tables once. Each is a new process on the same file. What one costs
before the first rule, mostly importing Great Expectations, is timed by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.ticket_kernel import make_data
from benchmarks.timing import HEADER, Timing, ratio_rows, time_command
from data_contracts.loader import load_warehouse_contract, packaged_warehouse_contracts
from data_contracts.spec import Rule
from models.tickets import stg_ticket_events
from models.vocabulary import Domain, RuleState
from pipelines.gate.audit import audit, offer_data_clock
from pipelines.warehouse import Warehouse, open_warehouse

BASELINE: Final = "DuckDB reads every value once"
_EVENTS: Final = "stg.stg_ticket_events"
_TABLES: Final = ("stg.stg_tickets", _EVENTS)
_ROUND_NUMBER: Final = 40

_SCAN: Final = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for table in sys.argv[2:]:
    connection.sql(f"SELECT max(COLUMNS(*)) FROM {table}").fetchall()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000, help="events to stage")
    parser.add_argument("--runs", type=int, default=3, help="rounds")
    parser.add_argument("--data", type=Path, help="folder that keeps the made-up data; a temporary one if not given")
    parser.add_argument("--do", nargs=2, metavar=("RULES", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.do:
        rules, file = arguments.do
        print(json.dumps(_evaluate(_RULES[rules](), Path(file))))
        return
    with tempfile.TemporaryDirectory(prefix="kpi-bench-") as scratch:
        data = (arguments.data or Path(scratch)) / str(arguments.events)
        print(_compare(data, Path(scratch), arguments.events, arguments.runs))


def _compare(data: Path, scratch: Path, events: int, runs: int) -> str:
    made = make_data(data, events, "--no-csv")
    file = scratch / "warehouse.duckdb"
    # In a process of its own: the peak that the system tells of a child begins with what its parent holds.
    staging = ["--data", str(data), "--warehouse", str(file), "--scratch", str(scratch)]
    time_command([sys.executable, "-m", "benchmarks.ticket_forms", "stage", *staging])
    timings: dict[str, list[Timing]] = {BASELINE: [], **{name: [] for name in _RULES}}
    lines = []
    for run in range(runs):
        timings[BASELINE].append(time_command([sys.executable, "-c", _SCAN, str(file), *_TABLES])[0])
        for name in _RULES:
            timing, output = time_command([sys.executable, "-m", "benchmarks.gate", "--do", name, str(file)])
            timings[name].append(timing)
            lines += [f"- {name}: {output.splitlines()[-1]}"] if run == runs - 1 else []
    heading = (
        f"{made['events']:,} events of {made['tickets']:,} tickets, {file.stat().st_size / 2**20:,.0f} MiB of DuckDB, "
        f"{os.cpu_count()} cores, median of {runs}:\n"
    )
    return "\n".join([heading, *HEADER, *ratio_rows(timings, BASELINE), "", *lines, ""])


def _packaged() -> list[Rule]:
    """The packaged rules on the two tables."""
    contract = load_warehouse_contract(packaged_warehouse_contracts()[Domain.TICKETS], "tickets")
    return [rule for rule in contract.rules if rule.table_name in _TABLES]


def _forty() -> list[Rule]:
    """The packaged rules on events, and made-up ones on their texts that all rows keep."""
    document = yaml.safe_load(packaged_warehouse_contracts()[Domain.TICKETS])
    (events,) = [table for table in document["schema"] if table["physicalName"] == _EVENTS]
    texts = [column.name for column in stg_ticket_events.columns if column.type.python_type is str]
    made_up = [
        _made_up(f"ticket_events.{column}.{name}", condition.format(column=column))
        for name, condition in (("short", "length({column}) > 5000"), ("no_tab", "contains({column}, chr(9))"))
        for column in texts
    ] + [_made_up("ticket_events.row_number.positive", "row_number < 0")]
    events["quality"] += made_up[: _ROUND_NUMBER - len(events["quality"])]
    document["schema"] = [events]
    return list(load_warehouse_contract(yaml.safe_dump(document), "forty").rules)


def _made_up(name: str, condition: str) -> dict[str, Any]:
    query = f"SELECT ticket_id FROM {_EVENTS} WHERE {condition}"
    return {
        "name": name,
        "description": "A rule of the benchmark.",
        "dimension": "conformity",
        "severity": "info",
        "type": "custom",
        "engine": "greatExpectations",
        "implementation": {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}},
        "customProperties": [{"property": "action", "value": "warn"}],
    }


#: What the process does, by what it is called in the table.
_RULES: Final = {
    "started, no rule": list[Rule],
    "packaged rules on tickets and events": _packaged,
    f"{_ROUND_NUMBER} rules on events": _forty,
}


def _evaluate(rules: list[Rule], file: Path) -> dict[str, float]:
    """Evaluate rules as a run does.

    Raises:
        SystemExit: a rule could not be evaluated; then nothing was measured.
    """
    import great_expectations  # noqa: F401  # slow to import: every process pays for it, also that without a rule

    with open_warehouse(file) as warehouse:
        ((latest,),) = warehouse.rows(f"SELECT max(occurred_at) FROM {_EVENTS}")
        offer_data_clock(warehouse, latest)
        listed = {
            rule.listed_dimension: _names(warehouse, rule.listed_dimension) for rule in rules if rule.listed_dimension
        }
        started = time.perf_counter()
        with warehouse.transaction():
            results = audit(warehouse, rules, reporting_currency="EUR", listed_names=listed)
        seconds = time.perf_counter() - started
    failures = [f"{each.rule.id}: {each.error}" for each in results if each.state not in _EVALUATED]
    if failures:
        raise SystemExit("\n".join(["rules that were not evaluated:", *failures]))
    return {
        "rules": len(rules),
        "of them broken": sum(each.state is RuleState.FAILED for each in results),
        "rows that break them": sum(each.failed_count or 0 for each in results),
        "seconds without starting": round(seconds, 1),
    }


def _names(warehouse: Warehouse, dimension: str) -> list[str]:
    """All names of a dimension, so that rules hold each row against a list in which it is; of none, one that is not."""
    found = warehouse.rows(f"SELECT DISTINCT {dimension} FROM stg.stg_tickets WHERE {dimension} IS NOT NULL")
    return [str(name) for (name,) in found] or ["(none)"]


_EVALUATED: Final = (RuleState.PASSED, RuleState.FAILED)


if __name__ == "__main__":
    main()

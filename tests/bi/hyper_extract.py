"""An extract for Tableau, written by us and read back by Tableau's own library, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

_PROGRAM = """
import json, sys
from pathlib import Path
from pipelines.publish.hyper import write_hyper

file, path, metrics = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
write_hyper(file, path)
from tableauhyperapi import Connection, HyperProcess, Telemetry

quiet = {"log_config": ""}
with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters=quiet) as process:
    with Connection(process.endpoint, str(path)) as connection:
        found = {
            metric: [
                [str(row[0]), row[1], row[2], None if row[3] is None else row[3].hex()]
                for row in connection.execute_list_query(
                    "SELECT period_start_date, dimension, dimension_value, value FROM mart.kpi_" + metric +
                    " WHERE period_grain = 'month'"
                )
            ]
            for metric in metrics
        }
        tables = {
            f"{schema.name.unescaped}.{table.name.unescaped}": {
                column.name.unescaped: str(column.type)
                for column in connection.catalog.get_table_definition(table).columns
            }
            for schema in connection.catalog.get_schema_names()
            for table in connection.catalog.get_table_names(schema)
        }
        money = connection.execute_list_query(
            "SELECT cost_line_id, CAST(amount_reporting AS TEXT) FROM mart.cost_line_facts"
        )
print(json.dumps({"values": found, "tables": tables, "money": money}))
"""


def written_and_read(file: Path, path: Path, metrics: Sequence[str]) -> dict[str, Any]:
    """Write a published file as an extract, and what Tableau's library finds in it.

    Returns:
        `values`: metric -> rows of first day, breakdown, value of it, and the month's number (see `number_of`);
        `tables`: table -> types of its columns; `money`: amounts of cost lines, as texts.
    """
    checkout = os.environ.get("KPI_BI_TOOLS")
    if not checkout:
        pytest.skip("KPI_BI_TOOLS names no folder with BI tools; run `make bi-test`")
    libraries = sorted(Path(checkout).glob(".venv-bi-hyper/lib/python*/site-packages"))
    if not libraries:
        pytest.skip(".venv-bi-hyper is not installed; run `make bi-test`")
    told = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(file), str(path), *metrics],
        capture_output=True, text=True, check=False, timeout=300, cwd=path.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), str(libraries[-1])])},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return found


def number_of(text: str | None) -> float | None:
    """A number of `values`."""
    return None if text is None else float.fromhex(text)

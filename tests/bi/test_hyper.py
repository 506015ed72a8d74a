"""The Tableau extract, written and read back by Tableau's own library, in an environment of its own."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from metrics.registry import HEADLINES

pytestmark = [pytest.mark.bi, pytest.mark.slow]

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


def test_tableau_reads_the_same_numbers(
    published_file: Path, published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    checkout = os.environ.get("KPI_BI_TOOLS")
    if not checkout:
        pytest.skip("KPI_BI_TOOLS names no folder with BI tools; run `make bi-test`")
    libraries = sorted(Path(checkout).glob(".venv-bi-hyper/lib/python*/site-packages"))
    if not libraries:
        pytest.skip(".venv-bi-hyper is not installed; run `make bi-test`")
    metrics = [metric.name for metric in HEADLINES]
    told = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(published_file), str(tmp_path / "kpi.hyper"), *metrics],
        capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), str(libraries[-1])])},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout.splitlines()[-1])
    for metric in metrics:
        query = (
            "SELECT period_start_date::VARCHAR, dimension, dimension_value, value FROM mart.metric_values "
            "WHERE metric = ? AND period_grain = 'month'"
        )
        expected = {(*row[:3], _bits(row[3])) for row in published.execute(query, [metric]).fetchall()}
        assert {(*row[:3], _bits(_number(row[3]))) for row in found["values"][metric]} == expected
        assert len(expected) > 5
    relations = published.execute(
        "SELECT DISTINCT schema_name || '.' || table_name FROM duckdb_columns() WHERE schema_name IN ('mart', 'meta')"
    ).fetchall()
    assert found["tables"].keys() == {name for (name,) in relations}
    types = found["tables"]["mart.cost_line_facts"]
    assert types["amount_reporting"] == "NUMERIC(18, 4)"
    assert types["posting_date"] == "DATE"
    assert found["tables"]["mart.ticket_facts"]["created_at"] == "TIMESTAMP_TZ"
    money = published.execute("SELECT cost_line_id, amount_reporting::VARCHAR FROM mart.cost_line_facts").fetchall()
    assert sorted(map(tuple, found["money"])) == sorted(money)
    assert [path.name for path in tmp_path.iterdir()] == ["kpi.hyper"]


def _number(text: str | None) -> float | None:
    return None if text is None else float.fromhex(text)


def _bits(number: float | None) -> bytes | None:
    return None if number is None else struct.pack("<d", number)

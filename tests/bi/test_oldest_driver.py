"""The published file opens with the oldest driver that BI tools ship, and every relation reads as it does in ours."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

pytestmark = [pytest.mark.bi, pytest.mark.slow]

_PROGRAM = """
import duckdb, json, sys
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    # A machine at work elsewhere takes seconds for a query, and a bar would stand in what is printed.
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET TimeZone = 'UTC'")
    found = {}
    for name in json.loads(sys.argv[2]):
        rows = connection.execute(f"SELECT COLUMNS(*)::VARCHAR FROM {name}").fetchall()
        types = [row[:2] for row in connection.execute(f"DESCRIBE FROM {name}").fetchall()]
        found[name] = [types, sorted(str(row) for row in rows)]
print(json.dumps([duckdb.__version__, found]))
"""


def test_duckdb_1_4_reads_everything(
    tool: Callable[[str, str], Path], published_file: Path, published: duckdb.DuckDBPyConnection
) -> None:
    query = "SELECT DISTINCT schema_name || '.' || table_name FROM duckdb_columns() WHERE NOT internal ORDER BY 1"
    names = [name for (name,) in published.execute(query).fetchall()]
    command = [str(tool("duckdb", "python")), "-c", _PROGRAM, str(published_file), json.dumps(names)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert told.returncode == 0, told.stderr
    version, found = json.loads(told.stdout)
    assert version == "1.4.0"
    assert len(found) == len(names) >= 180
    published.execute("SET TimeZone = 'UTC'")
    for name in names:
        rows = published.execute(f"SELECT COLUMNS(*)::VARCHAR FROM {name}").fetchall()
        types = [list(row[:2]) for row in published.execute(f"DESCRIBE FROM {name}").fetchall()]
        assert found[name] == [types, sorted(str(row) for row in rows)], name

"""The build database: transactions, exact types, one writer, no way out to files."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from models.finance import stg_cost_lines
from models.ops import ops_runs
from models.tickets import fct_tickets
from pipelines.warehouse import open_warehouse


def _run(run_id: str) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "run_id": run_id,
                "started_at": datetime(2026, 3, 29, 1, 30, 0, 123456, UTC),
                "state": "running",
                "code_hash": "",
            }
        ]
    )


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "w.duckdb") as warehouse:
        with pytest.raises(RuntimeError, match="stop"), warehouse.transaction():
            warehouse.append(ops_runs, _run("r1"))
            assert warehouse.count(ops_runs) == 1
            raise RuntimeError("stop")
        assert warehouse.count(ops_runs) == 0


def test_instants_keep_their_microseconds_and_money_its_digits(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "w.duckdb") as warehouse:
        warehouse.append(ops_runs, _run("r1"))
        warehouse.append(
            stg_cost_lines, pl.DataFrame({"cost_line_id": ["a"], "amount_original": [Decimal("-12345678901234.5678")]})
        )
        assert warehouse.read(ops_runs)["started_at"][0] == datetime(2026, 3, 29, 1, 30, 0, 123456, UTC)
        assert warehouse.read(stg_cost_lines)["amount_original"][0] == Decimal("-12345678901234.5678")


def test_replace_makes_the_frame_the_whole_content(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "w.duckdb") as warehouse:
        warehouse.append(ops_runs, _run("r1"))
        warehouse.replace(ops_runs, _run("r2"))
        assert warehouse.read(ops_runs)["run_id"].to_list() == ["r2"]


@pytest.mark.parametrize(
    "statement", ["SELECT * FROM read_csv('/etc/passwd')", "COPY (SELECT 1) TO 'x.csv'", "ATTACH 'y.db'"]
)
def test_the_connection_cannot_reach_files(tmp_path: Path, statement: str) -> None:
    with (
        open_warehouse(tmp_path / "w.duckdb") as warehouse,
        pytest.raises(duckdb.Error, match=r"(?i)disabled|permission"),
    ):
        warehouse.execute(statement)


def test_a_second_process_is_told_who_holds_the_warehouse(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    code = (
        "import sys, pathlib\n"
        "from pipelines.warehouse import open_warehouse, WarehouseBusyError\n"
        "try:\n"
        "    with open_warehouse(pathlib.Path(sys.argv[1])): pass\n"
        "except WarehouseBusyError as error:\n"
        "    print(error)\n"
    )
    with open_warehouse(path):
        told = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert "in use by another run" in told.stdout


def test_a_changed_declaration_rebuilds_derived_tables_and_keeps_memory(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    with open_warehouse(path) as warehouse:
        warehouse.append(ops_runs, _run("r1"))
        warehouse.execute("ALTER TABLE ops.ops_runs DROP COLUMN message")
        warehouse.execute("ALTER TABLE core.fct_tickets ADD COLUMN old_column VARCHAR")
    with open_warehouse(path) as warehouse:
        assert warehouse.read(ops_runs)["run_id"].to_list() == ["r1"]
        columns = [row[0] for row in warehouse.rows("SELECT column_name FROM (DESCRIBE core.fct_tickets)")]
        assert columns == [column.name for column in fct_tickets.columns]

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

from models.ddl import comment_statements, create_table, polars_schema, qualified_name
from models.enumerations import MOST_VALUES, columns_with_few_values
from models.finance import stg_cost_lines
from models.marts import metric_values
from models.ops import ops_runs
from models.tickets import fct_tickets
from pipelines.warehouse import Warehouse, open_warehouse


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


def _values(*values: str) -> pl.DataFrame:
    """Metric values, one of each breakdown value that is given."""
    rows = [{"metric": "m", "period_grain": "month", "dimension": "team", "dimension_value": v} for v in values]
    return pl.DataFrame(rows, schema=polars_schema(metric_values))


def _types(warehouse: Warehouse) -> dict[str, str]:
    return dict(warehouse.rows(f"SELECT column_name, column_type FROM (DESCRIBE {qualified_name(metric_values)})"))


def test_texts_with_few_values_are_enumerated_and_read_as_text(tmp_path: Path) -> None:
    """In the order of text, and beside other text, so that no query can tell."""
    given = ["b", "", "it's, \\ \n", "Zoë", "(none)", "a", "B"]
    with open_warehouse(tmp_path / "w.duckdb") as warehouse:
        warehouse.replace(metric_values, _values(*given))
        types = _types(warehouse)
        assert {name for name, type_ in types.items() if type_.startswith("ENUM")} == set(
            columns_with_few_values(metric_values)
        ) - {"unit"}, "a column without values has nothing to enumerate"
        assert warehouse.read(metric_values).schema == polars_schema(metric_values)
        name = qualified_name(metric_values)
        ordered = [row[0] for row in warehouse.rows(f"SELECT dimension_value FROM {name} ORDER BY dimension_value")]
        assert ordered == sorted(given)
        assert warehouse.rows(f"SELECT max(dimension_value) FROM {name}") == [(max(given),)]
        assert warehouse.rows(f"SELECT count(*) FROM {name} WHERE dimension = 'not one of them'") == [(0,)]
        comments = "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'metric_values' AND comment IS NULL"
        assert warehouse.rows(comments) == [(0,)]


def test_values_that_are_new_take_the_place_of_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    for given in (["a"], ["b", "c"], [], [f"v{number:06}" for number in range(MOST_VALUES + 1)], ["nul\0"], ["d"]):
        with open_warehouse(path) as warehouse:
            warehouse.replace(metric_values, _values(*given))
        with open_warehouse(path) as warehouse:
            assert warehouse.read(metric_values)["dimension_value"].to_list() == given


def test_values_that_an_enumeration_lacks_are_added_to_it(tmp_path: Path) -> None:
    """Appended piece by piece in one transaction, as facts are: nothing is lost, and order is that of the text."""
    pieces = [["b", "b"], ["a", "b"], [], ["c", "", "Zoë"], ["a"]]
    expected = [value for piece in pieces for value in piece]
    with open_warehouse(tmp_path / "w.duckdb") as warehouse:
        warehouse.create_again(metric_values, {"metric": ["m"], "dimension_value": ["b"]})
        with warehouse.transaction():
            for piece in pieces:
                warehouse.append(metric_values, _values(*piece).with_columns(pl.col("dimension").cast(pl.Categorical)))
        assert warehouse.read(metric_values)["dimension_value"].to_list() == expected
        assert warehouse.enumerations(metric_values)["dimension_value"] == sorted(set(expected))
        assert warehouse.enumerations(metric_values)["dimension"] == ["team"], "the first rows say what is few"
        encoded = warehouse.read_encoded(metric_values, ["dimension_value"]).to_series()
        assert (encoded.dtype, encoded.cast(pl.String).to_list()) == (pl.Categorical, expected)
        with pytest.raises(RuntimeError, match="stop"), warehouse.transaction():
            warehouse.append(metric_values, _values("never"))
            raise RuntimeError("stop")
        assert warehouse.read(metric_values)["dimension_value"].to_list() == expected


@pytest.mark.parametrize(
    "more", [["c"], ["a", "Zoë"], [], ["nul\0"], [f"v{number:06}" for number in range(MOST_VALUES)]]
)
def test_rows_take_the_place_of_others_whatever_their_texts(tmp_path: Path, more: list[str]) -> None:
    """Nothing but these rows changes, in one transaction or none, and later ones can be added."""
    kept, replaced = ["b", "a", "b"], ["x", "y"]
    with open_warehouse(tmp_path / "w.duckdb") as warehouse:
        warehouse.replace(metric_values, _values(*kept, *replaced).with_columns(eligible_count=pl.int_range(pl.len())))
        gone, new = pl.Series([3, 4, 77]), _values(*more).with_columns(pl.lit(9).alias("eligible_count"))
        with pytest.raises(RuntimeError, match="stop"), warehouse.transaction():
            warehouse.replace_rows(metric_values, "eligible_count", gone, new)
            raise RuntimeError("stop")
        assert warehouse.read(metric_values)["dimension_value"].to_list() == [*kept, *replaced]
        with warehouse.transaction():
            warehouse.replace_rows(metric_values, "eligible_count", gone, new)
            warehouse.append(metric_values, _values("later"))
        assert warehouse.read(metric_values)["dimension_value"].to_list() == [*kept, *more, "later"]
        comments = "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'metric_values' AND comment IS NULL"
        assert warehouse.rows(comments) == [(0,)]


@pytest.mark.parametrize("more", [[f"v{number:06}" for number in range(MOST_VALUES + 1)], ["nul\0"]])
def test_an_enumeration_that_is_not_worth_it_any_longer_becomes_text(tmp_path: Path, more: list[str]) -> None:
    with open_warehouse(tmp_path / "w.duckdb") as warehouse:
        for piece in (["a"], more, ["b"]):
            warehouse.append(metric_values, _values(*piece))
        assert warehouse.read(metric_values)["dimension_value"].to_list() == ["a", *more, "b"]
        assert _types(warehouse)["dimension_value"] == "VARCHAR"
        assert _types(warehouse)["metric"] == "ENUM('m')"


def test_a_database_of_a_version_that_stored_text_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    with open_warehouse(path) as warehouse:
        warehouse.execute(f"DROP TABLE {qualified_name(metric_values)}")
        for statement in (create_table(metric_values), *comment_statements(metric_values)):
            warehouse.execute(statement)
        warehouse.insert(qualified_name(metric_values), _values("old"))
    with open_warehouse(path) as warehouse:
        assert warehouse.read(metric_values)["dimension_value"].to_list() == ["old"], "values of held metrics stay"
        assert _types(warehouse)["dimension_value"] == "VARCHAR"
        with pytest.raises(RuntimeError, match="stop"), warehouse.transaction():
            warehouse.replace(metric_values, _values("new"))
            raise RuntimeError("stop")
        assert warehouse.read(metric_values)["dimension_value"].to_list() == ["old"]
        warehouse.replace(metric_values, _values("new"))
        assert _types(warehouse)["dimension_value"] == "ENUM('new')"

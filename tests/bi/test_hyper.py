"""The Tableau extract, written and read back by Tableau's own library, in an environment of its own."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hyper_extract import number_of, written_and_read
from number_readers import bits

from metrics.registry import HEADLINES

pytestmark = [pytest.mark.bi, pytest.mark.slow]


def test_tableau_reads_the_same_numbers(
    published_file: Path, published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    metrics = [metric.name for metric in HEADLINES]
    found = written_and_read(published_file, tmp_path / "kpi.hyper", metrics)
    for metric in metrics:
        query = (
            "SELECT period_start_date::VARCHAR, dimension, dimension_value, value FROM mart.metric_values "
            "WHERE metric = ? AND period_grain = 'month'"
        )
        expected = {(*row[:3], bits(row[3])) for row in published.execute(query, [metric]).fetchall()}
        assert {(*row[:3], bits(number_of(row[3]))) for row in found["values"][metric]} == expected
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
    assert (tmp_path / "kpi.hyper").stat().st_mode == published_file.stat().st_mode, (
        "who may read one may read the other"
    )

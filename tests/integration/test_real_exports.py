"""Payments and deliveries of real exports: published numbers equal plain SQL over the raw files. No Python but this.

The SQL below knows nothing of the pipeline: it reads the gzipped CSV with DuckDB and computes each number in the most
direct way. Contracts and policies are in `real_exports/homes`. Tickets have tests of their own in `real_exports`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from real_exports.real_homes import LANDINGS, run_home

pytestmark = [pytest.mark.real_exports, pytest.mark.xdist_group("real_payments_and_deliveries")]

_FILES = LANDINGS["payments_and_deliveries"]


@pytest.fixture(scope="module")
def published(real_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    real = run_home("payments_and_deliveries", real_exports, tmp_path_factory.mktemp("real"))
    with duckdb.connect(str(real.home.published_file), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def raw(real_exports: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name, export in (("payments", "north_tyneside_spend"), ("deliveries", "scms_deliveries")):
            files = [str(real_exports / file) for file in _FILES[export]]
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv({files}, all_varchar = true)")
        yield connection


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def _months(connection: duckdb.DuckDBPyConnection, metric: str, columns: str = "value") -> list[tuple[Any, ...]]:
    return connection.execute(
        f"SELECT period_start_date, {columns} FROM mart.metric_values "
        f"WHERE metric = '{metric}' AND period_grain = 'month' AND dimension = 'overall' AND measured_count > 0 "
        "ORDER BY period_start_date"
    ).fetchall()


def test_spend_totals_to_the_penny_with_the_sign_of_credits(
    published: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection
) -> None:
    amount = 'CAST("Net Amount" AS DECIMAL(18, 2))'
    expected = _one(raw, f"SELECT count(*), sum({amount}), sum({amount}) FILTER ({amount} < 0) FROM payments")
    found = _one(
        published,
        """
        SELECT count(*), sum(amount_reporting), sum(amount_reporting) FILTER (amount_reporting < 0)
        FROM core.fct_cost_lines
        """,
    )
    assert found == expected


def test_cost_per_paid_document_by_month_and_service(
    published: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection
) -> None:
    amount = 'sum(CAST("Net Amount" AS DECIMAL(18, 2)))'
    documents = 'count(DISTINCT ("Payment Date", "Transaction Number"))'
    month = "CAST(date_trunc('month', CAST(\"Payment Date\" AS DATE)) AS DATE)"
    expected = raw.execute(
        f"SELECT {month} AS month, {amount}, {documents} FROM payments GROUP BY month ORDER BY month"
    )
    found = _months(published, "cost_per_transaction_reporting", "numerator, denominator, value")
    for (month_found, numerator, denominator, value), (month_expected, total, count) in zip(
        found, expected.fetchall(), strict=True
    ):
        assert month_found == month_expected
        assert (numerator, denominator) == (float(total), float(count))
        assert value == pytest.approx(float(total / count), rel=1e-12)


def test_on_time_delivery_overall_and_by_vendor(
    published: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection
) -> None:
    on_time = (
        "CAST(strptime(\"Delivered to Client Date\", '%d-%b-%y') <= "
        "strptime(\"Scheduled Delivery Date\", '%d-%b-%y') AS INT)"
    )
    expected = raw.execute(
        f"SELECT Vendor, sum({on_time}), count(*) FROM deliveries GROUP BY Vendor ORDER BY Vendor"
    ).fetchall()
    found = published.execute(
        """
        SELECT dimension_value, sum(numerator), sum(denominator) FROM mart.metric_values
        WHERE metric = 'vendor_on_time_delivery_ratio' AND period_grain = 'month' AND dimension = 'vendor'
        GROUP BY dimension_value ORDER BY dimension_value
        """
    ).fetchall()
    assert found == [(vendor, float(hits), float(count)) for vendor, hits, count in expected]
    overall = _one(
        published,
        """
        SELECT sum(numerator), sum(denominator) FROM mart.metric_values
        WHERE metric = 'vendor_on_time_delivery_ratio' AND period_grain = 'month' AND dimension = 'overall'
        """,
    )
    assert overall == _one(raw, f"SELECT CAST(sum({on_time}) AS DOUBLE), CAST(count(*) AS DOUBLE) FROM deliveries")

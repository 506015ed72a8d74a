"""Cost lines spread over their days in SQL come to what the pipeline spreads, to the minor unit of any currency."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.costs.accrual import spread_costs
from metrics.periods import Period, period_holding
from models.currencies import MINOR_UNIT_DIGITS
from models.ddl import create_table, polars_schema
from models.finance import fct_cost_lines
from models.vocabulary import Grain
from pipelines.explaining.cost_lines import IN_PERIOD, lines_in

FIRST = date(2026, 1, 15)


def lines(units: list[tuple[int, int, int]], digits: int) -> pl.DataFrame:
    """One line of each (minor units, days after the first day, further days)."""
    rows: list[dict[str, Any]] = []
    for number, (amount, after, length) in enumerate(units):
        start = FIRST + timedelta(days=after)
        rows.append(
            {
                "cost_line_id": f"L{number}",
                "source": "s",
                "posting_date": start,
                "cost_start_date": start,
                "cost_end_date": start + timedelta(days=length),
                "cost_pool": "p",
                "matching_pool_count": 1,
                "amount_reporting": Decimal(amount).scaleb(-digits),
                "is_quarantined": False,
            }
        )
    schema = polars_schema(fct_cost_lines)
    return pl.DataFrame(rows, schema_overrides={name: schema[name] for name in rows[0]}).select(
        pl.col(name) if name in rows[0] else pl.lit(None, dtype=type_).alias(name) for name, type_ in schema.items()
    )


@cache
def database() -> duckdb.DuckDBPyConnection:
    """An empty ledger in memory, for all examples."""
    connection = duckdb.connect(":memory:")
    connection.execute("CREATE SCHEMA core; CREATE SCHEMA meta")
    connection.execute("CREATE TABLE meta.quarantined_records (record_id TEXT, rule_id TEXT, table_name TEXT)")
    connection.execute(create_table(fct_cost_lines))
    return connection


def in_sql(frame: pl.DataFrame, period: Period, currency: str) -> dict[str, Decimal]:
    connection = database()
    connection.execute("DELETE FROM core.fct_cost_lines")
    connection.register("given", frame.to_arrow())
    connection.execute("INSERT INTO core.fct_cost_lines BY NAME SELECT * FROM given")
    query = f"SELECT cost_line_id, {IN_PERIOD} FROM ({lines_in(period, currency)})"
    return dict(connection.execute(query).fetchall())


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
@settings(max_examples=40)
@given(
    units=st.lists(
        st.tuples(st.integers(-(10**7), 10**7), st.integers(0, 120), st.integers(0, 200)), min_size=1, max_size=5
    ),
    day=st.integers(0, 320),
    grain=st.sampled_from(list(Grain)),
)
def test_parts_of_lines_are_those_that_are_allocated(
    currency: str, units: list[tuple[int, int, int]], day: int, grain: Grain
) -> None:
    digits = MINOR_UNIT_DIGITS[currency]
    frame, period = lines(units, digits), period_holding(FIRST + timedelta(days=day), grain)
    spread = spread_costs(frame, grain, minor_unit_digits=digits).filter(pl.col("period_start_date") == period.start)
    expected = dict(spread.select("cost_line_id", "amount_reporting").iter_rows())
    found = in_sql(frame, period, currency)
    assert found.keys() == expected.keys()
    assert found == expected


def test_a_whole_line_lies_in_its_periods_once() -> None:
    frame = lines([(-1001, 0, 88)], 2)
    months = [Period(Grain.MONTH, date(2026, month, 1)) for month in (1, 2, 3, 4)]
    parts = [in_sql(frame, month, "EUR")["L0"] for month in months]
    assert sum(parts) == Decimal("-10.01")

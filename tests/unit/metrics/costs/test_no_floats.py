"""No float touches an amount before it is published: not in a table, not in a plan, not in a contract's query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pytest
from finance_frames import active_time, exchange_rates, headcounts, ledger_lines, transactions

from data_contracts.loader import load_fact_contract
from metrics.costs.accrual import spread_costs
from metrics.costs.allocation import allocate_costs
from metrics.costs.lines import convert_cost_lines
from metrics.costs.policy import CostPolicy, CostPool, Driver, StepDown
from metrics.costs.weights import DriverData
from models.catalog import tables_of
from models.ddl import create_table, polars_schema
from models.marts import metric_values
from models.vocabulary import Grain, Layer

#: Casts and literals, and a true division, which makes floats of whole numbers and rounds decimals.
FLOAT = re.compile(r"float|f64|f32| / ", re.IGNORECASE)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The plan of everything that Polars evaluates, with the types of what comes out."""
    seen: list[str] = []
    collect_eager = pl.LazyFrame._collect_eager

    def watched(self: pl.LazyFrame, *args: Any, **kwargs: Any) -> Any:
        seen.append(f"{self.explain(optimized=False)}\n{self.collect_schema()}")
        return collect_eager(self, *args, **kwargs)

    monkeypatch.setattr(pl.LazyFrame, "_collect_eager", watched)
    yield seen


def test_the_watch_sees_floats(plans: list[str]) -> None:
    frame = pl.DataFrame({"a": [1], "b": [2]})
    for expression in (pl.col("a") / pl.col("b"), pl.col("a").cast(pl.Float64).cast(pl.Int64), pl.col("a") + 0.5):
        plans.clear()
        frame.select(expression.alias("x"))
        assert any(FLOAT.search(plan) for plan in plans)


def test_no_plan_between_the_ledger_and_the_allocations_has_a_float(plans: list[str]) -> None:
    january = date(2026, 1, 5)
    lines = ledger_lines(
        {"amount_original": Decimal("100.01"), "posting_date": january, "account": "61", "team": "Desk"},
        {"amount_original": Decimal("7.77"), "posting_date": january, "account": "62", "currency_code": "USD"},
        {"amount_original": Decimal("-3.33"), "posting_date": january, "account": "63", "currency_code": "USD",
         "service_start_date": january, "service_end_date": date(2026, 3, 9)},
    )  # fmt: skip
    policy = CostPolicy(
        pools=(
            CostPool("own", ("61",)),
            CostPool("people", ("62",), driver=Driver.HEADCOUNT),
            CostPool("hours", ("63",), driver=Driver.ACTIVE_BUSINESS_HOURS),
            CostPool("shares", ("64",), driver=Driver.FIXED_SHARES, shares={"Desk": Decimal("0.3")}),
        ),
        step_down=(StepDown("Desk", Driver.RESOLVED_TICKETS),),
    )
    counts = transactions((january, "Desk", "P1", "VPN", "Acme", 1), (january, "Field", "P1", "VPN", "Acme", 2))
    drivers = DriverData(
        headcount=headcounts((date(2026, 1, 1), "Field", "2.5")),
        active_hours=active_time((january, "Field", 7)),
        resolved_tickets=counts,
        metric_values=polars_schema(metric_values).to_frame(),
    )
    plans.clear()
    facts = convert_cost_lines(
        lines, exchange_rates((january, "EUR", "USD", "1.1")), policy=policy, reporting_currency="EUR"
    )
    for grain in Grain:
        spread_costs(facts, grain)
        allocate_costs(facts, counts, policy=policy, drivers=drivers, grain=grain)
    assert len(plans) > 50
    assert [plan for plan in plans if FLOAT.search(plan)] == []


def test_no_column_of_money_is_a_float_and_no_float_is_money() -> None:
    for table in (each for layer in Layer for each in tables_of(layer)):
        for name, type_ in polars_schema(table).items():
            if name.endswith(("_reporting", "_original")) or name == "fx_rate":
                assert isinstance(type_, pl.Decimal), f"{table.name}.{name}"


def test_the_reconciliation_has_no_float_in_its_plans() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA core; CREATE SCHEMA stg; CREATE SCHEMA ops")
        for layer in (Layer.CORE, Layer.STG):
            for table in tables_of(layer):
                connection.execute(create_table(table))
        connection.execute(
            "CREATE VIEW ops.reporting_units AS SELECT 'EUR' AS c, CAST('0.01' AS DECIMAL(18, 4)) AS minor_unit"
        )
        connection.execute("SET explain_output = 'all'")
        for rule in load_fact_contract("cost_facts").rules:
            # A plan shows casts, but not what an alias stands for; a true division always gives a float.
            assert not re.search("(?<!/)/(?!/)|avg|round|float|double", str(rule.query), re.IGNORECASE), rule.id
            assert "DOUBLE" not in _plan(connection, str(rule.query)), rule.id
        seen = _plan(connection, "SELECT * FROM core.fct_cost_lines WHERE sign(amount_reporting) > 0")
        assert "DOUBLE" in seen, "the search finds what it looks for"


def _plan(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    return "\n".join(row[1] for row in connection.execute(f"EXPLAIN (FORMAT json) {query}").fetchall())

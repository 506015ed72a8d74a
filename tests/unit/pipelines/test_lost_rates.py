"""Which cost lines are set aside because the export of rates lost the rate that they need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from data_contracts.evaluation import evaluate, failing_keys
from data_contracts.loader import load_warehouse_contracts
from metrics.costs.exchange_rates import FxRateRule
from models.catalog import STAGED, tables_of
from models.ddl import create_table
from models.finance import stg_cost_lines, stg_fx_rates
from models.vocabulary import Layer
from pipelines.gate.audit import offer_settings
from pipelines.warehouse import Warehouse

(RULE,) = (
    rule
    for contract in load_warehouse_contracts()
    for rule in contract.rules
    if rule.id == "cost_lines.posting_date.rate_not_lost"
)

#: Monday to Friday of two weeks; nobody quotes anything on the weekend of 7 and 8 March.
DAYS = [date(2026, 3, day) for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13)]


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    for layer in (Layer.STG, Layer.OPS):
        connection.execute(f"CREATE SCHEMA {layer.value}")
    for table in (*(table for tables in STAGED.values() for table in tables), *tables_of(Layer.OPS)):
        connection.execute(create_table(table))
    yield Warehouse(connection, Path(":memory:"))
    connection.close()


Quotes = dict[tuple[str, str], list[date]]


def _quote(warehouse: Warehouse, pairs: Quotes, *, source: str = "treasury") -> None:
    rows = [
        {
            "rate_date": day, "base_currency_code": base, "quote_currency_code": quote, "fx_rate": Decimal("1.1"),
            "source": source, "load_id": "load", "row_number": 1,
        }
        for (base, quote), days in pairs.items()
        for day in days
    ]  # fmt: skip
    warehouse.append(stg_fx_rates, pl.DataFrame(rows, infer_schema_length=None))


def _aside(
    warehouse: Warehouse, lines: list[tuple[str, date]], rule: FxRateRule = FxRateRule.POSTING_DATE
) -> list[tuple[str, int]]:
    """Currency and day in March of the lines that are set aside."""
    rows = [
        {
            "cost_line_id": f"{currency} {day.day}", "source": "ledger", "posting_date": day, "currency_code": currency,
            "load_id": "load", "row_number": 1,
        }
        for currency, day in lines
    ]  # fmt: skip
    warehouse.append(stg_cost_lines, pl.DataFrame(rows, infer_schema_length=None))
    offer_settings(warehouse, "EUR", (), 2, fx_rate_rule=rule)
    (result,) = evaluate([RULE], warehouse.connection)
    found = [key.split() for key in failing_keys(result, warehouse.connection)]
    return sorted((currency, int(day)) for currency, day in found)


def _without(*days: int) -> list[date]:
    return [day for day in DAYS if day.day not in days]


def test_a_line_of_a_day_that_the_export_lost_is_set_aside(warehouse: Warehouse) -> None:
    _quote(warehouse, {("EUR", "USD"): DAYS, ("EUR", "GBP"): _without(4)})
    lines = [("GBP", date(2026, 3, day)) for day in (3, 4, 5)] + [("USD", date(2026, 3, 4)), ("EUR", date(2026, 3, 4))]
    assert _aside(warehouse, lines) == [("GBP", 4)]


def test_a_weekend_needs_the_friday_before(warehouse: Warehouse) -> None:
    _quote(warehouse, {("EUR", "USD"): DAYS, ("GBP", "EUR"): _without(6)})
    lines = [("GBP", date(2026, 3, day)) for day in (5, 6, 7, 8, 9)] + [("USD", date(2026, 3, 7))]
    assert _aside(warehouse, lines) == [("GBP", 6), ("GBP", 7), ("GBP", 8)]


def test_a_day_on_which_nobody_quotes_loses_nothing(warehouse: Warehouse) -> None:
    _quote(warehouse, {("EUR", "USD"): _without(4), ("EUR", "GBP"): _without(4)})
    assert _aside(warehouse, [("GBP", date(2026, 3, 4)), ("USD", date(2026, 3, 7))]) == []


def test_a_rate_of_another_source_is_no_loss(warehouse: Warehouse) -> None:
    _quote(warehouse, {("EUR", "USD"): DAYS, ("EUR", "GBP"): _without(4)})
    _quote(warehouse, {("EUR", "GBP"): [date(2026, 3, 4)]}, source="bank")
    assert _aside(warehouse, [("GBP", date(2026, 3, 4))]) == []


def test_a_pair_that_is_seldom_quoted_lost_nothing(warehouse: Warehouse) -> None:
    _quote(warehouse, {("EUR", "USD"): DAYS, ("EUR", "GBP"): [date(2026, 3, 2), date(2026, 3, 9)]})
    assert _aside(warehouse, [("GBP", date(2026, 3, 4))]) == []


def test_a_line_through_a_third_currency_needs_both_legs(warehouse: Warehouse) -> None:
    _quote(warehouse, {("USD", "JPY"): DAYS, ("EUR", "USD"): _without(5), ("EUR", "GBP"): DAYS})
    lines = [("JPY", date(2026, 3, 4)), ("JPY", date(2026, 3, 5)), ("GBP", date(2026, 3, 5))]
    assert _aside(warehouse, lines) == [("JPY", 5)]


def test_a_mean_of_a_month_needs_every_day_of_it(warehouse: Warehouse) -> None:
    february = [date(2026, 2, day) for day in (25, 26, 27)]
    _quote(warehouse, {("EUR", "USD"): [*february, *DAYS], ("EUR", "GBP"): [*february, *_without(4)]})
    lines = [("GBP", date(2026, 3, 12)), ("GBP", date(2026, 2, 26)), ("USD", date(2026, 3, 12))]
    assert _aside(warehouse, lines, FxRateRule.PERIOD_AVERAGE) == [("GBP", 12)]


def test_a_fixed_rate_needs_no_day(warehouse: Warehouse) -> None:
    _quote(warehouse, {("EUR", "USD"): DAYS, ("EUR", "GBP"): _without(4)})
    assert _aside(warehouse, [("GBP", date(2026, 3, 4))], FxRateRule.FIXED) == []

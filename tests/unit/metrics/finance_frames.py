"""Frames of the finance and vendor tables from a few written-out columns, for the tests of money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
from sqlalchemy import Table

from models.ddl import polars_schema
from models.finance import fct_cost_lines, fct_transactions, stg_cost_lines, stg_fx_rates, stg_headcount
from models.vocabulary import NO_VALUE


def rows_of(table: Table, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """A frame of a table; columns that a row does not name are null."""
    schema = polars_schema(table)
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema, orient="row")


def ledger_lines(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """`stg_cost_lines`, numbered from row 2 as a spreadsheet shows them."""
    defaults = {"source": "gl", "load_id": "load1", "row_hash": "hash", "currency_code": "EUR"}
    return rows_of(
        stg_cost_lines,
        [
            {**defaults, "cost_line_id": f"gl:{number}", "row_number": number, **row}
            for number, row in enumerate(rows, start=2)
        ],
    )


def exchange_rates(*rates: tuple[date, str, str, str]) -> pl.DataFrame:
    """`stg_fx_rates` from (day, base, quote, rate)."""
    return rows_of(
        stg_fx_rates,
        [
            {
                "rate_date": day,
                "base_currency_code": base,
                "quote_currency_code": quote,
                "fx_rate": Decimal(rate),
                "source": "bank",
                "load_id": "load1",
                "row_number": number,
                "row_hash": "hash",
            }
            for number, (day, base, quote, rate) in enumerate(rates, start=2)
        ],
    )


def cost_lines(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """`fct_cost_lines` with days and reporting amounts already decided."""
    defaults = {"source": "gl", "is_quarantined": False, "cost_pool": NO_VALUE}
    return rows_of(
        fct_cost_lines,
        [{**defaults, "cost_line_id": f"gl:{number}", **row} for number, row in enumerate(rows, start=2)],
    )


def transactions(*rows: tuple[date, str, str, str, str, int]) -> pl.DataFrame:
    """`fct_transactions` from (day, team, priority, service, vendor, count)."""
    names = ("completed_date", "team", "priority", "service", "vendor", "transaction_count")
    return rows_of(fct_transactions, [{**dict(zip(names, row, strict=True)), "set_aside_count": 0} for row in rows])


def headcounts(*rows: tuple[date, str, str]) -> pl.DataFrame:
    """`stg_headcount` from (month, team, people)."""
    return rows_of(
        stg_headcount,
        [
            {
                "month_date": month,
                "team": team,
                "headcount": Decimal(people),
                "source": "hr",
                "load_id": "load1",
                "row_number": number,
                "row_hash": "hash",
            }
            for number, (month, team, people) in enumerate(rows, start=2)
        ],
    )


def active_time(*rows: tuple[date, str, int]) -> pl.DataFrame:
    """Weights of the driver active_business_hours from (day, team, microseconds)."""
    return pl.DataFrame(
        rows,
        schema={"completed_date": pl.Date, "team": pl.String, "active_business_microseconds": pl.Int64},
        orient="row",
    )

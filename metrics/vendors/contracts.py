"""`fct_vendor_contracts`: the terms of each contract, put together from the rows of its rate card.

A register repeats a contract's terms on every row. Where its rows contradict each other nobody knows which one holds:
the term is then empty and named, never taken from the first row. Prices are in `metrics.vendors.rate_cards`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import polars as pl

from metrics.costs.exchange_rates import FxPolicy, convert_to_reporting
from models.ddl import conform
from models.vendor_ledger import fct_vendor_contracts
from models.vocabulary import ContractState

#: What every row of a contract must say alike.
TERMS: Final = ("vendor", "start_date", "end_date", "notice_days", "currency_code", "committed_spend_original")
#: Terms without which nobody can say whether a contract covers a day.
_DECIDING: Final = ("vendor", "start_date", "end_date")


def build_contracts(
    stg_vendor_contracts: pl.DataFrame,
    fx_rates: pl.DataFrame,
    *,
    fx: FxPolicy,
    as_of_date: date | None,
    reporting_currency: str,
    minor_unit_digits: int = 2,
) -> pl.DataFrame:
    """One row per contract number, in order of the numbers.

    Rows that leave a term empty do not contradict those that state it. Notice can be given until the last day of the
    contract less the days of notice: 30 days before 31 December is 1 December. Committed spend is converted at the
    rate of the data's clock, for an ended contract at that of its last day.

    Args:
        fx_rates: `stg_fx_rates`.
        as_of_date: day of the data's clock; None if no delivery or invoice is known: nothing is active or over then.
    """
    rows = stg_vendor_contracts.filter(pl.col("vendor_contract_id").is_not_null())
    stated = [pl.col(term).drop_nulls().unique() for term in TERMS]
    contracts = rows.group_by("vendor_contract_id").agg(
        pl.col("source").min(),
        *(
            pl.when(values.len() == 1).then(values.first()).alias(term)
            for term, values in zip(TERMS, stated, strict=True)
        ),
        *((values.len() > 1).alias(f"{term} contradicts") for term, values in zip(TERMS, stated, strict=True)),
        rate_card_item_count=pl.col("item").drop_nulls().n_unique().cast(pl.Int64),
    )
    named = [pl.when(pl.col(f"{term} contradicts")).then(pl.lit(term)) for term in TERMS]
    contradictory = pl.concat_str(named, separator=", ", ignore_nulls=True)
    today = pl.lit(as_of_date, dtype=pl.Date)
    contracts = contracts.with_columns(
        contradictory_columns=pl.when(contradictory != "").then(contradictory),
        notice_date=pl.col("end_date") - pl.duration(days=pl.col("notice_days")),
        contract_state=_state(today),
        as_of_date=today,
        rate_day=pl.min_horizontal(today, "end_date"),
    ).sort("vendor_contract_id")
    converted = convert_to_reporting(
        contracts.with_columns(amount_original="committed_spend_original"),
        fx_rates,
        policy=fx,
        date_column="rate_day",
        reporting_currency=reporting_currency,
        minor_unit_digits=minor_unit_digits,
    )
    return conform(
        converted.with_columns(
            committed_spend_reporting="amount_reporting",
            until_end_days=(pl.col("end_date") - today).dt.total_days(),
            until_notice_days=(pl.col("notice_date") - today).dt.total_days(),
        ),
        fct_vendor_contracts,
    )


def _state(today: pl.Expr) -> pl.Expr:
    start, end = pl.col("start_date"), pl.col("end_date")
    is_unclear = (
        pl.any_horizontal(f"{term} contradicts" for term in _DECIDING)
        | pl.col("vendor").is_null()
        | start.is_null()
        | (end < start).fill_null(False)
        | today.is_null()
    )
    return (
        pl.when(is_unclear)
        .then(pl.lit(ContractState.UNCLEAR.value))
        .when(today < start)
        .then(pl.lit(ContractState.FUTURE.value))
        .when((today > end).fill_null(False))
        .then(pl.lit(ContractState.EXPIRED.value))
        .otherwise(pl.lit(ContractState.ACTIVE.value))
    )


def find_as_of_date(deliveries: pl.DataFrame, invoice_lines: pl.DataFrame) -> date | None:
    """Day of the vendors' data clock: that after the last delivery or invoice which no rule has set aside.

    Args:
        deliveries: delivered_date and is_quarantined.
        invoice_lines: invoice_date and is_quarantined.
    """
    known = (day_after_last(deliveries, "delivered_date"), day_after_last(invoice_lines, "invoice_date"))
    return max((day for day in known if day is not None), default=None)


def day_after_last(records: pl.DataFrame, column: str) -> date | None:
    """The day after the last date of records that no rule has set aside; None if there is none.

    Args:
        records: the column, and is_quarantined.
    """
    last = records.filter(~pl.col("is_quarantined"))[column].max()
    return last + timedelta(days=1) if isinstance(last, date) else None

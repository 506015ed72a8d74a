"""What vendors delivered and billed: `fct_deliveries` and `fct_vendor_invoice_lines`.

Rate-card variance, service credits and scorecards are metrics over these facts and the vendors' contracts.
"""

from __future__ import annotations

import polars as pl

from metrics.costs.exchange_rates import convert_to_reporting
from metrics.costs.policy import CostPolicy
from models.ddl import conform
from models.vendors import fct_deliveries, fct_vendor_invoice_lines


def build_deliveries(stg_deliveries: pl.DataFrame, quarantined: frozenset[str] = frozenset()) -> pl.DataFrame:
    """`fct_deliveries`: each delivery with its delay against the promise in force.

    Delivered on the promised day is on time. Where either day is unknown, both the delay and the flag stay empty:
    an open or undated delivery is not measured, neither late nor on time.

    Args:
        quarantined: `delivery_id` of deliveries that a contract rule set aside.
    """
    delay = (pl.col("delivered_date") - pl.col("promised_date")).dt.total_days()
    return conform(
        stg_deliveries.with_columns(
            delay_days=delay,
            is_on_time=delay <= 0,
            is_quarantined=pl.col("delivery_id").is_in(sorted(quarantined)),
        ),
        fct_deliveries,
    )


def convert_invoice_lines(
    stg_vendor_invoice_lines: pl.DataFrame,
    fx_rates: pl.DataFrame,
    *,
    policy: CostPolicy,
    reporting_currency: str,
    minor_unit_digits: int = 2,
    quarantined: frozenset[str] = frozenset(),
) -> pl.DataFrame:
    """`fct_vendor_invoice_lines`: each billed line, in order, in the reporting currency at the invoice date's rate.

    Args:
        quarantined: `vendor_invoice_line_id` of lines that a contract rule set aside.
    """
    converted = convert_to_reporting(
        stg_vendor_invoice_lines,
        fx_rates,
        policy=policy.fx,
        date_column="invoice_date",
        reporting_currency=reporting_currency,
        minor_unit_digits=minor_unit_digits,
    )
    return conform(
        converted.with_columns(is_quarantined=pl.col("vendor_invoice_line_id").is_in(sorted(quarantined))),
        fct_vendor_invoice_lines,
    )

"""What vendors delivered: `fct_deliveries`. What they billed is in `metrics.vendors.invoices`."""

from __future__ import annotations

import polars as pl

from models.ddl import conform
from models.vendors import fct_deliveries


def build_deliveries(stg_deliveries: pl.DataFrame, quarantined: frozenset[str] = frozenset()) -> pl.DataFrame:
    """`fct_deliveries`: each delivery with its delay against the promise in force, and against the first promise.

    Delivered on the promised day is on time. Where either day is unknown, both the delay and the flag stay empty:
    an open or undated delivery is not measured, neither late nor on time. A promise that was moved is judged twice, so
    that nobody is on time by promising anew.

    Args:
        quarantined: `delivery_id` of deliveries that a contract rule set aside.
    """
    delay = (pl.col("delivered_date") - pl.col("promised_date")).dt.total_days()
    first_delay = (pl.col("delivered_date") - pl.col("first_promised_date")).dt.total_days()
    return conform(
        stg_deliveries.with_columns(
            delay_days=delay,
            is_on_time=delay <= 0,
            first_promise_delay_days=first_delay,
            is_on_time_by_first_promise=first_delay <= 0,
            promise_moved_days=(pl.col("promised_date") - pl.col("first_promised_date")).dt.total_days(),
            is_quarantined=pl.col("delivery_id").is_in(sorted(quarantined)),
        ),
        fct_deliveries,
    )

"""`fct_purchase_orders`: what was approved and what was billed on it; and which order each billed line draws on.

An order covers days of service, as a contract does; whether a line's price is right is for `metrics.vendors.matching`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.vendors.matching import billed_days
from metrics.vendors.names import comparable, comparable_item
from metrics.vendors.policy import VendorPolicy
from models.ddl import conform
from models.vendor_ledger import fct_purchase_orders
from models.vocabulary import PurchaseOrderMatch

_STORED: Final = pl.Decimal(18, 4)


def match_orders(lines: pl.DataFrame, stg_purchase_orders: pl.DataFrame, policy: VendorPolicy) -> pl.DataFrame:
    """Add to billed lines the order that they draw on, what came of it, and the contract that the order names.

    A line draws on the row of its order for its item, else on the row that is open for anything. An order of another
    vendor is not drawn on, and its contract is not the line's.

    Args:
        lines: `stg_vendor_invoice_lines`.

    Returns:
        The lines in their order with purchase_order_line_id, purchase_order_state and order_contract_id.
    """
    first, last = billed_days()
    keyed = lines.with_row_index("line").select(
        "line",
        order=comparable(pl.col("purchase_order_id")),
        vendor_name=comparable(pl.col("vendor")),
        item_name=comparable_item(pl.col("item"), policy.item_names),
        currency=pl.col("currency_code").str.strip_chars().str.to_uppercase(),
        first_day=first,
        last_day=last,
    )
    orders = stg_purchase_orders.select(
        "purchase_order_line_id",
        order=comparable(pl.col("purchase_order_id")),
        order_vendor=comparable(pl.col("vendor")),
        item_name=comparable_item(pl.col("item"), policy.item_names),
        contract_id="vendor_contract_id",
        order_currency=pl.col("currency_code").str.strip_chars().str.to_uppercase(),
        order_start="start_date",
        order_end="end_date",
    ).filter(pl.col("order").is_not_null())
    known = orders.group_by("order").agg(
        vendors=pl.col("order_vendor").drop_nulls().unique(), contracts=pl.col("contract_id").drop_nulls().unique()
    )
    by_item = orders.filter(pl.col("item_name").is_not_null()).unique(["order", "item_name"], keep="first")
    open_ones = orders.filter(pl.col("item_name").is_null()).unique("order", keep="first").drop("item_name")
    parts = ("purchase_order_line_id", "contract_id", "order_currency", "order_start", "order_end")
    found = (
        keyed.join(known, on="order", how="left")
        .join(by_item.drop("order_vendor"), on=["order", "item_name"], how="left")
        .join(open_ones.drop("order_vendor"), on="order", how="left", suffix="_open")
        .with_columns(
            pl.when(pl.col("purchase_order_line_id").is_null()).then(f"{part}_open").otherwise(part).alias(part)
            for part in parts
        )
        .with_columns(
            is_known=pl.col("vendors").is_not_null(),
            is_theirs=(pl.col("vendors").list.len() == 0) | pl.col("vendors").list.contains(pl.col("vendor_name")),
        )
        .sort("line")
    )
    is_drawn = pl.col("is_known") & pl.col("is_theirs").fill_null(False)
    # A line for an item that was not ordered is still under the contract of its order, if that has only one.
    of_order = pl.when(pl.col("contracts").list.len() == 1).then(pl.col("contracts").list.first())
    found = found.with_columns(
        purchase_order_state=_state(is_drawn),
        purchase_order_line_id=pl.when(is_drawn).then("purchase_order_line_id"),
        order_contract_id=pl.when(is_drawn).then(pl.coalesce("contract_id", of_order)),
    )
    return lines.with_columns(found["purchase_order_line_id", "purchase_order_state", "order_contract_id"])


def _state(is_drawn: pl.Expr) -> pl.Expr:
    cases = (
        (pl.col("order").is_null(), PurchaseOrderMatch.NO_ORDER),
        (~pl.col("is_known"), PurchaseOrderMatch.UNKNOWN_ORDER),
        (~is_drawn, PurchaseOrderMatch.OTHER_VENDOR),
        (pl.col("purchase_order_line_id").is_null(), PurchaseOrderMatch.ITEM_NOT_ORDERED),
        (pl.col("currency").ne_missing(pl.col("order_currency")), PurchaseOrderMatch.OTHER_CURRENCY),
        (
            (pl.col("first_day") < pl.col("order_start")).fill_null(False)
            | (pl.col("last_day") > pl.col("order_end")).fill_null(False),
            PurchaseOrderMatch.OUTSIDE_VALIDITY,
        ),
    )
    states = [pl.when(condition).then(pl.lit(state.value)) for condition, state in cases]
    return pl.coalesce(*states, pl.lit(PurchaseOrderMatch.ORDERED.value))


def add_up_orders(stg_purchase_orders: pl.DataFrame, invoice_lines: pl.DataFrame) -> pl.DataFrame:
    """`fct_purchase_orders`: each order, or item of one, with what was billed on it.

    Lines outside the order's validity are counted: they were billed on it. Lines in another currency, without an
    amount or set aside by a rule are not, and say so in `unmeasured_line_count`.

    Args:
        invoice_lines: `fct_vendor_invoice_lines`.
    """
    drawn = invoice_lines.filter(pl.col("purchase_order_line_id").is_not_null())
    is_measured = (
        (pl.col("purchase_order_state") != PurchaseOrderMatch.OTHER_CURRENCY.value)
        & pl.col("amount_original").is_not_null()
        & pl.col("invoice_date").is_not_null()
        & ~pl.col("is_quarantined")
    )
    counted = drawn.filter(is_measured)
    approved = stg_purchase_orders.select("purchase_order_line_id", "approved_original").unique(
        "purchase_order_line_id", keep="first"
    )
    sums = counted.group_by("purchase_order_line_id").agg(
        billed_original=pl.col("amount_original").sum(), billed_line_count=pl.len()
    )
    left_out = drawn.filter(~is_measured).group_by("purchase_order_line_id").agg(unmeasured_line_count=pl.len())
    over = (
        counted.group_by("purchase_order_line_id", "invoice_date")
        .agg(pl.col("amount_original").sum())
        .join(approved, on="purchase_order_line_id")
        .sort("purchase_order_line_id", "invoice_date")
        .with_columns(total=pl.col("amount_original").cum_sum().over("purchase_order_line_id"))
        # Over since the first day from which on the total never falls back to what was approved.
        .with_columns(least_from_here=pl.col("total").cum_min(reverse=True).over("purchase_order_line_id"))
        .filter(pl.col("least_from_here") > pl.col("approved_original"))
        .group_by("purchase_order_line_id")
        .agg(over_since_date=pl.col("invoice_date").min())
    )
    orders = stg_purchase_orders
    for part in (sums, left_out, over):
        orders = orders.join(part, on="purchase_order_line_id", how="left", maintain_order="left")
    nothing = pl.lit(0).cast(_STORED)
    orders = orders.with_columns(
        pl.col("billed_original").cast(_STORED).fill_null(nothing),
        pl.col("billed_line_count", "unmeasured_line_count").fill_null(0),
    )
    return conform(
        orders.with_columns(remaining_original=pl.col("approved_original") - pl.col("billed_original")),
        fct_purchase_orders,
    )

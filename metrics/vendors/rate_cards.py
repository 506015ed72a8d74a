"""`fct_vendor_rates`: which price holds when; and what a quantity costs at a price, exactly.

Which contract a billed line falls under is decided in `metrics.vendors.matching`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.costs.minor_units import MINOR_UNIT_DIGITS, USUAL_DIGITS
from metrics.costs.money import STORED_PLACES
from metrics.vendors.names import comparable_item
from metrics.vendors.policy import VendorPolicy
from models.ddl import conform
from models.vendor_ledger import fct_vendor_rates

#: Decimal places of quantities and unit prices, see `models.schema`.
_QUANTITY_PLACES: Final = 6
_PRICE_PLACES: Final = 8
_STORED_LIMIT: Final = 10**18


def build_rates(stg_vendor_contracts: pl.DataFrame, contracts: pl.DataFrame, policy: VendorPolicy) -> pl.DataFrame:
    """One row per contract, item and price, in that order and by first day.

    A price without a first day holds from the contract's first day. One without a last day holds until the day before
    the item's next price begins, else until the contract's last day. Prices of one item that share a day overlap.

    Args:
        contracts: `fct_vendor_contracts`.
    """
    terms = contracts.select(
        "vendor_contract_id", "vendor", "currency_code", "contract_state", term_start="start_date", term_end="end_date"
    )
    rows = (
        stg_vendor_contracts.filter(
            pl.col("vendor_contract_id").is_not_null(),
            pl.col("item").is_not_null(),
            pl.col("unit_price_original").is_not_null(),
        )
        .drop("vendor", "currency_code")
        .join(terms, on="vendor_contract_id", how="left")
        .with_columns(
            item_name=comparable_item(pl.col("item"), policy.item_names),
            price_start_date=pl.coalesce("price_start_date", "term_start"),
        )
        .sort("vendor_contract_id", "item_name", "price_start_date", "price_end_date", "load_id", "row_number")
    )
    card = ["vendor_contract_id", "item_name"]
    # Of prices that begin on one day none ends the other: they overlap.
    starts = rows.select(*card, price_start_date="price_start_date").unique().sort(*card, "price_start_date")
    starts = starts.with_columns(next_start=pl.col("price_start_date").shift(-1).over(card))
    end_of_open = pl.coalesce(pl.col("next_start").dt.offset_by("-1d"), "term_end")
    rows = (
        rows.join(starts, on=[*card, "price_start_date"], how="left", nulls_equal=True, maintain_order="left")
        .with_columns(price_end_date=pl.coalesce("price_end_date", end_of_open))
        .with_row_index("position")
    )
    overlapping = _overlapping(rows.select("position", *card, "price_start_date", "price_end_date"))
    number = pl.int_range(1, pl.len() + 1).over([*card, "price_start_date"])
    rate_id = pl.concat_str(
        "vendor_contract_id", "item", pl.col("price_start_date").cast(pl.String).fill_null("?"), separator="/"
    )
    return conform(
        rows.with_columns(
            vendor_rate_id=pl.when(number > 1).then(pl.format("{}#{}", rate_id, number)).otherwise(rate_id),
            is_overlapping=pl.col("position").is_in(overlapping.implode()),
        ),
        fct_vendor_rates,
    )


def _overlapping(prices: pl.DataFrame) -> pl.Series:
    """Positions of prices that share a day with another of the same contract and item."""
    card = ["vendor_contract_id", "item_name"]
    pairs = prices.join(prices, on=card, suffix="_other").filter(pl.col("position") != pl.col("position_other"))
    starts_before_end = (pl.col("price_start_date") <= pl.col("price_end_date_other")).fill_null(True)
    ends_after_start = (pl.col("price_end_date") >= pl.col("price_start_date_other")).fill_null(True)
    return pairs.filter(starts_before_end & ends_after_start)["position"].unique()


def multiply_quantities(quantities: pl.Series, prices: pl.Series, currencies: pl.Series) -> pl.Series:
    """Quantity times unit price, rounded half away from zero to the currency's minor unit, as invoices are.

    Both are at most 18 digits, so that their product and its double fit 128 bits.

    Args:
        quantities: DECIMAL(18,6).
        prices: DECIMAL(18,8).
        currencies: ISO 4217 codes; one that is not known has hundredths.

    Returns:
        DECIMAL(18,4); null where either is null or 18 digits do not hold the product.
    """
    digits = currencies.replace_strict(MINOR_UNIT_DIGITS, default=USUAL_DIGITS, return_dtype=pl.Int64)
    frame = pl.DataFrame(
        {
            "quantity": quantities.cast(pl.Decimal(18, _QUANTITY_PLACES)).to_physical().cast(pl.Int128),
            "price": prices.cast(pl.Decimal(18, _PRICE_PLACES)).to_physical().cast(pl.Int128),
            "finest": _powers_of_ten(_QUANTITY_PLACES + _PRICE_PLACES - digits),
            "coarser": _powers_of_ten(STORED_PLACES - digits),
        }
    )
    product = pl.col("quantity") * pl.col("price")
    minor = product.sign() * ((2 * product.abs() + pl.col("finest")) // (2 * pl.col("finest")))
    stored = frame.select((minor * pl.col("coarser")).alias("stored")).to_series()
    one = pl.lit("0.0001").cast(pl.Decimal(38, STORED_PLACES))
    held = pl.when(pl.col("stored").abs() < _STORED_LIMIT).then(pl.col("stored"))
    return (
        stored.to_frame()
        .select((held.cast(pl.Decimal(38, 0)) * one).cast(pl.Decimal(18, STORED_PLACES)).alias(quantities.name))
        .to_series()
    )


def _powers_of_ten(exponents: pl.Series) -> pl.Series:
    known = exponents.drop_nulls().unique().to_list()
    return exponents.replace_strict(known, [10**exponent for exponent in known], return_dtype=pl.Int128, default=None)

"""`fct_vendor_invoice_lines`: every billed line in the reporting currency, with contract, order and variance.

How lines are matched is in `metrics.vendors.matching` and `metrics.vendors.purchase_orders`; which invoices may be
duplicates in `metrics.vendors.duplicates`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.costs.exchange_rates import FxPolicy, convert_to_reporting
from metrics.vendors.matching import OFF_CONTRACT, UNDECIDED, match_contracts
from metrics.vendors.policy import VendorPolicy
from metrics.vendors.purchase_orders import match_orders
from models.ddl import conform
from models.vendors import fct_vendor_invoice_lines

_STORED: Final = pl.Decimal(18, 4)


def build_invoice_lines(
    stg_vendor_invoice_lines: pl.DataFrame,
    stg_purchase_orders: pl.DataFrame,
    contracts: pl.DataFrame,
    rates: pl.DataFrame,
    fx_rates: pl.DataFrame,
    *,
    policy: VendorPolicy,
    fx: FxPolicy,
    reporting_currency: str,
    minor_unit_digits: int = 2,
    quarantined: frozenset[str] = frozenset(),
) -> pl.DataFrame:
    """Each billed line, in order, at the invoice date's rate.

    Billed minus contracted amount is the variance, exactly, in both currencies: both amounts are converted and rounded,
    and the variance is their difference. `duplicate_at_stake_reporting` is left empty here.

    Args:
        contracts: `fct_vendor_contracts`.
        rates: `fct_vendor_rates`.
        fx_rates: `stg_fx_rates`.
        quarantined: `vendor_invoice_line_id` of lines that a contract rule set aside.
    """
    ordered = match_orders(stg_vendor_invoice_lines, stg_purchase_orders, policy)
    matched = match_contracts(ordered, contracts, rates, policy)

    def convert(amount: str) -> pl.DataFrame:
        return convert_to_reporting(
            matched.with_columns(amount_original=amount),
            fx_rates,
            policy=fx,
            date_column="invoice_date",
            reporting_currency=reporting_currency,
            minor_unit_digits=minor_unit_digits,
        )

    billed = convert("amount_original")
    contracted = convert("contracted_original")["amount_reporting"].alias("contracted_reporting")
    states = pl.col("match_state")
    off_contract = (
        pl.when(states.is_in([state.value for state in OFF_CONTRACT]))
        .then("amount_reporting")
        .when(~states.is_in([state.value for state in UNDECIDED]) & pl.col("amount_reporting").is_not_null())
        .then(pl.lit(0).cast(_STORED))
    )
    return conform(
        billed.with_columns(contracted).with_columns(
            rate_card_variance_reporting=pl.col("amount_reporting") - pl.col("contracted_reporting"),
            off_contract_reporting=off_contract,
            is_quarantined=pl.col("vendor_invoice_line_id").is_in(sorted(quarantined)),
        ),
        fct_vendor_invoice_lines,
    )

"""`fct_vendor_recoverables`: money that is to come back from vendors, and between what it lies.

Held together from what is decided elsewhere: prices in `metrics.vendors.matching`, suspects in
`metrics.vendors.duplicates`, credits in `metrics.vendors.service_credits`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from models.ddl import conform
from models.vendor_performance import fct_vendor_recoverables
from models.vocabulary import CreditState, RecoverableKind

_NOTHING: Final = pl.lit(0, dtype=pl.Decimal(18, 4))


def list_recoverables(
    fct_vendor_invoice_lines: pl.DataFrame, fct_service_credits: pl.DataFrame, fct_service_credit_notes: pl.DataFrame
) -> pl.DataFrame:
    """Everything that may be recovered, by kind.

    - Over-billing is billed less contracted, where it is above 0: that a vendor billed too little is no debt of its
      own. A credit note counts with its sign, so that what was billed too high and credited comes to nothing; one that
      takes back what had been billed too low, at that price, leaves nothing to claim either. A line without a
      contracted price is not measured; of a bill at most all of it is too much.
    - A line that may be billed twice counts whole, once: not as over-billing too. It is a suspicion, so at the least
      nothing of it comes back.
    - A service credit counts as far as it is not given yet. The credit notes that give it are no bills.
    """
    lines = fct_vendor_invoice_lines.join(fct_service_credit_notes, on="vendor_invoice_line_id", how="anti")
    bills = _over_billing(lines), _duplicates(lines)
    return pl.concat([conform(frame, fct_vendor_recoverables) for frame in (*bills, _credits(fct_service_credits))])


def _over_billing(lines: pl.DataFrame) -> pl.DataFrame:
    billed, variance = pl.col("amount_reporting"), pl.col("rate_card_variance_reporting")
    is_duplicate = (pl.col("duplicate_at_stake_reporting") != 0).fill_null(False)
    too_much = (
        pl.when(billed < 0).then(pl.min_horizontal(variance, _NOTHING)).otherwise(pl.max_horizontal(variance, _NOTHING))
    )
    amount = pl.when(is_duplicate).then(_NOTHING).when(variance.is_not_null()).then(too_much)
    is_bill = billed.is_not_null() & (billed >= 0)
    return lines.with_columns(
        amount_reporting=amount,
        at_least_reporting=pl.coalesce(amount, pl.when(is_bill).then(_NOTHING)),
        at_most_reporting=pl.coalesce(amount, pl.when(is_bill).then(billed)),
        **_of_line(RecoverableKind.OVER_BILLING),
    )


def _duplicates(lines: pl.DataFrame) -> pl.DataFrame:
    at_stake = pl.col("duplicate_at_stake_reporting")
    # Of a line that cannot be judged, all of it may be billed twice, or nothing.
    may_be = pl.coalesce(at_stake, "amount_reporting")
    is_known = may_be.is_not_null()
    return lines.filter((at_stake != 0).fill_null(True)).with_columns(
        amount_reporting=at_stake,
        at_least_reporting=pl.when(is_known).then(pl.min_horizontal(may_be, _NOTHING)),
        at_most_reporting=pl.when(is_known).then(pl.max_horizontal(may_be, _NOTHING)),
        **_of_line(RecoverableKind.DUPLICATE_INVOICE),
    )


def _of_line(kind: RecoverableKind) -> dict[str, pl.Expr]:
    return {
        "vendor_recoverable_id": pl.concat_str(pl.lit(f"{kind.value}:"), "vendor_invoice_line_id"),
        "recoverable_kind": pl.lit(kind.value),
        "recovery_date": pl.col("invoice_date"),
        "service_credit_id": pl.lit(None, dtype=pl.String),
    }


def _credits(credits_: pl.DataFrame) -> pl.DataFrame:
    kind = RecoverableKind.SERVICE_CREDIT.value
    return credits_.filter(pl.col("credit_state") != CreditState.PERIOD_OPEN.value).with_columns(
        vendor_recoverable_id=pl.concat_str(pl.lit(f"{kind}:"), "service_credit_id"),
        recoverable_kind=pl.lit(kind),
        recovery_date="covered_end_date",
        amount_reporting="to_claim_reporting",
        at_least_reporting="to_claim_at_least_reporting",
        at_most_reporting="to_claim_at_most_reporting",
    )

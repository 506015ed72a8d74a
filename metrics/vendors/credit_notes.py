"""Credit notes that a vendor gave for missed promises, and the credits that each of them is for.

What is due is decided in `metrics.vendors.service_credits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import polars as pl

from metrics.vendors.credit_policy import matches

_ZERO: Final = Decimal(0)


@dataclass(slots=True)
class Claim:
    """One credit that notes can be for.

    Attributes:
        due: None if it is not known; then no note is taken to be for it as long as another one can be.
        given: what notes gave for it so far; filled in.
    """

    service_credit_id: str
    vendor: str | None
    currency: str | None
    patterns: tuple[str, ...]
    covered_start: date
    covered_end: date
    due: Decimal | None
    given: Decimal = _ZERO

    @property
    def open_amount(self) -> Decimal:
        """What is still to be given."""
        return max((self.due or _ZERO) - self.given, _ZERO)


@dataclass(frozen=True, slots=True)
class NotePart:
    """A part of a credit note's line, above 0, and the credit it is for; None if there is none."""

    line: dict[str, Any]
    part_number: int
    service_credit_id: str | None
    amount: Decimal


def match_credit_notes(lines: pl.DataFrame, claims: Sequence[Claim]) -> list[NotePart]:
    """Hand each credit note to the credits it is for, oldest first, until it is used up.

    A note is for credits of its vendor, in its currency, whose terms know its item. If it names a service period, it is
    for periods that touch those days, else for all that were over on its date. What is left over stays with the last of
    them, so that more than was due shows as such; a note for nothing that is known has one part without a credit.

    Args:
        lines: rows of `fct_vendor_invoice_lines`.
        claims: in order of their periods; `given` is filled in.
    """
    patterns = tuple({pattern for claim in claims for pattern in claim.patterns})
    parts: list[NotePart] = []
    notes = lines.filter(~pl.col("is_quarantined"), pl.col("amount_original") < 0)
    for line in notes.sort("invoice_date", "vendor_invoice_line_id").iter_rows(named=True):
        if matches(line["item"], patterns):
            parts += _hand_out(line, [claim for claim in claims if _is_for(line, claim)])
    return parts


def _hand_out(line: dict[str, Any], claims: Sequence[Claim]) -> list[NotePart]:
    left: Decimal = -line["amount_original"]
    shares: dict[str, Decimal] = {}
    for claim in claims:
        share = min(left, claim.open_amount)
        if share > 0:
            shares[claim.service_credit_id] = share
            claim.given += share
            left -= share
    if left > 0 and claims:
        last = claims[-1]
        shares[last.service_credit_id] = shares.get(last.service_credit_id, _ZERO) + left
        last.given += left
    if not claims:
        return [NotePart(line, 1, None, left)]
    return [NotePart(line, number, key, share) for number, (key, share) in enumerate(shares.items(), start=1)]


def _is_for(line: dict[str, Any], claim: Claim) -> bool:
    if line["vendor"] != claim.vendor or line["currency_code"] != claim.currency:
        return False
    if not matches(line["item"], claim.patterns):
        return False
    start, end, invoiced = line["service_start_date"], line["service_end_date"], line["invoice_date"]
    if start is not None and end is not None and start <= end:
        return bool(start <= claim.covered_end and end >= claim.covered_start)
    return invoiced is not None and claim.covered_end <= invoiced

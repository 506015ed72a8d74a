"""What contracts say of missed promises: the records of policies/vendors.yaml for service credits.

What is due under them is computed in `metrics.vendors.service_credits`; reading the file is the pipeline's work.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from models.vocabulary import PromiseKind, SlaTarget

CreditPeriod = Literal["month", "quarter"]

#: Items of invoice lines that are credit notes for missed promises, unless the policy names others.
DEFAULT_CREDIT_NOTES: Final = ("*service credit*",)


@dataclass(frozen=True, slots=True)
class CreditBand:
    """A share of the fee that is due where attainment lies below a threshold. Exactly on it, the promise is kept."""

    below: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class CreditPromise:
    """One promise of a contract.

    Attributes:
        id: its name, unique within the contract.
        kind: whose cases count: SLA clocks, or deliveries by either of their promised dates.
        sla_policies: for clocks, the policies whose clocks count; empty if `target` says it.
        target: for clocks, the target whose clocks all count.
        bands: in order of falling thresholds and rising credits. None: one band, of the contract's own
            `sla_target_ratio` and `service_credit_ratio`.
        item: rate-card item whose ratios those are, where the contract's items differ.
        minimum_count: with fewer cases in a period nothing is due.
    """

    id: str
    kind: PromiseKind = PromiseKind.SLA
    sla_policies: frozenset[str] = frozenset()
    target: SlaTarget | None = None
    bands: tuple[CreditBand, ...] | None = None
    item: str | None = None
    minimum_count: int = 1


@dataclass(frozen=True, slots=True)
class CreditCaps:
    """The most that is due over all promises of a contract; of a share of the fee and an amount the lesser holds.

    Attributes:
        period_ratio, period_amount: in one period.
        contract_year_ratio, contract_year_amount: in one year of the contract, counted from its first day.
    """

    period_ratio: Decimal | None = None
    period_amount: Decimal | None = None
    contract_year_ratio: Decimal | None = None
    contract_year_amount: Decimal | None = None

    @property
    def has_year(self) -> bool:
        """Whether anything limits a whole year."""
        return self.contract_year_ratio is not None or self.contract_year_amount is not None


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """What one contract, or several alike, say of missed promises.

    Attributes:
        contracts: numbers of contracts, with `*` and `?` for any text and any character; capitals do not matter.
        promises: in the order in which they share what a cap leaves.
        period: how long a promise is measured.
        fee_items: patterns of the invoiced items that make the fee.
        fee_monthly: a fixed monthly fee in the contract's currency, in place of invoiced items.
        credit_notes: patterns of the items by which credits already given are known on credit notes.
    """

    contracts: tuple[str, ...]
    promises: tuple[CreditPromise, ...]
    period: CreditPeriod = "month"
    fee_items: tuple[str, ...] = ("*",)
    fee_monthly: Decimal | None = None
    caps: CreditCaps = field(default_factory=CreditCaps)
    credit_notes: tuple[str, ...] = DEFAULT_CREDIT_NOTES


def terms_of(contract: str, terms: Sequence[CreditTerms]) -> CreditTerms | None:
    """The first terms that name a contract; None if none do."""
    return next((found for found in terms if matches(contract, found.contracts)), None)


def matches(value: str | None, patterns: Sequence[str]) -> bool:
    """Whether a value is one of some patterns, in which `*` stands for any text and `?` for one character."""
    text = (value or "").strip()
    return any(re.fullmatch(_to_regex(pattern), text, re.IGNORECASE | re.DOTALL) for pattern in patterns)


def reached_band(attainment: Fraction, bands: Sequence[CreditBand]) -> CreditBand | None:
    """The lowest band that an attainment lies in; None if it is on or above every threshold."""
    below = [band for band in bands if attainment < Fraction(band.below)]
    return min(below, key=lambda band: band.below, default=None)


def _to_regex(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(character) or re.escape(character) for character in pattern)

"""What a contract's caps leave of its service credits, one after the other: in a period, and in a year of the contract.

What is due without caps is decided in `metrics.vendors.service_credits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from metrics.vendors.credit_policy import CreditCaps
from metrics.vendors.service_fees import round_to_minor_unit

_ZERO: Final = Decimal(0)
_UNKNOWN_BEFORE: Final = "what a cap leaves depends on an earlier credit that is not measured"
_UNKNOWN_FEE: Final = "what a cap leaves depends on a fee that is not known"


@dataclass(slots=True)
class CappedCredit:
    """One credit in the order in which it meets the caps of its contract.

    Attributes:
        uncapped: share of the fee; None if it is not known.
        least, most: the same if every unmeasured case had kept the promise, or broken it; `most` is None if nothing
            limits it.
        remaining: what the caps leave; None without a cap, or if that is not known.
        due, due_at_least, due_at_most: after the caps.
        reason: why `due` is not known although `uncapped` is.
    """

    period_start: date
    contract_year: int
    fee: Decimal | None
    uncapped: Decimal | None
    least: Decimal
    most: Decimal | None
    remaining: Decimal | None = None
    due: Decimal | None = None
    due_at_least: Decimal = _ZERO
    due_at_most: Decimal | None = None
    reason: str = ""


@dataclass(slots=True)
class _Used:
    """What was used of a cap so far; None is unknown, and for the most, without limit."""

    value: Decimal | None = _ZERO
    least: Decimal = _ZERO
    most: Decimal | None = _ZERO

    def add(self, credit: CappedCredit) -> None:
        self.value = None if self.value is None or credit.due is None else self.value + credit.due
        self.least += credit.due_at_least
        self.most = None if self.most is None or credit.due_at_most is None else self.most + credit.due_at_most


@dataclass(slots=True)
class _Fees:
    """Fees of a year's periods up to and including the present one."""

    by_period: dict[date, Decimal | None] = field(default_factory=dict)

    def known(self) -> Decimal:
        return sum((fee for fee in self.by_period.values() if fee is not None), _ZERO)

    def whole(self) -> Decimal | None:
        return None if None in self.by_period.values() else self.known()


def apply_caps(credits_: Sequence[CappedCredit], caps: CreditCaps, minor_unit_digits: int) -> None:
    """Say of each credit what the caps leave, and what of it is due.

    A credit that comes earlier takes first. A share as cap is one of the fee: of the period, or of the contract year's
    periods up to and including this one, so that what was due never changes with invoices of later periods.

    Args:
        credits_: of one contract, in order; they are filled in.
    """
    in_period: dict[date, _Used] = {}
    in_year: dict[int, _Used] = {}
    fees: dict[int, _Fees] = {}
    for credit in credits_:
        of_period = in_period.setdefault(credit.period_start, _Used())
        of_year = in_year.setdefault(credit.contract_year, _Used())
        year_fees = fees.setdefault(credit.contract_year, _Fees())
        year_fees.by_period[credit.period_start] = credit.fee

        def share(ratio: Decimal, fee: Decimal | None) -> Decimal | None:
            return None if fee is None else round_to_minor_unit(Fraction(ratio) * Fraction(fee), minor_unit_digits)

        # (limit as it is, limit at its least, limit at its most, what was used of it)
        limits: list[tuple[Decimal | None, Decimal, Decimal | None, _Used]] = []
        if caps.period_amount is not None:
            limits.append((caps.period_amount, caps.period_amount, caps.period_amount, of_period))
        if caps.period_ratio is not None:
            limit = share(caps.period_ratio, credit.fee)
            limits.append((limit, limit or _ZERO, limit, of_period))
        if caps.contract_year_amount is not None:
            limits.append((caps.contract_year_amount, caps.contract_year_amount, caps.contract_year_amount, of_year))
        if caps.contract_year_ratio is not None:
            least = share(caps.contract_year_ratio, year_fees.known()) or _ZERO
            whole = share(caps.contract_year_ratio, year_fees.whole())
            limits.append((whole, least, whole, of_year))
        _cap(credit, limits)
        of_period.add(credit)
        of_year.add(credit)


def _cap(credit: CappedCredit, limits: Sequence[tuple[Decimal | None, Decimal, Decimal | None, _Used]]) -> None:
    credit.due_at_least, credit.due_at_most = credit.least, credit.most
    known: list[Decimal] = []
    for limit, least, most, used in limits:
        left_at_least = _ZERO if used.most is None else max(least - used.most, _ZERO)
        credit.due_at_least = min(credit.due_at_least, left_at_least)
        if most is not None:
            left_at_most = max(most - used.least, _ZERO)
            credit.due_at_most = left_at_most if credit.due_at_most is None else min(credit.due_at_most, left_at_most)
        if limit is None:
            credit.reason = _UNKNOWN_FEE
        elif used.value is None:
            credit.reason = _UNKNOWN_BEFORE
        else:
            known.append(max(limit - used.value, _ZERO))
    if not credit.reason:
        credit.remaining = min(known, default=None)
    if credit.uncapped is None or credit.uncapped == 0:
        credit.due, credit.reason = credit.uncapped, ""
    elif not credit.reason:
        credit.due = credit.uncapped if credit.remaining is None else min(credit.uncapped, credit.remaining)

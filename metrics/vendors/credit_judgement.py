"""What the promises of one contract earn, period by period: its cases, its fee and its bands, before any cap.

Which cases there are is said in `metrics.vendors.promise_cases`, the fee in `metrics.vendors.service_fees`. Caps,
credit notes and the facts that are made of all this are put together in `metrics.vendors.service_credits`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from metrics.vendors.credit_caps import CappedCredit
from metrics.vendors.credit_periods import ContractPeriod, ContractTerm, list_periods
from metrics.vendors.credit_policy import CreditBand, CreditPromise, CreditTerms, matches, reached_band
from metrics.vendors.promise_cases import Evidence
from metrics.vendors.service_fees import Fee, InvoicedLine, fee_of, round_to_minor_unit

_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the cases of a period earn: a share of the fee as it is, at its least and at its most; None is unknown."""

    ratio: Decimal | None
    least: Decimal
    most: Decimal | None
    band: CreditBand | None = None
    reason: str = ""


@dataclass(slots=True)
class JudgedCredit:
    """One row in the making."""

    term: ContractTerm
    terms: CreditTerms
    promise: CreditPromise
    period: ContractPeriod
    met: int
    breached: int
    unmeasured: int
    is_open: bool
    fee: Fee
    verdict: Verdict
    capped: CappedCredit

    @property
    def key(self) -> str:
        return f"{self.term.id}/{self.promise.id}/{self.period.start.isoformat()}"


def judge_contract(
    term: ContractTerm,
    terms: CreditTerms,
    evidence: Evidence,
    cases: dict[CreditPromise, pl.DataFrame],
    lines: Sequence[InvoicedLine],
    minor_unit_digits: int,
) -> Iterator[JudgedCredit]:
    """The promises of a contract in each period since the data about them begin; open periods too.

    Args:
        cases: cases of promises that were read already; what is read here is added.
        lines: what the contract's vendor invoiced under it.
    """
    for promise in terms.promises:
        as_of, first = evidence.as_of(promise), evidence.first_day(promise)
        if as_of is None or first is None:
            continue
        if promise not in cases:
            cases[promise] = evidence.cases(promise)
        own = cases[promise].filter(pl.col("vendor") == term.vendor)
        bands, trouble = _bands_of(term, promise)
        for period in list_periods(term, terms.period, first, as_of):
            met, breached, unmeasured = _count(own, period)
            is_open = period.covered_end >= as_of
            fee = fee_of(
                terms,
                lines,
                period.covered_start,
                period.covered_end,
                currency=term.currency,
                minor_unit_digits=minor_unit_digits,
            )
            verdict = _judge(promise, bands, trouble, met, breached, unmeasured)
            capped = CappedCredit(
                period.start,
                period.contract_year,
                fee.amount,
                uncapped=_share(verdict.ratio, fee, minor_unit_digits),
                least=_share(verdict.least, fee, minor_unit_digits) or _ZERO,
                most=_share(verdict.most, fee, minor_unit_digits),
            )
            yield JudgedCredit(term, terms, promise, period, met, breached, unmeasured, is_open, fee, verdict, capped)


def _count(cases: pl.DataFrame, period: ContractPeriod) -> tuple[int, int, int]:
    """Cases decided on the covered days of a period: kept, broken, and not known which."""
    kept = cases.filter(pl.col("decided_date").is_between(period.covered_start, period.covered_end))["is_kept"]
    return int(kept.sum()), int((~kept).sum()), kept.null_count()


def _bands_of(term: ContractTerm, promise: CreditPromise) -> tuple[tuple[CreditBand, ...], str]:
    """The bands of a promise, and why they are not known if they are not."""
    if term.contradiction:
        return (), f"rows of the contract contradict each other in {term.contradiction}"
    if promise.bands is not None:
        return promise.bands, ""
    named = {
        (below, credit)
        for item, below, credit in term.promises
        if isinstance(below, Decimal)
        and isinstance(credit, Decimal)
        and (promise.item is None or matches(item, (promise.item,)))
    }
    if not named:
        return (), "the contract names no attainment with a share of the fee, and the policy no bands"
    if len(named) > 1:
        return (), "items of the contract have different attainments or shares; name the item in the policy"
    ((below, credit),) = named
    return (CreditBand(below, credit),), ""


def _judge(
    promise: CreditPromise,
    bands: Sequence[CreditBand],
    trouble: str,
    met: int,
    breached: int,
    unmeasured: int,
) -> Verdict:
    """The share that some cases earn."""
    if trouble:
        return Verdict(None, _ZERO, None, reason=trouble)
    measured, eligible = met + breached, met + breached + unmeasured
    if not eligible:
        return Verdict(_ZERO, _ZERO, _ZERO, reason="no case was decided in these days")
    least, most = (_earned(bands, kept, eligible, promise) for kept in (met + unmeasured, met))
    if measured < promise.minimum_count <= eligible:
        reason = "too many cases were set aside or lack a date to tell whether there are enough"
        return Verdict(None, _credit(least), _credit(most), reason=reason)
    if measured < promise.minimum_count:
        reason = f"{measured} decided, and the contract asks for at least {promise.minimum_count}"
        return Verdict(_ZERO, _credit(least), _credit(most), reason=reason)
    band = reached_band(Fraction(met, measured), bands)
    return Verdict(_credit(band), _credit(least), _credit(most), band)


def _earned(bands: Sequence[CreditBand], kept: int, count: int, promise: CreditPromise) -> CreditBand | None:
    return reached_band(Fraction(kept, count), bands) if count >= promise.minimum_count else None


def _credit(band: CreditBand | None) -> Decimal:
    return band.credit if band is not None else _ZERO


def _share(ratio: Decimal | None, fee: Fee, minor_unit_digits: int) -> Decimal | None:
    """A share of the fee, rounded once: nothing of a fee below 0, and nothing of any fee if the share is 0."""
    if ratio is None:
        return None
    if ratio == 0:
        return _ZERO
    if fee.amount is None:
        return None
    return round_to_minor_unit(Fraction(ratio) * Fraction(max(fee.amount, _ZERO)), minor_unit_digits)

"""Service credits: what vendors owe for promises that they did not keep, by their contracts' own terms.

`fct_service_credits`, the broken promises that each rests on, and the credit notes that were given. Which cases there
are is said in `metrics.vendors.promise_cases`, the fee in `metrics.vendors.service_fees`, caps in
`metrics.vendors.credit_caps`. Amounts are decimals and exact; nothing is a float but the attainment that is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from metrics.costs.exchange_rates import FxPolicy, convert_to_reporting
from metrics.vendors.credit_caps import CappedCredit, apply_caps
from metrics.vendors.credit_notes import Claim, NotePart, match_credit_notes
from metrics.vendors.credit_periods import ContractPeriod, ContractTerm, list_contract_terms, list_periods
from metrics.vendors.credit_policy import CreditBand, CreditPromise, CreditTerms, matches, reached_band, terms_of
from metrics.vendors.promise_cases import Evidence
from metrics.vendors.service_fees import (
    Fee,
    InvoicedLine,
    fee_of,
    lines_of,
    list_invoiced_lines,
    round_to_minor_unit,
)
from models.ddl import conform, polars_schema
from models.vendor_performance import fct_service_credit_clocks, fct_service_credit_notes, fct_service_credits
from models.vocabulary import CreditState

_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Currency:
    """How amounts reach the reporting currency.

    Attributes:
        fx_rates: `stg_fx_rates`.
        minor_unit_digits: decimals to which credits are rounded, in any currency.
    """

    reporting: str
    fx_rates: pl.DataFrame
    policy: FxPolicy = field(default_factory=FxPolicy)
    minor_unit_digits: int = 2


@dataclass(frozen=True, slots=True)
class ServiceCredits:
    """The three facts, each as its table declares it."""

    credits: pl.DataFrame
    clocks: pl.DataFrame
    notes: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the cases of a period earn: a share of the fee as it is, at its least and at its most; None is unknown."""

    ratio: Decimal | None
    least: Decimal
    most: Decimal | None
    band: CreditBand | None = None
    reason: str = ""


@dataclass(slots=True)
class _Credit:
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
    verdict: _Verdict
    capped: CappedCredit

    @property
    def key(self) -> str:
        return f"{self.term.id}/{self.promise.id}/{self.period.start.isoformat()}"


def build_service_credits(
    all_terms: Sequence[CreditTerms],
    promises: pl.DataFrame,
    evidence: Evidence,
    invoice_lines: pl.DataFrame,
    currency: Currency,
) -> ServiceCredits:
    """All credits of all contracts that the policy has terms for.

    - A case counts in the period of its decision, under the contract in force on that day.
    - Attainment is met / (met + breached); a band is reached by an attainment below it. Exactly on it the promise is
      kept.
    - Only a period that the data have passed is judged; an open one shows its counts, and nothing else.
    - Rows begin with the period in which the data about the promise begin.

    Args:
        all_terms: of several that name a contract the first counts.
        promises: `fct_contract_promises`.
        invoice_lines: `fct_vendor_invoice_lines`.
    """
    invoiced = list_invoiced_lines(invoice_lines)
    cases: dict[CreditPromise, pl.DataFrame] = {}
    rows: list[_Credit] = []
    for term in list_contract_terms(promises):
        terms = terms_of(term.id, all_terms)
        if terms is None:
            continue
        lines = lines_of(term.id, term.vendor, invoiced)
        found = list(_judge_contract(term, terms, evidence, cases, lines, currency.minor_unit_digits))
        found.sort(key=lambda row: (row.period.start, terms.promises.index(row.promise)))
        apply_caps([row.capped for row in found if not row.is_open], terms.caps, currency.minor_unit_digits)
        rows += found
    claims = [_claim_of(row) for row in rows if not row.is_open]
    parts = match_credit_notes(invoice_lines, sorted(claims, key=lambda claim: claim.covered_start))
    notes = _frame_notes(parts, currency)
    given = {claim.service_credit_id: claim.given for claim in claims}
    credits_ = _convert(_frame_credits(rows, given), notes, currency)
    return ServiceCredits(credits_, _frame_clocks(rows, cases), notes)


def _judge_contract(
    term: ContractTerm,
    terms: CreditTerms,
    evidence: Evidence,
    cases: dict[CreditPromise, pl.DataFrame],
    lines: Sequence[InvoicedLine],
    minor_unit_digits: int,
) -> Iterator[_Credit]:
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
            yield _Credit(term, terms, promise, period, met, breached, unmeasured, is_open, fee, verdict, capped)


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
) -> _Verdict:
    """The share that some cases earn."""
    if trouble:
        return _Verdict(None, _ZERO, None, reason=trouble)
    measured, eligible = met + breached, met + breached + unmeasured
    if not eligible:
        return _Verdict(_ZERO, _ZERO, _ZERO, reason="no case was decided in these days")
    least, most = (_earned(bands, kept, eligible, promise) for kept in (met + unmeasured, met))
    if measured < promise.minimum_count <= eligible:
        reason = "too many cases were set aside or lack a date to tell whether there are enough"
        return _Verdict(None, _credit(least), _credit(most), reason=reason)
    if measured < promise.minimum_count:
        reason = f"{measured} decided, and the contract asks for at least {promise.minimum_count}"
        return _Verdict(_ZERO, _credit(least), _credit(most), reason=reason)
    band = reached_band(Fraction(met, measured), bands)
    return _Verdict(_credit(band), _credit(least), _credit(most), band)


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


def _claim_of(row: _Credit) -> Claim:
    return Claim(
        service_credit_id=row.key,
        vendor=row.term.vendor,
        currency=row.term.currency,
        patterns=row.terms.credit_notes,
        covered_start=row.period.covered_start,
        covered_end=row.period.covered_end,
        due=row.capped.due,
    )


def _state_of(row: _Credit) -> tuple[CreditState, str]:
    """What is known of a credit, and why not more."""
    if row.is_open:
        return CreditState.PERIOD_OPEN, ""
    due = row.capped.due
    if due is None:
        return CreditState.NOT_MEASURED, row.verdict.reason or row.capped.reason or row.fee.reason
    if due > 0:
        return CreditState.DUE, ""
    if row.capped.uncapped:
        return CreditState.NONE, "earlier credits have used up the cap"
    if row.verdict.ratio:
        return CreditState.NONE, "nothing is left of the fee, or so little that no cent is due"
    return CreditState.NONE, row.verdict.reason


def _frame_credits(rows: Sequence[_Credit], given: dict[str, Decimal]) -> pl.DataFrame:
    schema = polars_schema(fct_service_credits)
    return pl.DataFrame([_describe(row, given) for row in rows], schema=schema, orient="row")


def _describe(row: _Credit, given: dict[str, Decimal]) -> dict[str, Any]:
    """A row of `fct_service_credits` without what is in the reporting currency."""
    state, reason = _state_of(row)
    measured = row.met + row.breached
    band, capped, was_given = row.verdict.band, row.capped, given.get(row.key, _ZERO)
    is_judged = not row.is_open
    due = capped.due if is_judged else None
    described: dict[str, Any] = dict.fromkeys(polars_schema(fct_service_credits))
    described |= {
        "service_credit_id": row.key,
        "vendor_contract_id": row.term.id,
        "vendor": row.term.vendor,
        "promise": row.promise.id,
        "promise_kind": row.promise.kind.value,
        "period_grain": row.terms.period,
        "period_start_date": row.period.start,
        "period_end_date": row.period.end,
        "covered_start_date": row.period.covered_start,
        "covered_end_date": row.period.covered_end,
        "credit_state": state.value,
        "reason": reason or None,
        "met_count": row.met,
        "breached_count": row.breached,
        "unmeasured_count": row.unmeasured,
        "attainment_ratio": row.met / measured if measured else None,
        "band_below_ratio": band.below if band is not None and is_judged else None,
        "credit_ratio": row.verdict.ratio if is_judged else None,
        "fee_original": row.fee.amount,
        "credit_uncapped_original": capped.uncapped if is_judged else None,
        "cap_remaining_original": capped.remaining if is_judged else None,
        "credit_due_original": due,
        "given_original": was_given,
        "to_claim_original": None if due is None else max(due - was_given, _ZERO),
        "currency_code": row.term.currency,
        # In the contract's currency still; `_convert` makes them what they are called.
        "to_claim_at_least_reporting": max(capped.due_at_least - was_given, _ZERO) if is_judged else None,
        "to_claim_at_most_reporting": None
        if capped.due_at_most is None or row.is_open
        else max(capped.due_at_most - was_given, _ZERO),
        "is_quarantined": False,
    }
    return described


def _convert(credits_: pl.DataFrame, notes: pl.DataFrame, currency: Currency) -> pl.DataFrame:
    """Add what is in the reporting currency, at the rate of the last covered day; of notes, at those of their dates."""
    sources = {
        "credit_due_reporting": "credit_due_original",
        "to_claim_reporting": "to_claim_original",
        "to_claim_at_least_reporting": "to_claim_at_least_reporting",
        "to_claim_at_most_reporting": "to_claim_at_most_reporting",
    }
    for name, source in sources.items():
        converted = _to_reporting(credits_, source, "covered_end_date", currency)
        credits_ = credits_.with_columns(converted["amount_reporting"].alias(name), converted["fx_rate"])
    unknown = pl.col("given_reporting").null_count() > 0
    given = (
        notes.drop_nulls("service_credit_id")
        .group_by("service_credit_id")
        .agg(given_reporting=pl.when(~unknown).then(pl.col("given_reporting").sum()))
        .with_columns(has_notes=pl.lit(True))
    )
    joined = credits_.drop("given_reporting").join(given, on="service_credit_id", how="left", maintain_order="left")
    nothing = pl.lit(_ZERO, dtype=pl.Decimal(18, 4))
    is_given = pl.col("has_notes").fill_null(False)
    return conform(
        joined.with_columns(given_reporting=pl.when(is_given).then("given_reporting").otherwise(nothing)),
        fct_service_credits,
    )


def _to_reporting(frame: pl.DataFrame, amount: str, day: str, currency: Currency) -> pl.DataFrame:
    return convert_to_reporting(
        frame.select("currency_code", day, amount_original=pl.col(amount)),
        currency.fx_rates,
        policy=currency.policy,
        date_column=day,
        reporting_currency=currency.reporting,
        minor_unit_digits=currency.minor_unit_digits,
    )


def _frame_notes(parts: Sequence[NotePart], currency: Currency) -> pl.DataFrame:
    described = [
        {
            "vendor_invoice_line_id": part.line["vendor_invoice_line_id"],
            "part_number": part.part_number,
            "service_credit_id": part.service_credit_id,
            "vendor": part.line["vendor"],
            "invoice_id": part.line["invoice_id"],
            "invoice_date": part.line["invoice_date"],
            "given_original": part.amount,
            "currency_code": part.line["currency_code"],
            "given_reporting": None,
        }
        for part in parts
    ]
    notes = pl.DataFrame(described, schema=polars_schema(fct_service_credit_notes), orient="row")
    converted = _to_reporting(notes, "given_original", "invoice_date", currency)
    return notes.with_columns(converted["amount_reporting"].alias("given_reporting"))


def _frame_clocks(rows: Sequence[_Credit], cases: dict[CreditPromise, pl.DataFrame]) -> pl.DataFrame:
    """The broken promises of every closed period whose attainment lies in a band."""
    frames = [polars_schema(fct_service_credit_clocks).to_frame()]
    for row in rows:
        if row.is_open or not row.verdict.ratio:
            continue
        broken = cases[row.promise].filter(
            pl.col("vendor") == row.term.vendor,
            pl.col("decided_date").is_between(row.period.covered_start, row.period.covered_end),
            ~pl.col("is_kept"),
        )
        order = [name for name in ("decided_date", "breached_at", "ticket_id", "delivery_id") if name in broken.columns]
        numbered = broken.sort(order).with_columns(
            service_credit_id=pl.lit(row.key), case_number=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
        )
        frames.append(conform(numbered, fct_service_credit_clocks))
    return pl.concat(frames)

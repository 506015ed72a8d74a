"""Service credits: what vendors owe for promises that they did not keep, by their contracts' own terms.

`fct_service_credits`, the broken promises that each rests on, and the credit notes that were given. What promises earn
is judged in `metrics.vendors.credit_judgement`, caps are in `metrics.vendors.credit_caps`. Amounts are decimals and
exact; nothing is a float but the attainment that is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import polars as pl

from metrics.costs.exchange_rates import FxPolicy, convert_to_reporting
from metrics.vendors.credit_caps import apply_caps
from metrics.vendors.credit_judgement import JudgedCredit, judge_contract
from metrics.vendors.credit_notes import Claim, NotePart, match_credit_notes
from metrics.vendors.credit_periods import list_contract_terms
from metrics.vendors.credit_policy import CreditPromise, CreditTerms, terms_of
from metrics.vendors.promise_cases import Evidence
from metrics.vendors.service_fees import lines_of, list_invoiced_lines
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
    rows: list[JudgedCredit] = []
    for term in list_contract_terms(promises):
        terms = terms_of(term.id, all_terms)
        if terms is None:
            continue
        lines = lines_of(term.id, term.vendor, invoiced)
        found = list(judge_contract(term, terms, evidence, cases, lines, currency.minor_unit_digits))
        found.sort(key=lambda row: (row.period.start, terms.promises.index(row.promise)))
        apply_caps([row.capped for row in found if not row.is_open], terms.caps, currency.minor_unit_digits)
        rows += found
    claims = [_claim_of(row) for row in rows if not row.is_open]
    parts = match_credit_notes(invoice_lines, sorted(claims, key=lambda claim: claim.covered_start))
    notes = _frame_notes(parts, currency)
    given = {claim.service_credit_id: claim.given for claim in claims}
    credits_ = _convert(_frame_credits(rows, given), notes, currency)
    return ServiceCredits(credits_, _frame_clocks(rows, cases), notes)


def _claim_of(row: JudgedCredit) -> Claim:
    return Claim(
        service_credit_id=row.key,
        vendor=row.term.vendor,
        currency=row.term.currency,
        patterns=row.terms.credit_notes,
        covered_start=row.period.covered_start,
        covered_end=row.period.covered_end,
        due=row.capped.due,
    )


def _state_of(row: JudgedCredit) -> tuple[CreditState, str]:
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


def _frame_credits(rows: Sequence[JudgedCredit], given: dict[str, Decimal]) -> pl.DataFrame:
    schema = polars_schema(fct_service_credits)
    return pl.DataFrame([_describe(row, given) for row in rows], schema=schema, orient="row")


def _describe(row: JudgedCredit, given: dict[str, Decimal]) -> dict[str, Any]:
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


def _frame_clocks(rows: Sequence[JudgedCredit], cases: dict[CreditPromise, pl.DataFrame]) -> pl.DataFrame:
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

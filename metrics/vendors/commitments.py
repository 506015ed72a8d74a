"""`fct_vendor_commitments` and `fct_vendor_commitment_months`: spend under each contract against what was committed.

Spend is what was billed by invoice date in the contract's currency, credit notes taken off. A commitment is used up on
the first day from which on that never falls below it again; while it is not, the run-rate says when it will be. Which
contract a line falls under is decided in `metrics.vendors.matching`.

What is told as of the data's clock is told at the clock's exchange rate, months at the rate of the contract's first
day: rates weigh contracts against each other, and a month that is over would change whenever the clock moves.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

import polars as pl

from metrics.costs.exchange_rates import ExchangeRate, FxPolicy, find_first_rates
from metrics.costs.minor_units import MINOR_UNIT_DIGITS, USUAL_DIGITS
from metrics.costs.money import multiply_amounts
from metrics.vendors.names import comparable
from models.ddl import conform, polars_schema
from models.vendor_ledger import fct_vendor_commitment_months, fct_vendor_commitments
from models.vocabulary import ContractState, InvoiceMatch, RunOut

_STORED: Final = pl.Decimal(18, 4)
#: Lines without a contract that may nevertheless be one's of their vendor.
_MAY_BE_ITS: Final = (
    InvoiceMatch.SEVERAL_CONTRACTS,
    InvoiceMatch.CONTRACT_UNCLEAR,
    InvoiceMatch.PARTLY_IN_TERM,
    InvoiceMatch.NO_DATE,
)


class _RunRate(NamedTuple):
    """Spend of the last complete months of a contract."""

    start: date
    end: date
    spend: Decimal

    @property
    def daily(self) -> Fraction:
        return max(Fraction(0), Fraction(self.spend) / ((self.end - self.start).days + 1))


def build_commitments(
    contracts: pl.DataFrame,
    invoice_lines: pl.DataFrame,
    fx_rates: pl.DataFrame,
    *,
    fx: FxPolicy,
    reporting_currency: str,
    as_of_date: date | None,
    run_rate_months: int,
    minor_unit_digits: int = 2,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per contract with committed spend, and one per such contract and month of its term so far.

    Args:
        contracts: `fct_vendor_contracts`.
        invoice_lines: `fct_vendor_invoice_lines`.
        fx_rates: `stg_fx_rates`; months take the rate of the contract's first day from them or, if they begin later,
            the first one after it.
        fx: how amounts reach the reporting currency.
        as_of_date: day of the data's clock of invoices; those after it do not count.
        run_rate_months: complete calendar months before that day whose spend makes the run-rate, as far as they lie
            after the contract's first day and the first invoice that is known of its vendor.
    """
    committed = contracts.filter(pl.col("committed_spend_original") > 0).sort("vendor_contract_id")
    if as_of_date is None or committed.is_empty():
        return (
            pl.DataFrame(schema=polars_schema(fct_vendor_commitments)),
            pl.DataFrame(schema=polars_schema(fct_vendor_commitment_months)),
        )
    spent, unmeasured = _split_lines(committed, invoice_lines, as_of_date)
    known_since = _known_since(committed, invoice_lines)
    days = {
        str(contract): frame.sort("invoice_date").select("invoice_date", "amount_original", "line_count").rows()
        for (contract,), frame in spent.group_by("vendor_contract_id")
    }
    unmeasured_counts = dict(unmeasured.group_by("vendor_contract_id").agg(pl.len()).rows())
    described = []
    for contract in committed.iter_rows(named=True):
        billed = days.get(contract["vendor_contract_id"], [])
        described.append(
            {
                **contract,
                "known_since_date": known_since[contract["vendor_contract_id"]],
                "unmeasured_line_count": unmeasured_counts.get(contract["vendor_contract_id"], 0),
                **_project(contract, billed, as_of_date, run_rate_months, known_since[contract["vendor_contract_id"]]),
                "as_of_date": as_of_date,
            }
        )
    commitments = conform(pl.DataFrame(described, infer_schema_length=None), fct_vendor_commitments)
    in_reporting = [
        _at_rate(commitments, f"{part}_original", f"{part}_reporting", minor_unit_digits)
        for part in ("spend", "shortfall")
    ]
    months = _months(
        committed.with_columns(
            known_since=pl.col("vendor_contract_id").replace_strict(known_since, return_dtype=pl.Date)
        ),
        spent,
        unmeasured,
        as_of_date,
    )
    rates = _first_rates(committed, spent, fx_rates, fx, reporting_currency)
    return (
        commitments.with_columns(in_reporting),
        conform(_at_first_rates(months, rates, minor_unit_digits), fct_vendor_commitment_months),
    )


def _known_since(committed: pl.DataFrame, invoice_lines: pl.DataFrame) -> dict[str, date | None]:
    """By contract, the first day of which invoices of its vendor are known: the first invoice of the exports that have
    the vendor or, where none has it, of all."""
    dated = invoice_lines.filter(~pl.col("is_quarantined"), pl.col("invoice_date").is_not_null()).select(
        "source", "invoice_date", vendor_name=comparable(pl.col("vendor"))
    )
    begins = dated.group_by("source").agg(pl.col("invoice_date").min())
    of_vendors = (
        dated.select("source", "vendor_name")
        .unique()
        .join(begins, on="source")
        .group_by("vendor_name")
        .agg(known_since=pl.col("invoice_date").min())
    )
    found = committed.select("vendor_contract_id", vendor_name=comparable(pl.col("vendor"))).join(
        of_vendors, on="vendor_name", how="left"
    )
    since_all = pl.lit(dated["invoice_date"].min(), dtype=pl.Date)
    return dict(found.select("vendor_contract_id", pl.coalesce("known_since", since_all)).rows())


def _first_rates(
    committed: pl.DataFrame, spent: pl.DataFrame, fx_rates: pl.DataFrame, fx: FxPolicy, reporting_currency: str
) -> dict[str, ExchangeRate]:
    """By contract the rate of its first day, or of its first invoice where the register does not tell that day; if
    there is none, the first one after it. Contracts without any are left out."""
    first_bills = spent.group_by("vendor_contract_id").agg(first_bill_date=pl.col("invoice_date").min())
    keys = (
        committed.join(first_bills, on="vendor_contract_id", how="left")
        .filter(pl.col("currency_code").is_not_null())
        .select("vendor_contract_id", "currency_code", pl.coalesce("start_date", "first_bill_date"))
        .rows()
    )
    found = find_first_rates(
        [(currency, day) for _, currency, day in keys], fx_rates, policy=fx, reporting_currency=reporting_currency
    )
    return {contract: rate for (contract, _, _), rate in zip(keys, found, strict=True) if rate is not None}


def _split_lines(
    committed: pl.DataFrame, invoice_lines: pl.DataFrame, as_of_date: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Spend by contract and day; and lines that are or may be a contract's and cannot be added up."""
    lines = invoice_lines.filter((pl.col("invoice_date") <= as_of_date).fill_null(True))
    terms = committed.select("vendor_contract_id", contract_currency=pl.col("currency_code").str.to_uppercase())
    theirs = lines.join(terms, on="vendor_contract_id")
    is_measured = (
        (pl.col("currency_code").str.strip_chars().str.to_uppercase() == pl.col("contract_currency")).fill_null(False)
        & pl.col("amount_original").is_not_null()
        & pl.col("invoice_date").is_not_null()
        & ~pl.col("is_quarantined")
    )
    spent = (
        theirs.filter(is_measured)
        .group_by("vendor_contract_id", "invoice_date")
        .agg(pl.col("amount_original").sum(), line_count=pl.len())
    )
    vendors = committed.select("vendor_contract_id", vendor_name=comparable(pl.col("vendor")))
    perhaps = (
        lines.filter(
            pl.col("vendor_contract_id").is_null(),
            pl.col("match_state").is_in([state.value for state in _MAY_BE_ITS]),
        )
        .with_columns(vendor_name=comparable(pl.col("vendor")))
        .drop("vendor_contract_id")
        .join(vendors, on="vendor_name")
    )
    names = ("vendor_contract_id", "invoice_date")
    return spent, pl.concat([theirs.filter(~is_measured).select(names), perhaps.select(names)])


def _project(
    contract: dict[str, Any],
    billed: list[tuple[date, Decimal, int]],
    as_of_date: date,
    run_rate_months: int,
    known_since: Any,
) -> dict[str, Any]:
    """Spend by the data's clock, and what is known of the day on which the commitment is used up."""
    committed: Decimal = contract["committed_spend_original"]
    spend = sum((amount for _, amount, _ in billed), Decimal(0))
    state, end = ContractState(contract["contract_state"]), contract["end_date"]
    if state is ContractState.EXPIRED and end is not None and as_of_date <= end:
        state = ContractState.ACTIVE  # it is over, and the invoices of its last days have not come
    rate = None
    if state is ContractState.ACTIVE:
        rate = _run_rate(contract["start_date"], billed, as_of_date, run_rate_months, known_since)
    reached = _day_reached(billed, committed)
    run_out, run_out_date, projected = RunOut.UNKNOWN, None, None
    if state is ContractState.EXPIRED:
        run_out, projected = RunOut.ENDED_SHORT, spend
    elif state is ContractState.FUTURE:
        run_out = RunOut.NOT_BEGUN
    elif rate is not None:
        if end is not None:
            days_left = (end - as_of_date).days + 1
            projected = _round(Fraction(spend) + rate.daily * days_left, contract["currency_code"])
        run_out_date = _day_projected(committed - spend, rate.daily, as_of_date, end)
        run_out = RunOut.PROJECTED if run_out_date is not None else RunOut.NOT_WITHIN_TERM
    if reached is not None:
        run_out, run_out_date = RunOut.REACHED, reached
    return {
        "spend_original": spend,
        "remaining_original": committed - spend,
        "billed_line_count": sum(count for _, _, count in billed),
        "run_rate_start_date": rate.start if rate else None,
        "run_rate_end_date": rate.end if rate else None,
        "run_rate_spend_original": rate.spend if rate else None,
        "run_out_state": run_out.value,
        "run_out_date": run_out_date,
        "projected_spend_original": projected,
        "shortfall_original": None if projected is None else max(Decimal(0), committed - projected),
    }


def _run_rate(
    start: date | None, billed: list[tuple[date, Decimal, int]], as_of_date: date, months: int, known_since: Any
) -> _RunRate | None:
    """Spend of the last complete months, or None if none is complete yet."""
    this_month = as_of_date.replace(day=1)
    earliest = (this_month.year * 12 + this_month.month - 1) - months
    first = max(
        date(earliest // 12, earliest % 12 + 1, 1),
        start or date.min,
        known_since.replace(day=1) if known_since else date.max,
    )
    last = this_month - timedelta(days=1)
    if first > last:
        return None
    return _RunRate(first, last, sum((amount for day, amount, _ in billed if first <= day <= last), Decimal(0)))


def _day_reached(billed: list[tuple[date, Decimal, int]], committed: Decimal) -> date | None:
    """First day from which on the running total never falls below what was committed."""
    total = sum((amount for _, amount, _ in billed), Decimal(0))
    reached = None
    for day, amount, _ in reversed(billed):
        if total < committed:
            break
        reached = day
        total -= amount
    return reached


def _day_projected(remaining: Decimal, daily: Fraction, as_of_date: date, end: date | None) -> date | None:
    """Day on which the rest is used up at so much a day, the day of the data's clock being the first; None if not by
    the end of the term."""
    if daily <= 0 or remaining <= 0:
        return None
    days = -(-Fraction(remaining) // daily)
    last = end or date.max
    return as_of_date + timedelta(days=days - 1) if days - 1 <= (last - as_of_date).days else None


def _round(amount: Fraction, currency: str | None) -> Decimal:
    digits = MINOR_UNIT_DIGITS.get(currency or "", USUAL_DIGITS)
    units = amount * 10**digits
    return Decimal((2 * units.numerator + units.denominator) // (2 * units.denominator)).scaleb(-digits)


def _at_rate(frame: pl.DataFrame, amount: str, name: str, minor_unit_digits: int) -> pl.Series:
    """An amount of each row at the row's rate, rounded half to even to the reporting currency's minor unit."""
    rates = frame["fx_rate"].unique().drop_nulls().sort()
    index = frame["fx_rate"].replace_strict(
        rates, pl.int_range(len(rates), eager=True, dtype=pl.UInt32), default=None, return_dtype=pl.UInt32
    )
    ratios = [Fraction(rate) for rate in rates]
    return multiply_amounts(frame[amount], ratios, index, minor_unit_digits).alias(name)


def _at_first_rates(months: pl.DataFrame, rates: dict[str, ExchangeRate], minor_unit_digits: int) -> pl.DataFrame:
    """Months with spend and commitment at one rate per contract, and with that rate."""
    contracts = list(rates)
    index = months["vendor_contract_id"].replace_strict(
        contracts, pl.int_range(len(contracts), eager=True, dtype=pl.UInt32), default=None, return_dtype=pl.UInt32
    )
    ratios = [rate.ratio for rate in rates.values()]
    shown = pl.Series([rate.shown for rate in rates.values()], dtype=pl.Decimal(18, 8))
    days = pl.Series([rate.rate_date for rate in rates.values()], dtype=pl.Date)
    return months.with_columns(
        *(
            multiply_amounts(months[f"{part}_original"], ratios, index, minor_unit_digits).alias(f"{part}_reporting")
            for part in ("cumulative_spend", "committed_spend")
        ),
        fx_rate=shown.gather(index),
        fx_rate_date=days.gather(index),
    )


def _months(committed: pl.DataFrame, spent: pl.DataFrame, unmeasured: pl.DataFrame, as_of_date: date) -> pl.DataFrame:
    """A row for each month from a contract's first day, or first bill, to its last day or bill by the data's clock.

    Args:
        committed: contracts with `known_since`, the first day of which invoices of the vendor are known.
    """
    key = ["vendor_contract_id", "month_date"]
    by_month = (
        spent.with_columns(month_date=pl.col("invoice_date").dt.month_start())
        .group_by(key)
        .agg(spend_original=pl.col("amount_original").sum())
    )
    # A line without a date may lie in any month: it counts from the first on.
    left_out = (
        unmeasured.with_columns(month_date=pl.col("invoice_date").dt.month_start())
        .group_by(key)
        .agg(left_out_count=pl.len())
    )
    undated = left_out.filter(pl.col("month_date").is_null()).select("vendor_contract_id", undated="left_out_count")
    bills = by_month.group_by("vendor_contract_id").agg(
        first_bill=pl.col("month_date").min(), last_bill=pl.col("month_date").max()
    )
    today = pl.lit(as_of_date)
    spans = committed.join(bills, on="vendor_contract_id", how="left").with_columns(
        first=pl.min_horizontal(pl.col("start_date").dt.month_start(), "first_bill"),
        last=pl.max_horizontal(pl.min_horizontal("end_date", today).dt.month_start(), "last_bill"),
    )
    months = (
        spans.filter(pl.col("first") <= pl.min_horizontal("last", today))
        .with_columns(month_date=pl.date_ranges("first", "last", "1mo"))
        .explode("month_date", empty_as_null=False)
        .join(by_month, on=key, how="left")
        .join(left_out, on=key, how="left")
        .join(undated, on="vendor_contract_id", how="left")
        .sort(key)
    )
    nothing = pl.lit(0).cast(pl.Decimal(38, 4))
    return months.with_columns(
        pl.col("spend_original").fill_null(nothing),
        unmeasured_line_count=pl.col("left_out_count").fill_null(0).cum_sum().over("vendor_contract_id")
        + pl.col("undated").fill_null(0),
    ).with_columns(
        cumulative_spend_original=pl.col("spend_original").cum_sum().over("vendor_contract_id").cast(_STORED),
        # Of a month before the first invoice nobody knows what was billed, and not that it was nothing.
        is_quarantined=(pl.col("unmeasured_line_count") > 0)
        | (pl.col("month_date") < pl.col("known_since").dt.month_start()).fill_null(False),
        # Nor of what was billed by then, which later months have in them.
        is_understated=(pl.col("start_date") < pl.col("known_since").dt.month_start()).fill_null(
            pl.col("start_date").is_null()
        ),
    )

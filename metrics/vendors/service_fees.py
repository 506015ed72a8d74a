"""The fee that a service credit is a share of: what was invoiced for some days of a contract, or a fixed fee.

Which share is due is in `metrics.vendors.service_credits`.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from metrics.costs.money import STORED_PLACES
from metrics.vendors.credit_policy import CreditTerms, matches
from models.vocabulary import InvoiceMatch

_ZERO: Final = Decimal(0)
_UNDECIDED: Final = (InvoiceMatch.SEVERAL_CONTRACTS, InvoiceMatch.CONTRACT_UNCLEAR)
_NOT_INVOICED: Final = "nothing was invoiced for these days yet"


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee, or why it is not known.

    Attributes:
        amount: in the contract's currency; None if it is not known.
        reason: why; empty if it is known.
    """

    amount: Decimal | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InvoicedLine:
    """One billed line, the days on which it lies, and the contract it falls under; None if that is not one alone."""

    vendor: str | None
    contract: str | None
    match_state: str
    item: str | None
    start: date
    end: date
    amount: Decimal | None
    currency: str | None
    is_usable: bool


def list_invoiced_lines(lines: pl.DataFrame) -> list[InvoicedLine]:
    """The lines of an invoice export with their days: the service period, else the calendar month of the invoice.

    Args:
        lines: rows of `fct_vendor_invoice_lines`; those without any date lie nowhere and are left out. So are lines
            that are suspected to be billed twice: they are to come back whole, and are no fee.
    """
    found = []
    names = ("vendor", "vendor_contract_id", "match_state", "item")
    for row in lines.filter(~(pl.col("duplicate_at_stake_reporting") != 0).fill_null(False)).iter_rows(named=True):
        days = _days_of(row)
        if days is not None:
            is_usable = not row["is_quarantined"] and row["amount_original"] is not None
            vendor, contract, match_state, item = (row[name] for name in names)
            amount, currency = row["amount_original"], row["currency_code"]
            found.append(InvoicedLine(vendor, contract, match_state, item, *days, amount, currency, is_usable))
    return found


def lines_of(contract: str, vendor: str | None, lines: Iterable[InvoicedLine]) -> list[InvoicedLine]:
    """The lines that make the fee of a contract.

    A line that lies partly in the term counts with the days that do. One of which it is not known under which of
    several contracts it falls leaves the fee of each unknown.
    """
    found = []
    for line in lines:
        if line.contract == contract or (line.vendor == vendor and line.match_state == InvoiceMatch.PARTLY_IN_TERM):
            found.append(line)
        elif line.vendor == vendor and line.contract is None and line.match_state in _UNDECIDED:
            found.append(replace(line, is_usable=False))
    return found


def fee_of(
    terms: CreditTerms,
    lines: Sequence[InvoicedLine],
    first: date,
    last: date,
    *,
    currency: str | None,
    minor_unit_digits: int,
) -> Fee:
    """The fee for the days from `first` to `last`.

    Of an invoiced line those of its days count that lie there: its amount is spread over its days to the cent, the odd
    cents on the first ones. A fixed monthly fee counts by days in a month that is only partly covered. Credit notes
    that give service credits are no part of the fee; all others lower it.

    Args:
        lines: those of the contract; see `lines_of`.
        currency: the contract's; lines in another one leave the fee unknown.
    """
    if terms.fee_monthly is not None:
        return Fee(_fixed_fee(terms.fee_monthly, first, last, minor_unit_digits))
    counted = [
        line
        for line in lines
        if line.start <= last
        and line.end >= first
        and matches(line.item, terms.fee_items)
        and not (line.amount is not None and line.amount < 0 and matches(line.item, terms.credit_notes))
    ]
    if not counted:
        return Fee(None, _NOT_INVOICED)
    if not all(line.is_usable for line in counted):
        return Fee(None, "an invoice line for these days has no amount, was set aside, or may fall under two contracts")
    others = sorted({line.currency or "no currency" for line in counted if line.currency != currency})
    if others:
        return Fee(None, f"invoiced in {', '.join(others)}, and the contract is in {currency or 'no currency'}")
    return Fee(sum((_part_of(line, first, last, minor_unit_digits) for line in counted), _ZERO))


def round_to_minor_unit(amount: Fraction, minor_unit_digits: int) -> Decimal:
    """An exact amount to the minor unit, ties to the even one."""
    return Decimal(round(amount * 10**minor_unit_digits)).scaleb(-minor_unit_digits)


def _days_of(row: dict[str, Any]) -> tuple[date, date] | None:
    start, end, invoiced = row["service_start_date"], row["service_end_date"], row["invoice_date"]
    if start is not None and end is not None and start <= end:
        return start, end
    if invoiced is None:
        return None
    return invoiced.replace(day=1), _month_end(invoiced)


def _part_of(line: InvoicedLine, first: date, last: date, minor_unit_digits: int) -> Decimal:
    """What of a line lies on the days from `first` to `last`."""
    assert line.amount is not None
    digits = minor_unit_digits
    units = line.amount.scaleb(digits)
    if units != units.to_integral_value():
        digits = STORED_PLACES
        units = line.amount.scaleb(digits)
    day_count = (line.end - line.start).days + 1
    base, odd_days = divmod(abs(int(units)), day_count)
    begins = max(0, (first - line.start).days)
    ends = min(day_count, (last - line.start).days + 1)
    part = base * (ends - begins) + max(0, min(ends, odd_days) - min(begins, odd_days))
    return Decimal(part if units >= 0 else -part).scaleb(-digits)


def _fixed_fee(monthly: Decimal, first: date, last: date, minor_unit_digits: int) -> Decimal:
    total, day = _ZERO, first
    while day <= last:
        end = min(last, _month_end(day))
        days = Fraction((end - day).days + 1, _month_end(day).day)
        total += round_to_minor_unit(Fraction(monthly) * days, minor_unit_digits)
        day = end + timedelta(days=1)
    return total


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])

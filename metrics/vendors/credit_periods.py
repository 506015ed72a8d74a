"""The periods over which a vendor's contract is measured, cut at the contract's first and last day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from metrics.vendors.credit_policy import CreditPeriod

_MONTHS = {"month": 1, "quarter": 3}


@dataclass(frozen=True, slots=True)
class ContractTerm:
    """A contract as a whole.

    Attributes:
        vendor, currency: None if its rows contradict each other or say nothing.
        end: last day; None if it is open-ended.
        promises: (item, attainment promised, share of the fee as credit) of its rate card.
        contradiction: what its rows contradict each other in; empty if they agree.
    """

    id: str
    vendor: str | None
    start: date
    end: date | None
    currency: str | None
    promises: tuple[tuple[str | None, object, object], ...]
    contradiction: str = ""


@dataclass(frozen=True, slots=True)
class ContractPeriod:
    """One period of a contract, and the days of it on which the contract holds."""

    start: date
    end: date
    covered_start: date
    covered_end: date
    contract_year: int


def list_contract_terms(promises: pl.DataFrame) -> list[ContractTerm]:
    """Every contract once, in order of its number.

    Args:
        promises: `fct_contract_promises`.
    """
    terms = []
    for key, rows in promises.sort("vendor_contract_id", "contract_promise_id").group_by(
        "vendor_contract_id", maintain_order=True
    ):
        distinct = {name: rows[name].unique(maintain_order=True).to_list() for name in rows.columns}
        disputed = {
            "vendor": "vendor",
            "contract_start_date": "first day",
            "contract_end_date": "last day",
            "currency_code": "currency",
        }
        against = [words for name, words in disputed.items() if len(distinct[name]) > 1]
        ends = distinct["contract_end_date"]
        terms.append(
            ContractTerm(
                id=str(key[0]),
                vendor=distinct["vendor"][0] if len(distinct["vendor"]) == 1 else None,
                start=min(distinct["contract_start_date"]),
                end=None if None in ends else max(ends),
                currency=distinct["currency_code"][0] if len(distinct["currency_code"]) == 1 else None,
                promises=tuple(
                    (row["item"], row["sla_target_ratio"], row["service_credit_ratio"])
                    for row in rows.iter_rows(named=True)
                ),
                contradiction=" and ".join(against),
            )
        )
    return terms


def list_periods(term: ContractTerm, period: CreditPeriod, first: date, last: date) -> Iterator[ContractPeriod]:
    """The calendar months or quarters that a contract and the days from `first` to `last` share, in order.

    A period counts in the year of the contract in which its first covered day lies; years begin on the day on which
    the contract began.
    """
    months = _MONTHS[period]
    first, last = max(first, term.start), min(last, term.end or last)
    start = date(first.year, (first.month - 1) // months * months + 1, 1)
    while start <= last:
        following = _months_later(start, months)
        covered_start = max(start, term.start)
        covered_end = min(following - timedelta(days=1), term.end or date.max)
        if covered_start <= covered_end:
            year = _full_years(term.start, covered_start)
            yield ContractPeriod(start, following - timedelta(days=1), covered_start, covered_end, year)
        start = following


def _months_later(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _full_years(start: date, day: date) -> int:
    """Full years from one day to another; 29 February has its anniversary on 1 March of other years."""
    return day.year - start.year - ((day.month, day.day) < (start.month, start.day))

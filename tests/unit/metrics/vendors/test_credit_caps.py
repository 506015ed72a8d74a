"""Caps over random credits: whatever comes, no cap is exceeded, nothing is lost below it, and bounds hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from metrics.vendors.credit_caps import CappedCredit, apply_caps
from metrics.vendors.credit_policy import CreditCaps

cents = st.integers(0, 100_000).map(lambda number: Decimal(number).scaleb(-2))
ratios = st.integers(0, 100).map(lambda number: Decimal(number).scaleb(-2))
caps = st.builds(
    CreditCaps,
    period_ratio=st.none() | ratios,
    period_amount=st.none() | cents,
    contract_year_ratio=st.none() | ratios,
    contract_year_amount=st.none() | cents,
)


def credit(month: int, fee: Decimal | None, uncapped: Decimal | None, spread: Decimal) -> CappedCredit:
    """A credit of a month of two years; without a fee nothing but 0 is known of it."""
    return CappedCredit(
        period_start=date(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 1),
        contract_year=(month - 1) // 12,
        fee=fee,
        uncapped=uncapped if fee is not None else None,
        least=max((uncapped or Decimal(0)) - spread, Decimal(0)) if fee is not None else Decimal(0),
        most=None if fee is None else (uncapped or Decimal(0)) + spread,
    )


known = st.tuples(st.integers(1, 24), cents, cents, cents)


@given(st.lists(known, max_size=12), caps)
def test_known_credits_fill_their_caps_and_no_more(
    drawn: list[tuple[int, Decimal, Decimal, Decimal]], cap: CreditCaps
) -> None:
    drawn.sort(key=lambda row: row[0])
    fees = {month: fee for month, fee, _, _ in drawn}
    credits_ = [credit(month, fees[month], uncapped, spread) for month, _, uncapped, spread in drawn]
    apply_caps(credits_, cap, 2)
    used_month: dict[date, Decimal] = {}
    used_year: dict[int, Decimal] = {}
    fees_of_year: dict[int, dict[date, Decimal]] = {}
    for found in credits_:
        assert found.due is not None
        assert found.uncapped is not None
        assert found.fee is not None
        month, year = found.period_start, found.contract_year
        fees_of_year.setdefault(year, {})[month] = found.fee
        limits = []
        if cap.period_amount is not None:
            limits.append(cap.period_amount - used_month.get(month, Decimal(0)))
        if cap.period_ratio is not None:
            limits.append(round(cap.period_ratio * found.fee, 2) - used_month.get(month, Decimal(0)))
        if cap.contract_year_amount is not None:
            limits.append(cap.contract_year_amount - used_year.get(year, Decimal(0)))
        if cap.contract_year_ratio is not None:
            total = sum(fees_of_year[year].values())
            limits.append(round(cap.contract_year_ratio * total, 2) - used_year.get(year, Decimal(0)))
        expected = max(min([found.uncapped, *limits]), Decimal(0))
        assert found.due == expected
        used_month[month] = used_month.get(month, Decimal(0)) + found.due
        used_year[year] = used_year.get(year, Decimal(0)) + found.due
        assert found.due_at_most is not None
        assert found.due_at_least <= found.due <= found.due_at_most


@given(st.lists(known, max_size=8), caps, st.data())
def test_what_turns_out_later_lies_within_the_bounds_given_before(
    drawn: list[tuple[int, Decimal, Decimal, Decimal]], cap: CreditCaps, data: st.DataObject
) -> None:
    """Some fees are not known yet. Whatever they come to, every credit then due lay within its bounds."""
    drawn.sort(key=lambda row: row[0])
    fees = {month: fee for month, fee, _, _ in drawn}
    unknown = set(data.draw(st.lists(st.sampled_from(sorted(fees)), unique=True))) if fees else set()
    before = [
        credit(month, None if month in unknown else fees[month], uncapped, Decimal(0))
        for month, _, uncapped, _ in drawn
    ]
    after = [credit(month, fees[month], uncapped, Decimal(0)) for month, _, uncapped, _ in drawn]
    apply_caps(before, cap, 2)
    apply_caps(after, cap, 2)
    for was, now in zip(before, after, strict=True):
        assert now.due is not None
        assert was.due is None or was.due == now.due
        assert was.due_at_least <= now.due
        assert was.due_at_most is None or now.due <= was.due_at_most

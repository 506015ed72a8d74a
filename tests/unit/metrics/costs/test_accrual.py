"""Spreading: golden cases by hand, and totals that hold for any lines."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from finance_frames import cost_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.costs.accrual import spread_costs, spread_groups
from models.vocabulary import Grain


def line(amount: str | None, start: date | None, end: date | None, **more: object) -> dict[str, object]:
    value = None if amount is None else Decimal(amount)
    return {"amount_reporting": value, "cost_start_date": start, "cost_end_date": end, **more}


def by_period(frame: pl.DataFrame) -> list[tuple[date, Decimal]]:
    return frame.select("period_start_date", "amount_reporting").rows()


def test_a_line_is_spread_over_its_days_with_odd_cents_first() -> None:
    # 1.00 over 30 Jan to 5 Feb, 7 days: 14 cents a day and 2 over, on 30 and 31 January.
    lines = cost_lines(line("1.00", date(2026, 1, 30), date(2026, 2, 5)))
    days = spread_costs(lines, Grain.DAY)
    assert days["amount_reporting"].to_list() == [Decimal(c) / 100 for c in (15, 15, 14, 14, 14, 14, 14)]
    assert days["period_start_date"][0] == date(2026, 1, 30)
    assert by_period(spread_costs(lines, Grain.MONTH)) == [
        (date(2026, 1, 1), Decimal("0.30")),
        (date(2026, 2, 1), Decimal("0.70")),
    ]
    # 30 January 2026 is a Friday: three days in the first week (15 + 15 + 14), four in the second.
    assert by_period(spread_costs(lines, Grain.WEEK)) == [
        (date(2026, 1, 26), Decimal("0.44")),
        (date(2026, 2, 2), Decimal("0.56")),
    ]


def test_a_credit_note_across_months_takes_back_exactly_what_was_spread() -> None:
    # -100.00 over 20 January to 10 February, 22 days: 10 000 / 22 = 454 cents and 12 over, on the first 12 days.
    # January has 12 of the days: 12 * 4.55 = 54.60; February 10 * 4.54 = 45.40.
    credit = line("-100.00", date(2026, 1, 20), date(2026, 2, 10))
    assert by_period(spread_costs(cost_lines(credit), Grain.MONTH)) == [
        (date(2026, 1, 1), Decimal("-54.60")),
        (date(2026, 2, 1), Decimal("-45.40")),
    ]
    invoice = line("100.00", date(2026, 1, 20), date(2026, 2, 10))
    both = spread_costs(cost_lines(credit, invoice), Grain.DAY)
    per_day = both.group_by("period_start_date").agg(pl.col("amount_reporting").sum())
    assert per_day["amount_reporting"].to_list() == [0] * 22


def test_a_reversal_lies_in_its_own_period() -> None:
    january, march = (date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 3, 1), date(2026, 3, 31))
    lines = cost_lines(line("50.00", *january), line("-50.00", *march))
    assert by_period(spread_costs(lines, Grain.MONTH)) == [
        (date(2026, 1, 1), Decimal("50.00")),
        (date(2026, 3, 1), Decimal("-50.00")),
    ]


def test_equal_lines_are_each_spread() -> None:
    day = date(2026, 1, 5)
    lines = cost_lines(line("0.01", day, day), line("0.01", day, day))
    assert spread_costs(lines, Grain.MONTH).select("cost_line_id", "amount_reporting").rows() == [
        ("gl:2", Decimal("0.01")),
        ("gl:3", Decimal("0.01")),
    ]


def test_lines_without_amount_or_days_or_set_aside_are_not_spread() -> None:
    day = date(2026, 1, 5)
    lines = cost_lines(line(None, day, day), line("1.00", None, None), line("1.00", day, day, is_quarantined=True))
    for grain in Grain:
        assert spread_costs(lines, grain).is_empty()


def test_a_month_whose_lines_cancel_still_has_a_row() -> None:
    day = date(2026, 1, 5)
    lines = cost_lines(line("1.00", day, day), line("-1.00", day, day)).with_columns(group=pl.lit(0))
    spread = spread_groups(lines, Grain.MONTH, minor_unit_digits=2, week_start=1)
    assert spread.select("period_start_date", "amount").rows() == [(date(2026, 1, 1), 0)]


def test_weeks_begin_with_the_day_of_the_home() -> None:
    sunday = date(2026, 2, 1)
    lines = cost_lines(line("1.00", sunday, sunday))
    assert spread_costs(lines, Grain.WEEK)["period_start_date"].to_list() == [date(2026, 1, 26)]
    assert spread_costs(lines, Grain.WEEK, week_start=7)["period_start_date"].to_list() == [sunday]


def test_amounts_that_are_not_rounded_are_refused() -> None:
    day = date(2026, 1, 5)
    with pytest.raises(ValueError, match="finer"):
        spread_costs(cost_lines(line("1.005", day, day)), Grain.DAY)
    assert spread_costs(cost_lines(line("1.005", day, day)), Grain.DAY, minor_unit_digits=3)[
        "amount_reporting"
    ].to_list() == [Decimal("1.005")]


spans = st.tuples(st.dates(date(2023, 11, 1), date(2025, 3, 1)), st.integers(0, 500))
cents = st.integers(-(10**15), 10**15) | st.integers(-200, 200)


@given(drawn=st.lists(st.tuples(cents, spans, st.integers(0, 2)), min_size=1, max_size=8))
@settings(max_examples=50, deadline=None)
def test_every_view_of_a_line_is_the_sum_of_its_days(
    drawn: list[tuple[int, tuple[date, int], int]],
) -> None:
    lines = cost_lines(
        *(
            line(str(Decimal(amount).scaleb(-2)), start, start + timedelta(days=length))
            for amount, (start, length), _ in drawn
        )
    )
    days = spread_costs(lines, Grain.DAY)
    # Each line's days, worked out one by one: equal shares cut towards zero, odd cents on the first days.
    expected = []
    for number, (amount, (start, length), _) in enumerate(drawn, start=2):
        base, odd = divmod(abs(amount), length + 1)
        sign = 1 if amount >= 0 else -1
        for position in range(length + 1):
            units = sign * (base + (position < odd))
            assert abs(units - Fraction(amount, length + 1)) < 1
            expected.append((f"gl:{number}", start + timedelta(days=position), Decimal(units).scaleb(-2)))
    assert days.select("cost_line_id", "period_start_date", "amount_reporting").rows() == expected
    assert days["amount_reporting"].sum() == lines["amount_reporting"].sum()
    for grain, truncation in ((Grain.WEEK, "1w"), (Grain.MONTH, "1mo")):
        summed = (
            days.group_by("cost_line_id", pl.col("period_start_date").dt.truncate(truncation), maintain_order=True)
            .agg(pl.col("amount_reporting").sum())
            .rows()
        )
        view = spread_costs(lines, grain)
        assert view.select("cost_line_id", "period_start_date", "amount_reporting").rows() == summed

    # Groups of lines, merged before they are cut, cost what their lines cost one by one.
    grouped = lines.with_columns(group=pl.Series([group for _, _, group in drawn], dtype=pl.Int64))
    for grain in Grain:
        one_by_one = (
            spread_costs(lines, grain)
            .join(grouped.select("cost_line_id", "group"), on="cost_line_id")
            .group_by("group", "period_start_date")
            .agg(pl.col("amount_reporting").sum())
            .sort("group", "period_start_date")
        )
        merged = spread_groups(grouped, grain, minor_unit_digits=2, week_start=1)
        assert (
            merged.select("group", "period_start_date").rows() == one_by_one.select("group", "period_start_date").rows()
        )
        assert [Decimal(units).scaleb(-2) for units in merged["amount"]] == one_by_one["amount_reporting"].to_list()
        by_month = spread_groups(grouped, grain, minor_unit_digits=2, week_start=1, is_cut_at_months=True)
        rejoined = by_month.group_by("group", "period_start_date", maintain_order=True).agg(pl.col("amount").sum())
        assert rejoined.rows() == merged.select("group", "period_start_date", "amount").rows()

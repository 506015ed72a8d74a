"""What a month of a ledger usually holds, and when it holds less or other things: made-up books drawn by chance."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from metrics.money_drift import find_money_drift
from metrics.usual_values import FINDING_SCHEMA

LAST_DAY = date(2026, 9, 14)
ACCOUNTS = {"6100": 0.4, "6310": 0.3, "6510": 0.3}
#: The latest month that is over.
AUGUST = date(2026, 8, 1)

Line = tuple[date, str, float]


def _books(seed: int, change: Callable[[Line], Line | None] = lambda line: line, months: int = 20) -> pl.DataFrame:
    chance = random.Random(seed)
    kept: list[Line] = []
    for back in range(months, -1, -1):
        index = 2026 * 12 + 8 - back
        month = date(index // 12, index % 12 + 1, 1)
        for account, share in ACCOUNTS.items():
            for _ in range(max(0, round(chance.gauss(120 * share, (120 * share) ** 0.5)))):
                line = change((month, account, round(chance.lognormvariate(5, 1), 2)))
                if line is not None:
                    kept.append(line)
    lines = pl.DataFrame(kept, schema=["first_date", "account", "amount"], orient="row")
    return (
        lines.group_by("first_date", "account")
        .agg(
            pl.len().cast(pl.Int64).alias("line_count"),
            pl.col("amount").sum(),
            (pl.col("amount") ** 2).sum().alias("squared_amount"),
        )
        .with_columns(source=pl.lit("ledger"), currency_code=pl.lit("EUR"), last_day=pl.lit(LAST_DAY))
    )


def _found(books: pl.DataFrame, **more: object) -> list[tuple[str, str]]:
    frame = find_money_drift(books, shares=["account"], **more)  # type: ignore[arg-type]
    assert frame.schema == FINDING_SCHEMA
    assert set(frame["first_date"]) <= {AUGUST}, "only the latest whole month is judged"
    return [(str(measure), str(member)) for measure, member in frame.select("measure", "member").rows()]


@pytest.mark.parametrize("seed", range(12))
def test_books_like_any_others_raise_no_alarm(seed: int) -> None:
    assert _found(_books(seed)) == []


def test_a_month_with_a_third_of_its_lines_is_found() -> None:
    count = iter(range(10**6))
    lost = _books(1, lambda line: None if line[0] == AUGUST and next(count) % 3 else line)
    assert ("lines in a month", "") in _found(lost)


def test_a_decimal_point_that_was_lost_is_found() -> None:
    wrong = _books(2, lambda line: (line[0], line[1], line[2] * 100) if line[0] == AUGUST else line)
    assert _found(wrong) == [("amount in a month", "EUR")]


def test_an_account_that_was_left_out_is_found() -> None:
    lost = _books(3, lambda line: None if line[0] == AUGUST and line[1] == "6310" else line)
    assert ("share of an account in a month", "6310") in _found(lost)
    assert _found(lost, excluded=[date(2026, 8, 10)]) == [], "a known incident says nothing"


def test_the_month_in_which_the_books_end_is_not_judged() -> None:
    lost = _books(4, lambda line: None if line[0] > AUGUST else line).with_columns(last_day=pl.lit(LAST_DAY))
    assert _found(lost) == []


def test_a_few_months_say_nothing() -> None:
    assert _found(_books(5, lambda line: None if line[0] == AUGUST and line[1] == "6310" else line, months=8)) == []


def test_no_lines_say_nothing() -> None:
    assert _found(_books(6).clear()) == []

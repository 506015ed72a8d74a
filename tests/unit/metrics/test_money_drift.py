"""What a month of a ledger usually holds, and when it holds less or other things: made-up books drawn by chance."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest

from metrics.money_drift import LATEST, PART, find_money_drift, find_part_months
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


Months = dict[date, tuple[int, int, int]]


def _months(change: Months, count: int = 12, usual: int = 400, last_day: date = date(2026, 1, 6)) -> pl.DataFrame:
    """Months of 2025: how many lines, and on which days of the month the first and the last of nearly all lie."""
    rows = []
    for month in range(1, count + 1):
        first = date(2025, month, 1)
        lines, begin, end = change.get(first, (usual + 7 * (month % 5), 1, 28))
        rows.append(
            {
                "source": "books", "first_date": first, "last_day": last_day, "line_count": lines,
                "early_date": first + timedelta(days=begin - 1), "late_date": first + timedelta(days=end - 1),
            }
        )  # fmt: skip
    return pl.DataFrame(rows)


def _parts(months: pl.DataFrame, **more: object) -> list[tuple[date, str, float]]:
    found = find_part_months(months, **more)  # type: ignore[arg-type]
    assert found.schema == FINDING_SCHEMA
    assert set(found["measure"]) <= {PART}
    return [
        (day.replace(day=1), member, observed)
        for day, member, observed in found.select("first_date", "member", "observed").rows()
    ]


JANUARY, JUNE, DECEMBER = date(2025, 1, 1), date(2025, 6, 1), date(2025, 12, 1)


def test_whole_months_are_no_parts() -> None:
    assert _parts(_months({})) == []


def test_strays_of_a_month_that_the_export_does_not_hold_are_a_part() -> None:
    """Spread over the whole month, and next to nothing beside the others."""
    assert _parts(_months({JANUARY: (60, 1, 31)})) == [(JANUARY, "", 60.0)]


def test_an_export_that_begins_or_ends_within_a_month_has_a_part_of_it() -> None:
    assert _parts(_months({JANUARY: (190, 17, 31)})) == [(JANUARY, "", 190.0)]
    assert _parts(_months({DECEMBER: (190, 1, 14)})) == [(DECEMBER, LATEST, 190.0)]
    assert _parts(_months({JUNE: (190, 1, 14)})) == [(JUNE, "", 190.0)]


def test_few_lines_on_the_usual_days_and_many_lines_that_end_early_are_no_part() -> None:
    assert _parts(_months({JUNE: (190, 1, 28)})) == []
    assert _parts(_months({JUNE: (300, 1, 10)})) == []


def test_where_all_months_end_early_none_is_cut() -> None:
    """A ledger that is posted in the first days of each month: the half of it is the half of those days."""
    months = {date(2025, month, 1): (400, 1, 9) for month in range(1, 13)}
    assert _parts(_months({**months, JUNE: (190, 1, 8)})) == []
    assert _parts(_months({**months, JUNE: (190, 1, 2)})) == [(JUNE, "", 190.0)]


def test_the_month_in_which_the_books_end_is_no_part_of_anything() -> None:
    assert _parts(_months({DECEMBER: (190, 1, 14)}, last_day=date(2025, 12, 14))) == []


def test_books_of_few_lines_or_of_great_ups_and_downs_say_nothing() -> None:
    assert _parts(_months({JANUARY: (1, 1, 1)}, usual=9)) == []
    wild = {date(2025, month, 1): (100 * (1 + month % 6), 1, 28) for month in range(1, 13)}
    assert _parts(_months({**wild, DECEMBER: (60, 1, 14)})) == []


def test_three_other_months_are_needed_and_known_incidents_say_nothing() -> None:
    assert _parts(_months({JANUARY: (60, 1, 31)}, count=3)) == []
    assert _parts(_months({JANUARY: (60, 1, 31)}, count=4)) == [(JANUARY, "", 60.0)]
    assert _parts(_months({JANUARY: (60, 1, 31)}), excluded=[date(2025, 1, 20)]) == []
    # The month before one that is excused is not the latest for that.
    november = _months({date(2025, 11, 1): (190, 1, 14)})
    assert _parts(november, excluded=[DECEMBER]) == [(date(2025, 11, 1), "", 190.0)]


def test_no_months_say_nothing() -> None:
    assert _parts(_months({}).clear()) == []

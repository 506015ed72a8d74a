"""In which months nothing was posted though something should: made-up books, and how they are kept without fault."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest

from metrics.part_months import PART
from metrics.unposted_months import UNPOSTED, find_unposted_months
from metrics.usual_values import FINDING_SCHEMA


def _month(number: int) -> date:
    """The first day of a month, counted from January 2025."""
    return date(2025 + number // 12, number % 12 + 1, 1)


def _books(counts: list[int], source: str = "books") -> pl.DataFrame:
    """Months from January 2025 on, of those that have lines."""
    rows = [
        (source, _month(number), count, _month(number), _month(number) + timedelta(days=27))
        for number, count in enumerate(counts)
        if count
    ]
    return pl.DataFrame(
        rows, schema=["source", "first_date", "line_count", "early_date", "late_date"], orient="row"
    ).cast({"first_date": pl.Date, "early_date": pl.Date, "late_date": pl.Date})


def _unposted(counts: list[int], excluded: tuple[date, ...] = ()) -> list[date]:
    found = find_unposted_months(_books(counts), excluded=excluded)
    assert found.schema == FINDING_SCHEMA
    assert set(found["measure"]) <= {PART}
    assert set(found["member"]) <= {UNPOSTED}
    return found["first_date"].to_list()


def test_a_month_without_a_posting_between_months_of_many_is_told_with_its_days() -> None:
    found = find_unposted_months(pl.concat([_books([25, 0, 25, 26, 25]), _books([25, 25, 25, 26, 25], "other")]))
    (row,) = found.to_dicts()
    assert (row["source"], row["first_date"], row["last_date"]) == ("books", date(2025, 2, 1), date(2025, 2, 28))
    assert (row["observed"], row["expected"]) == (0.0, 25.0)
    assert 0 < row["tolerance"] < 25


def test_several_months_and_several_gaps_are_told_where_many_others_are_there() -> None:
    assert _unposted([40, 41, 0, 0, 43, 40, 44]) == [date(2025, 3, 1), date(2025, 4, 1)]
    assert _unposted([40, 0, 41, 43, 40, 0, 44, 41, 40]) == [date(2025, 2, 1), date(2025, 6, 1)]
    # Of a year's end nothing is known: the books may end there.
    assert _unposted([40, 41, 42, 43, 0, 0]) == []


def test_a_known_incident_says_that_nothing_was_posted() -> None:
    assert _unposted([25, 0, 25, 26, 25], (date(2025, 2, 17),)) == []
    assert _unposted([25, 0, 25, 26, 25], (date(2025, 3, 17),)) == [date(2025, 2, 1)]


@pytest.mark.parametrize(
    "counts",
    [
        [],
        [40],
        [40, 0, 41],  # what is usual cannot be told from two months
        [9, 0, 9, 8, 9, 7, 9],  # so few that none may be chance
        [2, 0, 1, 2, 0, 2, 2, 1, 0, 2],
        [0, 0, 90, 0, 0, 91, 0, 0, 95],  # at the end of each quarter
        [0, 0, 90, 0, 0, 91, 4],  # and one that has just begun
        [80, 0, 81, 0, 85, 0, 82, 0, 80],  # every other month
        [30, 30, 31, 0, 0, 0, 0, 30],  # books that ended and began anew
        [500, 2, 3, 900, 1, 0, 2, 700],  # great ups and downs
        [40, 41, 42, 43, 40, 41, 42, 0, 41, 42, 43, 40] * 2,  # each August
    ],
)
def test_how_books_are_kept_is_no_gap(counts: list[int]) -> None:
    assert _unposted(counts) == []


def _drawn(draw: random.Random, usual: float) -> int:
    """A count of many small chances: by 1/2 around its square root."""
    return max(0, round((math.sqrt(usual + 3 / 8) + draw.gauss(0, 1 / 2)) ** 2 - 3 / 8)) if usual else 0


HABITS: dict[str, Callable[[int], float]] = {
    "a few lines a month": lambda _: 2,
    "a dozen lines": lambda _: 12,
    "two postings a quarter": lambda number: 2 if number % 3 == 2 else 0,
    "quarters of many lines": lambda number: 200 if number % 3 == 2 else 0,
    "payment runs every other month": lambda number: 300 if number % 2 else 0,
    "half years": lambda number: 400 if number % 6 == 5 else 0,
    "a season that stops": lambda number: max(0.0, 60 * math.sin(number * math.pi / 6)),
    "decline to nothing": lambda number: 300 * 0.7**number,
}


@pytest.mark.parametrize("habit", HABITS)
def test_habits_raise_no_alarm(habit: str) -> None:
    """Two years of each, drawn a hundred times."""
    for seed in range(100):
        draw = random.Random(seed)
        usual = [HABITS[habit](number) for number in range(24)]
        counts = [_drawn(draw, each) for each in usual]
        assert _unposted(counts) == [], (seed, counts)


@pytest.mark.parametrize("usual", [20, 60, 5000])
def test_a_month_left_out_is_found_however_large_the_books_are(usual: int) -> None:
    found = 0
    for seed in range(100):
        draw = random.Random(seed)
        counts = [_drawn(draw, usual) for _ in range(8)]
        gap = draw.randrange(1, 7)
        counts[gap] = 0
        told = _unposted(counts)
        assert set(told) <= {_month(gap)}
        found += bool(told)
    assert found >= 95

"""Which months of a source of money are there in part only: made-up books, and how they are kept without any fault."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest

from metrics.part_months import LATEST, PART, find_part_months
from metrics.usual_values import FINDING_SCHEMA

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
    assert _parts(_months({DECEMBER: (190, 1, 14)}, last_day=date(2025, 12, 31))) == [(DECEMBER, LATEST, 190.0)]


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


#: What a council published, by month: its files of December, February and November, with strays of the months before.
SPEND = {"2010-11": 1073, "2010-12": 9230, "2011-01": 1184, "2011-02": 8032, "2012-10": 1777, "2012-11": 8273}


def _books(counts: dict[date, int], source: str = "books", last_day: date | None = None) -> pl.DataFrame:
    """Months whose lines lie on all of their days, and a month that is not over after them."""
    after = max(counts) + timedelta(days=32)
    rows = [
        (source, month, last_day or after, count, month, month + timedelta(days=27))
        for month, count in sorted(counts.items())
        if count
    ]
    columns = ["source", "first_date", "last_day", "line_count", "early_date", "late_date"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def test_thin_months_do_not_forgive_each_other() -> None:
    spend = {date.fromisoformat(f"{month}-01"): count for month, count in SPEND.items()}
    found = _parts(_books(spend, last_day=date(2012, 11, 30)))
    # The last file ends on the last day of November, so that November is the latest month that is over.
    strays = [(date(2010, 11, 1), "", 1073), (date(2011, 1, 1), "", 1184), (date(2012, 10, 1), "", 1777)]
    assert found == strays
    assert _parts(_books(spend, last_day=date(2012, 11, 29)))[-1] == (date(2012, 10, 1), LATEST, 1777)
    assert _parts(_months({JANUARY: (60, 1, 28), date(2025, 11, 1): (70, 1, 28)})) == [
        (JANUARY, "", 60),
        (date(2025, 11, 1), "", 70),
    ]


def test_the_last_month_of_a_source_that_ended_long_before_the_others_is_not_the_latest() -> None:
    cut = _months({DECEMBER: (190, 1, 14)})
    later = {date(2026, month, 1): 400 for month in range(1, 7)}
    near = pl.concat([cut, _books({month: 400 for month in later if month.month <= 2}, "other").cast(dict(cut.schema))])
    far = pl.concat([cut, _books(later, "other").cast(dict(cut.schema))])
    assert _parts(near) == [(DECEMBER, LATEST, 190)]
    assert _parts(far) == [(DECEMBER, "", 190)]


HABITS: dict[str, Callable[[int], float]] = {
    "few lines": lambda _: 12,
    "growth by a tenth each month": lambda back: 30 * 1.1**back,
    "decline": lambda back: 500 * 0.85**back,
    "a business eight times as large from one month on": lambda back: 40 if back < 12 else 320,
    "a business that shrank to an eighth three months ago": lambda back: 320 if back < 21 else 40,
    "a season": lambda back: 200 * (1 + 0.6 * math.sin(back * math.pi / 6)),
    "a quiet December": lambda back: 200 * (0.17 if back % 12 == 11 else 1),
    "quarters": lambda back: 200 if back % 3 == 2 else 10,
    "payment runs every other month": lambda back: 700 if back % 2 else 100,
    "a year's end six times as large": lambda back: 200 * (6 if back % 12 == 11 else 1),
}


@pytest.mark.parametrize("habit", HABITS)
def test_how_books_are_kept_is_no_part_of_a_month(habit: str) -> None:
    alarms = [seed for seed in range(100) if _parts(_drawn(HABITS[habit], seed))]
    # A quiet month of two may by chance be more than twice the other.
    assert len(alarms) <= 5, alarms


@pytest.mark.parametrize("usual", [40, 60, 400])
def test_strays_of_two_months_are_found_however_large_the_books_are(usual: int) -> None:
    """Also where full months have so few that a quarter of them could be chance: a month with next to none is none."""
    found = [_parts(_drawn(lambda back: usual * (0.07 if back in (8, 13) else 1), seed)) for seed in range(100)]
    months = [{month for month, *_ in parts} for parts in found]
    assert sum(each == {date(2024, 9, 1), date(2025, 2, 1)} for each in months) >= 60
    assert not set().union(*months) - {date(2024, 9, 1), date(2025, 2, 1)}


def _drawn(expected: Callable[[int], float], seed: int) -> pl.DataFrame:
    """Two years of months from 2024 on, with as many lines as chance makes of what is expected."""
    chance = random.Random(seed)
    counts = {
        date(2024 + back // 12, back % 12 + 1, 1): round(chance.gauss(expected(back), expected(back) ** 0.5))
        for back in range(24)
    }
    return _books({month: max(count, 0) for month, count in counts.items()})

"""What gives a file of money away in which day and month are swapped, and what only looks like it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import polars as pl
import pytest

from pipelines.broken_rules.swapped_months import come_back_monthly, find_swapped_months

Days = Sequence[date]


def _of(year: int, month: int, days: Iterable[int], *, times: int = 4) -> list[date]:
    return [date(year, month, day) for day in days for _ in range(times)]


def _swapped(days: Days) -> list[date]:
    return [day.replace(month=day.day, day=day.month) for day in days]


def _signs(files: Mapping[str, Days]) -> dict[str, str]:
    """Name of a file that is doubted -> what gives it away."""
    rows = [(name, day, 1) for name, days in files.items() for day in days]
    schema = {"load_id": pl.String, "day": pl.Date, "line_count": pl.Int64}
    days = pl.DataFrame(rows, schema=schema, orient="row").group_by("load_id", "day").agg(pl.col("line_count").sum())
    found = find_swapped_months(days, {name: name for name in files})
    return dict(found.select("load_id", "sign").iter_rows())


MONTHS = {f"ledger_2026-{month:02}.csv": _of(2026, month, range(1, 28)) for month in range(1, 6)}
UNDATED = {f"ledger{month}.csv": days for month, days in enumerate(MONTHS.values())}
EARLY_JUNE = _swapped(_of(2026, 6, range(1, 6)))


def test_a_name_tells_the_month_that_is_meant() -> None:
    assert _signs({**MONTHS, "ledger_2026-06.csv": EARLY_JUNE}) == {"ledger_2026-06.csv": "file name"}
    few = _swapped(_of(2026, 6, (3, 4, 8), times=1))
    assert _signs({**MONTHS, "ledger_2026-06.csv": few}) == {"ledger_2026-06.csv": "file name"}


def test_a_name_may_be_that_of_the_month_after() -> None:
    later = {f"landed_2026-{month + 1:02}.csv": days for month, days in enumerate(MONTHS.values(), start=1)}
    assert _signs({**later, "landed_2026-07.csv": EARLY_JUNE}) == {"landed_2026-07.csv": "file name"}
    assert _signs({**later, "landed_2026-06.csv": EARLY_JUNE}) == {}


def test_without_a_date_in_names_the_months_tell_of_many_lines_only() -> None:
    assert _signs({**UNDATED, "more.csv": EARLY_JUNE}) == {"more.csv": "several months"}
    assert _signs({**UNDATED, "more.csv": EARLY_JUNE[:19]}) == {}
    assert _signs({**UNDATED, "more.csv": _swapped(_of(2026, 6, (1, 2), times=20))}) == {}
    # Neither is a month known that does not follow, nor what follows from one other file alone.
    assert _signs({**UNDATED, "more.csv": _swapped(_of(2026, 9, range(1, 6)))}) == {}
    assert _signs({"ledger4.csv": UNDATED["ledger4.csv"], "more.csv": EARLY_JUNE}) == {}


@pytest.mark.parametrize("name", ["ledger_2026-05b.csv", "ledger_2026-08.csv", "ledger_2025-06.csv"])
def test_another_month_in_the_name_is_no_sign(name: str) -> None:
    assert _signs({**MONTHS, name: EARLY_JUNE}) == {}


def test_a_first_file_is_not_doubted() -> None:
    assert _signs({"ledger_2026-06.csv": EARLY_JUNE}) == {}


def test_files_of_years_and_quarters_say_nothing_of_months() -> None:
    years = {f"ledger_{year}-12.csv": _of(year, 1, range(1, 28)) + _of(year, 11, range(1, 28)) for year in (2023, 2024)}
    months_of_2025 = [date(2025, month, 12) for month in range(1, 12) for _ in range(3)]
    assert _signs({**years, "ledger_2025-12.csv": months_of_2025}) == {}


def test_what_always_books_on_early_days_is_right() -> None:
    early = {name: [day.replace(day=6) for day in days] for name, days in MONTHS.items()}
    assert _signs({**early, "ledger_2026-06.csv": EARLY_JUNE}) == {}


def test_some_lines_may_lie_elsewhere() -> None:
    mostly = EARLY_JUNE + [date(2026, 5, 30)] * 2
    assert _signs({**MONTHS, "ledger_2026-06.csv": mostly}) == {"ledger_2026-06.csv": "file name"}
    assert _signs({**MONTHS, "ledger_2026-06.csv": [*mostly, date(2026, 5, 30)]}) == {}


def test_a_file_of_one_day_is_told_by_the_day_in_its_name() -> None:
    days = [date(2026, 2, 2) + timedelta(days=number) for number in range(24)]
    daily: dict[str, Days] = {f"ledger_{day}.csv": [day] * 3 for day in days}
    fifth_of_march = {"ledger_2026-03-05.csv": [date(2026, 5, 3)] * 3}
    assert _signs({**daily, **fifth_of_march}) == {"ledger_2026-03-05.csv": "file name"}
    assert _signs({**daily, "ledger_2026-03-06.csv": [date(2026, 5, 3)] * 3}) == {"ledger_2026-03-06.csv": "file name"}
    assert _signs({**daily, "ledger_2026-03-07.csv": [date(2026, 5, 3)] * 3}) == {}
    assert _signs({**daily, "ledger_2026-03-05.csv": [date(2026, 5, 3)] * 2}) == {}
    assert _signs({**daily, "ledger_2026-03-03.csv": [date(2026, 3, 3)] * 3}) == {}
    # Where days in names are not those of the lines, they say nothing.
    odd: dict[str, Days] = {name: [day - timedelta(days=40) for day in of] for name, of in daily.items()}
    assert _signs({**odd, **fifth_of_march}) == {}


def _lines(rows: Iterable[tuple[date, str, float]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema={"day": pl.Date, "key": pl.String, "amount": pl.Float64}, orient="row")


def test_lines_that_come_back_each_month_at_about_the_same_amount() -> None:
    months = [date(2026, month, 10) for month in range(1, 7)]
    salaries = [(day, f"desk {desk}", 5_000.0 + 40 * day.month) for day in months for desk in range(3)]
    assert come_back_monthly(_lines(salaries))
    # Half of the lines may be others.
    others = [(day, f"once {number}", 100.0) for number, day in enumerate(months * 3)]
    assert come_back_monthly(_lines(salaries + others))
    assert not come_back_monthly(_lines(salaries + others + others[:1]))
    assert not come_back_monthly(_lines([row for row in salaries if row[0].month != 3 or row[1] == "desk 0"]))
    assert not come_back_monthly(_lines([(day, key, amount * day.month) for day, key, amount in salaries]))
    assert not come_back_monthly(_lines(salaries[:3]))

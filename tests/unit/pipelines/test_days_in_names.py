"""Days in names of files of which everybody knows what is day and what is month."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.infer.dated_names import sure_days_in

DAY = date(2024, 3, 12)


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("desk_2024-03-12.csv", [DAY]),
        ("desk_20240312.csv.gz", [DAY]),
        ("desk_20240312_0600.csv", [DAY]),
        ("desk_20240312060000.csv", [DAY]),
        ("desk_2024031206.csv", []),
        ("desk 2024.03.12 06:00:00.csv", [DAY]),
        ("2024-03-11_2024-03-12.csv", [date(2024, 3, 11), DAY]),
        ("desk_12.03.2024.csv", []),
        ("desk_2024-02-30.csv", []),
        ("desk_202403.csv", []),
        ("desk_120240312.csv", []),
        ("desk.csv", []),
    ],
)
def test_days_begin_with_the_year(name: str, days: list[date]) -> None:
    assert list(sure_days_in(name)) == days

"""Real invoices, payments and deliveries, cut into files: none is doubted as it is, and each is when swapped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from pipelines.broken_rules.swapped_months import find_swapped_months

pytestmark = pytest.mark.real_exports

#: File, its column of dates, and how they are written.
DATED: Final = {
    "invoices": ("finance/accounts_receivable.csv.gz", "InvoiceDate", "%m/%d/%Y"),
    "due invoices": ("finance/accounts_receivable.csv.gz", "DueDate", "%m/%d/%Y"),
    "payments": ("finance/leeds_spend_2011-02.csv.gz", "Date paid", "%d-%b-%Y"),
    "deliveries": ("vendors/scms_delivery_history.csv.gz", "Delivered to Client Date", "%d-%b-%y"),
}
#: How a file is named that a day is in.
CUTS: Final[Mapping[str, Callable[[date], str]]] = {
    "day": lambda day: f"{day}",
    "week": lambda day: f"{day - timedelta(days=day.weekday())}",
    "month": lambda day: f"{day:%Y-%m}",
    "next month": lambda day: f"{day.replace(day=1) + timedelta(days=32):%Y-%m}",
    "quarter": lambda day: f"{day.year}-Q{(day.month + 2) // 3}",
    "half year": lambda day: f"{day.year}-{6 if day.month <= 6 else 12:02}",
    "year": lambda day: f"{day.year}-01",
}


def _cut(days: pl.Series, cut: Callable[[date], str]) -> dict[str, list[date]]:
    files: dict[str, list[date]] = {}
    for day in days:
        files.setdefault(f"export_{cut(day)}.csv", []).append(day)
    return files


def _doubted(files: Mapping[str, list[date]], *, is_named: bool = True) -> list[str]:
    frames = [pl.DataFrame({"load_id": [name] * len(days), "day": days}) for name, days in files.items()]
    counted = pl.concat(frames).group_by("load_id", "day").agg(line_count=pl.len().cast(pl.Int64))
    names = {name: name if is_named else f"export {number}.csv" for number, name in enumerate(sorted(files))}
    return find_swapped_months(counted, names)["load_id"].to_list()


def _days(export: str, folder: Path) -> pl.Series:
    name, column, form = DATED[export]
    lines = pl.read_csv(folder / name, infer_schema=False, encoding="utf8-lossy", truncate_ragged_lines=True)
    return lines.select(pl.col(column).str.strip_chars().str.to_date(form)).to_series()


@pytest.mark.parametrize("export", DATED)
@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("every", [1, 10, 100])
def test_no_right_file_is_doubted(export: str, cut: str, every: int, real_exports: Path) -> None:
    files = _cut(_days(export, real_exports).gather_every(every), CUTS[cut])
    assert _doubted(files) == []
    assert _doubted(files, is_named=False) == []


@pytest.mark.parametrize("export", [name for name in DATED if name != "payments"])
@pytest.mark.parametrize("cut", ["month", "next month"])
def test_each_month_that_is_swapped_is_known_by_its_name(export: str, cut: str, real_exports: Path) -> None:
    """But for the payments, which are of one month: there are no others to compare with."""
    files = _cut(_days(export, real_exports), CUTS[cut])
    early = {name: [day for day in of if day.day < 10] for name, of in files.items()}
    asked = [name for name, of in early.items() if len(set(of)) > 2]
    assert len(asked) > 20
    for name in asked:
        swapped = [day.replace(month=day.day, day=day.month) for day in early[name]]
        assert _doubted({**files, name: swapped}) == [name]

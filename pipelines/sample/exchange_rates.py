"""Daily exchange rates: a CSV with a rate for every calendar day, one unit of base being so many units of quote."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final

from pipelines.sample.company import REPORTING_CURRENCY
from pipelines.sample.span import Span
from pipelines.sample.summary import SampleFile

EXPORT: Final = "fx_rates"
COLUMNS: Final = ("date", "base", "quote", "rate")
_LEVELS: Final = {"GBP": 0.852, "USD": 1.091}
_DAILY_MOVE: Final = 0.0035
_PULL_BACK: Final = 0.01


def draw_rates(span: Span, random: Random) -> dict[tuple[date, str], Decimal]:
    """Units of each currency for one euro, for every day of the span; at weekends the Friday rate stands."""
    rates: dict[tuple[date, str], Decimal] = {}
    for currency, level in _LEVELS.items():
        value = level
        for offset in range((span.last - span.first).days + 1):
            day = span.first + timedelta(days=offset)
            if day.weekday() < 5:
                value += random.gauss(0.0, _DAILY_MOVE * level) + _PULL_BACK * (level - value)
            rates[day, currency] = Decimal(f"{value:.5f}")
    return rates


def write_rates(landing: Path, rates: dict[tuple[date, str], Decimal]) -> list[SampleFile]:
    """Write the rates in order of day and currency."""
    folder = landing / EXPORT
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "fx_rates.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for (day, currency), rate in sorted(rates.items()):
            writer.writerow((day.isoformat(), REPORTING_CURRENCY, currency, rate))
    return [SampleFile(EXPORT, f"{EXPORT}/fx_rates.csv", {"rates": len(rates)})]

"""The period that a report is about: how people write it and what they call it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from metrics.periods import Period
from models.vocabulary import Grain
from pipelines.words.numbers import format_period
from pipelines.words.periods import name_period


@dataclass(frozen=True, slots=True)
class ReportPeriod(Period):
    """A week, month or quarter as people call it; days are too short for an executive. Files have its ISO name."""

    @property
    def label(self) -> str:
        """Its name for people: `October 2026`, `week 45 of 2026`, `Q4 2026`."""
        return name_period(self.start, self.grain.value)

    @property
    def short_label(self) -> str:
        """Its name where there is little room: `Oct 2026`, `W45 2026`."""
        return format_period(self.start, self.grain.value)

    @property
    def days(self) -> str:
        """First and last day: `1 – 31 October 2026`."""
        first = f"{self.start.day}"
        if self.start.month != self.end.month:
            first += f" {self.start:%B}" + (f" {self.start.year}" if self.start.year != self.end.year else "")
        return f"{first} – {self.end.day} {self.end:%B %Y}"


def parse_period(text: str) -> ReportPeriod:
    """The period that is meant by `2026-10`, `2026-W45` or `2026-Q3`; `2026-3` and `2026-W9` will do, too.

    Raises:
        ValueError: it is none of these; the message says how to write one.
    """
    wanted = text.strip().upper()
    found = re.fullmatch(r"(\d{4})-(?:W(\d\d?)|Q([1-4])|(\d\d?))", wanted)
    try:
        if found and found[2]:
            return ReportPeriod(Grain.WEEK, date.fromisocalendar(int(found[1]), int(found[2]), 1))
        if found and found[3]:
            return ReportPeriod(Grain.QUARTER, date(int(found[1]), 3 * int(found[3]) - 2, 1))
        if found:
            return ReportPeriod(Grain.MONTH, date(int(found[1]), int(found[4]), 1))
    except ValueError:
        pass
    raise ValueError(f"'{text}' is no period; write a month 2026-10, a week 2026-W45 or a quarter 2026-Q3")
